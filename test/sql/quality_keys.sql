-- Keys: distinct and repeated ones are counted exactly, in little memory, in parallel, whatever their type.
CREATE ROLE regress_qk_owner;
CREATE SCHEMA qk AUTHORIZATION regress_qk_owner;
SELECT dm_register_domain('qk', 'regress_qk_owner', '{qk}') IS NOT NULL AS registered;
SET ROLE regress_qk_owner;
CREATE TABLE qk.t (id int PRIMARY KEY, small int2, big int8, real float4, double float8, number numeric, name text, padded char(8), day date, flag bool, code uuid, bytes bytea, span interval, tags jsonb, net inet, words text COLLATE "C");
INSERT INTO qk.t SELECT i, i % 1000, CASE WHEN i % 100 > 0 THEN (i % 16000)::int8 - 8000 END, CASE i % 50 WHEN 0 THEN 'NaN' WHEN 1 THEN -0.0 WHEN 2 THEN 0 ELSE i END::float4, i / 2, CASE WHEN i % 2 = 0 THEN (i / 2)::numeric(10,1) ELSE -(i / 2)::numeric(12,3) END,
	'name ' || i % 12000, 'p' || i % 9, date '2024-01-01' + i % 400, i % 3 = 0, md5((i % 14000)::text)::uuid, decode(md5((i / 3)::text), 'hex'), CASE WHEN i % 2 = 0 THEN '1 day' ELSE '24 hours' END::interval,
	CASE WHEN i % 2 = 0 THEN jsonb_build_object('k', i % 50) ELSE jsonb_build_object('k', (i % 50 + 1)::numeric(5,2) - 1) END, ('10.0.' || i % 256 || '.1')::inet, CASE WHEN i % 7 > 0 THEN 'w' || i % 8000 END FROM generate_series(1, 20000) i;
ANALYZE qk.t;
CREATE TABLE qk.expected (rule text, metric text, columns text[], filter text);
INSERT INTO qk.expected SELECT lower(m) || '_' || c, m, ARRAY[c], NULL
FROM unnest('{duplicateValues,unique,primaryKey}'::text[]) m, unnest('{small,big,real,double,number,name,padded,day,flag,code,bytes,span,tags,net,words}'::text[]) c;
INSERT INTO qk.expected VALUES ('duplicatevalues_two', 'duplicateValues', '{big,words}', NULL), ('unique_two', 'unique', '{big,words}', 'id > 100'), ('primarykey_two', 'primaryKey', '{big,words}', NULL), ('unique_four', 'unique', '{number,name,padded,double}', NULL), ('unique_mixed', 'unique', '{name,tags}', 'flag'), ('where', 'duplicateValues', '{name}', 'id <= 12000');
SELECT count(dm_add_rule('qk.t', rule, metric, arguments => jsonb_build_object('properties', columns), "where" => filter)) FROM qk.expected;
-- keys that occur more than once, and rows with such a key; rows with a NULL are a key of their own, are left out, or fail
CREATE FUNCTION qk.counted(metric text, columns text[], filter text) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
	result bigint[];
	nulls text := (SELECT string_agg(c || ' IS NULL', ' OR ') FROM unnest(columns) c);
BEGIN
	EXECUTE format('SELECT ARRAY[count(*) FILTER (WHERE n > 1 AND NOT out) + coalesce(sum(n) FILTER (WHERE fails), 0), coalesce(sum(n) FILTER (WHERE n > 1 AND NOT out), 0) + coalesce(sum(n) FILTER (WHERE fails), 0), sum(n)] FROM (SELECT count(*) AS n, %s AS out, %s AS fails FROM qk.t WHERE %s GROUP BY %s) g',
		CASE metric WHEN 'duplicateValues' THEN 'false' ELSE nulls END, CASE metric WHEN 'primaryKey' THEN nulls ELSE 'false' END, coalesce(filter, 'true'), array_to_string(columns, ', ')) INTO result;
	RETURN result;
END $$;
CREATE FUNCTION qk.wrong(rules text[] DEFAULT NULL) RETURNS TABLE (rule text, measured text, failing bigint, rows_checked bigint, expected bigint[], message text) LANGUAGE sql AS $$
	SELECT c.rule, c.measured, c.failing, c.rows_checked, n.expected, c.message
	FROM dm_check('qk.t'::regclass, rules) c JOIN qk.expected e USING (rule), LATERAL (SELECT qk.counted(e.metric, e.columns, e.filter) AS expected OFFSET 0) n
	WHERE ARRAY[c.measured::bigint, c.failing, c.rows_checked] IS DISTINCT FROM n.expected
