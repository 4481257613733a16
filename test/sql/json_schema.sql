-- JSON Schema: what is told, what is refused, and what hostile schemas can do.  The rules of the
-- language itself are tested with the official suite (test/t/071_json_schema_suite.pl).
\set VERBOSITY terse

CREATE FUNCTION check_json(schema jsonb, document jsonb, formats boolean DEFAULT false) RETURNS TABLE (at text, what text)
LANGUAGE sql AS $$
	SELECT pointer, format('%s %s: %s', keyword, schema_pointer, message) FROM dm_json_schema_validate(schema, document, formats) $$;

-- all errors with their places, also deep ones and through references
SELECT * FROM dm_json_schema_validate($${
	"$defs": {"name": {"type": "string", "minLength": 2, "maxLength": 3, "pattern": "^[a-z]+$"}},
	"type": "object", "required": ["id", "list"], "additionalProperties": false,
	"properties": {"list": {"type": "array", "minItems": 3, "uniqueItems": true, "items": {"$ref": "#/$defs/name"}},
		"a/b~c": {"enum": ["x", 1, null]}, "n": {"exclusiveMaximum": 10, "multipleOf": 0.1}}}$$,
	'{"list": ["A", "abcd"], "a/b~c": {}, "n": 10.05, "more": true, "évité": 1}');

-- of alternatives, the one that was meant
SELECT * FROM check_json('{"oneOf": [{"type": "array"}, {"type": "object", "properties": {"kind": {"const": "b"}, "n": {"type": "integer"}}}]}',
	'{"kind": "b", "n": "five"}');
SELECT * FROM check_json('{"oneOf": [{"minimum": 1}, {"maximum": 5}]}', '3');
SELECT * FROM check_json('{"anyOf": [{"type": "string"}, {"type": "null"}]}', '3');
-- what an alternative has looked at counts only if it holds
SELECT * FROM check_json('{"anyOf": [{"properties": {"a": {"const": 1}}, "required": ["a"]}, {"properties": {"b": true}}], "unevaluatedProperties": false}',
	'{"a": 2, "b": 1}');
SELECT * FROM check_json('{"allOf": [{"properties": {"a": true}}, {"unevaluatedProperties": false}]}', '{"a": 1}');

-- formats are asserted on demand
SELECT * FROM check_json('{"format": "date"}', '"2023-02-29"');
SELECT * FROM check_json('{"format": "date"}', '"2023-02-29"', true);
SELECT * FROM check_json('{"format": "no such format"}', '"x"', true);

-- arguments
SELECT * FROM dm_json_schema_validate(NULL, '1');
SELECT * FROM dm_json_schema_validate('true', NULL);

-- schemas that are none
\set VERBOSITY default
SELECT * FROM dm_json_schema_validate('{"type": "text", "minLength": -1, "pattern": "(", "required": "a", "properties": {"x": 1}}', '1');
SELECT * FROM dm_json_schema_validate('{"items": [{}], "enum": 1, "multipleOf": 0, "$ref": "#/nowhere", "maxItems": 1.5}', '1');
SELECT * FROM dm_json_schema_validate('{"$defs": {"a": {"$anchor": "x"}, "b": {"$anchor": "x"}}}', '1');
\set VERBOSITY terse
SELECT * FROM dm_json_schema_validate('3', '1');

-- references lead nowhere outside
SELECT * FROM dm_json_schema_validate('{"$ref": "file:///etc/passwd"}', '1');
SELECT * FROM dm_json_schema_validate('{"$ref": "http://example.com/schema.json#/x"}', '1');
SELECT * FROM dm_json_schema_validate('{"$schema": "http://example.com/dialect", "type": "string"}', '1');

-- a schema that never comes to an end, and one that only looks like it
SELECT * FROM dm_json_schema_validate('{"$ref": "#"}', '1');
SELECT * FROM dm_json_schema_validate('{"allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/b"}]}, "b": {"$ref": "#/$defs/a"}}}', '1');
SELECT * FROM check_json('{"properties": {"next": {"$ref": "#"}}, "required": ["v"]}', '{"v": 1, "next": {"v": 2, "next": {}}}');

-- references that multiply: two to the power of 60 ways through this one
SELECT count(*) FROM (SELECT jsonb_build_object('$ref', '#/$defs/n0', '$defs',
		(SELECT jsonb_object_agg('n' || i, jsonb_build_object('anyOf', jsonb_build_array(
			jsonb_build_object('$ref', '#/$defs/n' || i + 1), jsonb_build_object('$ref', '#/$defs/n' || i + 1))))
		 FROM generate_series(0, 59) i) || '{"n60": {"type": "null"}}')) s (schema), dm_json_schema_validate(schema, '1');
