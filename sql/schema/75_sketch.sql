-- The type of stored sketches.

CREATE TYPE datamesh.sketch;

CREATE FUNCTION datamesh.sketch_in(cstring)
RETURNS datamesh.sketch AS 'MODULE_PATHNAME', 'dm_sketch_in'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.sketch_in(cstring) IS 'internal: I/O';

CREATE FUNCTION datamesh.sketch_out(datamesh.sketch)
RETURNS cstring AS 'MODULE_PATHNAME', 'dm_sketch_out'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.sketch_out(datamesh.sketch) IS 'internal: I/O';

CREATE FUNCTION datamesh.sketch_recv(internal)
RETURNS datamesh.sketch AS 'MODULE_PATHNAME', 'dm_sketch_recv'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.sketch_recv(internal) IS 'internal: I/O';

CREATE FUNCTION datamesh.sketch_send(datamesh.sketch)
RETURNS bytea AS 'MODULE_PATHNAME', 'dm_sketch_send'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.sketch_send(datamesh.sketch) IS 'internal: I/O';

CREATE TYPE datamesh.sketch (
	INPUT = datamesh.sketch_in,
	OUTPUT = datamesh.sketch_out,
	RECEIVE = datamesh.sketch_recv,
	SEND = datamesh.sketch_send,
	STORAGE = extended
);
COMMENT ON TYPE datamesh.sketch IS 'what is worth knowing of many values of one type; sketches merge';

CREATE FUNCTION datamesh.sketch_concat(datamesh.sketch, datamesh.sketch)
RETURNS datamesh.sketch AS 'MODULE_PATHNAME', 'dm_sketch_concat'
LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.sketch_concat(datamesh.sketch, datamesh.sketch) IS 'internal: the operator || of sketches';

CREATE OPERATOR @extschema@.|| (
	LEFTARG = datamesh.sketch,
	RIGHTARG = datamesh.sketch,
	FUNCTION = datamesh.sketch_concat
);
COMMENT ON OPERATOR @extschema@.|| (datamesh.sketch, datamesh.sketch) IS 'the sketch of all values of two sketches';
