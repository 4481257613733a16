-- A cached plan is for one reader and one purpose, wherever it is kept.
CREATE ROLE regress_gp_owner;
CREATE ROLE regress_gp_clear;
CREATE ROLE regress_gp_mask;
CREATE ROLE regress_gp_none;
CREATE ROLE regress_gp_pool IN ROLE regress_gp_clear, regress_gp_mask, regress_gp_none;
CREATE SCHEMA gp AUTHORIZATION regress_gp_owner;
CREATE SCHEMA gp_app AUTHORIZATION regress_gp_clear;
GRANT USAGE ON SCHEMA gp_app TO PUBLIC;
SELECT dm_register_purpose('gp_all'), dm_register_purpose('gp_part', parent => 'gp_all'), dm_register_purpose('gp_else') \g /dev/null
SELECT dm_create_tag('gp', mask => 'dm_mask_text(1)');
SET ROLE regress_gp_owner;
CREATE TABLE gp.t (id int PRIMARY KEY, mail text);
INSERT INTO gp.t VALUES (1, 'ann@example.org');
SELECT dm_classify('gp.t', 'mail', 'gp');
SELECT dm_register_domain('gp', schemas => '{gp}'), dm_register_product('gp.p', open_ended => true), dm_add_port('gp.p', 'gp.t'), dm_publish('gp.p') \g /dev/null
SELECT dm_grant_access('gp.p', 'regress_gp_clear', 'gp_all', '{gp}'), dm_grant_access('gp.p', 'regress_gp_mask', 'gp_all') \g /dev/null
SELECT dm_grant_access('gp.p', 'regress_gp_mask', 'gp_else', '{gp}') AS for_else \gset
RESET ROLE;
-- so that the grant on the view is not what keeps anybody out
GRANT USAGE ON SCHEMA gp_p_v1 TO regress_gp_none;
GRANT SELECT ON gp_p_v1.t TO regress_gp_none;

SET ROLE regress_gp_clear;
CREATE VIEW gp_app.v AS SELECT mail FROM gp_p_v1.t;
CREATE FUNCTION gp_app.plpg() RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN (SELECT mail FROM gp_p_v1.t); END $$;
CREATE FUNCTION gp_app.plpg_loop() RETURNS text LANGUAGE plpgsql AS $$ DECLARE r record; o text = ''; BEGIN FOR r IN SELECT * FROM gp_p_v1.t WHERE id > 0 LOOP o := o || r.mail; END LOOP; RETURN o; END $$;
CREATE FUNCTION gp_app.sql_inlined() RETURNS SETOF text LANGUAGE sql STABLE AS $$ SELECT mail FROM gp_p_v1.t $$;
CREATE FUNCTION gp_app.sql_called() RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT mail FROM gp_p_v1.t $$;
CREATE FUNCTION gp_app.sql_standard() RETURNS text LANGUAGE sql VOLATILE BEGIN ATOMIC SELECT mail FROM gp_p_v1.t; END;
CREATE FUNCTION gp_app.sql_definer() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$ SELECT mail FROM gp_p_v1.t $$;
CREATE FUNCTION gp_app.plpg_definer() RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN (SELECT mail FROM gp_p_v1.t); END $$;
CREATE FUNCTION gp_app.purposed() RETURNS text LANGUAGE sql SET datamesh.purpose = 'gp_else' AS $$ SELECT mail FROM gp_p_v1.t $$;
GRANT SELECT ON gp_app.v TO PUBLIC;
RESET ROLE;

