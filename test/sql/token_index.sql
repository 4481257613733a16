-- A reader of tokens, and one of masks, uses the indexes of the table.
CREATE ROLE regress_ti_owner;
CREATE ROLE regress_ti_reader;
CREATE SCHEMA ti AUTHORIZATION regress_ti_owner;
SELECT dm_register_purpose('ti_reports');
SELECT dm_create_key('ti'), dm_grant_key('ti', 'regress_ti_owner');
SELECT dm_create_tag('ti', mask => 'dm_mask_text(1)', token_key => 'ti');
SET ROLE regress_ti_owner;
CREATE TABLE ti.person (id int PRIMARY KEY, mail text, code varchar(40), big bigint, city text, born date);
INSERT INTO ti.person SELECT i, 'p' || i || '@example.org', 'c' || i, i, 'city' || i % 100, '2000-01-01'::date + i FROM generate_series(1, 3000) i;
CREATE TABLE ti.buy (id int PRIMARY KEY, mail text, what text) PARTITION BY RANGE (id);
CREATE TABLE ti.buy1 PARTITION OF ti.buy FOR VALUES FROM (0) TO (2000);
CREATE TABLE ti.buy2 PARTITION OF ti.buy FOR VALUES FROM (2000) TO (9999);
INSERT INTO ti.buy SELECT i, 'p' || i % 1000 || '@example.org', 'w' || i FROM generate_series(1, 4000) i;
CREATE INDEX person_city ON ti.person (city);
CREATE INDEX person_mail ON ti.person (mail);
CREATE INDEX person_mail_token ON ti.person (dm_token(mail, 'ti'));
CREATE UNIQUE INDEX person_code_token ON ti.person (dm_token(code, 'ti'));
CREATE INDEX person_big_token ON ti.person (dm_token(big, 'ti'));
CREATE INDEX buy_mail_token ON ti.buy (dm_token(mail, 'ti'));
CREATE VIEW ti.adult AS SELECT id, mail, city FROM ti.person WHERE born < '2008-01-01';
SELECT count(dm_classify('ti.person', c, 'ti')) FROM unnest('{mail,code}'::name[]) c;
SELECT dm_classify('ti.buy', 'mail', 'ti');
RESET ROLE;
SELECT dm_create_tag('ti_hide', mask => 'dm_mask_null()', token_key => 'ti');
SET ROLE regress_ti_owner;
SELECT dm_classify('ti.person', 'big', 'ti_hide');
SELECT dm_register_domain('ti', schemas => '{ti}'), dm_register_product('ti.p', open_ended => true) \g /dev/null
SELECT count(dm_add_port('ti.p', r)) FROM unnest('{ti.person,ti.buy,ti.adult}'::regclass[]) r;
SELECT dm_publish('ti.p'), dm_grant_access('ti.p', 'regress_ti_reader', 'ti_reports', '{ti:token,ti_hide:token}') AS agreement \g /dev/null
ANALYZE ti.person, ti.buy;
SET datamesh.purpose = 'ti_reports';
SET plan_cache_mode = force_generic_plan;
SET max_parallel_workers_per_gather = 0;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT dm_token('p7@example.org', 'ti') AS token, dm_token('c7', 'ti') AS code, dm_token(7::bigint, 'ti') AS big \gset
RESET ROLE;
-- plans without the tokens in them
CREATE FUNCTION pg_temp.plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		RETURN NEXT regexp_replace(regexp_replace(line, '[0-9a-f]{32}', 'TOKEN', 'g'), '''-?\d{6,}''', 'TOKEN', 'g');
	END LOOP;
