-- Rows of subjects who have not consented are hidden from readers whose purpose asks for consent.
SET client_min_messages = warning;
CREATE ROLE regress_cb_owner;
CREATE ROLE regress_cb_etl;
CREATE ROLE regress_cb_ann;
CREATE ROLE regress_cb_eve;
CREATE SCHEMA cb AUTHORIZATION regress_cb_owner;
DO $$ BEGIN
	PERFORM dm_register_purpose('cb_ads');
	PERFORM dm_register_purpose('cb_mail', NULL, 'cb_ads');
	PERFORM dm_register_purpose('cb_post', NULL, 'cb_ads');
	PERFORM dm_register_purpose('cb_fraud');
END $$;
SET ROLE regress_cb_owner;
CREATE TABLE cb.customer (gone int, id int, name text);
ALTER TABLE cb.customer DROP COLUMN gone;
INSERT INTO cb.customer SELECT i, 'name ' || i FROM generate_series(1, 6) i;
INSERT INTO cb.customer VALUES (NULL, 'nobody'), (-5000, 'minus');
CREATE TABLE cb.orders (nr int, customer bigint, what text);
INSERT INTO cb.orders SELECT i, 1 + i % 6, 'order ' || i FROM generate_series(1, 12) i;
CREATE TABLE cb.shop (id int, city text);
INSERT INTO cb.shop VALUES (1, 'Rome');
CREATE VIEW cb.named AS SELECT o.nr, c.name FROM cb.orders o JOIN cb.customer c ON c.id = o.customer;
DO $$ BEGIN
	PERFORM dm_register_domain('cb', 'regress_cb_owner', '{cb}');
	PERFORM dm_add_producer('cb', 'regress_cb_etl');
	PERFORM dm_register_product('cb.people', open_ended => true);
	PERFORM dm_add_port('cb.people', 'cb.customer');
	PERFORM dm_add_port('cb.people', 'cb.named');
	PERFORM dm_publish('cb.people');
	PERFORM dm_register_product('cb.sales', open_ended => true);
	PERFORM dm_add_port('cb.sales', 'cb.orders');
	PERFORM dm_publish('cb.sales');
	PERFORM dm_grant_access('cb.people', 'regress_cb_ann', 'cb_ads');
	PERFORM dm_grant_access('cb.people', 'regress_cb_ann', 'cb_fraud');
	PERFORM dm_grant_access('cb.sales', 'regress_cb_ann', 'cb_ads');
END $$;
RESET client_min_messages;

-- without registered subjects, a requirement says what it does not do
SELECT dm_require_consent('cb.people', 'cb_ads');
SELECT product, purpose, unaffected_ports FROM datamesh.consent_requirements;
SELECT dm_register_subject('cb.customer', 'id');
SELECT dm_register_subject('cb.orders', 'customer');
SELECT relation, "column", kind, recorded_by FROM datamesh.subjects;
SELECT product, purpose, unaffected_ports FROM datamesh.consent_requirements;
-- a port that is added later says so, too
SELECT dm_register_product('cb.more');
SELECT dm_require_consent('cb.more', 'cb_ads');
SELECT dm_add_port('cb.more', 'cb.shop');
SELECT dm_add_port('cb.more', 'cb.customer');

-- nobody has consented as yet; the domain and other purposes see everything
SELECT count(*) FROM cb.customer;
SET ROLE regress_cb_ann;
SET datamesh.purpose = 'cb_ads';
SELECT count(*) FROM cb_people_v1.customer;
SELECT count(*) FROM cb_people_v1.named;
SET datamesh.purpose = 'cb_fraud';
SELECT count(*) FROM cb_people_v1.customer;
EXPLAIN (COSTS OFF) SELECT name FROM cb_people_v1.customer;
-- another product of the domain that asks for nothing
SET datamesh.purpose = 'cb_ads';
SELECT count(*) FROM cb_sales_v1.orders;

