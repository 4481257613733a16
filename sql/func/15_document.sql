-- Documents: YAML and JSON.  The limits are settings, hence STABLE.

CREATE OR REPLACE FUNCTION @extschema@.dm_yaml_to_jsonb(document text)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'dm_yaml_to_jsonb'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.dm_yaml_to_jsonb(text) IS
	'reads one YAML 1.2 or JSON document, numbers exactly, by the core schema';

CREATE OR REPLACE FUNCTION @extschema@.dm_jsonb_to_yaml(document jsonb)
RETURNS text
AS 'MODULE_PATHNAME', 'dm_jsonb_to_yaml'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.dm_jsonb_to_yaml(jsonb) IS
	'writes YAML that any reader takes for the same value, always the same for a value';
