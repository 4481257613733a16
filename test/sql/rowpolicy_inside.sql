-- What those inside of a domain do with a table is as it was before it had a row policy.
SET client_min_messages = warning;
CREATE ROLE regress_rd_owner;
CREATE ROLE regress_rd_member IN ROLE regress_rd_owner;
CREATE ROLE regress_rd_etl;
CREATE ROLE regress_rd_out;
GRANT regress_rd_owner TO CURRENT_USER;
CREATE SCHEMA rd AUTHORIZATION regress_rd_owner;
SELECT dm_register_domain('rd', 'regress_rd_owner', '{rd}');
SELECT dm_add_producer('rd', 'regress_rd_etl');
SELECT dm_register_purpose('rd_reporting');
SET ROLE regress_rd_owner;
GRANT USAGE ON SCHEMA rd TO regress_rd_etl;
CREATE TABLE rd.country (code text PRIMARY KEY);
CREATE TABLE rd.customer (id int PRIMARY KEY, country text REFERENCES rd.country ON UPDATE CASCADE ON DELETE SET NULL, by_role text DEFAULT current_user);
CREATE TABLE rd.purchase (id int PRIMARY KEY, customer int REFERENCES rd.customer ON DELETE CASCADE);
GRANT ALL ON rd.country, rd.customer, rd.purchase TO regress_rd_etl;
INSERT INTO rd.country VALUES ('nl'), ('de');
INSERT INTO rd.customer VALUES (1, 'nl'), (2, 'de');
CREATE MATERIALIZED VIEW rd.m AS SELECT country, count(*) FROM rd.customer GROUP BY 1;
SELECT dm_register_product('rd.p', open_ended => true);
SELECT dm_add_port('rd.p', 'rd.customer');
SELECT dm_publish('rd.p');
SELECT dm_grant_access('rd.p', 'regress_rd_out', 'rd_reporting') > 0;
SELECT dm_add_row_policy('rd.customer', 'none', 'false');
SELECT dm_add_row_policy('rd.country', 'none', 'false');

-- foreign keys in both directions, of everybody inside
INSERT INTO rd.purchase VALUES (1, 1), (2, 2);
INSERT INTO rd.purchase VALUES (3, 3);
UPDATE rd.country SET code = 'xx' WHERE code = 'de';
SET ROLE regress_rd_etl;
INSERT INTO rd.purchase VALUES (3, 2);
INSERT INTO rd.customer VALUES (3, 'be');
DELETE FROM rd.customer WHERE id = 2 RETURNING *;
SELECT * FROM rd.purchase ORDER BY id;
ALTER TABLE rd.purchase ADD CONSTRAINT positive CHECK (id > 0);
SET ROLE regress_rd_owner;
ALTER TABLE rd.purchase DROP CONSTRAINT purchase_customer_fkey;
ALTER TABLE rd.purchase ADD FOREIGN KEY (customer) REFERENCES rd.customer;

-- a table whose policies hide its rows is written by all commands
SET ROLE regress_rd_etl;
INSERT INTO rd.customer VALUES (1, 'nl') ON CONFLICT (id) DO UPDATE SET country = 'xx' RETURNING id, country;
MERGE INTO rd.customer c USING (VALUES (1), (5)) v(id) ON c.id = v.id
	WHEN MATCHED THEN UPDATE SET country = 'nl' WHEN NOT MATCHED THEN INSERT (id) VALUES (v.id);
SELECT id, country FROM rd.customer ORDER BY id FOR UPDATE;
BEGIN;
LOCK rd.customer;
COMMIT;

