-- Row policies of partitioned tables and of tables with children, whichever of them is read.
SET client_min_messages = warning;
CREATE ROLE regress_rq_owner;
CREATE ROLE regress_rq_new;
CREATE ROLE regress_rq_out;
GRANT regress_rq_owner, regress_rq_new TO CURRENT_USER;
CREATE SCHEMA rq AUTHORIZATION regress_rq_owner;
SELECT dm_register_domain('rq', 'regress_rq_owner', '{rq}');
SELECT dm_register_purpose('rq_reporting');
SET ROLE regress_rq_owner;
CREATE TABLE rq.sale (id int, country text, day date) PARTITION BY RANGE (day);
CREATE TABLE rq.sale_24 PARTITION OF rq.sale FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
-- columns in another order, with a dropped one
CREATE TABLE rq.sale_25 (day date, gone int, country text, id int);
ALTER TABLE rq.sale_25 DROP COLUMN gone;
ALTER TABLE rq.sale ATTACH PARTITION rq.sale_25 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE rq.allowed (country text);
INSERT INTO rq.allowed VALUES ('nl');
INSERT INTO rq.sale SELECT g, (ARRAY['nl', 'de'])[1 + g % 2], '2024-10-01'::date + g * 30 FROM generate_series(1, 6) g;
RESET ROLE;
CREATE VIEW policies AS SELECT c.relname, regexp_replace(polname, '\d+', 'N') AS policy, c.relrowsecurity AND c.relforcerowsecurity AS forced,
	pg_get_expr(polqual, polrelid) ~ (c.relname || '.country') AS named
	FROM pg_policy p JOIN pg_class c ON c.oid = polrelid WHERE c.relnamespace = 'rq'::regnamespace;
GRANT SELECT ON policies TO PUBLIC;
SET ROLE regress_rq_owner;
SELECT dm_register_product('rq.p', open_ended => true);
SELECT dm_add_port('rq.p', 'rq.sale'), dm_add_port('rq.p', 'rq.sale_24'), dm_add_port('rq.p', 'rq.sale_25');
SELECT dm_publish('rq.p');
SELECT dm_grant_access('rq.p', 'regress_rq_out', 'rq_reporting') > 0;
SELECT dm_add_row_policy('rq.sale', 'allowed', 'EXISTS (SELECT FROM allowed a WHERE a.country = sale.country)');
SELECT * FROM policies ORDER BY 1, 2;
SELECT count(*), (SELECT count(*) FROM rq.sale_24) FROM rq.sale;
SET ROLE regress_rq_out;
SET datamesh.purpose = 'rq_reporting';
SELECT id, country FROM rq_p_v1.sale ORDER BY id;
SELECT id, country FROM rq_p_v1.sale_24 ORDER BY id;
SELECT id, country FROM rq_p_v1.sale_25 ORDER BY id;

-- one that comes later: created, attached, a partition of a partition
SET ROLE regress_rq_owner;
CREATE TABLE rq.sale_26 PARTITION OF rq.sale FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY LIST (country);
CREATE TABLE rq.sale_26_nl PARTITION OF rq.sale_26 FOR VALUES IN ('nl');
CREATE TABLE rq.sale_26_de (LIKE rq.sale);
ALTER TABLE rq.sale_26 ATTACH PARTITION rq.sale_26_de FOR VALUES IN ('de');
CREATE TABLE rq.sale_27 (LIKE rq.sale) PARTITION BY LIST (country);
CREATE TABLE rq.sale_27_de PARTITION OF rq.sale_27 FOR VALUES IN ('de');
ALTER TABLE rq.sale ATTACH PARTITION rq.sale_27 FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');
SELECT relname FROM policies WHERE policy ~ 'allowed' AND forced AND named ORDER BY 1;
-- one that goes keeps it
ALTER TABLE rq.sale DETACH PARTITION rq.sale_25;
SELECT count(*) FROM policies WHERE relname = 'sale_25';
SET ROLE regress_rq_out;
SELECT id, country FROM rq_p_v1.sale_25 ORDER BY id;
SET ROLE regress_rq_owner;
ALTER TABLE rq.sale ATTACH PARTITION rq.sale_25 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
-- a changed one changes everywhere, and a dropped one goes everywhere
SELECT dm_alter_row_policy('rq.sale', 'allowed', 'country = ''de''');
SET ROLE regress_rq_out;
SELECT id, country FROM rq_p_v1.sale ORDER BY id;
SELECT id, country FROM rq_p_v1.sale_25 ORDER BY id;

