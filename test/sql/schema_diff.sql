-- Comparing schemas of data: what is told, and what is refused.  Labelled changes and the proof
-- against the validator are in test/t/072_schema_compat.pl.
CREATE FUNCTION diff(old jsonb, new jsonb, format text DEFAULT 'jsonschema') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT format('%s %s: %s -> %s breaks %s', path, kind, old_value, new_value, breaks) FROM dm_diff_schema(old, new, format) $$;

-- every difference with its direction
SELECT * FROM dm_diff_schema(
	'{"type": "object", "required": ["id", "name"], "additionalProperties": false, "properties": {"id": {"type": "integer"},
		"name": {"type": "string", "maxLength": 20}, "size": {"enum": ["S", "M"]}, "old": {}, "at": {"type": "string", "format": "date"}}}',
	'{"type": "object", "required": ["id", "zip"], "additionalProperties": false, "properties": {"id": {"type": "number"},
		"name": {"type": "string", "maxLength": 10}, "size": {"enum": ["S", "M", "L"]}, "zip": {"type": "string"}, "at": {"type": "string", "format": "date-time"}}}');
SELECT dm_schema_compatibility('{"type": "integer"}', '{"type": "number"}'), dm_schema_compatibility('{"type": "number"}', '{"type": "integer"}'),
	dm_schema_compatibility('{"title": "a"}', '{"title": "b"}'), dm_schema_compatibility('{"type": "null"}', '{"type": "array"}');
-- an enum is known value by value
SELECT diff('{"enum": [2, 4, "x"]}', '{"anyOf": [{"type": "string"}, {"multipleOf": 2, "maximum": 4}]}');
-- alternatives of the old schema one by one
SELECT diff('{"oneOf": [{"type": "string", "maxLength": 3}, {"type": "null"}]}', '{"type": ["string", "null"], "maxLength": 5}');
-- recursive ones
SELECT diff('{"properties": {"next": {"$ref": "#"}, "v": {"type": "integer"}}}', '{"$ref": "#/$defs/n", "$defs": {"n": {"properties": {"next": {"$ref": "#/$defs/n"}, "v": {"type": "number"}}}}}');

-- Avro
SELECT diff('{"type": "record", "name": "r", "namespace": "a.b", "fields": [{"name": "n", "type": "int"}, {"name": "t", "type": ["null", "string"]},
		{"name": "e", "type": {"type": "enum", "name": "e", "symbols": ["A", "B"]}}, {"name": "d", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
		{"name": "next", "type": ["null", "r"]}, {"name": "f", "type": {"type": "fixed", "name": "f", "size": 4}}, {"name": "m", "type": {"type": "map", "values": "long"}}]}',
	'{"type": "record", "name": "r", "fields": [{"name": "n", "type": "long"}, {"name": "t", "type": "string"},
		{"name": "e", "type": {"type": "enum", "name": "e", "symbols": ["A", "B", "C"], "default": "A"}}, {"name": "d", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 3}},
		{"name": "next", "type": ["null", "r"]}, {"name": "f", "type": {"type": "fixed", "name": "f", "size": 8}}, {"name": "m", "type": {"type": "map", "values": "string"}},
		{"name": "was_n", "aliases": ["n"], "type": "double"}, {"name": "more", "type": "int"}, {"name": "less", "type": "int", "default": 0}]}', 'avro');
SELECT dm_schema_compatibility(v.w, v.r, 'avro'), v.* FROM (VALUES ('"int"'::jsonb, '"long"'::jsonb), ('"string"', '"bytes"'), ('"int"', '"string"'), ('["int", "null"]', '["null", "long"]'),
	('"int"', '["null", "int"]'), ('{"type": "array", "items": "int"}', '{"type": "array", "items": "float"}'), ('{"type": {"type": "int"}}', '"int"')) v (w, r);

-- refused
\set VERBOSITY terse
SELECT diff(NULL, 'true');
SELECT diff('true', NULL);
SELECT diff('true', 'true', NULL);
SELECT diff('true', 'true', 'protobuf');
SELECT diff('{"type": "text"}', 'true');
SELECT diff('true', '{"$ref": "http://example.com/"}');
SELECT diff('"int"', '"integer"', 'avro');
SELECT diff('{"type": "record", "name": "r"}', '{"type": "record", "name": "r", "fields": [{"name": "a"}]}', 'avro');
SELECT diff('{"type": "record", "name": "r", "fields": [{"name": "a", "type": "int"}]}', '{"type": "record", "name": "r", "fields": 3}', 'avro');
SELECT diff('{"type": "enum", "name": "r", "symbols": []}', '{"type": "enum", "symbols": []}', 'avro');
SELECT diff('{}', '3', 'avro');
SELECT diff('"a"', '{"type": "fixed", "name": "a", "size": 1}', 'avro');
-- a type that is nothing but its own name
SELECT diff('{"type": "record", "name": "r", "fields": []}', '{"type": "r", "name": "r", "fields": []}', 'avro');
-- hostile ones
SELECT count(*) FROM (SELECT jsonb_build_object('$ref', '#/$defs/n0', '$defs',
		(SELECT jsonb_object_agg('n' || i, jsonb_build_object('anyOf', jsonb_build_array(
			jsonb_build_object('$ref', '#/$defs/n' || i + 1), jsonb_build_object('$ref', '#/$defs/n' || i + 1, 'maximum', i))))
		 FROM generate_series(0, 30) i) || '{"n31": {"type": "null"}}')) s (schema), dm_diff_schema(schema, '{"type": "string"}');
SELECT dm_schema_compatibility((repeat('{"items":', 1000) || '{}' || repeat('}', 1000))::jsonb, (repeat('{"items":', 1001) || '{}' || repeat('}', 1001))::jsonb);
SET statement_timeout = '60s';
SELECT count(*) FROM (SELECT jsonb_build_object('properties', jsonb_object_agg('k' || i, jsonb_build_object('type', 'string'))) AS old,
	jsonb_build_object('properties', jsonb_object_agg('k' || i, jsonb_build_object('type', 'integer'))) AS new FROM generate_series(1, 90000) i) s,
	dm_diff_schema(old, new);
RESET statement_timeout;
-- fields of Avro are compared one by one: with interrupts, and without keeping their names
SET statement_timeout = '100ms';
SELECT count(*) FROM (SELECT jsonb_build_object('type', 'record', 'name', 'r', 'fields', jsonb_agg(jsonb_build_object('name', 'a' || i, 'type', 'int'))) AS old,
	jsonb_build_object('type', 'record', 'name', 'r', 'fields', jsonb_agg(jsonb_build_object('name', 'b' || i, 'type', 'int'))) AS new FROM generate_series(1, 20000) i) s,
	dm_diff_schema(old, new, 'avro');
RESET statement_timeout;
DROP FUNCTION diff;
