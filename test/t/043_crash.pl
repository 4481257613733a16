# A killed backend and a server that stops at once leave nothing half done: neither in the
# registry, nor in views, labels and privileges.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = mesh_node('crash', conf => "restart_after_crash = on\nmax_connections = 60");
load_mesh($node, 'mesh');
is_consistent($node, 'mesh', 'at the beginning');

# The check itself must be able to find something.
for my $damage (
	[ q{GRANT SELECT ON sales_orders_v2.orders TO eve}, qr/orders: eve has SELECT without an agreement/ ],
	[ q{REVOKE SELECT ON "Customers for All".few FROM cid}, qr/cid has no SELECT on port/ ],
	[ q{REVOKE USAGE ON SCHEMA "Customers for All" FROM bob}, qr/bob has no USAGE on schema/ ],
	[ q{GRANT USAGE ON SCHEMA sales_secret_v1 TO PUBLIC}, qr/PUBLIC has USAGE without an agreement/ ],
	[ q{REVOKE SELECT ON sales_orders_v2.orders FROM sales_app}, qr/producer sales_app has no SELECT/ ],
	[ q{UPDATE datamesh.agreement SET state = 'revoked' WHERE consumer = 'ann'::regrole}, qr/ann has SELECT without an agreement/ ],
	[ q{UPDATE datamesh.port SET view = 0 WHERE name = 'few'}, qr/few lies in schema of ports/ ],
	[ q{DELETE FROM datamesh.port WHERE schema_name = 'sales_secret_v1'}, qr/sales_secret_v1 is labelled for the ports of product/ ],
	[ q{UPDATE datamesh.port SET view = 'sales.customer' WHERE name = 'few'}, qr/view sales\.customer is none/ ],
	[ q{UPDATE datamesh.product SET status = 'retired' WHERE name = 'people'}, qr/product hr\.people: it has 1 ports and is retired/ ],
	[ q{UPDATE datamesh.domain SET name = 'other' WHERE name = 'hr'}, qr/labelled domain:hr: there is no such domain/ ],
	[ q{DELETE FROM pg_seclabel WHERE label = 'pii.email'}, qr/asks for tag pii\.email, which none of its columns has/ ],
	[ q{UPDATE pg_seclabel SET label = 'pii.iban' WHERE label = 'pii.email'}, qr/does not ask for tag pii\.iban/ ],
	[ q{DELETE FROM datamesh.tag WHERE name = 'pii.ip'}, qr/carries tag pii\.ip, which does not exist/ ],
	[ q{UPDATE datamesh.access_request SET state = 'pending' WHERE id = 1}, qr/request 1: state pending/ ],
	[ q{UPDATE datamesh.contract SET state = 'draft', published_at = NULL, published_by = NULL WHERE state = 'active'}, qr/product .* has 2 versions of its contract that are draft|its contract is broken/ ],
	[ q{UPDATE datamesh.product SET status = 'draft', published_at = NULL WHERE id IN (SELECT product FROM datamesh.contract WHERE state = 'active')}, qr/of the contract of product \d+ is active, the product draft/ ],
	[ q{UPDATE datamesh.contract SET published_at = NULL WHERE state = 'active'}, qr/is active, published at / ],
	[ q{UPDATE datamesh.contract SET contract_id = 'one', tenant = NULL}, qr/contract one belongs to products/ ],
	[ q{DELETE FROM datamesh.product WHERE id IN (SELECT product FROM datamesh.product_document)}, qr/is one of no product/ ],
	[ q{SELECT setval('datamesh.agreement_id_seq', 2)}, qr/sequence of agreement: 2/ ])
{
	my ($sql, $line) = @$damage;
	my $found = $node->safe_psql('mesh',
		"SET allow_system_table_mods = on; BEGIN; $sql;\n" . slurp_file("$FindBin::RealBin/../perl/inconsistencies.sql") . 'ROLLBACK');
	like($found, $line, "the check finds: $sql");
}
$node->safe_psql('mesh', "SELECT setval('datamesh.agreement_id_seq', (SELECT max(id) FROM datamesh.agreement))");

