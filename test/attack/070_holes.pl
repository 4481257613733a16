# dm_attack finds nothing in a clean mesh, and every hole that somebody with a superuser's rights
# leaves in one.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Attack;
use Test::More;

my ($node) = begin_attacks('holes');
admin(q{
	CREATE FUNCTION public.shift(value text, n int) RETURNS text LANGUAGE sql IMMUTABLE STRICT RETURN repeat('#', length(value) + n);
	SELECT dm_register_mask('public.shift(text, int)');
	SELECT dm_create_tag('shift', 'masked by a function of the site', 'public.shift(1)');
	SELECT dm_create_tag('born', 'masked to the year', 'dm_mask_date(''year'')');
	SET ROLE shop_team;
	SELECT dm_classify('shop.customer', 'name', 'shift');
	SELECT dm_classify('shop.customer', 'born', 'born');
	CREATE INDEX ON shop.customer (country);
	SELECT dm_add_row_policy('shop.customer', 'home', 'country = ''nl''', '{role:sam}');
	SELECT dm_add_row_policy('shop.orders', 'late', 'day < ''2024-01-20''', '{role:sam}');
	RESET ROLE;
	CREATE ROLE req LOGIN;
	SET ROLE req;
	SELECT dm_request_access('shop.customers', 'reporting', '{pii.email:token}', now() + interval '1 day');
	SET ROLE shop_team;
	SELECT dm_approve_access(id) FROM datamesh.access_requests WHERE requester = 'req'::regrole;
	RESET ROLE;
	CREATE TABLE public.leak (line text);
	GRANT SELECT ON public.leak TO PUBLIC;
	CREATE TABLE public.innocent AS SELECT i, md5(i::text) AS email, 'x' || i AS name FROM generate_series(1, 100) i;
	GRANT SELECT ON public.innocent TO PUBLIC;
	SET ROLE mia;
	SET datamesh.purpose = 'reporting';
	CREATE VIEW mia_work.mine AS SELECT * FROM shop_customers_v1.customer;
	GRANT USAGE ON SCHEMA mia_work TO PUBLIC;
	GRANT SELECT ON mia_work.mine TO PUBLIC});

my $attack = q{SELECT concat_ws('/', path, role, verdict, detail, statement) FROM dm_attack('shop.customers') WHERE verdict <> 'held'};

for my $server (nodes())
{
	my ($out, $err) = run_as($server, 'superuser', $attack, set => { client_min_messages => 'warning' });
	is("$out$err", '', $server->name . ': a clean mesh has no finding');
	is((run_as($server, 'superuser', q{SELECT count(*) > 100, count(DISTINCT path) >= 10, count(DISTINCT role) >= 5 FROM dm_attack('shop.customers')}))[0],
		"t|t|t\n", '... although it was tried in many ways');
	is((run_as($server, 'superuser', q{SELECT count(*) FROM dm_doctor() WHERE severity = 'error'}))[0], "0\n", '... and dm_doctor has none');
}

# hole(name, SQL, what is found): in a transaction that is rolled back
sub hole
{
	my ($name, $sql, $found) = @_;
	my ($out, $err, $errors) = run_as($node, 'superuser', "BEGIN; SET LOCAL client_min_messages = error;\n$sql;\n$attack;\nROLLBACK;\n");
	like($out, $found, $name) or diag(substr $err, 0, 1000);
	is($errors, '', '... without an error') if $errors ne '';
	return;
}
my $no_triggers = 'SET LOCAL session_replication_role = replica;';
my $triggers = 'SET LOCAL session_replication_role = origin';
my $port = 'shop_customers_v1.customer';
my ($policy) = $node->safe_psql('attack', q{SELECT quote_ident(polname) FROM pg_policy WHERE polrelid = 'shop.customer'::regclass AND polname LIKE '%home'});

