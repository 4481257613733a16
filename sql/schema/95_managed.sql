-- Our tables are written by our functions, which do not fire triggers.  Whoever was granted a write
-- privilege on one of them is told so.  Comes after all tables.

CREATE FUNCTION datamesh.refuse_write()
RETURNS trigger AS 'MODULE_PATHNAME', 'dm_refuse_write'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION datamesh.refuse_write() IS 'internal: refuses to write into a table of datamesh by hand';

DO $$
DECLARE
	tab regclass;
BEGIN
	FOR tab IN SELECT oid FROM pg_catalog.pg_class
			   WHERE relnamespace = 'datamesh'::regnamespace AND relkind = 'r' ORDER BY oid
	LOOP
		EXECUTE format('CREATE TRIGGER datamesh_managed BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s
						FOR EACH STATEMENT EXECUTE FUNCTION datamesh.refuse_write()', tab);
	END LOOP;
END
$$;
