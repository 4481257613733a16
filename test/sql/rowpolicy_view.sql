-- Row policies where there is no row security: views, materialised views, foreign tables.
SET client_min_messages = warning;
CREATE ROLE regress_rv_owner;
CREATE ROLE regress_rv_in;
CREATE ROLE regress_rv_out;
GRANT regress_rv_owner TO CURRENT_USER;
CREATE SCHEMA rv AUTHORIZATION regress_rv_owner;
SELECT dm_register_domain('rv', 'regress_rv_owner', '{rv}');
SELECT dm_register_purpose('rv_reporting'), dm_register_purpose('rv_audit') \g /dev/null
SELECT dm_set_attribute('regress_rv_out', 'country', 'nl');
SET ROLE regress_rv_owner;
CREATE TABLE rv.base (id int, country text, secret text);
INSERT INTO rv.base SELECT g, (ARRAY['nl', 'de'])[1 + g % 2], 's' || g FROM generate_series(1, 6) g;
CREATE VIEW rv.v AS SELECT id, country, secret FROM rv.base WHERE id < 6;
CREATE MATERIALIZED VIEW rv.m AS SELECT * FROM rv.base;
CREATE INDEX m_id ON rv.m (id);
CREATE INDEX m_country ON rv.m (country);
INSERT INTO rv.base SELECT g, 'be', 'x' FROM generate_series(100, 600) g;
REFRESH MATERIALIZED VIEW rv.m;
DELETE FROM rv.base WHERE id >= 100;
ANALYZE rv.m;
CREATE TABLE rv.allowed (country text);
INSERT INTO rv.allowed VALUES ('nl');
SELECT dm_register_product('rv.p', open_ended => true);
SELECT dm_add_port('rv.p', 'rv.v'), dm_add_port('rv.p', 'rv.m');
SELECT dm_publish('rv.p');
SELECT count(dm_grant_access('rv.p', 'regress_rv_out', p)) FROM unnest('{rv_reporting, rv_audit}'::text[]) p;
SELECT dm_add_row_policy('rv.v', 'country', $$ country = ANY (dm_attribute('country')) $$, '{purpose:rv_reporting}');
SELECT dm_add_row_policy('rv.m', 'country', $$ country = ANY (dm_attribute('country')) $$, '{purpose:rv_reporting}');
SELECT pg_get_viewdef('rv_p_v1.v') ~ 'datamesh.restricts' AS restricts;
SELECT reloptions FROM pg_class WHERE oid IN ('rv_p_v1.v'::regclass, 'rv_p_v1.m'::regclass);

-- inside, and outside for another purpose: the plan of the plain view
EXPLAIN (COSTS OFF) SELECT * FROM rv_p_v1.v WHERE id = 1;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT * FROM rv_p_v1.m WHERE id = 1;
SET ROLE regress_rv_out;
SET datamesh.purpose = 'rv_audit';
EXPLAIN (COSTS OFF) SELECT * FROM rv_p_v1.m WHERE id = 1;
SET enable_seqscan = on;
EXPLAIN (COSTS OFF) SELECT * FROM rv_p_v1.v WHERE id = 1;
SET enable_seqscan = off;
SELECT count(*) FROM rv_p_v1.v;
-- outside, restricted
SET datamesh.purpose = 'rv_reporting';
SELECT * FROM rv_p_v1.v ORDER BY id;
SELECT * FROM rv_p_v1.m ORDER BY id;
EXPLAIN (COSTS OFF) SELECT * FROM rv_p_v1.m;
EXPLAIN (COSTS OFF) SELECT * FROM rv_p_v1.m WHERE id = 1 AND country IS NOT NULL;
RESET enable_seqscan;
RESET enable_bitmapscan;
CREATE FUNCTION pg_temp.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001
	AS $$ BEGIN RAISE WARNING 'saw %', $1; RETURN true; END $$;
SELECT count(*) FROM rv_p_v1.v WHERE pg_temp.leak(secret);
SELECT count(*) FROM rv_p_v1.m WHERE pg_temp.leak(secret);
SELECT count(*) FROM rv_p_v1.v JOIN rv_p_v1.m ON pg_temp.leak(v.secret || m.secret) AND v.id = m.id;