-- consents
SET ROLE regress_cb_owner;
SELECT dm_record_consent('1', 'cb_ads', true, evidence => 'form 1');
SELECT dm_record_consent('{2,3,4, 4 ,-5000}'::text[], 'cb_ads', true);
SET ROLE regress_cb_ann;
SELECT * FROM cb_people_v1.customer ORDER BY id;
SELECT * FROM cb_people_v1.named ORDER BY nr;
EXPLAIN (COSTS OFF) SELECT name FROM cb_people_v1.customer WHERE name = 'x';
-- withdrawn, and given for a purpose below
SET ROLE regress_cb_owner;
SELECT dm_record_consent('2', 'cb_ads', false);
SELECT dm_record_consent('3', 'cb_mail', false);
SELECT dm_record_consent('5', 'cb_mail', true);
SET ROLE regress_cb_ann;
SELECT id FROM cb_people_v1.customer ORDER BY id;
SET datamesh.purpose = 'cb_mail';
SELECT id FROM cb_people_v1.customer ORDER BY id;
SET datamesh.purpose = 'cb_post';
SELECT id FROM cb_people_v1.customer ORDER BY id;
-- what is hidden is hidden from everything that looks
SELECT count(*), max(name), EXISTS (SELECT FROM cb_people_v1.customer WHERE name = 'name 2') FROM cb_people_v1.customer;
SELECT 1 / (id - 2) FROM cb_people_v1.customer WHERE 1 / (id - 2) > 0;
CREATE FUNCTION pg_temp.peep(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$ BEGIN RAISE NOTICE 'peeped at %', $1; RETURN true; END $$;
SELECT count(*) FROM cb_people_v1.customer WHERE pg_temp.peep(name);
DROP FUNCTION pg_temp.peep;

-- in one transaction and in one function
RESET ROLE;
CREATE FUNCTION cb.seen() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	n int;
BEGIN
	SET LOCAL ROLE regress_cb_ann;
	SELECT count(*) INTO n FROM cb_people_v1.customer;
	RESET ROLE;
	RETURN n;
END $$;
SET plan_cache_mode = force_generic_plan;
SET datamesh.purpose = 'cb_ads';
DO $$
BEGIN
	RAISE NOTICE 'seen %', cb.seen();
	PERFORM dm_record_consent('6', 'cb_ads', true);
	RAISE NOTICE 'seen % after a consent', cb.seen();
	BEGIN
		PERFORM dm_record_consent('{1,2,3,4,5}'::text[], 'cb_ads', false);
		RAISE NOTICE 'seen % within', cb.seen();
		RAISE EXCEPTION 'taken back';
	EXCEPTION WHEN raise_exception THEN
		RAISE NOTICE 'seen % after it was taken back', cb.seen();
	END;
	PERFORM dm_record_consent('6', 'cb_ads', false);
	RAISE NOTICE 'seen % after it was withdrawn', cb.seen();
END $$;
-- a cursor sees what its snapshot sees
BEGIN;
SET LOCAL ROLE regress_cb_ann;
DECLARE c CURSOR FOR SELECT id FROM cb_people_v1.customer;
FETCH 1 FROM c;
RESET ROLE;
SELECT dm_record_consent('{3,4}'::text[], 'cb_ads', false);
SET LOCAL ROLE regress_cb_ann;
SELECT count(*) FROM cb_people_v1.customer;
-- nor does it follow another purpose
SET LOCAL datamesh.purpose = 'cb_mail';
FETCH ALL FROM c;
ROLLBACK;

-- plans made before the requirement, before the registration, and for others
PREPARE p AS SELECT count(*) FROM cb_sales_v1.orders;
SET ROLE regress_cb_ann;
EXECUTE p;
RESET ROLE;
SELECT dm_require_consent('cb.sales', 'cb_mail');
SET ROLE regress_cb_ann;
EXECUTE p;
SET datamesh.purpose = 'cb_mail';
EXECUTE p;
RESET ROLE;
EXECUTE p;
SET ROLE regress_cb_etl;
EXECUTE p;
SET ROLE regress_cb_owner;
SELECT dm_drop_consent_requirement('cb.sales', 'cb_mail', 'no longer');
SELECT dm_drop_consent_requirement('cb.sales', 'cb_mail');
SELECT dm_require_consent('cb.people', 'cb_ads');
SET ROLE regress_cb_ann;
EXECUTE p;

-- the column is renamed
SET ROLE regress_cb_owner;
ALTER TABLE cb.customer RENAME COLUMN id TO customer_nr;
SELECT relation, "column", kind FROM datamesh.subjects ORDER BY relation::text;
SET ROLE regress_cb_ann;
SET datamesh.purpose = 'cb_ads';
SELECT count(*) FROM cb_people_v1.customer;
RESET ROLE;

-- status and history
SET ROLE regress_cb_owner;
SELECT consented, decided_for, recorded_by, evidence FROM dm_consent_status('1', 'cb_post');
SELECT consented, decided_for, recorded_by, evidence FROM dm_consent_status('3', 'cb_mail');
SELECT consented, decided_for FROM dm_consent_status('99', 'cb_ads');
SELECT consented, decided_for FROM dm_consent_status('1', 'cb_fraud');
SELECT subject, purpose, granted, evidence, recorded_by FROM datamesh.consents ORDER BY id;
-- the producers of the domain record, others neither record nor ask
SET ROLE regress_cb_etl;
SELECT dm_record_consent('5', 'cb_ads', true);
SELECT consented FROM dm_consent_status('5', 'cb_ads');
SET ROLE regress_cb_ann;
SELECT dm_record_consent('5', 'cb_ads', true);
SELECT dm_consent_status('5', 'cb_ads');
SELECT count(*) FROM datamesh.consents;
SELECT count(*) FROM datamesh.subjects;
SELECT datamesh.has_consent('person', '{cb_ads}', 5);
SELECT datamesh.consented(1, 5);
SELECT datamesh.has_consent('person', '{cb_ads}', id) FROM cb_people_v1.customer c(id, name);
SELECT datamesh.consented(id, 5) FROM datamesh.subject;
SELECT dm_require_consent('cb.people', 'cb_fraud');
SELECT dm_register_subject('cb.shop', 'id');
RESET ROLE;
SELECT datamesh.has_consent('person', '{cb_ads}', 5), datamesh.has_consent('person', '{cb_ads}', 5::bigint), datamesh.has_consent('person', '{cb_mail,cb_ads}', 3::smallint);
-- with arguments that are no constants
SELECT p, datamesh.has_consent('person', ARRAY[p], 5) FROM (VALUES ('cb_ads'), ('cb_fraud'), ('cb_ads')) v(p);
SELECT datamesh.has_consent('nothing', '{cb_ads}', 5);

-- errors
SET ROLE regress_cb_owner;
SELECT dm_record_consent('x', 'cb_ads', true);
SELECT dm_record_consent('1', 'cb_add', true);
SELECT dm_record_consent('1', 'cb_ads', NULL);
SELECT dm_record_consent('1', 'cb_ads', true, 'persons');
SELECT dm_record_consent(NULL::text, 'cb_ads', true);
SELECT dm_record_consent(NULL::text[], 'cb_ads', true);
SELECT dm_record_consent(ARRAY['1', NULL], 'cb_ads', true);
SELECT dm_record_consent('{}'::text[], 'cb_ads', true);
SELECT dm_register_subject('cb.customer', 'customer_nr');
SELECT dm_register_subject('cb.customer', 'customer_id');
SELECT dm_register_subject('cb.customer', 'name');
SELECT dm_register_subject('cb.named', 'nr');
SELECT dm_register_subject('cb.shop', 'id', 'no word');
SELECT dm_register_subject('pg_class', 'oid');
SELECT dm_drop_subject('cb.shop', 'id');
SELECT dm_drop_consent_requirement('cb.people', 'cb_fraud');
RESET ROLE;

-- who profits does not take it back
SELECT dm_grant_access('cb.people', 'regress_cb_eve', 'cb_mail') > 0 AS granted;
GRANT regress_cb_eve TO regress_cb_owner;
SET ROLE regress_cb_owner;
\set VERBOSITY sqlstate
SELECT dm_drop_consent_requirement('cb.people', 'cb_ads');
SELECT dm_drop_subject('cb.customer', 'customer_nr');
\set VERBOSITY default
RESET ROLE;
REVOKE regress_cb_eve FROM regress_cb_owner;
-- what names a purpose keeps it
SELECT dm_register_purpose('cb_other');
SELECT dm_require_consent('cb.people', 'cb_other');
SELECT dm_drop_purpose('cb_other');
SELECT dm_drop_consent_requirement('cb.people', 'cb_other');
SELECT dm_record_consent('1', 'cb_other', false);
SELECT dm_drop_purpose('cb_other');

-- taken back
SET ROLE regress_cb_owner;
SELECT dm_drop_subject('cb.customer', 'customer_nr', 'a test');
SELECT kind, object, old, new, reason FROM datamesh.governance_changes WHERE kind = 'consent' ORDER BY id;
SELECT relation, "column" FROM datamesh.subjects ORDER BY relation::text;
SELECT polname FROM pg_policy WHERE polrelid = 'cb.customer'::regclass;
SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = 'cb.customer'::regclass;
CREATE TABLE cb.passing (id int);
SELECT dm_register_subject('cb.passing', 'id');
DROP TABLE cb.passing;
RESET ROLE;
SELECT count(*) FROM datamesh.subject;

SET client_min_messages = warning;
SELECT dm_deprecate('cb.people'), dm_retire('cb.people'), dm_deprecate('cb.sales'), dm_retire('cb.sales'), dm_retire('cb.more'), dm_drop_domain('cb') \g /dev/null
SELECT count(*) FROM datamesh.consent_requirement;
SELECT count(*) FROM datamesh.subject_kind;
SELECT count(*) FROM datamesh.consent_set;
DROP SCHEMA cb CASCADE;
SELECT dm_drop_purpose('cb_mail'), dm_drop_purpose('cb_post'), dm_drop_purpose('cb_ads'), dm_drop_purpose('cb_fraud'), dm_drop_purpose('cb_other') \g /dev/null
DROP ROLE regress_cb_owner, regress_cb_etl, regress_cb_ann, regress_cb_eve;
