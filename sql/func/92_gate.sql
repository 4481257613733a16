CREATE OR REPLACE FUNCTION @extschema@.dm_impact(product text, ddl text, OUT kind text,
    OUT product_hit text, OUT object text, OUT role regrole, OUT effect text, OUT detail text)
RETURNS SETOF record AS 'MODULE_PATHNAME', 'dm_impact'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_impact(text, text) IS 'what DDL would break: promises of contracts, ports, views of consumers, agreements';
