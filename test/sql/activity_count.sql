-- What is counted of governed relations, and what is not.
SET client_min_messages = warning;
CREATE ROLE regress_sl_owner;
CREATE ROLE regress_sl_reader;
CREATE ROLE regress_sl_other;
SELECT dm_register_purpose('sl_reporting');
CREATE SCHEMA sl_shop AUTHORIZATION regress_sl_owner;
CREATE SCHEMA sl_free AUTHORIZATION regress_sl_owner;

SET SESSION AUTHORIZATION regress_sl_owner;
CREATE TABLE sl_shop.sale (id int PRIMARY KEY, amount int CHECK (amount >= 0));
CREATE TABLE sl_shop.part (id int, day date) PARTITION BY RANGE (day);
CREATE TABLE sl_shop.part_a PARTITION OF sl_shop.part FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
-- a partition that lies elsewhere still counts for its table
CREATE TABLE sl_free.part_b PARTITION OF sl_shop.part FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
CREATE TABLE sl_free.loose (id int);
CREATE MATERIALIZED VIEW sl_shop.total AS SELECT count(*) AS n FROM sl_shop.sale;
CREATE UNIQUE INDEX ON sl_shop.total (n);
SELECT dm_register_domain('sl_shop', schemas => '{sl_shop}');

CREATE VIEW pg_temp.counted AS
SELECT relation::text COLLATE "C" AS relation, kind, commits, inserted, updated, deleted, failed_writes AS failed,
       last_write IS NOT NULL AS written, reads, failed_reads, rows_read AS rows
FROM datamesh.activities ORDER BY 1;

-- one transaction, several statements
BEGIN;
INSERT INTO sl_shop.sale SELECT g, g FROM generate_series(1, 10) g;
UPDATE sl_shop.sale SET amount = amount + 1 WHERE id <= 3;
DELETE FROM sl_shop.sale WHERE id = 10;
INSERT INTO sl_free.loose VALUES (1);
COMMIT;
TABLE pg_temp.counted;

-- COPY, and a partition elsewhere
COPY sl_shop.sale FROM stdin;
11	1
12	2
\.
INSERT INTO sl_shop.part VALUES (1, '2024-01-05'), (2, '2024-02-05');
UPDATE sl_shop.part SET day = '2024-01-06' WHERE id = 2;
COPY sl_free.part_b FROM stdin;
3	2024-02-07
\.
TABLE pg_temp.counted;

-- what a savepoint takes back was not written; what writes nothing is no commit
BEGIN;
INSERT INTO sl_shop.sale VALUES (20, 1);
SAVEPOINT s;
INSERT INTO sl_shop.sale VALUES (21, 1), (22, 1);
ROLLBACK TO s;
COMMIT;
UPDATE sl_shop.sale SET amount = 0 WHERE id = 999;
SELECT relation, commits, inserted, updated FROM pg_temp.counted WHERE relation = 'sl_shop.sale';

-- failures: before the first row, after some rows, by the client, in COPY
INSERT INTO sl_shop.sale VALUES (30, -1);
INSERT INTO sl_shop.sale VALUES (31, 1), (1, 1);
BEGIN;
INSERT INTO sl_shop.sale VALUES (32, 1);
INSERT INTO sl_shop.sale VALUES (33, 1);
ROLLBACK;
COPY sl_shop.sale FROM stdin;
40	x
\.
-- not allowed to try, not a failure of the table
SET SESSION AUTHORIZATION regress_sl_other;
INSERT INTO sl_shop.sale VALUES (34, 1);
SET SESSION AUTHORIZATION regress_sl_owner;
EXPLAIN (COSTS OFF) INSERT INTO sl_shop.sale VALUES (35, 1);
SELECT relation, commits, inserted, failed FROM pg_temp.counted WHERE relation = 'sl_shop.sale';

-- a refresh that finds no difference is as fresh as one that does
REFRESH MATERIALIZED VIEW sl_shop.total;
SELECT relation, commits, inserted FROM pg_temp.counted WHERE relation = 'sl_shop.total';
REFRESH MATERIALIZED VIEW CONCURRENTLY sl_shop.total;
SELECT relation, commits, inserted FROM pg_temp.counted WHERE relation = 'sl_shop.total';

