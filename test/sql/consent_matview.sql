-- Consents decide on rows of relations that cannot have row security, by the text of their ports.
SET client_min_messages = warning;
CREATE ROLE regress_cm_owner;
CREATE ROLE regress_cm_ann;
CREATE SCHEMA cm AUTHORIZATION regress_cm_owner;
DO $$ BEGIN
	PERFORM dm_register_purpose('cm_ads');
	PERFORM dm_register_purpose('cm_fraud');
END $$;
SET ROLE regress_cm_owner;
CREATE TABLE cm.customer AS SELECT i AS id, 'name ' || i AS name FROM generate_series(1, 8) i;
DO $$ BEGIN
	PERFORM dm_register_domain('cm', 'regress_cm_owner', '{cm}');
	PERFORM dm_register_subject('cm.customer', 'id');
	PERFORM dm_record_consent('{1,3,4,-7}'::text[], 'cm_ads', true);
END $$;
RESET client_min_messages;
SET plan_cache_mode = force_generic_plan;

CREATE MATERIALIZED VIEW cm.filled AS SELECT id AS who, name FROM cm.customer;
CREATE VIEW cm.over AS SELECT * FROM cm.filled;
SELECT dm_register_product('cm.m', open_ended => true);
SELECT dm_require_consent('cm.m', 'cm_ads');
SELECT dm_add_port('cm.m', 'cm.filled');
SELECT dm_publish('cm.m');
SELECT dm_grant_access('cm.m', 'regress_cm_ann', 'cm_ads') > 0 AS granted;
SELECT dm_grant_access('cm.m', 'regress_cm_ann', 'cm_fraud') > 0 AS granted;
SET datamesh.purpose = 'cm_ads';
PREPARE m AS SELECT count(*) FROM cm_m_v1.filled;
SET ROLE regress_cm_ann;
EXECUTE m;
SET ROLE regress_cm_owner;
SELECT dm_register_subject('cm.filled', 'who');
SELECT dm_add_port('cm.m', 'cm.over');
SELECT unaffected_ports FROM datamesh.consent_requirements WHERE product = 'cm.m';
ALTER MATERIALIZED VIEW cm.filled RENAME COLUMN who TO nr;
SELECT dm_add_port('cm.m', 'cm.filled', 'again');
SELECT relation, "column" FROM datamesh.subjects ORDER BY relation::text;
SET ROLE regress_cm_ann;
EXECUTE m;
SELECT * FROM cm_m_v1.again ORDER BY 1;
EXPLAIN (COSTS OFF) SELECT * FROM cm_m_v1.filled;
SET datamesh.purpose = 'cm_fraud';
EXECUTE m;
EXPLAIN (COSTS OFF) SELECT * FROM cm_m_v1.filled;
RESET ROLE;
SELECT dm_drop_subject('cm.filled', 'nr');
SET datamesh.purpose = 'cm_ads';
SET ROLE regress_cm_ann;
EXECUTE m;
RESET ROLE;
SELECT dm_deprecate('cm.m'), dm_retire('cm.m') \g /dev/null
DROP MATERIALIZED VIEW cm.filled CASCADE;


SET client_min_messages = warning;
SET ROLE regress_cm_owner;
SELECT dm_drop_domain('cm') \g /dev/null
RESET ROLE;
DROP SCHEMA cm CASCADE;
SELECT dm_drop_purpose('cm_ads'), dm_drop_purpose('cm_fraud') \g /dev/null
DROP ROLE regress_cm_owner, regress_cm_ann;
