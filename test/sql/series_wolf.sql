-- What must not raise an alarm, or only one: absurd values, gaps, beginnings, constants, zeros, what is no
-- number, values out of order, seasons that move.
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE SCHEMA wolf;
CREATE TABLE wolf.t (id int, amount float8);
CREATE FUNCTION wolf.noise(i bigint) RETURNS double precision IMMUTABLE LANGUAGE sql AS
	$$SELECT ((i * 7919 + (i * i) % 1013 * 31) % 1000) / 500.0 - 1$$;
-- values of an expression of i, an hour or a day apart
CREATE FUNCTION wolf.record(metric text, value text, since bigint, until bigint, step interval DEFAULT '1 day') RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE result bigint;
BEGIN
	EXECUTE format('SELECT cardinality(dm_record_measurements(''wolf.t'', $1, array_agg((%s)::float8 ORDER BY i), array_agg(''2026-01-01''::timestamptz + i * $2 ORDER BY i))) FROM generate_series($3, $4) i', value)
		INTO result USING metric, step, since, until;
	RETURN result;
END $$;
CREATE FUNCTION wolf.runs(of text) RETURNS TABLE (since timestamptz, verdict text, count bigint) LANGUAGE sql AS $$
	SELECT min(at), r.verdict, count(*)
	FROM (SELECT at, m.verdict, row_number() OVER (ORDER BY at) - row_number() OVER (PARTITION BY m.verdict ORDER BY at) AS run
		FROM datamesh.measurements m WHERE metric = of) r
	GROUP BY r.verdict, run ORDER BY 1 $$;
CREATE FUNCTION wolf.width(of text, day timestamptz) RETURNS double precision LANGUAGE sql AS
	$$SELECT high - low FROM datamesh.measurements WHERE metric = of AND at = day$$;

-- absurd values: an alarm for each event, and the band is not blown up by them
SELECT wolf.record('absurd', '1000 + 10 * wolf.noise(i) + CASE i WHEN 100 THEN 1e12 WHEN 101 THEN -1e12 WHEN 150 THEN 1e29 ELSE 0 END', 1, 200);
SELECT * FROM wolf.runs('absurd');
SELECT count(*) FROM datamesh.anomalies WHERE metric = 'absurd';
SELECT wolf.width('absurd', '2026-05-20') < 2.5 * wolf.width('absurd', '2026-04-10') AS as_before;

-- one while the series begins neither alarms nor blinds: a shift half a year later is found
SELECT wolf.record('absurd at first', '1000 + 10 * wolf.noise(i) + CASE WHEN i = 5 THEN 1e9 WHEN i >= 100 THEN 300 ELSE 0 END', 0, 120);
SELECT * FROM wolf.runs('absurd at first');
SELECT wolf.width('absurd at first', '2026-02-15') < 200 AS narrow;
SELECT wolf.record('first is absurd', '1000 + 10 * wolf.noise(i) - CASE WHEN i = 0 THEN 1e9 ELSE 0 END', 0, 60);
SELECT wolf.record('last is absurd', '1000 + 10 * wolf.noise(i) - CASE WHEN i = 15 THEN 1e9 ELSE 0 END', 0, 60);
SELECT wolf.width('first is absurd', '2026-02-15') < 200 AS first, wolf.width('last is absurd', '2026-02-15') < 200 AS last;
SELECT count(*) FROM datamesh.anomalies WHERE metric LIKE '%is absurd';

-- a gap of ten days in values of every hour
SELECT wolf.record('gap of load', '100 + 5 * wolf.noise(i) + CASE WHEN i % 24 BETWEEN 8 AND 17 THEN 400 ELSE 0 END', 0, 24 * 30, '1 hour');
SELECT wolf.record('gap of load', '100 + 5 * wolf.noise(i) + CASE WHEN i % 24 BETWEEN 8 AND 17 THEN 400 ELSE 0 END', 24 * 40, 24 * 60, '1 hour');
SELECT count(*) FROM datamesh.anomalies WHERE metric = 'gap of load';
SELECT dm_record_measurement('wolf.t', 'gap of load', 500, '2026-03-03 03:00');

-- a series that begins: nothing, then growth, then a level
SELECT wolf.record('rows at first', 'CASE WHEN i < 10 THEN 0 WHEN i < 60 THEN (i - 10) * 20 ELSE 1000 + i % 3 END', 0, 120);
SELECT count(*) FROM datamesh.anomalies WHERE metric = 'rows at first';

