-- What hostile and broken texts do to dm_lint_contract: findings with their places, and nothing else.
SET client_min_messages = warning;
SET search_path = public;
SET jit = off;
\getenv srcdir PG_ABS_SRCDIR
\set path :srcdir '/data/odcs/examples-v3.2.0-unreleased/all/full-example.odcs.yaml'
\set odcs `cat :'path'`

SELECT * FROM dm_lint_contract(NULL);
SELECT * FROM dm_lint_contract('');
-- something else than a contract
SELECT source, severity, pointer, message FROM dm_lint_contract('just text');
SELECT source, severity, pointer, message FROM dm_lint_contract('[1, 2]');
SELECT source, severity, pointer, message FROM dm_lint_contract('null');
SELECT source, severity, pointer, message FROM dm_lint_contract(E'apiVersion: v1.0.0\nkind: DataProduct\nid: p\nversion: 1.0.0\nstatus: active');

-- truncated: JSON that ends too early is an error, wherever; YAML may end in many places
SELECT count(*) AS cuts, bool_and(error) AS all_are_errors
FROM (SELECT EXISTS (SELECT FROM dm_lint_contract(left(text, n))
		WHERE source = 'yaml' AND severity = 'error') AS error
	FROM (SELECT dm_yaml_to_jsonb(:'odcs')::text) AS json(text), generate_series(1, 9000, 89) AS n) AS cut;
SELECT count(*) AS cuts, bool_or(errors > 0) AS some_are_errors
FROM (SELECT (SELECT count(*) FROM dm_lint_contract(left(:'odcs', n)) WHERE severity = 'error') AS errors
	FROM generate_series(1, length(:'odcs'), 97) AS n) AS cut;
SELECT source, severity, line IS NOT NULL AS placed FROM dm_lint_contract('{"apiVersion": "v3.1.0", "kind": ');
SELECT source, severity, line, col, message FROM dm_lint_contract(E'kind: DataContract\nid: "abc');

-- too large, too deep, laughing
SELECT source, severity, message FROM dm_lint_contract(repeat('x: "' || repeat('y', 1000) || E'"\n', 50 * 1024));
SELECT source, severity, left(message, 60) AS message FROM dm_lint_contract(repeat('[', 100000));
SELECT source, severity, left(message, 60) AS message FROM dm_lint_contract(repeat(E'{"a":', 100000));
SELECT source, severity, left(message, 60) AS message FROM dm_lint_contract(
	'a0: &a0 [' || repeat('lol,', 9) || E'lol]\n' ||
	(SELECT string_agg(format('a%s: &a%s [%s]', i, i, rtrim(repeat(format('*a%s,', i - 1), 10), ',')), E'\n' ORDER BY i)
	 FROM generate_series(1, 9) AS i));
SELECT source, severity, left(message, 60) AS message FROM dm_lint_contract(E'a: &a [*a]');

-- texts that another reader would run are only texts
SELECT source, severity, pointer, message FROM dm_lint_contract($$
apiVersion: v3.1.0
kind: DataContract
id: "'; DROP TABLE t; --"
version: 1.0.0
status: active
domain: "x\"; DROP SCHEMA public CASCADE; --"
schema:
- name: "a'); SELECT pg_sleep(10); --"
  properties:
  - {name: "%s%n${jndi:ldap://x}", logicalType: string, physicalType: "text; DROP TABLE t"}
$$);
SELECT source, severity, message FROM dm_lint_contract('a: !!python/object/apply:os.system ["id"]') WHERE source = 'yaml';
-- nothing is looked up outside
SELECT source, severity, pointer, message FROM dm_lint_contract(E'apiVersion: v3.1.0\nkind: DataContract\nid: c\nversion: 1.0.0\nstatus: active\ndomain: d\n'
	'schema:\n- name: t\n  properties:\n  - name: c\n    logicalType: string\n    relationships: [{to: "http://127.0.0.1:1/c.yaml#t.c"}, {to: "/etc/passwd.yaml#t.c"}]\n'
	'customProperties: [{property: p, value: {$ref: "file:///etc/passwd"}}]') WHERE severity <> 'info';

-- a value of another type in the place of each value of a contract: findings, no error
CREATE TEMP TABLE document AS SELECT dm_yaml_to_jsonb(:'odcs') AS document;
CREATE TEMP TABLE place AS
WITH RECURSIVE place(path, value) AS (
	SELECT ARRAY[]::text[], document FROM document
	UNION ALL
	SELECT p.path || c.key, c.value
	FROM place p, LATERAL (
		SELECT key, value FROM jsonb_each(CASE jsonb_typeof(p.value) WHEN 'object' THEN p.value ELSE '{}' END)
		UNION ALL
		SELECT (ordinality - 1)::text, value
		FROM jsonb_array_elements(CASE jsonb_typeof(p.value) WHEN 'array' THEN p.value ELSE '[]' END) WITH ORDINALITY) AS c)
SELECT DISTINCT ON (regexp_replace(path::text, '[0-9]+', '#', 'g')) path FROM place WHERE path <> '{}'
ORDER BY regexp_replace(path::text, '[0-9]+', '#', 'g'), path;
SELECT count(*) > 150 AS many, bool_and(findings > 0) AS all_answered
FROM (SELECT (SELECT count(*) FROM dm_lint_contract(jsonb_set(document, path, value)::text)) AS findings
	FROM document, place,
		(VALUES ('null'::jsonb), ('-1e300'), ('""'), ('[[null]]'), ('{"id": {}}')) AS v(value)) AS f;
-- and without each of them
SELECT count(*) > 150 AS many, bool_and(findings > 0) AS all_answered
FROM (SELECT (SELECT count(*) FROM dm_lint_contract((document #- path)::text)) AS findings FROM document, place) AS f;

-- who may not create anything may ask
CREATE ROLE regress_cm_nobody;
SET ROLE regress_cm_nobody;
SELECT count(*) FILTER (WHERE severity = 'error') AS errors FROM dm_lint_contract(:'odcs');
RESET ROLE;
DROP ROLE regress_cm_nobody;
