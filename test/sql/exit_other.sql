-- Publications and foreign servers as ways out of a domain, and exits that governance accepts.
CREATE ROLE regress_xo_owner;
CREATE ROLE regress_xo_reader;
CREATE ROLE regress_xo_governor;
CREATE SCHEMA xo AUTHORIZATION regress_xo_owner;
CREATE SCHEMA xo_pub;
GRANT USAGE, CREATE ON SCHEMA xo_pub TO PUBLIC;
GRANT EXECUTE ON FUNCTION dm_accept_exit TO regress_xo_governor;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO regress_xo_owner', current_database()); END $$;
SELECT dm_create_tag('xo_pii', mask => 'dm_mask_null()'), dm_create_tag('xo_note');
SET ROLE regress_xo_owner;
SELECT dm_register_domain('xo', schemas => '{xo}');
CREATE TABLE xo.person (id int PRIMARY KEY, email text, country text);
CREATE TABLE xo.country (code text PRIMARY KEY, name text);
CREATE TABLE xo.sale (id int, email text) PARTITION BY RANGE (id);
CREATE TABLE xo.sale_1 PARTITION OF xo.sale FOR VALUES FROM (1) TO (9);
CREATE TABLE xo_pub.free (id int);
SELECT dm_classify('xo.person', 'email', 'xo_pii'), dm_classify('xo.person', 'country', 'xo_note'), dm_classify('xo.sale', 'email', 'xo_pii');

-- a publication may have everything but classified columns
SET client_min_messages = error;
CREATE PUBLICATION regress_xo_all FOR TABLE xo.country, xo_pub.free;
CREATE PUBLICATION regress_xo_some FOR TABLE xo.person (id, country);
CREATE PUBLICATION regress_xo_person FOR TABLE xo.person;
\echo :LAST_ERROR_SQLSTATE
CREATE PUBLICATION regress_xo_person FOR TABLE xo.country, xo.person (id, email);
CREATE PUBLICATION regress_xo_sale FOR TABLE xo.sale;
CREATE PUBLICATION regress_xo_sale FOR TABLE xo.sale_1;
ALTER PUBLICATION regress_xo_all ADD TABLE xo.person;
ALTER PUBLICATION regress_xo_all SET TABLE xo.person (email);
ALTER PUBLICATION regress_xo_some SET TABLE xo.person;
ALTER PUBLICATION regress_xo_all DROP TABLE xo_pub.free;
ALTER PUBLICATION regress_xo_some RENAME TO regress_xo_few;
CREATE PUBLICATION regress_xo_every FOR ALL TABLES;
RESET client_min_messages;
-- what is classified afterwards is published already: the team is told
SELECT dm_classify('xo.country', 'name', 'xo_pii');
SELECT domain_name, kind, object, grantee, reason, accepted FROM dm_side_exits('xo') ORDER BY kind, object COLLATE "C", grantee;

-- a server that leads back here, for somebody who is not of the domain
RESET ROLE;
CREATE FOREIGN DATA WRAPPER regress_xo_fdw;
GRANT USAGE ON FOREIGN DATA WRAPPER regress_xo_fdw TO regress_xo_owner;
SET ROLE regress_xo_owner;
DO $$ BEGIN EXECUTE format('CREATE SERVER regress_xo_back FOREIGN DATA WRAPPER regress_xo_fdw OPTIONS (host ''localhost'', dbname %L)', current_database()); END $$;
CREATE SERVER regress_xo_far FOREIGN DATA WRAPPER regress_xo_fdw OPTIONS (host 'db.example.org', dbname 'sales');
CREATE USER MAPPING FOR PUBLIC SERVER regress_xo_back OPTIONS (user 'regress_xo_owner', password 'x');
CREATE USER MAPPING FOR regress_xo_reader SERVER regress_xo_back OPTIONS (user 'regress_xo_owner', password 'x');
CREATE USER MAPPING FOR regress_xo_reader SERVER regress_xo_back OPTIONS (user 'regress_xo_reader', password 'x');
ALTER USER MAPPING FOR regress_xo_reader SERVER regress_xo_back OPTIONS (SET user 'regress_xo_owner');
CREATE USER MAPPING FOR regress_xo_owner SERVER regress_xo_back OPTIONS (user 'regress_xo_owner', password 'x');
CREATE USER MAPPING FOR PUBLIC SERVER regress_xo_far OPTIONS (user 'regress_xo_owner', password 'x');
ALTER SERVER regress_xo_far OPTIONS (DROP host, DROP dbname);
DROP SERVER regress_xo_far CASCADE;
DROP SERVER regress_xo_back CASCADE;

