# Nothing takes the extension away while ports exist, and dm_remove_mesh leaves the data as
# it was before the mesh.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = mesh_node('drop', conf => 'restart_after_crash = on');

# Part 1: who may not drop what
load_mesh($node, 'mesh');
$node->safe_psql('mesh', 'CREATE EXTENSION pgcrypto') if has_extension('pgcrypto');
my $sums = port_sums($node, 'mesh');
my $objects = objects($node, 'mesh');
my $registry = registry($node, 'mesh');

sub has_extension
{
	my ($name) = @_;
	return $node->safe_psql('postgres', "SELECT count(*) FROM pg_available_extensions WHERE name = '$name'");
}

for my $drop ('DROP EXTENSION datamesh', 'DROP EXTENSION datamesh CASCADE', 'DROP EXTENSION IF EXISTS datamesh CASCADE',
	'DROP EXTENSION "datamesh", plpgsql CASCADE')
{
	my ($status, $out, $err) = $node->psql('mesh', $drop);
	isnt($status, 0, "$drop: refused");
	like($err, qr/cannot drop extension "datamesh" while ports exist/, "$drop: says why");
	like($err, qr/HINT: .*dm_remove_mesh\(\)/, "$drop: tells the way out");
}
# the same by way of what the extension depends on, or what depends on it, at the latest at COMMIT
for my $drop ('DROP SCHEMA public CASCADE', 'DROP SCHEMA datamesh CASCADE', 'DROP TABLE datamesh.port CASCADE',
	'DROP FUNCTION datamesh.admits(text) CASCADE', 'DROP SCHEMA sales CASCADE', 'DROP SCHEMA sales_orders_v1 CASCADE',
	'DROP TABLE sales.customer CASCADE', 'ALTER TABLE sales.customer DROP COLUMN email CASCADE',
	'DROP TYPE sales.level CASCADE', 'DROP FUNCTION gov.mask_code(text, int) CASCADE',
	'DROP MATERIALIZED VIEW sales.by_country CASCADE', 'DROP OWNED BY "Sales Team" CASCADE', 'DROP OWNED BY governor CASCADE')
{
	like(try_sql($node, 'mesh', "BEGIN; $drop; COMMIT"), qr/^(MD003|MD008|2BP01): /, "$drop: refused");
}
same_lines(objects($node, 'mesh'), $objects, 'all objects are there');
same_lines(registry($node, 'mesh'), $registry, 'the registry is the same');
same_lines(port_sums($node, 'mesh'), $sums, 'every reader sees the same');

# Part 2: a database before, with and after a mesh
$node->safe_psql('postgres', 'CREATE DATABASE data');
$node->safe_psql(
	'data', q{
	CREATE ROLE shop;
	CREATE ROLE clerk;
	CREATE ROLE reader;
	CREATE SCHEMA shop AUTHORIZATION shop;
	COMMENT ON SCHEMA shop IS 'a shop';
	GRANT USAGE ON SCHEMA shop TO clerk;
	SET ROLE shop;
	ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO clerk;
	CREATE TABLE shop.client (id serial PRIMARY KEY, email text, born date);
	COMMENT ON COLUMN shop.client.email IS 'an address';
	INSERT INTO shop.client (email, born) SELECT 'c' || i || '@example.org', date '2000-01-01' + i FROM generate_series(1, 9) i;
	GRANT UPDATE (email) ON shop.client TO clerk;
	ALTER TABLE shop.client ENABLE ROW LEVEL SECURITY;
	CREATE POLICY all_of_them ON shop.client USING (true);
	CREATE TABLE shop.sale (day date, client int) PARTITION BY RANGE (day);
	CREATE TABLE shop.sale_2025 PARTITION OF shop.sale FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
	INSERT INTO shop.sale SELECT date '2025-02-01' + i, i FROM generate_series(1, 9) i;
	CREATE VIEW shop.mails AS SELECT id, email FROM shop.client;
	CREATE MATERIALIZED VIEW shop.count AS SELECT count(*) FROM shop.client;
	CREATE FUNCTION shop.hide(text) RETURNS text LANGUAGE sql IMMUTABLE RETURN '?';
	GRANT SELECT ON shop.mails TO reader});

