# Forecast bands hold what they say, on real series and at each horizon.  dm_forecast_coverage makes
# forecasts again, each from the values before it, and counts; that it counts right is tested with
# forecasts that dm_forecast makes while a series goes on.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use File::Basename qw(basename);
use Mesh;
use PostgreSQL::Test::Utils;
use Test::More;

my $data = "$FindBin::RealBin/../data/timeseries/nab";

# Below these no series is, from so many steps ahead on; the reference states them.
my @least = ([ 1, 0.88 ], [ 7, 0.86 ], [ 25, 0.80 ]);

# A horizon is judged where so many forecasts do not overlap.
my $independent = 20;

my $node = mesh_node('forecast');
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION datamesh;
CREATE TABLE t (x int);
CREATE TABLE nab (name text, at timestamptz, value double precision, place bigint GENERATED ALWAYS AS IDENTITY);
SQL

my @files = sort glob "$data/*/*.csv";
is(scalar @files, 20, 'all series are there');
for my $file (@files)
{
	my $name = basename($file, '.csv');
	my (undef, @lines) = split /\n/, slurp_file($file);
	my $rows = join '', map { s/\r//r =~ s/,/+00,/r =~ s/^/$name,/r . "\n" } @lines;
	$node->safe_psql('postgres', "COPY nab (name, at, value) FROM STDIN CSV;\n$rows\\.\n");
}

sub record
{
	my ($metric, $name, $from, $until) = @_;
	$node->safe_psql('postgres', <<"SQL");
SELECT cardinality(dm_record_measurements('t', '$metric', array_agg(value ORDER BY place), array_agg(at ORDER BY place)))
FROM (SELECT *, row_number() OVER (ORDER BY place) AS n FROM nab WHERE name = '$name') s
WHERE n > $from AND n <= $until
SQL
	return;
}

sub least
{
	my ($steps) = @_;
	my ($found) = grep { $_->[0] <= $steps } reverse @least;
	return $found->[1];
}

my (%sum, %count);
for my $name (map { basename($_, '.csv') } @files)
{
	record($name, $name, 0, 100_000);
	my $rows = $node->safe_psql('postgres',
		"SELECT steps, independent, coverage FROM dm_forecast_coverage('t', '$name') WHERE independent >= $independent");
	my @low;
	for (split /\n/, $rows)
	{
		my ($steps, undef, $coverage) = split /\|/;
		push @low, "$steps steps: $coverage" if $coverage < least($steps);
		$sum{$steps} += $coverage;
		$count{$steps}++;
	}
	ok(@low == 0 && $rows ne '', "$name: bands for nine values of ten hold them") or diag(join "\n", @low);
}
for my $steps (1, 6, 24, 96)
{
	my $mean = $sum{$steps} / $count{$steps};
	ok($mean > 0.88 && $mean < 0.92, "$steps steps ahead: the mean of $count{$steps} series is near 0.9")
	  or diag($mean);
}
cmp_ok($sum{384} / $count{384}, '>', 0.84, 'a week of half hours ahead');

# other shares, narrower and wider ones
for ([ 0.5, 0.45, 0.58 ], [ 0.99, 0.97, 1 ])
{
	my ($share, $low, $high) = @$_;
	my $off = $node->safe_psql('postgres', <<"SQL");
SELECT string_agg(format('%s: %s', steps, coverage), ', ') FROM dm_forecast_coverage('t', 'nyc_taxi', share => $share)
WHERE steps <= 24 AND coverage NOT BETWEEN $low AND $high
SQL
	is($off, '', "a share of $share");
}

# the same from outside: forecasts of a series as it goes on, compared with what came
for my $name (qw(nyc_taxi ec2_cpu_utilization_24ae8d))
{
	my %in = map { $_ => 0 } 1, 6, 24;
	my $made = 0;
	my $all = $node->safe_psql('postgres', "SELECT count(*) FROM nab WHERE name = '$name'");
	my $until = 1000;
	record("live $name", $name, 0, $until);
	while ($until + 24 < $all && $made < 100)
	{
		for (split /\n/, $node->safe_psql('postgres', <<"SQL"))
WITH f AS (SELECT row_number() OVER (ORDER BY at) AS steps, low, high FROM dm_forecast('t', 'live $name', '13 hours')),
	v AS (SELECT row_number() OVER (ORDER BY place) - $until AS steps, value FROM nab WHERE name = '$name')
SELECT steps, (value BETWEEN low AND high)::int FROM f JOIN v USING (steps) WHERE steps IN (1, 6, 24)
SQL
		{
			my ($steps, $inside) = split /\|/;
			$in{$steps} += $inside;
		}
		$made++;
		record("live $name", $name, $until, $until + 29);
		$until += 29;
	}
	is($made, 100, "$name: forecasts were made");
	cmp_ok($in{$_}, '>=', 80, "$name, $_ steps ahead: values inside of 100 bands") for sort keys %in;
}

$node->stop;
done_testing();
