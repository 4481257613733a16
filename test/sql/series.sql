-- What is normal for a measured series: levels, seasons, trends, spikes, changes.
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE SCHEMA measured;
CREATE TABLE measured.t (id int, amount numeric, email text);

-- noise without chance: the same on every machine, from -1 to 1
CREATE FUNCTION measured.noise(i bigint) RETURNS double precision IMMUTABLE LANGUAGE sql AS
	$$SELECT ((i * 7919 + (i * i) % 1013 * 31) % 1000) / 500.0 - 1$$;

-- runs of verdicts of a series, and where they begin
CREATE FUNCTION measured.runs(of text) RETURNS TABLE (since timestamptz, verdict text, count bigint)
LANGUAGE sql AS $$
	SELECT min(at), r.verdict, count(*)
	FROM (SELECT at, m.verdict, row_number() OVER (ORDER BY at) - row_number() OVER (PARTITION BY m.verdict ORDER BY at) AS run
		FROM datamesh.measurements m WHERE metric = of AND "column" IS NULL) r
	GROUP BY r.verdict, run ORDER BY 1 $$;

-- a level, once far off: one value is an alarm, and the next one is normal again
SELECT count(dm_record_measurement('measured.t', 'spike', 1000 + 10 * measured.noise(i) + CASE WHEN i = 150 THEN 500 ELSE 0 END,
	'2026-01-01'::timestamptz + i * interval '1 day')) FROM generate_series(1, 200) i;
SELECT * FROM measured.runs('spike');
SELECT at, ended_at, cause, value, low < expected AND expected < high AS band, high < 1100 AS narrow
FROM datamesh.anomalies WHERE metric = 'spike';

-- two series whose names could be read as one are two causes
CREATE TABLE measured.named (b int);
SELECT count(dm_record_measurement('measured.named', 'a:b', v, at)), count(dm_record_measurement('measured.named', 'a', v, at, "column" => 'b'))
FROM (SELECT 1000 + 10 * measured.noise(i) + CASE WHEN i = 150 THEN 500 ELSE 0 END AS v, '2026-01-01'::timestamptz + i * interval '1 day' AS at
	FROM generate_series(1, 150) i) m;
SELECT cause FROM datamesh.incident_causes WHERE cause LIKE 'series:%a:%b%' ORDER BY cause COLLATE "C";
DROP TABLE measured.named;

-- a new level: anomalous for a week, then the new normal
SELECT count(dm_record_measurement('measured.t', 'shift', 1000 + 10 * measured.noise(i) + CASE WHEN i > 150 THEN 300 ELSE 0 END,
	'2026-01-01'::timestamptz + i * interval '1 day')) FROM generate_series(1, 200) i;
SELECT * FROM measured.runs('shift');

-- a new level that the owner acknowledges is normal at once
SELECT count(dm_record_measurement('measured.t', 'told', 1000 + 10 * measured.noise(i) + CASE WHEN i > 150 THEN 300 ELSE 0 END,
	'2026-01-01'::timestamptz + i * interval '1 day')) FROM generate_series(1, 152) i;
SELECT dm_acknowledge_anomaly('measured.t', 'told', 'change', note => 'second shop');
SELECT count(dm_record_measurement('measured.t', 'told', 1300 + 10 * measured.noise(i),
	'2026-01-01'::timestamptz + i * interval '1 day')) FROM generate_series(153, 200) i;
SELECT * FROM measured.runs('told');
SELECT at, meaning, note, acknowledged_by = current_user::regrole AS mine FROM datamesh.anomalies WHERE metric = 'told';

-- a constant, and then another one; and one that stays
SELECT count(dm_record_measurement('measured.t', 'constant', 45, '2026-01-01'::timestamptz + i * interval '1 day'))
FROM generate_series(1, 200) i;
SELECT dm_record_measurement('measured.t', 'constant', 46, '2026-08-01');
SELECT * FROM measured.runs('constant');

-- a trend is no change
SELECT count(dm_record_measurement('measured.t', 'rows of trend', 1000 + 20 * i + 10 * measured.noise(i),
	'2026-01-01'::timestamptz + i * interval '1 day')) FROM generate_series(1, 300) i;
SELECT * FROM measured.runs('rows of trend');

-- days that are missing are no anomaly, and neither are values at odd times
SELECT count(dm_record_measurement('measured.t', 'missing', 1000 + 10 * measured.noise(i),
	'2026-01-01'::timestamptz + i * interval '1 day' + measured.noise(i + 7) * interval '5 hours'))
FROM generate_series(1, 300) i WHERE i % 7 NOT IN (2, 3) AND i NOT BETWEEN 150 AND 180;
SELECT * FROM measured.runs('missing');

-- a season of the week: few rows on Sundays are usual, and many are not
SELECT count(dm_record_measurement('measured.t', 'rows of week',
	round(1000 + 10 * measured.noise(i) - CASE WHEN extract(dow FROM '2026-01-01'::date + i::int) = 0 THEN 900 ELSE 0 END),
	'2026-01-01'::timestamptz + i * interval '1 day')) FROM generate_series(1, 200) i;
