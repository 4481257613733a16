-- Rules over rows in an order, over two relations, and over two rows of a key: as SQL counts them pair by pair.
\getenv srcdir PG_ABS_SRCDIR
CREATE ROLE regress_qr_owner;
CREATE SCHEMA qr AUTHORIZATION regress_qr_owner;
SELECT dm_register_domain('qr', 'regress_qr_owner', '{qr}') IS NOT NULL AS registered;
SET ROLE regress_qr_owner;
CREATE TABLE qr.place (country text, code int, name text, PRIMARY KEY (country, code));
CREATE TABLE qr.visit (id int PRIMARY KEY, country text, code int, at date, amount numeric, "select" int);
INSERT INTO qr.place VALUES ('nl', 1, 'a'), ('nl', 2, 'b'), ('de', 1, 'c');
INSERT INTO qr.visit VALUES (1, 'nl', 1, '2024-01-01', 10, 1), (2, 'nl', 3, '2024-01-03', 20, 2), (3, NULL, 3, '2024-01-02', 30, 2), (4, 'de', NULL, '2024-01-05', NULL, 3), (5, 'de', 2, '2024-01-04', 5, 4);
CREATE TABLE qr.going (code int);
SELECT count(dm_add_rule('qr.visit', r, m, c::name, a::jsonb, must => t, "where" => w)) FROM (VALUES
	('place', 'references', NULL, '{"properties": ["country", "code"], "relation": "qr.place"}', '= 0', NULL),
	('place_late', 'references', NULL, '{"properties": ["country", "code"], "relation": "place", "columns": ["country", "code"]}', '= 0', 'visit.at > ''2024-01-03'''),
	('country', 'references', 'country', '{"relation": "place", "columns": ["country"]}', '= 0', NULL),
	('gone', 'references', 'code', '{"relation": "going", "columns": ["code"]}', '= 0', NULL),
	('widths', 'references', 'code', '{"relation": "place"}', '= 0', NULL),
	('order_id', 'increasing', 'at', '{"by": ["id"]}', '= 0', NULL),
	('order_lies', 'increasing', 'at', '{}', '= 0', 'id < 3'),
	('order_keyword', 'increasing', 'select', '{"strict": true}', '= 0', NULL),
	('order_down', 'decreasing', 'amount', '{"by": ["at", "id"]}', '= 0', NULL),
	('same', 'reconciliation', NULL, '{"relation": "place", "properties": ["country", "code"]}', '= 0', NULL),
	('same_count', 'reconciliation', NULL, '{"relation": "place", "compare": "count"}', '= 0', NULL),
	('same_sum', 'reconciliation', NULL, '{"relation": "place", "compare": "sum", "properties": ["select"], "columns": ["code"]}', '= 0', 'id > 1')) v (r, m, c, a, t, w);
DROP TABLE qr.going;
SELECT rule, verdict, measured, rows_checked, failing, sample, message FROM dm_check('qr.visit'::regclass) ORDER BY rule COLLATE "C";
-- denial constraints: pairs of rows, and rows that are in one
CREATE TABLE qr.pay (id int PRIMARY KEY, dept int, salary int, tax numeric, grade int, code text);
INSERT INTO qr.pay SELECT i, i % 6, (i * 7919) % 61, (i * 104729) % 57, i % 5, CASE WHEN i % 11 > 0 THEN 'x' || i % 7 / 2 END FROM generate_series(1, 240) i;
CREATE TABLE qr.denial (rule text, condition text);
INSERT INTO qr.denial VALUES ('two_orders', 't1.dept = t2.dept AND t1.salary < t2.salary AND t1.tax > t2.tax'), ('half_strict', 't1.dept = t2.dept AND t1.salary <= t2.salary AND t2.tax < t1.tax'),
	('orders_and_more', 't1.dept = t2.dept AND t1.salary < t2.salary AND t1.tax > t2.tax AND t1.grade <> t2.grade'), ('three_differ', 't1.dept = t2.dept AND t1.grade <> t2.grade AND t1.code <> t2.code AND t2.salary <> t1.salary'),
	('loose', 't1.dept = t2.dept AND t1.grade <= t2.grade AND t1.code <> t2.code'), ('strict', 't1.dept = t2.dept AND t1.grade < t2.grade AND t1.code <> t2.code'), ('any_two', 't1.grade = t2.grade AND t1.code = t2.code'),
	('both_loose', 't1.dept = t2.dept AND t1.grade <= t2.grade AND t1.salary >= t2.salary'), ('no_key', 't1.salary < t2.salary AND t1.tax > t2.tax'), ('one_order', 't1.code = t2.code AND t1.tax > t2.tax'),
	('other_columns', 't1.salary = t2.tax AND t1.dept <> t2.dept'), ('not_one_way', 't1.salary > t2.tax + 40 AND t1.dept = t2.dept');
