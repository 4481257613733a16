-- What failing rows are shown by: a key that the rule names, the primary key, a unique index, or what the rule speaks of and where the row lies. Views and foreign tables, too, and masks as always.
CREATE ROLE regress_qm_owner;
CREATE ROLE regress_qm_producer;
SELECT dm_create_tag('qm_secret', 'secret', mask => 'dm_mask_null()') IS NOT NULL AS created;
CREATE SCHEMA qm AUTHORIZATION regress_qm_owner;
SELECT dm_register_domain('qm', 'regress_qm_owner', '{qm}') IS NOT NULL AS registered;
GRANT USAGE ON SCHEMA qm TO regress_qm_producer;
SET ROLE regress_qm_owner;
SELECT dm_add_producer('qm', 'regress_qm_producer') IS NOT NULL AS added;
CREATE TABLE qm.base (id int, code text, name text, amount numeric, email text, flag bool);
INSERT INTO qm.base SELECT i, 'c' || i % 4, CASE WHEN i % 3 > 0 THEN 'n' || i END, i - 3, 'e' || i || '@example.org', i IN (2, 4) FROM generate_series(1, 6) i;
CREATE TABLE qm.parted (region text, amount int) PARTITION BY LIST (region);
CREATE TABLE qm.north PARTITION OF qm.parted FOR VALUES IN ('n');
CREATE TABLE qm.south PARTITION OF qm.parted FOR VALUES IN ('s');
INSERT INTO qm.parted VALUES ('n', -1), ('s', -1);
CREATE VIEW qm.view AS SELECT * FROM qm.base;
CREATE MATERIALIZED VIEW qm.mat AS SELECT * FROM qm.base;
CREATE MATERIALIZED VIEW qm.mat_unique AS SELECT * FROM qm.base;
CREATE UNIQUE INDEX ON qm.mat_unique (code, id);
CREATE UNIQUE INDEX ON qm.mat_unique (name) WHERE flag;
CREATE UNIQUE INDEX ON qm.mat_unique (lower(email));
CREATE TABLE qm.keyed (LIKE qm.base);
INSERT INTO qm.keyed SELECT * FROM qm.base;
ALTER TABLE qm.keyed ADD PRIMARY KEY (id), ADD UNIQUE (email);
CREATE TABLE qm.target (code text);
INSERT INTO qm.target VALUES ('c0'), ('c1'), ('c2');
CREATE FUNCTION qm.rules(relation regclass, extra jsonb DEFAULT '{}') RETURNS bigint LANGUAGE sql AS $$
	SELECT count(dm_add_rule(relation, n, m, c::name, a::jsonb || extra)) FROM (VALUES
		('a_null', 'required', 'name', '{}'), ('b_bound', 'minimum', 'amount', '{"value": 0}'), ('c_expression', 'expression', NULL, '{"expression": "amount > -2 OR flag"}'), ('d_pair', 'pair', 'name', '{"other": "code"}'),
		('e_repeated', 'duplicateValues', 'code', '{}'), ('f_key', 'primaryKey', NULL, '{"properties": ["name", "flag"]}'), ('g_reference', 'references', 'code', '{"relation": "target", "columns": ["code"]}'),
		('h_order', 'decreasing', 'amount', '{"by": ["id"]}'), ('i_depends', 'dependency', 'flag', '{"by": ["code"]}')) v (n, m, c, a) $$;
-- of a view the order is nobody's: the rows are sorted here, and a sample has five of them
CREATE FUNCTION qm.samples(relation regclass) RETURNS TABLE (rule text, failing bigint, shown int, sample text) LANGUAGE sql AS $$
	SELECT rule, failing, jsonb_array_length(sample), CASE WHEN failing <= 5 THEN (SELECT string_agg(e::text, ' ' ORDER BY e::text COLLATE "C") FROM jsonb_array_elements(sample) e) ELSE sample -> 0 ->> 'none' END FROM dm_check(relation) ORDER BY rule COLLATE "C" $$;
