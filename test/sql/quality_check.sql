-- dm_check: verdicts, bad rules, what is written, and what nobody may see.
CREATE ROLE regress_rc_owner;
CREATE ROLE regress_rc_producer;
CREATE ROLE regress_rc_other;
CREATE SCHEMA rc AUTHORIZATION regress_rc_owner;
GRANT USAGE ON SCHEMA rc TO regress_rc_other;
SET ROLE regress_rc_owner;
CREATE TABLE rc.t (a int PRIMARY KEY, b text, c numeric, d date, e float8, f float8, "odd ""Name" int, vip bool, n int);
CREATE TABLE rc.u (id int, t int);
INSERT INTO rc.t
SELECT g, CASE WHEN g % 10 = 0 THEN NULL ELSE 'x' || g END, g * 1.5, date '2024-01-01' + g,
	CASE g WHEN 7 THEN 'NaN'::float8 ELSE g END, CASE g WHEN 7 THEN 'infinity'::float8 ELSE g END, g / 2, g % 2 = 0, NULL
FROM generate_series(1, 100) g;
INSERT INTO rc.u VALUES (1, 1), (2, 2), (3, 999), (4, NULL);
\set SHOW_CONTEXT never

CREATE FUNCTION pg_temp.add(name text, metric text, col name DEFAULT NULL, arguments jsonb DEFAULT '{}', must text DEFAULT NULL, unit text DEFAULT 'rows', severity text DEFAULT 'error', filter text DEFAULT NULL, tolerance float8 DEFAULT 0)
RETURNS text LANGUAGE sql AS $$
	SELECT 'added' FROM dm_add_rule('rc.t', name, metric, col, arguments, must, unit, severity, "where" => filter, tolerance => tolerance) $$;
SELECT pg_temp.add('nulls', 'nullValues', 'b', must => '<= 5'),
	pg_temp.add('share', 'nullValues', 'b', must => '<= 10', unit => 'percent'),
	pg_temp.add('near', 'nullValues', 'b', must => '<= 9', tolerance => 1),
	pg_temp.add('mild', 'nullValues', 'b', severity => 'warning'),
	pg_temp.add('few', 'rowCount', must => 'between 1 and 100'),
	pg_temp.add('pattern', 'pattern', 'b', '{"pattern": "^x[0-9]+$"}'),
	pg_temp.add('rows_of_where', 'expression', NULL, '{"expression": "a < c"}', filter => 'vip'),
	pg_temp.add('no_rows', 'nullValues', 'b', filter => 'a > 1000'),
	pg_temp.add('no_rows_needed', 'rowCount', NULL, must => '> 0', filter => 'a > 1000'),
	pg_temp.add('nan', 'mean', 'e', must => '> 5'),
	pg_temp.add('infinite', 'mean', 'f', must => '< 1e300'),
	pg_temp.add('infinite_rows', 'maximum', 'f', '{"value": 100}'),
	pg_temp.add('all_null', 'mean', 'n', must => '> 0'),
	pg_temp.add('all_null_rows', 'minimum', 'n', '{"value": 1}'),
	pg_temp.add('latest', 'max', 'd', must => '<= ''2024-03-01'''),
	pg_temp.add('odd', 'duplicateValues', 'odd "Name', must => '= 49'),
	pg_temp.add('division', 'expression', NULL, '{"expression": "1 / (a - 50) < 5"}'),
	pg_temp.add('explodes', 'pattern', 'b', '{"pattern": "^(([a-z0-9])+.)+[A-Z]([a-z0-9])+$"}', filter => 'a = 1'),
	pg_temp.add('gone', 'sum', 'c', must => '> 0'),
	pg_temp.add('gone_where', 'nullValues', 'b', filter => 'c > 1'),
	pg_temp.add('text', 'text', NULL, '{"description": "be good"}'),
	pg_temp.add('absent', 'present', 'zz'),
	pg_temp.add('type', 'logicalType', 'a', '{"type": "string"}'),
	pg_temp.add('foreign_type', 'physicalType', 'a', '{"type": "StringType"}'),
	pg_temp.add('change', 'rowCountChange', NULL, must => 'between -10 and 10', unit => 'percent') \g /dev/null
