-- A level is at risk when what feeds it is late: views, materialised views, copies and declared inputs
-- of other products; and when it is later than usual itself.  Needs the library to be preloaded.
SET client_min_messages = warning;
CREATE ROLE regress_slk_source;
CREATE ROLE regress_slk_owner;
CREATE ROLE regress_slk_reader;
SELECT dm_register_purpose('slk_work') \g /dev/null
CREATE SCHEMA slks AUTHORIZATION regress_slk_source;
CREATE SCHEMA slkd AUTHORIZATION regress_slk_owner;
SET ROLE regress_slk_source;
CREATE TABLE slks.raw (id int PRIMARY KEY);
CREATE TABLE slks.quiet (id int PRIMARY KEY);
DO $$ BEGIN
	PERFORM dm_register_domain('slks', schemas => '{slks}');
	PERFORM dm_import_contract('{apiVersion: v3.1.0, kind: DataContract, id: slk-raw, name: raw, version: 1.0.0, status: active, domain: slks,
		schema: [{name: raw, properties: [{name: id, logicalType: integer}]}]}');
	PERFORM dm_publish('slks.raw');
	PERFORM dm_register_product('slks.quiet', open_ended => true);
	PERFORM dm_add_port('slks.quiet', 'slks.quiet');
	PERFORM dm_publish('slks.quiet');
	PERFORM dm_grant_access('slks.raw', 'regress_slk_owner', 'slk_work', until => now() + interval '1 day');
	PERFORM dm_grant_access('slks.quiet', 'regress_slk_owner', 'slk_work');
END $$;
RESET ROLE;
SET ROLE regress_slk_owner;
SET datamesh.purpose = 'slk_work';
CREATE VIEW slkd.seen AS SELECT id FROM slks_raw_v1.raw;
CREATE MATERIALIZED VIEW slkd.kept AS SELECT id FROM slkd.seen;
CREATE TABLE slkd.copied AS SELECT id FROM slks_raw_v1.raw;
CREATE TABLE slkd.declared (id int);
CREATE TABLE slkd.alone (id int);
CREATE VIEW slkd.other AS SELECT id FROM slks_quiet_v1.quiet;
CREATE MATERIALIZED VIEW slkd.mirror AS SELECT id FROM slkd.other;
CREATE MATERIALIZED VIEW slkd.further AS SELECT id FROM slkd.kept;
RESET ROLE;
SELECT dm_allow_sharing('slkd.kept', 'slks.raw'), dm_allow_sharing('slkd.further', 'slks.raw'), dm_allow_sharing('slkd.copied', 'slks.raw'),
	dm_allow_sharing('slkd.mirror', 'slks.quiet') \g /dev/null
RESET ROLE;
SET ROLE regress_slk_owner;
DO $$
DECLARE
	r text;
BEGIN
	PERFORM dm_register_domain('slkd', schemas => '{slkd}');
	FOREACH r IN ARRAY '{seen,kept,copied,declared,alone,other,mirror,further}'::text[] LOOP
		PERFORM dm_register_product('slkd.' || r, open_ended => true);
		PERFORM dm_add_port('slkd.' || r, ('slkd.' || r)::regclass);
		PERFORM dm_publish('slkd.' || r);
		PERFORM dm_set_slo('slkd.' || r, 'freshness', '10', 'h');
	END LOOP;
	PERFORM dm_grant_access('slkd.kept', 'regress_slk_reader', 'slk_work');
