-- DDL on a contracted relation: each change in a transaction of its own, and its verdict at COMMIT.
CREATE ROLE regress_gc_owner;
CREATE ROLE regress_gc_reader;
CREATE SCHEMA gc AUTHORIZATION regress_gc_owner;
CREATE SCHEMA gc_old AUTHORIZATION regress_gc_owner;
SELECT dm_register_purpose('gc_reports');
GRANT CREATE ON DATABASE :DBNAME TO regress_gc_owner;
SET ROLE regress_gc_owner;
SELECT dm_register_domain('gc', schemas => '{gc, gc_old}');
CREATE TYPE gc.mood AS ENUM ('good', 'bad');
CREATE TYPE gc.point AS (x integer, y integer);
CREATE DOMAIN gc.percentage AS integer CHECK (VALUE >= 0);
CREATE TABLE gc.country (code varchar(2) PRIMARY KEY, name text NOT NULL);
CREATE TABLE gc.customer (
    id integer PRIMARY KEY,
    email text NOT NULL,
    country varchar(2) REFERENCES gc.country,
    balance numeric(10, 2) DEFAULT 0,
    born date,
    seen timestamptz,
    mood gc.mood,
    share gc.percentage,
    place gc.point,
    tags text[],
    kind text CHECK (kind IN ('private', 'business')),
    remark text,
    CONSTRAINT customer_balance CHECK (balance >= 0),
    CONSTRAINT customer_email UNIQUE (email));
