# What the boundary costs: DDL that concerns no domain, and GRANT within a large one.
package BenchBoundary;
use strict;
use warnings;
use Bench qw(session run timed median report heading);

my $rounds = $ENV{BENCH_ROUNDS} || 7;
my $relations = 1000;
my $repeat = 100;

# Half of the relations are tables, half views, in chains of five over a table.
sub relations_of
{
	my ($schema) = @_;
	return <<"SQL";
DO \$\$ BEGIN
  FOR i IN 1 .. $relations / 2 LOOP
    EXECUTE format('CREATE TABLE $schema.t%s (id int, email text, note text)', i);
    EXECUTE format('CREATE VIEW $schema.v%s AS SELECT * FROM $schema.%s', i,
      CASE WHEN i % 5 = 1 THEN 't' || i ELSE 'v' || i - 1 END);
  END LOOP;
END \$\$;
SQL
}

# A database without the extension has neither event triggers nor tables of ours.  The
# library is in both, as one server has it, and so are relations: a catalog that is larger
# makes every CREATE slower.  That our own tables and functions are some of them is what a session
# without event triggers in the database with the extension tells apart.
sub set_up
{
	my $relations_of_both = relations_of('big') . relations_of('big_plain');
	run(join '', <<"SQL", $relations_of_both, <<"SQL", $relations_of_both);
CREATE EXTENSION IF NOT EXISTS datamesh;
CREATE DATABASE bench_bare;
CREATE ROLE big_owner LOGIN;
CREATE ROLE big_app;
GRANT SET ON PARAMETER session_replication_role TO big_owner;
SELECT dm_load_taxonomy() WHERE NOT EXISTS (SELECT FROM datamesh.tags);
CREATE SCHEMA no_domain AUTHORIZATION big_owner;
CREATE SCHEMA big AUTHORIZATION big_owner;
CREATE SCHEMA big_plain AUTHORIZATION big_owner;
SET SESSION AUTHORIZATION big_owner;
SQL
SELECT dm_register_domain('big', 'big_owner', '{big}');
SELECT dm_add_producer('big', 'big_app');
SELECT count(dm_classify(('big.t' || i)::regclass, 'email', 'pii.email')) FROM generate_series(1, $relations / 2) i;
RESET SESSION AUTHORIZATION;
VACUUM ANALYZE;
\\c bench_bare
CREATE SCHEMA no_domain AUTHORIZATION big_owner;
CREATE SCHEMA big AUTHORIZATION big_owner;
CREATE SCHEMA big_plain AUTHORIZATION big_owner;
SQL
	return;
}

# One execution; it is rolled back, or undone by a statement, or prepared by one.
sub timed_ddl
{
	my ($session, $statement, $undo, $prepare) = @_;
	timed($session, $prepare) if $prepare;
	timed($session, 'BEGIN') unless $undo || $prepare;
	my $ms = timed($session, $statement);
	timed($session, $undo || 'ROLLBACK') unless $prepare;
	return $ms;
}

# Variants are [name, session, statement, undo, preparation]; they take turns at every execution.
sub compare_ddl
{
	my ($what, $times, @variants) = @_;
	my %times;
	for my $round (0 .. $rounds)
	{
		my %ms;
		for my $turn (1 .. $times)
		{
			for my $variant ($turn % 2 ? reverse @variants : @variants)
			{
				my ($name, @work) = @$variant;
				push @{ $ms{$name} }, timed_ddl(@work);
			}
		}
		push @{ $times{$_} }, median(@{ $ms{$_} }) for $round > 0 ? keys %ms : ();
	}
	report($what, [ map { $_->[0] } @variants ], \%times);
	return;
}

sub run_all
{
	set_up();
	my $with = session('big_owner');
	my $untriggered = session('big_owner');
	timed($untriggered, 'SET session_replication_role = replica');
	my $without = do { local $ENV{PGDATABASE} = 'bench_bare'; session('big_owner') };
	my @sessions = ([ 'without', $without ], [ 'no triggers', $untriggered ], [ 'with', $with ]);
	heading('DDL outside of any domain (ms, autocommit)');
	my $table = '(id int PRIMARY KEY, name text NOT NULL, at timestamptz DEFAULT now())';
	my %ddl = (
		'CREATE TABLE' => [ "CREATE TABLE no_domain.t $table", 'DROP TABLE no_domain.t' ],
		'CREATE TABLE AS' => [ 'CREATE TABLE no_domain.t AS SELECT 1 AS a', 'DROP TABLE no_domain.t' ],
		'CREATE VIEW' => [ 'CREATE VIEW no_domain.v AS SELECT 1 AS a', 'DROP VIEW no_domain.v' ]);
	for my $what (sort keys %ddl)
	{
		compare_ddl($what, $repeat, map { [ @$_, @{ $ddl{$what} } ] } @sessions);
	}
	compare_ddl('DROP TABLE', $repeat, map { [ @$_, 'DROP TABLE no_domain.t', undef, "CREATE TABLE no_domain.t $table" ] } @sessions);

	heading("GRANT within a domain of $relations relations (ms)");
	my %grant = (
		'on all of them' => [ 'ALL TABLES IN SCHEMA %s', 5 ],
		'on a table' => [ '%s.t7', $repeat ],
		'on a view of views' => [ '%s.v10', $repeat ]);
	for my $what (sort keys %grant)
	{
		my ($object, $times) = @{ $grant{$what} };
		compare_ddl($what, $times,
			map { [ $_->[0], $with, sprintf("GRANT SELECT ON $object TO big_app", $_->[1]) ] }
			[ 'no domain', 'big_plain' ], [ 'domain', 'big' ]);
	}
	return;
}

1;
