# (a) A masked consumer after a raw value: mia has an agreement without any clearance.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Attack;
use PostgreSQL::Test::Utils;
use Test::More;

begin_attacks('masked');

my $port = 'shop_customers_v1.customer';
my $view = 'shop_customers_v1.customer_view';
my $copy = 'shop_customers_v1.customer_copy';
my $email = canary('email', 7) . '@mail.example';
my $other = canary('email', 107) . '@mail.example';
my $name = canary('name', 7);

# A function that prints what it is given, at a price that makes planners call it early.
my $leaky = q{
CREATE FUNCTION leak(v text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS
	$$ BEGIN RAISE NOTICE 'saw %', v; RETURN true; END $$;
};

# Plain readings
attack('SELECT *', sql => "SELECT * FROM $port; SELECT * FROM $view; SELECT * FROM $copy; SELECT * FROM shop_customers_v1.orders");
attack('TABLE, row and record output', sql => qq{
	TABLE $port; SELECT c FROM $port c; SELECT c::text, row_to_json(c), to_jsonb(c), hash_record(c) FROM $port c;
	SELECT (c).email, (c).salary, (c).* FROM $port c});
attack('binary output', sql => qq{
	SELECT textsend(email), numeric_send(salary), jsonb_send(doc), record_send(c) FROM $port c;
	COPY (SELECT * FROM $port) TO STDOUT (FORMAT binary)});
attack('whole-row references through subqueries, joins and LATERAL', sql => qq{
	SELECT x FROM (SELECT c FROM $port c) x; SELECT c, d FROM $port c LEFT JOIN $port d USING (id);
	SELECT l FROM $port c, LATERAL (SELECT c.*) l; SELECT array_agg(c) FROM $port c; SELECT max(c::text) FROM $port c});
attack('system columns of a port', sql => qq{
	SELECT ctid FROM $port; SELECT xmin FROM $port; SELECT tableoid::regclass FROM $port}, errors => '42703 42703 42703');
attack('TABLESAMPLE of a port', sql => "SELECT * FROM $port TABLESAMPLE system (100); SELECT * FROM $port TABLESAMPLE bernoulli (100)",
	errors => '0A000 0A000');
attack('FOR UPDATE, FOR SHARE', sql => "SELECT * FROM $port FOR UPDATE; SELECT * FROM $port FOR KEY SHARE",
	errors => '42501 42501');
attack('set operations, DISTINCT, ORDER BY and window functions', sql => qq{
	SELECT email FROM $port UNION SELECT name FROM $port; SELECT DISTINCT ON (name) name, email FROM $port ORDER BY name;
	SELECT first_value(email) OVER (ORDER BY email), lag(salary) OVER (ORDER BY salary) FROM $port;
	SELECT email FROM $port INTERSECT SELECT mail FROM $view; SELECT email FROM $port EXCEPT ALL SELECT email FROM $copy});
attack('aggregates', sql => qq{
	SELECT min(email), max(name), sum(salary), avg(salary), string_agg(ssn, ','), jsonb_agg(doc), percentile_disc(0.5) WITHIN GROUP (ORDER BY memo),
		mode() WITHIN GROUP (ORDER BY email), count(DISTINCT salary) FROM $port;
	SELECT email, count(*) FROM $port GROUP BY CUBE (email, name); SELECT name, grouping(name) FROM $port GROUP BY ROLLUP (name)});
attack('a recursive query', sql => qq{
	WITH RECURSIVE r AS (SELECT id, email FROM $port WHERE id = 1 UNION ALL SELECT c.id, c.email FROM $port c JOIN r ON c.id = r.id + 1)
	SELECT * FROM r; WITH m AS MATERIALIZED (SELECT * FROM $port) SELECT * FROM m; WITH m AS NOT MATERIALIZED (SELECT * FROM $port) SELECT * FROM m});
attack('GROUPING SETS and HAVING over masked columns', sql => qq{
	SELECT email, name, count(*) FROM $port GROUP BY GROUPING SETS ((email), (name), ()) HAVING min(salary) IS NULL});
attack('encodings and digests', sql => qq{
	SELECT md5(email), encode(sha256(convert_to(email, 'UTF8')), 'hex'), encode(convert_to(name, 'UTF8'), 'base64'), reverse(ssn), upper(name),
		hashtext(email), quote_literal(memo), to_tsvector(email), translate(email, '*', ''), ascii(substr(name, 3, 1)) FROM $port});

# Views and materialised views of one's own
attack('a view', sql => "CREATE VIEW v AS SELECT * FROM $port; SELECT * FROM v; SELECT pg_get_viewdef('v')");
attack('a view with check option, and one with security_barrier', sql => qq{
	CREATE VIEW v WITH (security_barrier) AS SELECT * FROM $port; SELECT * FROM v;
	CREATE VIEW w WITH (security_invoker) AS SELECT * FROM $port; SELECT * FROM w});
attack('a materialised view, and a refresh', sql => qq{
	CREATE MATERIALIZED VIEW m AS SELECT * FROM $port; SELECT * FROM m; REFRESH MATERIALIZED VIEW m; SELECT * FROM m});
attack('CREATE TABLE AS and SELECT INTO', sql => "CREATE TABLE t AS SELECT * FROM $port; SELECT * FROM t; SELECT * INTO u FROM $port; SELECT * FROM u");
attack('a temporary copy', sql => "CREATE TEMP TABLE t AS SELECT * FROM $port; SELECT * FROM t");
attack('CREATE TABLE LIKE a port, INSERT', sql => "CREATE TABLE t (LIKE $port INCLUDING ALL); INSERT INTO t SELECT * FROM $port RETURNING *; SELECT * FROM t");
attack('a table of the row type of a port', sql => "CREATE TABLE t (c $port); INSERT INTO t SELECT c FROM $port c; SELECT (c).* FROM t");

# Rules, MERGE, RETURNING, ON CONFLICT
attack('RETURNING through a port', sql => qq{
	UPDATE $port SET id = id RETURNING *; DELETE FROM $port RETURNING *; INSERT INTO $port (id) VALUES (7) RETURNING *}, errors => '42501 42501 42501');
attack('ON CONFLICT on a port', sql => qq{
	INSERT INTO $port (id, email) VALUES (7, 'x') ON CONFLICT (id) DO UPDATE SET email = excluded.email RETURNING *;
	INSERT INTO $port (id, email) VALUES (7, '$email') ON CONFLICT DO NOTHING}, hidden => 'hidden', errors => qr/^(42501|42P10|0A000) (42501|0A000)$/);
attack('MERGE into one\'s own table, and into a port', sql => qq{
	CREATE TABLE t (id int, email text, name text);
	MERGE INTO t USING $port c ON t.id = c.id WHEN NOT MATCHED THEN INSERT VALUES (c.id, c.email, c.name);
	SELECT * FROM t; MERGE INTO t USING $port c ON t.email = c.email WHEN MATCHED THEN UPDATE SET name = c.memo; SELECT * FROM t;
	MERGE INTO $port USING t ON t.id = customer.id WHEN MATCHED THEN DELETE}, errors => qr/^21000 (42501|0A000|42809)$/);
attack('rules on one\'s own table and on a port', sql => qq{
	CREATE TABLE t (id int, email text); CREATE TABLE log (line text);
	CREATE RULE r AS ON INSERT TO t DO ALSO INSERT INTO log SELECT email || memo FROM $port WHERE id = new.id;
	INSERT INTO t SELECT id, email FROM $port; SELECT * FROM t; SELECT * FROM log;
	CREATE RULE r AS ON UPDATE TO $port DO INSTEAD SELECT * FROM shop.customer}, errors => qr/^(42501|MD003)$/);
attack('a trigger on one\'s own table that sees the rows', sql => qq{
	CREATE TABLE t (id int, email text, salary numeric);
	CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN RAISE NOTICE '%', new; RETURN new; END \$\$;
	CREATE TRIGGER t BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); INSERT INTO t SELECT id, email, salary FROM $port;
	CREATE TRIGGER t INSTEAD OF INSERT ON $port FOR EACH ROW EXECUTE FUNCTION f()}, errors => qr/^(42501|MD003)$/);

