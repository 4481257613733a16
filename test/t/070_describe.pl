# What is described is what is there: the contracts of two databases go into an empty mesh
# strictly and without a complaint, and what they make is described as they are.

use strict;
use warnings;

use Cwd;
use File::Basename;
use lib dirname(__FILE__) . '/../perl';
use Mesh;
use PostgreSQL::Test::Utils;
use Test::More;

my $data = Cwd::abs_path(dirname(__FILE__) . '/../data');
my $node = mesh_node('describe');

# The relations of a database, all shown by one product of a team that owns them.
my $team = q{
	CREATE ROLE shop_team;
	ALTER SCHEMA public OWNER TO shop_team;
	REVOKE ALL ON SCHEMA public FROM PUBLIC;
	DO $$
	DECLARE r regclass;
	BEGIN
		FOR r IN SELECT oid FROM pg_class
			WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') AND NOT relispartition
		LOOP
			EXECUTE format('ALTER TABLE %s OWNER TO shop_team', r);
		END LOOP;
	END $$;
	CREATE SCHEMA mesh;
	CREATE EXTENSION datamesh SCHEMA mesh;
	GRANT USAGE ON SCHEMA mesh TO PUBLIC;
	ALTER DATABASE current_db SET search_path = public, mesh;
};
my $domain = q{SET ROLE shop_team; SELECT dm_register_domain('shop', schemas => '{public}');};

sub round_trip
{
	my ($database, $relations, @files) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	for my $file (@files)
	{
		$node->safe_psql($database, "SET client_min_messages = error;\n" . slurp_file("$data/$file"));
	}
	(my $sql = $team) =~ s/current_db/$database/;
	$sql =~ s/CREATE ROLE shop_team;//
	  if $node->safe_psql('postgres', q{SELECT count(*) FROM pg_roles WHERE rolname = 'shop_team'});
	$node->safe_psql($database, $sql);
	$node->safe_psql($database, 'ANALYZE');

	my $one = $node->safe_psql($database, qq{
		$domain
		SELECT dm_register_product('shop.all', E'everything:\\nlet''s see #1') \\g /dev/null
		SELECT dm_add_port('shop.all', oid) FROM pg_class
		WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') AND NOT relispartition \\g /dev/null
		CREATE TABLE public.kept AS SELECT dm_describe_contract('shop.all') AS contract;
		SELECT contract FROM public.kept});
	is(() = $one =~ /^    physicalType:/mg, $relations, "$database: all relations are described");
	unlike($one, qr/examples/, "$database: nothing is known of the values") if @files == 1;
	like($one, qr/examples/, "$database: common values are told") if @files > 1;

	is($node->safe_psql($database, 'SELECT l.* FROM public.kept, dm_lint_contract(contract) l'),
		'', "$database: there is nothing to find in the contract");

	$node->safe_psql($database, q{
		SET ROLE shop_team; SELECT dm_retire('shop.all'), dm_drop_domain('shop')});
	is( $node->safe_psql($database, q{SELECT count(*) FROM datamesh.domains}),
		0, "$database: the mesh is empty");
	my ($status, $out, $err) = $node->psql($database, qq{
		$domain
		SELECT dm_import_contract(contract, strict => true) FROM public.kept});
	is($err, '', "$database: it is imported without a warning");
	is( $node->safe_psql($database, q{
		SET ROLE shop_team;
		SELECT string_agg(f::text, E'\n') FROM dm_contract_findings('shop.all') f}),
		'', "$database: the database keeps what its contract promises");
	my $two = $node->safe_psql($database,
		q{SET ROLE shop_team; SELECT dm_describe_contract('shop.all')});
	is($two, $node->safe_psql($database, 'SELECT contract FROM public.kept'),
		"$database: it is described as it was");
	is( $node->safe_psql($database, q{
		SET ROLE shop_team;
		SELECT dm_yaml_to_jsonb(dm_export_contract('shop.all')) = dm_yaml_to_jsonb(contract) FROM public.kept}),
		't', "$database: and exported");
	return;
}

round_trip('pagila', 23, 'pagila/pagila-schema.sql', 'pagila/pagila-data.sql');
round_trip('chinook', 11, 'chinook/chinook-schema.sql');

done_testing();
