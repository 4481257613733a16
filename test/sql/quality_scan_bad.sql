-- What goes wrong with one rule is that rule's error; user code has the owner's rights, and no more.
CREATE ROLE regress_qb_owner;
CREATE SCHEMA qb AUTHORIZATION regress_qb_owner;
SELECT dm_create_tag('qb_secret', 'secret', mask => 'dm_mask_null()') IS NOT NULL AS created;
SELECT dm_register_domain('qb', 'regress_qb_owner', '{qb}') IS NOT NULL AS registered;
SET ROLE regress_qb_owner;
CREATE TABLE qb.t (id int PRIMARY KEY, a int, name text, big text);
INSERT INTO qb.t SELECT i, i % 10, repeat('a', i % 40) || '!', 'x' FROM generate_series(1, 200) i;
CREATE TABLE qb.log (who text);
CREATE FUNCTION qb.writes(int) RETURNS bool LANGUAGE plpgsql STABLE AS $$ BEGIN PERFORM qb.really_writes(); RETURN true; END $$;
CREATE FUNCTION qb.really_writes() RETURNS void LANGUAGE sql AS 'INSERT INTO qb.log VALUES (current_user)';
CREATE FUNCTION qb.who(int) RETURNS bool LANGUAGE plpgsql STABLE AS $$ BEGIN RAISE EXCEPTION 'I am %, path %', current_user, current_setting('search_path'); END $$;
CREATE FUNCTION qb.becomes(int) RETURNS bool LANGUAGE plpgsql STABLE AS $$ BEGIN PERFORM set_config('role', 'none', true); RETURN true; END $$;
CREATE FUNCTION qb.listens(int) RETURNS bool LANGUAGE plpgsql STABLE AS $$ BEGIN EXECUTE 'CREATE TEMP TABLE mine ()'; RETURN true; END $$;
CREATE TABLE qb.rule (rule text, metric text, col text, arguments jsonb, filter text);
INSERT INTO qb.rule VALUES
	('good', 'minimum', 'a', '{"value": 3}', NULL), ('good_too', 'unique', 'id', '{}', NULL), ('zero', 'expression', NULL, '{"expression": "1 / (id - 77) >= 0 OR true"}', NULL), ('zero_where', 'required', 'a', '{}', '10 / a > 1'),
	('cast', 'expression', NULL, '{"expression": "name::int > 0"}', NULL), ('explodes', 'pattern', 'name', '{"pattern": "^(a+)+$"}', NULL), ('explodes_not', 'pattern', 'name', '{"pattern": "^a*!$"}', NULL),
	('bound', 'minimum', 'a', '{"value": "abc"}', NULL), ('nan', 'maximum', 'a', '{"value": "NaN"}', NULL), ('overflow', 'quantile', 'name', '{"p": 0.5}', NULL), ('sums_text', 'sum', 'name', '{}', NULL),
	('writes', 'expression', NULL, '{"expression": "qb.writes(id)"}', NULL), ('who', 'expression', NULL, '{"expression": "qb.who(id)"}', NULL), ('becomes', 'expression', NULL, '{"expression": "qb.becomes(id)"}', NULL), ('listens', 'expression', NULL, '{"expression": "qb.listens(id)"}', NULL),
	('no_multiple', 'multipleOf', 'a', '{"value": 0}', NULL), ('length_of_int', 'maxLength', 'a', '{"value": 3}', NULL);
