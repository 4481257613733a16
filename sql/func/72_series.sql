-- What was measured of relations and columns, and what is normal for it.

CREATE OR REPLACE FUNCTION @extschema@.dm_record_measurement(relation regclass, metric text, value double precision, at timestamptz DEFAULT NULL, "column" name DEFAULT NULL)
RETURNS text AS 'MODULE_PATHNAME', 'dm_record_measurement'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_record_measurement(regclass, text, double precision, timestamptz, name) IS
	'adds a value to a measured series and returns its verdict';

CREATE OR REPLACE FUNCTION @extschema@.dm_record_measurements(relation regclass, metric text, "values" double precision[], at timestamptz[], "column" name DEFAULT NULL)
RETURNS text[] AS 'MODULE_PATHNAME', 'dm_record_measurements'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_record_measurements(regclass, text, double precision[], timestamptz[], name) IS
	'the same for many values, the oldest first; returns their verdicts';

CREATE OR REPLACE FUNCTION @extschema@.dm_set_alert_budget(relation regclass, metric text, alarms integer DEFAULT 1, per interval DEFAULT '3 months', "column" name DEFAULT NULL)
RETURNS void AS 'MODULE_PATHNAME', 'dm_set_alert_budget'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_set_alert_budget(regclass, text, integer, interval, name) IS
	'says how many false alarms of a measured series its owner can bear';

CREATE OR REPLACE FUNCTION @extschema@.dm_acknowledge_anomaly(relation regclass, metric text, meaning text DEFAULT 'change', "column" name DEFAULT NULL, note text DEFAULT NULL)
RETURNS void AS 'MODULE_PATHNAME', 'dm_acknowledge_anomaly'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_acknowledge_anomaly(regclass, text, text, name, text) IS
	'says what the last alarm of a measured series meant: a change, a real anomaly or a false alarm';

CREATE OR REPLACE FUNCTION @extschema@.dm_drop_series(relation regclass, metric text, "column" name DEFAULT NULL)
RETURNS void AS 'MODULE_PATHNAME', 'dm_drop_series'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_drop_series(regclass, text, name) IS
	'forgets a measured series with its points and alarms';

CREATE OR REPLACE FUNCTION @extschema@.dm_explain_anomaly(relation regclass, metric text, "column" name DEFAULT NULL, at timestamptz DEFAULT NULL, points integer DEFAULT 60,
	OUT measured_at timestamptz, OUT value double precision, OUT verdict text, OUT expected double precision, OUT low double precision, OUT high double precision, OUT reason text, OUT series text)
RETURNS record AS 'MODULE_PATHNAME', 'dm_explain_anomaly'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.dm_explain_anomaly(regclass, text, name, timestamptz, integer) IS
	'a measured value with the band that was expected, the reason of its verdict, and the series up to it as a line of text';

CREATE OR REPLACE FUNCTION @extschema@.dm_forecast(relation regclass, metric text, horizon interval DEFAULT '1 day', "column" name DEFAULT NULL, share double precision DEFAULT 0.9,
	OUT at timestamptz, OUT expected double precision, OUT low double precision, OUT high double precision)
RETURNS SETOF record AS 'MODULE_PATHNAME', 'dm_forecast'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.dm_forecast(regclass, text, interval, name, double precision) IS
	'the values of a measured series that are to be expected after its last one, with a band for a share of them';

CREATE OR REPLACE FUNCTION @extschema@.dm_forecast_coverage(relation regclass, metric text, "column" name DEFAULT NULL, share double precision DEFAULT 0.9,
	OUT steps integer, OUT forecasts bigint, OUT independent bigint, OUT coverage double precision, OUT mean_width double precision)
RETURNS SETOF record AS 'MODULE_PATHNAME', 'dm_forecast_coverage'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.dm_forecast_coverage(regclass, text, name, double precision) IS
	'how many values of a measured series its forecasts'' bands held, by how many steps ahead they were made';

CREATE OR REPLACE FUNCTION datamesh.series_season(relation regclass, metric text, column_name text)
RETURNS text AS 'MODULE_PATHNAME', 'dm_series_season'
LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.series_season(regclass, text, text) IS 'internal: the season that a measured series shows';

