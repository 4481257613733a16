-- Masks: what a reader without clearance sees in place of a value. The value is always the
-- first argument, and the result has its type; a null stays null.

-- Values of any type

CREATE OR REPLACE FUNCTION datamesh.mask_null_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME', 'dm_mask_null_support'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.mask_null_support(internal) IS
	'internal: planner support function of dm_mask_null';

CREATE OR REPLACE FUNCTION @extschema@.dm_mask_null(value anyelement)
RETURNS anyelement
AS 'MODULE_PATHNAME', 'dm_mask_null'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1
SUPPORT datamesh.mask_null_support;
COMMENT ON FUNCTION @extschema@.dm_mask_null(anyelement) IS
	'masks any value by null';

-- stable, because the input functions of some types are: of dates, of domains, of enums
CREATE OR REPLACE FUNCTION @extschema@.dm_mask_constant(value anyelement, replacement text)
RETURNS anyelement
AS 'MODULE_PATHNAME', 'dm_mask_constant'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION @extschema@.dm_mask_constant(anyelement, text) IS
	'masks any value by a constant, written as its type is written';

-- Text

CREATE OR REPLACE FUNCTION @extschema@.dm_mask_text(value text, keep_first int DEFAULT 0, keep_last int DEFAULT 0, fill text DEFAULT '*')
RETURNS text
AS 'MODULE_PATHNAME', 'dm_mask_text'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION @extschema@.dm_mask_text(text, int, int, text) IS
	'masks each character but the first and the last ones; the length stays';

CREATE OR REPLACE FUNCTION @extschema@.dm_mask_text(value text[], keep_first int DEFAULT 0, keep_last int DEFAULT 0, fill text DEFAULT '*')
RETURNS text[]
AS 'MODULE_PATHNAME', 'dm_mask_text_array'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION @extschema@.dm_mask_text(text[], int, int, text) IS
	'masks the elements of an array as dm_mask_text(text) masks a value';

CREATE OR REPLACE FUNCTION @extschema@.dm_mask_email(value text)
RETURNS text
AS 'MODULE_PATHNAME', 'dm_mask_email'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION @extschema@.dm_mask_email(text) IS
	'masks the local part of an e-mail address but its first character; the domain stays';

CREATE OR REPLACE FUNCTION @extschema@.dm_mask_email(value text[])
RETURNS text[]
AS 'MODULE_PATHNAME', 'dm_mask_email_array'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION @extschema@.dm_mask_email(text[]) IS
	'masks the elements of an array as dm_mask_email(text) masks a value';

CREATE OR REPLACE FUNCTION @extschema@.dm_mask_phone(value text)
RETURNS text
AS 'MODULE_PATHNAME', 'dm_mask_phone'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION @extschema@.dm_mask_phone(text) IS
	'masks the digits of a telephone number but the last two; punctuation stays';

CREATE OR REPLACE FUNCTION @extschema@.dm_mask_phone(value text[])
RETURNS text[]
AS 'MODULE_PATHNAME', 'dm_mask_phone_array'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION @extschema@.dm_mask_phone(text[]) IS
	'masks the elements of an array as dm_mask_phone(text) masks a value';

CREATE OR REPLACE FUNCTION @extschema@.dm_mask_card(value text)
RETURNS text
AS 'MODULE_PATHNAME', 'dm_mask_card'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION @extschema@.dm_mask_card(text) IS
	'masks the digits of a card number but the last four; spaces and hyphens stay';

CREATE OR REPLACE FUNCTION @extschema@.dm_mask_card(value text[])
RETURNS text[]
AS 'MODULE_PATHNAME', 'dm_mask_card_array'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION @extschema@.dm_mask_card(text[]) IS
	'masks the elements of an array as dm_mask_card(text) masks a value';

CREATE OR REPLACE FUNCTION @extschema@.dm_mask_hash(value text, salt text DEFAULT '')
RETURNS text
AS 'MODULE_PATHNAME', 'dm_mask_hash'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION @extschema@.dm_mask_hash(text, text) IS
	'masks a value by the SHA-256 of salt and value, in hexadecimal digits';

CREATE OR REPLACE FUNCTION @extschema@.dm_mask_hash(value text[], salt text DEFAULT '')
RETURNS text[]
AS 'MODULE_PATHNAME', 'dm_mask_hash_array'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200;
COMMENT ON FUNCTION @extschema@.dm_mask_hash(text[], text) IS
	'masks the elements of an array as dm_mask_hash(text) masks a value';

