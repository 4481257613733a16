# The contracts that the catalog describes of two databases are kept by their data: every rule that
# their schemas mean passes, and a row that breaks one of them is found by the rule that it breaks.

use strict;
use warnings;

use Cwd;
use File::Basename;
use lib dirname(__FILE__) . '/../perl';
use Mesh;
use PostgreSQL::Test::Utils;
use Test::More;

my $data = Cwd::abs_path(dirname(__FILE__) . '/../data');
my $node = mesh_node('contract_checks');

$node->safe_psql('postgres', 'CREATE ROLE shop_team');

# A product of all relations, with the contract that the catalog describes in force.
sub publish_all
{
	my ($database, @files) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	for my $file (@files)
	{
		$node->safe_psql($database, "SET client_min_messages = error;\n" . slurp_file("$data/$file"));
	}
	$node->safe_psql($database, qq{
		SET client_min_messages = error;
		ALTER SCHEMA public OWNER TO shop_team;
		REVOKE ALL ON SCHEMA public FROM PUBLIC;
		DO \$\$
		DECLARE r regclass;
		BEGIN
			FOR r IN SELECT oid FROM pg_class
				WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') AND NOT relispartition
			LOOP
				EXECUTE format('ALTER TABLE %s OWNER TO shop_team', r);
			END LOOP;
		END \$\$;
		CREATE SCHEMA mesh;
		CREATE EXTENSION datamesh SCHEMA mesh;
		GRANT USAGE ON SCHEMA mesh TO PUBLIC;
		ALTER DATABASE $database SET search_path = public, mesh});
	$node->safe_psql($database, q{
		SELECT format('REFRESH MATERIALIZED VIEW %s', oid::regclass) FROM pg_class WHERE relkind = 'm' \gexec
		ANALYZE;
		SET ROLE shop_team;
		SET client_min_messages = error;
		SELECT dm_register_domain('shop', schemas => '{public}');
		SELECT dm_register_product('shop.all');
		SELECT dm_add_port('shop.all', oid) FROM pg_class
		WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') AND NOT relispartition;
		CREATE TEMP TABLE kept AS SELECT dm_describe_contract('shop.all') AS contract;
		SELECT dm_retire('shop.all'), dm_drop_domain('shop');
		SELECT dm_register_domain('shop', schemas => '{public}');
		SELECT dm_import_contract(contract, strict => true) FROM kept;
		SELECT dm_publish('shop.all')});
	return;
}

sub check
{
	my ($database, $columns, $condition) = @_;
	return $node->safe_psql($database, qq{
		SET ROLE shop_team;
		SELECT $columns FROM dm_check('shop.all') WHERE $condition ORDER BY relation::text COLLATE "C", rule COLLATE "C"});
}

for my $case ([ 'pagila', 500, qw(pagila/pagila-schema.sql pagila/pagila-data.sql) ], [ 'chinook', 100, 'chinook/chinook-schema.sql' ])
{
	my ($database, $least, @files) = @$case;
	publish_all($database, @files);
	is(check($database, 'relation, rule, verdict, measured, message', "verdict NOT IN ('passed', 'skipped')"),
		'', "$database: the contract is kept");
	cmp_ok($node->safe_psql($database, q{SELECT count(*) FROM datamesh.check_result}), '>', $least,
		"$database: it has many rules");
	is( $node->safe_psql($database, q{
			SELECT DISTINCT message FROM datamesh.check_result WHERE verdict = 'skipped' AND rows_checked > 0}),
		$database eq 'pagila' ? 'all values are null' : '', "$database: nothing is skipped that has rows");
	is( $node->safe_psql($database, q{SELECT count(*) FROM datamesh.incidents}), 0, "$database: no incident");
}

# Chinook is empty here: rules about rows say nothing of it.
is( $node->safe_psql('chinook', q{
	SELECT DISTINCT verdict, message FROM datamesh.check_result WHERE metric IN ('primaryKey', 'required', 'references')}),
	'skipped|no row was checked', 'empty tables do not pass');
cmp_ok($node->safe_psql('pagila', q{
	SELECT count(DISTINCT relation) FROM datamesh.check_result WHERE metric = 'references' AND verdict = 'passed' AND rows_checked > 0}),
	'>=', 8, 'references are followed');

# What breaks a promise that no constraint holds any more is found, by the rule that it breaks.
$node->safe_psql('pagila', q{
	SET datamesh.contract_mode = 'off';
	SET client_min_messages = error;
	ALTER TABLE public.customer DROP CONSTRAINT customer_address_id_fkey, ALTER first_name DROP NOT NULL;
	UPDATE public.customer SET address_id = 99999 WHERE customer_id IN (5, 7);
	UPDATE public.customer SET first_name = NULL WHERE customer_id = 9;
	ALTER TABLE public.country DROP CONSTRAINT country_pkey CASCADE;
	INSERT INTO public.country SELECT * FROM public.country WHERE country_id = 3});
is(check('pagila', q{relation, rule, verdict, measured, regexp_replace(sample::text, '\(\d+,\d+\)', '(n,n)', 'g')}, q{verdict NOT IN ('passed', 'skipped') AND relation::text IN ('customer', 'country')}),
	join("\n", 'country|primaryKey|failed|1|[{"ctid": "(n,n)", "country_id": 3}, {"ctid": "(n,n)", "country_id": 3}]',
		'customer|address_id.references|failed|2|[{"customer_id": 5}, {"customer_id": 7}]',
		'customer|first_name.required|failed|1|[{"customer_id": 9}]'),
	'broken promises are found, with their rows');
is( $node->safe_psql('pagila', q{
		SELECT cause FROM datamesh.incidents, unnest(causes) cause WHERE relation = 'public.customer'::regclass ORDER BY 1}),
	"rule:address_id.references\nrule:first_name.required", 'and incidents');

# JUnit: as many cases as rules, and it is XML.
my $junit = $node->safe_psql('pagila', q{SET ROLE shop_team; SELECT dm_junit('shop.all')});
is( () = $junit =~ /<testcase /g, $node->safe_psql('pagila',
		q{SELECT count(*) FROM datamesh.check_result WHERE run = (SELECT max(run) FROM datamesh.check_result)}),
	'a case for each rule');
like($junit, qr/<testsuite name="shop.all" tests="\d+" failures="3" errors="\d+" skipped="\d+" time="[\d.]+">/, 'counts');
like($junit, qr/<testcase classname="public.customer" name="first_name.required" time="[\d.]+">\n *<failure message="required of first_name is 1, must be = 0" type="required"\/>/,
	'a failure');
is($node->safe_psql('pagila', "SELECT (\$junit\$$junit\$junit\$)::xml IS DOCUMENT"), 't', 'it is XML');

done_testing();
