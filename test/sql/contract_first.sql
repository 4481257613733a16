-- The contract is there first: the data follow, and publishing waits for them.
SELECT count(*) > 0 AS loaded FROM dm_load_taxonomy() n WHERE n >= 0;
CREATE ROLE regress_cfi_owner;
CREATE ROLE regress_cfi_reader;
CREATE SCHEMA cfi AUTHORIZATION regress_cfi_owner;
SELECT dm_register_purpose('cfi_work');
SET ROLE regress_cfi_owner;
SELECT dm_register_domain('cfi', schemas => '{cfi}');
CREATE FUNCTION pg_temp.contract(version text, objects text) RETURNS text
LANGUAGE sql RETURN format(E'apiVersion: v3.1.0\nkind: DataContract\nid: cfi-first\nname: first\nversion: %s\nstatus: active\ndomain: cfi\nschema: %s', version, objects);
SELECT dm_import_contract(pg_temp.contract('1.0.0', '[{name: item, properties: [{name: id, logicalType: integer, required: true}, {name: secret, logicalType: string, classification: confidential}]}]'));
SELECT name, status FROM datamesh.products WHERE domain = 'cfi';
SELECT source, severity, pointer, message FROM dm_contract_findings('cfi.first') WHERE source IN ('conform', 'import');
SELECT dm_publish('cfi.first');
-- half of it
CREATE TABLE cfi.item (id text);
SELECT source, severity, pointer, message FROM dm_contract_findings('cfi.first') WHERE source IN ('conform', 'import');
SELECT dm_publish('cfi.first');
SELECT name, status FROM datamesh.products WHERE domain = 'cfi';
-- all of it: what is published is classified and described as the contract says
ALTER TABLE cfi.item ALTER COLUMN id TYPE int USING id::int, ALTER COLUMN id SET NOT NULL, ADD COLUMN secret text, ADD COLUMN more int;
INSERT INTO cfi.item VALUES (1, 'hidden', 2);
SELECT dm_publish('cfi.first');
SELECT source, severity, pointer, message FROM dm_contract_findings('cfi.first') WHERE source IN ('conform', 'import');
SELECT name, status FROM datamesh.products WHERE domain = 'cfi';
SELECT port, "column", tags FROM datamesh.port_columns WHERE product = 'cfi.first' ORDER BY position;
SELECT version, state, held FROM datamesh.contract_versions WHERE product = 'cfi.first';
SELECT dm_grant_access('cfi.first', 'regress_cfi_reader', 'cfi_work', until => now() + interval '1 day') > 0 AS granted;
SET ROLE regress_cfi_reader;
SET datamesh.purpose = 'cfi_work';
SELECT * FROM cfi_first_v1.item;
RESET datamesh.purpose;

-- some of its relations: the product waits, with what can be made, for the others
SET ROLE regress_cfi_owner;
SELECT dm_import_contract(replace(pg_temp.contract('1.0.0', '[{name: item}, {name: absent, properties: [{name: id}]}]'), 'first', 'some'));
SELECT status FROM datamesh.products WHERE name = 'cfi.some';
SELECT name FROM datamesh.ports WHERE product = 'cfi.some';
SELECT source, severity, pointer, message FROM dm_contract_findings('cfi.some') WHERE source IN ('conform', 'import');
SELECT dm_publish('cfi.some');
SELECT dm_grant_access('cfi.some', 'regress_cfi_reader', 'cfi_work', until => now() + interval '1 day');
SELECT dm_add_port('cfi.some', 'cfi.item', 'more');
SELECT status FROM datamesh.products WHERE name = 'cfi.some';
CREATE TABLE cfi.absent (id int);
SELECT dm_import_contract(replace(pg_temp.contract('1.0.0', '[{name: item}, {name: absent, properties: [{name: id}]}]'), 'first', 'some'));
SELECT status FROM datamesh.products WHERE name = 'cfi.some';
SELECT name FROM datamesh.ports WHERE product = 'cfi.some' ORDER BY name;
SELECT dm_publish('cfi.some');
SELECT status FROM datamesh.products WHERE name = 'cfi.some';
-- or by hand, when the last one has come
SELECT dm_import_contract(replace(pg_temp.contract('1.0.0', '[{name: absent}, {name: last}]'), 'first', 'hand'));
CREATE TABLE cfi.last (id int);
SELECT status FROM datamesh.products WHERE name = 'cfi.hand';
SELECT dm_add_port('cfi.hand', 'cfi.last');
SELECT status FROM datamesh.products WHERE name = 'cfi.hand';
-- a port that shows what is still to come is no reason to keep it
SELECT dm_import_contract(replace(pg_temp.contract('1.0.0', '[{name: absent}, {name: never}]'), 'first', 'gone'));
SELECT dm_retire('cfi.gone');
SELECT status FROM datamesh.products WHERE name = 'cfi.gone';

-- the next contract waits for dm_publish; then the consumer reads the new port as he read the old one
SET ROLE regress_cfi_owner;
SELECT view::oid AS port FROM datamesh.ports WHERE product = 'cfi.first' \gset
SELECT dm_import_contract(pg_temp.contract('1.1.0', '[{name: item, description: things, properties: [{name: id, logicalType: integer, required: true}, {name: secret, logicalType: string, classification: confidential}, {name: more, logicalType: integer}]}, {name: later}]'));
SELECT "column" FROM datamesh.port_columns WHERE product = 'cfi.first' ORDER BY position;
SELECT version, state FROM datamesh.contracts WHERE product = 'cfi.first';
SELECT dm_publish('cfi.first');
CREATE TABLE cfi.later (id int);
SELECT dm_publish('cfi.first');
SELECT port, "column", tags FROM datamesh.port_columns WHERE product = 'cfi.first' ORDER BY port, position;
SELECT name, view::oid = :port AS kept, description FROM datamesh.ports WHERE product = 'cfi.first' ORDER BY name;
SELECT version, state FROM datamesh.contract_versions WHERE product = 'cfi.first' ORDER BY version;
SET ROLE regress_cfi_reader;
SET datamesh.purpose = 'cfi_work';
SELECT * FROM cfi_first_v1.item;
SELECT * FROM cfi_first_v1.later;
RESET datamesh.purpose;
-- the same text again changes nothing, another one of that version is refused
SET ROLE regress_cfi_owner;
SELECT dm_import_contract(dm_export_contract('cfi.first', original => true), dry_run => true);
SELECT dm_import_contract(dm_export_contract('cfi.first', original => true));
SELECT dm_import_contract(dm_export_contract('cfi.first', original => true) || E'\n# more');
SELECT version, state FROM datamesh.contract_versions WHERE product = 'cfi.first' ORDER BY version;
RESET ROLE;

SET client_min_messages = warning;
SELECT count(*) > 0 AS removed FROM dm_remove_mesh(dry_run => false, cascade => true);
DROP FUNCTION pg_temp.contract(text, text);
DROP SCHEMA cfi CASCADE;
DROP ROLE regress_cfi_owner, regress_cfi_reader;
