-- Row policies that would not bind, and what they depend on.
SET client_min_messages = warning;
CREATE ROLE regress_rb_owner;
CREATE ROLE regress_rb_view;
CREATE ROLE regress_rb_out;
CREATE ROLE regress_rb_lead LOGIN;
GRANT regress_rb_owner TO CURRENT_USER;
CREATE SCHEMA rb AUTHORIZATION regress_rb_owner;
SELECT dm_register_domain('rb', 'regress_rb_owner', '{rb}');
SELECT dm_register_purpose('rb_reporting');
SELECT dm_create_tag('rb_vip'), dm_create_tag('rb_vip.gold');
SET ROLE regress_rb_owner;
CREATE TABLE rb.t (id int PRIMARY KEY, vip boolean);
INSERT INTO rb.t SELECT g, g % 2 = 0 FROM generate_series(1, 6) g;
SELECT dm_register_product('rb.p', open_ended => true), dm_register_product('rb.q', open_ended => true);
SELECT dm_add_port('rb.p', 'rb.t'), dm_add_port('rb.q', 'rb.t');
SELECT dm_publish('rb.p'), dm_publish('rb.q');
SELECT dm_grant_access('rb.p', 'regress_rb_out', 'rb_reporting', '{rb_vip}') > 0 AND dm_grant_access('rb.q', 'regress_rb_out', 'rb_reporting') > 0;

-- by tag: the clearance is that of the product through which he reads
SELECT dm_add_row_policy('rb.t', 'vip', 'NOT vip', '{tag:rb_vip.gold}');
SET ROLE regress_rb_out;
SET datamesh.purpose = 'rb_reporting';
SELECT (SELECT count(*) FROM rb_p_v1.t) AS p, (SELECT count(*) FROM rb_q_v1.t) AS q;
SELECT count(*) FROM rb_p_v1.t p LEFT JOIN rb_q_v1.t q USING (id) WHERE q.id IS NULL;
EXPLAIN (COSTS OFF) SELECT * FROM rb_p_v1.t;
EXPLAIN (COSTS OFF) SELECT * FROM rb_q_v1.t;
SET plan_cache_mode = force_generic_plan;
PREPARE q AS SELECT (SELECT count(*) FROM rb_p_v1.t) AS p, (SELECT count(*) FROM rb_q_v1.t) AS q;
EXECUTE q;
RESET ROLE;
SELECT count(dm_revoke_access(id)) FROM datamesh.agreements WHERE product = 'rb.p' AND state = 'active';
SELECT dm_grant_access('rb.p', 'regress_rb_out', 'rb_reporting') > 0;
SET ROLE regress_rb_out;
EXECUTE q;
DEALLOCATE q;

-- what a policy names stays
RESET ROLE;
SELECT dm_drop_tag('rb_vip.gold');
SET ROLE regress_rb_owner;
SELECT dm_alter_row_policy('rb.t', 'vip', applies_to => '{purpose:rb_reporting}');
RESET ROLE;
SELECT dm_drop_tag('rb_vip.gold');
SELECT dm_register_purpose('rb_other');
SET ROLE regress_rb_owner;
SELECT dm_alter_row_policy('rb.t', 'vip', applies_to => '{purpose:rb_other, role:regress_rb_view}');
RESET ROLE;
SELECT dm_drop_purpose('rb_other');
-- a role that is dropped does not make it speak of everybody
DROP ROLE regress_rb_view;
SELECT applies_to FROM datamesh.row_policies WHERE relation = 'rb.t'::regclass;
SET ROLE regress_rb_owner;
SELECT dm_alter_row_policy('rb.t', 'vip', applies_to => '{}');

-- a view below a port, read as somebody whom row security does not bind
RESET ROLE;
CREATE VIEW rb.v AS SELECT * FROM rb.t;
GRANT SELECT ON rb.v TO regress_rb_owner;
SELECT dm_add_port('rb.p', 'rb.v');
SELECT count(*) FROM rb_p_v1.v;
SET ROLE regress_rb_out;
SELECT count(*) FROM rb_p_v1.v;
SELECT count(*) FROM (SELECT 1 FROM rb_p_v1.t WHERE id IN (SELECT id FROM rb_p_v1.v)) x;
RESET ROLE;
ALTER VIEW rb.v OWNER TO regress_rb_owner;
SET ROLE regress_rb_out;
SELECT count(*) FROM rb_p_v1.v;
PREPARE q AS SELECT count(*) FROM rb_p_v1.t;
EXECUTE q;
RESET ROLE;
ALTER ROLE regress_rb_owner BYPASSRLS;
SET ROLE regress_rb_out;
EXECUTE q;
SELECT count(*) FROM rb_p_v1.t;
RESET ROLE;
ALTER ROLE regress_rb_owner NOBYPASSRLS;
SET ROLE regress_rb_out;
EXECUTE q;

