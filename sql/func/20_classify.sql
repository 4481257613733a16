-- Tags, labels, masks' registration and token keys.

CREATE OR REPLACE FUNCTION @extschema@.dm_create_tag(tag text, description text DEFAULT NULL, mask text DEFAULT NULL, token_key text DEFAULT NULL)
RETURNS text AS 'MODULE_PATHNAME', 'dm_create_tag'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_create_tag(text, text, text, text) IS 'create a classification tag; mask and key are inherited from the nearest ancestor that has one';
REVOKE EXECUTE ON FUNCTION @extschema@.dm_create_tag(text, text, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.dm_alter_tag(tag text, description text DEFAULT NULL, mask text DEFAULT NULL, token_key text DEFAULT NULL)
RETURNS void AS 'MODULE_PATHNAME', 'dm_alter_tag'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_alter_tag(text, text, text, text) IS 'change a tag''s description, mask or token key (''none'': inherit it); the ports follow';
REVOKE EXECUTE ON FUNCTION @extschema@.dm_alter_tag(text, text, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.dm_drop_tag(tag text)
RETURNS void AS 'MODULE_PATHNAME', 'dm_drop_tag'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_drop_tag(text) IS 'drop a tag that no column carries';
REVOKE EXECUTE ON FUNCTION @extschema@.dm_drop_tag(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.dm_load_taxonomy(taxonomy text DEFAULT 'default')
RETURNS int AS 'MODULE_PATHNAME', 'dm_load_taxonomy'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_load_taxonomy(text) IS 'create the tags of a stock taxonomy that do not exist yet; returns their number';
REVOKE EXECUTE ON FUNCTION @extschema@.dm_load_taxonomy(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.dm_classify(relation regclass, "column" name, VARIADIC tags text[] DEFAULT '{}')
RETURNS text AS 'MODULE_PATHNAME', 'dm_classify'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_classify(regclass, name, text[]) IS 'give a column these tags in place of those it has; the same as SECURITY LABEL FOR datamesh';

CREATE OR REPLACE FUNCTION @extschema@.dm_register_mask(function regprocedure)
RETURNS void AS 'MODULE_PATHNAME', 'dm_register_mask'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_register_mask(regprocedure) IS 'allow an immutable function as the mask of tags';
REVOKE EXECUTE ON FUNCTION @extschema@.dm_register_mask(regprocedure) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.dm_drop_mask(function regprocedure)
RETURNS void AS 'MODULE_PATHNAME', 'dm_drop_mask'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_drop_mask(regprocedure) IS 'take back that a function may be a mask';
REVOKE EXECUTE ON FUNCTION @extschema@.dm_drop_mask(regprocedure) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.dm_create_key(key text)
RETURNS text AS 'MODULE_PATHNAME', 'dm_create_key'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_create_key(text) IS 'create a key for dm_token; its creator may use it';
REVOKE EXECUTE ON FUNCTION @extschema@.dm_create_key(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.dm_rotate_key(key text)
RETURNS text AS 'MODULE_PATHNAME', 'dm_rotate_key'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_rotate_key(text) IS 'have the ports use a new version of the key; tokens of the old one stop joining';
REVOKE EXECUTE ON FUNCTION @extschema@.dm_rotate_key(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.dm_grant_key(key text, role regrole)
RETURNS void AS 'MODULE_PATHNAME', 'dm_grant_key'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_grant_key(text, regrole) IS 'let a role compute tokens with the key, and its ports show them';
REVOKE EXECUTE ON FUNCTION @extschema@.dm_grant_key(text, regrole) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.dm_revoke_key(key text, role regrole)
RETURNS void AS 'MODULE_PATHNAME', 'dm_revoke_key'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_revoke_key(text, regrole) IS 'take the right to a key back';
REVOKE EXECUTE ON FUNCTION @extschema@.dm_revoke_key(text, regrole) FROM PUBLIC;

CREATE OR REPLACE VIEW datamesh.tags AS
SELECT t.name,
       substring(t.name FROM '^(.*)\.[^.]*$') AS parent,
       t.description,
       t.mask AS own_mask,
       (SELECT a.mask FROM datamesh.tag a
        WHERE a.mask IS NOT NULL AND starts_with(t.name || '.', a.name || '.')
        ORDER BY length(a.name) DESC LIMIT 1) AS mask,
       (SELECT a.token_key FROM datamesh.tag a
        WHERE a.token_key IS NOT NULL AND starts_with(t.name || '.', a.name || '.')
        ORDER BY length(a.name) DESC LIMIT 1) AS token_key,
       t.created_at,
       t.created_by
FROM datamesh.tag t;
COMMENT ON VIEW datamesh.tags IS 'classification tags with the mask and the key in force';
GRANT SELECT ON datamesh.tags TO PUBLIC;

CREATE OR REPLACE VIEW datamesh.token_keys AS
SELECT k.id, k.name AS key, k.version, k.version = max(k.version) OVER (PARTITION BY k.name) AS current,
       k.users, k.created_at, k.created_by
FROM datamesh.token_key k;
COMMENT ON VIEW datamesh.token_keys IS 'keys of dm_token, without their secrets';
GRANT SELECT ON datamesh.token_keys TO PUBLIC;
