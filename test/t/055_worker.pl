# The worker: one for each database with the extension, whatever happens to it, to its database or to
# the server.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $node = mesh_node('worker',
	worker => 1,
	init => { allows_streaming => 1 },
	conf => "restart_after_crash = on\nmax_worker_processes = 12\ndatamesh.job_jitter = 0\nmax_prepared_transactions = 2");

sub status
{
	my ($db) = @_;
	return $node->safe_psql($db, 'SELECT state FROM dm_worker_status()');
}

sub pid_of
{
	my ($db) = @_;
	return $node->safe_psql($db, 'SELECT worker FROM dm_worker_status()');
}

sub runs
{
	my ($db, $state) = @_;
	return ok($node->poll_query_until($db, 'SELECT state FROM dm_worker_status()', $state),
		"in $db the worker is $state");
}

# A write to the table of jobs as no session does it; that of a paused job makes it known.
sub touch_jobs
{
	my ($db, $sql) = @_;
	$node->safe_psql($db, qq{SET session_replication_role = replica; BEGIN; $sql;
		SELECT dm_pause_job(id), dm_resume_job(id) FROM datamesh.job WHERE kind = 'retention'; COMMIT});
	return;
}

# --- databases and extensions come and go ---

is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'datamesh launcher'}),
	1, 'there is a launcher');
$node->safe_psql('postgres', 'CREATE DATABASE one');
# one that has looked for the extension leaves
ok($node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'datamesh worker'}),
	'and no worker where there is no extension');
$node->safe_psql('one', 'CREATE EXTENSION datamesh');
runs('one', 'running');
is($node->safe_psql('one', q{SELECT string_agg(kind, ' ' ORDER BY kind) FROM datamesh.jobs WHERE schedule IS NOT NULL AND object = ''
	AND kind IN ('expire_agreements', 'retention')}), 'expire_agreements retention', 'the jobs of the mesh are there');

$node->safe_psql('postgres', 'CREATE DATABASE two TEMPLATE one');
runs('two', 'running');
runs('one', 'running');
isnt(pid_of('one'), pid_of('two'), 'each has its own');
$node->safe_psql('postgres', 'ALTER DATABASE two RENAME TO three');
runs('three', 'running');
my $start = time;
$node->safe_psql('postgres', 'DROP DATABASE three');
cmp_ok(time - $start, '<', 3, 'DROP DATABASE does not wait for the worker');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'datamesh worker'}),
	1, 'a database that is gone has none');

# whoever may not drop the database does not stop its worker either
my $pid = pid_of('one');
$node->safe_psql('postgres', 'CREATE ROLE nobody LOGIN');
isnt($node->psql('postgres', 'DROP DATABASE one', extra_params => [ '-U', 'nobody' ]), 0, 'a stranger drops nothing');
is(pid_of('one'), $pid, 'and stops no worker');
# and one who could not do it leaves it running again
isnt($node->psql('postgres', 'ALTER DATABASE one RENAME TO postgres'), 0, 'the name is taken');
runs('one', 'running');

$node->safe_psql('one', 'DROP EXTENSION datamesh');
ok($node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'datamesh worker'}),
	'without the extension there is no worker');
$node->safe_psql('one', 'CREATE EXTENSION datamesh');
runs('one', 'running');
$node->safe_psql('one', 'BEGIN; DROP EXTENSION datamesh; ROLLBACK');
runs('one', 'running');

# the tables are of another version than the library
my $version = $node->safe_psql('one', q{SELECT extversion FROM pg_extension WHERE extname = 'datamesh'});
my $log = -s $node->logfile;
$node->safe_psql('one', q{UPDATE pg_extension SET extversion = 'older' WHERE extname = 'datamesh'});
$node->safe_psql('one', q{SELECT dm_pause_job(id), dm_resume_job(id) FROM datamesh.jobs});
runs('one', 'not running');
$node->wait_for_log(qr/datamesh does not work in database "one"/, $log);
$node->safe_psql('one', qq{UPDATE pg_extension SET extversion = '$version' WHERE extname = 'datamesh'});
$node->safe_psql('one', 'BEGIN; DROP EXTENSION datamesh; ROLLBACK; ALTER EXTENSION datamesh UPDATE');
runs('one', 'running');

# --- jobs ---

my $done = q{SELECT count(*) > 0 FROM datamesh.job_runs WHERE kind = 'expire_agreements' AND state = 'succeeded' AND by = 'worker'};
touch_jobs('one', q{UPDATE datamesh.job SET schedule = '@every 1 s' WHERE kind = 'expire_agreements'});
ok($node->poll_query_until('one', $done), 'a job that is due is run');
is($node->safe_psql('one', q{SELECT state, failures, last_started IS NOT NULL, next_run > last_started FROM datamesh.jobs WHERE kind = 'expire_agreements'}),
	'waiting|0|t|t', 'and waits for the next time');

