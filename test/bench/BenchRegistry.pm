# The registry as it grows: 10,000 products and 100,000 agreements.
package BenchRegistry;
use strict;
use warnings;
use Bench qw(session run timed median heading report);

my $products = $ENV{BENCH_PRODUCTS} || 10_000;
my $domains = 50;
my $per_product = 10;
my $consumers = 100;
my $sample = 40;

sub set_up
{
	run(<<"SQL");
CREATE EXTENSION IF NOT EXISTS datamesh;
CREATE ROLE reg_owner LOGIN;
SELECT dm_register_purpose('growth');
DO \$\$ BEGIN
  FOR i IN 0 .. $domains - 1 LOOP
    EXECUTE format('CREATE SCHEMA reg%s AUTHORIZATION reg_owner', i);
    EXECUTE format('CREATE TABLE reg%s.item (id int PRIMARY KEY, label text)', i);
    EXECUTE format('ALTER TABLE reg%s.item OWNER TO reg_owner', i);
  END LOOP;
  FOR i IN 1 .. $consumers LOOP
    EXECUTE format('CREATE ROLE reg_reader%s LOGIN', i);
    EXECUTE format('ALTER ROLE reg_reader%s SET datamesh.purpose = growth', i);
  END LOOP;
END \$\$;
DO \$\$ BEGIN
  FOR i IN 0 .. $domains - 1 LOOP
    PERFORM dm_register_domain('reg' || i, 'reg_owner', ARRAY['reg' || i]::name[]);
  END LOOP;
END \$\$;
SQL
	return;
}

# The calls that bring one product into being.
sub product_calls
{
	my ($i) = @_;
	my $domain = 'reg' . ($i % $domains);
	my $product = "$domain.p$i";
	return "SELECT dm_register_product('$product', open_ended => true), "
	  . "dm_add_port('$product', '$domain.item', 'items'), dm_publish('$product')";
}

sub agreement_calls
{
	my ($i) = @_;
	my $product = 'reg' . ($i % $domains) . ".p$i";
	return "SELECT dm_grant_access('$product', ('reg_reader' || (1 + ($i * 7 + k) % $consumers))::regrole, 'growth') "
	  . "FROM generate_series(1, $per_product) k";
}

sub plan_time
{
	my ($i) = @_;
	my $reader = session('reg_reader' . (1 + ($i * 7 + 1) % $consumers));
	my $port = 'reg' . ($i % $domains) . "_p${i}_v1.items";
	timed($reader, "EXPLAIN SELECT * FROM $port WHERE id = 1") for 1 .. 20;
	return median(map { timed($reader, "EXPLAIN SELECT * FROM $port WHERE id = 1") } 1 .. 200);
}

sub run_all
{
	heading("registry: $products products, " . $products * $per_product . " agreements (ms)");
	set_up();
	my $owner = session('reg_owner');
	my (%product, %agreement, %plan);
	for my $i (1 .. $products)
	{
		my $p = timed($owner, product_calls($i));
		my $a = timed($owner, agreement_calls($i));
		my $age = $i <= $sample ? 'first' : $i > $products - $sample ? 'last' : undef;
		# the very first calls pay for cold caches
		next if !defined $age || $i <= $sample / 4;
		push @{ $product{$age} }, $p;
		push @{ $agreement{$age} }, $a;
		$plan{few} = [ map { plan_time($_) } 1, $sample / 2, $sample ] if $i == $sample;
	}
	run('VACUUM ANALYZE');
	$plan{many} = [ map { plan_time($_) } 1, $products / 2, $products ];
	report('register a product', [ 'first', 'last' ], \%product);
	report("grant $per_product agreements", [ 'first', 'last' ], \%agreement);
	report('plan a governed query', [ 'few', 'many' ], \%plan);
	return;
}

1;
