#!/usr/bin/perl
# Benchmarks of governed reads.
#
# Every comparison alternates its variants in each round, so that whatever else the
# machine does hits all of them, and reports medians and their ratio to the first
# variant, which is the floor: the same work without datamesh.
#
#   run.pl [scan] [lookup] [mask] [token] [registry] [explain] [policy] [consent] [boundary] [gate] [reject] [activity] [contract] [document] [worker] [quality] [profile] [anomaly]
#
# The environment names server and database (test/bin/bench sets it up).
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Bench qw(session run compare_queries compare_pgbench one_value heading);

my $rows = $ENV{BENCH_ROWS} || 10_000_000;
my %wanted = map { $_ => 1 } (@ARGV ? @ARGV : qw(scan lookup mask token policy consent boundary gate reject activity contract document registry explain worker quality profile anomaly));

sub set_up
{
	heading("set-up: $rows rows");
	run(<<"SQL");
CREATE EXTENSION datamesh;
CREATE ROLE bench_owner LOGIN;
CREATE ROLE cleared LOGIN;
CREATE ROLE masked LOGIN;
CREATE ROLE tokens LOGIN;
ALTER ROLE cleared SET datamesh.purpose = 'analysis';
ALTER ROLE masked SET datamesh.purpose = 'analysis';
ALTER ROLE tokens SET datamesh.purpose = 'analysis';
CREATE SCHEMA bench AUTHORIZATION bench_owner;
SELECT dm_load_taxonomy();
SELECT dm_grant_key('default', 'bench_owner');
SELECT dm_register_purpose('analysis');
SET SESSION AUTHORIZATION bench_owner;
CREATE TABLE bench.person AS
  SELECT g AS id, 'user' || g || '\@mail' || g % 97 || '.example' AS email,
         'Name ' || md5(g::text) AS name, (ARRAY['nl','de','fr','it'])[1 + g % 4] AS country,
         1 + g % 1000 AS shop_id, g % 10007 AS value
  FROM generate_series(1, $rows) g;
CREATE TABLE bench.shop AS
  SELECT g AS id, 'shop' || g || '\@mail.example' AS email, g % 10 AS region FROM generate_series(1, 1000) g;
CREATE VIEW bench.plain AS SELECT id, email, name, country, shop_id, value FROM bench.person;
ALTER TABLE bench.person ADD PRIMARY KEY (id);
ALTER TABLE bench.shop ADD PRIMARY KEY (id);
CREATE INDEX ON bench.person (email);
CREATE INDEX ON bench.person (dm_token(email, 'default'));
SELECT dm_register_domain('bench', 'bench_owner', '{bench}');
SELECT dm_register_product('bench.people', open_ended => true);
SELECT dm_add_port('bench.people', 'bench.person');
SELECT dm_add_port('bench.people', 'bench.shop');
SELECT dm_classify('bench.person', 'email', 'pii.email');
SELECT dm_classify('bench.person', 'name', 'pii.name');
SELECT dm_classify('bench.shop', 'email', 'pii.email');
SELECT dm_publish('bench.people');
SELECT dm_grant_access('bench.people', 'cleared', 'analysis', '{pii}');
SELECT dm_grant_access('bench.people', 'masked', 'analysis', '{}');
SELECT dm_grant_access('bench.people', 'tokens', 'analysis', '{pii:token}');
RESET SESSION AUTHORIZATION;
-- a superuser may: what the ports are compared with
GRANT USAGE ON SCHEMA bench TO cleared, masked, tokens;
GRANT SELECT ON ALL TABLES IN SCHEMA bench TO cleared, masked, tokens;
VACUUM ANALYZE bench.person;
VACUUM ANALYZE bench.shop;
CHECKPOINT;
SQL
	return;
}

sub scan
{
	heading("cleared reader, scans (ms)");
	my $reader = session('cleared');
	my %from = (table => 'bench.person', port => 'bench_people_v1.person');
	compare_queries('aggregate over all rows', $reader,
		map { [ $_, "SELECT count(*), sum(value), max(email) FROM $from{$_}" ] } qw(table port));
	my %shop = (table => 'bench.shop', port => 'bench_people_v1.shop');
	compare_queries('join of two', $reader,
		map { [ $_, "SELECT count(*), sum(p.value), max(s.email) FROM $from{$_} p JOIN $shop{$_} s ON s.id = p.shop_id WHERE s.region < 5" ] }
		qw(table port));
	return;
}