END $$;
SELECT count(dm_import_product('{apiVersion: v1.0.0, kind: DataProduct, id: slkd-declared, name: declared, status: active, domain: slkd, version: v1.0.0,
	inputPorts: [{name: raw, version: 1.0.0, contractId: slk-raw}, {name: elsewhere, version: 1.0.0, contractId: not-known-here}]}')) > 0 AS imported;
RESET ROLE;
SET ROLE regress_slk_source;
SELECT dm_set_slo('slks.raw', 'freshness', '2', 'h');
RESET ROLE;
-- what a reader sees at a time that has not come, and the events that there are
CREATE VIEW pg_temp.at_risk AS SELECT h.hours, s.product, s.state, s.deadline > now() + h.hours * interval '1 h' AS before_deadline, s.detail
FROM generate_series(1, 9) h(hours), datamesh.slo_states(now() + h.hours * interval '1 h') s
WHERE s.product LIKE 'slk_.%' AND s.property = 'latency';
GRANT SELECT ON pg_temp.at_risk TO PUBLIC;

-- the source's level is broken after two hours, and with it all is at risk that is made of it
SELECT product, state, before_deadline, min(hours), max(hours), detail FROM pg_temp.at_risk
GROUP BY product, state, before_deadline, detail ORDER BY product COLLATE "C", 4;
-- it arrives: all is well for two hours more
SELECT datamesh.slo_replay('slks.raw', ARRAY[now() + interval '4 h'], now() + interval '4 h');
SELECT product, array_agg(hours ORDER BY hours) FILTER (WHERE state = 'at_risk') AS at_risk FROM pg_temp.at_risk
WHERE hours > 4 AND product NOT LIKE 'slks.%' GROUP BY product ORDER BY product COLLATE "C";
-- who may not see the source is not told of it
SET ROLE regress_slk_reader;
SELECT hours, product, state, detail FROM pg_temp.at_risk WHERE hours IN (5, 8) ORDER BY hours;
RESET ROLE;

-- to declare that one reads from it is not enough
CREATE ROLE regress_slk_stranger;
CREATE SCHEMA slkx AUTHORIZATION regress_slk_stranger;
SET ROLE regress_slk_stranger;
CREATE TABLE slkx.guess (id int);
DO $$ BEGIN
	PERFORM dm_register_domain('slkx', schemas => '{slkx}');
	PERFORM dm_register_product('slkx.guess', open_ended => true);
	PERFORM dm_add_port('slkx.guess', 'slkx.guess');
	PERFORM dm_publish('slkx.guess');
	PERFORM dm_set_slo('slkx.guess', 'freshness', '10', 'h');
	PERFORM dm_import_product('{apiVersion: v1.0.0, kind: DataProduct, id: slkx-guess, name: guess, status: active, domain: slkx, version: v1.0.0,
		inputPorts: [{name: raw, version: 1.0.0, contractId: slk-raw}]}');
END $$;
SELECT hours, h.state FROM generate_series(1, 8) hours, datamesh.slo_states(now() + hours * interval '1 h') h WHERE product = 'slkx.guess' ORDER BY hours;
RESET ROLE;
SELECT count(*) FROM datamesh.slo_states(now() + interval '8 h') WHERE product = 'slks.raw' AND state = 'breached';
DO $$ BEGIN
	PERFORM dm_deprecate('slkx.guess');
	PERFORM dm_retire('slkx.guess');
	PERFORM dm_drop_domain('slkx');
END $$;
DROP SCHEMA slkx CASCADE;
DROP ROLE regress_slk_stranger;

-- the job tells once, and once that it is over
SET ROLE regress_slk_owner;
SELECT dm_drop_slo('slkd.seen', 'latency'), dm_drop_slo('slkd.further', 'latency'), dm_drop_slo('slkd.copied', 'latency') \g /dev/null
RESET ROLE;
SET ROLE regress_slk_source;
SELECT dm_drop_slo('slks.raw', 'latency');
SELECT dm_set_slo('slks.raw', 'freshness', '300', 'ms');
RESET ROLE;
CREATE VIEW pg_temp.told AS SELECT product, type, event -> 'data' ->> 'reason' AS reason, (event -> 'data' ->> 'deadline')::timestamptz > now() AS in_time
FROM datamesh.events WHERE product LIKE 'slkd.%' AND type LIKE '%slo.%' ORDER BY product COLLATE "C", sequence;
SELECT pg_sleep(0.4);
SELECT (dm_run_job('slo', 'slkd.' || r)).* FROM unnest('{kept,declared,alone}'::text[]) r;
SELECT (dm_run_job('slo', 'slkd.' || r)).* FROM unnest('{kept,declared,alone}'::text[]) r;
TABLE pg_temp.told;
SELECT j.next_run < now() + interval '15 s' AS looks_again_soon FROM datamesh.jobs j WHERE kind = 'slo' AND object = 'slkd.kept';
SET ROLE regress_slk_source;
SELECT dm_set_slo('slks.raw', 'freshness', '1', 'h');
INSERT INTO slks.raw VALUES (1);
RESET ROLE;
SELECT (dm_run_job('slo', 'slkd.' || r)).* FROM unnest('{kept,declared,alone}'::text[]) r;
SELECT (dm_run_job('slo', 'slkd.' || r)).* FROM unnest('{kept,declared,alone}'::text[]) r;
TABLE pg_temp.told;

-- without a level of its own, a table is late when it is later than usual
INSERT INTO slks.quiet VALUES (1);
SELECT count(dm_record_measurement('slks.quiet', 'seconds between writes', 3600 + 30 * (i * 7 % 11 - 5), now() - i * interval '1 h'))
FROM generate_series(200, 1, -1) i;
SELECT product, state, array_agg(hours ORDER BY hours) AS hours, detail FROM pg_temp.at_risk WHERE product IN ('slkd.other', 'slkd.mirror')
GROUP BY product, state, detail ORDER BY product COLLATE "C", 3;
-- a table that is written to once an hour does not keep a level of half an hour
SET ROLE regress_slk_source;
SELECT dm_set_slo('slks.quiet', 'freshness', '30', 'min');
SELECT state, detail FROM datamesh.slo_status WHERE product = 'slks.quiet';
SELECT dm_set_slo('slks.quiet', 'freshness', '3', 'h');
SELECT state, detail FROM datamesh.slo_status WHERE product = 'slks.quiet';
SELECT hours, state, detail FROM pg_temp.at_risk WHERE product = 'slks.quiet' AND hours < 3 ORDER BY hours;
RESET ROLE;

SET client_min_messages = error;
DROP VIEW pg_temp.at_risk, pg_temp.told;
-- its ports go before what they show, and that before the ports that it is made of
DO $$
DECLARE
	p text;
BEGIN
	FOR p IN SELECT name FROM datamesh.products WHERE name LIKE 'slkd.%' OR name LIKE 'slks.%' ORDER BY name LIKE 'slks.%', name LOOP
		IF (SELECT status = 'active' FROM datamesh.products WHERE name = p) THEN
			PERFORM dm_deprecate(p);
		END IF;
		PERFORM dm_retire(p);
		IF p = 'slkd.seen' THEN
			DROP SCHEMA slkd CASCADE;
		END IF;
	END LOOP;
END $$;
SELECT dm_drop_domain('slkd'), dm_drop_domain('slks') \g /dev/null
DROP SCHEMA slks CASCADE;
SELECT dm_drop_purpose('slk_work') \g /dev/null
DROP ROLE regress_slk_owner, regress_slk_source, regress_slk_reader;
