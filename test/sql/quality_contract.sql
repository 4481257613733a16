-- Rules that contracts say.
CREATE ROLE regress_rk_owner;
CREATE ROLE regress_rk_app;
CREATE ROLE regress_rk_member IN ROLE regress_rk_owner;
CREATE SCHEMA rk AUTHORIZATION regress_rk_owner;
SET ROLE regress_rk_owner;
CREATE TABLE rk.customer (id int PRIMARY KEY, email text, country text, tags int[], note text);
CREATE TABLE rk.orders (id int, customer int, amount numeric, day text);
INSERT INTO rk.customer VALUES (1, 'a@example.org', 'de', '{1,2}', NULL), (2, 'nobody', 'xx', '{}', NULL), (3, 'n/a', NULL, '{1,2,3,4}', NULL);
INSERT INTO rk.orders VALUES (1, 1, 10, '2024-01-01'), (1, 2, -5, '2024-13-01'), (2, 9, 7.5, NULL);
SELECT dm_register_domain('rk', schemas => '{rk}', producers => '{regress_rk_app}') \g /dev/null
\set SHOW_CONTEXT never

SELECT $odcs${"apiVersion": "v3.1.0", "kind": "DataContract", "id": "rk-1", "name": "shop", "version": "1.0.0", "status": "draft", "domain": "rk", "dataProduct": "shop",
 "schema": [
  {"name": "customer", "logicalType": "object",
   "quality": [
    {"name": "enough", "metric": "rowCount", "mustBeGreaterThan": 2, "mustBeLessThan": 10},
    {"id": "all_countries", "type": "sql", "query": "SELECT count(DISTINCT country) FROM ${schema}.${table}", "mustBeGreaterOrEqualTo": 2, "dimension": "cv"},
    {"name": "yes", "type": "sql", "query": "SELECT bool_and(id > 0) FROM {object}"},
    {"name": "writes", "type": "sql", "query": "SELECT rk.bump(1) FROM {object}", "mustBe": 1},
    {"name": "be nice", "type": "text", "description": "Customers are nice."},
    {"name": "ge", "type": "custom", "engine": "great-expectations", "implementation": "x"},
    {"name": "share", "metric": "rowCount", "mustBe": 3, "unit": "percent"},
    {"metric": "duplicateValues", "arguments": {"properties": ["country", "note"]}, "mustBe": 0, "severity": "info", "scheduler": "cron", "schedule": "0 6 * * *"}],
   "properties": [
    {"name": "id", "logicalType": "integer", "physicalType": "integer", "primaryKey": true, "primaryKeyPosition": 1, "required": true},
    {"name": "email", "logicalType": "string", "required": true, "unique": true, "logicalTypeOptions": {"format": "email", "maxLength": 10},
     "quality": [
      {"metric": "missingValues", "arguments": {"missingValues": ["n/a", null]}, "mustBeLessOrEqualTo": 30, "unit": "percent"},
      {"metric": "invalidValues", "arguments": {"pattern": "@", "missingValues": ["n/a"]}, "mustBe": 0},
      {"name": "typed", "type": "sql", "query": "SELECT max({property}) FROM {object}", "mustBe": "nobody"}]},
    {"name": "land", "physicalName": "country", "logicalType": "string", "enum": [{"value": "de"}, {"value": "nl"}]},
    {"name": "tags", "logicalType": "array", "items": {"logicalType": "integer"}, "logicalTypeOptions": {"minItems": 1, "maxItems": 3, "uniqueItems": true}},
    {"name": "note", "logicalType": "string", "physicalType": "VARCHAR2(10 CHAR)", "logicalTypeOptions": {"pattern": "^x"}},
    {"name": "gone", "logicalType": "string", "required": true}]},
  {"name": "orders", "logicalType": "object",
   "quality": [{"metric": "nullValues", "mustBe": 0}],
   "properties": [
    {"name": "id", "logicalType": "integer", "primaryKey": true, "primaryKeyPosition": 1},
    {"name": "customer", "logicalType": "integer", "relationships": [{"to": "customer.id"}]},
    {"name": "amount", "logicalType": "number", "logicalTypeOptions": {"exclusiveMinimum": 0, "multipleOf": 0.5}},
    {"name": "day", "logicalType": "date", "logicalTypeOptions": {"format": "yyyy-MM-dd"}}]},
  {"name": "nowhere", "logicalType": "object", "quality": [{"name": "some", "metric": "rowCount", "mustBeGreaterThan": 0}], "properties": [{"name": "x", "logicalType": "string"}]}]}$odcs$ AS odcs \gset
