-- A profile shows nobody a value that he may not see: not by a port, not by statistics, not by what
-- is kept.

SET extra_float_digits = 0;
SET datestyle = 'ISO';
CREATE ROLE regress_sk_owner;
CREATE ROLE regress_sk_etl;
CREATE ROLE regress_sk_bi;
CREATE ROLE regress_sk_none;
CREATE SCHEMA regress_sk_sales AUTHORIZATION regress_sk_owner;
SELECT dm_register_purpose('regress_sk_reporting');
SELECT dm_create_tag('regress_sk_mail', mask => 'dm_mask_email()');
SELECT dm_create_tag('regress_sk_born', mask => 'dm_mask_null()');
SET ROLE regress_sk_owner;
CREATE TABLE regress_sk_sales.customer (id int PRIMARY KEY, email text, country text, born date);
INSERT INTO regress_sk_sales.customer SELECT g, 'person' || g % 3 || '@example.org', CASE WHEN g % 4 = 0 THEN 'nl' ELSE 'de' END, date '1980-01-01' + g FROM generate_series(1, 400) g;
SELECT dm_register_domain('regress_sk_sales', 'regress_sk_owner', '{regress_sk_sales}');
SELECT dm_add_producer('regress_sk_sales', 'regress_sk_etl');
GRANT USAGE ON SCHEMA regress_sk_sales TO regress_sk_etl;
GRANT SELECT ON regress_sk_sales.customer TO regress_sk_etl;
SELECT dm_register_product('regress_sk_sales.customers', open_ended => true);
SELECT dm_classify('regress_sk_sales.customer', 'email', 'regress_sk_mail');
SELECT dm_classify('regress_sk_sales.customer', 'born', 'regress_sk_born');
SELECT dm_add_port('regress_sk_sales.customers', 'regress_sk_sales.customer');
SELECT dm_add_row_policy('regress_sk_sales.customer', 'country', $$country = 'nl'$$);
SELECT dm_publish('regress_sk_sales.customers');
SELECT dm_grant_access('regress_sk_sales.customers', 'regress_sk_bi', 'regress_sk_reporting') > 0 AS granted;

-- by the port: masked, and only the reader's rows; the producers see what the table shows
RESET ROLE;
SET ROLE regress_sk_bi;
SET datamesh.purpose = 'regress_sk_reporting';
SELECT "column", rows, distinct_values, min, max, top -> 0 ->> 'value' AS first FROM dm_profile('regress_sk_sales_customers_v1.customer');
SELECT bool_or(p::text LIKE '%person0%' OR p::text LIKE '%1980-0%') AS leaks FROM dm_profile('regress_sk_sales_customers_v1.customer') p;
-- never the table; nothing of statistics; nothing that is kept
SELECT count(*) FROM dm_profile('regress_sk_sales.customer');
RESET ROLE;
SELECT 'regress_sk_sales.customer'::regclass::oid AS customer \gset
ANALYZE regress_sk_sales.customer;
SET ROLE regress_sk_bi;
SELECT count(*) FROM dm_profile(:customer::oid::regclass);
SELECT count(*) FROM dm_profile(:customer::oid::regclass, source => 'statistics');
SELECT count(*) FILTER (WHERE top IS NOT NULL OR histogram IS NOT NULL OR rows IS NOT NULL) AS known FROM dm_profile('regress_sk_sales_customers_v1.customer', source => 'statistics');
SELECT dm_store_profile(:customer::oid::regclass, 'mine');
SELECT dm_store_profile('regress_sk_sales_customers_v1.customer', 'mine');
SELECT dm_drop_profiles(:customer::oid::regclass);
SELECT count(*) FROM dm_drift(:customer::oid::regclass, 'first');
SELECT count(*) FROM datamesh.profile;
RESET ROLE;
SET ROLE regress_sk_none;
SELECT count(*) FROM dm_profile('regress_sk_sales_customers_v1.customer');
RESET ROLE;

