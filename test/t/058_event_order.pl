# Events of one product under many committers: without gaps, in the order of their commits, whoever
# reads; and none is lost over a reader that dies.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use IPC::Run;
use Mesh;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = mesh_node('event_order', conf => "restart_after_crash = on\nmax_prepared_transactions = 8\nlog_statement = none");
my $db = 'postgres';

$node->safe_psql($db, q{
	CREATE EXTENSION datamesh;
	CREATE SCHEMA ev;
	SELECT dm_register_domain('ev', schemas => '{ev}'), dm_register_product('ev.a'), dm_register_product('ev.b');
	SELECT dm_subscribe_events('reader', '{ev.*}', '{port.*}'), dm_subscribe_events('pair', '{ev.*}', '{port.*}');
	CREATE TABLE committed (id bigserial, product text);
	CREATE TABLE seen (reader int, at timestamptz DEFAULT clock_timestamp(), product text, sequence bigint)});

# The events that the subscriber is given, of each product: how many, and whether they are 1, 2, 3, ...
sub check_order
{
	my ($subscriber) = @_;
	return $node->safe_psql($db, qq{SELECT product, count(*), bool_and(sequence = place) FROM (
			SELECT product, sequence, row_number() OVER (PARTITION BY product ORDER BY n) AS place
			FROM dm_next_events('$subscriber', 100000) WITH ORDINALITY AS e (product, sequence, event, n)) e
		GROUP BY product ORDER BY product});
}

sub pgbench
{
	my ($script, $clients, $transactions) = @_;
	my $file = "$PostgreSQL::Test::Utils::tmp_check/event_order_$clients.sql";

	unlink $file;
	append_to_file($file, $script);
	my @out = ('', '');
	return { out => \@out, run => IPC::Run::start(
		[ 'pgbench', '-n', '-c', $clients, '-t', $transactions, '-f', $file, '-h', $node->host, '-p', $node->port, $db ],
		'<', \undef, '>', \$out[0], '2>', \$out[1]) };
}

# Four committers in either order of the products; one transaction of five is rolled back.
my $emits = q{
\set turn random(1, 5)
\set first random(0, 1)
BEGIN;
\if :first
SELECT dm_emit_event('ev.a', 'port.refreshed', 'x'), dm_emit_event('ev.b', 'port.refreshed', 'x');
\else
SELECT dm_emit_event('ev.b', 'port.refreshed', 'x'), dm_emit_event('ev.a', 'port.refreshed', 'x');
\endif
INSERT INTO committed (product) VALUES ('ev.a'), ('ev.b');
\if :turn = 1
ROLLBACK;
\else
COMMIT;
\endif
};
my $writers = pgbench($emits, 4, 50);
my $looks = 0;
my $wrong = '';
while ($writers->{run}->pumpable)
{
	$writers->{run}->pump_nb;
	my $seen = check_order('reader');
	$wrong = $seen if $seen =~ /\|f/;
	$looks++;
}
ok($writers->{run}->finish, 'nobody who commits is refused, or caught in a deadlock') or diag $writers->{out}[1];
is($wrong, '', "no reader sees a gap while they commit ($looks looks)");
my $number = $node->safe_psql($db, q{SELECT count(*) FROM committed WHERE product = 'ev.a'});
cmp_ok($number, '>', 0, 'some have committed');
is(check_order('reader'), "ev.a|$number|t\nev.b|$number|t", 'each commit has its event, a rollback none');

# --- prepared transactions ---

$node->safe_psql($db, qq{BEGIN; SELECT dm_emit_event('ev.$_', 'port.refreshed', 'prepared'); PREPARE TRANSACTION '$_'}) for qw(a b);
is(check_order('reader'), "ev.a|$number|t\nev.b|$number|t", 'what is prepared is not there yet');
my $waiting = session($node, $db);
$waiting->query_until(qr/sent/, "\\echo sent\nSELECT dm_emit_event('ev.a', 'port.refreshed', 'later');\n");
ok($node->poll_query_until($db, q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'}), 'what comes later waits');
$node->safe_psql($db, q{COMMIT PREPARED 'b'});
$node->safe_psql($db, q{ROLLBACK PREPARED 'a'});
$waiting->query_safe('SELECT 1');
is($node->safe_psql($db, qq{SELECT product, sequence - $number, event ->> 'subject' FROM dm_next_events('reader', 100000) WHERE sequence > $number ORDER BY 1, 2}),
	"ev.a|1|later\nev.b|1|prepared", 'one that is rolled back leaves its number to the next');
$waiting->quit;

# --- a reader dies before it has acknowledged ---

my $next = q{SELECT product, sequence FROM dm_next_events('reader', 4) ORDER BY 1, 2};
my $first = "ev.a|1\nev.a|2\nev.b|1\nev.b|2";
sub dies
{
	my ($signal, @statements) = @_;
	my $session = session($node, $db);
	my $pid = $session->query_safe('SELECT pg_backend_pid()');

	is($session->query_safe($next), $first, 'a reader gets the first ones');
	$session->query_safe($_) for @statements;
	is(kill($signal, $pid), 1, "and is killed ($signal)");
	for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		last unless kill 0, $pid;
		select(undef, undef, undef, 0.1);
	}
	wait_for_server($node);
	return $session->{run}->kill_kill;
}
dies('TERM');
is($node->safe_psql($db, $next), $first, 'the next one gets them again');
dies('KILL', 'BEGIN', q{SELECT dm_ack_events('reader', 'ev.a', 2)});
is($node->safe_psql($db, $next), $first, 'an acknowledgement that was not committed is none');
dies('KILL', q{SELECT dm_ack_events('reader', 'ev.a', 2)});
is($node->safe_psql($db, $next), "ev.a|3\nev.a|4\nev.b|1\nev.b|2", 'one that was committed is kept');

# --- two readers of one subscription ---

my $reads = q{
WITH given AS MATERIALIZED (SELECT * FROM dm_next_events('pair', 6)),
	noted AS (INSERT INTO seen (reader, product, sequence) SELECT pg_backend_pid(), product, sequence FROM given)
SELECT dm_ack_events('pair', product, max(sequence)) FROM given GROUP BY product ORDER BY product;
};
my $turns = $number + 1;
my $readers = pgbench($reads, 2, $turns);
ok($readers->{run}->finish, 'two readers take turns as they like') or diag $readers->{out}[1];
is($node->safe_psql($db, q{SELECT count(*) FROM dm_next_events('pair')}), 0, 'in the end all is acknowledged');
my $all = $number + 1;
is($node->safe_psql($db, q{SELECT product, count(DISTINCT sequence), min(sequence), max(sequence) FROM seen GROUP BY 1 ORDER BY 1}),
	"ev.a|$all|1|$all\nev.b|$all|1|$all", 'each event was read, by one or by both');
is($node->safe_psql($db, q{SELECT count(DISTINCT reader) FROM seen}), 2, 'both have read');
is($node->safe_psql($db, q{SELECT count(*) FROM (SELECT sequence - lag(sequence) OVER (PARTITION BY reader, product ORDER BY at, sequence) AS step FROM seen) s
	WHERE step <= 0}), 0, 'neither has read one twice, or out of order');

$node->stop;
done_testing();
