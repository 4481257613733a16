# Row policies where one session is not enough: first statements of sessions that have not loaded
# the library, dumps by a superuser and by the owner, and logical replication.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = mesh_node('rows', preload => 0, init => { allows_streaming => 'logical' });
$node->safe_psql('postgres', 'CREATE DATABASE mesh');
$node->safe_psql(
	'mesh', q{
	SET client_min_messages = error;
	CREATE EXTENSION datamesh;
	CREATE ROLE team LOGIN;
	CREATE ROLE etl LOGIN;
	CREATE ROLE agency LOGIN;
	CREATE SCHEMA shop AUTHORIZATION team;
	SELECT dm_register_domain('shop', 'team', '{shop}');
	SELECT dm_add_producer('shop', 'etl');
	SELECT dm_register_purpose('reporting');
	SELECT dm_create_tag('vip');
	SELECT dm_set_attribute('agency', 'country', 'nl');
	SET ROLE team;
	CREATE TABLE shop.customer (id int PRIMARY KEY, country text, name text);
	CREATE INDEX ON shop.customer (country);
	INSERT INTO shop.customer SELECT g, (ARRAY['nl', 'de', 'fr'])[1 + g % 3], 'secret' || g FROM generate_series(1, 30) g;
	CREATE VIEW shop.v AS SELECT * FROM shop.customer;
	CREATE MATERIALIZED VIEW shop.m AS SELECT * FROM shop.customer;
	GRANT USAGE ON SCHEMA shop TO etl;
	GRANT SELECT, INSERT ON shop.customer TO etl;
	SELECT dm_register_product('shop.customers', open_ended => true);
	SELECT dm_register_product('shop.vips', open_ended => true);
	SELECT dm_add_port('shop.customers', 'shop.customer'), dm_add_port('shop.customers', 'shop.v'),
		dm_add_port('shop.customers', 'shop.m'), dm_add_port('shop.vips', 'shop.customer');
	SELECT dm_publish('shop.customers'), dm_publish('shop.vips');
	SELECT dm_grant_access('shop.customers', 'agency', 'reporting'), dm_grant_access('shop.vips', 'agency', 'reporting', '{vip}');
	SELECT dm_add_row_policy('shop.customer', 'country', $$ country = ANY (dm_attribute('country')) $$, '{tag:vip}');
	SELECT dm_add_row_policy('shop.m', 'country', $$ country = ANY (dm_attribute('country')) $$);
	SELECT dm_add_row_policy('shop.v', 'few', 'id < 10');
});

my @readings = (
	'SELECT count(*) FROM shop_customers_v1.customer',
	'SELECT count(*) FROM shop_customers_v1.v',
	'SELECT count(*) FROM shop_customers_v1.m',
	'SELECT string_agg(id::text, $$,$$ ORDER BY id) FROM shop_customers_v1.customer WHERE id < 10',
	'SELECT count(*) FROM shop_customers_v1.customer c JOIN shop_customers_v1.m USING (id)');

