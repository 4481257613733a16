-- Lowering a classification or a mask is recorded, and refused to who profits from it.
SET client_min_messages = warning;
CREATE ROLE regress_se_owner;
CREATE ROLE regress_se_steward;
CREATE ROLE regress_se_analysts;
CREATE ROLE regress_se_cleared;
CREATE ROLE regress_se_auditor;
-- a member of the team who is an analyst as well, one who is cleared, and one who is nothing else
CREATE ROLE regress_se_ann NOINHERIT IN ROLE regress_se_owner, regress_se_analysts;
CREATE ROLE regress_se_bob IN ROLE regress_se_owner, regress_se_cleared;
CREATE ROLE regress_se_cid IN ROLE regress_se_owner;
-- governance, one of them with an agreement
CREATE ROLE regress_se_gov IN ROLE regress_se_steward;
CREATE ROLE regress_se_gus IN ROLE regress_se_steward, regress_se_analysts;
GRANT EXECUTE ON FUNCTION dm_create_tag, dm_alter_tag, dm_drop_tag, dm_grant_key TO regress_se_steward;
GRANT SELECT ON datamesh.governance_change TO regress_se_auditor;
CREATE SCHEMA se AUTHORIZATION regress_se_owner;
SELECT dm_register_purpose('se_use'), dm_create_key('se_key');
SELECT dm_create_tag('se', mask => 'dm_mask_null()', token_key => 'se_key'), dm_create_tag('se.mail', mask => 'dm_mask_email()'),
	dm_create_tag('se.name', mask => 'dm_mask_text(1)'), dm_create_tag('se_level', mask => 'dm_mask_null()'), dm_create_tag('se_note');
SET ROLE regress_se_owner;
CREATE TABLE se.t (id int, mail text, name text, other text);
SELECT dm_register_domain('se', schemas => '{se}'), dm_register_product('se.p', open_ended => true), dm_register_product('se.q', open_ended => true);
SELECT dm_classify('se.t', 'mail', 'se.mail', 'se_level'), dm_classify('se.t', 'name', 'se.name'), dm_classify('se.t', 'other', 'se.mail');
SELECT dm_add_port('se.p', 'se.t', columns => '{id,mail,name}'), dm_publish('se.p');
SELECT dm_add_port('se.q', 'se.t', columns => '{id,name}'), dm_publish('se.q');
SELECT dm_grant_access('se.p', 'regress_se_analysts', 'se_use', '{se.name}') > 0 AS a,
	dm_grant_access('se.p', 'regress_se_cleared', 'se_use', '{se,se_level}') > 0 AS b;
