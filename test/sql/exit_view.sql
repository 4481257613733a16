-- Views, rules, materialised views and hierarchies outside of a domain must not hand out what the
-- domain holds, in whatever order they are made, granted and changed.
CREATE ROLE regress_xv_owner;
CREATE ROLE regress_xv_etl;
CREATE ROLE regress_xv_other;
CREATE ROLE regress_xv_reader;
CREATE SCHEMA xv AUTHORIZATION regress_xv_owner;
CREATE SCHEMA xv_two AUTHORIZATION regress_xv_other;
CREATE SCHEMA xv_pub;
GRANT USAGE, CREATE ON SCHEMA xv_pub TO PUBLIC;
SET ROLE regress_xv_other;
SELECT dm_register_domain('xv_two', schemas => '{xv_two}');
SET ROLE regress_xv_owner;
SELECT dm_register_domain('xv', schemas => '{xv}'), dm_add_producer('xv', 'regress_xv_etl');
RESET ROLE;
SELECT dm_register_purpose('xv_reports');
SET ROLE regress_xv_owner;
CREATE TABLE xv.person (id int PRIMARY KEY, email text);
INSERT INTO xv.person VALUES (1, 'ann@example.org');
CREATE TABLE xv_pub.plain (id int, note text);
SELECT dm_register_product('xv.people', open_ended => true);
SELECT dm_add_port('xv.people', 'xv.person'), dm_publish('xv.people');
SELECT dm_grant_access('xv.people', 'regress_xv_reader', 'xv_reports') > 0 AS granted;

-- a view, directly and over another one, to a role, to everybody, a column of it
CREATE VIEW xv_pub.v AS SELECT * FROM xv.person;
CREATE VIEW xv_pub.vv AS SELECT email FROM (SELECT * FROM xv_pub.v) v;
GRANT SELECT ON xv_pub.v TO regress_xv_reader;
\echo :LAST_ERROR_SQLSTATE
GRANT SELECT ON xv_pub.vv TO PUBLIC;
GRANT SELECT (email) ON xv_pub.vv TO regress_xv_reader;
GRANT INSERT ON xv_pub.v TO regress_xv_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA xv_pub TO regress_xv_reader;
-- only a subquery, a CTE, a function's argument, a join mention it
CREATE VIEW xv_pub.sub AS SELECT (SELECT max(email) FROM xv.person) AS m;
CREATE VIEW xv_pub.cte AS WITH c AS (SELECT email FROM xv.person) SELECT length(email) FROM c;
CREATE VIEW xv_pub.ex AS SELECT EXISTS (SELECT FROM xv.person WHERE email LIKE 'a%') AS probe;
GRANT SELECT ON xv_pub.sub TO regress_xv_reader;
GRANT SELECT ON xv_pub.cte TO regress_xv_reader;
GRANT SELECT ON xv_pub.ex TO regress_xv_reader;
-- inside, it is the team's own business
GRANT SELECT ON xv_pub.v TO regress_xv_etl;
GRANT SELECT ON xv_pub.plain TO regress_xv_reader;

-- granted first, opened afterwards
CREATE VIEW xv_pub.later AS SELECT 1 AS id, 'x'::text AS email;
GRANT SELECT ON xv_pub.later TO regress_xv_reader;
CREATE VIEW xv_pub.over_later AS SELECT * FROM xv_pub.later;
CREATE OR REPLACE VIEW xv_pub.later AS SELECT * FROM xv.person;
REVOKE SELECT ON xv_pub.later FROM regress_xv_reader;
GRANT SELECT ON xv_pub.over_later TO regress_xv_reader;
CREATE OR REPLACE VIEW xv_pub.later AS SELECT * FROM xv.person;
REVOKE SELECT ON xv_pub.over_later FROM regress_xv_reader;
CREATE OR REPLACE VIEW xv_pub.later AS SELECT * FROM xv.person;
ALTER DEFAULT PRIVILEGES IN SCHEMA xv_pub GRANT SELECT ON TABLES TO regress_xv_reader;
CREATE VIEW xv_pub.by_default AS SELECT * FROM xv.person;
CREATE MATERIALIZED VIEW xv_pub.m_by_default AS SELECT * FROM xv.person;
CREATE VIEW xv_pub.harmless AS SELECT 1 AS one;
ALTER DEFAULT PRIVILEGES IN SCHEMA xv_pub REVOKE SELECT ON TABLES FROM regress_xv_reader;
RESET ROLE;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO regress_xv_owner', current_database()); END $$;
SET ROLE regress_xv_owner;
CREATE SCHEMA xv_sub AUTHORIZATION regress_xv_owner
	CREATE VIEW s AS SELECT * FROM xv.person
	GRANT SELECT ON s TO PUBLIC;

-- with the reader's own rights it is no way out, until that is switched off
CREATE VIEW xv_pub.invoker WITH (security_invoker) AS SELECT * FROM xv.person;
GRANT SELECT ON xv_pub.invoker TO regress_xv_reader;
ALTER VIEW xv_pub.invoker SET (security_invoker = off);
ALTER VIEW xv_pub.invoker RESET (security_invoker);
CREATE VIEW xv_pub.over_invoker AS SELECT * FROM xv_pub.invoker;
GRANT SELECT ON xv_pub.over_invoker TO regress_xv_reader;
CREATE MATERIALIZED VIEW xv_pub.m_invoker AS SELECT * FROM xv_pub.invoker;
GRANT SELECT ON xv_pub.m_invoker TO regress_xv_reader;

