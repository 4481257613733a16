-- Rules that the rows suggest: what is found, what is not, and what nobody gets to see.
CREATE ROLE regress_qp_owner;
CREATE ROLE regress_qp_reader;
CREATE SCHEMA qp AUTHORIZATION regress_qp_owner;
SELECT dm_create_tag('qp_hidden', mask => 'dm_mask_null()'), dm_create_tag('qp_note');
SET ROLE regress_qp_owner;
SELECT dm_register_domain('qp', schemas => '{qp}');
CREATE TABLE qp.countries (code text PRIMARY KEY, name text);
INSERT INTO qp.countries SELECT chr(65 + i / 5) || chr(75 + i % 5), 'country ' || i FROM generate_series(0, 19) i;
CREATE TABLE qp.orders (
    id int NOT NULL,
    "No." text,
    country text,
    region text,
    status text,
    amount numeric,
    rate double precision,
    phone text,
    hidden text,
    hidden_number int,
    noted text,
    at timestamptz DEFAULT '2026-01-01',
    doc json DEFAULT '{}',
    empty text,
    flag boolean DEFAULT true);
INSERT INTO qp.orders (id, "No.", country, region, status, amount, rate, phone, hidden, hidden_number, noted)
SELECT i, 'A' || lpad(i::text, 4, '0'), chr(65 + i % 20 / 5) || chr(75 + i % 5), (ARRAY['north', 'south', 'east', 'west'])[1 + i % 20 / 5],
    CASE WHEN i % 100 = 7 THEN 'opne' ELSE (ARRAY['open', 'paid', 'sent'])[1 + i % 3] END,
    (i * 37 % 500)::numeric / 10, (i * 37 % 90) - 40, '+49 ' || (10000 + i % 700), (ARRAY['gold', 'silver'])[1 + i % 2], i % 5, 'n' || i % 3
FROM generate_series(1, 2000) i;
UPDATE qp.orders SET region = 'wset' WHERE id % 250 = 1;
UPDATE qp.orders SET country = 'ZZ' WHERE id % 500 = 2;
UPDATE qp.orders SET rate = 'NaN' WHERE id = 3;
UPDATE qp.orders SET rate = 'infinity', amount = 'NaN' WHERE id = 4;
UPDATE qp.orders SET phone = 'none' WHERE id % 333 = 0;
UPDATE qp.orders SET phone = NULL WHERE id = 17;
SELECT dm_classify('qp.orders', 'hidden', 'qp_hidden'), dm_classify('qp.orders', 'hidden_number', 'qp_hidden'), dm_classify('qp.orders', 'noted', 'qp_note');
SELECT name, metric, "column", arguments, must, unit, support, round(share::numeric, 4) AS share, all_rows FROM dm_propose_rules('qp.orders');
-- what is proposed can be run as it is, and finds what is wrong
CREATE TEMP TABLE proposed AS SELECT * FROM dm_propose_rules('qp.orders');
SELECT call FROM proposed WHERE name ~ '^(no_|country|qp)' ORDER BY name;
SELECT call FROM proposed ORDER BY name \g /dev/null
SELECT count(*) AS added FROM (SELECT call FROM proposed ORDER BY name) c, LATERAL (SELECT query_to_xml(c.call, true, true, '')) x;
SELECT rule, verdict, rows_checked, failing, round((1 - failing / nullif(rows_checked, 0)::numeric), 4) = round(p.share::numeric, 4) AS as_proposed
FROM dm_check('qp.orders'::regclass) c LEFT JOIN proposed p ON p.name = c.rule WHERE failing > 0 ORDER BY rule COLLATE "C";
-- and is not proposed again
SELECT count(*) FROM dm_propose_rules('qp.orders');