-- each is added if it may be, and otherwise says why
CREATE FUNCTION qb.try_add(r qb.rule) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM dm_add_rule('qb.t', r.rule, r.metric, r.col::name, r.arguments, must => CASE WHEN r.metric IN ('sum', 'quantile') THEN '> 0' END, "where" => r.filter); RETURN NULL; EXCEPTION WHEN OTHERS THEN RETURN SQLERRM; END $$;
SELECT rule, refused FROM (SELECT rule, qb.try_add(r) AS refused FROM qb.rule r OFFSET 0) x WHERE refused IS NOT NULL ORDER BY rule COLLATE "C";
RESET ROLE;
SELECT rule, verdict, measured, failing, message FROM dm_check('qb.t'::regclass) ORDER BY rule COLLATE "C";
SELECT count(*) AS written FROM qb.log;
SHOW transaction_read_only;
CREATE TEMP TABLE still_writable ();
SET ROLE regress_qb_owner;
-- a column that is renamed, of another type, or gone
ALTER TABLE qb.t DROP COLUMN big;
SELECT count(dm_drop_rule('qb.t', name)) >= 0 AS dropped FROM datamesh.rules WHERE relation = 'qb.t'::regclass AND name NOT IN ('good', 'explodes');
ALTER TABLE qb.t ALTER a TYPE text;
SELECT rule, verdict, failing, message FROM dm_check('qb.t'::regclass) ORDER BY rule COLLATE "C";
ALTER TABLE qb.t DROP COLUMN a;
SELECT rule, verdict, message FROM dm_check('qb.t'::regclass) ORDER BY rule COLLATE "C";
-- values of 100 MB
CREATE TABLE qb.large (id int PRIMARY KEY, body text);
INSERT INTO qb.large VALUES (1, repeat('0123456789', 10000000)), (2, repeat('0123456789', 10000000)), (3, 'short');
SELECT count(dm_add_rule('qb.large', r, m, 'body', a::jsonb)) FROM (VALUES ('longest', 'maxLength', '{"value": 99999999}'), ('unique', 'unique', '{}'), ('pattern', 'pattern', '{"pattern": "^[0-9]"}'), ('set', 'enum', '{"values": ["short"]}')) v (r, m, a);
SELECT rule, verdict, failing, sample, message FROM dm_check('qb.large'::regclass) ORDER BY rule COLLATE "C";
DROP TABLE qb.large;
-- it can be cancelled
CREATE TABLE qb.slow (a int, b int, c int);
INSERT INTO qb.slow SELECT i, i, -i FROM generate_series(1, 60000) i;
SELECT dm_add_rule('qb.slow', 'slow', 'denial', arguments => '{"condition": "t1.a < t2.a AND t1.b < t2.b AND t1.c < t2.c"}') > 0 AS added;
\set VERBOSITY terse
SET statement_timeout = '300ms';
SELECT * FROM dm_check('qb.slow'::regclass);
RESET statement_timeout;
\set VERBOSITY default
-- samples hide what is classified from who may not read the table, and from the history
CREATE TABLE qb.person (mail text PRIMARY KEY, age int);
INSERT INTO qb.person VALUES ('ann@example.com', -1), ('bob@example.com', 40), ('cyd@example.com', NULL);
SELECT dm_classify('qb.person', 'mail', 'qb_secret') \g /dev/null
SELECT count(dm_add_rule('qb.person', r, m, c::name, a::jsonb)) FROM (VALUES ('age', 'minimum', 'age', '{"value": 0}'), ('mail', 'pattern', 'mail', '{"pattern": "^b"}'), ('cast', 'expression', NULL, '{"expression": "mail::int > 0"}')) v (r, m, c, a);
SELECT rule, verdict, failing, sample, message FROM dm_check('qb.person'::regclass) ORDER BY rule COLLATE "C";
SELECT bool_or(r::text ~ 'example') AS kept FROM datamesh.check_results r;
RESET ROLE;
SELECT count(*) FROM datamesh.check_result r WHERE r::text ~ 'example';
-- the aggregates believe nothing of what they are given
SELECT datamesh.measure(NULL, 1);
SELECT datamesh.measure('[]', 1);
SELECT datamesh.measure('{"probes": [{"kind": "null", "value": 7}]}', 1);
SELECT datamesh.measure('{"probes": [{"kind": "true", "value": 0}]}', 1);
SELECT datamesh.measure('{"probes": [{"kind": "value", "value": 0, "where": -3}]}', 1);
SELECT datamesh.measure('{"probes": [{"kind": "keys", "columns": ["x"]}]}', 1);
SELECT datamesh.measure('{"probes": [{"kind": "keys", "columns": []}]}', 1);
SELECT datamesh.measure('{"probes": [{"kind": "keys", "columns": [0]}]}', '{}'::jsonb);
SELECT datamesh.measure('{"probes": [{"kind": "frequency", "value": 0, "bins": [2, 1]}]}', 1);
SELECT datamesh.measure('{"probes": [{"kind": "nothing"}, 7]}', 1);
SELECT datamesh.measure('{"sample": 1000000, "probes": []}', 1);
SELECT datamesh.measure('{"sample": 3, "probes": []}', 1, 2);
SELECT datamesh.measure('{"sample": 3, "tableoid": 1, "probes": []}', 'x'::text);
SELECT datamesh.denied('{}', 1, '\x', 1);
SELECT datamesh.denied('{"operators": [3], "collations": [0]}', 1, '\x0000000000000000', 1);
SELECT datamesh.denied('{"operators": [6], "collations": [0]}', 1, '\x7fffffff7fffffff', 1);
SELECT datamesh.denied('{"operators": [6], "collations": [0]}', 1, '\x00', '{}'::json);
SELECT datamesh.denied_total('\x01');
RESET ROLE;
SET client_min_messages = error;
DROP SCHEMA qb CASCADE;
SELECT dm_drop_domain('qb') IS NOT NULL AS dropped;
SELECT dm_drop_tag('qb_secret') \g /dev/null
DROP OWNED BY regress_qb_owner;
DROP ROLE regress_qb_owner;
