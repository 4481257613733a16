# What takes long does not delay what must not wait: a helper of the worker runs it, where there is
# room for one, and no job is ever run twice at once.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = mesh_node('lanes',
	worker => 1,
	conf => "datamesh.job_jitter = 0\nmax_worker_processes = 12\ndatamesh.rule_timeout = 0\ndatamesh.worker_budget = 100");

# A product with a check that lasts as long as somebody holds the lock.
my $shop = q{
	CREATE EXTENSION datamesh;
	CREATE SCHEMA shop;
	CREATE TABLE shop.sale (id int);
	INSERT INTO shop.sale VALUES (1);
	CREATE FUNCTION shop.wait() RETURNS boolean STABLE LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(1, 2); RETURN true; END';
	SELECT dm_register_domain('shop', schemas => '{shop}'), dm_register_product('shop.sales'), dm_add_port('shop.sales', 'shop.sale');
	SELECT dm_add_rule('shop.sale', 'waits', 'sql', must => '= 0', schedule => '@every 1 s',
		arguments => '{"query": "SELECT count(*) FROM {object} WHERE NOT shop.wait()"}')};
my $checked = q{SELECT count(*) > 0 FROM datamesh.job_runs WHERE kind = 'check' AND state = 'succeeded'};

sub waits_for
{
	my ($db, $sql, $name) = @_;
	return ok($node->poll_query_until($db, $sql), $name);
}

# How long the level's breach waited for the worker.
sub delay
{
	my ($db) = @_;
	return $node->safe_psql($db, q{SELECT extract(epoch FROM c.failed_at - h.since) FROM datamesh.incident_cause c, datamesh.slo_history h
		WHERE c.cause LIKE 'slo:%' AND h.state = 'breached' ORDER BY h.since DESC LIMIT 1});
}

sub promise
{
	my ($db) = @_;
	$node->safe_psql($db, q{INSERT INTO shop.sale VALUES (2); SELECT dm_set_slo('shop.sales', 'freshness', '1', 's')});
	return;
}

# --- a check that lasts ---

$node->safe_psql('postgres', 'CREATE DATABASE mesh');
my $holder = session($node, 'mesh', 'SELECT pg_advisory_lock(1, 2)');
$node->safe_psql('mesh', $shop);
my $in_check = q{SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'datamesh helper' AND datname = 'mesh'
	AND wait_event = 'advisory' AND query LIKE 'job % check %'};
waits_for('mesh', $in_check, 'a helper is in the middle of a check');
is($node->safe_psql('mesh', q{SELECT helper = pid AND helper <> worker FROM dm_worker_status(), pg_stat_activity WHERE backend_type = 'datamesh helper'}),
	't', 'dm_worker_status tells of it');
my $run = $node->safe_psql('mesh', q{SELECT id FROM datamesh.job_runs WHERE kind = 'check'});

promise('mesh');
waits_for('mesh', q{SELECT count(*) = 1 FROM datamesh.incident_cause WHERE cause LIKE 'slo:%'}, 'a breach is told of');
note 'seconds from the deadline to the incident: ' . delay('mesh');
# two of them are promised, on a machine that has time
cmp_ok(delay('mesh'), '<', 5, 'soon after its deadline');
is($node->safe_psql('mesh', $in_check), 't', 'while the check still lasts');
my ($ret, $out, $err) = $node->psql('mesh', q{SELECT dm_run_job(id) FROM datamesh.jobs WHERE kind = 'check'});
like($err, qr/job \d+ is being run/, 'nobody runs the check besides');
is($node->safe_psql('mesh', q{SELECT id, state, by FROM datamesh.job_runs WHERE kind = 'check'}), "$run|running|worker",
	'nor did anybody, though it is due every second');

$holder->query_safe('SELECT pg_advisory_unlock(1, 2)');
waits_for('mesh', $checked, 'it ends when it can');
waits_for('mesh', q{SELECT count(*) >= 3 FROM datamesh.job_runs WHERE kind = 'check' AND state = 'succeeded'}, 'and is run again and again');
is($node->safe_psql('mesh', q{SELECT count(*) FROM datamesh.job_runs a JOIN datamesh.job_runs b ON a.job = b.job AND a.id < b.id
	AND b.started_at < coalesce(a.ended_at, 'infinity')}), 0, 'never twice at once');

