# Rules of a table: one scan against a statement for each rule, and against one statement in SQL.
package BenchQuality;
use strict;
use warnings;
use Bench qw(session run timed median report heading one_value);

my $rows = $ENV{BENCH_ROWS} || 10_000_000;
my $rounds = $ENV{BENCH_ROUNDS} || 7;

# name, metric, column, arguments, and what SQL counts; two of the last ones are patterns
my @rules = (
	[ 'row_count', 'rowCount', undef, '{}', 'true' ],
	[ 'id_there', 'required', 'id', '{}', 'id IS NULL' ],
	[ 'shop_there', 'required', 'shop', '{}', 'shop IS NULL' ],
	[ 'code_there', 'nullValues', 'code', '{}', 'code IS NULL' ],
	[ 'shop_low', 'minimum', 'shop', '{"value": 1}', 'shop < 1' ],
	[ 'shop_high', 'maximum', 'shop', '{"value": 1000}', 'shop > 1000' ],
	[ 'amount_low', 'minimum', 'amount', '{"value": 0}', 'amount < 0' ],
	[ 'amount_high', 'maximum', 'amount', '{"value": 1000}', 'amount > 1000' ],
	[ 'price_low', 'minimum', 'price', '{"value": 0}', 'price < 0' ],
	[ 'price_high', 'exclusiveMaximum', 'price', '{"value": 100}', 'price >= 100' ],
	[ 'total_low', 'minimum', 'total', '{"value": 0}', 'total < 0' ],
	[ 'country_known', 'enum', 'country', '{"values": ["nl", "de", "fr", "it"]}', q{country NOT IN ('nl', 'de', 'fr', 'it')} ],
	[ 'state_known', 'enum', 'state', '{"values": ["open", "paid", "sent", "done", "void"]}', q{state NOT IN ('open', 'paid', 'sent', 'done', 'void')} ],
	[ 'email_long', 'maxLength', 'email', '{"value": 100}', 'char_length(email) > 100' ],
	[ 'email_short', 'minLength', 'email', '{"value": 6}', 'char_length(email) < 6' ],
	[ 'code_long', 'maxLength', 'code', '{"value": 32}', 'char_length(code) > 32' ],
	[ 'at_early', 'minimum', 'at', '{"value": "2024-01-01"}', q{at < '2024-01-01'} ],
	[ 'at_late', 'maximum', 'at', '{"value": "2034-01-01"}', q{at > '2034-01-01'} ],
	[ 'state_there', 'required', 'state', '{}', 'state IS NULL' ],
	[ 'paid_shop', 'expression', undef, '{"expression": "amount >= 0 OR shop > 10"}', 'NOT (amount >= 0 OR shop > 10)' ],
	[ 'email_form', 'pattern', 'email', '{"pattern": "^[^@]+@[^@]+\\\\.[a-z]+$"}', q{email !~ '^[^@]+@[^@]+\.[a-z]+$'} ],
	[ 'code_form', 'pattern', 'code', '{"pattern": "^[0-9a-f]{32}$"}', q{code !~ '^[0-9a-f]{32}$'} ],
);
my @plain = @rules[ 0 .. 19 ];
my @patterns = (@rules[ 2 .. 21 ]);

sub set_up
{
	my $add = join '', map {
		my $column = defined $_->[2] ? "'$_->[2]'" : 'NULL';
		my $must = $_->[1] eq 'rowCount' ? q{, must => '> 0'} : '';
		"SELECT dm_add_rule('bench_quality.sale', '$_->[0]', '$_->[1]', $column, '$_->[3]'$must);\n"
	} @rules;
	run(<<"SQL");
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS datamesh;
CREATE ROLE quality_owner LOGIN;
CREATE SCHEMA bench_quality AUTHORIZATION quality_owner;
SELECT dm_register_domain('bench_quality', 'quality_owner', '{bench_quality}');
SET SESSION AUTHORIZATION quality_owner;
CREATE UNLOGGED TABLE bench_quality.sale AS
  SELECT g AS id, 1 + g % 1000 AS shop, g % 1001 AS amount, (g % 10000) / 100.0::float8 AS price, (g % 10007)::numeric / 100 AS total,
         'user' || g || '\@mail' || g % 97 || '.example' AS email, (ARRAY['nl','de','fr','it'])[1 + g % 4] AS country,
         (ARRAY['open','paid','sent','done','void'])[1 + g % 5] AS state, timestamp '2024-01-01' + g * interval '1 second' AS at,
         CASE WHEN g % 50 > 0 THEN md5(g::text) END AS code
  FROM generate_series(1, $rows) g;
$add
SELECT dm_add_rule('bench_quality.sale', 'unique_id', 'unique', 'id');
SELECT dm_add_rule('bench_quality.sale', 'unique_email', 'unique', 'email');
RESET SESSION AUTHORIZATION;
VACUUM (ANALYZE) bench_quality.sale;
SQL
	return;
}

sub names
{
	return '{' . join(',', map { $_->[0] } @_) . '}';
}

# The floor reads the last column, so that all columns are deformed.
sub variants
{
	my (@set) = @_;
	my $check = "SELECT count(*) FROM dm_check('bench_quality.sale'::regclass, '" . names(@set) . "')";
	my @single = map { "SELECT count(*) FROM bench_quality.sale WHERE $_->[4]" } @set;
	my $one = 'SELECT ' . join(', ', map { "count(*) FILTER (WHERE $_->[4])" } @set) . ' FROM bench_quality.sale';
	return (
		[ 'bare scan', 'SELECT count(code) FROM bench_quality.sale' ],
		[ 'dm_check', $check ],
		[ 'one statement', $one ],
		[ scalar(@set) . ' queries', @single ]);
}

sub compare
{
	my ($what, $session, @variants) = @_;
	my %times;
	for my $round (0 .. $rounds)
	{
		for my $variant ($round % 2 ? reverse @variants : @variants)
		{
			my ($name, @queries) = @$variant;
			my $ms = 0;
			$ms += timed($session, $_) for @queries;
			push @{ $times{$name} }, $ms if $round > 0;
		}
	}
	report($what, [ map { $_->[0] } @variants ], \%times);
	return;
}

sub run_all
{
	heading("quality: set-up of $rows rows and 10 columns");
	set_up();
	for my $workers (0, 2)
	{
		my $session = session('quality_owner');
		timed($session, "SET max_parallel_workers_per_gather = $workers");
		heading("20 rules of $rows rows, $workers workers (ms)");
		compare('no patterns', $session, variants(@plain));
		compare('two patterns', $session, variants(@patterns));
		compare('unique', $session,
			[ 'bare scan', 'SELECT count(code) FROM bench_quality.sale' ],
			map { my $c = $_; (
				[ "dm_check $c", "SELECT * FROM dm_check('bench_quality.sale'::regclass, '{unique_$c}')" ],
				[ "GROUP BY $c", "SELECT count(*) FROM (SELECT FROM bench_quality.sale GROUP BY $c HAVING count(*) > 1) g" ]) } qw(id email));
	}
	return;
}

1;
