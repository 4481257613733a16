-- dm_publish with contracts: what is refused and with which reasons, that versions do not change, and two
-- major versions side by side.
CREATE ROLE regress_vp_team;
CREATE ROLE regress_vp_bi;
CREATE ROLE regress_vp_ml;
CREATE ROLE regress_vp_other;
SELECT dm_register_purpose('vp_reporting');
CREATE SCHEMA vp AUTHORIZATION regress_vp_team;
SET ROLE regress_vp_team;
CREATE TABLE vp.customer (id int PRIMARY KEY, email text NOT NULL, country char(2), born date, spare text);
INSERT INTO vp.customer VALUES (1, 'ann@example.org', 'NL', '1980-01-01'), (2, 'bob@example.org', 'DE', '1990-02-02');
SELECT dm_register_domain('vp', schemas => '{vp}');
-- a version of the contract, with the properties and whatever follows them
CREATE FUNCTION pg_temp.contract(version text, properties text, rest text DEFAULT '') RETURNS text LANGUAGE sql IMMUTABLE
RETURN format(E'apiVersion: v3.1.0\nkind: DataContract\nid: vp-customers\nname: customers\nversion: %s\nstatus: active\ndomain: vp\nschema:\n- {name: customer, properties: [%s]}\n%s',
	version, properties, rest);
CREATE TEMP VIEW versions AS
	SELECT product, version, state, author, published_by, published_at IS NOT NULL AS published FROM datamesh.contract_versions WHERE product LIKE 'vp.%' ORDER BY product, created_at, version;

-- the first version: no relation lacks, one promise is held, one is not
SELECT dm_import_contract(pg_temp.contract('1.0.0', '{name: id, physicalType: int, required: true, primaryKey: true, primaryKeyPosition: 1}, {name: email, physicalType: text, required: true}, {name: country, physicalType: char(2), unique: true}'));
SELECT * FROM pg_temp.versions;
SELECT dm_publish('vp.customers');
SELECT * FROM pg_temp.versions;
SELECT held FROM datamesh.contract_versions WHERE product = 'vp.customers';
SELECT dm_publish('vp.customers');
SELECT dm_grant_access('vp.customers', 'regress_vp_bi', 'vp_reporting', until => now() + interval '1 day') IS NOT NULL AS granted;
SELECT dm_grant_access('vp.customers', 'regress_vp_ml', 'vp_reporting', until => now() + interval '1 day') IS NOT NULL AS granted;

-- a published version does not change: not by import, not by hand
SELECT dm_import_contract(pg_temp.contract('1.0.0', '{name: id, physicalType: int}'));
UPDATE datamesh.contract SET note = 'x';
RESET ROLE;
GRANT UPDATE, DELETE ON datamesh.contract TO regress_vp_team;
SET ROLE regress_vp_team;
UPDATE datamesh.contract SET note = 'x';
DELETE FROM datamesh.contract;
RESET ROLE;
REVOKE ALL ON datamesh.contract FROM regress_vp_team;
SET ROLE regress_vp_team;

-- not greater
SELECT dm_import_contract(pg_temp.contract('0.9.0', '{name: id, physicalType: int}'));
SELECT dm_publish('vp.customers');
SELECT dm_import_contract(pg_temp.contract('1.0', '{name: id, physicalType: int}'));
SELECT dm_publish('vp.customers');

-- too small a step: all reasons, and whom it hits
SELECT dm_import_contract(pg_temp.contract('1.1.0', '{name: id, physicalType: bigint}, {name: country, physicalType: char(2)}, {name: born, physicalType: date}'));
SELECT verdict, path, reason, consumers FROM dm_diff_contract('vp.customers', pg_temp.contract('1.1.0', '{name: id, physicalType: bigint}, {name: country, physicalType: char(2)}, {name: born, physicalType: date}'));
SELECT dm_publish('vp.customers');
SELECT * FROM pg_temp.versions;
-- nothing came of it
SELECT attname FROM pg_attribute WHERE attrelid = 'vp_customers_v1.customer'::regclass AND attnum > 0 ORDER BY attnum;
-- a minor change in a patch
SELECT dm_import_contract(pg_temp.contract('1.0.1', '{name: id, physicalType: int, required: true, primaryKey: true, primaryKeyPosition: 1}, {name: email, physicalType: text, required: true}, {name: country, physicalType: char(2), unique: true}, {name: born, physicalType: date}'));
SELECT dm_publish('vp.customers');

