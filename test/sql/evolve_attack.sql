-- What the text of dm_evolve can do is what its caller can do; and nobody gains rights when views are put back.
CREATE ROLE regress_ea_owner;
CREATE ROLE regress_ea_reader;
CREATE ROLE regress_ea_evil;
CREATE ROLE regress_ea_team IN ROLE regress_ea_owner;
CREATE SCHEMA ea AUTHORIZATION regress_ea_owner;
CREATE SCHEMA ear AUTHORIZATION regress_ea_reader;
CREATE SCHEMA eac;
GRANT CREATE, USAGE ON SCHEMA eac TO PUBLIC;
SELECT dm_register_purpose('ea_reports');
SET ROLE regress_ea_owner;
CREATE TABLE ea.t (id int, amount int, secret text);
INSERT INTO ea.t VALUES (1, 10, 'hidden');
SELECT dm_register_domain('ea', schemas => '{ea}');
SELECT dm_register_product('ea.p');
SELECT dm_add_port('ea.p', 'ea.t', columns => '{id,amount}');
SELECT dm_publish('ea.p');
SELECT dm_grant_access('ea.p', 'regress_ea_reader', 'ea_reports', until => now() + interval '1 day') > 0 AS granted;

-- who may call it
SET ROLE regress_ea_evil;
SELECT * FROM dm_evolve('ea.p', 'SELECT 1');
SET ROLE regress_ea_owner;
SELECT * FROM dm_evolve(NULL, 'SELECT 1');
SELECT * FROM dm_evolve('ea.p', NULL);
SELECT * FROM dm_evolve('ea.nothing_like_it', 'SELECT 1');
SELECT * FROM dm_evolve('ea.p', 'SELECT 1; nonsense');
SELECT * FROM dm_evolve('ea.p', '   ;;  ', dry_run => NULL);
-- transactions, and what needs one of its own
SELECT * FROM dm_evolve('ea.p', 'COMMIT');
SELECT * FROM dm_evolve('ea.p', 'ALTER TABLE ea.t ADD x int; ROLLBACK TO s');
SELECT * FROM dm_evolve('ea.p', 'PREPARE TRANSACTION $$x$$');
SELECT * FROM dm_evolve('ea.p', 'DO $do$ BEGIN ALTER TABLE ea.t ADD x int; COMMIT; END $do$');
SELECT * FROM dm_evolve('ea.p', 'CREATE INDEX CONCURRENTLY ON ea.t (id)');
SELECT * FROM dm_evolve('ea.p', 'VACUUM ea.t');
SELECT * FROM dm_evolve('ea.p', 'COPY ea.t FROM STDIN');
SELECT * FROM dm_evolve('ea.p', $$SELECT * FROM dm_evolve('ea.p', 'SELECT 1')$$);
-- other roles: only those that the caller is a member of, and not longer than the text
SET SESSION AUTHORIZATION regress_ea_team;
SELECT * FROM dm_evolve('ea.p', 'SET ROLE regress_ea_evil');
SELECT * FROM dm_evolve('ea.p', 'SET ROLE regress_ea_owner; SET search_path = ea; ALTER TABLE t ALTER amount TYPE bigint');
SELECT current_user, current_setting('search_path');
RESET SESSION AUTHORIZATION;
SET ROLE regress_ea_owner;
-- the text does not read what is out of the way, nor do its own views show nulls
SELECT * FROM dm_evolve('ea.p', 'CREATE TABLE ea.copy AS SELECT * FROM ea_p_v1.t');
-- ports stay managed
SELECT * FROM dm_evolve('ea.p', 'CREATE OR REPLACE VIEW ea_p_v1.t AS SELECT 1 AS id, 2::bigint AS amount');
SELECT * FROM dm_evolve('ea.p', 'DROP VIEW ea_p_v1.t');
SELECT * FROM dm_evolve('ea.p', 'GRANT SELECT ON ea_p_v1.t TO PUBLIC');

