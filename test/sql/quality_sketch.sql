-- Rules that are measured by sketches: within the error that they state of what exact ones find, in one scan, by several processes, and refused where a sketch cannot tell.
CREATE ROLE regress_qk_owner;
CREATE SCHEMA qk AUTHORIZATION regress_qk_owner;
SELECT dm_register_domain('qk', 'regress_qk_owner', '{qk}') IS NOT NULL AS registered;
SET ROLE regress_qk_owner;
CREATE TYPE qk.mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE qk.t (id int, word text, amount numeric, "Ratio" float4, day date, at timestamptz, mood qk.mood, padded char(6), doc jsonb, flag bool);
INSERT INTO qk.t SELECT i, CASE WHEN i % 5 = 0 THEN 'common' WHEN i % 7 > 0 THEN md5((i % 9000)::text) END, (i * 7919::bigint) % 20011 / 8.0, i % 3000 / 10.0::float4, date '2024-01-01' + i % 700,
	timestamptz '2024-01-01 00:00+00' + i * interval '1 min', (ARRAY['ok', 'ok', 'sad', 'happy'])[1 + i % 4]::qk.mood, 'p' || i % 3, jsonb_build_object('k', i % 2000), i % 3 > 0 FROM generate_series(1, 40000) i;
-- each rule twice; how far the sketch may be off: in values of the exact result, or in ranks
CREATE TABLE qk.pair (n int PRIMARY KEY, metric text, col name, arguments jsonb, filter text);
INSERT INTO qk.pair VALUES (1, 'distinctCount', 'id', '{}', NULL), (2, 'distinctCount', 'word', '{}', NULL), (3, 'distinctCount', 'amount', '{}', 'id % 3 = 0'), (4, 'distinctCount', 'mood', '{}', NULL), (5, 'distinctCount', 'doc', '{}', NULL),
	(6, 'proportionUnique', 'Ratio', '{}', NULL), (7, 'proportionUnique', 'day', '{}', NULL), (8, 'proportionUnique', 'word', '{}', 'id < 0'),
	(11, 'median', 'id', '{}', NULL), (12, 'quantile', 'id', '{"p": 0.95}', NULL), (13, 'quantile', 'id', '{"p": 0}', NULL), (14, 'quantile', 'id', '{"p": 1}', NULL), (15, 'median', 'id', '{}', 'id <= 101'),
	(21, 'mostCommonValue', 'word', '{}', NULL), (22, 'mostCommonValue', 'mood', '{}', NULL), (23, 'mostCommonValue', 'padded', '{}', NULL), (24, 'mostCommonValue', 'flag', '{}', NULL), (25, 'mostCommonValue', 'Ratio', '{}', '"Ratio" < 0.15 OR id = 5'), (26, 'mostCommonValue', 'day', '{}', 'id < 400 OR day = ''2024-02-03''');
SELECT count(dm_add_rule('qk.t', m || '_' || n, metric, col, CASE m WHEN 's' THEN arguments || '{"method": "sketch"}' ELSE arguments END, must => CASE WHEN n < 20 THEN '>= 0' ELSE (ARRAY['= ''common''', '= ''ok''', '= ''p1''', '= true', '= 0.1', '= ''2024-02-03'''])[n - 20] END, "where" => filter)) FROM qk.pair, (VALUES ('e'), ('s')) v (m);
CREATE VIEW qk.compared AS
	SELECT e.metric, e."column", e.measured AS exact, s.measured AS sketch, s.message, s.verdict = e.verdict AND s.rows_checked = e.rows_checked AS same, split_part(e.rule, '_', 2)::int AS n
	FROM dm_check('qk.t'::regclass) e JOIN dm_check('qk.t'::regclass) s ON s.rule = replace(e.rule, 'e_', 's_') WHERE e.rule LIKE 'e\_%';
-- exact where the sketch says no more than the value; else within three standard errors of a distinct count, within one percent of the ranks
CREATE VIEW qk.verdict AS
	SELECT n, metric, "column", same, message, CASE WHEN exact IS NULL OR message IS NULL OR n > 20 THEN exact IS NOT DISTINCT FROM sketch ELSE abs(sketch::numeric - exact::numeric) <= CASE WHEN n < 10 THEN 3 * 0.0081 * exact::numeric ELSE 0.01 * 40000 END END AS within FROM qk.compared;
