-- Attributes of roles, and what a predicate may ask of the reader.  The three functions that
-- answer are constants in the plan.

CREATE OR REPLACE FUNCTION @extschema@.dm_set_attribute(role regrole, key text, VARIADIC vals text[])
RETURNS void AS 'MODULE_PATHNAME', 'dm_set_attribute'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_set_attribute(regrole, text, text[]) IS
	'sets the values of an attribute of a role, in place of those it has; its members have them, too; governance';
REVOKE EXECUTE ON FUNCTION @extschema@.dm_set_attribute(regrole, text, text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.dm_drop_attribute(role regrole, key text)
RETURNS void AS 'MODULE_PATHNAME', 'dm_drop_attribute'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_drop_attribute(regrole, text) IS
	'takes an attribute from a role; governance';
REVOKE EXECUTE ON FUNCTION @extschema@.dm_drop_attribute(regrole, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION datamesh.attribute_support(internal)
RETURNS internal AS 'MODULE_PATHNAME', 'dm_attribute_support'
LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.attribute_support(internal) IS 'internal: planner support of dm_attribute';

CREATE OR REPLACE FUNCTION datamesh.purpose_support(internal)
RETURNS internal AS 'MODULE_PATHNAME', 'dm_purpose_support'
LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.purpose_support(internal) IS 'internal: planner support of dm_purpose';

CREATE OR REPLACE FUNCTION datamesh.reader_support(internal)
RETURNS internal AS 'MODULE_PATHNAME', 'dm_reader_support'
LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.reader_support(internal) IS 'internal: planner support of dm_reader';

CREATE OR REPLACE FUNCTION @extschema@.dm_attribute(key text)
RETURNS text[] AS 'MODULE_PATHNAME', 'dm_attribute'
LANGUAGE C STRICT STABLE LEAKPROOF PARALLEL SAFE SUPPORT datamesh.attribute_support;
COMMENT ON FUNCTION @extschema@.dm_attribute(text) IS
	'the values of an attribute that the reader has, himself or by the roles that he is a member of; empty for none';

CREATE OR REPLACE FUNCTION @extschema@.dm_purpose()
RETURNS text AS 'MODULE_PATHNAME', 'dm_purpose_of_reader'
LANGUAGE C STABLE LEAKPROOF PARALLEL SAFE SUPPORT datamesh.purpose_support;
COMMENT ON FUNCTION @extschema@.dm_purpose() IS 'the purpose for which the reader reads, as set in datamesh.purpose; null for none';

CREATE OR REPLACE FUNCTION @extschema@.dm_reader()
RETURNS text AS 'MODULE_PATHNAME', 'dm_reader'
LANGUAGE C STABLE LEAKPROOF PARALLEL SAFE SUPPORT datamesh.reader_support;
COMMENT ON FUNCTION @extschema@.dm_reader() IS 'name of the reader: the current user';

CREATE OR REPLACE VIEW datamesh.role_attributes AS
SELECT role, key, vals, set_at, set_by
FROM datamesh.role_attribute
WHERE pg_has_role(role, 'USAGE')
	OR (SELECT has_table_privilege('datamesh.role_attribute'::regclass, 'SELECT'))
	OR (SELECT has_function_privilege('@extschema@.dm_set_attribute(regrole, text, text[])'::regprocedure, 'EXECUTE'));
COMMENT ON VIEW datamesh.role_attributes IS
	'attributes of the current user''s roles; all for those who may set them or read the table';
GRANT SELECT ON datamesh.role_attributes TO PUBLIC;
