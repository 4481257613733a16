-- Types as contracts write them, held against the types of columns; none of them is executed or an error.
CREATE ROLE regress_cft_owner;
CREATE SCHEMA cft AUTHORIZATION regress_cft_owner;
CREATE SCHEMA cft_decoy AUTHORIZATION regress_cft_owner;
SET ROLE regress_cft_owner;
SELECT dm_register_domain('cft', schemas => '{cft}');
CREATE DOMAIN cft.age AS smallint;
CREATE TYPE cft.colour AS ENUM ('red');
CREATE TABLE cft_decoy.colour (text text);
CREATE TYPE cft_decoy.integer4 AS (a int);
CREATE TABLE cft.t (
    i4 integer, i8 bigint, n numeric, n2 numeric(10, 2), n0 numeric(5, 0), v varchar, v50 varchar(50), c char(3), t text,
    ts timestamp, tz timestamptz, d date, ti time, b boolean, j jsonb, a integer[], va varchar(9)[], age cft.age, colour cft.colour, iv interval, bits bit(4));
CREATE FUNCTION cft.check_types(VARIADIC types text[]) RETURNS TABLE (ord bigint, col text, type text, severity text, message text)
LANGUAGE plpgsql AS $$
DECLARE
    props jsonb := (SELECT jsonb_agg(jsonb_build_object('name', 'p' || i, 'physicalName', types[2 * i - 1],
                        CASE WHEN types[2 * i] LIKE 'logical:%' THEN 'logicalType' ELSE 'physicalType' END, replace(types[2 * i], 'logical:', '')) ORDER BY i)
                    FROM generate_series(1, cardinality(types) / 2) i);
    i int;
BEGIN
    FOR i IN 1 .. cardinality(types) / 2 LOOP
        PERFORM dm_import_contract(jsonb_build_object('apiVersion', 'v3.1.0', 'kind', 'DataContract', 'id', 'cft', 'version', '1.0.0', 'status', 'active',
            'domain', 'cft', 'dataProduct', 'p', 'schema', jsonb_build_array(jsonb_build_object('name', 't', 'properties', jsonb_build_array(props -> (i - 1)))))::text);
        RETURN QUERY SELECT i::bigint, types[2 * i - 1], left(types[2 * i], 30), f.severity, f.message
            FROM (VALUES (1)) v LEFT JOIN dm_contract_findings('cft.p') f ON f.source = 'conform';
    END LOOP;
END $$;
SET search_path = cft_decoy, public;
SET client_min_messages = error;
SELECT dm.* FROM cft.check_types(VARIADIC ARRAY[
    'i4', 'int4', 'i4', 'INTEGER', 'i4', 'serial', 'i8', 'bigserial', 'i4', 'bigint', 'i8', 'integer', 'i4', 'pg_catalog.int4',
    'v', 'varchar', 'v50', 'varchar', 'v50', 'varchar(50)', 'v50', 'varchar[50]', 'v50', 'character varying(20)', 'v', 'varchar(50)', 'c', 'bpchar', 'c', 'char', 'c', 'char(3)', 'c', 'char(4)',
    't', 'string', 't', '''9''', 't', '', 't', '   ', 't', 'SETOF text', 't', 'cft.t.t%TYPE', 't', 'varchar(0)', 't', 'text(5)', 't', 'varchar((SELECT 1))', 't', 'text; DROP TABLE cft.t', 't', repeat('(', 5000),
    'n', 'numeric', 'n2', 'decimal(10,2)', 'n2', 'numeric(12,2)', 'n2', 'numeric(2000,2)', 'n0', 'numeric(5)',
    'ts', 'timestamp', 'ts', 'timestamptz', 'tz', 'timestamp with time zone', 'tz', 'timestamp(9)', 'tz', 'date', 'iv', 'interval day to second(3)', 'bits', 'bit', 'bits', 'bit(4)', 'bits', 'bit(5)',
    'a', 'integer[]', 'a', 'int4[][]', 'a', 'integer', 'va', 'varchar[]', 'va', 'varchar(9)[]',
    'age', 'age', 'age', 'cft.age', 'age', 'smallint', 'age', 'integer', 'colour', 'colour', 'colour', 'cft_decoy.colour', 'colour', 'nowhere.colour', 'i4', 'integer4']) AS dm;
SELECT dm.* FROM cft.check_types(VARIADIC ARRAY[
    'i4', 'logical:integer', 'i4', 'logical:number', 'n', 'logical:integer', 'n0', 'logical:integer', 'n', 'logical:number', 't', 'logical:string', 'colour', 'logical:string',
    'age', 'logical:integer', 'd', 'logical:date', 'ts', 'logical:date', 'd', 'logical:timestamp', 'tz', 'logical:timestamp', 'ti', 'logical:time', 'b', 'logical:boolean', 'b', 'logical:integer',
    'j', 'logical:object', 'j', 'logical:array', 'a', 'logical:array', 'a', 'logical:object', 't', 'logical:integer', 't', 'logical:blob']) AS dm;
RESET search_path;
RESET ROLE;

-- nothing stays behind for the tests that come next
SET client_min_messages = warning;
SELECT count(dm_deprecate(name)) FROM datamesh.products
WHERE domain = 'cft' AND status = 'active' \g /dev/null
SELECT count(dm_retire(name, cascade => true)) FROM datamesh.products
WHERE domain = 'cft' AND status <> 'retired' \g /dev/null
SELECT dm_drop_domain('cft') \g /dev/null
DROP SCHEMA cft, cft_decoy CASCADE;
DROP ROLE regress_cft_owner;