SELECT count(*) FROM dm_json_schema_validate('{"$defs": {"t": {"anyOf": [{"properties": {"a": {"$ref": "#/$defs/t"}}, "required": ["b"]},
	{"properties": {"a": {"$ref": "#/$defs/t"}}, "required": ["c"]}]}}, "$ref": "#/$defs/t"}',
	(repeat('{"a":', 500) || '{}' || repeat('}', 500))::jsonb);
-- the same with dynamic references, which cannot be remembered
SELECT * FROM dm_json_schema_validate((SELECT jsonb_build_object('$ref', '#/$defs/n0', '$defs',
		(SELECT jsonb_object_agg('n' || i, jsonb_build_object('$dynamicAnchor', 'a' || i, 'anyOf', jsonb_build_array(
			jsonb_build_object('$dynamicRef', '#a' || i + 1), jsonb_build_object('$dynamicRef', '#a' || i + 1))))
		 FROM generate_series(0, 59) i) || '{"n60": {"$dynamicAnchor": "a60", "type": "null"}}')), '1');
-- deep ones
SELECT count(*) FROM dm_json_schema_validate((repeat('{"not":', 2001) || '{}' || repeat('}', 2001))::jsonb, '1');
SELECT count(*) FROM dm_json_schema_validate('{"items": {"$ref": "#"}, "maxItems": 1}', (repeat('[', 3000) || repeat(']', 3000))::jsonb);
-- large ones
SELECT count(*) FROM dm_json_schema_validate(jsonb_build_object('items', jsonb_build_object('enum', (SELECT jsonb_agg(i) FROM generate_series(1, 20000) i))),
	(SELECT jsonb_agg(i) FROM generate_series(1, 20010) i));
SELECT message FROM dm_json_schema_validate('{"uniqueItems": true}', (SELECT jsonb_agg(i % 20000) FROM generate_series(1, 20002) i));
SELECT message FROM dm_json_schema_validate('{"multipleOf": 1e-300}', '1e300');
-- many patterns for the names of many members, too many and not too many
SELECT * FROM dm_json_schema_validate(jsonb_build_object('patternProperties', (SELECT jsonb_object_agg('^' || i || 'x', true) FROM generate_series(1, 2000) i)),
	(SELECT jsonb_object_agg('k' || i, i) FROM generate_series(1, 20000) i));
SELECT count(*) FROM dm_json_schema_validate(jsonb_build_object('patternProperties', (SELECT jsonb_object_agg('^' || i || 'x', true) FROM generate_series(1, 50) i),
	'additionalProperties', false), (SELECT jsonb_object_agg('k' || i, i) FROM generate_series(1, 2000) i));

