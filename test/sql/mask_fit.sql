-- A mask that is no mask, or does not fit, is refused when it is assigned, not when it is read.
CREATE ROLE regress_mf_owner;
CREATE ROLE regress_mf_reader;
CREATE SCHEMA mf AUTHORIZATION regress_mf_owner;
SELECT dm_register_purpose('mf_reports');
SELECT dm_create_tag('mf');
CREATE FUNCTION mf.first(v text, n int DEFAULT 1) RETURNS text LANGUAGE sql IMMUTABLE RETURN left(v, n);
CREATE FUNCTION mf."Odd Mask"(v anyelement) RETURNS anyelement LANGUAGE sql IMMUTABLE AS 'SELECT v';
CREATE FUNCTION mf.wrong_type(v text) RETURNS int LANGUAGE sql IMMUTABLE RETURN 1;
CREATE FUNCTION mf.unregistered(v text) RETURNS text LANGUAGE sql IMMUTABLE RETURN v;
CREATE FUNCTION mf.stable(v text) RETURNS text LANGUAGE sql STABLE RETURN v;
CREATE FUNCTION mf.definer(v text) RETURNS text LANGUAGE sql IMMUTABLE SECURITY DEFINER RETURN v;
CREATE FUNCTION mf.many(v text) RETURNS SETOF text LANGUAGE sql IMMUTABLE AS 'SELECT v';
CREATE FUNCTION mf.none() RETURNS text LANGUAGE sql IMMUTABLE RETURN 'x';
CREATE PROCEDURE mf.proc(v text) LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE mf.agg(text) (sfunc = textcat, stype = text);
CREATE FUNCTION pg_temp.try(call text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE call;
	RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ': ' || SQLERRM;
END $$;
\pset format unaligned
\pset tuples_only on
-- functions of one's own
SELECT f, pg_temp.try(format('SELECT dm_register_mask(%L)', f)) FROM unnest(ARRAY['mf.first(text,int)', 'mf."Odd Mask"(anyelement)',
	'mf.wrong_type(text)', 'mf.stable(text)', 'mf.definer(text)', 'mf.many(text)', 'mf.none()', 'mf.proc(text)', 'mf.agg(text)', 'row_number()',
	'mf.nothing(text)']) f;
SET ROLE regress_mf_owner;
SELECT pg_temp.try('SELECT dm_register_mask(''lower(text)'')');
RESET ROLE;

-- text that is one call of constants
SELECT m, pg_temp.try(format('SELECT dm_alter_tag(''mf'', mask => %L)', m)) FROM unnest(ARRAY['1', 'NULL', 'a; b', 'id', '(select 1)',
	'dm_mask_text((select 1))', 'dm_mask_text(DISTINCT 1)', 'dm_mask_text(VARIADIC ARRAY[1])', 'count(*)', 'dm_mask_text(1) OVER ()',
	'dm_mask_text(1) FILTER (WHERE true)', 'dm_mask_text(1 ORDER BY 1)', 'dm_mask_text(1) WITHIN GROUP (ORDER BY 1)', 'dm_mask_text(1',
	'dm_mask_text(1)); DROP TABLE mf.t; --', 'dm_mask_text(1), dm_mask_null()', 'dm_mask_text(1) AS x', 'dm_mask_text(1)::text', '(dm_mask_text(1))',
	'dm_mask_text(1) FROM mf.t', 'dm_mask_text(1) UNION SELECT 1', 'dm_mask_text(1 + 1)', 'dm_mask_text(now())', 'dm_mask_text(1::int)', 'dm_mask_text(B''1'')',
	'dm_mask_text(ARRAY[1])', 'dm_mask_text($1)', 'CAST(1 AS int)', 'coalesce(1)', 'CURRENT_USER', 'a.b.c()', 'dm_mask_nul()', 'mf.nothing()', 'nowhere.f()', 'first(1)']) m;
SELECT name, mask FROM datamesh.tags WHERE name = 'mf';

-- what fits a column can be read by whoever is not cleared for it
SET ROLE regress_mf_owner;
CREATE TYPE mf.mood AS ENUM ('a', 'b');
CREATE DOMAIN mf.positive AS int CHECK (VALUE > 0);
CREATE DOMAIN mf.word AS varchar(9) CHECK (VALUE ~ '^[a-z]+$');
CREATE TABLE mf.t (a text, i int, d date, e mf.mood, p mf.positive, w mf.word, n numeric(3,0), v varchar(3), ip inet, j jsonb, c char(4), ta text[], na name, b bytea, f float8);
INSERT INTO mf.t VALUES ('abc', 12, '2020-05-05', 'a', 25, 'abc', 123, 'abc', '10.0.0.1', '{"a": 1}', 'abcd', '{aaa,bbb}', 'nme', 'x', 1.5);
SELECT dm_register_domain('mf', schemas => '{mf}'), dm_register_product('mf.p', open_ended => true), dm_add_port('mf.p', 'mf.t'), dm_publish('mf.p') \g /dev/null
SELECT dm_grant_access('mf.p', 'regress_mf_reader', 'mf_reports') \g /dev/null
RESET ROLE;
CREATE FUNCTION pg_temp.fit(col text, mask text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	result := pg_temp.try(format('SELECT dm_alter_tag(''mf'', mask => %L)', mask));
	IF result = 'ok' THEN
		result := pg_temp.try(format('SELECT dm_classify(''mf.t'', %L, ''mf'')', col));
	END IF;
	IF result = 'ok' THEN
		SET LOCAL ROLE regress_mf_reader;
		SET LOCAL datamesh.purpose = 'mf_reports';
		BEGIN
			EXECUTE format('SELECT %I FROM mf_p_v1.t', col) INTO result;
			result := 'reads ' || coalesce(result, 'null');
		EXCEPTION WHEN OTHERS THEN
			result := 'CANNOT BE READ ' || SQLSTATE;
		END;
		RESET ROLE;
	END IF;
	PERFORM dm_classify('mf.t', col);
	RETURN regexp_replace(result, '^MD005: mask ".*" of tag "mf" does not fit column "\w+" of relation "t"$', 'does not fit');
END $$;
SELECT c, m, pg_temp.fit(c, m) FROM (VALUES
	('a', 'dm_mask_text(1)'), ('v', 'dm_mask_text(1)'), ('c', 'dm_mask_text(1)'), ('w', 'dm_mask_text(1)'), ('ta', 'dm_mask_text(1)'), ('i', 'dm_mask_text(1)'),
	('e', 'dm_mask_text(1)'), ('na', 'dm_mask_text(1)'), ('j', 'dm_mask_text(1)'), ('b', 'dm_mask_text(1)'), ('a', 'dm_mask_text'), ('a', 'dm_mask_text(keep_last => 1)'),
	('a', 'dm_mask_text(NULL)'), ('a', 'dm_mask_text(1, 1, ''*'', 4)'), ('a', 'dm_mask_text(nope => 1)'), ('a', 'dm_mask_text(keep_first => 2, 1)'),
	('a', 'dm_mask_text(1, keep_first => 2)'), ('a', 'dm_mask_text(1.5)'), ('a', 'dm_mask_text(true)'), ('a', 'dm_mask_text(99999999999)'),
	('a', 'dm_mask_text(-1)'), ('a', 'dm_mask_text(1, 1, ''xx'')'), ('i', 'dm_mask_number(10)'), ('p', 'dm_mask_number(10)'), ('n', 'dm_mask_number(10)'),
	('f', 'dm_mask_number(0.5)'), ('a', 'dm_mask_number(10)'), ('i', 'dm_mask_number(0)'), ('i', 'dm_mask_number(''x'')'), ('d', 'dm_mask_date(''month'')'),
	('d', 'dm_mask_date(''foo'')'), ('a', 'dm_mask_date'), ('ip', 'dm_mask_inet(8)'), ('ip', 'dm_mask_inet(99)'), ('j', 'dm_mask_jsonb(''{a}'')'),
	('j', 'dm_mask_jsonb(''{}'')'), ('j', 'dm_mask_jsonb(''a'')'), ('v', 'dm_mask_hash()'), ('b', 'dm_mask_hash()'), ('i', 'dm_mask_hash()'),
	('i', 'dm_mask_constant(''7'')'), ('i', 'dm_mask_constant(''zz'')'), ('d', 'dm_mask_constant(''zz'')'), ('e', 'dm_mask_constant(''b'')'),
	('e', 'dm_mask_constant(''zz'')'), ('p', 'dm_mask_constant(''5'')'), ('p', 'dm_mask_constant(''0'')'), ('w', 'dm_mask_constant(''UPPER'')'),
	('n', 'dm_mask_constant(''12345'')'), ('v', 'dm_mask_constant(''12345'')'), ('a', 'dm_token(''default'')'), ('a', 'mf.first(2)'), ('v', 'mf.first(n => 2)'),
	('i', 'mf.first(2)'), ('i', 'mf."Odd Mask"()'), ('a', 'mf.wrong_type()'), ('a', 'mf.unregistered()'), ('a', 'pg_catalog.lower()')) t(c, m);

-- the refusal in full
SELECT dm_alter_tag('mf', mask => 'dm_mask_email()') \g /dev/null
SELECT dm_classify('mf.t', 'i', 'mf');
SELECT dm_alter_tag('mf', mask => 'mf.unregistered()') \g /dev/null
SELECT dm_classify('mf.t', 'a', 'mf');
SELECT dm_alter_tag('mf', mask => 'nothing');
SELECT dm_alter_tag('mf', mask => '1');

-- a mask in use stays one
SELECT pg_temp.try('SELECT dm_alter_tag(''mf'', mask => ''mf.first(2)'')'), pg_temp.try('SELECT dm_drop_mask(''mf.first(text,int)'')');
SELECT pg_temp.try('SELECT dm_alter_tag(''mf'', mask => ''dm_mask_null()'')'), pg_temp.try('SELECT dm_drop_mask(''mf.first(text,int)'')');
SELECT pg_temp.try('SELECT dm_drop_mask(''mf.unregistered(text)'')'), pg_temp.fit('a', 'mf.first(2)');
\pset tuples_only off
\pset format aligned

SET client_min_messages = warning;
SELECT dm_deprecate('mf.p'), dm_retire('mf.p'), dm_drop_domain('mf') \g /dev/null
DROP SCHEMA mf CASCADE;
SELECT dm_drop_tag('mf'), dm_drop_purpose('mf_reports') \g /dev/null
DROP ROLE regress_mf_owner, regress_mf_reader;
