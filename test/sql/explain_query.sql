-- EXPLAIN of a governed query names port, purpose, agreement and masks.
CREATE ROLE regress_xq_owner;
CREATE ROLE regress_xq_reader;
CREATE ROLE regress_xq_second;
CREATE SCHEMA xq AUTHORIZATION regress_xq_owner;
SELECT dm_register_purpose('xq_reports') \g /dev/null
SELECT dm_create_tag('xq', mask => 'dm_mask_text(1)'), dm_create_tag('xq.secret', mask => 'dm_mask_null') \g /dev/null
SET ROLE regress_xq_owner;
CREATE TABLE xq.person (id int PRIMARY KEY, name text, secret text, city text);
SECURITY LABEL FOR datamesh ON COLUMN xq.person.name IS 'xq';
SECURITY LABEL FOR datamesh ON COLUMN xq.person.secret IS 'xq.secret';
SELECT dm_register_domain('xq', schemas => '{xq}'), dm_register_product('xq.people', open_ended => true) \g /dev/null
SELECT dm_add_port('xq.people', 'xq.person'), dm_publish('xq.people') \g /dev/null
SELECT dm_grant_access('xq.people', 'regress_xq_reader', 'xq_reports') AS agreement \gset
RESET ROLE;

CREATE FUNCTION pg_temp.lines(sql text) RETURNS SETOF text LANGUAGE sql
AS $$ SELECT regexp_replace(regexp_replace(line, 'agreement \d+', 'agreement N'), ' *\(cost.*', ' (cost ...)') FROM dm_explain_query(sql) line $$;
SET datamesh.purpose = 'xq_reports';
SET ROLE regress_xq_reader;
SELECT * FROM pg_temp.lines('SELECT name, id FROM xq_people_v1.person WHERE city = ''x''');
-- only the columns that the query names; twice in a query, once in the answer
SELECT * FROM pg_temp.lines('SELECT a.id FROM xq_people_v1.person a, xq_people_v1.person b') WHERE lines LIKE 'Datamesh%';
SELECT * FROM pg_temp.lines('SELECT a FROM xq_people_v1.person a;') WHERE lines LIKE 'Datamesh%';
-- below a view of somebody else, whose reader has no privilege on the port himself
CREATE VIEW pg_temp.mine AS SELECT secret, name FROM xq_people_v1.person;
GRANT SELECT ON pg_temp.mine TO regress_xq_second;
SELECT * FROM pg_temp.lines('SELECT name FROM pg_temp.mine') WHERE lines LIKE 'Datamesh%';
-- what is no port has no line
SELECT count(*) FROM dm_explain_query('SELECT 1') line WHERE line LIKE 'Datamesh%';
-- it is planned as the caller, and never executed
CREATE TEMP TABLE touched (id int);
SELECT * FROM pg_temp.lines('INSERT INTO touched SELECT id FROM xq_people_v1.person') WHERE lines LIKE 'Datamesh%';
SELECT count(*) FROM touched;
SET ROLE regress_xq_second;
SELECT dm_explain_query('SELECT id FROM xq_people_v1.person');
SELECT dm_explain_query('SELECT id FROM xq.person');
SET ROLE regress_xq_owner;
SELECT * FROM pg_temp.lines('SELECT name FROM xq_people_v1.person') WHERE lines LIKE 'Datamesh%';
-- the server's own EXPLAIN for comparing has no line on any version
SET ROLE regress_xq_reader;
EXPLAIN (COSTS OFF) SELECT name FROM xq_people_v1.person;

-- one statement that reads or changes data
SELECT dm_explain_query('SELECT 1; SELECT 2');
SELECT dm_explain_query('-- nothing');
SELECT dm_explain_query('ANALYZE SELECT 1');
SELECT dm_explain_query('ANALYZE touched');
SELECT dm_explain_query('SELECT 1 INTO gone');
SELECT dm_explain_query('EXPLAIN ANALYZE INSERT INTO touched VALUES (1)');
SELECT dm_explain_query('SELECT $1');
SELECT dm_explain_query(NULL);
SELECT count(*) FROM touched;

RESET ROLE;
RESET datamesh.purpose;
DROP VIEW mine;
DROP TABLE touched;
SELECT dm_revoke_access(:agreement) \g /dev/null
SELECT dm_deprecate('xq.people') \g /dev/null
SELECT dm_retire('xq.people'), dm_drop_domain('xq') \g /dev/null
DROP SCHEMA xq CASCADE;
SELECT dm_drop_tag('xq.secret'), dm_drop_tag('xq'), dm_drop_purpose('xq_reports') \g /dev/null
DROP ROLE regress_xq_owner, regress_xq_reader, regress_xq_second;
