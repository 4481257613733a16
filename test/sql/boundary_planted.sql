-- Code that a team plants in what datamesh reads: the guards stay up, and it runs with the team's rights.
\set VERBOSITY terse
CREATE ROLE regress_pl_team;
CREATE ROLE regress_pl_eve;
CREATE ROLE regress_pl_sam;
CREATE SCHEMA pl AUTHORIZATION regress_pl_team;
CREATE SCHEMA pl_work AUTHORIZATION regress_pl_team;
SELECT dm_create_tag('pl', mask => 'dm_mask_text(1)'), dm_register_purpose('pl_work') \g /dev/null
SET ROLE regress_pl_team;
CREATE TABLE pl.t (id int, mail text, country text);
INSERT INTO pl.t VALUES (1, 'secret@example.org', 'nl');
SELECT dm_register_domain('pl', schemas => '{pl}'), dm_classify('pl.t', 'mail', 'pl') \g /dev/null
SELECT dm_register_product('pl.p', open_ended => true), dm_add_port('pl.p', 'pl.t') \g /dev/null

-- an immutable function that the planner calls while a policy is installed
CREATE FUNCTION pl.go() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
	EXECUTE 'GRANT SELECT ON pl.t TO regress_pl_eve';
	EXECUTE 'ALTER TABLE pl.t DISABLE ROW LEVEL SECURITY';
END $$;
CREATE FUNCTION pl.one() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM pl.go(); RETURN 1; END $$;
SELECT dm_add_row_policy('pl.t', 'p', 'id > pl.one()', '{role:regress_pl_sam}');
SELECT has_table_privilege('regress_pl_eve', 'pl.t', 'SELECT');

-- the check of a domain, which reading a constant calls, also for superusers
CREATE FUNCTION pl.spy(text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
	IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
		RAISE EXCEPTION 'planted code runs as a superuser';
	END IF;
	RETURN true;
END $$;
CREATE DOMAIN pl.dom AS text CHECK (pl.spy(VALUE));
SELECT dm_add_row_policy('pl.t', 'h', $$country = ANY ('{nl}'::pl.dom[]::text[])$$, '{role:regress_pl_sam}');
CREATE TABLE pl.arr (id int, a pl.dom[]);
SELECT dm_add_port('pl.p', 'pl.arr'), dm_classify('pl.arr', 'a', 'pl') \g /dev/null
RESET ROLE;
SELECT count(*) FROM dm_doctor() WHERE finding ~ 'planted';
-- and what it raises blinds dm_doctor for nothing else
CREATE OR REPLACE FUNCTION pl.spy(text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'planted code fails'; END $$;
SELECT object, finding FROM dm_doctor() WHERE finding ~ 'planted' ORDER BY object;
CREATE OR REPLACE FUNCTION pl.spy(text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
	IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
		RAISE EXCEPTION 'planted code runs as a superuser';
	END IF;
	RETURN true;
END $$;
SELECT dm_alter_tag('pl', mask => 'dm_mask_text(1, 1)');
CREATE TABLE pl.child (LIKE pl.t);
ALTER TABLE pl.child INHERIT pl.t;
SELECT polname FROM pg_policy WHERE polrelid = 'pl.child'::regclass;
ALTER TABLE pl.child OWNER TO regress_pl_team;
SELECT regexp_replace(polname, '\d+', 'N') FROM pg_policy WHERE polrelid = 'pl.child'::regclass ORDER BY 1;

-- functions that are called without being asked for EXECUTE
SET ROLE regress_pl_team;
CREATE FUNCTION pl_work.sf(text, int) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN (SELECT string_agg(mail, ',') FROM pl.t); END $$;
CREATE AGGREGATE pl_work.agg(int) (sfunc = pl_work.sf, stype = text);
SELECT has_function_privilege('regress_pl_eve', 'pl_work.agg(int)', 'EXECUTE');
CREATE FUNCTION pl_work.sd(float8, float8) RETURNS float8 LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER AS $$ BEGIN RETURN (SELECT length(mail) FROM pl.t); END $$;
CREATE TYPE pl_work.rng AS RANGE (subtype = float8, subtype_diff = pl_work.sd);

CREATE TABLE pl_work.log (i int);
CREATE FUNCTION pl_work.note() RETURNS SETOF int LANGUAGE sql SECURITY DEFINER BEGIN ATOMIC INSERT INTO pl_work.log VALUES (1) RETURNING i; END;
CREATE FUNCTION pl_work.text() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT mail <> '' FROM pl.t); END $$;
CREATE POLICY late ON pl_work.log USING (pl_work.text());
ALTER TABLE pl_work.log ALTER COLUMN i SET DEFAULT pl_work.text()::int;

-- a column that takes the values of a classified one takes its tags
CREATE TABLE pl_work.made AS SELECT id, mail, country FROM pl.t;
ALTER TABLE pl_work.made ALTER COLUMN country TYPE text USING mail, DROP COLUMN mail;
GRANT SELECT ON pl_work.made TO regress_pl_eve;
CREATE TABLE pl.generated (id int, mail text, copy text GENERATED ALWAYS AS (upper(mail)) STORED);
SELECT dm_classify('pl.generated', 'mail', 'pl') \g /dev/null
ALTER TABLE pl.generated ALTER COLUMN copy DROP EXPRESSION;
SELECT label FROM pg_seclabels WHERE objname = 'pl.generated.copy';

RESET ROLE;
SET client_min_messages = warning;
SELECT dm_drop_port('pl.p', 't'), dm_drop_port('pl.p', 'arr'), dm_retire('pl.p') \g /dev/null
DROP TABLE pl_work.made, pl.generated, pl.arr, pl.child, pl.t CASCADE;
SELECT dm_drop_domain('pl'), dm_drop_tag('pl'), dm_drop_purpose('pl_work') \g /dev/null
DROP SCHEMA pl, pl_work CASCADE;
DROP ROLE regress_pl_team, regress_pl_eve, regress_pl_sam;

-- What a policy calls is planned when the policy is made, as its owner: settings that it changes do not stay with whoever makes it.
BEGIN;
CREATE ROLE regress_bp_setter;
CREATE SCHEMA bp_set AUTHORIZATION regress_bp_setter;
SET LOCAL ROLE regress_bp_setter;
CREATE TABLE bp_set.t (id int PRIMARY KEY);
CREATE FUNCTION bp_set.smallest() RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('search_path', 'bp_set', false), set_config('work_mem', '77MB', false);
	RETURN 0;
END $$;
RESET ROLE;
SELECT dm_register_domain('bp_set', 'regress_bp_setter', '{bp_set}');
SET search_path = public, pg_temp;
SET work_mem = '5MB';
SELECT dm_add_row_policy('bp_set.t', 'positive', 'id > bp_set.smallest()');
SELECT current_setting('search_path') AS path, current_setting('work_mem') AS memory;
ROLLBACK;
