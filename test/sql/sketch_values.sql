-- Sketches: what they count exactly, what they estimate and how well, and every type.

SET extra_float_digits = 0;
SET datestyle = 'ISO';
SET timezone = 'UTC';

-- few values: all is exact
SELECT jsonb_pretty(dm_describe_sketch(datamesh.sketch_agg(v)) - 'histogram') FROM (VALUES (3), (1), (NULL), (3), (2)) t(v);
SELECT jsonb_pretty(dm_describe_sketch(datamesh.sketch_agg(v)) - 'histogram') FROM (VALUES ('AB-12'), ('AB-13'), ('x'), ('äöü'), (repeat('long ', 20)), ('AB-12')) t(v);

-- types, and what is possible with each
SELECT t.name, replace(d ->> 'type', 'pg_catalog.', '') AS type, d ->> 'rows' AS rows, d ->> 'distinct' AS distinct, d ->> 'min' AS min, d ->> 'max' AS max, d -> 'lengths' ->> 'max' AS longest, d -> 'quantiles' ->> '0.5' AS median, d -> 'top' -> 0 ->> 'value' AS top
FROM (
	SELECT 'boolean' AS name, dm_describe_sketch(datamesh.sketch_agg(v)) AS d FROM (VALUES (true), (false), (true)) t(v)
	UNION ALL SELECT 'int2', dm_describe_sketch(datamesh.sketch_agg(v)) FROM (VALUES (-7::int2), (5::int2), (5::int2)) t(v)
	UNION ALL SELECT 'int8', dm_describe_sketch(datamesh.sketch_agg(v)) FROM (VALUES (9223372036854775807), (9223372036854775806), (-9223372036854775808)) t(v)
	UNION ALL SELECT 'float4', dm_describe_sketch(datamesh.sketch_agg(v)) FROM (VALUES (0.5::float4), (-0.5::float4), (0.5::float4)) t(v)
	UNION ALL SELECT 'numeric', dm_describe_sketch(datamesh.sketch_agg(v)) FROM (VALUES (1.50), (1.5), (-12345678901234567890.12), (1e30)) t(v)
	UNION ALL SELECT 'date', dm_describe_sketch(datamesh.sketch_agg(v)) FROM (VALUES (date '2024-02-29'), ('infinity'), ('0044-03-15 BC')) t(v)
	UNION ALL SELECT 'time', dm_describe_sketch(datamesh.sketch_agg(v)) FROM (VALUES (time '24:00'), ('00:00:00.000001')) t(v)
	UNION ALL SELECT 'timestamptz', dm_describe_sketch(datamesh.sketch_agg(v)) FROM (VALUES (timestamptz '2024-02-29 12:00+02'), ('-infinity')) t(v)
	UNION ALL SELECT 'varchar', dm_describe_sketch(datamesh.sketch_agg(v)) FROM (VALUES ('b'::varchar(9)), ('B'), ('')) t(v)
	UNION ALL SELECT 'char', dm_describe_sketch(datamesh.sketch_agg(v)) FROM (VALUES ('b'::char(9)), ('b  '), ('a')) t(v)
	UNION ALL SELECT 'name', dm_describe_sketch(datamesh.sketch_agg(v)) FROM (VALUES ('b'::name), ('a')) t(v)
	UNION ALL SELECT 'bytea', dm_describe_sketch(datamesh.sketch_agg(v)) FROM (VALUES ('\x00ff'::bytea), ('\x')) t(v)
	UNION ALL SELECT 'uuid', dm_describe_sketch(datamesh.sketch_agg(v)) FROM (VALUES ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid), ('00000000-0000-0000-0000-000000000000')) t(v)
	UNION ALL SELECT 'interval', dm_describe_sketch(datamesh.sketch_agg(v)) FROM (VALUES ('1 day'::interval), ('24 hours'), ('-1 year')) t(v)
	UNION ALL SELECT 'inet', dm_describe_sketch(datamesh.sketch_agg(v)) FROM (VALUES ('10.0.0.1'::inet), ('9.0.0.1')) t(v)
	UNION ALL SELECT 'int4[]', dm_describe_sketch(datamesh.sketch_agg(v)) FROM (VALUES ('{1,2}'::int[]), ('{1,2}'), ('{3}')) t(v)
	UNION ALL SELECT 'text[]', dm_describe_sketch(datamesh.sketch_agg(v)) FROM (VALUES ('{b,c}'::text[]), ('{a}')) t(v)
	UNION ALL SELECT 'jsonb', dm_describe_sketch(datamesh.sketch_agg(v)) FROM (VALUES ('{"a": 1}'::jsonb), ('{"a": 1.0}')) t(v)
	UNION ALL SELECT 'json', dm_describe_sketch(datamesh.sketch_agg(v)) FROM (VALUES ('{"a": 1}'::json), ('{}')) t(v)
	UNION ALL SELECT 'point', dm_describe_sketch(datamesh.sketch_agg(v)) FROM (VALUES ('(1,2)'::point), ('(2,1)')) t(v)
	UNION ALL SELECT 'xml', dm_describe_sketch(datamesh.sketch_agg(v)) FROM (VALUES (NULL::xml)) t(v)
	UNION ALL SELECT 'bit', dm_describe_sketch(datamesh.sketch_agg(v)) FROM (VALUES (B'101'::varbit), (B'11')) t(v)
	UNION ALL SELECT 'range', dm_describe_sketch(datamesh.sketch_agg(v)) FROM (VALUES ('[1,3)'::int4range), ('[1,2]')) t(v)
	UNION ALL SELECT 'row', dm_describe_sketch(datamesh.sketch_agg(v)) FROM (VALUES (ROW(1, '{}'::json)), (ROW(2, '{}'::json))) t(v)
	UNION ALL SELECT 'unknown', dm_describe_sketch(datamesh.sketch_agg('x'))
) t ORDER BY name COLLATE "C";

