-- Which service levels there are: set, of the contract, overridden, dropped; and who may do what.
SET client_min_messages = warning;
CREATE ROLE regress_sls_owner;
CREATE ROLE regress_sls_etl;
CREATE ROLE regress_sls_reader;
CREATE ROLE regress_sls_other;
SELECT dm_register_purpose('sls_work') \g /dev/null
SELECT count(*) >= 0 AS loaded FROM dm_load_taxonomy();
CREATE SCHEMA sls AUTHORIZATION regress_sls_owner;
SET ROLE regress_sls_owner;
CREATE TABLE sls.orders (id int, ordered_at timestamptz, day date, local timestamp, note text);
CREATE TABLE sls.people (id int, born date);
CREATE TABLE sls.elsewhere (id int, at timestamptz);
SELECT dm_register_domain('sls', schemas => '{sls}', producers => '{regress_sls_etl}');
SELECT dm_import_contract($$
apiVersion: v3.1.0
kind: DataContract
id: sls-orders
name: orders
version: 1.0.0
status: active
domain: sls
schema:
- name: orders
  properties: [{name: id, logicalType: integer}, {name: when, physicalName: ordered_at, logicalType: timestamp}]
- name: people
  properties: [{name: id, logicalType: integer}, {name: born, logicalType: date, classification: confidential}]
slaProperties:
- {property: freshness, value: 4, unit: h, driver: operational}
- {property: ly, value: 2, unit: d, element: orders.when}
- {property: availability, value: 99.5, unit: percent}
- {property: retention, value: P3Y, element: people.born}
- {property: endOfSupport, value: '2031-01-01'}
- {property: supportHours, value: 9}
- {property: frequency, value: often, unit: d}
$$);
CREATE VIEW pg_temp.level AS
SELECT property, element, target, unit, objective, "window", driver, source FROM datamesh.slo_status
WHERE product = 'sls.orders' ORDER BY property COLLATE "C", element COLLATE "C" NULLS FIRST;
-- a draft promises nothing
SELECT count(*) FROM pg_temp.level;
SELECT dm_publish('sls.orders');
TABLE pg_temp.level;
SELECT property, element, state, detail FROM datamesh.slo_status
WHERE product = 'sls.orders' AND property IN ('retention', 'frequency', 'endOfSupport') ORDER BY property COLLATE "C";
RESET ROLE;
SELECT kind, object, schedule FROM datamesh.job WHERE object = 'sls.orders' AND kind = 'slo';
SET ROLE regress_sls_owner;

-- in the place of the contract's, for one port, and beside
SELECT dm_set_slo('sls.orders', 'AV', '99.9', '%', '7 days', driver => 'regulatory', description => 'more');
SELECT dm_set_slo('sls.orders', 'freshness', '30', 'min', element => 'people', objective => 95);
SELECT dm_set_slo('sls.orders', 'er', '0.5', 'percent');
SELECT dm_set_slo('sls.orders', 'throughput', '600', 'rows per minute');
SELECT dm_set_slo('sls.orders', 'timeToRepair', 'PT4H', objective => 90);
TABLE pg_temp.level;
-- set again: changed
SELECT dm_set_slo('sls.orders', 'er', '1', 'percent');
SELECT dm_drop_slo('sls.orders', 'throughput');
SELECT dm_drop_slo('sls.orders', 'availability');
SELECT dm_drop_slo('sls.orders', 'freshness', 'people');
SELECT dm_drop_slo('sls.orders', 'timeToRepair');
SELECT dm_drop_slo('sls.orders', 'timeToRepair');
SELECT dm_drop_slo('sls.orders', 'retention', 'people.born');
TABLE pg_temp.level;

