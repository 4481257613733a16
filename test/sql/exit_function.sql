-- SECURITY DEFINER functions of a domain's people must not serve others, nor triggers that call them.
CREATE ROLE regress_xf_owner;
CREATE ROLE regress_xf_etl;
CREATE ROLE regress_xf_reader;
CREATE ROLE regress_xf_stranger;
GRANT regress_xf_etl TO regress_xf_owner;
CREATE SCHEMA xf AUTHORIZATION regress_xf_owner;
CREATE SCHEMA xf_pub;
GRANT USAGE, CREATE ON SCHEMA xf_pub TO PUBLIC;
SET ROLE regress_xf_owner;
CREATE TABLE xf.person (id int PRIMARY KEY, email text);
INSERT INTO xf.person VALUES (1, 'ann@example.org');
SELECT dm_register_domain('xf', schemas => '{xf}'), dm_add_producer('xf', 'regress_xf_etl');
GRANT USAGE ON SCHEMA xf TO regress_xf_etl;
GRANT SELECT ON xf.person TO regress_xf_etl;

CREATE VIEW pg_temp.may_call AS
SELECT p.oid::regprocedure AS function, prosecdef, r.rolname, has_function_privilege(r.oid, p.oid, 'EXECUTE')
FROM pg_proc p, pg_roles r
WHERE p.pronamespace IN ('xf'::regnamespace, 'xf_pub'::regnamespace) AND r.rolname IN ('regress_xf_reader', 'regress_xf_etl')
ORDER BY p.proname COLLATE "C", r.rolname;

-- PUBLIC loses EXECUTE of what is new, and with it goes the way out
CREATE FUNCTION xf_pub.emails() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS 'SELECT email FROM xf.person';
CREATE PROCEDURE xf_pub.mend() LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN UPDATE xf.person SET email = NULL; END';
CREATE FUNCTION xf.inner_one() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS 'SELECT email FROM xf.person';
CREATE FUNCTION xf_pub.own_rights() RETURNS SETOF text LANGUAGE sql AS 'SELECT email FROM xf.person';
CREATE AGGREGATE xf_pub.summed(int) (SFUNC = int4pl, STYPE = int);
TABLE pg_temp.may_call;
GRANT EXECUTE ON FUNCTION xf_pub.emails TO regress_xf_reader;
\echo :LAST_ERROR_SQLSTATE
GRANT EXECUTE ON FUNCTION xf_pub.emails TO regress_xf_etl;
GRANT EXECUTE ON PROCEDURE xf_pub.mend TO PUBLIC;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA xf_pub TO regress_xf_reader;
GRANT EXECUTE ON FUNCTION xf.inner_one() TO regress_xf_reader;
-- replaced, it stays closed
CREATE OR REPLACE FUNCTION xf_pub.emails() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS 'SELECT lower(email) FROM xf.person';
TABLE pg_temp.may_call;

-- granted first, definer afterwards
GRANT EXECUTE ON FUNCTION xf_pub.own_rights TO regress_xf_reader;
ALTER FUNCTION xf_pub.own_rights() SECURITY DEFINER;
REVOKE EXECUTE ON FUNCTION xf_pub.own_rights() FROM regress_xf_reader;
ALTER FUNCTION xf_pub.own_rights() SECURITY DEFINER;
CREATE OR REPLACE FUNCTION xf_pub.own_rights() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS 'SELECT email FROM xf.person';
ALTER DEFAULT PRIVILEGES IN SCHEMA xf_pub GRANT EXECUTE ON FUNCTIONS TO regress_xf_reader;
CREATE FUNCTION xf_pub.by_default() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS 'SELECT email FROM xf.person';
ALTER DEFAULT PRIVILEGES IN SCHEMA xf_pub REVOKE EXECUTE ON FUNCTIONS FROM regress_xf_reader;

-- what a function of somebody outside does becomes the domain's with its owner
SET ROLE regress_xf_reader;
CREATE FUNCTION xf_pub.strange() RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN QUERY SELECT email FROM xf.person; END';
RESET ROLE;
GRANT regress_xf_reader TO regress_xf_owner;
SET ROLE regress_xf_owner;
ALTER FUNCTION xf_pub.strange() OWNER TO regress_xf_etl;
REVOKE EXECUTE ON FUNCTION xf_pub.strange() FROM PUBLIC;
ALTER FUNCTION xf_pub.strange() OWNER TO regress_xf_etl;
RESET ROLE;
REVOKE regress_xf_reader FROM regress_xf_owner;