CREATE TYPE regress_sk_mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN regress_sk_small AS int CHECK (VALUE < 10);
SELECT d ->> 'min' AS min, d ->> 'max' AS max, d ->> 'distinct' AS distinct FROM (SELECT dm_describe_sketch(datamesh.sketch_agg(v)) AS d FROM (VALUES ('ok'::regress_sk_mood), ('happy'), ('sad'), ('ok')) t(v)) t;
SELECT dm_describe_sketch(datamesh.sketch_agg(v::regress_sk_small)) ->> 'type' AS type FROM (VALUES (1)) t(v);
-- labels count, not their OIDs
CREATE TYPE regress_sk_mood2 AS ENUM ('ok', 'sad');
SELECT (datamesh.sketch_agg(v)::text <> '') FROM (VALUES ('ok'::regress_sk_mood2)) t(v);

-- no number, no row, no value
SELECT jsonb_pretty(dm_describe_sketch(datamesh.sketch_agg(v)) - 'histogram') FROM (VALUES ('NaN'::float8), ('Infinity'), ('-Infinity'), (1), ('-0'), (0), (NULL), ('NaN')) t(v);
SELECT jsonb_pretty(dm_describe_sketch(datamesh.sketch_agg(v)) - 'histogram') FROM (VALUES ('NaN'::numeric), ('Infinity'), (1)) t(v);
SELECT dm_describe_sketch(datamesh.sketch_agg(v)) FROM (VALUES ('NaN'::float8)) t(v);
SELECT dm_describe_sketch(datamesh.sketch_agg(v)) FROM (VALUES (1.7e308::float8), (1.7e308), (-1.7e308)) t(v);
SELECT dm_describe_sketch(datamesh.sketch_agg(NULL::text)) FROM generate_series(1, 3);
SELECT datamesh.sketch_agg(v) IS NULL AS none FROM (SELECT 1 AS v WHERE false) t;

-- a numeric is read as the server reads it
SELECT count(*) > 300 AS numbers, count(*) FILTER (WHERE abs((d ->> 'mean')::float8 - v::float8) > abs(v::float8) * 1e-14) AS off
FROM (SELECT v, dm_describe_sketch(datamesh.sketch_agg(v)) AS d
	  FROM (SELECT (CASE g % 2 WHEN 0 THEN 1 ELSE -1 END * (g * 7919 % 100003) * power(10::numeric, g % 61 - 30))::numeric AS v FROM generate_series(1, 500) g
			UNION SELECT unnest('{0.0001,0.1,123456789.987654321,1e-300,9.99e307,99999999999999999999999999999999}'::numeric[])) n
	  GROUP BY v) t;

-- many values: distinct within four standard errors, ranks within the stated error, at every size
CREATE TABLE regress_sk_many AS SELECT g AS id, md5(g::text) AS hash, ('x' || substr(md5(g::text), 1, 8))::bit(32)::int AS spread, (g % 700)::text AS few FROM generate_series(1, 300000) g;
SELECT n, abs(distinct_values - n) <= 4 * 0.0081 * n AS distinct_holds, abs(texts - n) <= 4 * 0.0081 * n AS texts_hold
FROM (SELECT n, dm_count_distinct(s) AS distinct_values, dm_count_distinct(t) AS texts
	  FROM (SELECT n, (SELECT datamesh.sketch_agg(id) FROM regress_sk_many WHERE id <= n) AS s, (SELECT datamesh.sketch_agg(hash) FROM regress_sk_many WHERE id <= n) AS t
			FROM unnest('{1,500,512,513,600,2000,10000,40000,100000,300000}'::int[]) n) x) y;