SELECT * FROM measured.runs('rows of week');
SELECT dm_record_measurement('measured.t', 'rows of week', 1000, '2026-07-26');

-- a season of the day, hour by hour; a night like a day is anomalous though its values are usual ones
SELECT count(dm_record_measurement('measured.t', 'load', 100 + 5 * measured.noise(i) + CASE WHEN i % 24 BETWEEN 8 AND 17 THEN 400 ELSE 0 END,
	'2026-01-01'::timestamptz + i * interval '1 hour')) FROM generate_series(0, 24 * 40 - 1) i;
SELECT dm_record_measurement('measured.t', 'load', 500, '2026-02-10 03:00');
SELECT * FROM measured.runs('load');

SELECT metric, kind, season, budget_alarms, budget_interval FROM datamesh.measured_series ORDER BY metric COLLATE "C";

-- why
SELECT measured_at, value, verdict, high < 1100 AS narrow, regexp_replace(reason, '\d[\d.e+]*', 'N', 'g') AS reason, series
FROM dm_explain_anomaly('measured.t', 'spike');
SELECT measured_at, verdict, reason, length(series) FROM dm_explain_anomaly('measured.t', 'spike', at => '2026-01-05', points => 3);
SELECT verdict, regexp_replace(reason, '\d[\d.e+]*', 'N', 'g') FROM dm_explain_anomaly('measured.t', 'load', points => 1);

-- what comes: the week goes on, the trend too
SELECT at, expected BETWEEN low AND high AS inside, expected < 500 AS sunday
FROM dm_forecast('measured.t', 'rows of week', '8 days') ORDER BY at;
SELECT min(at), count(*), bool_and(high - low < 200) AS narrow, min(expected) > 6900 AS goes_on
FROM dm_forecast('measured.t', 'rows of trend', '7 days');
SELECT count(*) FROM dm_forecast('measured.t', 'load', '300 years');

-- budgets: a greater one allows less
SELECT dm_set_alert_budget('measured.t', 'told', 3, '1 week');
SELECT budget_alarms, budget_interval FROM datamesh.measured_series WHERE metric = 'told';
SELECT dm_record_measurement('measured.t', 'told', 1300, '2026-07-21');
SELECT s.high - s.low > 1.2 * (t.high - t.low) AS narrower
FROM datamesh.measurements s, datamesh.measurements t
WHERE s.metric = 'told' AND t.metric = 'told' AND s.at = '2026-07-20' AND t.at = '2026-07-21';

-- counts are never negative, shares are from 0 to 1: nor are their bands
SELECT count(dm_record_measurement('measured.t', 'null share', (i % 3) / 300.0, '2026-01-01'::timestamptz + i * interval '1 day', 'amount'))
FROM generate_series(1, 100) i;
SELECT kind, bool_and(low >= 0 AND high <= 1) FROM datamesh.measurements JOIN datamesh.measured_series USING (relation, "column", metric)
WHERE metric = 'null share' GROUP BY kind;

-- many at once give what one by one gives
SELECT cardinality(dm_record_measurements('measured.t', 'at once',
	array_agg(1000 + 10 * measured.noise(i) + CASE WHEN i = 150 THEN 500 ELSE 0 END ORDER BY i),
	array_agg('2026-01-01'::timestamptz + i * interval '1 day' ORDER BY i))) FROM generate_series(1, 200) i;
SELECT count(*), count(*) FILTER (WHERE a.verdict = b.verdict AND a.low = b.low AND a.high = b.high AND a.expected = b.expected) AS same
FROM datamesh.measurements a JOIN datamesh.measurements b USING (at)
WHERE a.metric = 'spike' AND b.metric = 'at once';
SELECT dm_record_measurements('measured.t', 'at once', '{}'::float8[], '{}');
SELECT dm_record_measurements('measured.t', 'at once', '{1,2}', '{2027-01-01}');
SELECT dm_record_measurements('measured.t', 'at once', '{1,NULL}', '{2027-01-01,2027-01-02}');
SELECT dm_record_measurements('measured.t', 'at once', '{1,NaN}', '{2027-01-01,2027-01-02}');

-- a model that the library does not know is learned anew from the points
UPDATE datamesh.series SET model = '\x00' WHERE metric = 'at once';
SELECT dm_record_measurement('measured.t', 'at once', 1000, '2026-07-25'),
	dm_record_measurement('measured.t', 'spike', 1000, '2026-07-25');
SELECT count(DISTINCT (low, high, expected)) FROM datamesh.measurements WHERE metric IN ('at once', 'spike') AND at = '2026-07-25';

