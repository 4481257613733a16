-- Each property of a level: kept, broken, and where nothing is known.  Needs the library to be preloaded.
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE ROLE regress_slu_owner;
CREATE ROLE regress_slu_reader;
SELECT dm_register_purpose('slu_work') \g /dev/null
CREATE SCHEMA slu AUTHORIZATION regress_slu_owner;
SET ROLE regress_slu_owner;
CREATE TABLE slu.t (id int PRIMARY KEY, at timestamptz, day date, v int);
DO $$ BEGIN
	PERFORM dm_register_domain('slu', schemas => '{slu}');
	PERFORM dm_register_product('slu.p', open_ended => true);
	PERFORM dm_add_port('slu.p', 'slu.t');
	PERFORM dm_publish('slu.p');
	PERFORM dm_grant_access('slu.p', 'regress_slu_reader', 'slu_work');
END $$;
RESET ROLE;
CREATE VIEW pg_temp.level AS SELECT property, element, state, measured, attained, budget_left, detail FROM datamesh.slo_status WHERE product = 'slu.p';
CREATE VIEW pg_temp.report AS SELECT property, element, attained, met, breaches FROM dm_slo_report('slu.p', now() - interval '1 day', now() + interval '1 s');
GRANT SELECT ON pg_temp.level, pg_temp.report TO PUBLIC;

-- shares of reads: no reads, all good, not good enough, and what went wrong in maintenance
SELECT dm_set_slo('slu.p', 'availability', '75', 'percent'), dm_set_slo('slu.p', 'errorRate', '25', 'percent'),
	dm_set_slo('slu.p', 'throughput', '1', 'rows/s') \g /dev/null
TABLE pg_temp.level ORDER BY property COLLATE "C";
SELECT property, attained, met FROM pg_temp.report ORDER BY property COLLATE "C";
INSERT INTO slu.t SELECT g, now(), current_date, g FROM generate_series(1, 1000) g;
SET ROLE regress_slu_reader;
SET datamesh.purpose = 'slu_work';
SELECT count(v) FROM (SELECT v FROM slu_p_v1.t OFFSET 0) x;
SELECT v FROM slu_p_v1.t WHERE v < 0;
SELECT DISTINCT v > 0 AS v FROM slu_p_v1.t;
SELECT 1 / (v - v) FROM slu_p_v1.t;
RESET ROLE;
-- three of four are just enough
SELECT (dm_run_job('slo', 'slu.p')).*;
SELECT property, state, measured, attained, budget_left FROM pg_temp.level WHERE property <> 'throughput' ORDER BY property COLLATE "C";
SELECT property, state, measured ~ '^\d+ rows/s$' AS measured, attained, budget_left FROM pg_temp.level WHERE property = 'throughput';
SELECT property, attained, met FROM pg_temp.report ORDER BY property COLLATE "C";
SET ROLE regress_slu_reader;
SELECT 1 / (v - v) FROM slu_p_v1.t;
RESET ROLE;
SELECT (dm_run_job('slo', 'slu.p')).*;
SELECT property, state, measured, attained, budget_left FROM pg_temp.level WHERE property <> 'throughput' ORDER BY property COLLATE "C";
SELECT property, attained, met FROM pg_temp.report WHERE property <> 'throughput' ORDER BY property COLLATE "C";
SELECT dm_set_slo('slu.p', 'throughput', '1000000000', 'rows/s');
SELECT state FROM pg_temp.level WHERE property = 'throughput';
SELECT dm_add_maintenance(now() - interval '1 h', now() + interval '1 h', 'slu.p', 'all of it') > 0 AS added;
SELECT property, state, attained, detail FROM pg_temp.level ORDER BY property COLLATE "C";
SELECT property, attained, met FROM pg_temp.report ORDER BY property COLLATE "C";
SELECT count(dm_drop_maintenance(id)) FROM datamesh.maintenance_windows WHERE reason = 'all of it';
SELECT dm_set_slo('slu.p', 'throughput', '1', unit) FROM (VALUES ('bytes/s')) u(unit);
SELECT dm_set_slo('slu.p', 'throughput', '1', 'KiB per second');
SELECT dm_set_slo('slu.p', 'throughput', '1', 'beers/s');
SELECT dm_drop_slo('slu.p', p) FROM unnest('{availability,errorRate,throughput}'::text[]) p \g /dev/null