# Each statement in a session of its own.
sub first
{
	my ($database, $role, $sql, %option) = @_;
	local $ENV{PGOPTIONS} = '-c datamesh.purpose=reporting';
	my ($out, $err);
	my $result = IPC::Run::run(
		[ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-c', $sql, '-d', $node->connstr($database) . " user='$role'" ],
		'<', \($option{in} // ''), '>', \$out, '2>', \$err);

	chomp $out;
	return $result ? $out : $err =~ /ERROR:  (.*)/ ? $1 : $err;
}

sub all_readings
{
	my ($database, $role) = @_;
	return join ' ', map { first($database, $role, $_) } @readings;
}

is(all_readings('mesh', 'agency'), '10 3 10 3,6,9 10', 'first statements of a restricted reader');
is(all_readings('mesh', 'team'), '30 30 30 1,2,3,4,5,6,7,8,9 30', 'of the team');
# which product it is read through is not known to the session's first statement
is(first('mesh', 'agency', 'SELECT count(*) FROM shop_vips_v1.customer'), '10', 'a clearance of one product only, first');
is(first('mesh', 'agency', 'SELECT dm_reader(); SELECT count(*) FROM shop_vips_v1.customer'), "agency\n30", 'and later');
is(first('mesh', 'agency', 'SELECT dm_reader(); SELECT count(*) FROM shop_customers_v1.customer'), "agency\n10",
	'which is no clearance in another product');
is( first('mesh', 'agency', q{DO $$ DECLARE n text := ''; r record; BEGIN
		FOR r IN SELECT id FROM shop_customers_v1.v WHERE 1 / (id - 10) IS NOT NULL ORDER BY id LOOP n := n || r.id; END LOOP;
		RAISE EXCEPTION 'saw %', n; END $$}),
	'P0001: saw 369', 'a condition that fails on a hidden row, first');

# The library is loaded by nothing before: COPY FROM is the server's.
like(first('mesh', 'etl', 'COPY shop.customer FROM STDIN', in => "31\tnl\tx\n"), qr/^0A000: COPY FROM not supported/,
	'COPY FROM as the first statement');
is(first('mesh', 'etl', "SELECT dm_reader();\nCOPY shop.customer FROM STDIN;", in => "31\tnl\tx\n"), 'etl',
	'COPY FROM once the library is there');

# As who read below a port an owner whom row security does not bind
$node->safe_psql('mesh', 'ALTER ROLE team BYPASSRLS');
like(first('mesh', 'agency', $readings[0]), qr/^MD007: row policies of table "customer" are not in force/, 'BYPASSRLS, first');
is(first('mesh', 'team', $readings[0]), '31', 'the team itself');
$node->safe_psql('mesh', 'ALTER ROLE team NOBYPASSRLS');
$node->safe_psql('mesh', 'DELETE FROM shop.customer WHERE id = 31');

# Dumps
my $dir = $node->basedir;
my $before = all_readings('mesh', 'agency');
$node->command_ok([ 'pg_dump', '--format=custom', '--file', "$dir/mesh.dump", '--dbname', $node->connstr('mesh') ], 'pg_dump');
$node->safe_psql('postgres', 'CREATE DATABASE copy');
$node->command_ok([ 'pg_restore', '--exit-on-error', '--dbname', $node->connstr('copy'), "$dir/mesh.dump" ], 'pg_restore');
is(all_readings('copy', 'agency'), $before, 'a restricted reader of the copy');
is(all_readings('copy', 'team'), all_readings('mesh', 'team'), 'the team');
my $policies = 'SELECT name, predicate, applies_to FROM datamesh.row_policies ORDER BY relation::text, name';
is($node->safe_psql('copy', $policies), $node->safe_psql('mesh', $policies), 'the same policies');
is( $node->safe_psql('copy', q{SET client_min_messages = error; SET ROLE team; SELECT dm_drop_row_policy('shop.customer', 'country');
		SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = 'shop.customer'::regclass}),
	"\nf|f", 'the copy knows the state of the table');
# with row_security off, as pg_dump has it
is(first('mesh', 'team', 'SET row_security = off; SELECT dm_reader(); COPY shop.customer (id) TO STDOUT') =~ tr/\n//, 30,
	'COPY TO by the owner with row_security off');

# Replication into a table with a policy, as a superuser
$node->safe_psql('postgres', 'CREATE DATABASE feed');
$node->safe_psql('feed', 'CREATE SCHEMA shop; CREATE TABLE shop.customer (id int PRIMARY KEY, country text, name text); CREATE PUBLICATION feed FOR ALL TABLES');
$node->safe_psql('feed', q{SELECT pg_create_logical_replication_slot('feed', 'pgoutput')});
my $run_as = $node->safe_psql('postgres', q{SELECT CASE WHEN current_setting('server_version_num')::int >= 160000 THEN ', run_as_owner = true' ELSE '' END});
$node->safe_psql('mesh', "CREATE SUBSCRIPTION feed CONNECTION '" . ($node->connstr('feed') =~ s/'//gr) . "' PUBLICATION feed WITH (create_slot = false, slot_name = 'feed', copy_data = false$run_as)");
$node->safe_psql('feed', q{INSERT INTO shop.customer VALUES (100, 'nl', 'new'), (101, 'de', 'new')});
$node->wait_for_catchup('feed');
is($node->safe_psql('mesh', 'SELECT count(*) FROM shop.customer WHERE id >= 100'), '2', 'rows arrive by replication');
is(first('mesh', 'agency', 'SELECT id FROM shop_customers_v1.customer WHERE id >= 100'), '100', 'and the policy holds for them');

# One that would not be able to write is named
$node->safe_psql('mesh', q{SET client_min_messages = error; SET ROLE team; SELECT dm_drop_row_policy('shop.customer', 'country')});
my $weak = $run_as ? 'ALTER SUBSCRIPTION feed SET (run_as_owner = false)' : 'CREATE ROLE weak SUPERUSER; ALTER SUBSCRIPTION feed OWNER TO weak; ALTER ROLE weak NOSUPERUSER';
$node->safe_psql('mesh', $weak);
my ($result, $stdout, $stderr) = $node->psql('mesh', q{SET ROLE team; SELECT dm_add_row_policy('shop.customer', 'country', 'true')});
like($stderr, qr/WARNING:  subscription "feed" cannot write into table "customer" any more/, 'a subscription that row security binds');
$node->safe_psql('mesh', 'ALTER SUBSCRIPTION feed DISABLE; ALTER SUBSCRIPTION feed SET (slot_name = NONE); DROP SUBSCRIPTION feed');
$node->stop;

done_testing();
