-- A profile is one pass over all columns, and survives every column and every relation.

SET extra_float_digits = 0;
SET datestyle = 'ISO';
SET timezone = 'UTC';

CREATE SCHEMA regress_sk_shop;
CREATE TYPE regress_sk_shop.mood AS ENUM ('sad', 'happy');
CREATE TABLE regress_sk_shop.orders (id int PRIMARY KEY, "Customer ""1""" int, code text, amount numeric(10,2), ratio float8, at timestamptz, mood regress_sk_shop.mood, doc json, place point, tags text[], gone int, nothing text, id2 bigint);
INSERT INTO regress_sk_shop.orders
SELECT g, g % 10, 'AB-' || (100 + g % 500), (g % 1000) / 10.0, CASE WHEN g % 100 = 0 THEN 'NaN' WHEN g % 100 = 1 THEN 'Infinity' ELSE g / 7.0 END, timestamptz '2024-01-01Z' + g * interval '1 hour', (ARRAY['sad','happy'])[1 + g % 2]::regress_sk_shop.mood, json_build_object('a', g), point(g, 1), ARRAY['a', (g % 3)::text], 1, NULL, 5000 - g
FROM generate_series(1, 5000) g;
ALTER TABLE regress_sk_shop.orders DROP COLUMN gone;

SELECT "column", type, rows, nulls, CASE WHEN distinct_values BETWEEN 4800 AND 5200 THEN 'about 5000' WHEN distinct_values BETWEEN 970 AND 1030 THEN 'about 1000' ELSE distinct_values::text END AS "distinct", min, max, round(mean::numeric, 2) AS mean, round(deviation::numeric, 2) AS deviation, nan, infinite, key, round(correlation::numeric, 1) AS correlation FROM dm_profile('regress_sk_shop.orders');
SELECT "column", top -> 0 AS first, lengths, shapes, errors FROM dm_profile('regress_sk_shop.orders') WHERE "column" IN ('Customer "1"', 'code', 'mood', 'doc', 'nothing');
SELECT abs((quantiles ->> '0.5')::float8 - 49.9) < 1.5 AS median, jsonb_array_length(histogram) AS bins, abs((SELECT sum((b ->> 'share')::float8) FROM jsonb_array_elements(histogram) b) - 1) < 1e-4 AS whole FROM dm_profile('regress_sk_shop.orders') WHERE "column" = 'amount';

-- a sample
SELECT rows BETWEEN 900 AND 1100 AS tenth, key FROM dm_profile('regress_sk_shop.orders', sample => 20) WHERE "column" = 'id2';
SELECT count(*) FROM dm_profile('regress_sk_shop.orders', sample => 0);
SELECT count(*) FROM dm_profile('regress_sk_shop.orders', sample => 101);
SELECT count(*) FROM dm_profile('regress_sk_shop.orders', sample => 'NaN');
CREATE VIEW regress_sk_shop.seen AS SELECT id, code FROM regress_sk_shop.orders WHERE id > 1000;
SELECT "column", rows, correlation IS NULL AS no_place FROM dm_profile('regress_sk_shop.seen');
SELECT rows BETWEEN 700 AND 900 AS fifth FROM dm_profile('regress_sk_shop.seen', sample => 20) WHERE "column" = 'id';

-- few rows are counted, not estimated: one row, all different, one twice
CREATE TABLE regress_sk_shop.few (a int, b int, c int) WITH (autovacuum_enabled = off);
SELECT "column", rows, nulls, distinct_values, min, key, errors FROM dm_profile('regress_sk_shop.few');
INSERT INTO regress_sk_shop.few SELECT g, g % 299, NULL FROM generate_series(1, 300) g;
SELECT "column", rows, nulls, distinct_values, min, max, key FROM dm_profile('regress_sk_shop.few');
-- many columns
SELECT format('CREATE TABLE regress_sk_shop.wide (%s)', string_agg('c' || g || ' int', ', ' ORDER BY g)) FROM generate_series(1, 200) g \gexec
INSERT INTO regress_sk_shop.wide (c1, c90, c91, c200) VALUES (1, 90, 91, 200), (2, 90, 91, 200);
SELECT "column", rows, nulls, min, max FROM dm_profile('regress_sk_shop.wide') WHERE min IS NOT NULL;
SELECT count(*) AS columns FROM dm_profile('regress_sk_shop.wide');
CREATE TABLE regress_sk_shop.none ();
SELECT count(*) AS columns FROM dm_profile('regress_sk_shop.none');
-- partitions and children
CREATE TABLE regress_sk_shop.parted (k int, v text) PARTITION BY LIST (k);
CREATE TABLE regress_sk_shop.parted_1 PARTITION OF regress_sk_shop.parted FOR VALUES IN (1);
CREATE TABLE regress_sk_shop.parted_2 PARTITION OF regress_sk_shop.parted FOR VALUES IN (2);
INSERT INTO regress_sk_shop.parted SELECT 1 + g % 2, 'v' || g % 5 FROM generate_series(1, 100) g;
SELECT "column", rows, distinct_values, min, max FROM dm_profile('regress_sk_shop.parted');
CREATE MATERIALIZED VIEW regress_sk_shop.kept AS SELECT id, amount FROM regress_sk_shop.orders;
SELECT "column", rows, key, correlation IS NOT NULL AS has_place FROM dm_profile('regress_sk_shop.kept');
-- long values, toasted and compressed
CREATE TABLE regress_sk_shop.long (t text, b bytea, j jsonb);
ALTER TABLE regress_sk_shop.long ALTER t SET STORAGE external;
INSERT INTO regress_sk_shop.long SELECT repeat('x', 3000000) || g, decode(repeat('00', 200000), 'hex'), jsonb_build_object('k', repeat('y', 2000000) || g) FROM generate_series(1, 3) g;
SELECT "column", rows, distinct_values, lengths ->> 'max' > '1000' AS long, length(max) AS shown FROM dm_profile('regress_sk_shop.long');
-- other indexes make no key: partial, of two columns, deferrable
CREATE TABLE regress_sk_shop.indexed (a int UNIQUE, b int, c int, d int UNIQUE DEFERRABLE);
CREATE UNIQUE INDEX ON regress_sk_shop.indexed (b) WHERE b > 0;
CREATE UNIQUE INDEX ON regress_sk_shop.indexed (b, c);
SELECT "column", key FROM dm_profile('regress_sk_shop.indexed');

