-- A CASCADE from the team's own relations leaves ports where they are; COMMIT asks what they show.
SELECT setval('datamesh.row_policy_id_seq', 1, false) \g /dev/null
CREATE ROLE regress_gs_owner;
CREATE ROLE regress_gs_reader;
CREATE ROLE regress_gs_member;
CREATE ROLE regress_gs_stranger;
GRANT regress_gs_owner, regress_gs_reader TO regress_gs_member;
CREATE SCHEMA gs AUTHORIZATION regress_gs_owner;
CREATE SCHEMA gs_types AUTHORIZATION regress_gs_owner;
CREATE SCHEMA gsr AUTHORIZATION regress_gs_reader;
SELECT dm_register_purpose('gs_reports');
SELECT dm_create_tag('gs_mail', 'mail', mask => 'dm_mask_email()');
GRANT CREATE ON DATABASE :DBNAME TO regress_gs_owner;
SET ROLE regress_gs_owner;
SELECT dm_register_domain('gs', schemas => '{gs}');
CREATE TYPE gs_types.mood AS ENUM ('good', 'bad');
CREATE TABLE gs.t (id int PRIMARY KEY, email text, amount int);
INSERT INTO gs.t VALUES (1, 'ann@example.com', 10);
CREATE TABLE gs.u (id int PRIMARY KEY, mood gs_types.mood, country text);
CREATE VIEW gs.v AS SELECT id, country FROM gs.u;
CREATE VIEW gs.grouped AS SELECT id, country, count(*) AS n FROM gs.u GROUP BY id;
SELECT dm_classify('gs.t', 'email', 'gs_mail');
SELECT dm_register_product('gs.p');
SELECT dm_add_port('gs.p', 'gs.t'), dm_add_port('gs.p', 'gs.v'), dm_add_port('gs.p', 'gs.u');
COMMENT ON COLUMN gs_p_v1.t.amount IS 'in cents';
SELECT dm_publish('gs.p');
SELECT dm_grant_access('gs.p', 'regress_gs_reader', 'gs_reports', until => now() + interval '1 day') > 0 AS granted;
SET ROLE regress_gs_reader;
SET datamesh.purpose = 'gs_reports';
CREATE VIEW gsr.mine AS SELECT id, email, amount FROM gs_p_v1.t;

-- alone it does not commit, and nothing is lost
SET ROLE regress_gs_owner;
DROP TABLE gs.t CASCADE;
DROP VIEW gs.v CASCADE;
ALTER TABLE gs.t DROP email CASCADE;
-- a port's column of that type goes with it, whatever the port shows
DROP TYPE gs_types.mood CASCADE;
DROP SCHEMA gs CASCADE;
BEGIN;
DROP TABLE gs.t CASCADE;
PREPARE TRANSACTION 'regress_gs';

-- made again: the port, its privileges, comments and what was built on it are what they were
CREATE TABLE gs_types.before AS SELECT oid, relacl, relowner FROM pg_class WHERE oid = 'gs_p_v1.t'::regclass;
BEGIN;
DROP TABLE gs.t CASCADE;
SAVEPOINT reading;
SELECT * FROM gs_p_v1.t;
ROLLBACK TO reading;
CREATE TABLE gs.t (amount int, email varchar(10));
ALTER TABLE gs.t ALTER email TYPE text;
ALTER TABLE gs.t ADD id int PRIMARY KEY;
INSERT INTO gs.t VALUES (20, 'bob@example.com', 2);
COMMIT;
SET ROLE regress_gs_reader;
SELECT * FROM gs_p_v1.t;
SELECT * FROM gsr.mine;
SET ROLE regress_gs_owner;
SELECT relacl = before.relacl AS acl, relowner = before.relowner AS owner, col_description(c.oid, 3)
FROM pg_class c JOIN gs_types.before USING (oid);
SELECT "column", source, source_column, tags FROM datamesh.port_columns WHERE product = 'gs.p' AND port = 't' ORDER BY position;

