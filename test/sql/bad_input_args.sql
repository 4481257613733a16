-- Every argument of every function: null, empty, and text that would like to be SQL.
CREATE ROLE regress_ba_owner;
CREATE ROLE regress_ba_role;
CREATE SCHEMA ba AUTHORIZATION regress_ba_owner;
CREATE TABLE ba.t AS SELECT 1 AS id, 'x' AS txt;
ALTER TABLE ba.t OWNER TO regress_ba_owner;
SELECT dm_register_domain('ba', 'regress_ba_owner', '{ba}'), dm_register_product('ba.p'), dm_add_port('ba.p', 'ba.t'),
	dm_create_tag('ba_tag'), dm_register_purpose('ba_reports'), dm_create_key('ba_key') \g /dev/null

-- a good value for each argument
CREATE TEMP TABLE good (arg text, type text, value text);
INSERT INTO good VALUES
	('domain', 'text', '''ba'''), ('product', 'text', '''ba.p'''), ('purpose', 'text', '''ba_reports'''), ('tag', 'text', '''ba_tag'''), ('key', 'text', '''ba_key'''),
	('taxonomy', 'text', '''default'''), ('parent', 'text', '''ba_reports'''), ('successor', 'text', '''ba.p'''), ('mask', 'text', '''dm_mask_null()'''),
	('token_key', 'text', '''ba_key'''), (NULL, 'text', '''some text'''), ('source', 'regclass', '''ba.t'''), ('relation', 'regclass', '''ba.t'''), ('copy', 'regclass', '''ba.t'''), ('relation', 'text', '''ba.t'''), ('sql', 'text', '''SELECT 1'''), ('ddl', 'text', '''SELECT 1'''), ('format', 'text', '''json'''), (NULL, 'jsonb', '''{}'''),
	('metric', 'text', '''nullValues'''), ('must', 'text', '''= 0'''), ('unit', 'text', '''rows'''), ('severity', 'text', '''error'''), ('mode', 'text', '''observe'''), ('dimension', 'text', '''accuracy'''),
	('where', 'text', '''true'''), ('schedule', 'text', '''@daily'''), (NULL, 'double precision', '0.5'), (NULL, 'integer', '5'), (NULL, 'interval', '''1 day'''), (NULL, 'bigint[]', '''{1}'''), (NULL, 'time without time zone', '''01:00'''), ('property', 'text', '''freshness'''), ('driver', 'text', '''analytics'''), ('weekdays', 'text[]', '''{mon}'''), ('column', 'name', '''id'''), (NULL, 'name', '''t'''), (NULL, 'regrole', '''regress_ba_role'''), (NULL, 'regrole[]', '''{regress_ba_role}'''), ('function', 'regprocedure', '''lower(text)'''),
	('schemas', 'name[]', '''{ba}'''), ('columns', 'name[]', '''{id}'''), (NULL, 'text[]', '''{ba_tag}'''), (NULL, 'bigint', '-1'), (NULL, 'double precision[]', '''{1}'''), (NULL, 'timestamp with time zone[]', '''{2100-01-01}'''), (NULL, 'boolean', 'false'),
	(NULL, 'date', '''2100-01-01'''), (NULL, 'timestamp with time zone', '''2100-01-01''');
CREATE TEMP VIEW arguments AS
SELECT p.oid, p.proname, a.i::int AS i, p.proargnames[a.i] AS arg, format_type(a.type, NULL) AS type, a.i <= p.pronargs - p.pronargdefaults AS required,
	(SELECT value FROM good g WHERE g.type = format_type(a.type, NULL) AND coalesce(g.arg, p.proargnames[a.i]) = p.proargnames[a.i] ORDER BY g.arg NULLS LAST LIMIT 1) AS value,
	CASE WHEN p.provariadic <> 0 AND a.i = p.pronargs THEN 'VARIADIC ' ELSE '' END AS prefix
FROM pg_proc p CROSS JOIN LATERAL unnest(p.proargtypes::oid[]) WITH ORDINALITY a(type, i)
WHERE p.pronamespace = (SELECT extnamespace FROM pg_extension WHERE extname = 'datamesh')
	AND p.proname LIKE 'dm\_%' AND p.proname !~ '^dm_(mask_|matches$|token$|remove_mesh|my_access|attribute$|count_(distinct|nulls|rows)$|describe_sketch$|find_quantile$|list_frequent_values$)';
SELECT count(DISTINCT oid) >= 32 AS functions, count(*) FILTER (WHERE value IS NULL) AS without_value FROM arguments;

