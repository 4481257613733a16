-- Types, names and columns below a port change; ports and what consumers built on them stay.
-- a row policy is named by its number
SELECT setval('datamesh.row_policy_id_seq', 1, false) \g /dev/null
CREATE ROLE regress_ev_owner;
CREATE ROLE regress_ev_reader;
CREATE ROLE regress_ev_other;
CREATE SCHEMA ev AUTHORIZATION regress_ev_owner;
CREATE SCHEMA evr AUTHORIZATION regress_ev_reader;
SELECT dm_register_purpose('ev_reports');
SELECT dm_create_tag('ev_mail', 'mail', mask => 'dm_mask_email()'), dm_create_tag('ev_area', 'area');
SET ROLE regress_ev_owner;
CREATE TABLE ev.t (id int PRIMARY KEY, email varchar(40), amount int, region text);
INSERT INTO ev.t VALUES (1, 'ann@example.com', 10, 'nl'), (2, 'bob@example.com', 20, 'de');
CREATE INDEX ON ev.t (region);
CREATE VIEW ev.v AS SELECT id, region, amount * 2 AS twice FROM ev.t;
SELECT dm_register_domain('ev', schemas => '{ev}');
SELECT dm_register_product('ev.p');
SELECT dm_classify('ev.t', 'email', 'ev_mail');
SELECT dm_add_port('ev.p', 'ev.t'), dm_add_port('ev.p', 'ev.v');
SELECT dm_publish('ev.p');
SELECT dm_grant_access('ev.p', 'regress_ev_reader', 'ev_reports', until => now() + interval '1 day') > 0 AS granted;
SELECT dm_add_row_policy('ev.t', 'nl', $$region = 'nl'$$);
COMMENT ON COLUMN ev_p_v1.t.amount IS 'in cents';

-- what a consumer has built
SET ROLE regress_ev_reader;
SET datamesh.purpose = 'ev_reports';
CREATE VIEW evr.c AS SELECT id, amount, email FROM ev_p_v1.t;
CREATE VIEW evr.d AS SELECT sum(amount) AS total, count(*) FROM evr.c;
CREATE MATERIALIZED VIEW evr.m AS SELECT id, region FROM ev_p_v1.v;
CREATE TABLE evr.log (id int, amount int);
CREATE RULE ins AS ON INSERT TO evr.c DO INSTEAD INSERT INTO evr.log VALUES (NEW.id, NEW.amount);
COMMENT ON RULE ins ON evr.c IS 'logs';
ALTER VIEW evr.c ALTER COLUMN amount SET DEFAULT 7;
COMMENT ON VIEW evr.c IS 'clear amounts';
GRANT SELECT (amount) ON evr.c TO regress_ev_owner;
SELECT * FROM evr.c;
SELECT * FROM evr.d;

-- the server alone
SET ROLE regress_ev_owner;
ALTER TABLE ev.t ALTER amount TYPE bigint;
-- a dry run changes nothing
SELECT * FROM dm_evolve('ev.p', 'ALTER TABLE ev.t ALTER amount TYPE bigint; ALTER TABLE ev.t RENAME region TO area', dry_run => true);
SELECT atttypid::regtype FROM pg_attribute WHERE attrelid IN ('ev.t'::regclass, 'ev_p_v1.t'::regclass) AND attname = 'amount';
-- for real
CREATE TEMP TABLE before AS SELECT oid, relname, relacl::text FROM pg_class WHERE relnamespace IN ('ev_p_v1'::regnamespace, 'evr'::regnamespace);
SELECT * FROM dm_evolve('ev.p', 'ALTER TABLE ev.t ALTER amount TYPE bigint; ALTER TABLE ev.t RENAME region TO area');
SELECT count(*) AS changed FROM before b FULL JOIN (SELECT oid, relname, relacl::text FROM pg_class
	WHERE relnamespace IN ('ev_p_v1'::regnamespace, 'evr'::regnamespace)) a USING (oid, relname) WHERE a.relacl IS DISTINCT FROM b.relacl;
SELECT attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum) FROM pg_attribute
	WHERE attrelid = 'ev_p_v1.t'::regclass AND attnum > 0 ORDER BY attnum;
SELECT regexp_replace(replace(pg_get_viewdef('ev_p_v1.t'), 't.', ''), '\s+', ' ', 'g') AS query;
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'ev.v'::regclass AND attnum > 0 ORDER BY attnum;
RESET ROLE;
SELECT attrelid::regclass, attname, format_type(atttypid, atttypmod), atthasdef FROM pg_attribute WHERE attrelid IN ('evr.c'::regclass, 'evr.d'::regclass) AND attnum > 0 ORDER BY 1, attnum;
SELECT regexp_replace(polname, '\d+', 'N') AS policy, regexp_replace(pg_get_expr(polqual, polrelid), '\d+', 'N') AS qual FROM pg_policy WHERE polrelid = 'ev.t'::regclass ORDER BY 1;
SELECT obj_description('evr.c'::regclass), obj_description(oid, 'pg_rewrite'), ev_enabled FROM pg_rewrite WHERE rulename = 'ins' AND ev_class = 'evr.c'::regclass;
SELECT attname, attacl FROM pg_attribute WHERE attrelid = 'evr.c'::regclass AND attacl IS NOT NULL;
SET ROLE regress_ev_reader;
SELECT * FROM evr.c;
SELECT * FROM evr.d;
SELECT * FROM ev_p_v1.v;
INSERT INTO evr.c (id) VALUES (5);
TABLE evr.log;
REFRESH MATERIALIZED VIEW evr.m;

