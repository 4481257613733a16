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
