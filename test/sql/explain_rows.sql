-- dm_explain_access tells which rows, by which policies, with the reader's own values in them.
CREATE ROLE regress_xr_owner;
CREATE ROLE regress_xr_group;
CREATE ROLE regress_xr_reader IN ROLE regress_xr_group;
CREATE ROLE regress_xr_other;
CREATE SCHEMA xr AUTHORIZATION regress_xr_owner;
SELECT dm_register_purpose('xr_reports') \g /dev/null
SELECT dm_register_purpose('xr_audit', parent => 'xr_reports') \g /dev/null
SELECT dm_create_tag('xr', mask => 'dm_mask_null') \g /dev/null
SELECT dm_set_attribute('regress_xr_group', 'country', 'nl', 'de'), dm_set_attribute('regress_xr_reader', 'country', 'fr') \g /dev/null
SET ROLE regress_xr_owner;
CREATE TABLE xr.person (id int PRIMARY KEY, name text, country text);
CREATE INDEX ON xr.person (country);
CREATE TABLE xr.allowed (id int PRIMARY KEY);
SECURITY LABEL FOR datamesh ON COLUMN xr.person.name IS 'xr';
INSERT INTO xr.person SELECT i, 'n' || i, (ARRAY['nl', 'de', 'fr', 'it'])[1 + i % 4] FROM generate_series(1, 20) i;
INSERT INTO xr.allowed SELECT generate_series(1, 9);
CREATE VIEW xr.loud AS SELECT id, upper(name) AS cry FROM xr.person;
SELECT dm_register_domain('xr', schemas => '{xr}'), dm_register_product('xr.people', open_ended => true) \g /dev/null
SELECT dm_add_port('xr.people', 'xr.person'), dm_add_port('xr.people', 'xr.loud'), dm_publish('xr.people') \g /dev/null
SELECT dm_grant_access('xr.people', 'regress_xr_group', 'xr_reports'), dm_grant_access('xr.people', 'regress_xr_other', 'xr_reports', '{xr}') \g /dev/null
SELECT dm_add_row_policy('xr.person', 'country', $$ country = ANY (dm_attribute('country')) $$) \g /dev/null
SELECT dm_add_row_policy('xr.person', 'cleared', $$ id > 2 AND dm_purpose() <> 'xr_audit' $$, applies_to => '{tag:xr}') \g /dev/null
SELECT dm_add_row_policy('xr.person', 'audit', $$ id IN (SELECT a.id FROM xr.allowed a) $$, applies_to => '{purpose:xr_audit}') \g /dev/null
SELECT dm_add_row_policy('xr.person', 'named', $$ dm_reader() = 'regress_xr_reader' $$, applies_to => '{role:regress_xr_group}') \g /dev/null
RESET ROLE;

SELECT column_name, kind, outcome, detail FROM dm_explain_access('regress_xr_reader', 'xr_people_v1.person', 'id', 'xr_reports')
WHERE kind IN ('verdict', 'rows', 'policy', 'attribute', 'change');
SELECT kind, outcome, detail FROM dm_explain_access('regress_xr_reader', 'xr_people_v1.person', 'id', 'xr_audit') WHERE kind IN ('rows', 'policy');
-- somebody else: cleared for the tag, without a value
SELECT kind, outcome, detail FROM dm_explain_access('regress_xr_other', 'xr_people_v1.person', 'id', 'xr_reports') WHERE kind IN ('rows', 'policy', 'attribute');
-- the group itself is none of its members
SELECT kind, outcome, detail FROM dm_explain_access('regress_xr_group', 'xr_people_v1.person', 'id', 'xr_reports') WHERE kind = 'rows';
-- below a view of the domain
SELECT kind, outcome, detail FROM dm_explain_access('regress_xr_reader', 'xr_people_v1.loud', 'id', 'xr_reports') WHERE kind IN ('rows', 'policy');
-- the domain's own role
SELECT kind, outcome, detail FROM dm_explain_access('regress_xr_owner', 'xr_people_v1.person', 'id') WHERE kind IN ('rows', 'policy');
SELECT kind, outcome, detail FROM dm_explain_access('regress_xr_owner', 'xr.person', 'id') WHERE kind IN ('rows', 'policy');
-- an outsider with a grant on the table itself
GRANT USAGE ON SCHEMA xr TO regress_xr_other;
GRANT SELECT ON xr.person TO regress_xr_other;
SELECT kind, outcome, detail FROM dm_explain_access('regress_xr_other', 'xr.person', 'id', 'xr_reports') WHERE kind IN ('verdict', 'rows', 'policy');
SELECT role, via, place, which_rows FROM dm_who_can_see('xr.person', 'name') WHERE via <> 'superuser' AND role::text LIKE 'regress_xr%' ORDER BY place, role::text COLLATE "C";

