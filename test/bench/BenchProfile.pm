# A profile of ten columns against one scan that deforms the same columns, serial and with workers,
# and the memory that it takes.
package BenchProfile;
use strict;
use warnings;
use Bench qw(session run one_value compare_queries heading);

my $rows = $ENV{BENCH_ROWS} || 10_000_000;
my @columns = qw(id n few f price hash code at d flag);

# What all memory contexts of a backend hold once the sketches of so many rows are made.
sub memory
{
	my ($limit) = @_;
	local $ENV{PGOPTIONS} = '-c max_parallel_workers_per_gather=0';
	my $list = join(', ', @columns);
	return one_value(<<"SQL");
SELECT (SELECT sum(total_bytes) FROM pg_get_backend_memory_contexts() WHERE sketches IS NOT NULL)
FROM (SELECT datamesh.profile(ctid, $list) AS sketches
      FROM (SELECT ctid, * FROM bench_profile.t LIMIT $limit) t) p
SQL
}

sub run_all
{
	heading("profile of ten columns: $rows rows (ms)");
	run(<<"SQL");
CREATE EXTENSION IF NOT EXISTS datamesh;
CREATE ROLE profiler LOGIN;
CREATE SCHEMA bench_profile AUTHORIZATION profiler;
SET SESSION AUTHORIZATION profiler;
CREATE TABLE bench_profile.t AS
  SELECT g AS id, g::bigint * 7919 % 1000003 AS n, (g % 5)::int2 AS few, random() AS f,
         (random() * 1000)::numeric(10,2) AS price, md5(g::text) AS hash, 'AB-' || (g % 90 + 10) AS code,
         timestamptz '2024-01-01Z' + g * interval '1 s' AS at, date '2020-01-01' + g % 1000 AS d, g % 2 = 0 AS flag
  FROM generate_series(1, $rows) g;
RESET SESSION AUTHORIZATION;
VACUUM ANALYZE bench_profile.t;
SQL
	my $floor = 'SELECT ' . join(', ', map { "count($_)" } @columns) . ' FROM bench_profile.t';
	my $profile = q{SELECT count(*) FROM dm_profile('bench_profile.t')};
	my $session = session('profiler');
	compare_queries('serial', $session, [ 'bare scan', $floor ], [ 'dm_profile', $profile ],
		[ 'statistics', q{SELECT count(*) FROM dm_profile('bench_profile.t', source => 'statistics')} ]);
	my $workers = session('profiler');
	Bench::timed($workers, 'SET max_parallel_workers_per_gather = 2');
	compare_queries('two workers', $workers, [ 'bare scan', $floor ], [ 'dm_profile', $profile ]);
	my $before = memory(1);
	for my $some ($rows / 10, $rows)
	{
		printf "%-26s %-15s %10.1f MB\n", 'memory', "$some rows", (memory($some) - $before) / 1024 / 1024;
	}
	return;
}

1;
