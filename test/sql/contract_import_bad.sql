-- What import refuses, and that nothing has changed then.
SELECT count(*) > 0 AS loaded FROM dm_load_taxonomy() n WHERE n >= 0;
CREATE ROLE regress_cb_owner;
CREATE ROLE regress_cb_app;
CREATE ROLE regress_cb_other;
CREATE ROLE regress_cb_nobody;
CREATE SCHEMA cb AUTHORIZATION regress_cb_owner;
CREATE SCHEMA cb_other AUTHORIZATION regress_cb_other;
CREATE SCHEMA cb_nobody AUTHORIZATION regress_cb_owner;
SET ROLE regress_cb_other;
SELECT dm_register_domain('cb_other', schemas => '{cb_other}');
CREATE TABLE cb_other.person (id int, name text);
SET ROLE regress_cb_owner;
SELECT dm_register_domain('cb', schemas => '{cb}', producers => '{regress_cb_app}');
CREATE TABLE cb.item (id int, name text);
CREATE TABLE cb_nobody.stray (id int);
CREATE SEQUENCE cb.counter;
CREATE FUNCTION pg_temp.contract(id text, version text, objects text, more text DEFAULT 'domain: cb') RETURNS text
LANGUAGE sql RETURN format(E'apiVersion: v3.1.0\nkind: DataContract\nid: cb-%s\nname: %s\nversion: "%s"\nstatus: active\n%s\nschema: %s',
	id, id, version, more, objects);

-- arguments
SELECT dm_import_contract(NULL);
SELECT dm_import_contract('');
SELECT dm_import_contract(pg_temp.contract('a', '1', '[]'), domain => '');
SELECT dm_import_contract(pg_temp.contract('a', '1', '[]'), domain => 'nowhere');

-- documents
SELECT dm_import_contract('just text');
SELECT dm_import_contract('[1, 2]');
SELECT dm_import_contract(E'apiVersion: v3.1.0\nkind: DataContract\nid: "a');
SELECT dm_import_contract(E'kind: DataProduct\nid: a\nversion: 1');
SELECT dm_import_contract(E'apiVersion: v3.1.0\nkind: DataContract\nid: a\nname: a\ndomain: cb');
SELECT dm_import_contract(E'apiVersion: v2.2.2\nkind: DataContract\nid: a\nname: a\nversion: 1.0.0\ndomain: cb');
SELECT dm_import_contract(E'apiVersion: v3.1.0\nkind: DataContract\nversion: 1.0.0\ndomain: cb');
SELECT dm_import_contract(E'apiVersion: v3.1.0\nkind: DataContract\nid: 日本\nname: "- -"\nversion: 1.0.0\ndomain: cb');
SELECT dm_import_contract(pg_temp.contract('a', '999999.0.0', '[]'));
SELECT dm_import_contract(pg_temp.contract(repeat('long', 20), '1', '[]'));
SELECT dm_import_contract(pg_temp.contract('a', '1', '[{name: Item}, {name: item}]'));

-- strict: all errors at once; lenient takes it and says how it was read
SELECT dm_import_contract(pg_temp.contract('strict', '1.0.0', '[{name: item, unknown: 1, properties: [{name: id, logicalType: int, required: "yes", columns: [a]}, {name: id}]}]'), strict => true);
SELECT dm_import_contract(pg_temp.contract('strict', '1.0.0', '[{name: item, unknown: 1, properties: [{name: id, logicalType: int, required: "yes", columns: [a]}, {name: id}]}]'), dry_run => true);
SELECT dm_import_contract(pg_temp.contract('strict', '1.0.0', '[{name: item, properties: [{name: id, logicalType: integer}]}]'), strict => true, dry_run => true);

-- domains
SELECT dm_import_contract(pg_temp.contract('a', '1', '[]', ''));
SELECT dm_import_contract(pg_temp.contract('a', '1', '[]', 'domain: nowhere'));
SELECT dm_import_contract(pg_temp.contract('a', '1', '[]', 'domain: cb_other'));
SELECT dm_import_contract(pg_temp.contract('over', '1', '[{name: item}]', 'domain: cb_other'), domain => 'cb');