-- what was said is what they get
SET datamesh.purpose = 'xr_reports';
SET ROLE regress_xr_reader;
SELECT array_agg(id ORDER BY id) FROM xr_people_v1.person;
RESET ROLE;
SELECT detail AS condition FROM dm_explain_access('regress_xr_reader', 'xr_people_v1.person', 'id') WHERE kind = 'rows' \gset
SELECT array_agg(id ORDER BY id) FROM xr.person WHERE :condition;
SET ROLE regress_xr_group;
SELECT count(*) FROM xr_people_v1.person;
SET ROLE regress_xr_other;
SELECT count(*) FROM xr_people_v1.person;
-- the sub-select of the policy that does not restrict him is gone, and asks for no privilege
SELECT count(*) FROM xr.person;
-- consent of the rows' subjects
SET ROLE regress_xr_owner;
SELECT dm_register_subject('xr.person', 'id', 'xr_person') \g /dev/null
SELECT kind, outcome, detail FROM dm_explain_access('regress_xr_reader', 'xr_people_v1.person', 'id', 'xr_reports') WHERE kind = 'consent';
SELECT dm_require_consent('xr.people', 'xr_reports') \g /dev/null
SELECT dm_record_consent('{4,5,7}'::text[], 'xr_reports', true, 'xr_person') \g /dev/null
SELECT kind, outcome, detail FROM dm_explain_access('regress_xr_reader', 'xr_people_v1.person', 'id', 'xr_reports') WHERE kind IN ('rows', 'consent');
SELECT kind, outcome, detail FROM dm_explain_access('regress_xr_owner', 'xr_people_v1.person', 'id', 'xr_reports') WHERE kind IN ('rows', 'consent');
SET ROLE regress_xr_reader;
SELECT array_agg(id ORDER BY id) FROM xr_people_v1.person;
-- the line of EXPLAIN has them, too
SET ROLE regress_xr_reader;
SELECT regexp_replace(line, 'agreement \d+', 'agreement N') AS line FROM dm_explain_query('SELECT id, name FROM xr_people_v1.person') line WHERE line LIKE 'Datamesh%';

RESET ROLE;
RESET datamesh.purpose;
REVOKE SELECT ON xr.person FROM regress_xr_other;
REVOKE USAGE ON SCHEMA xr FROM regress_xr_other;
SELECT dm_forget_role(r) FROM unnest('{regress_xr_group,regress_xr_other}'::regrole[]) r \g /dev/null
SELECT dm_drop_consent_requirement('xr.people', 'xr_reports', 'over'), dm_drop_subject('xr.person', 'id', 'over') \g /dev/null
SELECT dm_drop_row_policy('xr.person', p, 'over') FROM unnest('{country,cleared,audit,named}'::text[]) p \g /dev/null
SELECT dm_deprecate('xr.people') \g /dev/null
SELECT dm_retire('xr.people'), dm_drop_domain('xr') \g /dev/null
SET client_min_messages = warning;
DROP SCHEMA xr CASCADE;
SELECT dm_drop_attribute('regress_xr_group', 'country'), dm_drop_attribute('regress_xr_reader', 'country') \g /dev/null
SELECT dm_drop_tag('xr'), dm_drop_purpose('xr_audit'), dm_drop_purpose('xr_reports') \g /dev/null
DROP ROLE regress_xr_owner, regress_xr_group, regress_xr_reader, regress_xr_other;
