-- Contracts in and out, and what is in them.

CREATE OR REPLACE FUNCTION @extschema@.dm_import_contract(odcs text, strict boolean DEFAULT false, domain text DEFAULT NULL, dry_run boolean DEFAULT false)
RETURNS text AS 'MODULE_PATHNAME', 'dm_import_contract'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_import_contract(text, boolean, text, boolean) IS 'create or update a product from its contract (ODCS, YAML or JSON); returns the product''s name';

CREATE OR REPLACE FUNCTION @extschema@.dm_plan_import(odcs text, strict boolean DEFAULT false, domain text DEFAULT NULL, OUT action text, OUT object text, OUT detail text)
RETURNS SETOF record AS 'MODULE_PATHNAME', 'dm_plan_import'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_plan_import(text, boolean, text) IS 'what dm_import_contract would do, step by step; nothing is changed';

CREATE OR REPLACE FUNCTION @extschema@.dm_export_contract(product text, format text DEFAULT 'yaml', version text DEFAULT NULL, original boolean DEFAULT false)
RETURNS text AS 'MODULE_PATHNAME', 'dm_export_contract'
LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.dm_export_contract(text, text, text, boolean) IS 'a product''s contract as canonical YAML or JSON, or byte for byte as it was imported';

CREATE OR REPLACE FUNCTION @extschema@.dm_contract_findings(product text, OUT source text, OUT severity text, OUT pointer text, OUT message text, OUT line int, OUT col int)
RETURNS SETOF record AS 'MODULE_PATHNAME', 'dm_contract_findings'
LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.dm_contract_findings(text) IS 'what is to be said about a product''s contract as things are now: the document, and the database against it';

-- Internal: who sees what of a contract.
CREATE OR REPLACE FUNCTION datamesh.contract_visible(contract bigint)
RETURNS jsonb AS 'MODULE_PATHNAME', 'dm_contract_visible_sql'
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION datamesh.contract_visible(bigint) IS 'internal: a version of a contract as the current user may see it, NULL for a draft of others';

CREATE OR REPLACE FUNCTION datamesh.contract_column_list(contract bigint, OUT object text, OUT property text, OUT "position" int, OUT "column" text, OUT logical_type text, OUT physical_type text, OUT required boolean, OUT "unique" boolean, OUT primary_key boolean, OUT primary_key_position int, OUT partitioned boolean, OUT partition_position int, OUT classification text, OUT critical boolean, OUT encrypted_name text, OUT business_name text, OUT description text, OUT tags text[], OUT pointer text)
RETURNS SETOF record AS 'MODULE_PATHNAME', 'dm_contract_column_list'
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION datamesh.contract_column_list(bigint) IS 'internal: the properties of a contract, nested ones included';

CREATE OR REPLACE FUNCTION datamesh.contract_rule_list(contract bigint, OUT object text, OUT property text, OUT id text, OUT name text, OUT type text, OUT metric text, OUT expectation text, OUT unit text, OUT query text, OUT engine text, OUT dimension text, OUT severity text, OUT business_impact text, OUT method text, OUT scheduler text, OUT schedule text, OUT description text, OUT tags text[], OUT pointer text)
RETURNS SETOF record AS 'MODULE_PATHNAME', 'dm_contract_rule_list'
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION datamesh.contract_rule_list(bigint) IS 'internal: the quality rules of a contract';

CREATE OR REPLACE FUNCTION datamesh.contract_relationship_list(contract bigint, OUT object text, OUT property text, OUT type text, OUT "from" text[], OUT "to" text[], OUT description text, OUT pointer text)
RETURNS SETOF record AS 'MODULE_PATHNAME', 'dm_contract_relationship_list'
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION datamesh.contract_relationship_list(bigint) IS 'internal: the relationships of a contract';

CREATE OR REPLACE FUNCTION datamesh.contract_service_level_list(contract bigint, OUT name text, OUT property text, OUT value text, OUT value_ext text, OUT unit text, OUT element text, OUT driver text, OUT description text, OUT scheduler text, OUT schedule text, OUT id text, OUT pointer text)
RETURNS SETOF record AS 'MODULE_PATHNAME', 'dm_contract_service_level_list'
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION datamesh.contract_service_level_list(bigint) IS 'internal: the service levels of a contract';

-- Internal: the version of each product's contract that counts: the active one, else the draft.
CREATE OR REPLACE VIEW datamesh.contract_current WITH (security_barrier) AS
SELECT c.id, n.name AS product, c.version, c.state, c.created_at, c.published_at, v.document
FROM datamesh.contract c
JOIN datamesh.product_name n ON n.id = c.product
CROSS JOIN LATERAL (SELECT datamesh.contract_visible(c.id) AS document OFFSET 0) v
WHERE v.document IS NOT NULL
  AND (c.state = 'active' OR
       (c.state = 'draft' AND NOT EXISTS (SELECT FROM datamesh.contract a
                                          WHERE a.product = c.product AND a.state = 'active')));
COMMENT ON VIEW datamesh.contract_current IS 'internal: the active contract of each product, else its draft, as the current user may see it';