-- relations that are not the domain's
SELECT dm_import_contract(pg_temp.contract('a', '1', '[{name: x, physicalName: cb_other.person}]'));
SELECT dm_import_contract(pg_temp.contract('a', '1', '[{name: x, physicalName: cb_other.none}]'));
SELECT dm_import_contract(pg_temp.contract('a', '1', '[{name: x, physicalName: cb_nobody.stray}]'));
SELECT dm_import_contract(pg_temp.contract('a', '1', '[{name: x, physicalName: pg_catalog.pg_authid}]'));
SELECT dm_import_contract(pg_temp.contract('a', '1', '[{name: x, physicalName: datamesh.agreement}]'));
SELECT dm_import_contract(pg_temp.contract('a', '1', '[{name: x, physicalName: cb_over_v1.item}]'));
SELECT dm_import_contract(pg_temp.contract('a', '1', '[{name: counter}]'));

-- ids and names
SELECT dm_import_contract(pg_temp.contract('over', '1', '[]', E'domain: cb\ntenant: Other'));
SELECT dm_import_contract(pg_temp.contract('another', '1', '[]', E'domain: cb\ndataProduct: over'));
SELECT dm_import_contract(pg_temp.contract('over', '1', '[]', E'domain: cb\ndataProduct: renamed'));
SET ROLE regress_cb_other;
SELECT dm_import_contract(pg_temp.contract('over', '1', '[]'), domain => 'cb_other');
SELECT dm_import_contract(pg_temp.contract('over', '1', '[]', ''));

-- rights: strangers, producers who own nothing, and the owner of the one product
SET ROLE regress_cb_nobody;
SELECT dm_import_contract(pg_temp.contract('a', '1', '[]'));
SELECT * FROM dm_plan_import(pg_temp.contract('a', '1', '[]'));
SET ROLE regress_cb_app;
SELECT dm_import_contract(pg_temp.contract('a', '1', '[]'));
SELECT dm_import_contract(pg_temp.contract('over', '1', '[]'));
SET ROLE regress_cb_owner;
SELECT dm_register_product('cb.apps', owner => 'regress_cb_app');
SET ROLE regress_cb_app;
SELECT dm_import_contract(pg_temp.contract('apps', '1', '[{name: item, properties: [{name: id}]}]'));
-- to classify takes the relation's owner
SELECT dm_import_contract(pg_temp.contract('apps', '1', '[{name: item, properties: [{name: name, classification: confidential}]}]'));

-- served products wait for dm_publish; retired ones take nothing
SET ROLE regress_cb_owner;
SELECT dm_publish('cb.apps');
SELECT state, version FROM datamesh.contracts WHERE product = 'cb.apps';
SELECT dm_import_contract(pg_temp.contract('apps', '1', '[{name: item, properties: [{name: id}]}]'));
SELECT dm_import_contract(pg_temp.contract('apps', '1', '[{name: item, properties: [{name: id}, {name: name}]}]'));
SELECT dm_import_contract(pg_temp.contract('apps', '1.1', '[{name: item, properties: [{name: id}, {name: name}]}]'));
SELECT "column" FROM datamesh.port_columns WHERE product = 'cb.apps';
SELECT version, state FROM datamesh.contract_versions WHERE product = 'cb.apps' ORDER BY version;
SELECT dm_retire('cb.over');
SELECT dm_import_contract(pg_temp.contract('over', '1', '[]'));
BEGIN READ ONLY;
SELECT dm_import_contract(pg_temp.contract('a', '1', '[]'));
ROLLBACK;
SELECT name, status FROM datamesh.products WHERE domain IN ('cb', 'cb_other') ORDER BY name;
RESET ROLE;

SET client_min_messages = warning;
SELECT count(*) > 0 AS removed FROM dm_remove_mesh(dry_run => false, cascade => true);
DROP FUNCTION pg_temp.contract(text, text, text, text);
DROP SCHEMA cb, cb_other, cb_nobody CASCADE;
DROP ROLE regress_cb_owner, regress_cb_app, regress_cb_other, regress_cb_nobody;
