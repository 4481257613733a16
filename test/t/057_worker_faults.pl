# What may happen to a job in the middle of its work: its database, its extension, its process, the
# server and the disk go away.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::Local;

my $node = mesh_node('faults',
	worker => 1,
	conf => "restart_after_crash = on\ndatamesh.job_jitter = 0\nmax_worker_processes = 12\ndatamesh.rule_timeout = 0\ndatamesh.worker_budget = 100");

# A check that lasts longer than any test, until nap() is another function.
my $shop = q{
	CREATE EXTENSION IF NOT EXISTS datamesh;
	CREATE SCHEMA shop;
	CREATE TABLE shop.sale (id int);
	INSERT INTO shop.sale VALUES (1);
	CREATE FUNCTION shop.nap() RETURNS boolean STABLE LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(36000); RETURN true; END';
	SELECT dm_add_rule('shop.sale', 'naps', 'sql', must => '= 0', schedule => '@every 1 s', arguments => '{"query": "SELECT count(*) FROM {object} WHERE NOT shop.nap()"}')};
my $wakes = q{CREATE OR REPLACE FUNCTION shop.nap() RETURNS boolean STABLE LANGUAGE sql AS 'SELECT true'};

sub waits_for
{
	my ($db, $sql, $name) = @_;
	return ok($node->poll_query_until($db, $sql), $name);
}

sub in_check
{
	my ($db) = @_;
	return waits_for('postgres', qq{SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'datamesh helper'
		AND datname = '$db' AND wait_event = 'PgSleep' AND query LIKE 'job % check %'}, "$db is in the middle of a check");
}

# --- the database is wanted for itself ---

$node->safe_psql('postgres', 'CREATE DATABASE mesh');
$node->safe_psql('mesh', $shop);
in_check('mesh');
$node->safe_psql('postgres', 'CREATE DATABASE copy TEMPLATE mesh');
in_check('mesh');
in_check('copy');
$node->safe_psql('postgres', q{SET allow_in_place_tablespaces = on; CREATE TABLESPACE elsewhere LOCATION ''});
$node->safe_psql('postgres', 'ALTER DATABASE copy SET TABLESPACE elsewhere');
in_check('copy');
$node->safe_psql('postgres', 'ALTER DATABASE copy RENAME TO other');
in_check('other');
$node->safe_psql('postgres', 'DROP DATABASE other');
is($node->safe_psql('postgres', q{SELECT string_agg(datname, ' ') FROM pg_stat_activity WHERE backend_type ~ '^datamesh (worker|helper)' AND datname <> 'mesh'}),
	'', 'none of these commands waits for a check, or finds its database in use');

# --- the extension goes ---

my ($ret, $out, $err) = $node->psql('mesh', 'CREATE ROLE nobody; SET ROLE nobody; DROP EXTENSION datamesh CASCADE');
like($err, qr/must be owner of extension datamesh/, 'a stranger drops nothing');
in_check('mesh');
$node->safe_psql('mesh', 'BEGIN; DROP EXTENSION datamesh CASCADE; ROLLBACK');
in_check('mesh');
is($node->safe_psql('mesh', q{SELECT count(*) > 1 AND count(*) FILTER (WHERE state NOT IN ('died', 'running')) = 0 FROM datamesh.job_runs WHERE kind = 'check'}),
	't', 'what was cut off is seen, and run again');
