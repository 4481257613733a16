# Consent at a million subjects: the port with a requirement against the same port without,
# and against the hashed subplan that plain SQL would be.
package BenchConsent;
use strict;
use warnings;
use Bench qw(session run timed compare_queries compare_pgbench heading);

my $subjects = $ENV{BENCH_SUBJECTS} || 1_000_000;

# One table for each type of key: a table has the condition of all subjects registered on it.
my %key = (person => 'id', mailed => 'email', numbered => 'nr');

sub set_up
{
	my $fill = join '', map { <<"SQL" } 'plain', 'by_hand', sort keys %key;
CREATE TABLE bench_consent.$_ AS
  SELECT g AS id, 'user' || g || '\@mail' || g % 97 || '.example' AS email, md5(g::text)::uuid AS nr,
         (ARRAY['nl','de','fr','it'])[1 + g % 4] AS country, g % 10007 AS value
  FROM generate_series(1, $subjects) g;
ALTER TABLE bench_consent.$_ ADD PRIMARY KEY (id);
SQL
	my $ports = join '', map { "SELECT dm_add_port('bench_consent.people', 'bench_consent.$_');\n" }
	  'plain', sort keys %key;
	my $kinds = join '', map { <<"SQL" } sort keys %key;
SELECT dm_register_subject('bench_consent.$_', '$key{$_}', 'bench_$_');
SQL
	run(<<"SQL");
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS datamesh;
CREATE ROLE consent_owner LOGIN;
CREATE ROLE consent_reader LOGIN;
ALTER ROLE consent_reader SET datamesh.purpose = 'mailing';
SELECT dm_register_purpose('mailing');
CREATE SCHEMA bench_consent AUTHORIZATION consent_owner;
SET SESSION AUTHORIZATION consent_owner;
$fill
CREATE TABLE bench_consent.consented AS SELECT id FROM bench_consent.plain WHERE id % 10 > 0;
SELECT dm_register_domain('bench_consent', 'consent_owner', '{bench_consent}');
SELECT dm_register_product('bench_consent.people', open_ended => true);
$ports
SELECT dm_publish('bench_consent.people');
SELECT dm_grant_access('bench_consent.people', 'consent_reader', 'mailing');
$kinds
SELECT dm_require_consent('bench_consent.people', 'mailing');
RESET SESSION AUTHORIZATION;
-- a superuser may: the subplan reads the tables themselves
GRANT USAGE ON SCHEMA bench_consent TO consent_reader;
GRANT SELECT ON bench_consent.by_hand, bench_consent.consented TO consent_reader;
SQL
	return;
}

sub record
{
	my $owner = session('consent_owner');
	heading("recording consents of $subjects subjects at once (ms)");
	for (sort keys %key)
	{
		printf "%-12s granted %10.1f   a tenth withdrawn %10.1f\n", $key{$_},
		  timed($owner, "SELECT dm_record_consent(array_agg($key{$_}::text), 'mailing', true, 'bench_$_') FROM bench_consent.$_"),
		  timed($owner, "SELECT dm_record_consent(array_agg($key{$_}::text), 'mailing', false, 'bench_$_') FROM bench_consent.$_ WHERE id % 10 = 0");
	}
	run('VACUUM ANALYZE');
	return;
}

sub run_all
{
	set_up();
	record();
	my $reader = session('consent_reader');
	my $port = 'bench_consent_people_v1';
	my %from = (
		'no consent' => "$port.plain",
		'integer' => "$port.person",
		'text' => "$port.mailed",
		'uuid' => "$port.numbered",
		'subplan' => "(SELECT * FROM bench_consent.by_hand WHERE (id IN (SELECT id FROM bench_consent.consented)) IS TRUE) p",
	);
	for my $workers (0, 2)
	{
		heading("scans of $subjects subjects, $workers workers (ms)");
		timed($reader, "SET max_parallel_workers_per_gather = $workers");
		for my $aggregates ('count(*), sum(value), max(email)', 'sum(value)', 'count(*)')
		{
			compare_queries($aggregates, $reader,
				map { [ $_, "SELECT $aggregates FROM $from{$_}" ] } ('no consent', qw(integer text uuid subplan)));
		}
	}
	heading('one row of a subject, primary key lookups (ms, pgbench)');
	compare_pgbench('prepared', 'consent_reader', 'prepared',
		map { [ $_, "\\set id random(1, $subjects)\nSELECT * FROM $from{$_} WHERE id = :id;" ] }
		('no consent', qw(integer text subplan)));
	return;
}

1;
