-- The helpers in schema datamesh, called by an ordinary role with whatever it likes: errors, no crash, no data.
CREATE ROLE regress_bi_owner;
CREATE ROLE regress_bi_role;
CREATE SCHEMA bi AUTHORIZATION regress_bi_owner;
CREATE SCHEMA bi_mine AUTHORIZATION regress_bi_role;
SELECT dm_create_tag('bi', mask => 'dm_mask_text(1)');
SET ROLE regress_bi_owner;
CREATE TABLE bi.t AS SELECT 1 AS id, 'secret' AS txt;
SELECT dm_classify('bi.t', 'txt', 'bi');
SELECT dm_register_domain('bi', schemas => '{bi}'), dm_register_product('bi.p'), dm_add_port('bi.p', 'bi.t'), dm_publish('bi.p') \g /dev/null
SET ROLE regress_bi_role;
SET search_path = bi_mine, public;

-- tables are closed, views are open; the rest is for the server to call
SELECT c.relname, c.relkind FROM pg_class c WHERE relnamespace = 'datamesh'::regnamespace AND relkind IN ('r', 'S', 'v')
	AND (relkind = 'v') <> has_table_privilege(c.oid, 'SELECT') ORDER BY 1;
SELECT datamesh.ddl_start();
SELECT datamesh.ddl_end();
SELECT datamesh.sql_drop();
CREATE EVENT TRIGGER regress_bi ON ddl_command_end EXECUTE FUNCTION datamesh.ddl_end();
CREATE TABLE mine (id int, txt text);
CREATE TRIGGER bad BEFORE INSERT ON mine FOR EACH ROW EXECUTE FUNCTION datamesh.ddl_end();
SELECT datamesh.decide_support(NULL);
SELECT datamesh.token_support('\x00');
SELECT datamesh.mask_null_support(1);
CREATE FUNCTION mine() RETURNS boolean LANGUAGE sql SUPPORT datamesh.decide_support RETURN true;
CREATE FUNCTION steal(text, text) RETURNS boolean AS '$libdir/datamesh', 'dm_clear' LANGUAGE c;

-- questions about products, of tables of one's own and without any
SELECT datamesh.admits('bi.p');
SELECT datamesh.admits('bi.nothing');
SELECT datamesh.admits('');
SELECT datamesh.admits(NULL), datamesh.clear(NULL, 'bi'), datamesh.clear('bi.p', NULL), datamesh.token(NULL, NULL);
SELECT datamesh.clear('bi.p', 'bi'), datamesh.clear('bi.p', ''), datamesh.clear('', ''), datamesh.token('bi.nothing', 'bi'), datamesh.clear(repeat('a', 100000), repeat('b', 100000));
SELECT count(*) FROM (SELECT datamesh.clear('bi.p' || i, 't' || i) FROM generate_series(1, 100) i) s;
INSERT INTO mine SELECT i, 'v' || i FROM generate_series(1, 5) i;
SELECT count(*) FROM mine WHERE datamesh.admits('bi.p');
SELECT txt FROM (SELECT id, CASE WHEN datamesh.clear('bi.p', 'bi') THEN txt ELSE 'x' END AS txt FROM mine) s WHERE id = 1;
CREATE INDEX ON mine (datamesh.clear('bi.p', txt));
ALTER TABLE mine ADD CHECK (NOT datamesh.clear('bi.p', txt));
ALTER TABLE mine ADD COLUMN g bool GENERATED ALWAYS AS (datamesh.clear('bi.p', txt)) STORED;
-- a port's question in a query of one's own means that question and nothing else
SET ROLE regress_bi_owner;
CREATE TABLE bi.many AS SELECT i % 2 AS a FROM generate_series(1, 10) i;
SELECT count(*) FROM (SELECT a FROM bi.many WHERE datamesh.admits('bi.p') LIMIT 1) s;
SELECT count(*) FROM (SELECT a FROM bi.many WHERE datamesh.admits('bi.p') OFFSET 9) s;
SELECT count(*) FROM (SELECT DISTINCT a FROM bi.many WHERE datamesh.admits('bi.p')) s;
SELECT count(*) FROM (SELECT a FROM bi.many WHERE datamesh.admits('bi.p') GROUP BY a) s;
SELECT count(*) FROM (SELECT a FROM bi.many WHERE datamesh.admits('bi.p') GROUP BY a HAVING a = 1) s;
SELECT count(*) FROM (SELECT a FROM bi.many TABLESAMPLE system (0) WHERE datamesh.admits('bi.p')) s;
SELECT s FROM (SELECT a FROM bi.many WHERE datamesh.admits('bi.p')) s LIMIT 1;
SELECT j FROM ((SELECT a FROM bi.many WHERE datamesh.admits('bi.p')) x JOIN (SELECT 7 AS b) y ON true) j LIMIT 1;
SET ROLE regress_bi_role;