SELECT dm_add_rule('rc.u', 'refers', 'references', 't', '{"relation": "rc.t", "columns": ["a"]}') \g /dev/null
ALTER TABLE rc.t DROP COLUMN c;
UPDATE rc.t SET b = repeat('a', 40) WHERE a = 1;

-- rowCountChange has nothing to compare with yet; other rules are not hurt by those that cannot be measured
SELECT rule, "column", verdict, measured, must, rows_checked, failing, sample FROM dm_check('rc.t'::regclass) ORDER BY rule COLLATE "C";
SELECT * FROM (SELECT DISTINCT rule, message FROM datamesh.check_results WHERE message IS NOT NULL) r ORDER BY rule COLLATE "C";
SET datamesh.check_empty = 'passed';
SELECT rule, verdict FROM dm_check('rc.t'::regclass, '{no_rows}');
SET datamesh.check_empty = 'failed';
SELECT rule, verdict FROM dm_check('rc.t'::regclass, '{no_rows}');
RESET datamesh.check_empty;
SELECT rule, verdict, measured, rows_checked, failing, sample FROM dm_check('rc.u'::regclass);
INSERT INTO rc.t (a) SELECT g FROM generate_series(101, 150) g;
SELECT rule, verdict, measured FROM dm_check('rc.t'::regclass, '{change}');
SELECT rule, verdict, measured FROM dm_check('rc.t'::regclass, '{change}');
SELECT * FROM dm_check('rc.t'::regclass, '{chnage}');
SELECT DISTINCT dimension FROM dm_check('rc.t'::regclass, dimension => 'uniqueness');
SELECT * FROM dm_check('rc.t'::regclass, dimension => 'width');

-- queries
CREATE FUNCTION rc.sleeps(int) RETURNS int STABLE LANGUAGE sql AS 'SELECT $1 FROM pg_catalog.pg_sleep(30)';
CREATE FUNCTION rc.deletes(int) RETURNS int STABLE LANGUAGE plpgsql AS 'BEGIN DELETE FROM rc.t; RETURN 1; END';
CREATE FUNCTION rc.insists(int) RETURNS int STABLE LANGUAGE plpgsql AS
	'BEGIN PERFORM set_config(''transaction_read_only'', ''off'', true); RETURN rc.deletes(1); END';
CREATE FUNCTION rc.becomes(int) RETURNS int STABLE LANGUAGE plpgsql AS 'BEGIN PERFORM set_config(''role'', ''none'', false); RETURN 1; END';
SELECT pg_temp.add('q_' || n, 'sql', NULL, jsonb_build_object('query', q), m) FROM (VALUES
	('good', 'SELECT count(*) FROM {object} WHERE a > 100', '= 50'), ('false', 'SELECT bool_and(a > 1) FROM ${table}', NULL),
	('true', 'SELECT bool_and(a > 0) FROM ${schema}.${table}', NULL), ('null', 'SELECT max(a) FROM {object} WHERE a > 1000', '= 1'),
	('none', 'SELECT a FROM {object} WHERE false', '= 1'), ('many', 'SELECT a FROM {object}', '= 1'),
	('division', 'SELECT 1 / (count(*) - 150) FROM {object}', '= 1'), ('text', 'SELECT min(b) FROM {object}', '> ''x'''),
	('date', 'SELECT max(d) FROM {object}', 'between ''2024-01-01'' and ''2024-12-31'''), ('kinds', 'SELECT max(a) FROM {object}', '= ''x'''),
	('sleeps', 'SELECT sleeps(a) FROM {object} WHERE a = 1', '= 1'), ('deletes', 'SELECT deletes(a) FROM {object} WHERE a = 1', '= 1'),
	('insists', 'SELECT insists(a) FROM {object} WHERE a = 1', '= 1'), ('becomes', 'SELECT becomes(a) FROM {object} WHERE a = 1', '= 1')) q(n, q, m) \g /dev/null
SET datamesh.rule_timeout = '200ms';
SELECT rule, verdict, measured, must, rows_checked, message FROM dm_check('rc.t'::regclass) WHERE metric = 'sql' ORDER BY rule COLLATE "C";
SELECT count(*) FROM rc.t;
SELECT current_user, current_setting('transaction_read_only');
-- a cancel of the caller's own is not taken for the rule's
SET statement_timeout = '100ms';
SET datamesh.rule_timeout = '30s';
SELECT rule FROM dm_check('rc.t'::regclass, '{q_sleeps}');
RESET statement_timeout;
RESET datamesh.rule_timeout;