-- what is not there, with all reasons
SELECT dm_import_contract(pg_temp.contract('1.1.0', '{name: id, physicalType: int, required: true, primaryKey: true, primaryKeyPosition: 1}, {name: email, physicalType: text, required: true}, {name: country, physicalType: char(2), unique: true}, {name: missing, physicalType: text}, {name: spare, physicalType: int}'));
SELECT dm_publish('vp.customers');

-- a minor step is published, and readers have the new column
SELECT dm_import_contract(pg_temp.contract('1.1.0', '{name: id, physicalType: int, required: true, primaryKey: true, primaryKeyPosition: 1}, {name: email, physicalType: text, required: true}, {name: country, physicalType: char(2), unique: true}, {name: born, physicalType: date}'));
SELECT dm_publish('vp.customers');
SELECT * FROM pg_temp.versions;
RESET ROLE;
SET ROLE regress_vp_bi;
SET datamesh.purpose = 'vp_reporting';
SELECT * FROM vp_customers_v1.customer ORDER BY id;
-- of the consumers, each sees himself
SELECT consumers FROM dm_diff_contract('vp.customers', pg_temp.contract('2.0.0', '{name: id}')) WHERE verdict = 'major' LIMIT 1;
SELECT version, state, source IS NULL AS no_text FROM datamesh.contract_versions WHERE product = 'vp.customers' ORDER BY created_at;
SELECT consumer, has_successor FROM dm_readers('vp.customers');
SELECT dm_publish('vp.customers');
SET ROLE regress_vp_other;
SELECT consumer FROM dm_readers('vp.customers');
SELECT consumers FROM dm_diff_contract('vp.customers', pg_temp.contract('2.0.0', '{name: id}')) WHERE verdict = 'major' LIMIT 1;

-- major 2 beside it, without email and with another name for a column: the first one's output stays as it was
SET ROLE regress_vp_team;
SELECT dm_import_contract(pg_temp.contract('2.0.0', '{name: id, physicalType: int, primaryKey: true, primaryKeyPosition: 1, required: true}, {name: born, physicalType: date}, {name: spare, physicalType: text}'));
SELECT dm_publish('vp.customers@2');
SELECT verdict, path FROM dm_diff_contract('vp.customers@1', 'vp.customers@2') WHERE verdict = 'major';
SELECT dm_deprecate('vp.customers@1', until => '2099-12-31', successor => 'vp.customers@2');
SELECT dm_grant_access('vp.customers@2', 'regress_vp_ml', 'vp_reporting', until => now() + interval '1 day') IS NOT NULL AS granted;
SELECT consumer, purpose, state, deprecated_until, successor, has_successor FROM dm_readers('vp.customers@1') ORDER BY consumer::text;
SELECT product, consumer, successor, has_successor FROM datamesh.product_readers WHERE product LIKE 'vp.%' ORDER BY product, consumer::text;
SET ROLE regress_vp_bi;
SELECT * FROM vp_customers_v1.customer ORDER BY id;
SELECT * FROM vp_customers_v2.customer ORDER BY id;
SET ROLE regress_vp_ml;
SELECT * FROM vp_customers_v1.customer ORDER BY id;
SELECT * FROM vp_customers_v2.customer ORDER BY id;
SET ROLE regress_vp_team;
-- the deprecated one may still be mended
SELECT dm_import_contract(pg_temp.contract('1.1.1', '{name: id, physicalType: int, required: true, primaryKey: true, primaryKeyPosition: 1}, {name: email, physicalType: text, required: true, description: where to write to}, {name: country, physicalType: char(2), unique: true}, {name: born, physicalType: date}'));
SELECT dm_publish('vp.customers@1');
SELECT version, state FROM pg_temp.versions WHERE product = 'vp.customers@1';
SELECT status FROM datamesh.products WHERE name = 'vp.customers@1';

