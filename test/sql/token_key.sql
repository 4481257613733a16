-- Keys of dm_token: who makes them, who may compute tokens, and what a rotation does.
CREATE ROLE regress_tk_steward;
CREATE ROLE regress_tk_owner;
CREATE ROLE regress_tk_two;
CREATE ROLE regress_tk_reader;
CREATE ROLE regress_tk_clear;
CREATE SCHEMA tk AUTHORIZATION regress_tk_owner;
CREATE SCHEMA tk_two AUTHORIZATION regress_tk_two;
SELECT dm_register_purpose('tk_reports');
SELECT dm_create_tag('tk', mask => 'dm_mask_text(1)'), dm_create_tag('tk_null', mask => 'dm_mask_null()');
SET ROLE regress_tk_steward;
SELECT dm_create_key('tk_a');
SELECT dm_rotate_key('tk_a');
SELECT dm_grant_key('tk_a', 'regress_tk_steward');
SELECT dm_revoke_key('tk_a', 'regress_tk_steward');
RESET ROLE;
GRANT EXECUTE ON FUNCTION dm_create_key, dm_rotate_key, dm_grant_key, dm_revoke_key TO regress_tk_steward;
SET ROLE regress_tk_steward;
SELECT dm_create_key('tk_a'), dm_create_key('tk_b');
SELECT dm_create_key('tk_a');
SELECT dm_create_key('tk.a');
SELECT dm_create_key('');
SELECT dm_create_key(NULL);
SELECT dm_create_key(repeat('k', 64));
SELECT dm_grant_key('tk_c', 'regress_tk_owner');
SELECT dm_grant_key('tk_a', 0::regrole);
SELECT dm_revoke_key('tk_a', 'regress_tk_owner');
SELECT id, key, version, current, users FROM datamesh.token_keys WHERE key LIKE 'tk%' ORDER BY id;
SELECT * FROM datamesh.token_key;

-- users of the key compute; others do not, whatever they try
SELECT length(dm_token('x'::text, 'tk_a')), dm_token('x'::text, 'tk_a') = dm_token('x'::text, 'tk_a') AS same,
	dm_token('x'::text, 'tk_a') = dm_token('y'::text, 'tk_a') AS other_value, dm_token('x'::text, 'tk_a') = dm_token('x'::text, 'tk_b') AS other_key;
SELECT pg_typeof(dm_token(1, 'tk_a')), pg_typeof(dm_token(1::bigint, 'tk_a')), pg_typeof(dm_token('\x00'::bytea, 'tk_a')),
	pg_typeof(dm_token('00000000-0000-0000-0000-000000000000'::uuid, 'tk_a')), dm_token(NULL::text, 'tk_a') IS NULL AS null_stays;
SELECT count(DISTINCT dm_token(i, 'tk_a')) AS different, bool_or(dm_token(i, 'tk_a') = i) AS fixpoint FROM generate_series(-500, 499) i;
SET ROLE regress_tk_reader;
SELECT dm_token('x'::text, 'tk_a');
SELECT dm_token('x'::text, 'tk_c');
SELECT dm_token('x'::text, '');
SELECT dm_token(v, k) FROM (VALUES ('x'::text, 'tk_a')) t(v, k);
SELECT dm_token(i, 'tk_a') FROM generate_series(1, 2) i;
CREATE TEMP TABLE tk_mine (v text, t text);
INSERT INTO tk_mine (v) VALUES ('x');
CREATE TEMP VIEW tk_v AS SELECT dm_token(v, 'tk_a') FROM tk_mine;
SELECT * FROM tk_v;
CREATE INDEX ON tk_mine (dm_token(v, 'tk_a'));
ALTER TABLE tk_mine ADD COLUMN g text GENERATED ALWAYS AS (dm_token(v, 'tk_a')) STORED;
PREPARE compute(text) AS SELECT dm_token($1, 'tk_a');
EXECUTE compute('x');
RESET ROLE;
SET ROLE regress_tk_steward;

