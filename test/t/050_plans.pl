# A reader who is cleared for everything runs the plan of the bare tables: queries over
# Pagila, once through the ports and once as the owner on the tables.  Only the names of
# relations may differ, since a port has its own.  The rows must be the same, too.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/../perl";
use Mesh;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my @relations = qw(actor address category city country customer film film_actor film_category inventory
  language payment payment_p2022_03 rental staff store customer_list film_list sales_by_film_category
  rental_by_category);

# A column that has a tag, and with it a mask, of each kind of type.
my %tagged = (
	actor => ['last_name'],
	address => [ 'address', 'phone' ],
	city => ['city'],
	customer => [ 'first_name', 'last_name', 'email', 'customer_id', 'create_date' ],
	film => [ 'title', 'length', 'fulltext', 'rating' ],
	inventory => ['film_id'],
	payment => [ 'amount', 'customer_id', 'payment_date' ],
	rental => [ 'customer_id', 'rental_date' ],
	staff => ['email']);

# Settings that a group of queries runs under.
my %settings = (
	plain => '',
	generic => 'SET plan_cache_mode = force_generic_plan;',
	custom => 'SET plan_cache_mode = force_custom_plan;',
	parallel => 'SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0;
		SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET min_parallel_index_scan_size = 0;',
	partitionwise => 'SET enable_partitionwise_join = on; SET enable_partitionwise_aggregate = on;',
	hash => 'SET enable_mergejoin = off; SET enable_nestloop = off;',
	merge => 'SET enable_hashjoin = off; SET enable_nestloop = off;',
	bitmap => 'SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_seqscan = off;',
	index => 'SET enable_bitmapscan = off; SET enable_seqscan = off;');