CREATE FUNCTION regress_sk_ranks(s datamesh.sketch, n int) RETURNS TABLE(worst float8) LANGUAGE sql AS $$
	SELECT max(abs(share - (SELECT count(*) FROM regress_sk_many m WHERE id <= n AND spread < q::int) / n::float8))
	FROM (SELECT share, dm_find_quantile(s, share) AS q FROM unnest('{0,0.001,0.01,0.1,0.25,0.5,0.75,0.9,0.99,0.999}'::float8[]) share OFFSET 0) t
$$;
SELECT n, worst <= 0.01 + 1.0 / n AS rank_holds
FROM unnest('{100,1000,5000,30000,300000}'::int[]) n, LATERAL (SELECT datamesh.sketch_agg(spread) AS s FROM regress_sk_many WHERE id <= n OFFSET 0) a, LATERAL regress_sk_ranks(s, n);
-- in order, too
SELECT abs(dm_find_quantile(s, 0.25)::int - 75000) < 3000 AS quarter, abs(dm_find_quantile(s, 0.9)::int - 270000) < 3000 AS most, dm_find_quantile(s, 0) AS least, dm_find_quantile(s, 1) AS greatest
FROM (SELECT datamesh.sketch_agg(id) AS s FROM regress_sk_many) t;
-- the same rows in the same order give the same sketch
SET max_parallel_workers_per_gather = 0;
SET synchronize_seqscans = off;
SELECT (SELECT datamesh.sketch_agg(hash) FROM regress_sk_many)::text = (SELECT datamesh.sketch_agg(hash) FROM regress_sk_many)::text AS repeats;

-- frequent values among many others: found, and their counts within the stated error
SELECT value, abs(count - exact) <= error AS holds, error < 0.03 * 300000 AS tells
FROM (SELECT datamesh.sketch_agg(v) AS s FROM (SELECT CASE WHEN id % 10 = 0 THEN 'tenth' WHEN id % 20 = 1 THEN 'twentieth' ELSE hash END AS v FROM regress_sk_many) x) y,
	 LATERAL dm_list_frequent_values(s, 2) f, LATERAL (SELECT CASE value WHEN 'tenth' THEN 30000 ELSE 15000 END AS exact) e;
SELECT max(abs(count - (300000 / 700))) <= max(error) AS holds FROM (SELECT datamesh.sketch_agg(few) AS s FROM regress_sk_many) x, LATERAL dm_list_frequent_values(s, 1000);
-- of different values none is called frequent
SELECT dm_describe_sketch(datamesh.sketch_agg(hash)) -> 'top' AS top FROM regress_sk_many;
SELECT dm_describe_sketch(datamesh.sketch_agg('AB-' || id % 90 + 10)) -> 'shapes' AS exact, dm_describe_sketch(datamesh.sketch_agg(lpad(id::text, 6, '0') || '-X')) -> 'shapes' -> 0 ->> 'shape' AS sampled FROM regress_sk_many;
-- long texts: by their beginning and length
SELECT d ->> 'distinct' AS distinct, d -> 'lengths' AS lengths, length(d -> 'top' -> 0 ->> 'value') AS kept, length(d ->> 'max') AS bound, d -> 'shapes' AS shapes
FROM (SELECT dm_describe_sketch(datamesh.sketch_agg(repeat('ab', n))) AS d FROM unnest('{5000,50000,50000,50001}'::int[]) n) t;

-- what cannot be asked
SELECT dm_find_quantile(datamesh.sketch_agg(1), 1.5);
SELECT dm_find_quantile(datamesh.sketch_agg(1), 'NaN');
SELECT dm_find_quantile(datamesh.sketch_agg('x'::text), 0.5);
SELECT dm_describe_sketch(datamesh.sketch_agg(g % 4)) -> 'histogram' AS whole_numbers FROM generate_series(1, 1000) g;
SELECT count(*) FROM (SELECT datamesh.sketch_agg(1) AS s) t, LATERAL dm_list_frequent_values(s, -1);

DROP TABLE regress_sk_many;
DROP FUNCTION regress_sk_ranks;
DROP TYPE regress_sk_mood, regress_sk_mood2;
DROP DOMAIN regress_sk_small;
