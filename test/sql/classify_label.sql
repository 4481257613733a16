-- dm_classify and SECURITY LABEL are the same: checked, and in force in the same transaction.
CREATE ROLE regress_cl_owner;
CREATE ROLE regress_cl_reader;
CREATE ROLE regress_cl_other;
CREATE SCHEMA cl AUTHORIZATION regress_cl_owner;
SELECT dm_register_purpose('cl_reports');
SELECT dm_create_tag('cl', mask => 'dm_mask_text(1)'), dm_create_tag('cl.email', mask => 'dm_mask_email()'), dm_create_tag('cl.secret', mask => 'dm_mask_null()'), dm_create_tag('cl_note') \g /dev/null
SET ROLE regress_cl_owner;
CREATE TABLE cl.t (id int, email text, note varchar(20));
INSERT INTO cl.t VALUES (1, 'ann@example.org', 'hello');
CREATE VIEW cl.v AS SELECT id, email, note AS "Odd, name" FROM cl.t;
CREATE MATERIALIZED VIEW cl.m AS SELECT email FROM cl.t;
SELECT dm_register_domain('cl', schemas => '{cl}'), dm_register_product('cl.p', open_ended => true) \g /dev/null
SELECT dm_add_port('cl.p', 'cl.t'), dm_add_port('cl.p', 'cl.v'), dm_add_port('cl.p', 'cl.m'), dm_publish('cl.p') \g /dev/null
SELECT dm_grant_access('cl.p', 'regress_cl_reader', 'cl_reports') > 0 AS granted;
CREATE VIEW pg_temp.labels AS
SELECT objoid::regclass AS relation, attname AS "column", label FROM pg_seclabels s JOIN pg_attribute a ON a.attrelid = s.objoid AND a.attnum = s.objsubid
WHERE provider = 'datamesh' AND objoid::regclass::text LIKE 'cl.%' ORDER BY objoid::regclass::text COLLATE "C", attnum;
GRANT SELECT ON pg_temp.labels TO PUBLIC;
SET datamesh.purpose = 'cl_reports';
SET plan_cache_mode = force_generic_plan;
SET ROLE regress_cl_reader;
PREPARE q AS SELECT t.email, t.note, v.email AS v_email, "Odd, name", m.email AS m_email FROM cl_p_v1.t, cl_p_v1.v, cl_p_v1.m;
EXECUTE q;

-- one by function, one by statement
SET ROLE regress_cl_owner;
SELECT dm_classify('cl.t', 'email', 'cl.email', 'cl_note');
SECURITY LABEL FOR datamesh ON COLUMN cl.t.note IS E'  cl_note,cl.secret ,\n\tcl_note ';
TABLE pg_temp.labels;
SET ROLE regress_cl_reader;
EXECUTE q;
SET ROLE regress_cl_owner;
SECURITY LABEL FOR datamesh ON COLUMN cl.t.email IS 'cl';
SELECT dm_classify('cl.t', 'note', VARIADIC '{cl_note}');
SELECT dm_classify('cl.v', 'Odd, name', 'cl.email');
SET ROLE regress_cl_reader;
EXECUTE q;
SELECT port, "column", tags FROM datamesh.port_columns WHERE product = 'cl.p' AND tags <> '{}' ORDER BY port, position;

-- in force within the transaction, gone with it; in a subtransaction, too
SET ROLE regress_cl_owner;
BEGIN;
SELECT dm_classify('cl.t', 'id', 'cl.secret');
SET LOCAL ROLE regress_cl_reader;
SELECT * FROM cl_p_v1.t;
SAVEPOINT s;
SET LOCAL ROLE regress_cl_owner;
SECURITY LABEL FOR datamesh ON COLUMN cl.t.id IS NULL;
SET LOCAL ROLE regress_cl_reader;
SELECT * FROM cl_p_v1.t;
ROLLBACK TO s;
SELECT * FROM cl_p_v1.t;
ROLLBACK;
SET ROLE regress_cl_reader;
SELECT * FROM cl_p_v1.t;

