-- What dm_explain_anomaly says for each verdict, and that nobody is told values of a column that a tag guards.
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE SCHEMA explained;
CREATE TABLE explained.t (id int, amount float8);
CREATE FUNCTION explained.noise(i bigint) RETURNS double precision IMMUTABLE LANGUAGE sql AS
	$$SELECT ((i * 7919 + (i * i) % 1013 * 31) % 1000) / 500.0 - 1$$;
CREATE FUNCTION explained.record(metric text, value text, since bigint, until bigint, "column" name DEFAULT NULL) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE result bigint;
BEGIN
	EXECUTE format('SELECT cardinality(dm_record_measurements(''explained.t'', $1, array_agg((%s)::float8 ORDER BY i), array_agg(''2026-01-01''::timestamptz + i * interval ''1 day'' ORDER BY i), $2)) FROM generate_series($3, $4) i', value)
		INTO result USING metric, "column", since, until;
	RETURN result;
END $$;
-- numbers of reasons are not the point
CREATE FUNCTION explained.why(metric text, at timestamptz DEFAULT NULL, "column" name DEFAULT NULL)
RETURNS TABLE (measured_at timestamptz, value float8, verdict text, inside boolean, reason text, series text) LANGUAGE sql AS $$
	SELECT e.measured_at, round(e.value), e.verdict, e.value BETWEEN e.low AND e.high, regexp_replace(e.reason, '\d[\d.e+]*', 'N', 'g'), e.series
	FROM dm_explain_anomaly('explained.t', metric, "column", at, 8) e $$;

SELECT explained.record('level', '1000 + 10 * explained.noise(i) + CASE WHEN i = 60 THEN 500 WHEN i = 80 THEN -500 WHEN i >= 100 THEN 300 ELSE 0 END', 0, 120);
\x
SELECT * FROM explained.why('level', '2026-01-10'); -- learning
SELECT * FROM explained.why('level', '2026-02-10'); -- normal
SELECT * FROM explained.why('level', '2026-03-02'); -- above
SELECT * FROM explained.why('level', '2026-03-22'); -- below
SELECT * FROM explained.why('level'); -- the last alarm
SELECT dm_record_measurement('explained.t', 'level', 1300, '2026-02-10 12:00');
SELECT * FROM explained.why('level', '2026-02-10 12:00'); -- late
-- the new normal
SELECT explained.record('shift', '1000 + 10 * explained.noise(i) + CASE WHEN i > 150 THEN 300 ELSE 0 END', 0, 180);
SELECT * FROM explained.why('shift', (SELECT at FROM datamesh.measurements WHERE metric = 'shift' AND verdict = 'changed'));
-- for a while on one side, and each value inside of its band
SELECT dm_set_alert_budget('explained.t', 'slide', 1, '2 weeks');
SELECT explained.record('slide', '1000 + 10 * explained.noise(i) + CASE WHEN i >= 300 THEN 12 ELSE 0 END', 0, 304);
SELECT * FROM explained.why('slide');
SELECT at, cause FROM datamesh.anomalies WHERE metric = 'slide' ORDER BY at DESC LIMIT 1;
-- no number, measured by the engine
SELECT dm_add_rule('explained.t', 'mean_amount', 'mean', 'amount', must => '< 100') > 0 AS added;
INSERT INTO explained.t VALUES (1, 'infinity');
SELECT count(*) FROM dm_check('explained.t'::regclass);
SELECT value, verdict, inside, reason, series FROM explained.why('mean', NULL, 'amount');
-- a series without a band of its own has no line of one value
SELECT dm_record_measurement('explained.t', 'begun', 5, '2026-01-01');
SELECT * FROM explained.why('begun');
\x

-- a column that is classified when its values were measured already
SELECT explained.record('highest', '1000 + 10 * explained.noise(i) + CASE WHEN i = 60 THEN 4711 ELSE 0 END', 0, 61, 'amount');
SELECT explained.record('nulls', '3 + i % 2', 0, 61, 'amount');
SELECT verdict, value IS NOT NULL AS told FROM dm_explain_anomaly('explained.t', 'highest', 'amount');
SELECT count(*) FROM dm_forecast('explained.t', 'highest', '2 days', 'amount');
-- the incident never had them, of any column
SELECT cause, detail - 'at' AS detail FROM datamesh.incident_causes WHERE cause LIKE 'series:highest%';
SELECT count(*) > 0 AS loaded FROM dm_load_taxonomy();
SELECT dm_register_domain('explained', schemas => '{explained}');
SELECT dm_classify('explained.t', 'amount', 'pii.geo');
\x
SELECT * FROM dm_explain_anomaly('explained.t', 'highest', 'amount');
SELECT * FROM dm_explain_anomaly('explained.t', 'highest', 'amount', at => '2026-02-20');
SELECT measured_at, value, verdict, reason FROM dm_explain_anomaly('explained.t', 'highest', 'amount', at => '2026-01-03');
\x
SELECT dm_forecast('explained.t', 'highest', '2 days', 'amount');
SELECT dm_forecast_coverage('explained.t', 'highest', 'amount');
SELECT count(*), count(value), count(expected), count(low), count(high) FROM datamesh.measurements WHERE metric = 'highest';
SELECT at, cause, value, expected, low, high FROM datamesh.anomalies WHERE metric = 'highest';
-- counts of its rows are told
SELECT value, verdict, value BETWEEN low AND high AS inside FROM dm_explain_anomaly('explained.t', 'nulls', 'amount');
SELECT count(*) FROM dm_forecast('explained.t', 'nulls', '2 days', 'amount');
SELECT count(value) FROM datamesh.measurements WHERE metric = 'nulls';
-- the values go with the next run of the job, old or not
SET datamesh.series_retention = 36500;
SELECT * FROM dm_run_job('retention');
SELECT DISTINCT metric FROM datamesh.measurements WHERE "column" = 'amount' ORDER BY 1;
RESET datamesh.series_retention;

-- coverage: as many forecasts as there were times
SELECT steps, forecasts, independent, coverage BETWEEN 0.8 AND 1 AS well, mean_width BETWEEN 10 AND 1000 AS told
FROM dm_forecast_coverage('explained.t', 'slide') WHERE steps <= 8 ORDER BY steps;
SELECT count(*) FROM dm_forecast_coverage('explained.t', 'begun');
SELECT dm_forecast_coverage('explained.t', 'slide', share => 'NaN');
SELECT dm_forecast_coverage('explained.t', 'slide', share => 1);
SELECT dm_forecast_coverage('explained.t', 'slid');

SELECT dm_drop_domain('explained');
DROP SCHEMA explained CASCADE;
