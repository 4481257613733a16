-- Reading YAML and JSON: what the core schema says, and what is refused, with its line.

CREATE FUNCTION pg_temp.refused(document text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN 'read: ' || left(dm_yaml_to_jsonb(document)::text, 60);
EXCEPTION WHEN OTHERS THEN
	RETURN sqlstate || ' ' || replace(sqlerrm, 'the document cannot be read: ', '');
END $$;

-- scalars
SELECT value, dm_yaml_to_jsonb(value) AS core_schema, jsonb_typeof(dm_yaml_to_jsonb(value)) AS type
FROM unnest(ARRAY['null', 'Null', 'NULL', '~', 'nUll', 'true', 'True', 'TRUE', 'tRUE', 'false', 'yes', 'no', 'on', 'y',
	'12', '-12', '+12', '007', '0o17', '0O17', '-0o17', '0x1F', '0xfg', '1_000', '12:30', '190:20:30', '2022-08-02',
	'1.10', '.5', '5.', '.', '-.5', '1e3', '1E-3', '1.5e+2', '1e', '0.', '- 1', '!!str 12', '"12"', '!!int "12"', '!!float 12',
	'!!null ""', '! 12', '99999999999999999999999999999999999999.10', '0xffffffffffffffffffffffffffffffff',
	'0.000000000000000000000000000001', '-0.0', '''it''''s''', '|
  a
  b', '>
  a
  b', '---', '''''']) AS value;

-- keys are text
SELECT dm_yaml_to_jsonb(E'1: a\ntrue: b\n~: c\n"": d\n1.0: e\n? f\n? g\n: h\n');
SELECT dm_yaml_to_jsonb('{? a, : b}');
SELECT dm_yaml_to_jsonb(E'&k a: 1\nb: *k\n*k : 2');
SELECT dm_yaml_to_jsonb(E'&k key: 1\nb: *k\nc: {*k : 3}');

-- anchors and aliases
SELECT dm_yaml_to_jsonb(E'a: &x [1, &y {b: 2}]\nc: *x\nd: *y\ne: &x 3\nf: *x');

-- JSON
SELECT dm_yaml_to_jsonb(E' {"a": [1.10, -2e2, true, null, "\\u00e4\\ud83d\\ude00\\n\\/\\"\\\\"], "": {}, "b": []} ');
SELECT dm_yaml_to_jsonb('[1,'), 1 AS never;
SELECT document, pg_temp.refused(document) FROM unnest(ARRAY['{"a": 1, "a": 2}', '{"a": "\u0000"}', '{"a": "\ud83d"}', '{"a": "\ude00"}',
	'{"a": "\ud83d\u0041"}', '{"a" 1}', '{"a": 1} x', '{"a": 1', '[1 2]', '["\x"]', '{a: 1, b: [2]}', '[1, 2, ]', '[1e400000]', '[1e131071]',
	'{"a": tru}', '{"a": "b
c"}', '[1]]', '{}', '[]', '[[],{}]', '{"a": {"b": {"c": 1, "d": 2, "c": 3}}}']) AS document;

-- YAML that is refused
SELECT left(document, 20) AS document, pg_temp.refused(document) FROM unnest(ARRAY[
	E'a: 1\nb: 2\na: 3', E'a: .inf', E'a:\n - .NaN', E'a: !!binary aGVsbG8=', E'a: !mine b', E'!!set {a, b}', E'a: !!int b', E'a: !!map [b]',
	E'--- a\n--- b', E'a: "\\0"', E'a: "\\x00"', E'<<: {a: 1}', E'[a]: b', E'{a: b}: c', E'? - a\n: b', E'a: &x [*x]', E'a: &x {b: {c: *x}}', E'a: *nowhere',
	E'a: b: c', E'a:\n  - b\n c', E'"abc', E'a: "\\ud800"', E'a: \x01', E'\tb: 1', '%YAML 2.0
--- a', '# only a comment', E'a: 1e999999999999999999999', 'a: 1' || repeat('0', 200000), '0x' || repeat('f', 5000), '&a a: 1' || E'\n&b 2: 3']) AS document
ORDER BY length(document), document COLLATE "C";

-- what libyaml takes otherwise than YAML 1.2 does
SELECT document, pg_temp.refused(document) FROM unnest(ARRAY['{?a: 1}', '{? a: 1}', '[?a : 1]', '[? a : 1]', '[:a]', '[a, :b]', '{a: :b}', '{:a: 1}', '{"a":b}', '{"a" :b}', '{''a'':b}', '{[a]:b}', '{a:b}', '{a :b}', '{a: "b":c}',
	'a: &x:y z', 'a: &x y', 'a: !!str &x:y z', 'a: &x !!str y', 'a: !!str &x y', '&x:y a: 1', '[&x a, *x]', '[&x a,*x]', '{a: &x b, *x:c}', '{a: &x b, *x :c}', '{a: &x b, *x : c}', 'ä: [ö, :ü]', '["ä":ö]', '{"?":a}', '[&x [a], *x]', '&x {a: *x}',
	'&x', 'a: &x', 'a: ?b', 'a: :b', '? a', '- ?b', E'?\n  a\n:\n  b', '[a?, b]', '{"a":&x b, c: *x}']) AS document;

-- all mistakes of a document are counted
SELECT dm_yaml_to_jsonb(E'a: 1\na: 2\nb: !x 1\nc: .inf');

-- limits
SELECT pg_temp.refused(repeat('[', 101));
SELECT pg_temp.refused(repeat('- ', 101) || 'a');
SELECT pg_temp.refused(repeat('[', 1000000));
SELECT pg_temp.refused(repeat('{"a":', 1000000));
SELECT pg_temp.refused(repeat('{a: ', 100000));
SELECT pg_temp.refused(repeat('- ', 100000));
SELECT pg_temp.refused(repeat('x', 17 * 1024 * 1024));
SELECT pg_temp.refused('a0: &a0 [x, x, x, x, x, x, x, x, x, x]' ||
	(SELECT string_agg(format(E'\na%s: &a%1$s [*a%2$s, *a%2$s, *a%2$s, *a%2$s, *a%2$s, *a%2$s, *a%2$s, *a%2$s, *a%2$s, *a%2$s]', i, i - 1), '' ORDER BY i)
	 FROM generate_series(1, 12) AS i));
-- few values, but a long text over and over
SELECT pg_temp.refused('a: &a "' || repeat('x', 1000000) || '"' || (SELECT string_agg(E'\nb' || i || ': *a', '') FROM generate_series(1, 100) AS i));
-- directives that libyaml compares with each other
SELECT pg_temp.refused(string_agg('%TAG !t' || i || E'! tag:x\n', '') || '--- a') FROM generate_series(1, 100) AS i;
SELECT pg_temp.refused(string_agg('%TAG !t' || i || E'! tag:x\n', '') || '--- a') FROM generate_series(1, 200000) AS i;
SELECT pg_temp.refused(string_agg('%TAG !t' || i || E'! tag:x\u2028', '') || '--- a') FROM generate_series(1, 200000) AS i;
-- deep by aliases
SELECT pg_temp.refused('a0: &a0 []' || (SELECT string_agg(format(E'\na%s: &a%1$s [*a%2$s]', i, i - 1), '' ORDER BY i) FROM generate_series(1, 200) AS i));
SET datamesh.document_max_depth = 3;
SELECT pg_temp.refused('[[[1]]]'), pg_temp.refused('[[[[1]]]]'), pg_temp.refused('a: {b: {c: 1}}'), pg_temp.refused('a: {b: {c: []}}');
RESET datamesh.document_max_depth;
SET datamesh.document_max_nodes = 4;
SELECT pg_temp.refused('[1,2,3]'), pg_temp.refused('[1,2,3,4]'), pg_temp.refused('{a: &a 1, b: [*a, *a]}');
RESET datamesh.document_max_nodes;
SET datamesh.document_max_size = '1kB';
SELECT pg_temp.refused(repeat('x', 1025)), length(dm_yaml_to_jsonb(repeat('x', 1000))::text), pg_temp.refused('1e2000');
RESET datamesh.document_max_size;
CREATE ROLE regress_fm_reader;
SET ROLE regress_fm_reader;
SET datamesh.document_max_size = '100MB';
SET datamesh.document_max_depth = 1000;
SET datamesh.document_max_nodes = 10000000;
SELECT dm_yaml_to_jsonb('a: 1');
RESET ROLE;
DROP ROLE regress_fm_reader;

-- arguments
SELECT dm_yaml_to_jsonb(NULL);
SELECT dm_yaml_to_jsonb('');
SELECT dm_yaml_to_jsonb(E'\uFEFFa: 1'), dm_yaml_to_jsonb(E'\uFEFF{"a": 1}');
