-- A port's columns have the type, typmod and collation of the source's, unmasked and masked.
CREATE ROLE regress_pt_owner;
CREATE ROLE regress_pt_reader;
CREATE SCHEMA pt AUTHORIZATION regress_pt_owner;
SELECT dm_register_purpose('pt_reports');
SELECT dm_create_tag('pt', mask => 'dm_mask_null()'), dm_create_tag('pt.fit'), dm_create_tag('pt.text', mask => 'dm_mask_text(1)'),
	dm_create_tag('pt.number', mask => 'dm_mask_number(10)'), dm_create_tag('pt.date', mask => 'dm_mask_date(''year'')'),
	dm_create_tag('pt.inet', mask => 'dm_mask_inet()'), dm_create_tag('pt.json', mask => 'dm_mask_jsonb(''{a}'')'),
	dm_create_tag('pt.hash', mask => 'dm_mask_hash()') \g /dev/null
SET ROLE regress_pt_owner;
CREATE COLLATION pt.german FROM "C";
CREATE TYPE pt.mood AS ENUM ('good', 'bad');
CREATE TYPE pt.pair AS (a int, b text);
CREATE TYPE pt.span AS RANGE (subtype = float8);
CREATE DOMAIN pt.positive AS int CHECK (VALUE > 0) NOT NULL;
CREATE DOMAIN pt.word AS varchar(10) COLLATE "C" CHECK (VALUE ~ '^[a-z]+$');
CREATE DOMAIN pt.long_word AS pt.word CHECK (length(VALUE) > 2);
CREATE DOMAIN pt.money2 AS numeric(8,2);
CREATE DOMAIN pt.list AS int[] CHECK (VALUE[1] > 0);
CREATE DOMAIN pt.checked AS pt.pair CHECK ((VALUE).a > 0);
CREATE TABLE pt.t (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, gen int GENERATED ALWAYS AS (7) STORED,
	"with ""quote""" text, "with space" varchar(20), "UPPER" char(5), "select" text, "user" "char", "table.dot" name,
	"column_whose_name_has_63_bytes_and_the_last_one_of_them_is_here" text, "ünï ☃" text,
	c_positive pt.positive DEFAULT 1, c_word pt.word, c_long pt.long_word, c_money2 pt.money2, c_list pt.list, c_checked pt.checked,
	a_int int[], a_text text[][], a_varchar varchar(5)[], a_numeric numeric(6,2)[], a_enum pt.mood[], a_pair pt.pair[],
	c_enum pt.mood, c_pair pt.pair, c_range int4range, c_multi int4multirange, c_span pt.span, c_tstz tstzrange,
	c_json json, c_jsonb jsonb, c_vector tsvector, c_query tsquery, c_bytea bytea, c_bit bit(3), c_varbit varbit(9), c_bpchar bpchar,
	c_numeric numeric, c_num numeric(10,3), c_neg numeric(5,-2), c_time time(2), c_timetz timetz(1), c_ts timestamp(3),
	c_tstz0 timestamptz(0), c_iv interval, c_iv1 interval year to month, c_iv2 interval second(2), c_iv3 interval day to second(3),
	k_c text COLLATE "C", k_german varchar(7) COLLATE pt.german, k_posix char(3) COLLATE "POSIX", k_array text[] COLLATE pt.german,
	c_date date, c_uuid uuid, c_bool bool, c_int2 int2, c_int8 int8, c_real real, c_double float8, c_money money, c_inet inet,
	c_cidr cidr, c_mac macaddr, c_point point, c_lsn pg_lsn, c_class regclass, c_oid oid);
COMMENT ON TABLE pt.t IS 'all types';
COMMENT ON COLUMN pt.t."with ""quote""" IS 'it''s quoted';
INSERT INTO pt.t ("with ""quote""", "with space", "UPPER", c_word, c_long, c_num, a_text, c_date, c_inet, c_jsonb, c_bytea, k_german, c_neg)
VALUES ('abc', 'abc', 'abc', 'abc', 'abc', 1234.567, '{{ab,cd}}', '2020-05-17', '10.1.2.3', '{"a": 1, "b": 2}', 'x', 'abc', 12345);
SELECT dm_register_domain('pt', schemas => '{pt}'), dm_register_product('pt.types', open_ended => true) \g /dev/null
SELECT dm_add_port('pt.types', 'pt.t');
CREATE VIEW pt.v AS SELECT * FROM pt.t;
SELECT dm_add_port('pt.types', 'pt.v');
SELECT dm_publish('pt.types'), dm_grant_access('pt.types', 'regress_pt_reader', 'pt_reports') \g /dev/null

-- the columns of which port are unlike the source's
CREATE VIEW pt.unlike AS
SELECT p.port, s.attname, format_type(s.atttypid, s.atttypmod) AS source, s.attcollation::regcollation AS source_collation,
	format_type(v.atttypid, v.atttypmod) AS view, v.attcollation::regcollation AS collation
