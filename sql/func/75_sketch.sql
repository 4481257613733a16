-- Aggregates that make and merge sketches, and what a sketch can be asked.

CREATE OR REPLACE FUNCTION datamesh.profile_step(internal, tid, VARIADIC "any")
RETURNS internal AS 'MODULE_PATHNAME', 'dm_profile_step'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.profile_step(internal, tid, "any") IS 'internal: aggregate';

CREATE OR REPLACE FUNCTION datamesh.sketch_step(internal, "any")
RETURNS internal AS 'MODULE_PATHNAME', 'dm_sketch_step'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.sketch_step(internal, "any") IS 'internal: aggregate';

CREATE OR REPLACE FUNCTION datamesh.sketch_merge_step(internal, datamesh.sketch)
RETURNS internal AS 'MODULE_PATHNAME', 'dm_sketch_merge_step'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.sketch_merge_step(internal, datamesh.sketch) IS 'internal: aggregate';

CREATE OR REPLACE FUNCTION datamesh.profile_combine(internal, internal)
RETURNS internal AS 'MODULE_PATHNAME', 'dm_profile_combine'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.profile_combine(internal, internal) IS 'internal: aggregate';

CREATE OR REPLACE FUNCTION datamesh.profile_serialize(internal)
RETURNS bytea AS 'MODULE_PATHNAME', 'dm_profile_serialize'
LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.profile_serialize(internal) IS 'internal: aggregate';

CREATE OR REPLACE FUNCTION datamesh.profile_deserialize(bytea, internal)
RETURNS internal AS 'MODULE_PATHNAME', 'dm_profile_deserialize'
LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.profile_deserialize(bytea, internal) IS 'internal: aggregate';

CREATE OR REPLACE FUNCTION datamesh.profile_final(internal)
RETURNS datamesh.sketch[] AS 'MODULE_PATHNAME', 'dm_profile_final'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.profile_final(internal) IS 'internal: aggregate';

CREATE OR REPLACE FUNCTION datamesh.sketch_final(internal)
RETURNS datamesh.sketch AS 'MODULE_PATHNAME', 'dm_sketch_final'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.sketch_final(internal) IS 'internal: aggregate';

CREATE OR REPLACE AGGREGATE datamesh.profile(tid, VARIADIC "any") (
	SFUNC = datamesh.profile_step,
	STYPE = internal,
	SSPACE = 65536,
	FINALFUNC = datamesh.profile_final,
	FINALFUNC_MODIFY = READ_WRITE,
	COMBINEFUNC = datamesh.profile_combine,
	SERIALFUNC = datamesh.profile_serialize,
	DESERIALFUNC = datamesh.profile_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE datamesh.profile(tid, "any") IS 'a sketch for each of the columns, in one pass; the first argument is the row''s ctid or null';

CREATE OR REPLACE AGGREGATE datamesh.sketch_agg("any") (
	SFUNC = datamesh.sketch_step,
	STYPE = internal,
	SSPACE = 16384,
	FINALFUNC = datamesh.sketch_final,
	FINALFUNC_MODIFY = READ_WRITE,
	COMBINEFUNC = datamesh.profile_combine,
	SERIALFUNC = datamesh.profile_serialize,
	DESERIALFUNC = datamesh.profile_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE datamesh.sketch_agg("any") IS 'the sketch of all values, nulls included';

CREATE OR REPLACE AGGREGATE datamesh.sketch_merge(datamesh.sketch) (
	SFUNC = datamesh.sketch_merge_step,
	STYPE = internal,
	SSPACE = 65536,
	FINALFUNC = datamesh.sketch_final,
	FINALFUNC_MODIFY = READ_WRITE,
	COMBINEFUNC = datamesh.profile_combine,
	SERIALFUNC = datamesh.profile_serialize,
	DESERIALFUNC = datamesh.profile_deserialize,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE datamesh.sketch_merge(datamesh.sketch) IS 'the sketch of all values of all sketches';

-- Answers

CREATE OR REPLACE FUNCTION @extschema@.dm_count_rows(sketch datamesh.sketch)
RETURNS bigint AS 'MODULE_PATHNAME', 'dm_count_rows'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.dm_count_rows(datamesh.sketch) IS
	'how many rows a sketch has seen';

CREATE OR REPLACE FUNCTION @extschema@.dm_count_nulls(sketch datamesh.sketch)
RETURNS bigint AS 'MODULE_PATHNAME', 'dm_count_nulls'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.dm_count_nulls(datamesh.sketch) IS
	'how many of them were null';

CREATE OR REPLACE FUNCTION @extschema@.dm_count_distinct(sketch datamesh.sketch)
RETURNS bigint AS 'MODULE_PATHNAME', 'dm_count_distinct'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.dm_count_distinct(datamesh.sketch) IS
	'how many different values a sketch has seen, estimated where there are many; null for a type that has no hash';

CREATE OR REPLACE FUNCTION @extschema@.dm_find_quantile(sketch datamesh.sketch, share double precision)
RETURNS text AS 'MODULE_PATHNAME', 'dm_find_quantile'
LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.dm_find_quantile(datamesh.sketch, double precision) IS
	'the value below which that share of the values is; 0.5 is the median';

CREATE OR REPLACE FUNCTION @extschema@.dm_list_frequent_values(sketch datamesh.sketch, most integer DEFAULT 10)
RETURNS TABLE(value text, count bigint, error bigint) AS 'MODULE_PATHNAME', 'dm_list_frequent_values'
LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.dm_list_frequent_values(datamesh.sketch, integer) IS
	'the most frequent values, how often they come, and by how much that may be wrong';

CREATE OR REPLACE FUNCTION @extschema@.dm_describe_sketch(sketch datamesh.sketch)
RETURNS jsonb AS 'MODULE_PATHNAME', 'dm_describe_sketch'
LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.dm_describe_sketch(datamesh.sketch) IS
	'all that a sketch says, as JSON';