# What pg_dump writes, without what changes from one run to the next.
sub dump_of
{
	my ($database) = @_;
	my ($out, $err) = run_command([ 'pg_dump', '--dbname', $node->connstr($database) ]);
	$out =~ s/^\\(un)?restrict .*\n//mg;
	return $out;
}

my $data = dump_of('data');
my $data_objects = objects($node, 'data');
like($data, qr/all_of_them/, 'there is something to compare');

sub make_mesh
{
	$node->safe_psql(
		'data', q{
		CREATE SCHEMA IF NOT EXISTS api;
		GRANT USAGE ON SCHEMA api TO PUBLIC;
		CREATE EXTENSION datamesh SCHEMA api;
		SET search_path = api;
		SELECT dm_load_taxonomy();
		SELECT dm_register_purpose('reporting');
		SELECT dm_register_mask('shop.hide(text)');
		SELECT dm_create_tag('hidden', mask => 'shop.hide()');
		SELECT dm_register_domain('shop', 'shop', '{shop}', producers => '{clerk}');
		SELECT dm_accept_grant('shop', object, grantee, 'was there before') FROM dm_foreign_grants('shop');
		SET ROLE shop;
		SELECT dm_classify('shop.client', 'email', 'pii.email', 'hidden');
		SELECT dm_classify('shop.client', 'born', 'pii.birth_date');
		SELECT dm_register_product('shop.clients', open_ended => true);
		SELECT dm_add_port('shop.clients', 'shop.client');
		SELECT dm_add_port('shop.clients', 'shop.mails');
		SELECT dm_add_port('shop.clients', 'shop.count');
		SELECT dm_publish('shop.clients');
		SELECT dm_grant_access('shop.clients', 'reader', 'reporting');
		SELECT dm_register_product('shop.sales', open_ended => true);
		SELECT dm_add_port('shop.sales', 'shop.sale');
		SELECT dm_publish('shop.sales');
		SELECT dm_deprecate('shop.sales');
		SELECT dm_register_product('shop.later');
		RESET ROLE;
		SET ROLE reader;
		SELECT dm_request_access('shop.clients', 'reporting', '{pii}')});
	return;
}

make_mesh();
is( try_sql($node, 'data', q{
		SET SESSION AUTHORIZATION reader; SET datamesh.purpose = 'reporting';
		SELECT string_agg(DISTINCT email, ',') FROM shop_clients_v1.client}),
	'c***@example.org', 'the mesh works');

like(try_sql($node, 'data', 'SET ROLE shop; SELECT api.dm_remove_mesh()'), qr/^42501: /, "a domain's owner may not remove the mesh");

my $with_mesh = dump_of('data');
my $said = $node->safe_psql('data', 'SELECT api.dm_remove_mesh()');
is(dump_of('data'), $with_mesh, 'the dry run changes nothing');
is($node->safe_psql('data', 'SELECT api.dm_remove_mesh(dry_run => NULL)'), $said, 'NULL is a dry run, too');
is(dump_of('data'), $with_mesh, 'and changes nothing');
like($said, qr/^DROP VIEW \Q$_\E$/m, "the dry run lists port $_")
  for qw(shop_clients_v1.client shop_clients_v1.mails shop_clients_v1.count shop_sales_v1.sale);
like($said, qr/^SECURITY LABEL FOR datamesh ON $_ IS NULL$/m, "the dry run lists the label of $_")
  for ('COLUMN shop.client.email', 'COLUMN shop.client.born', 'SCHEMA shop', 'FUNCTION shop.hide\((pg_catalog\.)?text\)');

# Others have built on the ports.
$node->safe_psql(
	'data', q{
	CREATE SCHEMA work AUTHORIZATION reader;
	SET SESSION AUTHORIZATION reader;
	CREATE VIEW work.mine AS SELECT id FROM shop_clients_v1.client});
my $before = dump_of('data');
like(try_sql($node, 'data', 'SELECT api.dm_remove_mesh(dry_run => false)'), qr/^2BP01: /, "not while a reader's view uses a port");
is(dump_of('data'), $before, 'which changes nothing');
$said = $node->safe_psql('data', 'SELECT api.dm_remove_mesh(dry_run => true, cascade => true)');
is(dump_of('data'), $before, 'a dry run with cascade changes nothing');
is($node->safe_psql('data', 'SELECT api.dm_remove_mesh(dry_run => false, cascade => true)'), $said,
	'the real run does what the dry run said');
