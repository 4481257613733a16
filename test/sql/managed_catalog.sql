-- Row policies, masks in use, and the objects of the extension change only through dm_ functions.
CREATE ROLE regress_mc_owner;
CREATE ROLE regress_mc_governor;
CREATE ROLE regress_mc_auditor;
CREATE SCHEMA mc AUTHORIZATION regress_mc_owner;
CREATE SCHEMA mc_gov AUTHORIZATION regress_mc_governor;
GRANT USAGE, CREATE ON SCHEMA mc_gov TO regress_mc_owner;
GRANT EXECUTE ON FUNCTION dm_create_tag, dm_alter_tag, dm_drop_tag, dm_register_mask, dm_drop_mask TO regress_mc_governor;
SET ROLE regress_mc_owner;
SELECT dm_register_domain('mc', schemas => '{mc}');
CREATE TABLE mc.person (id int PRIMARY KEY, email text, country text);
CREATE TABLE mc.other (id int);
SELECT dm_add_row_policy('mc.person', 'by_country', $$country = 'nl'$$);
SELECT polname AS policy FROM pg_policy WHERE polrelid = 'mc.person'::regclass AND NOT polpermissive \gset
CREATE VIEW pg_temp.policies AS
SELECT count(*), count(*) FILTER (WHERE NOT polpermissive) AS restrictive FROM pg_policy WHERE polrelid = 'mc.person'::regclass;
TABLE pg_temp.policies;

-- our policies, and the switches that they count on; the name has a number in it
\set VERBOSITY sqlstate
DROP POLICY :"policy" ON mc.person;
ALTER POLICY :"policy" ON mc.person USING (true);
ALTER POLICY :"policy" ON mc.person TO regress_mc_auditor;
ALTER POLICY :"policy" ON mc.person RENAME TO mine;
ALTER TABLE mc.person DROP COLUMN country CASCADE;
\set VERBOSITY default
ALTER POLICY datamesh_permit ON mc.person TO regress_mc_auditor;
CREATE POLICY datamesh_more ON mc.person USING (true);
CREATE POLICY datamesh_more ON mc.other USING (true);
ALTER TABLE mc.person DISABLE ROW LEVEL SECURITY;
ALTER TABLE mc.person NO FORCE ROW LEVEL SECURITY;
ALTER TABLE mc.person ADD COLUMN note text, DISABLE ROW LEVEL SECURITY;
TABLE pg_temp.policies;
SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = 'mc.person'::regclass;
-- the team's own remain the team's own
CREATE POLICY own ON mc.person USING (id > 0);
ALTER POLICY own ON mc.person USING (id > 1);
ALTER POLICY own ON mc.person RENAME TO owned;
DROP POLICY owned ON mc.person;
ALTER TABLE mc.other ENABLE ROW LEVEL SECURITY;
ALTER TABLE mc.other DISABLE ROW LEVEL SECURITY;
SELECT dm_drop_row_policy('mc.person', 'by_country');
SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = 'mc.person'::regclass;
SELECT dm_add_row_policy('mc.person', 'by_country', $$country = 'nl'$$);
DROP VIEW pg_temp.policies;
DROP TABLE mc.person;

