-- Sketches merge: yesterday and today give what one scan of both would have given. And
-- bytes from a client are looked at before they are believed.

SET extra_float_digits = 0;
SET datestyle = 'ISO';

CREATE TABLE regress_sk_part (day int, n int, word text, price numeric, at timestamptz, len inet, tags text[], doc json);
INSERT INTO regress_sk_part
SELECT g % 7, g * 7919 % 100003, CASE WHEN g % 3 = 0 THEN 'third' ELSE md5(g::text) END, (g % 1000) / 100.0, timestamptz '2024-01-01Z' + g * interval '1 minute',
	'10.0.0.0'::inet + g % 5000, ARRAY[(g % 10)::text], json_build_object('a', g)
FROM generate_series(1, 100000) g;

-- exact parts are the same, estimates within their errors
WITH days AS (
	SELECT day, datamesh.sketch_agg(n) AS n, datamesh.sketch_agg(word) AS word, datamesh.sketch_agg(price) AS price, datamesh.sketch_agg(at) AS at, datamesh.sketch_agg(len) AS len, datamesh.sketch_agg(tags) AS tags, datamesh.sketch_agg(doc) AS doc
	FROM regress_sk_part GROUP BY day),
merged AS (
	SELECT dm_describe_sketch(datamesh.sketch_merge(n)) AS n, dm_describe_sketch(datamesh.sketch_merge(word)) AS word, dm_describe_sketch(datamesh.sketch_merge(price)) AS price, dm_describe_sketch(datamesh.sketch_merge(at)) AS at, dm_describe_sketch(datamesh.sketch_merge(len)) AS len, dm_describe_sketch(datamesh.sketch_merge(tags)) AS tags, dm_describe_sketch(datamesh.sketch_merge(doc)) AS doc
	FROM days),
whole AS (
	SELECT dm_describe_sketch(datamesh.sketch_agg(n)) AS n, dm_describe_sketch(datamesh.sketch_agg(word)) AS word, dm_describe_sketch(datamesh.sketch_agg(price)) AS price, dm_describe_sketch(datamesh.sketch_agg(at)) AS at, dm_describe_sketch(datamesh.sketch_agg(len)) AS len, dm_describe_sketch(datamesh.sketch_agg(tags)) AS tags, dm_describe_sketch(datamesh.sketch_agg(doc)) AS doc
	FROM regress_sk_part)
SELECT k, m ->> 'rows' = w ->> 'rows' AS rows, m ->> 'distinct' IS NOT DISTINCT FROM w ->> 'distinct' AS distinct, m ->> 'min' IS NOT DISTINCT FROM w ->> 'min' AS min, m ->> 'max' IS NOT DISTINCT FROM w ->> 'max' AS max,
	coalesce(abs((m ->> 'mean')::float8 - (w ->> 'mean')::float8) < 1e-9 * abs((w ->> 'mean')::float8), m ->> 'mean' IS NOT DISTINCT FROM w ->> 'mean') AS mean,
	coalesce(abs((m ->> 'deviation')::float8 - (w ->> 'deviation')::float8) < 1e-9 * (w ->> 'deviation')::float8, m ->> 'deviation' IS NOT DISTINCT FROM w ->> 'deviation') AS deviation,
	m -> 'lengths' IS NOT DISTINCT FROM w -> 'lengths' AS lengths
FROM merged, whole, LATERAL (VALUES ('n', merged.n, whole.n), ('word', merged.word, whole.word), ('price', merged.price, whole.price), ('at', merged.at, whole.at), ('len', merged.len, whole.len), ('tags', merged.tags, whole.tags), ('doc', merged.doc, whole.doc)) v(k, m, w);

-- ranks of the merged sketch against the rows themselves
SELECT max(abs(share - (SELECT count(*) FROM regress_sk_part WHERE n < q::int) / 100000.0)) <= 0.01 AS rank_holds
FROM (SELECT share, dm_find_quantile(s, share) AS q
	  FROM (SELECT datamesh.sketch_merge(s) AS s FROM (SELECT datamesh.sketch_agg(n) AS s FROM regress_sk_part GROUP BY n % 50) x) y, unnest('{0.01,0.1,0.25,0.5,0.75,0.9,0.99}'::float8[]) share OFFSET 0) z;