SET client_min_messages = error;
SELECT dm_import_contract(:'odcs');
CREATE FUNCTION rk.bump(int) RETURNS int STABLE LANGUAGE plpgsql AS 'BEGIN UPDATE rk.orders SET id = id + 1; RETURN 1; END';
RESET client_min_messages;
SELECT relation, rule, "column", verdict, measured, must, failing, message FROM dm_check('rk.shop') WHERE source = 'contract' ORDER BY relation::text COLLATE "C", rule COLLATE "C";
SELECT relation, rule, "column", metric, verdict, measured, failing, sample FROM dm_check('rk.shop') WHERE source = 'schema' ORDER BY relation::text COLLATE "C", rule COLLATE "C";
SELECT * FROM (SELECT DISTINCT rule, message FROM datamesh.check_results WHERE source = 'schema' AND message IS NOT NULL) r ORDER BY rule COLLATE "C", message COLLATE "C";
SELECT DISTINCT severity, verdict FROM datamesh.check_results WHERE rule = 'duplicateValues';
SELECT rule FROM dm_check('rk.shop', '{enough}', 'completeness');
SELECT rule FROM dm_check('rk.shop', dimension => 'coverage');
-- stored rules of what the product shows go along, and keep their names
SELECT dm_add_rule('rk.customer', 'enough', 'rowCount', must => '= 3') > 0 AS added;
SELECT rule, source, verdict FROM dm_check('rk.shop') WHERE rule LIKE 'enough%' ORDER BY rule COLLATE "C";
-- all of them are listed without a check: those that dm_check checks, as it checks them
SELECT source, count(*), count(*) FILTER (WHERE problem IS NOT NULL) AS problems FROM dm_rules('rk.shop') GROUP BY source ORDER BY source COLLATE "C";
SELECT name, relation, called, "column", metric, arguments, must, unit, severity, mode, dimension, schedule, description, problem FROM dm_rules('rk.shop') WHERE name IN ('enough', 'be nice', 'share', 'duplicateValues', 'land.enum', 'some') OR name LIKE 'enough%' ORDER BY called COLLATE "C", name COLLATE "C";
SELECT count(*) AS results FROM datamesh.check_results \gset
SELECT count(*) FILTER (WHERE c.rule IS NULL) AS unchecked, count(*) FILTER (WHERE r.name IS NULL) AS unlisted, count(*) AS both
FROM dm_rules('rk.shop') r FULL JOIN dm_check('rk.shop') c ON c.rule = r.name AND c.relation IS NOT DISTINCT FROM r.relation AND c.metric = r.metric AND c.must = r.must AND c.unit = r.unit AND c.severity = r.severity AND c.source = r.source AND c.dimension IS NOT DISTINCT FROM r.dimension;
SELECT count(*) - :results = (SELECT count(*) FROM dm_rules('rk.shop')) AS checked_once FROM datamesh.check_results;
RESET ROLE;
CREATE ROLE regress_rk_stranger;
SET ROLE regress_rk_stranger;
SELECT * FROM dm_rules('rk.shop');
RESET ROLE;
DROP ROLE regress_rk_stranger;
SET ROLE regress_rk_owner;
SELECT * FROM dm_rules('rk.nothing');
SELECT * FROM dm_rules(NULL);
-- a draft has no jobs
RESET ROLE;
SELECT object FROM datamesh.job WHERE kind = 'check' AND object LIKE 'rk.%';
SET ROLE regress_rk_owner;
-- JUnit
SELECT regexp_replace(line, 'time="[0-9.]+"', 'time=""') AS line
FROM string_to_table(dm_junit('rk.shop'), E'\n') WITH ORDINALITY x(line, n) WHERE line ~ 'testsuite|enough|be nice|<failure.*email' ORDER BY n;

-- what is in SQL runs as the product's owner, and so its author needs these rights
RESET ROLE;
SELECT dm_alter_product('rk.shop', owner => 'regress_rk_app');
SET ROLE regress_rk_member;
SELECT rule, verdict, message FROM dm_check('rk.shop', '{yes,enough}') ORDER BY rule COLLATE "C";
RESET ROLE;
GRANT regress_rk_app TO regress_rk_owner;
SET ROLE regress_rk_app;
SELECT rule, verdict, message FROM dm_check('rk.shop', '{yes,enough}') ORDER BY rule COLLATE "C";
RESET ROLE;
-- a contract in force has jobs for its schedules, until another one is in force
REVOKE regress_rk_app FROM regress_rk_owner;
SELECT dm_alter_product('rk.shop', owner => 'regress_rk_owner') \g /dev/null
SET datamesh.contract_mode = 'off';
SET client_min_messages = error;
SET ROLE regress_rk_owner;
CREATE TABLE rk.nowhere (x text);
ALTER TABLE rk.customer ADD gone text;
SELECT replace(:'odcs', '"logicalType": "date"', '"logicalType": "string"') AS odcs \gset
SELECT dm_import_contract(replace(:'odcs', '"1.0.0"', '"1.1.0"')), dm_publish('rk.shop') \g /dev/null
RESET ROLE;
SELECT object, schedule, relation FROM datamesh.job WHERE kind = 'check' AND object LIKE 'rk.%';
SET ROLE regress_rk_owner;
SELECT dm_import_contract(replace(replace(:'odcs', '"1.0.0"', '"1.2.0"'), '0 6 * * *', '@every 5 min')), dm_publish('rk.shop') \g /dev/null
RESET ROLE;
SELECT object, schedule, relation FROM datamesh.job WHERE kind = 'check' AND object LIKE 'rk.%';
SELECT dm_deprecate('rk.shop', current_date), dm_retire('rk.shop'), dm_drop_domain('rk') \g /dev/null
SELECT object, schedule, relation FROM datamesh.job WHERE kind = 'check' AND object LIKE 'rk.%';
DROP SCHEMA rk CASCADE;
DROP ROLE regress_rk_member, regress_rk_app, regress_rk_owner;
