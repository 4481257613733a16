# Drift in real data: what is known to have happened to the taxis of New York is found, in the right
# column and by the right measure, and every fifth of the trips gives the same verdicts.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use IO::Uncompress::Gunzip qw(gunzip $GunzipError);
use Mesh;
use PostgreSQL::Test::Utils;
use Test::More;

my $data = "$FindBin::RealBin/../data/drift/nyc-taxi";
my @months = qw(2018-12 2019-01 2019-02 2019-07 2020-04);
my $node = mesh_node('drift');
$node->safe_psql('postgres', 'CREATE EXTENSION datamesh');

my %type = map { $_ => 'timestamp' } qw(pickup_datetime dropoff_datetime);
$type{store_and_fwd_flag} = 'text';

for my $month (@months)
{
	my $text;
	gunzip("$data/yellow_tripdata_sample_$month.csv.gz", \$text) or die $GunzipError;
	$text =~ s/\r//g;
	my ($header) = $text =~ /^(.*)\n/;
	my $columns = join ', ', map { "$_ " . ($type{$_} // 'numeric') } split /,/, $header;
	my $table = table_of($month);
	$node->safe_psql('postgres', "CREATE TABLE $table ($columns);\nCOPY $table FROM STDIN CSV HEADER;\n$text\\.\n");
	for my $part (0 .. 4)
	{
		$node->safe_psql('postgres', "CREATE TABLE ${table}_$part AS SELECT * FROM $table t WHERE (hashtext(t::text) & 1073741823) % 5 = $part");
	}
}

sub table_of
{
	my ($month) = @_;
	return 'taxi_' . $month =~ tr/-/_/r;
}

# the verdict and the reason for each column; '' is the whole table
sub drift
{
	my ($reference, $current) = @_;
	my %drift;
	for (split /\n/, $node->safe_psql('postgres',
			"SELECT coalesce(\"column\"::text, ''), verdict, coalesce(reason, '') FROM dm_drift('$current', '$reference')"))
	{
		my ($column, $verdict, $reason) = split /\|/, $_, -1;
		$drift{$column} = [ $verdict, $reason ];
	}
	return \%drift;
}

my %known = (
	'2019-01' => { congestion_surcharge => [ 'large', 'nulls' ] },
	'2019-02' => { congestion_surcharge => [ 'large', 'psi' ], passenger_count => [ 'large', 'psi' ] },
	'2020-04' => { passenger_count => [ 'moderate', undef ], payment_type => [ 'moderate', undef ] });

my ($compared, $others) = (0, 0);
for my $i (1 .. $#months)
{
	my ($then, $now) = map { table_of($_) } @months[ $i - 1, $i ];
	my $whole = drift($then, $now);
	my $events = $known{ $months[$i] } // {};

	for my $column (sort keys %$events)
	{
		my ($verdict, $reason) = @{ $events->{$column} };
		is($whole->{$column}[0], $verdict, "$months[$i]: $column");
		is($whole->{$column}[1], $reason, "$months[$i]: $column, by what") if defined $reason;
	}
	isnt($whole->{''}[0], 'none', "$months[$i]: the table");
	for my $part (0 .. 4)
	{
		my $sample = drift("${then}_$part", "${now}_$part");
		is($sample->{''}[0], $whole->{''}[0], "$months[$i]: the table, sample $part");
		for my $column (sort keys %$events)
		{
			is($sample->{$column}[0], $whole->{$column}[0], "$months[$i]: $column, sample $part");
		}
		for my $column (grep { $_ ne '' } sort keys %$whole)
		{
			$compared++;
			next if $sample->{$column}[0] eq $whole->{$column}[0];
			$others++;
			note("$months[$i] sample $part: $column is $sample->{$column}[0], not $whole->{$column}[0]");
		}
	}
}
note("$others of $compared verdicts on samples differ");
cmp_ok($others, '<=', $compared * 0.03, 'other columns: nearly always the same');

# the first nulls, 59 of 10,000
my $nulls = $node->safe_psql('postgres',
	"SELECT nulls_reference, round(nulls_current::numeric, 4) FROM dm_drift('taxi_2019_07', 'taxi_2019_02') WHERE \"column\" = 'passenger_count'");
is($nulls, '0|0.0059', 'the first nulls');
is(drift('taxi_2019_02', 'taxi_2019_07')->{payment_type}[1], 'nulls', 'are found where nothing else has changed');

# a month against itself: nothing, whichever part; and nothing after single absurd values
for my $month (map { table_of($_) } @months)
{
	for my $part (0 .. 4)
	{
		my $drift = drift($month, "${month}_$part");
		is($drift->{''}[0], 'none', "$month: a part of it is as the whole") or note($drift->{''}[1]);
	}
}
$node->safe_psql('postgres', 'CREATE TABLE absurd AS TABLE taxi_2019_07');
$node->safe_psql('postgres', "INSERT INTO absurd SELECT 99, 'infinity', '-infinity', 1e9, -1e300, 1e30, repeat('!', 9999), -1, 1e20, 77, 'NaN', 'Infinity', 1e100, -1e100, 1e308, 5, 1e200, 1e7");
is(drift('taxi_2019_07', 'absurd')->{''}[0], 'none', 'absurd values');

done_testing();
