-- A month of refreshes, with maintenance and a change of the clock: what the report says is what
-- plain SQL computes from the raw events.
SET client_min_messages = warning;
SET timezone = 'America/New_York';
CREATE ROLE regress_slm_owner;
CREATE SCHEMA slm AUTHORIZATION regress_slm_owner;
SET ROLE regress_slm_owner;
CREATE TABLE slm.sale (id int);
CREATE TABLE slm.daily (id int);
DO $$ BEGIN
	PERFORM dm_register_domain('slm', 'regress_slm_owner', '{slm}');
	PERFORM dm_register_product('slm.sales');
	PERFORM dm_add_port('slm.sales', 'slm.sale');
	PERFORM dm_register_product('slm.steps');
	PERFORM dm_add_port('slm.steps', 'slm.sale');
	PERFORM dm_register_product('slm.days');
	PERFORM dm_add_port('slm.days', 'slm.daily');
	PERFORM dm_set_slo('slm.sales', 'freshness', '1', 'h', element => 'sale');
	PERFORM dm_set_slo('slm.steps', 'ly', 'PT60M', objective => 50);
	PERFORM dm_set_slo('slm.days', 'timeOfAvailability', '06:00 Europe/Berlin');
END $$;
RESET ROLE;

-- the clock of Berlin jumps from 2 to 3 on 31 March 2030, in the middle of the weekly window
SELECT dm_add_weekly_maintenance('{sun}', '01:30', '03:30', 'Europe/Berlin', NULL, '2030-02-01 UTC', '2030-05-01 UTC', 'weekly') > 0 AS added;
SELECT dm_add_maintenance('2030-03-12 10:00 UTC', '2030-03-12 14:00 UTC', NULL, 'move') > 0 AS added;
-- crosses midnight, and overlaps the one above
SELECT dm_add_weekly_maintenance('{tue}', '13:00', '01:00', 'UTC', NULL, '2030-03-12 UTC', '2030-03-14 UTC', 'upgrade') > 0 AS added;

CREATE TEMP TABLE event AS
SELECT '2030-03-01 00:00 UTC'::timestamptz + sum(20 + g * 7919 % 97) OVER (ORDER BY g) * interval '1 min' AS at
FROM generate_series(1, 680) g;
CREATE TEMP TABLE daily AS
SELECT '2030-03-01 03:00 UTC'::timestamptz + (g * 24 + g * 37 % 5) * interval '1 hour' AS at
FROM generate_series(0, 33) g WHERE g NOT IN (7, 8, 20);
CREATE TEMP TABLE maintenance AS
SELECT range_agg(r) AS spans
FROM (SELECT tstzrange((day + time '01:30') AT TIME ZONE 'Europe/Berlin', (day + time '03:30') AT TIME ZONE 'Europe/Berlin')
	  FROM generate_series('2030-03-01'::timestamp, '2030-04-01', '1 day') day WHERE extract(dow FROM day) = 0
	  UNION ALL SELECT tstzrange('2030-03-12 10:00 UTC', '2030-03-12 14:00 UTC')
	  UNION ALL SELECT tstzrange('2030-03-12 13:00 UTC', '2030-03-13 01:00 UTC')) x(r);

SELECT datamesh.slo_replay('slm.sales', '{2030-03-01 00:00 UTC}', '2030-03-01 00:00 UTC');
SELECT datamesh.slo_replay('slm.sales', (SELECT array_agg(at ORDER BY at) FROM event), '2030-04-03 UTC');
-- the same for somebody who looks every 37 minutes
DO $$
DECLARE
	t timestamptz := '2030-03-01 00:00 UTC';
BEGIN
	PERFORM datamesh.slo_replay('slm.steps', ARRAY[t], t);
	WHILE t < '2030-04-03 UTC' LOOP
		PERFORM datamesh.slo_replay('slm.steps',
			(SELECT coalesce(array_agg(at ORDER BY at), '{}') FROM event WHERE at > t AND at <= t + interval '37 min'),
			t + interval '37 min');
		t := t + interval '37 min';
	END LOOP;
