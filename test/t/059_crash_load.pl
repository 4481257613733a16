# Backends that are killed while all of them write to our shared memory: it is made anew, the worker
# comes back, and nothing is counted that did not happen.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use IPC::Run;
use Mesh;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = mesh_node('crash_load', worker => 1, conf => "restart_after_crash = on\nlog_statement = none");
my $db = 'postgres';

$node->safe_psql($db, q{
	CREATE EXTENSION datamesh;
	CREATE SCHEMA shop;
	CREATE TABLE shop.sale (id bigserial, killed int);
	SELECT dm_register_domain('shop', schemas => '{shop}')});
ok($node->poll_query_until($db, q{SELECT state = 'running' FROM dm_worker_status()}), 'there is a worker');
$node->safe_psql($db, 'INSERT INTO shop.sale DEFAULT VALUES; SELECT dm_flush_activity()');

sub number
{
	my ($sql) = @_;
	return $node->safe_psql($db, $sql);
}

my $counted = q{SELECT inserted FROM datamesh.activities WHERE relation = 'shop.sale'::regclass};
my $rows = 'SELECT count(*) FROM shop.sale';

# Every transaction counts a row, and tells the worker of a change.
my $script = "$PostgreSQL::Test::Utils::tmp_check/crash_load.sql";
append_to_file($script, q{
INSERT INTO shop.sale (killed) VALUES (:round);
SELECT dm_pause_job(id), dm_resume_job(id) FROM datamesh.jobs WHERE kind = 'retention';
});

for my $round (1 .. 4)
{
	my $flushed = number($counted);
	my ($out, $err) = ('', '');
	my $load = IPC::Run::start(
		[ 'pgbench', '-n', '-c', 4, '-t', 1000000, '-D', "round=$round", '-f', $script, '-h', $node->host, '-p', $node->port, $db ],
		'<', \undef, '>', \$out, '2>', \$err);

	ok($node->poll_query_until($db, "SELECT count(*) > 100 FROM shop.sale WHERE killed = $round"), "$round: sessions write");
	my $pid = number(q{SELECT pid FROM pg_stat_activity WHERE query ~ '^(INSERT|SELECT dm_pause_job)' ORDER BY state = 'active' DESC, random() LIMIT 1});
	my $log = -s $node->logfile;
	is(kill('KILL', $pid), 1, 'one is killed');
	ok(!$load->finish, 'which ends all');
	$node->wait_for_log(qr/all server processes terminated; reinitializing/, $log);
	wait_for_server($node);
	ok($node->poll_query_until($db, q{SELECT state = 'running' FROM dm_worker_status()}), 'the worker comes back');

	my $now = number($counted);
	cmp_ok($now, '>=', $flushed, 'what was flushed is counted');
	cmp_ok($now, '<=', number($rows), 'and nothing that was not written');
	$node->safe_psql($db, "INSERT INTO shop.sale (killed) VALUES ($round)");
	is(number($counted), $now + 1, 'counting goes on');
	is(number(q{SELECT count(*) FROM datamesh.jobs WHERE state = 'paused'}), 0, 'no job is left between two states');
	$node->safe_psql($db, 'SELECT dm_flush_activity()');
}
ok($node->poll_query_until($db, q{SELECT count(*) > 0 FROM datamesh.jobs WHERE kind = 'activity_flush'
	AND last_started > pg_postmaster_start_time()}), 'the worker works');

$node->stop;
done_testing();
