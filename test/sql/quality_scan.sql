-- Rules that look at one row after the other: what they count is what SQL counts.
CREATE ROLE regress_qs_owner;
CREATE SCHEMA qs AUTHORIZATION regress_qs_owner;
SELECT dm_register_domain('qs', 'regress_qs_owner', '{qs}') IS NOT NULL AS registered;
SET ROLE regress_qs_owner;
CREATE TABLE qs.t (id int PRIMARY KEY, small int2, big int8, real float4, double float8, number numeric, name text, padded char(8), day date, at timestamptz, flag bool, tags jsonb, code uuid, bytes bytea);
INSERT INTO qs.t SELECT i, i % 100, i::int8 * 3000000000, i / 4.0, CASE i WHEN 5 THEN 'NaN' WHEN 6 THEN 'Infinity' WHEN 7 THEN '-Infinity' ELSE i::float8 END,
	CASE i WHEN 8 THEN 'NaN' WHEN 9 THEN 'Infinity' ELSE i / 8.0 END, CASE WHEN i % 10 > 0 THEN repeat('é', i % 7) || i END, 'p' || i % 5,
	CASE i WHEN 11 THEN 'infinity' ELSE date '2024-01-01' + i END, timestamptz '2024-01-01 00:00+00' + i * interval '1 hour', i % 2 = 0, jsonb_build_object('k', i % 3),
	md5(i::text)::uuid, decode(md5(i::text), 'hex') FROM generate_series(1, 1000) i;
