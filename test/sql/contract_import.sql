-- Contracts come in: a product with its ports, columns, classification and descriptions.
SELECT count(*) > 0 AS loaded FROM dm_load_taxonomy() n WHERE n >= 0;
CREATE ROLE regress_ci_owner;
CREATE ROLE regress_ci_app;
CREATE ROLE regress_ci_other;
CREATE SCHEMA ci AUTHORIZATION regress_ci_owner;
CREATE SCHEMA "CI Two" AUTHORIZATION regress_ci_owner;
CREATE SCHEMA ci_other AUTHORIZATION regress_ci_other;
CREATE SCHEMA ci_nobody AUTHORIZATION regress_ci_owner;
SET ROLE regress_ci_other;
SELECT dm_register_domain('ci_other', schemas => '{ci_other}');
CREATE TABLE ci_other.person (id int, name text);
RESET ROLE;
SET ROLE regress_ci_owner;
SELECT dm_register_domain('ci', schemas => '{ci,"CI Two"}', producers => '{regress_ci_app}');
CREATE TABLE ci.customer (id int PRIMARY KEY, email text NOT NULL, "Full Name" text, secret text, born date);
COMMENT ON COLUMN ci.customer.email IS 'the team''s own words';
CREATE TABLE "CI Two"."Odd.Table" (a int, b text);
CREATE TABLE ci_nobody.stray (id int);
CREATE SEQUENCE ci.counter;

-- a function that makes contracts short here
CREATE FUNCTION pg_temp.contract(id text, version text, objects text, more text DEFAULT '') RETURNS text
LANGUAGE sql RETURN format(E'apiVersion: v3.1.0\nkind: DataContract\nid: ci-%s\nname: %s\nversion: "%s"\nstatus: active\ndomain: ci\n%s\nschema: %s',
	id, id, version, more, objects);
-- what it would do, and what it does
SELECT * FROM dm_plan_import(pg_temp.contract('customers', '1.0.0', $$
- name: Customer
  physicalName: customer
  description: who buys
  properties:
  - {name: number, physicalName: id, logicalType: integer, primaryKey: true, description: their number}
  - {name: mail, physicalName: email, logicalType: string, classification: PII.Email}
  - {name: Full Name, logicalType: string, tags: [pii.name, made_up]}
  - {name: missing, logicalType: string}
- name: orders
  properties: [{name: id}]
$$, 'description: {purpose: all customers}'));
SELECT count(*) FROM datamesh.products WHERE domain = 'ci';
SELECT dm_import_contract(pg_temp.contract('customers', '1.0.0', $$
- name: Customer
  physicalName: customer
  description: who buys
  properties:
  - {name: number, physicalName: id, logicalType: integer, primaryKey: true, description: their number}
  - {name: mail, physicalName: email, logicalType: string, classification: PII.Email}
  - {name: Full Name, logicalType: string, tags: [pii.name, made_up]}
  - {name: missing, logicalType: string}
- name: orders
  properties: [{name: id}]
$$, 'description: {purpose: all customers}'));
SELECT name, status, description FROM datamesh.products WHERE domain = 'ci';
SELECT port, "column", tags, description FROM datamesh.port_columns WHERE product = 'ci.customers' ORDER BY position;
SELECT name, source, description FROM datamesh.ports WHERE product = 'ci.customers';
SELECT version, state, id FROM datamesh.contracts WHERE product = 'ci.customers';

-- the next draft: what was missing is there, a port gets more columns, another one goes
CREATE TABLE ci.orders (id int, customer int);
SELECT view::oid AS port FROM datamesh.ports WHERE product = 'ci.customers' \gset
SELECT dm_import_contract(pg_temp.contract('customers', '1.0.0', $$
- name: Customer
  physicalName: customer
  properties:
  - {name: number, physicalName: id}
  - {name: mail, physicalName: email}
  - {name: Full Name}
  - {name: born}
- {name: orders}
$$));
SELECT port, "column", tags, description FROM datamesh.port_columns WHERE product = 'ci.customers' ORDER BY port, position;
SELECT view::oid = :port AS kept FROM datamesh.ports WHERE product = 'ci.customers' AND name = 'customer';
-- fewer columns: the view is another one; tags that the contract does not name any more stay
SELECT dm_import_contract(pg_temp.contract('customers', '1.0.1', $$
- name: Customer
  physicalName: ci.customer
  properties: [{name: mail, physicalName: email}]
$$));
SELECT port, "column", tags, description FROM datamesh.port_columns WHERE product = 'ci.customers' ORDER BY port, position;
SELECT view::oid = :port AS kept FROM datamesh.ports WHERE product = 'ci.customers' AND name = 'customer';
SELECT name, status FROM datamesh.ports WHERE product = 'ci.customers' ORDER BY created_at, name;
SELECT version, state FROM datamesh.contracts WHERE product = 'ci.customers';