$node->safe_psql('mesh', 'DROP EXTENSION datamesh CASCADE');
waits_for('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type ~ '^datamesh (worker|helper)'}, 'without the extension nobody works');
$node->safe_psql('mesh', 'DROP SCHEMA shop CASCADE');
$node->safe_psql('mesh', $shop);
in_check('mesh');

# --- a process is killed ---

sub is_done_again
{
	my ($name) = @_;
	waits_for('mesh', q{SELECT count(*) = 1 FROM datamesh.job_runs WHERE kind = 'check' AND state = 'died'}, "$name: what was cut off is seen");
	waits_for('mesh', q{SELECT state = 'succeeded' FROM datamesh.job_runs WHERE kind = 'check' AND state <> 'running' ORDER BY id DESC LIMIT 1},
		'and done again');
	is($node->safe_psql('mesh', q{SELECT DISTINCT verdict FROM datamesh.check_results}), 'passed', 'with its result');
	$node->safe_psql('mesh', q{
		SELECT dm_alter_rule('shop.sale', 'naps', schedule => '');
		SET session_replication_role = replica; DELETE FROM datamesh.job_run; DELETE FROM datamesh.check_result;
		SET session_replication_role = origin;
		CREATE OR REPLACE FUNCTION shop.nap() RETURNS boolean STABLE LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(36000); RETURN true; END';
		SELECT dm_alter_rule('shop.sale', 'naps', schedule => '@every 1 s')});
	return in_check('mesh');
}

# Kills the process; the server ends all others and comes back.
sub crash
{
	my ($pid, $name) = @_;
	my $before = $node->safe_psql('postgres', 'SELECT pg_postmaster_start_time(), launcher FROM mesh_status()');

	is(kill('KILL', $pid), 1, "$name is killed");
	waits_for('postgres', qq{SELECT launcher IS NOT NULL AND '$before' <> pg_postmaster_start_time() || '|' || launcher FROM mesh_status()},
		'the server comes back, and the launcher');
	return;
}

$node->safe_psql('postgres', q{
	CREATE FUNCTION mesh_status(OUT launcher int) LANGUAGE sql AS $$
		SELECT pid FROM pg_stat_activity WHERE backend_type = 'datamesh launcher' $$});

crash($node->safe_psql('mesh', 'SELECT helper FROM dm_worker_status()'), 'the helper');
$node->safe_psql('mesh', $wakes);
is_done_again('the helper');
crash($node->safe_psql('mesh', 'SELECT worker FROM dm_worker_status()'), 'the worker');
$node->safe_psql('mesh', $wakes);
is_done_again('the worker');
crash($node->safe_psql('mesh', 'SELECT launcher FROM dm_worker_status()'), 'the launcher');
$node->safe_psql('mesh', $wakes);
is_done_again('the launcher');

# --- the server stops ---

# Seconds of the log's lines that match.
sub logged
{
	my ($log, $pattern) = @_;
	my @times;

	for my $line (split /\n/, $log)
	{
		next unless $line =~ $pattern;
		push @times, timegm($6, $5, $4, $3, $2 - 1, $1) + "0.$7" if $line =~ /^(\d+)-(\d+)-(\d+) (\d+):(\d+):(\d+)\.(\d+) UTC/;
	}
	return @times;
}

my $offset = -s $node->logfile;
$node->stop('fast');
my $log = substr(slurp_file($node->logfile), $offset);
my ($asked) = logged($log, qr/received fast shutdown request/);
my ($ended) = logged($log, qr/FATAL:  terminating background worker "datamesh helper" due to administrator command/);
ok(defined $asked && defined $ended, 'a shutdown ends the check');
cmp_ok($ended - $asked, '<', 5, 'at once');
note 'seconds: ' . ($ended - $asked);
$node->start;
$node->safe_psql('mesh', $wakes);
is_done_again('the server');
$node->stop('fast');

# --- the disk is full ---

# Files of a server under this limit do not grow beyond 8 MB; to the server that is an error of the disk.
my $full = mesh_node('full',
	worker => 1,
	start => 0,
	init => { extra => ['--wal-segsize=1'] },
	conf => "datamesh.job_jitter = 0\nautovacuum = off\nlog_statement = none\nmax_wal_size = 64MB");
system_or_bail('sh', '-c', 'ulimit -f ' . 8 * 2048 . '; exec "$@"', 'sh', 'pg_ctl', '-w', '-D', $full->data_dir, '-l', $full->logfile, '-o', '--cluster-name=full', 'start');
$full->_update_pid(1);
$full->safe_psql('postgres', 'CREATE DATABASE mesh');
$node = $full;
$node->safe_psql('mesh', q{
	CREATE EXTENSION datamesh;
	CREATE SCHEMA shop;
	CREATE TABLE shop.sale (id int);
	INSERT INTO shop.sale VALUES (1);
	SELECT dm_register_domain('shop', schemas => '{shop}'), dm_register_product('shop.sales'), dm_add_port('shop.sales', 'shop.sale');
	SELECT dm_add_rule('shop.sale', 'few', 'rowCount', must => '< 2')});
is($node->safe_psql('mesh', q{SELECT verdict FROM dm_check('shop.sales')}), 'passed', 'a rule is kept');
$node->safe_psql('mesh', 'INSERT INTO shop.sale VALUES (2)');

# Fills the table with copies of its rows until not a small one has room any more.
sub fill
{
	my ($table, $smaller) = @_;
	my ($ret, $out, $err);

	for my $rows (20_000, 1_000, 50, 1)
	{
		($ret, $out, $err) = $node->psql('mesh', qq{
			SET session_replication_role = replica;
			CREATE TEMP TABLE copied AS SELECT * FROM $table LIMIT 1;
			UPDATE copied SET $smaller;
			DO \$\$
			DECLARE others text := (SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
				WHERE attrelid = '$table'::regclass AND attnum > 0 AND attname <> 'id');
			BEGIN
				LOOP
					EXECUTE format('INSERT INTO $table (id, %1\$s) SELECT (SELECT greatest(max(id), 1000000000) FROM $table) + n, %1\$s FROM copied, generate_series(1, $rows) n', others);
					COMMIT;
				END LOOP;
			END \$\$});
	}
	like($err, qr/ERROR:  could not (?:extend|write) file .*: File too large/, "there is no room for $table any more");
	return;
}

fill('datamesh.check_result', 'message = NULL, measured = NULL');
($ret, $out, $err) = $node->psql('mesh', q{SELECT verdict FROM dm_check('shop.sales')});
like($err, qr/ERROR:  could not (?:extend|write) file/, 'a check without its history is an error');
is($out, '', 'and has no verdict');
$node->safe_psql('mesh', q{SELECT dm_alter_rule('shop.sale', 'few', schedule => '@every 1 s')});
waits_for('mesh', q{SELECT last_state = 'failed' AND last_message ~ '^could not (extend|write) file .*File too large' FROM datamesh.jobs WHERE kind = 'check'},
	'the job failed, and says why');
is($node->safe_psql('mesh', q{SELECT count(*) FROM datamesh.incidents}), 0, 'no incident without the result that it is about');
$node->safe_psql('mesh', q{SET session_replication_role = replica; DELETE FROM datamesh.check_result WHERE id <> (SELECT min(id) FROM datamesh.check_result)});
$node->safe_psql('mesh', q{VACUUM datamesh.check_result});
waits_for('mesh', q{SELECT last_state = 'succeeded' AND failures = 0 FROM datamesh.jobs WHERE kind = 'check'}, 'with room again it goes on');
is($node->safe_psql('mesh', q{SELECT verdict FROM datamesh.check_results ORDER BY id DESC LIMIT 1}), 'failed', 'and tells what is wrong');
is($node->safe_psql('mesh', q{SELECT count(*) FROM datamesh.incidents WHERE state = 'open'}), 1, 'with an incident');

# the history of jobs itself
$node->safe_psql('mesh', q{SELECT dm_alter_rule('shop.sale', 'few', schedule => '')});
fill('datamesh.job_run', q{kind = '', object = '', state = '', by = '', ended_at = NULL});
my $worker = $node->safe_psql('mesh', 'SELECT worker FROM dm_worker_status()');
$offset = -s $node->logfile;
$node->safe_psql('mesh', q{SELECT dm_alter_rule('shop.sale', 'few', schedule => '@every 1 s')});
$node->wait_for_log(qr/ERROR:  could not (?:extend|write) file/, $offset);
$node->safe_psql('mesh', q{INSERT INTO shop.sale VALUES (3); SELECT dm_set_slo('shop.sales', 'freshness', '1', 's')});
waits_for('mesh', q{SELECT count(*) > 0 FROM datamesh.incident_causes WHERE cause LIKE 'slo:%'}, 'service levels go on');
is($node->safe_psql('mesh', q{SELECT last_started FROM datamesh.jobs WHERE kind = 'check'}), '', 'what cannot be written down is not begun');
is($node->safe_psql('mesh', 'SELECT worker FROM dm_worker_status()'), $worker, 'by the worker that was there before');
$node->stop('fast');

done_testing();