-- a heavy value of the whole is found in the merged ones
SELECT value, abs(count - 33333) <= error AS holds FROM (SELECT datamesh.sketch_merge(s) AS s FROM (SELECT datamesh.sketch_agg(word) AS s FROM regress_sk_part GROUP BY day) x) y, LATERAL dm_list_frequent_values(s, 1);

-- the operator; nulls; an empty side; order
SELECT dm_describe_sketch(a || b) = dm_describe_sketch(b || a) AS either_way, dm_count_rows(a || b) AS rows, a || NULL IS NULL AS strict
FROM (SELECT datamesh.sketch_agg(v) AS a FROM generate_series(1, 10) v) x, (SELECT datamesh.sketch_agg(v) AS b FROM generate_series(11, 20) v) y;
SELECT dm_describe_sketch(a || b) FROM (SELECT datamesh.sketch_agg(NULL::int) AS a) x, (SELECT datamesh.sketch_agg(7) AS b) y;
SELECT dm_describe_sketch(a || b) ->> 'max' FROM (SELECT datamesh.sketch_agg(NULL::inet) AS a) x, (SELECT datamesh.sketch_agg('::1'::inet) AS b) y;
SELECT datamesh.sketch_merge(s) IS NULL AS none FROM (VALUES (NULL::datamesh.sketch)) t(s);
SELECT a || b FROM (SELECT datamesh.sketch_agg(1::int) AS a) x, (SELECT datamesh.sketch_agg(1::bigint) AS b) y;
SELECT datamesh.sketch_merge(s) FROM (SELECT datamesh.sketch_agg(1::int) AS s UNION ALL SELECT datamesh.sketch_agg('a'::text)) t;

-- with workers: what does not depend on the order of rows is the same
SET min_parallel_table_scan_size = 0;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET max_parallel_workers_per_gather = 2;
ALTER TABLE regress_sk_part SET (parallel_workers = 2);
EXPLAIN (COSTS OFF) SELECT datamesh.profile(ctid, n, word, price) FROM regress_sk_part;
CREATE TABLE regress_sk_both AS
SELECT 'parallel' AS how, s FROM (SELECT datamesh.profile(ctid, n, word, price, at, len, tags, doc) AS s FROM regress_sk_part) t;
SET max_parallel_workers_per_gather = 0;
INSERT INTO regress_sk_both SELECT 'serial', s FROM (SELECT datamesh.profile(ctid, n, word, price, at, len, tags, doc) AS s FROM regress_sk_part) t;
SELECT i, count(DISTINCT (d ->> 'rows', d ->> 'nulls', d ->> 'distinct', d ->> 'min', d ->> 'max', d ->> 'lengths', round((d ->> 'mean')::numeric, 6))) = 1 AS same
FROM (SELECT i, dm_describe_sketch(s[i]) AS d FROM regress_sk_both, generate_series(1, 7) i) t GROUP BY i ORDER BY i;
DROP TABLE regress_sk_both;
-- partitions aggregated one by one, in one process
CREATE TABLE regress_sk_parted (v inet, k int) PARTITION BY LIST (k);
CREATE TABLE regress_sk_parted_1 PARTITION OF regress_sk_parted FOR VALUES IN (1);
CREATE TABLE regress_sk_parted_2 PARTITION OF regress_sk_parted FOR VALUES IN (2);
INSERT INTO regress_sk_parted SELECT len, 1 + day % 2 FROM regress_sk_part;
SET enable_partitionwise_aggregate = on;
EXPLAIN (COSTS OFF) SELECT datamesh.sketch_agg(v) FROM regress_sk_parted;
SELECT d ->> 'rows' AS rows, d ->> 'min' AS min, d ->> 'max' AS max FROM (SELECT dm_describe_sketch(datamesh.sketch_agg(v)) AS d FROM regress_sk_parted) t;
RESET enable_partitionwise_aggregate;
DROP TABLE regress_sk_parted;

