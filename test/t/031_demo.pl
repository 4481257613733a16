# The demo runs to its end, refuses what it is to refuse, and leaves the mesh that it
# tells of; with the library preloaded and without.

use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# What the story has refused, in this order, and nothing else.
my @refusals = (
	'permission denied for schema customers_profiles_v1',
	'permission denied for product "customers.profiles"',
	'no purpose is set for reading product "customers.profiles"',
	'permission denied for schema customers_profiles_v1',
	'the transaction would break the contract of product "customers.profiles"');

# Runs demo.sql as test/bin/demo does, and returns psql's status and what it printed.
sub run_demo
{
	my ($node) = @_;
	my @psql = ($node->installed_command('psql'), '-X', '-v', 'ON_ERROR_STOP=1', '-P', 'pager=off');
	my $printed = '';

	my $run = IPC::Run::start [ @psql, '-d', $node->connstr('mesh'), '-f', 'demo/demo.sql' ],
	  '<', \undef, '>&', \$printed, init => sub { chdir 'test' or die "cannot enter test: $!\n" };
	$run->finish;
	append_to_file("$PostgreSQL::Test::Utils::log_path/demo_" . $node->name . '.txt', $printed);
	return ($run->result(0), $printed);
}

# A query of the mesh as it is after the demo, as a superuser or as a role with a purpose.
sub query
{
	my ($node, $sql, $role, $purpose) = @_;
	my $set = '';

	$set .= "SET datamesh.purpose = '$purpose'; " if defined $purpose;
	$set = "SET SESSION AUTHORIZATION $role; $set" if defined $role;
	my ($status, $out, $err) = $node->psql('mesh', $set . $sql);
	return $status == 0 ? $out : "status $status: $err";
}

sub check_story
{
	my ($name, $printed) = @_;

	is_deeply([ $printed =~ /ERROR:  (.*)/g ], \@refusals, "$name: refuses what it is to refuse");
	like($printed, qr/^ +\(null\) \| M\*\*\* +\| S\*{4} +\| M\*\*\*\@sakilacustomer\.org/m,
		"$name: values are masked");
	like($printed, qr/^ +-?\d+ \| J\*{13} \| Antofagasta/m, "$name: a number becomes a token");
	like($printed, qr/^ India +\| +60 \| +5077\.00$/m, "$name: tokens join two products");
	like($printed, qr/^ ELEANOR\.HUNT\@sakilacustomer\.org \| +4\.99/m,
		"$name: a cleared reader reads the values");
	my @plans = $printed =~ /^ +QUERY PLAN +\n-+\n( Hash Join\n(?: .*\n)+)/mg;
	is(scalar @plans, 2, "$name: shows two plans of a join");
	is($plans[0], $plans[1], "$name: port and table have the same plan");
	like($plans[0], qr/Index Scan using idx_last_name on customer$/m,
		"$name: by the index on a governed column");
	like($printed, qr/NOTICE:  product "finance\.revenue\@1" is deprecated and served until \d/,
		"$name: tells that a product is deprecated");
	my @wide = grep { length > 105 } split /\n/, $printed;
	is("@wide", '', "$name: fits into a terminal");
	return;
}

sub check_mesh
{
	my ($name, $node) = @_;

	is(query($node, q{SELECT string_agg(name, ' ' ORDER BY name) FROM datamesh.domains}),
		'customers finance inventory rentals', "$name: four domains");
	is( query(
			$node, q{SELECT count(*) FROM datamesh.domains d JOIN pg_roles r ON r.oid = d.owner
			WHERE r.rolsuper OR r.rolcreaterole OR r.rolcreatedb}),
		0,
		"$name: the owners are ordinary roles");
	is(query($node, q{SELECT string_agg(name, ' ' ORDER BY name) FROM datamesh.products
			WHERE status = 'active'}),
		'customers.places customers.profiles finance.payments finance.revenue@2 '
		  . 'inventory.catalog inventory.stock rentals.history rentals.shops',
		"$name: eight active products");
	is( query(
			$node, q{SELECT string_agg(DISTINCT c.relkind::text, '') FROM datamesh.ports o
			JOIN pg_class c ON c.oid = o.source::regclass}),
		'mprv',
		"$name: ports over tables, a partitioned table, views and a materialized view");
	is( query(
			$node, q{SELECT string_agg("column" || ' ' || tags::text, ', ' ORDER BY position)
			FROM datamesh.port_columns WHERE port = 'sales_by_store'}),
		'store {}, manager {pii.name}, total_sales {finance.amount}',
		"$name: a tag follows its column through the view of another team, and no other");
	is(query($node, q{SELECT count(*) FROM datamesh.port_columns WHERE "column" = 'password'}),
		0, "$name: passwords are not published");
	return;
}

sub check_readers
{
	my ($name, $node) = @_;
	my $read = 'SELECT count(*) FROM customers_profiles_v1.customer';

	is(query($node, $read, 'investigator', 'fraud_detection'), 599, "$name: the investigator reads");
	like(query($node, $read, 'investigator', 'reporting'),
		qr/is not agreed for purpose "reporting"/, "$name: for the agreed purpose only");
	like(query($node, $read, 'analyst', 'reporting'),
		qr/permission denied/, "$name: the analyst does not any more");
	is(query($node, 'SELECT count(*) FROM finance_payments_v1.payment', 'analyst', 'reporting'),
		16049, "$name: and still reads the other product");
	for my $table ('customers.customer', 'rentals.rental', 'inventory.film', 'finance.payment')
	{
		like(query($node, "SELECT count(*) FROM $table", 'investigator', 'fraud_detection'),
			qr/permission denied/, "$name: nobody from outside reads $table");
	}
	is(query($node, 'SELECT count(*) FROM app.film_in_stock(1, 1)', 'pagila_app'),
		4, "$name: the shop's application works as before");
	return;
}

for my $name ('preloaded', 'plain')
{
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init;
	$node->append_conf('postgresql.conf', slurp_file($ENV{DM_TEST_CONF}))
	  if defined $ENV{DM_TEST_CONF};
	$node->append_conf('postgresql.conf',
		"shared_preload_libraries = '" . ($name eq 'preloaded' ? 'datamesh' : '') . "'");
	$node->start;
	$node->safe_psql('postgres', 'CREATE DATABASE mesh');

	my ($status, $printed) = run_demo($node);
	is($status, 0, "$name: the demo runs to its end") or diag($printed);
	check_story($name, $printed);
	check_mesh($name, $node);
	check_readers($name, $node);

	my $log = slurp_file($node->logfile);
	unlike($log, qr/PANIC|TRAP|terminated by signal/, "$name: no crash in the log");
	$node->stop;
}

done_testing();