FROM (VALUES ('pt_types_v1.t'::regclass), ('pt_types_v1.v')) p(port)
CROSS JOIN pg_attribute s LEFT JOIN pg_attribute v ON v.attrelid = p.port AND v.attname = s.attname AND v.attnum = s.attnum
WHERE s.attrelid = 'pt.t'::regclass AND s.attnum > 0 AND ((v.attname IS NULL)
	OR (s.atttypid, s.atttypmod, s.attcollation) IS DISTINCT FROM (v.atttypid, v.atttypmod, v.attcollation));
TABLE pt.unlike;
SELECT count(*), count(DISTINCT attnum) = max(attnum) AS in_order FROM pg_attribute WHERE attrelid = 'pt_types_v1.t'::regclass AND attnum > 0;
SELECT obj_description('pt_types_v1.t'::regclass, 'pg_class') AS port, col_description('pt_types_v1.t'::regclass, 3) AS "column";
SELECT to_jsonb(p) = to_jsonb(t) AS same_values FROM pt_types_v1.t p, pt.t t;

-- masked by null, whatever the type
DO $$
DECLARE
	col name;
BEGIN
	FOR col IN SELECT attname FROM pg_attribute WHERE attrelid = 'pt.t'::regclass AND attnum > 0 LOOP
		PERFORM dm_classify('pt.t', col, 'pt');
	END LOOP;
END $$;
TABLE pt.unlike;
SET ROLE regress_pt_reader;
SET datamesh.purpose = 'pt_reports';
SELECT p IS NULL AS all_null FROM pt_types_v1.t p UNION ALL SELECT p IS NULL FROM pt_types_v1.v p;

-- masked by what fits
SET ROLE regress_pt_owner;
DO $$
DECLARE
	col record;
BEGIN
	FOR col IN SELECT attname, typcategory, typelem, typbasetype, atttypid FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
		WHERE attrelid = 'pt.t'::regclass AND attnum > 0
	LOOP
		PERFORM dm_classify('pt.t', col.attname, CASE
			WHEN col.atttypid IN ('inet'::regtype, 'cidr'::regtype) THEN 'pt.inet'
			WHEN col.atttypid = 'jsonb'::regtype THEN 'pt.json'
			WHEN col.atttypid = 'bytea'::regtype THEN 'pt.hash'
			WHEN col.atttypid IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype) THEN 'pt.date'
			WHEN col.typcategory = 'N' AND col.atttypid NOT IN ('money'::regtype, 'oid'::regtype, 'regclass'::regtype) THEN 'pt.number'
			WHEN col.typcategory = 'S' AND col.atttypid <> 'name'::regtype
				OR col.typelem IN ('text'::regtype, 'varchar'::regtype) THEN 'pt.text'
			ELSE 'pt.fit' END);
	END LOOP;
END $$;
TABLE pt.unlike;
SELECT tags, string_agg("column", ' ' ORDER BY position) FROM datamesh.port_columns
WHERE product = 'pt.types' AND port = 't' GROUP BY tags ORDER BY tags;
SET ROLE regress_pt_reader;
SET IntervalStyle = 'postgres';
SELECT jsonb_strip_nulls(to_jsonb(p)) FROM pt_types_v1.t p;
SELECT to_jsonb(p) = to_jsonb(v) AS same_through_view FROM pt_types_v1.t p, pt_types_v1.v v;
SELECT pg_typeof(c_positive), pg_typeof(c_word), pg_typeof(c_list), pg_typeof(c_num), pg_typeof(c_enum) FROM pt_types_v1.t;
-- a masked value goes where the column's type goes, and a null goes no further than NOT NULL lets it
SELECT c_word || 'x' AS word, c_positive + 1 AS positive, c_list[1] AS list FROM pt_types_v1.t;

-- columns that come later are not exposed, also where the port is rewritten
SET ROLE regress_pt_owner;
ALTER TABLE pt.t ADD COLUMN later text DEFAULT 'secret';
SELECT dm_classify('pt.t', 'select');
SELECT count(*) FROM pg_attribute WHERE attrelid = 'pt_types_v1.t'::regclass AND attname = 'later';
SELECT obj_description('pt_types_v1.t'::regclass, 'pg_class') AS port, col_description('pt_types_v1.t'::regclass, 3) AS "column";
TABLE pt.unlike;

DROP VIEW pt.unlike;
SELECT dm_deprecate('pt.types'), dm_retire('pt.types'), dm_drop_domain('pt') \g /dev/null
RESET ROLE;
SET client_min_messages = warning;
DROP SCHEMA pt CASCADE;
SELECT count(dm_drop_tag('pt.' || t)) FROM unnest('{fit,text,number,date,inet,json,hash}'::text[]) t;
SELECT dm_drop_tag('pt'), dm_drop_purpose('pt_reports');
DROP ROLE regress_pt_owner, regress_pt_reader;