-- the columns of any view: names, never values; odd views are no reason to fail
CREATE VIEW plain AS SELECT * FROM mine;
CREATE VIEW agg AS SELECT count(*), max(txt) AS m FROM mine;
CREATE VIEW win AS SELECT row_number() OVER () AS n FROM mine;
CREATE VIEW whole AS SELECT m AS w, m.ctid AS c, tableoid AS t FROM mine m;
CREATE VIEW sub AS SELECT (SELECT max(t.txt) FROM mine t WHERE t.id = m.id) AS s, GROUPING(id) AS g FROM mine m GROUP BY id;
CREATE VIEW joined AS SELECT a.id FROM mine a JOIN mine b USING (id);
CREATE VIEW nothing AS SELECT 1 AS one;
CREATE VIEW uni AS SELECT id FROM mine UNION SELECT id FROM mine;
CREATE MATERIALIZED VIEW mat AS SELECT * FROM mine;
SELECT v, count(l.*) IS NOT NULL AS no_error FROM unnest('{plain,agg,win,whole,sub,joined,nothing,uni,mat,mine}'::regclass[]) v LEFT JOIN LATERAL datamesh.port_column_list(v) l ON true GROUP BY v ORDER BY v::text;
SELECT * FROM datamesh.port_column_list(0);
SELECT * FROM datamesh.port_column_list(4000000000);
SELECT * FROM datamesh.port_column_list(NULL);
SELECT * FROM datamesh.port_column_list('pg_class_oid_index');
SELECT count(*) > 0 AS catalog_view FROM datamesh.port_column_list('pg_stats');
SELECT name, source, source_column, tags FROM datamesh.port_column_list((SELECT view FROM datamesh.ports WHERE product = 'bi.p'));
SELECT datamesh.port_column_list('plain') LIMIT 1;
-- nor is a port that its owner spoiled one for the catalogue of all
SET ROLE regress_bi_owner;
CREATE OR REPLACE VIEW bi_p_v1.t AS SELECT 1 AS id, max(txt) AS txt FROM bi.t WHERE datamesh.admits('bi.p');
SELECT count(*) >= 0 AS no_error FROM datamesh.port_columns;
SELECT count(*) > 0 AS no_error FROM datamesh.ports;
SET ROLE regress_bi_role;

-- values of domains
CREATE DOMAIN pos AS int CHECK (VALUE > 0);
CREATE DOMAIN posarr AS int[] CHECK (VALUE[1] > 0);
CREATE DOMAIN filled AS text NOT NULL;
CREATE DOMAIN evil AS int CHECK (1 / VALUE > 0);
SELECT datamesh.as_domain(5, NULL::pos), datamesh.as_domain(-5, NULL::pos), datamesh.as_domain(NULL::int, 1::pos), pg_typeof(datamesh.as_domain(5, NULL::pos));
SELECT datamesh.as_domain('{1,2}'::int[], NULL::posarr), datamesh.as_domain('{0}'::int[], NULL::posarr), datamesh.as_domain(ARRAY[]::int[], NULL::posarr);
SELECT datamesh.as_domain('x'::text, 'y'::filled), datamesh.as_domain(1, 2), datamesh.as_domain('a'::text, 'b'::text);
SELECT datamesh.as_domain(1::bigint, NULL::pos);
SELECT datamesh.as_domain('x', NULL::pos);
SELECT datamesh.as_domain(ROW(1, 2), NULL::pos);
SELECT datamesh.as_domain(1, NULL);
SELECT datamesh.as_domain('x'::varchar, NULL::name);
SELECT datamesh.as_domain(0, NULL::evil);
SELECT sum(datamesh.as_domain(i, NULL::pos)) FROM generate_series(-3, 3) i;
SELECT datamesh.product_label(NULL, 'x', 1), datamesh.product_label('a', 'b', 2), datamesh.product_label('a', 'b', -1);

RESET ROLE;
RESET search_path;
SET client_min_messages = warning;
SELECT dm_deprecate('bi.p'), dm_retire('bi.p'), dm_drop_domain('bi') \g /dev/null
DROP SCHEMA bi, bi_mine CASCADE;
SELECT dm_drop_tag('bi');
DROP ROLE regress_bi_owner, regress_bi_role;
