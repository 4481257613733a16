-- Contracts inferred from the live catalog.  An unknown literal is a product's name: give a
-- relation as regclass.

CREATE OR REPLACE FUNCTION @extschema@.dm_describe_contract(relation regclass, examples boolean DEFAULT true)
RETURNS text AS 'MODULE_PATHNAME', 'dm_describe_relation_contract'
LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.dm_describe_contract(regclass, boolean) IS 'the contract (ODCS, as YAML) that the catalog says a relation keeps today';

CREATE OR REPLACE FUNCTION @extschema@.dm_describe_contract(product text, examples boolean DEFAULT true)
RETURNS text AS 'MODULE_PATHNAME', 'dm_describe_product_contract'
LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.dm_describe_contract(text, boolean) IS 'the contract (ODCS, as YAML) that the catalog says a product''s ports keep today';
