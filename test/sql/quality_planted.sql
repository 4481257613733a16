-- What rules look up again at each check is not what somebody has planted since, and what keeps a
-- rule at the write says what the check says.
CREATE ROLE regress_qp_owner;
CREATE ROLE regress_qp_etl;
CREATE SCHEMA qp AUTHORIZATION regress_qp_owner;
SET ROLE regress_qp_owner;
SELECT dm_register_domain('qp', schemas => '{qp}', producers => '{regress_qp_etl}') \g /dev/null
GRANT USAGE, CREATE ON SCHEMA qp TO regress_qp_etl;
CREATE TABLE qp.t (id int PRIMARY KEY, k varchar(10), c varchar(10), b int);
INSERT INTO qp.t VALUES (1, 'a', 'x', 1), (2, 'a', 'y', 2), (3, 'a', 'z', 0);
SELECT dm_add_rule('qp.t', 'pairs', 'denial', arguments => '{"condition": "t1.c < t2.c AND t1.b > t2.b + 0", "key": ["k"]}') > 0 AS added;
SELECT dm_add_rule('qp.t', 'query', 'sql', arguments => '{"query": "SELECT count(*) = 0 FROM {object} WHERE lower(c) = ''q''"}') > 0 AS added;
SELECT rule, verdict, measured FROM dm_check('qp.t'::regclass);
SET ROLE regress_qp_etl;
CREATE FUNCTION qp.same(varchar, varchar) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS
	'BEGIN RAISE NOTICE ''called as %'', current_user; RETURN true; END';
CREATE FUNCTION qp.lower(varchar) RETURNS text IMMUTABLE LANGUAGE plpgsql AS
	'BEGIN RAISE NOTICE ''called as %'', current_user; RETURN ''q''; END';
CREATE OPERATOR qp.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = qp.same);
-- the key is compared by the server's operator
SELECT rule, verdict, measured, message FROM dm_check('qp.t'::regclass);
CREATE OPERATOR qp.< (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = qp.same);
SELECT rule, verdict, measured, message FROM dm_check('qp.t'::regclass);
RESET ROLE;
-- the owner's own may be called
ALTER FUNCTION qp.same OWNER TO regress_qp_owner;
ALTER FUNCTION qp.lower OWNER TO regress_qp_owner;
SET ROLE regress_qp_etl;
SET client_min_messages = warning;
SELECT rule, verdict, measured, message FROM dm_check('qp.t'::regclass);
RESET client_min_messages;

-- values that a CHECK does not list as the scan reads them, and NaN
SET ROLE regress_qp_owner;
CREATE TABLE qp.f (x float8, r real, i interval, n name, a inet, m numeric);
SELECT dm_add_rule('qp.f', 'least', 'minimum', 'x', '{"value": 5}', mode => 'reject') > 0 AS added;
SELECT dm_add_rule('qp.f', 'most', 'exclusiveMinimum', 'm', '{"value": 5}', mode => 'quarantine') > 0 AS added;
SELECT dm_add_rule('qp.f', 'real_not', 'notEnum', 'r', '{"values": [0.1]}', mode => 'reject') > 0 AS added;
SELECT dm_add_rule('qp.f', 'real_above', 'exclusiveMinimum', 'r', '{"value": 0.1}', mode => 'reject') > 0 AS added;
SELECT dm_add_rule('qp.f', 'x_not', 'notEnum', 'x', '{"values": ["Infinity"]}', mode => 'reject') > 0 AS added;
SELECT dm_add_rule('qp.f', 'i_not', 'notEnum', 'i', '{"values": ["1 day"]}', mode => 'reject') > 0 AS added;
SELECT dm_add_rule('qp.f', 'n_given', 'missingValues', 'n', '{"missingValues": ["n/a"]}', mode => 'reject') > 0 AS added;
SELECT dm_add_rule('qp.f', 'a_is', 'enum', 'a', '{"values": ["10.0.0.1"]}', mode => 'reject') > 0 AS added;
SELECT dm_add_rule('qp.f', 'i_aside', 'enum', 'i', '{"values": ["1 day"]}', mode => 'quarantine') > 0 AS added;
INSERT INTO qp.f VALUES (6, 0.2, '2 days', 'x', '10.0.0.1', 6);
INSERT INTO qp.f VALUES ('NaN', 0.2, '2 days', 'x', '10.0.0.1', 6);
INSERT INTO qp.f VALUES (6, 0.1, '2 days', 'x', '10.0.0.1', 6);
INSERT INTO qp.f VALUES ('Infinity', 0.2, '2 days', 'x', '10.0.0.1', 6);
INSERT INTO qp.f VALUES (6, 0.2, '24:00', 'x', '10.0.0.1', 6);
INSERT INTO qp.f VALUES (6, 0.2, '2 days', 'n/a', '10.0.0.1', 6);
INSERT INTO qp.f VALUES (6, 0.2, '2 days', 'x', '10.0.0.2', 6);
INSERT INTO qp.f VALUES (6, 0.2, '2 days', 'x', '10.0.0.1', 'NaN');
SELECT quarantine_rules, m FROM qp.f_quarantine;
SELECT rule, verdict, measured, message FROM dm_check('qp.f'::regclass);
-- nothing that a release would run, and nothing that shows its rows to others
CREATE RULE planted AS ON DELETE TO qp.f_quarantine DO ALSO SELECT 1;
CREATE POLICY planted ON qp.f_quarantine USING (true);

