-- What sqlsmith reads: Pagila with its teams, every personal column full of values that
-- nobody without clearance may see, and a consumer without clearance who has agreements
-- for all products.  Run by a superuser, from test/, in an empty database.
--
-- "qzxjkvbwp" is the word in classified columns.  Where a mask shows the first letter or the
-- domain of an address, the word stands elsewhere.  "hjwqyzkvx" stands in columns in clear
-- of rows that a row policy hides.

\set ON_ERROR_STOP on
\i demo/pagila.sql
\o /dev/null
-- who has privileges before the producers are declared is listed
SET client_min_messages = error;
CREATE EXTENSION datamesh;

CREATE ROLE smith LOGIN;
CREATE ROLE cleared LOGIN;
ALTER ROLE smith SET datamesh.purpose = 'analytics';
ALTER ROLE cleared SET datamesh.purpose = 'analytics';

UPDATE customers.customer SET
	first_name = 'X' || 'qzxjkvbwp' || customer_id,
	last_name = 'Y' || 'qzxjkvbwp' || customer_id,
	email = 'z.qzxjkvbwp' || customer_id || '@sakilacustomer.org';
UPDATE customers.address SET
	address = address_id || ' qzxjkvbwp street', address2 = 'qzxjkvbwp', postal_code = 'q' || 'qzxjkvbwp',
	phone = '1qzxjkvbwp' || address_id;
UPDATE rentals.staff SET
	first_name = 'X' || 'qzxjkvbwp', last_name = 'Y' || 'qzxjkvbwp', email = 'z.qzxjkvbwp@sakilastaff.com',
	username = 'qzxjkvbwp' || staff_id, password = 'qzxjkvbwp', picture = 'qzxjkvbwp';
UPDATE inventory.film SET title = 'HJWQYZKVX ' || film_id, description = 'hjwqyzkvx'
WHERE rating = 'R';
-- small enough for thousands of joins without conditions
DELETE FROM finance.payment WHERE rental_id % 40 > 0;
DELETE FROM rentals.rental WHERE rental_id % 40 > 0;
VACUUM (FULL, ANALYZE);

GRANT EXECUTE ON FUNCTION dm_load_taxonomy, dm_create_tag, dm_grant_key, dm_register_purpose
	TO steward;
SET SESSION AUTHORIZATION steward;
SELECT dm_load_taxonomy('default');
SELECT dm_create_tag('finance', 'figures of the business');
SELECT dm_create_tag('finance.amount', 'amount of money', mask => 'dm_mask_number(1)');
SELECT dm_register_purpose('analytics', 'statistics over many');

SET SESSION AUTHORIZATION customers_team;
SELECT dm_register_domain('customers', schemas => '{customers}');
SELECT dm_add_producer('customers', 'pagila_app');
SELECT dm_classify('customers.customer', 'first_name', 'pii.name');
SELECT dm_classify('customers.customer', 'last_name', 'pii.name');
SELECT dm_classify('customers.customer', 'email', 'pii.email');
SELECT dm_classify('customers.address', 'phone', 'pii.phone');
SELECT dm_classify('customers.address', name, 'pii.address')
FROM unnest('{address, address2, postal_code}'::name[]) name;
SELECT dm_register_product('customers.profiles');
SELECT dm_add_port('customers.profiles', name::regclass)
FROM unnest('{customers.customer, customers.address, customers.city, customers.country}'::text[]) name;
-- without "zip code": sqlsmith does not quote names
SELECT dm_add_port('customers.profiles', 'customers.customer_list', name => 'contact',
	columns => '{id, name, address, phone, city, country, notes, sid}');
SELECT dm_publish('customers.profiles');

\i demo/mesh.sql

SET SESSION AUTHORIZATION inventory_team;
SELECT dm_add_row_policy('inventory.film', 'family', $$ rating <> 'R' $$);
RESET SESSION AUTHORIZATION;

CREATE FUNCTION pg_temp.grant_all(consumer regrole, clearance text[]) RETURNS void AS $$
DECLARE
	product record;
BEGIN
	FOR product IN SELECT name, owner FROM datamesh.products LOOP
		EXECUTE format('SET LOCAL SESSION AUTHORIZATION %s', product.owner);
		PERFORM dm_grant_access(product.name, consumer, 'analytics', clearance,
			until => now() + interval '1 day');
	END LOOP;
END
$$ LANGUAGE plpgsql;
BEGIN;
SELECT pg_temp.grant_all('smith', '{}');
COMMIT;
BEGIN;
SELECT pg_temp.grant_all('cleared', '{pii}');
COMMIT;

-- sqlsmith 1.4 knows no polymorphic ranges: most of its statements would have one of their
-- operators and fail to parse.  It reads the list of operators from the catalog.
SET allow_system_table_mods = on;
DELETE FROM pg_operator WHERE oprleft IN ('anyrange'::regtype, 'anymultirange'::regtype)
	OR oprright IN ('anyrange'::regtype, 'anymultirange'::regtype);
RESET allow_system_table_mods;

-- sqlsmith reads every relation that it may read: that shall be the ports
SELECT format('REVOKE SELECT ON %s FROM PUBLIC', oid::regclass)
FROM pg_class WHERE relnamespace = 'datamesh'::regnamespace AND relkind = 'v'
\gexec
\o