-- the age of values: of none, of good ones, of ones that become too old, and by the clock of a zone
TRUNCATE slu.t;
SELECT dm_set_slo('slu.p', 'latency', '1', 'd', element => 't.at'), dm_set_slo('slu.p', 'retention', '1', 'y', element => 't.at') \g /dev/null
SELECT property, state, detail FROM pg_temp.level ORDER BY property COLLATE "C";
INSERT INTO slu.t VALUES (1, now() - interval '2 h', NULL, 1);
SELECT (dm_run_job('slo', 'slu.p')).*;
SELECT property, state, detail FROM pg_temp.level ORDER BY property COLLATE "C";
SELECT property, state, now() + interval '1 day' - deadline BETWEEN interval '1 h' AND interval '3 h' AS late_since FROM datamesh.slo_states(now() + interval '1 day')
WHERE product = 'slu.p' AND property = 'latency';
SELECT property, state FROM datamesh.slo_states(now() + interval '366 day') WHERE product = 'slu.p' AND property = 'retention';
INSERT INTO slu.t VALUES (2, now() - interval '2 years', NULL, 1);
SELECT (dm_run_job('slo', 'slu.p')).*;
SELECT property, state, detail FROM pg_temp.level ORDER BY property COLLATE "C";
SELECT dm_drop_slo('slu.p', p, 't.at') FROM unnest('{latency,retention}'::text[]) p \g /dev/null
-- a date is its midnight, and a day one of UTC
UPDATE slu.t SET day = '2030-03-31';
SELECT dm_set_slo('slu.p', 'latency', '1', 'd', element => 't.day');
SELECT deadline FROM datamesh.slo_status WHERE product = 'slu.p' AND element = 't.day';
SELECT state FROM datamesh.slo_states('2030-03-31 00:00Z') WHERE product = 'slu.p' AND element = 't.day';
SELECT state FROM datamesh.slo_states('2030-04-01 00:00Z') WHERE product = 'slu.p' AND element = 't.day';
SELECT dm_drop_slo('slu.p', 'latency', 't.day');

-- checks: none, a good one, a bad one, in maintenance
SET ROLE regress_slu_owner;
SELECT dm_set_slo('slu.p', 'qualityScore', '60', 'percent'), dm_set_slo('slu.p', 'completeness', '60', 'percent') \g /dev/null
TABLE pg_temp.level ORDER BY property COLLATE "C";
SELECT dm_add_rule('slu.t', 'no_null', 'nullValues', 'v', dimension => 'completeness'), dm_add_rule('slu.t', 'some', 'rowCount', must => '> 1') \g /dev/null
SELECT rule, verdict FROM dm_check('slu.p') ORDER BY rule;
SELECT property, state, measured, detail FROM pg_temp.level ORDER BY property COLLATE "C";
UPDATE slu.t SET v = NULL;
SELECT rule, verdict FROM dm_check('slu.p') ORDER BY rule;
SELECT property, state, measured, detail FROM pg_temp.level ORDER BY property COLLATE "C";
SELECT property, attained < 100 AS less, met, breaches FROM pg_temp.report ORDER BY property COLLATE "C";
SELECT dm_add_maintenance(now() - interval '1 h', now() + interval '1 h', 'slu.p', 'all of it') > 0 AS added;
SELECT property, attained, met, breaches FROM pg_temp.report ORDER BY property COLLATE "C";
SELECT count(dm_drop_maintenance(id)) FROM datamesh.maintenance_windows WHERE reason = 'all of it';
SELECT dm_drop_slo('slu.p', p) FROM unnest('{qualityScore,completeness}'::text[]) p \g /dev/null
RESET ROLE;