-- each rule, and the condition that SQL counts its failing rows by
CREATE TABLE qs.expected (rule text PRIMARY KEY, metric text, col text, arguments text, condition text, filter text);
INSERT INTO qs.expected VALUES
	('no_name', 'nullValues', 'name', '{}', 'name IS NULL', NULL),
	('no_name_where', 'required', 'name', '{}', 'name IS NULL', 'small > 50'),
	('missing', 'missingValues', 'name', '{"missingValues": ["1", "é2", null]}', $$name IS NULL OR name IN ('1', 'é2')$$, NULL),
	('missing_int', 'missingValues', 'small', '{"missingValues": ["n/a", 7, "0"]}', 'small IN (0, 7)', NULL),
	('missing_numeric', 'missingValues', 'number', '{"missingValues": [1.50, "NaN"]}', $$number IN (1.5, 'NaN')$$, NULL),
	('valid', 'invalidValues', 'padded', '{"validValues": ["p1", "p2"]}', $$padded NOT IN ('p1', 'p2')$$, NULL),
	('valid_none', 'enum', 'small', '{"values": ["none of them"]}', 'small IS NOT NULL', NULL),
	('valid_both', 'invalidValues', 'name', '{"pattern": "^é+[0-9]*$", "validValues": ["é1", "1", "éé2"], "missingValues": ["3"]}', $$name <> '3' AND (name !~ '^é+[0-9]*$' OR name NOT IN ('é1', '1', 'éé2'))$$, NULL),
	('not_enum', 'notEnum', 'flag', '{"values": [true]}', 'flag', NULL),
	('enum_date', 'enum', 'day', '{"values": ["2024-01-02", "infinity"]}', $$day NOT IN ('2024-01-02', 'infinity')$$, NULL),
	('enum_jsonb', 'enum', 'tags', '{"values": ["{\"k\": 1.0}", "{\"k\": 2}"]}', $$tags NOT IN ('{"k": 1}', '{"k": 2}')$$, NULL),
	('enum_long', 'enum', 'name', '{"values": ["éééééé6", "ééééééé", "éééééé13", "éééééé998", "a text that is longer than sixteen bytes"]}', $$name NOT IN ('éééééé6', 'éééééé13', 'éééééé998')$$, NULL),
	('min_int2', 'minimum', 'small', '{"value": 9.5}', 'small < 9.5', NULL),
	('max_int2', 'maximum', 'small', '{"value": 9.5}', 'small > 9.5', NULL),
	('min_int2_far', 'minimum', 'small', '{"value": 1e30}', 'true', NULL),
	('xmin_int8', 'exclusiveMinimum', 'big', '{"value": 300000000000}', 'big <= 300000000000', NULL),
	('xmax_int8', 'exclusiveMaximum', 'big', '{"value": -9223372036854775808}', 'true', NULL),
	('max_float4', 'maximum', 'real', '{"value": 100.25}', 'real > 100.25', NULL),
	('min_float8', 'minimum', 'double', '{"value": 3}', $$double < 3 OR double = 'NaN'$$, NULL),
	('max_float8', 'maximum', 'double', '{"value": 900}', 'double > 900', NULL),
	('xmax_float8', 'exclusiveMaximum', 'double', '{"value": 900}', 'double >= 900', NULL),
	('min_numeric', 'minimum', 'number', '{"value": 1.125}', $$number < 1.125 OR number = 'NaN'$$, NULL),
	('xmax_numeric', 'exclusiveMaximum', 'number', '{"value": 100}', 'number >= 100', NULL),
	('max_date', 'maximum', 'day', '{"value": "2025-01-01"}', $$day > '2025-01-01'$$, NULL),
	('min_at', 'exclusiveMinimum', 'at', '{"value": "2024-01-03 00:00+00"}', $$at <= '2024-01-03 00:00+00'$$, NULL),
	('max_text', 'maximum', 'name', '{"value": "5"}', $$name > '5'$$, NULL),
	('min_length', 'minLength', 'name', '{"value": 4}', 'char_length(name) < 4', NULL),
	('max_length', 'maxLength', 'name', '{"value": 4}', 'char_length(name) > 4', NULL),
	('max_padded', 'maxLength', 'padded', '{"value": 1}', 'char_length(padded) > 1', NULL),
	('max_bytes', 'maxLength', 'bytes', '{"value": 15}', 'length(bytes) > 15', NULL),
	('multiple', 'multipleOf', 'big', '{"value": 9000000000}', 'big % 9000000000 <> 0', NULL),
	('multiple_float', 'multipleOf', 'double', '{"value": 2.5}', $$CASE WHEN abs(double) < 'Infinity' THEN double::numeric % 2.5 <> 0 ELSE true END$$, NULL),
	('multiple_number', 'multipleOf', 'number', '{"value": 0.25}', $$NOT coalesce(nullif(number, 'NaN') % 0.25 = 0, false)$$, NULL),
	('pattern', 'pattern', 'name', '{"pattern": "\\d{3}$"}', $$name !~ '[0-9]{3}$'$$, NULL),
	('pattern_uuid', 'pattern', 'code', '{"pattern": "^[a-f]"}', $$code::text !~ '^[a-f]'$$, NULL),
	('format_i8', 'format', 'id', '{"format": "i8"}', 'id > 127', NULL),
	('format_u64', 'format', 'number', '{"format": "u64"}', $$number IN ('NaN', 'Infinity') OR number <> trunc(number)$$, NULL),
	('format_mail', 'format', 'name', '{"format": "email"}', 'name IS NOT NULL', NULL),
	('format_uuid', 'format', 'code', '{"format": "uuid"}', 'false', NULL),
	('date_format', 'dateFormat', 'name', '{"format": "yyyy"}', $$name !~ '^[0-9]{4}$'$$, NULL),
	('strftime', 'strftime', 'name', '{"format": "%H"}', $$name !~ '^([01]?[0-9]|2[0-3])$'$$, NULL),
	('expression', 'expression', NULL, '{"expression": "small < 90 OR flag"}', 'NOT (small < 90 OR flag)', NULL),
	('expression_null', 'expression', NULL, '{"expression": "name > ''5''"}', $$name <= '5'$$, NULL),
	('expression_fail', 'expression', NULL, '{"expression": "name > ''5''", "nulls": "fail"}', $$name <= '5' OR name IS NULL$$, NULL),
	('expression_where', 'expression', NULL, '{"expression": "small < 90"}', 'small >= 90', $$name LIKE 'é%'$$),
	('pair', 'pair', 'small', '{"other": "id"}', 'small <> id', NULL),
	('pair_null', 'pair', 'name', '{"other": "padded", "operator": "<"}', 'NOT coalesce(name < padded, false)', NULL),
	('pair_either', 'pair', 'name', '{"other": "padded", "operator": "<", "ignore": "either"}', 'name >= padded', NULL);
