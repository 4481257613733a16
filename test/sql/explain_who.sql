-- dm_who_can_see lists every role that sees a column in clear, wherever it is shown, and why.
CREATE ROLE regress_xw_owner;
CREATE ROLE regress_xw_producer;
CREATE ROLE regress_xw_group;
CREATE ROLE regress_xw_member LOGIN IN ROLE regress_xw_group;
CREATE ROLE regress_xw_noinherit NOINHERIT IN ROLE regress_xw_group;
CREATE ROLE regress_xw_masked;
CREATE ROLE regress_xw_leak;
CREATE ROLE regress_xw_reads_all IN ROLE pg_read_all_data;
CREATE ROLE regress_xw_auditor;
GRANT SELECT ON datamesh.agreement TO regress_xw_auditor;
CREATE SCHEMA xw AUTHORIZATION regress_xw_owner;
SELECT dm_register_purpose('xw_reports') \g /dev/null
SELECT dm_register_purpose('xw_daily', parent => 'xw_reports') \g /dev/null
SELECT dm_create_tag('xw', mask => 'dm_mask_null') \g /dev/null
SET ROLE regress_xw_owner;
CREATE TABLE xw.person (id int, name text, city text) PARTITION BY LIST (id);
CREATE TABLE xw.person_1 PARTITION OF xw.person FOR VALUES IN (1);
SECURITY LABEL FOR datamesh ON COLUMN xw.person.name IS 'xw';
INSERT INTO xw.person VALUES (1, 'Johanna', 'Linz');
CREATE VIEW xw.loud AS SELECT id, upper(name) AS cry FROM xw.person;
SELECT dm_register_domain('xw', schemas => '{xw}'), dm_add_producer('xw', 'regress_xw_producer') \g /dev/null
SELECT dm_register_product('xw.people', open_ended => true) \g /dev/null
SELECT dm_add_port('xw.people', 'xw.person'), dm_add_port('xw.people', 'xw.loud'), dm_publish('xw.people') \g /dev/null
SELECT dm_grant_access('xw.people', 'regress_xw_group', 'xw_daily', '{xw}') \g /dev/null
SELECT dm_grant_access('xw.people', 'regress_xw_masked', 'xw_reports') \g /dev/null
RESET ROLE;
-- a hole made by a superuser is told, too
GRANT USAGE ON SCHEMA xw TO regress_xw_leak;
GRANT SELECT (name) ON xw.person TO regress_xw_leak;

SET ROLE regress_xw_owner;
SELECT role, can_login, via, through, purpose, place, which_rows FROM dm_who_can_see('xw.person', 'name')
WHERE via <> 'superuser' AND role::text LIKE 'regress_xw%' ORDER BY place, role::text COLLATE "C";
-- each of them does, and nobody else
SELECT role, place, purpose FROM dm_who_can_see('xw_people_v1.loud'::regclass, 'cry') WHERE via <> 'superuser' ORDER BY role::text COLLATE "C";
RESET ROLE;
SELECT count(*) > 0 AS superusers FROM dm_who_can_see('xw.person', 'name') WHERE via = 'superuser';
SELECT role::text IN (SELECT r.role::text FROM dm_who_can_see('xw.person', 'name') r) AS listed, count(*)
FROM (VALUES ('regress_xw_masked'), ('regress_xw_noinherit'), ('regress_xw_auditor')) v(role) GROUP BY 1;
-- an unmasked column: the masked reader is among them
SELECT role, via, purpose FROM dm_who_can_see('xw_people_v1.person', 'city') WHERE via <> 'superuser' ORDER BY role::text COLLATE "C", purpose;
-- a partition's column is shown by the port of its parent
SELECT DISTINCT place FROM dm_who_can_see('xw.person_1', 'name') ORDER BY 1;
-- auditors may ask, and readers may not
SET ROLE regress_xw_auditor;
SELECT count(*) FROM dm_who_can_see('xw_people_v1.person', 'name') WHERE via = 'agreement';
SET ROLE regress_xw_member;
SELECT * FROM dm_who_can_see('xw_people_v1.person', 'name');
RESET ROLE;
SELECT * FROM dm_who_can_see('xw_people_v1.person', 'nme');
SELECT * FROM dm_who_can_see('xw_people_v1.person', NULL);
SELECT * FROM dm_who_can_see(NULL::regclass, 'name');

REVOKE ALL ON SCHEMA xw FROM regress_xw_leak;
REVOKE SELECT (name) ON xw.person FROM regress_xw_leak;
SELECT dm_forget_role(r) FROM unnest('{regress_xw_group,regress_xw_masked}'::regrole[]) r \g /dev/null
SELECT dm_deprecate('xw.people') \g /dev/null
SELECT dm_retire('xw.people'), dm_drop_domain('xw') \g /dev/null
SET client_min_messages = warning;
DROP SCHEMA xw CASCADE;
SELECT dm_drop_tag('xw'), dm_drop_purpose('xw_daily'), dm_drop_purpose('xw_reports') \g /dev/null
REVOKE SELECT ON datamesh.agreement FROM regress_xw_auditor;
DROP ROLE regress_xw_owner, regress_xw_producer, regress_xw_group, regress_xw_member, regress_xw_noinherit, regress_xw_masked, regress_xw_leak, regress_xw_reads_all, regress_xw_auditor;
