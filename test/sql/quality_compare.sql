-- Mode reject for rules that compare rows with each other: only pairs with a row that was just written are looked at, against what stands in the table at that moment.
CREATE ROLE regress_qx_owner;
CREATE ROLE regress_qx_writer;
CREATE SCHEMA qx AUTHORIZATION regress_qx_owner;
SELECT dm_register_domain('qx', 'regress_qx_owner', '{qx}') IS NOT NULL AS registered;
SELECT dm_add_producer('qx', 'regress_qx_writer') IS NOT NULL AS added;
SET ROLE regress_qx_owner;
GRANT USAGE ON SCHEMA qx TO regress_qx_writer;
CREATE TABLE qx.place (id int PRIMARY KEY, zip text, city text, active bool DEFAULT true);
GRANT INSERT, UPDATE, DELETE, SELECT ON qx.place TO regress_qx_writer;
-- a pair that was there before is nobody's fault
INSERT INTO qx.place VALUES (1, '10115', 'Berlin'), (2, '53111', 'Bonn'), (3, '53111', 'Beuel'), (4, '1', NULL);
SELECT dm_add_rule('qx.place', 'one_city', 'denial', arguments => '{"key": ["zip"], "condition": "t1.city <> t2.city"}', mode => 'reject', "where" => 'active') > 0 AS added;
SET ROLE regress_qx_writer;
INSERT INTO qx.place VALUES (5, '10115', 'Berlin'), (6, '50667', 'Köln'), (7, '1', 'Anywhere');
INSERT INTO qx.place VALUES (8, '10115', 'Potsdam');
-- both of a pair in one statement; one that is not active; one that is alone
INSERT INTO qx.place VALUES (8, '80331', 'München'), (9, '80331', 'Munich');
INSERT INTO qx.place VALUES (8, '80331', 'München', true), (9, '80331', 'Munich', false);
UPDATE qx.place SET active = true WHERE id = 9;
UPDATE qx.place SET city = 'Cologne' WHERE id = 6;
-- what an update leaves behind is not in the way: the old row of the statement is gone
UPDATE qx.place SET city = 'Berlin-Mitte' WHERE zip = '10115';
UPDATE qx.place SET city = 'Berlin' WHERE id = 1;
DELETE FROM qx.place WHERE id = 1;
INSERT INTO qx.place VALUES (1, '53111', 'Bonn') ON CONFLICT (id) DO NOTHING;
-- beside a bad pair of old a row is refused if it makes another one, with either of them
INSERT INTO qx.place VALUES (20, '53111', 'Bonn');
UPDATE qx.place SET zip = zip WHERE id = 4;
BEGIN;
DELETE FROM qx.place WHERE id = 3;
INSERT INTO qx.place VALUES (20, '53111', 'Bonn');
COMMIT;
COPY qx.place (id, zip, city) FROM stdin;
30	99084	Erfurt
31	99084	Efurt
\.
SELECT count(*), sum(id) FROM qx.place;
SET ROLE regress_qx_owner;
SELECT verdict, failing FROM dm_check('qx.place'::regclass);
-- as many as dm_check finds, for conditions of all kinds
CREATE TABLE qx.pay (id int PRIMARY KEY, dept int, salary int, tax int, grade int);
CREATE TABLE qx.found (condition text, refused bigint, checked bigint);
DO $$
DECLARE
	condition text;
	refused bigint;
