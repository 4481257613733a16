-- Quality rules: what is refused when they are added, and by whom.
CREATE ROLE regress_ru_owner;
CREATE ROLE regress_ru_member IN ROLE regress_ru_owner;
CREATE ROLE regress_ru_other;
CREATE ROLE regress_ru_producer;
CREATE SCHEMA ru AUTHORIZATION regress_ru_owner;
SET ROLE regress_ru_owner;
CREATE TABLE ru.t (a int PRIMARY KEY, b text, c numeric, d date, e float8, "odd ""Name" int, vip bool);
CREATE TABLE ru.u (id int, t int);
CREATE SEQUENCE ru.s;
CREATE INDEX t_b ON ru.t (b);
RESET ROLE;
\set VERBOSITY default
\set SHOW_CONTEXT never

-- no domain: the owner's business
GRANT USAGE ON SCHEMA ru TO regress_ru_other;
SET ROLE regress_ru_other;
SELECT dm_add_rule('ru.t', 'r', 'nullValues', 'b');
SELECT * FROM dm_check('ru.t'::regclass);
RESET ROLE;
REVOKE USAGE ON SCHEMA ru FROM regress_ru_other;
SELECT dm_register_domain('ru', 'regress_ru_owner', '{ru}', producers => '{regress_ru_producer}') \g /dev/null
GRANT USAGE ON SCHEMA ru TO regress_ru_producer;
SET ROLE regress_ru_producer;
SELECT dm_add_rule('ru.t', 'r', 'nullValues', 'b');

