# (b) A consumer with a row policy after a hidden row.  sam is cleared for every column and sees
# the rows of his country; con may see the rows of subjects who consented to advertising.  Every
# third row is hidden from both.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use Attack;
use Mesh;
use Test::More;

begin_attacks('rows');
admin(q{
	SET client_min_messages = error;
	CREATE ROLE con LOGIN;
	CREATE ROLE tag LOGIN;
	GRANT con, tag TO pool;
	SELECT dm_register_purpose('ads');
	CREATE SCHEMA con_work AUTHORIZATION con;
	SELECT dm_set_attribute('sam', 'country', 'nl');
	SET ROLE shop_team;
	CREATE INDEX ON shop.customer (country);
	CREATE INDEX ON shop.orders (customer);
	SELECT dm_add_row_policy('shop.customer', 'home', 'country = ANY (dm_attribute(''country''))', '{purpose:reporting,role:sam}');
	SELECT dm_add_row_policy('shop.customer', 'sensitive', 'country <> ''zz''', '{tag:restricted}');
	SELECT dm_add_row_policy('shop.customer_copy', 'home', 'country = ANY (dm_attribute(''country''))', '{role:sam}');
	SELECT dm_add_row_policy('shop.customer_copy', 'sensitive', 'country <> ''zz''', '{tag:restricted}');
	SELECT dm_add_row_policy('shop.orders', 'home', 'customer IN (SELECT id FROM shop.customer WHERE country = ANY (dm_attribute(''country'')))', '{role:sam}');
	SELECT dm_register_subject('shop.customer', 'id');
	SELECT dm_register_subject('shop.orders', 'customer');
	SELECT dm_register_product('shop.ads', 'for advertising', open_ended => true);
	SELECT dm_add_port('shop.ads', r) FROM unnest('{shop.customer,shop.customer_view,shop.orders}'::regclass[]) r;
	SELECT dm_publish('shop.ads');
	SELECT dm_require_consent('shop.ads', 'ads');
	SELECT dm_record_consent(array_agg(i::text), 'ads', true) FROM generate_series(1, 30) i;
	SELECT dm_record_consent(array_agg(i::text), 'ads', false) FROM generate_series(3, 30, 3) i;
	SELECT dm_grant_access('shop.ads', 'con', 'ads', '{pii,restricted,confidential}');
	SELECT dm_grant_access('shop.customers', 'tag', 'reporting', '{pii,confidential}')});