-- a mask does what it did when the tag was given it
RESET ROLE;
GRANT USAGE ON SCHEMA public TO regress_mc_governor;
SET ROLE regress_mc_governor;
CREATE FUNCTION mc_gov.hide(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT '***' $$;
SELECT dm_register_mask('mc_gov.hide(text)');
CREATE OR REPLACE FUNCTION mc_gov.hide(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT '+++' $$;
SELECT dm_create_tag('mc_pii', mask => 'mc_gov.hide()');
CREATE OR REPLACE FUNCTION mc_gov.hide(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1 $$;
\echo :LAST_ERROR_SQLSTATE
ALTER FUNCTION mc_gov.hide(text) STABLE;
ALTER FUNCTION mc_gov.hide(text) SET work_mem = '1MB';
DROP FUNCTION mc_gov.hide(text);
DROP FUNCTION mc_gov.hide(text) CASCADE;
-- its warnings come in the order of the catalog
SET client_min_messages = error;
DROP OWNED BY regress_mc_governor CASCADE;
RESET client_min_messages;
SECURITY LABEL FOR datamesh ON FUNCTION mc_gov.hide(text) IS NULL;
ALTER FUNCTION mc_gov.hide(text) RENAME TO veil;
CREATE OR REPLACE FUNCTION mc_gov.veil(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1 $$;
SELECT mc_gov.veil('x');
GRANT EXECUTE ON FUNCTION mc_gov.veil(text) TO regress_mc_owner;
COMMENT ON FUNCTION mc_gov.veil(text) IS 'stars';
CREATE FUNCTION mc_gov.unused(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT '***' $$;
DROP FUNCTION mc_gov.unused(text);
SELECT dm_alter_tag('mc_pii', mask => 'dm_mask_null()');
CREATE OR REPLACE FUNCTION mc_gov.veil(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT '+++' $$;
SELECT dm_drop_mask('mc_gov.veil(text)');
DROP FUNCTION mc_gov.veil(text);

-- our tables, also for whom a superuser has granted too much
RESET ROLE;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA datamesh TO regress_mc_auditor;
GRANT CREATE ON SCHEMA datamesh TO regress_mc_auditor;
SET ROLE regress_mc_auditor;
INSERT INTO datamesh.domain (name) VALUES ('x');
\echo :LAST_ERROR_SQLSTATE
UPDATE datamesh.agreement SET clearance = '{mc_pii}';
UPDATE datamesh.tag SET mask = NULL WHERE false;
DELETE FROM datamesh.tag;
TRUNCATE datamesh.tag;
COPY datamesh.tag FROM stdin;
\.
MERGE INTO datamesh.tag t USING (SELECT 'mc_pii' AS name) s ON s.name = t.name WHEN MATCHED THEN DELETE;
WITH gone AS (DELETE FROM datamesh.tag RETURNING *) SELECT * FROM gone;
SELECT count(*) > 0 AS readable FROM datamesh.tag;
CREATE TABLE datamesh.mine (id int);
CREATE FUNCTION datamesh.admits(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE TRIGGER spy BEFORE INSERT ON datamesh.domain FOR EACH STATEMENT EXECUTE FUNCTION suppress_redundant_updates_trigger();
RESET ROLE;
REVOKE CREATE ON SCHEMA datamesh FROM regress_mc_auditor;
REVOKE ALL ON ALL TABLES IN SCHEMA datamesh FROM regress_mc_auditor;
-- every one of them has the guard
SELECT relname FROM pg_class c
WHERE relnamespace = 'datamesh'::regnamespace AND relkind = 'r' AND
      NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgfoid = 'datamesh.refuse_write'::regproc AND t.tgenabled = 'O');
-- superusers repair
UPDATE datamesh.tag SET description = 'repaired' WHERE name = 'mc_pii';
-- the server itself keeps others from the rest
\set VERBOSITY sqlstate
SET ROLE regress_mc_owner;
ALTER FUNCTION dm_add_port(text, regclass, text, name[]) RENAME TO add_port;
CREATE OR REPLACE FUNCTION datamesh.admits(text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
DROP FUNCTION datamesh.admits(text) CASCADE;
ALTER EXTENSION datamesh DROP FUNCTION datamesh.admits(text);
ALTER EVENT TRIGGER datamesh_ddl_end DISABLE;
DROP EVENT TRIGGER datamesh_ddl_end;
ALTER TABLE datamesh.domain DISABLE TRIGGER datamesh_managed;
DROP TRIGGER datamesh_managed ON datamesh.domain;
SET session_replication_role = replica;

RESET ROLE;
SET client_min_messages = warning;
SELECT dm_drop_tag('mc_pii'), dm_drop_domain('mc');
DROP SCHEMA mc, mc_gov CASCADE;
DROP OWNED BY regress_mc_owner, regress_mc_governor;
DROP ROLE regress_mc_owner, regress_mc_governor, regress_mc_auditor;