# --- the helper ends and comes back ---

$node->safe_psql('mesh', q{SELECT dm_alter_rule('shop.sale', 'waits', schedule => '')});
waits_for('mesh', q{SELECT helper IS NULL AND worker IS NOT NULL FROM dm_worker_status()}, 'a helper without work ends, the worker does not');
$holder->query_safe('SELECT pg_advisory_lock(1, 2)');
$node->safe_psql('mesh', q{SELECT dm_alter_rule('shop.sale', 'waits', schedule => '@every 1 s')});
waits_for('mesh', $in_check, 'another one comes when there is some');
my $helper = $node->safe_psql('mesh', 'SELECT helper FROM dm_worker_status()');
my $worker = $node->safe_psql('mesh', 'SELECT worker FROM dm_worker_status()');
$node->safe_psql('postgres', "SELECT pg_terminate_backend($worker)");
waits_for('mesh', "SELECT worker <> $worker AND helper = $helper FROM dm_worker_status()", 'a new worker finds the helper at work');
$node->safe_psql('postgres', "SELECT pg_terminate_backend($helper)");
waits_for('mesh', q{SELECT count(*) = 1 FROM datamesh.job_runs WHERE kind = 'check' AND state = 'died'}, 'what was cut off is seen');
waits_for('mesh', $in_check, 'and done again');
is($node->safe_psql('mesh', "SELECT helper <> $helper FROM dm_worker_status()"), 't', 'by another helper');

# --- what a check calls does not keep the helper for itself ---

$holder->query_safe('SELECT pg_advisory_unlock(1, 2)');
waits_for('mesh', q{SELECT count(*) = 0 FROM datamesh.job_runs WHERE kind = 'check' AND state = 'running'}, 'the check has ended');
$node->safe_psql('mesh', q{
	CREATE ROLE team;
	GRANT USAGE, CREATE ON SCHEMA shop TO team;
	CREATE TABLE shop.other (id int);
	INSERT INTO shop.other VALUES (1);
	ALTER TABLE shop.other OWNER TO team;
	CREATE FUNCTION shop.wild() RETURNS boolean STABLE LANGUAGE plpgsql AS
		'BEGIN PERFORM pg_advisory_unlock_all(); PERFORM pg_advisory_lock(4711); RETURN true; END';
	ALTER FUNCTION shop.wild() OWNER TO team;
	SELECT dm_drop_rule('shop.sale', 'waits'), dm_add_rule('shop.other', 'wild', 'sql', must => '= 0', schedule => '@every 1 s',
		arguments => '{"query": "SELECT count(*) FROM {object} WHERE NOT shop.wild()"}')});
my $wild = q{SELECT count(*) > 0 FROM datamesh.job_runs WHERE object LIKE '%other%' AND state = };
waits_for('mesh', $wild . q{'succeeded'}, 'a check that takes locks and leaves them ends');
waits_for('mesh', q{SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711}, 'and its locks with it');
waits_for('mesh', q{SELECT count(*) = 1 FROM pg_locks l, dm_worker_status() s WHERE locktype = 'advisory' AND objid = 1 AND l.pid = s.helper},
	'the helper has its own again');

# catching what ends it, whatever that is
$node->append_conf('postgresql.conf', 'datamesh.job_timeout = 1s');
$node->reload;
$helper = $node->safe_psql('mesh', 'SELECT helper FROM dm_worker_status()');
$node->safe_psql('mesh', q{CREATE OR REPLACE FUNCTION shop.wild() RETURNS boolean STABLE LANGUAGE plpgsql AS
	'BEGIN LOOP BEGIN PERFORM pg_sleep(600); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END'});
waits_for('mesh', $wild . q{'died'}, 'one that catches its cancel ends with the helper');
waits_for('mesh', "SELECT helper <> $helper FROM dm_worker_status()", 'and another one takes over');
SKIP:
{
	skip 'no transaction_timeout before 17', 2 if $node->pg_version < 17;
	$node->safe_psql('mesh', q{CREATE OR REPLACE FUNCTION shop.wild() RETURNS boolean STABLE LANGUAGE plpgsql AS
		$$BEGIN PERFORM set_config('transaction_timeout', '1', true); PERFORM pg_sleep(5); RETURN true; END$$;
		TRUNCATE datamesh.job_run});
	waits_for('mesh', q{SELECT count(*) > 0 FROM datamesh.check_result WHERE rule = 'wild' AND message LIKE '%transaction_timeout%'},
		'the setting that would end the helper is refused');
	is($node->safe_psql('mesh', $wild . q{'died'}), 'f', 'which lives on');
}

