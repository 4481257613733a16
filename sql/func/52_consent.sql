-- Subjects of data, their consents, and the products that ask for them.

-- Internal: the condition of relations whose rows have subjects.  Not strict: a row without a
-- subject is seen by those who need no consent.

CREATE OR REPLACE FUNCTION datamesh.consented_support(internal)
RETURNS internal AS 'MODULE_PATHNAME', 'dm_consented_support'
LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.consented_support(internal) IS 'internal: planner support of consented';

CREATE OR REPLACE FUNCTION datamesh.consented(registration bigint, key anyelement)
RETURNS boolean AS 'MODULE_PATHNAME', 'dm_consented'
LANGUAGE C STABLE LEAKPROOF PARALLEL SAFE SUPPORT datamesh.consented_support;
COMMENT ON FUNCTION datamesh.consented(bigint, anyelement) IS 'internal: true if the reader needs no consent of the row''s subject, or has it';

-- Internal: the probes that consented() becomes while planning.

CREATE OR REPLACE FUNCTION datamesh.has_consent_support(internal)
RETURNS internal AS 'MODULE_PATHNAME', 'dm_has_consent_support'
LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.has_consent_support(internal) IS 'internal: what share of rows has_consent lets through';

CREATE OR REPLACE FUNCTION datamesh.has_consent(kind text, purposes text[], key smallint)
RETURNS boolean AS 'MODULE_PATHNAME', 'dm_has_consent_int2'
LANGUAGE C STRICT STABLE LEAKPROOF PARALLEL SAFE SUPPORT datamesh.has_consent_support;
COMMENT ON FUNCTION datamesh.has_consent(text, text[], smallint) IS 'internal: true if the subject has consented to the first of the purposes for which a decision is recorded';

CREATE OR REPLACE FUNCTION datamesh.has_consent(kind text, purposes text[], key integer)
RETURNS boolean AS 'MODULE_PATHNAME', 'dm_has_consent_int4'
LANGUAGE C STRICT STABLE LEAKPROOF PARALLEL SAFE SUPPORT datamesh.has_consent_support;
COMMENT ON FUNCTION datamesh.has_consent(text, text[], integer) IS 'internal: true if the subject has consented to the first of the purposes for which a decision is recorded';

CREATE OR REPLACE FUNCTION datamesh.has_consent(kind text, purposes text[], key bigint)
RETURNS boolean AS 'MODULE_PATHNAME', 'dm_has_consent_int8'
LANGUAGE C STRICT STABLE LEAKPROOF PARALLEL SAFE SUPPORT datamesh.has_consent_support;
COMMENT ON FUNCTION datamesh.has_consent(text, text[], bigint) IS 'internal: true if the subject has consented to the first of the purposes for which a decision is recorded';

CREATE OR REPLACE FUNCTION datamesh.has_consent(kind text, purposes text[], key text)
RETURNS boolean AS 'MODULE_PATHNAME', 'dm_has_consent_text'
LANGUAGE C STRICT STABLE LEAKPROOF PARALLEL SAFE SUPPORT datamesh.has_consent_support;
COMMENT ON FUNCTION datamesh.has_consent(text, text[], text) IS 'internal: true if the subject has consented to the first of the purposes for which a decision is recorded';

CREATE OR REPLACE FUNCTION datamesh.has_consent(kind text, purposes text[], key uuid)
RETURNS boolean AS 'MODULE_PATHNAME', 'dm_has_consent_uuid'
LANGUAGE C STRICT STABLE LEAKPROOF PARALLEL SAFE SUPPORT datamesh.has_consent_support;
COMMENT ON FUNCTION datamesh.has_consent(text, text[], uuid) IS 'internal: true if the subject has consented to the first of the purposes for which a decision is recorded';

-- Consents

CREATE OR REPLACE FUNCTION @extschema@.dm_record_consent(subject text, purpose text, granted boolean, kind text DEFAULT 'person', evidence text DEFAULT NULL)
RETURNS void AS 'MODULE_PATHNAME', 'dm_record_consent'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_record_consent(text, text, boolean, text, text) IS
	'records that a data subject consents to a purpose, or refuses or withdraws';

CREATE OR REPLACE FUNCTION @extschema@.dm_record_consent(subjects text[], purpose text, granted boolean, kind text DEFAULT 'person', evidence text DEFAULT NULL)
RETURNS bigint AS 'MODULE_PATHNAME', 'dm_record_consents'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_record_consent(text[], text, boolean, text, text) IS
	'the same for many data subjects at once; returns how many';

CREATE OR REPLACE FUNCTION @extschema@.dm_consent_status(subject text, purpose text, kind text DEFAULT 'person',
	OUT consented boolean, OUT decided_for text, OUT recorded_at timestamptz, OUT recorded_by regrole, OUT evidence text)
