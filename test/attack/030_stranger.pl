# (c) A role without an agreement, and readers without a purpose: eve has nothing, gus had an
# agreement that is over, hal has one that has not begun.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Attack;
use Mesh;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

begin_attacks('stranger');
admin(q{
	CREATE ROLE gus LOGIN; CREATE ROLE hal LOGIN; CREATE ROLE ivy LOGIN;
	SELECT dm_grant_access('shop.customers', 'gus', 'reporting', '{pii,restricted,confidential}', clock_timestamp() + interval '0.3 s');
	SELECT dm_grant_access('shop.customers', 'hal', 'reporting', '{pii,restricted,confidential}', valid_from => now() + interval '1 day');
	SELECT dm_register_product('shop.drafts', 'not published'); SELECT dm_add_port('shop.drafts', 'shop.customer');
	SELECT dm_grant_access('shop.drafts', 'mia', 'reporting', '{pii}', now() + interval '1 day');
	SELECT pg_sleep(0.35)});

my $port = 'shop_customers_v1.customer';
my $view = 'shop_customers_v1.customer_view';
my $email = canary('email', 7) . '@mail.example';
my %all = (hidden => 'all', role => 'eve');

# No agreement
attack('a plain query of a port', %all, sql => "SELECT * FROM $port; SELECT count(*) FROM $port; TABLE $view; SELECT 1 FROM $port LIMIT 0", errors => '42501 42501 42501 42501');
attack('a query of the tables', %all, sql => 'SELECT * FROM shop.customer; SELECT * FROM shop.customer_copy; SELECT * FROM shop.orders_2024; SELECT * FROM other.thing; SELECT * FROM ONLY shop.orders',
	errors => '42501 42501 42501 42501 42501');
attack('EXPLAIN of a port', %all, sql => "EXPLAIN SELECT * FROM $port; EXPLAIN (VERBOSE) SELECT email FROM shop.customer; EXPLAIN (GENERIC_PLAN) SELECT 1",
	errors => qr/^42501 42501/);
attack('a view, a materialised view, a copy of a port', %all, sql => qq{
	CREATE VIEW v AS SELECT * FROM $port; SELECT * FROM v; CREATE MATERIALIZED VIEW m AS SELECT * FROM $port; CREATE TABLE t AS TABLE $port; CREATE TABLE u (LIKE $port); INSERT INTO u SELECT * FROM $port},
	errors => qr/^42501( 42P01| 42501)+$/);
attack('a view that an admitted reader made', %all, before => "SET ROLE mia; CREATE VIEW mia_work.v AS SELECT * FROM $port; GRANT USAGE ON SCHEMA mia_work TO PUBLIC; GRANT SELECT ON mia_work.v TO PUBLIC",
	sql => 'SELECT * FROM mia_work.v; CREATE VIEW w AS SELECT * FROM mia_work.v; SELECT * FROM w', errors => 'MD001 MD001', after => 'DROP SCHEMA mia_work CASCADE; CREATE SCHEMA mia_work AUTHORIZATION mia');
attack('a function that an admitted reader made', %all, before => "SET ROLE ida; CREATE FUNCTION ida_work.f() RETURNS SETOF $port LANGUAGE sql STABLE AS 'SELECT * FROM $port'; GRANT USAGE ON SCHEMA ida_work TO PUBLIC",
	sql => 'SELECT * FROM ida_work.f(); SELECT (ida_work.f()).email', errors => qr/^(42501|MD001) (42501|MD001)$/, after => 'DROP SCHEMA ida_work CASCADE; CREATE SCHEMA ida_work AUTHORIZATION ida');
attack('COPY', %all, sql => "COPY $port TO STDOUT; COPY (SELECT * FROM $port) TO STDOUT; COPY shop.customer TO STDOUT; COPY shop.customer FROM STDIN;\n\\.\n", errors => qr/^(42809|42501) 42501 42501 42501$/);
attack('writing to ports and tables', %all, sql => qq{
	INSERT INTO $port (id) VALUES (1); UPDATE $port SET id = 1; DELETE FROM $port; INSERT INTO shop.customer (id) VALUES (7); INSERT INTO shop.customer (id) VALUES (7) ON CONFLICT (id) DO UPDATE SET note = 'x' RETURNING *; UPDATE shop.customer SET id = 1 RETURNING *;
	DELETE FROM shop.orders RETURNING *; TRUNCATE shop.customer; MERGE INTO shop.customer c USING (SELECT 7 AS id) s ON c.id = s.id WHEN MATCHED THEN DELETE}, errors => qr/^(42501 ?){9}$/);
