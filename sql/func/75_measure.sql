-- The aggregates by which the rules of a relation are measured. dm_check writes the statements
-- that call them; they read nothing but their arguments.

CREATE OR REPLACE FUNCTION datamesh.measure_step(state internal, program jsonb, VARIADIC "values" "any")
RETURNS internal
AS 'MODULE_PATHNAME', 'dm_measure_step'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.measure_step(internal, jsonb, "any") IS
	'internal: part of datamesh.measure';

CREATE OR REPLACE FUNCTION datamesh.measure_combine(internal, internal)
RETURNS internal
AS 'MODULE_PATHNAME', 'dm_measure_combine'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.measure_combine(internal, internal) IS
	'internal: part of datamesh.measure';

CREATE OR REPLACE FUNCTION datamesh.measure_serialize(internal)
RETURNS bytea
AS 'MODULE_PATHNAME', 'dm_measure_serialize'
LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.measure_serialize(internal) IS
	'internal: part of datamesh.measure';

CREATE OR REPLACE FUNCTION datamesh.measure_deserialize(bytea, internal)
RETURNS internal
AS 'MODULE_PATHNAME', 'dm_measure_deserialize'
LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.measure_deserialize(bytea, internal) IS
	'internal: part of datamesh.measure';

CREATE OR REPLACE FUNCTION datamesh.measure_result(internal)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'dm_measure_result'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.measure_result(internal) IS
	'internal: part of datamesh.measure';

CREATE OR REPLACE AGGREGATE datamesh.measure(program jsonb, VARIADIC "values" "any") (
	SFUNC = datamesh.measure_step,
	STYPE = internal,
	SSPACE = 65536,
	FINALFUNC = datamesh.measure_result,
	FINALFUNC_MODIFY = READ_WRITE,
	COMBINEFUNC = datamesh.measure_combine,
	SERIALFUNC = datamesh.measure_serialize,
	DESERIALFUNC = datamesh.measure_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE datamesh.measure(jsonb, "any") IS
	'internal: what a program of probes, written by dm_check, finds in all rows';

-- Denial constraints: kinds of rows, what is found in those of a key, and the sum for all keys.

CREATE OR REPLACE FUNCTION datamesh.first_rows_step(state internal, room int, "table" oid, "row" tid)
RETURNS internal
AS 'MODULE_PATHNAME', 'dm_first_rows_step'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.first_rows_step(internal, int, oid, tid) IS
	'internal: part of datamesh.first_rows';

CREATE OR REPLACE FUNCTION datamesh.first_rows_result(internal)
RETURNS bytea
AS 'MODULE_PATHNAME', 'dm_first_rows_result'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.first_rows_result(internal) IS
	'internal: part of datamesh.first_rows';

CREATE OR REPLACE AGGREGATE datamesh.first_rows(room int, "table" oid, "row" tid) (
	SFUNC = datamesh.first_rows_step,
	STYPE = internal,
	SSPACE = 256,
	FINALFUNC = datamesh.first_rows_result,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE datamesh.first_rows(int, oid, tid) IS
	'internal: where the first rows of a group lie';

CREATE OR REPLACE FUNCTION datamesh.denied_step(state internal, program jsonb, "number" bigint, "rows" bytea, VARIADIC "values" "any")
RETURNS internal
AS 'MODULE_PATHNAME', 'dm_denied_step'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.denied_step(internal, jsonb, bigint, bytea, "any") IS
	'internal: part of datamesh.denied';

CREATE OR REPLACE FUNCTION datamesh.denied_result(internal)
RETURNS bytea
AS 'MODULE_PATHNAME', 'dm_denied_result'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.denied_result(internal) IS
	'internal: part of datamesh.denied';

CREATE OR REPLACE AGGREGATE datamesh.denied(program jsonb, "number" bigint, "rows" bytea, VARIADIC "values" "any") (
	SFUNC = datamesh.denied_step,
	STYPE = internal,
	SSPACE = 1024,
	FINALFUNC = datamesh.denied_result,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE datamesh.denied(jsonb, bigint, bytea, "any") IS
	'internal: pairs of rows of one key that a denial constraint forbids';

CREATE OR REPLACE FUNCTION datamesh.denied_total_step(state internal, found bytea)
RETURNS internal
AS 'MODULE_PATHNAME', 'dm_denied_total_step'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.denied_total_step(internal, bytea) IS
	'internal: part of datamesh.denied_total';

CREATE OR REPLACE FUNCTION datamesh.denied_total_result(internal)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'dm_denied_total_result'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.denied_total_result(internal) IS
	'internal: part of datamesh.denied_total';

CREATE OR REPLACE AGGREGATE datamesh.denied_total(found bytea) (
	SFUNC = datamesh.denied_total_step,
	STYPE = internal,
	FINALFUNC = datamesh.denied_total_result,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE datamesh.denied_total(bytea) IS
	'internal: what datamesh.denied finds for all keys';
