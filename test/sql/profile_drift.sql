-- Drift: what changes is found, in the measure that sees it; what does not is left in peace, at
-- every number of rows; and one absurd value is no drift.

SET extra_float_digits = 0;
SET datestyle = 'ISO';
SELECT setseed(0.5);
CREATE SCHEMA regress_sk_drift;
CREATE TABLE regress_sk_drift.base (id int, amount numeric, score float8, kind text, code text, flag boolean, note text, at timestamptz, doc json, tags int[]);
CREATE FUNCTION regress_sk_drift.fill(tab regclass, n int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('INSERT INTO %s SELECT g, round((exp(random() * 3) * 10)::numeric, 2), random() + random() + random(), (ARRAY[''a'',''a'',''b'',''c''])[1 + floor(random() * 4)::int], ''AB-'' || floor(random() * 1000)::int, random() < 0.3, CASE WHEN random() < 0.1 THEN NULL ELSE md5(g::text) END, now() + g * interval ''1 min'', ''{}'', ARRAY[g %% 4] FROM generate_series(1, %s) g', tab, n);
END
$$;
SELECT regress_sk_drift.fill('regress_sk_drift.base', 20000);

-- the same distribution: small samples, big ones, many times
DO $$
DECLARE
	n int;
	g int;
BEGIN
	FOREACH n IN ARRAY '{200,1000,5000}'::int[] LOOP
		FOR g IN 1..6 LOOP
			EXECUTE format('CREATE TABLE regress_sk_drift.same_%s_%s (LIKE regress_sk_drift.base)', n, g);
			PERFORM regress_sk_drift.fill(format('regress_sk_drift.same_%s_%s', n, g)::regclass, n);
		END LOOP;
	END LOOP;
END
$$;
SELECT n, count(*) AS compared, count(*) FILTER (WHERE d.verdict IN ('moderate', 'large')) AS alarms
FROM unnest('{200,1000,5000}'::int[]) n, generate_series(1, 6) g, LATERAL dm_drift(format('regress_sk_drift.same_%s_%s', n, g)::regclass, 'regress_sk_drift.base') d
GROUP BY n ORDER BY n;

-- each column changes in its own way
CREATE TABLE regress_sk_drift.changed AS
SELECT id, amount * 1.5 AS amount, score, CASE WHEN kind = 'a' AND id % 2 = 0 THEN 'd' ELSE kind END AS kind, replace(code, 'AB-', 'AB') AS code, id % 100 < 60 AS flag, CASE WHEN id % 2 = 0 THEN note END AS note, at + interval '1 year' AS at, doc, tags FROM regress_sk_drift.base;
SELECT "column", verdict, reason FROM dm_drift('regress_sk_drift.changed', 'regress_sk_drift.base');
-- the same on a fifth and on a twentieth of the rows
SELECT share, count(*) AS compared, count(*) FILTER (WHERE d.verdict <> w.verdict) AS others
FROM unnest('{20,10}'::float8[]) share, LATERAL dm_drift('regress_sk_drift.changed', 'regress_sk_drift.base', sample => share) d, LATERAL dm_drift('regress_sk_drift.changed', 'regress_sk_drift.base') w
WHERE d."column" IS NOT DISTINCT FROM w."column" GROUP BY share ORDER BY share;

-- one absurd value, ten of them, and what is no number
CREATE TABLE regress_sk_drift.absurd AS TABLE regress_sk_drift.base;
INSERT INTO regress_sk_drift.absurd SELECT 1, 1e30, -1e300, 'zzz', repeat('!', 9000), NULL, repeat('x', 100000), 'infinity', '{}', NULL FROM generate_series(1, 10);
INSERT INTO regress_sk_drift.absurd (score, amount) VALUES ('NaN', 'NaN'), ('Infinity', 'Infinity');
SELECT "column", verdict FROM dm_drift('regress_sk_drift.absurd', 'regress_sk_drift.base') WHERE verdict <> 'none' OR "column" IS NULL;

-- columns come and go, and types
CREATE TABLE regress_sk_drift.other (id int, amount text, added int);
INSERT INTO regress_sk_drift.other SELECT g, 'x', 1 FROM generate_series(1, 100) g;
SELECT "column", verdict, reason FROM dm_drift('regress_sk_drift.other', 'regress_sk_drift.base');
CREATE TABLE regress_sk_drift.empty (LIKE regress_sk_drift.base);
SELECT DISTINCT verdict, reason FROM dm_drift('regress_sk_drift.empty', 'regress_sk_drift.base') ORDER BY reason;

-- profiles that are kept, by label and by time
SELECT dm_store_profile('regress_sk_drift.base', 'before') > 0 AS stored;
INSERT INTO regress_sk_drift.base (kind) SELECT 'new' FROM generate_series(1, 20000);
SELECT dm_store_profile('regress_sk_drift.base', 'after', sample => 50) > 0 AS stored;
SELECT "column", verdict, reason, round(nulls_reference::numeric, 1) AS nulls_then, round(nulls_current::numeric, 1) AS nulls_now FROM dm_drift('regress_sk_drift.base', 'before', 'after') WHERE "column" IN ('kind', 'score');
SELECT count(*) FILTER (WHERE d.verdict <> w.verdict) AS others FROM dm_drift('regress_sk_drift.base', 'before') d JOIN dm_drift('regress_sk_drift.base', 'before', 'after') w ON d."column" = w."column";
SELECT verdict FROM dm_drift('regress_sk_drift.base', (now() + interval '1 min')::text) WHERE "column" IS NULL;
SELECT verdict FROM dm_drift('regress_sk_drift.base', '2999-01-01', '2999-01-01') WHERE "column" = 'kind';
SELECT count(*) FROM dm_drift('regress_sk_drift.base', '1999-01-01');
SELECT count(*) FROM dm_drift('regress_sk_drift.base', '9999');
SELECT count(*) FROM dm_drift('regress_sk_drift.base', 'nothing of that name');
SELECT count(*) FROM dm_drift('regress_sk_drift.base', '"');
SELECT count(*) FROM dm_drift('regress_sk_drift.base', NULL);
SELECT count(*) FROM dm_drift('regress_sk_drift.base', 'before', 'now', -1);
SELECT dm_drop_profiles('regress_sk_drift.base', 'before');
SELECT count(*) FROM dm_drift('regress_sk_drift.base', 'before');

SET client_min_messages = warning;
DROP SCHEMA regress_sk_drift CASCADE;