-- predicates that no policy can stand on
SET ROLE regress_rb_owner;
SELECT dm_add_row_policy('rb.t', 'bad', 'id = 1) OR (true');
SELECT dm_add_row_policy('rb.t', 'bad', 'true); DROP TABLE rb.t; --');
SELECT dm_add_row_policy('rb.t', 'bad', 'true FROM rb.t');
SELECT dm_add_row_policy('rb.t', 'bad', 'id, true');
SELECT dm_add_row_policy('rb.t', 'bad', 'id');
SELECT dm_add_row_policy('rb.t', 'bad', '$1');
SELECT dm_add_row_policy('rb.t', 'bad', 'nosuch = 1');
SELECT dm_add_row_policy('rb.t', 'bad', 'count(*) > 1');
SELECT dm_add_row_policy('rb.t', 'bad', 'row_number() OVER () > 1');
SELECT dm_add_row_policy('rb.t', 'bad', 'generate_series(1, 2) > 1');
SELECT dm_add_row_policy('rb.t', 'bad', 'random() > 0.5');
SELECT dm_add_row_policy('rb.t', 'bad', 'EXISTS (SELECT random() > 0.5)');
\set VERBOSITY terse
SELECT dm_add_row_policy('rb.t', 'bad', 'id IN (SELECT id FROM rb_p_v1.t)');
SELECT dm_add_row_policy('rb.t', 'bad', 'id IN (SELECT oid::int FROM pg_authid)');
\set VERBOSITY default
CREATE TEMP TABLE tmp (id int);
SELECT dm_add_row_policy('rb.t', 'bad', 'id IN (SELECT id FROM tmp)');
SELECT dm_add_row_policy('rb.t', 'Bad', 'true');
SELECT dm_add_row_policy('rb_p_v1.t', 'bad', 'true');
SELECT dm_add_row_policy('tmp', 'bad', 'true');
SELECT dm_add_row_policy('rb.t_pkey', 'bad', 'true');
SELECT dm_add_row_policy('rb.t', 'fine', 'true -- a comment');
SELECT dm_drop_row_policy('rb.t', 'fine');
-- not shadowed by what the caller has in his path
CREATE FUNCTION pg_temp.dm_reader() RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''x''';
SET search_path = pg_temp, rb, public;
SELECT dm_add_row_policy('rb.t', 'path', 'dm_reader() <> ''nobody''');
RESET search_path;
SELECT dm_drop_row_policy('rb.t', 'path');

-- who may
SET ROLE regress_rb_out;
SELECT dm_add_row_policy('rb.t', 'mine', 'true');
SELECT dm_drop_row_policy('rb.t', 'vip');
SELECT * FROM datamesh.row_policies WHERE relation = 'rb.t'::regclass;
-- a consumer who is also of the team does not lift what he stands behind
RESET ROLE;
GRANT regress_rb_owner, regress_rb_out TO regress_rb_lead;
SET SESSION AUTHORIZATION regress_rb_lead;
SET ROLE regress_rb_owner;
\set VERBOSITY terse
SELECT dm_drop_row_policy('rb.t', 'vip');
SELECT dm_alter_row_policy('rb.t', 'vip', 'true');
SELECT dm_alter_row_policy('rb.t', 'vip', description => 'only words');
RESET SESSION AUTHORIZATION;

-- with its domain a policy goes
SET ROLE regress_rb_owner;
SELECT dm_deprecate('rb.p'), dm_deprecate('rb.q');
SELECT dm_retire('rb.p', cascade => true), dm_retire('rb.q', cascade => true);
SELECT dm_drop_domain('rb');
SELECT relrowsecurity FROM pg_class WHERE oid = 'rb.t'::regclass;
RESET ROLE;
SELECT count(*) FROM datamesh.row_policy WHERE relation = 'rb.t'::regclass;
