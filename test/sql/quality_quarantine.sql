-- Rows that break a rule in mode quarantine are set aside, and no row is lost.
CREATE ROLE regress_qq_owner;
CREATE ROLE regress_qq_writer;
CREATE ROLE regress_qq_other;
SELECT dm_create_tag('qq_mail', 'mail', mask => 'dm_mask_email()');
CREATE SCHEMA qq AUTHORIZATION regress_qq_owner;
SELECT dm_register_domain('qq', 'regress_qq_owner', '{qq}', producers => '{regress_qq_writer}');
SET ROLE regress_qq_owner;
CREATE TABLE qq.t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, gone int, a int, b text NOT NULL, c date DEFAULT '2020-01-01',
	g int GENERATED ALWAYS AS (a * 2) STORED, email text);
ALTER TABLE qq.t DROP COLUMN gone;
GRANT USAGE ON SCHEMA qq TO regress_qq_writer;
GRANT SELECT, INSERT, UPDATE ON qq.t TO regress_qq_writer;
SELECT dm_classify('qq.t', 'email', 'qq_mail');
SELECT dm_add_rule('qq.t', 'a_pos', 'minimum', 'a', '{"value": 0}', mode => 'quarantine') > 0 AS added;
SELECT dm_add_rule('qq.t', 'b_set', 'nullValues', 'b', mode => 'quarantine') > 0 AS added;
SELECT dm_add_rule('qq.t', 'g_small', 'expression', NULL, '{"expression": "g < 100"}', mode => 'quarantine', "where" => 'c < now()') > 0 AS added;
\d qq.t
\d qq.t_quarantine
SELECT relation, side, rules, rows FROM datamesh.quarantines;
SELECT objname, label FROM pg_seclabels WHERE provider = 'datamesh' AND objname LIKE 'qq.%' ORDER BY objname COLLATE "C";
-- the writer has no rights on the side table, and needs none; what is set aside is not returned
SET ROLE regress_qq_writer;
INSERT INTO qq.t (a, b, email) VALUES (1, 'ok', 'a@example.com'), (-1, 'neg', 'b@example.com'), (5, NULL, NULL), (-4, NULL, NULL), (70, 'big', NULL), (7, 'ok', NULL) RETURNING a, b;
COPY qq.t (a, b) FROM stdin;
1	copied
-1	\N
2	copied
\.
SELECT * FROM qq.t_quarantine;
SELECT relation, rows FROM datamesh.quarantines;
SELECT datamesh.quarantine_count('qq.t_quarantine');
SELECT * FROM dm_release_quarantine('qq.t');
SELECT dm_drop_quarantine('qq.t', true);
RESET ROLE;
-- nor does a grant show rows
GRANT SELECT ON qq.t_quarantine TO regress_qq_writer;
SET ROLE regress_qq_writer;
SELECT count(*) FROM qq.t_quarantine;
RESET ROLE;
REVOKE SELECT ON qq.t_quarantine FROM regress_qq_writer;
SET ROLE regress_qq_owner;
SELECT a, b, c, g, email FROM qq.t ORDER BY id;
SELECT quarantine_id, a, b, c, g, email, quarantine_rules, quarantine_reason, quarantine_by FROM qq.t_quarantine ORDER BY 1;
SELECT relation, rows FROM datamesh.quarantines;
-- a row cannot be half there
UPDATE qq.t SET a = -1 WHERE b = 'ok';
INSERT INTO qq.t (id, a, b) OVERRIDING SYSTEM VALUE VALUES (1, 8, 'conflict') ON CONFLICT (id) DO UPDATE SET a = -5;
INSERT INTO qq.t (id, a, b) OVERRIDING SYSTEM VALUE VALUES (1, -8, 'conflict') ON CONFLICT (id) DO UPDATE SET a = 5 RETURNING id;
MERGE INTO qq.t USING (VALUES (1, -3), (99, -3)) s (id, a) ON t.id = s.id WHEN NOT MATCHED THEN INSERT (a, b) VALUES (s.a, 'merged');
MERGE INTO qq.t USING (VALUES (1, -3)) s (id, a) ON t.id = s.id WHEN MATCHED THEN UPDATE SET a = s.a;
SELECT count(*) FROM qq.t WHERE a < 0;
-- back through the gate: fixed, still bad, in the way of another constraint
UPDATE qq.t_quarantine SET a = 1 WHERE b = 'neg';
UPDATE qq.t_quarantine SET a = 4 WHERE a = -4;
SELECT * FROM dm_release_quarantine('qq.t', '{1,3}');
SELECT quarantine_id, a, b, quarantine_rules, quarantine_reason FROM qq.t_quarantine ORDER BY 1;
UPDATE qq.t_quarantine SET id = 1, a = 3, b = 'twice' WHERE quarantine_id = 3;
SELECT * FROM dm_release_quarantine('qq.t');
SELECT quarantine_id, a, b, quarantine_rules, quarantine_reason FROM qq.t_quarantine WHERE quarantine_id IN (1, 3) ORDER BY 1;
SELECT * FROM dm_release_quarantine('qq.t', '{}');
SELECT * FROM dm_release_quarantine('qq.t', '{1,NULL}');
SELECT a, b, email FROM qq.t WHERE b = 'neg';
-- a rule's function would run as whoever writes
CREATE FUNCTION qq.planted(int) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT current_user <> ''postgres''';
SELECT dm_add_rule('qq.t', 'planted', 'expression', NULL, '{"expression": "planted(a)"}', mode => 'quarantine');
CREATE DOMAIN qq.checked AS int CHECK (qq.planted(value));
SELECT dm_add_rule('qq.t', 'planted', 'expression', NULL, '{"expression": "a::qq.checked > 0"}', mode => 'quarantine');
CREATE TYPE qq.pair AS (x int, y qq.checked);
SELECT dm_add_rule('qq.t', 'planted', 'expression', NULL, '{"expression": "ROW(a, 1) > ROW(0, 0)::qq.pair"}', mode => 'quarantine');
-- what is about more than one row sets none aside
SELECT dm_add_rule('qq.t', 'share', 'nullValues', 'email', must => '< 10', unit => 'percent', mode => 'quarantine');
SELECT dm_add_rule('qq.t', 'key', 'duplicateValues', 'b', mode => 'quarantine');
-- the table changes, and its side table with it
ALTER TABLE qq.t RENAME COLUMN c TO cc;
ALTER TABLE qq.t ADD COLUMN d numeric(10, 2), ADD COLUMN e text COLLATE "C";
ALTER TABLE qq.t ALTER COLUMN e TYPE varchar(20);
ALTER TABLE qq.t ADD COLUMN quarantine_at int;
ALTER TABLE qq.t RENAME COLUMN d TO quarantine_by;
ALTER TABLE qq.t ALTER COLUMN b TYPE varchar(20);
ALTER TABLE qq.t DROP COLUMN b;
ALTER TABLE qq.t DROP COLUMN b CASCADE;
INSERT INTO qq.t (a, b, d, e) VALUES (-7, 'later', 1.5, 'e');
UPDATE qq.t_quarantine SET e = 'no number' WHERE b = 'later';
ALTER TABLE qq.t ALTER COLUMN e TYPE int USING length(e);
ALTER TABLE qq.t DROP COLUMN e;
ALTER TABLE qq.t RENAME TO u;
INSERT INTO qq.u (a, b) VALUES (-8, 'later');
ALTER TABLE qq.u RENAME TO t;
SELECT a, b, cc, d FROM qq.t_quarantine WHERE b = 'later' ORDER BY a;
SELECT name, "where" FROM datamesh.rules WHERE relation = 'qq.t'::regclass AND "where" IS NOT NULL;
SELECT dm_classify('qq.t', 'b', 'qq_mail');
SECURITY LABEL FOR datamesh ON COLUMN qq.t.email IS NULL;
SELECT objname, label FROM pg_seclabels WHERE provider = 'datamesh' AND objname LIKE 'qq.%' ORDER BY objname COLLATE "C";
-- its own objects are managed
DROP TABLE qq.t_quarantine;
ALTER TABLE qq.t_quarantine DISABLE ROW LEVEL SECURITY;
ALTER TABLE qq.t_quarantine DROP COLUMN a;
ALTER TABLE qq.t_quarantine RENAME COLUMN a TO x;
CREATE TRIGGER x BEFORE INSERT ON qq.t_quarantine FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
DROP TRIGGER "~datamesh_quarantine" ON qq.t;
ALTER TABLE qq.t DISABLE TRIGGER ALL;
ALTER TABLE qq.t ENABLE TRIGGER "~datamesh_quarantine";
ALTER TABLE qq.t ENABLE ALWAYS TRIGGER "~datamesh_quarantine";
CREATE TABLE qq.child () INHERITS (qq.t);
SELECT dm_register_product('qq.p');
SELECT dm_add_port('qq.p', 'qq.t_quarantine');
-- an index and a name are free
CREATE INDEX ON qq.t_quarantine ((a + 1)) WHERE a < 0;
ALTER TABLE qq.t_quarantine RENAME TO aside;
INSERT INTO qq.t (a, b) VALUES (-9, 'renamed');
SELECT a, b FROM qq.aside WHERE a + 1 = -8;
-- other triggers come first
CREATE FUNCTION qq.fix() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.a := abs(NEW.a); RETURN NEW; END $$;
CREATE TRIGGER zz_fix BEFORE INSERT ON qq.t FOR EACH ROW EXECUTE FUNCTION qq.fix();
INSERT INTO qq.t (a, b) VALUES (-10, 'fixed') RETURNING a;
DROP TRIGGER zz_fix ON qq.t;
-- all replication roles
RESET ROLE;
SET session_replication_role = replica;
INSERT INTO qq.t (a, b) VALUES (-11, 'replica');
RESET session_replication_role;
SELECT count(*) FROM qq.t WHERE a < 0;
-- an error in a condition ends the statement
SET ROLE regress_qq_owner;
SELECT dm_add_rule('qq.t', 'ratio', 'expression', NULL, '{"expression": "100 / a > 1"}', mode => 'quarantine') > 0 AS added;
INSERT INTO qq.t (a, b) VALUES (0, 'zero');
SELECT dm_drop_rule('qq.t', 'ratio');
-- a rollback takes back what was set aside
BEGIN;
INSERT INTO qq.t (a, b) VALUES (-12, 'undone');
ROLLBACK;
SELECT count(*) FROM qq.aside WHERE b = 'undone';
-- the last rule goes, and the rows stay until somebody says otherwise
SELECT dm_drop_quarantine('qq.t');
SELECT dm_drop_rule('qq.t', 'a_pos'), dm_drop_rule('qq.t', 'g_small'), dm_alter_rule('qq.t', 'b_set', mode => 'observe');
SELECT tgname FROM pg_trigger WHERE tgrelid = 'qq.t'::regclass AND NOT tgisinternal;
SELECT dm_drop_quarantine('qq.t');
SELECT dm_drop_quarantine('qq.t', discard => true) > 0 AS dropped;
SELECT dm_drop_quarantine('qq.t', discard => true);
SELECT * FROM dm_release_quarantine('qq.t');
SELECT dm_alter_rule('qq.t', 'b_set', mode => 'quarantine');
SELECT dm_alter_rule('qq.t', 'b_set', mode => 'reject');
SELECT count(*) FROM datamesh.quarantines;
-- partitions share one side table, whatever the order of their columns
CREATE TABLE qq.parts (id int, a int, b text) PARTITION BY RANGE (id);
CREATE TABLE qq.part1 PARTITION OF qq.parts FOR VALUES FROM (0) TO (10);
CREATE TABLE qq.part2 (b text, x int, a int, id int);
ALTER TABLE qq.part2 DROP COLUMN x;
ALTER TABLE qq.parts ATTACH PARTITION qq.part2 FOR VALUES FROM (10) TO (20);
SELECT dm_add_rule('qq.parts', 'a_pos', 'minimum', 'a', '{"value": 0}', mode => 'quarantine') > 0 AS added;
INSERT INTO qq.parts VALUES (1, 1, 'one'), (2, -2, 'two'), (11, -11, 'eleven'), (12, 12, 'twelve');
INSERT INTO qq.part2 (id, a, b) VALUES (13, -13, 'thirteen');
CREATE TABLE qq.part3 PARTITION OF qq.parts FOR VALUES FROM (20) TO (30);
INSERT INTO qq.part3 (id, a, b) VALUES (23, -23, 'more');
ALTER TABLE qq.part3 DISABLE TRIGGER USER;
UPDATE qq.parts SET id = 15, a = -1 WHERE id = 1;
SELECT id, a, b, quarantine_rules FROM qq.parts_quarantine ORDER BY id;
SELECT id, a, b FROM qq.parts ORDER BY id;
-- a column of its own in the table
CREATE TABLE qq.own (quarantine_id int);
SELECT dm_add_rule('qq.own', 'r', 'minimum', 'quarantine_id', '{"value": 0}', mode => 'quarantine');
-- the table goes, and takes all along
RESET ROLE;
DROP TABLE qq.parts;
SELECT to_regclass('qq.parts_quarantine'), (SELECT count(*) FROM datamesh.quarantine), (SELECT count(*) FROM datamesh.quality_rule WHERE name = 'a_pos');
SELECT datamesh.guard_set_aside();
CREATE TABLE qq.stray (a int);
CREATE TRIGGER stray BEFORE INSERT ON qq.stray FOR EACH ROW WHEN (NEW.a < 0) EXECUTE FUNCTION datamesh.guard_set_aside('x');
INSERT INTO qq.stray VALUES (-1);

-- nothing stays behind for the tests that come next
SET client_min_messages = warning;
SELECT dm_retire('qq.p', cascade => true) \g /dev/null
SELECT dm_drop_domain('qq') \g /dev/null
DROP SCHEMA qq CASCADE;
SELECT dm_drop_tag('qq_mail') \g /dev/null
DROP OWNED BY regress_qq_owner, regress_qq_writer, regress_qq_other;
DROP ROLE regress_qq_owner, regress_qq_writer, regress_qq_other;
