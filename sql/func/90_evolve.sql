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

-- Constraints for what contracts promise.
CREATE OR REPLACE FUNCTION @extschema@.dm_enforce(product text, dry_run boolean DEFAULT false, OUT pointer text, OUT promise text, OUT state text, OUT statement text, OUT detail text)
RETURNS SETOF record AS 'MODULE_PATHNAME', 'dm_enforce'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_enforce(text, boolean) IS 'have the server keep what a product''s contract promises of its data: NOT NULL, CHECK, UNIQUE, PRIMARY KEY and FOREIGN KEY; tells which rows stand in the way';

CREATE OR REPLACE FUNCTION @extschema@.dm_matches(value text, pattern text)
RETURNS boolean AS 'MODULE_PATHNAME', 'dm_matches'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.dm_matches(text, text) IS 'whether a pattern of ECMA-262 is found in a text; for CHECK constraints of contracts';