-- what is not accepted, by either way
SET ROLE regress_cl_owner;
SELECT dm_classify('cl.t', 'email', 'cl.emial');
SECURITY LABEL FOR datamesh ON COLUMN cl.t.email IS 'cl.email, cl.secrets';
SECURITY LABEL FOR datamesh ON COLUMN cl.t.email IS '';
SECURITY LABEL FOR datamesh ON COLUMN cl.t.email IS 'cl.email,';
SECURITY LABEL FOR datamesh ON COLUMN cl.t.email IS 'domain:cl';
SECURITY LABEL FOR datamesh ON COLUMN cl.t.email IS 'cl.email; DROP TABLE cl.t';
SELECT dm_classify('cl.t', 'email', 'CL.email');
SELECT dm_classify('cl.t', 'email', '');
SELECT dm_classify('cl.t', 'email', 'cl', NULL);
SELECT dm_classify('cl.t', 'email', VARIADIC NULL::text[]);
SELECT dm_classify('cl.t', 'emial', 'cl.email');
SELECT dm_classify('cl.t', NULL, 'cl.email');
SELECT dm_classify('cl.t', 'ctid', 'cl.email');
SELECT dm_classify(NULL, 'email', 'cl.email');
SELECT dm_classify(0::regclass, 'email', 'cl.email');
SELECT dm_classify('cl.t', 'id', 'cl.email');
SELECT dm_classify('cl_p_v1.t', 'email', 'cl_note');
SECURITY LABEL FOR datamesh ON COLUMN cl_p_v1.t.email IS NULL;
CREATE TEMP TABLE cl_temp AS SELECT 1 AS id;
SELECT dm_classify('cl_temp', 'id', 'cl.secret');
-- other labels of ours are no users' business
SECURITY LABEL FOR datamesh ON TABLE cl.t IS 'cl.email';
SECURITY LABEL FOR datamesh ON SCHEMA cl IS NULL;
SECURITY LABEL FOR datamesh ON SCHEMA cl IS 'domain:other';
SECURITY LABEL FOR datamesh ON SCHEMA cl_p_v1 IS NULL;
RESET ROLE;
SECURITY LABEL FOR datamesh ON ROLE regress_cl_owner IS 'cl.email';
SECURITY LABEL FOR datamesh ON FUNCTION lower(text) IS 'mask';
SECURITY LABEL FOR datamesh ON SCHEMA cl IS 'domain:other';
-- nor is the table of somebody else
SET ROLE regress_cl_other;
SELECT dm_classify('cl_p_v1.t', 'email');
SECURITY LABEL FOR datamesh ON COLUMN pg_catalog.pg_class.relname IS 'cl.email';
TABLE pg_temp.labels;

-- pg_dump's switch loosens what is looked up, not what is in force
SET ROLE regress_cl_owner;
SET check_function_bodies = off;
SELECT dm_classify('cl.t', 'note', 'cl.secret');
SECURITY LABEL FOR datamesh ON COLUMN cl.t.id IS 'cl_not_yet';
RESET check_function_bodies;
SET ROLE regress_cl_reader;
SELECT * FROM cl_p_v1.t;
SET ROLE regress_cl_owner;
SELECT dm_classify('cl.t', 'id');

-- no tag at all opens the column
SELECT dm_classify('cl.t', 'email'), dm_classify('cl.t', 'note'), dm_classify('cl.v', 'Odd, name');
SET ROLE regress_cl_reader;
EXECUTE q;
TABLE pg_temp.labels;

RESET ROLE;
SET client_min_messages = warning;
SELECT dm_deprecate('cl.p'), dm_retire('cl.p'), dm_drop_domain('cl') \g /dev/null
DROP TABLE cl_temp;
DROP VIEW pg_temp.labels;
DROP SCHEMA cl CASCADE;
SELECT dm_drop_tag('cl.email'), dm_drop_tag('cl.secret'), dm_drop_tag('cl'), dm_drop_tag('cl_note'), dm_drop_purpose('cl_reports') \g /dev/null
DROP ROLE regress_cl_owner, regress_cl_reader, regress_cl_other;