-- bad input
SELECT count(*) FROM dm_profile(NULL);
SELECT count(*) FROM dm_profile(0);
SELECT count(*) FROM dm_profile('regress_sk_shop.orders', source => 'guess');
SELECT count(*) FROM dm_profile('regress_sk_shop.orders', source => NULL);
SELECT count(*) FROM dm_profile('regress_sk_shop.orders', 50, 'statistics');
CREATE SEQUENCE regress_sk_shop.seq;
SELECT count(*) FROM dm_profile('regress_sk_shop.seq');
CREATE VIEW regress_sk_shop.broken AS SELECT 1 / (id - 5) AS x FROM regress_sk_shop.orders;
SELECT count(*) FROM dm_profile('regress_sk_shop.broken');
-- a name is a name
CREATE TABLE regress_sk_shop."x; DROP TABLE y" ("a"", pg_sleep(1)" int, "select" int);
INSERT INTO regress_sk_shop."x; DROP TABLE y" VALUES (1, 2);
SELECT "column", min FROM dm_profile('regress_sk_shop."x; DROP TABLE y"');
-- what stands first in the path does not matter
CREATE FUNCTION regress_sk_shop.profile(tid, VARIADIC "any") RETURNS int LANGUAGE internal AS 'pg_num_nulls';
SET search_path = regress_sk_shop, public;
SELECT count(*) FROM dm_profile('few');
RESET search_path;

-- ten columns of different texts: the memory of all contexts, at the end of the scan, neither grows with the rows nor is much
SET work_mem = '64kB';
SET max_parallel_workers_per_gather = 0;
CREATE FUNCTION regress_sk_memory(n int) RETURNS numeric LANGUAGE sql AS $$
	SELECT (SELECT sum(total_bytes) FROM pg_get_backend_memory_contexts() WHERE sketches IS NOT NULL)
	FROM (SELECT datamesh.profile(NULL::tid, h, 'a' || h, 'b' || h, 'c' || h, 'd' || h, 'e' || h, 'f' || h, 'g' || h, 'h' || h, 'i' || h) AS sketches
		FROM (SELECT md5(g::text) AS h FROM (SELECT generate_series(1, n) AS g) s OFFSET 0) t) p
$$;
SELECT regress_sk_memory(1) > 0 AS warm;
SELECT regress_sk_memory(200000) - regress_sk_memory(20000) < 1024 * 1024 AS bounded, regress_sk_memory(20000) - regress_sk_memory(1) < 16 * 1024 * 1024 AS little;
-- neither does that of merging, though bounds are ever greater
CREATE FUNCTION regress_sk_merge_memory(n int) RETURNS numeric LANGUAGE sql AS $$
	SELECT (SELECT sum(total_bytes) FROM pg_get_backend_memory_contexts() WHERE merged IS NOT NULL)
	FROM (SELECT datamesh.sketch_merge(s) AS merged FROM (SELECT datamesh.sketch_agg(lpad(g::text, 200, '0')) AS s FROM (SELECT generate_series(1, n) AS g) i GROUP BY g ORDER BY g) q) p
$$;
SELECT regress_sk_merge_memory(20000) - regress_sk_merge_memory(1000) < 1024 * 1024 AS bounded;
DROP FUNCTION regress_sk_memory, regress_sk_merge_memory;
RESET work_mem;
RESET max_parallel_workers_per_gather;

-- from statistics, without a scan
ANALYZE regress_sk_shop.orders;
SELECT "column", rows, nulls, distinct_values, key, round(correlation::numeric, 1) AS correlation, top -> 0 ->> 'value' AS first, histogram ->> 0 AS least, errors FROM dm_profile('regress_sk_shop.orders', source => 'statistics') WHERE "column" IN ('id', 'code', 'amount', 'nothing', 'place');
SELECT "column", rows, distinct_values, errors FROM dm_profile('regress_sk_shop.seen', source => 'statistics');
SELECT "column", nulls, errors ->> 'analyzed' AS analyzed FROM dm_profile('regress_sk_shop.few', source => 'statistics');

SET client_min_messages = warning;
DROP SCHEMA regress_sk_shop CASCADE;
