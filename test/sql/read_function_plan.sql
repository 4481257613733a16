-- Plans that SQL functions keep, outside of the plan cache: a raw value that one reader may see must
-- not come out of them for another one, another purpose, or later.
\set VERBOSITY terse
CREATE ROLE regress_fp_owner;
CREATE ROLE regress_fp_clear;
CREATE ROLE regress_fp_masked;
CREATE ROLE regress_fp_pool;
GRANT regress_fp_clear, regress_fp_masked TO regress_fp_pool;
CREATE SCHEMA fp AUTHORIZATION regress_fp_owner;
CREATE SCHEMA fp_pub;
GRANT USAGE, CREATE ON SCHEMA fp_pub TO PUBLIC;
SELECT dm_create_tag('fp', mask => 'dm_mask_text(1)'), dm_register_purpose('fp_a'), dm_register_purpose('fp_b');
SET ROLE regress_fp_owner;
CREATE TABLE fp.t (id int, mail text);
INSERT INTO fp.t VALUES (1, 'raw1'), (2, 'raw2');
SELECT dm_register_domain('fp', schemas => '{fp}'), dm_register_product('fp.p', open_ended => true), dm_add_port('fp.p', 'fp.t');
SELECT dm_classify('fp.t', 'mail', 'fp'), dm_publish('fp.p');
SELECT dm_grant_access('fp.p', 'regress_fp_clear', 'fp_a', '{fp}') AS clear_a, dm_grant_access('fp.p', 'regress_fp_clear', 'fp_b') AS clear_b, dm_grant_access('fp.p', 'regress_fp_masked', 'fp_a') AS masked_a \gset
RESET ROLE;
SET datamesh.purpose = 'fp_a';
SET ROLE regress_fp_clear;
CREATE FUNCTION fp_pub.q() RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT mail FROM fp_p_v1.t WHERE id = 1 $$;
CREATE FUNCTION fp_pub.atomic() RETURNS text LANGUAGE sql VOLATILE BEGIN ATOMIC SELECT mail FROM fp_p_v1.t WHERE id = 1; END;
CREATE FUNCTION fp_pub.h() RETURNS text LANGUAGE plpgsql AS $$ DECLARE x text; BEGIN x := fp_pub.q(); RETURN x; END $$;
CREATE FUNCTION fp_pub.h_atomic() RETURNS text LANGUAGE plpgsql AS $$ DECLARE x text; BEGIN x := fp_pub.atomic(); RETURN x; END $$;
CREATE FUNCTION fp_pub.sd() RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN length(fp_pub.h()) + length(fp_pub.h_atomic()); END $$;
SELECT fp_pub.h(), fp_pub.h_atomic(), fp_pub.sd();
-- never 'raw': a masked value, or an error
CREATE FUNCTION fp_pub.attempt(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE result text;
BEGIN
	EXECUTE query INTO result;
	RETURN CASE WHEN result ~ 'raw' THEN 'LEAK ' || result ELSE 'no raw value' END;
EXCEPTION WHEN SQLSTATE 'MD006' OR SQLSTATE 'MD001' OR SQLSTATE 'MD002' OR insufficient_privilege THEN
	RETURN 'no raw value';
END $$;
-- through a function of the cleared reader, in one transaction
SET ROLE regress_fp_masked;
BEGIN;
SELECT fp_pub.sd() > 0 AS definer_reads;
SELECT fp_pub.attempt('SELECT fp_pub.h()'), fp_pub.attempt('SELECT fp_pub.h_atomic()');
COMMIT;
SELECT fp_pub.h();
-- a pooled session that changes roles in a transaction, and for each row
RESET ROLE;
SET SESSION AUTHORIZATION regress_fp_pool;
SET datamesh.purpose = 'fp_a';
BEGIN;
SET LOCAL ROLE regress_fp_clear;
SELECT fp_pub.h(), fp_pub.h_atomic();
SET LOCAL ROLE regress_fp_masked;
SELECT fp_pub.attempt('SELECT fp_pub.h()'), fp_pub.attempt('SELECT fp_pub.h_atomic()');
COMMIT;
SELECT fp_pub.attempt($$SELECT string_agg(CASE WHEN id = 2 THEN v END, '') FROM
	(SELECT id, set_config('role', CASE WHEN id = 2 THEN 'regress_fp_masked' ELSE 'regress_fp_clear' END, true), fp_pub.q() AS v FROM generate_series(1, 2) id) s$$);
-- the role, or the purpose, changes inside of a function
CREATE FUNCTION fp_pub.role_inside() RETURNS SETOF text LANGUAGE sql VOLATILE AS $$
	SELECT set_config('role', 'regress_fp_masked', true); SELECT mail FROM fp_p_v1.t WHERE id = 1 $$;
SET ROLE regress_fp_masked;
SELECT mail FROM fp_p_v1.t WHERE id = 1;
SET ROLE regress_fp_clear;
SELECT mail FROM fp_p_v1.t WHERE id = 1;
SELECT fp_pub.attempt('SELECT string_agg(r, $$ $$) FROM fp_pub.role_inside() r');
CREATE FUNCTION fp_pub.consume() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT mail FROM fp_p_v1.t WHERE id = 1); END $$;
CREATE FUNCTION fp_pub.purpose_inside() RETURNS SETOF text LANGUAGE sql VOLATILE AS $$
	SELECT set_config('datamesh.purpose', 'fp_b', true); SELECT fp_pub.consume(); SELECT mail FROM fp_p_v1.t WHERE id = 1 $$;
SELECT fp_pub.attempt('SELECT string_agg(r, $$ $$) FROM fp_pub.purpose_inside() r');
RESET SESSION AUTHORIZATION;
RESET datamesh.purpose;
DROP SCHEMA fp_pub CASCADE;
SELECT dm_deprecate('fp.p'), dm_retire('fp.p'), dm_drop_domain('fp');
DROP SCHEMA fp CASCADE;
SELECT dm_drop_tag('fp'), dm_drop_purpose('fp_a'), dm_drop_purpose('fp_b');
DROP ROLE regress_fp_owner, regress_fp_clear, regress_fp_masked, regress_fp_pool;