-- a column: measured with the owner's rights, by an index if there is one
SELECT dm_set_slo('sls.orders', 'latency', '1', 'd', element => 'orders.day');
SELECT dm_set_slo('sls.orders', 'retention', '1', 'y', element => 'orders.local');
SELECT property, element, state, measured IS NULL AS not_measured, detail FROM datamesh.slo_status
WHERE product = 'sls.orders' AND element IN ('orders.day', 'orders.local') ORDER BY property COLLATE "C";
INSERT INTO sls.orders VALUES (1, now(), current_date - 9, now() - interval '2 years', 'old');
SELECT dm_set_slo('sls.orders', 'latency', '1', 'd', element => 'orders.day');
SELECT dm_set_slo('sls.orders', 'retention', '1', 'y', element => 'orders.local');
SELECT property, element, state, measured IS NULL AS not_measured, detail FROM datamesh.slo_status
WHERE product = 'sls.orders' AND element IN ('orders.day', 'orders.local') ORDER BY property COLLATE "C";
UPDATE sls.orders SET day = current_date + 1, local = now();
SELECT dm_set_slo('sls.orders', 'latency', '1', 'd', element => 'orders.day');
SELECT dm_set_slo('sls.orders', 'retention', '1', 'y', element => 'orders.local');
SELECT property, element, state IN ('ok', 'at_risk') AS good, detail FROM datamesh.slo_status
WHERE product = 'sls.orders' AND element IN ('orders.day', 'orders.local') ORDER BY property COLLATE "C";
UPDATE sls.orders SET day = 'infinity';
SELECT dm_set_slo('sls.orders', 'latency', '1', 'd', element => 'orders.day');
SELECT element, state, detail FROM datamesh.slo_status WHERE product = 'sls.orders' AND element = 'orders.day';
-- the column goes, the level says so
ALTER TABLE sls.orders RENAME COLUMN local TO moved;
SELECT element, state, detail FROM datamesh.slo_status WHERE product = 'sls.orders' AND element = 'orders.local';

-- a view of somebody's function is read with its owner's rights, and cannot keep them
CREATE FUNCTION sls.grab() RETURNS timestamptz LANGUAGE plpgsql AS
$$ BEGIN EXECUTE 'CREATE TABLE sls.grabbed()'; RETURN now(); END $$;
CREATE VIEW sls.trap AS SELECT sls.grab() AS at;
SELECT dm_register_product('sls.trapped');
SELECT dm_set_slo('sls.trapped', 'latency', '1', 'd', element => 'trap.at');
SELECT element, state, detail FROM datamesh.slo_status WHERE product = 'sls.trapped';
SELECT to_regclass('sls.grabbed');

-- what is refused
SELECT dm_set_slo('sls.orders', 'latencies', '1', 'h');
SELECT dm_set_slo('sls.orders', 'latency', '-1', 'h');
SELECT dm_set_slo('sls.orders', 'latency', '0', 'h');
SELECT dm_set_slo('sls.orders', 'latency', 'NaN', 'h');
SELECT dm_set_slo('sls.orders', 'latency', '1e300', 'h');
SELECT dm_set_slo('sls.orders', 'latency', '1', 'fortnight');
SELECT dm_set_slo('sls.orders', 'latency', 'P999999999Y');
SELECT dm_set_slo('sls.orders', 'latency', NULL);
SELECT dm_set_slo('sls.orders', 'latency', '1', 'h', element => 'orders.note');
SELECT dm_set_slo('sls.orders', 'latency', '1', 'h', element => 'people.born');
SELECT dm_set_slo('sls.orders', 'latency', '1', 'h', element => 'orders.nothing');
ALTER TABLE sls.orders ENABLE ROW LEVEL SECURITY;
SELECT dm_set_slo('sls.orders', 'latency', '1', 'h', element => 'orders.day');
ALTER TABLE sls.orders DISABLE ROW LEVEL SECURITY;
SELECT dm_set_slo('sls.orders', 'latency', '1', 'h', element => 'nothing');
SELECT dm_set_slo('sls.orders', 'latency', '1', 'h', element => 'orders"; DROP TABLE sls.orders; --.x');
SELECT dm_set_slo('sls.orders', 'retention', '1', 'y');
SELECT dm_set_slo('sls.orders', 'availability', '101', 'percent');
SELECT dm_set_slo('sls.orders', 'availability', '99', 'hours');
SELECT dm_set_slo('sls.orders', 'throughput', '5', 'MB/s');
SELECT dm_set_slo('sls.orders', 'timeOfAvailability', '25:00');
SELECT dm_set_slo('sls.orders', 'timeOfAvailability', '09:00 Nowhere/City');
SELECT dm_set_slo('sls.orders', 'endOfLife', 'tomorrow');
SELECT dm_set_slo('sls.orders', 'latency', '1', 'h', '-1 day');
SELECT dm_set_slo('sls.orders', 'latency', '1', 'h', objective => 0);
SELECT dm_set_slo('sls.orders', 'latency', '1', 'h', objective => 'NaN');
SELECT dm_set_slo('sls.orders', 'latency', '1', 'h', driver => 'money');
SELECT dm_set_slo('sls.nothing', 'latency', '1', 'h');
SELECT dm_slo_report('sls.orders', now(), now());
SELECT dm_slo_report('sls.orders', '-infinity', now());
SELECT dm_add_maintenance('2030-01-02', '2030-01-01', 'sls.orders');
SELECT dm_add_maintenance('2030-01-02', 'infinity', 'sls.orders');
SELECT dm_add_maintenance('2030-01-01', '2030-01-02');
SELECT dm_add_weekly_maintenance('{someday}', '01:00', '02:00', 'UTC', 'sls.orders');
SELECT dm_add_weekly_maintenance('{}', '01:00', '02:00', 'UTC', 'sls.orders');
SELECT dm_add_weekly_maintenance('{mon}', '01:00', '02:00', 'Nowhere/City', 'sls.orders');
SELECT dm_add_weekly_maintenance('{mon}', NULL, '02:00', 'UTC', 'sls.orders');
SELECT dm_drop_maintenance(987654321);
SELECT dm_record_refresh('sls.orders', now() + interval '1 day');
SELECT dm_record_refresh('sls.orders', 'infinity');
SELECT dm_record_refresh('sls.trapped');

