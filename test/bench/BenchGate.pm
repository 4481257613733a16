# The gate: what a transaction without DDL pays for it, and one with DDL on a contracted product.
package BenchGate;
use strict;
use warnings;
use Bench qw(session run timed compare_pgbench heading report);

my $columns = 100;
my $changes = $ENV{BENCH_CHANGES} || 200;

sub set_up
{
	my $list = join ', ', map { "c$_ int NOT NULL" } 1 .. $columns;
	my $properties =
	  join ', ', map { qq({"name": "c$_", "logicalType": "integer", "physicalType": "integer", "required": true}) } 1 .. $columns;
	run(<<"SQL");
CREATE EXTENSION IF NOT EXISTS datamesh;
CREATE ROLE gate_owner LOGIN;
CREATE ROLE gate_off LOGIN IN ROLE gate_owner;
CREATE ROLE gate_on LOGIN IN ROLE gate_owner;
ALTER ROLE gate_off SET datamesh.contract_mode = off;
CREATE SCHEMA gate AUTHORIZATION gate_owner;
SET SESSION AUTHORIZATION gate_owner;
SELECT dm_register_domain('gate', 'gate_owner', '{gate}');
CREATE TABLE gate.wide ($list);
CREATE TABLE gate.free ($list);
CREATE TABLE gate.account (id int PRIMARY KEY, balance int);
CREATE TABLE gate.teller (id int PRIMARY KEY, balance int);
CREATE TABLE gate.branch (id int PRIMARY KEY, balance int);
CREATE TABLE gate.history (account int, teller int, branch int, delta int, at timestamptz);
INSERT INTO gate.account SELECT g, 0 FROM generate_series(1, 100000) g;
INSERT INTO gate.teller SELECT g, 0 FROM generate_series(1, 10) g;
INSERT INTO gate.branch VALUES (1, 0);
SELECT dm_import_contract('{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "gate-wide", "version": "1.0.0",
  "status": "active", "domain": "gate", "dataProduct": "wide", "schema": [{"name": "wide", "properties": [$properties]}]}');
SELECT dm_publish('gate.wide');
SELECT dm_import_contract('{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "gate-bank", "version": "1.0.0",
  "status": "active", "domain": "gate", "dataProduct": "bank", "schema": [{"name": "account", "properties":
  [{"name": "id", "logicalType": "integer", "primaryKey": true, "primaryKeyPosition": 1}, {"name": "balance", "logicalType": "integer"}]}]}');
SELECT dm_publish('gate.bank');
SQL
	return;
}

# TPC-B's transaction on tables of a contracted product.
sub tpcb
{
	return <<"SQL";
\\set a random(1, 100000)
\\set t random(1, 10)
\\set d random(-5000, 5000)
BEGIN;
UPDATE gate.account SET balance = balance + :d WHERE id = :a;
SELECT balance FROM gate.account WHERE id = :a;
UPDATE gate.teller SET balance = balance + :d WHERE id = :t;
UPDATE gate.branch SET balance = balance + :d WHERE id = 1;
INSERT INTO gate.history VALUES (:a, :t, 1, :d, now());
END;
SQL
}

# The same DDL on a table that nobody was promised, and on the contracted one.
sub ddl
{
	my $owner = session('gate_owner');
	my %times;
	for my $i (1 .. $changes)
	{
		for my $table ($i % 2 ? qw(free wide) : qw(wide free))
		{
			my $ms = timed($owner, "ALTER TABLE gate.$table SET (fillfactor = " . (50 + $i % 50) . ')');
			push @{ $times{$table} }, $ms if $i > 10;
		}
	}
	report("ALTER TABLE, $columns columns", [qw(free wide)], \%times);
	return;
}

sub run_all
{
	heading('gate: TPC-B on tables of a contracted product, and DDL (ms)');
	set_up();
	compare_pgbench('TPC-B', 'gate_owner', 'prepared', [ 'off', tpcb(), 'gate_off' ], [ 'on', tpcb(), 'gate_on' ]);
	ddl();
	return;
}

1;