SELECT qm.rules('qm.base');
SELECT * FROM qm.samples('qm.base');
SELECT qm.rules('qm.view');
SELECT * FROM qm.samples('qm.view');
-- a view by a key that the rules name
SELECT count(dm_drop_rule('qm.view', name)) FROM datamesh.rules WHERE relation = 'qm.view'::regclass;
SELECT qm.rules('qm.view', '{"sampleKey": ["id", "flag"]}');
SELECT * FROM qm.samples('qm.view');
SELECT qm.rules('qm.mat'), qm.rules('qm.mat_unique'), qm.rules('qm.keyed');
SELECT * FROM qm.samples('qm.mat') WHERE rule < 'd';
SELECT * FROM qm.samples('qm.mat_unique') WHERE rule < 'd';
SELECT * FROM qm.samples('qm.keyed') WHERE rule < 'd';
SELECT dm_alter_rule('qm.keyed', 'a_null', arguments => '{"sampleKey": ["email"]}');
SELECT * FROM qm.samples('qm.keyed') WHERE rule < 'b';
-- the same place in two partitions
SELECT dm_add_rule('qm.parted', 'positive', 'minimum', 'amount', '{"value": 0}') > 0 AS added;
SELECT * FROM qm.samples('qm.parted');
-- workers take rows of a view, too; each of them once
CREATE TABLE qm.many (id int, bad int);
INSERT INTO qm.many SELECT i, CASE WHEN i % 500 = 0 THEN NULL ELSE i END FROM generate_series(1, 20000) i;
CREATE VIEW qm.many_view AS SELECT id AS number, bad, repeat('é', 300) AS long FROM qm.many WHERE id > 0;
SELECT dm_add_rule('qm.many_view', 'given', 'required', 'bad', '{"sampleKey": ["number"]}') > 0 AS added;
SELECT dm_add_rule('qm.many_view', 'long', 'maxLength', 'long', '{"value": 3}') > 0 AS added;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT failing, count(DISTINCT e), bool_and((e ->> 'number')::int % 500 = 0) AS failing_ones FROM dm_check('qm.many_view'::regclass, '{given}'), jsonb_array_elements(sample) e GROUP BY failing;
SELECT failing, char_length(sample -> 0 ->> 'long') AS characters FROM dm_check('qm.many_view'::regclass, '{long}');
RESET min_parallel_table_scan_size;
-- another server's rows
RESET ROLE;
CREATE EXTENSION file_fdw;
CREATE SERVER qm_files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE qm.file (id int, name text) SERVER qm_files OPTIONS (program 'printf "1,a\n2,\n3,\n"', format 'csv', null '');
SELECT dm_add_rule('qm.file', 'named', 'required', 'name', '{"sampleKey": ["id"]}') > 0 AS added;
SELECT dm_add_rule('qm.file', 'unlike', 'duplicateValues', 'name', '{"sampleKey": ["id"]}') > 0 AS added;
SELECT * FROM qm.samples('qm.file');
-- classified columns: of a view for nobody, of a table for who reads it; hidden from who may check and not read
SET ROLE regress_qm_owner;
SELECT dm_classify('qm.base', 'email', 'qm_secret') \g /dev/null
SELECT dm_alter_rule(r, 'a_null', arguments => '{"sampleKey": ["id", "email"]}') FROM (VALUES ('qm.base'::regclass), ('qm.view')) v (r);
SELECT sample FROM dm_check('qm.base'::regclass, '{a_null}');
SELECT bool_and(e ->> 'email' = '***') AS hidden, array_agg(e ->> 'id' ORDER BY e ->> 'id') AS id FROM dm_check('qm.view'::regclass, '{a_null}'), jsonb_array_elements(sample) e;
SET ROLE regress_qm_producer;
SELECT sample FROM dm_check('qm.base'::regclass, '{a_null}');
-- who may read the table sees what failed; of a view rows were read as its owner, to whom it may show others
SET ROLE regress_qm_owner;
GRANT SELECT (id) ON qm.base TO regress_qm_producer;
GRANT SELECT ON qm.view, qm.mat TO regress_qm_producer;
SET ROLE regress_qm_producer;
SELECT sample FROM dm_check('qm.base'::regclass, '{a_null}');
SELECT sample FROM dm_check('qm.mat'::regclass, '{a_null}');
SELECT DISTINCT e AS row FROM dm_check('qm.view'::regclass, '{a_null,f_key}'), jsonb_array_elements(sample) e;
SET ROLE regress_qm_owner;
-- a key follows a column's new name, and is refused where there is no such column or no row is shown
ALTER TABLE qm.keyed RENAME email TO mail;
SELECT arguments FROM datamesh.rules WHERE relation = 'qm.keyed'::regclass AND name = 'a_null';
SELECT sample FROM dm_check('qm.keyed'::regclass, '{a_null}');
SELECT dm_add_rule('qm.keyed', 'r', 'required', 'name', '{"sampleKey": ["nowhere"]}');
SELECT dm_add_rule('qm.keyed', 'r', 'required', 'name', '{"sampleKey": []}');
SELECT dm_add_rule('qm.keyed', 'r', 'mean', 'amount', '{"sampleKey": ["id"]}', '> 0');
-- what the aggregate is asked for by others than dm_check
SELECT datamesh.measure('{"shown": 2, "probes": [{"kind": "null", "value": 0, "shows": [1]}]}', name, id) FROM qm.base;
SELECT datamesh.measure('{"shown": 2, "probes": [{"kind": "null", "value": 0, "shows": [7]}]}', name, id) FROM qm.base;
SELECT datamesh.measure('{"shown": -1, "probes": []}', name, id) FROM qm.base;
RESET ROLE;
SET client_min_messages = error;
DROP SCHEMA qm CASCADE;
DROP EXTENSION file_fdw CASCADE;
SELECT dm_drop_tag('qm_secret') IS NOT NULL AS dropped;
SELECT dm_drop_domain('qm') IS NOT NULL AS dropped;
DROP ROLE regress_qm_owner, regress_qm_producer;
