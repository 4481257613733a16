-- Attributes: inherited, constant in the plan, and never out of date.
SET client_min_messages = warning;
CREATE ROLE regress_ra_owner;
CREATE ROLE regress_ra_steward;
CREATE ROLE regress_ra_group;
CREATE ROLE regress_ra_anna IN ROLE regress_ra_group;
CREATE ROLE regress_ra_noin NOINHERIT;
GRANT regress_ra_group TO regress_ra_noin;
CREATE ROLE regress_ra_bert;
GRANT regress_ra_owner TO CURRENT_USER;
GRANT EXECUTE ON FUNCTION dm_set_attribute, dm_drop_attribute TO regress_ra_steward;
GRANT regress_ra_steward TO CURRENT_USER;
CREATE SCHEMA ra AUTHORIZATION regress_ra_owner;
SELECT dm_register_domain('ra', 'regress_ra_owner', '{ra}');
SELECT dm_register_purpose('ra_reporting');
SET ROLE regress_ra_owner;
CREATE TABLE ra.sale (id int PRIMARY KEY, country text, agent text, amount int);
INSERT INTO ra.sale SELECT g, (ARRAY['nl', 'de', 'fr'])[1 + g % 3], 'regress_ra_' || (ARRAY['anna', 'bert'])[1 + g % 2], g FROM generate_series(1, 30) g;
CREATE INDEX sale_country ON ra.sale (country);
ANALYZE ra.sale;
SELECT dm_register_product('ra.sales', open_ended => true);
SELECT dm_add_port('ra.sales', 'ra.sale');
SELECT dm_publish('ra.sales');
SELECT count(dm_grant_access('ra.sales', r, 'ra_reporting')) FROM unnest('{regress_ra_group, regress_ra_bert}'::regrole[]) r;
SELECT dm_add_row_policy('ra.sale', 'country', $$ country = ANY (dm_attribute('country')) $$);

-- who may set them
SELECT dm_set_attribute('regress_ra_group', 'country', 'nl');
SET ROLE regress_ra_steward;
SELECT dm_set_attribute('regress_ra_group', 'country', 'nl', 'nl');
SELECT dm_set_attribute('regress_ra_steward', 'country', 'nl');
SELECT dm_set_attribute('regress_ra_group', 'country', VARIADIC '{}');
SELECT dm_set_attribute('regress_ra_group', 'Country', 'nl');
SELECT dm_set_attribute('regress_ra_anna', 'country', 'de', 'nl');
SELECT dm_drop_attribute('regress_ra_anna', 'region');
RESET ROLE;
GRANT regress_ra_bert TO regress_ra_steward;
SET ROLE regress_ra_steward;
SELECT dm_set_attribute('regress_ra_bert', 'country', 'nl');
RESET ROLE;
REVOKE regress_ra_bert FROM regress_ra_steward;
SET ROLE regress_ra_steward;
SELECT role, key, vals, set_by FROM datamesh.role_attributes WHERE role::text LIKE 'regress_ra\_%' ORDER BY role::text, key;

-- a union over the roles whose privileges the reader has
SET ROLE regress_ra_group;
SELECT dm_attribute('country'), dm_attribute('nosuch'), dm_attribute(''), dm_attribute(repeat('x', 1000)), dm_attribute(NULL);
SELECT role, key, vals FROM datamesh.role_attributes WHERE role::text LIKE 'regress_ra\_%' ORDER BY role::text, key;
SET ROLE regress_ra_anna;
SELECT dm_attribute('country'), dm_reader(), dm_purpose();
SET ROLE regress_ra_noin;
SELECT dm_attribute('country');
SET ROLE regress_ra_bert;
SELECT dm_attribute('country');
-- a superuser has what is set for him
RESET ROLE;
SELECT dm_attribute('country');