# an agreement that has ended by the clock loses its privilege without anybody asking
$node->safe_psql('one', q{
	CREATE ROLE team; CREATE ROLE reader; CREATE ROLE team2; CREATE SCHEMA s AUTHORIZATION team;
	GRANT CREATE ON DATABASE one TO team;
	CREATE TABLE s.t AS SELECT 1 AS id; ALTER TABLE s.t OWNER TO team;
	SELECT dm_register_purpose('reporting');
	SELECT dm_register_domain('s', 'team', '{s}');
	SELECT dm_register_product('s.p'); SELECT dm_add_port('s.p', 's.t'); SELECT dm_publish('s.p');
	SELECT dm_grant_access('s.p', 'reader', 'reporting', until => clock_timestamp() + interval '1 s')});
ok($node->poll_query_until('one', q{SELECT state = 'expired' FROM datamesh.agreement}), 'the worker ends an agreement');
is($node->safe_psql('one', q{SELECT has_table_privilege('reader', 's_p_v1.t', 'SELECT')}), 'f', 'and takes the privilege back');

# an error is caught, recorded, and tried again later and later
touch_jobs('one', q{INSERT INTO datamesh.job VALUES (901, 'no_such_kind', 'x', 0, 0, '@every 1 h', 10, false, now(), 1, now(), 'test')});
ok($node->poll_query_until('one', q{SELECT failures = 1 FROM datamesh.jobs WHERE id = 901}), 'a job that fails is counted');
is($node->safe_psql('one', q{SELECT state, sqlstate, message, by FROM datamesh.job_runs WHERE job = 901}),
	'failed|42704|jobs of kind "no_such_kind" do not exist|worker', 'with its error');
is($node->safe_psql('one', q{SELECT next_run - last_ended < interval '11 s' FROM datamesh.jobs WHERE id = 901}),
	't', 'and is tried again soon');
runs('one', 'running');

# paused is not run, resumed is
$node->safe_psql('one', q{SELECT dm_pause_job(id) FROM datamesh.jobs WHERE kind = 'expire_agreements'});
is($node->safe_psql('one', q{SELECT state FROM datamesh.jobs WHERE kind = 'expire_agreements'}), 'paused', 'a job is paused');
# what is in the middle of a run ends that
$node->poll_query_until('one', q{SELECT count(*) = 0 FROM datamesh.job_runs WHERE state = 'running'});
my $before = $node->safe_psql('one', q{SELECT max(id) FROM datamesh.job_runs WHERE kind = 'expire_agreements'});
$node->safe_psql('one', 'SELECT pg_sleep(2)');
is($node->safe_psql('one', q{SELECT max(id) FROM datamesh.job_runs WHERE kind = 'expire_agreements'}), $before, 'and not run');
$node->safe_psql('one', q{SELECT dm_resume_job(id) FROM datamesh.jobs WHERE kind = 'expire_agreements'});
ok($node->poll_query_until('one', qq{SELECT max(id) > $before FROM datamesh.job_runs WHERE kind = 'expire_agreements'}), 'until it goes on');

# never twice at once, and no longer than its time: somebody has the domain locked
$node->append_conf('postgresql.conf', 'datamesh.job_timeout = 1s');
$node->reload;
my $holder = session($node, 'one');
$node->safe_psql('one', q{SELECT dm_grant_access('s.p', 'team2', 'reporting', until => clock_timestamp() + interval '0.5 s')});
# in a transaction that outlives the shutdown: else the job could end at the last moment
$holder->query_safe(q{BEGIN; SELECT dm_add_producer('s', 'reader'); PREPARE TRANSACTION 'held'});
ok($node->poll_query_until('one', q{SELECT count(*) > 0 FROM datamesh.job_runs WHERE kind = 'expire_agreements' AND state = 'timeout'}),
	'a job that waits is stopped after its time');
runs('one', 'running');
$node->append_conf('postgresql.conf', 'datamesh.job_timeout = 10min');
$node->reload;
my $waits = q{SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'datamesh worker' AND wait_event_type = 'Lock'
	AND query LIKE 'job % expire_agreements%'};
ok($node->poll_query_until('one', $waits), 'it waits again, and its activity says for what');
my ($ret, $out, $err) = $node->psql('one', q{SELECT dm_run_job('expire_agreements')});
like($err, qr/job \d+ is being run/, 'nobody runs it beside the worker');

