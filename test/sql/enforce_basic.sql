-- What a contract promises of the data is kept by constraints; what the data violates is told.
CREATE ROLE regress_en_owner;
CREATE ROLE regress_en_other;
CREATE SCHEMA en AUTHORIZATION regress_en_owner;
SELECT dm_create_tag('en_mail', 'mail', mask => 'dm_mask_email()');
SELECT dm_register_domain('en', 'regress_en_owner', '{en}');
SET ROLE regress_en_owner;
CREATE TABLE en.customer (id int, email varchar(100), country text, born date);
CREATE TABLE en.orders (id int, line int, customer int, amount numeric, step int, code text, note text);
INSERT INTO en.customer VALUES (1, 'ann@example.com', 'nl', '1980-02-03'), (2, 'bob@example.com', 'de', '1990-04-05');
INSERT INTO en.orders VALUES (1, 1, 1, 9.50, 5, 'A-1', 'x'), (1, 2, 2, 3, 10, 'B-2', NULL);
\set contract '{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "en-market", "name": "market", "version": "1.0.0", "status": "active", "domain": "en", "schema": [ {"name": "customer", "physicalName": "customer", "logicalType": "object", "properties": [ {"name": "id", "logicalType": "integer", "primaryKey": true, "primaryKeyPosition": 1}, {"name": "email", "logicalType": "string", "required": true, "unique": true, "logicalTypeOptions": {"maxLength": 40, "pattern": "^[^@]+@[a-z.]+$"}}, {"name": "country", "logicalType": "string", "logicalTypeOptions": {"minLength": 2, "pattern": "^\\\\p{Ll}{2}$"}}, {"name": "born", "logicalType": "date", "logicalTypeOptions": {"minimum": "1900-01-01"}} ]}, {"name": "orders", "physicalName": "orders", "logicalType": "object", "properties": [ {"name": "id", "logicalType": "integer", "primaryKey": true, "primaryKeyPosition": 1}, {"name": "line", "logicalType": "integer", "primaryKey": true, "primaryKeyPosition": 2}, {"name": "customer", "logicalType": "integer", "required": true, "relationships": [ {"to": "customer.id"} ]}, {"name": "amount", "logicalType": "number", "logicalTypeOptions": {"minimum": 0, "exclusiveMaximum": 1000, "multipleOf": 0.5}}, {"name": "step", "logicalType": "integer", "logicalTypeOptions": {"multipleOf": 5}}, {"name": "code", "logicalType": "string", "required": true, "logicalTypeOptions": {"format": "uri"}} ]} ]}'
SELECT dm_import_contract(:'contract');
SELECT dm_classify('en.customer', 'email', 'en_mail');
-- what would be done, as statements that a team can run one by one
SELECT promise, state, statement, detail FROM dm_enforce('en.market', dry_run => true);
SELECT conname FROM pg_constraint WHERE connamespace = 'en'::regnamespace AND contype <> 'n';
-- what the data violates, with classified values hidden
INSERT INTO en.customer VALUES (3, 'ann@example.com', 'NL', '1880-01-01'), (3, NULL, 'nl', NULL);
INSERT INTO en.orders VALUES (2, 1, 7, -1, 3, NULL, NULL);
SELECT promise, state, statement, detail FROM dm_enforce('en.market', dry_run => true) WHERE state <> 'possible';
-- the others are made all the same
SELECT promise, state, statement, detail FROM dm_enforce('en.market');
DELETE FROM en.customer WHERE id = 3;
DELETE FROM en.orders WHERE id = 2;
SELECT promise, state, statement, detail FROM dm_enforce('en.market') WHERE state <> 'held';
SELECT promise, state FROM dm_enforce('en.market');
SELECT conrelid::regclass, conname, contype, convalidated FROM pg_constraint WHERE connamespace = 'en'::regnamespace AND contype <> 'n' ORDER BY 1, 2;
-- and kept
INSERT INTO en.customer VALUES (5, 'nobody', 'nl');
INSERT INTO en.customer VALUES (5, 'eve@example.com', 'X1');
INSERT INTO en.orders VALUES (9, 9, 99, 1, 5, 'Z');
-- one that says something else, and one that a team has not validated yet
ALTER TABLE en.orders DROP CONSTRAINT orders_amount_minimum, ADD CONSTRAINT orders_amount_minimum CHECK (amount > -5);
ALTER TABLE en.customer DROP CONSTRAINT customer_born_minimum, ADD CONSTRAINT customer_born_minimum CHECK (born >= '1900-01-01') NOT VALID;
SELECT promise, state, statement, detail FROM dm_enforce('en.market') WHERE state <> 'held';
-- rights
SET ROLE regress_en_other;
SELECT * FROM dm_enforce('en.market');
SET ROLE regress_en_owner;
SELECT * FROM dm_enforce(NULL);
SELECT dm_register_product('en.none');
SELECT * FROM dm_enforce('en.none');
RESET ROLE;
ALTER TABLE en.orders DROP CONSTRAINT orders_step_multiple_of, OWNER TO postgres;
SET ROLE regress_en_owner;
SELECT promise, state, statement, detail FROM dm_enforce('en.market') WHERE state <> 'held';
-- patterns
SELECT dm_matches('abc', '^\p{L}+$'), dm_matches('ab1', '^\p{L}+$'), dm_matches(NULL, 'x');
SELECT dm_matches('abc', '(');
-- what is merely quadratic is within PCRE2's limit, and can be cancelled
SET statement_timeout = '100ms';
SELECT dm_matches(repeat('a', 500000), '(?=(a*))\1[bc]');
SELECT dm_matches(repeat('a', 1000000), '(?:(?!(?=a*[bc]))a)*z');
RESET statement_timeout;
SELECT dm_matches(repeat('ab ', 100000) || 'c', 'b c|x$'), dm_matches(repeat('ab ', 100000), '^c|b$'), dm_matches('b', 'a|b'), dm_matches('cb', '^a|^b');
SELECT dm_matches('a', '*a');

-- nothing stays behind for the tests that come next
RESET ROLE;
RESET SESSION AUTHORIZATION;
SET client_min_messages = warning;
SELECT count(dm_deprecate(name)) FROM datamesh.products
WHERE domain IN ('en') AND status = 'active' \g /dev/null
SELECT count(dm_retire(name, cascade => true)) FROM datamesh.products
WHERE domain IN ('en') AND status <> 'retired' \g /dev/null
SELECT dm_drop_domain('en') \g /dev/null
DROP SCHEMA en CASCADE;
SELECT dm_drop_tag('en_mail') \g /dev/null
DROP OWNED BY regress_en_owner, regress_en_other;
DROP ROLE regress_en_owner, regress_en_other;
