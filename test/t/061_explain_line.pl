# The server's own EXPLAIN has a line for each port where the major has a hook for it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use Test::More;

my $node = mesh_node('line');
$node->safe_psql('postgres', q{CREATE EXTENSION datamesh; CREATE ROLE maker; CREATE ROLE reader;
	CREATE SCHEMA ln AUTHORIZATION maker; SELECT dm_register_purpose('reports'), dm_create_tag('pii', mask => 'dm_mask_text(1)');
	SET ROLE maker; CREATE TABLE ln.t (id int, name text); SECURITY LABEL FOR datamesh ON COLUMN ln.t.name IS 'pii';
	SELECT dm_register_domain('ln', schemas => '{ln}'), dm_register_product('ln.p', open_ended => true), dm_add_port('ln.p', 'ln.t'),
		dm_publish('ln.p'), dm_grant_access('ln.p', 'reader', 'reports')});

sub explained
{
	my ($options, $query) = @_;
	return $node->safe_psql('postgres', "SET ROLE reader; SET datamesh.purpose = 'reports'; EXPLAIN $options $query");
}

my $hook = $node->safe_psql('postgres', 'SHOW server_version_num') >= 180000;
my $line = 'port ln_p_v1.t, agreement 1, purpose reports, masked name = dm_mask_text(name, 1)';
my $query = 'SELECT name FROM ln_p_v1.t';

is(explained('', $query) =~ /^Datamesh: \Q$line\E$/m ? 1 : 0, $hook ? 1 : 0, 'EXPLAIN');
is(explained('(ANALYZE)', $query) =~ /^Datamesh: \Q$line\E$/m ? 1 : 0, $hook ? 1 : 0, 'EXPLAIN ANALYZE');
is(explained('(COSTS OFF, VERBOSE)', $query) =~ /^Datamesh: /m ? 1 : 0, $hook ? 1 : 0, 'VERBOSE');
unlike(explained('(COSTS OFF)', $query), qr/Datamesh/, 'not where outputs are compared');
is(explained('(FORMAT JSON)', $query) =~ /"Datamesh": \["\Q$line\E"\]/ ? 1 : 0, $hook ? 1 : 0, 'JSON');
unlike(explained('', 'SELECT 1'), qr/Datamesh/, 'a query without a port');
is($node->safe_psql('postgres', "SET ROLE reader; SET datamesh.purpose = 'reports';
	SELECT count(*) FROM dm_explain_query('$query') l WHERE l = 'Datamesh: $line'"), 1, 'dm_explain_query has it once on every major');
$node->stop;
done_testing();