-- what others have built on a port keeps it from being made anew
CREATE VIEW ci.on_port AS SELECT email FROM ci_customers_v1.customer;
SELECT dm_import_contract(pg_temp.contract('customers', '1.0.2', '
- {name: Customer, physicalName: customer, properties: [{name: id}]}'));
SELECT dm_import_contract(pg_temp.contract('customers', '1.0.2', '
- {name: Customer, physicalName: customer, properties: [{name: email}, {name: id}]}'));
DROP VIEW ci.on_port;

-- names: quoted, qualified, of this database; never SQL
SELECT dm_import_contract(pg_temp.contract('odd', '1', $$
- {name: 'x"; DROP TABLE ci.customer; --', physicalName: '"CI Two"."Odd.Table"', properties: [{name: a}, {name: b, description: "'); DROP TABLE ci.customer; --"}]}$$));
SELECT port, "column", source, description FROM datamesh.port_columns WHERE product = 'ci.odd' ORDER BY position;
SELECT dm_import_contract(pg_temp.contract('dotted', '1', '
- {name: t, physicalName: Odd.Table}'));
SELECT dm_import_contract(pg_temp.contract('whole', '1', format('
- {name: t, physicalName: %s.ci.customer}', current_database())));
SELECT product, name, source FROM datamesh.ports WHERE product IN ('ci.dotted', 'ci.whole') ORDER BY 1;
SELECT dm_import_contract(pg_temp.contract('x''; DROP TABLE ci.customer; --', '1', '[]'));

-- the server that is this database says where the relations are
CREATE TABLE "CI Two".customer (id bigint);
SELECT dm_import_contract(pg_temp.contract('here', '1', '
- {name: customer}',
	format('servers: [{server: a, type: kafka}, {server: b, type: postgresql, host: h, port: 1, database: %s, schema: CI Two}]', current_database())));
SELECT source FROM datamesh.ports WHERE product = 'ci.here';
SELECT dm_import_contract(pg_temp.contract('elsewhere', '1', '
- {name: person}',
	format('servers: [{server: b, type: postgresql, host: h, port: 1, database: %s, schema: ci_other}]', current_database())));
SELECT dm_import_contract(pg_temp.contract('elsewhere', '1', '
- {name: person}',
	'servers: [{server: b, type: postgresql, host: h, port: 1, database: another, schema: ci_other}]'));
-- in two schemas of the domain
SELECT dm_import_contract(pg_temp.contract('two', '1', '
- {name: customer}'));

-- JSON, and versions: 0.x and what is no version belong to the first major
SELECT dm_import_contract('{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "ci-js", "dataProduct": "JSON Product", "version": "0.9", "status": "draft", "domain": "CI", "schema": [{"name": "orders"}]}');
SELECT dm_import_contract(pg_temp.contract('major', 'x.y', '[]'));
SELECT dm_import_contract(pg_temp.contract('major', '3.1.4', '
- {name: orders}'));
SELECT dm_import_contract(pg_temp.contract('major', '2.0.0', '
- {name: orders}'));
SELECT dm_import_contract(pg_temp.contract('major', '3.2.0', '
- {name: orders, description: third}'));
SELECT dm_import_contract(pg_temp.contract('major', '7.0.0', '
- {name: orders, description: seventh}'));
SELECT dm_import_contract(pg_temp.contract('late', '5.0.0', '
- {name: orders}'));
SELECT dm_register_product('ci.late@7');
SELECT dm_register_product('ci.late@6');
SELECT name, major, status FROM datamesh.products WHERE name ~ 'ci.(major|late|json)' ORDER BY name;
SELECT product, view, description FROM datamesh.ports WHERE product LIKE 'ci.major%' ORDER BY view::text;
SELECT product, version, state FROM datamesh.contracts WHERE product ~ 'ci.(major|late)' ORDER BY product;

-- a product that was made by hand gets its first contract; its own port stays
SELECT dm_register_product('ci.hand', 'by hand');
SELECT dm_add_port('ci.hand', 'ci.orders', 'extra');
SELECT dm_import_contract(pg_temp.contract('hand', '1.0.0', '
- {name: orders, properties: [{name: id}]}'));
SELECT name, source FROM datamesh.ports WHERE product = 'ci.hand' ORDER BY name;

-- a tag below the one that the contract names says the same more closely; two at once are both added
CREATE TABLE ci.tagged (mail text, two text, fine text);
SELECT dm_classify('ci.tagged', 'mail', 'pii.email'), dm_classify('ci.tagged', 'fine', 'confidential');
SELECT dm_import_contract(pg_temp.contract('tagged', '1.0.0', '[{name: tagged, properties: [{name: mail, classification: pii}, {name: two, classification: Restricted, tags: [pii.name, pii]}, {name: fine, classification: public}]}]'));
SELECT "column", tags FROM datamesh.port_columns WHERE product = 'ci.tagged' ORDER BY position;
SELECT pointer, message FROM dm_contract_findings('ci.tagged') WHERE source = 'import';

-- nothing stays of a rehearsal or of an import that fails
SELECT dm_import_contract(pg_temp.contract('dry', '1.0.0', '
- {name: orders}'), dry_run => true);
SELECT dm_import_contract(pg_temp.contract('fails', '1.0.0', E'\n- {name: orders}\n- {name: orders2, physicalName: ci_other.person}'), dry_run => true);
SELECT dm_import_contract(pg_temp.contract('fails', '1.0.0', E'\n- {name: orders}\n- {name: orders2, physicalName: ci_other.person}'));
SELECT count(*) FROM datamesh.products WHERE name IN ('ci.dry', 'ci.fails');
SELECT count(*) FROM pg_namespace WHERE nspname IN ('ci_dry_v1', 'ci_fails_v1');
BEGIN;
SAVEPOINT a;
SELECT dm_import_contract(pg_temp.contract('fails', '1.0.0', '
- {name: orders2, physicalName: ci_other.person}'), dry_run => true);
ROLLBACK TO a;
SELECT dm_import_contract(pg_temp.contract('dry', '1.0.0', '
- {name: orders}'), dry_run => true);
COMMIT;

RESET ROLE;

SET client_min_messages = warning;
SELECT count(*) > 0 AS removed FROM dm_remove_mesh(dry_run => false, cascade => true);
DROP FUNCTION pg_temp.contract(text, text, text, text);
DROP SCHEMA ci, "CI Two", ci_other, ci_nobody CASCADE;
DROP ROLE regress_ci_owner, regress_ci_app, regress_ci_other;