# A domain for each function, so that none waits for another one's domain.
my @domains = map { "d$_" } 1 .. 14;
$node->safe_psql(
	'mesh', qq{
	CREATE ROLE team; CREATE ROLE team2; CREATE ROLE consumer; CREATE ROLE other; CREATE ROLE leaving;
	GRANT team2 TO team;
	GRANT CREATE ON DATABASE mesh TO team;
	GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO team;
	SELECT dm_grant_key('ref_key', 'team');
	} . join '', map {
		qq{
	CREATE SCHEMA $_ AUTHORIZATION team;
	GRANT ALL ON SCHEMA $_ TO team2;
	SELECT dm_register_domain('$_', 'team', '{$_}');
	SELECT dm_accept_grant('$_', '$_', 'team2', 'will own it');
	SET ROLE team;
	CREATE TABLE $_.a AS SELECT 1 AS id, 'x'::text AS x, 'y'::text AS y;
	CREATE TABLE $_.b AS TABLE $_.a;
	SELECT dm_register_product('$_.p', open_ended => true);
	SELECT dm_classify('$_.a', 'x', 'site.ref');
	SELECT dm_add_port('$_.p', '$_.a'), dm_add_port('$_.p', '$_.b');
	SELECT dm_register_product('$_.draft', open_ended => true), dm_add_port('$_.draft', '$_.a');
	SELECT dm_grant_access('$_.draft', 'consumer', 'reporting');
	SELECT dm_publish('$_.p');
	SELECT dm_grant_access('$_.p', 'consumer', 'reporting', '{pii}');
	SET ROLE other;
	SELECT dm_request_access('$_.p', 'fraud');
	RESET ROLE;}
	} @domains);
$node->safe_psql('mesh', q{
	SET ROLE team;
	SELECT dm_deprecate('d6.p'), dm_grant_access('d7.p', 'leaving', 'reporting');
	SELECT dm_add_row_policy('d3.b', 'old', 'id > 0');
	SELECT dm_grant_access('d9.p', 'eve', 'reporting', until => clock_timestamp() + interval '0.1 s'), pg_sleep(0.1)});

# A contract in one line, so that it fits into a statement.
sub contract
{
	my ($domain, $product, $version, $rest) = @_;
	return "{apiVersion: v3.1.0, kind: DataContract, id: $domain-$product, version: $version, status: active, domain: $domain, dataProduct: $product, $rest}";
}

my %contracts = (
	import => contract('d10', 'fresh', '1.0.0', 'schema: [{name: b, properties: [{name: y, classification: pii}]}]'),
	draft => contract('d10', 'served', '1.1.0', 'schema: [{name: a, properties: [{name: id}, {name: y}]}]'),
	publish => contract('d11', 'c', '1.1.0', 'description: {purpose: wider}, schema: [{name: a, description: wide, properties: [{name: id}, {name: y}]}]'),
	enforce => contract('d13', 'c', '1.0.0', 'schema: [{name: a, properties: [{name: id, required: true}]}, {name: b, properties: [{name: id, required: true, unique: true}]}]'));
$node->safe_psql('mesh', 'SET ROLE team;' . join '', map { "SELECT dm_import_contract('$_');" }
	contract('d10', 'served', '1.0.0', 'schema: [{name: a, properties: [{name: id}]}]'),
	contract('d11', 'c', '1.0.0', 'schema: [{name: a, properties: [{name: id}]}]'),
	$contracts{enforce});
$node->safe_psql('mesh', qq{
	SET ROLE team;
	SELECT dm_publish('d10.served'), dm_publish('d11.c'), dm_publish('d13.c');
	SELECT dm_import_contract('$contracts{publish}')});
is_consistent($node, 'mesh', 'with more domains');

my %before;

sub remember
{
	%before = (registry => registry($node, 'mesh'), objects => objects($node, 'mesh'));
	return;
}

sub nothing_happened
{
	my ($name) = @_;
	wait_for_server($node);
	same_lines(registry($node, 'mesh'), $before{registry}, "$name: the registry is what it was");
	same_lines(objects($node, 'mesh'), $before{objects}, "$name: so are views, labels and privileges");
	is_consistent($node, 'mesh', $name);
	return;
}