sub lookup
{
	heading("cleared reader, primary key lookups (ms, pgbench)");
	my %from = (table => 'bench.person', view => 'bench.plain', port => 'bench_people_v1.person');
	for my $protocol (qw(prepared simple))
	{
		compare_pgbench($protocol, 'cleared', $protocol,
			map { [ $_, "\\set id random(1, $rows)\nSELECT * FROM $from{$_} WHERE id = :id;" ] }
			qw(table view port));
	}
	return;
}

sub mask
{
	heading("masked reader, scans (ms)");
	my $reader = session('masked');
	compare_queries('e-mail and name', $reader,
		[ 'mask on table', q{SELECT count(*), max(dm_mask_email(email)), max(dm_mask_text(name, 1)) FROM bench.person} ],
		[ 'port', 'SELECT count(*), max(email), max(name) FROM bench_people_v1.person' ]);
	heading("masks against the same mask in SQL (ms)");
	compare_queries('e-mail', $reader,
		# OFFSET 0: the index on email would answer this without a scan
		[ 'raw', 'SELECT max(email) FROM (SELECT email FROM bench.person OFFSET 0) p' ],
		[ 'C', 'SELECT max(dm_mask_email(email)) FROM bench.person' ],
		[ 'SQL', q{SELECT max(left(email, 1) || '***@' || split_part(email, '@', 2)) FROM bench.person} ]);
	compare_queries('name', $reader,
		[ 'raw', 'SELECT max(name) FROM bench.person' ],
		[ 'C', 'SELECT max(dm_mask_text(name, 1)) FROM bench.person' ],
		[ 'SQL', q{SELECT max(left(name, 1) || repeat('*', length(name) - 1)) FROM bench.person} ]);
	return;
}

sub token
{
	heading("token-masked equality lookup (ms, pgbench)");
	my $email = one_value("SELECT email FROM bench.person WHERE id = $rows / 2");
	my $token = one_value("SELECT dm_token('$email', 'default')");
	for my $protocol (qw(prepared simple))
	{
		compare_pgbench($protocol, 'tokens', $protocol,
			[ 'raw on table', "SELECT * FROM bench.person WHERE email = '$email';" ],
			[ 'token on port', "SELECT * FROM bench_people_v1.person WHERE email = '$token';" ]);
	}
	return;
}

sub policy
{
	require BenchPolicy;
	BenchPolicy::run_all();
	return;
}

sub consent
{
	require BenchConsent;
	BenchConsent::run_all();
	return;
}

sub reject
{
	require BenchReject;
	BenchReject::run_all();
	return;
}

sub gate
{
	require BenchGate;
	BenchGate::run_all();
	return;
}

sub activity
{
	require BenchActivity;
	BenchActivity::run_all();
	return;
}

sub boundary
{
	require BenchBoundary;
	BenchBoundary::run_all();
	return;
}

sub registry
{
	require BenchRegistry;
	BenchRegistry::run_all();
	return;
}

sub explain
{
	require BenchExplain;
	BenchExplain::run_all();
	return;
}

sub contract
{
	require BenchContract;
	BenchContract::run_all();
	return;
}

sub document
{
	require BenchDocument;
	BenchDocument::run_all();
	return;
}

sub worker
{
	require BenchWorker;
	BenchWorker::run_all();
	return;
}

sub profile
{
	require BenchProfile;
	BenchProfile::run_all();
	return;
}

sub quality
{
	require BenchQuality;
	BenchQuality::run_all();
	return;
}

sub anomaly
{
	require BenchAnomaly;
	BenchAnomaly::run_all();
	return;
}

set_up() if grep { $wanted{$_} } qw(scan lookup mask token);
scan() if $wanted{scan};
lookup() if $wanted{lookup};
mask() if $wanted{mask};
token() if $wanted{token};
policy() if $wanted{policy};
consent() if $wanted{consent};
boundary() if $wanted{boundary};
gate() if $wanted{gate};
reject() if $wanted{reject};
activity() if $wanted{activity};
registry() if $wanted{registry};
explain() if $wanted{explain};
contract() if $wanted{contract};
document() if $wanted{document};
anomaly() if $wanted{anomaly};
worker() if $wanted{worker};
quality() if $wanted{quality};
profile() if $wanted{profile};