-- every way to read, as each reader
SET plan_cache_mode = force_generic_plan;
SET datamesh.purpose = 'gp_all';
PREPARE plain AS SELECT mail FROM gp_p_v1.t;
PREPARE param(int) AS SELECT mail FROM gp_p_v1.t WHERE id = $1;
PREPARE sub AS SELECT (SELECT max(mail) FROM gp_p_v1.t), EXISTS (SELECT FROM gp_p_v1.t WHERE mail = 'ann@example.org');
PREPARE outer_join AS SELECT b.mail FROM gp_p_v1.t a LEFT JOIN gp_p_v1.t b ON a.mail = b.mail;
PREPARE setop AS SELECT mail FROM gp_p_v1.t UNION ALL SELECT mail FROM gp_p_v1.t WHERE false;
PREPARE whole AS SELECT t FROM gp_p_v1.t t;
PREPARE consumer AS SELECT mail FROM gp_app.v;
PREPARE cte AS WITH c AS MATERIALIZED (SELECT * FROM gp_p_v1.t) SELECT mail FROM c;
PREPARE inlined AS SELECT * FROM gp_app.sql_inlined();
CREATE FUNCTION pg_temp.read(reader text, way text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE 'SET LOCAL ROLE ' || reader;
	EXECUTE way INTO result;
	RESET ROLE;
	RETURN coalesce(result, 'null');
EXCEPTION WHEN OTHERS THEN
	RETURN CASE WHEN SQLSTATE IN ('42501', 'MD001') THEN 'refused' ELSE SQLSTATE END;
END $$;
CREATE TEMP TABLE ways AS SELECT * FROM unnest(ARRAY['EXECUTE plain', 'EXECUTE param(1)', 'EXECUTE sub', 'EXECUTE outer_join', 'EXECUTE setop',
	'EXECUTE whole', 'EXECUTE consumer', 'EXECUTE cte', 'EXECUTE inlined', 'SELECT gp_app.plpg()', 'SELECT gp_app.plpg_loop()', 'SELECT gp_app.sql_inlined()',
	'SELECT gp_app.sql_called()', 'SELECT gp_app.sql_standard()', 'SELECT gp_app.sql_definer()', 'SELECT gp_app.plpg_definer()',
	'SELECT gp_app.purposed()']) WITH ORDINALITY w(way, i);
CREATE VIEW pg_temp.all_ways AS SELECT way, pg_temp.read('regress_gp_owner', way) AS owner, pg_temp.read('regress_gp_clear', way) AS clear,
	pg_temp.read('regress_gp_mask', way) AS mask, pg_temp.read('regress_gp_none', way) AS none, pg_temp.read('regress_gp_clear', way) AS clear_again
FROM ways ORDER BY i;
TABLE pg_temp.all_ways;
-- the other way round
DISCARD PLANS;
SELECT way, pg_temp.read('regress_gp_none', way) AS none, pg_temp.read('regress_gp_mask', way) AS mask, pg_temp.read('regress_gp_clear', way) AS clear,
	pg_temp.read('regress_gp_pool', way) AS pool, pg_temp.read('regress_gp_mask', way) AS mask_again FROM ways ORDER BY i;

-- other purposes
SET datamesh.purpose = 'gp_part';
SELECT pg_temp.read('regress_gp_clear', way) AS clear, pg_temp.read('regress_gp_mask', way) AS mask, way FROM ways ORDER BY i LIMIT 2;
SET datamesh.purpose = 'gp_else';
SELECT pg_temp.read('regress_gp_clear', way) AS clear, pg_temp.read('regress_gp_mask', way) AS mask, way FROM ways ORDER BY i;
SET datamesh.purpose = 'gp_unknown';
SELECT pg_temp.read('regress_gp_clear', way) AS clear, pg_temp.read('regress_gp_mask', way) AS mask, way FROM ways ORDER BY i LIMIT 2;
RESET datamesh.purpose;
SELECT pg_temp.read('regress_gp_clear', way) AS clear, pg_temp.read('regress_gp_mask', way) AS mask, pg_temp.read('regress_gp_owner', way) AS owner, way FROM ways ORDER BY i LIMIT 2;
-- a setting that is taken back with its transaction
SET datamesh.purpose = 'gp_all';
SET ROLE regress_gp_mask;
EXECUTE plain;
BEGIN;
SET LOCAL datamesh.purpose = 'gp_else';
EXECUTE plain;
ROLLBACK;
EXECUTE plain;

-- a cursor goes on as it was opened; a new one is of the new reader
RESET ROLE;
BEGIN;
SET LOCAL ROLE regress_gp_mask;
DECLARE c SCROLL CURSOR FOR SELECT mail FROM gp_p_v1.t;
SET LOCAL ROLE regress_gp_clear;
FETCH c;
MOVE BACKWARD ALL FROM c;
SET LOCAL ROLE regress_gp_none;
FETCH c;
ROLLBACK;

-- changes by others: revoked, lowered, granted
SET ROLE regress_gp_owner;
SELECT dm_revoke_access(:for_else);
SELECT dm_grant_access('gp.p', 'regress_gp_none', 'gp_all', '{gp}') AS for_none \gset
RESET ROLE;
TABLE pg_temp.all_ways;
SELECT dm_revoke_access(:for_none);
REVOKE SELECT ON gp_p_v1.t FROM regress_gp_clear;
TABLE pg_temp.all_ways;

SET client_min_messages = warning;
DROP VIEW pg_temp.all_ways;
DROP TABLE ways;
DROP SCHEMA gp_app CASCADE;
SELECT dm_deprecate('gp.p'), dm_retire('gp.p'), dm_drop_domain('gp') \g /dev/null
DROP SCHEMA gp CASCADE;
SELECT dm_drop_tag('gp'), dm_drop_purpose('gp_part'), dm_drop_purpose('gp_all'), dm_drop_purpose('gp_else') \g /dev/null
DROP ROLE regress_gp_owner, regress_gp_clear, regress_gp_mask, regress_gp_none, regress_gp_pool;