-- what was read of a column before a tag guarded it is not told any more, for no time
SET ROLE regress_sls_owner;
INSERT INTO sls.elsewhere VALUES (1, now());
SELECT dm_set_slo('sls.orders', 'latency', '1', 'd', element => 'elsewhere.at');
SELECT state, measured IS NOT NULL AS measured FROM datamesh.slo_status
WHERE product = 'sls.orders' AND property = 'latency' AND element = 'elsewhere.at';
SELECT dm_classify('sls.elsewhere', 'at', 'pii') \g /dev/null
SELECT state, measured, deadline, detail FROM datamesh.slo_states(now())
WHERE product = 'sls.orders' AND property = 'latency' AND element = 'elsewhere.at';
SELECT measured, deadline FROM datamesh.slo_states('2020-01-01')
WHERE product = 'sls.orders' AND property = 'latency' AND element = 'elsewhere.at';
SELECT dm_drop_slo('sls.orders', 'latency', 'elsewhere.at');
RESET ROLE;
SELECT dm_classify('sls.elsewhere', 'at') \g /dev/null
-- refreshes are told by the domain's people; levels are set by its owner
SET ROLE regress_sls_etl;
SELECT dm_record_refresh('sls.orders');
SELECT dm_set_slo('sls.orders', 'latency', '1', 'h');
SELECT state, count(*) FROM datamesh.slo_status WHERE product = 'sls.orders' AND property = 'latency' AND element NOT LIKE '%.%' GROUP BY state;
SET ROLE regress_sls_other;
SELECT dm_record_refresh('sls.orders');
SELECT dm_set_slo('sls.orders', 'latency', '1', 'h');
SELECT dm_drop_slo('sls.orders', 'errorRate');
SELECT dm_add_maintenance('2030-01-01', '2030-01-02', 'sls.orders');
SELECT datamesh.slo_replay('sls.orders', '{}', now());
SELECT count(*) FROM datamesh.slo_status WHERE product = 'sls.orders';
SELECT count(*) FROM datamesh.slo_history WHERE product = 'sls.orders';
SELECT dm_slo_report('sls.orders', now() - interval '1 day', now());
SELECT * FROM datamesh.slo_interval;
-- a consumer sees how they stand, not their history
RESET ROLE;
SELECT dm_grant_access('sls.orders', 'regress_sls_reader', 'sls_work', until => now() + interval '1 day') > 0 AS granted;
SET ROLE regress_sls_reader;
SELECT property, element FROM datamesh.slo_status WHERE product = 'sls.orders' ORDER BY property COLLATE "C", element COLLATE "C" NULLS FIRST;
SELECT count(*) FROM datamesh.slo_history WHERE product = 'sls.orders';
SELECT count(*) FROM dm_slo_report('sls.orders', now() - interval '1 day', now());

RESET ROLE;
SET client_min_messages = error;
SELECT dm_deprecate('sls.orders'), dm_retire('sls.orders'), dm_retire('sls.trapped'), dm_drop_domain('sls') \g /dev/null
SELECT count(*) FROM datamesh.slo s WHERE NOT EXISTS (SELECT FROM datamesh.product p WHERE p.id = s.product);
DROP VIEW pg_temp.level;
DROP SCHEMA sls CASCADE;
SELECT dm_drop_purpose('sls_work') \g /dev/null
DROP ROLE regress_sls_owner, regress_sls_etl, regress_sls_reader, regress_sls_other;
