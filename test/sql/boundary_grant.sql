-- No privilege on what belongs to a domain reaches a role outside of it, by whatever form of GRANT.
\set VERBOSITY verbose
\set SHOW_CONTEXT never
CREATE ROLE regress_bg_owner;
CREATE ROLE regress_bg_team IN ROLE regress_bg_owner;
CREATE ROLE regress_bg_app;
CREATE ROLE regress_bg_bob;
CREATE ROLE regress_bg_consumer;
CREATE SCHEMA bg AUTHORIZATION regress_bg_owner;
CREATE SCHEMA bg_else AUTHORIZATION regress_bg_owner;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO regress_bg_owner, regress_bg_bob', current_database()); END $$;
SET ROLE regress_bg_owner;
CREATE TABLE bg.t (id serial PRIMARY KEY, mail text);
CREATE VIEW bg.v AS SELECT id FROM bg.t;
CREATE FUNCTION bg.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE bg.p() LANGUAGE sql AS 'SELECT 1';
CREATE TABLE bg_else.free (id int);
SELECT dm_register_domain('bg', schemas => '{bg}', producers => '{regress_bg_app}'), dm_register_product('bg.p', open_ended => true), dm_add_port('bg.p', 'bg.t'), dm_publish('bg.p') \g /dev/null
RESET ROLE;
SELECT dm_register_purpose('bg_use') \g /dev/null
SELECT dm_grant_access('bg.p', 'regress_bg_consumer', 'bg_use') \g /dev/null