-- calls the function with one argument replaced; nothing that it does stays
CREATE FUNCTION pg_temp.attempt(func oid, n int, val text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	call text;
BEGIN
	SELECT format('SELECT %s(%s)', proname, string_agg(prefix || CASE WHEN i = n THEN val ELSE value END || '::' || type, ', ' ORDER BY i)) INTO call
	FROM arguments WHERE oid = func GROUP BY proname;
	EXECUTE call;
	IF to_regclass('ba.t') IS NULL OR (SELECT count(*) FROM pg_roles WHERE rolname LIKE 'regress_ba%') <> 2 THEN
		RETURN 'INJECTED';
	END IF;
	RAISE EXCEPTION 'done' USING ERRCODE = 'XXDON';
EXCEPTION
	WHEN SQLSTATE 'XXDON' THEN RETURN 'done';
	WHEN OTHERS THEN RETURN SQLSTATE || ': ' || SQLERRM;
END $$;
CREATE TEMP VIEW mesh AS
SELECT md5(string_agg(row, ',' ORDER BY row)) AS mesh FROM (SELECT d::text FROM datamesh.domain d UNION ALL SELECT p::text FROM datamesh.product p UNION ALL SELECT p::text FROM datamesh.port p
	UNION ALL SELECT t::text FROM datamesh.tag t UNION ALL SELECT k::text FROM datamesh.token_key k UNION ALL SELECT p::text FROM datamesh.purpose p UNION ALL SELECT l::text FROM pg_seclabel l) s(row);
SELECT mesh FROM mesh \gset
SET client_min_messages = warning;

-- null where a value is needed: the argument is named; elsewhere it does no harm
SELECT proname, arg, result FROM (SELECT proname, i, arg, required, pg_temp.attempt(oid, i, 'NULL') AS result FROM arguments) a
WHERE CASE WHEN required THEN result <> format('22004: argument "%s" must not be null', arg) ELSE result ~ '^(XX|INJ|22004)'
	AND result <> format('22004: argument "%s" must not be null', arg) END ORDER BY proname, i;
-- so it is for the tags of a column
SELECT pg_temp.attempt('dm_classify'::regproc, 3, 'NULL');
-- empty text; a purpose that is empty is none, as in the setting, and takes parts of a rule away; the jobs of the mesh have no object; the encoding comes after the format, which is for contracts here
SELECT proname, arg, result FROM (SELECT proname, i, arg, pg_temp.attempt(oid, i, '''''') AS result FROM arguments WHERE type IN ('text', 'name')) a
WHERE result <> format('22023: argument "%s" must not be empty', arg) AND (proname, arg) NOT IN (('dm_explain_access', 'purpose'), ('dm_export_product', 'encoding'), ('dm_run_job', 'object'))
	AND NOT (proname = 'dm_alter_rule' AND arg IN ('dimension', 'where', 'description', 'schedule')) ORDER BY proname, i;
-- arrays with nulls
SELECT proname, arg, result FROM (SELECT proname, i, arg, pg_temp.attempt(oid, i, '''{NULL}''') AS result FROM arguments WHERE type LIKE '%[]') a
WHERE result <> format('22004: argument "%s" must not contain nulls', arg) ORDER BY proname, i;
-- roles, relations and functions that do not exist
SELECT proname, arg, result FROM (SELECT proname, i, arg, pg_temp.attempt(oid, i, CASE WHEN type LIKE '%[]' THEN '''{4000000000}''' ELSE '4000000000' END) AS result FROM arguments WHERE type LIKE 'reg%') a
WHERE result !~ '^(42704: role|42P01: relation|42883: function) with OID 4000000000 ' AND proname <> 'dm_forget_role' ORDER BY proname, i;
-- SQL, quotes, control characters, very long texts: an error of ours or plain text; SQL that is asked for may be wrong
SELECT DISTINCT proname, arg, result FROM (SELECT proname, i, arg, pg_temp.attempt(oid, i, quote_literal(x)) AS result FROM arguments,
	unnest(ARRAY['''; DROP TABLE ba.t; --', 'ba''); DROP ROLE regress_ba_role; --', '"; DROP SCHEMA ba CASCADE; --', E'ba\\'' OR 1=1', E'line\nbreak\ttab', '$$', '$1', '%s%n%d', '{', '''', '"', '\',
		'ba.p; SELECT 1', 'ba.p@1@1', 'ba.p@-1', '..', '@', 'ü', '☃', repeat('x', 64), repeat('x.', 9999), repeat('''', 999)]) x WHERE type IN ('text', 'name')) a
WHERE result ~ '^(XX|INJ|42601|42501|P0|57)' AND NOT (arg IN ('sql', 'ddl') AND result ~ '^42601') ORDER BY proname, arg;
SELECT mesh = :'mesh' AS nothing_changed FROM mesh;

DROP VIEW mesh, arguments;
DROP TABLE good;
SELECT dm_retire('ba.p'), dm_drop_domain('ba'), dm_drop_tag('ba_tag'), dm_drop_purpose('ba_reports') \g /dev/null
DROP SCHEMA ba CASCADE;
DROP ROLE regress_ba_owner, regress_ba_role;