-- a constant count that differs by one, and one that differs by a tenth; a constant nothing
SELECT wolf.record('rows alike', '450 + CASE WHEN i = 90 THEN 1 WHEN i = 95 THEN 45 ELSE 0 END', 0, 100);
SELECT * FROM wolf.runs('rows alike');
SELECT wolf.record('rows of nothing', '0', 0, 400);
SELECT verdict, count(*) FROM datamesh.measurements WHERE metric = 'rows of nothing' GROUP BY verdict ORDER BY verdict COLLATE "C";

-- counts with many zeros: zeros are no news, and sixty at once is
SELECT wolf.record('rows failed', 'CASE WHEN i = 350 THEN 60 WHEN wolf.noise(i * 13) > 0.8 THEN 3 WHEN wolf.noise(i * 13) > 0.5 THEN 1 ELSE 0 END', 0, 399);
SELECT at, value, cause FROM datamesh.anomalies WHERE metric = 'rows failed';
-- and where zeros are usual at night, one at noon is news
SELECT wolf.record('rows by day', 'CASE WHEN i % 24 BETWEEN 8 AND 17 AND i <> 708 THEN 400 + i % 7 ELSE 0 END', 0, 24 * 30, '1 hour');
SELECT at, value FROM datamesh.anomalies WHERE metric = 'rows by day';

-- no number: refused from outside; what the engine measured is kept, and an alarm that ends with the next number
SELECT dm_record_measurement('wolf.t', 'absurd', 'NaN');
SELECT dm_record_measurement('wolf.t', 'absurd', '-infinity');
SELECT dm_add_rule('wolf.t', 'mean_of_amount', 'mean', 'amount', must => '< 100') > 0 AS added;
INSERT INTO wolf.t VALUES (1, 10);
SELECT verdict, measured FROM dm_check('wolf.t'::regclass);
INSERT INTO wolf.t VALUES (2, 'NaN');
SELECT verdict, measured FROM dm_check('wolf.t'::regclass);
UPDATE wolf.t SET amount = 'infinity' WHERE id = 2;
SELECT verdict, measured FROM dm_check('wolf.t'::regclass);
DELETE FROM wolf.t WHERE id = 2;
SELECT verdict, measured FROM dm_check('wolf.t'::regclass);
SELECT value, verdict FROM datamesh.measurements WHERE "column" = 'amount' ORDER BY at;
SELECT cause, value, ended_at IS NOT NULL AS ended FROM datamesh.anomalies WHERE "column" = 'amount';

-- a time twice, and a clock that goes back: kept, neither judged nor learned
SELECT wolf.record('clock', '1000 + 10 * wolf.noise(i)', 0, 60);
SELECT wolf.record('steady', '1000 + 10 * wolf.noise(i)', 0, 60);
SELECT dm_record_measurement('wolf.t', 'clock', 9999, '2026-03-02'), dm_record_measurement('wolf.t', 'clock', 9999, '2026-03-01 23:59:59.999999'),
	dm_record_measurement('wolf.t', 'clock', -9999, '2025-01-01');
SELECT (SELECT model FROM datamesh.series WHERE metric = 'clock') = (SELECT model FROM datamesh.series WHERE metric = 'steady') AS nothing_learned;
SELECT count(*) FROM datamesh.anomalies WHERE metric = 'clock';

-- a season that moves by an hour is news for three days, and then the season
SELECT wolf.record('load moved', '100 + 5 * wolf.noise(i) + CASE WHEN (i + CASE WHEN i > 1200 THEN 1 ELSE 0 END) % 24 BETWEEN 8 AND 17 THEN 400 ELSE 0 END', 0, 24 * 70, '1 hour');
SELECT min(at), max(at), count(DISTINCT at::date) AS days FROM datamesh.measurements WHERE metric = 'load moved' AND verdict = 'anomalous';
-- and is known: the old one is an alarm now
SELECT dm_record_measurement('wolf.t', 'load moved', 500, '2026-03-12 17:00');

-- a change that was acknowledged is the new regime: its values are normal, the old ones are not
SELECT wolf.record('regime', '1000 + 10 * wolf.noise(i) + CASE WHEN i >= 100 THEN 500 ELSE 0 END', 0, 101);
SELECT dm_acknowledge_anomaly('wolf.t', 'regime', 'change');
SELECT wolf.record('regime', '1500 + 10 * wolf.noise(i)', 102, 150);
SELECT dm_record_measurement('wolf.t', 'regime', 1000, '2026-06-01');
SELECT * FROM wolf.runs('regime');
SELECT count(*) FILTER (WHERE meaning = 'change') AS change, count(*) FROM datamesh.anomalies WHERE metric = 'regime';

DROP SCHEMA wolf CASCADE;
