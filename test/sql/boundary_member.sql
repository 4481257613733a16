-- Owners, schemas and memberships across the boundary; grants of older days.
\set SHOW_CONTEXT never
CREATE ROLE regress_bm_owner;
CREATE ROLE regress_bm_app;
CREATE ROLE regress_bm_bob;
CREATE ROLE regress_bm_ann;
CREATE ROLE regress_bm_admin CREATEROLE;
-- the owner can be bob, too: a team leader who works elsewhere
GRANT regress_bm_bob TO regress_bm_owner;
GRANT regress_bm_owner, regress_bm_app, regress_bm_bob TO regress_bm_admin WITH ADMIN OPTION;
CREATE SCHEMA bm AUTHORIZATION regress_bm_owner;
CREATE SCHEMA bm_two AUTHORIZATION regress_bm_owner;
CREATE SCHEMA bm_else AUTHORIZATION regress_bm_owner;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO regress_bm_owner, regress_bm_bob', current_database()); END $$;
SET ROLE regress_bm_owner;
CREATE TABLE bm.t (id serial PRIMARY KEY, mail text);
CREATE TABLE bm.u (id int);
CREATE FUNCTION bm.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TABLE bm_else.free (id int);
CREATE TABLE bm_else.shown (id int);
GRANT SELECT ON bm_else.shown TO regress_bm_bob;

-- grants of older days: told of, and in the way of publishing
GRANT USAGE ON SCHEMA bm TO regress_bm_bob, regress_bm_app;
GRANT CREATE ON SCHEMA bm TO regress_bm_ann;
GRANT SELECT, UPDATE (mail) ON bm.t TO regress_bm_bob WITH GRANT OPTION;
GRANT SELECT ON bm.t TO regress_bm_app;
GRANT USAGE ON SEQUENCE bm.t_id_seq TO PUBLIC;
GRANT EXECUTE ON FUNCTION bm.f() TO regress_bm_bob;
ALTER DEFAULT PRIVILEGES IN SCHEMA bm GRANT SELECT ON TABLES TO regress_bm_bob;
RESET ROLE;
SET ROLE regress_bm_bob;
GRANT SELECT ON bm.t TO regress_bm_ann;
RESET ROLE;
CREATE TABLE bm.anns AS SELECT 1 AS x;
ALTER TABLE bm.anns OWNER TO regress_bm_ann;
SET ROLE regress_bm_owner;
SELECT dm_register_domain('bm', schemas => '{bm}', producers => '{regress_bm_app}');
SELECT * FROM dm_foreign_grants('bm') ORDER BY kind, object, grantee;
SELECT dm_register_product('bm.p', open_ended => true), dm_add_port('bm.p', 'bm.t') \g /dev/null
SELECT dm_publish('bm.p');
-- they are not in the way of anything else
ALTER TABLE bm.t ADD COLUMN more int;
GRANT UPDATE ON bm.t TO regress_bm_app;
CREATE TABLE bm.made (id int);