attack('LOCK, COMMENT, SECURITY LABEL, ANALYZE', %all, sql => qq{
	BEGIN; LOCK TABLE $port; ROLLBACK; BEGIN; LOCK TABLE shop.customer IN ACCESS SHARE MODE; ROLLBACK; COMMENT ON VIEW $port IS 'x'; COMMENT ON SCHEMA shop IS 'x'; SECURITY LABEL FOR datamesh ON COLUMN $port.email IS NULL; SECURITY LABEL FOR datamesh ON SCHEMA shop_customers_v1 IS NULL; ANALYZE shop.customer},
	errors => qr/^42501 42501 42501 42501 (42501|MD003) (42501|MD003) 42501$/);
attack('statistics', %all, sql => q{SELECT * FROM pg_stats WHERE schemaname ~ '^shop'; SELECT * FROM pg_stats_ext; SELECT * FROM pg_stats_ext_exprs; SELECT stavalues1 FROM pg_statistic; SELECT stxdmcv FROM pg_statistic_ext_data},
	errors => '42501 42501', like => qr/^(?!.*shop\|customer\|email)/s);
attack('sizes, locations, files', %all, sql => q{SELECT pg_relation_filepath('shop.customer'); SELECT pg_relation_size('shop.customer') > 0; SELECT pg_read_binary_file(pg_relation_filepath('shop.customer')); SELECT pg_stat_file('base')}, errors => qr/42501/);
attack('has_table_privilege and the information schema', %all, sql => q{SELECT * FROM information_schema.columns WHERE table_schema ~ '^shop'; SELECT * FROM information_schema.views; SELECT * FROM information_schema.table_privileges}, errors => '');
attack('a foreign key to probe rows', %all, sql => "CREATE TABLE t (id int REFERENCES shop.customer); CREATE TABLE t (email text REFERENCES shop.customer (email)); CREATE TABLE t (id int REFERENCES $port)", errors => qr/^(42501|MD00\d) (42501|MD00\d) (42501|42809)$/);
attack('inheritance and partitions', %all, sql => 'CREATE TABLE t () INHERITS (shop.customer); CREATE TABLE t PARTITION OF shop.orders FOR VALUES FROM (\'2026-01-01\') TO (\'2027-01-01\'); ALTER TABLE shop.orders DETACH PARTITION shop.orders_2024', errors => '42501 42501 42501');
attack('triggers, rules, policies, publications, statistics on the tables', %all, sql => q{
	CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '%', new; RETURN new; END $$; CREATE TRIGGER t AFTER INSERT ON shop.customer FOR EACH ROW EXECUTE FUNCTION f();
	CREATE RULE r AS ON INSERT TO shop.customer DO ALSO NOTHING; CREATE POLICY p ON shop.customer USING (true); CREATE PUBLICATION p FOR TABLE shop.customer; CREATE PUBLICATION p FOR ALL TABLES; CREATE STATISTICS s ON id, email FROM shop.customer; ALTER TABLE shop.customer DISABLE ROW LEVEL SECURITY},
	errors => '42501 42501 42501 42501 42501 42501 42501');
attack('logical decoding', %all, sql => q{SELECT pg_create_logical_replication_slot('s', 'test_decoding'); SELECT * FROM pg_logical_slot_get_changes('s', NULL, NULL); SELECT pg_create_physical_replication_slot('s')}, errors => '42501 42501 42501', modes => ['auto']);
attack('roles', %all, sql => 'SET ROLE mia; SET SESSION AUTHORIZATION shop_team; GRANT mia TO eve; ALTER ROLE eve SUPERUSER; ALTER ROLE mia PASSWORD \'x\'; CREATE ROLE x SUPERUSER', errors => '42501 42501 42501 42501 42501 42501');
attack('grants to oneself', %all, sql => "GRANT SELECT ON $port TO eve; GRANT SELECT ON shop.customer TO eve; GRANT USAGE ON SCHEMA shop_customers_v1 TO eve; ALTER DEFAULT PRIVILEGES FOR ROLE shop_team GRANT SELECT ON TABLES TO eve; ALTER TABLE shop.customer OWNER TO eve; REASSIGN OWNED BY shop_team TO eve",
	errors => '42501 42501 42501 42501 42501 42501');
attack('the functions of the mesh', %all, sql => q{
	SELECT dm_grant_access('shop.customers', 'eve', 'reporting', '{pii}'); SELECT dm_add_producer('shop', 'eve'); SELECT dm_classify('shop.customer', 'email'); SELECT dm_transfer_domain('shop', 'eve'); SELECT dm_drop_domain('shop'); SELECT dm_retire('shop.customers', true);
	SELECT dm_add_port('shop.customers', 'shop.customer', 'mine'); SELECT dm_alter_domain('shop', schemas => '{}'); SELECT dm_revoke_access(1); SELECT dm_alter_product('shop.customers', owner => 'eve')}, errors => qr/^(42501 ?){10}$/);