# Starts the statements, each in a session of its own.
my @sessions;

sub start_sessions
{
	my (@statements) = @_;
	for my $sql (@statements)
	{
		my $session = $node->background_psql('mesh', on_error_stop => 0);
		push @sessions, $session;
		$session->query_until(qr/started/, "\\echo started\n$sql;\n");
	}
	return;
}

# Kills a backend of the server, which then ends all others.  Only after that the sessions
# may be closed: one that ended properly would give its locks to others.
sub kill_backend
{
	my ($pid) = @_;
	my @all = split /\n/, $node->safe_psql('mesh', q{
		SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()});

	is(kill('KILL', $pid), 1, 'a backend is killed');
	for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		last unless grep { kill 0, $_ } @all;
		select undef, undef, undef, 0.1;
	}
	close_sessions();
	return;
}

sub close_sessions
{
	for my $session (@sessions)
	{
		eval { $session->{run}->finish; 1 } or eval { $session->{run}->kill_kill };
	}
	@sessions = ();
	return;
}

# 1. Each function waits for a lock in the middle of its work: a row is written, a view is
# not, or the other way round.
sub wait_in_the_middle
{
	my ($name, $blocker, @statements) = @_;
	return wait_for_lock(scalar @statements, $name, $blocker, @statements);
}

# Or before it has written anything: who labels a column locks the ports first.
sub wait_at_the_start
{
	return wait_for_lock(0, @_);
}

