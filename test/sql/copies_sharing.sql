-- A copy of a product goes to nobody who may not read the product himself, but by its owner's word.
-- a server may lack the wal_level of publications
SET client_min_messages = error;
CREATE ROLE regress_cs_owner;
CREATE ROLE regress_cs_app;
CREATE ROLE regress_cs_ann;
CREATE ROLE regress_cs_group;
CREATE ROLE regress_cs_gina IN ROLE regress_cs_group;
-- readers of the product: cleared, and not
CREATE ROLE regress_cs_clear;
CREATE ROLE regress_cs_masked;
CREATE ROLE regress_cs_late;
CREATE ROLE regress_cs_bob;
CREATE ROLE regress_cs_team;
GRANT regress_cs_bob, regress_cs_clear, regress_cs_group TO regress_cs_ann;
CREATE SCHEMA cs AUTHORIZATION regress_cs_owner;
CREATE SCHEMA cs_ann AUTHORIZATION regress_cs_ann;
CREATE SCHEMA cs_team AUTHORIZATION regress_cs_team;
GRANT USAGE ON SCHEMA cs_ann TO PUBLIC;
GRANT CREATE ON SCHEMA cs_ann TO regress_cs_bob, regress_cs_clear, regress_cs_group;
GRANT CREATE ON DATABASE :DBNAME TO regress_cs_ann;
SELECT dm_register_purpose('cs_use'), dm_create_tag('cs', mask => 'dm_mask_null()');
SET ROLE regress_cs_owner;
CREATE TABLE cs.t (id int, mail text);
INSERT INTO cs.t VALUES (1, 'ann@example.org');
SELECT dm_register_domain('cs', schemas => '{cs}'), dm_add_producer('cs', 'regress_cs_app'), dm_register_product('cs.p', open_ended => true);
SELECT dm_classify('cs.t', 'mail', 'cs');
SELECT dm_add_port('cs.p', 'cs.t'), dm_publish('cs.p');
SELECT count(dm_grant_access('cs.p', r::regrole, 'cs_use', c)) FROM (VALUES ('regress_cs_ann', '{}'::text[]), ('regress_cs_clear', '{cs}'), ('regress_cs_masked', '{}'), ('regress_cs_team', '{}')) v (r, c);
SELECT dm_grant_access('cs.p', 'regress_cs_late', 'cs_use', '{cs}', valid_from => now() + interval '1 day') > 0 AS late;
RESET ROLE;
SET datamesh.purpose = 'cs_use';

SET ROLE regress_cs_ann;
CREATE TABLE cs_ann.copy AS SELECT * FROM cs_p_v1.t;
CREATE TABLE cs_ann.ids AS SELECT id FROM cs_p_v1.t;
CREATE MATERIALIZED VIEW cs_ann.stored AS SELECT * FROM cs_p_v1.t;
CREATE VIEW cs_ann.live AS SELECT * FROM cs_p_v1.t;
CREATE TABLE cs_ann.own (id int, mail text);

-- privileges
GRANT SELECT ON cs_ann.copy TO regress_cs_bob;
\echo :LAST_ERROR_SQLSTATE
GRANT SELECT ON cs_ann.copy TO PUBLIC;
GRANT SELECT (mail) ON cs_ann.copy TO regress_cs_bob;
GRANT ALL ON ALL TABLES IN SCHEMA cs_ann TO regress_cs_bob;
GRANT TRIGGER ON cs_ann.copy TO regress_cs_bob;
GRANT SELECT ON cs_ann.stored TO regress_cs_bob;
GRANT SELECT ON cs_ann.copy TO regress_cs_masked;
GRANT SELECT ON cs_ann.copy TO regress_cs_late;
GRANT SELECT ON cs_ann.own, cs_ann.copy TO regress_cs_clear WITH GRANT OPTION;
GRANT SELECT ON cs_ann.ids TO regress_cs_masked;
GRANT SELECT ON cs_ann.copy TO regress_cs_app, regress_cs_owner;
GRANT INSERT ON cs_ann.copy TO regress_cs_bob;
-- a view over the port asks for the reader's own agreement
GRANT SELECT ON cs_ann.live TO PUBLIC;
GRANT SELECT ON cs_ann.own TO PUBLIC;
-- who may grant further is asked, too
SET ROLE regress_cs_clear;
GRANT SELECT ON cs_ann.copy TO regress_cs_bob;
SET ROLE regress_cs_ann;
ALTER DEFAULT PRIVILEGES IN SCHEMA cs_ann GRANT SELECT ON TABLES TO regress_cs_bob;
CREATE TABLE cs_ann.born AS SELECT mail FROM cs_p_v1.t;
CREATE TABLE cs_ann.born2 AS SELECT mail FROM cs_ann.copy;
CREATE TABLE cs_ann.free AS SELECT 1 AS one;
ALTER DEFAULT PRIVILEGES IN SCHEMA cs_ann REVOKE SELECT ON TABLES FROM regress_cs_bob;

