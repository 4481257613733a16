-- JSON Schema, and the schemas of contract standards.

CREATE OR REPLACE FUNCTION @extschema@.dm_json_schema_validate(schema jsonb, document jsonb, formats boolean DEFAULT false,
	OUT pointer text, OUT keyword text, OUT schema_pointer text, OUT message text)
RETURNS SETOF record AS 'MODULE_PATHNAME', 'dm_json_schema_validate'
LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.dm_json_schema_validate(jsonb, jsonb, boolean) IS 'everything in which a document is not what a JSON schema (2019-09, 2020-12) asks for; no row if it is';

CREATE OR REPLACE FUNCTION @extschema@.dm_add_contract_schema(standard text, version text, schema jsonb, uri text DEFAULT NULL)
RETURNS void AS 'MODULE_PATHNAME', 'dm_add_contract_schema'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_add_contract_schema(text, text, jsonb, text) IS 'store the JSON schema of a version of a contract standard, in place of one that was stored before';
REVOKE EXECUTE ON FUNCTION @extschema@.dm_add_contract_schema(text, text, jsonb, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.dm_remove_contract_schema(standard text, version text)
RETURNS void AS 'MODULE_PATHNAME', 'dm_remove_contract_schema'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_remove_contract_schema(text, text) IS 'take back what dm_add_contract_schema stored; a schema that is built in counts again';
REVOKE EXECUTE ON FUNCTION @extschema@.dm_remove_contract_schema(text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.dm_diff_schema(old jsonb, new jsonb, format text DEFAULT 'jsonschema',
	OUT path text, OUT kind text, OUT old_value jsonb, OUT new_value jsonb, OUT breaks text)
RETURNS SETOF record AS 'MODULE_PATHNAME', 'dm_diff_schema'
LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.dm_diff_schema(jsonb, jsonb, text) IS 'where data of one JSON or Avro schema need not be data of the other, and in which direction';

CREATE OR REPLACE FUNCTION @extschema@.dm_schema_compatibility(old jsonb, new jsonb, format text DEFAULT 'jsonschema')
RETURNS text AS 'MODULE_PATHNAME', 'dm_schema_compatibility'
LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.dm_schema_compatibility(jsonb, jsonb, text) IS 'both, backward (old data are data of the new schema), forward (new data are data of the old one) or none';

CREATE OR REPLACE VIEW datamesh.contract_schemas AS
SELECT standard, version, uri, document, built_in, source, licence, added_at, added_by
FROM datamesh.contract_schema c
WHERE NOT built_in
	OR NOT EXISTS (SELECT FROM datamesh.contract_schema a
				   WHERE a.standard = c.standard AND a.version = c.version AND NOT a.built_in);
COMMENT ON VIEW datamesh.contract_schemas IS 'the JSON schemas that contracts are checked with, and that a $ref can lead to';
GRANT SELECT ON datamesh.contract_schemas TO PUBLIC;