-- a look into another table of the domain, with the rights of the owner
SET ROLE regress_rv_owner;
SELECT dm_alter_row_policy('rv.m', 'country', 'EXISTS (SELECT FROM allowed a WHERE a.country = m.country)');
SELECT dm_alter_row_policy('rv.v', 'country', 'country IN (SELECT a.country FROM allowed a)');
SET ROLE regress_rv_out;
SELECT * FROM rv_p_v1.m ORDER BY id;
SELECT * FROM rv_p_v1.v ORDER BY id;
SELECT * FROM rv.allowed;

-- masks, and a later port, stand beside it
RESET ROLE;
SELECT dm_create_tag('rv_secret', mask => 'dm_mask_null()');
SET ROLE regress_rv_owner;
SELECT dm_classify('rv.base', 'secret', 'rv_secret');
SELECT dm_add_port('rv.p', 'rv.m', 'm2', '{id, secret}');
SET ROLE regress_rv_out;
SELECT * FROM rv_p_v1.m ORDER BY id;
SELECT * FROM rv_p_v1.m2 ORDER BY id;

-- what would leave it behind is refused
SET ROLE regress_rv_owner;
ALTER VIEW rv.v RENAME COLUMN country TO land;
ALTER MATERIALIZED VIEW rv.m RENAME COLUMN country TO land;
SELECT dm_alter_row_policy('rv.v', 'country', 'id IN (SELECT id FROM rv_p_v1.v)');
-- and what goes past it is told
CREATE VIEW rv.w AS SELECT * FROM rv.v;
SELECT dm_add_port('rv.p', 'rv.w');
SELECT dm_add_row_policy('rv.v', 'id', 'id > 1');
SELECT dm_add_row_policy('rv.base', 'id', 'id > 1');
SELECT dm_drop_row_policy('rv.base', 'id');

-- gone again
SELECT dm_drop_row_policy('rv.v', 'id');
SELECT dm_drop_row_policy('rv.v', 'country');
SELECT pg_get_viewdef('rv_p_v1.v') ~ 'datamesh.restricts' AS restricts;
SELECT reloptions FROM pg_class WHERE oid = 'rv_p_v1.v'::regclass;
ALTER VIEW rv.v RENAME COLUMN country TO land;
SET ROLE regress_rv_out;
SELECT count(*) FROM rv_p_v1.v;

-- a foreign table keeps its barrier
RESET ROLE;
CREATE EXTENSION file_fdw;
CREATE SERVER regress_rv_server FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE rv.f (id int, country text) SERVER regress_rv_server
	OPTIONS (program 'printf "1,nl\n2,de\n3,nl\n"', format 'csv');
ALTER FOREIGN TABLE rv.f OWNER TO regress_rv_owner;
SET ROLE regress_rv_owner;
SELECT dm_add_port('rv.p', 'rv.f');
SELECT dm_add_row_policy('rv.f', 'country', 'country = ''nl''', '{purpose:rv_reporting}');
SELECT pg_get_viewdef('rv_p_v1.f') ~ 'datamesh.restricts' AS restricts;
SELECT count(*) FROM rv_p_v1.f;
SET ROLE regress_rv_out;
SELECT * FROM rv_p_v1.f WHERE pg_temp.leak(id::text);
SET datamesh.purpose = 'rv_audit';
SELECT count(*) FROM rv_p_v1.f;
RESET ROLE;
SELECT relation, name FROM datamesh.row_policies WHERE domain = 'rv' ORDER BY name, relation::text;

-- a port that goes past the policies of what it shows
SET ROLE regress_rv_owner;
CREATE MATERIALIZED VIEW rv.over AS SELECT * FROM rv.v;
SELECT dm_add_row_policy('rv.base', 'all', 'id > 0');
SELECT dm_add_port('rv.p', 'rv.over');
SELECT dm_add_port('rv.p', 'rv.m', 'again');
RESET ROLE;