# Group and query; {name} is the relation.  What EXPLAIN explains is the last statement.
my @queries = grep { /\S/ } split /;\n/, <<'END' =~ s/^#.*\n//gmr;
# points and ranges
plain SELECT * FROM {customer} WHERE customer_id = 7;
plain SELECT email FROM {customer} WHERE last_name = 'SMITH';
plain SELECT first_name FROM {customer} WHERE last_name IN ('SMITH', 'JONES', 'BROWN');
plain SELECT * FROM {customer} WHERE customer_id = ANY ('{1,2,3}') AND email LIKE 'M%';
plain SELECT title FROM {film} WHERE title BETWEEN 'A' AND 'B' AND length > 100;
plain SELECT * FROM {customer} WHERE customer_id > 590;
plain SELECT * FROM {film} WHERE fulltext @@ to_tsquery('dragon & boat');
plain SELECT film_id FROM {film} WHERE rating = 'PG-13' AND length IS NOT NULL;
plain SELECT count(*) FROM {rental} WHERE rental_date >= '2022-07-01' AND rental_date < '2022-07-03';
plain SELECT * FROM {customer} WHERE lower(email) = 'mary.smith@sakilacustomer.org';
plain SELECT * FROM {customer} WHERE (customer_id, last_name) > (590, 'A') ORDER BY customer_id;
plain SELECT * FROM {address} WHERE phone = '28303384290' OR city_id = 300;
bitmap SELECT * FROM {customer} WHERE last_name = 'SMITH' OR customer_id < 9;
bitmap SELECT * FROM {inventory} WHERE store_id = 1 AND film_id = 9;
index SELECT last_name FROM {customer} WHERE last_name > 'W';
index SELECT customer_id FROM {customer} WHERE customer_id < 9;
index SELECT max(customer_id), min(last_name) FROM {customer};
# order and limit
plain SELECT last_name FROM {customer} ORDER BY last_name LIMIT 5;
plain SELECT last_name FROM {customer} ORDER BY last_name DESC, customer_id OFFSET 3 LIMIT 5;
plain SELECT * FROM {customer} ORDER BY customer_id FETCH FIRST 3 ROWS WITH TIES;
plain SELECT DISTINCT ON (last_name) last_name, email FROM {customer} ORDER BY last_name, email;
plain SELECT DISTINCT first_name, last_name FROM {actor};
# joins
plain SELECT c.email, p.amount FROM {customer} c JOIN {payment} p USING (customer_id) WHERE c.last_name = 'SMITH';
plain SELECT r.rental_date FROM {rental} r JOIN {customer} c ON c.customer_id = r.customer_id WHERE c.email = 'MARY.SMITH@sakilacustomer.org';
plain SELECT c.last_name, r.rental_date FROM {customer} c LEFT JOIN {rental} r ON r.customer_id = c.customer_id AND r.rental_date > '2022-08-01' WHERE c.customer_id < 20;
plain SELECT c.customer_id, c.last_name, a.phone FROM {customer} c LEFT JOIN {address} a ON a.address_id = c.address_id AND a.phone > '5' WHERE c.customer_id < 50;
plain SELECT count(*) FROM {customer} c RIGHT JOIN {rental} r ON r.customer_id = c.customer_id AND c.last_name = 'SMITH' WHERE r.rental_id < 100;
plain SELECT a.last_name, c.last_name FROM {actor} a FULL JOIN {customer} c ON a.last_name = c.last_name;
plain SELECT a.customer_id FROM {customer} a JOIN {customer} b ON a.last_name = b.first_name AND a.customer_id <> b.customer_id;
plain SELECT a.last_name FROM {customer} a LEFT JOIN {customer} b ON a.customer_id = b.customer_id;
plain SELECT f.title, count(*) FROM {film} f JOIN {inventory} i USING (film_id) JOIN {rental} r USING (inventory_id) GROUP BY f.film_id, f.title ORDER BY 2 DESC, 1 LIMIT 5;
plain SELECT ci.city, co.country FROM {city} ci NATURAL JOIN {country} co WHERE ci.city LIKE 'A%';
plain SELECT co.country, sum(p.amount) FROM {payment} p JOIN {customer} USING (customer_id) JOIN {address} USING (address_id) JOIN {city} ci USING (city_id) JOIN {country} co USING (country_id) GROUP BY co.country;
plain SELECT 1 FROM {store} s CROSS JOIN {language} l WHERE s.store_id = 1;
hash SELECT c.email, p.amount FROM {customer} c JOIN {payment} p USING (customer_id);
merge SELECT c.email, r.rental_id FROM {customer} c JOIN {rental} r USING (customer_id) ORDER BY customer_id, rental_id;
# aggregates, windows, grouping sets
plain SELECT count(*), max(email) FROM {customer};
plain SELECT store_id, string_agg(last_name, ',' ORDER BY last_name) FROM {customer} GROUP BY store_id;
plain SELECT customer_id, sum(amount) FROM {payment} GROUP BY customer_id HAVING sum(amount) > 180 ORDER BY 1;
plain SELECT date_trunc('month', payment_date AT TIME ZONE 'UTC') AS m, staff_id, sum(amount) FROM {payment} GROUP BY GROUPING SETS ((1, staff_id), (1), ()) ORDER BY 1, 2;
plain SELECT rating, length, count(*) FROM {film} GROUP BY CUBE (rating, length) ORDER BY 1, 2, 3 LIMIT 20;
plain SELECT count(*) FILTER (WHERE amount > 5), count(DISTINCT customer_id) FROM {payment};
plain SELECT customer_id, payment_date, sum(amount) OVER (PARTITION BY customer_id ORDER BY payment_date) FROM {payment} WHERE customer_id = 7;
plain SELECT last_name, row_number() OVER (ORDER BY last_name, customer_id), lag(email) OVER (ORDER BY customer_id) FROM {customer} LIMIT 5;
plain SELECT * FROM (SELECT title, rank() OVER (PARTITION BY rating ORDER BY length DESC, title) AS r FROM {film}) s WHERE r = 1;
# subqueries
plain SELECT last_name FROM {customer} c WHERE EXISTS (SELECT FROM {payment} p WHERE p.customer_id = c.customer_id AND p.amount > 11);
plain SELECT title FROM {film} f WHERE NOT EXISTS (SELECT FROM {inventory} i WHERE i.film_id = f.film_id);
plain SELECT last_name FROM {customer} WHERE customer_id IN (SELECT customer_id FROM {payment} WHERE amount > 11);
plain SELECT last_name FROM {customer} WHERE customer_id NOT IN (SELECT customer_id FROM {rental} WHERE rental_date < '2022-06-01');
plain SELECT last_name, (SELECT max(amount) FROM {payment} p WHERE p.customer_id = c.customer_id) FROM {customer} c WHERE customer_id < 5;
plain SELECT * FROM {payment} WHERE amount = (SELECT max(amount) FROM {payment});
plain SELECT ARRAY(SELECT title FROM {film} WHERE length > 184 ORDER BY title);
plain SELECT c.last_name, l.amount FROM {customer} c CROSS JOIN LATERAL (SELECT amount FROM {payment} p WHERE p.customer_id = c.customer_id ORDER BY amount DESC, payment_id LIMIT 1) l WHERE c.customer_id < 5;
plain SELECT c.last_name, l.n FROM {customer} c LEFT JOIN LATERAL (SELECT count(*) AS n FROM {rental} r WHERE r.customer_id = c.customer_id AND r.rental_date > '2022-08-20') l ON true WHERE c.last_name > 'X';
plain SELECT s.last_name FROM (SELECT last_name, customer_id FROM {customer} ORDER BY last_name, customer_id LIMIT 10) s WHERE s.customer_id > 3;
plain SELECT count(*) FROM (SELECT * FROM {customer} OFFSET 0) s WHERE last_name = 'SMITH';
plain SELECT c.* FROM {customer} c WHERE c.customer_id = 9;
plain SELECT CASE WHEN email LIKE '%a%' THEN last_name ELSE email END FROM {customer} WHERE customer_id < 4;
# CTEs
plain WITH c AS (SELECT * FROM {customer}) SELECT email FROM c WHERE last_name = 'SMITH';
plain WITH c AS MATERIALIZED (SELECT * FROM {customer} WHERE last_name > 'T') SELECT a.email FROM c a JOIN c b USING (customer_id);
plain WITH RECURSIVE r(id, n) AS (SELECT customer_id, 1 FROM {customer} WHERE last_name = 'SMITH' UNION ALL SELECT c.customer_id, n + 1 FROM {customer} c JOIN r ON c.customer_id = r.id + 1 WHERE n < 5) SELECT * FROM r;
# set operations
plain SELECT last_name FROM {customer} UNION SELECT last_name FROM {actor};
plain SELECT last_name FROM {customer} WHERE last_name > 'W' UNION ALL SELECT last_name FROM {actor} WHERE last_name > 'W' ORDER BY 1;
plain SELECT last_name FROM {customer} INTERSECT SELECT last_name FROM {actor};
plain SELECT last_name FROM {actor} EXCEPT ALL SELECT last_name FROM {customer};
plain SELECT * FROM (SELECT last_name, 'c' AS t FROM {customer} UNION ALL SELECT last_name, 'a' FROM {actor}) u WHERE last_name = 'DAVIS';
# partitions
plain SELECT * FROM {payment} WHERE payment_date = '2022-03-01 10:00:00+00';
plain SELECT sum(amount) FROM {payment} WHERE payment_date >= '2022-02-01 00:00:00+00' AND payment_date < '2022-04-01 00:00:00+00';
plain SELECT amount FROM {payment_p2022_03} WHERE customer_id = 7;
plain SELECT * FROM {payment} WHERE payment_date < '2022-01-24 00:00:00+00' AND customer_id = 5 ORDER BY payment_date;
partitionwise SELECT a.customer_id FROM {payment} a JOIN {payment} b ON a.payment_date = b.payment_date AND a.payment_id = b.payment_id WHERE a.amount > 11;
partitionwise SELECT payment_date, count(*) FROM {payment} GROUP BY payment_date ORDER BY 2 DESC, 1 LIMIT 3;
# views and materialized views under ports
plain SELECT name, phone FROM {customer_list} WHERE id = 7;
plain SELECT title FROM {film_list} WHERE category = 'Action' AND length > 180;
plain SELECT * FROM {rental_by_category} WHERE category = 'Action';
plain SELECT * FROM {sales_by_film_category};
# parallel
parallel SELECT count(*), sum(length(email)) FROM {customer};
parallel SELECT customer_id, sum(amount) FROM {payment} GROUP BY customer_id ORDER BY 2 DESC, 1 LIMIT 3;
parallel SELECT count(*) FROM {rental} r JOIN {customer} c USING (customer_id) WHERE c.last_name < 'M';
parallel SELECT count(*) FROM {rental} r LEFT JOIN {inventory} i USING (inventory_id) WHERE r.rental_date > '2022-06-01';
# prepared, with and without a generic plan; cursors
generic PREPARE q(int) AS SELECT email FROM {customer} WHERE customer_id = $1; EXECUTE q(7);
generic PREPARE q(text) AS SELECT c.email, r.rental_date FROM {customer} c LEFT JOIN {rental} r USING (customer_id) WHERE c.last_name = $1; EXECUTE q('SMITH');
generic PREPARE q(timestamptz) AS SELECT sum(amount) FROM {payment} WHERE payment_date >= $1; EXECUTE q('2022-06-01');
generic PREPARE q(text, int) AS SELECT last_name FROM {customer} WHERE last_name > $1 ORDER BY last_name LIMIT $2; EXECUTE q('W', 3);
custom PREPARE q(int) AS SELECT email FROM {customer} WHERE customer_id = $1 OR $1 IS NULL; EXECUTE q(7);
plain DECLARE k CURSOR WITH HOLD FOR SELECT last_name, email FROM {customer} ORDER BY last_name;
plain DECLARE k SCROLL CURSOR WITH HOLD FOR SELECT c.email FROM {customer} c JOIN {payment} p USING (customer_id) WHERE p.amount > 11;
# a port that shows some of the columns, in another order
plain SELECT email FROM {some_customer} WHERE customer_id = 7;
plain SELECT last_name FROM {some_customer} WHERE last_name > 'W' ORDER BY last_name;
plain SELECT r.rental_id, c.email, c.last_name FROM {rental} r LEFT JOIN {some_customer} c ON c.customer_id = r.customer_id AND c.last_name > 'S' WHERE r.rental_id < 30;
plain SELECT last_name FROM {some_customer} WHERE customer_id < 5 UNION ALL SELECT last_name FROM {actor} WHERE actor_id < 5;
plain SELECT last_name, email, count(*) FROM {some_customer} GROUP BY GROUPING SETS ((last_name), (email)) ORDER BY 1, 2 LIMIT 3;
plain SELECT a.last_name FROM {actor} a WHERE NOT EXISTS (SELECT FROM {some_customer} c WHERE c.last_name = a.last_name);
plain SELECT a.first_name, l.email FROM {actor} a, LATERAL (SELECT email FROM {some_customer} c WHERE c.last_name = a.last_name ORDER BY email LIMIT 1) l;
generic PREPARE q(int) AS SELECT email FROM {rental} r LEFT JOIN {some_customer} c USING (customer_id) WHERE r.rental_id = $1; EXECUTE q(7);
parallel SELECT count(*) FROM {some_customer} c JOIN {rental} r USING (customer_id) WHERE c.email LIKE 'M%';
# whole rows
plain SELECT c FROM {country} c WHERE country_id = 7;
plain SELECT to_jsonb(c) FROM {country} c ORDER BY country_id LIMIT 2;
plain SELECT c.customer_id, r FROM {customer} c LEFT JOIN {rental} r ON r.customer_id = c.customer_id AND r.rental_id < 0 WHERE c.customer_id < 3;
plain SELECT count(c), count(c.*) FROM {customer} c JOIN {address} a USING (address_id) WHERE c.last_name > 'W';
plain SELECT (c).email FROM (SELECT c FROM {customer} c WHERE customer_id = 7) s;
# what is made from a query
plain CREATE TEMP TABLE made AS SELECT email FROM {customer} WHERE last_name = 'SMITH';
END

