-- What PostgreSQL renames may be renamed, and the mesh follows; ports are renamed by superusers only.
CREATE ROLE regress_rn_owner;
CREATE ROLE regress_rn_reader;
CREATE ROLE regress_rn_app;
CREATE SCHEMA rn AUTHORIZATION regress_rn_owner;
SELECT dm_register_purpose('rn_reports');
SELECT dm_create_tag('rn_pii', mask => 'dm_mask_text(1)');
SET ROLE regress_rn_owner;
SELECT dm_register_domain('rn', schemas => '{rn}');
SELECT dm_add_producer('rn', 'regress_rn_app');
SELECT dm_register_product('rn.people', owner => 'regress_rn_app', open_ended => true);
CREATE TABLE rn.person (id int, email text, city text);
INSERT INTO rn.person VALUES (1, 'ann@example.org', 'Oss');
CREATE VIEW rn.resident AS SELECT id, email AS contact, city FROM rn.person;
SELECT dm_classify('rn.person', 'email', 'rn_pii');
SELECT dm_add_port('rn.people', 'rn.person');
SELECT dm_add_port('rn.people', 'rn.resident');
SELECT dm_publish('rn.people');
SELECT dm_grant_access('rn.people', 'regress_rn_reader', 'rn_reports') > 0 AS granted;

CREATE VIEW pg_temp.mesh AS
SELECT port, "column", source, source_column, tags FROM datamesh.port_columns WHERE product = 'rn.people'
ORDER BY port COLLATE "C", position;
GRANT SELECT ON pg_temp.mesh TO PUBLIC;
SET plan_cache_mode = force_generic_plan;
SET datamesh.purpose = 'rn_reports';
SET ROLE regress_rn_reader;
PREPARE person AS SELECT * FROM rn_people_v1.person;
PREPARE resident AS SELECT * FROM rn_people_v1.resident;
EXECUTE person;
EXECUTE resident;

-- the source, its columns, the schema: names move, tags do not
SET ROLE regress_rn_owner;
ALTER TABLE rn.person RENAME TO "Human Being";
ALTER TABLE rn."Human Being" RENAME email TO "E-Mail";
ALTER TABLE rn."Human Being" RENAME city TO email;
ALTER VIEW rn.resident RENAME COLUMN contact TO "select";
ALTER VIEW rn.resident RENAME TO "resi""dent";
RESET ROLE;
ALTER SCHEMA rn RENAME TO "rn People";
TABLE pg_temp.mesh;
SELECT product, name, source FROM datamesh.ports WHERE product = 'rn.people' ORDER BY name;
SELECT name, schemas FROM datamesh.domains WHERE name = 'rn';
SET ROLE regress_rn_reader;
EXECUTE person;
EXECUTE resident;

-- a port that is rewritten after all that shows what it showed
SET ROLE regress_rn_owner;
SELECT dm_classify('"rn People"."Human Being"', 'email', 'rn_pii');
SET ROLE regress_rn_reader;
EXECUTE person;
EXECUTE resident;
SET ROLE regress_rn_owner;
SELECT dm_classify('"rn People"."Human Being"', 'email');
SELECT dm_classify('"rn People"."Human Being"', 'E-Mail', 'rn_pii');
SET ROLE regress_rn_reader;
EXECUTE person;
EXECUTE resident;

-- the port itself, its column and its schema
RESET ROLE;
ALTER VIEW rn_people_v1.person RENAME COLUMN email TO mail;
ALTER VIEW rn_people_v1.person RENAME TO "Person";
ALTER SCHEMA rn_people_v1 RENAME TO "rn Ports";
SET ROLE regress_rn_owner;
SELECT dm_classify('"rn People"."Human Being"', 'email', 'rn_pii');
CREATE TABLE "rn People".house AS SELECT 7 AS number;
SELECT dm_add_port('rn.people', '"rn People".house');
SET ROLE regress_rn_reader;
EXECUTE person;
SELECT * FROM "rn Ports"."Person";
SELECT * FROM "rn Ports".house;
TABLE pg_temp.mesh;
SELECT product, name, schema, view FROM datamesh.ports WHERE product = 'rn.people' ORDER BY name COLLATE "C";
SET ROLE regress_rn_owner;
SELECT dm_drop_port('rn.people', 'person');
SELECT dm_drop_port('rn.people', 'Person');

-- roles
RESET ROLE;
ALTER ROLE regress_rn_owner RENAME TO "regress_rn Own""er";
ALTER ROLE regress_rn_app RENAME TO regress_rn_tool;
ALTER ROLE regress_rn_reader RENAME TO regress_rn_analyst;
SELECT name, owner, producers FROM datamesh.domains WHERE name = 'rn';
SELECT name, owner FROM datamesh.products WHERE domain = 'rn';
SELECT product, consumer, state FROM datamesh.agreements WHERE product = 'rn.people';
SET ROLE regress_rn_analyst;
SELECT * FROM "rn Ports"."Person";
SET ROLE "regress_rn Own""er";
SELECT dm_add_port('rn.people', '"rn People".house', 'again');
SELECT dm_classify('"rn People"."Human Being"', 'id');
SELECT dm_deprecate('rn.people');
SELECT dm_retire('rn.people');
-- the history keeps the last names
SELECT name, schema, source, status FROM datamesh.ports WHERE product = 'rn.people' ORDER BY name COLLATE "C";
SELECT dm_drop_domain('rn');
RESET ROLE;

SET client_min_messages = warning;
DROP SCHEMA "rn People" CASCADE;
SELECT dm_drop_tag('rn_pii'), dm_drop_purpose('rn_reports');
DROP VIEW pg_temp.mesh;
DROP ROLE "regress_rn Own""er", regress_rn_tool, regress_rn_analyst;
