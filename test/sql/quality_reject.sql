-- Rules in mode reject are kept by the server: by constraints, or by a look at the rows that a statement wrote.
CREATE ROLE regress_qr_owner;
CREATE ROLE regress_qr_writer;
CREATE ROLE regress_qr_producer;
CREATE SCHEMA qr AUTHORIZATION regress_qr_owner;
SELECT dm_register_domain('qr', 'regress_qr_owner', '{qr}');
SET ROLE regress_qr_owner;
CREATE TABLE qr.ref (id int PRIMARY KEY);
CREATE TABLE qr.t (id int, a int, b text, c date DEFAULT '2020-01-01', f float8, u uuid);
INSERT INTO qr.ref VALUES (1), (2), (3), (4);
INSERT INTO qr.t VALUES (1, -1, 'old');
RESET ROLE;
SELECT dm_add_producer('qr', 'regress_qr_writer');
SET ROLE regress_qr_owner;
GRANT USAGE ON SCHEMA qr TO regress_qr_writer;
GRANT INSERT, UPDATE, SELECT ON qr.t TO regress_qr_writer;
-- a function of somebody runs with the rights of the table's owner, a locked path, and no more
CREATE FUNCTION qr.odd(int) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS
	$$ BEGIN
		IF current_user <> 'regress_qr_owner' OR current_setting('search_path') <> 'pg_catalog, pg_temp' THEN
			RAISE 'as %, path %', current_user, current_setting('search_path');
		END IF;
		RETURN $1 % 2 = 1;
	END $$;
