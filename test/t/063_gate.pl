# The gate where a COMMIT is not a plain COMMIT: two-phase commit, restores, a server that does not
# preload the library, and rows that a subscription brings.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $mesh = <<'SQL';
CREATE EXTENSION datamesh;
CREATE SCHEMA g AUTHORIZATION team;
SET SESSION AUTHORIZATION team;
CREATE TYPE g.mood AS ENUM ('good', 'bad');
CREATE TABLE g.one (id int PRIMARY KEY, mood g.mood CHECK (mood IN ('good', 'bad')), name text NOT NULL UNIQUE);
CREATE TABLE g.two (id int PRIMARY KEY, one int REFERENCES g.one, amount int CHECK (amount > 0));
INSERT INTO g.one VALUES (1, 'good', 'a');
INSERT INTO g.two VALUES (1, 1, 5);
SELECT dm_register_domain('g', 'team', '{g}');
SELECT dm_import_contract('
apiVersion: v3.1.0
kind: DataContract
id: g-p
version: 1.0.0
status: active
domain: g
dataProduct: p
schema:
  - name: one
    properties:
      - {name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1}
      - {name: mood, logicalType: string, enum: [{value: good}, {value: bad}]}
      - {name: name, logicalType: string, required: true, unique: true}
  - name: two
    properties:
      - {name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1}
      - {name: one, logicalType: integer, relationships: [{to: one.id}]}
      - {name: amount, logicalType: integer, logicalTypeOptions: {exclusiveMinimum: 0}}
');
SELECT dm_publish('g.p');
SQL

# The error of a script, '' for none.
sub failure
{
	my ($node, $database, $sql, $options) = @_;
	local $ENV{PGOPTIONS} = $options // '';
	my ($out, $err);

	IPC::Run::run([ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($database) ],
		'<', \$sql, '>', \$out, '2>', \$err);
	return $err =~ /ERROR:  (\w+)/ ? $1 : $err;
}

my $node = mesh_node('gate', conf => 'max_prepared_transactions = 4', init => { allows_streaming => 'logical' });
$node->safe_psql('postgres', 'CREATE ROLE team LOGIN; CREATE DATABASE mesh');
$node->safe_psql('mesh', $mesh);
my $held = $node->safe_psql('mesh', 'SELECT unnest(held) FROM datamesh.contract ORDER BY 1');
like($held, qr/exclusiveMinimum/, 'constraints hold what the contract promises');

# Two-phase commit
my $team = 'SET SESSION AUTHORIZATION team;';
is(failure($node, 'mesh', "$team BEGIN; ALTER TABLE g.one RENAME COLUMN name TO label; PREPARE TRANSACTION 'broken'"),
	'MD008', 'what breaks a contract is not prepared');
is($node->safe_psql('mesh', 'SELECT count(*) FROM pg_prepared_xacts'), '0', 'and nothing is left of it');
is(failure($node, 'mesh', "$team BEGIN; ALTER TABLE g.one DROP CONSTRAINT one_mood_check; PREPARE TRANSACTION 'half'"),
	'', 'half of a break can be prepared');
is(failure($node, 'mesh', "$team SET lock_timeout = '100ms'; ALTER TYPE g.mood ADD VALUE 'none'"),
	'55P03', 'the other half waits for it');
is(failure($node, 'mesh', "$team COMMIT PREPARED 'half'; ALTER TYPE g.mood ADD VALUE 'none'"),
	'MD008', 'and is refused when it has been committed');
is(failure($node, 'mesh', "$team BEGIN; ALTER TABLE g.one ADD CONSTRAINT one_mood_check CHECK (mood IN ('good', 'bad')); COMMIT;
	BEGIN; ALTER TABLE g.one DROP CONSTRAINT one_mood_check; PREPARE TRANSACTION 'half';
	ROLLBACK PREPARED 'half'; ALTER TYPE g.mood ADD VALUE 'none'"), '', 'and is free to go when it has been rolled back');

# Who publishes waits for what is prepared, too: there was no contract in force when that was judged
$node->safe_psql('postgres', 'CREATE DATABASE early');
is(failure($node, 'early', "CREATE EXTENSION datamesh; CREATE SCHEMA e AUTHORIZATION team; $team
	CREATE DOMAIN e.positive AS int CONSTRAINT above CHECK (VALUE > 0); CREATE TABLE e.one (id int, n e.positive);
	SELECT dm_register_domain('e', 'team', '{e}'); SELECT dm_register_product('e.p'); SELECT dm_add_port('e.p', 'e.one');
	SELECT dm_import_contract(dm_describe_contract('e.p'));
	BEGIN; ALTER DOMAIN e.positive DROP CONSTRAINT above; PREPARE TRANSACTION 'early'"), '', 'a change before there is a contract');
is(failure($node, 'early', "$team SET lock_timeout = '100ms'; SELECT dm_publish('e.p')"), '55P03', 'publishing waits for its end');
like(failure($node, 'early', "$team COMMIT PREPARED 'early'; SELECT dm_publish('e.p')"), qr/NOTICE/, 'and sees what it did');
unlike($node->safe_psql('early', "SELECT held FROM datamesh.contract_versions"), qr/exclusiveMinimum/, 'nothing is held that is not there');

# Restores: constraints come one by one, long after the contract
my $dir = $node->basedir;
my @from = ('--dbname', $node->connstr('mesh'));
$node->command_ok([ 'pg_dump', '--format=custom', '--file', "$dir/custom", @from ], 'pg_dump -Fc');
$node->command_ok([ 'pg_dump', '--file', "$dir/plain", @from ], 'pg_dump, plain');
for my $way ('serial', 'parallel', 'single', 'plain')
{
	my @options = $way eq 'parallel' ? ('--jobs=2') : $way eq 'single' ? ('--single-transaction') : ();

	$node->safe_psql('postgres', "CREATE DATABASE $way");
	if ($way eq 'plain')
	{
		$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '--file', "$dir/plain", '--dbname', $node->connstr($way) ],
			"$way restore");
	}
	else
	{
		$node->command_ok([ 'pg_restore', '--exit-on-error', @options, '--dbname', $node->connstr($way), "$dir/custom" ],
			"$way restore");
	}
	is($node->safe_psql($way, 'SELECT unnest(held) FROM datamesh.contract ORDER BY 1'),
		$held, "$way restore: the contract is there");
	is($node->safe_psql($way, 'SELECT * FROM datamesh.contract_drift()'), '', "$way restore: and is kept");
	is(failure($node, $way, "$team ALTER TABLE g.two DROP CONSTRAINT two_one_fkey"),
		'MD008', "$way restore: and watched");
}

# Rows of a subscription: nothing is changed but data
$node->safe_psql('postgres', 'CREATE DATABASE origin');
$node->safe_psql('origin', "CREATE SCHEMA g; CREATE TYPE g.mood AS ENUM ('good', 'bad');
	CREATE TABLE g.one (id int PRIMARY KEY, mood g.mood, name text);
	CREATE PUBLICATION p FOR TABLE g.one; SELECT pg_create_logical_replication_slot('s', 'pgoutput')");
$node->safe_psql('mesh', 'CREATE SUBSCRIPTION s CONNECTION ' . "'" . ($node->connstr('origin') =~ s/'/''/gr) . "' PUBLICATION p
	WITH (create_slot = false, slot_name = 's', copy_data = false)");
$node->safe_psql('origin', "INSERT INTO g.one VALUES (8, 'good', 'from afar')");
ok($node->poll_query_until('mesh', "SELECT count(*) = 1 FROM g.one WHERE id = 8"), 'a subscription writes into a contracted table');
$node->safe_psql('mesh', 'DROP SUBSCRIPTION s');

# Without preload
my $plain = mesh_node('plain', preload => 0);
$plain->safe_psql('postgres', 'CREATE ROLE team LOGIN; CREATE DATABASE mesh');
$plain->safe_psql('mesh', $mesh);
is(failure($plain, 'mesh', "$team ALTER TABLE g.one RENAME COLUMN name TO label"),
	'MD008', 'without preload: the first statement of a session');
is(failure($plain, 'mesh', "$team DROP INDEX CONCURRENTLY g.one_name_key"),
	'MD008', 'without preload: an index that goes in several transactions');
is(failure($plain, 'mesh', 'ALTER TABLE g.one RENAME COLUMN name TO label', '-c session_replication_role=replica'),
	'', 'a superuser without triggers and without the library passes');
like($plain->safe_psql('mesh', q{SELECT object, finding FROM dm_doctor() WHERE "check" = 'contract'}),
	qr{^product g\.p\|version 1\.0\.0 of its contract is broken: /schema/0/properties/2 column: g\.one has no column "name"$}m,
	'and dm_doctor tells');
is(failure($plain, 'mesh', "$team ALTER TABLE g.one RENAME COLUMN label TO name"), '', 'it can be mended');
is($plain->safe_psql('mesh', q{SELECT count(*) FROM dm_doctor() WHERE "check" = 'contract'}), '0', 'and dm_doctor is content');

done_testing();