# Prepared statements, cursors
attack('a prepared statement of one\'s own', sql => qq{
	PREPARE q(int) AS SELECT email, name, salary FROM $port WHERE id = \$1; EXECUTE q(7); EXECUTE q(8); EXECUTE q(9);
	SET datamesh.purpose = 'fraud'; EXECUTE q(7); SET datamesh.purpose = 'reporting'; EXECUTE q(7)}, errors => 'MD002');
attack('CREATE TABLE AS EXECUTE', sql => "PREPARE q AS SELECT * FROM $port; CREATE TABLE t AS EXECUTE q; SELECT * FROM t");
attack('a parameter in place of a tag', sql => qq{
	PREPARE q(text) AS SELECT datamesh.clear('shop.customers', \$1), email FROM $port; EXECUTE q('pii'); EXECUTE q('nonsense')});
attack('cursors, scrolled and held', sql => qq{
	BEGIN; DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT * FROM $port; FETCH ALL c; FETCH BACKWARD ALL c; COMMIT; FETCH ABSOLUTE 7 c});
attack('WHERE CURRENT OF', sql => "BEGIN; DECLARE c CURSOR FOR SELECT * FROM $port; FETCH c; UPDATE shop.customer SET id = id WHERE CURRENT OF c",
	errors => '42501');