-- governance accepts some, by name; nobody else does
SELECT dm_accept_grant('bm', 'bm.t', 'regress_bm_bob', 'mine');
RESET ROLE;
SELECT dm_accept_grant('bm', 'bm.t', 'regress_bm_bob', 'auditor until March');
SELECT dm_accept_grant('bm', 'bm', 'regress_bm_bob', 'auditor until March');
SELECT dm_accept_grant('bm', 'bm.anns', 'regress_bm_ann', 'on loan');
SELECT dm_accept_grant('bm', 'bm.f()', 'regress_bm_bob', 'x');
SELECT dm_accept_grant('bm', 'bm.tt', 'regress_bm_bob', 'x');
SELECT dm_accept_grant('bm', 'bm.t', 'regress_bm_app', 'x');
SELECT dm_accept_grant('bm', 'bm.t', 'regress_bm_nobody', 'x');
SELECT object, grantee, privileges, reason FROM datamesh.accepted_grants ORDER BY object COLLATE "C";
-- the team revokes the others, each as its grantor
SET ROLE regress_bm_bob;
SELECT dm_revoke_foreign_grants('bm');
SET ROLE regress_bm_owner;
SELECT * FROM dm_revoke_foreign_grants('bm', dry_run => true);
SELECT count(*) FROM dm_revoke_foreign_grants('bm');
SELECT * FROM dm_foreign_grants('bm');
SELECT dm_publish('bm.p');
RESET ROLE;
SELECT object, finding FROM dm_doctor() WHERE object ~ '\mbm\M' AND "check" = 'privilege';
SET ROLE regress_bm_owner;
-- what was accepted can be granted again, and no more than that
REVOKE SELECT ON bm.t FROM regress_bm_bob CASCADE;
GRANT SELECT ON bm.t TO regress_bm_bob;
GRANT SELECT ON bm.t TO regress_bm_bob WITH GRANT OPTION;
GRANT SELECT, INSERT ON bm.t TO regress_bm_bob;
GRANT SELECT ON bm.u TO regress_bm_bob;
GRANT UPDATE (mail), SELECT ON bm.t TO regress_bm_bob;
SELECT dm_reject_grant('bm', 'bm.t', 'regress_bm_bob');
SELECT dm_reject_grant('bm', 'bm.t', 'regress_bm_bob');
GRANT SELECT ON bm.t TO regress_bm_bob;
SELECT has_table_privilege('regress_bm_bob', 'bm.t', 'SELECT') AS reads;

-- a schema with old grants does not come to a domain that is read
GRANT USAGE ON SCHEMA bm_two TO PUBLIC;
SELECT dm_alter_domain('bm', schemas => '{bm,bm_two}');
REVOKE USAGE ON SCHEMA bm_two FROM PUBLIC;
SELECT dm_alter_domain('bm', schemas => '{bm,bm_two}');

-- nor does a schema leave with what is classified
RESET ROLE;
SELECT dm_create_tag('bm', mask => 'dm_mask_null()') \g /dev/null
SET ROLE regress_bm_owner;
CREATE TABLE bm_two.secret (id int, mail text);
SELECT dm_classify('bm_two.secret', 'mail', 'bm');
SELECT dm_alter_domain('bm', schemas => '{bm}');
DROP TABLE bm_two.secret;
-- or with a row policy
CREATE TABLE bm_two.restricted (id int);
SELECT dm_add_row_policy('bm_two.restricted', 'nothing', 'false');
SELECT dm_alter_domain('bm', schemas => '{bm}');
DROP TABLE bm_two.restricted;
SELECT dm_alter_domain('bm', schemas => '{bm}');
SELECT dm_alter_domain('bm', schemas => '{bm,bm_two}');

-- owners
ALTER TABLE bm.t OWNER TO regress_bm_bob;
RESET ROLE;
SELECT dm_reject_grant('bm', 'bm', 'regress_bm_bob');
GRANT ALL ON SCHEMA bm TO regress_bm_bob;
SET ROLE regress_bm_owner;
ALTER TABLE bm.u OWNER TO regress_bm_bob;
ALTER SEQUENCE bm.t_id_seq OWNER TO regress_bm_bob;
ALTER FUNCTION bm.f() OWNER TO regress_bm_bob;
ALTER SCHEMA bm_two OWNER TO regress_bm_bob;
REASSIGN OWNED BY regress_bm_owner TO regress_bm_bob;
DO $$ BEGIN EXECUTE 'REASSIGN OWNED BY regress_bm_owner TO regress_bm_bob'; END $$;
ALTER TABLE bm_else.free OWNER TO regress_bm_bob;
SELECT relname, relowner::regrole FROM pg_class WHERE relnamespace = 'bm'::regnamespace AND relkind = 'r' ORDER BY 1;
RESET ROLE;
REVOKE ALL ON SCHEMA bm FROM regress_bm_bob;
SET ROLE regress_bm_owner;

-- schemas
ALTER TABLE bm.u SET SCHEMA bm_else;
ALTER TABLE bm.u SET SCHEMA bm_two;
ALTER TABLE bm_two.u SET SCHEMA bm;
ALTER TABLE bm_else.shown SET SCHEMA bm;
REVOKE ALL ON bm_else.shown FROM regress_bm_bob;
ALTER TABLE bm_else.shown SET SCHEMA bm;
CREATE VIEW bm.v AS SELECT 1 AS x;
ALTER VIEW bm.v SET SCHEMA bm_else;
CREATE MATERIALIZED VIEW bm.m AS SELECT 1 AS x;
ALTER MATERIALIZED VIEW bm.m SET SCHEMA bm_else;
DO $$ BEGIN ALTER TABLE bm.u SET SCHEMA bm_else; EXCEPTION WHEN SQLSTATE 'MD007' THEN RAISE NOTICE 'still %', 'bm.u'::regclass; END $$;
RESET ROLE;

