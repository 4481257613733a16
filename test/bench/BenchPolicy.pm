# Row policies by attribute against the same condition written by hand, and against row
# level security as it is usually written: a function or a setting for each row.
package BenchPolicy;
use strict;
use warnings;
use Bench qw(session run compare_queries compare_pgbench heading);

my $rows = int(($ENV{BENCH_ROWS} || 10_000_000) / 5);

# Each way has a table of its own with the same rows, so that no policy of one way is in
# the other's plans.  The port's reader has attributes, the others what their way needs.
my @tables = qw(ported by_hand by_function by_setting);

sub set_up
{
	my $fill = join '', map { <<"SQL" } @tables;
CREATE TABLE bench_policy.$_ AS
  SELECT g AS id, (ARRAY['nl','de','fr','it'])[1 + g % 4] AS country, 1 + g % 1000 AS shop_id,
         g % 10007 AS value, 'note ' || g AS note
  FROM generate_series(1, $rows) g;
ALTER TABLE bench_policy.$_ ADD PRIMARY KEY (id);
CREATE INDEX ON bench_policy.$_ (shop_id);
SQL
	run(<<"SQL");
CREATE EXTENSION IF NOT EXISTS datamesh;
CREATE ROLE policy_owner LOGIN;
CREATE ROLE policy_reader LOGIN;
ALTER ROLE policy_reader SET datamesh.purpose = 'policing';
ALTER ROLE policy_reader SET bench.country = 'nl';
ALTER ROLE policy_reader SET bench.shops = '{17,18}';
SELECT dm_register_purpose('policing');
CREATE SCHEMA bench_policy AUTHORIZATION policy_owner;
SET SESSION AUTHORIZATION policy_owner;
$fill
CREATE TABLE bench_policy.allowed AS SELECT 'policy_reader'::name AS reader, 'nl'::text AS country;
CREATE FUNCTION bench_policy.may_see(text) RETURNS boolean STABLE LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
  'BEGIN RETURN EXISTS (SELECT FROM bench_policy.allowed a WHERE a.reader = session_user AND a.country = \$1); END';
ALTER TABLE bench_policy.by_function ENABLE ROW LEVEL SECURITY;
CREATE POLICY rows ON bench_policy.by_function USING (bench_policy.may_see(country));
ALTER TABLE bench_policy.by_setting ENABLE ROW LEVEL SECURITY;
CREATE POLICY rows ON bench_policy.by_setting USING (country = current_setting('bench.country'));
SELECT dm_register_domain('bench_policy', 'policy_owner', '{bench_policy}');
SELECT dm_register_product('bench_policy.visits', open_ended => true);
SELECT dm_add_port('bench_policy.visits', 'bench_policy.ported');
SELECT dm_add_row_policy('bench_policy.ported', 'country',
  'country = ANY (dm_attribute(''country''))');
SELECT dm_publish('bench_policy.visits');
SELECT dm_grant_access('bench_policy.visits', 'policy_reader', 'policing');
RESET SESSION AUTHORIZATION;
SELECT dm_set_attribute('policy_reader', 'country', 'nl');
SELECT dm_set_attribute('policy_reader', 'shop', '17', '18');
-- a superuser may: the boundary is what this compares with
GRANT USAGE ON SCHEMA bench_policy TO policy_reader;
GRANT SELECT ON bench_policy.by_hand, bench_policy.by_function, bench_policy.by_setting TO policy_reader;
VACUUM ANALYZE;
CHECKPOINT;
SQL
	return;
}

my $port = 'bench_policy_visits_v1.ported';

# Names, and what stands after FROM and in WHERE.
sub ways
{
	my ($by_hand) = @_;
	return (
		[ 'by hand', 'bench_policy.by_hand', $by_hand ],
		[ 'row policy', $port, 'true' ],
		[ 'function', 'bench_policy.by_function', 'true' ],
		[ 'setting', 'bench_policy.by_setting', 'true' ]);
}

sub compare_lookups
{
	my ($what, $condition, @ways) = @_;
	for my $protocol (qw(prepared simple))
	{
		compare_pgbench("$what, $protocol", 'policy_reader', $protocol,
			map { [ $_->[0], "\\set id random(1, $rows)\nSELECT * FROM $_->[1] WHERE $_->[2] AND $condition;" ] } @ways);
	}
	return;
}

sub run_all
{
	heading("row policies: $rows rows, a quarter of them visible (ms)");
	set_up();
	my $reader = session('policy_reader');
	my @ways = ways(q{country = ANY ('{nl}')});
	compare_queries('aggregate over all rows', $reader,
		map { [ $_->[0], "SELECT count(*), sum(value) FROM $_->[1] WHERE $_->[2]" ] } @ways);
	compare_queries('rows of one shop', $reader,
		map { [ $_->[0], "SELECT sum(value) FROM $_->[1] WHERE $_->[2] AND shop_id = 17" ] } @ways);
	compare_queries('join with itself', $reader,
		map { [ $_->[0], "SELECT count(*) FROM $_->[1] a JOIN $_->[1] b USING (id) WHERE " . $_->[2] =~ s/country/a.country/r
			. ' AND ' . $_->[2] =~ s/country/b.country/r ] } @ways[0, 1]);
	compare_lookups('primary key', 'id = :id', @ways);
	heading('row policy as an index condition (ms)');
	run(<<"SQL");
SET SESSION AUTHORIZATION policy_owner;
SELECT dm_alter_row_policy('bench_policy.ported', 'country',
  'shop_id = ANY (dm_attribute(''shop'')::int[])', reason => 'benchmark');
SQL
	compare_queries('rows of two shops', $reader,
		map { [ $_->[0], "SELECT sum(value) FROM $_->[1] WHERE $_->[2]" ] }
		(ways(q{shop_id = ANY ('{17,18}')}))[0, 1]);
	return;
}

1;
