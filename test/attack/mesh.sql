-- The mesh that is attacked.  It is loaded by a superuser into an empty database; Attack.pm puts the rows
-- with the planted values.

SET client_min_messages = error;
CREATE EXTENSION datamesh;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION dblink;
CREATE EXTENSION postgres_fdw;

CREATE ROLE shop_team LOGIN;
CREATE ROLE shop_app LOGIN;
CREATE ROLE other_team LOGIN;
CREATE ROLE governor LOGIN;
CREATE ROLE mia LOGIN;
CREATE ROLE tom LOGIN;
CREATE ROLE ida LOGIN;
CREATE ROLE eve LOGIN;
CREATE ROLE sam LOGIN;
CREATE ROLE pool LOGIN NOINHERIT IN ROLE mia, tom, ida, eve, sam;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO shop_team, other_team, mia', current_database()); END $$;

SELECT dm_load_taxonomy();
SELECT dm_register_purpose('reporting', 'reports');
SELECT dm_register_purpose('fraud', 'fraud detection');
SELECT dm_grant_key('default', 'shop_team');

CREATE SCHEMA shop AUTHORIZATION shop_team;
SET ROLE shop_team;
CREATE TABLE shop.customer (
	id int PRIMARY KEY,
	email text UNIQUE,
	name text,
	salary numeric(14),
	ssn varchar(40),
	doc jsonb,
	memo text,
	note text,
	country text,
	born date
);
INSERT INTO shop.customer VALUES
:data;
CREATE INDEX customer_lower ON shop.customer (lower(email));
CREATE INDEX customer_token ON shop.customer (dm_token(email, 'default'));
CREATE INDEX customer_name_trgm ON shop.customer USING gin (name public.gin_trgm_ops);
CREATE STATISTICS shop.customer_stats (mcv, dependencies) ON email, name FROM shop.customer;
CREATE TABLE shop.orders (
	id int,
	customer int REFERENCES shop.customer,
	day date NOT NULL,
	memo text
) PARTITION BY RANGE (day);
CREATE TABLE shop.orders_2024 PARTITION OF shop.orders FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE shop.orders_2025 PARTITION OF shop.orders FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO shop.orders SELECT id, id, born, memo FROM shop.customer;
CREATE VIEW shop.customer_view AS SELECT id, lower(email) AS mail, name || '/' || ssn AS both_of_them, country, note FROM shop.customer;
CREATE MATERIALIZED VIEW shop.customer_copy AS SELECT id, email, doc, country, note FROM shop.customer;
ANALYZE shop.customer, shop.orders;

SELECT dm_register_domain('shop', 'shop_team', '{shop}');
SELECT dm_add_producer('shop', 'shop_app');
SELECT dm_classify('shop.customer', 'email', 'pii.email');
SELECT dm_classify('shop.customer', 'name', 'pii.name');
SELECT dm_classify('shop.customer', 'salary', 'restricted');
SELECT dm_classify('shop.customer', 'ssn', 'pii.national_id');
SELECT dm_classify('shop.customer', 'doc', 'confidential');
SELECT dm_classify('shop.customer', 'memo', 'restricted');
SELECT dm_classify('shop.orders', 'memo', 'restricted');
SELECT dm_register_product('shop.customers', 'customers', open_ended => true);
SELECT dm_add_port('shop.customers', 'shop.customer');
SELECT dm_add_port('shop.customers', 'shop.customer_view');
SELECT dm_add_port('shop.customers', 'shop.customer_copy');
SELECT dm_add_port('shop.customers', 'shop.orders');
SELECT dm_publish('shop.customers');
SELECT dm_grant_access('shop.customers', 'mia', 'reporting');
SELECT dm_grant_access('shop.customers', 'sam', 'reporting', '{pii,restricted,confidential}');
SELECT dm_grant_access('shop.customers', 'tom', 'reporting', '{pii:token}');
SELECT dm_grant_access('shop.customers', 'ida', 'reporting', '{pii,restricted,confidential}');
RESET ROLE;

CREATE SCHEMA other AUTHORIZATION other_team;
SET ROLE other_team;
CREATE TABLE other.thing (id int PRIMARY KEY, email text);
SELECT dm_register_domain('other', 'other_team', '{other}');
RESET ROLE;

DO $$
DECLARE
	attacker text;
BEGIN
	FOREACH attacker IN ARRAY '{mia,tom,ida,eve,sam,pool,shop_team,shop_app,other_team}'::text[] LOOP
		EXECUTE format('CREATE SCHEMA %I AUTHORIZATION %I', attacker || '_work', attacker);
		EXECUTE format('ALTER ROLE %I SET search_path = %I, public', attacker, attacker || '_work');
	END LOOP;
END
$$;