-- who changes a rule runs nothing of those who made the types, and who writes nothing that a view has
SET ROLE regress_qp_owner;
CREATE FUNCTION qp.ran_as(text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'ran as %', current_user; RETURN true; END $$;
CREATE DOMAIN qp.dom AS text CHECK (qp.ran_as(VALUE));
CREATE TYPE qp.comp AS (a qp.dom);
CREATE TABLE qp.typed (id int PRIMARY KEY, c qp.comp);
SELECT dm_add_rule('qp.typed', 'least', 'minimum', 'c', '{"value": "(b)"}') > 0 AS added;
RESET ROLE;
SELECT dm_alter_rule('qp.typed', 'least', severity => 'warning');
SET ROLE regress_qp_owner;
SELECT dm_add_rule('qp.typed', 'xml', 'expression', arguments => $$ {"expression": "table_to_xml('qp.f'::regclass, true, false, '') IS NOT NULL"} $$, mode => 'quarantine');

-- a producer's contract asks nothing of what he may not read
RESET ROLE;
SET client_min_messages = warning;
SELECT dm_create_tag('qp_pay', 'pay', mask => 'dm_mask_null()') \g /dev/null
SET ROLE regress_qp_owner;
CREATE TABLE qp.salary (id int PRIMARY KEY, who text, pay int);
CREATE TABLE qp.none (id int PRIMARY KEY, who text, pay int);
INSERT INTO qp.salary VALUES (1, 'ann', 4711);
SELECT dm_register_product('qp.p', owner => 'regress_qp_etl') \g /dev/null
SET ROLE regress_qp_etl;
SELECT dm_import_contract('{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "qp-1", "name": "p", "version": "1.0.0", "status": "draft", "domain": "qp", "dataProduct": "p",
 "schema": [
  {"name": "none", "properties": [{"name": "id", "logicalType": "integer", "relationships": [{"to": "salary.pay"}]}]},
  {"name": "salary", "quality": [{"metric": "rowCount", "mustBe": 1}], "properties": [
   {"name": "id", "logicalType": "integer"},
   {"name": "who", "logicalType": "string", "quality": [{"metric": "max", "mustBe": "x"}, {"metric": "invalidValues", "arguments": {"pattern": "^a"}, "mustBe": 0}]},
   {"name": "pay", "logicalType": "integer", "logicalTypeOptions": {"maximum": 5000}}]}]}') \g /dev/null
SELECT rule, relation, verdict, measured, message FROM dm_check('qp.p') ORDER BY rule COLLATE "C";
SET ROLE regress_qp_owner;
GRANT SELECT (id) ON qp.salary, qp.none TO regress_qp_etl;
GRANT SELECT (who) ON qp.salary TO regress_qp_etl;
SET ROLE regress_qp_etl;
SELECT rule, relation, verdict, measured, message FROM dm_check('qp.p') ORDER BY rule COLLATE "C";
-- sums of classified columns are values of them
SET ROLE regress_qp_owner;
SELECT dm_classify('qp.salary', 'pay', 'qp_pay') \g /dev/null
SELECT dm_add_rule('qp.none', 'same_pay', 'reconciliation', arguments => '{"relation": "qp.salary", "properties": ["pay"], "compare": "sum"}') > 0 AS added;
SELECT verdict, measured, message FROM dm_check('qp.none'::regclass);
SET ROLE regress_qp_etl;
SELECT verdict, measured, message FROM dm_check('qp.none'::regclass);
RESET ROLE;
SELECT verdict, measured, measured_text FROM datamesh.check_result WHERE rule = 'same_pay';
SELECT count(*) FROM datamesh.event e WHERE e::text LIKE '%4711%';

SET client_min_messages = error;
SELECT dm_classify('qp.salary', 'pay'), dm_retire('qp.p') \g /dev/null
DROP SCHEMA qp CASCADE;
SELECT dm_drop_tag('qp_pay') \g /dev/null
SELECT dm_drop_domain('qp');
DROP ROLE regress_qp_owner, regress_qp_etl;