# Privileges
hole('a table granted to a stranger', 'GRANT USAGE ON SCHEMA shop TO eve; GRANT SELECT ON shop.customer TO eve', qr{^table/eve/leaked/.*raw values of shop\.customer\.email}m);
hole('a table granted to a consumer', 'GRANT USAGE ON SCHEMA shop TO mia; GRANT SELECT ON shop.customer TO mia', qr{^table/mia/leaked/}m);
hole('a table granted to PUBLIC', 'GRANT USAGE ON SCHEMA shop TO PUBLIC; GRANT SELECT ON shop.customer TO PUBLIC', qr{^table/PUBLIC/leaked/}m);
hole('a column granted', 'GRANT USAGE ON SCHEMA shop TO eve; GRANT SELECT (ssn) ON shop.customer TO eve', qr{^table/eve/leaked/.*shop\.customer\.ssn/SELECT ssn FROM}m);
hole('a table granted, its schema not yet', 'GRANT SELECT ON shop.customer TO eve', qr{^doctor: privilege/open/.*eve}m);
hole('the right to write granted', 'GRANT UPDATE ON shop.customer TO eve', qr{^doctor: privilege/open/.*UPDATE}m);
hole('a partition granted', 'GRANT USAGE ON SCHEMA shop TO eve; GRANT SELECT ON shop.orders_2024 TO eve', qr{^table/eve/leaked/.*orders_2024}m);
hole('a child table elsewhere, granted', 'CREATE TABLE public.child () INHERITS (shop.customer); INSERT INTO public.child SELECT * FROM ONLY shop.customer LIMIT 5; GRANT SELECT ON public.child TO PUBLIC', qr{^table/PUBLIC/leaked/.*public\.child}m);
hole('a materialised view of the domain granted', 'GRANT USAGE ON SCHEMA shop TO eve; GRANT SELECT ON shop.customer_copy TO eve', qr{^table/eve/leaked/.*customer_copy}m);
hole('default privileges', 'ALTER DEFAULT PRIVILEGES FOR ROLE shop_team GRANT SELECT ON TABLES TO eve', qr{^doctor: privilege/open/default privileges of shop_team}m);
hole('default privileges in the schema', 'ALTER DEFAULT PRIVILEGES FOR ROLE shop_team IN SCHEMA shop GRANT SELECT ON TABLES TO PUBLIC', qr{^doctor: privilege/open/default privileges of shop_team in schema shop}m);
hole('a port granted without an agreement', "$no_triggers GRANT USAGE ON SCHEMA shop_customers_v1 TO eve; GRANT SELECT ON $port TO eve; $triggers", qr{^doctor: privilege/open/port shop_customers_v1\.customer: eve}m);
hole('pg_read_all_data', 'GRANT pg_read_all_data TO eve', qr{^table/eve/leaked/.*raw values of shop\.customer\.email}m);
hole('a program of the server', 'GRANT pg_execute_server_program TO eve', qr{^doctor: role/open/role eve}m);
hole('statistics for everybody', 'GRANT SELECT ON pg_statistic TO PUBLIC', qr{^statistics/PUBLIC/leaked/}m);
hole('extended statistics for everybody', 'INSERT INTO shop.customer (id, name) SELECT 1000 + g, name FROM shop.customer, generate_series(1, 50) g WHERE id = 7; ANALYZE shop.customer; GRANT SELECT ON pg_statistic_ext_data TO PUBLIC', qr{^statistics/PUBLIC/leaked/}m);