-- the SQLSTATE and the message of a command as some role; what it did is undone
CREATE FUNCTION pg_temp.try(who text, command text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('SET LOCAL ROLE %I', who);
	EXECUTE command;
	RAISE EXCEPTION 'passed' USING ERRCODE = 'XXDON';
EXCEPTION
	WHEN SQLSTATE 'XXDON' THEN RETURN 'passed';
	WHEN OTHERS THEN RETURN SQLSTATE || ': ' || SQLERRM;
END $$;

-- with the detail and the hint
SET ROLE regress_bg_owner;
\set VERBOSITY default
GRANT SELECT ON bg.t TO regress_bg_bob;
GRANT SELECT ON bg_p_v1.t TO regress_bg_bob;
ALTER TABLE bg.t SET SCHEMA bg_else;
RESET ROLE;

-- every form, by the owner, by a member, in a restore
CREATE TEMP TABLE attempt (id int GENERATED ALWAYS AS IDENTITY, command text);
INSERT INTO attempt (command) VALUES
	('GRANT SELECT ON bg.t TO regress_bg_bob'),
	('GRANT SELECT ON bg.t TO regress_bg_app, regress_bg_bob'),
	('GRANT ALL ON bg.t TO regress_bg_bob'),
	('GRANT SELECT ON bg.t TO PUBLIC'),
	('GRANT SELECT ON bg.t TO regress_bg_bob WITH GRANT OPTION'),
	('GRANT SELECT ON bg.t TO regress_bg_bob GRANTED BY CURRENT_USER'),
	('GRANT SELECT (mail) ON bg.t TO regress_bg_bob'),
	('GRANT SELECT (id), UPDATE (mail) ON bg.t TO PUBLIC'),
	('GRANT ALL (mail) ON bg.t TO regress_bg_bob'),
	('GRANT REFERENCES (id) ON bg.t TO regress_bg_bob'),
	('GRANT INSERT ON bg.t TO regress_bg_bob'),
	('GRANT TRIGGER ON bg.t TO regress_bg_bob'),
	('GRANT SELECT ON bg.v TO regress_bg_bob'),
	('GRANT SELECT ON bg_else.free, bg.v TO regress_bg_bob'),
	('GRANT SELECT ON ALL TABLES IN SCHEMA bg TO regress_bg_bob'),
	('GRANT SELECT ON ALL TABLES IN SCHEMA bg_else, bg TO PUBLIC'),
	('GRANT USAGE ON SEQUENCE bg.t_id_seq TO regress_bg_bob'),
	('GRANT SELECT ON ALL SEQUENCES IN SCHEMA bg TO regress_bg_bob'),
	('GRANT USAGE ON SCHEMA bg TO regress_bg_bob'),
	('GRANT CREATE ON SCHEMA bg_else, bg TO PUBLIC'),
	('GRANT EXECUTE ON FUNCTION bg.f() TO regress_bg_bob'),
	('GRANT EXECUTE ON PROCEDURE bg.p() TO regress_bg_bob'),
	('GRANT EXECUTE ON ALL ROUTINES IN SCHEMA bg TO regress_bg_bob'),
	('CREATE SCHEMA bg_made GRANT SELECT ON bg.t TO regress_bg_bob'),
	('DO $d$ BEGIN EXECUTE ''GRANT SELECT ON bg.t TO regress_bg_bob''; END $d$'),
	('SET LOCAL check_function_bodies = off; GRANT SELECT ON bg.t TO regress_bg_bob'),
	('SET LOCAL search_path = bg; GRANT SELECT ON t TO regress_bg_bob'),
	('ALTER DEFAULT PRIVILEGES IN SCHEMA bg GRANT SELECT ON TABLES TO regress_bg_bob'),
	('ALTER DEFAULT PRIVILEGES FOR ROLE regress_bg_owner IN SCHEMA bg_else, bg GRANT INSERT ON TABLES TO PUBLIC'),
	('ALTER DEFAULT PRIVILEGES IN SCHEMA bg GRANT USAGE ON SEQUENCES TO regress_bg_bob'),
	('ALTER DEFAULT PRIVILEGES IN SCHEMA bg GRANT EXECUTE ON FUNCTIONS TO regress_bg_bob'),
	('GRANT SELECT ON bg_p_v1.t TO regress_bg_bob'),
	('GRANT SELECT ON bg_p_v1.t TO PUBLIC'),
	('GRANT SELECT (mail) ON bg_p_v1.t TO regress_bg_bob'),
	('GRANT SELECT ON bg_p_v1.t TO regress_bg_consumer WITH GRANT OPTION'),
	('GRANT INSERT ON bg_p_v1.t TO regress_bg_consumer'),
	('GRANT UPDATE (mail) ON bg_p_v1.t TO regress_bg_consumer'),
	('GRANT CREATE ON SCHEMA bg_p_v1 TO regress_bg_consumer'),
	('GRANT USAGE ON SCHEMA bg_p_v1 TO regress_bg_bob'),
	('ALTER DEFAULT PRIVILEGES IN SCHEMA bg_p_v1 GRANT SELECT ON TABLES TO regress_bg_consumer');
SELECT command, pg_temp.try('regress_bg_owner', command) AS result FROM attempt ORDER BY id;
SELECT command, pg_temp.try('regress_bg_team', command) AS result FROM attempt WHERE pg_temp.try('regress_bg_team', command) !~ '^(MD007|MD003)' ORDER BY id;

-- one who was given the grant option inside does not pass it on
GRANT USAGE ON SCHEMA bg TO regress_bg_app;
GRANT SELECT ON bg.t TO regress_bg_app WITH GRANT OPTION;
SELECT pg_temp.try('regress_bg_app', 'GRANT SELECT ON bg.t TO regress_bg_bob');

-- what stays inside, is no privilege on data, or takes privileges away
SELECT command, pg_temp.try('regress_bg_owner', command) AS result FROM (VALUES
	(1, 'GRANT SELECT, INSERT ON bg.t TO regress_bg_app'),
	(2, 'GRANT ALL ON ALL TABLES IN SCHEMA bg TO regress_bg_app, regress_bg_team WITH GRANT OPTION'),
	(3, 'GRANT SELECT (mail) ON bg.t TO regress_bg_app'),
	(4, 'GRANT USAGE ON SCHEMA bg TO regress_bg_app'),
	(5, 'GRANT EXECUTE ON FUNCTION bg.f() TO PUBLIC'),
	(6, 'GRANT SELECT ON bg_else.free TO PUBLIC'),
	(7, 'ALTER DEFAULT PRIVILEGES IN SCHEMA bg GRANT SELECT ON TABLES TO regress_bg_app'),
	(8, 'ALTER DEFAULT PRIVILEGES IN SCHEMA bg_else GRANT SELECT ON TABLES TO regress_bg_bob'),
	(9, 'GRANT SELECT ON bg_p_v1.t TO regress_bg_consumer'),
	(10, 'GRANT SELECT (mail) ON bg_p_v1.t TO regress_bg_consumer'),
	(11, 'REVOKE ALL ON bg.t FROM PUBLIC, regress_bg_bob, regress_bg_app CASCADE'),
	(12, 'ALTER DEFAULT PRIVILEGES IN SCHEMA bg REVOKE ALL ON TABLES FROM regress_bg_bob'),
	(13, 'REVOKE USAGE ON SCHEMA bg_p_v1 FROM regress_bg_consumer'),
	(14, 'CREATE TABLE bg.another (id int)')) c(id, command) ORDER BY id;

-- default privileges for all schemas stand, and are taken off what is made in the domain
SET ROLE regress_bg_owner;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO regress_bg_bob, regress_bg_app;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO regress_bg_bob;
ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO regress_bg_bob;
CREATE TABLE bg_else.free2 (id int);
CREATE TABLE bg.new (id int);
CREATE VIEW bg.newer AS SELECT 1 AS x;
CREATE TABLE bg.newest AS SELECT 1 AS x;
SELECT 1 AS x INTO bg.into;
CREATE FUNCTION bg.g() RETURNS int LANGUAGE sql AS 'SELECT 1';
SELECT dm_register_product('bg.q', open_ended => true), dm_add_port('bg.q', 'bg.new') \g /dev/null
SELECT c.oid::regclass, a.grantee::regrole, string_agg(a.privilege_type, ',') FROM pg_class c, aclexplode(c.relacl) a
WHERE c.relnamespace IN ('bg'::regnamespace, 'bg_q_v1'::regnamespace, 'bg_else'::regnamespace) AND a.grantee <> c.relowner GROUP BY 1, 2 ORDER BY c.oid::regclass::text COLLATE "C", a.grantee::regrole::text COLLATE "C";
SELECT a.grantee::regrole FROM pg_namespace n, aclexplode(n.nspacl) a WHERE nspname = 'bg_q_v1' ORDER BY 1;
ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM regress_bg_bob, regress_bg_app;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM regress_bg_bob;
ALTER DEFAULT PRIVILEGES REVOKE USAGE ON SCHEMAS FROM regress_bg_bob;
DROP TABLE bg.newest, bg.into, bg_else.free2;
RESET ROLE;

-- a superuser's grant passes, and is listed
GRANT SELECT, UPDATE (mail) ON bg.t TO regress_bg_bob WITH GRANT OPTION;
GRANT SELECT ON bg_p_v1.t TO PUBLIC;
SELECT * FROM dm_foreign_grants('bg');
REVOKE ALL ON bg.t FROM regress_bg_bob;
REVOKE ALL ON bg_p_v1.t FROM PUBLIC;

-- all of it failed in the same transaction: nobody has anything
SELECT * FROM dm_foreign_grants('bg');
SELECT has_table_privilege('regress_bg_bob', 'bg.t', 'SELECT') OR has_any_column_privilege('regress_bg_bob', 'bg.t', 'SELECT') AS reads;

SELECT dm_deprecate('bg.p'), dm_retire('bg.p'), dm_retire('bg.q'), dm_drop_domain('bg') \g /dev/null
SELECT dm_drop_purpose('bg_use') \g /dev/null
SET client_min_messages = warning;
DROP SCHEMA bg, bg_else CASCADE;
DROP OWNED BY regress_bg_owner, regress_bg_bob, regress_bg_app, regress_bg_consumer;
DROP ROLE regress_bg_owner, regress_bg_team, regress_bg_app, regress_bg_bob, regress_bg_consumer;
