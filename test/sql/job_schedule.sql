-- Schedules: cron in a time zone, changes of the clock, intervals, and what never comes due.
SET datestyle = 'ISO, YMD';
SET timezone = 'UTC';

-- five fields, words, steps, ranges, Sunday as 7, nicknames
SELECT s, ARRAY(SELECT to_char(t, 'Dy MM-DD HH24:MI') FROM dm_schedule_times(s, '2024-02-27 10:00:30', 3) t) AS times
FROM unnest('{
	"* * * * *", "*/20 * * * *", "7-9,30 5 * * *", "0 6 * * mon-fri", "0 0 29 feb *", "0 0 * * 7",
	"15 10 1 * sat", "59 23 31 * *", @daily, @Hourly, @monthly, @yearly}'::text[]) WITH ORDINALITY u(s, n) ORDER BY n;
-- strictly after the given time
SELECT * FROM dm_schedule_times('0 12 * * *', '2024-05-01 12:00', 1);
SELECT * FROM dm_schedule_times('0 12 * * *', '2024-05-01 11:59:59.999999', 1);
-- 29 February passes over 2100, and a Sunday on it is rare
SELECT * FROM dm_schedule_times('0 0 29 2 *', '2096-03-01', 2);
SELECT * FROM dm_schedule_times('0 0 29 2 */7', '2024-03-01', 1);

-- The clock goes from 2:00 to 3:00: what was to run between runs at the change, once.
SELECT * FROM dm_schedule_times('CRON_TZ=Europe/Berlin 30 2 * * *', '2024-03-29 12:00', 4);
SELECT * FROM dm_schedule_times('CRON_TZ=Europe/Berlin 10,20,30 2 * * *', '2024-03-31 00:00', 2);
SELECT * FROM dm_schedule_times('CRON_TZ=Europe/Berlin 0 3 * * *', '2024-03-30 12:00', 2);
-- every hour: hours as they pass
SELECT * FROM dm_schedule_times('CRON_TZ=Europe/Berlin 30 * * * *', '2024-03-31 00:00', 3);
-- It goes from 3:00 back to 2:00: once, the first time
SELECT * FROM dm_schedule_times('CRON_TZ=Europe/Berlin 30 2 * * *', '2024-10-26 12:00', 2);
SELECT * FROM dm_schedule_times('CRON_TZ=Europe/Berlin 30 2 * * *', '2024-10-27 00:30', 1);
SELECT * FROM dm_schedule_times('CRON_TZ=Europe/Berlin 30 2 * * *', '2024-10-27 01:10', 1);
SELECT * FROM dm_schedule_times('CRON_TZ=Europe/Berlin */30 * * * *', '2024-10-27 00:00', 4);
-- by half an hour, and a day that there never was
SELECT * FROM dm_schedule_times('CRON_TZ=Australia/Lord_Howe 15 2 * * *', '2024-10-05 12:00', 2);
SELECT * FROM dm_schedule_times('CRON_TZ=Pacific/Apia 0 12 30 12 *', '2010-12-31', 3);
-- a zone beyond its table
SELECT * FROM dm_schedule_times('CRON_TZ=America/New_York 30 2 * 3 sun', '2060-03-01', 2);

-- All times of some weeks, one by one, against a search minute by minute of local time
WITH zone(z) AS (VALUES ('Europe/Berlin'), ('America/New_York'), ('UTC')),
brute AS (
	SELECT z, min(t) AS t
	FROM zone, generate_series(timestamptz '2024-02-20 UTC', '2024-04-10 UTC', '1 min') t
	WHERE to_char(t AT TIME ZONE z, 'MI') IN ('05', '35') AND extract(hour FROM t AT TIME ZONE z) IN (1, 2)
		AND extract(dow FROM t AT TIME ZONE z) IN (0, 3)
	GROUP BY z, t AT TIME ZONE z),
ours AS (
	SELECT z, t FROM zone, dm_schedule_times('CRON_TZ=' || z || ' 5,35 1,2 * * sun,wed', '2024-02-19 23:59', 100) t
	WHERE t < '2024-04-10')
SELECT 'missing' AS difference, * FROM (TABLE brute EXCEPT TABLE ours) a
UNION ALL
SELECT 'at the change of the clock', * FROM (TABLE ours EXCEPT TABLE brute) b ORDER BY 2, 3;

-- Intervals
SELECT s, ARRAY(SELECT to_char(t, 'MM-DD HH24:MI:SS') FROM dm_schedule_times(s, '2024-02-27 10:00:30', 2) t) AS times
FROM unnest('{"@every 1 s", "@every 5 min", "@EVERY 90min", "  @every   2 hours ", "@every 1 day", "@every 1 week"}'::text[]) s;

-- What never comes due, or cannot be read, is refused
SELECT dm_schedule_times('0 0 30 2 *');
SELECT dm_schedule_times('0 0 31 4,6,9,11 *');
SELECT dm_schedule_times('* * * *');
SELECT dm_schedule_times('* * * * * *');
SELECT dm_schedule_times('60 * * * *');
SELECT dm_schedule_times('@every');
SELECT dm_schedule_times('@every 0 s');
SELECT dm_schedule_times('@every 10000000 s');
SELECT dm_schedule_times('@every -1 s');
SELECT dm_schedule_times('@every 1 fortnight');
SELECT dm_schedule_times('@every 1 min or so');
SELECT dm_schedule_times('@reboot');
SELECT dm_schedule_times('CRON_TZ=Mars/Olympus * * * * *');
SELECT dm_schedule_times('CRON_TZ=');
SELECT dm_schedule_times('');
SELECT dm_schedule_times(NULL);
SELECT dm_schedule_times('* * * * *', 'infinity');
SELECT dm_schedule_times('* * * * *', '2024-01-01', 100000);
SELECT count(*) FROM dm_schedule_times('30 6 * * *', NULL, NULL);