-- TRUNCATE is a write; VACUUM, ANALYZE and a rewrite are none
TRUNCATE sl_shop.part;
VACUUM FULL sl_shop.sale;
ANALYZE sl_shop.sale;
ALTER TABLE sl_shop.sale ALTER amount TYPE bigint;
SELECT relation, commits, inserted, updated, deleted FROM pg_temp.counted WHERE relation IN ('sl_shop.part', 'sl_shop.sale');

-- reads of a port
SELECT dm_register_product('sl_shop.sales', open_ended => true);
SELECT dm_add_port('sl_shop.sales', 'sl_shop.sale');
SELECT dm_publish('sl_shop.sales');
SELECT dm_grant_access('sl_shop.sales', 'regress_sl_reader', 'sl_reporting') > 0 AS granted;
SET SESSION AUTHORIZATION regress_sl_reader;
SET datamesh.purpose = 'sl_reporting';
SELECT count(*) FROM sl_shop_sales_v1.sale;
SELECT id FROM sl_shop_sales_v1.sale WHERE id <= 3 ORDER BY id;
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM sl_shop_sales_v1.sale ORDER BY id;
FETCH 2 FROM c;
FETCH 3 FROM c;
COMMIT;
SELECT 1 / (amount - amount) FROM sl_shop_sales_v1.sale;
-- a refusal is no failure of the product
SET datamesh.purpose = '';
SELECT count(*) FROM sl_shop_sales_v1.sale;
-- nothing of the domain's counters for strangers
SELECT count(*) FROM datamesh.activities;
SELECT count(*) FROM datamesh.activity;
SELECT dm_flush_activity();
SET SESSION AUTHORIZATION regress_sl_owner;
SELECT relation, reads, failed_reads, rows FROM pg_temp.counted WHERE relation LIKE 'sl_shop_sales_v1.%';
SELECT last_read IS NOT NULL AS read, last_write, read_ms > 0 AS took_time
FROM datamesh.activities WHERE kind = 'port';

-- an auditor who was granted the table sees all
RESET SESSION AUTHORIZATION;
GRANT SELECT ON datamesh.activity TO regress_sl_other;
SET SESSION AUTHORIZATION regress_sl_other;
SELECT count(*) FROM datamesh.activities WHERE domain = 'sl_shop';
RESET SESSION AUTHORIZATION;
REVOKE SELECT ON datamesh.activity FROM regress_sl_other;

-- the table has what shared memory has; a relation that goes takes its counters along
SELECT dm_flush_activity();
SELECT relation, commits, inserted, updated, deleted, failed_writes, reads FROM datamesh.activity WHERE relation::text LIKE 'sl\_shop%' ORDER BY relation::text COLLATE "C";
BEGIN;
SAVEPOINT s;
DROP TABLE sl_shop.part;
ROLLBACK TO s;
COMMIT;
SELECT relation, commits FROM datamesh.activities WHERE relation = 'sl_shop.part'::regclass;
DROP TABLE sl_shop.part;
SELECT count(*) FROM datamesh.activities WHERE relation::text LIKE '%part';
SELECT dm_flush_activity();
SELECT count(*) FROM datamesh.activity WHERE relation::text !~ '\.';

-- a schema that leaves the domain is counted no more, and one that comes is
CREATE TABLE sl_free.later (id int);
INSERT INTO sl_free.later VALUES (1);
SELECT dm_alter_domain('sl_shop', schemas => '{sl_shop, sl_free}');
INSERT INTO sl_free.later VALUES (1), (2);
SELECT relation, commits, inserted FROM datamesh.activities WHERE relation = 'sl_free.later'::regclass;
SELECT dm_alter_domain('sl_shop', schemas => '{sl_shop}');
INSERT INTO sl_free.later VALUES (1), (2);
SELECT relation, commits, inserted FROM datamesh.activities WHERE relation = 'sl_free.later'::regclass;

SET client_min_messages = error;
SELECT dm_deprecate('sl_shop.sales'), dm_retire('sl_shop.sales'), dm_drop_domain('sl_shop') \g /dev/null
DROP VIEW pg_temp.counted;
DROP SCHEMA sl_shop, sl_free CASCADE;
SELECT dm_drop_purpose('sl_reporting') \g /dev/null
DROP ROLE regress_sl_owner, regress_sl_reader, regress_sl_other;