-- ports show tokens of a key that their owner may use
SELECT dm_grant_key('tk_a', 'regress_tk_owner');
RESET ROLE;
SELECT dm_alter_tag('tk', token_key => 'tk_a'), dm_alter_tag('tk_null', token_key => 'tk_a');
SET ROLE regress_tk_owner;
CREATE TABLE tk.t (mail text, code varchar(40), short varchar(10), n int, big bigint, d date, b bytea, u uuid);
INSERT INTO tk.t VALUES ('ann@example.org', 'ann', 'ann', 1, 1, '2020-01-01', 'x', '00000000-0000-0000-0000-000000000000');
SELECT count(dm_classify('tk.t', c, CASE WHEN c IN ('mail', 'code', 'short') THEN 'tk' ELSE 'tk_null' END)) FROM unnest('{mail,code,short,n,big,d,b,u}'::name[]) c;
SELECT dm_register_domain('tk', schemas => '{tk}'), dm_register_product('tk.p', open_ended => true), dm_add_port('tk.p', 'tk.t'), dm_publish('tk.p') \g /dev/null
SELECT dm_grant_access('tk.p', 'regress_tk_reader', 'tk_reports', '{tk:token,tk_null:token}'), dm_grant_access('tk.p', 'regress_tk_clear', 'tk_reports', '{tk,tk_null}') \g /dev/null
SET ROLE regress_tk_two;
CREATE TABLE tk_two.t AS SELECT 'ann@example.org' AS mail;
SELECT dm_classify('tk_two.t', 'mail', 'tk');
SELECT dm_register_domain('tk_two', schemas => '{tk_two}'), dm_register_product('tk_two.p', open_ended => true), dm_add_port('tk_two.p', 'tk_two.t'), dm_publish('tk_two.p') \g /dev/null
SELECT dm_grant_access('tk_two.p', 'regress_tk_reader', 'tk_reports', '{tk:token}') \g /dev/null
SET datamesh.purpose = 'tk_reports';
SET plan_cache_mode = force_generic_plan;
SET ROLE regress_tk_reader;
PREPARE q AS SELECT mail ~ '^[0-9a-f]{32}$' AS mail, code ~ '^[0-9a-f]{32}$' AS code, short, n <> 1 AS n, big <> 1 AS big, d, length(b) AS b, substr(u::text, 15, 1) AS u_version FROM tk_p_v1.t;
EXECUTE q;
-- not so the other domain, until its owner may
PREPARE joined AS SELECT t.mail FROM tk_p_v1.t JOIN tk_two_p_v1.t u USING (mail);
TABLE tk_two_p_v1.t;
EXECUTE joined;
SET ROLE regress_tk_steward;
SELECT dm_grant_key('tk_a', 'regress_tk_two');
SET ROLE regress_tk_reader;
SELECT count(*) FROM (SELECT t.mail FROM tk_p_v1.t JOIN tk_two_p_v1.t u USING (mail)) j;

-- the rotation is a new key: ports follow at once, the old tokens are no more
SELECT mail AS old FROM tk_p_v1.t \gset
SET client_min_messages = notice;
SET ROLE regress_tk_steward;
SELECT dm_rotate_key('tk_a');
SELECT id, key, version, current, users FROM datamesh.token_keys WHERE key = 'tk_a' ORDER BY id;
SELECT dm_rotate_key('tk_c');
SET ROLE regress_tk_reader;
SELECT mail = :'old' AS still_old, count(*) OVER () AS joined FROM tk_p_v1.t JOIN tk_two_p_v1.t u USING (mail);
SELECT dm_token('ann@example.org'::text, 'tk_a.2');
SET ROLE regress_tk_owner;
SELECT dm_token('ann@example.org'::text, 'tk_a') = :'old' AS old, dm_token(mail, 'tk_a.2') <> :'old' AS new FROM tk.t;
SET ROLE regress_tk_steward;
SELECT dm_revoke_key('tk_a', 'regress_tk_owner');
SET ROLE regress_tk_reader;
SELECT mail, n FROM tk_p_v1.t;

-- an error within a computation is only that, however often
SET ROLE regress_tk_steward;
DO $$
BEGIN
	FOR i IN 1..200 LOOP
		BEGIN
			PERFORM dm_token(g::text, 'tk_a'), 1 / (g - 3) FROM generate_series(1, 5) g;
		EXCEPTION WHEN division_by_zero THEN NULL;
		END;
	END LOOP;
END $$;

RESET ROLE;
SET client_min_messages = warning;
SELECT dm_deprecate('tk.p'), dm_retire('tk.p'), dm_deprecate('tk_two.p'), dm_retire('tk_two.p'), dm_drop_domain('tk'), dm_drop_domain('tk_two') \g /dev/null
DROP SCHEMA tk, tk_two CASCADE;
DROP TABLE tk_mine CASCADE;
SELECT dm_drop_tag('tk'), dm_drop_tag('tk_null'), dm_drop_purpose('tk_reports') \g /dev/null
SELECT dm_revoke_key(key, r) FROM (SELECT DISTINCT key, unnest(users) AS r FROM datamesh.token_keys WHERE key LIKE 'tk%') k \g /dev/null
REVOKE EXECUTE ON FUNCTION dm_create_key, dm_rotate_key, dm_grant_key, dm_revoke_key FROM regress_tk_steward;
DROP ROLE regress_tk_steward, regress_tk_owner, regress_tk_two, regress_tk_reader, regress_tk_clear;