my $node = mesh_node('plans');

# Pagila, given to one team; all of it published.
sub load
{
	my $data = "$FindBin::RealBin/../data/pagila";

	$node->safe_psql('postgres', 'CREATE DATABASE pagila');
	$node->safe_psql('pagila', 'CREATE EXTENSION datamesh');
	$node->psql('postgres', 'CREATE ROLE postgres');
	$node->command_ok([
			'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('pagila'),
			'-o', '/dev/null', '-f', "$data/pagila-schema.sql", '-f', "$data/pagila-data.sql" ],
		'Pagila is loaded');
	my $sql = "CREATE ROLE shop; CREATE ROLE reader; CREATE SCHEMA shop AUTHORIZATION shop;\n";
	$sql .= join '', map { "ALTER TABLE public.$_ SET SCHEMA shop;\n" }
	  split /\n/, $node->safe_psql('pagila', q{SELECT c.relname FROM pg_class c
		WHERE c.relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')});
	$sql .= q{DO $$ DECLARE r regclass; BEGIN
		FOR r IN SELECT oid FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') LOOP
			EXECUTE format('ALTER TABLE %s OWNER TO shop', r); END LOOP; END $$;
		ALTER MATERIALIZED VIEW shop.rental_by_category OWNER TO shop;
		REFRESH MATERIALIZED VIEW shop.rental_by_category;
		CREATE INDEX ON shop.customer (lower(email));
		};
	$sql .= q{SELECT dm_register_purpose('testing');
		SELECT dm_create_tag('secret', mask => 'dm_mask_null()');
		SET ROLE shop;
		SELECT dm_register_domain('shop', schemas => '{shop}');
		SELECT dm_register_product('shop.all', open_ended => true);
		};
	for my $relation (sort keys %tagged)
	{
		$sql .= "SELECT dm_classify('shop.$relation', '$_', 'secret');\n" for @{ $tagged{$relation} };
	}
	$sql .= "SELECT dm_add_port('shop.all', 'shop.$_');\n" for @relations;
	$sql .= "SELECT dm_add_port('shop.all', 'shop.customer', 'some_customer', '{email,last_name,customer_id}');\n";
	$sql .= q{SELECT dm_publish('shop.all');
		SELECT dm_grant_access('shop.all', 'reader', 'testing', '{secret}');
		RESET ROLE;
		VACUUM ANALYZE;
		ALTER DATABASE pagila SET timezone = 'UTC';
	};
	$node->safe_psql('pagila', $sql);
	return;
}

# Runs all queries as a role, on the tables of the schema; gives plan and rows of each.
sub run_all
{
	my ($role, $schema) = @_;
	my $script = "SET ROLE $role;\nSET datamesh.purpose = 'testing';\n\\pset tuples_only on\n\\pset format unaligned\n";

	for my $i (0 .. $#queries)
	{
		my ($group, $query) = $queries[$i] =~ /^(\w+) (.*)$/s or die "cannot read $queries[$i]\n";
		$query =~ s/\{some_customer\}/{customer}/g if $schema eq 'shop';
		$query =~ s/\{([a-z_0-9]+)\}/$schema.$1/g;
		my ($prepare, $last) = $query =~ /^(PREPARE .*?;)\s*(EXECUTE .*)$/s ? ($1, $2) : ('', $query);
		my $run = $last =~ /^DECLARE/ ? "$last; FETCH ALL FROM k; CLOSE k" : $last;
		$run .= '; TABLE made; DROP TABLE made' if $last =~ /^CREATE/;
		$script .= "\\echo ==plan $i\n$settings{$group}\n$prepare\nEXPLAIN (COSTS OFF) $last;\n";
		$script .= "\\echo ==rows $i\n$run;\nRESET ALL;\nSET datamesh.purpose = 'testing';\n";
		$script .= "DEALLOCATE q;\n" if $prepare;
	}
	my ($status, $out, $err) = $node->psql('pagila', $script, on_error_stop => 0);
	is($err, '', "$role runs the queries without an error");
	my %result;
	while ($out =~ /^==(plan|rows) (\d+)\n(.*?)(?=^==|\z)/gms)
	{
		$result{$2}{$1} = $3;
	}
	return \%result;
}

# A plan in which the n-th relation is called rn, whatever the query or the port calls it.
sub nameless
{
	my ($plan) = @_;
	my %name;
	my $number = 0;

	my $once = () = $plan =~ /\bScan(?: Backward)?(?: using \S+)? on /g;
	while ($plan =~ /\b(?:Scan(?: Backward)?(?: using \S+)?) on (\S+)(?: (\S+))?$/gm)
	{
		$name{ $2 // $1 } //= 'r' . ++$number;
	}
	# literals stay as they are
	my @parts = split /('(?:[^']|'')*')/, $plan;
	for my $part (@parts)
	{
		next if $part =~ /^'/;
		$part =~ s/(\bScan(?: Backward)?(?: using \S+)?) on (\S+)(?: (\S+))?$/"$1 on $2 " . $name{ $3 \/\/ $2 }/gme;
		$part =~ s/\b([a-z_]\w*)\.(?=[a-z_"*])/($name{$1} \/\/= 'r' . ++$number) . '.'/ge;
		# with one relation, EXPLAIN leaves its name out where it knows of no other
		$part =~ s/\br1\.// while $once <= 1 && $part =~ /\br1\./;
	}
	return join '', @parts;
}

load();
my $bare = run_all('shop', 'shop');
my $port = run_all('reader', 'shop_all_v1');

cmp_ok(scalar @queries, '>=', 60, scalar(@queries) . ' queries');
for my $i (0 .. $#queries)
{
	like($bare->{$i}{plan}, qr/\bScan\b/, "a plan of the tables: $queries[$i]");
	my ($plan, $plan2) = map { nameless($_->{$i}{plan} // '') } $bare, $port;
	is($plan2, $plan, "plan: $queries[$i]") or diag("bare:\n$bare->{$i}{plan}port:\n$port->{$i}{plan}");
	is($port->{$i}{rows}, $bare->{$i}{rows}, "rows: $queries[$i]");
}
# the comparison must be able to fail
isnt(nameless("Nested Loop\n  ->  Seq Scan on a x\n  ->  Seq Scan on a y\n        Filter: (x.id = 1)\n"),
	nameless("Nested Loop\n  ->  Seq Scan on a x\n  ->  Seq Scan on a y\n        Filter: (y.id = 1)\n"),
	'names are told apart');
like($bare->{0}{plan}, qr/Index Scan using customer_pkey/, 'the tables have indexes to use');
my $parallel = join '', map { $port->{$_}{plan} } grep { $queries[$_] =~ /^parallel/ } 0 .. $#queries;
like($parallel, qr/Parallel Seq Scan/, 'parallel plans are parallel');

# A reader with masks: conditions on what has none reach the indexes.
$node->safe_psql('pagila', q{SELECT dm_revoke_access(id) FROM datamesh.agreements WHERE product = 'shop.all';
	SET ROLE shop; SELECT dm_grant_access('shop.all', 'reader', 'testing')});
for (
	[ 'SELECT last_name FROM {customer} WHERE store_id = 1 AND address_id = 5', 'idx_fk_address_id' ],
	[ 'SELECT title FROM {film} WHERE film_id = 7', 'film_pkey' ],
	[ 'SELECT f.title FROM {film} f LEFT JOIN {film_actor} a USING (film_id) WHERE f.film_id = 7', 'film_pkey' ],
	[ 'SELECT c.email FROM {store} s LEFT JOIN {customer} c ON c.address_id = s.address_id WHERE s.store_id = 1', 'idx_fk_address_id' ],
	[ 'SELECT a.phone FROM {address} a WHERE city_id = 300 UNION ALL SELECT a.phone FROM {address} a WHERE address_id = 3', 'idx_fk_city_id' ],
	[ 'SELECT rental_date FROM {rental} WHERE inventory_id = 367', 'idx_fk_inventory_id' ],
	[ 'SELECT (SELECT title FROM {film} f WHERE f.film_id = c.film_id) FROM {film_category} c WHERE c.film_id = 3', 'film_pkey' ],
	[ 'SELECT amount FROM {payment} WHERE staff_id = 1 AND payment_id = 16051', undef ])
{
	my ($query, $index) = @$_;
	my $sql = $query =~ s/\{([a-z_0-9]+)\}/shop_all_v1.$1/gr;
	my $plan = $node->safe_psql('pagila',
		"SET ROLE reader; SET datamesh.purpose = 'testing'; SET enable_seqscan = off; EXPLAIN (COSTS OFF) $sql");
	defined $index ? like($plan, qr/\b$index\b/, "masked: $query") : unlike($plan, qr/dm_mask/, "masked: $query");
}
is($node->safe_psql('pagila',
		"SET ROLE reader; SET datamesh.purpose = 'testing'; SELECT count(title), count(*) FROM shop_all_v1.film"),
	'0|1000', 'and they are masked');

$node->stop;
done_testing();