-- text and back
SELECT bool_and(s::text::datamesh.sketch::text = s::text) AS survives
FROM (SELECT datamesh.sketch_agg(n) AS s FROM regress_sk_part UNION ALL SELECT datamesh.sketch_agg(word) FROM regress_sk_part UNION ALL SELECT datamesh.sketch_agg(price) FROM regress_sk_part UNION ALL SELECT datamesh.sketch_agg(doc) FROM regress_sk_part UNION ALL SELECT datamesh.sketch_agg('\x00'::bytea)) t;
SELECT 'nonsense'::datamesh.sketch;
SELECT '\x'::datamesh.sketch;
SELECT '\x0901'::datamesh.sketch;
SELECT '\x0202'::datamesh.sketch;
SELECT '\x0201'::datamesh.sketch;

-- hostile bytes: each byte in turn is changed, and each length tried. What is refused is refused
-- with one error; what is let in can be asked, merged and stored.
CREATE FUNCTION regress_sk_try(bytes bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	s datamesh.sketch;
BEGIN
	s := bytes::text::datamesh.sketch;
	PERFORM dm_describe_sketch(s), dm_count_distinct(s || s), dm_describe_sketch(s || s);
	PERFORM (s || s)::text::datamesh.sketch;
	RETURN 'taken';
EXCEPTION
	WHEN invalid_binary_representation THEN RETURN 'refused';
	-- sums of counts
	WHEN numeric_value_out_of_range THEN RETURN 'refused';
	-- a bound that is no value of the type
	WHEN invalid_text_representation THEN RETURN 'refused';
	-- the name of its type
	WHEN syntax_error OR undefined_object OR invalid_schema_name THEN RETURN 'refused';
END
$$;
CREATE FUNCTION regress_sk_fuzz(s text, step int) RETURNS TABLE(result text) LANGUAGE sql AS $$
	SELECT DISTINCT regress_sk_try(set_byte(b, i, (get_byte(b, i) + d) % 256)) FROM (SELECT s::bytea AS b) t, generate_series(0, length(s::bytea) - 1, step) i, unnest('{1,127,128,255}'::int[]) d
$$;
SELECT result FROM regress_sk_fuzz((SELECT datamesh.sketch_agg(v)::text FROM (VALUES (1), (2), (NULL)) t(v)), 1) ORDER BY 1;
SELECT result FROM regress_sk_fuzz((SELECT datamesh.sketch_agg(v)::text FROM (VALUES ('1.1.1.1'::inet), ('2.2.2.2')) t(v)), 1) ORDER BY 1;
SELECT result FROM regress_sk_fuzz((SELECT datamesh.sketch_agg(v)::text FROM (VALUES ('äx'), ('b'), (repeat('long', 100))) t(v)), 1) ORDER BY 1;
SELECT result FROM regress_sk_fuzz((SELECT datamesh.sketch_agg(at)::text FROM regress_sk_part WHERE day = 1), 37) ORDER BY 1;
SELECT DISTINCT regress_sk_try(substr(b, 1, i)) FROM (SELECT datamesh.sketch_agg(word)::text::bytea AS b FROM regress_sk_part) t, generate_series(0, length(b) - 1, 101) i;
SELECT DISTINCT regress_sk_try(b || '\x00'::bytea) FROM (SELECT datamesh.sketch_agg(word)::text::bytea AS b FROM regress_sk_part) t;

-- quantiles that stand for no rows would make those of another sketch vanish; a bound without the other
SELECT set_byte(s::text::bytea, 127, 50)::text::datamesh.sketch FROM (SELECT datamesh.sketch_agg(NULL::int) AS s) t;
SELECT set_byte(s::text::bytea, 69, 0)::text::datamesh.sketch FROM (SELECT datamesh.sketch_agg(1) AS s) t;
-- a length below zero: the sign of the least one
SELECT set_byte(b, 120, 192)::text::datamesh.sketch FROM (SELECT datamesh.sketch_agg('ab'::text)::text::bytea AS b) t;

DROP FUNCTION regress_sk_fuzz, regress_sk_try;
DROP TABLE regress_sk_part;
