-- DDL below ports.

CREATE OR REPLACE FUNCTION @extschema@.dm_evolve(product text, ddl text, dry_run boolean DEFAULT false, OUT object text, OUT kind text, OUT owner regrole, OUT verdict text, OUT detail text)
RETURNS SETOF record AS 'MODULE_PATHNAME', 'dm_evolve'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_evolve(text, text, boolean) IS 'change what a product''s ports show: runs DDL with the ports out of the way, puts them back, and tells what became of everything above';

-- Internal: what a view asks whose query is out of the way.
CREATE OR REPLACE FUNCTION datamesh.lifted()
RETURNS boolean AS 'MODULE_PATHNAME', 'dm_lifted'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION datamesh.lifted() IS 'internal: an error that says why a view cannot be read';