-- owners
ALTER TABLE cs_ann.copy OWNER TO regress_cs_bob;
ALTER MATERIALIZED VIEW cs_ann.stored OWNER TO regress_cs_bob;
ALTER TABLE cs_ann.ids OWNER TO regress_cs_clear;
ALTER TABLE cs_ann.ids RENAME TO numbers;
SET ROLE regress_cs_clear;
SELECT * FROM cs_ann.numbers;

-- views, rules, inheritance
SET ROLE regress_cs_ann;
CREATE VIEW cs_ann.v AS SELECT upper(mail) AS mail FROM cs_ann.copy;
CREATE VIEW cs_ann.vv AS TABLE cs_ann.v;
GRANT SELECT ON cs_ann.vv TO regress_cs_bob;
CREATE VIEW cs_ann.w AS SELECT ''::text AS mail;
GRANT SELECT ON cs_ann.w TO regress_cs_bob;
CREATE OR REPLACE VIEW cs_ann.w AS SELECT mail FROM cs_ann.vv;
CREATE SCHEMA cs_extra CREATE VIEW x AS SELECT mail FROM cs_ann.copy GRANT SELECT ON x TO regress_cs_bob;
ALTER TABLE cs_ann.copy INHERIT cs_ann.own;
CREATE TABLE cs_ann.part (id int, mail text) PARTITION BY RANGE (id);
GRANT SELECT ON cs_ann.part TO regress_cs_bob;
ALTER TABLE cs_ann.part ATTACH PARTITION cs_ann.copy FOR VALUES FROM (0) TO (9);

-- publications
CREATE PUBLICATION cs_pub FOR TABLE cs_ann.copy;
CREATE PUBLICATION cs_pub FOR TABLE cs_ann.own;
ALTER PUBLICATION cs_pub ADD TABLE cs_ann.copy;
DROP PUBLICATION cs_pub;

-- the tags of a copy stay
SELECT dm_classify('cs_ann.copy', 'mail');
SECURITY LABEL FOR datamesh ON COLUMN cs_ann.copy.mail IS NULL;

-- another team's port
SET ROLE regress_cs_team;
SELECT dm_register_domain('cs_team', schemas => '{cs_team}'), dm_register_product('cs_team.p', open_ended => true);
CREATE TABLE cs_team.facts AS SELECT id, mail FROM cs_p_v1.t;
CREATE VIEW cs_team.facts_view AS SELECT id FROM cs_team.facts;
SELECT dm_add_port('cs_team.p', 'cs_team.facts');
SELECT dm_add_port('cs_team.p', 'cs_team.facts_view');
CREATE VIEW cs_team.shown AS SELECT 1 AS id;
SELECT dm_add_port('cs_team.p', 'cs_team.shown');
CREATE OR REPLACE VIEW cs_team.shown AS SELECT id FROM cs_team.facts;

