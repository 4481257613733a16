-- ALTER TABLE of a migration tool, with the ports out of the way.
CREATE ROLE regress_et_owner;
CREATE ROLE regress_et_reader;
CREATE ROLE regress_et_other;
CREATE SCHEMA et AUTHORIZATION regress_et_owner;
CREATE SCHEMA etr AUTHORIZATION regress_et_reader;
SELECT dm_register_purpose('et_reports');
SET ROLE regress_et_owner;
CREATE TABLE et.t (id int, amount int, note text) PARTITION BY LIST (id);
CREATE TABLE et.t1 PARTITION OF et.t FOR VALUES IN (1);
INSERT INTO et.t VALUES (1, 10, 'x');
SELECT dm_register_domain('et', schemas => '{et}');
SELECT dm_add_producer('et', 'regress_et_other');
GRANT USAGE ON SCHEMA et TO regress_et_other;
SELECT dm_register_product('et.p');
SELECT dm_add_port('et.p', 'et.t'), dm_add_port('et.p', 'et.t1');
SELECT dm_publish('et.p');
SELECT dm_grant_access('et.p', 'regress_et_reader', 'et_reports', until => now() + interval '1 day') > 0 AS granted;
SET ROLE regress_et_reader;
SET datamesh.purpose = 'et_reports';
CREATE VIEW etr.v AS SELECT id, amount FROM et_p_v1.t;
SET ROLE regress_et_owner;
-- off, as it is by default
SHOW datamesh.transparent_evolution;
ALTER TABLE et.t ALTER amount TYPE bigint;
SET datamesh.transparent_evolution = on;
ALTER TABLE et.t ALTER amount TYPE bigint;
SELECT attrelid::regclass, atttypid::regtype FROM pg_attribute WHERE attname = 'amount'
	AND attrelid IN ('et.t'::regclass, 'et.t1'::regclass, 'et_p_v1.t'::regclass, 'et_p_v1.t1'::regclass) ORDER BY 1;
-- in a transaction, and taken back
BEGIN;
ALTER TABLE et.t ALTER amount TYPE numeric;
SAVEPOINT s;
ALTER TABLE et.t ALTER amount TYPE text;
ROLLBACK TO s;
\set VERBOSITY sqlstate
ALTER TABLE et.t ALTER amount TYPE nonsense;
\set VERBOSITY default
ROLLBACK;
SET ROLE regress_et_reader;
SELECT *, pg_typeof(amount) FROM etr.v;
-- what would be broken, what stands in no port's way, and one command for a column of the same name
SET ROLE regress_et_owner;
ALTER TABLE et.t DROP amount;
ALTER TABLE et.t DROP amount CASCADE;
ALTER TABLE et.t DROP nothing;
ALTER TABLE et.t DROP note, ADD note text DEFAULT 'new';
SET ROLE regress_et_reader;
SELECT * FROM et_p_v1.t;
-- others may not, and hold nobody up
SET ROLE regress_et_other;
ALTER TABLE et.t ALTER amount TYPE numeric;
-- not where nothing can be written
SET ROLE regress_et_owner;
BEGIN READ ONLY;
ALTER TABLE et.t ALTER amount TYPE numeric;
ROLLBACK;
-- not twice at a time
SELECT * FROM dm_evolve('et.p', 'ALTER TABLE et.t ALTER amount TYPE numeric') ORDER BY 1;

-- nothing stays behind for the tests that come next
RESET ROLE;
RESET SESSION AUTHORIZATION;
SET client_min_messages = warning;
SELECT count(dm_deprecate(name)) FROM datamesh.products
WHERE domain IN ('et') AND status = 'active' \g /dev/null
SELECT count(dm_retire(name, cascade => true)) FROM datamesh.products
WHERE domain IN ('et') AND status <> 'retired' \g /dev/null
SELECT dm_drop_domain('et') \g /dev/null
SELECT dm_drop_purpose('et_reports') \g /dev/null
DROP SCHEMA et, etr CASCADE;
DROP OWNED BY regress_et_owner, regress_et_reader, regress_et_other;
DROP ROLE regress_et_owner, regress_et_reader, regress_et_other;