-- the owner changes, and the permit with him
SET ROLE regress_rq_owner;
ALTER TABLE rq.sale_26_de ENABLE ROW LEVEL SECURITY;
SELECT polroles::regrole[] FROM pg_policy WHERE polrelid = 'rq.sale_26_de'::regclass AND polpermissive;
RESET ROLE;
ALTER TABLE rq.sale_26_de OWNER TO regress_rq_new;
SELECT polroles::regrole[] FROM pg_policy WHERE polrelid = 'rq.sale_26_de'::regclass AND polpermissive;
REASSIGN OWNED BY regress_rq_new TO regress_rq_owner;
SELECT polroles::regrole[] FROM pg_policy WHERE polrelid = 'rq.sale_26_de'::regclass AND polpermissive;
SELECT dm_transfer_domain('rq', 'regress_rq_new');
SELECT polroles::regrole[] FROM pg_policy WHERE polrelid = 'rq.sale_26_de'::regclass AND polpermissive;
SET ROLE regress_rq_out;
SELECT count(*) FROM rq_p_v1.sale;
RESET ROLE;
SELECT dm_transfer_domain('rq', 'regress_rq_owner');
SET ROLE regress_rq_owner;
ALTER TABLE rq.sale DETACH PARTITION rq.sale_25;
SELECT dm_drop_row_policy('rq.sale', 'allowed');
SELECT * FROM policies;
SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class WHERE relnamespace = 'rq'::regnamespace AND (relrowsecurity OR relforcerowsecurity);

-- inheritance
CREATE TABLE rq.person (id int, country text);
CREATE TABLE rq.employee (pay int) INHERITS (rq.person);
SELECT dm_add_row_policy('rq.person', 'nl', 'country = ''nl''');
CREATE TABLE rq.boss (cars int) INHERITS (rq.employee);
CREATE TABLE rq.guest (country text, id int);
ALTER TABLE rq.guest INHERIT rq.person;
RESET ROLE;
CREATE SCHEMA rqs AUTHORIZATION regress_rq_owner CREATE TABLE visitor (since date) INHERITS (rq.person);
SELECT relname FROM pg_policy JOIN pg_class c ON c.oid = polrelid WHERE NOT polpermissive AND polname ~ '^datamesh_\d+_nl' ORDER BY 1;
SET ROLE regress_rq_owner;
INSERT INTO rq.employee VALUES (1, 'de', 10), (2, 'nl', 20);
SELECT dm_add_port('rq.p', 'rq.person'), dm_add_port('rq.p', 'rq.employee');
SET ROLE regress_rq_out;
SELECT * FROM rq_p_v1.person;
SELECT * FROM rq_p_v1.employee;
RESET ROLE;
DROP VIEW policies;
DROP TABLE rqs.visitor;
DROP SCHEMA rqs;
-- a table that is dropped takes its policies with it
SET ROLE regress_rq_owner;
CREATE TABLE rq.brief (id int);
SELECT dm_add_row_policy('rq.brief', 'one', 'id = 1');
DROP TABLE rq.brief;
SELECT count(*) FROM datamesh.row_policies WHERE name = 'one';
RESET ROLE;
SELECT count(*) FROM datamesh.row_policy WHERE name = 'one';