-- as migration tools do it: a table beside it takes its name
BEGIN;
CREATE TABLE gs.new (LIKE gs.t);
INSERT INTO gs.new SELECT * FROM gs.t;
DROP TABLE gs.t CASCADE;
ALTER TABLE gs.new RENAME TO t;
COMMIT;
SET ROLE regress_gs_reader;
SELECT * FROM gsr.mine;
SET ROLE regress_gs_owner;

-- twice, in subtransactions, and prepared
BEGIN;
SAVEPOINT a;
DROP TABLE gs.t CASCADE;
ROLLBACK TO a;
SELECT id FROM gs_p_v1.t;
DROP TABLE gs.t CASCADE;
RELEASE a;
CREATE TABLE gs.t (id int, email text, amount int);
SAVEPOINT b;
DROP TABLE gs.t CASCADE;
CREATE TABLE gs.t (id int);
ROLLBACK TO b;
DROP VIEW gs.v CASCADE;
CREATE VIEW gs.v AS SELECT 7 AS id, country FROM gs.u;
PREPARE TRANSACTION 'regress_gs';
COMMIT PREPARED 'regress_gs';
SELECT * FROM gs_p_v1.t;
SELECT * FROM gs_p_v1.v;
BEGIN;
SAVEPOINT a;
DROP TABLE gs.t CASCADE;
RELEASE a;
COMMIT;

-- columns, and what other types the port may have
BEGIN;
ALTER TABLE gs.t DROP amount CASCADE;
ALTER TABLE gs.t ADD amount numeric DEFAULT 3;
COMMIT;
\d gs_p_v1.t

-- what the CASCADE does not reach after all is put back at once
BEGIN;
ALTER TABLE gs.u DROP CONSTRAINT u_pkey CASCADE;
SELECT id FROM gs_p_v1.v;
ROLLBACK;

-- the port itself is refused at once, to all
BEGIN;
DROP TABLE gs.t CASCADE;
DROP VIEW gs_p_v1.t;
ROLLBACK;
DROP SCHEMA gs_p_v1 CASCADE;
RESET ROLE;
DROP SCHEMA gs_p_v1 CASCADE;
DROP TABLE gs.t CASCADE;
SET ROLE regress_gs_stranger;
DROP TABLE gs.t CASCADE;

-- the name outside of the domain, and a table that lacks a column
SET ROLE regress_gs_owner;
BEGIN;
DROP SCHEMA gs CASCADE;
CREATE SCHEMA gs;
CREATE TABLE gs.t (id int, email text, amount int);
CREATE TABLE gs.u (id int, mood text, country text);
CREATE VIEW gs.v AS SELECT id, country FROM gs.u;
COMMIT;
BEGIN;
DROP TABLE gs.t CASCADE;
CREATE TABLE gs.t (id int, amount int);
COMMIT;

-- meanwhile nobody makes the port show anything, or weakens what guarded it
BEGIN;
DROP TABLE gs.t CASCADE;
CREATE TABLE gs.t (id int, email text, amount int);
SELECT dm_evolve('gs.p', 'ALTER TABLE gs.t ADD more int');
SELECT "column" FROM datamesh.port_columns WHERE product = 'gs.p' AND port = 't';
SELECT outcome FROM dm_explain_access('regress_gs_reader', 'gs_p_v1.t', 'email', 'gs_reports') WHERE kind = 'verdict';
SELECT count(*) FROM dm_who_can_see('gs_p_v1.t', 'email');
COMMIT;
\set VERBOSITY terse
SET SESSION AUTHORIZATION regress_gs_member;
BEGIN;
DROP TABLE gs.t CASCADE;
CREATE TABLE gs.other (email text);
SELECT dm_classify('gs.other', 'email', 'gs_mail');
SELECT dm_classify('gs.other', 'email');
ROLLBACK;
BEGIN;
CREATE TABLE gs.other (email text);
SELECT dm_classify('gs.other', 'email', 'gs_mail');
SELECT dm_classify('gs.other', 'email');
ROLLBACK;
RESET SESSION AUTHORIZATION;
\set VERBOSITY default