-- patterns: ECMA-262 and nothing else
CREATE FUNCTION pattern(regex text, value text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN CASE WHEN EXISTS (SELECT FROM dm_json_schema_validate(jsonb_build_object('pattern', regex), to_jsonb(value))) THEN 'no' ELSE 'yes' END;
EXCEPTION WHEN SQLSTATE 'MD010' THEN
	RETURN 'no pattern';
WHEN program_limit_exceeded THEN
	RETURN sqlerrm;
END $$;
-- bytes: how wide a character is, every psql decides anew
SELECT regex, encode(convert_to(left(value, 10), 'UTF8'), 'escape') AS value, pattern(regex, value) FROM (VALUES
	('b', 'abc'), ('^b', 'abc'), ('^abc$', E'abc\n'), ('^a.c$', E'a\nc'), ('^a.c$', E'a\u2028c'), ('^a.c$', E'a\u000Bc'),
	('^\s$', E'\u00A0'), ('^\s$', E'\uFEFF'), ('^[\s]$', E'\u3000'), ('^\S$', E'\u00A0'), ('^[^\S]$', E'\u00A0'), ('^[\S]$', 'x'),
	('^\d$', '٣'), ('^\w$', 'é'), ('^\v$', E'\u000B'), ('^\v$', E'\n'), ('^.$', '🐲'), ('^🐲*$', '🐲🐲'), ('^\ud83d\udc32$', '🐲'),
	('^\u{1F432}$', '🐲'), ('^\u00e9$', 'é'), ('^\x41\cJ$', E'A\n'), ('^\p{Letter}+$', 'éa'), ('^\p{Script=Greek}+$', 'αβ'), ('^\P{Lu}$', 'A'),
	('^[[:alpha:]]$', 'a'), ('^[[]$', '['), ('^[]$', ''), ('^[^]$', E'\n'), ('^a{2}$', 'aa'), ('^a{,2}$', 'a{,2}'), ('^{a}$', '{a}'),
	('(?<y>a)\k<y>', 'aa'), ('(a)\1', 'aa'), ('(?:\1(a))', 'a'), ('(?<=a)b', 'ab'), ('a(?!b)', 'ab'), ('^a+?$', 'aa'), ('^\/\-\.$', '/-.'), ('^[\b]$', E'\b'),
	('\Aa', 'a'), ('a\Z', 'a'), ('a\z', 'a'), ('a++', 'a'), ('a*+', 'a'), ('(?>a)', 'a'), ('(?i)A', 'a'), ('(?R)', 'a'), ('(*UTF)a', 'a'), ('(?P<n>a)', 'a'),
	('(?#x)a', 'a'), ('\Qa', 'a'), ('\h', ' '), ('\R', 'a'), ('\C', 'a'), ('a{2}{3}', 'a'), ('*a', 'a'), ('[a', 'a'), ('a\', 'a'), ('(a', 'a'), ('a)', 'a'),
	('[b-a]', 'a'), ('\ud83d', 'a'), ('\u{110000}', 'a'), ('\u12', 'a'), ('\2(a)', 'a'), ('(?<n', 'a'), ('(?', 'a'), ('\p{Nothing}', 'a'), ('\p', 'a'), ('\c1', 'a'), ('\08', 'a'),
	('^(a+)+$', repeat('a', 40) || 'b'), ('^(.*)*x$', repeat('ab', 200))) v (regex, value);
SELECT pattern(repeat('(', 5000) || repeat(')', 5000), 'a'), pattern(repeat('a', 70000), 'a'), pattern('((a{1000}){1000}){1000}', 'a'),
	pattern('(a|b)*c', repeat('ab', 100000)), pattern('^(?:a|b)*c$', repeat('ab', 100000) || 'c');
-- the name of a member is a pattern, too
SELECT * FROM check_json('{"patternProperties": {"^x-": {"type": "string"}}, "additionalProperties": false}', '{"x-a": 1, "y": 2}');

-- one call site, several schemas
SELECT n, count(v) FROM (VALUES (1, '{"type": "string"}'::jsonb), (2, '{"type": "number"}'), (3, '{"type": "string"}')) s (n, schema)
	LEFT JOIN LATERAL dm_json_schema_validate(schema, '1') v ON true GROUP BY n ORDER BY n;

-- stored schemas
CREATE ROLE regress_js_gov;
CREATE ROLE regress_js_other;
GRANT EXECUTE ON FUNCTION dm_add_contract_schema, dm_remove_contract_schema TO regress_js_gov;
SELECT standard, version, built_in, licence FROM datamesh.contract_schemas ORDER BY 1, 2;
SET ROLE regress_js_other;
SELECT dm_add_contract_schema('odcs', 'v9.0.0', 'true');
SELECT dm_remove_contract_schema('odcs', 'v9.0.0');
INSERT INTO datamesh.contract_schema SELECT * FROM datamesh.contract_schema;
SELECT count(*) > 0 AS seen FROM datamesh.contract_schemas;
RESET ROLE;
SET ROLE regress_js_gov;
SELECT dm_add_contract_schema('test', '1', '{"type": "no type"}');
SELECT dm_add_contract_schema('Test', '1', 'true');
SELECT dm_add_contract_schema('test', ' 1', 'true');
SELECT dm_add_contract_schema('test', NULL, 'true');
SELECT dm_add_contract_schema('test', '1', NULL);
SELECT dm_remove_contract_schema('test', '1');
SELECT dm_remove_contract_schema('odcs', 'v3.1.0');
SELECT dm_add_contract_schema('test', '1', '{"$id": "urn:test:1#", "$defs": {"n": {"type": "number"}}}');
SELECT * FROM check_json('{"$ref": "urn:test:1#/$defs/n"}', '"x"');
-- the same call sees what comes after
SELECT dm_add_contract_schema('test', '1', '{"$id": "urn:test:1", "$defs": {"n": {"type": "string"}}}');
SELECT * FROM check_json('{"$ref": "urn:test:1#/$defs/n"}', '"x"');
SELECT dm_add_contract_schema('test', '2', '{"$ref": "urn:test:1#/$defs/n"}', 'urn:test:2');
SELECT standard, version, uri, built_in, added_by FROM datamesh.contract_schemas WHERE standard = 'test' ORDER BY version;
-- a stock schema can be covered and uncovered
SELECT dm_add_contract_schema('odcs', 'v3.2.0', '{"const": 1}');
SELECT document, built_in FROM datamesh.contract_schemas WHERE standard = 'odcs' AND version = 'v3.2.0';
SELECT dm_remove_contract_schema('odcs', 'v3.2.0');
SELECT built_in FROM datamesh.contract_schemas WHERE standard = 'odcs' AND version = 'v3.2.0';
SELECT dm_remove_contract_schema('test', '1');
SELECT * FROM check_json('{"$ref": "urn:test:2"}', '"x"');
SELECT dm_remove_contract_schema('test', '2');
RESET ROLE;
REVOKE EXECUTE ON FUNCTION dm_add_contract_schema, dm_remove_contract_schema FROM regress_js_gov;
DROP ROLE regress_js_gov, regress_js_other;
DROP FUNCTION check_json, pattern;