-- a published port keeps its columns
SET ROLE regress_ev_owner;
\set VERBOSITY terse
SELECT * FROM dm_evolve('ev.p', 'ALTER TABLE ev.t DROP area');
SELECT object, kind, verdict, CASE WHEN kind <> 'view' THEN detail END AS detail
	FROM dm_evolve('ev.p', 'ALTER TABLE ev.t DROP area', dry_run => true);
SELECT * FROM dm_evolve('ev.p', 'DROP TABLE ev.t CASCADE');
\set VERBOSITY default
-- but the table may be reshaped under a view of its name
SELECT * FROM dm_evolve('ev.p', $$
	ALTER TABLE ev.t RENAME TO raw;
	ALTER TABLE ev.raw ADD mailbox text, ADD host text;
	UPDATE ev.raw SET mailbox = split_part(email, '@', 1), host = split_part(email, '@', 2);
	SECURITY LABEL FOR datamesh ON COLUMN ev.raw.mailbox IS 'ev_mail';
	DROP VIEW ev.v;
	ALTER TABLE ev.raw DROP email;
	CREATE VIEW ev.t AS SELECT id, (mailbox || '@' || host)::varchar(40) AS email, amount, area AS region FROM ev.raw;
	CREATE VIEW ev.v AS SELECT id, area AS region, amount * 2 AS twice FROM ev.raw;
$$);
SELECT attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum) FROM pg_attribute
	WHERE attrelid = 'ev_p_v1.t'::regclass AND attnum > 0 ORDER BY attnum;
SELECT regexp_replace(replace(pg_get_viewdef('ev_p_v1.t'), 't.', ''), '\s+', ' ', 'g') AS query;
SET ROLE regress_ev_reader;
SELECT * FROM evr.c;
SELECT * FROM ev_p_v1.v;
-- a table made anew: not without the row policies that there were
SET ROLE regress_ev_owner;
\set anew 'DROP VIEW ev.t, ev.v; CREATE TABLE ev.t AS SELECT id, (mailbox || chr(64) || host)::varchar(40) AS email, amount, area AS region FROM ev.raw; ALTER TABLE ev.t DROP region; ALTER TABLE ev.t ADD region char(2) DEFAULT $r$be$r$; CREATE VIEW ev.v AS SELECT id, region, amount * 2 AS twice FROM ev.t; DROP TABLE ev.raw'
SELECT * FROM dm_evolve('ev.p', :'anew');
SELECT dm_drop_row_policy('ev.raw', 'nl');
-- a label goes where its column went, and a dropped column is replaced by one of its name
SECURITY LABEL FOR datamesh ON COLUMN ev.raw.area IS 'ev_area';
SELECT * FROM dm_evolve('ev.p', :'anew');
SELECT replace(:'anew', 'char(2)', 'text') AS anew \gset
SELECT * FROM dm_evolve('ev.p', :'anew');
SELECT port, "column", tags FROM datamesh.port_columns WHERE product = 'ev.p' AND tags <> '{}' ORDER BY 1, 2;
SET ROLE regress_ev_reader;
SELECT * FROM evr.c ORDER BY id;
SELECT * FROM ev_p_v1.v ORDER BY id;

-- a port that is not published loses what is gone
SET ROLE regress_ev_owner;
CREATE TABLE ev.n (a int, b int, c int);
SELECT dm_register_product('ev.n');
SELECT dm_add_port('ev.n', 'ev.n');
SELECT * FROM dm_evolve('ev.n', 'ALTER TABLE ev.n DROP b');
SELECT * FROM dm_evolve('ev.n', 'ALTER TABLE ev.n DROP a, DROP c', dry_run => true);
\d ev_n_v1.n

-- two major versions over one table
SELECT dm_register_product('ev.p@2');
SELECT dm_add_port('ev.p@2', 'ev.t', columns => '{id,amount}');
SELECT * FROM dm_evolve('ev.p@2', 'ALTER TABLE ev.t ALTER amount TYPE numeric');

-- nothing stays behind for the tests that come next
RESET ROLE;
RESET SESSION AUTHORIZATION;
SET client_min_messages = warning;
SELECT count(dm_deprecate(name)) FROM datamesh.products
WHERE domain IN ('ev') AND status = 'active' \g /dev/null
SELECT count(dm_retire(name, cascade => true)) FROM datamesh.products
WHERE domain IN ('ev') AND status <> 'retired' \g /dev/null
SELECT dm_drop_domain('ev') \g /dev/null
SELECT dm_drop_purpose('ev_reports') \g /dev/null
DROP SCHEMA ev, evr CASCADE;
SELECT dm_drop_tag('ev_mail'), dm_drop_tag('ev_area') \g /dev/null
DROP OWNED BY regress_ev_owner, regress_ev_reader, regress_ev_other;
DROP ROLE regress_ev_owner, regress_ev_reader, regress_ev_other;