# Functions
attack('SQL functions, inlined and not', sql => qq{
	CREATE FUNCTION f() RETURNS SETOF $port LANGUAGE sql STABLE AS \$\$ SELECT * FROM $port \$\$;
	CREATE FUNCTION g(int) RETURNS text LANGUAGE sql AS \$\$ SELECT email FROM $port WHERE id = \$1 \$\$;
	CREATE FUNCTION h() RETURNS SETOF text BEGIN ATOMIC SELECT email || name FROM $port; END;
	SELECT * FROM f(); SELECT g(7); SELECT g(8); SELECT h()});
attack('SECURITY DEFINER functions', sql => qq{
	CREATE FUNCTION f() RETURNS SETOF $port LANGUAGE sql SECURITY DEFINER AS \$\$ SELECT * FROM $port \$\$; SELECT * FROM f();
	CREATE FUNCTION g() RETURNS SETOF shop.customer LANGUAGE plpgsql SECURITY DEFINER AS \$\$ BEGIN RETURN QUERY SELECT * FROM shop.customer; END \$\$;
	SELECT * FROM g()}, errors => '42501 42883');
attack('PL/pgSQL with EXECUTE, loops and exceptions', sql => qq{
	DO \$\$ DECLARE r record; BEGIN FOR r IN SELECT * FROM $port LOOP RAISE NOTICE '%', r; END LOOP;
		FOR r IN EXECUTE 'SELECT * FROM shop.customer' LOOP RAISE NOTICE '%', r; END LOOP; END \$\$}, errors => '42501');
attack('a function\'s own purpose and search_path', sql => qq{
	CREATE FUNCTION f() RETURNS SETOF text LANGUAGE sql SET datamesh.purpose = 'fraud' SET search_path = mia_work, shop AS
		\$\$ SELECT email || name FROM $port \$\$; SELECT * FROM f()}, errors => qr/^(MD002|42501 42883)$/);
attack('SET ROLE in a function', sql => qq{
	CREATE FUNCTION f() RETURNS text LANGUAGE sql SET role = 'shop_team' AS \$\$ SELECT email FROM shop.customer LIMIT 1 \$\$; SELECT f()},
	errors => qr/^(42501|22023|42501 42883)$/);

# Leaky functions
attack('a leaky function in WHERE', sql => "$leaky SELECT id FROM $port WHERE leak(email) AND leak(name) AND leak(salary::text) AND leak(doc::text)");
attack('a leaky function in WHERE of a view of mine', sql => "$leaky CREATE VIEW v AS SELECT * FROM $view; SELECT id FROM v WHERE leak(mail) AND leak(both_of_them)");
attack('a leaky function on the whole row', sql => "$leaky SELECT id FROM $port c WHERE leak(c::text); SELECT id FROM $copy c WHERE leak(c::text)");
attack('a leaky function in JOIN conditions', sql => qq{
	$leaky SELECT c.id FROM $port c JOIN $port d ON c.id = d.id AND leak(c.email || d.name); SELECT c.id FROM $port c FULL JOIN $view d ON c.id = d.id WHERE leak(d.mail) OR leak(c.ssn)});
