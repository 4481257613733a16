-- dm_explain_access says what the reader gets: verdict, reasons, and what would change it.
CREATE ROLE regress_xa_owner;
CREATE ROLE regress_xa_producer;
CREATE ROLE regress_xa_group;
CREATE ROLE regress_xa_reader IN ROLE regress_xa_group;
CREATE ROLE regress_xa_stranger;
CREATE ROLE regress_xa_auditor;
CREATE SCHEMA xa AUTHORIZATION regress_xa_owner;
SELECT dm_register_purpose('xa_reports') \g /dev/null
SELECT dm_register_purpose('xa_daily', parent => 'xa_reports') \g /dev/null
SELECT dm_create_key('xa_key') \g /dev/null
SELECT dm_create_tag('xa', mask => 'dm_mask_text(1, 1)') \g /dev/null
SELECT dm_create_tag('xa.name') \g /dev/null
SELECT dm_create_tag('xa.secret', mask => 'dm_mask_null') \g /dev/null
SELECT dm_create_tag('xa.card', mask => 'dm_mask_text', token_key => 'xa_key') \g /dev/null
SELECT dm_create_tag('xadoc') \g /dev/null
SELECT dm_grant_key('xa_key', 'regress_xa_owner') \g /dev/null
GRANT SELECT ON datamesh.agreement TO regress_xa_auditor;

SET ROLE regress_xa_owner;
CREATE DOMAIN xa.short AS varchar(5) CHECK (VALUE <> '');
CREATE TABLE xa.person (id int, name text, secret varchar(9), card text, code xa.short, note text);
SECURITY LABEL FOR datamesh ON COLUMN xa.person.name IS 'xa.name';
SECURITY LABEL FOR datamesh ON COLUMN xa.person.secret IS 'xa.secret';
SECURITY LABEL FOR datamesh ON COLUMN xa.person.card IS 'xa.card';
SECURITY LABEL FOR datamesh ON COLUMN xa.person.code IS 'xa.secret, xa.name';
SECURITY LABEL FOR datamesh ON COLUMN xa.person.note IS 'xadoc';
INSERT INTO xa.person VALUES (1, 'Johanna', 'secret', '4111', 'abc', 'n');
CREATE VIEW xa.loud AS SELECT id, upper(name) AS name, length(secret) AS secrets FROM xa.person;
SELECT dm_register_domain('xa', schemas => '{xa}'), dm_add_producer('xa', 'regress_xa_producer') \g /dev/null
SELECT dm_register_product('xa.people') \g /dev/null
SELECT dm_add_port('xa.people', 'xa.person'), dm_add_port('xa.people', 'xa.loud') \g /dev/null

-- not published, and nobody has an agreement
SELECT * FROM dm_explain_access('regress_xa_stranger', 'xa_people_v1.person', 'name', 'xa_reports');
SELECT dm_publish('xa.people') \g /dev/null
SELECT dm_grant_access('xa.people', 'regress_xa_group', 'xa_reports', '{xa.name,xa.card:token}', until => '2100-01-01 00:00+00') AS agreement \gset
RESET ROLE;

-- the reader about himself: every column
SET SESSION AUTHORIZATION regress_xa_reader;
SET TimeZone = 'UTC';
SET datamesh.purpose = 'xa_daily';
SELECT step, column_name, kind, outcome, regexp_replace(detail, 'agreement \d+', 'agreement N') AS detail
FROM dm_explain_access(relation => 'xa_people_v1.person');
-- the same by OID, and the values to compare
SELECT column_name, outcome, detail FROM dm_explain_access(NULL, 'xa_people_v1.person'::regclass) WHERE kind IN ('verdict', 'rows');
SELECT id, name, secret, length(card) AS card_length, code, note FROM xa_people_v1.person;
-- through a view of the domain
SELECT column_name, kind, outcome, detail FROM dm_explain_access(relation => 'xa_people_v1.loud') WHERE kind IN ('verdict', 'tag', 'mask');
SELECT * FROM xa_people_v1.loud;
-- a view of his own: as good as the worst of what goes into a column
CREATE TEMP VIEW mine AS
	SELECT name, upper(card) AS card, name || secret AS both, 1 AS one, (SELECT max(card) FROM xa_people_v1.person) AS sub
	FROM xa_people_v1.person UNION ALL SELECT card, name, name, 2, name FROM xa_people_v1.person;
