-- Tags flow with the values: through views of every shape, partitions and inheritance.
CREATE ROLE regress_cv_owner;
CREATE SCHEMA cv AUTHORIZATION regress_cv_owner;
SELECT dm_create_tag('cv_m', mask => 'dm_mask_null()'), dm_create_tag('cv_p', mask => 'dm_mask_null()'), dm_create_tag('cv_n', mask => 'dm_mask_null()') \g /dev/null
SET ROLE regress_cv_owner;
SET search_path = cv, public;
SELECT dm_register_domain('cv', schemas => '{cv}'), dm_register_product('cv.all') \g /dev/null
CREATE TABLE person (id int, mail text, tel text, city text, low text GENERATED ALWAYS AS (lower(mail)) STORED);
CREATE TABLE buy (id int, person int, note text, mail text);
SELECT dm_classify('person', 'mail', 'cv_m'), dm_classify('person', 'tel', 'cv_p'), dm_classify('buy', 'note', 'cv_n');

CREATE VIEW a_plain AS SELECT mail AS x, id, city FROM person;
CREATE VIEW a_expr AS SELECT upper(mail) || tel AS x, length(tel) AS len, CASE WHEN mail LIKE 'a%' THEN 1 END AS is_a, nullif(city, tel) AS n FROM person;
CREATE VIEW a_generated AS SELECT low FROM person;
CREATE VIEW b_join AS SELECT p.mail, b.note, b.mail AS other, p.id FROM person p LEFT JOIN buy b ON b.person = p.id AND b.note = p.tel;
CREATE VIEW b_using AS SELECT mail, id AS merged FROM person FULL JOIN buy USING (mail, id);
CREATE VIEW b_alias AS SELECT j.b, j.f FROM (person p NATURAL LEFT JOIN (SELECT id, note FROM buy) q) AS j(a, b, c, d, e, f);
CREATE VIEW c_sub AS SELECT s.y AS x, s.z FROM (SELECT tel AS y, id AS z FROM person WHERE mail = 'q' ORDER BY mail OFFSET 0) s;
CREATE VIEW c_scalar AS SELECT id, (SELECT max(mail) FROM person p WHERE p.id = b.person) AS x, (SELECT b.note || p.tel FROM person p LIMIT 1) AS y FROM buy b;
CREATE VIEW c_array AS SELECT ARRAY(SELECT mail FROM person) AS x, city IN (SELECT tel FROM person) AS y, EXISTS (SELECT mail FROM person WHERE tel = 'x') AS z FROM person;
CREATE VIEW d_cte AS WITH c AS (SELECT id, mail AS y FROM person), d AS MATERIALIZED (SELECT y AS z, id FROM c) SELECT d.z AS x, c.id FROM d JOIN c USING (id);
CREATE VIEW d_nested AS WITH c AS (SELECT tel FROM person) SELECT (SELECT max(c.tel) FROM c) AS x, (WITH c AS (SELECT note FROM buy) SELECT max(note) FROM c) AS y;
CREATE VIEW d_recursive AS WITH RECURSIVE r(n, a, b, c) AS (SELECT 1, mail, 'b', 'c' FROM person UNION ALL SELECT n + 1, 'a', a, b FROM r WHERE n < 5) SELECT n, a, b, c FROM r;
CREATE VIEW d_swap AS WITH RECURSIVE r(n, a, b) AS (SELECT 1, mail, tel FROM person UNION SELECT n + 1, b, a FROM r WHERE n < 5) SELECT n, a, b FROM r;
CREATE VIEW d_search AS WITH RECURSIVE r AS (SELECT id, mail FROM person UNION ALL SELECT id + 1, city FROM r, LATERAL (SELECT 'x' AS city) l WHERE id < 5) SEARCH DEPTH FIRST BY id, mail SET ord SELECT id, ord::text FROM r;
CREATE VIEW d_cycle AS WITH RECURSIVE r AS (SELECT id, tel FROM person UNION ALL SELECT id, tel FROM r) CYCLE tel SET looped USING path SELECT id, path::text FROM r;
CREATE VIEW e_union AS SELECT city AS x, id FROM person UNION ALL (SELECT mail, id FROM person EXCEPT SELECT note, id FROM buy) UNION SELECT 'x', 1;
CREATE VIEW e_values AS SELECT v.x FROM person p, LATERAL (VALUES (p.mail), (p.city)) v(x);
CREATE VIEW f_agg AS SELECT city, string_agg(tel, ',' ORDER BY mail) AS x, count(*) AS n, max(id) FILTER (WHERE tel = '1') AS y FROM person GROUP BY city HAVING max(mail) > 'a';
CREATE VIEW f_sets AS SELECT city, mail, tel || 'x' AS y, count(*) FROM person GROUP BY GROUPING SETS ((city), (mail), (tel || 'x'));
CREATE VIEW f_window AS SELECT id, first_value(mail) OVER w AS x, row_number() OVER w AS n, lag(tel, 1, mail) OVER w AS y FROM person WINDOW w AS (PARTITION BY city ORDER BY id);
CREATE VIEW f_distinct AS SELECT DISTINCT ON (mail) id, mail AS x FROM person ORDER BY mail, tel;
CREATE VIEW f_order AS SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY tel) AS x FROM person;
CREATE VIEW g_row AS SELECT p AS x, to_jsonb(p) ->> 'city' AS y, (p).tel AS z, ROW(p.mail, 1)::text AS w FROM person p;
CREATE VIEW g_subrow AS SELECT s::text AS x, to_jsonb(c) AS y FROM (SELECT mail, id FROM person) s, (SELECT note FROM buy) c;
CREATE VIEW h_lateral AS SELECT p.id, l.x, u.u, o.n, o.o FROM person p, LATERAL (SELECT p.mail || b.note AS x FROM buy b) l, unnest(ARRAY[p.tel]) u, LATERAL generate_series(1, p.id) WITH ORDINALITY AS o(n, o);
CREATE VIEW h_rows AS SELECT r.a FROM person p, ROWS FROM (unnest(ARRAY[p.tel]), generate_series(1, 2)) AS r(a, b);
CREATE MATERIALIZED VIEW i_mat AS SELECT x || '!' AS y, id FROM a_plain;
CREATE VIEW i_on_mat AS SELECT y, id FROM i_mat;
CREATE VIEW j_deep AS SELECT * FROM (SELECT x, id FROM e_union) s JOIN (SELECT y, id AS i FROM i_on_mat) t ON s.id = t.i;