-- refused
SELECT dm_record_measurement('measured.t', 'rows', 'NaN');
SELECT dm_record_measurement('measured.t', 'rows', 'infinity');
SELECT dm_record_measurement('measured.t', 'rows', -1);
SELECT dm_record_measurement('measured.t', 'anything', 1.1e30);
SELECT dm_record_measurement('measured.t', 'null share', 1.01);
SELECT dm_record_measurement('measured.t', 'rows', NULL);
SELECT dm_record_measurement('measured.t', NULL, 1);
SELECT dm_record_measurement('measured.t', '', 1);
SELECT dm_record_measurement('measured.t', E'a\nb', 1);
SELECT dm_record_measurement('measured.t', repeat('x', 201), 1);
SELECT dm_record_measurement('measured.t', 'rows', 1, 'infinity');
SELECT dm_record_measurement('measured.t', 'rows', 1, '4714-11-24 BC');
SELECT dm_record_measurement('measured.t', 'rows', 1, '10000-01-02');
SELECT dm_record_measurement('measured.t', 'mean', 1, "column" => 'amont');
SELECT dm_set_alert_budget('measured.t', 'rows', 0);
SELECT dm_set_alert_budget('measured.t', 'rows', 1, '0');
SELECT dm_set_alert_budget('measured.t', 'rows', 1, '-1 day');
SELECT dm_acknowledge_anomaly('measured.t', 'told', 'maybe');
SELECT dm_acknowledge_anomaly('measured.t', 'told', 'false');
SELECT dm_acknowledge_anomaly('measured.t', 'tld', 'false');
SELECT dm_explain_anomaly('measured.t', 'nothing');
SELECT dm_explain_anomaly('measured.t', 'spike', points => 0);
SELECT dm_explain_anomaly('measured.t', 'spike', at => '2020-01-01');
SELECT dm_forecast('measured.t', 'spike', '-1 day');
SELECT dm_forecast('measured.t', 'spike', share => 2);
SELECT dm_drop_series('measured.t', 'nothing');

-- values of any size are borne
SELECT count(dm_record_measurement('measured.t', 'huge', CASE i % 3 WHEN 0 THEN 1e30 WHEN 1 THEN -1e30 ELSE 5e-324 END,
	'2026-01-01'::timestamptz + i * interval '1 day')) FROM generate_series(1, 100) i;
SELECT verdict, count(*) FROM datamesh.measurements WHERE metric = 'huge' GROUP BY verdict ORDER BY verdict COLLATE "C";
SELECT count(*) FROM datamesh.measurements
WHERE metric = 'huge' AND (expected = 'NaN' OR low = 'NaN' OR high = 'NaN' OR low > high);
SELECT length(series) FROM dm_explain_anomaly('measured.t', 'huge', points => 100);

-- older than what is known: kept, not judged
SELECT dm_record_measurement('measured.t', 'spike', 5000, '2026-02-01');
SELECT verdict, expected FROM datamesh.measurements WHERE metric = 'spike' AND value = 5000;

-- an incident opens with the alarm and closes when all is well
SELECT count(*) FROM datamesh.incidents WHERE relation = 'measured.t'::regclass AND closed_at IS NULL;

-- a guarded column: counts only
SELECT count(*) > 0 AS loaded FROM dm_load_taxonomy();
SELECT dm_register_domain('measured', schemas => '{measured}');
SELECT dm_classify('measured.t', 'email', 'pii.email');
SELECT dm_record_measurement('measured.t', 'nulls', 3, "column" => 'email');
SELECT dm_record_measurement('measured.t', 'mean length', 3, "column" => 'email');

-- who may
CREATE ROLE regress_an_producer;
CREATE ROLE regress_an_other;
GRANT USAGE ON SCHEMA measured TO regress_an_producer, regress_an_other;
SELECT dm_add_producer('measured', 'regress_an_producer');
GRANT INSERT ON datamesh.series_point TO regress_an_producer;
SET ROLE regress_an_other;
SELECT count(*) FROM datamesh.measurements;
SELECT count(*) FROM datamesh.measured_series;
SELECT count(*) FROM datamesh.anomalies;
SELECT dm_record_measurement('measured.t', 'spike', 1);
SELECT dm_explain_anomaly('measured.t', 'spike');
SELECT dm_forecast('measured.t', 'spike');
SELECT dm_set_alert_budget('measured.t', 'spike');
SELECT dm_drop_series('measured.t', 'spike');
SELECT model FROM datamesh.series;
SET ROLE regress_an_producer;
SELECT count(*) > 0 AS sees FROM datamesh.measurements;
SELECT dm_record_measurement('measured.t', 'loads ms', 1.5, '2026-01-01');
INSERT INTO datamesh.series_point VALUES (1, now(), 1, 'normal');
RESET ROLE;
REVOKE INSERT ON datamesh.series_point FROM regress_an_producer;

-- follows a rename, goes with its column and with its relation
ALTER TABLE measured.t RENAME amount TO price;
SELECT "column", metric FROM datamesh.measured_series WHERE "column" IS NOT NULL ORDER BY 1, 2;
ALTER TABLE measured.t DROP price;
SELECT "column", metric FROM datamesh.measured_series WHERE "column" IS NOT NULL ORDER BY 1, 2;
SELECT dm_drop_series('measured.t', 'spike');
SELECT count(*) FROM datamesh.measurements WHERE metric = 'spike';
SELECT dm_drop_domain('measured');
DROP SCHEMA measured CASCADE;
SELECT count(*) FROM datamesh.series;
SELECT count(*) FROM datamesh.series_point;
SELECT count(*) FROM datamesh.series_alarm;
DROP ROLE regress_an_producer, regress_an_other;