-- what a constraint can say becomes one
SELECT dm_add_rule('qr.t', 'a_pos', 'minimum', 'a', '{"value": 0}', mode => 'reject') > 0 AS added;
SELECT dm_add_rule('qr.t', 'b_set', 'missingValues', 'b', '{"missingValues": [null, "", "n/a"]}', mode => 'reject', "where" => 'a > 10') > 0 AS added;
SELECT dm_add_rule('qr.t', 'b_pattern', 'pattern', 'b', '{"pattern": "^[a-z]+\\d*$"}', mode => 'reject') > 0 AS added;
SELECT dm_add_rule('qr.t', 'b_length', 'maxLength', 'b', '{"value": 10}', mode => 'reject') > 0 AS added;
SELECT dm_add_rule('qr.t', 'b_valid', 'invalidValues', 'b', '{"validValues": ["old", "new", "x", "it''s"], "missingValues": ["?"]}', mode => 'reject') > 0 AS added;
SELECT dm_add_rule('qr.t', 'pair', 'pair', 'a', '{"other": "id", "operator": "<>"}', mode => 'reject') > 0 AS added;
SELECT dm_add_rule('qr.t', 'id_unique', 'duplicateValues', 'id', mode => 'reject') > 0 AS added;
SELECT dm_add_rule('qr.t', 'u_unique', 'unique', 'u', mode => 'reject', "where" => 'a > 10') > 0 AS added;
SELECT dm_add_rule('qr.t', 'id_known', 'references', 'id', '{"relation": "qr.ref", "columns": ["id"]}', mode => 'reject') > 0 AS added;
-- what none can say is measured on the rows of a statement
SELECT dm_add_rule('qr.t', 'c_past', 'expression', NULL, '{"expression": "c <= current_date"}', mode => 'reject') > 0 AS added;
SELECT dm_add_rule('qr.t', 'odd', 'expression', NULL, '{"expression": "odd(a)"}', mode => 'reject', "where" => 'a < 100') > 0 AS added;
SELECT dm_add_rule('qr.t', 'few_null', 'nullValues', 'f', must => '<= 50', unit => 'percent', mode => 'reject') > 0 AS added;
SELECT dm_add_rule('qr.t', 'batch', 'rowCount', must => '<= 2', mode => 'reject') > 0 AS added;
\d qr.t
-- new rows are judged at once, old ones when somebody asks
SELECT * FROM dm_validate_rules('qr.t') ORDER BY 1, 2;
SET ROLE regress_qr_writer;
INSERT INTO qr.t VALUES (2, -1, 'x');
INSERT INTO qr.t VALUES (2, 11, NULL);
INSERT INTO qr.t VALUES (2, 1, 'X');
INSERT INTO qr.t VALUES (2, 1, 'other');
INSERT INTO qr.t VALUES (2, 2, 'x');
INSERT INTO qr.t VALUES (1, 3, 'x');
INSERT INTO qr.t VALUES (9, 1, 'x');
INSERT INTO qr.t VALUES (2, 1, 'x', '2999-01-01', 1);
INSERT INTO qr.t VALUES (2, 4, 'x', '2009-01-01', 1);
INSERT INTO qr.t VALUES (2, 1, 'x', '2009-01-01', NULL);
INSERT INTO qr.t SELECT i, 101, 'x', '2009-01-01', 1 FROM generate_series(2, 4) i;
INSERT INTO qr.t VALUES (2, 1, 'x', '2009-01-01', 1), (3, 1, NULL, '2009-01-01', NULL);
UPDATE qr.t SET f = NULL WHERE id = 2;
-- a statement that writes nothing is not judged
UPDATE qr.t SET f = NULL WHERE id = 99;
COPY qr.t FROM stdin;
4	2	x	2009-01-01	1	\N
\.
COPY qr.t FROM stdin;
4	5	x	2009-01-01	1	\N
\.
SELECT id, a, b, f FROM qr.t ORDER BY id;
SET ROLE regress_qr_owner;
-- all of it is managed
ALTER TABLE qr.t DROP CONSTRAINT datamesh_a_pos;
ALTER TABLE qr.t RENAME CONSTRAINT datamesh_a_pos TO x;
ALTER TABLE qr.t DROP CONSTRAINT datamesh_a_pos, ADD CONSTRAINT datamesh_a_pos CHECK (a > -100);
ALTER TABLE qr.t DROP COLUMN b;
DROP INDEX qr.datamesh_u_unique;
ALTER INDEX qr.datamesh_u_unique RENAME TO x;
DROP TRIGGER datamesh_statement_insert ON qr.t;
ALTER TRIGGER datamesh_statement_insert ON qr.t RENAME TO x;
ALTER TABLE qr.t DISABLE TRIGGER USER;
CREATE TABLE qr.child () INHERITS (qr.t);
-- a change after which a rule could not be read
ALTER TABLE qr.t ALTER COLUMN a TYPE bigint;
-- but not what only looks like it
CREATE TABLE qr.copy (LIKE qr.t INCLUDING ALL);
ALTER TABLE qr.copy DROP CONSTRAINT datamesh_a_pos;
UPDATE qr.t SET a = 5, f = 1 WHERE id = 1;
ALTER TABLE qr.t VALIDATE CONSTRAINT datamesh_a_pos;
SELECT * FROM dm_validate_rules('qr.t') WHERE rule = 'a_pos';
-- names are followed by the server
ALTER TABLE qr.t RENAME TO renamed;
INSERT INTO qr.renamed VALUES (3, -1, 'x');
ALTER TABLE qr.renamed RENAME TO t;
ALTER TABLE qr.t RENAME COLUMN a TO aa;
ALTER TABLE qr.t RENAME COLUMN id TO number;
SELECT name, "column", arguments, "where" FROM datamesh.rules WHERE relation = 'qr.t'::regclass AND (name IN ('a_pos', 'b_set', 'pair', 'odd', 'id_unique')) ORDER BY name COLLATE "C";
INSERT INTO qr.t (number, aa, b) VALUES (3, 4, 'x');
ALTER TABLE qr.t RENAME COLUMN aa TO a;
ALTER TABLE qr.t RENAME COLUMN number TO id;
-- other rules, the mode and back
SELECT dm_alter_rule('qr.t', 'a_pos', arguments => '{"value": 3}');
INSERT INTO qr.t VALUES (4, 1, 'x', '2009-01-01', 1);
SELECT dm_alter_rule('qr.t', 'a_pos', mode => 'observe'), dm_drop_rule('qr.t', 'odd');
SELECT conname FROM pg_constraint WHERE conrelid = 'qr.t'::regclass AND contype <> 'n' ORDER BY conname COLLATE "C";
INSERT INTO qr.t VALUES (3, -8, 'x', '2009-01-01', 1);
SELECT dm_drop_rule('qr.t', name) IS NULL AS dropped, name FROM datamesh.rules WHERE relation = 'qr.t'::regclass ORDER BY name COLLATE "C";
\d qr.t
-- what cannot be kept is refused
SELECT dm_add_rule('qr.t', 'mode', 'minimum', 'a', '{"value": 0}', mode => 'refuse');
SELECT dm_add_rule('qr.t', 'change', 'rowCountChange', must => '< 5', mode => 'reject');
SELECT dm_add_rule('qr.t', 'gone', 'minimum', 'z', '{"value": 0}', mode => 'reject');
SELECT dm_add_rule('qr.t', 'inject', 'expression', NULL, '{"expression": "a = 1); DROP TABLE qr.ref; --"}', mode => 'reject');
SELECT dm_add_rule('qr.t', 'query', 'expression', NULL, '{"expression": "a IN (SELECT id FROM qr.ref)"}', mode => 'reject');
CREATE VIEW qr.v AS SELECT * FROM qr.t;
SELECT dm_add_rule('qr.v', 'a_pos', 'minimum', 'a', '{"value": 0}', mode => 'reject');
ALTER TABLE qr.t ADD CONSTRAINT datamesh_taken CHECK (a > -1000);
SELECT dm_add_rule('qr.t', 'taken', 'minimum', 'a', '{"value": -9}', mode => 'reject');
-- names that need quotes, and that are long
SELECT dm_add_rule('qr.t', 'a"; DROP TABLE qr.ref; --', 'minimum', 'a', '{"value": -9}', mode => 'reject') > 0 AS added;
SELECT dm_add_rule('qr.t', repeat('long_', 12) || '1', 'minimum', 'a', '{"value": -9}', mode => 'reject') > 0 AS added;
SELECT dm_add_rule('qr.t', repeat('long_', 12) || '2', 'minimum', 'a', '{"value": -9}', mode => 'reject') > 0 AS added;
SELECT count(*), bool_and(length(conname) < 64) FROM pg_constraint WHERE conrelid = 'qr.t'::regclass AND pg_get_constraintdef(oid) LIKE '%-9%';
SELECT dm_drop_rule('qr.t', name) IS NULL AS dropped FROM datamesh.rules WHERE relation = 'qr.t'::regclass;
-- partitions: each one that a statement may name has the triggers, and those that come and go follow
CREATE TABLE qr.p (id int, a int, b text) PARTITION BY RANGE (id);
CREATE TABLE qr.p1 PARTITION OF qr.p FOR VALUES FROM (0) TO (10);
CREATE TABLE qr.p2 (b text, x int, a int, id int);
ALTER TABLE qr.p2 DROP COLUMN x;
ALTER TABLE qr.p ATTACH PARTITION qr.p2 FOR VALUES FROM (10) TO (20);
SELECT dm_add_rule('qr.p', 'young', 'expression', NULL, '{"expression": "a < extract(year FROM now())"}', mode => 'reject') > 0 AS added;
SELECT dm_add_rule('qr.p', 'even', 'multipleOf', 'a', '{"value": 2}', mode => 'reject') > 0 AS added;
INSERT INTO qr.p VALUES (1, 2), (11, 9000);
INSERT INTO qr.p2 (id, a) VALUES (11, 9000);
INSERT INTO qr.p2 (id, a) VALUES (11, 3);
CREATE TABLE qr.p3 PARTITION OF qr.p FOR VALUES FROM (20) TO (30);
INSERT INTO qr.p3 VALUES (21, 9000);
ALTER TABLE qr.p3 DISABLE TRIGGER ALL;
ALTER TABLE qr.p DETACH PARTITION qr.p3;
INSERT INTO qr.p3 VALUES (21, 9000);
SELECT tgrelid::regclass::text COLLATE "C", tgname FROM pg_trigger WHERE tgrelid IN ('qr.p'::regclass, 'qr.p1'::regclass, 'qr.p2'::regclass, 'qr.p3'::regclass) ORDER BY 1, 2;
-- MERGE keeps rows that it moves for triggers of INSERT, and fires them only if it has an INSERT
INSERT INTO qr.p VALUES (1, 2), (2, 4);
MERGE INTO qr.p USING (VALUES (1), (2)) n(id) ON p.id = n.id WHEN MATCHED THEN UPDATE SET a = 9000, id = p.id + 10;
PREPARE qr_merge AS MERGE INTO qr.p USING (VALUES (1), (2)) n(id) ON p.id = n.id
  WHEN MATCHED AND a > 2 THEN UPDATE SET id = p.id + 10, a = 9000 WHEN MATCHED THEN DELETE;
