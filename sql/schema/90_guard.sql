-- Event triggers and their functions.  A trigger cannot be replaced, so they are made once, here.

CREATE FUNCTION datamesh.ddl_start()
RETURNS event_trigger AS 'MODULE_PATHNAME', 'dm_ddl_start'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION datamesh.ddl_start() IS 'internal: guards DROP EXTENSION and loads the label provider';

CREATE FUNCTION datamesh.ddl_end()
RETURNS event_trigger AS 'MODULE_PATHNAME', 'dm_ddl_end'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION datamesh.ddl_end() IS 'internal: has ports follow views and inheritance that change below them';

CREATE FUNCTION datamesh.sql_drop()
RETURNS event_trigger AS 'MODULE_PATHNAME', 'dm_sql_drop'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION datamesh.sql_drop() IS 'internal: refuses to drop ports other than by datamesh''s functions';

CREATE EVENT TRIGGER datamesh_ddl_start ON ddl_command_start
	WHEN TAG IN ('SECURITY LABEL', 'DROP EXTENSION', 'DROP SCHEMA', 'DROP OWNED',
		'CREATE VIEW', 'CREATE RULE', 'CREATE SCHEMA', 'CREATE TABLE', 'CREATE FOREIGN TABLE',
		'ALTER TABLE', 'ALTER FOREIGN TABLE')
	EXECUTE FUNCTION datamesh.ddl_start();
CREATE EVENT TRIGGER datamesh_ddl_end ON ddl_command_end
	WHEN TAG IN ('CREATE VIEW', 'CREATE RULE', 'CREATE SCHEMA', 'CREATE TABLE', 'CREATE FOREIGN TABLE',
		'ALTER TABLE', 'ALTER FOREIGN TABLE')
	EXECUTE FUNCTION datamesh.ddl_end();
CREATE EVENT TRIGGER datamesh_sql_drop ON sql_drop
	EXECUTE FUNCTION datamesh.sql_drop();