-- a materialised view holds what it has read: of the table, and of a port, which its owner reads in clear
CREATE MATERIALIZED VIEW xv_pub.m AS SELECT * FROM xv.person;
GRANT SELECT ON xv_pub.m TO regress_xv_reader;
CREATE MATERIALIZED VIEW xv_pub.m_port AS SELECT * FROM xv_people_v1.person;
GRANT SELECT ON xv_pub.m_port TO regress_xv_reader;
CREATE FUNCTION xv.people() RETURNS SETOF xv.person LANGUAGE sql AS 'SELECT * FROM xv.person';
CREATE FUNCTION xv_pub.emails() RETURNS SETOF text LANGUAGE sql BEGIN ATOMIC SELECT email FROM xv.person; END;
CREATE MATERIALIZED VIEW xv_pub.m_function AS SELECT * FROM xv.people();
CREATE MATERIALIZED VIEW xv_pub.m_atomic AS SELECT * FROM xv_pub.emails() AS e(mail);
GRANT SELECT ON xv_pub.m_function TO regress_xv_reader;
GRANT SELECT ON xv_pub.m_atomic TO regress_xv_reader;
RESET ROLE;
GRANT regress_xv_reader TO regress_xv_owner;
SET ROLE regress_xv_owner;
ALTER MATERIALIZED VIEW xv_pub.m OWNER TO regress_xv_reader;
RESET ROLE;
REVOKE regress_xv_reader FROM regress_xv_owner;
SET ROLE regress_xv_owner;
-- what somebody else built over a port asks him who reads it
CREATE VIEW xv_pub.over_port AS SELECT * FROM xv_people_v1.person;
GRANT SELECT ON xv_pub.over_port TO PUBLIC;

-- rules: what an INSERT returns, what an UPDATE does besides
CREATE TABLE xv_pub.inbox (id int, email text);
GRANT INSERT, SELECT, UPDATE ON xv_pub.inbox TO regress_xv_reader;
CREATE RULE answer AS ON UPDATE TO xv_pub.inbox DO INSTEAD SELECT * FROM xv.person;
CREATE RULE copy AS ON INSERT TO xv_pub.inbox DO ALSO INSERT INTO xv_pub.plain SELECT * FROM xv.person;
CREATE RULE cond AS ON INSERT TO xv_pub.inbox WHERE EXISTS (SELECT FROM xv.person WHERE email = NEW.email) DO INSTEAD NOTHING;
CREATE RULE plain AS ON DELETE TO xv_pub.inbox DO ALSO NOTHING;
CREATE RULE outward AS ON INSERT TO xv.person DO ALSO INSERT INTO xv_pub.inbox VALUES (NEW.*);
CREATE TABLE xv_pub.outbox (id int, email text);
CREATE RULE outward AS ON INSERT TO xv.person DO ALSO INSERT INTO xv_pub.outbox VALUES (NEW.*);
GRANT SELECT ON xv_pub.outbox TO regress_xv_reader;
GRANT INSERT ON xv_pub.outbox TO regress_xv_reader;
CREATE TABLE xv_pub.closed (id int, email text);
CREATE RULE answer AS ON UPDATE TO xv_pub.closed DO INSTEAD SELECT * FROM xv.person;
GRANT UPDATE ON xv_pub.closed TO regress_xv_reader;

-- whoever reads a table reads its children, and a partition's rows are those of the table
CREATE TABLE xv_pub.parent (id int, email text);
GRANT SELECT ON xv_pub.parent TO regress_xv_reader;
CREATE TABLE xv.child () INHERITS (xv_pub.parent);
CREATE TABLE xv.orphan (id int, email text);
ALTER TABLE xv.orphan INHERIT xv_pub.parent;
CREATE TABLE xv_pub.root (id int, email text) PARTITION BY RANGE (id);
GRANT SELECT ON xv_pub.root TO regress_xv_reader;
ALTER TABLE xv_pub.root ATTACH PARTITION xv.orphan FOR VALUES FROM (1) TO (9);
CREATE TABLE xv.leaf PARTITION OF xv_pub.root FOR VALUES FROM (1) TO (9);
CREATE TABLE xv.sale (id int, email text) PARTITION BY RANGE (id);
CREATE TABLE xv_pub.sale_1 PARTITION OF xv.sale FOR VALUES FROM (1) TO (9);
GRANT SELECT ON xv_pub.sale_1 TO regress_xv_reader;
CREATE TABLE xv_pub.moved (id int, email text);
GRANT SELECT ON xv_pub.moved TO regress_xv_etl;

-- a table that others read comes into the domain; what reads it must be closed by then
CREATE VIEW xv_pub.reads_moved AS SELECT * FROM xv_pub.moved;
GRANT SELECT ON xv_pub.reads_moved TO regress_xv_reader;
ALTER TABLE xv_pub.moved SET SCHEMA xv;

-- another domain's schema is outside, too
RESET ROLE;
GRANT USAGE, CREATE ON SCHEMA xv_two TO regress_xv_owner;
SET ROLE regress_xv_owner;
CREATE VIEW xv_two.v AS SELECT * FROM xv.person;
GRANT SELECT ON xv_two.v TO regress_xv_other;

-- superusers are not asked
RESET ROLE;
GRANT SELECT ON xv_pub.m TO regress_xv_reader;

SET client_min_messages = warning;
DROP SCHEMA xv_pub CASCADE;
SET ROLE regress_xv_owner;
SELECT dm_deprecate('xv.people'), dm_retire('xv.people'), dm_drop_domain('xv');
RESET ROLE;
SELECT dm_drop_domain('xv_two'), dm_drop_purpose('xv_reports');
DROP SCHEMA xv, xv_two CASCADE;
DO $$ BEGIN EXECUTE format('REVOKE CREATE ON DATABASE %I FROM regress_xv_owner', current_database()); END $$;
DROP ROLE regress_xv_owner, regress_xv_etl, regress_xv_other, regress_xv_reader;