CREATE TEMP VIEW deep AS WITH w AS (SELECT p.name, q.name AS loud FROM xa_people_v1.person p JOIN xa_people_v1.loud q USING (id)) SELECT * FROM w;
SELECT column_name, outcome FROM dm_explain_access(relation => 'mine') WHERE kind = 'verdict';
SELECT column_name, outcome FROM dm_explain_access(relation => 'deep') WHERE kind = 'verdict';
SELECT outcome, detail FROM dm_explain_access(relation => 'deep') WHERE kind = 'port';
-- other purposes: none, not agreed, not registered
SELECT kind, outcome, regexp_replace(detail, 'agreement \d+', 'agreement N') AS detail FROM dm_explain_access(relation => 'xa_people_v1.person', "column" => 'id', purpose => '');
SELECT kind, outcome, detail FROM dm_explain_access(relation => 'xa_people_v1.person', "column" => 'id', purpose => 'xa_unknown') WHERE kind IN ('verdict', 'purpose', 'change');
-- explaining leaves the session as it was
SHOW datamesh.purpose;
SELECT count(*) FROM xa_people_v1.person;
-- a group whose rights he has
SELECT outcome FROM dm_explain_access('regress_xa_group', 'xa_people_v1.person', 'name') WHERE kind = 'verdict';
-- of others only who manages the product, and auditors
SELECT * FROM dm_explain_access('regress_xa_stranger', 'xa_people_v1.person', 'name');
SELECT * FROM dm_explain_access('regress_xa_owner', 'xa.person');
SET SESSION AUTHORIZATION regress_xa_producer;
SELECT * FROM dm_explain_access('regress_xa_reader', 'xa_people_v1.person', 'name');
SELECT kind, outcome, detail FROM dm_explain_access(relation => 'xa_people_v1.person', "column" => 'secret') WHERE kind <> 'tag';
SET SESSION AUTHORIZATION regress_xa_auditor;
SELECT column_name, outcome FROM dm_explain_access('regress_xa_reader', 'xa_people_v1.person', purpose => 'xa_reports') WHERE kind = 'verdict';

