# The extension in a server that preloads the library and in one that does not, and
# over a restart of each.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $version_sql = "SELECT extversion FROM pg_extension WHERE extname = 'datamesh'";
my $members_sql = q{
SELECT count(*) FROM pg_depend
WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
  AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'datamesh')};

# Makes a server that finds the extension, with the library preloaded or not.
sub new_node
{
	my ($name, $preload) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init;
	$node->append_conf('postgresql.conf', slurp_file($ENV{DM_TEST_CONF}))
	  if defined $ENV{DM_TEST_CONF};
	$node->append_conf('postgresql.conf',
		"shared_preload_libraries = '" . ($preload ? 'datamesh' : '') . "'");
	$node->start;
	return $node;
}

# The extension's life in one such server.
sub check_life
{
	my ($name, $preload) = @_;
	my $node = new_node($name, $preload);

	is($node->safe_psql('postgres', 'SHOW shared_preload_libraries'),
		$preload ? 'datamesh' : '', "$name: preloaded or not");
	$node->safe_psql('postgres', 'CREATE EXTENSION datamesh');
	my $version = $node->safe_psql('postgres', $version_sql);
	like($version, qr/^\d+\.\d+\.\d+$/, "$name: created, version $version");
	my $members = $node->safe_psql('postgres', $members_sql);
	cmp_ok($members, '>', 0, "$name: has members");

	$node->restart;
	is($node->safe_psql('postgres', $version_sql), $version, "$name: there after a restart");
	is($node->safe_psql('postgres', $members_sql), $members, "$name: the same members");

	# an immediate stop is a crash to the server
	$node->stop('immediate');
	$node->start;
	is($node->safe_psql('postgres', $version_sql), $version, "$name: there after a crash");

	my ($status, $out, $err) =
	  $node->psql('postgres', 'CREATE EXTENSION datamesh', on_error_stop => 1);
	isnt($status, 0, "$name: cannot be created twice");
	like($err, qr/extension "datamesh" already exists/, "$name: says so");

	$node->safe_psql('postgres', 'DROP EXTENSION datamesh');
	is($node->safe_psql('postgres', "SELECT to_regnamespace('datamesh') IS NULL"),
		't', "$name: an empty mesh can be dropped");
	$node->safe_psql('postgres', 'CREATE EXTENSION datamesh');
	is($node->safe_psql('postgres', $members_sql), $members, "$name: and created again");

	# another schema for the functions that users call.
	$node->safe_psql('postgres', 'CREATE DATABASE other');
	$node->safe_psql('other', 'CREATE SCHEMA mesh; CREATE EXTENSION datamesh SCHEMA mesh');
	is($node->safe_psql('other', $members_sql), $members, "$name: created in a schema of choice");
	is( $node->safe_psql(
			'other', q{SELECT count(*) FROM pg_proc WHERE proname LIKE 'dm\_%'
			AND pronamespace NOT IN ('mesh'::regnamespace, 'datamesh'::regnamespace)}),
		0,
		"$name: no function strays into another schema");

	my $log = slurp_file($node->logfile);
	unlike($log, qr/PANIC|TRAP|terminated by signal/, "$name: no crash in the log");
	$node->stop;
	return;
}

check_life('preloaded', 1);
check_life('plain', 0);

done_testing();