-- the domain keeps profiles; of classified columns no values
SET ROLE regress_sk_etl;
SELECT "column", rows, distinct_values, min FROM dm_profile('regress_sk_sales.customer');
SELECT dm_store_profile('regress_sk_sales.customer', 'first') IS NOT NULL AS stored;
SELECT dm_store_profile('regress_sk_sales.customer', repeat('x', 201));
SELECT relation, label, percent, rows, columns FROM datamesh.profiles;
SELECT "column", verdict FROM dm_drift('regress_sk_sales.customer', 'first');
SELECT count(*) FROM datamesh.profile;
RESET ROLE;
SELECT column_name, d ->> 'min' AS min, d -> 'quantiles' ->> '0.5' AS median, d -> 'top' -> 0 ->> 'value' AS first, d ->> 'distinct' AS distinct FROM (SELECT column_name, dm_describe_sketch(sketch) AS d FROM datamesh.profile) t ORDER BY column_name;
SELECT dm_find_quantile(sketch || sketch, 0.5) FROM datamesh.profile WHERE column_name = 'born';
SET ROLE regress_sk_bi;
SELECT count(*) FROM datamesh.profiles;
RESET ROLE;
-- and drops them
SET ROLE regress_sk_owner;
SELECT dm_drop_profiles('regress_sk_sales.customer', 'other');
SELECT dm_drop_profiles('regress_sk_sales.customer', before => '2020-01-01');
SELECT dm_drop_profiles('regress_sk_sales.customer');
SELECT count(*) FROM datamesh.profiles;
RESET ROLE;

-- statistics of a table without row policies: values of guarded columns only for its domain
SET ROLE regress_sk_owner;
CREATE TABLE regress_sk_sales.plain (email text, country text);
INSERT INTO regress_sk_sales.plain SELECT 'person@example.org', 'nl' FROM generate_series(1, 50);
SELECT dm_classify('regress_sk_sales.plain', 'email', 'regress_sk_mail');
ANALYZE regress_sk_sales.plain;
RESET ROLE;
SET ROLE regress_sk_owner;
SELECT "column", top -> 0 ->> 'value' AS first FROM dm_profile('regress_sk_sales.plain', source => 'statistics');
RESET ROLE;
CREATE TABLE regress_sk_open (a int, b int);
INSERT INTO regress_sk_open VALUES (1, 2);
GRANT SELECT (a) ON regress_sk_open TO regress_sk_none;
SET ROLE regress_sk_none;
SELECT "column", rows, min FROM dm_profile('regress_sk_open');
SELECT "column" FROM dm_profile('regress_sk_open', source => 'statistics');
SELECT dm_store_profile('regress_sk_open');
SELECT dm_schedule_profile('regress_sk_open');
RESET ROLE;
-- the worker's profiles: one job for a relation, with its owner's rights
SET ROLE regress_sk_owner;
SELECT dm_schedule_profile('regress_sk_sales.plain', 'every now and then');
SELECT dm_schedule_profile('regress_sk_sales.plain'), dm_schedule_profile('regress_sk_sales.plain', '@weekly');
SELECT kind, object, relation, schedule, role FROM datamesh.jobs WHERE kind = 'profile';
SELECT * FROM dm_run_job('profile', 'regress_sk_sales.plain');
SELECT relation, label, stored_by FROM datamesh.profiles WHERE label = 'scheduled';
SELECT dm_schedule_profile('regress_sk_sales.plain', NULL), dm_drop_profiles('regress_sk_sales.plain', 'scheduled');
SELECT count(*) FROM datamesh.jobs WHERE kind = 'profile';
RESET ROLE;
-- row security of the server's own hides from statistics, too
ALTER TABLE regress_sk_open ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON regress_sk_open TO regress_sk_none;
SET ROLE regress_sk_none;
SELECT "column", rows, min FROM dm_profile('regress_sk_open');
SELECT "column", rows, top FROM dm_profile('regress_sk_open', source => 'statistics');
RESET ROLE;
DROP TABLE regress_sk_open;

SET client_min_messages = warning;
SET ROLE regress_sk_owner;
SELECT dm_deprecate('regress_sk_sales.customers', current_date) \g /dev/null
SELECT dm_retire('regress_sk_sales.customers');
SELECT dm_drop_domain('regress_sk_sales');
RESET ROLE;
DROP SCHEMA regress_sk_sales CASCADE;
SELECT dm_drop_tag('regress_sk_mail'), dm_drop_tag('regress_sk_born'), dm_drop_purpose('regress_sk_reporting');
DROP ROLE regress_sk_owner, regress_sk_etl, regress_sk_bi, regress_sk_none;
