# Anomalies in labelled series: the score of the Numenta Anomaly Benchmark (its standard profile), and
# how many false alarms there are against what was asked for.  Two simple detectors run beside ours
# on the same series, under the same rules, each at many thresholds: detectors are compared where
# they raise as many false alarms, because a greater score is easily had by more or fewer alarms.
#
# The score, from the benchmark's description: the first alarm inside of a window counts up to 1, more
# the earlier it is; each alarm outside costs up to 0.11, less shortly behind a window; each
# window without an alarm costs 1.  The first 15 % of a series, 750 values at most, do not
# count.  0 is a detector that never alarms, 100 one that alarms at the start of each window.
package BenchAnomaly;
use strict;
use warnings;
use FindBin;
use JSON::PP;
use Time::HiRes qw(time);
use Time::Local qw(timegm);
use Bench qw(run one_value session timed heading);

my $data = "$FindBin::Bin/../data/timeseries/nab";
my @budget = (
	[ 'quarter', 90 ],
	[ 'month', 30 ],
	[ 'two weeks', 14 ],
	[ 'week', 7 ],
	[ 'half week', 3.5 ],
	[ 'second day', 2 ],
	[ 'day', 1 ],
	[ 'half day', 0.5 ]);
my @deviations = (2.5, 3, 3.5, 4, 5, 6, 7, 8, 10, 12, 15, 20, 30);
my $day = 86400;

# Alarms of a detector are the beginnings of its runs of exceedances: values within this time
# of the last exceedance belong to it.
my $same = 2 * 3600;

sub seconds
{
	my ($text) = @_;
	my @part = $text =~ /^(\d+)-(\d+)-(\d+) (\d+):(\d+):(\d+)/ or die "no time: $text";
	return timegm(@part[ 5, 4, 3, 2 ], $part[1] - 1, $part[0]);
}

sub slurp
{
	my ($file) = @_;
	open my $in, '<', $file or die "$file: $!";
	local $/ = undef;
	return scalar <$in>;
}

# name => { at => [...], value => [...], windows => [[from, to], ...] }
sub read_series
{
	my $windows = decode_json(slurp("$data/combined_windows.json"));
	my %series;
	for my $name (sort keys %$windows)
	{
		my (@at, @value);
		for my $line (split /\n/, slurp("$data/$name"))
		{
			my ($at, $value) = split /,/, $line;
			next if $at eq 'timestamp';
			push @at, seconds($at);
			push @value, $value + 0;
		}
		$series{$name} = { name => $name, at => \@at, value => \@value,
			windows => [ map { [ map { seconds($_) } @$_ ] } @{ $windows->{$name} } ] };
	}
	return \%series;
}

sub sigmoid
{
	my ($position) = @_;
	return 2 / (1 + exp(5 * $position)) - 1;
}

# What alarms at these places of a series are worth; and how many are false: outside of windows.
sub score
{
	my ($series, @alarms) = @_;
	my @window = @{ $series->{windows} };
	my $probation = 0.15 * @{ $series->{at} };
	$probation = 750 if $probation > 750;
	my ($score, $false, %found) = (0, 0);
	for my $place (@alarms)
	{
		my $at = $series->{at}[$place];
		my ($in) = grep { $at >= $window[$_][0] && $at <= $window[$_][1] } 0 .. $#window;
		$false++ unless defined $in;
		next if $place < $probation;
		if (defined $in)
		{
			next if $found{$in}++;
			$score += sigmoid(($at - $window[$in][1]) / ($window[$in][1] - $window[$in][0])) / sigmoid(-1);
			next;
		}
		my ($before) = grep { $window[$_][1] < $at } reverse 0 .. $#window;
		my $behind = defined $before ? ($at - $window[$before][1]) / ($window[$before][1] - $window[$before][0]) : 9;
		$score += 0.11 * ($behind > 3 ? -1 : sigmoid($behind));
	}
	$score -= grep { !$found{$_} } 0 .. $#window;
	return ($score, $false, scalar keys %found);
}

# Places where a run of exceedances begins.
sub beginnings
{
	my ($series, @places) = @_;
	my ($last, @result);
	for my $place (@places)
	{
		my $at = $series->{at}[$place];
		push @result, $place if !defined $last || $at - $last > $same;
		$last = $at;
	}
	return @result;
}