-- row policies have to be there as well
SET ROLE regress_gs_owner;
SELECT dm_add_row_policy('gs.t', 'few', 'id > 0');
BEGIN;
DROP TABLE gs.t CASCADE;
CREATE TABLE gs.t (id int, email text, amount int);
SELECT dm_add_row_policy('gs.t', 'few', 'id > 0');
COMMIT;
BEGIN;
SELECT dm_drop_row_policy('gs.t', 'few');
DROP TABLE gs.t CASCADE;
CREATE TABLE gs.t (id int, email text, amount int);
SELECT dm_add_row_policy('gs.t', 'few', 'id > 1');
COMMIT;
INSERT INTO gs.t VALUES (1, 'hidden@example.com', 1), (2, 'shown@example.com', 1);
SET ROLE regress_gs_reader;
SELECT * FROM gsr.mine;

-- what would break: told in advance
SET ROLE regress_gs_owner;
SELECT kind, object, effect, detail FROM dm_impact('gs.p', 'DROP VIEW gs.v CASCADE');
SELECT object, kind, effect, detail FROM dm_impact('gs.p', 'DROP TABLE gs.t CASCADE; CREATE TABLE gs.t (id int, email text, amount int)');

-- a port that nobody reads yet loses columns; the way out of a published one
SELECT dm_register_product('gs.draft', open_ended => true), dm_add_port('gs.draft', 'gs.u');
BEGIN;
DROP TABLE gs.u CASCADE;
CREATE TABLE gs.u (id int, country text, mood text);
CREATE VIEW gs.v AS SELECT id, country FROM gs.u;
SELECT dm_drop_port('gs.draft', 'u');
COMMIT;
SELECT dm_register_product('gs.draft2', open_ended => true), dm_add_port('gs.draft2', 'gs.t', 'narrow');
BEGIN;
DROP TABLE gs.u CASCADE;
SELECT dm_deprecate('gs.p'), dm_retire('gs.p', cascade => true);
COMMIT;
ALTER TABLE gs.t DROP amount CASCADE;
\d gs_draft2_v1.narrow

-- a contract that is in force
CREATE TABLE gs.c (id int PRIMARY KEY, name text NOT NULL);
SELECT dm_import_contract($$
apiVersion: v3.1.0
kind: DataContract
id: gs-c
version: 1.0.0
status: active
domain: gs
dataProduct: c
schema:
  - name: c
    properties:
      - {name: id, logicalType: integer, primaryKey: true, required: true}
      - {name: name, logicalType: string, physicalType: text, required: true}
$$);
SELECT dm_publish('gs.c');
DROP TABLE gs.c CASCADE;
BEGIN;
DROP TABLE gs.c CASCADE;
CREATE TABLE gs.c (id int, name text);
COMMIT;
BEGIN;
DROP TABLE gs.c CASCADE;
CREATE TABLE gs.c (id int PRIMARY KEY, name varchar(20) NOT NULL);
COMMIT;
\d gs_c_v1.c
SELECT dm_alter_product('gs.c', contract_mode => 'warn');
DROP TABLE gs.c CASCADE;
RESET ROLE;
SELECT object, finding FROM dm_doctor() WHERE object ~ 'gs' AND severity <> 'info' ORDER BY 1, 2;

SET client_min_messages = warning;
SELECT count(dm_retire(name, cascade => true)) FROM datamesh.products
WHERE domain IN ('gs') AND status = 'deprecated' \g /dev/null
SELECT count(dm_deprecate(name)) FROM datamesh.products
WHERE domain IN ('gs') AND status = 'active' \g /dev/null
SELECT count(dm_retire(name, cascade => true)) FROM datamesh.products
WHERE domain IN ('gs') AND status <> 'retired' \g /dev/null
SELECT dm_drop_domain('gs') \g /dev/null
SELECT dm_drop_purpose('gs_reports') \g /dev/null
DROP SCHEMA gs, gs_types, gsr CASCADE;
SELECT dm_drop_tag('gs_mail') \g /dev/null
DROP OWNED BY regress_gs_owner, regress_gs_reader, regress_gs_member;
DROP ROLE regress_gs_owner, regress_gs_reader, regress_gs_member, regress_gs_stranger;
