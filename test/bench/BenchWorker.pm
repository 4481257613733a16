# An idle worker on many products, without service levels and with them: its share of a core.
package BenchWorker;
use strict;
use warnings;
use Bench qw(run one_value heading);
use Time::HiRes qw(sleep time);

my $products = $ENV{BENCH_PRODUCTS} || 1000;
my $domains = 20;
my $seconds = $ENV{BENCH_SECONDS} || 60;

sub set_up
{
	run(<<"SQL");
CREATE EXTENSION IF NOT EXISTS datamesh;
CREATE ROLE idle_owner LOGIN;
DO \$\$ BEGIN
  FOR i IN 0 .. $domains - 1 LOOP
    EXECUTE format('CREATE SCHEMA idle%s AUTHORIZATION idle_owner', i);
    EXECUTE format('CREATE TABLE idle%s.item (id int PRIMARY KEY, label text)', i);
    EXECUTE format('ALTER TABLE idle%s.item OWNER TO idle_owner', i);
    PERFORM dm_register_domain('idle' || i, 'idle_owner', ARRAY['idle' || i]::name[]);
  END LOOP;
END \$\$;
SQL
	# a product has a port; each is made in a transaction of its own
	run(join "\n", map { product_calls($_) } 0 .. $products - 1);
	return;
}

# The calls that bring one product into being.
sub product_calls
{
	my ($i) = @_;
	my $domain = 'idle' . ($i % $domains);
	my $product = "$domain.p$i";

	return "SELECT dm_register_product('$product', open_ended => true), dm_add_port('$product', '$domain.item', 'items'), dm_publish('$product');";
}

# Three levels for each product: one of time, one of reads, one of checks.
sub set_levels
{
	my @calls;
	for my $i (0 .. $products - 1)
	{
		my $product = 'idle' . ($i % $domains) . ".p$i";
		push @calls, "SELECT dm_set_slo('$product', 'freshness', '1', 'd'), dm_set_slo('$product', 'availability', '99', 'percent'), "
		  . "dm_set_slo('$product', 'qualityScore', '90', 'percent');";
	}
	run(join "\n", @calls);
	return;
}

# Seconds of a core that the process has had.
sub cpu_time
{
	my ($pid) = @_;
	open my $stat, '<', "/proc/$pid/stat" or die "process $pid: $!";
	my $line = readline $stat;
	close $stat or die "process $pid: $!";
	$line =~ s/^.*\) //;
	my @fields = split / /, $line;

	# utime and stime, in ticks
	return ($fields[11] + $fields[12]) / 100;
}

sub measure
{
	my ($what) = @_;
	my $worker = one_value('SELECT worker FROM dm_worker_status()');
	my $launcher = one_value('SELECT launcher FROM dm_worker_status()');

	die "there is no worker\n" unless $worker && $launcher;
	my $start = time;
	my @before = map { cpu_time($_) } $worker, $launcher;
	sleep $seconds;
	my $elapsed = time - $start;
	my @after = map { cpu_time($_) } $worker, $launcher;
	my $jobs = one_value('SELECT count(*) FROM datamesh.job');
	for my $i (0, 1)
	{
		printf "%-26s %-15s %10.3f %% of a core   (%d jobs, %.0f s)\n", "$products products$what",
		  (qw(worker launcher))[$i], 100 * ($after[$i] - $before[$i]) / $elapsed, $jobs, $elapsed;
	}
	return;
}

# Until each product's levels have been followed by the worker.
sub wait_for_jobs
{
	for (1 .. 120)
	{
		sleep 1;
		return if one_value(q{SELECT count(*) = 0 FROM datamesh.jobs WHERE kind = 'slo' AND (last_started IS NULL OR next_run < now())}) eq 't';
	}
	die "the worker is not done with its jobs\n";
}

# All levels once more, as every quarter of an hour; the time in between costs nothing but the loop.
sub measure_levels
{
	my $worker = one_value('SELECT worker FROM dm_worker_status()');
	my $start = one_value('SELECT clock_timestamp()');
	my $before = cpu_time($worker);

	# asks for all jobs; what the calls themselves cost is not the worker's
	set_levels();
	wait_for_jobs();
	my $spent = cpu_time($worker) - $before;
	my $runs = one_value("SELECT count(*) FROM datamesh.jobs WHERE kind = 'slo' AND last_started >= '$start'");
	die "no job has run\n" unless $runs;
	printf "%-26s %-15s %10.3f ms of CPU for each of %d runs: %.3f %% of a core at one in 15 min for each\n",
	  "$products products, 3 levels", 'evaluation', 1000 * $spent / $runs, $runs, 100 * $spent / $runs * $products / 900;
	return;
}

sub run_all
{
	heading("an idle worker");
	set_up();
	# what was due at first is done
	sleep 15;
	measure('');
	set_levels();
	wait_for_jobs();
	measure_levels();
	return;
}

1;
