-- Types that a contract promises stay at its port, whatever the table has; the next version shows the new ones.
CREATE ROLE regress_ek_owner;
CREATE ROLE regress_ek_reader;
CREATE SCHEMA ek AUTHORIZATION regress_ek_owner;
CREATE SCHEMA ekr AUTHORIZATION regress_ek_reader;
SELECT dm_register_purpose('ek_reports');
SELECT dm_create_tag('ek_secret', 'secret', mask => 'dm_mask_null()');
SELECT dm_register_domain('ek', 'regress_ek_owner', '{ek}');
SET ROLE regress_ek_owner;
CREATE TABLE ek.orders (id int, amount int, code varchar(3), secret int, note text);
INSERT INTO ek.orders VALUES (1, 10, 'abc', 42, 'x');
SELECT dm_classify('ek.orders', 'secret', 'ek_secret');
\set v1 '{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "ek-orders", "name": "orders", "version": "1.0.0", "status": "active", "domain": "ek", "schema": [ {"name": "orders", "logicalType": "object", "properties": [ {"name": "id", "logicalType": "integer", "physicalType": "integer"}, {"name": "amount", "logicalType": "integer", "physicalType": "integer"}, {"name": "code", "logicalType": "string", "physicalType": "varchar(3)"}, {"name": "secret", "logicalType": "integer", "physicalType": "integer"}, {"name": "note", "logicalType": "string"} ]} ]}'
SELECT dm_import_contract(:'v1');
SELECT dm_publish('ek.orders');
SELECT dm_grant_access('ek.orders', 'regress_ek_reader', 'ek_reports', until => now() + interval '1 day') > 0 AS granted;
SET ROLE regress_ek_reader;
SET datamesh.purpose = 'ek_reports';
CREATE MATERIALIZED VIEW ekr.m AS SELECT id, amount, code FROM ek_orders_v1.orders;
SELECT *, pg_typeof(amount), pg_typeof(secret) FROM ek_orders_v1.orders;
SET ROLE regress_ek_owner;
-- promised types are cast, others follow
SELECT * FROM dm_evolve('ek.orders', 'ALTER TABLE ek.orders ALTER amount TYPE bigint, ALTER code TYPE text, ALTER secret TYPE bigint, ALTER note TYPE varchar(80)');
SELECT regexp_replace(replace(pg_get_viewdef('ek_orders_v1.orders'), 'orders.', ''), '\s+', ' ', 'g') AS query;
SELECT port, "column", type, tags FROM datamesh.port_columns WHERE product = 'ek.orders' ORDER BY position;
-- and stay so when the port is written anew for another reason
SELECT dm_classify('ek.orders', 'note', 'ek_secret');
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'ek_orders_v1.orders'::regclass AND attnum > 0 ORDER BY attnum;
SET ROLE regress_ek_reader;
SELECT *, pg_typeof(amount), pg_typeof(secret) FROM ek_orders_v1.orders;
REFRESH MATERIALIZED VIEW ekr.m;
SET ROLE regress_ek_owner;
-- the promise is kept where it was given
SELECT rule, verdict, message FROM dm_check('ek.orders', '{amount.physicalType,code.physicalType}');
-- what no cast that always works leads back from
SELECT * FROM dm_evolve('ek.orders', 'ALTER TABLE ek.orders ALTER amount TYPE jsonb USING to_jsonb(amount)');
-- the next major version, over the same table
\set v2 '{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "ek-orders", "name": "orders", "version": "2.0.0", "status": "active", "domain": "ek", "schema": [ {"name": "orders", "logicalType": "object", "properties": [ {"name": "id", "logicalType": "integer", "physicalType": "integer"}, {"name": "amount", "logicalType": "integer", "physicalType": "bigint"} ]} ]}'
SELECT dm_import_contract(:'v2');
SELECT dm_publish('ek.orders@2');
SELECT product, port, "column", type FROM datamesh.port_columns WHERE product LIKE 'ek.orders%' AND "column" = 'amount' ORDER BY 1;
SELECT object, verdict FROM dm_evolve('ek.orders@2', 'ALTER TABLE ek.orders ALTER id TYPE bigint') ORDER BY 1;
SET ROLE regress_ek_reader;
SELECT id, amount, pg_typeof(id), pg_typeof(amount) FROM ek_orders_v1.orders;

RESET ROLE;
RESET datamesh.purpose;
DROP SCHEMA ekr CASCADE;
SET client_min_messages = warning;
SELECT dm_deprecate('ek.orders@1'), dm_deprecate('ek.orders@2'), dm_retire('ek.orders@1'), dm_retire('ek.orders@2') \g /dev/null
SELECT dm_drop_domain('ek'), dm_drop_purpose('ek_reports') \g /dev/null
DROP SCHEMA ek CASCADE;
SELECT dm_drop_tag('ek_secret') \g /dev/null
DROP ROLE regress_ek_owner, regress_ek_reader;
