-- Series that the worker's job makes from the counters of governed relations.
SET client_min_messages = warning;
CREATE SCHEMA counted;
CREATE TABLE counted.t (id int PRIMARY KEY, v text);
CREATE TABLE counted.idle (id int);
SELECT dm_register_domain('counted', schemas => '{counted}');
INSERT INTO counted.t SELECT i FROM generate_series(1, 10) i;
SELECT * FROM dm_run_job('activity_flush');

-- the first run only looks
SELECT * FROM dm_run_job('series');
SELECT count(*) FROM datamesh.measured_series WHERE relation = 'counted.t'::regclass;
-- as if that had been an hour ago: an hour is what rates are of
UPDATE datamesh.series_seen SET at = at - interval '1 hour', last_write = last_write - interval '1 hour';
INSERT INTO counted.t SELECT i FROM generate_series(11, 310) i;
UPDATE counted.t SET v = 'x' WHERE id <= 20;
SELECT * FROM dm_run_job('series');
SELECT metric, kind, value BETWEEN low_n AND high_n AS as_counted, verdict
FROM datamesh.measurements JOIN datamesh.measured_series USING (relation, metric)
	JOIN (VALUES ('rows inserted per hour', 280, 300), ('rows updated per hour', 18, 20), ('seconds between writes', 1800, 1900)) e (metric, low_n, high_n) USING (metric)
WHERE relation = 'counted.t'::regclass ORDER BY metric COLLATE "C";
-- nothing was ever deleted: there is no series of it
SELECT count(*) FROM datamesh.measured_series WHERE relation = 'counted.t'::regclass;
-- a run right after the other has no time to measure
SELECT * FROM dm_run_job('series');
SELECT metric, count(*) FROM datamesh.measurements WHERE relation = 'counted.t'::regclass GROUP BY metric ORDER BY metric COLLATE "C";
-- an hour without a write: nothing inserted, and no gap that has ended
UPDATE datamesh.series_seen SET at = at - interval '1 hour';
SELECT * FROM dm_run_job('series');
SELECT metric, count(*), bool_or(value = 0) AS zero FROM datamesh.measurements WHERE relation = 'counted.t'::regclass GROUP BY metric ORDER BY metric COLLATE "C";
-- counters that began anew say nothing
UPDATE datamesh.series_seen SET at = at - interval '1 hour', counted_since = counted_since - interval '1 day';
INSERT INTO counted.t SELECT i FROM generate_series(1001, 2000) i;
SELECT * FROM dm_run_job('series');
SELECT max(value) < 400 AS skipped FROM datamesh.measurements WHERE metric = 'rows inserted per hour' AND relation = 'counted.t'::regclass;

-- what is older than the retention goes
SELECT count(dm_record_measurement('counted.t', 'kept', i, now() - i * interval '300 days')) FROM generate_series(3, 0, -1) i;
SELECT * FROM dm_run_job('retention');
SELECT value FROM datamesh.measurements WHERE metric = 'kept' ORDER BY value;

DROP TABLE counted.t;
SELECT count(*) FROM datamesh.series_seen s WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = s.relation);
SELECT count(*) FROM datamesh.measurements WHERE metric LIKE 'rows % per hour';
SELECT dm_drop_domain('counted');
DROP SCHEMA counted CASCADE;
