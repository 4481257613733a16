# Reading documents: the largest contract of the standard's examples, large texts beside
# PostgreSQL's own parser of JSON, and what reading takes of memory.
package BenchDocument;
use strict;
use warnings;
use FindBin;
use Bench qw(session run compare_queries one_value heading);

my $contract = "$FindBin::Bin/../data/odcs/examples-v3.2.0-unreleased/all/full-example.odcs.yaml";
# 13 MB of what contracts are made of, and the most values that are read by default
my $tables = 60_000;
my $values = 999_990;

# How far a server process that reads the text grows beyond one that only makes it.
sub growth
{
	my ($text) = @_;
	my @peak;
	for my $query ("length(t)", "dm_yaml_to_jsonb(t) IS NULL")
	{
		open my $psql, '-|', 'psql', '-X', '-At', '-c', "CREATE TEMP TABLE x AS $text", '-c', "SELECT $query FROM x",
		  '-c', "SELECT substring(pg_read_file('/proc/self/status') FROM 'VmHWM:\\s*(\\d+)')"
		  or die "psql: $!";
		my @lines = <$psql>;
		close $psql or die 'psql failed';
		push @peak, $lines[-1];
	}
	return ($peak[1] - $peak[0]) / 1024;
}

sub run_all
{
	open my $file, '<', $contract or die "$contract: $!";
	my $text = do { local $/; <$file> };
	heading('documents: ' . length($text) . ' bytes of a contract, 13 MB of one');
	run(<<"SQL");
CREATE EXTENSION IF NOT EXISTS datamesh;
CREATE TABLE doc_contract AS SELECT \$doc\$$text\$doc\$::text AS t;
CREATE TABLE doc_large AS SELECT E'apiVersion: v3.1.0\\nschema:\\n' || string_agg(
	format(E'  - name: table_%s\\n    physicalName: t_%1\$s\\n    properties:\\n      - name: id\\n        logicalType: integer\\n        required: true\\n' ||
		E'      - name: note\\n        description: "some text number %1\$s"\\n        examples: [1.10, 2022-01-01]\\n', i), '') AS t
	FROM generate_series(1, $tables) AS i;
CREATE TABLE doc_json AS SELECT dm_yaml_to_jsonb(t)::text AS t FROM doc_large;
SQL
	my $session = session('postgres');
	compare_queries('the contract', $session,
		[ 'read', 'SELECT dm_yaml_to_jsonb(t) IS NULL FROM doc_contract' ],
		[ 'lint', 'SELECT count(*) FROM doc_contract, dm_lint_contract(t)' ]);
	compare_queries('13 MB', $session,
		[ 'JSON, server', 'SELECT t::jsonb IS NULL FROM doc_json' ],
		[ 'JSON', 'SELECT dm_yaml_to_jsonb(t) IS NULL FROM doc_json' ],
		[ 'YAML', 'SELECT dm_yaml_to_jsonb(t) IS NULL FROM doc_large' ]);
	printf "%-26s %6.0f MB\n", 'memory for 13 MB of YAML', growth('SELECT t FROM doc_large');
	printf "%-26s %6.0f MB\n", 'for a million numbers', growth("SELECT '[' || repeat('1,', $values) || '1]' AS t");
	printf "%-26s %6.0f MB\n", 'for a million objects', growth("SELECT '[' || repeat('{},', $values) || '1]' AS t");
	run('DROP TABLE doc_contract, doc_large, doc_json');
	return;
}

1;