BEGIN
	FOREACH condition IN ARRAY ARRAY['t1.dept = t2.dept AND t1.salary < t2.salary AND t1.tax > t2.tax', 't1.dept = t2.dept AND t1.grade = t2.grade', 't1.salary = t2.tax AND t1.dept <> t2.dept', 't1.salary > t2.tax + 55 AND t1.dept = t2.dept', 't1.dept = t2.dept AND t1.salary <= t2.salary AND t1.tax <> t2.tax'] LOOP
		refused := 0;
		PERFORM dm_add_rule('qx.pay', 'pairs', 'denial', arguments => jsonb_build_object('condition', condition), mode => 'reject');
		-- rows that are let in make no pair; then all of them are there, and are updated in one statement
		FOR i IN 1 .. 40 LOOP
			BEGIN
				INSERT INTO qx.pay VALUES (i, i % 4, (i * 7919) % 61, (i * 104729) % 57, i % 3);
			EXCEPTION WHEN check_violation THEN
				refused := refused + 1;
			END;
		END LOOP;
		INSERT INTO qx.found SELECT condition, refused, failing FROM dm_check('qx.pay'::regclass);
		PERFORM dm_alter_rule('qx.pay', 'pairs', mode => 'observe');
		INSERT INTO qx.pay SELECT i, i % 4, (i * 7919) % 61, (i * 104729) % 57, i % 3 FROM generate_series(1, 40) i ON CONFLICT DO NOTHING;
		PERFORM dm_alter_rule('qx.pay', 'pairs', mode => 'reject');
		BEGIN
			UPDATE qx.pay SET dept = dept;
		EXCEPTION WHEN check_violation THEN
			GET STACKED DIAGNOSTICS condition = PG_EXCEPTION_DETAIL;
		END;
		INSERT INTO qx.found SELECT 'all: ' || condition, substring(condition FROM ' is (\d+),')::bigint, failing FROM dm_check('qx.pay'::regclass);
		PERFORM dm_drop_rule('qx.pay', 'pairs');
		TRUNCATE qx.pay;
	END LOOP;
END $$;
-- let in: none that dm_check would find; and written at once, just those that it finds
SELECT CASE WHEN condition LIKE 'all:%' THEN 'all' ELSE condition END AS condition, refused > 0 AS refused, checked = CASE WHEN condition LIKE 'all:%' THEN refused ELSE 0 END AS as_checked FROM qx.found;
-- rows in an order
CREATE TABLE qx.meter (id int, at timestamptz, reading numeric, device text);
INSERT INTO qx.meter VALUES (1, '2024-01-01', 10, 'a'), (2, '2024-01-02', 5, 'a'), (3, '2024-01-03', 20, 'a');
SELECT dm_add_rule('qx.meter', 'rises', 'increasing', 'reading', '{"by": ["at"]}', mode => 'reject', "where" => 'device = ''a''') > 0 AS added;
INSERT INTO qx.meter VALUES (4, '2024-01-04', 20, 'a'), (5, '2024-01-05', 21, 'a');
INSERT INTO qx.meter VALUES (6, '2024-01-06', 20, 'a');
INSERT INTO qx.meter VALUES (6, '2024-01-06', 20, 'b'), (7, '2024-01-06', NULL, 'a'), (8, NULL, 1, 'a');
-- in between: above the one before, not above the one behind
INSERT INTO qx.meter VALUES (9, '2024-01-04 12:00', 30, 'a');
INSERT INTO qx.meter VALUES (9, '2024-01-04 12:00', 20.5, 'a');
INSERT INTO qx.meter VALUES (10, '2024-01-08', 40, 'a'), (11, '2024-01-07', 41, 'a');
UPDATE qx.meter SET reading = reading + 100 WHERE id = 9;
UPDATE qx.meter SET reading = reading + 100 WHERE id > 2;
-- the drop of old stands in the way of those who write one of its two rows, and of nobody else
UPDATE qx.meter SET at = at WHERE id = 1;
UPDATE qx.meter SET at = at WHERE id = 3;
SELECT dm_alter_rule('qx.meter', 'rises', arguments => '{"by": ["at", "id"], "strict": true}');
INSERT INTO qx.meter VALUES (12, '2024-01-05', 121, 'a');
INSERT INTO qx.meter VALUES (12, '2024-01-05', 121.5, 'a'), (13, '2024-01-05', 122, 'a');
SELECT verdict, failing FROM dm_check('qx.meter'::regclass);
-- of rows at one place all are compared with those at the next one, in whatever order they lie
CREATE TABLE qx.ties (at int, up int, down int);
INSERT INTO qx.ties VALUES (1, 5, 5), (1, 50, 50), (3, 70, 3), (3, 60, 1);
SELECT dm_add_rule('qx.ties', 'up', 'increasing', 'up', '{"by": ["at"]}', mode => 'reject') > 0 AS added;
SELECT dm_add_rule('qx.ties', 'down', 'decreasing', 'down', '{"by": ["at"]}', mode => 'reject') > 0 AS added;
INSERT INTO qx.ties VALUES (2, 10, 3);
INSERT INTO qx.ties VALUES (2, 65, 3);
INSERT INTO qx.ties VALUES (2, 55, 20);
INSERT INTO qx.ties VALUES (2, 55, 2);
INSERT INTO qx.ties VALUES (2, 55, 4);
-- a row with a NULL in one of the columns of an order has no place in it, before others neither
CREATE TABLE qx.gaps (a int, b int, v int);
SELECT dm_add_rule('qx.gaps', 'rises', 'increasing', 'v', '{"by": ["a", "b"]}', mode => 'reject') > 0 AS added;
SELECT dm_add_rule('qx.gaps', 'by_v', 'decreasing', 'a', '{"by": ["v"], "strict": true}') > 0 AS added;
INSERT INTO qx.gaps VALUES (1, 1, 1), (1, NULL, 50);
INSERT INTO qx.gaps VALUES (2, 1, 5), (NULL, 1, 0);
INSERT INTO qx.gaps VALUES (2, 0, 6);
SELECT rule, verdict, failing, rows_checked FROM dm_check('qx.gaps'::regclass) ORDER BY rule COLLATE "C";
-- a type whose order is not the server's: its operators are taken, not those of what it is made of
RESET ROLE;
CREATE TYPE qx.word AS (w text COLLATE "C");
CREATE FUNCTION qx.word_cmp(qx.word, qx.word) RETURNS int IMMUTABLE STRICT LANGUAGE sql AS 'SELECT pg_catalog.bttextcmp(lower(($1).w), lower(($2).w))';
DO $$
DECLARE
	operators text[] := '{<,<=,=,>=,>}';