-- the domain's own relation: an outsider is shown the ports, whoever may use its schema or not
SET SESSION AUTHORIZATION regress_xa_stranger;
SELECT * FROM dm_explain_access(relation => 'xa.person', "column" => 'name');
SET SESSION AUTHORIZATION regress_xa_owner;
SELECT kind, outcome, detail FROM dm_explain_access(relation => 'xa.person', "column" => 'name');
-- the owner of the port lacks the privilege himself
REVOKE SELECT ON xa.person FROM regress_xa_owner;
SELECT column_name, kind, outcome, detail FROM dm_explain_access('regress_xa_reader', 'xa_people_v1.person', 'name', 'xa_reports') WHERE kind IN ('verdict', 'privilege');
SET datamesh.purpose = 'xa_reports';
SET SESSION AUTHORIZATION regress_xa_reader;
SELECT name FROM xa_people_v1.person;
SET SESSION AUTHORIZATION regress_xa_owner;
GRANT SELECT ON xa.person TO regress_xa_owner;
-- row security of the team is told in the words of its policy, for the role that reads
ALTER TABLE xa.person ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY few ON xa.person USING (id > 0 AND name <> 'x');
SELECT kind, outcome, detail FROM dm_explain_access('regress_xa_reader', 'xa_people_v1.person', 'name') WHERE kind IN ('verdict', 'rows');
ALTER POLICY few ON xa.person USING (true);
SELECT kind, outcome, detail FROM dm_explain_access('regress_xa_reader', 'xa_people_v1.person', 'name') WHERE kind IN ('verdict', 'rows');
ALTER POLICY few ON xa.person USING (id > 0 AND false);
SELECT kind, outcome, detail FROM dm_explain_access('regress_xa_reader', 'xa_people_v1.person', 'name') WHERE kind IN ('verdict', 'rows');
DROP POLICY few ON xa.person;
ALTER TABLE xa.person DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
-- a trap for whoever explains: functions of a policy never run with his rights
CREATE FUNCTION xa.trap(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE NOTICE 'trap runs as %', current_user; RETURN true; END $$;
ALTER TABLE xa.person ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY trap ON xa.person USING (xa.trap('x') AND id > 0);
RESET SESSION AUTHORIZATION;
SELECT kind, outcome, detail FROM dm_explain_access('regress_xa_reader', 'xa_people_v1.person', 'name', 'xa_reports') WHERE kind IN ('verdict', 'rows');
DROP POLICY trap ON xa.person;
ALTER TABLE xa.person DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;

-- after the agreement
SELECT dm_revoke_access(:agreement) \g /dev/null
SELECT kind, outcome, detail FROM dm_explain_access('regress_xa_reader', 'xa_people_v1.person', 'name', 'xa_reports') WHERE kind <> 'tag';
-- a role that is to be cleared but may not execute the mask meets the server's refusal
SELECT dm_grant_access('xa.people', 'regress_xa_group', 'xa_reports', until => '2100-01-01 00:00+00') \g /dev/null
REVOKE EXECUTE ON FUNCTION dm_mask_text(text, int, int, text) FROM PUBLIC;
SELECT column_name, outcome FROM dm_explain_access('regress_xa_reader', 'xa_people_v1.person', purpose => 'xa_reports') WHERE kind = 'verdict';
SET ROLE regress_xa_reader;
SELECT name FROM xa_people_v1.person;
SELECT secret, id FROM xa_people_v1.person;
RESET ROLE;
GRANT EXECUTE ON FUNCTION dm_mask_text(text, int, int, text) TO PUBLIC;

-- mistakes
SELECT * FROM dm_explain_access('regress_xa_reader', NULL::regclass);
SELECT * FROM dm_explain_access('regress_xa_reader', NULL::text);
SELECT * FROM dm_explain_access('regress_xa_reader', 'xa.nothing');
SELECT * FROM dm_explain_access('regress_xa_reader', 'nowhere.person');
SELECT * FROM dm_explain_access('regress_xa_reader', 'xa_people_v1.person', 'nmae');
SELECT * FROM dm_explain_access('regress_xa_reader', 'datamesh.agreement_pkey'::regclass);
SELECT * FROM dm_explain_access(0::regrole, 'xa.person'::regclass);

RESET datamesh.purpose;
DROP VIEW IF EXISTS mine, deep;
SELECT dm_forget_role('regress_xa_group') \g /dev/null
SELECT dm_deprecate('xa.people') \g /dev/null
SELECT dm_retire('xa.people'), dm_drop_domain('xa') \g /dev/null
SET client_min_messages = warning;
DROP SCHEMA xa CASCADE;
SELECT dm_drop_tag(t) FROM unnest('{xa.name,xa.secret,xa.card,xa,xadoc}'::text[]) t \g /dev/null
SELECT dm_drop_purpose('xa_daily'), dm_drop_purpose('xa_reports') \g /dev/null
REVOKE SELECT ON datamesh.agreement FROM regress_xa_auditor;
SELECT dm_revoke_key('xa_key', 'regress_xa_owner') \g /dev/null
DROP ROLE regress_xa_owner, regress_xa_producer, regress_xa_group, regress_xa_reader, regress_xa_stranger, regress_xa_auditor;
