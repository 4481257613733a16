-- The end of a product is told to its readers: once a session, each reader and each product.
CREATE ROLE regress_nt_owner;
CREATE ROLE regress_nt_reader;
CREATE ROLE regress_nt_second;
CREATE SCHEMA nt AUTHORIZATION regress_nt_owner;
SELECT dm_register_purpose('nt_reports');
SELECT dm_register_purpose('nt_reports.daily', parent => 'nt_reports') \g /dev/null
SET ROLE regress_nt_owner;
CREATE TABLE nt.t AS SELECT 1 AS id;
SELECT dm_register_domain('nt', schemas => '{nt}'), dm_register_product('nt.a', open_ended => true), dm_register_product('nt.b', open_ended => true), dm_register_product('nt.c', open_ended => true) \g /dev/null
SELECT count(dm_add_port('nt.' || p, 'nt.t', n)) FROM unnest('{a,b,c}'::text[]) p, unnest('{t,u}'::name[]) n;
SELECT count(dm_publish('nt.' || p)), count(dm_grant_access('nt.' || p, 'regress_nt_reader', 'nt_reports')), count(dm_grant_access('nt.' || p, 'regress_nt_second', 'nt_reports')) FROM unnest('{a,b,c}'::text[]) p;
SELECT dm_deprecate('nt.a', until => '2100-12-31', successor => 'nt.c'), dm_deprecate('nt.b') \g /dev/null
SET datamesh.purpose = 'nt_reports';
SET plan_cache_mode = force_generic_plan;
SET DateStyle = 'ISO';

-- the team is not told
SELECT * FROM nt_a_v1.t;
SET ROLE regress_nt_reader;
-- planning is reading
EXPLAIN (COSTS OFF) SELECT * FROM nt_a_v1.t;
SELECT * FROM nt_a_v1.t;
SELECT * FROM nt_a_v1.u;
-- one for each product of a query
SELECT a.id FROM nt_a_v1.t a, nt_b_v1.t b, nt_b_v1.u c, nt_c_v1.t d;
SELECT a.id FROM nt_a_v1.t a, nt_b_v1.t b, nt_b_v1.u c, nt_c_v1.t d;
-- another reader of the session
SET ROLE regress_nt_second;
SELECT * FROM nt_b_v1.t;
SELECT * FROM nt_b_v1.t;
SET ROLE regress_nt_reader;
SELECT * FROM nt_b_v1.t;
-- not again for another purpose, a cleared cache or a changed agreement
SET datamesh.purpose = '';
SELECT * FROM nt_b_v1.t;
SET datamesh.purpose = 'nt_reports.daily';
SELECT * FROM nt_b_v1.t;
SET datamesh.purpose = 'nt_reports';
DISCARD PLANS;
SELECT * FROM nt_b_v1.t;

-- one that ends while plans for it are kept
PREPARE c AS SELECT * FROM nt_c_v1.t;
CREATE FUNCTION pg_temp.c() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT id FROM nt_c_v1.t); END $$;
EXECUTE c;
SELECT pg_temp.c();
SET ROLE regress_nt_owner;
SELECT dm_deprecate('nt.c', until => '2100-01-01') \g /dev/null
SET ROLE regress_nt_reader;
EXECUTE c;
EXECUTE c;
SELECT pg_temp.c();
-- it is a notice like others
SET ROLE regress_nt_second;
SET client_min_messages = warning;
SELECT * FROM nt_c_v1.t;
RESET client_min_messages;
SELECT * FROM nt_c_v1.t;

RESET ROLE;
RESET DateStyle;
SET client_min_messages = warning;
DROP FUNCTION pg_temp.c;
SELECT dm_retire('nt.' || p) FROM unnest('{a,b,c}'::text[]) p \g /dev/null
SELECT dm_drop_domain('nt'), dm_drop_purpose('nt_reports.daily'), dm_drop_purpose('nt_reports') \g /dev/null
DROP SCHEMA nt CASCADE;
DROP ROLE regress_nt_owner, regress_nt_reader, regress_nt_second;
