-- What a port shows may change below it: a classified column that comes in is masked in the same command.
CREATE ROLE regress_cc_owner;
CREATE ROLE regress_cc_reader;
CREATE SCHEMA cc AUTHORIZATION regress_cc_owner;
CREATE SCHEMA cc_helper AUTHORIZATION regress_cc_owner;
SELECT dm_register_purpose('cc_reports');
SELECT dm_create_tag('cc', mask => 'dm_mask_text(1)');
SET ROLE regress_cc_owner;
SET search_path = cc, public;
CREATE TABLE person (id int, mail text, city text);
INSERT INTO person VALUES (1, 'ann@example.org', 'Oss');
SELECT dm_classify('person', 'mail', 'cc');
CREATE VIEW v AS SELECT id, city AS x FROM person;
CREATE VIEW cc_helper.h AS SELECT id, city AS x FROM person;
CREATE VIEW w AS SELECT id, x FROM (SELECT * FROM cc_helper.h) s;
CREATE VIEW r AS SELECT id, city AS x FROM person;
CREATE TABLE parent (id int, x text);
CREATE TABLE stray (id int, x text);
INSERT INTO stray VALUES (7, 'stray');
SELECT dm_classify('stray', 'x', 'cc');
CREATE TABLE parted (id int, x text) PARTITION BY LIST (id);
CREATE TABLE part (id int, x text);
INSERT INTO part VALUES (8, 'part');
CREATE TABLE late_parent (id int, x text);
CREATE TABLE late_child (id int, x text);
INSERT INTO late_child VALUES (9, 'late');
SELECT dm_classify('part', 'x', 'cc'), dm_classify('late_parent', 'x', 'cc');
SELECT dm_register_domain('cc', schemas => '{cc}'), dm_register_product('cc.p', open_ended => true) \g /dev/null
SELECT count(dm_add_port('cc.p', r)) FROM unnest('{v,w,r,parent,parted,late_child}'::regclass[]) r;
SELECT dm_publish('cc.p'), dm_grant_access('cc.p', 'regress_cc_reader', 'cc_reports') \g /dev/null
SET plan_cache_mode = force_generic_plan;
SET datamesh.purpose = 'cc_reports';
SET ROLE regress_cc_reader;
PREPARE v AS SELECT x FROM cc_p_v1.v;
PREPARE w AS SELECT x FROM cc_p_v1.w;
PREPARE r AS SELECT x FROM cc_p_v1.r;
PREPARE parent AS SELECT x FROM cc_p_v1.parent;
PREPARE parted AS SELECT x FROM cc_p_v1.parted;
PREPARE late_child AS SELECT x FROM cc_p_v1.late_child;
EXECUTE v;
EXECUTE w;
EXECUTE r;
EXECUTE late_child;

-- the view under the port, by its name, by a name that a temporary table hides, in a function
SET ROLE regress_cc_owner;
CREATE OR REPLACE VIEW v AS SELECT id, mail AS x FROM person;
SET ROLE regress_cc_reader;
EXECUTE v;
SET ROLE regress_cc_owner;
CREATE OR REPLACE VIEW cc.v AS SELECT id, city AS x FROM person;
SET ROLE regress_cc_reader;
EXECUTE v;
SET ROLE regress_cc_owner;
CREATE TEMP TABLE v (id int);
CREATE OR REPLACE VIEW v AS SELECT id, mail AS x FROM person;
SET ROLE regress_cc_reader;
EXECUTE v;
SET ROLE regress_cc_owner;
DROP TABLE pg_temp.v;
CREATE OR REPLACE VIEW v AS SELECT id, city AS x FROM person;
DO $$ BEGIN EXECUTE 'CREATE OR REPLACE RECURSIVE VIEW cc.v (id, x) AS SELECT id, mail FROM person'; END $$;
SET ROLE regress_cc_reader;
EXECUTE v;

-- a view below that view, of no domain
SET ROLE regress_cc_owner;
CREATE OR REPLACE VIEW cc_helper.h AS SELECT id, mail AS x FROM person;
SET ROLE regress_cc_reader;
EXECUTE w;

-- the rule that makes it a view
SET ROLE regress_cc_owner;
CREATE OR REPLACE RULE "_RETURN" AS ON SELECT TO r DO INSTEAD SELECT id, mail AS x FROM person;
SET ROLE regress_cc_reader;
EXECUTE r;

-- a table that becomes a child or a partition brings its tags, and takes its parent's
SET ROLE regress_cc_owner;
ALTER TABLE stray INHERIT parent;
ALTER TABLE parted ATTACH PARTITION part DEFAULT;
ALTER TABLE late_child INHERIT late_parent;
SET ROLE regress_cc_reader;
EXECUTE parent;
EXECUTE parted;
EXECUTE late_child;
SET ROLE regress_cc_owner;
CREATE TABLE newborn (extra int) INHERITS (late_parent);
CREATE TABLE twice () INHERITS (parent, late_parent);
INSERT INTO twice VALUES (10, 'twice');
SELECT dm_add_port('cc.p', 'newborn');
SELECT port, "column", tags FROM datamesh.port_columns WHERE product = 'cc.p' AND tags <> '{}' ORDER BY port;
-- and leaves with them
ALTER TABLE stray NO INHERIT parent;
ALTER TABLE parted DETACH PARTITION part;
SET ROLE regress_cc_reader;
EXECUTE parent;

-- a refused change leaves the port as it was
SET ROLE regress_cc_owner;
BEGIN;
CREATE OR REPLACE VIEW v AS SELECT id, city AS x FROM person;
ROLLBACK;
CREATE OR REPLACE VIEW v AS SELECT id FROM person;
SET ROLE regress_cc_reader;
EXECUTE v;

RESET ROLE;
SET client_min_messages = warning;
SELECT dm_deprecate('cc.p'), dm_retire('cc.p'), dm_drop_domain('cc') \g /dev/null
RESET search_path;
DROP SCHEMA cc, cc_helper CASCADE;
SELECT dm_drop_tag('cc'), dm_drop_purpose('cc_reports') \g /dev/null
DROP ROLE regress_cc_owner, regress_cc_reader;