SET ROLE regress_ru_member;
-- conditions
SELECT dm_add_rule('ru.t', 'r', 'rowCount');
SELECT dm_add_rule('ru.t', 'r', 'rowCount', must => m) FROM unnest('{"between 5 and 2"}'::text[]) m;
SELECT dm_add_rule('ru.t', 'r', 'rowCount', must => 'betwen 5 and 2');
SELECT dm_add_rule('ru.t', 'r', 'rowCount', must => '> 5 and < x');
SELECT dm_add_rule('ru.t', 'r', 'rowCount', must => '> 5 and');
SELECT dm_add_rule('ru.t', 'r', 'rowCount', must => '>');
SELECT dm_add_rule('ru.t', 'r', 'rowCount', must => 'not > 5');
SELECT dm_add_rule('ru.t', 'r', 'rowCount', must => 'in ()');
SELECT dm_add_rule('ru.t', 'r', 'rowCount', must => 'in (1, ''a'')');
SELECT dm_add_rule('ru.t', 'r', 'rowCount', must => '= ''unclosed');
SELECT dm_add_rule('ru.t', 'r', 'rowCount', must => '= 1e999999');
SELECT dm_add_rule('ru.t', 'r', 'rowCount', must => '= NaN');
SELECT dm_add_rule('ru.t', 'r', 'rowCount', must => '= 0; DROP TABLE ru.t');
SELECT dm_add_rule('ru.t', 'r', 'nullValues', 'b', must => '= ''none''');
-- how conditions are read
SELECT dm_add_rule('ru.t', 'm' || n, 'rowCount', must => m) IS NOT NULL AS added
FROM unnest('{==0,!=-1.5e2,"BETWEEN -1 and +1","not  between .5 and 1.","In(1,2,3)","not in ( ''a'' , ''it''''s'' )",">-infinity and<infinity","= TRUE"}'::text[]) WITH ORDINALITY x(m, n);
SELECT name, must FROM datamesh.rules WHERE name ~ '^m[0-9]' ORDER BY name COLLATE "C";
SELECT dm_drop_rule('ru.t', 'm' || n) FROM generate_series(1, 8) n \g /dev/null

-- metrics, columns, arguments
SELECT dm_add_rule('ru.t', 'r', 'nullValue', 'b');
\set VERBOSITY terse
SELECT dm_add_rule('ru.t', 'r', 'no_such', 'b');
\set VERBOSITY default
SELECT dm_add_rule('ru.t', 'r', 'nullValues');
SELECT dm_add_rule('ru.t', 'r', 'nullValues', 'bb');
SELECT dm_add_rule('ru.t', 'r', 'nullValues', 'ctid');
SELECT dm_add_rule('ru.t', 'r', 'rowCount', 'b', must => '> 0');
SELECT dm_add_rule('ru.t', 'r', 'rowCount', must => '> 0', unit => 'percent');
SELECT dm_add_rule('ru.t', 'r', 'nullValues', 'b', unit => 'kilos');
SELECT dm_add_rule('ru.t', 'r', 'nullValues', 'b', severity => 'bad');
SELECT dm_add_rule('ru.t', 'r', 'nullValues', 'b', dimension => 'width');
SELECT dm_add_rule('ru.t', 'r', 'nullValues', 'b', tolerance => -1);
SELECT dm_add_rule('ru.t', 'r', 'nullValues', 'b', tolerance => 'NaN');
SELECT dm_add_rule('ru.t', 'r', 'nullValues', 'b', schedule => '0 0 30 2 *');
SELECT dm_add_rule('ru.t', 'no word', 'nullValues', 'b');
SELECT dm_add_rule('ru.t', 'r', 'invalidValues', 'b');
SELECT dm_add_rule('ru.t', 'r', 'unique');
SELECT dm_add_rule('ru.t', 'r', 'unique', 'a', '{"properties": ["a", "b"]}');
SELECT dm_add_rule('ru.t', 'r', 'unique', arguments => '{"properties": ["a", "a"]}');
SELECT dm_add_rule('ru.t', 'r', 'unique', arguments => '{"properties": ["a", "zz"]}');
SELECT dm_add_rule('ru.t', 'r', 'unique', arguments => '{"properties": []}');
SELECT dm_add_rule('ru.t', 'r', 'unique', arguments => '[]');
SELECT dm_add_rule('ru.t', 'r', 'minimum', 'c', '{"value": "x"}');
SELECT dm_add_rule('ru.t', 'r', 'minimum', 'd', '{"value": "2024-02-30"}');
SELECT dm_add_rule('ru.t', 'r', 'maxLength', 'b', '{"value": -1}');
SELECT dm_add_rule('ru.t', 'r', 'maxLength', 'b', '{"value": 1e300}');
SELECT dm_add_rule('ru.t', 'r', 'multipleOf', 'c', '{"value": 0}');
SELECT dm_add_rule('ru.t', 'r', 'quantile', 'c', '{"p": 1.5}', '> 0');
SELECT dm_add_rule('ru.t', 'r', 'pattern', 'b', '{"pattern": "(["}');
SELECT dm_add_rule('ru.t', 'r', 'pattern', 'b', '{"pattern": 1}');
SELECT dm_add_rule('ru.t', 'r', 'pattern', 'b', '{"patern": "a"}');
SELECT dm_add_rule('ru.t', 'r', 'format', 'b', '{"format": "mail"}');
SELECT dm_add_rule('ru.t', 'r', 'strftime', 'a', '{"format": "%Y"}');
SELECT dm_add_rule('ru.t', 'r', 'references', 'a', '{"relation": "ru.nothing"}');
SELECT dm_add_rule('ru.t', 'r', 'references', 'a', '{"relation": "ru.t_b"}');
SELECT dm_add_rule('ru.t', 'r', 'references', 'a', '{"relation": "ru.u; DROP TABLE ru.u"}');
SELECT dm_add_rule('ru.s', 'r', 'rowCount', must => '= 1');
CREATE TEMP TABLE temporary (a int);
SELECT dm_add_rule('temporary', 'r', 'rowCount', must => '= 1');

-- expressions
SELECT dm_add_rule('ru.t', 'r', 'nullValues', 'b', "where" => w) FROM unnest('{"c >"}'::text[]) w;
SELECT dm_add_rule('ru.t', 'r', 'nullValues', 'b', "where" => 'c');
SELECT dm_add_rule('ru.t', 'r', 'nullValues', 'b', "where" => 'true) or (true');
SELECT dm_add_rule('ru.t', 'r', 'nullValues', 'b', "where" => 'true FROM ru.u');
SELECT dm_add_rule('ru.t', 'r', 'nullValues', 'b', "where" => 'true; DROP TABLE ru.t');
SELECT dm_add_rule('ru.t', 'r', 'nullValues', 'b', "where" => 'c > (SELECT 1)');
SELECT dm_add_rule('ru.t', 'r', 'nullValues', 'b', "where" => 'c > random()');
SELECT dm_add_rule('ru.t', 'r', 'nullValues', 'b', "where" => 'count(*) > 1');
SELECT dm_add_rule('ru.t', 'r', 'expression', arguments => '{"expression": "zz > 1"}');
SELECT dm_add_rule('ru.t', 'r', 'denial', arguments => '{"condition": "t1.b = t3.b"}');
SELECT dm_add_rule('ru.t', 'r', 'denial', arguments => '{"condition": "t1.b = b"}');
-- they are kept as they were understood, so that no later function takes the place of one that is meant
SELECT dm_add_rule('ru.t', 'kept', 'expression', arguments => '{"expression": "lower(b) <> ''x'' -- really"}', "where" => 'vip and c>1 -- x') IS NOT NULL AS added;
SELECT arguments, "where" FROM datamesh.rules WHERE name = 'kept';

-- queries
SELECT dm_add_rule('ru.t', 'r', 'sql', arguments => jsonb_build_object('query', q)) FROM unnest('{"SELECT 1; DROP TABLE ru.t"}'::text[]) q;
SELECT dm_add_rule('ru.t', 'r', 'sql', arguments => '{"query": "DELETE FROM ru.t"}');
SELECT dm_add_rule('ru.t', 'r', 'sql', arguments => '{"query": "WITH x AS (DELETE FROM {object} RETURNING 1) SELECT count(*) FROM x"}');
SELECT dm_add_rule('ru.t', 'r', 'sql', arguments => '{"query": "SELECT a INTO ru.n FROM {object}"}');
SELECT dm_add_rule('ru.t', 'r', 'sql', arguments => '{"query": "SELECT a FROM {object} FOR UPDATE"}');
SELECT dm_add_rule('ru.t', 'r', 'sql', arguments => '{"query": "SELECT (SELECT a FROM {object} FOR SHARE)"}');
SELECT dm_add_rule('ru.t', 'r', 'sql', arguments => '{"query": "SELECT pg_sleep(1) IS NULL"}');
SELECT dm_add_rule('ru.t', 'r', 'sql', arguments => '{"query": "SELECT nextval(''ru.s'') > 0"}');
SELECT dm_add_rule('ru.t', 'r', 'sql', arguments => '{"query": "SELECT pg_advisory_lock(1) IS NULL"}');
SELECT dm_add_rule('ru.t', 'r', 'sql', arguments => '{"query": "SELECT a, b FROM ${schema}.${table}"}');
SELECT dm_add_rule('ru.t', 'r', 'sql', arguments => '{"query": "SELECT ${what} FROM {object}"}');
SELECT dm_add_rule('ru.t', 'r', 'sql', arguments => '{"query": "SELECT {property} FROM {object}"}');
SELECT dm_add_rule('ru.t', 'r', 'sql', arguments => '{"query": "SELECT $1"}');
SELECT dm_add_rule('ru.t', 'placeholders', 'sql', 'odd "Name', '{"query": "SELECT count({property}) = 0 FROM ${schema}.${table} WHERE \u0027{a}\u0027 <> \u0027\u0027"}') IS NOT NULL AS added;

-- changes
SELECT dm_add_rule('ru.t', 'kept', 'rowCount', must => '> 1');
SELECT dm_alter_rule('ru.t', 'kep', must => '= 1');
SELECT dm_alter_rule('ru.t', 'kept', must => '= 1 or');
SELECT dm_alter_rule('ru.t', 'kept', "where" => 'zz');
SELECT dm_alter_rule('ru.t', 'kept', must => '<= 5', unit => '%', severity => 'warning', "where" => '', description => 'x', tolerance => 1);
SELECT must, unit, severity, "where", description, tolerance, changed_by FROM datamesh.rules WHERE name = 'kept';
SELECT dm_drop_rule('ru.t', 'kep');
RESET ROLE;

-- who contains SQL needs the rights with which it is measured
CREATE TABLE ru.theirs (a int);
ALTER TABLE ru.theirs OWNER TO regress_ru_producer;
SET ROLE regress_ru_member;
SELECT dm_add_rule('ru.theirs', 'plain', 'nullValues', 'a') IS NOT NULL AS added;
SELECT dm_add_rule('ru.theirs', 'code', 'expression', arguments => '{"expression": "a > 0"}');
SELECT dm_alter_rule('ru.theirs', 'plain', "where" => 'a > 0');
RESET ROLE;
-- and keeps needing them
ALTER TABLE ru.theirs OWNER TO regress_ru_owner;
SET ROLE regress_ru_member;
SELECT dm_add_rule('ru.theirs', 'code', 'expression', arguments => '{"expression": "a > 0"}') IS NOT NULL AS added;
RESET ROLE;
INSERT INTO ru.theirs VALUES (1);
ALTER TABLE ru.theirs OWNER TO regress_ru_other;
SET datamesh.contract_mode = 'off';
SELECT rule, verdict, message FROM dm_check('ru.theirs'::regclass) ORDER BY rule COLLATE "C";

-- who sees them
SELECT count(*) FROM datamesh.rules;
SET ROLE regress_ru_member;
SELECT relation, name FROM datamesh.rules ORDER BY name COLLATE "C";
SELECT count(*) > 0 AS results FROM datamesh.check_results;
SET ROLE regress_ru_other;
SELECT relation, name FROM datamesh.rules ORDER BY name COLLATE "C";
SELECT rule FROM datamesh.check_results ORDER BY rule COLLATE "C";
SELECT * FROM datamesh.quality_rule;
SELECT * FROM datamesh.check_result;
RESET ROLE;

-- rules go with their relation, whichever way it goes
DROP TABLE ru.theirs;
DROP TABLE temporary;
DROP SCHEMA ru CASCADE;
SELECT count(*) FROM datamesh.quality_rule WHERE NOT EXISTS (SELECT FROM pg_class WHERE oid = relation);
SELECT dm_drop_domain('ru') \g /dev/null
DROP ROLE regress_ru_member, regress_ru_other, regress_ru_producer, regress_ru_owner;
