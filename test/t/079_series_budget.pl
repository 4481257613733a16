# False alarms stay within the budget that the owner states: on labelled series, outside of the windows
# in which something is known to have happened, at most one and a half times what he allowed.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use PostgreSQL::Test::Utils;
use Test::More;

my $data = "$FindBin::RealBin/../data/timeseries/nab";
my $node = mesh_node('series_budget');
my $windows = slurp_file("$data/combined_windows.json");

$node->safe_psql('postgres', <<"SQL");
CREATE EXTENSION datamesh;
CREATE TABLE t (x int);
CREATE TABLE nab (name text, at timestamptz, value double precision, place bigint GENERATED ALWAYS AS IDENTITY);
CREATE TABLE happened AS
SELECT w.key AS name, (p.value ->> 0 || '+00')::timestamptz AS since, (p.value ->> 1 || '+00')::timestamptz AS until
FROM jsonb_each(\$json\$$windows\$json\$) w, jsonb_array_elements(w.value) p;
SQL
is($node->safe_psql('postgres', 'SELECT count(*) FROM happened'), 37, 'all windows are there');

for my $file (sort glob "$data/*/*.csv")
{
	my ($name) = $file =~ m{([^/]+/[^/]+)$};
	my (undef, @lines) = split /\n/, slurp_file($file);
	my $rows = join '', map { s/\r//r =~ s/,/+00,/r =~ s/^/$name,/r . "\n" } @lines;
	$node->safe_psql('postgres', "COPY nab (name, at, value) FROM STDIN CSV;\n$rows\\.\n");
}

# Of each budget in days: false alarms and how many the judged time outside of windows allows.
for my $days (3.5, 30)
{
	$node->safe_psql('postgres', <<"SQL");
SELECT dm_set_alert_budget('t', name || ' $days', 1, '$days days'),
	cardinality(dm_record_measurements('t', name || ' $days', array_agg(value ORDER BY place), array_agg(at ORDER BY place)))
FROM nab GROUP BY name
SQL
	my ($false, $allowed, $found) = split /\|/, $node->safe_psql('postgres', <<"SQL");
WITH m AS (SELECT replace(metric, ' $days', '') AS name, at, verdict, at - lag(at) OVER (PARTITION BY metric ORDER BY at) AS step
	FROM datamesh.measurements WHERE metric LIKE '% $days'),
a AS (SELECT replace(metric, ' $days', '') AS name, at FROM datamesh.anomalies WHERE metric LIKE '% $days')
SELECT (SELECT count(*) FROM a WHERE NOT EXISTS (SELECT FROM happened h WHERE h.name = a.name AND a.at BETWEEN h.since AND h.until)),
	(SELECT extract(epoch FROM sum(step)) / 86400 / $days FROM m WHERE verdict IN ('normal', 'anomalous', 'changed')
		AND NOT EXISTS (SELECT FROM happened h WHERE h.name = m.name AND m.at BETWEEN h.since AND h.until)),
	(SELECT count(*) FROM happened h WHERE EXISTS (SELECT FROM a WHERE a.name = h.name AND a.at BETWEEN h.since AND h.until))
SQL
	note("one in $days days: $false false alarms of $allowed allowed, $found windows found");
	cmp_ok($allowed, '>', 20, "one in $days days: enough time to tell");
	cmp_ok($false, '<=', 1.5 * $allowed, "one in $days days: false alarms");
	cmp_ok($found, '>=', $days < 10 ? 20 : 7, "one in $days days: windows found");
}

$node->stop;
done_testing();