sub wait_for_lock
{
	my ($written, $name, $blocker, @statements) = @_;
	my $blocking = session($node, 'mesh', 'BEGIN', $blocker);
	push @sessions, $blocking;
	start_sessions(map { "SET ROLE team; $_" } @statements);
	$node->poll_query_until('mesh', q{
		SELECT count(*) = } . @statements . q{ FROM pg_stat_activity
		WHERE wait_event_type = 'Lock' AND query ~ 'dm_|SECURITY'})
	  or diag($node->safe_psql('mesh', q{SELECT query, state, wait_event_type FROM pg_stat_activity WHERE backend_type = 'client backend'}));
	my $waiting = $node->safe_psql('mesh', q{
		SELECT count(DISTINCT l.pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
		WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted AND a.wait_event_type = 'Lock'});
	is($waiting, $written, "$name: $written of them have written something");
	kill_backend($node->safe_psql('mesh', q{
		SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ 'dm_|SECURITY' LIMIT 1}));
	nothing_happened($name);
	return;
}

remember();
# somebody else's uncommitted grants hold the rows of the privileges
wait_in_the_middle(
	'waiting for a privilege',
	join('; ', map { "GRANT INSERT ON ${_}_p_v1.a, ${_}_p_v1.b, ${_}_draft_v1.a TO hr_team" } qw(d1 d2 d3 d4 d5 d7 d9)),
	q{SELECT dm_grant_access('d1.p', 'other', 'reporting')},
	q{SELECT dm_approve_access(id) FROM datamesh.access_requests WHERE product = 'd2.p'},
	q{SELECT dm_revoke_access(id) FROM datamesh.agreements WHERE product = 'd3.p' AND consumer = 'consumer'::regrole},
	q{SELECT dm_publish('d4.draft')},
	q{SELECT dm_add_producer('d5', 'other')},
	q{SELECT dm_expire_agreements() FROM (SELECT dm_alter_domain('d8', 'written')) AS t},
	q{SELECT dm_forget_role('leaving')});
# readers of the ports hold their views
wait_in_the_middle(
	'waiting for a view',
	join('; ', map { "SELECT FROM ${_}_p_v1.b; SELECT FROM ${_}_draft_v1.a" } qw(d6 d7)),
	q{SELECT dm_retire('d6.p')},
	q{SELECT dm_transfer_domain('d7', 'team2')});
wait_at_the_start(
	'waiting for a view, labels',
	join('; ', map { "SELECT FROM ${_}_p_v1.b; SELECT FROM ${_}_draft_v1.a" } qw(d1 d2)),
	q{SELECT dm_classify('d1.b', 'y', 'pii')},
	q{SET check_function_bodies = on; SECURITY LABEL FOR datamesh ON COLUMN d2.b.y IS 'pii'});
wait_in_the_middle(
	'waiting for a view, governance',
	join('; ', map { "SELECT FROM ${_}_p_v1.a" } qw(d9)),
	q{SELECT dm_alter_tag('site.ref', mask => 'dm_mask_constant(''0'')')});
wait_in_the_middle(
	'waiting for a table',
	'SELECT FROM d1.a, d2.a, d3.b',
	q{SELECT dm_add_row_policy('d1.a', 'p', 'id > 0')},
	q{SELECT dm_register_subject('d2.a', 'id', 'kind')},
	q{SELECT dm_drop_row_policy('d3.b', 'old')});
# contracts, and DDL with the ports out of the way
wait_in_the_middle(
	'waiting for a table, contracts',
	'LOCK TABLE d10.b IN SHARE UPDATE EXCLUSIVE MODE; SELECT FROM d11_c_v1.a; SELECT FROM d12.a, d13.b, d14.b',
	"SELECT dm_import_contract('$contracts{import}')",
	q{SELECT dm_publish('d11.c')},
	q{SELECT * FROM dm_evolve('d12.p', 'ALTER TABLE d12.a ALTER id TYPE bigint')},
	q{SELECT * FROM dm_enforce('d13.c', dry_run => false)},
	q{DROP TABLE d14.b CASCADE /* dm_ */});
wait_in_the_middle('waiting for a view, key', 'SELECT FROM d9_p_v1.a', q{SELECT dm_rotate_key('ref_key')});
wait_in_the_middle('waiting for a view, mesh', 'SELECT FROM sales_orders_v2.orders',
	q{RESET ROLE; SELECT dm_remove_mesh(dry_run => false, cascade => true)});

# 2. All of them have done their work in one transaction, which has not ended.
my $everything = q{
	BEGIN; SET ROLE team;
	SELECT dm_register_purpose('audit'), dm_drop_purpose('reporting.weekly.x') FROM (SELECT dm_register_purpose('reporting.weekly.x')) t;
	SELECT dm_create_tag('extra', mask => 'dm_mask_null()'), dm_alter_tag('extra', 'changed'), dm_create_key('more');
	SELECT dm_grant_key('more', 'team2'), dm_revoke_key('more', 'team'), dm_rotate_key('ref_key');
	CREATE FUNCTION d1.hide(text) RETURNS text LANGUAGE sql IMMUTABLE RETURN '-';
	SELECT dm_register_mask('d1.hide(text)'), dm_create_tag('hidden', mask => 'd1.hide()');
	SELECT dm_drop_tag('hidden'), dm_drop_mask('d1.hide(text)');
	SELECT dm_classify('d1.a', 'y', 'extra'), dm_classify('d1.a', 'x');
	CREATE SCHEMA dx; CREATE TABLE dx.t AS SELECT 1 AS id;
	SELECT dm_register_domain('dx', 'team', '{dx}'), dm_alter_domain('dx', 'new', '{}'), dm_alter_domain('dx', schemas => '{dx}');
	SELECT dm_add_producer('d2', 'other'), dm_register_product('dx.p', open_ended => true), dm_alter_product('dx.p', 'described');
	SELECT dm_add_port('dx.p', 'dx.t'), dm_add_port('dx.p', 'dx.t', 'again'), dm_drop_port('dx.p', 'again'), dm_publish('dx.p');
	SELECT dm_grant_access('dx.p', 'consumer', 'reporting'), dm_deprecate('dx.p'), dm_retire('dx.p'), dm_drop_domain('dx');
	SELECT dm_set_attribute('consumer', 'k', 'v'), dm_set_attribute('other', 'k', 'v'), dm_drop_attribute('other', 'k');
	SELECT dm_add_row_policy('d1.b', 'one', $$x = ANY (dm_attribute('k'))$$, '{role:consumer}'), dm_add_row_policy('d1.b', 'two', 'id > 0');
	SELECT dm_alter_row_policy('d1.b', 'one', 'id > 1'), dm_drop_row_policy('d1.b', 'two');
	SELECT dm_register_subject('d2.b', 'id', 'kind'), dm_require_consent('d2.p', 'reporting');
	SELECT dm_record_consent('{1,2}'::text[], 'reporting', true, 'kind'), dm_record_consent('2', 'reporting', false, 'kind');
	SELECT dm_drop_consent_requirement('d2.p', 'reporting'), dm_require_consent('d3.p', 'reporting');
	SELECT dm_import_contract('IMPORT'), dm_import_contract('DRAFT'), dm_publish('d10.served'), dm_publish('d10.fresh');
	SELECT dm_publish('d11.c'), dm_import_product(dm_export_product('d11.c', 'odps')), dm_import_product(dm_export_product('d11.c', 'dpds'));
	SELECT * FROM dm_evolve('d12.p', 'ALTER TABLE d12.a ALTER id TYPE bigint');
	SELECT * FROM dm_enforce('d13.c', dry_run => false);
	DROP TABLE d14.b CASCADE; CREATE TABLE d14.b AS SELECT 2 AS id, 'new'::text AS x, 'y'::text AS y;
	SELECT * FROM dm_sync_comments('d11.c');
	SELECT dm_add_contract_schema('odcs', 'v3.9.0', '{"type": "object"}');
	SELECT dm_accept_exit('d1', 'view', 'd1.v', 'eve', 'old'), dm_reject_exit('d1', 'view', 'd1.v', 'eve');
	SELECT dm_reject_grant('d8', 'd8', 'team2');
	SELECT dm_approve_access(id) FROM datamesh.access_requests WHERE product = 'd3.p';
	SELECT dm_deny_access(id) FROM datamesh.access_requests WHERE product = 'd4.p';
	SELECT dm_revoke_access(id) FROM datamesh.agreements WHERE product = 'd5.p';
	SELECT dm_retire('d6.p'), dm_transfer_domain('d7', 'team2'), dm_forget_role('leaving'), dm_expire_agreements()};
$everything =~ s/'(IMPORT|DRAFT)'/'$contracts{lc $1}'/g;
for my $end ('kill', 'stop')
{
	my $session = $node->background_psql('mesh', on_error_stop => 0);
	$session->query($_) for map { "$_;" } split /;\s*/, $everything;
	is(join("\n", grep { /ERROR/ } split /\n/, $session->{stderr}), '', "$end: every function has done its work");
	push @sessions, $session;
	my $pid = $node->safe_psql('mesh', q{SELECT pid FROM pg_stat_activity WHERE state = 'idle in transaction'});
	if ($end eq 'kill')
	{
		kill_backend($pid);
	}
	else
	{
		$node->stop('immediate');
		close_sessions();
		$node->start;
	}
	nothing_happened("$end with all of them uncommitted");
}

# 3. Sessions work at random until the server is killed under them: what they had committed
# is whole.  Then again, and nobody has to wait in a circle or meets an error that is none of
# ours.
srand(2);

sub one_of
{
	return $_[ int rand @_ ];
}

sub random_call
{
	my $domain = one_of('d1', 'd2', 'd3');
	my ($product, $port) = ("$domain.q" . one_of(1, 2), one_of('n1', 'n2'));
	my $role = one_of('consumer', 'other');
	my $tag = one_of('pii.email', 'pii', 'site.ref', 'confidential');
	my $pick = "product LIKE '$domain.%' ORDER BY random() LIMIT 1";
	my ($as, $call) = @{ one_of(
		map({ [ 'team', "dm_grant_access('$domain.p', '$role', '" . one_of('reporting', 'fraud') . "', '{$tag}')" ] } 1 .. 3),
		map({ [ 'team', "dm_revoke_access(id) FROM (SELECT id FROM datamesh.agreements WHERE state = 'active' AND $pick) t" ] } 1 .. 3),
		map({ [ 'team', "dm_classify('$domain." . one_of('a', 'b') . "', 'y', '$tag')" ] } 1 .. 3),
		[ 'team', "dm_classify('$domain.b', 'y')" ],
		[ 'team', "dm_alter_tag('" . one_of('pii.email', 'confidential') . "', mask => '" . one_of('dm_mask_null()', 'dm_mask_text(1)') . "')" ],
		[ 'team', "dm_rotate_key('ref_key')" ],
		[ 'team', "dm_grant_key('ref_key', 'team2')" ],
		[ $role, "dm_request_access('$domain.p', 'reporting', '{$tag}')" ],
		[ 'team', "dm_approve_access(id) FROM (SELECT id FROM datamesh.access_requests WHERE state = 'pending' AND $pick) t" ],
		[ 'team', "dm_deny_access(id) FROM (SELECT id FROM datamesh.access_requests WHERE state = 'pending' AND $pick) t" ],
		[ 'team', "dm_register_product('$product', open_ended => true)" ],
		[ 'team', "dm_add_port('$product', '$domain." . one_of('a', 'b') . "', '$port')" ],
		[ 'team', "dm_drop_port('$product', '$port')" ],
		[ 'team', "dm_publish('$product')" ],
		[ 'team', "dm_deprecate('$product')" ],
		[ 'team', "dm_retire('$product')" ],
		[ 'team', "dm_add_producer('$domain', 'hr_team')" ],
		[ 'team', "dm_remove_producer('$domain', 'hr_team')" ],
		[ 'team', "dm_add_row_policy('$domain." . one_of('a', 'b') . "', 'p', '" . one_of('id > 0', 'x IS NOT NULL') . "', '{role:$role}')" ],
		[ 'team', "dm_drop_row_policy('$domain." . one_of('a', 'b') . "', 'p')" ],
		[ 'team', "dm_set_attribute('$role', 'k', '" . one_of('v', 'w') . "')" ],
		[ 'team', "dm_alter_domain('$domain', schemas => '{$domain}')" ],
		[ superuser($node), "dm_forget_role('$role')" ],
		[ superuser($node), 'dm_expire_agreements()' ],
		map({ [ $role, "count(y) FROM ${domain}_p_v1." . one_of('a', 'b') ] } 1 .. 5)) };
	return "SET SESSION AUTHORIZATION $as; SELECT $call; RESET SESSION AUTHORIZATION;\n";
}

# Four sessions, each with so many calls.
sub start_workers
{
	my ($calls) = @_;
	my $superuser = superuser($node);
	no warnings 'redefine';
	local *superuser = sub { $superuser };
	return map {
		my $file = $node->basedir . "/worker$_.sql";
		unlink $file;
		append_to_file($file, "SET datamesh.purpose = 'reporting';\n" . join '', map { random_call() } 1 .. $calls);
		IPC::Run::start([ 'psql', '-XAtq', '-f', $file, '-d', $node->connstr('mesh') ], '<', '/dev/null', '&>', "$file.out");
	} 1 .. 4;
}

my @workers = start_workers(2000);
my $newest = $node->safe_psql('mesh', 'SELECT max(id) FROM datamesh.agreement');
$node->poll_query_until('mesh', "SELECT max(id) > $newest + 20 FROM datamesh.agreement");
kill_backend($node->safe_psql('mesh', q{
	SELECT max(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()}));
eval { $_->finish } for @workers;
wait_for_server($node);
is_consistent($node, 'mesh', 'killed at work');

my $from = -s $node->logfile;
$_->finish for start_workers(400);
my $log_of_work = slurp_file($node->logfile, $from);
my @surprises;
while ($log_of_work =~ /^.*\[(\d+)\].*ERROR:  (?:deadlock detected|.*concurrently.*|could not .*|cache lookup .*|no .* with id .*)\n/mg)
{
	my ($error, $pid) = ($&, $1);
	my @next = split /^/, substr($log_of_work, pos $log_of_work, 10000);
	push @surprises, $error . join '', grep { defined && /\[$pid\].* (?:DETAIL|CONTEXT|STATEMENT):  / } @next[ 0 .. 9 ];
}
is(join("\n", @surprises), '', 'sessions at work at the same time: no deadlock, no internal error');
is_consistent($node, 'mesh', 'and after that');
cmp_ok($node->safe_psql('mesh', 'SELECT max(id) FROM datamesh.agreement'), '>', $newest + 40, 'there was work');

$node->stop;
my $log = slurp_file($node->logfile);
unlike($log, qr/PANIC|TRAP|signal 11/, 'no crash but those of the test');
done_testing();
