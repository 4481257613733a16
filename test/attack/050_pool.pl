# (e) A pooled session: plans, cursors, settings and functions of one role in the hands of
# another.  pool is a login that may become any of the others; the pooler in front of it sends
# SET ROLE, or SET SESSION AUTHORIZATION where it logs in as a superuser.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Attack;
use Test::More;

begin_attacks('pool');

my $port = 'shop_customers_v1.customer';
my $view = 'shop_customers_v1.customer_view';
my %pool = (role => 'pool', modes => [ 'auto', 'generic' ]);

# What a cleared role planned, executed by a masked one and by one without agreement.  The cleared
# role's own output goes away.
my $quiet = '\o /dev/null';
my $loud = '\o';

sub handed
{
	my ($name, $prepare, $use, %opt) = @_;
	for my $switch (
		[ 'SET ROLE', 'pool', 'SET ROLE ida', 'SET ROLE %s' ],
		[ 'SET SESSION AUTHORIZATION', 'superuser', 'SET SESSION AUTHORIZATION ida', 'RESET SESSION AUTHORIZATION; SET SESSION AUTHORIZATION %s' ])
	{
		my ($how, $login, $become, $change) = @$switch;
		for my $next (qw(mia eve))
		{
			my $path = 'SET search_path = ' . ($login eq 'pool' ? 'pool_work' : 'public') . ';';
			attack("$name: ida, then $next by $how", role => $login, modes => $opt{modes} // [ 'auto', 'generic' ],
				sql => "$path $become;\n$quiet\n$prepare\n$loud\n" . sprintf($change, $next) . ";\n$use\n",
				errors => $opt{ $next eq 'eve' ? 'eve' : 'mia' } // ($next eq 'eve' ? qr/^(42501|MD001)( (42501|MD001|MD006))*$/ : ''),
				hidden => $next eq 'eve' ? 'all' : 'masked');
		}
	}
	return;
}

handed('a prepared statement', "PREPARE q AS SELECT * FROM $port; EXECUTE q; EXECUTE q;", 'EXECUTE q; EXECUTE q;');
handed('a prepared statement with parameters', "PREPARE q(int) AS SELECT * FROM $port WHERE id = \$1; EXECUTE q(7); EXECUTE q(8); EXECUTE q(1); EXECUTE q(2); EXECUTE q(3); EXECUTE q(4); EXECUTE q(5);", 'EXECUTE q(7);');
handed('a prepared statement over views', "PREPARE q AS SELECT c.email, v.both_of_them FROM $port c JOIN $view v USING (id) WHERE c.email LIKE '%a%' OR v.mail LIKE '%b%'; EXECUTE q;", 'EXECUTE q;');
handed('a prepared statement under EXPLAIN', "PREPARE q AS SELECT * FROM $port WHERE email > 'a'; EXECUTE q;", 'EXPLAIN (VERBOSE, ANALYZE) EXECUTE q;');
handed('a prepared statement under CREATE TABLE AS', "PREPARE q AS SELECT * FROM $port; EXECUTE q;", 'CREATE TEMP TABLE t AS EXECUTE q; SELECT * FROM t;',
	eve => qr/^(42501|MD001) 42P01$/);
handed('a prepared COPY and a subplan', "PREPARE q AS SELECT (SELECT max(email) FROM $port), ARRAY(SELECT name FROM $port); EXECUTE q;", 'EXECUTE q;');
handed('a prepared INSERT ... SELECT', "CREATE TEMP TABLE t (e text); GRANT ALL ON t TO PUBLIC; PREPARE q AS INSERT INTO t SELECT email FROM $port RETURNING *; EXECUTE q; TRUNCATE t;", 'EXECUTE q; SELECT * FROM t;');
handed('a PL/pgSQL function\'s plans', "CREATE FUNCTION pg_temp.f(i int) RETURNS text LANGUAGE plpgsql AS \$\$ BEGIN RETURN (SELECT email || name FROM $port WHERE id = i); END \$\$; SELECT pg_temp.f(7); SELECT pg_temp.f(8);", 'SELECT pg_temp.f(7); SELECT pg_temp.f(8);');
handed('an SQL function\'s plans', "CREATE FUNCTION pg_temp.f(int) RETURNS text LANGUAGE sql VOLATILE AS 'SELECT email || name FROM $port WHERE id = \$1'; SELECT pg_temp.f(7); SELECT pg_temp.f(8);", 'SELECT pg_temp.f(7); SELECT pg_temp.f(8);');
attack('role switch in a DO block, the same statement in a loop', %pool, sql => qq{
	SET ROLE ida;
	DO \$\$ DECLARE r text; v text; BEGIN FOREACH r IN ARRAY '{ida,mia,ida,mia}'::text[] LOOP PERFORM set_config('role', r, false); SELECT email INTO v FROM $port WHERE id = 7; IF r = 'mia' THEN RAISE NOTICE '%', v; END IF; END LOOP; END \$\$},
	errors => qr/^(MD006)?$/);
attack('a role switch between the rows of a query', %pool, sql => qq{SET ROLE ida; SELECT CASE WHEN id > 5 THEN email END FROM (SELECT id, email, set_config('role', 'mia', false) FROM $port WHERE id = 1 OFFSET 0) x; SELECT * FROM $port});