AS 'MODULE_PATHNAME', 'dm_consent_status'
LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.dm_consent_status(text, text, text) IS
	'whether a data subject has consented to a purpose, and the decision that says so';

-- Data subjects

CREATE OR REPLACE FUNCTION @extschema@.dm_register_subject(relation regclass, "column" name, kind text DEFAULT 'person', hashed boolean DEFAULT false)
RETURNS void AS 'MODULE_PATHNAME', 'dm_register_subject'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_register_subject(regclass, name, text, boolean) IS
	'says which column of a table names the data subject of each row';

CREATE OR REPLACE FUNCTION @extschema@.dm_drop_subject(relation regclass, "column" name, reason text DEFAULT NULL)
RETURNS void AS 'MODULE_PATHNAME', 'dm_drop_subject'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_drop_subject(regclass, name, text) IS
	'takes that back, and records it';

CREATE OR REPLACE FUNCTION datamesh.subject_column(id bigint)
RETURNS text AS 'MODULE_PATHNAME', 'dm_subject_column'
LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.subject_column(bigint) IS 'internal: column of a registered subject, by the name that it has now';

-- Requirements

CREATE OR REPLACE FUNCTION @extschema@.dm_require_consent(product text, purpose text)
RETURNS void AS 'MODULE_PATHNAME', 'dm_require_consent'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_require_consent(text, text) IS
	'lets a product show, for this purpose and those below, only rows of subjects who have consented';

CREATE OR REPLACE FUNCTION @extschema@.dm_drop_consent_requirement(product text, purpose text, reason text DEFAULT NULL)
RETURNS void AS 'MODULE_PATHNAME', 'dm_drop_consent_requirement'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_drop_consent_requirement(text, text, text) IS
	'takes that back, and records it';

CREATE OR REPLACE FUNCTION datamesh.port_names_subject(view regclass)
RETURNS boolean AS 'MODULE_PATHNAME', 'dm_port_names_subject'
LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.port_names_subject(regclass) IS 'internal: whether consents decide on rows of a port';

-- Views.  Subjects and consents are for the domains concerned and auditors: roles that may read
-- the tables themselves.

CREATE OR REPLACE VIEW datamesh.subjects WITH (security_barrier) AS
SELECT s.relation, datamesh.subject_column(s.id) AS "column", k.name AS kind,
	o.name AS recorded_by, s.created_at, s.created_by
FROM datamesh.subject s
	JOIN datamesh.subject_kind k ON k.id = s.kind
	LEFT JOIN datamesh.domain o ON o.id = k.domain
	JOIN pg_class c ON c.oid = s.relation
WHERE pg_has_role(c.relowner, 'USAGE')
	OR pg_has_role(o.owner, 'USAGE')
	OR (SELECT has_table_privilege('datamesh.subject'::regclass, 'SELECT'));
COMMENT ON VIEW datamesh.subjects IS
	'columns that name data subjects, in the current user''s domains; recorded_by is the domain that records the consents';
GRANT SELECT ON datamesh.subjects TO PUBLIC;

CREATE OR REPLACE VIEW datamesh.consents WITH (security_barrier) AS
SELECT c.id, k.name AS kind, c.subject, c.purpose, c.granted, c.evidence, c.recorded_at, c.recorded_by
FROM datamesh.consent c
	LEFT JOIN datamesh.subject_kind k ON k.id = c.kind
	LEFT JOIN datamesh.domain d ON d.id = k.domain
WHERE pg_has_role(d.owner, 'USAGE')
	OR EXISTS (SELECT FROM unnest(d.producers) p WHERE pg_has_role(p, 'USAGE'))
	OR (SELECT has_table_privilege('datamesh.consent'::regclass, 'SELECT'));
COMMENT ON VIEW datamesh.consents IS
	'the history of consents that the current user''s domains record; all for those who may read the table';
GRANT SELECT ON datamesh.consents TO PUBLIC;

CREATE OR REPLACE VIEW datamesh.consent_requirements AS
SELECT n.name AS product, r.purpose,
	ARRAY(SELECT o.view FROM datamesh.port o
		WHERE o.product = r.product AND NOT datamesh.port_names_subject(o.view) ORDER BY o.id) AS unaffected_ports,
	r.created_at, r.created_by
FROM datamesh.consent_requirement r
	JOIN datamesh.product_name n ON n.id = r.product;
COMMENT ON VIEW datamesh.consent_requirements IS
	'purposes for which products require consent, and their ports whose rows no consent decides on';
GRANT SELECT ON datamesh.consent_requirements TO PUBLIC;
