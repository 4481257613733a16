-- Loads Pagila into the current database and gives it to four teams.  Nothing in here
-- is of datamesh: this is the database as it was before.  Run it as a superuser.
--
--	customers	customer, address, city, country, ...		customers_team
--	rentals		rental, store, staff						rentals_team
--	inventory	film, actor, category, inventory, ...		inventory_team
--	finance		payment, partitioned by month, reports		finance_team
--
-- The teams' roles are ordinary ones.  So is pagila_app, the role of the shop's software:
-- it works with all tables and owns what reads several teams' data, the reports in
-- schema finance and the views and functions in schema app.

\set quiet_before :QUIET
\set QUIET on
SET client_min_messages = warning;

-- The dump names postgres as the owner of everything.  Roles belong to the whole
-- server, so they may exist already.
SELECT format('CREATE ROLE %I LOGIN', name)
FROM unnest('{postgres, pagila_app, steward, customers_team, rentals_team, inventory_team,
	finance_team, analyst, investigator, bi_tool}'::text[]) name
WHERE to_regrole(name) IS NULL
\gexec

\o /dev/null
\ir ../data/pagila/pagila-schema.sql
\ir ../data/pagila/pagila-data.sql
\o
-- the dumps' settings
RESET ALL;
SET client_min_messages = warning;

-- The dump lets everybody create objects in public.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

CREATE SCHEMA customers AUTHORIZATION customers_team;
CREATE SCHEMA rentals AUTHORIZATION rentals_team;
CREATE SCHEMA inventory AUTHORIZATION inventory_team;
CREATE SCHEMA finance AUTHORIZATION finance_team;
CREATE SCHEMA app AUTHORIZATION pagila_app;

-- Which schema a relation goes to, and whose it becomes.  Partitions and sequences go
-- with their table.
CREATE TEMP TABLE move (schema, owner, relation) AS VALUES
	('customers', 'customers_team', 'customer'),
	('customers', 'customers_team', 'address'),
	('customers', 'customers_team', 'city'),
	('customers', 'customers_team', 'country'),
	('customers', 'customers_team', 'customer_list'),
	('rentals', 'rentals_team', 'rental'),
	('rentals', 'rentals_team', 'store'),
	('rentals', 'rentals_team', 'staff'),
	('inventory', 'inventory_team', 'film'),
	('inventory', 'inventory_team', 'actor'),
	('inventory', 'inventory_team', 'category'),
	('inventory', 'inventory_team', 'language'),
	('inventory', 'inventory_team', 'film_actor'),
	('inventory', 'inventory_team', 'film_category'),
	('inventory', 'inventory_team', 'inventory'),
	('inventory', 'inventory_team', 'film_list'),
	('inventory', 'inventory_team', 'nicer_but_slower_film_list'),
	('inventory', 'inventory_team', 'actor_info'),
	('finance', 'finance_team', 'payment'),
	('finance', 'pagila_app', 'rental_by_category'),
	('finance', 'pagila_app', 'sales_by_store'),
	('finance', 'pagila_app', 'sales_by_film_category'),
	('app', 'pagila_app', 'staff_list');

SELECT format('ALTER TABLE public.%1$I OWNER TO %2$I; ALTER TABLE public.%1$I SET SCHEMA %3$I',
	c.relname, m.owner, m.schema)
FROM move m
JOIN pg_class c ON c.relname = m.relation
	OR c.relname ~ format('^%s_p\d{4}_\d\d$', m.relation)
	OR c.relname = format('%1$s_%1$s_id_seq', m.relation)
WHERE c.relnamespace = 'public'::regnamespace
\gexec

ALTER TYPE public.mpaa_rating SET SCHEMA inventory;
ALTER TYPE inventory.mpaa_rating OWNER TO inventory_team;
ALTER DOMAIN public.year SET SCHEMA inventory;
ALTER DOMAIN inventory.year OWNER TO inventory_team;

-- What reads several teams' data names its tables without a schema.
SELECT format('ALTER FUNCTION %1$s OWNER TO pagila_app; REVOKE ALL ON FUNCTION %1$s FROM PUBLIC;
	ALTER FUNCTION %1$s SET search_path = app, customers, rentals, inventory, finance, pg_temp;
	ALTER FUNCTION %1$s SET SCHEMA app', oid::regprocedure)
FROM pg_proc
WHERE pronamespace = 'public'::regnamespace
	AND proname IN ('film_in_stock', 'film_not_in_stock', 'get_customer_balance', 'last_day',
		'inventory_held_by_customer', 'inventory_in_stock', 'rewards_report')
\gexec

GRANT USAGE ON SCHEMA customers, rentals, inventory, finance TO pagila_app;
GRANT SELECT, INSERT, UPDATE, DELETE
	ON ALL TABLES IN SCHEMA customers, rentals, inventory, finance TO pagila_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA customers, rentals, inventory, finance TO pagila_app;
GRANT SELECT ON finance.rental_by_category, finance.sales_by_store,
	finance.sales_by_film_category TO finance_team;

-- The dump leaves it empty.
REFRESH MATERIALIZED VIEW finance.rental_by_category;
ANALYZE;

DROP TABLE move;
RESET client_min_messages;
\set QUIET :quiet_before
\unset quiet_before