SELECT * FROM qk.verdict ORDER BY n;
SELECT n, exact, sketch FROM qk.compared WHERE n > 20 OR n IN (4, 8, 13, 14, 15) ORDER BY n;
-- the same with parallel workers, and over partitions
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT datamesh.measure('{"probes": []}', id), datamesh.sketch_agg(word) FROM qk.t;
SELECT count(*) FILTER (WHERE within AND same) AS within, count(*) FROM qk.verdict;
RESET max_parallel_workers_per_gather;
-- of a domain, too, whose check the bound need not pass
CREATE DOMAIN qk.small AS int CHECK (VALUE < 100);
CREATE TABLE qk.domains (n qk.small);
INSERT INTO qk.domains SELECT i % 90 FROM generate_series(1, 900) i;
SELECT dm_add_rule('qk.domains', 'middle', 'median', 'n', '{"method": "sketch"}', '<= 1000') > 0 AS added;
SELECT dm_add_rule('qk.domains', 'common', 'mostCommonValue', 'n', '{"method": "sketch"}', '< 1000') > 0 AS added;
SELECT rule, verdict, measured::int BETWEEN 30 AND 60 AS middle, regexp_replace(message, '\d+', 'n', 'g') AS message FROM dm_check('qk.domains'::regclass, '{middle}');
SELECT verdict, message FROM dm_check('qk.domains'::regclass, '{common}');
CREATE TABLE qk.parted (region text, amount int) PARTITION BY LIST (region);
CREATE TABLE qk.north PARTITION OF qk.parted FOR VALUES IN ('n');
CREATE TABLE qk.south PARTITION OF qk.parted FOR VALUES IN ('s');
INSERT INTO qk.parted SELECT CASE WHEN i % 3 = 0 THEN 'n' ELSE 's' END, i % 5000 FROM generate_series(1, 15000) i;
SELECT dm_add_rule('qk.parted', 'kinds', 'distinctCount', 'amount', '{"method": "sketch"}', 'between 4878 and 5122') > 0 AS added;
SELECT dm_add_rule('qk.parted', 'middle', 'median', 'amount', '{"method": "sketch"}', 'between 2450 and 2550') > 0 AS added;
SELECT rule, verdict, rows_checked, message FROM dm_check('qk.parted'::regclass) ORDER BY rule COLLATE "C";
-- beside a rule that is none of sketches, and nothing to take a sketch of
CREATE TABLE qk.empty (a int, b text);
SELECT count(dm_add_rule('qk.empty', lower(m) || c, m, c::name, '{"method": "sketch"}', must => '= 0')) FROM (VALUES ('distinctCount', 'a'), ('proportionUnique', 'b'), ('median', 'a'), ('mostCommonValue', 'b')) v (m, c);
SELECT dm_add_rule('qk.empty', 'given', 'required', 'a') > 0 AS added;
SELECT rule, verdict, measured, message FROM dm_check('qk.empty'::regclass) ORDER BY rule COLLATE "C";
INSERT INTO qk.empty VALUES (NULL, NULL), (NULL, NULL);
SELECT rule, verdict, measured, message FROM dm_check('qk.empty'::regclass) ORDER BY rule COLLATE "C";
-- what a sketch cannot say of the values that are there is an error and no guess
CREATE TABLE qk.odd (real float8, long text, even int);
INSERT INTO qk.odd SELECT CASE i WHEN 7 THEN float8 'NaN' WHEN 8 THEN '-Infinity' ELSE i END, repeat('x', 200) || i % 2, i FROM generate_series(1, 70000) i;
SELECT dm_add_rule('qk.odd', 'middle', 'median', 'real', '{"method": "sketch"}', '>= 0') > 0 AS added;
SELECT dm_add_rule('qk.odd', 'middle_discrete', 'median', 'real', '{"method": "discrete"}', '>= 0') > 0 AS added;
SELECT dm_add_rule('qk.odd', 'text', 'mostCommonValue', 'long', '{"method": "sketch"}', $$<> ''$$) > 0 AS added;
SELECT dm_add_rule('qk.odd', 'number', 'mostCommonValue', 'even', '{"method": "sketch"}', '>= 0') > 0 AS added;
SELECT rule, verdict, measured, regexp_replace(message, '\d+', 'n', 'g') AS message FROM dm_check('qk.odd'::regclass) WHERE rule <> 'number' ORDER BY rule COLLATE "C";
SELECT verdict, message ~ '(others may be as common|so common that the sketch)' AS says_so FROM dm_check('qk.odd'::regclass, '{number}');
-- refused: methods that there are not, metrics and types that sketches do not know
CREATE COLLATION qk.nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE qk.types (word text COLLATE qk.nocase, plain text, place point, doc json, code int);
SELECT dm_add_rule('qk.types', 'r', 'distinctCount', 'code', '{"method": "guess"}', '> 0');
SELECT dm_add_rule('qk.types', 'r', 'mostCommonValue', 'code', '{"method": "continuous"}', '> 0');
SELECT dm_add_rule('qk.types', 'r', 'median', 'code', '{"method": 1}', '> 0');
SELECT dm_add_rule('qk.types', 'r', 'duplicateValues', 'code', '{"method": "sketch"}');
SELECT dm_add_rule('qk.types', 'r', 'mean', 'code', '{"method": "sketch"}', '> 0');
SELECT dm_add_rule('qk.types', 'r', 'rowCount', arguments => '{"method": "sketch"}', must => '> 0');
SELECT dm_add_rule('qk.types', 'r', 'median', 'plain', '{"method": "sketch"}', $$> 'a'$$);
SELECT dm_add_rule('qk.types', 'r', 'distinctCount', 'word', '{"method": "sketch"}', '> 0');
SELECT dm_add_rule('qk.types', 'r', 'distinctCount', 'doc', '{"method": "sketch"}', '> 0');
SELECT dm_add_rule('qk.types', 'r', 'mostCommonValue', 'place', '{"method": "sketch"}', $$<> ''$$);
-- a rule that becomes one that a sketch cannot measure
SELECT dm_add_rule('qk.types', 'middle', 'median', 'code', '{"method": "sketch"}', '>= 0') > 0 AS added;
SELECT dm_alter_rule('qk.types', 'middle', arguments => '{"method": "guess"}');
ALTER TABLE qk.types ALTER code TYPE text USING code::text;
SELECT rule, verdict, message FROM dm_check('qk.types'::regclass);
RESET ROLE;
SET client_min_messages = error;
DROP SCHEMA qk CASCADE;
SELECT dm_drop_domain('qk') IS NOT NULL AS dropped;
DROP ROLE regress_qk_owner;
