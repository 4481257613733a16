-- Who reads what: agreements, purposes, membership, clearance of tags above and below.
CREATE ROLE regress_re_owner;
CREATE ROLE regress_re_app;
CREATE ROLE regress_re_team;
CREATE ROLE regress_re_member IN ROLE regress_re_team;
CREATE ROLE regress_re_noinherit NOINHERIT IN ROLE regress_re_team;
CREATE ROLE regress_re_stranger;
CREATE ROLE regress_re_inside IN ROLE regress_re_owner;
CREATE SCHEMA re AUTHORIZATION regress_re_owner;
SELECT dm_register_purpose('re_work'), dm_register_purpose('re_report', parent => 're_work'), dm_register_purpose('re_daily', parent => 're_report'), dm_register_purpose('re_other') \g /dev/null
SELECT dm_create_tag('re', mask => 'dm_mask_null()'), dm_create_tag('re.mail', mask => 'dm_mask_text(1)'), dm_create_tag('re.mail.work'), dm_create_tag('re.tel', mask => 'dm_mask_text(2)'),
	dm_create_tag('re_more', mask => 'dm_mask_hash()'), dm_create_tag('re_note') \g /dev/null
SET ROLE regress_re_owner;
CREATE TABLE re.t AS SELECT 1 AS id, 'all' AS top, 'mail' AS mail, 'work' AS work, 'tel' AS tel, 'two' AS two, 'note' AS note;
SELECT dm_classify('re.t', 'top', 're'), dm_classify('re.t', 'mail', 're.mail'), dm_classify('re.t', 'work', 're.mail.work'), dm_classify('re.t', 'tel', 're.tel'),
	dm_classify('re.t', 'two', 're.mail', 're_more'), dm_classify('re.t', 'note', 're_note') \g /dev/null