-- only the product's owner can allow it
SELECT dm_allow_sharing('cs_team.facts', 'cs.p');
SET ROLE regress_cs_ann;
SELECT dm_allow_sharing('cs_ann.copy', 'cs.p', 'regress_cs_bob');
SET ROLE regress_cs_owner;
SELECT dm_allow_sharing('cs.t', 'cs.p');
SELECT dm_allow_sharing(NULL, 'cs.p');
SELECT dm_allow_sharing('cs_ann.copy', NULL);
SELECT dm_revoke_sharing('cs_ann.copy', 'cs.p', 'regress_cs_bob');
-- the view names what lies in a schema of others
SELECT dm_allow_sharing('cs_team.facts', 'cs.p', reason => 'joint product');
SELECT dm_allow_sharing(relation, product, reason => 'joint product') FROM datamesh.data_copies WHERE relation::text = 'cs_team.facts';
SELECT dm_allow_sharing('cs_ann.copy', 'cs.p', 'regress_cs_group');
SELECT dm_allow_sharing('cs_ann.copy', 'cs.p', 'regress_cs_group', 'again');
SELECT relation, product, shared_with FROM datamesh.data_copies WHERE shared_with <> '{}' ORDER BY 1;
SELECT kind, object, old, new, by, reason FROM datamesh.governance_changes WHERE domain = 'cs' ORDER BY id;
SET ROLE regress_cs_team;
SELECT dm_add_port('cs_team.p', 'cs_team.facts');
CREATE OR REPLACE VIEW cs_team.shown AS SELECT id FROM cs_team.facts;
SELECT "column", tags FROM datamesh.port_columns WHERE product = 'cs_team.p' AND port::text ~ 'facts' ORDER BY 1;
SET ROLE regress_cs_ann;
GRANT SELECT ON cs_ann.copy TO regress_cs_gina;
GRANT SELECT ON cs_ann.vv TO regress_cs_group;
GRANT SELECT ON cs_ann.copy TO regress_cs_bob;
ALTER TABLE cs_ann.copy OWNER TO regress_cs_group;
ALTER TABLE cs_ann.copy RENAME TO passed;
SET ROLE regress_cs_gina;
TABLE cs_ann.passed;
-- taken back, once nobody has it any more
SET ROLE regress_cs_owner;
SELECT dm_revoke_sharing('cs_ann.passed', 'cs.p', 'regress_cs_group');
SELECT dm_revoke_sharing(relation, product) FROM datamesh.data_copies WHERE relation::text = 'cs_team.facts';
SET ROLE regress_cs_group;
REVOKE SELECT ON cs_ann.passed FROM regress_cs_gina;
RESET ROLE;
ALTER TABLE cs_ann.passed OWNER TO regress_cs_ann;
SET ROLE regress_cs_ann;
ALTER TABLE cs_ann.passed RENAME TO back;
REVOKE SELECT ON cs_ann.vv FROM regress_cs_group;
SET ROLE regress_cs_owner;
SELECT dm_revoke_sharing('cs_ann.back', 'cs.p', 'regress_cs_group');
-- for everybody
SELECT dm_allow_sharing('cs_ann.back', 'cs.p');
SET ROLE regress_cs_ann;
GRANT SELECT ON cs_ann.back TO PUBLIC;
CREATE PUBLICATION cs_pub FOR TABLE cs_ann.back;
DROP PUBLICATION cs_pub;
SELECT dm_classify('cs_ann.back', 'mail');
-- a copy of it is a copy
CREATE TABLE cs_ann.again AS TABLE cs_ann.back;
GRANT SELECT ON cs_ann.again TO regress_cs_bob;

-- what was allowed goes with the relation
DROP TABLE cs_ann.back CASCADE;
RESET ROLE;
SELECT count(*) FROM datamesh.copy_sharing WHERE NOT EXISTS (SELECT FROM pg_class WHERE oid = relation);
-- superusers can do it all
GRANT SELECT ON cs_ann.again TO PUBLIC;

DROP SCHEMA cs_ann CASCADE;
SELECT dm_deprecate('cs.p'), dm_retire('cs.p'), dm_drop_domain('cs');
SELECT dm_publish('cs_team.p'), dm_deprecate('cs_team.p'), dm_retire('cs_team.p'), dm_drop_domain('cs_team');
DROP SCHEMA cs, cs_team CASCADE;
SELECT dm_drop_tag('cs'), dm_drop_purpose('cs_use');
REVOKE CREATE ON DATABASE :DBNAME FROM regress_cs_ann;
DROP ROLE regress_cs_owner, regress_cs_app, regress_cs_ann, regress_cs_group, regress_cs_gina, regress_cs_clear, regress_cs_masked, regress_cs_late, regress_cs_bob, regress_cs_team;