-- inheritance and partitions, both ways
CREATE TABLE parent (id int, a text, b text);
CREATE TABLE child (c text) INHERITS (parent);
SET client_min_messages = warning;
CREATE TABLE other (id int, z text);
CREATE TABLE grandchild () INHERITS (child, other);
RESET client_min_messages;
CREATE TABLE sibling () INHERITS (parent);
SELECT dm_classify('parent', 'a', 'cv_m'), dm_classify('child', 'b', 'cv_p'), dm_classify('sibling', 'id', 'cv_n');
-- grandchild's rows are among those of other, and its id is governed by child's
SELECT dm_classify('child', 'id', 'cv_p');
CREATE TABLE parted (id int, a text, b text) PARTITION BY RANGE (id);
CREATE TABLE part_mid PARTITION OF parted FOR VALUES FROM (1) TO (9) PARTITION BY LIST (id);
CREATE TABLE part_leaf (b text, a text, id int);
ALTER TABLE part_mid ATTACH PARTITION part_leaf DEFAULT;
SELECT dm_classify('parted', 'a', 'cv_m'), dm_classify('part_leaf', 'b', 'cv_p');

SELECT count(dm_add_port('cv.all', oid)) FROM pg_class WHERE relnamespace = 'cv'::regnamespace AND relkind IN ('r', 'p', 'v', 'm');
SELECT port, string_agg(format('%s%s', "column", nullif(ARRAY(SELECT unnest(tags) ORDER BY 1), '{}')), '  ' ORDER BY position) AS columns
FROM datamesh.port_columns WHERE product = 'cv.all' GROUP BY port ORDER BY port COLLATE "C";
-- and a port's text guards just these
SELECT count(*) FILTER (WHERE tags <> '{}') AS tagged,
	(SELECT sum(regexp_count(definition, 'CASE\s+WHEN \(?datamesh\.clear')) FROM pg_views WHERE schemaname = 'cv_all_v1') AS guarded
FROM datamesh.port_columns WHERE product = 'cv.all';
SELECT count(dm_classify(r::regclass, a::name)) FROM (VALUES ('person', 'mail'), ('person', 'tel'), ('buy', 'note'), ('parent', 'a'),
	('child', 'b'), ('child', 'id'), ('sibling', 'id'), ('parted', 'a'), ('part_leaf', 'b')) t(r, a);
SELECT count(*) FROM datamesh.port_columns WHERE product = 'cv.all' AND tags <> '{}';
SELECT count(*) FROM pg_views WHERE schemaname = 'cv_all_v1' AND definition LIKE '%clear%';

RESET ROLE;
RESET search_path;
SET client_min_messages = warning;
SELECT dm_retire('cv.all'), dm_drop_domain('cv') \g /dev/null
DROP SCHEMA cv CASCADE;
SELECT dm_drop_tag('cv_m'), dm_drop_tag('cv_p'), dm_drop_tag('cv_n') \g /dev/null
DROP ROLE regress_cv_owner;