SELECT dm_register_domain('re', schemas => '{re}'), dm_add_producer('re', 'regress_re_app'), dm_register_product('re.p', open_ended => true), dm_add_port('re.p', 're.t') \g /dev/null
RESET ROLE;
CREATE FUNCTION pg_temp.read(reader text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
	detail text;
	hint text;
BEGIN
	EXECUTE 'SET LOCAL ROLE ' || reader;
	SELECT concat_ws(' ', coalesce(top, '-'), mail, work, tel, left(two, 4), note) INTO result FROM re_p_v1.t;
	RESET ROLE;
	RETURN result;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	-- whether the schema or the port is what refuses depends on what is cached
	IF SQLSTATE = '42501' OR SQLERRM LIKE '%has no access agreement%' THEN
		RETURN 'refused';
	END IF;
	RETURN concat_ws(' / ', SQLSTATE, regexp_replace(SQLERRM, 'agreement \d+', 'agreement N'), nullif(detail, ''), nullif(hint, ''));
END $$;
CREATE VIEW pg_temp.readers AS SELECT r, pg_temp.read('regress_re_' || r) FROM unnest('{owner,inside,app,team,member,noinherit,stranger}'::text[]) r;
CREATE FUNCTION pg_temp.agree(consumer text, clearance text[], purpose text DEFAULT 're_work') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	id bigint;
	result text;
BEGIN
	id := dm_grant_access('re.p', ('regress_re_' || consumer)::regrole, purpose, clearance);
	result := pg_temp.read('regress_re_' || consumer);
	PERFORM dm_revoke_access(id);
	RETURN result;
END $$;
\pset format unaligned
\pset tuples_only on
SET plan_cache_mode = force_generic_plan;

-- a draft, then a published product nobody has agreed on
SET datamesh.purpose = 're_report';
TABLE pg_temp.readers;
SELECT dm_publish('re.p') \g /dev/null
TABLE pg_temp.readers;
-- an agreement of a group serves those who inherit it, for its purpose and those below
SELECT dm_grant_access('re.p', 'regress_re_team', 're_report') AS for_team \gset
TABLE pg_temp.readers;
SET datamesh.purpose = 're_daily';
SELECT pg_temp.read('regress_re_member');
SET datamesh.purpose = 're_work';
SELECT pg_temp.read('regress_re_member');
SET datamesh.purpose = 're_other';
SELECT pg_temp.read('regress_re_member');
SET datamesh.purpose = 're_unknown';
SELECT pg_temp.read('regress_re_member');
SET datamesh.purpose = '';
TABLE pg_temp.readers;
-- several purposes are all named; those of others are not
SELECT dm_grant_access('re.p', 'regress_re_member', 're_other') AS for_member \gset
SELECT pg_temp.read('regress_re_member');
SELECT pg_temp.read('regress_re_team');
-- agreements add up within a purpose
SELECT dm_grant_access('re.p', 'regress_re_member', 're_report', '{re.tel}') AS for_tel \gset
SET datamesh.purpose = 're_report';
SELECT pg_temp.read('regress_re_member'), pg_temp.read('regress_re_team');
SELECT dm_revoke_access(:for_member), dm_revoke_access(:for_tel), dm_revoke_access(:for_team) \g /dev/null
TABLE pg_temp.readers;

-- a clearance covers the tags below it; a column needs all of its tags
SELECT c, pg_temp.agree('stranger', c::text[]) FROM unnest(ARRAY['{}', '{re}', '{re.mail}', '{re.mail.work}', '{re.tel}', '{re_more}', '{re.mail,re_more}',
	'{re,re_more}', '{re_note}', '{re.mail:raw}', '{re_note,re.tel,re.tel}']) c;

-- membership that comes and goes
SET datamesh.purpose = 're_work';
SELECT dm_grant_access('re.p', 'regress_re_team', 're_work', '{re}') AS for_team \gset
SELECT pg_temp.read('regress_re_stranger');
GRANT regress_re_team TO regress_re_stranger;
SELECT pg_temp.read('regress_re_stranger');
REVOKE regress_re_team FROM regress_re_stranger;
SELECT pg_temp.read('regress_re_stranger');
ALTER ROLE regress_re_member NOINHERIT;
GRANT regress_re_owner TO regress_re_stranger;
SELECT pg_temp.read('regress_re_stranger');
REVOKE regress_re_owner FROM regress_re_stranger;
-- producers that come and go
SELECT dm_remove_producer('re', 'regress_re_app') \g /dev/null
SELECT pg_temp.read('regress_re_app');
SELECT dm_add_producer('re', 'regress_re_stranger') \g /dev/null
SELECT pg_temp.read('regress_re_stranger');
SELECT dm_remove_producer('re', 'regress_re_stranger') \g /dev/null
-- the clock
UPDATE datamesh.agreement SET valid_until = now() - interval '1 hour' WHERE id = :for_team;
SELECT regexp_replace(pg_temp.read('regress_re_team'), 'ended at [^/]*\.', 'ended at TIME.');
UPDATE datamesh.agreement SET valid_until = NULL, valid_from = now() + interval '1 hour' WHERE id = :for_team;
SELECT regexp_replace(pg_temp.read('regress_re_team'), 'begins at [^/]*\.', 'begins at TIME.');
\pset tuples_only off
\pset format aligned
-- a grant without an agreement is none
GRANT USAGE ON SCHEMA re_p_v1 TO regress_re_stranger;
GRANT SELECT ON re_p_v1.t TO regress_re_stranger;
SET ROLE regress_re_stranger;
SELECT * FROM re_p_v1.t;
SELECT count(*) FROM re_p_v1.t WHERE false;
EXPLAIN SELECT 1 FROM re_p_v1.t;
RESET ROLE;
REVOKE ALL ON re_p_v1.t FROM regress_re_stranger;
REVOKE ALL ON SCHEMA re_p_v1 FROM regress_re_stranger;

SET client_min_messages = warning;
SELECT dm_deprecate('re.p'), dm_retire('re.p'), dm_drop_domain('re') \g /dev/null
DROP VIEW pg_temp.readers;
DROP SCHEMA re CASCADE;
SELECT dm_drop_tag(t) FROM unnest('{re.mail.work,re.mail,re.tel,re,re_more,re_note}'::text[]) t \g /dev/null
SELECT dm_drop_purpose(p) FROM unnest('{re_daily,re_report,re_work,re_other}'::text[]) p \g /dev/null
DROP ROLE regress_re_owner, regress_re_app, regress_re_team, regress_re_member, regress_re_noinherit, regress_re_stranger, regress_re_inside;