-- dates: before, on the day, and gone too early
SELECT dm_set_slo('slu.p', 'generalAvailability', '2031-01-01'), dm_set_slo('slu.p', 'endOfSupport', '2031-01-01'), dm_set_slo('slu.p', 'endOfLife', '2032-01-01') \g /dev/null
SELECT s.at, property, state, deadline FROM (VALUES ('2030-12-31 23:59:59Z'::timestamptz), ('2031-01-01Z')) s(at), datamesh.slo_states(s.at)
WHERE product = 'slu.p' ORDER BY 1, property COLLATE "C";
SELECT dm_register_product('slu.early') \g /dev/null
SELECT dm_add_port('slu.early', 'slu.t') \g /dev/null
SELECT dm_set_slo('slu.early', 'ga', '2031-01-01'), dm_set_slo('slu.early', 'es', '2031-01-01') \g /dev/null
SELECT dm_retire('slu.early');
SELECT s.at, property, state FROM (VALUES ('2030-12-31Z'::timestamptz), ('2031-01-02Z')) s(at), datamesh.slo_states(s.at)
WHERE product = 'slu.early' ORDER BY 1, property COLLATE "C";
SELECT dm_register_product('slu.never') \g /dev/null
SELECT dm_add_port('slu.never', 'slu.t') \g /dev/null
SELECT dm_set_slo('slu.never', 'ga', '2031-01-01');
SELECT s.at, property, state FROM (VALUES ('2030-12-31Z'::timestamptz), ('2031-01-02Z')) s(at), datamesh.slo_states(s.at)
WHERE product = 'slu.never' ORDER BY 1;
SELECT dm_drop_slo('slu.p', p) FROM unnest('{generalAvailability,endOfSupport,endOfLife}'::text[]) p \g /dev/null

-- incidents: none, in time, too late, one that is under way, and of which nobody knows since when
DELETE FROM datamesh.incident_cause WHERE incident IN (SELECT id FROM datamesh.incident WHERE product = (SELECT id FROM datamesh.product_name WHERE name = 'slu.p'));
DELETE FROM datamesh.incident WHERE product = (SELECT id FROM datamesh.product_name WHERE name = 'slu.p');
SELECT dm_set_slo('slu.p', p, '2', 'h', objective => 50) FROM unnest('{timeToDetect,timeToNotify,timeToRepair}'::text[]) p \g /dev/null
SELECT property, state, measured, detail FROM pg_temp.level ORDER BY property COLLATE "C";
SELECT dm_report_failure('slu.p', 'c', 'something') > 0 AS opened;
SELECT property, state, measured, detail FROM pg_temp.level ORDER BY property COLLATE "C";
-- as if it had been there for an hour and a half when it was opened, three hours ago
UPDATE datamesh.incident SET opened_at = now() - interval '3 h' WHERE product = (SELECT id FROM datamesh.product_name WHERE name = 'slu.p');
UPDATE datamesh.incident_cause c SET wrong_since = i.opened_at - interval '90 min' FROM datamesh.incident i
WHERE i.id = c.incident AND i.product = (SELECT id FROM datamesh.product_name WHERE name = 'slu.p');
SELECT property, state, measured, detail FROM pg_temp.level ORDER BY property COLLATE "C";
UPDATE datamesh.incident_cause c SET wrong_since = i.opened_at - interval '150 min' FROM datamesh.incident i
WHERE i.id = c.incident AND i.product = (SELECT id FROM datamesh.product_name WHERE name = 'slu.p');
UPDATE datamesh.incident SET acknowledged_at = opened_at + interval '1 h', closed_at = opened_at + interval '150 min', state = 'closed', open_relation = NULL
WHERE product = (SELECT id FROM datamesh.product_name WHERE name = 'slu.p');
SELECT property, state, measured, detail FROM pg_temp.level ORDER BY property COLLATE "C";
SELECT dm_drop_slo('slu.p', p) FROM unnest('{timeToDetect,timeToNotify,timeToRepair}'::text[]) p \g /dev/null
-- a level that is broken knows since when, and a rule when it has passed last
SELECT dm_set_slo('slu.p', 'freshness', '100', 'ms');
UPDATE slu.t SET v = 1;
SELECT pg_sleep(0.2);
SELECT (dm_run_job('slo', 'slu.p')).*;
SELECT rule, verdict FROM dm_check('slu.p') ORDER BY rule;
UPDATE slu.t SET v = NULL;
SELECT rule, verdict FROM dm_check('slu.p') ORDER BY rule;
SELECT cause, wrong_since IN (SELECT since FROM datamesh.slo_history h WHERE h.product = 'slu.p' AND h.state = 'breached') AS from_the_deadline_on, wrong_since = (SELECT max(at) FROM datamesh.check_results r WHERE r.relation = 'slu.t'
	AND verdict = 'passed' AND r.rule = 'no_null') AS when_it_passed, wrong_since <= first_failed_at AS before FROM datamesh.incident_causes
