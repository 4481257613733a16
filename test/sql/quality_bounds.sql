-- Several rules about one column share a look at it: each counts what SQL counts, at the edges of each type, too.
CREATE ROLE regress_qb_owner;
CREATE SCHEMA qb AUTHORIZATION regress_qb_owner;
SELECT dm_register_domain('qb', 'regress_qb_owner', '{qb}') IS NOT NULL AS registered;
SET ROLE regress_qb_owner;
CREATE TABLE qb.t (id int PRIMARY KEY, i2 int2, i4 int4, i8 int8, f4 float4, f8 float8, n numeric, day date, at timestamp, s text, c char(8), far text);
ALTER TABLE qb.t ALTER far SET STORAGE EXTERNAL;
-- each value of a list once, and then NULLs
INSERT INTO qb.t SELECT i,
	(ARRAY[-32768, -1, 0, 1, 9, 10, 11, 32767])[i],
	(ARRAY[-2147483648, -1, 0, 1, 9, 10, 11, 2147483647])[i],
	(ARRAY[-9223372036854775808, -1, 0, 1, 9, 10, 11, 9223372036854775807])[i],
	(ARRAY['-Infinity', '-1', '-0', '0', '1e-45', '0.1', '10', '10.000001', '3.4e38', 'Infinity', 'NaN'])[i]::float4,
	(ARRAY['-Infinity', '-1', '-0', '0', '5e-324', '0.1', '10', '10.000000000000002', '1.7e308', 'Infinity', 'NaN'])[i]::float8,
	CASE WHEN i <= 26 THEN (ARRAY['-Infinity', '-1e300', '-123456789.0001', '-10000', '-9999.9999', '-1', '-0.0001', '-1e-30', '0', '0.000', '1e-30', '0.0001', '0.9999', '1', '1.0', '1.00000000000000000001',
		'9999', '9999.9999', '10000', '10000.0001', '123456780000', '123456789.0001', '1e250', '1e300', 'Infinity', 'NaN'])[i]::numeric END,
	(ARRAY['-infinity', '4713-01-01 BC', '1999-12-31', '2000-01-01', '2000-01-02', 'infinity'])[i]::date,
	(ARRAY['-infinity', '1999-12-31 23:59:59.999999', '2000-01-01', '2000-01-01 00:00:00.000001', 'infinity'])[i]::timestamp,
	(ARRAY['', ' ', 'a', 'é', '€', '😀', 'ab', 'éé', '😀😀', 'abc', 'abcd', 'a😀cd', 'abcde', '😀😀😀😀😀', repeat('x', 5000), repeat('é', 3)])[i],
	(ARRAY['', 'a', 'é', 'ab', '😀😀', 'abcd', 'abcdefgh', '😀😀😀😀😀😀😀😀'])[i],
	CASE WHEN i <= 30 THEN repeat(CASE WHEN i % 2 = 0 THEN 'x' ELSE '€' END, i * 200) END