CREATE TABLE gc.sale (id bigint, day date NOT NULL, amount numeric, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE gc.sale_2025 PARTITION OF gc.sale FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE gc.sale_2026 (id bigint NOT NULL, day date NOT NULL, amount numeric, note text);
CREATE VIEW gc.total AS SELECT day, sum(amount) AS amount FROM gc.sale GROUP BY day;
CREATE MATERIALIZED VIEW gc.best AS SELECT id, balance FROM gc.customer;
CREATE UNIQUE INDEX best_id ON gc.best (id);
SELECT dm_import_contract($$
apiVersion: v3.1.0
kind: DataContract
id: gc-customers
version: 1.0.0
status: active
domain: gc
dataProduct: customers
schema:
  - name: customer
    physicalType: table
    properties:
      - {name: id, logicalType: integer, physicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true}
      - {name: email, logicalType: string, physicalType: text, required: true, unique: true}
      - name: country
        logicalType: string
        physicalType: varchar
        logicalTypeOptions: {maxLength: 2}
        relationships:
          - {to: country.code}
      - {name: balance, logicalType: number, physicalType: "numeric(10,2)", logicalTypeOptions: {minimum: 0}}
      - {name: born, logicalType: date}
      - {name: seen, logicalType: timestamp, physicalType: timestamptz}
      - {name: mood, logicalType: string, physicalType: mood, enum: [{value: good}, {value: bad}]}
      - {name: share, logicalType: integer, logicalTypeOptions: {minimum: 0}}
      - name: place
        logicalType: object
        properties:
          - {name: x, logicalType: integer}
      - {name: tags, logicalType: array, items: {logicalType: string, physicalType: text}}
      - {name: kind, logicalType: string, enum: [{value: private}, {value: business}]}
  - name: country
    physicalName: gc.country
    properties:
      - {name: code, logicalType: string, primaryKey: true, primaryKeyPosition: 1}
      - {name: name, logicalType: string, required: true}
  - name: sale
    physicalType: partitioned table
    properties:
      - {name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1}
      - {name: day, logicalType: date, required: true, primaryKey: true, primaryKeyPosition: 2, partitioned: true, partitionKeyPosition: 1}
      - {name: amount, logicalType: number}
  - name: total
    physicalType: view
    properties:
      - {name: day, logicalType: date}
      - {name: amount, logicalType: number}
  - name: best
    properties:
      - {name: id, logicalType: integer, unique: true}
      - {name: balance, logicalType: number}
$$);
SELECT dm_publish('gc.customers');
SELECT dm_grant_access('gc.customers', 'regress_gc_reader', 'gc_reports', until => 'tomorrow') > 0 AS granted;
RESET ROLE;
SELECT unnest(held) AS held FROM datamesh.contract_versions WHERE product = 'gc.customers' ORDER BY 1;

-- what was allowed to commit, to be compared with what should have been
CREATE TABLE public.gc_committed (nr int);
GRANT INSERT, SELECT ON public.gc_committed TO regress_gc_owner;
CREATE TABLE public.gc_change (nr int GENERATED ALWAYS AS IDENTITY, breaks boolean, ddl text, undo text);
INSERT INTO public.gc_change (breaks, ddl, undo) VALUES
-- columns
(false, 'ALTER TABLE gc.customer ADD COLUMN extra int', 'ALTER TABLE gc.customer DROP COLUMN extra'),
(false, 'ALTER TABLE gc.customer ADD COLUMN extra int NOT NULL DEFAULT 3', 'ALTER TABLE gc.customer DROP COLUMN extra'),
(false, 'ALTER TABLE gc.customer RENAME COLUMN remark TO note', 'ALTER TABLE gc.customer RENAME COLUMN note TO remark'),
(false, 'ALTER TABLE gc.customer ALTER COLUMN remark TYPE varchar(10)', 'ALTER TABLE gc.customer ALTER COLUMN remark TYPE text'),
(true, 'ALTER TABLE gc.customer RENAME COLUMN email TO mail', NULL),
(false, 'ALTER TABLE gc.customer RENAME COLUMN email TO mail; ALTER TABLE gc.customer RENAME COLUMN mail TO email', NULL),
(true, 'ALTER TABLE gc.customer RENAME COLUMN email TO mail; ALTER TABLE gc.customer ADD COLUMN email text NOT NULL DEFAULT ''x'' UNIQUE', NULL),
(true, 'ALTER TABLE gc.customer RENAME COLUMN id TO x; ALTER TABLE gc.customer RENAME COLUMN balance TO id; ALTER TABLE gc.customer RENAME COLUMN x TO balance', NULL),
(false, 'ALTER TABLE gc.customer ALTER COLUMN balance SET DEFAULT 5', 'ALTER TABLE gc.customer ALTER COLUMN balance SET DEFAULT 0'),
(false, 'ALTER TABLE gc.customer ALTER COLUMN balance DROP DEFAULT', 'ALTER TABLE gc.customer ALTER COLUMN balance SET DEFAULT 0'),
(false, 'ALTER TABLE gc.customer ALTER COLUMN email SET STATISTICS 500', NULL),
(false, 'ALTER TABLE gc.customer ALTER COLUMN email SET STORAGE external', 'ALTER TABLE gc.customer ALTER COLUMN email SET STORAGE extended'),
-- NOT NULL
(true, 'ALTER TABLE gc.customer ALTER COLUMN email DROP NOT NULL', NULL),
(false, 'ALTER TABLE gc.customer ALTER COLUMN email DROP NOT NULL; ALTER TABLE gc.customer ALTER COLUMN email SET NOT NULL', NULL),
(false, 'ALTER TABLE gc.customer ALTER COLUMN country SET NOT NULL', 'ALTER TABLE gc.customer ALTER COLUMN country DROP NOT NULL'),
(true, 'ALTER TABLE gc.country ALTER COLUMN name DROP NOT NULL', NULL),
-- unique, keys, and the indexes behind them
(true, 'ALTER TABLE gc.customer DROP CONSTRAINT customer_email', NULL),
(false, 'ALTER TABLE gc.customer DROP CONSTRAINT customer_email; CREATE UNIQUE INDEX customer_email ON gc.customer (email)', 'ALTER TABLE gc.customer ADD CONSTRAINT customer_email UNIQUE USING INDEX customer_email'),
(true, 'ALTER TABLE gc.customer DROP CONSTRAINT customer_email; CREATE INDEX customer_email ON gc.customer (email)', NULL),
(true, 'ALTER TABLE gc.customer DROP CONSTRAINT customer_email; CREATE UNIQUE INDEX customer_email ON gc.customer (email) WHERE id > 0', NULL),
(true, 'ALTER TABLE gc.customer DROP CONSTRAINT customer_email; CREATE UNIQUE INDEX customer_email ON gc.customer (lower(email))', NULL),
(true, 'ALTER TABLE gc.customer DROP CONSTRAINT customer_email; CREATE UNIQUE INDEX customer_email ON gc.customer (email, id)', NULL),
(false, 'ALTER TABLE gc.customer DROP CONSTRAINT customer_email; ALTER TABLE gc.customer ADD CONSTRAINT customer_email UNIQUE (email) DEFERRABLE', 'ALTER TABLE gc.customer DROP CONSTRAINT customer_email; ALTER TABLE gc.customer ADD CONSTRAINT customer_email UNIQUE (email)'),
(false, 'ALTER TABLE gc.customer RENAME CONSTRAINT customer_email TO another', 'ALTER TABLE gc.customer RENAME CONSTRAINT another TO customer_email'),
(false, 'ALTER INDEX gc.customer_email RENAME TO another', 'ALTER INDEX gc.another RENAME TO customer_email'),
(true, 'ALTER TABLE gc.customer DROP CONSTRAINT customer_pkey', NULL),
(false, 'ALTER TABLE gc.customer DROP CONSTRAINT customer_pkey; ALTER TABLE gc.customer ADD PRIMARY KEY (id)', NULL),
(true, 'ALTER TABLE gc.customer DROP CONSTRAINT customer_pkey; ALTER TABLE gc.customer ADD PRIMARY KEY (id, email)', NULL),
(true, 'DROP INDEX gc.best_id', NULL),
(false, 'DROP INDEX gc.best_id; CREATE UNIQUE INDEX best_id ON gc.best (id)', NULL),
(false, 'CREATE INDEX customer_born ON gc.customer (born)', 'DROP INDEX gc.customer_born'),
(false, 'REINDEX TABLE gc.customer', NULL),
(false, 'ALTER TABLE gc.customer CLUSTER ON customer_pkey', 'ALTER TABLE gc.customer SET WITHOUT CLUSTER'),
(false, 'ALTER TABLE gc.customer REPLICA IDENTITY FULL', 'ALTER TABLE gc.customer REPLICA IDENTITY DEFAULT'),
-- references
(true, 'ALTER TABLE gc.customer DROP CONSTRAINT customer_country_fkey', NULL),
(true, 'ALTER TABLE gc.customer DROP CONSTRAINT customer_country_fkey; ALTER TABLE gc.customer ADD CONSTRAINT customer_country_fkey FOREIGN KEY (country) REFERENCES gc.country NOT VALID', NULL),
(false, 'ALTER TABLE gc.customer DROP CONSTRAINT customer_country_fkey; ALTER TABLE gc.customer ADD CONSTRAINT customer_country_fkey FOREIGN KEY (country) REFERENCES gc.country ON DELETE CASCADE', NULL),
(false, 'ALTER TABLE gc.customer DROP CONSTRAINT customer_country_fkey; ALTER TABLE gc.customer ADD CONSTRAINT customer_country_fkey FOREIGN KEY (country) REFERENCES gc.country NOT VALID; ALTER TABLE gc.customer VALIDATE CONSTRAINT customer_country_fkey', NULL),
(true, 'ALTER TABLE gc.country DROP CONSTRAINT country_pkey CASCADE', NULL),
-- checks
(true, 'ALTER TABLE gc.customer DROP CONSTRAINT customer_balance', NULL),
(false, 'ALTER TABLE gc.customer DROP CONSTRAINT customer_balance; ALTER TABLE gc.customer ADD CONSTRAINT customer_balance CHECK (balance > 10)', 'ALTER TABLE gc.customer DROP CONSTRAINT customer_balance; ALTER TABLE gc.customer ADD CONSTRAINT customer_balance CHECK (balance >= 0)'),
(true, 'ALTER TABLE gc.customer DROP CONSTRAINT customer_balance; ALTER TABLE gc.customer ADD CONSTRAINT customer_balance CHECK (balance >= -10)', NULL),
(true, 'ALTER TABLE gc.customer DROP CONSTRAINT customer_balance; ALTER TABLE gc.customer ADD CONSTRAINT customer_balance CHECK (balance >= 0) NOT VALID', NULL),
(true, 'ALTER TABLE gc.customer DROP CONSTRAINT customer_balance; ALTER TABLE gc.customer ADD CONSTRAINT customer_balance CHECK (balance >= 0 OR id = 1)', NULL),
(true, 'ALTER TABLE gc.customer DROP CONSTRAINT customer_kind_check; ALTER TABLE gc.customer ADD CONSTRAINT customer_kind_check CHECK (kind IN (''private'', ''business'', ''other''))', NULL),
(false, 'ALTER TABLE gc.customer DROP CONSTRAINT customer_kind_check; ALTER TABLE gc.customer ADD CONSTRAINT customer_kind_check CHECK (kind = ''private'')', 'ALTER TABLE gc.customer DROP CONSTRAINT customer_kind_check; ALTER TABLE gc.customer ADD CONSTRAINT customer_kind_check CHECK (kind IN (''private'', ''business''))'),
(false, 'ALTER TABLE gc.customer ADD CONSTRAINT later CHECK (born > ''1900-01-01'')', 'ALTER TABLE gc.customer DROP CONSTRAINT later'),
-- types of the database
(true, 'ALTER DOMAIN gc.percentage DROP CONSTRAINT percentage_check', NULL),
(false, 'ALTER DOMAIN gc.percentage ADD CONSTRAINT most CHECK (VALUE <= 100)', 'ALTER DOMAIN gc.percentage DROP CONSTRAINT most'),
(false, 'ALTER DOMAIN gc.percentage RENAME TO percents', 'ALTER DOMAIN gc.percents RENAME TO percentage'),
(true, 'ALTER TYPE gc.mood RENAME VALUE ''bad'' TO ''awful''', NULL),
(true, 'ALTER TYPE gc.mood RENAME TO temper', NULL),
(false, 'ALTER TYPE gc.mood RENAME VALUE ''bad'' TO ''awful''; ALTER TYPE gc.mood RENAME VALUE ''awful'' TO ''bad''', NULL),
(true, 'ALTER TYPE gc.point RENAME ATTRIBUTE x TO longitude', NULL),
(false, 'ALTER TYPE gc.point RENAME ATTRIBUTE y TO latitude', 'ALTER TYPE gc.point RENAME ATTRIBUTE latitude TO y'),
-- names and owners
(true, 'ALTER TABLE gc.customer RENAME TO client', NULL),
(false, 'ALTER TABLE gc.customer RENAME TO client; ALTER TABLE gc.client RENAME TO customer', NULL),
(true, 'ALTER TABLE gc.customer RENAME TO client; CREATE TABLE gc.customer (LIKE gc.client INCLUDING ALL)', NULL),
(false, 'ALTER TABLE gc.customer SET SCHEMA gc_old', 'ALTER TABLE gc_old.customer SET SCHEMA gc'),
(true, 'ALTER TABLE gc.country SET SCHEMA gc_old', NULL),
(true, 'ALTER SCHEMA gc RENAME TO gc_new', NULL),
(false, 'ALTER SCHEMA gc RENAME TO gc_new; ALTER SCHEMA gc_new RENAME TO gc', NULL),
(false, 'ALTER SCHEMA gc_old RENAME TO gc_older', 'ALTER SCHEMA gc_older RENAME TO gc_old'),
(false, 'CREATE TABLE gc_old.customer (id int)', 'DROP TABLE gc_old.customer'),
(true, 'REVOKE SELECT ON gc.customer FROM regress_gc_owner', NULL),
(false, 'REVOKE INSERT ON gc.customer FROM regress_gc_owner', 'GRANT INSERT ON gc.customer TO regress_gc_owner'),
-- partitions and inheritance
(false, 'ALTER TABLE gc.sale DETACH PARTITION gc.sale_2025', 'ALTER TABLE gc.sale ATTACH PARTITION gc.sale_2025 FOR VALUES FROM (''2025-01-01'') TO (''2026-01-01'')'),
(false, 'DROP TABLE gc.sale_2025', 'CREATE TABLE gc.sale_2025 PARTITION OF gc.sale FOR VALUES FROM (''2025-01-01'') TO (''2026-01-01'')'),
(false, 'ALTER TABLE gc.sale_2026 DROP COLUMN note; ALTER TABLE gc.sale ATTACH PARTITION gc.sale_2026 FOR VALUES FROM (''2026-01-01'') TO (''2027-01-01'')', NULL),
(true, 'ALTER TABLE gc.sale DROP CONSTRAINT sale_pkey', NULL),
(true, 'CREATE TABLE gc.vip () INHERITS (gc.customer)', NULL),
(false, 'CREATE TABLE gc.vip () INHERITS (gc.customer); DROP TABLE gc.vip', NULL),
-- views
(false, 'CREATE OR REPLACE VIEW gc.total AS SELECT day, sum(amount) * 1 AS amount FROM gc.sale GROUP BY day', NULL),
(false, 'CREATE OR REPLACE VIEW gc.total AS SELECT day, sum(amount) AS amount, count(*) AS sales FROM gc.sale GROUP BY day', NULL),
(true, 'ALTER VIEW gc.total RENAME COLUMN amount TO sum', NULL),
(false, 'ALTER VIEW gc.total ALTER COLUMN amount SET DEFAULT 1', 'ALTER VIEW gc.total ALTER COLUMN amount DROP DEFAULT'),
(false, 'REFRESH MATERIALIZED VIEW gc.best', NULL),
-- what has nothing to do with it
(false, 'COMMENT ON TABLE gc.customer IS ''those who buy''', NULL),
(false, 'ALTER TABLE gc.customer SET (fillfactor = 90)', 'ALTER TABLE gc.customer RESET (fillfactor)'),
(false, 'CREATE TABLE gc.other (id int); ALTER TABLE gc.other DROP COLUMN id; DROP TABLE gc.other', NULL),
(false, 'TRUNCATE gc.customer', NULL),
(false, 'CREATE FUNCTION gc.note() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN NEW; END''; CREATE TRIGGER note BEFORE INSERT ON gc.customer FOR EACH ROW EXECUTE FUNCTION gc.note()', 'DROP FUNCTION gc.note() CASCADE'),
-- subtransactions
(false, 'SAVEPOINT a; ALTER TABLE gc.customer DROP CONSTRAINT customer_email; ROLLBACK TO a', NULL),
(true, 'SAVEPOINT a; ALTER TABLE gc.customer DROP CONSTRAINT customer_email; RELEASE a', NULL);
SELECT count(*) >= 60 AS enough, count(*) FILTER (WHERE breaks) AS breaking, count(*) FILTER (WHERE NOT breaks) AS harmless FROM public.gc_change;

-- every row: the change, the mark that it was committed, and back if it was
SET client_min_messages = error;
SELECT format('BEGIN; SET LOCAL ROLE regress_gc_owner; %s; INSERT INTO public.gc_committed VALUES (%s); COMMIT', ddl, nr),
       'ROLLBACK',
       format('DO $do$ BEGIN IF EXISTS (SELECT FROM public.gc_committed WHERE nr = %s) THEN SET LOCAL ROLE regress_gc_owner; %s; END IF; END $do$', nr, coalesce(undo, 'NULL'))
FROM public.gc_change ORDER BY nr \gexec
RESET client_min_messages;

SELECT nr, breaks, ddl FROM public.gc_change
WHERE breaks = EXISTS (SELECT FROM public.gc_committed c WHERE c.nr = gc_change.nr) ORDER BY nr;
DROP TABLE public.gc_committed, public.gc_change;
REVOKE CREATE ON DATABASE :DBNAME FROM regress_gc_owner;

-- nothing stays behind for the tests that come next
RESET ROLE;
RESET SESSION AUTHORIZATION;
SET client_min_messages = warning;
SELECT count(dm_deprecate(name)) FROM datamesh.products
WHERE domain IN ('gc') AND status = 'active' \g /dev/null
SELECT count(dm_retire(name, cascade => true)) FROM datamesh.products
WHERE domain IN ('gc') AND status <> 'retired' \g /dev/null
SELECT dm_drop_domain('gc') \g /dev/null
SELECT dm_drop_purpose('gc_reports') \g /dev/null
DROP SCHEMA gc, gc_old CASCADE;
DROP OWNED BY regress_gc_owner, regress_gc_reader;
DROP ROLE regress_gc_owner, regress_gc_reader;
