-- The history of levels goes after a time, but for what a window or the last month's report needs.
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE SCHEMA slr;
CREATE TABLE slr.t (id int);
DO $$ BEGIN
	PERFORM dm_register_domain('slr', schemas => '{slr}');
	PERFORM dm_register_product('slr.p');
	PERFORM dm_add_port('slr.p', 'slr.t');
	PERFORM dm_set_slo('slr.p', 'freshness', '1', 'h');
	PERFORM dm_set_slo('slr.p', 'availability', '99', 'percent', '3 years');
	PERFORM dm_set_slo('slr.p', 'errorRate', '1', 'percent', '30 days');
END $$;
-- as if they had been followed for four years: a change every ten days, and a count
DELETE FROM datamesh.slo_interval WHERE product = (SELECT id FROM datamesh.product_name WHERE name = 'slr.p');
INSERT INTO datamesh.slo_interval
SELECT p.id, k, now() - i * interval '10 days', CASE WHEN i > 0 THEN now() - (i - 1) * interval '10 days' END, CASE i % 2 WHEN 0 THEN 'ok' ELSE 'breached' END
FROM generate_series(0, 146) i, unnest('{latency:t,gone}'::text[]) k, datamesh.product_name p WHERE p.name = 'slr.p';
INSERT INTO datamesh.slo_count
SELECT p.id, k, now() - i * interval '10 days', 1, 2, now() - (i + 1) * interval '10 days'
FROM generate_series(1, 146) i, unnest('{availability,errorRate}'::text[]) k, datamesh.product_name p WHERE p.name = 'slr.p';
-- one that has ended long ago, of which the setting alone decides
INSERT INTO datamesh.slo_state SELECT id, 'gone', now() - interval '500 days', NULL, NULL, NULL, 0, 0, NULL, 'ended', NULL FROM datamesh.product_name WHERE name = 'slr.p';
DELETE FROM datamesh.slo_interval WHERE slo = 'gone' AND (until IS NULL OR until > now() - interval '500 days');
CREATE VIEW pg_temp.kept AS
SELECT slo, count(*), max(age) AS oldest FROM (
	SELECT product, slo, round(extract(epoch FROM now() - since) / 86400) AS age FROM datamesh.slo_interval
	UNION ALL SELECT product, slo, round(extract(epoch FROM now() - at) / 86400) FROM datamesh.slo_count) x
WHERE product = (SELECT id FROM datamesh.product_name WHERE name = 'slr.p') GROUP BY slo;
TABLE pg_temp.kept ORDER BY slo;
SELECT property, round(attained, 2) AS attained, breaches FROM dm_slo_report('slr.p', now() - interval '60 days', now()) WHERE property IN ('latency', 'errorRate') ORDER BY property;
SHOW datamesh.slo_retention;
SELECT * FROM dm_run_job('retention');
TABLE pg_temp.kept ORDER BY slo;
SELECT count(*) AS state_of_gone FROM datamesh.slo_state WHERE slo = 'gone' AND product = (SELECT id FROM datamesh.product_name WHERE name = 'slr.p');
-- less than two months is two months
SET datamesh.slo_retention = '1 min';
SELECT * FROM dm_run_job('retention');
TABLE pg_temp.kept ORDER BY slo;
SELECT property, round(attained, 2) AS attained, breaches FROM dm_slo_report('slr.p', now() - interval '60 days', now()) WHERE property IN ('latency', 'errorRate') ORDER BY property;
-- again: nothing more
SELECT * FROM dm_run_job('retention');
TABLE pg_temp.kept ORDER BY slo;
RESET datamesh.slo_retention;
CREATE ROLE regress_slr_other;
SET ROLE regress_slr_other;
SET datamesh.slo_retention = 0;
RESET ROLE;
DROP ROLE regress_slr_other;

SET client_min_messages = error;
DROP VIEW pg_temp.kept;
SELECT dm_retire('slr.p'), dm_drop_domain('slr') \g /dev/null
DROP SCHEMA slr CASCADE;
