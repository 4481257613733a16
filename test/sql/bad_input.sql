-- Bad input of which each kind has its own error and changes nothing.
CREATE ROLE regress_bd_owner;
CREATE ROLE regress_bd_reader;
CREATE ROLE regress_bd_gone;
CREATE ROLE regress_bd_bare;
CREATE SCHEMA bd AUTHORIZATION regress_bd_owner;
CREATE SCHEMA bd_deep AUTHORIZATION regress_bd_owner;
SELECT dm_register_purpose('bd_reports');
SELECT dm_create_tag('bd', mask => 'dm_mask_null()'), dm_create_tag('bd.mail'), dm_create_key('bd_key');
SET ROLE regress_bd_owner;
CREATE TABLE bd.person AS SELECT 1 AS id, 'ann@example.org' AS mail;
SELECT dm_classify('bd.person', 'mail', 'bd.mail');
SELECT dm_register_domain('bd', schemas => '{bd,bd_deep}'), dm_register_product('bd.people', open_ended => true), dm_add_port('bd.people', 'bd.person'), dm_publish('bd.people') \g /dev/null
RESET ROLE;

-- names that are nearly right
SELECT dm_alter_domain('bdd', 'x');
SELECT dm_publish('bd.peopel');
SELECT dm_publish('bd.people@2');
SELECT dm_drop_port('bd.people', 'persn');
SELECT dm_drop_port('bd.people', 'persn', cascade => true);
SELECT dm_classify('bd.person', 'mial', 'bd.mail');
SELECT dm_classify('bd.person', 'mail', 'bd.mial');
SELECT dm_drop_tag('bd.mial');
SELECT dm_create_tag('bd.x', token_key => 'bd_kye');
SELECT dm_rotate_key('bd_kye');
SELECT dm_load_taxonomy('defaults');
SELECT dm_grant_access('bd.people', 'regress_bd_reader', 'bd_report');
SELECT dm_grant_access('bd.people', 'regress_bd_reader', 'bd_reports', '{bd.mial}');
SELECT dm_grant_access('bd.people', 'regress_bd_reader', 'bd_reports', '{bd.mail:tokn}');
SELECT dm_grant_access('bd.poeple', 'regress_bd_reader', 'bd_reports');
SELECT dm_drop_purpose('bd_report');
\set VERBOSITY sqlstate
SELECT dm_publish(repeat('x', 100000));
SELECT dm_register_domain(repeat('x', 100000));
\set VERBOSITY default

-- types that do not match are the server's errors
\set VERBOSITY terse
SELECT dm_publish(1);
SELECT dm_add_port('bd.people', 'bd.person', ARRAY['a']);
SELECT dm_grant_access('bd.people', 'regress_bd_reader', 'bd_reports', 'bd');
SELECT dm_grant_access('bd.people', 'regress_bd_reader', 'bd_reports', until => 'soon');
\set VERBOSITY default

-- two ports of one name, also across cases and with a table in the way
SELECT dm_add_port('bd.people', 'bd.person');
SELECT dm_add_port('bd.people', 'bd.person', 'PERSON');
CREATE TABLE bd_people_v1.taken AS SELECT 1 AS id;
SELECT dm_add_port('bd.people', 'bd.person', 'taken');
SELECT product, name FROM datamesh.ports WHERE product = 'bd.people' ORDER BY name COLLATE "C";
DROP TABLE bd_people_v1.taken;

-- long lists
SELECT dm_grant_access('bd.people', 'regress_bd_reader', 'bd_reports', array_fill('bd.mail'::text, ARRAY[20000])) > 0 AS granted;
SELECT clearance FROM datamesh.agreements WHERE product = 'bd.people' AND state = 'active';
\set VERBOSITY sqlstate
SELECT dm_grant_access('bd.people', 'regress_bd_reader', 'bd_reports', ARRAY(SELECT 'bd.t' || i FROM generate_series(1, 20000) i));
SELECT dm_classify('bd.person', 'id', VARIADIC ARRAY(SELECT 'bd.t' || i FROM generate_series(1, 20000) i));
SELECT dm_add_port('bd.people', 'bd.person', 'long', ARRAY(SELECT 'c' || i FROM generate_series(1, 20000) i)::name[]);
\set VERBOSITY default

-- views upon views: deep ones are followed, too deep ones refused; many paths are no more work than one
SET ROLE regress_bd_owner;
SET client_min_messages = warning;
CREATE VIEW bd_deep.v0 AS SELECT mail FROM bd.person;
DO $$ BEGIN FOR i IN 1..200 LOOP EXECUTE format('CREATE VIEW bd_deep.v%s AS SELECT mail FROM bd_deep.v%s', i, i - 1); END LOOP; END $$;
SELECT dm_add_port('bd.people', 'bd_deep.v200');
SELECT "column", tags FROM datamesh.port_columns WHERE product = 'bd.people' AND port = 'v200';
CREATE VIEW bd_deep.w0 AS SELECT mail AS m FROM bd.person;
DO $$ BEGIN FOR i IN 1..12 LOOP EXECUTE format('CREATE VIEW bd_deep.w%s AS SELECT a.m || b.m AS m FROM bd_deep.w%s a, bd_deep.w%s b', i, i - 1, i - 1); END LOOP; END $$;
SELECT dm_add_port('bd.people', 'bd_deep.w12');
RESET client_min_messages;
DO $$ BEGIN FOR i IN 201..600 LOOP EXECUTE format('CREATE VIEW bd_deep.v%s AS SELECT mail FROM bd_deep.v%s', i, i - 1); END LOOP; END $$;
RESET ROLE;
SET max_stack_depth = '100kB';
\set VERBOSITY sqlstate
SELECT dm_add_port('bd.people', 'bd_deep.v600');
\set VERBOSITY default
RESET max_stack_depth;
SELECT count(*) FROM datamesh.ports WHERE product = 'bd.people' AND name = 'v600';

-- roles that are dropped: an owner cannot be, a consumer through a call
\set VERBOSITY terse
DROP ROLE regress_bd_owner;
\set VERBOSITY default
SET ROLE regress_bd_bare;
SELECT dm_register_domain('bd_bare');
RESET ROLE;
\set VERBOSITY terse
DROP ROLE regress_bd_bare;
DROP ROLE regress_bd_reader;
\set VERBOSITY default
SELECT dm_forget_role('regress_bd_reader');
DROP ROLE regress_bd_reader;
SELECT consumer, state, end_reason FROM datamesh.agreements WHERE product = 'bd.people';
SELECT dm_add_producer('bd', 'regress_bd_gone'), dm_grant_key('bd_key', 'regress_bd_gone');
\set VERBOSITY terse
DROP ROLE regress_bd_gone;
\set VERBOSITY default
SELECT dm_remove_producer('bd', 'regress_bd_gone'), dm_revoke_key('bd_key', 'regress_bd_gone');
DROP ROLE regress_bd_gone;
SELECT name, producers FROM datamesh.domains WHERE name = 'bd';

SET client_min_messages = warning;
SELECT dm_deprecate('bd.people'), dm_retire('bd.people'), dm_drop_domain('bd'), dm_drop_domain('bd_bare') \g /dev/null
DROP SCHEMA bd, bd_deep CASCADE;
SELECT dm_drop_tag('bd.mail'), dm_drop_tag('bd'), dm_drop_purpose('bd_reports') \g /dev/null
DROP ROLE IF EXISTS regress_bd_owner, regress_bd_bare, regress_bd_reader, regress_bd_gone;