attack('a leaky function in ORDER BY, GROUP BY and CASE', sql => qq{
	$leaky SELECT id FROM $port ORDER BY leak(email); SELECT count(*) FROM $port GROUP BY leak(name); SELECT CASE WHEN leak(memo) THEN 1 END FROM $port;
	SELECT count(*) FILTER (WHERE leak(ssn)) FROM $port; SELECT sum(1) OVER (PARTITION BY leak(email)) FROM $port});
attack('a leaky function in a join with a table of mine', sql => qq{
	$leaky CREATE TABLE t AS SELECT i FROM generate_series(1, 40) i; ANALYZE t; SELECT t.i FROM t JOIN $port c ON c.id = t.i WHERE leak(c.email);
	SELECT t.i FROM t WHERE EXISTS (SELECT FROM $port c WHERE c.id = t.i AND leak(c.name))});
attack('an operator of one\'s own with estimators', sql => qq{
	$leaky CREATE FUNCTION same(text, text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS \$\$ BEGIN RAISE NOTICE 'saw % %', \$1, \$2; RETURN true; END \$\$;
	CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = same, RESTRICT = eqsel, JOIN = eqjoinsel, COMMUTATOR = ===, HASHES, MERGES);
	SELECT id FROM $port WHERE email === 'x'; SELECT 1 FROM $port c JOIN $port d ON c.name === d.name LIMIT 3; EXPLAIN SELECT id FROM $port WHERE email === 'x'});
attack('an operator class of one\'s own', sql => qq{
	CREATE FUNCTION cmp(text, text) RETURNS int LANGUAGE plpgsql AS \$\$ BEGIN RAISE NOTICE 'saw % %', \$1, \$2; RETURN bttextcmp(\$1, \$2); END \$\$;
	CREATE OPERATOR CLASS o FOR TYPE text USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 cmp(text, text)},
	errors => '42501');
attack('a cast with a function, and a domain with side effects', sql => qq{
	$leaky CREATE DOMAIN d AS text CHECK (leak(value)); SELECT email::d, name::d FROM $port; CREATE TYPE pair AS (a text);
	CREATE FUNCTION c(text) RETURNS pair LANGUAGE plpgsql AS \$\$ BEGIN RAISE NOTICE 'saw %', \$1; RETURN row(\$1); END \$\$;
	CREATE CAST (text AS pair) WITH FUNCTION c(text) AS IMPLICIT; SELECT email::pair FROM $port}, errors => '');
attack('an aggregate and a window function of one\'s own', sql => qq{
	CREATE FUNCTION step(text, text) RETURNS text LANGUAGE plpgsql AS \$\$ BEGIN RAISE NOTICE 'saw %', \$2; RETURN coalesce(\$1, '') || \$2; END \$\$;
	CREATE AGGREGATE spy(text) (SFUNC = step, STYPE = text); SELECT spy(email), spy(name) FROM $port; SELECT spy(ssn) OVER () FROM $port});