-- memberships: warned of and recorded
SET ROLE regress_bm_admin;
GRANT regress_bm_owner TO regress_bm_ann;
REVOKE regress_bm_owner FROM regress_bm_ann;
RESET ROLE;
GRANT regress_bm_app TO regress_bm_ann;
-- a member already: nothing to tell of
SET client_min_messages = warning;
GRANT regress_bm_app TO regress_bm_ann;
RESET client_min_messages;
REVOKE regress_bm_app FROM regress_bm_ann;
GRANT regress_bm_bob TO regress_bm_ann;
REVOKE regress_bm_bob FROM regress_bm_ann;
CREATE ROLE regress_bm_new IN ROLE regress_bm_app;
DROP ROLE regress_bm_new;
ALTER GROUP regress_bm_owner ADD USER regress_bm_ann;
SELECT kind, object, old, new FROM datamesh.governance_changes WHERE domain = 'bm' AND kind IN ('membership', 'boundary') ORDER BY id;

-- who leaves loses what he was granted, and so do his members
SET ROLE regress_bm_owner;
GRANT SELECT ON bm.t TO regress_bm_ann;
GRANT SELECT ON bm.t TO regress_bm_app;
RESET ROLE;
ALTER GROUP regress_bm_owner DROP USER regress_bm_ann;
SET ROLE regress_bm_owner;
SELECT dm_remove_producer('bm', 'regress_bm_app');
SELECT * FROM dm_foreign_grants('bm');
RESET ROLE;

-- what was accepted for a role goes with it
CREATE ROLE regress_bm_gone;
GRANT SELECT ON bm.u TO regress_bm_gone;
SELECT dm_accept_grant('bm', 'bm.u', 'regress_bm_gone', 'for a day');
DROP OWNED BY regress_bm_gone;
DROP ROLE regress_bm_gone;
SELECT count(*) FROM datamesh.accepted_grants WHERE object = 'bm.u';

-- memberships: refused
SET datamesh.role_grants = refuse;
GRANT regress_bm_owner TO regress_bm_ann;
REVOKE regress_bm_owner FROM regress_bm_ann;
SET ROLE regress_bm_owner;
SET datamesh.role_grants = warn;
SET ROLE regress_bm_admin;
GRANT regress_bm_owner TO regress_bm_ann;
ALTER GROUP regress_bm_owner ADD USER regress_bm_ann;
CREATE ROLE regress_bm_new IN ROLE regress_bm_owner;
CREATE ROLE regress_bm_new IN ROLE pg_read_all_data;
GRANT regress_bm_bob TO regress_bm_ann;
RESET ROLE;
RESET datamesh.role_grants;
SELECT r.rolname, m.member::regrole FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid WHERE r.rolname = 'regress_bm_owner' AND m.member::regrole::text = 'regress_bm_ann';

-- a domain that goes to others
GRANT regress_bm_ann TO regress_bm_owner;
GRANT CREATE ON SCHEMA bm, bm_two TO regress_bm_ann;
SET client_min_messages = warning;
SET ROLE regress_bm_owner;
SELECT dm_transfer_domain('bm', 'regress_bm_ann');
RESET ROLE;
SELECT kind, object, grantee, privileges FROM dm_foreign_grants('bm') ORDER BY 1, 2, 3;

DO $$ BEGIN PERFORM dm_remove_mesh(dry_run => false); END $$;
DROP SCHEMA bm, bm_two, bm_else CASCADE;
DROP OWNED BY regress_bm_owner, regress_bm_app, regress_bm_bob, regress_bm_ann, regress_bm_admin;
DROP ROLE regress_bm_owner, regress_bm_app, regress_bm_bob, regress_bm_ann, regress_bm_admin;
