# Seasons go by the wall clock of datamesh.schedule_time_zone: the days on which it jumps raise no alarm.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = mesh_node('series_clock');
$node->safe_psql('postgres', 'CREATE EXTENSION datamesh; CREATE TABLE t (x int)');

# Much by day, little by night, as people in Berlin live; both jumps of 2026 are in it.
sub alarms
{
	my ($metric) = @_;
	$node->safe_psql('postgres', <<"SQL");
SELECT cardinality(dm_record_measurements('t', '$metric', array_agg(value ORDER BY at), array_agg(at ORDER BY at)))
FROM (SELECT at, 100 + (i * 7919 + (i * i) % 1013 * 31) % 1000 / 100.0
		+ CASE WHEN extract(hour FROM at AT TIME ZONE 'Europe/Berlin') BETWEEN 8 AND 17 THEN 400 ELSE 0 END AS value
	FROM (SELECT i, '2026-02-01 00:00+00'::timestamptz + i * interval '1 hour' AS at FROM generate_series(0, 24 * 300) i) h) v
SQL
	return [
		split /\n/, $node->safe_psql('postgres', <<"SQL")
SELECT DISTINCT to_char(at AT TIME ZONE 'UTC', 'MM-DD') FROM datamesh.anomalies WHERE metric = '$metric' ORDER BY 1
SQL
	];
}

is_deeply(alarms('in UTC'), [qw(03-29 03-30 03-31 10-25 10-26 10-27)],
	'a season that goes by another clock is new three days long');
$node->append_conf('postgresql.conf', "datamesh.schedule_time_zone = 'Europe/Berlin'");
$node->reload;
ok( $node->poll_query_until('postgres', "SELECT current_setting('datamesh.schedule_time_zone') = 'Europe/Berlin'"),
	'the clock is set');
is_deeply(alarms('in Berlin'), [], 'none where the clock is the right one');

# forecasts know of it: at seven in the morning, UTC, from the 29th of March on
my $at = "SELECT at::timestamp, expected > 300 FROM dm_forecast('t', 'until March', '60 hours') WHERE extract(hour FROM at AT TIME ZONE 'UTC') IN (6, 7) ORDER BY at";
$node->safe_psql('postgres', <<'SQL');
SELECT cardinality(dm_record_measurements('t', 'until March', array_agg(value ORDER BY at), array_agg(at ORDER BY at)))
FROM datamesh.measurements WHERE metric = 'in Berlin' AND at <= '2026-03-28 00:00+00'
SQL
is($node->safe_psql('postgres', "SET timezone = 'UTC'; $at"), <<'ROWS' =~ s/\n\z//r, 'a forecast over the jump');
2026-03-28 06:00:00|f
2026-03-28 07:00:00|t
2026-03-29 06:00:00|t
2026-03-29 07:00:00|t
2026-03-30 06:00:00|t
2026-03-30 07:00:00|t
ROWS

$node->stop;
done_testing();