-- what the server keeps is not proposed
CREATE TABLE qp.kept (id int PRIMARY KEY, country text NOT NULL REFERENCES qp.countries, code text UNIQUE);
INSERT INTO qp.kept SELECT i, chr(65 + i % 20 / 5) || chr(75 + i % 5), 'C' || i FROM generate_series(1, 100) i;
SELECT name, arguments FROM dm_propose_rules('qp.kept');
-- a key of two columns, and what two columns determine
CREATE TABLE qp.pairs AS SELECT i / 40 AS a, i % 40 AS b, (i / 40 * 7 + i % 40 * 3) % 11 AS c FROM generate_series(0, 1599) i;
SELECT name, metric, arguments FROM dm_propose_rules('qp.pairs') WHERE metric IN ('unique', 'dependency');
CREATE TABLE qp.parts AS SELECT i % 4 AS a, i / 4 % 5 AS b, (ARRAY[3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4])[1 + i % 20] AS c FROM generate_series(0, 1999) i;
SELECT name, metric, arguments FROM dm_propose_rules('qp.parts') WHERE metric IN ('unique', 'dependency');
-- two samples say the same
INSERT INTO qp.parts SELECT a, b, c FROM qp.parts, generate_series(1, 5);
ANALYZE qp.parts;
SELECT name, metric, "column", all_rows FROM dm_propose_rules('qp.parts', sample_rows => 1000, seed => 1)
EXCEPT SELECT name, metric, "column", all_rows FROM dm_propose_rules('qp.parts', sample_rows => 1000, seed => 2);
SELECT bool_or(all_rows) AS all_rows, min(support) BETWEEN 900 AND 1000 AS sampled FROM dm_propose_rules('qp.parts', sample_rows => 1000);
-- too little says nothing
CREATE TABLE qp.few AS SELECT i FROM generate_series(1, 29) i;
SELECT count(*) FROM dm_propose_rules('qp.few');
CREATE TABLE qp.nothing (a int, b text);
SELECT count(*) FROM dm_propose_rules('qp.nothing');
CREATE TABLE qp.long AS SELECT repeat(chr(65 + i % 26), 100000) AS t, i % 7 AS n FROM generate_series(1, 60) i;
SELECT name, arguments FROM dm_propose_rules('qp.long');
-- views and partitions; names that are SQL
CREATE VIEW qp.view AS SELECT status, country FROM qp.orders;
SELECT name, metric FROM dm_propose_rules('qp.view', sample_rows => 500) ORDER BY name;
CREATE TABLE qp.parted (id int, kind text) PARTITION BY RANGE (id);
CREATE TABLE qp.parted_1 PARTITION OF qp.parted FOR VALUES FROM (0) TO (1000);
INSERT INTO qp.parted SELECT i, 'k' || i % 2 FROM generate_series(0, 999) i;
SELECT name, arguments FROM dm_propose_rules('qp.parted');
CREATE TABLE qp."it's; DROP TABLE ""x""" AS SELECT i AS "a'); --", (ARRAY['it''s', '"quoted"', E'back\\slash'])[1 + i % 3] AS "select" FROM generate_series(1, 300) i;
SELECT call FROM dm_propose_rules('qp."it''s; DROP TABLE ""x"""');
SELECT count(query_to_xml(call, true, true, '')) FROM dm_propose_rules('qp."it''s; DROP TABLE ""x"""');
SELECT rule, verdict FROM dm_check('qp."it''s; DROP TABLE ""x"""'::regclass) ORDER BY rule COLLATE "C";

-- only what the caller may read, with his own rights
GRANT USAGE ON SCHEMA qp TO regress_qp_owner;
RESET ROLE;
CREATE SCHEMA qp_free;
CREATE TABLE qp_free.t AS SELECT id, status, hidden FROM qp.orders;
GRANT USAGE ON SCHEMA qp_free TO regress_qp_reader;
GRANT SELECT (status) ON qp_free.t TO regress_qp_reader;
SET ROLE regress_qp_reader;
SELECT name FROM dm_propose_rules('qp_free.t');
SELECT count(*) FROM dm_propose_rules('qp.orders');
RESET ROLE;
ALTER TABLE qp_free.t ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON qp_free.t TO regress_qp_reader USING (status = 'open');
SET ROLE regress_qp_reader;
SELECT name, support FROM dm_propose_rules('qp_free.t');
-- bad input
SELECT dm_propose_rules(NULL);
SELECT dm_propose_rules('qp_free.t', sample_rows => 29);
SELECT dm_propose_rules('qp_free.t', sample_rows => NULL);
SELECT dm_propose_rules('qp_free.t', confidence => 0.5);
SELECT dm_propose_rules('qp_free.t', confidence => 'NaN');
SELECT dm_propose_rules('pg_class_oid_index'::regclass);
SET ROLE regress_qp_owner;
SELECT dm_register_product('qp.p') \g /dev/null
SELECT dm_add_port('qp.p', 'qp.countries') \g /dev/null
SELECT dm_propose_rules('qp_p_v1.countries');
SELECT dm_add_rule('qp.orders', 'bad', 'dependency', 'country', '{"by": ["absent"]}');
SELECT dm_add_rule('qp.orders', 'bad', 'dependency', 'country');
RESET ROLE;

SET client_min_messages = warning;
SELECT dm_retire('qp.p') \g /dev/null
SELECT dm_drop_domain('qp') \g /dev/null
DROP SCHEMA qp, qp_free CASCADE;
SELECT dm_drop_tag('qp_hidden'), dm_drop_tag('qp_note') \g /dev/null
DROP OWNED BY regress_qp_owner, regress_qp_reader;
DROP ROLE regress_qp_owner, regress_qp_reader;
