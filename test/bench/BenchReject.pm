# What a COPY costs with 20 rules that are kept at the write, against the same 20 conditions as
# CHECK constraints by hand.
package BenchReject;
use strict;
use warnings;
use Bench qw(session run heading one_value);
use File::Temp qw(tempdir);
use Time::HiRes qw(time);

my $rows = int(($ENV{BENCH_ROWS} || 10_000_000) / 10);
my $rounds = $ENV{BENCH_ROUNDS} || 5;

# Column, metric, arguments, and the condition by hand.
my @rules = (
	[ 'id', 'nullValues', '{}', 'id IS NOT NULL' ],
	[ 'id', 'minimum', '{"value": 0}', 'id >= 0' ],
	[ 'id', 'maximum', '{"value": 2000000000}', 'id <= 2000000000' ],
	[ 'email', 'nullValues', '{}', 'email IS NOT NULL' ],
	[ 'email', 'minLength', '{"value": 5}', 'char_length(email) >= 5' ],
	[ 'email', 'maxLength', '{"value": 100}', 'char_length(email) <= 100' ],
	[ 'name', 'nullValues', '{}', 'name IS NOT NULL' ],
	[ 'name', 'maxLength', '{"value": 100}', 'char_length(name) <= 100' ],
	[ 'country', 'nullValues', '{}', 'country IS NOT NULL' ],
	[ 'country', 'enum', '{"values": ["nl", "de", "fr", "it"]}', q{country IN ('nl', 'de', 'fr', 'it')} ],
	[ 'shop', 'nullValues', '{}', 'shop IS NOT NULL' ],
	[ 'shop', 'minimum', '{"value": 1}', 'shop >= 1' ],
	[ 'shop', 'maximum', '{"value": 1000}', 'shop <= 1000' ],
	[ 'amount', 'nullValues', '{}', 'amount IS NOT NULL' ],
	[ 'amount', 'minimum', '{"value": 0}', 'amount >= 0' ],
	[ 'amount', 'exclusiveMaximum', '{"value": 100000}', 'amount < 100000' ],
	[ 'made', 'nullValues', '{}', 'made IS NOT NULL' ],
	[ 'made', 'minimum', '{"value": "2000-01-01"}', q{made >= '2000-01-01'} ],
	[ 'shop', 'pair', '{"other": "id", "operator": "<=", "ignore": "either"}', 'shop <= id' ],
	[ undef, 'expression', q({"expression": "amount < 90000 OR country = ''nl''"}), q{amount < 90000 OR country = 'nl'} ],
);
my $columns = 'id int, email text, name text, country text, shop int, amount numeric(10, 2), made date';
my @tables = qw(bare by_hand rejected counted aside);

sub add_rules
{
	my ($table, $mode, $more) = @_;
	my $number = 0;

	return join '', map {
		my ($column, $metric, $arguments) = @$_;
		sprintf "SELECT dm_add_rule('bench_reject.%s', 'rule%d', '%s', %s, '%s', mode => '%s'%s);\n", $table, ++$number, $metric,
		  $column ? "'$column'" : 'NULL', $arguments, $mode, $more;
	} @rules;
}

sub set_up
{
	my ($file) = @_;
	my $checks = join ', ', map { "CHECK ($_->[3])" } @rules;

	run(<<"SQL");
CREATE EXTENSION IF NOT EXISTS datamesh;
CREATE SCHEMA bench_reject;
CREATE TABLE bench_reject.source AS
  SELECT g + 1000 AS id, 'user' || g || '\@mail' || g % 97 || '.example' AS email, 'Name ' || md5(g::text) AS name,
         (ARRAY['nl','de','fr','it'])[1 + g % 4] AS country, 1 + g % 1000 AS shop, (g % 80000)::numeric(10, 2) AS amount,
         date '2001-01-01' + g % 5000 AS made
  FROM generate_series(1, $rows) g;
COPY bench_reject.source TO '$file';
CREATE UNLOGGED TABLE bench_reject.bare ($columns);
CREATE UNLOGGED TABLE bench_reject.by_hand ($columns, $checks);
CREATE UNLOGGED TABLE bench_reject.rejected ($columns);
CREATE UNLOGGED TABLE bench_reject.counted ($columns);
CREATE UNLOGGED TABLE bench_reject.aside ($columns);
SQL
	run(add_rules('rejected', 'reject', ''));
	# a share of rows cannot be a constraint: measured on the transition table
	run(add_rules('counted', 'reject', ", must => '<= 1', unit => 'percent'"));
	run(add_rules('aside', 'quarantine', ''));
	return;
}

sub run_all
{
	my $dir = tempdir(CLEANUP => 1);
	my %taken;

	chmod 0777, $dir;
	heading("COPY of $rows rows with 20 rules");
	set_up("$dir/rows");
	for my $round (1 .. $rounds)
	{
		for my $table (@tables)
		{
			run("TRUNCATE bench_reject.$table; CHECKPOINT");
			my $start = time;
			run("COPY bench_reject.$table FROM '$dir/rows'");
			push @{ $taken{$table} }, time - $start;
		}
	}
	my %median = map { my @sorted = sort { $a <=> $b } @{ $taken{$_} }; $_ => $sorted[ @sorted / 2 ] } @tables;
	my %name = (
		bare => 'no rules', by_hand => 'CHECK by hand', rejected => 'mode reject, constraints',
		counted => 'mode reject, transition table', aside => 'mode quarantine, no bad row');
	printf "  %-32s %8.3f s  %5.2fx of CHECK by hand\n", $name{$_}, $median{$_}, $median{$_} / $median{by_hand} for @tables;

	# ten bad rows: none is lost
	run("TRUNCATE bench_reject.aside; UPDATE bench_reject.source SET amount = -1 WHERE id % ($rows / 10) = 0; COPY bench_reject.source TO '$dir/rows'; COPY bench_reject.aside FROM '$dir/rows'");
	printf "  loaded %s, set aside %s\n", one_value('SELECT count(*) FROM bench_reject.aside'),
	  one_value('SELECT count(*) FROM bench_reject.aside_quarantine');
	run('DROP SCHEMA bench_reject CASCADE');
	return;
}

1;
