# Activity: what counting costs TPC-B's transaction.  Both variants run in one server, on tables of
# one shape; those of the domain are counted, the others are looked up and left alone.
package BenchActivity;
use strict;
use warnings;
use Bench qw(run compare_pgbench heading one_value);

sub set_up
{
	run("CREATE EXTENSION IF NOT EXISTS datamesh;\nCREATE ROLE activity_owner LOGIN;\n");
	for my $schema (qw(free counted))
	{
		run(<<"SQL");
CREATE SCHEMA act_$schema AUTHORIZATION activity_owner;
SET SESSION AUTHORIZATION activity_owner;
CREATE TABLE act_$schema.account (id int PRIMARY KEY, branch int, balance int, filler char(84)) WITH (fillfactor = 80);
CREATE TABLE act_$schema.teller (id int PRIMARY KEY, branch int, balance int, filler char(84)) WITH (fillfactor = 20);
CREATE TABLE act_$schema.branch (id int PRIMARY KEY, balance int, filler char(88)) WITH (fillfactor = 20);
CREATE TABLE act_$schema.history (teller int, branch int, account int, delta int, at timestamp, filler char(22));
INSERT INTO act_$schema.account SELECT g, 1, 0, '' FROM generate_series(1, 100000) g;
INSERT INTO act_$schema.teller SELECT g, 1, 0, '' FROM generate_series(1, 10) g;
INSERT INTO act_$schema.branch VALUES (1, 0, '');
SQL
	}
	run(<<'SQL');
SET SESSION AUTHORIZATION activity_owner;
SELECT dm_register_domain('activity', 'activity_owner', '{act_counted}');
RESET SESSION AUTHORIZATION;
VACUUM ANALYZE;
CHECKPOINT;
SQL
	return;
}

sub tpcb
{
	my ($schema) = @_;
	return <<"SQL";
\\set a random(1, 100000)
\\set t random(1, 10)
\\set d random(-5000, 5000)
BEGIN;
UPDATE act_$schema.account SET balance = balance + :d WHERE id = :a;
SELECT balance FROM act_$schema.account WHERE id = :a;
UPDATE act_$schema.teller SET balance = balance + :d WHERE id = :t;
UPDATE act_$schema.branch SET balance = balance + :d WHERE id = 1;
INSERT INTO act_$schema.history (teller, branch, account, delta, at) VALUES (:t, 1, :a, :d, current_timestamp);
END;
SQL
}

sub run_all
{
	heading('activity: TPC-B on tables that are counted (ms)');
	set_up();
	compare_pgbench('TPC-B', 'activity_owner', 'prepared', [ 'free', tpcb('free') ],
		[ 'counted', tpcb('counted') ]);
	compare_pgbench('one INSERT', 'activity_owner', 'prepared',
		[ 'free', 'INSERT INTO act_free.history (teller) VALUES (1);' ],
		[ 'counted', 'INSERT INTO act_counted.history (teller) VALUES (1);' ]);
	my $commits = one_value(q{SELECT commits FROM datamesh.activities WHERE relation = 'act_counted.branch'::regclass});
	die "nothing was counted\n" unless $commits > 100;
	return;
}

1;