our $port = 'shop_customers_v1.customer';
our $view = 'shop_customers_v1.customer_view';
our $copy = 'shop_customers_v1.customer_copy';
my $orders = 'shop_customers_v1.orders';
my $leaky = q{
CREATE FUNCTION pg_temp.leak(v text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS
	$$ BEGIN RAISE NOTICE 'saw %', v; RETURN true; END $$;
};

# con reads another product, which asks for consent; a materialised view cannot.
sub of_con
{
	my ($sql) = @_;
	$sql =~ s/shop_customers_v1\.customer_copy/shop_ads_v1.customer_view/g;
	return $sql =~ s/shop_customers_v1/shop_ads_v1/gr;
}

# Each of these as the reader whom a policy by role and attribute restricts, as one without
# consents, and as one who is not cleared for a tag.
sub hidden
{
	my ($name, $sql, %opt) = @_;
	for ([ 'sam', 'reporting' ], [ 'con', 'ads' ], [ 'tag', 'reporting' ])
	{
		my ($role, $purpose) = @$_;
		my $path = "SET search_path = pg_temp, public;\n";
		attack("$name ($role)", role => $role, modes => $role eq 'sam' ? [ 'auto', 'generic' ] : ['generic'], purpose => $purpose, hidden => 'hidden', sql => $path . ($role eq 'con' ? of_con($sql) : $sql), %opt);
	}
	return;
}

# The owner and the unrestricted see them: there is something to hide
attack('an unrestricted reader sees all rows', role => 'ida', hidden => 'none', sql => "SELECT count(*), count(*) FILTER (WHERE country = 'zz') FROM $port", like => qr/^30\|10$/);
hidden('plain readings', "SELECT * FROM $port; TABLE $view; TABLE $copy; SELECT c FROM $port c; SELECT to_jsonb(c) FROM $port c; SELECT count(*), count(*) FILTER (WHERE country = 'zz') FROM $port", like => qr/^20\|0$/m);
attack('partitioned tables (sam)', role => 'sam', hidden => 'hidden', sql => "SELECT * FROM $orders; SELECT count(*) FROM $orders", like => qr/^20$/m);
attack('partitioned tables (con)', role => 'con', purpose => 'ads', hidden => 'hidden', sql => of_con("SELECT * FROM $orders; SELECT count(*) FROM $orders"), like => qr/^20$/m);
hidden('aggregates', "SELECT count(*), min(email), max(email), sum(salary), string_agg(note, ','), array_agg(c) FROM $port c; SELECT country, count(*) FROM $port GROUP BY ROLLUP (country); SELECT count(DISTINCT note) FROM $copy");
hidden('EXISTS, NOT IN, set operations', "SELECT EXISTS (SELECT FROM $port WHERE country = 'zz'), 3 IN (SELECT id FROM $port), 3 NOT IN (SELECT id FROM $port); SELECT i FROM generate_series(1, 30) i EXCEPT SELECT id FROM $port ORDER BY 1 LIMIT 1; SELECT note FROM $port UNION SELECT note FROM $copy", like => qr/^f\|f\|t$/m);
hidden('windows and ordering', "SELECT note, row_number() OVER (ORDER BY id), lag(note) OVER (ORDER BY id), nth_value(email, 3) OVER (ORDER BY id) FROM $port; SELECT * FROM $port ORDER BY id OFFSET 2 LIMIT 1; SELECT DISTINCT ON (country) * FROM $port");
hidden('outer joins', "SELECT * FROM generate_series(1, 30) i LEFT JOIN $port c ON c.id = i; SELECT * FROM $port c FULL JOIN $copy d USING (id) WHERE c.country = 'zz' OR d.country = 'zz' OR id % 3 = 0");
hidden('LATERAL and correlated subqueries', "SELECT i, (SELECT note FROM $port WHERE id = i) FROM generate_series(1, 30) i; SELECT * FROM generate_series(1, 30) i, LATERAL (SELECT * FROM $port WHERE id = i) x");
hidden('recursion and CTEs', "WITH RECURSIVE r AS (SELECT 1 AS id UNION ALL SELECT id + 1 FROM r WHERE id < 30) SELECT * FROM r JOIN $port USING (id); WITH m AS MATERIALIZED (TABLE $port) SELECT * FROM m");
hidden('a leaky function in WHERE', "$leaky SELECT id FROM $port WHERE pg_temp.leak(email) AND pg_temp.leak(note); SELECT id FROM $view WHERE pg_temp.leak(note); SELECT id FROM $copy WHERE pg_temp.leak(note)");
hidden('a leaky function on an index condition', "$leaky SET enable_seqscan = off; SELECT id FROM $port WHERE id = 3 AND pg_temp.leak(email); SELECT id FROM $port WHERE email > 'a' AND pg_temp.leak(note); SELECT id FROM $port WHERE country = 'zz' AND pg_temp.leak(note)");
hidden('a leaky function in joins', "$leaky SELECT c.id FROM $port c JOIN $copy d ON pg_temp.leak(c.note) AND pg_temp.leak(d.note) AND c.id = d.id; SELECT i FROM generate_series(1, 30) i WHERE EXISTS (SELECT FROM $port c WHERE c.id = i AND pg_temp.leak(c.note))");
hidden('a leaky function in ORDER BY, GROUP BY, CASE, FILTER', "$leaky SELECT id FROM $port ORDER BY pg_temp.leak(note); SELECT count(*) FROM $port GROUP BY pg_temp.leak(note); SELECT CASE WHEN pg_temp.leak(note) THEN 1 END FROM $port; SELECT count(*) FILTER (WHERE pg_temp.leak(note)) FROM $port");
hidden('a leaky operator', qq{
	CREATE FUNCTION pg_temp.same(text, text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS \$\$ BEGIN RAISE NOTICE 'saw %', \$1; RETURN true; END \$\$;
	CREATE OPERATOR pg_temp.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = pg_temp.same, RESTRICT = eqsel, JOIN = eqjoinsel);
	SELECT id FROM $port WHERE note OPERATOR(pg_temp.===) 'x'; EXPLAIN SELECT id FROM $port WHERE note OPERATOR(pg_temp.===) 'x'});
hidden('a view of one\'s own with a leaky condition', "$leaky CREATE TEMP VIEW v AS SELECT * FROM $port WHERE pg_temp.leak(note); SELECT count(*) FROM v; CREATE TEMP VIEW w WITH (security_barrier) AS SELECT * FROM $port; SELECT id FROM w WHERE pg_temp.leak(note)");
hidden('division by zero meets no hidden row', "SELECT count(1 / (id - 3)) FROM $port; SELECT 1 / (id - 3) FROM $port WHERE 1 / (id - 3) > 5; SELECT 1 / (id - 3) FROM $copy; SELECT id FROM $view ORDER BY 1 / (id - 3)");
hidden('a cast error meets no hidden row', "SELECT count((CASE WHEN id % 3 = 0 THEN note ELSE '1' END)::int) FROM $port; SELECT id FROM $port WHERE (CASE WHEN country = 'zz' THEN note ELSE '1' END)::int = 1 LIMIT 1; SELECT count((CASE WHEN id % 3 = 0 THEN 'x' ELSE '1' END)::numeric) FROM $copy");
hidden('row_security = off', "SET row_security = off; SELECT * FROM $port; SELECT * FROM $orders WHERE id = 3; SET row_security = on; SELECT count(*) FROM $port", like => qr/^20$/m, errors => '42501 42501');
hidden('COPY and cursors', "COPY (SELECT * FROM $port) TO STDOUT; BEGIN; DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT * FROM $port; FETCH ALL c; COMMIT; FETCH FIRST c; MOVE ABSOLUTE 3 c; FETCH c");
hidden('functions', "CREATE FUNCTION pg_temp.f() RETURNS SETOF $port LANGUAGE sql STABLE AS 'SELECT * FROM $port'; SELECT * FROM pg_temp.f(); CREATE FUNCTION pg_temp.g() RETURNS SETOF $port LANGUAGE sql SECURITY DEFINER AS 'SELECT * FROM $port'; SELECT * FROM pg_temp.g();
	DO \$\$ DECLARE r record; BEGIN FOR r IN SELECT * FROM $port LOOP RAISE NOTICE '%', r; END LOOP; END \$\$",
	# a set-returning function that was inlined has escaped the planner hook: the probe of consents refuses
	errors => qr/^(42501)?$/);
hidden('prepared statements', "PREPARE q(int) AS SELECT * FROM $port WHERE id = \$1; EXECUTE q(3); EXECUTE q(4); EXECUTE q(3); EXECUTE q(6); EXECUTE q(9); EXECUTE q(12); EXECUTE q(3)");
hidden('copies', "CREATE TEMP TABLE t AS SELECT * FROM $port; SELECT * FROM t; SELECT * INTO TEMP u FROM $copy; SELECT * FROM u");
hidden('our functions shadowed', "CREATE FUNCTION pg_temp.dm_attribute(text) RETURNS text[] LANGUAGE sql AS 'SELECT ARRAY[''zz'', ''nl'']'; CREATE FUNCTION pg_temp.restricts(bigint) RETURNS boolean LANGUAGE sql AS 'SELECT false'; SET search_path = pg_temp, pg_catalog; SELECT * FROM $port; SELECT * FROM $copy");
hidden('planner switches', "SET from_collapse_limit = 1; SET enable_seqscan = off; SET enable_indexscan = off; SET enable_bitmapscan = on; SET constraint_exclusion = on; SELECT * FROM $port WHERE country = 'zz' OR id = 3; SELECT * FROM $copy WHERE country = 'zz'");
hidden('parallel workers', "SET min_parallel_table_scan_size = 0; SELECT * FROM $port; SELECT country, string_agg(note, ',') FROM $port GROUP BY 1; SELECT * FROM $copy WHERE note > 'a'", modes => ['parallel']);
hidden('EXPLAIN shows no value', "EXPLAIN (VERBOSE) SELECT * FROM $port; EXPLAIN (ANALYZE, TIMING OFF) SELECT * FROM $port WHERE country = 'zz'; EXPLAIN (ANALYZE, VERBOSE, TIMING OFF) SELECT * FROM $copy");
hidden('statistics', "SELECT * FROM pg_stats WHERE schemaname ~ '^shop'; SELECT * FROM pg_stats_ext WHERE schemaname = 'shop'; SELECT * FROM datamesh.row_policies; SELECT * FROM datamesh.consents; SELECT * FROM datamesh.subjects");
hidden('the tables, partitions and sets behind', 'SELECT * FROM shop.customer; SELECT * FROM shop.orders_2024; SELECT * FROM datamesh.consent; SELECT * FROM datamesh.consent_set; SELECT * FROM datamesh.role_attribute; SELECT * FROM datamesh.row_policy',
	errors => '42501 42501 42501 42501 42501 42501');

# Changing what hides them
hidden('attributes, policies and consents of one\'s own', q{
	SELECT dm_set_attribute(current_user::regrole, 'country', 'nl', 'zz'); SELECT dm_drop_attribute(current_user::regrole, 'country'); SELECT dm_drop_row_policy('shop.customer', 'home'); SELECT dm_alter_row_policy('shop.customer', 'home', 'true');
	SELECT dm_record_consent('3', 'ads', true); SELECT dm_drop_consent_requirement('shop.ads', 'ads'); SELECT dm_drop_subject('shop.customer', 'id')}, errors => qr/^\w{5}( \w{5}){6}$/, like => qr/^$/);
hidden('DISABLE, NO FORCE, DROP POLICY', 'ALTER TABLE shop.customer DISABLE ROW LEVEL SECURITY; ALTER TABLE shop.customer NO FORCE ROW LEVEL SECURITY; DROP POLICY datamesh_permit ON shop.customer; CREATE POLICY p ON shop.customer USING (true); ALTER ROLE sam BYPASSRLS; ALTER TABLE shop.orders_2024 DISABLE ROW LEVEL SECURITY',
	errors => '42501 42501 42501 42501 42501 42501');
hidden('SET ROLE', "SET ROLE ida; SET ROLE shop_team; SET SESSION AUTHORIZATION ida; SELECT * FROM $port", errors => '42501 42501 42501');
attack('another purpose does not lift a policy (con)', role => 'con', hidden => 'hidden', purpose => 'reporting', sql => of_con("SELECT * FROM $port; SET datamesh.purpose = 'ads'; SELECT * FROM $port; SET datamesh.purpose = ''; SELECT * FROM $port"), errors => 'MD002 MD002');

# Oracles: a hidden row's value against one that nobody has
for ([ 'sam', 'reporting' ], [ 'con', 'ads' ])
{
	my ($role, $purpose) = @$_;
	my %who = (role => $role, purpose => $purpose);
	local ($port, $view, $copy) = map { of_con($_) } $port, $view, $copy if $role eq 'con';
	oracle("equality with a hidden value ($role)", %who, right => canary('note', 9), wrong => canary('note', 109), errors => '',
		sql => "SELECT count(*) FROM $port WHERE note = '{guess}'; SELECT EXISTS (SELECT FROM $copy WHERE note = '{guess}'), '{guess}' IN (SELECT note FROM $view); SELECT count(1 / (CASE WHEN note = '{guess}' THEN 0 ELSE 1 END)) FROM $port");
	oracle("a unique column with a hidden value ($role)", %who, right => canary('email', 9) . '@mail.example', wrong => canary('email', 109) . '@mail.example', errors => '',
		sql => "SELECT id FROM $port WHERE email = '{guess}'; SELECT count(*) FROM $port WHERE email <= '{guess}' AND email >= '{guess}'");
	oracle("EXPLAIN estimates of a hidden value ($role)", %who, right => canary('note', 9), wrong => canary('note', 109), errors => '',
		sql => "EXPLAIN SELECT * FROM $port WHERE note = '{guess}'; EXPLAIN SELECT * FROM $port WHERE note LIKE '{guess}%'; EXPLAIN SELECT * FROM $copy WHERE note = '{guess}'; EXPLAIN SELECT * FROM $port WHERE (note || 'x') = '{guess}'");
	oracle("a foreign key to a hidden row ($role)", %who, right => 3, wrong => 333, errors => qr/^(42501|42809|42P01)/,
		sql => "CREATE TEMP TABLE t (id int REFERENCES shop.customer); CREATE TEMP TABLE t (id int REFERENCES $port); INSERT INTO t VALUES ({guess}); INSERT INTO shop.customer (id) VALUES ({guess})");
	oracle("writing beside a hidden row ($role)", %who, right => 3, wrong => 333, errors => qr/^(42501 ?)+$/,
		sql => "INSERT INTO $port (id) VALUES ({guess}); UPDATE $port SET note = 'x' WHERE id = {guess}; DELETE FROM $port WHERE id = {guess}; SELECT * FROM $port WHERE id = {guess} FOR UPDATE");
}

# Plans of the unrestricted in the hands of the restricted
for my $next ([ 'sam', 'reporting' ], [ 'con', 'ads' ], [ 'tag', 'reporting' ])
{
	my ($role, $purpose) = @$next;
	attack("a plan that ida made, executed by $role", role => 'pool', hidden => 'hidden',
		sql => "SET ROLE ida; SET datamesh.purpose = 'reporting';\n\\o /dev/null\nPREPARE q AS SELECT * FROM $port; PREPARE r AS SELECT * FROM $copy; EXECUTE q; EXECUTE r; CREATE FUNCTION pg_temp.f() RETURNS SETOF text LANGUAGE sql AS 'SELECT note FROM $port'; SELECT pg_temp.f();\n\\o\nSET ROLE $role; SET datamesh.purpose = '$purpose'; EXECUTE q; EXECUTE r; SELECT pg_temp.f()",
		errors => $role eq 'con' ? qr/^(42501|MD00\d)( (42501|MD00\d))+$/ : '');
}

# What is withdrawn, lost or added vanishes with the next statement, in open sessions
for my $node (nodes())
{
	for my $level ('READ COMMITTED', 'SERIALIZABLE')
	{
		my $session = session($node, 'attack', 'SET SESSION AUTHORIZATION con', q{SET datamesh.purpose = 'ads'}, 'SET plan_cache_mode = force_generic_plan',
			of_con("PREPARE q AS SELECT id FROM $port WHERE id = 4"));
		is($session->query('EXECUTE q'), '4', $node->name . ": $level: a subject who consented");
		$node->safe_psql('attack', q{SELECT dm_record_consent('4', 'ads', false)});
		is($session->query("BEGIN ISOLATION LEVEL $level; EXECUTE q; COMMIT"), '', '... and withdrew');
		$node->safe_psql('attack', q{SELECT dm_record_consent('4', 'ads', true)});
		$session->quit;
	}
	my $session = session($node, 'attack', 'SET SESSION AUTHORIZATION sam', q{SET datamesh.purpose = 'reporting'}, 'SET plan_cache_mode = force_generic_plan',
		"PREPARE q AS SELECT count(*) FROM $port");
	is($session->query('EXECUTE q'), '20', $node->name . ': an attribute');
	$node->safe_psql('attack', q{SELECT dm_set_attribute('sam', 'country', 'de')});
	is($session->query('EXECUTE q'), '0', '... that changes');
	$node->safe_psql('attack', q{SELECT dm_drop_attribute('sam', 'country')});
	is($session->query('EXECUTE q'), '0', '... that is dropped');
	$node->safe_psql('attack', q{SELECT dm_set_attribute('sam', 'country', 'nl')});
	is($session->query('EXECUTE q'), '20', '... that is back');
	$node->safe_psql('attack', q{SET client_min_messages = error; SET ROLE shop_team; SELECT dm_add_row_policy('shop.customer', 'none', 'false', '{role:sam}')});
	is($session->query('EXECUTE q'), '0', '... a policy that is added');
	$node->safe_psql('attack', q{SELECT dm_drop_row_policy('shop.customer', 'none')});
	$session->quit;
}

end_attacks();
