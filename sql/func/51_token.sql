-- Keyed tokens.

CREATE OR REPLACE FUNCTION datamesh.token_support(internal)
RETURNS internal AS 'MODULE_PATHNAME', 'dm_token_support'
LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.token_support(internal) IS 'internal: planner support of dm_token';

CREATE OR REPLACE FUNCTION @extschema@.dm_token(value text, key_name text)
RETURNS text AS 'MODULE_PATHNAME', 'dm_token_text'
LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE COST 20 SUPPORT datamesh.token_support;
COMMENT ON FUNCTION @extschema@.dm_token(text, text) IS 'keyed token of a value, 32 hexadecimal digits; the same value and key give the same token';

CREATE OR REPLACE FUNCTION @extschema@.dm_token(value bytea, key_name text)
RETURNS bytea AS 'MODULE_PATHNAME', 'dm_token_bytea'
LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE COST 20 SUPPORT datamesh.token_support;
COMMENT ON FUNCTION @extschema@.dm_token(bytea, text) IS 'keyed token of a value, 16 bytes';

CREATE OR REPLACE FUNCTION @extschema@.dm_token(value uuid, key_name text)
RETURNS uuid AS 'MODULE_PATHNAME', 'dm_token_uuid'
LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE COST 20 SUPPORT datamesh.token_support;
COMMENT ON FUNCTION @extschema@.dm_token(uuid, text) IS 'keyed token of a value, a version 8 UUID';

CREATE OR REPLACE FUNCTION @extschema@.dm_token(value integer, key_name text)
RETURNS integer AS 'MODULE_PATHNAME', 'dm_token_int4'
LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE COST 200 SUPPORT datamesh.token_support;
COMMENT ON FUNCTION @extschema@.dm_token(integer, text) IS 'keyed token of a value: a permutation of all integers';

CREATE OR REPLACE FUNCTION @extschema@.dm_token(value bigint, key_name text)
RETURNS bigint AS 'MODULE_PATHNAME', 'dm_token_int8'
LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE COST 200 SUPPORT datamesh.token_support;
COMMENT ON FUNCTION @extschema@.dm_token(bigint, text) IS 'keyed token of a value: a permutation of all bigints';
