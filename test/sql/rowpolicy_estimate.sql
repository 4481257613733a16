-- Statistics of hidden rows: estimates use them through leakproof operators only, and nobody outside reads them.
SET client_min_messages = warning;
CREATE ROLE regress_re_owner;
CREATE ROLE regress_re_out;
GRANT regress_re_owner TO CURRENT_USER;
CREATE SCHEMA re AUTHORIZATION regress_re_owner;
SELECT dm_register_domain('re', 'regress_re_owner', '{re}');
SELECT dm_register_purpose('re_reporting');
SET ROLE regress_re_owner;
CREATE TABLE re.t (id int, name text);
INSERT INTO re.t SELECT g, CASE WHEN g > 200 THEN 'hidden' ELSE 'name' || g END FROM generate_series(1, 1000) g;
CREATE MATERIALIZED VIEW re.m AS SELECT * FROM re.t;
ANALYZE re.t, re.m;
SELECT dm_register_product('re.p', open_ended => true);
SELECT dm_add_port('re.p', 're.t'), dm_add_port('re.p', 're.m');
SELECT dm_publish('re.p');
SELECT dm_grant_access('re.p', 'regress_re_out', 're_reporting') > 0;
SELECT name FROM (VALUES (dm_add_row_policy('re.t', 'low', 'id <= 200')), (dm_add_row_policy('re.m', 'low', 'id <= 200'))) v(name);
CREATE FUNCTION pg_temp.estimate(query text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	RETURN plan #>> '{0,Plan,Plan Rows}';
END $$;
GRANT EXECUTE ON FUNCTION pg_temp.estimate TO PUBLIC;
-- the owner's estimates tell of them, so this can be seen at all
SELECT pg_temp.estimate('SELECT * FROM re_p_v1.t WHERE name LIKE ''%idden''') > 700 AS t, pg_temp.estimate('SELECT * FROM re_p_v1.m WHERE name LIKE ''%idden''') > 700 AS m;
SET ROLE regress_re_out;
SET datamesh.purpose = 're_reporting';
SELECT pg_temp.estimate('SELECT * FROM re_p_v1.t WHERE name LIKE ''%idden''') = pg_temp.estimate('SELECT * FROM re_p_v1.t WHERE name LIKE ''%obody''') AS t,
	pg_temp.estimate('SELECT * FROM re_p_v1.m WHERE name LIKE ''%idden''') = pg_temp.estimate('SELECT * FROM re_p_v1.m WHERE name LIKE ''%obody''') AS m;
SELECT count(*) FROM pg_stats WHERE schemaname LIKE 're%';
SELECT count(*) FROM pg_stats_ext WHERE schemaname LIKE 're%';