# the server stops in the middle of a job, which would last for ten minutes; 057_worker_faults.pl measures how soon
$start = time;
$node->stop('fast');
cmp_ok(time - $start, '<', 30, 'shutdown does not wait for a job');
$holder->quit;
$node->start;
runs('one', 'running');
ok($node->poll_query_until('one', q{SELECT count(*) > 0 FROM datamesh.job_runs WHERE kind = 'expire_agreements' AND state = 'died'}),
	'what was cut off is seen');
$node->safe_psql('one', q{ROLLBACK PREPARED 'held'});
ok($node->poll_query_until('one', q{SELECT count(*) = 0 FROM datamesh.agreement WHERE state = 'active'}), 'and done again');

# nothing that one database does stops in another
$node->safe_psql('postgres', 'CREATE DATABASE busy TEMPLATE one');
runs('busy', 'running');

# --- events of transactions that are prepared ---

$node->safe_psql('one', q{SELECT dm_subscribe_events('s_reader', '{s.*}', '{port.*}')});
$node->safe_psql('one', q{BEGIN; SELECT dm_emit_event('s.p', 'port.refreshed', 'prepared'); PREPARE TRANSACTION 'event'});
($ret, $out, $err) = $node->psql('one', q{SET lock_timeout = '100ms'; SELECT dm_emit_event('s.p', 'port.refreshed', 'later')});
like($err, qr/canceling statement due to lock timeout/, 'what comes after a prepared event waits for it');
is($node->safe_psql('one', q{SELECT count(*) FROM dm_next_events('s_reader')}), 0, 'which nobody sees yet');
$node->stop('immediate');
$node->start;
$node->safe_psql('one', q{COMMIT PREPARED 'event'});
$node->safe_psql('one', q{SELECT dm_emit_event('s.p', 'port.refreshed', 'later')});
is($node->safe_psql('one', q{SELECT event ->> 'subject' FROM dm_next_events('s_reader')}), "prepared\nlater", 'it survives a crash and comes first');
runs('one', 'running');

# --- a worker, the launcher, the server die ---

$pid = pid_of('one');
$node->safe_psql('postgres', "SELECT pg_terminate_backend($pid)");
ok($node->poll_query_until('one', "SELECT worker <> $pid FROM dm_worker_status() WHERE state = 'running'"), 'a worker that was terminated is replaced');
$pid = $node->safe_psql('one', 'SELECT launcher FROM dm_worker_status()');
my $worker = pid_of('one');
$node->safe_psql('postgres', "SELECT pg_terminate_backend($pid)");
ok($node->poll_query_until('one', "SELECT launcher <> $pid FROM dm_worker_status()"), 'so is the launcher');
is(pid_of('one'), $worker, 'which finds the worker at work');

$pid = pid_of('one');
kill 'KILL', $pid;
ok($node->poll_query_until('postgres', 'SELECT true'), 'the server comes back after a kill');
ok($node->poll_query_until('one', "SELECT worker <> $pid FROM dm_worker_status() WHERE state = 'running'"), 'and so does the worker');
$before = $node->safe_psql('one', q{SELECT max(id) FROM datamesh.job_runs WHERE kind = 'expire_agreements'});
ok($node->poll_query_until('one', qq{SELECT max(id) > $before FROM datamesh.job_runs WHERE kind = 'expire_agreements' AND state = 'succeeded'}), 'and works');

# --- settings ---

$node->append_conf('postgresql.conf', q{datamesh.databases = 'busy, other'});
$node->reload;
runs('one', 'off');
ok($node->poll_query_until('one', 'SELECT worker IS NULL FROM dm_worker_status()'), 'and gone');
runs('busy', 'running');
$node->append_conf('postgresql.conf', 'datamesh.worker = off');
$node->reload;
ok($node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'datamesh worker'}), 'off means off');
$node->append_conf('postgresql.conf', qq{datamesh.worker = on\ndatamesh.databases = '*'});
$node->reload;
runs('one', 'running');
($ret, $out, $err) = $node->psql('one', q{ALTER SYSTEM SET datamesh.databases = 'a b'});
like($err, qr/invalid value for parameter "datamesh.databases"/, 'a list that is none is refused');

# --- a standby works only once it is promoted ---

$node->backup('b');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'b', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);
is($standby->safe_psql('one', 'SELECT state, worker, launcher FROM dm_worker_status()'), 'standby||', 'a standby has neither');
# what the primary was at when it went
touch_jobs('one', q{UPDATE datamesh.job SET schedule = NULL WHERE kind = 'expire_agreements'});
$node->wait_for_catchup($standby);
$node->stop('immediate');
$standby->promote;
ok($standby->poll_query_until('one', q{SELECT state = 'running' FROM dm_worker_status()}), 'after the promotion it works');

done_testing();
