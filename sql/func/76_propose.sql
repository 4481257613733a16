-- Quality rules that the rows themselves suggest.

CREATE OR REPLACE FUNCTION @extschema@.dm_propose_rules(relation regclass, sample_rows integer DEFAULT 30000, confidence double precision DEFAULT 0.95, seed integer DEFAULT 0,
	OUT name text, OUT metric text, OUT "column" text, OUT arguments jsonb, OUT must text, OUT unit text, OUT support bigint, OUT share double precision, OUT all_rows boolean, OUT call text)
RETURNS SETOF record AS 'MODULE_PATHNAME', 'dm_propose_rules'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_propose_rules(regclass, integer, double precision, integer) IS
	'quality rules that a sample of the rows suggests, with the rows that they are about, the share that keeps them, and the call that adds them';
