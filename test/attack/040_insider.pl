# (d) A domain's owner, or a producer, who hands out data past the agreements: shop_team owns the
# domain, shop_app is a declared producer, and eve, mia and PUBLIC are to get what they should not.
# Each attempt is judged by its error, and by what the accomplices can read afterwards.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Attack;
use Test::More;

begin_attacks('insider');
admin(q{
	GRANT USAGE ON SCHEMA shop TO shop_app;
	GRANT ALL ON ALL TABLES IN SCHEMA shop TO shop_app;
	GRANT EXECUTE ON FUNCTION dm_accept_exit, dm_accept_grant TO governor;
	CREATE TABLE public.board (line text);
	GRANT ALL ON public.board TO PUBLIC;
	CREATE ROLE insider LOGIN IN ROLE shop_team});

my $port = 'shop_customers_v1.customer';

# What the accomplices try to read after each attempt.
my $loot = q{
	SELECT * FROM shop.customer; SELECT * FROM shop.orders_2024; SELECT * FROM shop.customer_copy; SELECT email FROM shop.customer; SELECT * FROM shop_team_work.loot; SELECT * FROM shop_app_work.loot;
	SELECT shop_team_work.loot(); SELECT * FROM shop_team_work.loot2; SELECT * FROM public.board; SELECT * FROM shop.loot; SELECT shop.loot(); SELECT * FROM shop_customers_v1.loot; UPDATE shop.customer SET note = note RETURNING *;
	SELECT * FROM shop_customers_v1.customer; SELECT nextval('shop.loot_seq'); SELECT most_common_vals, histogram_bounds FROM pg_stats WHERE schemaname LIKE 'shop%'};

