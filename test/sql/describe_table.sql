-- A table as a contract: types, keys, constraints of every form, domains, nested types, partitions.
CREATE ROLE regress_ds_owner;
CREATE ROLE regress_ds_other;
CREATE SCHEMA ds AUTHORIZATION regress_ds_owner;
SET ROLE regress_ds_owner;
SET search_path = ds, public;

-- what a test prints: the contract as jsonb, without what differs between servers
CREATE FUNCTION contract(relation regclass) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT dm_yaml_to_jsonb(dm_describe_contract(relation)) $$;
CREATE FUNCTION property(relation regclass, name text) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT p - 'id' - 'name' FROM jsonb_array_elements(contract(relation) #> '{schema,0,properties}') p WHERE p ->> 'name' = $2 $$;

-- the heading
CREATE TABLE plain (id int);
COMMENT ON TABLE plain IS E'two lines:\n  "quoted" # and no comment';
SELECT jsonb_pretty(contract('plain') #- '{servers,0,port}' #- '{servers,0,database}');

-- types
CREATE TYPE mood AS ENUM ('sad', 'o''k', 'very: happy');
ALTER TYPE mood ADD VALUE 'first' BEFORE 'sad';
CREATE TYPE empty_enum AS ENUM ();
CREATE TYPE inner_t AS (code varchar(3), moods mood[]);
CREATE TYPE outer_t AS (a inner_t, n numeric(6,0), at timestamptz);
CREATE DOMAIN "bıgınt" AS bigint;
CREATE DOMAIN percent AS numeric(5,2) NOT NULL CHECK (VALUE BETWEEN 0 AND 100);
CREATE DOMAIN half AS percent CHECK (VALUE <= 50) CHECK (VALUE <> 13);
CREATE TABLE types (
	c_int2 smallint, c_int4 int, c_int8 bigint, c_num numeric, c_num2 numeric(10,2), c_whole numeric(12,0),
	c_real real, c_double double precision, c_money money, c_bool boolean,
	c_text text, c_varchar varchar(40), c_bare varchar, c_char char(3), c_one "char", c_name name, c_uuid uuid, c_bytea bytea,
	c_date date, c_ts timestamp, c_tstz timestamptz(3), c_time time, c_timetz timetz, c_interval interval,
	c_json json, c_jsonb jsonb, c_array text[], c_deep numeric(4,1)[][], c_outer outer_t, c_outers outer_t[], c_mood mood, c_empty empty_enum,
	c_bigint "bıgınt", c_half half, c_inet inet, c_tsvector tsvector, c_range int4range, c_xml xml, c_bit bit(4), c_point point,
	"odd ""name""" int);
SELECT p ->> 'name' AS name, p ->> 'logicalType' AS logical, p ->> 'physicalType' AS physical, p -> 'logicalTypeOptions' AS options
FROM jsonb_array_elements(contract('types') #> '{schema,0,properties}') p;
SELECT jsonb_pretty(property('types', 'c_outers'));
SELECT n, property('types', n) FROM unnest(ARRAY['c_mood', 'c_empty', 'c_half', 'odd "name"']) n;

-- constraints that are options, and those that are rules
CREATE FUNCTION own_length(text) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT length($1)';
CREATE FUNCTION loud() RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'somebody called me'; RETURN 1; END $$;
CREATE TABLE checks (
	a_min int CHECK (a_min >= 1), a_xmin numeric CHECK (a_xmin > 0.50), a_max bigint CHECK (10 >= a_max), a_xmax real CHECK (a_xmax < 1e3),
	a_between int CHECK (a_between BETWEEN -5 AND 5), a_mult int CHECK (a_mult % 5 = 0), a_small smallint CHECK (a_small > 0 AND a_small < 100),
	b_date date CHECK (b_date >= '2020-01-31'), b_ts timestamptz CHECK (b_ts < '2030-01-01 01:00:00+01'), b_cross date CHECK (b_cross < '2030-01-01'::timestamp),
	b_inf date CHECK (b_inf < 'infinity'),
	c_len text CHECK (length(c_len) <= 10), c_len2 varchar(20) CHECK (char_length(c_len2) BETWEEN 2 AND 8), c_len3 text CHECK (length(c_len3) = 2),
	c_notempty text CHECK (c_notempty <> ''), c_len4 text CHECK (length(c_len4) < 0),
	d_pattern text CHECK (d_pattern ~ '^[A-Z]{2}[0-9]+$'), d_varchar varchar CHECK (d_varchar ~ '^(a|b)?c\.d*$'),
	d_class text CHECK (d_class ~ '^\d+$'), d_dot text CHECK (d_dot ~ '^a.b$'), d_ci text CHECK (d_ci ~* '^a$'), d_like text CHECK (d_like LIKE 'a%'),
	d_bracket text CHECK (d_bracket ~ '^[[:alpha:]]$'), d_not text CHECK (d_not !~ 'x'),
	d_own text CHECK (dm_matches(d_own, '^\d+.$')),
	e_in text CHECK (e_in IN ('new', 'it''s', 'done')), e_varchar varchar(10) CHECK (e_varchar IN ('a', 'b')), e_int int CHECK (e_int IN (1, 2, 3)),
	e_or text CHECK (e_or = 'x' OR e_or = 'y'), e_one text CHECK (e_one = 'only'), e_null text CHECK (e_null IN ('a', NULL)),
	f_required text CHECK (f_required IS NOT NULL), f_function text CHECK (own_length(f_function) < 5), f_loud int CHECK (f_loud >= loud()),
	f_twice int CHECK (f_twice > 0) CHECK (f_twice > 2), f_xor boolean CHECK (f_xor <> false),
	CONSTRAINT several CHECK (a_min < a_max), CONSTRAINT no_column CHECK (1 < 2), CONSTRAINT mixed CHECK (a_xmax > 0 AND own_length(c_len) > 0));
ALTER TABLE checks ADD CONSTRAINT later CHECK (a_between <> 3) NOT VALID;
\pset format unaligned
SELECT p ->> 'name' AS name, p -> 'required' AS required, p -> 'logicalTypeOptions' AS options, p -> 'quality' AS quality
FROM jsonb_array_elements(contract('checks') #> '{schema,0,properties}') p;
SELECT q FROM jsonb_array_elements(contract('checks') #> '{schema,0,quality}') q;

-- keys, unique indexes, defaults
CREATE TABLE keys (
	b int NOT NULL, a int GENERATED ALWAYS AS IDENTITY, u text UNIQUE, n int, m int NOT NULL DEFAULT 7,
	g int GENERATED ALWAYS AS (b * 2) STORED, w text DEFAULT current_user,
	PRIMARY KEY (a, b), UNIQUE (b, m), UNIQUE (n, m), EXCLUDE USING btree (m WITH =));
CREATE UNIQUE INDEX keys_lower ON keys (lower(u));
CREATE UNIQUE INDEX keys_part ON keys (n) WHERE m > 0;
CREATE UNIQUE INDEX keys_nulls ON keys (n, b) NULLS NOT DISTINCT;
CREATE INDEX keys_no ON keys (m);
SELECT p ->> 'name' AS name, p - '{id,name,logicalType,physicalType,logicalTypeOptions}'::text[] AS rest
FROM jsonb_array_elements(contract('keys') #> '{schema,0,properties}') p;
SELECT q FROM jsonb_array_elements(contract('keys') #> '{schema,0,quality}') q;
SELECT contract('keys') #> '{schema,0,customProperties}';

-- partitions
CREATE TABLE parts (day date NOT NULL, id int NOT NULL, region text, PRIMARY KEY (day, id)) PARTITION BY RANGE (day, id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2020-01-01', 0) TO ('2021-01-01', 0);
SELECT p ->> 'name' AS name, p - '{id,name,logicalType,physicalType,logicalTypeOptions}'::text[] AS rest FROM jsonb_array_elements(contract('parts') #> '{schema,0,properties}') p;
SELECT contract('parts') #> '{schema,0,customProperties}', contract('parts') #> '{schema,0,physicalType}';

\set VERBOSITY terse
CREATE TABLE by_expr (id int, day timestamp) PARTITION BY RANGE (date_trunc('day', day), id);
\set VERBOSITY default
SELECT contract('by_expr') #> '{schema,0,customProperties}', property('by_expr', 'id'), property('by_expr', 'day');

-- views, foreign tables; ids of names that differ in nothing that an id can hold
CREATE VIEW a_view AS SELECT id, 'x'::text AS "é", 1 AS "è" FROM plain;
CREATE MATERIALIZED VIEW a_matview AS SELECT * FROM a_view;
SELECT contract('a_view') #> '{schema,0}', contract('a_matview') #>> '{schema,0,physicalType}';
RESET ROLE;
CREATE FOREIGN DATA WRAPPER regress_ds_fdw;
CREATE SERVER regress_ds_server FOREIGN DATA WRAPPER regress_ds_fdw;
CREATE FOREIGN TABLE ds.a_foreign (id int NOT NULL) SERVER regress_ds_server;
SELECT ds.contract('ds.a_foreign') #> '{schema,0}';

-- all of it has the form of the official schema
SELECT c.oid::regclass, e.*
FROM pg_class c, dm_json_schema_validate((SELECT document FROM datamesh.contract_schema WHERE standard = 'odcs' AND version = 'v3.1.0'), ds.contract(c.oid)) e
WHERE c.relnamespace = 'ds'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1, 2;

-- the same in every session
SELECT dm_describe_contract('ds.checks'::regclass) AS one \gset
SET search_path = '';
SET datestyle = 'German'; SET timezone = 'Asia/Tokyo'; SET quote_all_identifiers = on; SET extra_float_digits = -15;
SELECT public.dm_describe_contract('ds.checks'::regclass) = :'one' AS same, current_setting('search_path') = '""' AS path_kept;
RESET search_path; RESET datestyle; RESET timezone; RESET quote_all_identifiers; RESET extra_float_digits;

-- who may
SET ROLE regress_ds_other;
SELECT dm_describe_contract('ds.plain'::regclass);
RESET ROLE;
GRANT USAGE ON SCHEMA ds TO regress_ds_other;
SET ROLE regress_ds_other;
SELECT dm_describe_contract('ds.plain'::regclass);
RESET ROLE;
GRANT SELECT ON ds.plain TO regress_ds_other;
SET ROLE regress_ds_other;
SELECT dm_describe_contract('ds.plain'::regclass) LIKE '%plain%';
SELECT dm_describe_contract('pg_class_oid_index'::regclass);
SELECT dm_describe_contract(NULL::regclass);
SELECT dm_describe_contract(NULL::text);
SELECT dm_describe_contract('ds.plain');
SELECT dm_describe_contract(1::oid::regclass);
RESET ROLE;

\set VERBOSITY terse
DROP SCHEMA ds CASCADE;
DROP FOREIGN DATA WRAPPER regress_ds_fdw CASCADE;
DROP ROLE regress_ds_owner, regress_ds_other;