SELECT count(dm_add_rule('qs.t', rule, metric, col::name, arguments::jsonb, "where" => filter)) FROM qs.expected;
-- no row: those where SQL counts another number, of failing rows or of all
CREATE FUNCTION qs.counted(condition text, filter text) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
	result bigint[];
BEGIN
	EXECUTE format('SELECT ARRAY[count(*) FILTER (WHERE %s), count(*)] FROM qs.t WHERE %s', condition, coalesce(filter, 'true')) INTO result;
	RETURN result;
END $$;
SELECT rule, c.failing, c.rows_checked, qs.counted(condition, filter) AS expected, c.message
FROM dm_check('qs.t'::regclass) c JOIN qs.expected e USING (rule)
WHERE c.failing IS DISTINCT FROM (qs.counted(condition, filter))[1] OR c.rows_checked IS DISTINCT FROM (qs.counted(condition, filter))[2] OR measured <> failing::text;
SELECT count(*), count(*) FILTER (WHERE failing > 0) AS failing, sum(failing) FROM dm_check('qs.t'::regclass);
SELECT rule, verdict, measured FROM dm_check('qs.t'::regclass) WHERE rule IN ('pattern', 'format_uuid', 'missing') ORDER BY rule COLLATE "C";
-- the first failing rows, by their primary key
SELECT rule, sample FROM dm_check('qs.t'::regclass, "only" => '{no_name,min_float8,xmax_numeric,pair}') ORDER BY rule COLLATE "C";
-- parallel workers find the same
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT datamesh.measure('{"probes": []}', id) FROM qs.t;
SELECT rule, c.failing, c.rows_checked
FROM dm_check('qs.t'::regclass) c JOIN qs.expected e USING (rule)
WHERE c.failing IS DISTINCT FROM (qs.counted(condition, filter))[1] OR c.rows_checked IS DISTINCT FROM (qs.counted(condition, filter))[2];
SELECT rule, sample FROM dm_check('qs.t'::regclass, "only" => '{no_name,min_float8,xmax_numeric,pair}') ORDER BY rule COLLATE "C";
RESET max_parallel_workers_per_gather;
-- values of all rows, as the server's aggregates give them
SELECT count(dm_add_rule('qs.t', 'v_' || n, metric, col::name, arguments::jsonb, must => 'between -1e300 and 1e300', "where" => filter)) FROM (VALUES
	(1, 'rowCount', NULL, '{}', NULL), (2, 'sum', 'big', '{}', NULL), (3, 'mean', 'small', '{}', NULL), (4, 'stddev', 'small', '{}', NULL),
	(5, 'stddev', 'small', '{"of": "population"}', 'flag'), (6, 'median', 'number', '{}', 'id > 9'), (7, 'quantile', 'small', '{"p": 0.3, "method": "discrete"}', NULL),
	(8, 'quantile', 'small', '{"p": 0.3}', 'id < 8'), (9, 'max', 'real', '{}', NULL), (10, 'sum', 'double', '{}', 'id > 7'), (11, 'mean', 'number', '{}', 'false')) v (n, metric, col, arguments, filter);