$$;
SELECT * FROM qk.wrong();
SELECT rule, measured, failing, rows_checked, sample FROM dm_check('qk.t'::regclass) WHERE rule ~ 'small|big|number|tags|two|where|four' ORDER BY rule COLLATE "C";
-- most of it in temporary files
SET work_mem = '64kB';
SET hash_mem_multiplier = 1;
SELECT * FROM qk.wrong('{duplicatevalues_name,unique_words,duplicatevalues_code,unique_big,primarykey_two,duplicatevalues_double}');
SELECT rule, sample FROM dm_check('qk.t'::regclass, '{duplicatevalues_name,unique_words,unique_big}') ORDER BY rule COLLATE "C";
-- in workers
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SELECT * FROM qk.wrong('{duplicatevalues_name,unique_words,duplicatevalues_code,unique_big,primarykey_two,duplicatevalues_double}');
SELECT rule, sample FROM dm_check('qk.t'::regclass, '{duplicatevalues_name,unique_words,unique_big}') ORDER BY rule COLLATE "C";
RESET work_mem;
RESET hash_mem_multiplier;
RESET max_parallel_workers_per_gather;
-- shares, and numbers of distinct values
SELECT count(dm_add_rule('qk.t', 'd_' || c, 'distinctCount', c::name, must => '> 0')), count(dm_add_rule('qk.t', 'p_' || c, 'proportionUnique', c::name, must => 'between 0 and 1')) FROM unnest('{small,big,number,span,words}'::text[]) c;
SELECT rule, verdict, measured FROM dm_check('qk.t'::regclass, (SELECT array_agg(name::text) FROM datamesh.rules WHERE name ~ '^[dp]_')) WHERE rule ~ '^[dp]_' ORDER BY rule COLLATE "C";
SELECT count(DISTINCT small), count(DISTINCT big), count(DISTINCT number), count(DISTINCT span), count(DISTINCT words) FROM qk.t;
-- what an index proves needs no table of keys; an index over part of the rows, or that does not hold for each NULL, proves nothing
CREATE TABLE qk.proof (a int PRIMARY KEY, b int, c int, d text);
INSERT INTO qk.proof VALUES (1, 1, 1, 'x'), (2, NULL, 1, 'x'), (3, NULL, 2, 'y');
CREATE UNIQUE INDEX ON qk.proof (b);
CREATE UNIQUE INDEX ON qk.proof (c) WHERE a > 1;
SELECT count(dm_add_rule('qk.proof', r, m, arguments => jsonb_build_object('properties', c::text[]))) FROM (VALUES ('a', 'duplicateValues', '{a}'), ('a_d', 'duplicateValues', '{d,a}'), ('b', 'duplicateValues', '{b}'), ('b_unique', 'unique', '{b}'), ('c', 'unique', '{c}'), ('d', 'unique', '{d}')) v (r, m, c);
SELECT rule, measured, failing, rows_checked, sample FROM dm_check('qk.proof'::regclass) ORDER BY rule COLLATE "C";
-- a parent's index says nothing of its children
CREATE TABLE qk.child () INHERITS (qk.proof);
INSERT INTO qk.child VALUES (1, 5, 5, 'z');
SELECT rule, measured, rows_checked, sample FROM dm_check('qk.proof'::regclass, "only" => '{a}');
-- texts that a collation takes for the same
DO $$ BEGIN EXECUTE 'CREATE COLLATION qk.lax (provider = icu, locale = ''und-u-ks-level2'', deterministic = false)'; EXCEPTION WHEN feature_not_supported THEN CREATE COLLATION qk.lax FROM "C"; END $$;
CREATE TABLE qk.folded (name text COLLATE qk.lax);
INSERT INTO qk.folded VALUES ('ann'), ('ANN'), ('bob');
SELECT dm_add_rule('qk.folded', 'name', 'unique', 'name') > 0 AS added;
SELECT c.measured::bigint = (SELECT count(*) FROM (SELECT FROM qk.folded GROUP BY name HAVING count(*) > 1) g) AS same FROM dm_check('qk.folded'::regclass) c;
-- sets of distinct values
SELECT count(dm_add_rule('qk.t', 's_' || s || v.n, 'distinctSet', v.c::name, jsonb_build_object('values', v.l::jsonb, 'set', s))) FROM unnest('{subset,superset,equal}'::text[]) s, (VALUES (1, 'padded', '["p0", "p1", "p2", "x", "x"]'), (2, 'flag', '[true, false]'), (3, 'day', '["2024-01-01", "never"]'), (4, 'number', '[1.00, 1, -1.5]')) v (n, c, l);
SELECT rule, verdict, measured FROM dm_check('qk.t'::regclass, (SELECT array_agg(name::text) FROM datamesh.rules WHERE name ~ '^s_')) WHERE rule ~ '^s_' ORDER BY rule COLLATE "C";
RESET ROLE;
SET client_min_messages = error;
DROP SCHEMA qk CASCADE;
SELECT dm_drop_domain('qk') IS NOT NULL AS dropped;
DROP ROLE regress_qk_owner;