FROM generate_series(1, 40) i;
-- numbers of all lengths, around each other
INSERT INTO qb.t (id, n) SELECT 1000 + i, (sin(i) * 10 ^ (i % 19 - 9))::numeric FROM generate_series(1, 1000) i;
INSERT INTO qb.t (id, n) SELECT 3000 + i, n / 10 FROM generate_series(1, 40) i JOIN qb.t ON id = 1000 + i;
CREATE TABLE qb.expected (rule text PRIMARY KEY, metric text, col text, value text, condition text);
-- each bound with each column, four comparisons of it, and a rule that asks for a value
INSERT INTO qb.expected
SELECT lower(format('%s_%s_%s', col, metric, n)), metric, col, bound, format(CASE WHEN col LIKE 'i%' THEN '%1$I %3$s %2$s' ELSE '%1$I %3$s %2$L' END || nan, col, bound, operator)
FROM (VALUES
	('i2', '{-32768,-1,0,9,10,32767}'::text[], ''),
	('i4', '{-2147483648,0,9.5,10,2147483647}', ''),
	('i8', '{-9223372036854775808,-1,0,10,9223372036854775807}', ''),
	('f4', '{-Infinity,-1,0,0.1,10,3.4e38,Infinity}', $$ OR f4 = 'NaN'$$),
	('f8', '{-Infinity,-1,0,0.1,10,1.7e308,Infinity}', $$ OR f8 = 'NaN'$$),
	('n', '{-Infinity,-1e300,-123456789.0001,-10000,-9999.9999,-1,-0.0001,0,0.00,1e-30,0.0001,0.9999,1,1.00000000000000000001,9999,10000,10000.0001,1234.5,123456780000,123456789,1e250,1e300,Infinity}', $$ OR n = 'NaN'$$),
	('day', '{-infinity,1999-12-31,2000-01-01,infinity}', ''),
	('at', '{-infinity,2000-01-01,infinity}', '')) AS c (col, bounds, nan),
	unnest(bounds) WITH ORDINALITY AS b (bound, n),
	(VALUES ('minimum', '<'), ('maximum', '>'), ('exclusiveMinimum', '<='), ('exclusiveMaximum', '>=')) AS m (metric, operator)
WHERE metric <> 'exclusiveMinimum' OR n % 2 = 1;
INSERT INTO qb.expected SELECT lower(format('%s_%s_%s', col, metric, bound)), metric, col, bound, format('char_length(%I) %s %s', col, operator, bound)
FROM unnest('{s,c,far}'::text[]) AS col, unnest('{0,1,2,3,4,5,20,1000,4999,2147483647}'::text[]) AS bound,
	(VALUES ('minLength', '<'), ('maxLength', '>')) AS m (metric, operator);
