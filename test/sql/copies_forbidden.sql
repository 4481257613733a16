-- An agreement may forbid copies: what it lets read is not stored.
SET client_min_messages = warning;
\set SHOW_CONTEXT never
CREATE ROLE regress_cf_owner;
CREATE ROLE regress_cf_group;
CREATE ROLE regress_cf_ann IN ROLE regress_cf_group;
CREATE ROLE regress_cf_bob;
CREATE SCHEMA cf AUTHORIZATION regress_cf_owner;
CREATE SCHEMA cf_ann AUTHORIZATION regress_cf_ann;
SELECT dm_register_purpose('cf_use'), dm_register_purpose('cf_other');
SET ROLE regress_cf_owner;
CREATE TABLE cf.t (id int, mail text);
INSERT INTO cf.t VALUES (1, 'ann@example.org');
SELECT dm_register_domain('cf', schemas => '{cf}'), dm_register_product('cf.p', open_ended => true), dm_add_port('cf.p', 'cf.t'), dm_publish('cf.p');
SELECT dm_grant_access('cf.p', 'regress_cf_ann', 'cf_use', copies => false) AS own \gset
SELECT dm_grant_access('cf.p', 'regress_cf_ann', 'cf_other') AS other \gset
\pset format unaligned
\pset tuples_only on
SET datamesh.purpose = 'cf_use';
SET ROLE regress_cf_ann;
CREATE TABLE cf_ann.own (id int, mail text);

-- reading
SELECT * FROM cf_p_v1.t;
BEGIN;
DECLARE c CURSOR WITH HOLD FOR SELECT * FROM cf_p_v1.t;
COMMIT;
FETCH c;
CLOSE c;
CREATE VIEW cf_ann.v AS SELECT * FROM cf_p_v1.t;
TABLE cf_ann.v;
DO $$ DECLARE m text; BEGIN SELECT mail INTO m FROM cf_p_v1.t; RAISE WARNING '%', m; END $$;
DELETE FROM cf_ann.own USING cf_p_v1.t p WHERE p.id = own.id;
EXPLAIN (COSTS off) INSERT INTO cf_ann.own SELECT * FROM cf_p_v1.t;

-- keeping
CREATE TABLE cf_ann.c AS SELECT * FROM cf_p_v1.t;
\echo :LAST_ERROR_SQLSTATE
SELECT * INTO cf_ann.c FROM cf_p_v1.t;
SELECT * INTO TEMP c FROM cf_p_v1.t;
CREATE TABLE cf_ann.c AS TABLE cf_ann.v;
PREPARE p AS SELECT * FROM cf_p_v1.t;
SET plan_cache_mode = force_generic_plan;
EXECUTE p;
CREATE TABLE cf_ann.c AS EXECUTE p;
CREATE MATERIALIZED VIEW cf_ann.m AS SELECT * FROM cf_p_v1.t;
CREATE MATERIALIZED VIEW cf_ann.m AS SELECT * FROM cf_p_v1.t WITH NO DATA;
REFRESH MATERIALIZED VIEW cf_ann.m;
EXPLAIN (ANALYZE) CREATE TABLE cf_ann.c AS SELECT * FROM cf_p_v1.t;
INSERT INTO cf_ann.own SELECT * FROM cf_p_v1.t;
INSERT INTO cf_ann.own VALUES (1, (SELECT mail FROM cf_p_v1.t));
UPDATE cf_ann.own SET mail = p.mail FROM cf_p_v1.t p;
MERGE INTO cf_ann.own USING cf_p_v1.t p ON own.id = p.id WHEN NOT MATCHED THEN INSERT VALUES (p.id, p.mail);
WITH w AS (INSERT INTO cf_ann.own SELECT * FROM cf_p_v1.t RETURNING *) SELECT count(*) FROM w;
COPY (SELECT * FROM cf_p_v1.t) TO STDOUT;
CREATE FUNCTION cf_ann.f() RETURNS SETOF text LANGUAGE sql AS 'SELECT mail FROM cf_p_v1.t';
CREATE FUNCTION cf_ann.g() RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT mail FROM cf_p_v1.t; END $$;
CREATE TABLE cf_ann.c AS SELECT cf_ann.f();
CREATE TABLE cf_ann.c AS SELECT * FROM cf_ann.g() g;
-- a function that reads by itself within an INSERT is not seen (doc/reference/copies.md)
INSERT INTO cf_ann.own (mail) SELECT * FROM cf_ann.f();
TABLE cf_ann.own;

-- for the other purpose it is allowed, and an agreement of a group that allows it serves as well
SET datamesh.purpose = 'cf_other';
CREATE TABLE cf_ann.c AS EXECUTE p;
SET datamesh.purpose = 'cf_use';
CREATE TABLE cf_ann.d AS EXECUTE p;
SET ROLE regress_cf_owner;
SELECT dm_grant_access('cf.p', 'regress_cf_group', 'cf_use') AS of_group \gset
SET ROLE regress_cf_ann;
CREATE TABLE cf_ann.d AS EXECUTE p;
SET ROLE regress_cf_owner;
SELECT dm_revoke_access(:of_group);
SET ROLE regress_cf_ann;
CREATE TABLE cf_ann.e AS EXECUTE p;
-- producers copy what is theirs
SET ROLE regress_cf_owner;
CREATE TABLE cf.c AS SELECT * FROM cf_p_v1.t;
-- who may not copy is handed none
SELECT dm_grant_access('cf.p', 'regress_cf_bob', 'cf_use', copies => false) > 0;
SET ROLE regress_cf_ann;
GRANT SELECT ON cf_ann.c TO regress_cf_bob;

-- requests: an approval gives at most what was asked for
RESET ROLE;
CREATE ROLE regress_cf_cid;
SET ROLE regress_cf_cid;
SELECT dm_request_access('cf.p', 'cf_use', copies => false) AS without \gset
SELECT dm_request_access('cf.p', 'cf_use') AS with \gset
SELECT dm_request_access('cf.p', 'cf_use', copies => NULL);
SET ROLE regress_cf_owner;
DO $$ BEGIN
	PERFORM dm_approve_access(id, copies => true) FROM datamesh.access_requests WHERE product = 'cf.p' AND NOT copies;
EXCEPTION WHEN invalid_parameter_value THEN
	RAISE WARNING '%', regexp_replace(sqlerrm, '\d+', 'n');
END $$;
SELECT dm_approve_access(:without) > 0, dm_approve_access(:with, copies => false) > 0;
SELECT dm_grant_access('cf.p', 'regress_cf_cid', 'cf_other', copies => NULL);
SELECT purpose, state, copies FROM datamesh.access_requests WHERE product = 'cf.p' ORDER BY id;
SELECT consumer, purpose, state, copies FROM datamesh.agreements WHERE product = 'cf.p' ORDER BY id;
SET ROLE regress_cf_ann;
SELECT purpose, copies FROM dm_my_access();
RESET ROLE;

DEALLOCATE p;
RESET plan_cache_mode;
DROP SCHEMA cf_ann CASCADE;
SELECT dm_deprecate('cf.p'), dm_retire('cf.p'), dm_drop_domain('cf');
DROP SCHEMA cf CASCADE;
SELECT dm_drop_purpose('cf_use'), dm_drop_purpose('cf_other');
DROP ROLE regress_cf_owner, regress_cf_ann, regress_cf_group, regress_cf_bob, regress_cf_cid;
