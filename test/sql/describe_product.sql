-- A product's contract from its ports: references, classification, examples, and who gets it.
CREATE ROLE regress_dp_owner;
CREATE ROLE regress_dp_app;
CREATE ROLE regress_dp_other;
CREATE SCHEMA dp AUTHORIZATION regress_dp_owner;
CREATE SCHEMA "dp ""2"".x" AUTHORIZATION regress_dp_owner;
SELECT dm_create_tag('dp_secret', mask => 'dm_mask_null()'), dm_create_tag('dp_internal') \g /dev/null
SET ROLE regress_dp_owner;
SET search_path = dp, public;
SELECT dm_register_domain('dp', schemas => '{dp,"dp \"2\".x"}', producers => '{regress_dp_app}'),
       dm_register_product('dp.shop', E'what is sold: \'; DROP TABLE customer; --') \g /dev/null
CREATE TABLE customer (id int PRIMARY KEY, region text NOT NULL, code int NOT NULL, mail text, city varchar(30), seen date, score numeric(4,1), note text,
	UNIQUE (region, code));
CREATE TABLE "Order; Line" (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "customer id" int REFERENCES customer, region text, code int, hidden int, rebate int CHECK (rebate > hidden),
	FOREIGN KEY (region, code) REFERENCES customer (region, code));
CREATE TABLE private (id int PRIMARY KEY, customer int REFERENCES customer);
ALTER TABLE customer ADD COLUMN private int REFERENCES private;
CREATE TABLE "dp ""2"".x"."a.b" (id int REFERENCES dp.customer, part_of int, FOREIGN KEY (part_of) REFERENCES dp.customer);
ALTER TABLE "dp ""2"".x"."a.b" ADD CONSTRAINT unproved FOREIGN KEY (part_of) REFERENCES customer NOT VALID;
CREATE VIEW cities AS SELECT city, mail, count(*) AS n FROM customer GROUP BY city, mail;
COMMENT ON TABLE customer IS 'who buys'; COMMENT ON COLUMN customer.mail IS 'how to reach them';
INSERT INTO customer SELECT i, 'r' || i % 2, i, 'm@x', 'c' || i % 3, CASE WHEN i < 50 THEN date '2020-01-01' + i % 2 WHEN i < 70 THEN 'infinity' END, CASE WHEN i % 4 = 0 THEN numeric 'NaN' ELSE i % 4 END,
	CASE WHEN i < 5 THEN 'rare' END FROM generate_series(1, 100) i;
ANALYZE customer;
SELECT dm_classify('customer', 'mail', 'dp_secret', 'dp_internal') \g /dev/null
SELECT dm_add_port('dp.shop', 'customer'), dm_add_port('dp.shop', '"Order; Line"', columns => '{id,"customer id",region,code,rebate}'),
       dm_add_port('dp.shop', '"dp ""2"".x"."a.b"', name => 'ab'), dm_add_port('dp.shop', 'cities') \g /dev/null
COMMENT ON COLUMN dp_shop_v1.customer.city IS 'of the port';
ALTER TABLE customer RENAME code TO shop_code;
CREATE FUNCTION contract(product text) RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT dm_yaml_to_jsonb(dm_describe_contract(product)) $$;

\pset format unaligned
SELECT contract('dp.shop') - 'schema' #- '{servers,0,port}' #- '{servers,0,database}';
SELECT o - 'properties' AS object FROM jsonb_array_elements(contract('dp.shop') -> 'schema') o;
SELECT o ->> 'name' AS object, p ->> 'name' AS property, p - '{id,name,logicalType,physicalType,logicalTypeOptions}'::text[] AS rest
FROM jsonb_array_elements(contract('dp.shop') -> 'schema') o, jsonb_array_elements(o -> 'properties') p;
SELECT dm_describe_contract('dp.shop', examples => false) !~ 'examples', dm_describe_contract('dp.shop') ~ 'examples';
-- it has the form of the official schema
RESET ROLE;
SELECT e.* FROM dm_json_schema_validate((SELECT document FROM datamesh.contract_schema WHERE standard = 'odcs' AND version = 'v3.1.0'), contract('dp.shop')) e;
SET ROLE regress_dp_owner;
-- deterministic
SELECT dm_describe_contract('dp.shop') = dm_describe_contract('dp.shop@1');

-- examples: not of classified columns, not where rows are hidden, not for who may not read
SET ROLE regress_dp_app;
SELECT dm_describe_contract('dp.shop') ~ 'examples' AS producer_without_select;
SET ROLE regress_dp_owner;
SELECT dm_classify('customer', 'city', 'dp_internal') \g /dev/null
SELECT p -> 'examples' FROM jsonb_array_elements(contract('dp.shop') #> '{schema,3,properties}') p WHERE p ->> 'name' = 'city';
ALTER TABLE customer ENABLE ROW LEVEL SECURITY;
SELECT dm_describe_contract('dp.shop') ~ 'examples' AS row_security;
ALTER TABLE customer DISABLE ROW LEVEL SECURITY;

-- names and ids that a contract has given stay
SELECT dm_import_contract(E'apiVersion: v3.1.0\nkind: DataContract\nid: my-id\nname: named\nversion: 1.2.3\ntenant: t\nstatus: draft\ndomain: dp\nschema:\n- {id: obj, name: The Customers, physicalName: customer, properties: [{id: p1, name: Number, physicalName: id}, {name: Region}, {name: region}]}');
SELECT c - 'schema' - 'servers' AS heading, c -> 'schema' AS schema FROM contract('dp.named') c;

-- a product without ports; one that does not exist; strangers
SELECT dm_register_product('dp.empty') \g /dev/null
SELECT contract('dp.empty');
SELECT dm_describe_contract('dp.chop');
SET ROLE regress_dp_other;
SELECT dm_describe_contract('dp.shop');
-- a consumer describes what he may read
RESET ROLE;
SELECT dm_register_purpose('dp_purpose', 'a test') \g /dev/null
SET ROLE regress_dp_owner;
SELECT dm_publish('dp.shop'), dm_grant_access('dp.shop', 'regress_dp_other', 'dp_purpose', until => now() + interval '1 day') \g /dev/null
SET ROLE regress_dp_other;
SELECT p FROM jsonb_array_elements(dm_yaml_to_jsonb(dm_describe_contract('dp_shop_v1.customer'::regclass)) #> '{schema,0,properties}') p;
SELECT dm_describe_contract('dp.shop');
RESET ROLE;

\set VERBOSITY terse
SET client_min_messages = error;
SET ROLE regress_dp_owner;
SELECT dm_deprecate('dp.shop') \g /dev/null
SELECT dm_retire('dp.shop', true), dm_retire('dp.empty'), dm_retire('dp.named'), dm_drop_domain('dp') \g /dev/null
RESET ROLE;
SELECT dm_drop_purpose('dp_purpose') \g /dev/null
DROP SCHEMA dp, "dp ""2"".x" CASCADE;
SELECT dm_drop_tag('dp_secret'), dm_drop_tag('dp_internal') \g /dev/null
DROP ROLE regress_dp_owner, regress_dp_app, regress_dp_other;