BEGIN
	FOR i IN 1 .. 5 LOOP
		EXECUTE format('CREATE FUNCTION qx.word_%s(qx.word, qx.word) RETURNS boolean IMMUTABLE STRICT LANGUAGE sql AS %L', i, format('SELECT qx.word_cmp($1, $2) %s 0', operators[i]));
		EXECUTE format('CREATE OPERATOR qx.%s (LEFTARG = qx.word, RIGHTARG = qx.word, FUNCTION = qx.word_%s)', operators[i], i);
	END LOOP;
END $$;
CREATE OPERATOR CLASS qx.word_ops DEFAULT FOR TYPE qx.word USING btree AS OPERATOR 1 qx.<, OPERATOR 2 qx.<=, OPERATOR 3 qx.=, OPERATOR 4 qx.>=, OPERATOR 5 qx.>, FUNCTION 1 qx.word_cmp(qx.word, qx.word);
CREATE DOMAIN qx.term AS qx.word;
GRANT CREATE ON SCHEMA qx TO regress_qx_writer;
SET ROLE regress_qx_owner;
CREATE TABLE qx.lexicon (k qx.word, v int);
SELECT dm_add_rule('qx.lexicon', 'rises', 'increasing', 'v', '{"by": ["k"]}', mode => 'reject') > 0 AS added;
INSERT INTO qx.lexicon VALUES ('(a)', 1), ('(c)', 3);
INSERT INTO qx.lexicon VALUES ('(B)', 0);
INSERT INTO qx.lexicon VALUES ('(B)', 4);
INSERT INTO qx.lexicon VALUES ('(B)', 2);
SELECT verdict, failing FROM dm_check('qx.lexicon'::regclass);
-- nor those that somebody makes for a domain over it
SET ROLE regress_qx_writer;
CREATE FUNCTION qx.planted(qx.term, qx.term) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'as %', current_user; END $$;
CREATE OPERATOR qx.< (LEFTARG = qx.term, RIGHTARG = qx.term, FUNCTION = qx.planted);
CREATE OPERATOR qx.<= (LEFTARG = qx.term, RIGHTARG = qx.term, FUNCTION = qx.planted);
CREATE OPERATOR qx.> (LEFTARG = qx.term, RIGHTARG = qx.term, FUNCTION = qx.planted);
CREATE OPERATOR qx.>= (LEFTARG = qx.term, RIGHTARG = qx.term, FUNCTION = qx.planted);
CREATE OPERATOR qx.= (LEFTARG = qx.term, RIGHTARG = qx.term, FUNCTION = qx.planted);
SET ROLE regress_qx_owner;
CREATE TABLE qx.terms (k qx.term, i int, v qx.term);
SELECT dm_add_rule('qx.terms', 'falls', 'decreasing', 'v', '{"by": ["k", "i"]}', mode => 'reject') > 0 AS added;
INSERT INTO qx.terms VALUES ('(a)', 1, '(Z)'), ('(a)', NULL, '(a)'), ('(c)', 2, '(g)'), ('(C)', 4, '(F)');
INSERT INTO qx.terms VALUES ('(C)', 3, '(h)');
INSERT INTO qx.terms VALUES ('(c)', 3, '(E)');
INSERT INTO qx.terms VALUES ('(B)', 9, '(F)');
INSERT INTO qx.terms VALUES ('(b)', 9, '(G)'), ('(c)', 3, '(f)');
SELECT verdict, failing, rows_checked FROM dm_check('qx.terms'::regclass);
CREATE TABLE qx.meanings (k qx.term PRIMARY KEY);
INSERT INTO qx.meanings VALUES ('(A)'), ('(b)');
SELECT dm_add_rule('qx.terms', 'one_number', 'denial', NULL, '{"condition": "t1.i < t2.i", "key": ["k"]}') > 0 AS added;
SELECT dm_add_rule('qx.terms', 'known', 'references', 'k', '{"relation": "qx.meanings", "columns": ["k"]}') > 0 AS added;
SELECT rule, verdict, failing, message FROM dm_check('qx.terms'::regclass) ORDER BY rule COLLATE "C";
SELECT dm_drop_rule('qx.terms', 'one_number'), dm_drop_rule('qx.terms', 'known');
INSERT INTO qx.terms VALUES ('(d)', 1, '(f)');
SELECT dm_alter_rule('qx.terms', 'falls', arguments => '{"by": ["k", "i"], "strict": true}');
INSERT INTO qx.terms VALUES ('(e)', 1, '(F)');
INSERT INTO qx.terms VALUES ('(e)', 1, '(E)');
SELECT verdict, failing, rows_checked FROM dm_check('qx.terms'::regclass);
-- partitions: the pair is of two of them, and the statement names one
CREATE TABLE qx.parted (id int, region text, code int, PRIMARY KEY (region, id)) PARTITION BY LIST (region);
CREATE TABLE qx.north PARTITION OF qx.parted FOR VALUES IN ('n');
CREATE TABLE qx.south (code int, region text NOT NULL, id int NOT NULL, PRIMARY KEY (region, id));
ALTER TABLE qx.parted ATTACH PARTITION qx.south FOR VALUES IN ('s');
SELECT dm_add_rule('qx.parted', 'code', 'denial', arguments => '{"key": ["id"], "condition": "t1.code <> t2.code"}', mode => 'reject') > 0 AS added;
INSERT INTO qx.parted VALUES (1, 'n', 1), (1, 's', 1), (2, 'n', 2);
INSERT INTO qx.south VALUES (3, 's', 2);
INSERT INTO qx.south VALUES (2, 's', 2);
INSERT INTO qx.parted VALUES (3, 'n', 3), (3, 's', 4);
SELECT count(*) FROM qx.parted;
-- a function in the condition runs with the rights of the table's owner
CREATE FUNCTION qx.differ(text, text) RETURNS boolean STABLE LANGUAGE plpgsql AS $$ BEGIN IF current_user <> 'regress_qx_owner' THEN RAISE 'as %', current_user; END IF; RETURN $1 <> $2; END $$;
SELECT dm_alter_rule('qx.place', 'one_city', arguments => '{"key": ["zip"], "condition": "differ(t1.city, t2.city)"}');
SET ROLE regress_qx_writer;
INSERT INTO qx.place VALUES (40, '99084', 'Erfurt'), (41, '99084', 'Erfurt');
INSERT INTO qx.place VALUES (42, '99084', 'Weimar');
SET ROLE regress_qx_owner;
-- an error has values of rows that the writer may not read: why is for who may read them all
CREATE TABLE qx.codes (id int PRIMARY KEY, code text);
INSERT INTO qx.codes VALUES (1, 'hidden value');
GRANT INSERT ON qx.codes TO regress_qx_writer;
SELECT dm_add_rule('qx.codes', 'next', 'denial', arguments => '{"condition": "t1.code::int = t2.code::int + 1"}', mode => 'reject') > 0 AS added;
SET ROLE regress_qx_writer;
INSERT INTO qx.codes VALUES (2, '5');
SET ROLE regress_qx_owner;
INSERT INTO qx.codes VALUES (2, '5');
GRANT SELECT ON qx.codes TO regress_qx_writer;
SET ROLE regress_qx_writer;
INSERT INTO qx.codes VALUES (2, '5');
-- row security that hides rows from the writer, and is forced upon the owner, lets in no pair with them
SET ROLE regress_qx_owner;
ALTER TABLE qx.codes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON qx.codes USING (id > 1);
SET ROLE regress_qx_writer;
INSERT INTO qx.codes VALUES (2, '5');
SET ROLE regress_qx_owner;
SELECT dm_alter_rule('qx.codes', 'next', arguments => '{"condition": "t1.code = t2.code"}');
SELECT dm_add_rule('qx.codes', 'rises', 'increasing', 'code', '{"by": ["id"]}', mode => 'reject') > 0 AS added;
INSERT INTO qx.codes VALUES (2, 'hidden value');
INSERT INTO qx.codes VALUES (2, 'a');
INSERT INTO qx.codes VALUES (2, 'i');
-- refused: what some rows may break, what cannot be told apart, an order that is none, other comparisons
CREATE TABLE qx.plain (a int, b int);
SELECT dm_add_rule('qx.place', 'few', 'denial', arguments => '{"condition": "t1.city = t2.city"}', must => '<= 2', mode => 'reject');
SELECT dm_add_rule('qx.place', 'few', 'denial', arguments => '{"condition": "t1.city = t2.city"}', must => '<= 1', unit => 'percent', mode => 'reject');
SELECT dm_add_rule('qx.plain', 'pairs', 'denial', arguments => '{"condition": "t1.a = t2.a AND t1.b <> t2.b"}', mode => 'reject');
SELECT dm_add_rule('qx.place', 'lies', 'denial', arguments => '{"condition": "t1.city = t2.city AND t1.ctid <> t2.ctid"}', mode => 'reject');
SELECT dm_add_rule('qx.place', 'lies', 'denial', arguments => '{"condition": "t1.city = t2.city AND t2.xmin IS NULL"}');
SELECT dm_add_rule('qx.plain', 'rises', 'increasing', 'a', mode => 'reject');
SELECT dm_add_rule('qx.plain', 'same', 'reconciliation', arguments => '{"relation": "pay"}', mode => 'reject');
SELECT dm_add_rule('qx.plain', 'query', 'sql', arguments => '{"query": "SELECT true"}', mode => 'reject');
SELECT dm_add_rule('qx.place', 'aside', 'denial', arguments => '{"condition": "t1.city = t2.city"}', mode => 'quarantine');
-- a primary key that goes away afterwards, and a column: nothing gets in unseen
ALTER TABLE qx.place DROP CONSTRAINT place_pkey;
INSERT INTO qx.place VALUES (50, '04109', 'Leipzig');
SELECT dm_alter_rule('qx.place', 'one_city', mode => 'observe');
INSERT INTO qx.place VALUES (50, '04109', 'Leipzig');
RESET ROLE;
SET client_min_messages = error;
DROP SCHEMA qx CASCADE;
SELECT dm_drop_domain('qx') IS NOT NULL AS dropped;
DROP ROLE regress_qx_owner, regress_qx_writer;