-- what cannot be written is an error of the call
BEGIN READ ONLY;
SELECT rule FROM dm_check('rc.t'::regclass, '{few}');
ROLLBACK;
-- and what was rolled back is not there
SELECT count(*) AS before FROM datamesh.check_results \gset
BEGIN;
SELECT rule, verdict FROM dm_check('rc.t'::regclass, '{nulls}');
SELECT count(*) - :before AS written FROM datamesh.check_results;
ROLLBACK;
SELECT count(*) - :before AS written FROM datamesh.check_results;
SELECT state, 'rule:nulls' = ANY (causes) AS nulls, 'rule:few' = ANY (causes) AS few FROM datamesh.incidents WHERE relation = 'rc.t'::regclass;
SELECT dm_alter_rule('rc.t', 'nulls', must => '<= 100');
SELECT rule, verdict FROM dm_check('rc.t'::regclass, '{nulls}');
SELECT c.healthy_at IS NOT NULL AS healthy FROM datamesh.incident_causes c WHERE cause = 'rule:nulls';
RESET ROLE;

-- masks: who may not read a classified column sees none of its values, and the history has none
SELECT dm_create_tag('rc_pii', mask => 'dm_mask_null()') \g /dev/null
SET ROLE regress_rc_owner;
CREATE TABLE rc.person (email text PRIMARY KEY, age int, code text);
INSERT INTO rc.person VALUES ('ann@example.org', 7, 'x'), ('bob@example.org', NULL, 'secret1');
REVOKE USAGE ON SCHEMA rc FROM regress_rc_other;
SELECT dm_register_domain('rc', schemas => '{rc}', producers => '{regress_rc_producer}') \g /dev/null
SELECT dm_classify('rc.person', 'email', 'rc_pii'), dm_classify('rc.person', 'code', 'rc_pii') \g /dev/null
GRANT USAGE ON SCHEMA rc TO regress_rc_producer;
SELECT dm_add_rule('rc.person', 'age_given', 'nullValues', 'age'), dm_add_rule('rc.person', 'last', 'max', 'email', must => '< ''a'''),
	dm_add_rule('rc.person', 'common', 'mostCommonValue', 'email', must => '= ''x'''),
	dm_add_rule('rc.person', 'cast', 'expression', arguments => '{"expression": "code::int > 0"}'),
	dm_add_rule('rc.person', 'query', 'sql', arguments => '{"query": "SELECT min(email) FROM {object}"}', must => '= ''x'''),
	dm_add_rule('rc.person', 'query_error', 'sql', arguments => '{"query": "SELECT max(code::int) FROM {object}"}', must => '= 1') \g /dev/null
SELECT rule, verdict, measured, sample, message FROM dm_check('rc.person'::regclass) ORDER BY rule COLLATE "C";
SET ROLE regress_rc_producer;
SELECT rule, verdict, measured, sample, message FROM dm_check('rc.person'::regclass) ORDER BY rule COLLATE "C";
SELECT * FROM (SELECT DISTINCT rule, verdict, measured, message FROM datamesh.check_results WHERE relation = 'rc.person') r ORDER BY rule COLLATE "C";
SELECT count(*) AS leaks FROM datamesh.check_results r WHERE r::text ~ '(example|secret)';
RESET ROLE;
SELECT count(*) AS leaks FROM (SELECT i::text FROM datamesh.incident i UNION ALL SELECT c::text FROM datamesh.incident_cause c
	UNION ALL SELECT r::text FROM datamesh.check_result r UNION ALL SELECT e::text FROM datamesh.event e) x(x) WHERE x ~ '(example|secret)';
SET ROLE regress_rc_other;
SELECT * FROM dm_check('rc.person'::regclass);
SELECT dm_junit('rc.p');
SELECT count(*) FROM datamesh.check_results;
RESET ROLE;

DROP FUNCTION pg_temp.add;
SET client_min_messages = warning;
DROP SCHEMA rc CASCADE;
RESET client_min_messages;
SELECT dm_drop_domain('rc'), dm_drop_tag('rc_pii') \g /dev/null
DROP ROLE regress_rc_owner, regress_rc_producer, regress_rc_other;
