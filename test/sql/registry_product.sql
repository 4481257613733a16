-- Products: naming, major versions, owners, and the ports that are added and dropped.
CREATE ROLE regress_rp_owner;
CREATE ROLE regress_rp_team IN ROLE regress_rp_owner;
CREATE ROLE regress_rp_app;
CREATE ROLE regress_rp_other;
CREATE SCHEMA rp AUTHORIZATION regress_rp_owner;
SET ROLE regress_rp_owner;
SELECT dm_register_domain('rp', schemas => '{rp}');
SELECT dm_add_producer('rp', 'regress_rp_app');
CREATE TABLE rp.item (id int, price numeric(8,2));
COMMENT ON TABLE rp.item IS 'what is sold';
COMMENT ON COLUMN rp.item.price IS 'in euro, it''s net';
CREATE TABLE rp.shelf (id int);

-- names and versions
SELECT dm_register_product('rp.items', 'all items');
SELECT dm_register_product('rp.items');
SELECT dm_register_product('rp.items@1');
SELECT dm_register_product('rp.items@3');
SELECT dm_register_product('rp.items@2', open_ended => true);
SELECT dm_register_product('rp.items@02');
SELECT dm_register_product('rp.items@0');
SELECT dm_register_product('rp.items@x');
SELECT dm_register_product('rp.items@');
SELECT dm_register_product('rp.items@99999999999');
SELECT dm_register_product('rp.fresh@1');
SELECT dm_register_product('rp.later@2');
SELECT dm_register_product('rp');
SELECT dm_register_product('rp.');
SELECT dm_register_product('.items');
SELECT dm_register_product('rp.a.b');
SELECT dm_register_product('rp.Items');
SELECT dm_register_product('pr.items');
SELECT dm_register_product(NULL);
SELECT dm_register_product('');
-- the schema rp_<58>_v1 has 63 bytes, the next one 64
SELECT dm_register_product('rp.' || repeat('p', 57)) ~ '^rp.p+$' AS fits;
SELECT dm_register_product('rp.' || repeat('q', 58));

-- owners are the domain's own roles
SELECT dm_register_product('rp.apps', owner => 'regress_rp_app');
SELECT dm_register_product('rp.other', owner => 'regress_rp_other');
SELECT dm_register_product('rp.other', owner => 0::regrole);
SELECT dm_alter_product('rp.items@1', description => 'items, all of them', owner => 'regress_rp_team', open_ended => true);
SELECT dm_alter_product('rp.items@1', owner => 'regress_rp_other');
SELECT dm_alter_product('rp.item', description => 'x');
SELECT dm_alter_product('rp.items@7', description => 'x');
SELECT name, domain, major, status, owner, description, open_ended FROM datamesh.products
WHERE domain = 'rp' AND name NOT LIKE '%pppp%' ORDER BY name;

-- a product's owner manages it; who is not of the domain does not
SET ROLE regress_rp_app;
SELECT dm_alter_product('rp.apps', description => 'by the app');
SELECT dm_alter_product('rp.items', description => 'by the app');
SELECT dm_alter_product('rp.apps', owner => 'regress_rp_owner');
SELECT dm_add_port('rp.apps', 'rp.item');
SET ROLE regress_rp_other;
SELECT dm_add_port('rp.items@1', 'rp.item');
SELECT dm_drop_port('rp.items@1', 'item');
SELECT dm_publish('rp.items@1');
SELECT dm_deprecate('rp.items@1');
SELECT dm_retire('rp.items@1');
SET ROLE regress_rp_team;

-- ports
SELECT dm_add_port('rp.items@1', 'rp.item');
SELECT dm_add_port('rp.items@1', 'rp.item');
SELECT dm_add_port('rp.items@1', 'rp.item', 'Price List', '{price}');
SELECT dm_add_port('rp.items@2', 'rp.item', name => 'item');
-- without a version the one in use is meant: here the newest draft
SELECT dm_add_port('rp.items', 'rp.shelf');
SELECT dm_add_port('rp.items@1', 'rp.item', name => '');
SELECT dm_add_port('rp.items@1', 'rp.item', 'dup', '{id,id}');
SELECT dm_add_port('rp.items@1', 'rp.item', 'none', '{}');
SELECT dm_add_port('rp.items@1', 'rp.item', 'unknown', '{prize}');
SELECT dm_add_port('rp.items@1', 'rp.item', 'hidden', '{ctid}');
SELECT product, name, schema, view, source, description, status FROM datamesh.ports
WHERE product LIKE 'rp.%' ORDER BY view::text COLLATE "C";
SELECT port, "column", position, type, source, source_column, tags, description
FROM datamesh.port_columns WHERE product LIKE 'rp.items%' ORDER BY product, port COLLATE "C", position;
SELECT c.relname, c.relowner::regrole, n.nspowner::regrole FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname LIKE 'rp\_%' ORDER BY n.nspname COLLATE "C", 1;

-- a column that comes later is not exposed
ALTER TABLE rp.item ADD COLUMN secret text DEFAULT 'x';
SELECT count(*) FROM pg_attribute WHERE attrelid = 'rp_items_v1.item'::regclass AND attname = 'secret';

SELECT dm_drop_port('rp.items@1', 'price list');
SELECT dm_drop_port('rp.items@1', 'Price List');
SELECT dm_drop_port('rp.items@2', 'item');
SELECT to_regnamespace('rp_items_v2') IS NULL AS schema_is_gone, to_regclass('rp_items_v1.item') IS NOT NULL AS other_stays;

-- ports do not go in another way
SET client_min_messages = warning;
DROP VIEW rp_items_v1.item;
DROP TABLE rp.item CASCADE;
DROP SCHEMA rp_items_v1 CASCADE;
DROP SCHEMA rp CASCADE;
ALTER TABLE rp.item DROP COLUMN price CASCADE;
RESET ROLE;
DROP OWNED BY regress_rp_owner CASCADE;
DROP EXTENSION datamesh CASCADE;
SELECT to_regclass('rp_items_v1.item') IS NOT NULL AS port_stays;
SET ROLE regress_rp_owner;
-- a schema in the way
RESET ROLE;
CREATE SCHEMA rp_apps_v1;
SET ROLE regress_rp_owner;
SELECT dm_add_port('rp.apps', 'rp.item');
RESET ROLE;
DROP SCHEMA rp_apps_v1;

SELECT count(dm_retire(name)) FROM datamesh.products
WHERE domain = 'rp' AND status <> 'retired';
SELECT dm_drop_domain('rp');
DROP SCHEMA rp CASCADE;
DROP ROLE regress_rp_owner, regress_rp_team, regress_rp_app, regress_rp_other;