INSERT INTO qb.expected SELECT col || '_there', 'required', col, NULL, format('%I IS NULL', col) FROM unnest('{i2,i4,i8,f4,f8,n,day,at,s,c,far}'::text[]) AS col;
SELECT count(dm_add_rule('qb.t', rule, metric, col::name, CASE WHEN value IS NULL THEN '{}' ELSE jsonb_build_object('value', CASE WHEN value ~ '[0-9]$' AND col NOT IN ('day', 'at') THEN to_jsonb(value::numeric) ELSE to_jsonb(value) END) END)) FROM qb.expected;
CREATE FUNCTION qb.counted(condition text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	result bigint;
BEGIN
	EXECUTE format('SELECT count(*) FROM qb.t WHERE %s', condition) INTO result;
	RETURN result;
END $$;
-- no row: rules that count something else than SQL does, all of them together or one by one
SELECT rule, c.failing, qb.counted(condition) AS expected, c.message FROM dm_check('qb.t'::regclass) c JOIN qb.expected e USING (rule)
WHERE c.failing IS DISTINCT FROM qb.counted(condition) OR c.rows_checked <> 1080;
SELECT e.rule, c.failing, qb.counted(condition) AS expected, c.message FROM qb.expected e, dm_check('qb.t'::regclass, ARRAY[e.rule]) c
WHERE c.failing IS DISTINCT FROM qb.counted(condition);
-- nor two of them together
SELECT c.rule, c.failing, qb.counted(e.condition) AS expected, c.message
FROM qb.expected low JOIN qb.expected high USING (col), dm_check('qb.t'::regclass, ARRAY[low.rule, high.rule]) c JOIN qb.expected e USING (rule)
WHERE low.col IN ('i4', 'f8', 's') AND low.metric LIKE 'min%' AND high.metric LIKE 'max%' AND c.failing IS DISTINCT FROM qb.counted(e.condition);
SELECT "column", count(*), count(*) FILTER (WHERE failing > 0) AS failing, sum(failing) FROM dm_check('qb.t'::regclass) GROUP BY "column" ORDER BY "column"::text COLLATE "C";
-- where the failing rows lie: the executor's slot tells it as long as it is that of the scan, of the first row as of others
CREATE TABLE qb.plain (a int PRIMARY KEY, b text);
INSERT INTO qb.plain SELECT i, CASE WHEN i % 3 <> 1 THEN 'b' || i END FROM generate_series(1, 1000) i;
VACUUM ANALYZE qb.plain;
SELECT format('{"sample": 3, "slot": true, "tableoid": %s, "probes": [{"kind": "null", "value": 2}, {"kind": "value", "value": 1, "maximum": "998"}]}', 'qb.plain'::regclass::oid) AS program,
	format('{"sample": 3, "slot": true, "tableoid": %s, "probes": []}', 'qb.plain'::regclass::oid) AS empty \gset
SELECT n, found->'failing' AS failing, s.row->1 AS position
FROM (SELECT datamesh.measure(:'program', NULL::tid, a, b) FROM qb.plain) m (result), jsonb_array_elements(result) WITH ORDINALITY AS r (found, n), jsonb_array_elements(found->'sample') AS s (row);
-- never a wrong one: rows of another table, of an index alone, from a projection, sorted before, and in a window
SELECT datamesh.measure('{"sample": 3, "slot": true, "tableoid": 1259, "probes": []}', NULL::tid, a, b) FROM qb.plain;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT datamesh.measure(:'empty', NULL::tid, a) FROM qb.plain WHERE a > 0;
RESET enable_seqscan;
RESET enable_bitmapscan;
SELECT datamesh.measure(:'empty', NULL::tid, a) FROM (SELECT a + 1 AS a FROM qb.plain OFFSET 0) p;
SELECT datamesh.measure(:'empty', NULL::tid, a) FROM (SELECT a FROM qb.plain ORDER BY b LIMIT 2) p;
SELECT datamesh.measure(:'empty', NULL::tid, a) OVER () FROM qb.plain;
-- rules are measured by another plan then: of one column that an index has, of a table without a column that it had, or with one that it had not
SELECT count(dm_add_rule('qb.plain', rule, metric, col::name, arguments::jsonb)) FROM (VALUES
	('a_max', 'maximum', 'a', '{"value": 998}'), ('b_there', 'required', 'b', '{}'), ('b_known', 'enum', 'b', '{"values": ["b2", "b", "b30"]}')) r (rule, metric, col, arguments);
SELECT rule, failing, sample FROM dm_check('qb.plain'::regclass) ORDER BY rule COLLATE "C";
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT rule, failing, sample FROM dm_check('qb.plain'::regclass, '{a_max}');
RESET enable_seqscan;
RESET enable_bitmapscan;
ALTER TABLE qb.plain ADD c int DEFAULT 1;
SELECT rule, failing, sample FROM dm_check('qb.plain'::regclass) ORDER BY rule COLLATE "C";
ALTER TABLE qb.plain DROP c;
SELECT rule, failing, sample FROM dm_check('qb.plain'::regclass) ORDER BY rule COLLATE "C";
-- and where workers send rows, as for a median
CREATE TABLE qb.wide (a int PRIMARY KEY, b text);
INSERT INTO qb.wide SELECT a, b FROM qb.plain;
SELECT count(dm_add_rule('qb.wide', rule, metric, col::name, arguments::jsonb, must => 'between 0 and 1000')) FROM (VALUES
	('a_max', 'maximum', 'a', '{"value": 998}'), ('b_there', 'required', 'b', '{}'), ('a_median', 'median', 'a', '{}')) r (rule, metric, col, arguments);
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT rule, measured, failing, sample FROM dm_check('qb.wide'::regclass) ORDER BY rule COLLATE "C";
SELECT rule, measured, failing, sample FROM dm_check('qb.wide'::regclass, '{a_max,b_there}') ORDER BY rule COLLATE "C";
RESET ROLE;
SET client_min_messages = error;
DROP SCHEMA qb CASCADE;
SELECT dm_drop_domain('qb') IS NOT NULL AS dropped;
DROP ROLE regress_qb_owner;