END $$;
SELECT datamesh.slo_replay('slm.days', ARRAY['2030-03-01 03:00 UTC'::timestamptz], '2030-03-01 03:00 UTC');
SELECT datamesh.slo_replay('slm.days', (SELECT array_agg(at ORDER BY at) FROM daily), '2030-04-03 UTC');

CREATE FUNCTION pg_temp.length(spans tstzmultirange) RETURNS interval LANGUAGE sql AS
$$ SELECT coalesce(sum(extract(epoch FROM upper(r) - lower(r))), 0) * interval '1 s' FROM unnest(spans) r $$;
CREATE VIEW pg_temp.expected AS
WITH gap AS (SELECT at, lead(at) OVER (ORDER BY at) AS next FROM
			 (SELECT at FROM event UNION SELECT '2030-03-01 00:00 UTC') e),
late AS (SELECT 'latency' AS property, range_agg(tstzrange(at + interval '1 h', next)) AS spans FROM gap WHERE next > at + interval '1 h'
		 UNION ALL
		 SELECT 'timeOfAvailability', range_agg(tstzrange(due, next)) FROM
		 (SELECT due, (SELECT min(at) FROM daily WHERE at > due) AS next
		  FROM (SELECT (day + time '06:00') AT TIME ZONE 'Europe/Berlin' AS due,
					   (day - interval '1 day' + time '06:00') AT TIME ZONE 'Europe/Berlin' AS before
				FROM generate_series('2030-03-01'::timestamp, '2030-04-02', '1 day') day) d
		  WHERE NOT EXISTS (SELECT FROM daily WHERE at > before AND at <= due)) x)
SELECT property, pg_temp.length(month * late.spans - m.spans) AS bad,
	   pg_temp.length(month - m.spans) - pg_temp.length(month * late.spans - m.spans) AS good,
	   pg_temp.length(month * m.spans) AS maintenance
FROM late, maintenance m,
	 (SELECT tstzmultirange(tstzrange('2030-03-01 03:00 UTC', '2030-04-01 03:00 UTC')) AS month) x;

SELECT r.product, r.property, r.element, r.attained, r.met, r.breaches,
	   r.bad = e.bad AS bad_is_exact, r.good = e.good AS good_is_exact, r.maintenance = e.maintenance AS maintenance_is_exact,
	   round(100 * extract(epoch FROM e.good) / extract(epoch FROM e.good + e.bad), 4) AS expected
FROM (SELECT 'slm.sales' AS product, * FROM dm_slo_report('slm.sales', '2030-03-01 03:00 UTC', '2030-04-01 03:00 UTC')
	  UNION ALL SELECT 'slm.steps', * FROM dm_slo_report('slm.steps', '2030-03-01 03:00 UTC', '2030-04-01 03:00 UTC')
	  UNION ALL SELECT 'slm.days', * FROM dm_slo_report('slm.days', '2030-03-01 03:00 UTC', '2030-04-01 03:00 UTC')) r
JOIN pg_temp.expected e USING (property) ORDER BY product COLLATE "C";
-- the comparison compares something
SELECT property, bad > '1 day' AS much_bad, maintenance FROM pg_temp.expected ORDER BY property COLLATE "C";
-- looked at once or a thousand times
SELECT count(*), count(*) FILTER (WHERE s.since IS NULL OR t.since IS NULL) AS different
FROM (SELECT * FROM datamesh.slo_history WHERE product = 'slm.sales' AND since > '2030-03-01 UTC' AND since < '2030-04-01 UTC') s
FULL JOIN (SELECT * FROM datamesh.slo_history WHERE product = 'slm.steps' AND since > '2030-03-01 UTC' AND since < '2030-04-01 UTC') t
USING (state, since, until);

-- parts of the month add up to it
WITH parts AS (SELECT r.* FROM generate_series('2030-03-01 03:00 UTC'::timestamptz, '2030-04-01 02:59 UTC', '7 h 13 min') f,
			   dm_slo_report('slm.sales', f, least(f + interval '7 h 13 min', '2030-04-01 03:00 UTC')) r)
