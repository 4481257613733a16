# What the benchmarks share: sessions, interleaved rounds, medians.
package Bench;
use strict;
use warnings;
use Exporter 'import';
use File::Temp;
use IPC::Open2;

our @EXPORT_OK = qw(session run timed median compare_queries compare_pgbench one_value heading report);

my $rounds = $ENV{BENCH_ROUNDS} || 7;

sub heading
{
	my ($text) = @_;
	local $| = 1;
	print "\n## $text\n";
	return;
}

# Runs a script as the superuser; any error ends the benchmark.
sub run
{
	my ($sql) = @_;
	open my $psql, '|-', qw(psql -X -q -v ON_ERROR_STOP=1 -o /dev/null) or die "psql: $!";
	print $psql $sql;
	close $psql or die "psql failed on:\n$sql";
	return;
}

sub one_value
{
	my ($sql) = @_;
	open my $psql, '-|', qw(psql -X -At -c), $sql or die "psql: $!";
	my $value = <$psql>;
	close $psql or die "psql failed on: $sql";
	chomp $value;
	return $value;
}

# A psql session of a role that stays open; timed() measures statements in it.
sub session
{
	my ($role) = @_;
	my $pid = open2(my $out, my $in, qw(psql -X -q -At -v ON_ERROR_STOP=1 -U), $role);
	$in->autoflush(1);
	print $in "\\timing on\nSET max_parallel_workers_per_gather = 0;\n";
	my $self = { in => $in, out => $out, pid => $pid };
	read_time($self);
	return $self;
}

sub read_time
{
	my ($self) = @_;
	while (defined(my $line = readline($self->{out})))
	{
		return $1 if $line =~ /^Time: ([\d.]+) ms/;
	}
	die "the session ended";
}

sub timed
{
	my ($self, $sql) = @_;
	print { $self->{in} } "$sql;\n";
	return read_time($self);
}

sub median
{
	my @sorted = sort { $a <=> $b } @_;
	my $n = @sorted;
	return $n % 2 ? $sorted[ $n / 2 ] : ($sorted[ $n / 2 - 1 ] + $sorted[ $n / 2 ]) / 2;
}

# One line for each variant: median, ratio to the first, spread.
sub report
{
	my ($what, $names, $times) = @_;
	my $floor = median(@{ $times->{ $names->[0] } });
	for my $name (@$names)
	{
		my @t = sort { $a <=> $b } @{ $times->{$name} };
		my $median = median(@t);
		printf "%-26s %-15s %10.3f  %6.3fx   (%.3f .. %.3f, n=%d)\n",
		  $what, $name, $median, $median / $floor, $t[0], $t[-1], scalar @t;
	}
	return;
}

# Variants are [name, query]; one unmeasured round warms the caches.
sub compare_queries
{
	my ($what, $session, @variants) = @_;
	my %times;
	for my $round (0 .. $rounds)
	{
		my @order = $round % 2 ? reverse @variants : @variants;
		for my $variant (@order)
		{
			my $ms = timed($session, $variant->[1]);
			push @{ $times{ $variant->[0] } }, $ms if $round > 0;
		}
	}
	report($what, [ map { $_->[0] } @variants ], \%times);
	return;
}

# Variants are [name, pgbench script], and may name a role of their own; reports the average
# latency of each run.
sub compare_pgbench
{
	my ($what, $role, $protocol, @variants) = @_;
	my %times;
	my %file;
	for my $variant (@variants)
	{
		my $file = File::Temp->new(SUFFIX => '.sql');
		print $file $variant->[1], "\n";
		close $file;
		$file{ $variant->[0] } = $file;
	}
	for my $round (0 .. $rounds)
	{
		my @order = $round % 2 ? reverse @variants : @variants;
		for my $variant (@order)
		{
			my $user = $variant->[2] // $role;
			my $output = qx(pgbench -n -U $user -M $protocol -T 2 -f $file{$variant->[0]} 2>&1);
			my ($latency) = $output =~ /latency average = ([\d.]+) ms/ or die $output;
			my ($tps) = $output =~ /tps = ([\d.]+)/ or die $output;
			push @{ $times{ $variant->[0] } }, 1000 / $tps if $round > 0;
		}
	}
	report($what, [ map { $_->[0] } @variants ], \%times);
	return;
}

1;
