-- The demo: a video rental shop's database becomes a small data mesh, and readers with
-- and without clearance meet it.  Run with psql as a superuser in an empty database, from
-- the folder above this one:
--
--	psql -X -v ON_ERROR_STOP=1 -f demo/demo.sql
--
-- One psql plays all roles, by SET SESSION AUTHORIZATION.  What it does is shown as it is,
-- but for some repetitions; refusals are part of the story.

\set ON_ERROR_STOP on
\set QUIET on
\pset pager off
\pset footer off
\pset null '(null)'
SELECT current_user AS superuser \gset

\i demo/pagila.sql
SET TimeZone = 'UTC';
-- By default the first executions of a statement are planned anew; a cached plan is the harder
-- case.
SET plan_cache_mode = force_generic_plan;

\echo
\echo '==== 1. The database of a video rental shop, as it was ======================================'
\echo
\echo 'Four teams own the tables. Their roles are ordinary ones: no superuser, no CREATEROLE.'
\echo
\set ECHO queries

SELECT n.nspname AS schema, pg_get_userbyid(n.nspowner) AS owner,
       string_agg(c.relname, ', ' ORDER BY c.relname) AS tables
FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND n.nspname IN ('customers', 'rentals', 'inventory', 'finance')
GROUP BY 1, 2 ORDER BY 1;

\echo '==== 2. Governance: set once, for all teams ================================================='
\echo
\echo 'The steward may execute a few functions and has no other right.'
\echo

CREATE EXTENSION datamesh;
GRANT EXECUTE ON FUNCTION dm_load_taxonomy, dm_create_tag, dm_grant_key, dm_register_purpose
TO steward;
\echo
SET SESSION AUTHORIZATION steward;
\t on
SELECT dm_load_taxonomy('default') || ' tags';
SELECT dm_create_tag('finance', 'figures of the business');
SELECT dm_create_tag('finance.amount', 'amount of money', mask => 'dm_mask_number(1)');

\t off
\echo 'What stands in place of a value for a reader without clearance:'
\echo
SELECT name, description, mask FROM datamesh.tags
WHERE name ~ '^(pii|pii.(name|email|phone|address|account)|finance.*)$' ORDER BY name;

\t on
SELECT dm_register_purpose('analytics', 'statistics over many');
SELECT dm_register_purpose('reporting', 'reports and dashboards', parent => 'analytics');
SELECT dm_register_purpose('security', 'protection of the business');
SELECT dm_register_purpose('fraud_detection', 'search for fraud', parent => 'security');

\echo '==== 3. A team makes a product of its tables ================================================'
\echo
\echo 'It classifies its columns:'
\echo

SET SESSION AUTHORIZATION customers_team;
SELECT dm_register_domain('customers', schemas => '{customers}', description => 'who rents',
	producers => '{pagila_app}');
SELECT dm_classify('customers.customer', 'customer_id', 'pii.account');
SELECT dm_classify('customers.customer', 'first_name', 'pii.name');
SELECT dm_classify('customers.customer', 'last_name', 'pii.name');
SELECT dm_classify('customers.customer', 'email', 'pii.email');
SELECT dm_classify('customers.address', 'phone', 'pii.phone');
\set ECHO none
SELECT dm_classify('customers.address', name, 'pii.address')
FROM unnest('{address, address2, postal_code}'::name[]) name \g /dev/null
\set ECHO queries

\echo '(and so on). It publishes a table and a view:'
\echo
SELECT dm_register_product('customers.profiles', 'who our customers are');
SELECT dm_add_port('customers.profiles', 'customers.customer');
SELECT dm_add_port('customers.profiles', 'customers.customer_list', name => 'contact');
SELECT dm_publish('customers.profiles');
\set ECHO none
SELECT dm_register_product('customers.places', 'cities and countries', open_ended => true)
\g /dev/null
SELECT dm_add_port('customers.places', 'customers.city') \g /dev/null
SELECT dm_add_port('customers.places', 'customers.country') \g /dev/null
SELECT dm_publish('customers.places') \g /dev/null
\echo 'The other teams make the same calls (demo/mesh.sql), for tables, a partitioned table, views'
\echo 'and a materialized view.'
\o /dev/null
\i demo/mesh.sql
\o
\t off

\echo
\echo '==== 4. Discover: a role that was granted nothing ==========================================='
\echo
\set ECHO queries