SELECT sum(good) = (SELECT good FROM pg_temp.expected WHERE property = 'latency') AS good,
	   sum(bad) = (SELECT bad FROM pg_temp.expected WHERE property = 'latency') AS bad,
	   sum(maintenance) = (SELECT maintenance FROM pg_temp.expected WHERE property = 'latency') AS maintenance
FROM parts;

-- shares of reads: raw events, counted between two looks, of which one is at each edge of maintenance, or a moment later
CREATE TEMP TABLE read_event AS
SELECT '2030-03-01 00:00 UTC'::timestamptz + g * interval '61 s' + g * 7919 % 59 * interval '1 s' AS at, g % 89 <> 0 AND g * 31 % 1009 > 5 AS good
FROM generate_series(1, 46000) g;
CREATE TEMP TABLE look AS
SELECT g AS at FROM generate_series('2030-03-01 00:00 UTC'::timestamptz, '2030-04-03 UTC', '15 min') g
UNION SELECT lower(r) FROM maintenance, unnest(spans) r UNION SELECT upper(r) FROM maintenance, unnest(spans) r;
DO $$ BEGIN PERFORM dm_set_slo('slm.sales', 'availability', '99', 'percent'), dm_set_slo('slm.sales', 'errorRate', '1.5', 'percent'); END $$;
CREATE UNIQUE INDEX ON look (at);
INSERT INTO datamesh.slo_count
SELECT p.id, k, l.at + interval '7 ms', good, total, (SELECT max(b.at) FROM look b WHERE b.at < l.at) + interval '7 ms'
FROM (SELECT l.at, count(*) FILTER (WHERE e.good) AS good, count(*) AS total
	  FROM read_event e, LATERAL (SELECT at FROM look WHERE look.at >= e.at ORDER BY at LIMIT 1) l GROUP BY l.at) l,
	 unnest('{availability,errorRate}'::text[]) k, datamesh.product_name p
WHERE p.name = 'slm.sales';
WITH expected AS (SELECT round(100.0 * count(*) FILTER (WHERE good) / count(*), 4) AS share, count(*) AS reads
				  FROM read_event, maintenance WHERE at > '2030-03-01 03:00 UTC' AND at <= '2030-04-01 03:00 UTC' AND NOT spans @> at)
SELECT r.property, r.attained, r.attained = e.share AS is_exact, r.met, r.objective
FROM dm_slo_report('slm.sales', '2030-03-01 03:00:00.007 UTC', '2030-04-01 03:00:00.007 UTC') r, expected e WHERE r.property IN ('availability', 'errorRate') ORDER BY 1;
-- what was in maintenance would have made a difference
SELECT count(*) > 100 AS reads_in_maintenance, round(100.0 * count(*) FILTER (WHERE good) / count(*), 4) AS share_of_them FROM read_event, maintenance WHERE spans @> at;
DO $$ BEGIN PERFORM dm_drop_slo('slm.sales', 'availability'), dm_drop_slo('slm.sales', 'errorRate'); END $$;

-- what it says of a window that is dropped counts again
SELECT count(dm_drop_maintenance(id)) FROM datamesh.maintenance_windows WHERE reason IN ('weekly', 'move', 'upgrade');
SELECT maintenance, good + bad AS all_of_it FROM dm_slo_report('slm.sales', '2030-03-01 03:00 UTC', '2030-04-01 03:00 UTC');

SELECT dm_drop_slo('slm.sales', 'latency', 'sale');
SELECT count(*) FROM datamesh.slo_history WHERE product = 'slm.sales';
SET client_min_messages = error;
SELECT dm_retire('slm.sales'), dm_retire('slm.steps'), dm_retire('slm.days'), dm_drop_domain('slm') \g /dev/null
SELECT count(*) FROM datamesh.slo_interval i WHERE NOT EXISTS (SELECT FROM datamesh.product p WHERE p.id = i.product);
DROP SCHEMA slm CASCADE;
DROP ROLE regress_slm_owner;