# Cursors: what was opened with the rights of one role is, as everywhere in PostgreSQL, the
# session's.  A pooler that does not close them hands them on; DISCARD ALL ends them.
attack('a cursor opened before a role switch does not see more', %pool, sql => qq{
	SET ROLE mia; BEGIN; DECLARE c CURSOR FOR SELECT * FROM $port; FETCH 2 c; SET ROLE ida; FETCH 5 c; SET ROLE eve; FETCH ALL c; COMMIT});
attack('a held cursor, opened by a masked role', %pool, sql => qq{
	SET ROLE mia; BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT * FROM $port; SET ROLE ida; COMMIT; FETCH ALL c});
attack('SET datamesh.purpose in the middle of a cursor', %pool, sql => qq{
	SET ROLE mia; BEGIN; DECLARE c CURSOR FOR SELECT * FROM $port; FETCH 1 c; SET datamesh.purpose = 'fraud'; FETCH 1 c; SELECT * FROM $port; ROLLBACK}, errors => 'MD002');
attack('DISCARD ALL leaves nothing behind', role => 'pool', sql => qq{
	SET ROLE ida;\n$quiet\nPREPARE q AS SELECT * FROM $port; EXECUTE q; CREATE TEMP TABLE t AS TABLE $port; DECLARE c CURSOR WITH HOLD FOR TABLE $port; CREATE TEMP VIEW v AS TABLE $port;\n$loud\nDISCARD ALL; SET ROLE mia; EXECUTE q; TABLE t; FETCH ALL c; SELECT * FROM $port; TABLE v},
	errors => '26000 42P01 34000 42P01');

# Settings
handed('a purpose that was set before the switch', "SET datamesh.purpose = 'reporting'; SELECT * FROM $port;", "SELECT email FROM $port;");
attack('the purpose of a login does not serve a role that has none', role => 'superuser', hidden => 'all', purpose => 'fraud', sql => qq{SET SESSION AUTHORIZATION ida; SELECT * FROM $port; SET ROLE NONE; SELECT * FROM $port}, errors => 'MD002 MD002');
attack('NOINHERIT: the login itself may read nothing', role => 'pool', hidden => 'all', sql => "SELECT * FROM $port; SELECT * FROM $view", errors => '42501 42501');
attack('plans over a change of the clearance', role => 'superuser', modes => [ 'auto', 'generic' ], sql => qq{
	SELECT dm_grant_access('shop.customers', 'mia', 'reporting', '{pii,restricted,confidential}') AS a \\gset
	SET SESSION AUTHORIZATION mia;\n$quiet\nPREPARE q AS SELECT * FROM $port; EXECUTE q; CREATE FUNCTION pg_temp.f() RETURNS SETOF text LANGUAGE sql AS 'SELECT email FROM $port'; SELECT pg_temp.f();\n
	RESET SESSION AUTHORIZATION; SELECT dm_revoke_access(:a); SET SESSION AUTHORIZATION mia;\n$loud\nEXECUTE q; SELECT pg_temp.f()});
attack('plans over a change of the labels', role => 'superuser', modes => [ 'auto', 'generic' ], sql => qq{
	SELECT dm_classify('shop.customer', 'note'); SET SESSION AUTHORIZATION mia;\n$quiet\nPREPARE q AS SELECT id, note FROM $port; EXECUTE q; CREATE FUNCTION pg_temp.f() RETURNS SETOF text LANGUAGE sql AS 'SELECT note FROM $port'; SELECT pg_temp.f();
	RESET SESSION AUTHORIZATION; SELECT dm_classify('shop.customer', 'note', 'restricted'); SET SESSION AUTHORIZATION mia;\n$loud\nEXECUTE q; SELECT pg_temp.f();\n$quiet\nRESET SESSION AUTHORIZATION; SELECT dm_classify('shop.customer', 'note')}, hidden => 'all');
attack('plans over a change of role membership', role => 'superuser', modes => [ 'auto', 'generic' ], sql => qq{
	GRANT ida TO eve; SET SESSION AUTHORIZATION eve;\n$quiet\nPREPARE q AS SELECT * FROM $port; EXECUTE q;\nRESET SESSION AUTHORIZATION; REVOKE ida FROM eve; SET SESSION AUTHORIZATION eve;\n$loud\nEXECUTE q}, hidden => 'all', errors => qr/^(42501|MD001)$/);
attack('a prepared transaction', role => 'pool', sql => qq{SET ROLE mia; BEGIN; CREATE TABLE mia_work.t AS SELECT * FROM $port; PREPARE TRANSACTION 'x'; COMMIT PREPARED 'x'; SELECT * FROM mia_work.t}, errors => '');
attack('an error in the middle keeps the role and its rights', role => 'superuser', sql => qq{
	SET SESSION AUTHORIZATION mia; BEGIN; SAVEPOINT s; SELECT 1 / 0; ROLLBACK TO s; SELECT email FROM $port WHERE id = 7; SELECT email::int FROM $port; ROLLBACK; SELECT email FROM $port}, errors => '22012 22P02');

end_attacks();