# handed(name, SQL, SQLSTATEs): as the owner of the domain (or another insider); then the loot is tried.
sub handed
{
	my ($name, $sql, $errors, %opt) = @_;
	my $role = $opt{role} // 'shop_team';
	my @problems;

	for my $node (nodes())
	{
		$node->safe_psql('attack', $opt{before}) if $opt{before};
		# the attempt, by the letter and not one statement at a time, so that nothing refused half stays
		my ($out, $err, $got) = run_as($node, $role, $sql, set => { 'datamesh.purpose' => 'reporting' });
		push @problems, $node->name . ": SQLSTATEs '$got', not '$errors'\n" . join '', $err =~ /((?:ERROR|FATAL): .*\n)/g
		  unless ref $errors ? $got =~ $errors : $got eq $errors;
		for my $accomplice ('eve', 'mia', 'other_team')
		{
			my ($stolen, $messages) = run_as($node, $accomplice, $loot, set => { 'datamesh.purpose' => 'reporting' });
			my @leaks = leaks($opt{hidden} // 'masked', "$stolen$messages");
			push @problems, $node->name . ": $accomplice got @leaks[0 .. ($#leaks < 2 ? $#leaks : 2)]" if @leaks;
		}
		$node->safe_psql('attack', 'SET client_min_messages = error;' . ($opt{after} // '') . q{;
			DROP SCHEMA shop_team_work CASCADE; CREATE SCHEMA shop_team_work AUTHORIZATION shop_team; GRANT USAGE ON SCHEMA shop_team_work TO PUBLIC;
			DROP SCHEMA shop_app_work CASCADE; CREATE SCHEMA shop_app_work AUTHORIZATION shop_app; GRANT USAGE ON SCHEMA shop_app_work TO PUBLIC; TRUNCATE public.board});
	}
	ok(!@problems, $name);
	diag(map { substr($_, 0, 800) . "\n" } @problems[0 .. ($#problems < 2 ? $#problems : 2)]) if @problems;
	return;
}
handed('nothing to begin with', 'SELECT 1', '');

# Privileges
handed('GRANT', 'GRANT USAGE ON SCHEMA shop TO eve; GRANT SELECT ON shop.customer TO eve; GRANT SELECT ON ALL TABLES IN SCHEMA shop TO mia', 'MD007 MD007 MD007');
handed('GRANT TO PUBLIC', 'GRANT USAGE ON SCHEMA shop TO PUBLIC; GRANT SELECT ON shop.customer TO PUBLIC; GRANT ALL ON shop.orders TO PUBLIC', 'MD007 MD007 MD007');
handed('GRANT of columns', 'GRANT SELECT (email) ON shop.customer TO eve; GRANT SELECT (id, name), UPDATE (note) ON shop.customer TO mia; GRANT REFERENCES (email) ON shop.customer TO eve', 'MD007 MD007 MD007');
handed('GRANT of partitions, views, matviews, sequences', 'GRANT SELECT ON shop.orders_2024 TO eve; GRANT SELECT ON shop.customer_view, shop.customer_copy TO eve; CREATE SEQUENCE shop.loot_seq; GRANT USAGE ON SEQUENCE shop.loot_seq TO eve', 'MD007 MD007 MD007', after => 'DROP SEQUENCE IF EXISTS shop.loot_seq');
handed('a producer grants on', 'GRANT SELECT ON shop.customer TO eve; GRANT SELECT ON shop.customer TO mia WITH GRANT OPTION', 'MD007 MD007', role => 'shop_app',
	before => 'SET ROLE shop_team; GRANT SELECT ON shop.customer TO shop_app WITH GRANT OPTION', after => 'SET ROLE shop_team; REVOKE GRANT OPTION FOR SELECT ON shop.customer FROM shop_app; RESET ROLE');
handed('GRANT within CREATE SCHEMA', 'CREATE SCHEMA loot CREATE TABLE t (i int) GRANT SELECT ON t TO PUBLIC; GRANT SELECT ON loot.t TO eve; SELECT dm_alter_domain(\'shop\', schemas => \'{shop,loot}\')', qr/^(MD007|42501)?( MD007)?$/, after => "SET ROLE shop_team; SELECT dm_alter_domain('shop', schemas => '{shop}'); RESET ROLE; DROP SCHEMA IF EXISTS loot CASCADE");
handed('default privileges', 'ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO eve; ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT ALL ON TABLES TO PUBLIC; CREATE TABLE shop.loot AS SELECT * FROM shop.customer', 'MD007 MD007', after => 'DROP TABLE IF EXISTS shop.loot');
handed('default privileges for all schemas', 'ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO eve; CREATE TABLE shop.loot AS SELECT * FROM shop.customer; ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO eve', qr/^(MD007)?$/, after => 'DROP TABLE IF EXISTS shop.loot; ALTER DEFAULT PRIVILEGES FOR ROLE shop_team REVOKE SELECT ON TABLES FROM eve; ALTER DEFAULT PRIVILEGES FOR ROLE shop_team REVOKE USAGE ON SCHEMAS FROM eve');
handed('grants on ports and their schema', "GRANT SELECT ON $port TO eve; GRANT SELECT ON $port TO PUBLIC; GRANT SELECT ON ALL TABLES IN SCHEMA shop_customers_v1 TO eve; GRANT CREATE, USAGE ON SCHEMA shop_customers_v1 TO eve", qr/^(MD00[37] ?){4}$/);
handed('a grant of the owner\'s role', 'GRANT shop_team TO eve', qr/^(42501|MD007)?$/, after => 'REVOKE shop_team FROM eve', role => 'insider');
handed('row security as a way to grant', 'CREATE POLICY p ON shop.customer FOR SELECT TO eve USING (true); GRANT SELECT ON shop.customer TO eve', 'MD007', after => 'DROP POLICY IF EXISTS p ON shop.customer');
handed('check_function_bodies off, as in a restore', 'SET check_function_bodies = off; GRANT USAGE ON SCHEMA shop TO eve; GRANT SELECT ON shop.customer TO eve; SET session_replication_role = replica', 'MD007 MD007 42501');
handed('grants in functions and DO blocks', q{DO $$ BEGIN EXECUTE 'GRANT SELECT ON shop.customer TO eve'; END $$; DO $$ BEGIN BEGIN GRANT SELECT ON shop.customer TO eve; EXCEPTION WHEN OTHERS THEN RAISE NOTICE '%', SQLSTATE; END; END $$}, 'MD007');

# Owners and places
handed('ALTER OWNER', 'ALTER TABLE shop.orders OWNER TO eve; ALTER SCHEMA shop OWNER TO eve; ALTER VIEW shop.customer_view OWNER TO mia', qr/^(42501|MD007) (42501|MD007) (42501|MD007)$/);
handed('ALTER OWNER to a role that one may become', 'ALTER TABLE shop.customer OWNER TO eve; ALTER MATERIALIZED VIEW shop.customer_copy OWNER TO eve; ALTER SCHEMA shop OWNER TO eve; REASSIGN OWNED BY shop_team TO eve', qr/^(MD00[37]|42501) (MD00[37]|42501) (MD00[37]|42501) (MD00[37]|42501)$/,
	before => 'GRANT eve TO shop_team; GRANT CREATE ON SCHEMA shop TO shop_team; GRANT CREATE ON DATABASE attack TO eve', after => 'REVOKE eve FROM shop_team; REVOKE CREATE ON DATABASE attack FROM eve');
handed('SET SCHEMA out of the domain', 'ALTER TABLE shop.customer SET SCHEMA shop_team_work; ALTER MATERIALIZED VIEW shop.customer_copy SET SCHEMA shop_team_work; ALTER TABLE shop.customer RENAME TO loot', qr/^MD00[37] MD00[37]$/, after => 'ALTER TABLE IF EXISTS shop.loot RENAME TO customer');
handed('dropping the domain, or its schema from it', q{SELECT dm_drop_domain('shop'); SELECT dm_alter_domain('shop', schemas => '{}'); SELECT dm_alter_domain('shop', schemas => '{shop_team_work}')}, qr/^\w{5} \w{5} \w{5}$/);
handed('making the accomplice a producer is on record', q{SELECT dm_add_producer('shop', 'eve')}, '', hidden => 'none', after => q{SELECT dm_remove_producer('shop', 'eve')});

# Side exits
handed('a view', 'CREATE VIEW shop_team_work.loot AS SELECT * FROM shop.customer; GRANT SELECT ON shop_team_work.loot TO eve; GRANT SELECT ON shop_team_work.loot TO PUBLIC', 'MD007 MD007');
handed('a view that outsiders may read already', q{CREATE VIEW shop_team_work.loot AS SELECT NULL::text AS email; GRANT SELECT ON shop_team_work.loot TO PUBLIC; CREATE OR REPLACE VIEW shop_team_work.loot AS SELECT email FROM shop.customer}, 'MD007');
handed('a view over a view over a view', 'CREATE VIEW shop_team_work.a AS SELECT * FROM shop.customer_view; CREATE VIEW shop_team_work.b AS SELECT mail || both_of_them AS x FROM shop_team_work.a; CREATE VIEW shop_team_work.loot AS SELECT max(x) FROM shop_team_work.b; GRANT SELECT ON shop_team_work.loot TO eve', 'MD007');
handed('a materialised view', 'CREATE MATERIALIZED VIEW shop_team_work.loot AS SELECT * FROM shop.customer; GRANT SELECT ON shop_team_work.loot TO eve', 'MD007');
handed('a security_invoker view that turns into a definer view', 'CREATE VIEW shop_team_work.loot WITH (security_invoker) AS SELECT * FROM shop.customer; GRANT SELECT ON shop_team_work.loot TO eve; ALTER VIEW shop_team_work.loot SET (security_invoker = false); ALTER VIEW shop_team_work.loot RESET (security_invoker)', 'MD007 MD007');
handed('CREATE TABLE AS', 'CREATE TABLE shop_team_work.loot AS SELECT * FROM shop.customer; GRANT SELECT ON shop_team_work.loot TO eve; GRANT SELECT ON shop_team_work.loot TO PUBLIC; ALTER TABLE shop_team_work.loot OWNER TO eve', 'MD007 MD007 MD007', before => 'GRANT eve TO shop_team; GRANT CREATE ON SCHEMA shop_team_work TO eve', after => 'REVOKE eve FROM shop_team');
handed('SELECT INTO from a port', "SELECT * INTO shop_team_work.loot FROM $port; GRANT SELECT ON shop_team_work.loot TO eve", 'MD007');
handed('CREATE TABLE AS under default privileges for all schemas', 'ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO eve; CREATE TABLE shop_team_work.loot AS SELECT * FROM shop.customer', 'MD007', after => 'ALTER DEFAULT PRIVILEGES FOR ROLE shop_team REVOKE SELECT ON TABLES FROM eve');
handed('a view over a copy', 'CREATE TABLE shop_team_work.a AS SELECT * FROM shop.customer; CREATE VIEW shop_team_work.loot AS SELECT * FROM shop_team_work.a; GRANT SELECT ON shop_team_work.loot TO PUBLIC', 'MD007');
handed('CREATE TABLE AS by a producer', 'CREATE TABLE shop_app_work.loot AS SELECT * FROM shop.customer; GRANT SELECT ON shop_app_work.loot TO eve', 'MD007', role => 'shop_app');
handed('a copy of a copy', 'CREATE TABLE shop_team_work.a AS SELECT * FROM shop.customer; CREATE TABLE shop_team_work.loot AS SELECT email FROM shop_team_work.a; GRANT SELECT ON shop_team_work.loot TO eve', 'MD007');
handed('a temporary copy, and a copy of that', 'CREATE TEMP TABLE a AS SELECT * FROM shop.customer; CREATE TABLE shop_team_work.loot AS SELECT * FROM a; GRANT SELECT ON shop_team_work.loot TO eve', 'MD007');
handed('CREATE TABLE AS in a function', q{CREATE FUNCTION shop_team_work.f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'CREATE TABLE shop_team_work.loot AS SELECT * FROM shop.customer'; GRANT SELECT ON shop_team_work.loot TO eve; END $$; SELECT shop_team_work.f()}, 'MD007');
handed('CREATE TABLE AS EXECUTE', 'PREPARE q AS SELECT * FROM shop.customer; CREATE TABLE shop_team_work.loot AS EXECUTE q; GRANT SELECT ON shop_team_work.loot TO eve', 'MD007');
handed('a SECURITY DEFINER function', q{CREATE FUNCTION shop_team_work.loot() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS 'SELECT email FROM shop.customer'; GRANT EXECUTE ON FUNCTION shop_team_work.loot() TO eve}, qr/^MD007( (MD007|42883))?$/);
handed('a SECURITY DEFINER function in the domain', q{CREATE FUNCTION shop.loot() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS 'SELECT email FROM shop.customer'; GRANT EXECUTE ON FUNCTION shop.loot() TO eve; GRANT USAGE ON SCHEMA shop TO eve}, qr/MD007/, after => 'DROP FUNCTION IF EXISTS shop.loot()');
handed('a function that becomes SECURITY DEFINER', q{CREATE FUNCTION shop_team_work.loot() RETURNS SETOF text LANGUAGE sql AS 'SELECT email FROM shop.customer'; ALTER FUNCTION shop_team_work.loot() SECURITY DEFINER}, 'MD007');
handed('a SECURITY DEFINER function with dynamic SQL', q{CREATE FUNCTION shop_team_work.loot() RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$ DECLARE r text; BEGIN EXECUTE 'SELECT string_agg(email, '','') FROM ' || 'shop' || '.customer' INTO r; RETURN r; END $$}, '');
handed('a SECURITY DEFINER function of a producer', q{CREATE FUNCTION shop_app_work.loot() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS 'SELECT email FROM shop.customer'}, '', role => 'shop_app');
handed('a view with a function', q{CREATE FUNCTION shop_team_work.f() RETURNS text LANGUAGE sql AS 'SELECT string_agg(email, '','') FROM shop.customer'; CREATE VIEW shop_team_work.loot AS SELECT shop_team_work.f(); GRANT SELECT ON shop_team_work.loot TO eve}, qr/^(MD007)?$/);
handed('a rule that writes into a table of others', 'CREATE RULE r AS ON UPDATE TO shop.customer DO ALSO INSERT INTO public.board VALUES (old.email); UPDATE shop.customer SET note = note', 'MD007', after => 'DROP RULE IF EXISTS r ON shop.customer');
handed('a trigger with a function of a stranger', 'CREATE TRIGGER t AFTER UPDATE ON shop.customer FOR EACH ROW EXECUTE FUNCTION eve_work.grab(); UPDATE shop.customer SET note = note', qr/MD007|42501/,
	before => q{SET ROLE eve; CREATE FUNCTION eve_work.grab() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN INSERT INTO public.board VALUES (new.email); RETURN new; END $$; GRANT USAGE ON SCHEMA eve_work TO PUBLIC}, after => 'DROP TRIGGER IF EXISTS t ON shop.customer; DROP SCHEMA eve_work CASCADE; CREATE SCHEMA eve_work AUTHORIZATION eve');
handed('publications', 'CREATE PUBLICATION loot FOR TABLE shop.customer; CREATE PUBLICATION loot2; ALTER PUBLICATION loot2 ADD TABLE shop.customer (id, email); ALTER PUBLICATION loot2 ADD TABLES IN SCHEMA shop', qr/^MD007 MD007 (MD007|42501)$/, after => 'DROP PUBLICATION IF EXISTS loot, loot2');
handed('foreign servers', q{CREATE SERVER loot FOREIGN DATA WRAPPER postgres_fdw OPTIONS (dbname 'attack'); CREATE USER MAPPING FOR PUBLIC SERVER loot OPTIONS (user 'shop_team', password 'x'); CREATE FOREIGN TABLE shop_team_work.loot (email text) SERVER loot OPTIONS (schema_name 'shop', table_name 'customer'); GRANT SELECT ON shop_team_work.loot TO eve}, qr/^(42501|MD007)/,
	before => 'GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO shop_team', after => 'DROP SERVER IF EXISTS loot CASCADE; REVOKE USAGE ON FOREIGN DATA WRAPPER postgres_fdw FROM shop_team');
handed('a child table elsewhere, a partition elsewhere', q{CREATE TABLE shop_team_work.loot () INHERITS (shop.customer); GRANT SELECT ON shop_team_work.loot TO eve; CREATE TABLE shop_team_work.loot2 PARTITION OF shop.orders FOR VALUES FROM ('2026-01-01') TO ('2027-01-01'); GRANT SELECT ON shop_team_work.loot2 TO eve; ALTER TABLE shop.orders DETACH PARTITION shop.orders_2024; GRANT SELECT ON shop.orders_2024 TO eve},
	qr/MD007.*MD007.*MD007/, after => q{ALTER TABLE shop.orders ATTACH PARTITION shop.orders_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')});

# Managed objects
handed('changing a port', "CREATE OR REPLACE VIEW $port AS SELECT * FROM shop.customer; ALTER VIEW $port SET (security_invoker = true); ALTER VIEW $port RENAME TO loot; ALTER VIEW $port SET SCHEMA shop_team_work; ALTER VIEW $port OWNER TO shop_app; ALTER VIEW $port ALTER COLUMN email SET DEFAULT 'x'; DROP VIEW $port; DROP SCHEMA shop_customers_v1 CASCADE; ALTER SCHEMA shop_customers_v1 RENAME TO loot; DROP OWNED BY shop_team",
	qr/^(MD003|42501|2BP01)( (MD003|42501|2BP01)){9}$/);
handed('rules and triggers on a port', "CREATE RULE loot AS ON INSERT TO $port DO INSTEAD SELECT 1; CREATE TRIGGER t INSTEAD OF INSERT ON $port FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger(); CREATE OR REPLACE RULE \"_RETURN\" AS ON SELECT TO $port DO INSTEAD SELECT id, email, name, salary, ssn, doc, memo, note, country, born FROM shop.customer", 'MD003 MD003 MD003');
handed('something else among the ports', 'CREATE TABLE shop_customers_v1.loot AS SELECT * FROM shop.customer; CREATE VIEW shop_customers_v1.loot AS SELECT * FROM shop.customer; CREATE TABLE shop_team_work.loot AS SELECT * FROM shop.customer; ALTER TABLE shop_team_work.loot SET SCHEMA shop_customers_v1', qr/^MD00[37] MD00[37] MD00[37]$/);
handed('row security and our policies', q{ALTER TABLE shop.customer DISABLE ROW LEVEL SECURITY; ALTER TABLE shop.customer NO FORCE ROW LEVEL SECURITY; DROP POLICY datamesh_permit ON shop.customer; DO $$ BEGIN EXECUTE format('DROP POLICY %I ON shop.customer', (SELECT polname FROM pg_policy WHERE polname LIKE '%home')); END $$;
	DO $$ BEGIN EXECUTE format('ALTER POLICY %I ON shop.customer USING (true)', (SELECT polname FROM pg_policy WHERE polname LIKE '%home')); END $$; ALTER POLICY datamesh_permit ON shop.customer RENAME TO p}, 'MD003 MD003 MD003 MD003 MD003 MD003',
	before => q{SET client_min_messages = error; SET ROLE shop_team; SELECT dm_add_row_policy('shop.customer', 'home', 'country = ''nl''', '{role:sam}')}, after => q{SELECT dm_drop_row_policy('shop.customer', 'home')});
handed('our event triggers, functions and tables', q{ALTER EVENT TRIGGER datamesh_ddl_end DISABLE; DROP FUNCTION datamesh.clear(text, text) CASCADE; ALTER EXTENSION datamesh DROP FUNCTION datamesh.clear(text, text); UPDATE datamesh.agreement SET clearance = '{pii}'; INSERT INTO datamesh.port SELECT * FROM datamesh.port; CREATE OR REPLACE FUNCTION public.dm_mask_email(value text) RETURNS text LANGUAGE sql AS 'SELECT $1'; DELETE FROM pg_seclabel; CREATE FUNCTION datamesh.loot() RETURNS int LANGUAGE sql AS 'SELECT 1'},
	qr/^(42501|MD003)( (42501|MD003)){7}$/);
handed('a half-upgraded extension', q{ALTER EXTENSION datamesh UPDATE TO '9.9'; DROP EXTENSION datamesh; DROP EXTENSION datamesh CASCADE}, qr/^(42501|22023|2BP01) (42501|2BP01) (42501|2BP01)$/);

# What may be done is done, and on record
handed('lowering a classification is on record', q{SELECT dm_classify('shop.customer', 'note', 'internal'); SELECT dm_classify('shop.customer', 'note')}, '');
handed('granting to insiders, and revoking, work as ever', 'GRANT SELECT ON shop.customer TO shop_app; GRANT USAGE ON SCHEMA shop TO insider; REVOKE ALL ON shop.customer FROM shop_app; GRANT ALL ON shop.customer TO shop_app; CREATE VIEW shop_team_work.mine AS SELECT * FROM shop.customer; GRANT SELECT ON shop_team_work.mine TO shop_app; CREATE TABLE shop.new (i int); DROP TABLE shop.new', '');
handed('what has nothing to do with a domain goes as ever', q{CREATE TABLE shop_team_work.plain (i int, email text); GRANT ALL ON shop_team_work.plain TO PUBLIC; CREATE VIEW shop_team_work.v AS SELECT * FROM shop_team_work.plain; GRANT SELECT ON shop_team_work.v TO eve; CREATE FUNCTION shop_team_work.f(int) RETURNS int LANGUAGE sql AS 'SELECT $1 + 1'; CREATE TABLE shop_team_work.t AS SELECT 1 AS i; GRANT SELECT ON shop_team_work.t TO eve}, '');

# A consumer's copies: his, and not to be handed on
for my $reader ('ida', 'mia')
{
	my $hidden = 'all';
	attack("$reader hands his copy on", role => $reader, hidden => 'none', keep => 1, errors => 'MD007 MD007 MD007 MD007 MD007 MD007',
		sql => "CREATE TABLE loot AS SELECT * FROM $port; GRANT SELECT ON loot TO eve; GRANT SELECT ON loot TO PUBLIC; CREATE VIEW w AS SELECT * FROM loot; GRANT SELECT ON w TO eve; GRANT SELECT (email) ON loot TO eve; CREATE MATERIALIZED VIEW m AS SELECT * FROM $port; GRANT SELECT ON m TO eve; CREATE PUBLICATION loot FOR TABLE loot",
		before => "GRANT CREATE ON DATABASE attack TO $reader; GRANT USAGE ON SCHEMA ${reader}_work TO PUBLIC", after => "SET client_min_messages = error; DROP PUBLICATION IF EXISTS loot", modes => ['auto'], like => qr/^$/);
	attack("eve gets nothing of it", role => 'eve', hidden => 'all', errors => qr/^(42501|42P01)( (42501|42P01)){2}$/, sql => "SELECT * FROM ${reader}_work.loot; SELECT * FROM ${reader}_work.w; SELECT * FROM ${reader}_work.m",
		after => "SET client_min_messages = error; DROP SCHEMA ${reader}_work CASCADE; CREATE SCHEMA ${reader}_work AUTHORIZATION $reader", modes => ['auto']);
}
attack('an agreement that forbids copies', role => 'nia', hidden => 'none', modes => ['auto'], errors => qr/^MD00[17]( MD00[17]){2,}/,
	before => q{SET client_min_messages = error; DO $$ BEGIN CREATE ROLE nia LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$; SELECT dm_grant_access('shop.customers', 'nia', 'reporting', '{pii}', copies => false) WHERE NOT EXISTS (SELECT FROM datamesh.agreements WHERE consumer::text = 'nia')},
	sql => "CREATE TEMP TABLE t AS SELECT * FROM $port; SELECT * INTO TEMP u FROM $port; CREATE TEMP TABLE w (e text); INSERT INTO w SELECT email FROM $port; SELECT count(*) FROM w; PREPARE q AS SELECT * FROM $port; CREATE TEMP TABLE x AS EXECUTE q", like => qr/^0$/m);

# Logical decoding of what insiders write is for superusers and roles with REPLICATION alone
attack('logical decoding by an insider', role => 'shop_team', hidden => 'none', modes => ['auto'], errors => '42501 42501',
	sql => "SELECT pg_create_logical_replication_slot('s', 'test_decoding'); SELECT * FROM pg_logical_slot_peek_changes('s', NULL, NULL)");

is($_->safe_psql('attack', q{SELECT string_agg(object || ': ' || finding, E'\n') FROM dm_doctor() WHERE severity = 'error'}), '', $_->name . ': after all that, dm_doctor finds nothing') for nodes();
end_attacks();