END $$;
\pset format unaligned
\pset tuples_only on
SET ROLE regress_ti_reader;
-- tokens: equality, IN, a parameter, a join, an outer join, a subquery, order, the view of a view, partitions
SELECT pg_temp.plan(format('SELECT * FROM ti_p_v1.person WHERE mail = %L', :'token'));
SELECT pg_temp.plan(format('SELECT * FROM ti_p_v1.person WHERE code = %L', :'code')) LIMIT 1;
SELECT pg_temp.plan(format('SELECT id FROM ti_p_v1.person WHERE big = %L', :'big'));
SELECT pg_temp.plan(format('SELECT id FROM ti_p_v1.person WHERE mail IN (%L, %L)', :'token', :'code'));
PREPARE by_mail(text) AS SELECT id FROM ti_p_v1.person WHERE mail = $1;
SELECT pg_temp.plan('EXECUTE by_mail(''x'')');
SELECT pg_temp.plan(format('SELECT id FROM ti_p_v1.adult WHERE mail = %L', :'token'));
SELECT pg_temp.plan(format('SELECT id FROM ti_p_v1.buy WHERE mail = %L', :'token'));
SELECT pg_temp.plan('SELECT b.what FROM ti_p_v1.person p JOIN ti_p_v1.buy b USING (mail) WHERE p.id = 7');
SELECT pg_temp.plan('SELECT a.id FROM ti_p_v1.person p LEFT JOIN ti_p_v1.person a ON a.mail = p.mail WHERE p.id = 7');
SELECT pg_temp.plan('SELECT p.id, (SELECT count(*) FROM ti_p_v1.person a WHERE a.mail = p.mail) FROM ti_p_v1.person p WHERE id = 7');
SELECT pg_temp.plan('SELECT mail FROM ti_p_v1.person ORDER BY mail LIMIT 3');
-- masked: conditions on columns that are not classified
RESET ROLE;
SELECT dm_revoke_access(id) FROM datamesh.agreements WHERE product = 'ti.p' \g /dev/null
SELECT dm_grant_access('ti.p', 'regress_ti_reader', 'ti_reports') \g /dev/null
SET ROLE regress_ti_reader;
SELECT mail, code, big, city FROM ti_p_v1.person WHERE id = 7;
SELECT pg_temp.plan('SELECT * FROM ti_p_v1.person WHERE id = 7');
SELECT pg_temp.plan('SELECT mail FROM ti_p_v1.person WHERE id BETWEEN 7 AND 9 ORDER BY id');
SELECT pg_temp.plan('SELECT mail FROM ti_p_v1.person WHERE city = ''city7'' AND id < 100');
SELECT pg_temp.plan('SELECT id FROM ti_p_v1.person WHERE city = ''city7'' ORDER BY id LIMIT 1');
SELECT pg_temp.plan('SELECT p.mail, b.mail FROM ti_p_v1.person p JOIN ti_p_v1.buy b ON b.id = p.id WHERE p.id = 7');
SELECT pg_temp.plan('SELECT p.mail, b.mail FROM ti_p_v1.person p LEFT JOIN ti_p_v1.buy b ON b.id = p.id WHERE p.id < 5');
SELECT pg_temp.plan('SELECT what FROM ti_p_v1.buy WHERE id = 2500');
SELECT pg_temp.plan('SELECT mail FROM ti_p_v1.adult WHERE id = 7');
SELECT pg_temp.plan('SELECT id FROM ti_p_v1.person WHERE id > 0 ORDER BY id DESC LIMIT 1');
SET enable_seqscan = on;
-- and a condition on what is masked is one on the mask
SELECT pg_temp.plan('SELECT id FROM ti_p_v1.person WHERE mail = ''p7@example.org''');
\pset tuples_only off
\pset format aligned

RESET ROLE;
SET client_min_messages = warning;
SELECT dm_deprecate('ti.p'), dm_retire('ti.p'), dm_drop_domain('ti') \g /dev/null
DROP SCHEMA ti CASCADE;
SELECT dm_drop_tag('ti'), dm_drop_tag('ti_hide'), dm_drop_purpose('ti_reports'), dm_revoke_key('ti', 'regress_ti_owner') \g /dev/null
DROP ROLE regress_ti_owner, regress_ti_reader;
