-- Writing YAML: the same text for the same value, and no reader takes a text for something else.

-- what it looks like
SELECT dm_jsonb_to_yaml('{"name": "customers", "version": 1.10, "empty": {}, "none": [], "null": null, "yes": true,
	"tags": ["a", "b: c", "no", "2022-08-02"], "schema": [{"name": "t", "properties": [{"name": "id"}, {}]}, [], [[1, [2]], 3], "x"],
	"description": {"purpose": "one line", "usage": "two\nlines\n", "limitations": "two\nlines"}}');

-- scalars alone
SELECT value, dm_jsonb_to_yaml(value) FROM unnest(ARRAY['1.10', '-0.5', '1e20', 'true', 'null', '"text"', '"true"', '""', '"a\nb"', '{}', '[]']::jsonb[]) AS value;

-- texts that somebody would take for something else, or that would not come back
CREATE TABLE hostile (id int GENERATED ALWAYS AS IDENTITY, t text);
INSERT INTO hostile (t) SELECT unnest(ARRAY['', ' ', ' a', 'a ', 'a b', E'\t', E'a\tb', E'\ta', '-', '- a', '-a', '--- a', '---', '...', '... a', '?', '? a', ':', 'a:', 'a: b', ':a', 'a:b',
	'#', '# a', 'a #b', 'a# b', 'a#b', ',', '[', ']', '{', '}', '{}', '[]', '&a', '*a', '!a', '!!str a', '|', '>', '''', '"', '"a"', '''a''', '%', '%YAML', '@', '`', '=', '<<', '~',
	'null', 'NULL', 'Null', 'true', 'True', 'yes', 'Yes', 'no', 'NO', 'on', 'Off', 'y', 'N', '1', '-1', '+1', '1.0', '.5', '5.', '1e3', '1E3', '0x1f', '0o17', '0b1', '017', '1_000', '12:30', '1:2:3',
	'2022-08-02', '2022-08-02T12:00:00Z', '2022-08-02 12:00:00', '.inf', '-.INF', '.NaN', 'nan', 'infinity', '1.2.3', 'v1.2.3', '1a', '0xg', '1,000', '+', '.', '..',
	E'a\nb', E'a\nb\n', E'a\nb\n\n', E'\na', E'\n', E'\n\n', E'a\n', E' a\nb', E'a\n b', E'a \nb', E'a\n \nb', E'a\n\nb', E'a\n\n\n b\n', E'a\n\tb', E'\ta\nb', E'a\n\t\nb', E'a\t\nb', E'a\tb\n\tc\n', E'a\nb\t', E'a\u202Eb', E'a\u2066b\n', E'a\n# b', E'# a\nb', E'a\n---\nb', E'a\n...\n', E'a\r\nb', E'a\rb', E'a\n- b\n',
	E'a\u0085b', E'a\u2028b', E'a\u2029b\nc', E'\uFEFFa', E'a\uFEFF', E'a\uFFFEb', E'a\uFFFFb', E'\u00a0a', E'a\u00a0', E'\U0001F600', E'\U0010FFFF', E'\u200b', E'\u0001', E'\u007f', E'\u009f', E'a\\b', E'a"b', 'ä', '日本語',
	E'a\x08b', E'\x1b[31m', repeat('x', 999), repeat('x', 2000), repeat('x y ', 2000), repeat(E'line\n', 500), repeat('"', 600), E'\n' || repeat(' ', 100), repeat(' ', 100) || E'\nx', E'x\n' || repeat(' ', 100) || 'y']);

-- as a value, within an array, as a key, deep down: all come back
SELECT left(t, 40) AS lost, dm_jsonb_to_yaml(v) FROM hostile,
	LATERAL unnest(ARRAY[to_jsonb(t), jsonb_build_array(t, t), jsonb_build_object(t, t), jsonb_build_object('k', t, 'l', 1), jsonb_build_array(jsonb_build_object(t, jsonb_build_array(t, jsonb_build_object(t, '{}'::jsonb, 'z', t))), 1)]) AS v
WHERE dm_yaml_to_jsonb(dm_jsonb_to_yaml(v)) IS DISTINCT FROM v;
-- all in one
SELECT dm_yaml_to_jsonb(dm_jsonb_to_yaml(v)) = v AS array_comes_back FROM (SELECT jsonb_agg(t ORDER BY id) AS v FROM hostile) AS x;
SELECT dm_yaml_to_jsonb(dm_jsonb_to_yaml(v)) = v AS object_comes_back FROM (SELECT jsonb_object_agg(t, t) AS v FROM hostile) AS x;
-- how they are written
SELECT dm_jsonb_to_yaml(to_jsonb(t)) FROM hostile WHERE length(t) < 30 ORDER BY id;
DROP TABLE hostile;

-- numbers come back with their digits
SELECT dm_yaml_to_jsonb(dm_jsonb_to_yaml(v))::text = v::text AS digits_come_back
FROM (SELECT '[1, 1.0, 1.10, -0.000, 1e50, 1.5e-50, 123456789012345678901234567890.123456789, 1e131071]'::jsonb AS v) AS x;

-- random values
CREATE FUNCTION pg_temp.random_value(depth int) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	pieces text[] := ARRAY['a', 'b', ' ', ' ', E'\n', E'\n', E'\t', E'\r', '#', ':', '-', '"', '''', '\', '{', ']', ',', '&', '*', '|', '1', '0', '.', 'e', 'ä', E'\u2028', E'\u0085', '😀', '---', E'\n  '];
	kind int := floor(random() * CASE WHEN depth > 0 THEN 8 ELSE 5 END);
BEGIN
	CASE kind
		WHEN 0 THEN RETURN to_jsonb((random() * 1000 - 500)::numeric(10, 3));
		WHEN 1 THEN RETURN to_jsonb(random() < 0.5);
		WHEN 2, 3, 4 THEN RETURN to_jsonb((SELECT coalesce(string_agg(pieces[1 + floor(random() * array_length(pieces, 1))::int], ''), '') FROM generate_series(1, (random() * 12)::int)));
		WHEN 5, 6 THEN RETURN (SELECT coalesce(jsonb_object_agg(pg_temp.random_value(0) #>> '{}', pg_temp.random_value(depth - 1)), '{}') FROM generate_series(1, (random() * 4)::int));
		ELSE RETURN (SELECT coalesce(jsonb_agg(pg_temp.random_value(depth - 1)), '[]') FROM generate_series(1, (random() * 4)::int));
	END CASE;
END $$;
SELECT setseed(0.4);
SELECT count(*) > 2900 AS enough, count(*) FILTER (WHERE dm_yaml_to_jsonb(y) IS DISTINCT FROM v) AS lost,
	count(*) FILTER (WHERE dm_jsonb_to_yaml(dm_yaml_to_jsonb(y)) <> y) AS not_the_same_text
FROM (SELECT v, dm_jsonb_to_yaml(v) AS y FROM (SELECT pg_temp.random_value(5) AS v FROM generate_series(1, 3000) OFFSET 0) AS r OFFSET 0) AS w;

-- deep
SET datamesh.document_max_depth = 1000;
SELECT dm_yaml_to_jsonb(dm_jsonb_to_yaml(v)) = v AS deep_array FROM (SELECT (repeat('[', 500) || repeat(']', 500))::jsonb AS v) AS x;
SELECT dm_yaml_to_jsonb(dm_jsonb_to_yaml(v)) = v AS deep_object FROM (SELECT (repeat('{"a":', 500) || '1' || repeat('}', 500))::jsonb AS v) AS x;
RESET datamesh.document_max_depth;

SELECT dm_jsonb_to_yaml(NULL);
