-- The gate's modes, commands that commit in between, roles that only look like an exception, and dm_impact.
CREATE ROLE regress_gm_owner;
CREATE ROLE regress_gm_reader;
CREATE ROLE regress_gm_stranger;
CREATE SCHEMA gm AUTHORIZATION regress_gm_owner;
SELECT dm_register_purpose('gm_reports');
SET ROLE regress_gm_owner;
SELECT dm_register_domain('gm', schemas => '{gm}');
CREATE TABLE gm.person (id integer PRIMARY KEY, name text NOT NULL, code text UNIQUE, note text);
INSERT INTO gm.person VALUES (1, 'one', 'a', 'x'), (2, 'two', 'b', 'y');
SELECT dm_import_contract($$
apiVersion: v3.1.0
kind: DataContract
id: gm-people
version: 1.0.0
status: active
domain: gm
dataProduct: people
schema:
  - name: person
    properties:
      - {name: id, logicalType: integer, physicalType: integer}
      - {name: name, logicalType: string, required: true}
      - {name: code, logicalType: string, unique: true}
$$);
-- nothing is promised before it is published
ALTER TABLE gm.person ALTER COLUMN name DROP NOT NULL;
ALTER TABLE gm.person ALTER COLUMN name SET NOT NULL;
SELECT dm_publish('gm.people');
SELECT dm_grant_access('gm.people', 'regress_gm_reader', 'gm_reports', until => 'tomorrow') > 0 AS granted;

-- refuse, warn, off: for the product
ALTER TABLE gm.person ALTER COLUMN name DROP NOT NULL;
SELECT dm_alter_product('gm.people', contract_mode => 'warn');
ALTER TABLE gm.person ALTER COLUMN name DROP NOT NULL;
SELECT dm_alter_product('gm.people', contract_mode => 'off');
ALTER TABLE gm.person DROP CONSTRAINT person_code_key;
SELECT dm_alter_product('gm.people', contract_mode => 'refuse');
-- what has been broken stands in the way, until it is mended; what only adds is not asked
ALTER TABLE gm.person ADD COLUMN more int;
ALTER TABLE gm.person SET (fillfactor = 90);
BEGIN;
ALTER TABLE gm.person ALTER COLUMN name SET NOT NULL;
ALTER TABLE gm.person ADD CONSTRAINT person_code_key UNIQUE (code);
COMMIT;
ALTER TABLE gm.person SET (fillfactor = 90);
SELECT dm_alter_product('gm.people', contract_mode => 'default');

-- the setting is for superusers
SET datamesh.contract_mode = off;
RESET ROLE;
SET datamesh.contract_mode = warn;
ALTER TABLE gm.person ALTER COLUMN name DROP NOT NULL;
SET datamesh.contract_mode = off;
ALTER TABLE gm.person SET (fillfactor = 80);
RESET datamesh.contract_mode;
ALTER TABLE gm.person ALTER COLUMN name SET NOT NULL;
SELECT kind, object, old, new FROM datamesh.governance_change WHERE object LIKE '%gm.people%' ORDER BY id;
SELECT event ->> 'subject' AS version, event -> 'data' AS data FROM datamesh.events WHERE product = 'gm.people' AND type = 'contract.broken' ORDER BY sequence;

-- superusers are watched, too, but while they restore a dump, and then for the shape
ALTER TABLE gm.person ALTER COLUMN name DROP NOT NULL;
SET check_function_bodies = off;
ALTER TABLE gm.person RENAME COLUMN name TO label;
ALTER TABLE gm.person ALTER COLUMN name DROP NOT NULL;
ALTER TABLE gm.person ALTER COLUMN name SET NOT NULL;
RESET check_function_bodies;
SET ROLE regress_gm_owner;
SET check_function_bodies = off;
ALTER TABLE gm.person ALTER COLUMN name DROP NOT NULL;
RESET check_function_bodies;

-- without triggers of the session
RESET ROLE;
SET session_replication_role = replica;
ALTER TABLE gm.person RENAME COLUMN name TO label;
RESET session_replication_role;

-- DROP INDEX CONCURRENTLY commits in between
SET ROLE regress_gm_owner;
CREATE UNIQUE INDEX CONCURRENTLY person_code ON gm.person (code);
ALTER TABLE gm.person DROP CONSTRAINT person_code_key;
DROP INDEX CONCURRENTLY gm.person_code;
SELECT indexrelid::regclass, indisvalid FROM pg_index WHERE indrelid = 'gm.person'::regclass ORDER BY 1;
CREATE UNIQUE INDEX CONCURRENTLY another ON gm.person (code);
DROP INDEX CONCURRENTLY gm.person_code;
REINDEX INDEX CONCURRENTLY gm.another;
-- of another one it is not spoken
RESET ROLE;
SET ROLE regress_gm_stranger;
DROP INDEX CONCURRENTLY gm.another;
RESET ROLE;

-- CASCADE from elsewhere
CREATE TYPE public.gm_kind AS ENUM ('a');
SET ROLE regress_gm_owner;
ALTER TABLE gm.person ADD COLUMN kind public.gm_kind;
RESET ROLE;
DROP TYPE public.gm_kind CASCADE;
CREATE FUNCTION public.gm_even(int) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT $1 % 2 = 0';
SET ROLE regress_gm_owner;
ALTER TABLE gm.person ADD CHECK (public.gm_even(id) OR true);
RESET ROLE;
DROP FUNCTION public.gm_even CASCADE;
DROP OWNED BY regress_gm_owner CASCADE;

