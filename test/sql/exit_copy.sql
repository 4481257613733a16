-- What the domain's people copy out of it stays with them.
CREATE ROLE regress_xc_owner;
CREATE ROLE regress_xc_etl;
CREATE ROLE regress_xc_reader;
CREATE SCHEMA xc AUTHORIZATION regress_xc_owner;
CREATE SCHEMA xc_three AUTHORIZATION regress_xc_owner;
CREATE SCHEMA xc_pub;
CREATE SCHEMA xc_many AUTHORIZATION regress_xc_owner;
GRANT USAGE, CREATE ON SCHEMA xc_pub TO PUBLIC;
SELECT dm_create_tag('xc_pii', mask => 'dm_mask_null()'), dm_create_tag('xc_note');
GRANT regress_xc_etl TO regress_xc_owner;
SET ROLE regress_xc_owner;
SELECT dm_register_domain('xc', schemas => '{xc}'), dm_register_domain('xc_three', schemas => '{xc_three}');
SELECT dm_add_producer('xc', 'regress_xc_etl');
CREATE TABLE xc.person (id int PRIMARY KEY, email text, note text);
INSERT INTO xc.person VALUES (1, 'ann@example.org', 'x');
SELECT dm_classify('xc.person', 'email', 'xc_pii'), dm_classify('xc.person', 'note', 'xc_note');

-- a table, by CREATE TABLE AS and SELECT INTO, that others may read
CREATE TABLE xc_pub.mails AS SELECT id, lower(email) AS mail FROM xc.person;
SELECT email INTO xc_pub.mails_2 FROM xc.person;
CREATE TABLE xc_pub.again AS SELECT mail FROM xc_pub.mails;
CREATE TABLE xc_pub.notes AS SELECT id, note FROM xc.person;
GRANT SELECT ON xc_pub.mails TO regress_xc_reader;
\echo :LAST_ERROR_SQLSTATE
GRANT SELECT ON xc_pub.mails_2 TO PUBLIC;
GRANT SELECT ON xc_pub.again TO regress_xc_reader;
GRANT SELECT (mail) ON xc_pub.mails TO regress_xc_reader;
CREATE VIEW xc_pub.over AS SELECT upper(mail) FROM xc_pub.mails;
GRANT SELECT ON xc_pub.over TO regress_xc_reader;
GRANT SELECT ON xc_pub.notes TO regress_xc_reader;
GRANT SELECT ON xc_pub.mails TO regress_xc_etl;
GRANT INSERT ON xc_pub.mails TO regress_xc_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA xc_pub GRANT SELECT ON TABLES TO regress_xc_reader;
CREATE TABLE xc_pub.mails_3 AS SELECT email FROM xc.person;
CREATE TABLE xc_pub.plain AS SELECT id FROM xc.person;
ALTER DEFAULT PRIVILEGES IN SCHEMA xc_pub REVOKE SELECT ON TABLES FROM regress_xc_reader;
RESET ROLE;
GRANT regress_xc_reader TO regress_xc_owner;
SET ROLE regress_xc_owner;
ALTER TABLE xc_pub.mails OWNER TO regress_xc_reader;
ALTER TABLE xc_pub.mails OWNER TO regress_xc_etl;
RESET ROLE;
REVOKE regress_xc_reader FROM regress_xc_owner;

-- among many relations, where most are passed over
SET ROLE regress_xc_owner;
CREATE TABLE xc.child_of (id int, email text);
DO $$ BEGIN FOR i IN 1..30 LOOP EXECUTE format('CREATE TABLE xc_many.t%s (id int PRIMARY KEY, up int REFERENCES xc_many.t%s)', i, greatest(1, i - 1)); END LOOP; END $$;
GRANT SELECT ON ALL TABLES IN SCHEMA xc_many TO regress_xc_reader;
CREATE TABLE xc_many.t31 AS SELECT email FROM xc.person;
GRANT SELECT ON ALL TABLES IN SCHEMA xc_many TO regress_xc_reader;
DROP TABLE xc_many.t31;
CREATE TABLE xc_many.t32 () INHERITS (xc.child_of);
GRANT SELECT ON ALL TABLES IN SCHEMA xc_many TO regress_xc_reader;
DROP TABLE xc_many.t32;
CREATE VIEW xc_many.t33 AS SELECT email FROM xc.person;
GRANT SELECT ON ALL TABLES IN SCHEMA xc_many TO regress_xc_reader;
DROP VIEW xc_many.t33;
CREATE TABLE xc_many.t34 (email text);
CREATE RULE outward AS ON INSERT TO xc.child_of DO ALSO INSERT INTO xc_many.t34 VALUES (NEW.email);
GRANT SELECT ON ALL TABLES IN SCHEMA xc_many TO regress_xc_reader;
DROP TABLE xc_many.t34 CASCADE;
GRANT SELECT ON ALL TABLES IN SCHEMA xc_many TO regress_xc_reader;
RESET ROLE;

-- what was there before the domain, or before a role was of it, is told
SET ROLE regress_xc_reader;
CREATE FUNCTION xc_pub.f() RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN 1; END';
SET ROLE regress_xc_owner;
SELECT dm_add_producer('xc', 'regress_xc_reader');
CREATE TABLE xc_many.old (email text);
CREATE VIEW xc_pub.of_old AS SELECT * FROM xc_many.old;
GRANT SELECT ON xc_pub.of_old TO PUBLIC;
SELECT dm_alter_domain('xc_three', schemas => '{xc_three,xc_many}');
ALTER TABLE xc_many.old ADD COLUMN more int;

SET client_min_messages = warning;
RESET ROLE;
DROP SCHEMA xc_pub, xc_many, xc, xc_three CASCADE;
SELECT dm_drop_domain('xc'), dm_drop_domain('xc_three'), dm_drop_tag('xc_pii'), dm_drop_tag('xc_note');
DROP OWNED BY regress_xc_owner, regress_xc_etl;
DROP ROLE regress_xc_owner, regress_xc_etl, regress_xc_reader;