SET SESSION AUTHORIZATION analyst;
SELECT name, owner, status, description FROM datamesh.products ORDER BY name;

\echo 'Who shows names of persons? A tag follows its column through views, also those of other teams.'
\echo
SELECT product, port, "column", type, source, tags FROM datamesh.port_columns
WHERE tags && '{pii.name}' ORDER BY 1, 2, 3;

\echo 'A port is a plain view. Anybody can read how it decides:'
\echo
\pset format unaligned
\t on
SELECT replace(pg_get_viewdef(view, true), '::text', '') FROM datamesh.ports
WHERE product = 'customers.profiles' AND name = 'contact';
\pset format aligned

\echo
\echo '==== 5. Request: no row before the approval ================================================='
\echo

SELECT 'request ' || dm_request_access('customers.profiles', 'analytics',
         until => now() + interval '90 days', reason => 'customers by country');
\set ON_ERROR_STOP off
SELECT count(*) FROM customers_profiles_v1.customer;
\echo
SELECT dm_approve_access(1);
\set ON_ERROR_STOP on

\t off
\echo
SET SESSION AUTHORIZATION customers_team;
SELECT id, requester, product, purpose, clearance, reason FROM datamesh.access_requests;
\t on
SELECT 'agreement ' || dm_approve_access(1);

\echo '==== 6. Read masked ========================================================================='
\echo
\echo 'The agreement is the privilege: this is what a BI tool lists now.'
\echo

\t off
SET SESSION AUTHORIZATION analyst;
SELECT table_schema, table_name FROM information_schema.tables
WHERE table_schema ~ '_v[0-9]+$' ORDER BY 1, 2;
\set ON_ERROR_STOP off
SELECT count(*) FROM customers_profiles_v1.customer;
\set ON_ERROR_STOP on
\echo
\echo 'A purpose below the agreed one will do:'
\echo
SET datamesh.purpose = 'reporting';
SELECT customer_id, first_name, last_name, email, store_id, create_date
FROM customers_profiles_v1.customer ORDER BY address_id LIMIT 3;
SELECT id, name, address, phone, city, country FROM customers_profiles_v1.contact
WHERE country = 'Chile' ORDER BY city;
\echo 'Conditions on what is not masked reach the indexes of the table:'
\echo
EXPLAIN (COSTS OFF) SELECT email FROM customers_profiles_v1.customer WHERE address_id = 5;

\echo '==== 7. Tokens join two products, and nobody is named ======================================='
\echo
\echo 'The ports of two teams get tokens of one key, and the analyst may read these.'
\echo

SET SESSION AUTHORIZATION steward;
\t on
SELECT role, dm_grant_key('default', role)
FROM unnest('{customers_team, finance_team}'::regrole[]) role;
SET SESSION AUTHORIZATION customers_team;
SELECT 'agreement ' || dm_grant_access('customers.profiles', 'analyst', 'analytics',
         clearance => '{pii.account:token}', until => now() + interval '90 days');
SET SESSION AUTHORIZATION finance_team;
SELECT 'agreement ' || dm_grant_access('finance.payments', 'analyst', 'analytics',
         clearance => '{pii.account:token}', until => now() + interval '90 days');
\t off
SET SESSION AUTHORIZATION analyst;
SELECT id, name, city, country FROM customers_profiles_v1.contact
WHERE country = 'Chile' ORDER BY city;
SELECT country, count(DISTINCT id) AS customers, sum(amount) AS paid_about
FROM customers_profiles_v1.contact JOIN finance_payments_v1.payment ON customer_id = id
GROUP BY country ORDER BY paid_about DESC LIMIT 3;

\echo '==== 8. A cleared reader: the values, and the plan of the bare tables ======================='
\echo

SET SESSION AUTHORIZATION customers_team;
\t on
SELECT 'agreement ' || dm_grant_access('customers.profiles', 'investigator', 'security',
         clearance => '{pii}', until => now() + interval '7 days');
SET SESSION AUTHORIZATION finance_team;
SELECT 'agreement ' || dm_grant_access('finance.payments', 'investigator', 'security',
         clearance => '{pii, finance}', until => now() + interval '7 days');
\t off
SET SESSION AUTHORIZATION investigator;
SET datamesh.purpose = 'fraud_detection';
SET search_path = customers_profiles_v1, finance_payments_v1;
SELECT email, amount, payment_date FROM customer JOIN payment USING (customer_id)
WHERE last_name = 'HUNT' AND payment_date >= '2022-07-01 00:00+00' AND amount > 3;

