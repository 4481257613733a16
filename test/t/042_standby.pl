# A streaming standby serves governed reads: the same values and refusals as the primary,
# and what changes there counts in sessions that are open here.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = mesh_node('primary', init => { allows_streaming => 1 });
load_mesh($primary, 'mesh');
$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->start;

# Runs statements on the primary and waits until the standby has replayed them.
sub on_primary
{
	my ($sql) = @_;
	my $out = $primary->safe_psql('mesh', $sql);

	$primary->wait_for_catchup($standby, 'replay', $primary->lsn('flush'));
	return $out;
}

on_primary('SELECT 1');
my $sums = port_sums($primary, 'mesh');
same_lines(port_sums($standby, 'mesh'), $sums, 'every reader sees on the standby what he sees on the primary');
is_consistent($standby, 'mesh', 'standby');

# Sessions that stay open, with plans that are kept.
my $customers = '"Customers for All".customer';

sub reader
{
	my ($role, $purpose, $query) = @_;
	return session($standby, 'mesh', "SET SESSION AUTHORIZATION $role", "SET datamesh.purpose = '$purpose'",
		'SET plan_cache_mode = force_generic_plan', "PREPARE q AS $query");
}

# What the session's next execution gives: its rows, or the error.
sub next_execution
{
	my ($session, $query) = @_;
	my $out = $session->query($query // 'EXECUTE q');
	my $err = $session->{stderr};

	$session->{stderr} = '';
	return $err =~ /ERROR:  (.*)/ ? $1 : $out;
}

my $bob = reader('bob', 'reporting', "SELECT email0, amount FROM $customers WHERE id = 2");
my $ann = reader('ann', 'reporting', "SELECT email0, amount FROM $customers WHERE id = 2");
my $dan = reader('dan', 'reporting', 'SELECT count(*) FROM hr_people_v1.person');
is(next_execution($bob), 'u***@example.org|2.50', 'masked reader, prepared');
is(next_execution($bob), 'u***@example.org|2.50', 'masked reader, from the cached plan');
is(next_execution($ann), 'user2@example.org|2.50', 'cleared reader, prepared');
is(next_execution($dan), '20', 'member of a group, prepared');

on_primary(q{SET ROLE "Sales Team"; SELECT dm_classify('sales.customer', 'amount', 'pii')});
is(next_execution($bob), 'u***@example.org|', 'a classification counts in an open session');
is(next_execution($ann), 'user2@example.org|2.50', 'not for the cleared reader');

my $more = on_primary(q{SET ROLE "Sales Team";
	SELECT dm_grant_access('sales.customers', 'bob', 'reporting', '{pii}')});
is(next_execution($bob), 'user2@example.org|2.50', 'clearance counts in an open session');
on_primary(qq{SET ROLE "Sales Team"; SELECT dm_revoke_access($more)});
is(next_execution($bob), 'u***@example.org|', 'so does its end');

# The reader is in the middle of a transaction, whose snapshot is older than the revocation.
next_execution($bob, 'BEGIN ISOLATION LEVEL REPEATABLE READ');
is(next_execution($bob), 'u***@example.org|', 'in a transaction');
on_primary(q{SET ROLE "Sales Team";
	SELECT dm_revoke_access(id) FROM datamesh.agreements
	WHERE consumer = 'bob'::regrole AND product = 'sales.customers' AND state = 'active'});
like(next_execution($bob), qr/has no access agreement|permission denied/, 'a revocation counts within it');
next_execution($bob, 'ROLLBACK');
like(next_execution($bob), qr/has no access agreement|permission denied/, 'and after it');
is(next_execution($ann), 'user2@example.org|2.50', 'another reader goes on');

on_primary('REVOKE analysts FROM dan');
like(next_execution($dan), qr/has no access agreement|permission denied/, 'the end of a membership counts');
on_primary('GRANT analysts TO dan');
is(next_execution($dan), '20', 'so does its return');

next_execution($ann, q{SET datamesh.purpose = 'fraud'});
is(next_execution($ann), 'product "sales.customers" is not agreed for purpose "fraud"', 'a purpose that is not agreed is refused');
next_execution($ann, q{SET datamesh.purpose = ''});
is(next_execution($ann), 'no purpose is set for reading product "sales.customers"', 'so is none');
next_execution($ann, q{SET datamesh.purpose = 'reporting'});
is(next_execution($ann), 'user2@example.org|2.50', 'the agreed one is served');

# by the standby's own clock
my $end = on_primary(q{SET ROLE "Sales Team";
	SELECT dm_grant_access('sales.customers', 'fay', 'reporting', until => clock_timestamp() + interval '1 s')});
my $fay = reader('fay', 'reporting', "SELECT count(*) FROM $customers");
is(next_execution($fay), '41', 'an agreement of a second is served');
$standby->poll_query_until('mesh', qq{
	SELECT valid_until <= clock_timestamp() FROM datamesh.agreement WHERE id = $end});
like(next_execution($fay), qr/^access agreement \d+ for product "sales\.customers" is not in force$/, 'and ends by the clock');

# a session whose first statement it is, and a parallel plan
like(try_sql($standby, 'mesh', qq{
		SET SESSION AUTHORIZATION eve; SET datamesh.purpose = 'fraud'; SELECT * FROM $customers}),
	qr/^42501: /, 'a role without agreement is refused');
is( try_sql(
		$standby, 'mesh', qq{
		SET SESSION AUTHORIZATION ann; SET datamesh.purpose = 'reporting';
		SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
		SELECT count(DISTINCT email0), min(email0) FROM $customers}),
	'40|user10@example.org', 'a parallel query');

# What writes is refused, and changes nothing.
my $registry = registry($standby, 'mesh');
for my $call (
	q{SET ROLE "Sales Team"; SELECT dm_grant_access('sales.customers', 'eve', 'fraud')},
	q{SET ROLE "Sales Team"; SELECT dm_classify('sales.customer', 'id', 'pii')},
	q{SET ROLE "Sales Team"; SECURITY LABEL FOR datamesh ON COLUMN sales.customer.id IS 'pii'},
	q{SET ROLE "Sales Team"; SELECT dm_register_product('sales.new')},
	q{SET SESSION AUTHORIZATION eve; SELECT dm_request_access('hr.people', 'fraud')},
	q{SELECT dm_expire_agreements()})
{
	my ($name) = $call =~ /; (.*)|(\S+\(\))/;
	like(try_sql($standby, 'mesh', $call), qr/^(25006|55000): .*(read-only|recovery)/, 'refused on a standby: ' . ($name // $2));
}
same_lines(registry($standby, 'mesh'), $registry, 'the registry is the same');
is( $standby->safe_psql('mesh', q{
		SET SESSION AUTHORIZATION ann; SELECT string_agg(product || ' ' || state, ', ' ORDER BY agreement) FROM dm_my_access()}),
	'sales.customers active, sales.orders@1 pending, sales.secret active', 'dm_my_access answers');
$_->quit for ($bob, $ann, $dan, $fay);

# The same in a standby that does not preload the library.
$sums = port_sums($primary, 'mesh');
$standby->append_conf('postgresql.conf', "shared_preload_libraries = ''");
$standby->restart;
same_lines(port_sums($standby, 'mesh'), $sums, 'without preloading, every reader sees the same');

$primary->stop;
$standby->promote;
$standby->poll_query_until('mesh', 'SELECT NOT pg_is_in_recovery()');
is($standby->safe_psql('mesh', q{SET ROLE "Sales Team"; SELECT dm_approve_access(2) > 0}), 't', 'after promotion, requests are approved');
is_consistent($standby, 'mesh', 'promoted');
$standby->stop;
unlike(slurp_file($_->logfile), qr/PANIC|TRAP|terminated by signal/, 'no crash of server ' . $_->name)
  for ($primary, $standby);

done_testing();