-- modes: what one version after another admits, all of them together do not
SELECT dm_alter_product('vp.customers@2', compatibility => 'BACKWARD');
SELECT dm_import_contract(pg_temp.contract('2.1.0', '{name: id, physicalType: int, primaryKey: true, primaryKeyPosition: 1, required: true}, {name: born, physicalType: date}'));
SELECT dm_publish('vp.customers@2');
SELECT dm_import_contract(pg_temp.contract('2.2.0', '{name: id, physicalType: int, primaryKey: true, primaryKeyPosition: 1, required: true}, {name: born, physicalType: date, required: true}'));
SELECT dm_publish('vp.customers@2');
SELECT dm_alter_product('vp.customers@2', compatibility => 'FORWARD_TRANSITIVE');
SELECT dm_import_contract(pg_temp.contract('2.2.0', '{name: id, physicalType: int, primaryKey: true, primaryKeyPosition: 1, required: true}, {name: born, physicalType: date, required: true}'));
SELECT dm_publish('vp.customers@2');
SELECT dm_alter_product('vp.customers@2', compatibility => 'NONE');
SELECT dm_publish('vp.customers@2');
SELECT version, state FROM pg_temp.versions WHERE product = 'vp.customers@2';

-- before 1.0.0 nothing is promised of changes; a number that is none may be a minor step
SELECT dm_import_contract(replace(pg_temp.contract('0.1.0', '{name: id, physicalType: int}, {name: born, physicalType: date}'), 'customers', 'early'));
SELECT dm_publish('vp.early');
SELECT dm_import_contract(replace(pg_temp.contract('0.1.1', '{name: id, physicalType: int}'), 'customers', 'early'));
SELECT dm_publish('vp.early');
SELECT dm_import_contract(replace(pg_temp.contract('spring', '{name: id, physicalType: int}, {name: born, physicalType: date}'), 'customers', 'dated'));
SELECT dm_publish('vp.dated');
SELECT dm_import_contract(replace(pg_temp.contract('summer', '{name: id, physicalType: int}'), 'customers', 'dated'));
SELECT dm_publish('vp.dated');
SELECT dm_import_contract(replace(pg_temp.contract('summer', '{name: id, physicalType: int}, {name: born, physicalType: date}, {name: spare, physicalType: text}'), 'customers', 'dated'));
SELECT dm_publish('vp.dated');

-- two contracts with one id: the second is the first one's product, or refused
SELECT dm_import_contract(replace(pg_temp.contract('1.0.0', '{name: id, physicalType: int}'), 'id: vp-early', 'id: vp-customers'));

-- retired: the contract with it
SELECT dm_retire('vp.customers@1');
SELECT version, state FROM pg_temp.versions WHERE product = 'vp.customers@1';
SELECT dm_publish('vp.customers@1');
SELECT dm_retire('vp.early'), dm_retire('vp.dated');
SELECT dm_deprecate('vp.early'), dm_deprecate('vp.dated'), dm_deprecate('vp.customers@2');
SELECT dm_retire('vp.early'), dm_retire('vp.dated'), dm_retire('vp.customers@2');
SELECT dm_drop_domain('vp');
RESET ROLE;
SELECT count(*) FROM datamesh.contract c WHERE NOT EXISTS (SELECT FROM datamesh.product p WHERE p.id = c.product);
DROP VIEW pg_temp.versions;
DROP FUNCTION pg_temp.contract(text, text, text);
DROP SCHEMA vp CASCADE;
SELECT dm_forget_role('regress_vp_bi'), dm_forget_role('regress_vp_ml');
SELECT dm_drop_purpose('vp_reporting');
DROP ROLE regress_vp_team, regress_vp_bi, regress_vp_ml, regress_vp_other;