\echo 'The plan of such a query on the ports:'
\echo
EXPLAIN (COSTS OFF) SELECT email, amount FROM customer JOIN payment USING (customer_id)
WHERE last_name = 'HUNT' AND payment_date >= '2022-07-01 00:00+00';

\echo 'And on the bare tables, by the application that owns no port and needs none. They are equal:'
\echo
SET SESSION AUTHORIZATION pagila_app;
SET search_path = customers, finance;
EXPLAIN (COSTS OFF) SELECT email, amount FROM customer JOIN payment USING (customer_id)
WHERE last_name = 'HUNT' AND payment_date >= '2022-07-01 00:00+00';
RESET search_path;

\echo
\echo '==== 9. Revoke: the next statement is refused, a prepared one as well ======================='
\echo

SET SESSION AUTHORIZATION analyst;
SET datamesh.purpose = 'reporting';
PREPARE by_country AS
SELECT country, count(*) FROM customers_profiles_v1.contact WHERE country = $1 GROUP BY country;
EXECUTE by_country('Chile');

SET SESSION AUTHORIZATION customers_team;
SELECT id, product, dm_revoke_access(id, reason => 'project ended') FROM datamesh.agreements
WHERE consumer = 'analyst'::regrole AND product = 'customers.profiles' ORDER BY id;
SET SESSION AUTHORIZATION analyst;
\set ON_ERROR_STOP off
EXECUTE by_country('Chile');
\set ON_ERROR_STOP on
\echo
SELECT id, product, purpose, clearance, state, end_reason FROM datamesh.agreements ORDER BY id;

\echo '==== 10. A dashboard, and the end of a version =============================================='
\echo
\echo 'A tool that cannot say SET gets its purpose with its login.'
\echo

RESET SESSION AUTHORIZATION;
ALTER ROLE bi_tool SET datamesh.purpose = 'reporting';
SET SESSION AUTHORIZATION finance_team;
\t on
SELECT 'agreement ' || dm_grant_access('finance.revenue', 'bi_tool', 'reporting',
         until => now() + interval '1 year');
SELECT dm_register_product('finance.revenue@2', 'revenue by category, live');
SELECT dm_add_port('finance.revenue@2', 'finance.sales_by_film_category', name => 'by_category');
SELECT dm_publish('finance.revenue@2');
SELECT dm_deprecate('finance.revenue@1', until => current_date + 180,
                    successor => 'finance.revenue@2');
\t off
\set QUIET off
\connect - bi_tool
\set QUIET on
\echo
SELECT category, total_sales FROM finance_revenue_v1.rental_by_category
ORDER BY total_sales DESC LIMIT 3;

\connect - :superuser
\echo '==== 11. A promise that the server keeps ===================================================='
\echo
\echo 'The contract is inferred from the tables.  What breaks it does not commit from then on.'
\echo

SET SESSION AUTHORIZATION customers_team;
SELECT dm_import_contract(dm_describe_contract('customers.profiles', examples => false)),
       dm_publish('customers.profiles');
SELECT detail FROM dm_impact('customers.profiles',
  'ALTER TABLE customers.customer ALTER COLUMN last_name DROP NOT NULL') WHERE kind = 'contract';
\set ON_ERROR_STOP off
\set VERBOSITY terse
BEGIN;
ALTER TABLE customers.customer ALTER COLUMN last_name DROP NOT NULL;
COMMIT;
\set VERBOSITY default
\set ON_ERROR_STOP on
\echo
\echo 'A change that views stand in the way of; the port goes on to show what was promised.'
\echo
SELECT object, verdict, detail FROM dm_evolve('customers.profiles',
  'ALTER TABLE customers.customer ALTER COLUMN customer_id TYPE bigint');

RESET SESSION AUTHORIZATION;
\echo '==== The mesh ==============================================================================='
\echo
SELECT p.name AS product, p.status, string_agg(o.name, ', ' ORDER BY o.name) AS ports
FROM datamesh.products p JOIN datamesh.ports o ON o.product = p.name
GROUP BY 1, 2 ORDER BY 1;
\set ECHO none
\echo 'To go on in psql:'
\echo
\echo '    SET SESSION AUTHORIZATION investigator;'
\echo '    SET datamesh.purpose = ''fraud_detection'';'
\echo '    SELECT * FROM customers_profiles_v1.contact;'