-- accepted by name, by somebody else than who asks for it; then it stands, and is on record
CREATE VIEW xo_pub.countries AS SELECT code FROM xo.country;
GRANT SELECT ON xo_pub.countries TO regress_xo_reader;
SELECT dm_accept_exit('xo', 'view', 'xo_pub.countries', 'regress_xo_reader', 'mine');
SET ROLE regress_xo_governor;
SELECT dm_accept_exit('xo', 'view', 'xo_pub.countries', 'regress_xo_reader', 'nothing personal in it');
SELECT dm_accept_exit('xo', 'view', 'xo_pub.countries', 'regress_xo_reader', 'again');
SELECT dm_accept_exit('xo', 'publication', 'regress_xo_person', 'public', 'the warehouse subscribes');
SELECT dm_accept_exit('xo', 'function', 'xo_pub.answer()', 'PUBLIC', 'a constant');
SELECT dm_accept_exit('nowhere', 'view', 'xo_pub.countries', 'regress_xo_reader', 'x');
SELECT dm_accept_exit('xo', 'view', 'xo_pub.countries', 'regress_xo_nobody', 'x');
SELECT domain, kind, object, grantee, reason, accepted_by FROM datamesh.accepted_exits ORDER BY object COLLATE "C";
SET ROLE regress_xo_owner;
GRANT SELECT ON xo_pub.countries TO regress_xo_reader;
GRANT SELECT ON xo_pub.countries TO PUBLIC;
SET client_min_messages = error;
CREATE PUBLICATION regress_xo_person FOR TABLE xo.person;
RESET client_min_messages;
CREATE FUNCTION xo_pub.answer() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 42';
SET ROLE regress_xo_reader;
SELECT count(*), xo_pub.answer() FROM xo_pub.countries;
SET ROLE regress_xo_owner;
SELECT kind, object, grantee, accepted FROM dm_side_exits('xo') ORDER BY kind, object COLLATE "C", grantee;
SELECT dm_reject_exit('xo', 'view', 'xo_pub.countries', 'regress_xo_reader');
SELECT dm_reject_exit('xo', 'view', 'xo_pub.countries', 'regress_xo_reader');
SELECT kind, object, grantee, accepted FROM dm_side_exits() WHERE domain_name = 'xo' AND NOT accepted ORDER BY kind, object COLLATE "C", grantee;
GRANT SELECT ON xo_pub.countries TO regress_xo_reader;
-- a role that is gone is not the next one of its number
RESET ROLE;
CREATE ROLE regress_xo_gone;
SELECT dm_accept_exit('xo', 'view', 'xo_pub.countries', 'regress_xo_gone', 'for a while');
DROP ROLE regress_xo_gone;
SELECT count(*) FROM datamesh.accepted_exit WHERE object = 'xo_pub.countries';
SET ROLE regress_xo_owner;

SET client_min_messages = warning;
DROP PUBLICATION regress_xo_all, regress_xo_few, regress_xo_person;
SELECT dm_reject_exit('xo', 'publication', 'regress_xo_person', 'public'), dm_reject_exit('xo', 'function', 'xo_pub.answer()', 'public');
SELECT dm_drop_domain('xo');
RESET ROLE;
DROP SCHEMA xo, xo_pub CASCADE;
DROP FOREIGN DATA WRAPPER regress_xo_fdw CASCADE;
SELECT dm_drop_tag('xo_pii'), dm_drop_tag('xo_note');
DROP OWNED BY regress_xo_owner, regress_xo_governor;
DROP ROLE regress_xo_owner, regress_xo_reader, regress_xo_governor;