-- a body of the SQL standard tells what it does; then only what concerns a domain is closed
SET ROLE regress_xf_etl;
CREATE TABLE xf_pub.news (id int, note text);
CREATE FUNCTION xf_pub.latest() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER BEGIN ATOMIC SELECT upper(note) FROM xf_pub.news ORDER BY id; END;
CREATE FUNCTION xf_pub.atomic() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER RETURN (SELECT max(email) FROM xf.person);
CREATE FUNCTION xf_pub.nested() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER RETURN xf_pub.atomic();
CREATE FUNCTION xf_pub.text_inside() RETURNS xml LANGUAGE sql SECURITY DEFINER RETURN query_to_xml('SELECT * FROM xf.person', false, false, '');
CREATE FUNCTION xf_pub.table_inside() RETURNS xml LANGUAGE sql SECURITY DEFINER RETURN table_to_xml('xf.person', false, false, '');
GRANT EXECUTE ON FUNCTION xf_pub.latest TO regress_xf_reader;
GRANT EXECUTE ON FUNCTION xf_pub.nested TO regress_xf_reader;
RESET ROLE;
CREATE OR REPLACE VIEW xf_pub.chain AS SELECT 'x'::text AS note;
ALTER VIEW xf_pub.chain OWNER TO regress_xf_owner;
SET ROLE regress_xf_owner;
CREATE FUNCTION xf_pub.over_chain() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER BEGIN ATOMIC SELECT note FROM xf_pub.chain; END;
CREATE OR REPLACE VIEW xf_pub.chain AS SELECT email AS note FROM xf.person;

-- triggers ask nobody for EXECUTE
CREATE FUNCTION xf_pub.fill() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN NEW.note := (SELECT max(email) FROM xf.person); RETURN NEW; END $$;
CREATE FUNCTION xf_pub.stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := 'x'; RETURN NEW; END $$;
CREATE TABLE xf_pub.inbox (id int, note text);
GRANT INSERT, SELECT ON xf_pub.inbox TO regress_xf_reader;
CREATE TRIGGER fill BEFORE INSERT ON xf_pub.inbox FOR EACH ROW EXECUTE FUNCTION xf_pub.fill();
CREATE TRIGGER stamp BEFORE INSERT ON xf_pub.inbox FOR EACH ROW EXECUTE FUNCTION xf_pub.stamp();
ALTER FUNCTION xf_pub.stamp() SECURITY DEFINER;
REVOKE EXECUTE ON FUNCTION xf_pub.stamp() FROM PUBLIC;
ALTER FUNCTION xf_pub.stamp() SECURITY DEFINER;
CREATE TABLE xf_pub.later (id int, note text);
CREATE TRIGGER fill BEFORE INSERT ON xf_pub.later FOR EACH ROW EXECUTE FUNCTION xf_pub.fill();
GRANT SELECT ON xf_pub.later TO regress_xf_reader;
GRANT INSERT ON xf_pub.later TO regress_xf_reader;
-- within the domain, triggers with its own functions are its own business
CREATE TRIGGER fill BEFORE INSERT ON xf.person FOR EACH ROW EXECUTE FUNCTION xf_pub.stamp();

-- a function of somebody else would see each row, and could be another one tomorrow
RESET ROLE;
SET ROLE regress_xf_reader;
CREATE FUNCTION xf_pub.listen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
RESET ROLE;
CREATE FUNCTION xf_pub.platform() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
SET ROLE regress_xf_owner;
CREATE TRIGGER listen AFTER INSERT ON xf.person FOR EACH ROW EXECUTE FUNCTION xf_pub.listen();
CREATE TRIGGER platform AFTER INSERT ON xf.person FOR EACH ROW EXECUTE FUNCTION xf_pub.platform();
RESET ROLE;
GRANT regress_xf_reader TO regress_xf_owner;
SET ROLE regress_xf_owner;
ALTER FUNCTION xf_pub.stamp() OWNER TO regress_xf_reader;
RESET ROLE;
REVOKE regress_xf_reader FROM regress_xf_owner;

-- who has to do with no domain is left alone
SET ROLE regress_xf_stranger;
CREATE FUNCTION xf_pub.mine() RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN 1; END';
GRANT EXECUTE ON FUNCTION xf_pub.mine() TO regress_xf_reader;
RESET ROLE;
SELECT has_function_privilege('regress_xf_etl', 'xf_pub.mine()', 'EXECUTE');

SET client_min_messages = warning;
DROP VIEW pg_temp.may_call;
SET ROLE regress_xf_owner;
SELECT dm_drop_domain('xf');
RESET ROLE;
DROP SCHEMA xf, xf_pub CASCADE;
DROP ROLE regress_xf_owner, regress_xf_etl, regress_xf_reader, regress_xf_stranger;