attack('a domain over the schema of another', %all, role => 'other_team', sql => q{SELECT dm_alter_domain('other', schemas => '{other,shop}'); SELECT dm_alter_domain('other', schemas => '{other,shop_customers_v1}'); SELECT dm_register_product('other.p'); SELECT dm_add_port('other.p', 'shop.customer'); SELECT dm_add_port('other.p', 'shop_customers_v1.customer')},
	errors => qr/^\w{5} \w{5} \w{5} \w{5}$/, modes => ['auto'], after => q{SET client_min_messages = error; SELECT dm_retire('other.p'); DELETE FROM datamesh.product WHERE name = 'p'});
attack('a domain\'s port over a view of another domain\'s port', %all, role => 'other_team', sql => "CREATE VIEW other.v AS SELECT * FROM $port; SELECT * FROM other.v; REFRESH MATERIALIZED VIEW other.m", errors => qr/^42501/, after => 'DROP VIEW IF EXISTS other.v');
attack('the internal tables', %all, sql => 'SELECT * FROM datamesh.domain; SELECT * FROM datamesh.token_key; SELECT * FROM datamesh.access_request; SELECT * FROM datamesh.agreement; INSERT INTO datamesh.agreement SELECT * FROM datamesh.agreement; SELECT nextval(\'datamesh.agreement_id_seq\'); COPY datamesh.token_key TO STDOUT',
	errors => '42501 42501 42501 42501 42501 42501 42501');
attack('the views of the mesh show nothing of others', %all, sql => 'SELECT count(*) FROM datamesh.agreements; SELECT count(*) FROM datamesh.access_requests; SELECT count(*) FROM dm_my_access(); SELECT * FROM datamesh.ports', like => qr/^0\n0\n0\n/);
attack('the extension', %all, sql => q{DROP EXTENSION datamesh; ALTER EXTENSION datamesh DROP FUNCTION datamesh.clear(text, text); ALTER EXTENSION datamesh ADD FUNCTION pg_catalog.lower(text); ALTER EXTENSION datamesh SET SCHEMA public; CREATE EXTENSION datamesh; DROP SCHEMA datamesh CASCADE; DROP SCHEMA shop CASCADE; DROP OWNED BY shop_team CASCADE; CREATE OR REPLACE FUNCTION datamesh.admits(text) RETURNS boolean LANGUAGE sql AS 'SELECT true'; ALTER FUNCTION datamesh.admits(text) OWNER TO eve; LOAD 'datamesh'},
	errors => qr/^(42501|2BP01)( (42501|42710|2BP01|0A000))+$/, modes => ['auto']);
attack('large objects of others', %all, before => qq{SET ROLE ida; SET datamesh.purpose = 'reporting'; SELECT lo_from_bytea(4711, convert_to(email, 'UTF8')) FROM $port WHERE id = 7}, sql => 'SELECT lo_get(4711); SELECT lo_export(4711, \'/tmp/x\'); SELECT data FROM pg_largeobject', errors => '42501 42501 42501', after => 'SELECT lo_unlink(4711)');
attack('temporary tables of others', %all, sql => q{SELECT * FROM pg_temp_1.t; SELECT * FROM pg_temp_3.t; SELECT * FROM pg_toast.pg_toast_1262}, errors => qr/42501|42P01/);

# Over, not begun, not published
attack('an agreement that is over', %all, role => 'gus', sql => "SELECT * FROM $port; EXPLAIN SELECT * FROM $port; CREATE TABLE t AS TABLE $port; PREPARE q AS SELECT * FROM $port; EXECUTE q; SELECT email FROM $port WHERE false", errors => qr/^MD001/);
attack('an agreement that has not begun', %all, role => 'hal', sql => "SELECT * FROM $port; COPY (TABLE $port) TO STDOUT; DECLARE c CURSOR WITH HOLD FOR SELECT * FROM $port; SELECT count(*) FROM $view", errors => 'MD001 MD001 MD001 MD001');
attack('a product that is not published', %all, role => 'mia', sql => 'SELECT * FROM shop_drafts_v1.customer; SELECT * FROM shop_drafts_v1.customer LIMIT 0', errors => '42501 42501');