attack('a planner\'s constant folding of an immutable leaky function', sql => qq{
	CREATE FUNCTION now_leak(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS \$\$ BEGIN RAISE NOTICE 'saw %', \$1; RETURN \$1; END \$\$;
	SELECT now_leak(email) FROM $port WHERE id = 7; EXPLAIN (VERBOSE) SELECT now_leak((SELECT email FROM $port WHERE id = 7))});
attack('an index expression on a copy', sql => qq{
	CREATE FUNCTION spy(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS \$\$ BEGIN RAISE NOTICE 'saw %', \$1; RETURN \$1; END \$\$;
	CREATE TABLE t AS SELECT * FROM $port; CREATE INDEX i ON t (spy(email)); ANALYZE t; SELECT * FROM pg_stats WHERE tablename IN ('t', 'i')});
attack('an index on the port or its table', sql => "CREATE INDEX i ON $port (email); CREATE INDEX i ON shop.customer (upper(email))", errors => '42501 42501', modes => ['auto']);
attack('a function with a SUPPORT function, LEAKPROOF', sql => "CREATE FUNCTION f(text) RETURNS boolean LEAKPROOF LANGUAGE sql AS 'SELECT true'", errors => '42501');
attack('XML and other functions that take a query as text', sql => qq{
	SELECT query_to_xml('SELECT * FROM $port', true, false, ''); SELECT table_to_xml('$port', true, false, ''); SELECT cursor_to_xml('c', 1, true, false, '');
	SELECT query_to_xml('SELECT * FROM shop.customer', true, false, ''); SELECT schema_to_xml('shop', true, false, ''); SELECT ts_stat('SELECT to_tsvector(email) FROM $port')},
	errors => qr/42501/);

# Oracles: errors and row counts must not tell a right guess from a wrong one
oracle('division by zero as an oracle', sql => "SELECT count(1 / (CASE WHEN email = '{guess}' THEN 0 ELSE 1 END)) FROM $port", right => $email, wrong => $other, errors => '');
oracle('a cast error as an oracle', sql => "SELECT count((CASE WHEN name = '{guess}' THEN 'x' ELSE '1' END)::int) FROM $port", right => $name, wrong => canary('name', 107), errors => '');
oracle('a cast of the value itself', sql => "SELECT count(*) FROM $port WHERE salary = '{guess}'; SELECT email::int FROM $port WHERE id = 7; SELECT salary::int FROM $port WHERE id = 7",
	right => canary('salary', 7), wrong => canary('salary', 107), errors => '22P02');
oracle('equality and ranges', sql => qq{
	SELECT count(*) FROM $port WHERE email = '{guess}'; SELECT count(*) FROM $port WHERE email <= '{guess}'; SELECT id FROM $port ORDER BY email = '{guess}', id;
	SELECT count(*) FROM $port WHERE email LIKE left('{guess}', 6) || '%'; SELECT count(*) FROM $port WHERE email ~ left('{guess}', 6)}, right => $email, wrong => substr($email, 0, 1) . substr($other, 1), errors => '');
oracle('EXISTS and NOT IN', sql => qq{
	SELECT EXISTS (SELECT FROM $port WHERE name = '{guess}'), '{guess}' IN (SELECT name FROM $port), '{guess}' = ANY (SELECT both_of_them FROM $view)}, right => $name, wrong => canary('name', 107), errors => '');
oracle('trigram similarity and full text', sql => qq{
	SET pg_trgm.similarity_threshold = 0.05; SELECT count(*) FROM $port WHERE name % '{guess}'; SELECT max(similarity(name, '{guess}')), max(word_similarity('{guess}', name)) FROM $port;
	SELECT id FROM $port ORDER BY name <-> '{guess}', id LIMIT 3; SELECT count(*) FROM $port WHERE to_tsvector('simple', name) @@ to_tsquery('simple', '{guess}')},
	right => $name, wrong => substr($name, 0, 1) . substr(canary('name', 107), 1), errors => '');
oracle('JSON paths', sql => qq{SELECT count(*) FROM $port WHERE doc \@> '{"secret": "{guess}"}'; SELECT count(*) FROM $port WHERE doc ->> 'secret' = '{guess}'; SELECT count(*) FROM $copy WHERE doc \@? '\$.secret ? (\@ == "{guess}")'},
	right => canary('doc', 7), wrong => canary('doc', 107), errors => '');
oracle('EXPLAIN and its estimates', sql => qq{
	EXPLAIN SELECT * FROM $port WHERE email = '{guess}'; EXPLAIN SELECT * FROM $port WHERE email < '{guess}'; EXPLAIN SELECT * FROM $port WHERE lower(email) = '{guess}';
	EXPLAIN (VERBOSE, SETTINGS) SELECT * FROM $view WHERE mail = '{guess}'; EXPLAIN SELECT * FROM $port WHERE email = '{guess}' AND name = 'x'},
	right => $email, wrong => substr($email, 0, 1) . substr($other, 1), errors => '', set => { client_min_messages => 'warning' });
oracle('EXPLAIN ANALYZE', sql => "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF) SELECT * FROM $port WHERE email = '{guess}'", right => $email, wrong => substr($email, 0, 1) . substr($other, 1), errors => '');
oracle('a unique index as an oracle', sql => qq{INSERT INTO $port (id, email) VALUES (999, '{guess}'); INSERT INTO shop.customer (id, email) VALUES (999, '{guess}'); CREATE TABLE t (e text REFERENCES shop.customer (email)); CREATE TABLE t (e text REFERENCES $port (email))},
	right => $email, wrong => $other, errors => qr/42501/);
oracle('an exclusion of partitions', sql => "EXPLAIN (COSTS OFF) SELECT * FROM shop_customers_v1.orders WHERE memo = '{guess}'", right => canary('memo', 7), wrong => canary('memo', 107), errors => '');

# Tokens
oracle('tokens computed from guesses', sql => qq{
	SELECT count(*) FROM $port WHERE dm_token(email, 'default') = dm_token('{guess}'::text, 'default'); SELECT dm_token('{guess}'::text, 'default')},
	right => $email, wrong => $other, errors => qr/42501/);
oracle('a reader of tokens brute-forces them', role => 'tom', sql => qq{
	SELECT count(*) FROM $port WHERE email = dm_token('{guess}'::text, 'default'); SELECT count(*) FROM $port WHERE email = md5('{guess}'); SELECT count(*) FROM $port WHERE email = '{guess}';
	CREATE TABLE t (e text); INSERT INTO t VALUES ('{guess}'); SELECT count(*) FROM $port c JOIN t ON c.email = dm_token(t.e, 'default')},
	right => $email, wrong => $other, errors => '42501 42501');
attack('a reader of tokens', role => 'tom', sql => "SELECT * FROM $port; SELECT * FROM $view; SELECT * FROM $copy");
attack('a reader of tokens puts a value into the port\'s query', role => 'tom', sql => qq{
	SELECT dm_token(c.email, 'default') FROM (SELECT '$email'::text AS email) c; SELECT c.email FROM $port c, LATERAL (SELECT '$email'::text AS email) x WHERE x.email = c.email;
	SELECT (SELECT dm_token(v, 'default') FROM (VALUES ('$email')) t(v))}, errors => '42501 42501', hidden => 'hidden');

# Statistics and the catalog
attack('pg_stats and pg_stats_ext', sql => q{
	SELECT * FROM pg_stats WHERE schemaname LIKE 'shop%'; SELECT * FROM pg_stats_ext WHERE schemaname = 'shop'; SELECT * FROM pg_stats_ext_exprs; SELECT * FROM pg_statistic; SELECT * FROM pg_statistic_ext_data},
	errors => '42501 42501');
attack('statistics of the index on expressions', sql => "SELECT most_common_vals, histogram_bounds FROM pg_stats WHERE tablename LIKE 'customer%'", like => qr/^\s*$/);
attack('ANALYZE of a port and its table', sql => "ANALYZE VERBOSE shop.customer; ANALYZE VERBOSE $port", errors => '42501', modes => ['auto']);
attack('the catalog: definitions, defaults, comments, labels', sql => q{
	SELECT pg_get_viewdef(c.oid) FROM pg_class c WHERE relkind IN ('v', 'm'); SELECT * FROM pg_seclabels; SELECT * FROM pg_description d WHERE classoid = 'pg_class'::regclass;
	SELECT pg_get_indexdef(indexrelid) FROM pg_index; SELECT * FROM datamesh.port_columns; SELECT * FROM datamesh.tags; SELECT * FROM datamesh.agreements; SELECT * FROM datamesh.token_keys});
attack('statistics views of the server', sql => q{
	SELECT * FROM pg_stat_activity; SELECT * FROM pg_prepared_statements; SELECT * FROM pg_cursors; SELECT * FROM pg_stat_user_tables; SELECT * FROM pg_locks});
attack('the tables of datamesh', sql => 'SELECT * FROM datamesh.token_key; SELECT * FROM datamesh.agreement; UPDATE datamesh.agreement SET clearance = \'{pii}\'; DELETE FROM datamesh.tag',
	errors => '42501 42501 42501 42501');

# Files, large objects, other servers
attack('large objects', sql => qq{
	SELECT lo_from_bytea(0, convert_to(string_agg(email || name, ','), 'UTF8')) AS o FROM $port \\gset
	SELECT lo_get(:o); SELECT lo_unlink(:o); SELECT lo_export(:o, '/tmp/x'); SELECT loid, data FROM pg_largeobject}, errors => qr/^42501 42501$/);
attack('COPY TO, to the client, a file and a program', sql => qq{
	COPY (SELECT * FROM $port) TO STDOUT; COPY $port TO STDOUT; COPY shop.customer TO STDOUT; COPY (SELECT * FROM shop.customer) TO STDOUT;
	COPY (SELECT * FROM $port) TO '/tmp/x'; COPY (SELECT * FROM $port) TO PROGRAM 'cat'}, errors => '42809 42501 42501 42501 42501');
attack('reading files of the server', sql => "SELECT pg_read_file('base/1/1259'); SELECT pg_ls_dir('base'); SELECT pg_read_binary_file(pg_relation_filepath('shop.customer')); SELECT lo_import('/etc/passwd')",
	errors => '42501 42501 42501 42501');
attack('dblink loopback', sql => qq{
	SELECT * FROM public.dblink('dbname=attack user=shop_team', 'SELECT email FROM shop.customer') t(e text); SELECT public.dblink_connect_u('c', 'dbname=attack user=shop_team')},
	errors => '2F003 42501');
attack('postgres_fdw loopback', sql => q{
	CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw OPTIONS (dbname 'attack'); CREATE FOREIGN TABLE f (email text) SERVER s OPTIONS (schema_name 'shop', table_name 'customer')},
	errors => '42501 42704');
attack('pageinspect and friends', sql => q{CREATE EXTENSION pageinspect; SELECT pg_logical_emit_message(false, 'x', 'y') IS NULL; SELECT * FROM pg_show_all_file_settings()}, errors => '42501 42501');

# Settings
attack('row_security, escapes and other settings', sql => qq{
	SET row_security = off; SELECT * FROM $port; SET session_replication_role = replica; SET debug_print_plan = on; SET client_min_messages = debug5; SELECT email FROM $port WHERE id = 7;
	SET log_statement_stats = on; SET default_transaction_read_only = on; SELECT * FROM $port; SET allow_system_table_mods = on}, errors => '42501 42501 42501');
attack('debug output of trees and plans', sql => qq{
	SET debug_print_parse = on; SET debug_print_rewritten = on; SET debug_print_plan = on; SET client_min_messages = log; SELECT email, name FROM $port WHERE email = 'x'});
attack('planner switches', sql => qq{
	SET from_collapse_limit = 1; SET join_collapse_limit = 1; SET enable_seqscan = off; SET enable_sort = off; SET enable_hashagg = off; SET geqo_threshold = 2; SET jit = on; SET jit_above_cost = 0;
	SELECT c.email, d.mail, e.doc FROM $port c JOIN $view d USING (id) JOIN $copy e USING (id); SET constraint_exclusion = on; SET enable_partitionwise_join = on; SELECT * FROM shop_customers_v1.orders});
attack('parallel workers', modes => ['parallel'], sql => "SELECT * FROM $port; SELECT email, max(name) FROM $port GROUP BY email; SELECT * FROM $view WHERE mail LIKE 'x%'; SELECT count(*) FROM $port WHERE name > 'a'");

# Shadowing
attack('our functions shadowed by search_path', sql => qq{
	CREATE FUNCTION dm_mask_email(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT \$1'; CREATE FUNCTION dm_mask_null(anyelement) RETURNS anyelement LANGUAGE sql AS 'SELECT \$1';
	CREATE FUNCTION admits(text) RETURNS boolean LANGUAGE sql AS 'SELECT true'; CREATE FUNCTION clear(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
	CREATE FUNCTION texteq(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true'; SET search_path = mia_work, pg_catalog; SELECT * FROM $port; SELECT * FROM $view});
attack('the temporary schema first', sql => qq{
	CREATE FUNCTION pg_temp.dm_mask_email(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT \$1'; CREATE TEMP TABLE tag (name text, mask text); CREATE TEMP TABLE agreement (id int);
	CREATE TEMP VIEW customer AS SELECT 1 AS id, 'x'::text AS email; SET search_path = pg_temp, shop, public; SELECT * FROM $port; SELECT * FROM dm_my_access()});
attack('operators and types shadowed', sql => qq{
	CREATE FUNCTION eq(text, text) RETURNS boolean LANGUAGE plpgsql AS \$\$ BEGIN RAISE NOTICE 'saw % %', \$1, \$2; RETURN true; END \$\$; CREATE OPERATOR = (LEFTARG = text, RIGHTARG = text, FUNCTION = eq);
	CREATE OPERATOR || (LEFTARG = text, RIGHTARG = text, FUNCTION = eq); CREATE DOMAIN text AS pg_catalog.text; SET search_path = mia_work, pg_catalog; SELECT * FROM $view WHERE mail = 'x'; SELECT * FROM $port WHERE email = 'x'});
attack('a schema called datamesh', sql => "CREATE SCHEMA datamesh; CREATE FUNCTION datamesh.clear(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true'; CREATE OR REPLACE FUNCTION datamesh.admits(text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
	errors => '42P06 42501 42501');

# Roles and definitions
attack('SET ROLE and SET SESSION AUTHORIZATION', sql => "SET ROLE shop_team; SET SESSION AUTHORIZATION ida; SELECT set_config('role', 'ida', false); SELECT set_config('session_authorization', 'shop_team', false); SET ROLE NONE; SELECT * FROM $port",
	errors => '42501 42501 42501 42501');
attack('ALTER ROLE, GRANT of roles', sql => 'ALTER ROLE mia SUPERUSER; ALTER ROLE mia BYPASSRLS; GRANT ida TO mia; GRANT pg_read_all_data TO mia; GRANT shop_team TO mia; CREATE ROLE x IN ROLE shop_team',
	errors => qr/^42501 42501 42501 42501 42501 42501$/);
attack('LOCK, COMMENT, SECURITY LABEL as an outsider', sql => qq{
	BEGIN; LOCK TABLE $port IN ACCESS EXCLUSIVE MODE; ROLLBACK; BEGIN; LOCK TABLE shop.customer; ROLLBACK; COMMENT ON COLUMN $port.email IS 'x'; COMMENT ON TABLE shop.customer IS 'x';
	SECURITY LABEL FOR datamesh ON COLUMN shop.customer.email IS NULL; SECURITY LABEL FOR datamesh ON COLUMN $port.email IS NULL; SECURITY LABEL FOR datamesh ON SCHEMA shop IS NULL},
	errors => qr/^42501 42501 42501 42501 (42501|MD003) (42501|MD003) (42501|MD003)$/);
attack('the functions of governance', sql => q{
	SELECT dm_classify('shop.customer', 'email'); SELECT dm_alter_tag('pii.email', mask => 'none'); SELECT dm_grant_access('shop.customers', 'mia', 'reporting', '{pii}');
	SELECT dm_grant_key('default', 'mia'); SELECT dm_add_producer('shop', 'mia'); SELECT dm_create_tag('x'); SELECT dm_register_mask('lower(text)'); SELECT dm_remove_mesh(false)},
	errors => '42501 42501 42501 42501 42501 42501 42501 42501', hidden => 'masked');
attack('approving one\'s own request', sql => q{
	SELECT dm_request_access('shop.customers', 'reporting', '{pii,restricted,confidential}') AS r \gset
	SELECT dm_approve_access(:r); SELECT dm_withdraw_request(:r); SELECT * FROM shop_customers_v1.customer}, errors => '42501');
attack('changing the port', sql => qq{
	CREATE OR REPLACE VIEW $port AS SELECT * FROM shop.customer; ALTER VIEW $port SET (security_invoker = true); DROP VIEW $port CASCADE; ALTER VIEW $port OWNER TO mia; ALTER VIEW $port RENAME TO x; GRANT SELECT ON $port TO PUBLIC},
	errors => qr/^(42501|MD003)( (42501|MD003)){5}$/);
attack('ALTER and DROP of the extension', sql => q{
	ALTER EXTENSION datamesh DROP FUNCTION datamesh.admits(text); DROP EXTENSION datamesh CASCADE; ALTER EXTENSION datamesh UPDATE; DROP FUNCTION datamesh.clear(text, text) CASCADE; DROP EVENT TRIGGER datamesh_sql_drop; ALTER EVENT TRIGGER datamesh_ddl_end DISABLE},
	errors => qr/^42501 (42501|2BP01) 42501 42501 42501 42501$/);
attack('calling what ports call, and support functions', sql => q{
	SELECT datamesh.clear('shop.customers', 'pii.email'), datamesh.token('shop.customers', 'pii.email'), datamesh.admits('shop.customers'); SELECT datamesh.clear('SHOP.customers', ''); SELECT datamesh.decide_support(NULL)},
	# which of the two, the minor version decides
	errors => qr/^(42883|0A000)$/, like => qr/^f\|f\|t/);

# After all that
attack('the mesh still stands', role => 'superuser', hidden => 'hidden', like => qr/^30\|30$/, modes => ['auto'],
	sql => 'SELECT count(*), count(DISTINCT email) FROM shop.customer');

end_attacks();