-- COPY: by the owner, a member of it, and another producer
SET ROLE regress_rd_owner;
COPY rd.customer (id, country) FROM STDIN WHERE id < 11;
10	nl
11	nl
\.
SET ROLE regress_rd_member;
COPY rd.customer (id, country) FROM STDIN;
20	nl
\.
SET row_security = off;
COPY rd.customer (id, country) TO STDOUT;
RESET row_security;
SET ROLE regress_rd_etl;
COPY rd.customer (id, country) FROM STDIN (FORMAT csv);
30,nl
\.
COPY rd.customer (id, country) FROM STDIN;
30	nl
\.
COPY rd.customer (id, country) FROM STDIN;
31	be
\.
COPY rd.customer (id, country) TO STDOUT;
-- not what the server has to see to: a condition, row_security = off, a privilege that is missing
\copy rd.customer (id) FROM /dev/null WHERE id > 0
SET row_security = off;
SELECT count(*) FROM rd.customer;
COPY rd.customer (id) TO STDOUT;
RESET row_security;
SET ROLE regress_rd_owner;
SELECT id, by_role FROM rd.customer WHERE id >= 10 ORDER BY id;
REVOKE INSERT ON rd.customer FROM regress_rd_etl;
GRANT INSERT (id) ON rd.customer TO regress_rd_etl;
SET ROLE regress_rd_etl;
\copy rd.customer (id, country) FROM /dev/null
COPY rd.customer (id) FROM STDIN;
40
\.
SET default_transaction_read_only = on;
\copy rd.customer (id) FROM /dev/null
RESET default_transaction_read_only;

-- REFRESH, TRUNCATE, and rows for the outside
SET ROLE regress_rd_owner;
REFRESH MATERIALIZED VIEW rd.m;
SELECT sum(count) FROM rd.m;
SET ROLE regress_rd_out;
SET datamesh.purpose = 'rd_reporting';
SELECT count(*) FROM rd_p_v1.customer;
SET ROLE regress_rd_etl;
TRUNCATE rd.purchase, rd.customer;

-- the team's own row security: ours leaves it as it is, and comes to nobody's help
RESET ROLE;
SET ROLE regress_rd_owner;
SELECT dm_drop_row_policy('rd.customer', 'none');
CREATE POLICY own ON rd.customer USING (country = 'nl');
ALTER TABLE rd.customer ENABLE ROW LEVEL SECURITY;
INSERT INTO rd.customer VALUES (1, 'nl'), (2, 'xx');
SELECT dm_add_row_policy('rd.customer', 'id', 'id > 0');
SELECT polname = 'own' AS own, polroles::regrole[] FROM pg_policy WHERE polrelid = 'rd.customer'::regclass AND polpermissive ORDER BY 1;
SELECT count(*) FROM rd.customer;
SET ROLE regress_rd_etl;
SELECT count(*) FROM rd.customer;
\copy rd.customer (id) FROM /dev/null
SET ROLE regress_rd_owner;
COPY rd.customer (id) FROM STDIN;
7
\.
ALTER TABLE rd.customer FORCE ROW LEVEL SECURITY;
SELECT count(*) FROM rd.customer;
\copy rd.customer (id) FROM /dev/null
SELECT polname = 'own' AS own, polpermissive FROM pg_policy WHERE polrelid = 'rd.customer'::regclass ORDER BY 1;
SELECT dm_drop_row_policy('rd.customer', 'id');
SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = 'rd.customer'::regclass;
-- the team switches it on while ours is there
SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = 'rd.country'::regclass;
SELECT polroles::regrole[] FROM pg_policy WHERE polrelid = 'rd.country'::regclass AND polpermissive;
ALTER TABLE rd.country ENABLE ROW LEVEL SECURITY;
SELECT polroles::regrole[] FROM pg_policy WHERE polrelid = 'rd.country'::regclass AND polpermissive;
SELECT count(*) FROM rd.country;
SET ROLE regress_rd_etl;
SELECT count(*) FROM rd.country;
SET ROLE regress_rd_owner;
SELECT dm_drop_row_policy('rd.country', 'none');
SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = 'rd.country'::regclass;
-- what would come into force with ours
ALTER TABLE rd.country DISABLE ROW LEVEL SECURITY;
CREATE POLICY dormant ON rd.country AS RESTRICTIVE USING (code = 'nl');
SELECT dm_add_row_policy('rd.country', 'none', 'false');
RESET ROLE;
-- ports that nobody binds
ALTER ROLE regress_rd_owner BYPASSRLS;
SELECT dm_add_row_policy('rd.purchase', 'none', 'false');
ALTER ROLE regress_rd_owner NOBYPASSRLS;
