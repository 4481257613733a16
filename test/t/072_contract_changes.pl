# A real evolution: Pagila 2.0.1, 2.1.0 and 3.1.0, each described from its catalog, and what
# dm_diff_contract says of the steps between them.  Every line of the answers was checked by hand against
# the two schemas.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use PostgreSQL::Test::Utils;
use Test::More;

my $data = "$FindBin::RealBin/../data/pagila";
my $node = mesh_node('pagila');
$node->safe_psql('postgres', 'CREATE ROLE pagila_team');

# The contract that a version of Pagila keeps, as a product of all its relations.
sub contract_of
{
	my ($file) = @_;
	my $schema = slurp_file("$data/$file");

	$schema =~ s/OWNER TO postgres/OWNER TO pagila_team/g;
	$node->safe_psql('postgres', 'DROP DATABASE IF EXISTS pagila');
	$node->safe_psql('postgres', 'CREATE DATABASE pagila');
	$node->safe_psql('pagila', 'CREATE SCHEMA mesh; CREATE EXTENSION datamesh SCHEMA mesh');
	$node->safe_psql('pagila', "SET client_min_messages = error;\n$schema");
	return $node->safe_psql('pagila', q{
		SET client_min_messages = error;
		SET search_path = mesh, public;
		ALTER SCHEMA public OWNER TO pagila_team;
		DO $$ BEGIN
			PERFORM dm_register_domain('pagila', 'pagila_team', '{public}');
			PERFORM dm_register_product('pagila.shop');
			PERFORM dm_add_port('pagila.shop', oid::regclass) FROM pg_class
			WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') AND NOT relispartition;
		END $$;
		SELECT dm_describe_contract('pagila.shop', examples => false)});
}

# The lines in which the report differs from the stored one.
sub check_changes
{
	my ($old, $new, $name) = @_;
	my $report = $node->safe_psql('pagila', qq{
		SELECT concat_ws(E'\\t', verdict, change, path, coalesce(old_value, '-'), coalesce(new_value, '-'))
		FROM mesh.dm_diff_contract(\$old\$$old\$old\$, \$new\$$new\$new\$) WITH ORDINALITY ORDER BY ordinality});

	is("$report\n", slurp_file("$data/$name"), $name);
	return;
}

my $first = contract_of('pagila-schema-2.0.1.sql');
my $second = contract_of('pagila-schema-2.1.0.sql');
my $third = contract_of('pagila-schema.sql');
check_changes($first, $second, 'changes-2.0.1-2.1.0.tsv');
check_changes($second, $third, 'changes-2.1.0-3.1.0.tsv');
is($node->safe_psql('pagila', qq{SELECT count(*) FROM mesh.dm_diff_contract(\$a\$$third\$a\$, \$b\$$third\$b\$)}),
	0, 'a contract does not differ from itself');

done_testing();
