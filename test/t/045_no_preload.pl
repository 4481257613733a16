# A server that does not preload the library: what is governed is governed from the first
# statement of a session on, whatever that statement is.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = mesh_node('plain', preload => 0);
load_mesh($node, 'mesh');
$node->safe_psql('mesh', 'ALTER ROLE ' . ($_ =~ /\W/ ? qq{"$_"} : $_) . ' LOGIN')
  for ('Sales Team', 'hr_team', qw(ann bob cid dan eve gus governor));

my $customers = '"Customers for All".customer';
my $people = 'hr_people_v1.person';

# The rows, or the error, of one statement, which is all that a new session does.
sub first
{
	my ($role, $sql, $purpose) = @_;
	local $ENV{PGOPTIONS} = defined $purpose ? "-c datamesh.purpose=$purpose" : '';
	my ($out, $err);
	my $result = IPC::Run::run(
		[ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-c', $sql, '-d', $node->connstr('mesh') . " user='$role'" ],
		'>', \$out, '2>', \$err);

	chomp $out;
	return $result ? $out : $err =~ /ERROR:  (.*)/ ? $1 : $err;
}

# Readers
my $query = "SELECT email0, level FROM $customers WHERE id = 3";
is(first('ann', $query, 'reporting'), 'user3@example.org|high', 'first statement of a cleared reader');
is(first('bob', $query, 'reporting'), 'u***@example.org|high', 'of a masked reader');
is(first('bob', $query), 'u***@example.org|high', 'of one whose role has the purpose');
like(first('cid', $query, 'fraud'), qr/^[0-9a-f]{32}\|high$/, 'of a reader of tokens');
is(first('Sales Team', $query), 'user3@example.org|high', 'of the owner');
like(first('eve', $query, 'fraud'), qr/^42501: /, 'of a role without agreement');
is(first('ann', $query), 'MD002: no purpose is set for reading product "sales.customers"', 'of a reader without purpose');
is(first('ann', $query, 'fraud'), 'MD002: product "sales.customers" is not agreed for purpose "fraud"', 'with another purpose');
is(first('ann', $query, 'nonsense'), 'MD002: purpose "nonsense" is not registered', 'with an unknown purpose');
like(first('gus', 'SELECT * FROM sales_orders_v1.orders', 'reporting'),
	qr/^MD001: access agreement \d+ for product "sales\.orders(?:\@1)?" is not in force/, 'with an agreement that is over');
is(first('dan', "SELECT count(*) FROM $people", 'reporting'), '20', 'of a member of a group');
is(first('bob', "SELECT count(*) FROM $customers WHERE email0 = 'user3\@example.org'"), '0',
	'a condition sees the masked value');

# Each other way to read
my $masked = qr/^u\*\*\*\@example\.org$/;
# The boundary: an event trigger has loaded the library before the command begins
for my $command (
	'GRANT SELECT ON hr.person TO eve',
	'GRANT SELECT (salary) ON hr.person TO PUBLIC',
	'GRANT USAGE ON SCHEMA hr TO eve',
	'ALTER DEFAULT PRIVILEGES IN SCHEMA hr GRANT SELECT ON TABLES TO eve',
	'DO $$ BEGIN GRANT SELECT ON hr.person TO PUBLIC; END $$')
{
	like(first('hr_team', $command), qr/^MD007: /, $command);
}
is(first('hr_team', 'GRANT SELECT ON hr.person TO hr_team'), '', 'a grant inside');

like(first('bob', "COPY (SELECT email0 FROM $customers WHERE id = 3) TO STDOUT"), $masked, 'COPY');
like(first('bob', "TABLE $customers LIMIT 1"), qr/^\d+\|u\*\*\*\@example\.org\|/, 'TABLE');
like(first('bob', "EXPLAIN (COSTS OFF, VERBOSE) SELECT email0 FROM $customers"), qr/dm_mask_email/, 'EXPLAIN');
like(first('bob', "DO \$\$ BEGIN RAISE EXCEPTION '%', (SELECT email0 FROM $customers WHERE id = 3); END \$\$"),
	qr/^P0001: u\*\*\*\@example\.org$/, 'DO');
like(first('bob', "CREATE TEMP TABLE t AS SELECT email0 FROM $customers WHERE id = 3; SELECT * FROM t"), $masked, 'CREATE TABLE AS');
like(first('bob', "BEGIN; DECLARE c CURSOR FOR SELECT email0 FROM $customers WHERE id = 3; FETCH c"), $masked, 'a cursor');
like(first('bob', "SELECT xpath('//email0/text()', table_to_xml('$customers', false, false, ''))"),
	qr/^\{u\*\*\*\@example\.org,/, 'a query that a function of the server makes');
like(first('bob', "PREPARE q(int) AS SELECT email0 FROM $customers WHERE id = \$1; SET plan_cache_mode = force_generic_plan; EXECUTE q(3); EXECUTE q(3)"),
	qr/^u\*\*\*\@example\.org\nu\*\*\*\@example\.org$/, 'a generic plan');
like(first('bob', "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SELECT min(email0) FROM $customers"),
	$masked, 'a parallel plan');
is(first('ann', 'SELECT mail FROM ann_work.mails WHERE id = 3', 'reporting'), 'user3@example.org', "a reader's own view");
like(first('bob', 'SELECT mail FROM ann_work.mails WHERE id = 3'), qr/^42501: /, 'which is not for others');
like(first('bob', "SELECT pg_catalog.pg_sleep(0), email0 FROM $customers c LEFT JOIN (SELECT id FROM $customers) d USING (id) WHERE c.id = 3"),
	qr/^\|u\*\*\*/, 'an outer join');

# A pooled connection that changes hands
like(first(superuser($node), qq{
		SET plan_cache_mode = force_generic_plan;
		PREPARE q AS SELECT email0 FROM $customers WHERE id = 3;
		SET ROLE ann; SET datamesh.purpose = 'reporting'; EXECUTE q;
		SET ROLE eve; EXECUTE q}),
	qr/^(MD001|42501): /, 'a role without agreement gets nothing from the plan of another one');
is( first(superuser($node), qq{
		SET plan_cache_mode = force_generic_plan;
		PREPARE q AS SELECT email0 FROM $customers WHERE id = 3;
		SET ROLE ann; SET datamesh.purpose = 'reporting'; EXECUTE q;
		SET ROLE bob; EXECUTE q;
		SET ROLE "Sales Team"; EXECUTE q;
		DISCARD PLANS;
		SET ROLE bob; EXECUTE q}),
	"user3\@example.org\nu***\@example.org\nuser3\@example.org\nu***\@example.org", 'each role sees its own');

# The setting, before the library is there and after
is(first('ann', "SET datamesh.purpose = 'reporting'; SELECT email0 FROM $customers WHERE id = 3"), 'user3@example.org',
	'the purpose is set before the library is loaded');
is(first('ann', "SELECT dm_mask_email('a\@b'); SHOW datamesh.purpose; SET datamesh.purpose = 'reporting'; SELECT email0 FROM $customers WHERE id = 3"),
	"***\n\nuser3\@example.org", 'and after');
is(first('bob', "SET datamesh.purpose = 'nonsense'; RESET datamesh.purpose; SELECT email0 FROM $customers WHERE id = 3"),
	'u***@example.org', "RESET goes back to the role's");

# Revocation, in a session that began with a prepared statement
my $session = session($node, 'mesh', 'SET SESSION AUTHORIZATION bob', q{SET datamesh.purpose = 'reporting'},
	'SET plan_cache_mode = force_generic_plan', "PREPARE q AS SELECT email0, amount FROM $customers WHERE id = 3");
is($session->query('EXECUTE q'), 'u***@example.org|3.75', 'an open session');
# classified by the first statement of another one
is(first('Sales Team', q{SECURITY LABEL FOR datamesh ON COLUMN sales.customer.amount IS 'pii'}), '', 'SECURITY LABEL as first statement');
is($session->query('EXECUTE q'), 'u***@example.org|', 'takes effect on the generic plan of an open session');
is(first('bob', "SELECT amount FROM $customers WHERE id = 3"), '', 'and in a new one');
first('Sales Team', q{
	SELECT dm_revoke_access(id) FROM datamesh.agreements
	WHERE consumer = 'bob'::regrole AND product = 'sales.customers' AND state = 'active'});
$session->query('EXECUTE q');
like($session->{stderr}, qr/ERROR:  (permission denied|role "bob" has no access agreement)/, 'a revocation is seen by the generic plan');
$session->quit;
like(first('bob', $query), qr/^42501: /, 'and by a new session');

# The first statement is one that must be refused, or followed.
like(first('Sales Team', q{SECURITY LABEL FOR datamesh ON COLUMN sales.customer.code IS 'pii.emial'}),
	qr/^\w{5}: tag "pii\.emial" does not exist/, 'an unknown tag');
like(first('Sales Team', qq{SECURITY LABEL FOR datamesh ON COLUMN $customers.email0 IS 'internal'}),
	qr/^MD003: /, 'a label on a port');
like(first('Sales Team', q{SECURITY LABEL FOR datamesh ON SCHEMA sales IS NULL}), qr/^MD003: /, 'a label of a schema');
like(first('Sales Team', 'DROP VIEW sales_orders_v2.orders'), qr/^MD003: /, 'DROP VIEW of a port');
like(first('Sales Team', 'DROP SCHEMA sales_orders_v2 CASCADE'), qr/^MD003: /, "DROP SCHEMA of a product's ports");
like(first(superuser($node), 'DROP EXTENSION datamesh'), qr/^2BP01: /, 'DROP EXTENSION');
like(first(superuser($node), 'DROP EXTENSION datamesh CASCADE'), qr/^2BP01: /, 'DROP EXTENSION CASCADE');
is(first('Sales Team', q{
	CREATE OR REPLACE VIEW sales."Customer View" AS
	SELECT c.id, lower(c."Full Name") COLLATE "C" AS mail, o.note FROM sales.customer c JOIN sales.orders o ON o.customer = c.id}),
	'', 'a view that a port shows is replaced');
is(first('ann', q{SELECT min(mail) FROM "Customers for All"."Mixed ""View""" WHERE id = 3}, 'reporting'), "zo\xc3\xab o'neil 3",
	'a cleared reader sees the new column');
like($node->safe_psql('mesh', q{SELECT pg_get_viewdef('"Customers for All"."Mixed ""View"""')}), qr/'pii\.name'/,
	'its tag governs the port');
first('Sales Team', q{
	CREATE TABLE sales.orders_2026 (LIKE sales.orders); INSERT INTO sales.orders_2026 VALUES ('2026-01-01', 2026, 7, 'n');
	SELECT dm_classify('sales.orders_2026', 'customer', 'restricted')});
is(first('Sales Team', q{ALTER TABLE sales.orders ATTACH PARTITION sales.orders_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')}),
	'', 'a partition is attached, of which a column is classified');
is(first('bob', 'SELECT id, customer FROM sales_orders_v1.orders WHERE id = 2026'), '2026|', 'the column is masked');
is_consistent($node, 'mesh', 'without preloading');

# With preloading nothing is different.
my $sums = port_sums($node, 'mesh');
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'datamesh'");
$node->restart;
same_lines(port_sums($node, 'mesh'), $sums, 'every reader sees the same with preloading');
$node->stop;
unlike(slurp_file($node->logfile), qr/PANIC|TRAP|terminated by signal/, 'no crash');

done_testing();