CREATE OR REPLACE FUNCTION @extschema@.dm_mask_hash(value bytea, salt text DEFAULT '')
RETURNS bytea
AS 'MODULE_PATHNAME', 'dm_mask_hash_bytea'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION @extschema@.dm_mask_hash(bytea, text) IS
	'masks a value by the SHA-256 of salt and value, as 32 bytes';

-- Dates

CREATE OR REPLACE FUNCTION @extschema@.dm_mask_date(value date, unit text DEFAULT 'year')
RETURNS date
AS 'MODULE_PATHNAME', 'dm_mask_date'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION @extschema@.dm_mask_date(date, text) IS
	'masks a date by the first day of its week, month, quarter, year, decade or century';

CREATE OR REPLACE FUNCTION @extschema@.dm_mask_date(value timestamp, unit text DEFAULT 'year')
RETURNS timestamp
AS 'MODULE_PATHNAME', 'dm_mask_date_timestamp'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION @extschema@.dm_mask_date(timestamp, text) IS
	'masks a timestamp by the start of its day, week, month, quarter, year, decade or century';

CREATE OR REPLACE FUNCTION @extschema@.dm_mask_date(value timestamptz, unit text DEFAULT 'year')
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'dm_mask_date_timestamp'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION @extschema@.dm_mask_date(timestamptz, text) IS
	'masks a timestamp by the start of its day, week, month, quarter, year, decade or century in UTC';

-- Numbers

CREATE OR REPLACE FUNCTION @extschema@.dm_mask_number(value int2, step numeric)
RETURNS int2
AS 'MODULE_PATHNAME', 'dm_mask_number_int2'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION @extschema@.dm_mask_number(int2, numeric) IS
	'masks a number by the multiple of step next to it, towards zero';

CREATE OR REPLACE FUNCTION @extschema@.dm_mask_number(value int4, step numeric)
RETURNS int4
AS 'MODULE_PATHNAME', 'dm_mask_number_int4'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION @extschema@.dm_mask_number(int4, numeric) IS
	'masks a number by the multiple of step next to it, towards zero';

CREATE OR REPLACE FUNCTION @extschema@.dm_mask_number(value int8, step numeric)
RETURNS int8
AS 'MODULE_PATHNAME', 'dm_mask_number_int8'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION @extschema@.dm_mask_number(int8, numeric) IS
	'masks a number by the multiple of step next to it, towards zero';

CREATE OR REPLACE FUNCTION @extschema@.dm_mask_number(value numeric, step numeric)
RETURNS numeric
AS 'MODULE_PATHNAME', 'dm_mask_number_numeric'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION @extschema@.dm_mask_number(numeric, numeric) IS
	'masks a number by the multiple of step next to it, towards zero';

CREATE OR REPLACE FUNCTION @extschema@.dm_mask_number(value float4, step numeric)
RETURNS float4
AS 'MODULE_PATHNAME', 'dm_mask_number_float4'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION @extschema@.dm_mask_number(float4, numeric) IS
	'masks a number by the multiple of step next to it, towards zero';

CREATE OR REPLACE FUNCTION @extschema@.dm_mask_number(value float8, step numeric)
RETURNS float8
AS 'MODULE_PATHNAME', 'dm_mask_number_float8'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION @extschema@.dm_mask_number(float8, numeric) IS
	'masks a number by the multiple of step next to it, towards zero';

-- Network addresses

CREATE OR REPLACE FUNCTION @extschema@.dm_mask_inet(value inet, v4_bits int DEFAULT 24, v6_bits int DEFAULT 48)
RETURNS inet
AS 'MODULE_PATHNAME', 'dm_mask_inet'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION @extschema@.dm_mask_inet(inet, int, int) IS
	'masks an address by its network of so many bits';

CREATE OR REPLACE FUNCTION @extschema@.dm_mask_inet(value cidr, v4_bits int DEFAULT 24, v6_bits int DEFAULT 48)
RETURNS cidr
AS 'MODULE_PATHNAME', 'dm_mask_inet'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2;
COMMENT ON FUNCTION @extschema@.dm_mask_inet(cidr, int, int) IS
	'masks a network by its network of so many bits';

-- Documents

CREATE OR REPLACE FUNCTION @extschema@.dm_mask_jsonb(value jsonb, paths text[])
RETURNS jsonb
AS 'MODULE_PATHNAME', 'dm_mask_jsonb'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION @extschema@.dm_mask_jsonb(jsonb, text[]) IS
	'masks the values at the paths of a document; * is any key or element';