SELECT rule, verdict, rows_checked, measured, message FROM dm_check('qs.t'::regclass) WHERE rule LIKE 'v\_%' ORDER BY substr(rule, 3)::int;
SELECT sum(big), avg(small), stddev_samp(small), stddev_pop(small) FILTER (WHERE flag), percentile_cont(0.5) WITHIN GROUP (ORDER BY number) FILTER (WHERE id > 9),
	percentile_disc(0.3) WITHIN GROUP (ORDER BY small) AS discrete, percentile_cont(0.3) WITHIN GROUP (ORDER BY small) FILTER (WHERE id < 8) AS continuous FROM qs.t;
-- NaN among the values: no number that could be as it must be
SELECT dm_add_rule('qs.t', 'nan', 'mean', 'double', must => '>= 0') > 0 AS added;
SELECT dm_add_rule('qs.t', 'latest', 'max', 'day', must => $$= 'infinity'$$) > 0 AS added;
SELECT dm_add_rule('qs.t', 'common', 'mostCommonValue', 'padded', must => $$in ('p0', 'p1')$$) > 0 AS added;
SELECT rule, verdict, measured FROM dm_check('qs.t'::regclass, "only" => '{nan,latest,common}') ORDER BY rule COLLATE "C";
-- a hundred columns: more arguments than a call can have
DO $$ BEGIN EXECUTE format('CREATE TABLE qs.wide (%s)', (SELECT string_agg('c' || i || ' int', ', ') FROM generate_series(1, 250) i)); END $$;
INSERT INTO qs.wide (c1, c100, c250) VALUES (1, 2, 3), (1, NULL, 3);
SELECT count(dm_add_rule('qs.wide', 'c' || i, 'nullValues', ('c' || i)::name)) FROM generate_series(1, 250) i;
SELECT measured, count(*), min(rule) FROM dm_check('qs.wide'::regclass) GROUP BY measured ORDER BY measured COLLATE "C";
-- partitions, also rows whose places are the same in two of them
CREATE TABLE qs.parted (region text, amount int) PARTITION BY LIST (region);
CREATE TABLE qs.north PARTITION OF qs.parted FOR VALUES IN ('n');
CREATE TABLE qs.south PARTITION OF qs.parted FOR VALUES IN ('s');
INSERT INTO qs.parted VALUES ('n', 1), ('s', -1), ('n', -2), ('s', 4);
SELECT dm_add_rule('qs.parted', 'positive', 'minimum', 'amount', '{"value": 0}') > 0 AS added;
SELECT failing, rows_checked, sample FROM dm_check('qs.parted'::regclass);
-- a view has no places of rows
CREATE VIEW qs.v AS SELECT * FROM qs.t WHERE id <= 10;
SELECT dm_add_rule('qs.v', 'name', 'required', 'name') > 0 AS added;
SELECT failing, rows_checked, sample FROM dm_check('qs.v'::regclass);
-- no rows, or NULL in all of them
CREATE TABLE qs.empty (a int, b text);
SELECT count(dm_add_rule('qs.empty', lower(m), m, c::name, a::jsonb, must => t)) FROM (VALUES ('nullValues', 'a', '{}', '= 0'), ('minimum', 'a', '{"value": 1}', '= 0'), ('unique', 'b', '{}', '= 0'), ('mean', 'a', '{}', '> 0'), ('distinctCount', 'a', '{}', '= 0'), ('rowCount', NULL, '{}', '> 0')) v (m, c, a, t);
SELECT rule, verdict, measured, rows_checked, message FROM dm_check('qs.empty'::regclass) ORDER BY rule COLLATE "C";
INSERT INTO qs.empty SELECT NULL, NULL FROM generate_series(1, 3);
SELECT rule, verdict, measured, rows_checked, message FROM dm_check('qs.empty'::regclass) ORDER BY rule COLLATE "C";
RESET ROLE;
SET client_min_messages = error;
DROP SCHEMA qs CASCADE;
SELECT dm_drop_domain('qs') IS NOT NULL AS dropped;
DROP ROLE regress_qs_owner;