# --- nor does a transaction that somebody leaves open keep the worker from others ---

$node->append_conf('postgresql.conf', 'datamesh.job_timeout = 0');
$node->reload;
$node->safe_psql('mesh', q{
	SELECT dm_drop_rule('shop.other', 'wild'), dm_register_product('shop.late'), dm_add_port('shop.late', 'shop.other')});
$holder->query_safe(q{BEGIN; SELECT dm_report_failure('shop.sales', 'nightly', 'it failed', 'shop.sale')});
my $breaches = q{SELECT count(*) FROM datamesh.incident_cause WHERE cause LIKE 'slo:%'};
my $before = $node->safe_psql('mesh', $breaches);
$node->safe_psql('mesh', q{SELECT dm_set_slo('shop.sales', 'freshness', '1', 'h'); SELECT dm_set_slo('shop.late', 'freshness', '1', 's')});
waits_for('mesh', "SELECT ($breaches) > $before", 'a breach of another product is told of');
waits_for('mesh', q{SELECT count(*) > 0 FROM datamesh.job_runs WHERE kind = 'slo' AND object = 'shop.sales' AND sqlstate = '55P03'},
	'the job that needs the lock says so');
$holder->query_safe('ROLLBACK');

# --- a setting ends it in the middle of a job ---

$node->safe_psql('mesh', q{SELECT dm_add_rule('shop.sale', 'waits', 'sql', must => '= 0', schedule => '@every 1 s',
	arguments => '{"query": "SELECT count(*) FROM {object} WHERE NOT shop.wait()"}')});
$holder->query_safe('SELECT pg_advisory_lock(1, 2)');
waits_for('mesh', $in_check, 'a helper is in the middle of a check again');

$node->append_conf('postgresql.conf', 'datamesh.databases = other');
$node->reload;
waits_for('mesh', q{SELECT worker IS NULL AND helper IS NULL FROM dm_worker_status()}, 'both end when they are not wanted any more');
is($node->safe_psql('mesh', q{SELECT state FROM datamesh.job_runs WHERE kind = 'check' ORDER BY id DESC LIMIT 1}), 'running',
	'the helper in the middle of the check');
$holder->quit;
$node->stop;

# --- no room for a helper ---

$node = mesh_node('few',
	worker => 1,
	conf => "datamesh.job_jitter = 0\nmax_worker_processes = 2\nmax_logical_replication_workers = 0\ndatamesh.rule_timeout = 0");
$node->safe_psql('postgres', 'CREATE DATABASE mesh');
$node->safe_psql('mesh', $shop);
waits_for('mesh', $checked, 'without room for a helper the worker checks by itself');
$node->wait_for_log(qr/datamesh cannot start a helper for database \d+\n.*DETAIL.*\n.*HINT:  Consider increasing max_worker_processes/);
promise('mesh');
waits_for('mesh', q{SELECT count(*) = 1 FROM datamesh.incident_cause WHERE cause LIKE 'slo:%'}, 'and looks at the levels between the checks');
is($node->safe_psql('mesh', q{SELECT helper IS NULL FROM dm_worker_status()}), 't', 'there is still none');
is(scalar(() = slurp_file($node->logfile) =~ /cannot start a helper/g), 1, 'the log says so once');
$node->safe_psql('postgres', 'CREATE DATABASE second');
$node->safe_psql('second', 'CREATE EXTENSION datamesh');
$node->wait_for_log(qr/datamesh cannot start a worker for database \d+\n.*HINT:  Consider increasing max_worker_processes/);
is($node->safe_psql('second', 'SELECT state FROM dm_worker_status()'), 'not running', 'and dm_worker_status in the other database');
$node->safe_psql('postgres', 'DROP DATABASE mesh');
$node->safe_psql('second', 'BEGIN; DROP EXTENSION datamesh; ROLLBACK');
waits_for('second', q{SELECT state = 'running' FROM dm_worker_status()}, 'its worker comes when there is room');
$node->stop;

done_testing();
