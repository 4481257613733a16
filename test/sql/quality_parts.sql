-- Rules about parts of a column: properties, items and maps of contracts, in JSON, composite types and arrays; and metric jsonSchema by itself.
CREATE ROLE regress_qj_owner;
CREATE SCHEMA qj AUTHORIZATION regress_qj_owner;
SELECT dm_register_domain('qj', 'regress_qj_owner', '{qj}') IS NOT NULL AS registered;
SET ROLE regress_qj_owner;
CREATE TYPE qj.place AS (city text, zip text, floor int);
CREATE TABLE qj.orders (id int PRIMARY KEY, address jsonb, place qj.place, lines json, stops qj.place[], tags text[], attrs jsonb, note text);
INSERT INTO qj.orders VALUES
	(1, '{"city": "Bonn", "zip": "53111", "geo": {"lat": 50.7, "alt": 60.0}}', '(Bonn,53111,1)', '[{"sku": "a", "count": 1, "day": "2024-01-01"}]', '{"(Bonn,1,)"}', '{x,y}', '{"a": 1}', '{}'),
	(2, '{"city": null, "zip": "5311"}', '(,5311,2)', '[{"sku": "a", "count": 0}, {"sku": "a", "count": 0}]', '{"(,1,)","(Ulm,,)"}', '{x,x}', '{"a": "no"}', NULL),
	(3, '{"zip": 53111, "geo": {"lat": 99, "alt": 1.5}}', '(Ulm,,)', '[]', NULL, '{}', '{"B": 1, "c": 2}', NULL),
	(4, '[1]', NULL, '{"sku": 1}', '{NULL}', NULL, '{}', NULL),
	(5, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(6, '{"city": "Köln", "zip": "50667", "geo": {}, "extra": 1, "more": 2}', '(Köln,50667,7)', '[{"sku": "b", "count": 3, "day": "2024-13-01"}, {"count": 2.5}]', '{"(Bonn,1,3)","(Bonn,1,3)"}', '{x,y,z,x}', '{}', NULL);
\set SHOW_CONTEXT never
SELECT $odcs${"apiVersion": "v3.1.0", "kind": "DataContract", "id": "qj-1", "name": "shop", "version": "1.0.0", "status": "draft", "domain": "qj", "dataProduct": "shop",
 "schema": [{"name": "orders", "logicalType": "object", "properties": [
  {"name": "id", "logicalType": "integer"},
  {"name": "address", "logicalType": "object", "logicalTypeOptions": {"minProperties": 2, "maxProperties": 4, "required": ["city", "zip"]}, "properties": [
   {"name": "city", "logicalType": "string", "required": true, "quality": [{"metric": "nullValues", "mustBeLessThan": 50, "unit": "percent"}, {"name": "no_sql", "type": "sql", "query": "SELECT 1", "mustBe": 1}]},
   {"name": "postcode", "physicalName": "zip", "logicalType": "string", "logicalTypeOptions": {"minLength": 5, "maxLength": 5, "pattern": "^[0-9]+$"},
    "quality": [{"name": "zip_given", "metric": "missingValues", "arguments": {"missingValues": ["5311"]}, "mustBe": 0}, {"name": "zip_valid", "metric": "invalidValues", "arguments": {"validValues": ["53111", "50667"], "missingValues": [53111]}, "mustBe": 0},
     {"name": "zip_twice", "metric": "duplicateValues", "mustBe": 0}, {"name": "zip_text", "type": "text", "description": "Ask the post."}]},
   {"name": "geo", "logicalType": "object", "properties": [{"name": "lat", "logicalType": "number", "required": true, "logicalTypeOptions": {"minimum": "-090.", "maximum": "+90"}}, {"name": "alt", "logicalType": "number", "logicalTypeOptions": {"format": "i32"}}]}]},
  {"name": "place", "logicalType": "object", "logicalTypeOptions": {"minProperties": 3, "required": ["zip"]}, "properties": [{"name": "city", "logicalType": "string", "required": true}, {"name": "floor", "logicalType": "integer", "logicalTypeOptions": {"exclusiveMaximum": 7, "multipleOf": 1, "format": "u8"}}]},
  {"name": "lines", "logicalType": "array", "logicalTypeOptions": {"minItems": 1, "maxItems": 2, "uniqueItems": true}, "items": {"logicalType": "object", "properties": [
   {"name": "sku", "logicalType": "string", "required": true, "unique": true, "enum": [{"value": "a"}, {"value": "b"}]}, {"name": "count", "logicalType": "integer", "logicalTypeOptions": {"minimum": 1}}, {"name": "day", "logicalType": "date", "logicalTypeOptions": {"minimum": "2020-01-01"}}]}},
  {"name": "stops", "logicalType": "array", "logicalTypeOptions": {"uniqueItems": true}, "items": {"logicalType": "object", "required": true, "properties": [{"name": "city", "logicalType": "string", "required": true}]}},
  {"name": "tags", "logicalType": "array", "logicalTypeOptions": {"uniqueItems": true, "maxItems": 3}, "items": {"logicalType": "string", "logicalTypeOptions": {"pattern": "^[xy]"}}},
  {"name": "attrs", "logicalType": "map", "map": {"key": {"logicalType": "string", "logicalTypeOptions": {"pattern": "^[a-z]$"}}, "value": {"logicalType": "integer"}}},
  {"name": "note", "logicalType": "object", "logicalTypeOptions": {"maxProperties": 2}, "properties": [{"name": "x", "logicalType": "string", "required": true}]},
  {"name": "gone", "logicalType": "object", "properties": [{"name": "x", "logicalType": "string", "required": true}]}]}]}$odcs$ AS odcs \gset
SET client_min_messages = error;
SELECT dm_import_contract(:'odcs');
RESET client_min_messages;
SELECT rule, metric, dimension, verdict, rows_checked, failing, (SELECT array_agg(e -> 'id') FROM jsonb_array_elements(sample) e) AS id FROM dm_check('qj.shop') WHERE source = 'schema' AND metric IN ('jsonSchema', 'expression', 'text') ORDER BY rule COLLATE "C";
SELECT rule, metric, dimension, verdict, measured, failing, message FROM dm_check('qj.shop') WHERE source = 'contract' ORDER BY rule COLLATE "C";
-- the same failures as SQL counts them
SELECT count(*) FILTER (WHERE jsonb_typeof(address) = 'object' AND address ->> 'city' IS NULL) AS "address.city.required", count(*) FILTER (WHERE char_length(address ->> 'zip') < 5) AS "address.postcode.minLength",
	count(*) FILTER (WHERE (place).city IS NULL AND place IS NOT NULL OR place::text = '(,5311,2)') AS "place.city.required",
	count(*) FILTER (WHERE cardinality(tags) <> (SELECT count(DISTINCT t) FROM unnest(tags) t)) AS "tags.uniqueItems", count(*) FILTER (WHERE EXISTS (SELECT FROM unnest(tags) t WHERE t !~ '^[xy]')) AS "tags[].pattern",
	count(*) FILTER (WHERE EXISTS (SELECT FROM jsonb_each(CASE WHEN jsonb_typeof(attrs) = 'object' THEN attrs END) e WHERE jsonb_typeof(e.value) <> 'number')) AS "attrs{}.logicalType" FROM qj.orders;
-- one scan for all of them, by workers, too
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT count(*), count(*) FILTER (WHERE verdict = 'failed') AS failed, count(DISTINCT elapsed) AS scans FROM dm_check('qj.shop') WHERE metric = 'jsonSchema';
RESET min_parallel_table_scan_size;
-- the metric by itself
SELECT dm_add_rule('qj.orders', 'shape', 'jsonSchema', 'address', '{"schema": {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {"geo": {"$ref": "#/$defs/geo"}}, "$defs": {"geo": {"required": ["lat"]}}}}') > 0 AS added;
SELECT failing, sample, message FROM dm_check('qj.orders'::regclass, '{shape}');
SELECT dm_add_rule('qj.orders', 'slow', 'jsonSchema', 'address', '{"schema": {"properties": {"city": {"pattern": "^(a+)+$"}}}}') > 0 AS added;
INSERT INTO qj.orders (id, address) VALUES (7, jsonb_build_object('city', repeat('a', 60) || 'b'));
SELECT rule, verdict FROM dm_check('qj.orders'::regclass) ORDER BY rule COLLATE "C";
DELETE FROM qj.orders WHERE id = 7;
-- at the write it is a check of the rows that a statement has written
SELECT dm_alter_rule('qj.orders', 'shape', mode => 'reject');
INSERT INTO qj.orders (id, address) VALUES (8, '{"geo": {"lat": 1}}');
INSERT INTO qj.orders (id, address) VALUES (9, '{"geo": {}}');
SELECT dm_alter_rule('qj.orders', 'shape', mode => 'quarantine');
-- refused
SELECT dm_add_rule('qj.orders', 'r', 'jsonSchema', 'note', '{"schema": {}}');
SELECT dm_add_rule('qj.orders', 'r', 'jsonSchema', 'address');
SELECT dm_add_rule('qj.orders', 'r', 'jsonSchema', 'address', '{"schema": true}');
SELECT dm_add_rule('qj.orders', 'r', 'jsonSchema', 'address', '{"schema": {"type": "nothing"}}');
SELECT dm_add_rule('qj.orders', 'r', 'jsonSchema', 'address', '{"schema": {"$ref": "https://example.org/other"}}');
SELECT datamesh.measure('{"probes": [{"kind": "value", "value": 0, "schema": {"type": 1}}]}', address) FROM qj.orders;
SELECT datamesh.measure('{"probes": [{"kind": "value", "value": 0, "schema": {}}]}', id) FROM qj.orders;
RESET ROLE;
SET client_min_messages = error;
SELECT dm_drop_port('qj.shop', 'orders'), dm_retire('qj.shop'), dm_drop_domain('qj') \g /dev/null
DROP SCHEMA qj CASCADE;
DROP OWNED BY regress_qj_owner;
DROP ROLE regress_qj_owner;