# No purpose, or a wrong one
attack('no purpose', %all, role => 'ida', purpose => '', sql => "SELECT * FROM $port; SELECT count(*) FROM $view; SELECT 1 FROM $port WHERE false; PREPARE q AS SELECT * FROM $port; EXECUTE q", errors => qr/^MD002 MD002 MD002 MD002( \w+)?$/);
attack('another purpose', %all, role => 'ida', purpose => 'fraud', sql => "SELECT * FROM $port; COPY (SELECT * FROM $port) TO STDOUT", errors => 'MD002 MD002');
attack('purposes that are almost right', %all, role => 'ida', purpose => 'Reporting', sql => "SELECT * FROM $port; SET datamesh.purpose = ' reporting'; SELECT * FROM $port; SET datamesh.purpose = 'reporting.'; SELECT * FROM $port; SET datamesh.purpose = 'reporting\%'; SELECT * FROM $port", errors => 'MD002 MD002 MD002 MD002');
attack('a purpose that is set for a moment', %all, role => 'eve', sql => "BEGIN; SET LOCAL datamesh.purpose = 'reporting'; SELECT * FROM $port; ROLLBACK; SELECT set_config('datamesh.purpose', 'reporting', true), (SELECT max(email) FROM $port)", errors => '42501 42501');
attack('a purpose left behind by SET LOCAL', %all, role => 'ida', purpose => '', sql => "BEGIN; SET LOCAL datamesh.purpose = 'reporting'; COMMIT; SELECT * FROM $port; BEGIN; SAVEPOINT s; SET datamesh.purpose = 'reporting'; ROLLBACK TO s; SELECT * FROM $port; ROLLBACK", errors => 'MD002 MD002');

# pg_dump as a consumer, and as a role without agreement
for my $node (nodes())
{
	for my $role (qw(eve mia gus))
	{
		local $ENV{PGOPTIONS} = '-c datamesh.purpose=reporting';
		my $dump = '';
		for my $arguments ([], [ '-t', 'shop.customer' ], [ '-t', 'shop_customers_v1.*', '--inserts' ], [ '-t', 'shop.orders', '--load-via-partition-root' ],
			[ '-a', '-n', 'shop_customers_v1' ], [ '--enable-row-security', '-t', 'shop.customer' ], [ '-a', '-n', 'datamesh' ], ['--blobs'])
		{
			my ($out, $err);
			IPC::Run::run([ 'pg_dump', '-d', $node->connstr('attack') . " user=$role", @$arguments ], '>', \$out, '2>', \$err);
			$dump .= "$out\n$err\n";
		}
		judge($node->name . ": pg_dump as $role", 'all', $dump);
		like($dump, qr/permission denied/, '... was refused');
	}
}

# A revocation and an expiry in open transactions and sessions, at every isolation level
for my $node (nodes())
{
	for my $level ('READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE')
	{
		$node->safe_psql('attack', q{SELECT dm_grant_access('shop.customers', 'ivy', 'reporting', '{pii,restricted,confidential}')});
		my $session = session($node, 'attack', 'SET SESSION AUTHORIZATION ivy', q{SET datamesh.purpose = 'reporting'}, 'SET plan_cache_mode = force_generic_plan',
			"PREPARE q AS SELECT email FROM $port WHERE id = 7", "BEGIN ISOLATION LEVEL $level");
		is($session->query('EXECUTE q'), $email, $node->name . ": $level: an open transaction reads");
		$node->safe_psql('attack', q{SELECT dm_revoke_access(id) FROM datamesh.agreements WHERE consumer = 'ivy'::regrole AND state = 'active'});
		my $out = $session->query('EXECUTE q') . $session->{stderr};
		judge($node->name . ": $level: a revocation ends that", 'all', $out);
		like($out, qr/ERROR:  (permission denied|role "ivy" has no access agreement|access)/, '... with an error');
		$session->quit;

		$node->safe_psql('attack', q{SELECT dm_grant_access('shop.customers', 'ivy', 'reporting', '{pii,restricted,confidential}', clock_timestamp() + interval '2.5 s')});
		$session = session($node, 'attack', 'SET SESSION AUTHORIZATION ivy', q{SET datamesh.purpose = 'reporting'}, 'SET plan_cache_mode = force_generic_plan',
			"PREPARE q AS SELECT email FROM $port WHERE id = 7", "BEGIN ISOLATION LEVEL $level");
		is($session->query('EXECUTE q'), $email, $node->name . ": $level: an agreement serves until its end");
		$session->query('SELECT pg_sleep(2.6)');
		$out = $session->query('EXECUTE q') . $session->{stderr};
		judge($node->name . ": $level: and not after it", 'all', $out);
		like($out, qr/ERROR: .*not in force/, '... with an error');
		$session->quit;
	}
}

end_attacks();