CREATE OR REPLACE VIEW datamesh.contracts AS
SELECT c.product,
       c.version,
       c.state,
       c.document ->> 'apiVersion' AS api_version,
       c.document ->> 'id' AS id,
       c.document ->> 'name' AS name,
       c.document ->> 'status' AS status,
       c.document ->> 'tenant' AS tenant,
       c.document ->> 'domain' AS domain,
       c.document ->> 'dataProduct' AS data_product,
       coalesce(c.document #>> '{description,purpose}',
                CASE WHEN jsonb_typeof(c.document -> 'description') = 'string' THEN c.document ->> 'description' END) AS purpose,
       c.document #>> '{description,usage}' AS usage,
       c.document #>> '{description,limitations}' AS limitations,
       ARRAY(SELECT t #>> '{}' FROM jsonb_path_query(c.document, '$.tags[*] ? (@.type() != "object")') t) AS tags,
       c.created_at,
       c.published_at,
       c.document
FROM datamesh.contract_current c;
COMMENT ON VIEW datamesh.contracts IS 'the active contract of each product; for the domain''s own roles the draft where there is no active one';
GRANT SELECT ON datamesh.contracts TO PUBLIC;

CREATE OR REPLACE VIEW datamesh.contract_columns AS
SELECT c.product, c.version, c.state, l.*
FROM datamesh.contract_current c
CROSS JOIN LATERAL datamesh.contract_column_list(c.id) l;
COMMENT ON VIEW datamesh.contract_columns IS 'properties of the contracts, nested ones with their path';
GRANT SELECT ON datamesh.contract_columns TO PUBLIC;

CREATE OR REPLACE VIEW datamesh.contract_rules AS
SELECT c.product, c.version, c.state, l.*
FROM datamesh.contract_current c
CROSS JOIN LATERAL datamesh.contract_rule_list(c.id) l;
COMMENT ON VIEW datamesh.contract_rules IS 'quality rules of the contracts';
GRANT SELECT ON datamesh.contract_rules TO PUBLIC;

CREATE OR REPLACE VIEW datamesh.contract_relationships AS
SELECT c.product, c.version, c.state, l.*
FROM datamesh.contract_current c
CROSS JOIN LATERAL datamesh.contract_relationship_list(c.id) l;
COMMENT ON VIEW datamesh.contract_relationships IS 'relationships of the contracts';
GRANT SELECT ON datamesh.contract_relationships TO PUBLIC;

CREATE OR REPLACE VIEW datamesh.contract_service_levels AS
SELECT c.product, c.version, c.state, l.*
FROM datamesh.contract_current c
CROSS JOIN LATERAL datamesh.contract_service_level_list(c.id) l;
COMMENT ON VIEW datamesh.contract_service_levels IS 'service levels of the contracts; name is the standard''s, property what was written';
GRANT SELECT ON datamesh.contract_service_levels TO PUBLIC;

-- Paths are lax: whatever somebody has written, these views read it or leave it out.
CREATE OR REPLACE VIEW datamesh.contract_roles AS
SELECT c.product, c.version, c.state,
       r ->> 'role' AS role,
       r ->> 'access' AS access,
       r ->> 'description' AS description,
       r ->> 'firstLevelApprovers' AS first_level_approvers,
       r ->> 'secondLevelApprovers' AS second_level_approvers
FROM datamesh.contract_current c
CROSS JOIN LATERAL jsonb_path_query(c.document, '$.roles[*] ? (@.type() == "object")') r;
COMMENT ON VIEW datamesh.contract_roles IS 'roles that the contracts name, and who approves them';
GRANT SELECT ON datamesh.contract_roles TO PUBLIC;

CREATE OR REPLACE VIEW datamesh.contract_team AS
SELECT c.product, c.version, c.state,
       CASE WHEN jsonb_typeof(c.document -> 'team') = 'object' THEN c.document #>> '{team,name}' END AS team,
       m ->> 'username' AS username,
       m ->> 'name' AS name,
       m ->> 'role' AS role,
       m ->> 'description' AS description,
       m ->> 'dateIn' AS date_in,
       m ->> 'dateOut' AS date_out,
       m ->> 'replacedByUsername' AS replaced_by
FROM datamesh.contract_current c
CROSS JOIN LATERAL jsonb_path_query(
	CASE WHEN jsonb_typeof(c.document -> 'team') = 'array' THEN c.document -> 'team'
	     ELSE c.document #> '{team,members}' END, '$[*] ? (@.type() == "object")') m;
COMMENT ON VIEW datamesh.contract_team IS 'members of the teams that the contracts name';
GRANT SELECT ON datamesh.contract_team TO PUBLIC;

CREATE OR REPLACE VIEW datamesh.contract_support AS
SELECT c.product, c.version, c.state,
       s ->> 'channel' AS channel,
       s ->> 'tool' AS tool,
       s ->> 'scope' AS scope,
       s ->> 'url' AS url,
       s ->> 'invitationUrl' AS invitation_url,
       s ->> 'description' AS description
FROM datamesh.contract_current c
CROSS JOIN LATERAL jsonb_path_query(c.document, '$.support[*] ? (@.type() == "object")') s;
COMMENT ON VIEW datamesh.contract_support IS 'channels of support that the contracts name';
GRANT SELECT ON datamesh.contract_support TO PUBLIC;

CREATE OR REPLACE VIEW datamesh.contract_prices AS
SELECT c.product, c.version, c.state,
       CASE WHEN jsonb_typeof(p -> 'priceAmount') = 'number' THEN (p -> 'priceAmount')::numeric END AS amount,
       p ->> 'priceCurrency' AS currency,
       p ->> 'priceUnit' AS unit
FROM datamesh.contract_current c
CROSS JOIN LATERAL jsonb_path_query(c.document, '$.price[*] ? (@.type() == "object")') p;
COMMENT ON VIEW datamesh.contract_prices IS 'prices that the contracts name';
GRANT SELECT ON datamesh.contract_prices TO PUBLIC;