is($node->safe_psql('data', q{SELECT to_regclass('work.mine') IS NULL}), 't', 'with cascade the view went, too');
$node->safe_psql('data', 'DROP SCHEMA work');
is($node->safe_psql('data', q{
		SELECT count(*) FROM pg_seclabel WHERE provider = 'datamesh'}), 0, 'no label is left');
is($node->safe_psql('data', q{SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'shop\_%'}), 0, 'no schema of ports is left');
is( $node->safe_psql('data', q{
		SELECT (SELECT count(*) FROM datamesh.domain) + (SELECT count(*) FROM datamesh.product) + (SELECT count(*) FROM datamesh.port)
			+ (SELECT count(*) FROM datamesh.agreement) + (SELECT count(*) FROM datamesh.access_request)
			+ (SELECT count(*) FROM datamesh.tag) + (SELECT count(*) FROM datamesh.purpose) + (SELECT count(*) FROM datamesh.token_key)}),
	0, 'the registry is empty');
is_consistent($node, 'data', 'after the removal');
is(try_sql($node, 'data', 'DROP EXTENSION datamesh'), '', 'then the extension can be dropped');
$node->safe_psql('data', 'DROP SCHEMA api');
is(dump_of('data'), $data, 'the data is what it was before the mesh: definitions, owners, privileges, rows');
same_lines(objects($node, 'data'), $data_objects, 'so are its objects');
is($node->safe_psql('data', 'SELECT count(*) FROM pg_event_trigger'), 0, 'no event trigger is left');

# and again
make_mesh();
is_consistent($node, 'data', 'a second mesh');
is($node->safe_psql('data', 'SELECT max(id) FROM datamesh.agreement'), 1, 'it counts from 1 again');

# An index of the domain's own on tokens needs the extension: its owner decides.
$node->safe_psql('data', q{
	SELECT api.dm_grant_key('default', 'shop');
	CREATE INDEX by_token ON shop.client (api.dm_token(email, 'default'));
	SELECT api.dm_remove_mesh(dry_run => false, cascade => true)});
my ($status, $out, $err) = $node->psql('data', 'DROP EXTENSION datamesh');
like($err, qr/index shop\.by_token depends on function api\.dm_token/, 'an index on tokens is named when it is in the way');
$node->safe_psql('data', 'DROP INDEX shop.by_token; DROP EXTENSION datamesh');

# A relation that somebody put among the ports stays.
make_mesh();
$node->safe_psql('data', q{
	CREATE TABLE shop_sales_v1.own AS SELECT 1 AS one; ALTER TABLE shop_sales_v1.own OWNER TO shop;
	SELECT api.dm_remove_mesh(dry_run => false);
	DROP EXTENSION datamesh});
is($node->safe_psql('data', 'SELECT one FROM shop_sales_v1.own'), 1, "a table in the schema of ports stays, with its schema");

$node->safe_psql('data', 'DROP SCHEMA shop_sales_v1 CASCADE');

# Ports upon ports: a view of the domain reads one port, another port shows it.
make_mesh();
$node->safe_psql(
	'data', q{
	SET ROLE shop;
	CREATE VIEW shop.of_port AS SELECT id, email FROM shop_clients_v1.client;
	SELECT api.dm_add_port('shop.clients', 'shop.of_port')});
for my $run ('SELECT api.dm_remove_mesh(dry_run => false, cascade => true)',
	q{SELECT api.dm_deprecate('shop.clients'), api.dm_retire('shop.clients', cascade => true)})
{
	my ($status, $out, $err) = $node->psql('data', "BEGIN; $run; ROLLBACK");
	is($status, 0, "ports upon ports: $run") or diag($err);
	wait_for_server($node);
}
is_consistent($node, 'data', 'after ports upon ports');

$node->stop;
unlike(slurp_file($node->logfile), qr/PANIC|TRAP|terminated by signal/, 'no crash');
done_testing();