-- within functions, and in a procedure that commits
SET ROLE regress_gm_owner;
DO $$ BEGIN EXECUTE 'ALTER TABLE gm.person ALTER COLUMN name DROP NOT NULL'; END $$;
CREATE PROCEDURE gm.pass() LANGUAGE plpgsql AS $$
BEGIN
    ALTER TABLE gm.person RENAME COLUMN name TO label;
    ALTER TABLE gm.person RENAME COLUMN label TO name;
    COMMIT;
    ALTER TABLE gm.person RENAME COLUMN name TO label;
    COMMIT;
END $$;
CALL gm.pass();
BEGIN;
DO $$
BEGIN
    ALTER TABLE gm.person ALTER COLUMN name DROP NOT NULL;
    RAISE division_by_zero;
EXCEPTION WHEN division_by_zero THEN NULL;
END $$;
COMMIT;

-- a small step of the contract is no way round it, unless the mode is lowered, which is recorded
CREATE FUNCTION pg_temp.contract(version text) RETURNS text LANGUAGE sql RETURN format(E'apiVersion: v3.1.0\nkind: DataContract\nid: gm-people\nversion: %s\nstatus: active\ndomain: gm\ndataProduct: people\nschema:\n- name: person\n  properties:\n  - {name: code, logicalType: string, unique: true}\n  - {name: name, logicalType: string, required: true}\n  - {name: id, logicalType: integer, physicalType: integer}\n', $1);
BEGIN;
ALTER TABLE gm.person ALTER COLUMN name DROP NOT NULL;
SELECT dm_import_contract(pg_temp.contract('1.1.0'));
SELECT dm_publish('gm.people');
COMMIT;
BEGIN;
ALTER TABLE gm.person ALTER COLUMN name DROP NOT NULL;
SELECT dm_import_contract(pg_temp.contract('1.1.0'));
SELECT dm_publish('gm.people');
ALTER TABLE gm.person ALTER COLUMN name SET NOT NULL;
COMMIT;
ALTER TABLE gm.person ALTER COLUMN name DROP NOT NULL;
SELECT dm_alter_product('gm.people', contract_mode => 'warn');
BEGIN;
ALTER TABLE gm.person ALTER COLUMN name DROP NOT NULL;
SELECT dm_import_contract(pg_temp.contract('1.2.0'));
SELECT dm_publish('gm.people');
SELECT dm_alter_product('gm.people', contract_mode => 'default');
COMMIT;
ALTER TABLE gm.person ALTER COLUMN name SET NOT NULL;
SELECT * FROM dm_enforce('gm.people');
DROP FUNCTION pg_temp.contract(text);

-- a column that would go with the session, and the gate refuse that when nobody can mend it
CREATE DOMAIN pg_temp.fleeting AS int;
SELECT * FROM dm_evolve('gm.people', 'ALTER TABLE gm.person ALTER id TYPE pg_temp.fleeting');
DROP DOMAIN pg_temp.fleeting;
-- DROP OWNED takes privileges away as REVOKE does
RESET ROLE;
GRANT regress_gm_reader TO regress_gm_owner;
GRANT SELECT ON gm.person TO regress_gm_reader;
ALTER TABLE gm.person OWNER TO regress_gm_stranger;
DROP OWNED BY regress_gm_reader;
REVOKE regress_gm_reader FROM regress_gm_owner;
ALTER TABLE gm.person OWNER TO regress_gm_owner;
REVOKE ALL ON gm.person FROM regress_gm_reader;
SET ROLE regress_gm_owner;

-- what would break
SELECT * FROM dm_impact('gm.people', 'ALTER TABLE gm.person ADD COLUMN harmless int');
SELECT * FROM dm_impact('gm.people', 'ALTER TABLE gm.person DROP COLUMN name');
SELECT * FROM dm_impact('gm.people', 'ALTER TABLE gm.person DROP COLUMN note');
SELECT * FROM dm_impact('gm.people', 'ALTER TABLE gm.person ALTER COLUMN name DROP NOT NULL; DROP INDEX gm.another');
SELECT * FROM dm_impact('gm.people', 'ALTER TABLE gm.person RENAME TO human');
SELECT * FROM dm_impact('gm.people', 'ALTER TABLE gm.person DROP COLUMN nothing');
SELECT * FROM dm_impact('gm.people', 'COMMIT');
SELECT * FROM dm_impact('gm.people', 'ALTER TABLE');
SELECT * FROM dm_impact('gm.people', 'CREATE INDEX CONCURRENTLY ON gm.person (note)');
SELECT * FROM dm_impact('gm.people', NULL);
SELECT * FROM dm_impact('gm.nothing', 'SELECT');
SELECT column_name FROM information_schema.columns WHERE table_schema = 'gm' AND table_name = 'person' ORDER BY 1;
RESET ROLE;
SET ROLE regress_gm_stranger;
SELECT * FROM dm_impact('gm.people', 'DROP TABLE gm.person');
RESET ROLE;

-- retired, nobody is promised anything
SET ROLE regress_gm_owner;
SELECT dm_deprecate('gm.people'), dm_retire('gm.people');
ALTER TABLE gm.person RENAME TO human;
RESET ROLE;

-- nothing stays behind for the tests that come next
RESET ROLE;
RESET SESSION AUTHORIZATION;
SET client_min_messages = warning;
SELECT count(dm_deprecate(name)) FROM datamesh.products
WHERE domain IN ('gm') AND status = 'active' \g /dev/null
SELECT count(dm_retire(name, cascade => true)) FROM datamesh.products
WHERE domain IN ('gm') AND status <> 'retired' \g /dev/null
SELECT dm_drop_domain('gm') \g /dev/null
SELECT dm_drop_purpose('gm_reports') \g /dev/null
DROP SCHEMA gm CASCADE;
DROP OWNED BY regress_gm_owner, regress_gm_reader, regress_gm_stranger;
DROP ROLE regress_gm_owner, regress_gm_reader, regress_gm_stranger;