# Days of a series outside of its windows, from this value on.
sub days_outside
{
	my ($series, $from) = @_;
	my $days = 0;
	for my $place ($from + 1 .. $#{ $series->{at} })
	{
		my $at = $series->{at}[$place];
		next if grep { $at >= $_->[0] && $at <= $_->[1] } @{ $series->{windows} };
		$days += ($at - $series->{at}[ $place - 1 ]) / $day;
	}
	return $days;
}

# More than so many deviations from the mean of the day before.
sub three_sigma
{
	my ($series, $deviations) = @_;
	my ($at, $value) = @$series{qw(at value)};
	my ($first, $sum, $squares, @places) = (0, 0, 0);
	for my $place (0 .. $#$at)
	{
		while ($at->[$first] < $at->[$place] - $day)
		{
			$sum -= $value->[$first];
			$squares -= $value->[$first]**2;
			$first++;
		}
		my $n = $place - $first;
		if ($n >= 10)
		{
			my $variance = $squares / $n - ($sum / $n)**2;
			my $sigma = $variance > 0 ? sqrt($variance) : 0;
			push @places, $place if abs($value->[$place] - $sum / $n) > $deviations * $sigma + 1e-9;
		}
		$sum += $value->[$place];
		$squares += $value->[$place]**2;
	}
	return beginnings($series, @places);
}

# More than so many deviations from the value at the same time of the day before, by all such
# differences up to then.
sub seasonal_naive
{
	my ($series, $deviations) = @_;
	my ($at, $value) = @$series{qw(at value)};
	my ($then, $n, $squares, @places) = (0, 0, 0);
	for my $place (0 .. $#$at)
	{
		next if $at->[$place] - $day < $at->[0];
		$then++ while $then + 1 < $place && $at->[ $then + 1 ] <= $at->[$place] - $day;
		my $error = $value->[$place] - $value->[$then];
		push @places, $place if $n >= 10 && abs($error) > $deviations * sqrt($squares / $n) + 1e-9;
		$squares += $error**2;
		$n++;
	}
	return beginnings($series, @places);
}

# All series into one table, which the server judges value by value.
sub set_up
{
	my ($all) = @_;
	run(<<'SQL');
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS datamesh;
CREATE SCHEMA bench_anomaly;
CREATE TABLE bench_anomaly.t (x int);
CREATE TABLE bench_anomaly.nab (name text, place int, at timestamptz, value double precision);
SQL
	for my $name (sort keys %$all)
	{
		my $series = $all->{$name};
		my $rows = join ",\n", map { "('$name', $_, to_timestamp($series->{at}[$_]), $series->{value}[$_])" }
		  0 .. $#{ $series->{at} };
		run("INSERT INTO bench_anomaly.nab VALUES $rows");
	}
	run('VACUUM ANALYZE bench_anomaly.nab');
	return;
}

# Ours: the alarms that datamesh.anomalies has, by series, and from where on each was judged.
sub ours
{
	my ($all, $word, $days) = @_;
	my (%alarms, %judged);
	my $start = time;
	for my $name (sort keys %$all)
	{
		my $metric = "$word $name";
		run(<<"SQL");
SET synchronous_commit = off;
SELECT dm_set_alert_budget('bench_anomaly.t', '$metric', 1, '$days days');
SELECT cardinality(dm_record_measurements('bench_anomaly.t', '$metric', array_agg(value ORDER BY place), array_agg(at ORDER BY place)))
FROM bench_anomaly.nab WHERE name = '$name';
SQL
		$alarms{$name} = [ split /,/, one_value(<<"SQL") // '' ];
SELECT string_agg(n.place::text, ',' ORDER BY n.place)
FROM datamesh.anomalies a JOIN bench_anomaly.nab n ON n.at = a.at AND n.name = '$name'
WHERE a.metric = '$metric'
SQL
		$judged{$name} = one_value(<<"SQL") // 0;
SELECT extract(epoch FROM sum(step)) / $day FROM (
	SELECT at, verdict, at - lag(at) OVER (ORDER BY at) AS step
	FROM datamesh.measurements WHERE metric = '$metric') m
WHERE verdict IN ('normal', 'anomalous', 'changed')
SQL
	}
	return (\%alarms, \%judged, time - $start);
}

# One detector over all series.
sub total
{
	my ($all, $alarms) = @_;
	my ($score, $false, $found, $windows) = (0, 0, 0, 0);
	for my $name (sort keys %$all)
	{
		my ($s, $f, $w) = score($all->{$name}, @{ $alarms->{$name} });
		$score += $s;
		$false += $f;
		$found += $w;
		$windows += @{ $all->{$name}{windows} };
	}
	return (100 * ($score + $windows) / (2 * $windows), $false, $found, $windows);
}

# A line of the curve of a detector.
sub show
{
	my ($point, $outside, $stated) = @_;
	printf "%-34s %10.1f %9d of %3d %10d %10.1f %18s\n", @$point{qw(setting score found windows false)},
	  30 * $point->{false} / $outside, $stated // 'none stated';
	return;
}

sub point
{
	my ($all, $setting, $alarms) = @_;
	my %point = (setting => $setting);
	@point{qw(score false found windows)} = total($all, $alarms);
	return \%point;
}

# The score of a detector where it raises so many false alarms: between the two nearest points of
# its curve, by the logarithm of their number.  Not defined beyond its ends.
sub score_at
{
	my ($curve, $false) = @_;
	my @points = sort { $a->{false} <=> $b->{false} } grep { $_->{false} > 0 } @$curve;
	for my $i (1 .. $#points)
	{
		my ($low, $high) = @points[ $i - 1, $i ];
		next if $false < $low->{false} || $false > $high->{false};
		return $low->{score} if $low->{false} == $high->{false};
		return $low->{score} + ($high->{score} - $low->{score}) *
		  log($false / $low->{false}) / log($high->{false} / $low->{false});
	}
	return undef;
}

# One detector's points with the scores of others at the same number of false alarms.
sub compare
{
	my ($curve, %others) = @_;
	for my $point (grep { $_->{false} > 0 } @$curve)
	{
		printf "%-34s %14d %10.1f", @$point{qw(setting false score)};
		for my $other (sort keys %others)
		{
			my $score = score_at($others{$other}, $point->{false});
			printf " %24s", defined $score ? sprintf('%.1f', $score) : 'no such point';
		}
		print "\n";
	}
	return;
}

sub compare_all
{
	my (%curve) = @_;
	for my $detector (sort keys %curve)
	{
		my %others = map { $_ => $curve{$_} } grep { $_ ne $detector } keys %curve;
		heading("$detector, and what others score with as many false alarms");
		printf "%-34s %14s %10s", 'setting', 'false alarms', 'NAB score';
		printf " %24s", $_ for sort keys %others;
		print "\n";
		compare($curve{$detector}, %others);
	}
	return;
}

# False alarms that the budget allows in what was judged outside of windows: the share of the days
# that learning left.
sub allowed
{
	my ($all, $judged, $days) = @_;
	my $stated = 0;
	for my $name (keys %$all)
	{
		my $all_days = ($all->{$name}{at}[-1] - $all->{$name}{at}[0]) / $day;
		$stated += days_outside($all->{$name}, 0) / $days * $judged->{$name} / $all_days;
	}
	return $stated;
}

sub run_all
{
	my $all = read_series();
	my $outside = 0;
	$outside += days_outside($_, 0) for values %$all;
	set_up($all);
	my $values = one_value('SELECT count(*) FROM bench_anomaly.nab');
	heading(sprintf 'anomalies: %d labelled series, %d values, %.0f days outside of windows',
		scalar keys %$all, $values, $outside);
	printf "%-34s %10s %16s %10s %10s %18s\n", 'detector', 'NAB score', 'windows found', 'false', 'in 30 days', 'of those stated';
	my %simple = ('3 sigma of a day' => \&three_sigma, 'seasonal naive' => \&seasonal_naive);
	my %curve;
	for my $detector (sort keys %simple)
	{
		for my $deviations (@deviations)
		{
			my %alarms = map { $_ => [ $simple{$detector}->($all->{$_}, $deviations) ] } keys %$all;
			push @{ $curve{$detector} }, point($all, "$detector, $deviations deviations", \%alarms);
			show($curve{$detector}[-1], $outside);
		}
	}
	my $took = 0;
	for (@budget)
	{
		my ($word, $days) = @$_;
		my ($alarms, $judged, $seconds) = ours($all, $word, $days);
		my $stated = allowed($all, $judged, $days);
		my $point = point($all, "ours, at most one each $word", $alarms);
		push @{ $curve{ours} }, $point;
		show($point, $outside, sprintf('%.2f of %.1f', $point->{false} / $stated, $stated));
		$took += $seconds;
	}
	compare_all(%curve);
	printf "\ntime for a value, with its row and model written: %.0f us\n", 1e6 * $took / $values / @budget;
	run('SET client_min_messages = error; DROP SCHEMA bench_anomaly CASCADE');
	return;
}

1;
