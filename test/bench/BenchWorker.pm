# An idle worker on many products: its share of a core.
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
		printf "%-26s %-15s %10.3f %% of a core   (%d jobs, %.0f s)\n", "$products products",
		  (qw(worker launcher))[$i], 100 * ($after[$i] - $before[$i]) / $elapsed, $jobs, $elapsed;
	}
	return;
}

sub run_all
{
	heading("an idle worker");
	set_up();
	# what was due at first is done
	sleep 15;
	measure();
	return;
}

1;
