-- Event triggers and their functions.  A trigger cannot be replaced, so they are made once, here.

CREATE FUNCTION datamesh.ddl_start()
RETURNS event_trigger AS 'MODULE_PATHNAME', 'dm_ddl_start'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION datamesh.ddl_start() IS 'internal: what has to be asked before a DDL command, and the locks it will need';

CREATE FUNCTION datamesh.ddl_end()
RETURNS event_trigger AS 'MODULE_PATHNAME', 'dm_ddl_end'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION datamesh.ddl_end() IS 'internal: looks at what a DDL command left, refuses it or has the mesh follow';

CREATE FUNCTION datamesh.sql_drop()
RETURNS event_trigger AS 'MODULE_PATHNAME', 'dm_sql_drop'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION datamesh.sql_drop() IS 'internal: refuses to drop ports other than by datamesh''s functions';

-- No filters: a command that nobody has listed must not be a way round.
CREATE EVENT TRIGGER datamesh_ddl_start ON ddl_command_start
	EXECUTE FUNCTION datamesh.ddl_start();
CREATE EVENT TRIGGER datamesh_ddl_end ON ddl_command_end
	EXECUTE FUNCTION datamesh.ddl_end();
CREATE EVENT TRIGGER datamesh_sql_drop ON sql_drop
	EXECUTE FUNCTION datamesh.sql_drop();