RESET ROLE;
CREATE VIEW changes AS SELECT kind, object, domain, old, new, by, login, reason FROM datamesh.governance_changes WHERE object ~ '\mse\M|\mse_' ORDER BY id;
GRANT SELECT ON changes TO PUBLIC;
-- the numbers of agreements differ
CREATE FUNCTION refused(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
	hint text;
BEGIN
	EXECUTE command;
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN regexp_replace(concat_ws(E'\n', sqlstate, sqlerrm, detail, hint), '(agreement |\()\d+', '\1n', 'g');
END $$;
\pset format unaligned
\pset tuples_only on

-- refused to a member of the role that holds the agreement, under each role of the session
SET SESSION AUTHORIZATION regress_se_ann;
SET ROLE regress_se_owner;
SELECT refused($$SELECT dm_classify('se.t', 'mail')$$);
SELECT refused($$SELECT dm_classify('se.t', 'mail', 'se.mail')$$);
SELECT refused($$SELECT dm_classify('se.t', 'mail', 'se_note')$$);
SELECT refused($$SELECT dm_classify('se.t', 'mail', 'se.mail', 'se.name')$$);
SELECT refused($$SECURITY LABEL FOR datamesh ON COLUMN se.t.mail IS NULL$$);
SET check_function_bodies = off;
SELECT refused($$SECURITY LABEL FOR datamesh ON COLUMN se.t.mail IS 'se_note'$$);
RESET check_function_bodies;
-- he is cleared for the name, and nobody of his reads the other port
SELECT dm_classify('se.t', 'name', 'se_note');
SELECT dm_classify('se.t', 'name', 'se.name');
-- nobody sees more when tags are added, reordered around one that hides, or replaced by a stricter one
SELECT dm_classify('se.t', 'mail', 'se_level', 'se.mail');
SELECT dm_classify('se.t', 'mail', 'se.mail', 'se_level', 'se_note', 'se.name');
SELECT dm_classify('se.t', 'mail', 'se', 'se_level');
SELECT refused($$SELECT dm_classify('se.t', 'mail', 'se.mail', 'se_level')$$);
RESET SESSION AUTHORIZATION;

-- who is cleared for it gains nothing
SET SESSION AUTHORIZATION regress_se_bob;
SET datamesh.change_reason = 'ticket 1';
SELECT dm_classify('se.t', 'mail', 'se.mail');
RESET datamesh.change_reason;
SET SESSION AUTHORIZATION regress_se_cid;
SELECT dm_classify('se.t', 'mail', 'se_note');
SECURITY LABEL FOR datamesh ON COLUMN se.t.mail IS NULL;
SELECT dm_classify('se.t', 'mail', 'se.name', 'se.mail');
-- another mask comes first
SELECT refused($$SELECT dm_classify('se.t', 'mail', 'se.mail', 'se.name')$$);
-- dropped with its data, nothing is lowered
ALTER TABLE se.t DROP COLUMN other;
RESET SESSION AUTHORIZATION;
TABLE changes;

-- masks
SET SESSION AUTHORIZATION regress_se_gus;
SELECT refused($$SELECT dm_alter_tag('se.mail', mask => 'dm_mask_text(20)')$$);
SELECT dm_alter_tag('se.mail', mask => 'none');
SELECT refused($$SELECT dm_alter_tag('se', mask => 'none')$$);
SELECT refused($$SELECT dm_alter_tag('se.mail', mask => 'dm_mask_text(20)')$$);
SELECT dm_alter_tag('se.name', mask => 'dm_mask_text(2)');
SELECT dm_alter_tag('se.name', description => 'a name');
SELECT dm_alter_tag('se.name', mask => 'dm_mask_text(keep_first => 2)');
SET SESSION AUTHORIZATION regress_se_gov;
SELECT dm_alter_tag('se.mail', mask => 'dm_mask_email()');
SELECT dm_alter_tag('se', token_key => 'none'), dm_drop_tag('se_note');
SELECT dm_grant_key('se_key', 'regress_se_owner'), dm_grant_key('se_key', 'regress_se_owner');
RESET SESSION AUTHORIZATION;

-- an agreement that is over, or given back, profits nobody
SET ROLE regress_se_analysts;
SELECT dm_revoke_access(agreement) FROM dm_my_access();
SET SESSION AUTHORIZATION regress_se_gus;
SELECT dm_alter_tag('se.mail', mask => 'dm_mask_text(2)');
RESET SESSION AUTHORIZATION;
TABLE changes;

-- the domain's owner sees what happened in his domain, auditors see all, others nothing
SET ROLE regress_se_owner;
SELECT DISTINCT kind, domain FROM datamesh.governance_changes WHERE object ~ '\mse\M|\mse_' ORDER BY 1;
SET ROLE regress_se_auditor;
SELECT DISTINCT kind, domain FROM datamesh.governance_changes WHERE object ~ '\mse\M|\mse_' ORDER BY 1;
SET ROLE regress_se_analysts;
SELECT count(*) FROM datamesh.governance_changes;
SELECT count(*) FROM datamesh.governance_change;
RESET ROLE;

DROP VIEW changes;
DROP FUNCTION refused(text);
DO $$ BEGIN
	PERFORM dm_deprecate('se.p'), dm_deprecate('se.q');
	PERFORM dm_retire('se.p'), dm_retire('se.q');
	PERFORM dm_drop_domain('se');
END $$;
DROP SCHEMA se CASCADE;
SELECT dm_drop_purpose('se_use'), count(dm_drop_tag(name)) FROM (SELECT name FROM datamesh.tags WHERE name ~ '^se(\M|_)' ORDER BY length(name) DESC) t;
DROP OWNED BY regress_se_owner, regress_se_steward, regress_se_auditor;
DROP ROLE regress_se_ann, regress_se_bob, regress_se_cid, regress_se_gov, regress_se_gus;
DROP ROLE regress_se_owner, regress_se_steward, regress_se_analysts, regress_se_cleared, regress_se_auditor;
