-- Row policies: who is restricted, who is exempt, and that ours only narrow.
SET client_min_messages = warning;
CREATE ROLE regress_rp_owner;
CREATE ROLE regress_rp_etl;
CREATE ROLE regress_rp_nl;
CREATE ROLE regress_rp_ads;
GRANT regress_rp_owner TO CURRENT_USER;
CREATE SCHEMA rp AUTHORIZATION regress_rp_owner;
SELECT dm_register_domain('rp', 'regress_rp_owner', '{rp}');
SELECT dm_add_producer('rp', 'regress_rp_etl');
SELECT dm_register_purpose('rp_reporting');
SELECT dm_register_purpose('rp_ads', parent => 'rp_reporting');

SET ROLE regress_rp_owner;
CREATE TABLE rp.customer (id int PRIMARY KEY, name text, country text);
INSERT INTO rp.customer VALUES (1, 'ann', 'nl'), (2, 'bob', 'de'), (3, 'cid', 'nl'), (4, 'dee', NULL);
GRANT USAGE ON SCHEMA rp TO regress_rp_etl;
GRANT ALL ON rp.customer TO regress_rp_etl;
SELECT dm_register_product('rp.customers', open_ended => true);
SELECT dm_add_port('rp.customers', 'rp.customer');
SELECT dm_publish('rp.customers');
SELECT dm_grant_access('rp.customers', 'regress_rp_nl', 'rp_reporting') > 0;
SELECT dm_grant_access('rp.customers', 'regress_rp_ads', 'rp_reporting') > 0;

-- the predicate is checked, and what would serve it is named
SELECT dm_add_row_policy('rp.customer', 'nl', 'country = ''nl''', dry_run => true);
SELECT dm_add_row_policy('rp.customer', 'nl', 'country = ''nl''');
CREATE INDEX ON rp.customer (country);
SELECT dm_alter_row_policy('rp.customer', 'nl', 'country = ''nl''');
SELECT dm_add_row_policy('rp.customer', 'nl', 'true');
SELECT name, predicate, applies_to, domain FROM datamesh.row_policies;
SELECT regexp_replace(polname, '\d+', 'N') AS polname, polpermissive, polroles::regrole[], polcmd FROM pg_policy WHERE polrelid = 'rp.customer'::regclass ORDER BY 1;
SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = 'rp.customer'::regclass;

-- inside: everything; outside: what the policy lets through
SELECT count(*) FROM rp.customer;
SELECT count(*) FROM rp_customers_v1.customer;
SET ROLE regress_rp_etl;
SELECT count(*) FROM rp.customer;
SELECT count(*) FROM rp_customers_v1.customer;
INSERT INTO rp.customer VALUES (5, 'eve', 'fr') RETURNING country;
UPDATE rp.customer SET country = 'be' WHERE id = 5 RETURNING country;
DELETE FROM rp.customer WHERE id = 5 RETURNING country;
SET ROLE regress_rp_nl;
SET datamesh.purpose = 'rp_reporting';
SELECT * FROM rp_customers_v1.customer ORDER BY id;
SELECT count(*), count(country), max(id), bool_or(name = 'bob') FROM rp_customers_v1.customer;
SELECT EXISTS (SELECT FROM rp_customers_v1.customer WHERE id = 2);
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT * FROM rp_customers_v1.customer;
RESET enable_seqscan;
RESET enable_bitmapscan;
-- a leaky condition sees no hidden row, though it is cheaper
CREATE FUNCTION pg_temp.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001
	AS $$ BEGIN RAISE WARNING 'saw %', $1; RETURN true; END $$;
SELECT count(*) FROM rp_customers_v1.customer WHERE pg_temp.leak(name);
SELECT 1 / (id - 2) FROM rp_customers_v1.customer WHERE 1 / (id - 2) IS NOT NULL;
SET enable_indexscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT * FROM rp_customers_v1.customer WHERE pg_temp.leak(name);
RESET enable_indexscan;
RESET enable_bitmapscan;
-- row_security = off does not open it
SET row_security = off;
SELECT count(*) FROM rp_customers_v1.customer;
RESET row_security;

-- the plans of the exempt are those of the bare table
SET ROLE regress_rp_owner;
EXPLAIN (COSTS OFF) SELECT * FROM rp_customers_v1.customer;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF, VERBOSE) UPDATE rp.customer SET name = upper(name) WHERE id = 1;
RESET enable_seqscan;
RESET enable_bitmapscan;

-- whom it applies to
SELECT dm_alter_row_policy('rp.customer', 'nl', applies_to => '{purpose:rp_ads, role:regress_rp_ads}');
SET ROLE regress_rp_ads;
SELECT count(*) FROM rp_customers_v1.customer;
SET datamesh.purpose = 'rp_ads';
SELECT count(*) FROM rp_customers_v1.customer;
SET ROLE regress_rp_nl;
SELECT count(*) FROM rp_customers_v1.customer;
SET ROLE regress_rp_owner;
RESET ROLE;
SELECT dm_create_tag('rp_vip');
SET ROLE regress_rp_owner;
SELECT dm_alter_row_policy('rp.customer', 'nl', applies_to => '{tag:nosuch}');
SELECT dm_alter_row_policy('rp.customer', 'nl', applies_to => '{purpose:nosuch}');
SELECT dm_alter_row_policy('rp.customer', 'nl', applies_to => '{role:nosuch}');
SELECT dm_alter_row_policy('rp.customer', 'nl', applies_to => '{country:nl}');
SELECT dm_alter_row_policy('rp.customer', 'nl', applies_to => '{}');

-- a second one narrows further
SELECT dm_add_row_policy('rp.customer', 'odd', 'id % 2 = 1 AND name <> ''cid''', description => 'odd ones');
SET ROLE regress_rp_nl;
SELECT * FROM rp_customers_v1.customer ORDER BY id;

-- a renamed column
SET ROLE regress_rp_owner;
ALTER TABLE rp.customer RENAME country TO land;
SELECT name, predicate FROM datamesh.row_policies ORDER BY name;

-- the last one gives the table back as it was
SELECT dm_drop_row_policy('rp.customer', 'od');
SELECT dm_drop_row_policy('rp.customer', 'odd');
SELECT dm_drop_row_policy('rp.customer', 'nl', reason => 'no longer needed');
SELECT polname FROM pg_policy WHERE polrelid = 'rp.customer'::regclass;
SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = 'rp.customer'::regclass;
SET ROLE regress_rp_nl;
SELECT count(*) FROM rp_customers_v1.customer;
RESET ROLE;
SELECT kind, object, old, new, reason FROM datamesh.governance_changes WHERE kind = 'policy' AND object LIKE '% on rp.%' ORDER BY id;