SELECT count(dm_add_rule('qr.pay', rule, 'denial', arguments => jsonb_build_object('condition', condition))) FROM qr.denial;
SELECT dm_add_rule('qr.pay', 'where', 'denial', arguments => '{"key": ["dept", "code"], "condition": "t1.grade <> t2.grade"}', "where" => 'salary > 30') > 0 AS added;
INSERT INTO qr.denial VALUES ('where', 't1.dept = t2.dept AND t1.code = t2.code AND t1.grade <> t2.grade AND t1.salary > 30 AND t2.salary > 30');
CREATE FUNCTION qr.brute(condition text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
	turned text := replace(replace(replace(condition, 't1.', 't.'), 't2.', 't1.'), 't.', 't2.');
BEGIN
	EXECUTE format('SELECT format(''%%s rows, %%s pairs'', (SELECT count(*) FROM qr.pay t1 WHERE EXISTS (SELECT FROM qr.pay t2 WHERE t1.id <> t2.id AND ((%1$s) OR (%2$s)))), (SELECT count(*) FROM qr.pay t1, qr.pay t2 WHERE t1.id < t2.id AND ((%1$s) OR (%2$s))))', condition, turned) INTO result;
	RETURN result;
END $$;
SELECT rule, measured, message, qr.brute(condition) AS expected FROM dm_check('qr.pay'::regclass) JOIN qr.denial USING (rule) ORDER BY rule COLLATE "C";
SELECT rule, sample FROM dm_check('qr.pay'::regclass, '{where,other_columns}') ORDER BY rule COLLATE "C";
-- the constraints that are given with the hospital data
CREATE TABLE qr.hospital ("ProviderNumber" text, "HospitalName" text, "Address1" text, "Address2" text, "Address3" text, "City" text, "State" text, "ZipCode" text, "CountyName" text, "PhoneNumber" text, "HospitalType" text, "HospitalOwner" text, "EmergencyService" text, "Condition" text, "MeasureCode" text, "MeasureName" text, "Score" text, "Sample" text, "Stateavg" text);
\set file :srcdir '/data/quality/hospital/hospital_dirty.csv'
RESET ROLE;
COPY qr.hospital FROM :'file' CSV HEADER;
CREATE TABLE qr.given (n serial, line text);
\set file :srcdir '/data/quality/hospital/hospital_constraints.txt'
COPY qr.given (line) FROM :'file';
ALTER TABLE qr.given OWNER TO regress_qr_owner;
SET ROLE regress_qr_owner;
ALTER TABLE qr.hospital ADD id serial;
CREATE TABLE qr.hospital_denial AS SELECT 'h' || n AS rule, (SELECT string_agg(format('%s %s %s', quote_ident(split_part(p[2], '.', 1)) || '.' || quote_ident(split_part(p[2], '.', 2)), CASE p[1] WHEN 'EQ' THEN '=' WHEN 'IQ' THEN '<>' END, quote_ident(split_part(p[3], '.', 1)) || '.' || quote_ident(split_part(p[3], '.', 2))), ' AND ')
	FROM regexp_matches(line, '(EQ|IQ)\(([^,]*),([^)]*)\)', 'g') p) AS condition FROM qr.given;
SELECT count(dm_add_rule('qr.hospital', rule, 'denial', arguments => jsonb_build_object('condition', condition))) FROM qr.hospital_denial;
CREATE FUNCTION qr.brute_hospital(condition text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE format('SELECT format(''%%s rows, %%s pairs'', (SELECT count(*) FROM qr.hospital t1 WHERE EXISTS (SELECT FROM qr.hospital t2 WHERE %1$s)), (SELECT count(*) FROM qr.hospital t1, qr.hospital t2 WHERE t1.id < t2.id AND %1$s))', condition) INTO result;
	RETURN result;
END $$;
SELECT rule, condition, measured, message, qr.brute_hospital(condition) AS expected FROM dm_check('qr.hospital'::regclass) JOIN qr.hospital_denial USING (rule) ORDER BY substr(rule, 2)::int;
-- distributions
CREATE TABLE qr.dist (kind text, value float8);
INSERT INTO qr.dist SELECT (ARRAY['a', 'b', 'c', 'd'])[1 + i % 10 / 3], i FROM generate_series(0, 999) i;
SELECT count(dm_add_rule('qr.dist', r, m, c::name, a::jsonb, must => '>= 0')) FROM (VALUES
	('kl', 'klDivergence', 'kind', '{"reference": {"values": ["a", "b", "c"], "weights": [1, 1, 2]}, "tail": 0.1}'), ('kl_infinite', 'klDivergence', 'kind', '{"reference": {"values": ["a", "b", "c"], "weights": [1, 1, 2]}}'),
	('kl_same', 'klDivergence', 'kind', '{"reference": {"values": ["a", "b", "c", "d"], "weights": [0.3, 0.3, 0.3, 0.1]}}'), ('chi', 'chiSquareTest', 'kind', '{"reference": {"values": ["a", "b", "c", "d"], "weights": [28, 31, 32, 9]}, "result": "statistic"}'),
	('chi_p', 'chiSquareTest', 'kind', '{"reference": {"values": ["a", "b", "c", "d"], "weights": [28, 31, 32, 9]}}'), ('ks', 'ksTest', 'value', '{"reference": {"bins": [0, 250, 500, 1000], "weights": [30, 20, 50]}, "result": "statistic"}'),
	('ks_p', 'ksTest', 'value', '{"reference": {"bins": [0, 250, 500, 1000], "weights": [27, 23, 50]}}'), ('weights', 'ksTest', 'value', '{"reference": {"bins": [0, 250], "weights": [1, 2]}}'),
	('bins', 'klDivergence', 'value', '{"reference": {"bins": [0, 0], "weights": [1]}}')) v (r, m, c, a);
SELECT rule, verdict, round(measured::numeric, 9) AS measured, message FROM dm_check('qr.dist'::regclass) WHERE measured NOT LIKE 'Inf%' OR measured IS NULL ORDER BY rule COLLATE "C";
SELECT rule, measured FROM dm_check('qr.dist'::regclass, '{kl_infinite}');
RESET ROLE;
SET client_min_messages = error;
DROP SCHEMA qr CASCADE;
SELECT dm_drop_domain('qr') IS NOT NULL AS dropped;
DROP ROLE regress_qr_owner;