-- the policy, with an index condition
SET datamesh.purpose = 'ra_reporting';
SET ROLE regress_ra_anna;
SELECT dm_purpose();
SELECT country, count(*) FROM ra_sales_v1.sale GROUP BY 1 ORDER BY 1;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT * FROM ra_sales_v1.sale;
SET ROLE regress_ra_group;
EXPLAIN (COSTS OFF) SELECT * FROM ra_sales_v1.sale;
RESET enable_seqscan;
RESET enable_bitmapscan;
SET ROLE regress_ra_bert;
SELECT country, count(*) FROM ra_sales_v1.sale GROUP BY 1 ORDER BY 1;

-- one plan for all, if it could
SET plan_cache_mode = force_generic_plan;
PREPARE q AS SELECT country, count(*) FROM ra_sales_v1.sale GROUP BY 1 ORDER BY 1;
EXECUTE q;
SET ROLE regress_ra_anna;
EXECUTE q;
RESET ROLE;
SELECT dm_set_attribute('regress_ra_bert', 'country', 'fr');
SELECT dm_drop_attribute('regress_ra_anna', 'country');
SET ROLE regress_ra_anna;
EXECUTE q;
SET ROLE regress_ra_bert;
EXECUTE q;
RESET ROLE;
GRANT regress_ra_group TO regress_ra_bert;
SET ROLE regress_ra_bert;
EXECUTE q;
RESET ROLE;
REVOKE regress_ra_group FROM regress_ra_bert;
SET ROLE regress_ra_bert;
EXECUTE q;
-- also where no table is read
PREPARE a AS SELECT dm_attribute('country'), dm_reader(), dm_purpose();
EXECUTE a;
SET ROLE regress_ra_anna;
SET datamesh.purpose = '';
EXECUTE a;
RESET ROLE;
ALTER ROLE regress_ra_anna RENAME TO regress_ra_annie;
SET ROLE regress_ra_annie;
EXECUTE a;
RESET ROLE;
ALTER ROLE regress_ra_annie RENAME TO regress_ra_anna;

-- a plan that a function keeps does not outlive what it was made from
CREATE FUNCTION pg_temp.mine() RETURNS text LANGUAGE sql STABLE SET search_path = public
	AS $$ SELECT dm_reader() || ' ' || dm_attribute('country')::text $$;
CREATE FUNCTION pg_temp.try() RETURNS text LANGUAGE plpgsql AS
	$$ BEGIN RETURN pg_temp.mine(); EXCEPTION WHEN SQLSTATE 'MD006' THEN RETURN sqlstate; END $$;
CREATE FUNCTION pg_temp.as_role(r text) RETURNS text LANGUAGE plpgsql AS
	$$ BEGIN EXECUTE format('SET LOCAL ROLE %I', r); RETURN pg_temp.try(); END $$;
SELECT r, pg_temp.as_role(r) IN ('MD006', format('%s %s', r, CASE r WHEN 'regress_ra_anna' THEN '{nl}' ELSE '{fr}' END))
FROM unnest('{regress_ra_anna, regress_ra_bert, regress_ra_anna}'::text[]) r;
RESET ROLE;

-- name and purpose in a predicate
SET ROLE regress_ra_owner;
SELECT dm_alter_row_policy('ra.sale', 'country', 'agent = dm_reader() AND dm_purpose() = ''ra_reporting''');
SET datamesh.purpose = 'ra_reporting';
SET ROLE regress_ra_anna;
SELECT agent, count(*) FROM ra_sales_v1.sale GROUP BY 1;
EXPLAIN (COSTS OFF) SELECT * FROM ra_sales_v1.sale;

-- a dropped role takes its attributes with it
RESET ROLE;
SELECT dm_set_attribute('regress_ra_noin', 'country', 'xx');
REVOKE regress_ra_group FROM regress_ra_noin;
DROP ROLE regress_ra_noin;
SELECT role FROM datamesh.role_attribute WHERE role::text ~ '^[0-9]';
SELECT old, new FROM datamesh.governance_changes WHERE kind = 'attribute' AND object = 'country of regress_ra_bert' ORDER BY id;