CREATE OR REPLACE FUNCTION datamesh.series_guarded(relation regclass, column_name text, metric text)
RETURNS boolean AS 'MODULE_PATHNAME', 'dm_series_guarded'
LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.series_guarded(regclass, text, text) IS
	'internal: whether a tag guards the values of the column that a metric is computed from';

CREATE OR REPLACE FUNCTION datamesh.series_visible(relation regclass)
RETURNS boolean AS 'MODULE_PATHNAME', 'dm_series_visible'
LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.series_visible(regclass) IS 'internal: whether the current user may see what was measured of a relation';

-- For those who own or produce the relation, and who may read the tables themselves.

CREATE OR REPLACE VIEW datamesh.measured_series WITH (security_barrier) AS
SELECT n.name AS product, s.relation, nullif(s.column_name, '') AS "column", s.metric, s.kind,
	datamesh.series_season(s.relation, s.metric, s.column_name) AS season, s.budget_alarms, s.budget_interval,
	(SELECT count(*) FROM datamesh.series_alarm a
		WHERE a.series = s.id AND a.cause <> 'invalid' AND a.at > now() - s.budget_interval) AS alarms,
	(SELECT count(*) FROM datamesh.series_alarm a
		WHERE a.series = s.id AND a.cause <> 'invalid' AND a.at > now() - s.budget_interval
		AND coalesce(a.meaning, 'false') = 'false') AS false_alarms,
	s.created_at
FROM datamesh.series s
	LEFT JOIN datamesh.product_name n ON n.id = s.product
WHERE (SELECT has_table_privilege('datamesh.series'::regclass, 'SELECT'))
	OR datamesh.series_visible(s.relation);
COMMENT ON VIEW datamesh.measured_series IS
	'measured series of the current user''s relations with their budget of false alarms and the alarms in the last such interval; false are those that nobody said to be right';
GRANT SELECT ON datamesh.measured_series TO PUBLIC;

CREATE OR REPLACE VIEW datamesh.measurements WITH (security_barrier) AS
SELECT n.name AS product, s.relation, nullif(s.column_name, '') AS "column", s.metric,
	p.at, v.value, p.verdict, v.expected, v.low, v.high
FROM datamesh.series_point p
	JOIN datamesh.series s ON s.id = p.series
	LEFT JOIN datamesh.product_name n ON n.id = s.product
	LEFT JOIN LATERAL (SELECT p.value, p.expected, p.low, p.high
		WHERE s.column_name = '' OR NOT datamesh.series_guarded(s.relation, s.column_name, s.metric)) v ON true
WHERE (SELECT has_table_privilege('datamesh.series_point'::regclass, 'SELECT'))
	OR datamesh.series_visible(s.relation);
COMMENT ON VIEW datamesh.measurements IS
	'what was measured of the current user''s relations, with verdict and expected band';
GRANT SELECT ON datamesh.measurements TO PUBLIC;

CREATE OR REPLACE VIEW datamesh.anomalies WITH (security_barrier) AS
SELECT n.name AS product, s.relation, nullif(s.column_name, '') AS "column", s.metric,
	a.at, a.ended_at, a.cause, p.value, p.expected, p.low, p.high,
	a.meaning, a.note, a.acknowledged_at, a.acknowledged_by
FROM datamesh.series_alarm a
	JOIN datamesh.series s ON s.id = a.series
	LEFT JOIN datamesh.product_name n ON n.id = s.product
	LEFT JOIN LATERAL (SELECT * FROM datamesh.series_point p
		WHERE p.series = a.series AND p.at = a.at AND p.verdict IN ('anomalous', 'invalid')
			AND (s.column_name = '' OR NOT datamesh.series_guarded(s.relation, s.column_name, s.metric)) LIMIT 1) p ON true
WHERE (SELECT has_table_privilege('datamesh.series_alarm'::regclass, 'SELECT'))
	OR datamesh.series_visible(s.relation);
COMMENT ON VIEW datamesh.anomalies IS
	'alarms of the current user''s measured series, and what was said of them';
GRANT SELECT ON datamesh.anomalies TO PUBLIC;