-- a consumer's view with a planted function: parsed as its owner, and no function of others gets in
SET ROLE regress_ea_reader;
SET datamesh.purpose = 'ea_reports';
CREATE FUNCTION eac.f(bigint) RETURNS text LANGUAGE sql AS $$SELECT 'reader''s'$$;
CREATE VIEW ear.v AS SELECT id, eac.f(amount) AS x FROM ea_p_v1.t;
SELECT * FROM ear.v;
SET ROLE regress_ea_evil;
CREATE FUNCTION eac.f(numeric) RETURNS text LANGUAGE sql AS $$SELECT 'evil'$$;
SET ROLE regress_ea_owner;
SELECT * FROM dm_evolve('ea.p', 'ALTER TABLE ea.t ALTER amount TYPE numeric', dry_run => true);
SELECT * FROM dm_evolve('ea.p', 'ALTER TABLE ea.t ALTER amount TYPE numeric');
-- a check that is called while a constant is read runs as the view's owner
SET ROLE regress_ea_reader;
CREATE TABLE ear.seen (who name);
CREATE FUNCTION eac.who() RETURNS boolean LANGUAGE plpgsql AS $$BEGIN INSERT INTO ear.seen VALUES (current_user); RETURN true; END$$;
CREATE DOMAIN eac.d AS int CHECK (eac.who());
DROP VIEW ear.v;
CREATE VIEW ear.v AS SELECT id, amount, '{1}'::eac.d[] AS d FROM ea_p_v1.t;
DELETE FROM ear.seen;
SET ROLE regress_ea_owner;
SELECT * FROM dm_evolve('ea.p', 'ALTER TABLE ea.t ALTER amount TYPE numeric');
SET ROLE regress_ea_reader;
SELECT DISTINCT who FROM ear.seen;
-- but not the checks of a domain of somebody else, who could have written them since
SET ROLE regress_ea_evil;
CREATE DOMAIN eac.e AS int;
CREATE TYPE eac.pair AS (a text, b eac.e);
SET ROLE regress_ea_reader;
CREATE VIEW ear.lured AS SELECT id, amount, '(x,1)'::eac.pair AS e, 1::eac.e AS plain FROM ea_p_v1.t;
CREATE TABLE ear.diary (id int, e eac.e[]);
CREATE VIEW ear.defaulted AS SELECT id, amount, e FROM ea_p_v1.t JOIN ear.diary USING (id);
CREATE RULE add AS ON INSERT TO ear.defaulted DO INSTEAD INSERT INTO ear.diary VALUES (new.amount, '{1}'::eac.e[]);
SET ROLE regress_ea_evil;
ALTER DOMAIN eac.e ADD CHECK (eac.who()) NOT VALID;
SET ROLE regress_ea_owner;
SELECT verdict, object, detail FROM dm_evolve('ea.p', 'ALTER TABLE ea.t ALTER amount TYPE bigint', dry_run => true);
SELECT * FROM dm_evolve('ea.p', 'ALTER TABLE ea.t ALTER amount TYPE bigint');
SET ROLE regress_ea_reader;
DROP VIEW ear.lured, ear.defaulted;
-- while commands of the mesh run, the guards are open; no text of a caller gets there
RESET ROLE;
SELECT setval('datamesh.row_policy_id_seq', 1, false) \g /dev/null
SET ROLE regress_ea_owner;
CREATE TABLE ea.below (id int);
CREATE INDEX ON ea.below (id);
CREATE DOMAIN ea.d AS text;
SELECT dm_add_row_policy('ea.below', 'lure', $$id > 0 OR '{x}'::ea.d[] IS NULL$$);
ALTER DOMAIN ea.d ADD CHECK (query_to_xml($$SELECT * FROM public.dm_evolve('ea.p', 'GRANT SELECT ON ea.t TO regress_ea_evil')$$, true, false, '') IS NOT NULL) NOT VALID;
CREATE TABLE ea.child () INHERITS (ea.below);
SELECT relacl FROM pg_class WHERE oid = 'ea.t'::regclass;
-- views that the text makes over what gets other types would read it with the old ones
CREATE TABLE ea.raw (id int, t text);
INSERT INTO ea.raw VALUES (1, '12345');
CREATE VIEW ea.cooked AS SELECT id, coalesce(t, t) AS a FROM ea.raw;
CREATE VIEW ea.other AS SELECT id, t FROM ea.raw;
SELECT dm_register_product('ea.raw');
SELECT dm_add_port('ea.raw', 'ea.cooked');
CREATE VIEW ea.above AS SELECT id FROM ea_raw_v1.cooked;
SELECT object, verdict, detail FROM dm_evolve('ea.raw', $$CREATE VIEW ea.new AS SELECT id, length(a) AS b FROM ea_raw_v1.cooked; ALTER TABLE ea.raw ALTER t TYPE int USING 12345$$, dry_run => true);
SELECT object, verdict, detail FROM dm_evolve('ea.raw', $$CREATE OR REPLACE VIEW ea.other AS SELECT id, a || 'x' AS t FROM ea_raw_v1.cooked; ALTER TABLE ea.raw ALTER t TYPE int USING 12345$$, dry_run => true);
SELECT object, verdict, detail FROM dm_evolve('ea.raw', $$CREATE OR REPLACE VIEW ea.above AS SELECT length(a) AS id FROM ea_raw_v1.cooked; ALTER TABLE ea.raw ALTER t TYPE int USING 12345$$, dry_run => true);
SELECT object, verdict, detail FROM dm_evolve('ea.raw', $$CREATE OR REPLACE VIEW ea.above AS SELECT length(a) AS id FROM ea.cooked; ALTER TABLE ea.raw ALTER t TYPE int USING 12345$$, dry_run => true);
SELECT * FROM dm_evolve('ea.raw', $$CREATE VIEW ea.new AS SELECT id, length(a) AS b FROM ea_raw_v1.cooked; ALTER TABLE ea.raw ALTER t TYPE int USING 12345$$);
-- and over what keeps its types they are welcome
SELECT object, verdict, detail FROM dm_evolve('ea.raw', $$CREATE VIEW ea.new AS SELECT id, length(a) AS b FROM ea_raw_v1.cooked; ALTER TABLE ea.raw ADD more int$$);
SELECT * FROM ea.new;
-- what cannot follow: a body that is a query tree, a stored row of the view
SET ROLE regress_ea_reader;
CREATE FUNCTION ear.total() RETURNS numeric LANGUAGE sql BEGIN ATOMIC SELECT sum(amount) FROM ea_p_v1.t; END;
SET ROLE regress_ea_owner;
SELECT * FROM dm_evolve('ea.p', 'ALTER TABLE ea.t ALTER amount TYPE bigint');
SET ROLE regress_ea_reader;
DROP FUNCTION ear.total();
CREATE TABLE ear.rows (r ea_p_v1.t);
SET ROLE regress_ea_owner;
SELECT * FROM dm_evolve('ea.p', 'ALTER TABLE ea.t ALTER amount TYPE bigint');
-- nothing of all that has changed anything
SET ROLE regress_ea_reader;
SELECT id, amount, pg_typeof(amount) FROM ear.v;
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'ea_p_v1.t'::regclass AND attnum > 0 ORDER BY attnum;
-- an open cursor is no reason to pull the view away
DROP TABLE ear.rows;
RESET ROLE;
GRANT regress_ea_reader TO regress_ea_owner;
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM ea_p_v1.t;
FETCH c;
SELECT * FROM dm_evolve('ea.p', 'ALTER TABLE ea.t ALTER amount TYPE bigint');
ROLLBACK;

-- nothing stays behind for the tests that come next
RESET ROLE;
RESET SESSION AUTHORIZATION;
SET client_min_messages = warning;
SELECT count(dm_deprecate(name)) FROM datamesh.products
WHERE domain IN ('ea') AND status = 'active' \g /dev/null
SELECT count(dm_retire(name, cascade => true)) FROM datamesh.products
WHERE domain IN ('ea') AND status <> 'retired' \g /dev/null
SELECT dm_drop_domain('ea') \g /dev/null
SELECT dm_drop_purpose('ea_reports') \g /dev/null
DROP SCHEMA ea, ear, eac CASCADE;
DROP OWNED BY regress_ea_owner, regress_ea_reader, regress_ea_evil, regress_ea_team;
DROP ROLE regress_ea_owner, regress_ea_reader, regress_ea_evil, regress_ea_team;