WHERE product = 'slu.p' AND cause IN ('slo:latency:t', 'rule:no_null') ORDER BY cause COLLATE "C";

-- what is promised no more is wrong no more: a rule that is dropped, a level that is dropped, one that the contract has no more
SELECT causes, failing, state, note FROM datamesh.incidents WHERE product = 'slu.p' ORDER BY id DESC LIMIT 1;
SET ROLE regress_slu_owner;
SELECT dm_acknowledge_incident(id, 'looked at') FROM datamesh.incidents WHERE product = 'slu.p' AND state = 'open';
SELECT dm_drop_rule('slu.t', 'no_null');
SELECT failing, state, note FROM datamesh.incidents WHERE product = 'slu.p' ORDER BY id DESC LIMIT 1;
SELECT dm_drop_slo('slu.p', 'latency');
SELECT failing, state, note, closed_by FROM datamesh.incidents WHERE product = 'slu.p' ORDER BY id DESC LIMIT 1;
SELECT dm_import_contract($$
apiVersion: v3.1.0
kind: DataContract
id: slu-c
name: c
version: 1.0.0
status: active
domain: slu
schema: [{name: t, properties: [{name: id, logicalType: integer}, {name: v, logicalType: integer, quality: [{name: full, metric: nullValues, mustBe: 0}]}]}]
slaProperties: [{property: freshness, value: 50, unit: ms}]
$$) \g /dev/null
SELECT dm_publish('slu.c');
SELECT pg_sleep(0.1);
SELECT (dm_run_job('slo', 'slu.c')).*;
SELECT rule, verdict FROM dm_check('slu.c') WHERE rule = 'full';
SELECT causes, failing, state, note FROM datamesh.incidents WHERE product = 'slu.c';
SELECT dm_alter_product('slu.c', compatibility => 'NONE') \g /dev/null
SELECT dm_import_contract($$
apiVersion: v3.1.0
kind: DataContract
id: slu-c
name: c
version: 1.1.0
status: active
domain: slu
schema: [{name: t, properties: [{name: id, logicalType: integer}, {name: v, logicalType: integer}]}]
$$) \g /dev/null
SELECT dm_publish('slu.c');
SELECT (dm_run_job('slo', 'slu.c')).*;
SELECT failing, state, note, closed_by FROM datamesh.incidents WHERE product = 'slu.c';
-- its history stays, and ends; a level like it begins anew
SELECT state, until IS NOT NULL AS over FROM datamesh.slo_history WHERE product = 'slu.c' ORDER BY since DESC LIMIT 1;
SELECT dm_set_slo('slu.c', 'freshness', '1', 'h');
SELECT state FROM datamesh.slo_status WHERE product = 'slu.c';
SELECT state, until IS NULL AS goes_on FROM datamesh.slo_history WHERE product = 'slu.c' ORDER BY since DESC LIMIT 2;
-- a product that is retired takes its incidents along
SELECT dm_report_failure('slu.never', 'c', 'something') > 0 AS opened;
SELECT dm_retire('slu.never');
SELECT state, note FROM datamesh.incidents WHERE product = 'slu.never';

RESET ROLE;
SET client_min_messages = error;
DROP VIEW pg_temp.level, pg_temp.report;
SELECT dm_deprecate('slu.p'), dm_retire('slu.p'), dm_deprecate('slu.c'), dm_retire('slu.c'), dm_drop_domain('slu') \g /dev/null
DROP SCHEMA slu CASCADE;
SELECT dm_drop_purpose('slu_work') \g /dev/null
DROP ROLE regress_slu_owner, regress_slu_reader;
