# Runs the pgTAP scripts of test/pgtap, each in a new database of one server.  Here a
# script is one test; its own ones are in the output when it fails.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'there is no pgTAP for this PostgreSQL yet' if $ENV{DM_WITHOUT_PGTAP};

my @scripts = sort glob('test/pgtap/*.sql');
die "there are no scripts in test/pgtap\n" unless @scripts;

my $node = PostgreSQL::Test::Cluster->new('pgtap');
$node->init;
$node->append_conf('postgresql.conf', slurp_file($ENV{DM_TEST_CONF}))
  if defined $ENV{DM_TEST_CONF};
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'datamesh'");
$node->start;

for my $script (@scripts)
{
	my ($database) = $script =~ m{(\w+)\.sql$};
	$node->safe_psql('postgres', qq{CREATE DATABASE "$database"});
	$node->safe_psql($database, 'CREATE EXTENSION pgtap; CREATE EXTENSION datamesh');

	my ($out, $err) = run_command(
		[   'pg_prove', '--verbose',
			'--psql-bin' => $node->installed_command('psql'),
			'--host'     => $node->host,
			'--port'     => $node->port,
			'--dbname'   => $database,
			$script
		]);
	my ($tests) = $out =~ /^Files=1, Tests=(\d+)/m;
	my $passed = $out =~ /^Result: PASS$/m && $tests;
	ok($passed, "$script: " . ($tests // 'no') . ' tests') or diag("$out\n$err");
}
$node->stop;

done_testing();