EXECUTE qr_merge;
MERGE INTO qr.p USING (VALUES (1), (2)) n(id) ON p.id = n.id WHEN MATCHED THEN UPDATE SET a = 9000, id = p.id + 10
  WHEN NOT MATCHED AND false THEN INSERT DEFAULT VALUES;
MERGE INTO qr.p USING (VALUES (1), (2)) n(id) ON p.id = n.id WHEN MATCHED THEN UPDATE SET a = 9000;
UPDATE qr.p SET a = 9000, id = id + 10 WHERE id < 3;
-- rows that stay where they are, no rules, and a trigger that may move them
MERGE INTO qr.p USING (VALUES (1), (2)) n(id) ON p.id = n.id WHEN MATCHED THEN UPDATE SET a = 6;
MERGE INTO qr.p1 USING (VALUES (1), (2)) n(id) ON p1.id = n.id WHEN MATCHED THEN UPDATE SET a = 8, id = p1.id;
MERGE INTO qr.p USING (VALUES (1), (2)) n(id) ON p.id = n.id WHEN MATCHED THEN DELETE;
CREATE FUNCTION qr.mover() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.id := NEW.id + 10; RETURN NEW; END';
CREATE TRIGGER mover BEFORE UPDATE ON qr.p FOR EACH ROW EXECUTE FUNCTION qr.mover();
MERGE INTO qr.p USING (VALUES (1)) n(id) ON p.id = n.id WHEN MATCHED THEN UPDATE SET a = 9000;
DROP TRIGGER mover ON qr.p;
SELECT dm_drop_rule('qr.p', 'young'), dm_drop_rule('qr.p', 'even');
EXECUTE qr_merge;
MERGE INTO qr.p USING (VALUES (1)) n(id) ON p.id = n.id WHEN MATCHED THEN UPDATE SET id = p.id + 10;
DEALLOCATE qr_merge;
-- values of all new rows together, and forms that no constraint has
CREATE TABLE qr.m (id int, mail text, v numeric);
SELECT dm_add_rule('qr.m', 'mail', 'format', 'mail', '{"format": "email"}', mode => 'reject') > 0 AS added;
SELECT dm_add_rule('qr.m', 'mean', 'mean', 'v', must => 'between 1 and 10', mode => 'reject') > 0 AS added;
SELECT dm_add_rule('qr.m', 'kinds', 'distinctCount', 'id', must => '>= 2', mode => 'reject', "where" => 'id > 0') > 0 AS added;
SELECT dm_add_rule('qr.m', 'repeated', 'duplicateValues', 'mail', must => '< 50', unit => 'percent', mode => 'reject') > 0 AS added;
INSERT INTO qr.m VALUES (1, 'a@example.com', 5), (2, 'b@example.com', 6);
INSERT INTO qr.m VALUES (1, 'no mail', 5), (2, 'b@example.com', 6);
INSERT INTO qr.m VALUES (1, 'a@example.com', 5), (2, 'b@example.com', 60);
INSERT INTO qr.m VALUES (1, 'a@example.com', 5), (1, 'b@example.com', 6);
INSERT INTO qr.m VALUES (1, 'a@example.com', 5), (2, 'a@example.com', 6);
INSERT INTO qr.m VALUES (3, 'c@example.com', NULL), (4, 'd@example.com', NULL);
UPDATE qr.m SET v = 100 WHERE id = 1;
SELECT count(*), sum(v) FROM qr.m;
ALTER TABLE qr.m DROP COLUMN v;
SELECT dm_add_rule('qr.m', 'text_value', 'mostCommonValue', 'mail', must => 'in (''x'')', mode => 'reject');
SELECT dm_add_rule('qr.m', 'two_rows', 'denial', NULL, '{"condition": "t1.id = t2.id AND t1.mail <> t2.mail"}', mode => 'reject');
-- a condition that fails refuses the statement
SELECT dm_add_rule('qr.m', 'ratio', 'expression', NULL, '{"expression": "1 / id > 0"}', must => '< 5', mode => 'reject') > 0 AS added;
INSERT INTO qr.m VALUES (0, 'e@example.com', 5), (7, 'f@example.com', 5), (8, 'g@example.com', 5);
-- rights: not the table's owner
RESET ROLE;
SELECT dm_add_producer('qr', 'regress_qr_producer');
CREATE TABLE qr.foreign_owner (a int);
SET ROLE regress_qr_owner;
SELECT dm_add_rule('qr.foreign_owner', 'a', 'minimum', 'a', '{"value": 0}', mode => 'reject');
SET ROLE regress_qr_producer;
SELECT dm_add_rule('qr.t', 'a', 'minimum', 'a', '{"value": 0}', mode => 'reject');
SELECT * FROM dm_validate_rules('qr.t');

-- nothing stays behind for the tests that come next
RESET ROLE;
DROP TABLE qr.p;
SELECT count(*) FROM datamesh.quality_rule WHERE relation::oid NOT IN (SELECT oid FROM pg_class);
SET client_min_messages = warning;
SELECT dm_drop_domain('qr') \g /dev/null
DROP SCHEMA qr CASCADE;
DROP OWNED BY regress_qr_owner, regress_qr_writer, regress_qr_producer;
DROP ROLE regress_qr_owner, regress_qr_writer, regress_qr_producer;