# Side exits
hole('a view of a superuser', 'CREATE VIEW public.v AS SELECT id, email FROM shop.customer; GRANT SELECT ON public.v TO PUBLIC', qr{^view/PUBLIC/leaked/.*shop\.customer\.email}m);
hole('a view over a view, of one row', 'CREATE VIEW public.v AS SELECT * FROM shop.customer_view; CREATE VIEW public.w AS SELECT upper(mail) AS m, mail FROM public.v WHERE id = 7; GRANT SELECT ON public.w TO mia', qr{^view/mia/leaked/}m);
hole('a materialised view of a superuser', 'CREATE MATERIALIZED VIEW public.m AS SELECT ssn FROM shop.customer; GRANT SELECT ON public.m TO PUBLIC', qr{^view/PUBLIC/leaked/.*ssn}m);
hole('a SECURITY DEFINER function', q{CREATE FUNCTION public.f() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT email FROM shop.customer'}, qr{^function/PUBLIC/leaked/}m);
hole('a SECURITY DEFINER function with an argument', q{CREATE FUNCTION public.f(int) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN (SELECT email FROM shop.customer WHERE id = $1); END'}, qr{^doctor: exit/open/function public\.f\(integer\)}m);
hole('a SECURITY DEFINER function of the team', q{SET LOCAL session_replication_role = replica; CREATE FUNCTION public.f(int) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN (SELECT email FROM shop.customer WHERE id = $1); END'; ALTER FUNCTION public.f(int) OWNER TO shop_team; SET LOCAL session_replication_role = origin}, qr{^doctor: exit/open/function public\.f\(integer\)}m);
hole('a copy without labels', "$no_triggers CREATE TABLE public.copy AS SELECT * FROM shop.customer; $triggers; GRANT SELECT ON public.copy TO PUBLIC", qr{^copy/PUBLIC/leaked/.*raw values of shop\.customer\.email}m);
hole('a copy in a document', "$no_triggers CREATE TABLE public.copy AS SELECT to_jsonb(c) AS d FROM shop.customer c; $triggers; GRANT SELECT ON public.copy TO eve", qr{^copy/eve/leaked/}m);
hole('large objects', q{SELECT lo_from_bytea(4711, convert_to(string_agg(email, ','), 'UTF8')) IS NULL FROM shop.customer; GRANT SELECT ON LARGE OBJECT 4711 TO PUBLIC}, qr{^large object/PUBLIC/leaked/}m);
hole('a rule that writes a second copy', "$no_triggers GRANT INSERT ON public.leak TO shop_team; CREATE RULE r AS ON UPDATE TO shop.customer DO ALSO INSERT INTO public.leak VALUES (old.email); $triggers; UPDATE shop.customer SET note = note", qr{^copy/PUBLIC/leaked/.*\n(.*\n)*doctor: exit/open/}m);
hole('a trigger that writes a second copy', q{CREATE FUNCTION public.t() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.leak VALUES (new.email); RETURN new; END $$;
	CREATE TRIGGER t AFTER UPDATE ON shop.customer FOR EACH ROW EXECUTE FUNCTION public.t(); UPDATE shop.customer SET note = note}, qr{^copy/PUBLIC/leaked/}m);
hole('a trigger with a stranger\'s function', q{CREATE FUNCTION public.t() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$; ALTER FUNCTION public.t() OWNER TO eve; CREATE TRIGGER t AFTER UPDATE ON shop.customer FOR EACH ROW EXECUTE FUNCTION public.t()}, qr{^doctor: (code|exit)/open/}m);
hole('an index with a stranger\'s function', q{CREATE FUNCTION public.f(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN $1; END $$; ALTER FUNCTION public.f(text) OWNER TO eve; CREATE INDEX i ON shop.customer (public.f(email))}, qr{^doctor: code/open/}m);
hole('a publication', 'CREATE PUBLICATION p FOR TABLE shop.customer', qr{^doctor: publication/open/publication p}m);
hole('a publication of everything', 'CREATE PUBLICATION p FOR ALL TABLES', qr{^doctor: publication/open/publication p}m);

# Ports and masks
hole('the text of a port', "$no_triggers CREATE OR REPLACE VIEW $port AS SELECT id, email, name, salary, ssn, doc, memo, note, country, born FROM shop.customer WHERE datamesh.admits('shop.customers'); $triggers", qr{^port/mia/leaked/.*shop\.customer\.email}m);
hole('one column of a port, under another name', "$no_triggers CREATE OR REPLACE VIEW $port AS SELECT id, NULL::text AS email, name, NULL::numeric(14) AS salary, NULL::varchar(40) AS ssn, doc, memo, email AS note, country, born FROM shop.customer WHERE datamesh.admits('shop.customers'); $triggers", qr{^port/mia/leaked/}m);
hole('a port that asks nobody', "$no_triggers CREATE OR REPLACE VIEW $port AS SELECT * FROM shop.customer; GRANT USAGE ON SCHEMA shop_customers_v1 TO PUBLIC; GRANT SELECT ON $port TO PUBLIC; $triggers", qr{^port/PUBLIC/leaked/}m);
hole('an option of a port', "$no_triggers ALTER VIEW $port SET (security_invoker = true); $triggers", qr{^doctor: port/open/port shop_customers_v1\.customer: it is a security_invoker}m);
hole('a security barrier taken off', "SELECT dm_add_row_policy('shop.customer_copy', 'home', 'country = ''nl'''); $no_triggers ALTER VIEW shop_customers_v1.customer_copy RESET (security_barrier); $triggers", qr{^doctor: port/open/port shop_customers_v1\.customer_copy: it shows}m);
hole('a table among the ports', "$no_triggers CREATE TABLE shop_customers_v1.copy AS SELECT * FROM shop.customer; $triggers", qr{^doctor: port/open/relation shop_customers_v1\.copy}m);
hole('a mask of the site', "$no_triggers CREATE OR REPLACE FUNCTION public.shift(value text, n int) RETURNS text LANGUAGE sql IMMUTABLE STRICT RETURN value; $triggers", qr{^mask/leaked/the mask of shop\.customer\.name}m);
hole('a mask of ours', "$no_triggers CREATE OR REPLACE FUNCTION dm_mask_email(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS 'SELECT \$1'; $triggers", qr{^(mask/leaked|doctor: function/open)/}m);
hole('a function that ports ask', "$no_triggers CREATE OR REPLACE FUNCTION datamesh.clear(product text, tag text) RETURNS boolean LANGUAGE sql STABLE STRICT AS 'SELECT true'; $triggers", qr{^doctor: function/open/function datamesh\.clear}m);
hole('a label, behind the provider\'s back', q{DELETE FROM pg_seclabel WHERE objoid = 'shop.customer'::regclass AND label = 'pii.email'}, qr{^doctor: port/open/}m);
hole('the mask of a tag', q{UPDATE datamesh.tag SET mask = NULL WHERE name = 'restricted'}, qr{^doctor: port/open/}m);

# Row policies
hole('row security disabled', "$no_triggers ALTER TABLE shop.customer DISABLE ROW LEVEL SECURITY; $triggers", qr{^doctor: policy/open/}m);
hole('row security not forced', "$no_triggers ALTER TABLE shop.customer NO FORCE ROW LEVEL SECURITY; $triggers", qr{^doctor: policy/open/}m);
hole('row security of a partition disabled', "$no_triggers ALTER TABLE shop.orders_2024 DISABLE ROW LEVEL SECURITY; $triggers", qr{^doctor: policy/open/row policy late of shop\.orders_2024}m);
hole('a policy dropped while event triggers were off', "ALTER EVENT TRIGGER datamesh_ddl_start DISABLE; ALTER EVENT TRIGGER datamesh_ddl_end DISABLE; ALTER EVENT TRIGGER datamesh_sql_drop DISABLE; DROP POLICY $policy ON shop.customer;
	ALTER EVENT TRIGGER datamesh_ddl_start ENABLE; ALTER EVENT TRIGGER datamesh_ddl_end ENABLE; ALTER EVENT TRIGGER datamesh_sql_drop ENABLE", qr{^doctor: policy/open/.*gone}m);
hole('a policy altered', "$no_triggers ALTER POLICY $policy ON shop.customer USING (true); $triggers", qr{^doctor: policy/open/.*condition}m);
hole('a policy for one role', "$no_triggers ALTER POLICY $policy ON shop.customer TO eve; $triggers", qr{^doctor: policy/open/.*everybody}m);
hole('a policy made permissive', "$no_triggers DROP POLICY $policy ON shop.customer; CREATE POLICY $policy ON shop.customer USING (true); $triggers", qr{^doctor: policy/open/.*restrictive}m);
hole('an owner whom row security does not bind', 'ALTER ROLE shop_team BYPASSRLS', qr{^doctor: domain/open/}m);
hole('event triggers disabled', 'ALTER EVENT TRIGGER datamesh_sql_drop DISABLE', qr{^doctor: event_trigger/open/}m);
hole('a role without event triggers', 'ALTER ROLE shop_team SET session_replication_role = replica', qr{^doctor: event_trigger/open/role shop_team}m);

# Agreements and roles
hole('a consumer in the owner\'s role', 'GRANT shop_team TO mia', qr{^doctor: agreement/open/agreement \d+ of mia}m);
hole('a consumer made a producer in the table', q{UPDATE datamesh.domain SET producers = producers || 'mia'::regrole WHERE name = 'shop'}, qr{^doctor: agreement/open/agreement \d+ of mia}m);
hole('a consumer made the product\'s owner in the table', q{UPDATE datamesh.product SET owner = 'mia' WHERE name = 'customers'}, qr{^doctor: agreement/open/agreement \d+ of mia}m);
hole('a consumer with BYPASSRLS', 'ALTER ROLE sam BYPASSRLS', qr{^doctor: agreement/open/agreement \d+ of sam}m);
hole('more clearance than was asked for', q{UPDATE datamesh.agreement SET clearance = '{pii,restricted}' WHERE consumer = 'req'::regrole}, qr{^doctor: agreement/open/agreement \d+ of req: it gives more}m);
hole('a token\'s clearance turned into the value\'s', q{UPDATE datamesh.agreement SET clearance = '{pii.email}' WHERE consumer = 'req'::regrole}, qr{^doctor: agreement/open/agreement \d+ of req: it gives more}m);
hole('a later end than was asked for', q{UPDATE datamesh.agreement SET valid_until = 'infinity' WHERE consumer = 'req'::regrole}, qr{^doctor: agreement/open/agreement \d+ of req: it gives more}m);
hole('an agreement that was revoked, active again', q{SELECT dm_revoke_access(id) FROM datamesh.agreements WHERE consumer = 'req'::regrole; UPDATE datamesh.agreement SET state = 'active' WHERE consumer = 'req'::regrole}, qr{^doctor: agreement/open/.*it has ended}m);
hole('our tables, to write', 'GRANT INSERT, UPDATE ON datamesh.agreement TO eve', qr{^doctor: catalog/open/table datamesh\.agreement}m);
hole('token keys, to read', 'GRANT SELECT ON datamesh.token_key TO eve', qr{^doctor: catalog/open/table datamesh\.token_key}m);

# What has been accepted is no hole
{
	my ($out) = run_as($node, 'superuser', "BEGIN; SET LOCAL client_min_messages = error; GRANT USAGE ON SCHEMA shop TO eve; GRANT SELECT ON shop.customer TO eve;
		SELECT dm_accept_grant('shop', 'shop.customer', 'eve', 'audit'); SELECT dm_accept_grant('shop', 'shop', 'eve', 'audit');\n\\echo accepted\n$attack; ROLLBACK");
	is($out =~ s/^.*accepted\n//sr, '', 'a grant that governance has accepted is no finding');
}

# A loopback needs a second session, which sees what is committed
my ($host, $socket) = ($node->host, $node->port);
$node->safe_psql('attack', qq{
	SET client_min_messages = error;
	CREATE SERVER loop FOREIGN DATA WRAPPER postgres_fdw OPTIONS (dbname 'attack', host '$host', port '$socket');
	CREATE USER MAPPING FOR PUBLIC SERVER loop OPTIONS (user 'shop_team', password_required 'false');
	CREATE FOREIGN TABLE public.far (id int, email text) SERVER loop OPTIONS (schema_name 'shop', table_name 'customer');
	GRANT SELECT ON public.far TO PUBLIC});
like((run_as($node, 'superuser', $attack))[0], qr{^copy/PUBLIC/leaked/.*public\.far}m, 'a foreign loopback');
$node->safe_psql('attack', 'DROP SERVER loop CASCADE');

# Nothing of all that stayed, and whoever is not told may not ask
is((run_as($node, 'superuser', $attack))[0], '', 'the mesh is clean again');
for my $role (qw(mia eve shop_team))
{
	is((run_as($node, $role, $attack))[2], '42501', "$role may not call dm_attack");
}

# What dm_attack runs may not harm the caller: a view with a function that would use his rights
$node->safe_psql('attack', q{
	CREATE FUNCTION mia_work.evil() RETURNS int LANGUAGE plpgsql VOLATILE AS $$
	BEGIN
		RAISE WARNING 'evil is %', current_user;
		BEGIN SET SESSION AUTHORIZATION DEFAULT; EXCEPTION WHEN OTHERS THEN NULL; END;
		BEGIN RESET ROLE; EXCEPTION WHEN OTHERS THEN NULL; END;
		BEGIN ALTER ROLE mia SUPERUSER; EXCEPTION WHEN OTHERS THEN NULL; END;
		BEGIN INSERT INTO mia_work.log VALUES (current_user); EXCEPTION WHEN OTHERS THEN NULL; END;
		BEGIN PERFORM set_config('search_path', 'mia_work', false); EXCEPTION WHEN OTHERS THEN NULL; END;
		RAISE EXCEPTION 'secret of %', current_user;
	END $$;
	CREATE TABLE mia_work.log (who text);
	GRANT ALL ON mia_work.log TO PUBLIC;
	CREATE VIEW mia_work.trap AS SELECT mia_work.evil() AS id, email FROM shop_customers_v1.customer;
	GRANT SELECT ON mia_work.trap TO PUBLIC;
	CREATE TABLE mia_work.plain AS SELECT mia_work.evil FROM (SELECT 1 AS evil) mia_work;
	CREATE VIEW mia_work.trap2 AS SELECT mia_work.evil() AS id; GRANT SELECT ON mia_work.trap2 TO PUBLIC});
my ($out, $err) = run_as($node, 'superuser', q{SELECT path, role, verdict, detail FROM dm_attack('shop.customers') WHERE statement ~ 'trap'; SELECT current_user = session_user, current_setting('search_path')}, set => { client_min_messages => 'notice' });
like($out, qr/^copy\|ida\|error\|P0001$|^copy\|mia\|error\|P0001$/m, 'a trap is run, and its error reported by its code');
unlike("$out$err", qr/evil is|secret of/, 'its messages are not heard');
like($out, qr/^t\|"\$user", public$/m, 'the caller stays who he is');
is($node->safe_psql('attack', q{SELECT count(*) FROM mia_work.log}) . $node->safe_psql('attack', q{SELECT rolsuper FROM pg_roles WHERE rolname = 'mia'}), '0f', 'and nothing of it stays');

end_attacks();
