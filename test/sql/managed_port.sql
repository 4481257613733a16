-- Ports and their schemas change only through dm_ functions, whoever owns them and whichever
-- command is tried; what belongs to the team stays the team's.
CREATE ROLE regress_mp_owner;
CREATE ROLE regress_mp_heir;
CREATE ROLE regress_mp_reader;
GRANT regress_mp_heir TO regress_mp_owner;
CREATE SCHEMA mp AUTHORIZATION regress_mp_owner;
CREATE SCHEMA mp_pub;
GRANT USAGE, CREATE ON SCHEMA mp_pub TO PUBLIC;
SELECT dm_register_purpose('mp_reports');
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO regress_mp_owner, regress_mp_heir', current_database()); END $$;
SET ROLE regress_mp_owner;
SELECT dm_register_domain('mp', schemas => '{mp}'), dm_register_product('mp.people', open_ended => true);
CREATE TABLE mp.person (id int PRIMARY KEY, email text);
INSERT INTO mp.person VALUES (1, 'ann@example.org');
SELECT dm_add_port('mp.people', 'mp.person'), dm_publish('mp.people');
SELECT dm_grant_access('mp.people', 'regress_mp_reader', 'mp_reports') > 0 AS granted;
CREATE FUNCTION mp.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';

CREATE VIEW pg_temp.state AS
SELECT n.nspname, n.nspowner::regrole, n.nspacl, c.relname, c.relowner::regrole, c.relacl, c.reloptions, c.relhastriggers,
       md5(pg_get_viewdef(c.oid)), (SELECT count(*) FROM pg_rewrite r WHERE r.ev_class = c.oid) AS rules
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'mp_people_v1' AND c.relname = 'person';
CREATE TEMP TABLE before AS TABLE pg_temp.state;

-- the view
ALTER VIEW mp_people_v1.person RENAME TO human;
\echo :LAST_ERROR_SQLSTATE
ALTER VIEW mp_people_v1.person RENAME COLUMN email TO mail;
ALTER TABLE mp_people_v1.person RENAME TO human;
ALTER VIEW mp_people_v1.person SET SCHEMA mp_pub;
ALTER VIEW mp_people_v1.person OWNER TO regress_mp_heir;
ALTER VIEW mp_people_v1.person SET (security_barrier);
ALTER VIEW mp_people_v1.person SET (security_invoker);
ALTER VIEW mp_people_v1.person ALTER COLUMN email SET DEFAULT 'x';
CREATE OR REPLACE VIEW mp_people_v1.person AS SELECT * FROM mp.person;
CREATE OR REPLACE RULE "_RETURN" AS ON SELECT TO mp_people_v1.person DO INSTEAD SELECT * FROM mp.person;
CREATE RULE leak AS ON UPDATE TO mp_people_v1.person DO INSTEAD SELECT * FROM mp.person;
CREATE TRIGGER leak INSTEAD OF UPDATE ON mp_people_v1.person FOR EACH ROW EXECUTE FUNCTION mp.nothing();
GRANT SELECT ON mp_people_v1.person TO regress_mp_heir;
GRANT SELECT (email) ON mp_people_v1.person TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA mp_people_v1 TO regress_mp_heir;
REVOKE SELECT ON mp_people_v1.person FROM regress_mp_reader;
DROP VIEW mp_people_v1.person;
-- the schema
ALTER SCHEMA mp_people_v1 RENAME TO mp_ports;
ALTER SCHEMA mp_people_v1 OWNER TO regress_mp_heir;
GRANT USAGE ON SCHEMA mp_people_v1 TO regress_mp_heir;
REVOKE USAGE ON SCHEMA mp_people_v1 FROM regress_mp_reader;
DROP SCHEMA mp_people_v1 CASCADE;
SECURITY LABEL FOR datamesh ON SCHEMA mp_people_v1 IS NULL;
-- what could be put into it
CREATE TABLE mp_people_v1.t (id int);
CREATE VIEW mp_people_v1.v AS SELECT * FROM mp.person;
CREATE TABLE mp_people_v1.t AS SELECT * FROM mp.person;
SELECT * INTO mp_people_v1.t FROM mp.person;
CREATE MATERIALIZED VIEW mp_people_v1.m AS SELECT * FROM mp.person;
CREATE SEQUENCE mp_people_v1.s;
CREATE FUNCTION mp_people_v1.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TYPE mp_people_v1.pair AS (a int, b int);
CREATE TYPE mp_people_v1.mood AS ENUM ('sad');
CREATE DOMAIN mp_people_v1.d AS int;
CREATE OPERATOR mp_people_v1.== (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
ALTER TABLE mp.person SET SCHEMA mp_people_v1;
ALTER FUNCTION mp.nothing() SET SCHEMA mp_people_v1;
-- everything at once
-- in the order of the catalog: the schema of the ports, or one where the heir may not create anything
DO $$ BEGIN
	REASSIGN OWNED BY regress_mp_owner TO regress_mp_heir;
EXCEPTION WHEN OTHERS THEN
	RAISE NOTICE 'refused: %', SQLSTATE IN ('MD003', '42501');
END $$;
DROP OWNED BY regress_mp_owner CASCADE;
DO $$ BEGIN ALTER VIEW mp_people_v1.person RENAME TO human; END $$;
CREATE FUNCTION mp_pub.rename() RETURNS void LANGUAGE sql AS 'ALTER VIEW mp_people_v1.person RENAME TO human';
SELECT mp_pub.rename();
TABLE pg_temp.state EXCEPT TABLE before;

-- not managed: words about it, what it shows, what is built over it
COMMENT ON VIEW mp_people_v1.person IS 'people';
COMMENT ON COLUMN mp_people_v1.person.email IS 'an address';
COMMENT ON SCHEMA mp_people_v1 IS 'ports';
ALTER TABLE mp.person ADD COLUMN note text;
ALTER TABLE mp.person RENAME COLUMN note TO remark;
CREATE INDEX ON mp.person (email);
ALTER TABLE mp.person RENAME TO human;
ALTER TABLE mp.human RENAME TO person;
CREATE VIEW mp_pub.own AS SELECT * FROM mp_people_v1.person;
ALTER VIEW mp_pub.own RENAME TO mine;
DROP VIEW mp_pub.mine;
ANALYZE mp.person;
-- the functions still do all of it
SELECT dm_transfer_domain('mp', 'regress_mp_heir');
SELECT nspowner, relowner FROM pg_temp.state;
SET ROLE regress_mp_heir;

-- others cannot even try
SET ROLE regress_mp_reader;
ALTER VIEW mp_people_v1.person RENAME TO human;
CREATE VIEW mp_people_v1.v AS SELECT 1 AS x;
-- superusers may, and the mesh follows
RESET ROLE;
ALTER VIEW mp_people_v1.person RENAME TO human;
SELECT name FROM datamesh.ports WHERE product = 'mp.people';

SET client_min_messages = warning;
SET ROLE regress_mp_heir;
SELECT dm_deprecate('mp.people'), dm_retire('mp.people'), dm_drop_domain('mp');
RESET ROLE;
DROP VIEW pg_temp.state;
SELECT dm_drop_purpose('mp_reports');
DROP SCHEMA mp, mp_pub CASCADE;
DROP OWNED BY regress_mp_owner, regress_mp_heir;
DROP ROLE regress_mp_owner, regress_mp_heir, regress_mp_reader;
