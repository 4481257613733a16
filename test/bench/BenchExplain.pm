# Explaining access in the mesh that BenchRegistry has made: 10,000 products.
package BenchExplain;
use strict;
use warnings;
use Bench qw(session timed median one_value heading);

my $verdicts = 2000;
my $rounds = 5;

# Verdicts in a second, of another sample of roles and ports in each round.
sub rate
{
	my ($session, $column, $round) = @_;
	my $ms = timed($session, <<"SQL");
SELECT count(*) FILTER (WHERE e.kind = 'verdict') FROM (
	SELECT 'reg_reader' || (1 + i * 13 % 100) AS role, p.view FROM (
		SELECT view, row_number() OVER (ORDER BY hashint8(id * 7919 + $round)) i FROM datamesh.port WHERE dropped_at IS NULL) p
	WHERE i <= $verdicts OFFSET 0) q, LATERAL dm_explain_access(q.role::regrole, q.view, $column, 'growth') e
SQL
	return 1000 * $verdicts / $ms;
}

sub run_all
{
	if (one_value("SELECT count(*) FROM pg_roles WHERE rolname = 'reg_owner'") == 0)
	{
		require BenchRegistry;
		BenchRegistry::run_all();
	}
	my $products = one_value("SELECT count(*) FROM datamesh.product");
	heading("explain: verdicts per second among $products products");
	my $session = session('postgres');
	for my $column ("'label'", 'NULL')
	{
		my @rates = map { rate($session, $column, $_) } 1 .. $rounds;

		# the first one finds the server's caches cold
		printf "%-26s first %6.0f/s, then %6.0f/s (%.0f .. %.0f, n=%d)\n",
		  $column eq 'NULL' ? 'every column of a port' : 'one column', shift @rates, median(@rates),
		  (sort { $a <=> $b } @rates)[ 0, -1 ], scalar @rates;
	}
	return;
}

1;
