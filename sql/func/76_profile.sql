-- Profiles of relations, and how they drift.

CREATE OR REPLACE FUNCTION datamesh.is_sampled(percent double precision)
RETURNS boolean AS 'MODULE_PATHNAME', 'dm_is_sampled'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.is_sampled(double precision) IS 'internal: whether the next row of a view is in a sample';

CREATE OR REPLACE FUNCTION @extschema@.dm_profile(relation regclass, sample double precision DEFAULT NULL, source text DEFAULT 'scan')
RETURNS TABLE("column" name, type text, rows bigint, nulls bigint, distinct_values bigint, min text, max text, mean double precision, deviation double precision, quantiles jsonb, top jsonb, lengths jsonb, shapes jsonb, histogram jsonb, nan bigint, infinite bigint, key text, correlation double precision, errors jsonb)
AS 'MODULE_PATHNAME', 'dm_profile'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_profile(regclass, double precision, text) IS
	'what is in the columns of a relation, as the caller sees it: a row for each, in one pass or from statistics';

CREATE OR REPLACE FUNCTION @extschema@.dm_store_profile(relation regclass, label text DEFAULT NULL, sample double precision DEFAULT NULL)
RETURNS bigint AS 'MODULE_PATHNAME', 'dm_store_profile'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_store_profile(regclass, text, double precision) IS
	'keeps a profile, to compare later ones with it; returns its number';

CREATE OR REPLACE FUNCTION @extschema@.dm_schedule_profile(relation regclass, schedule text DEFAULT '@daily')
RETURNS void AS 'MODULE_PATHNAME', 'dm_schedule_profile'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_schedule_profile(regclass, text) IS
	'has the worker keep a profile of the relation by a schedule; null ends that';

CREATE OR REPLACE FUNCTION @extschema@.dm_drop_profiles(relation regclass, label text DEFAULT NULL, before timestamptz DEFAULT NULL)
RETURNS bigint AS 'MODULE_PATHNAME', 'dm_drop_profiles'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_drop_profiles(regclass, text, timestamptz) IS
	'drops profiles that were kept, all or those of a label or from before a time; returns how many';

CREATE OR REPLACE FUNCTION datamesh.profile_visible(relation regclass)
RETURNS boolean AS 'MODULE_PATHNAME', 'dm_profile_visible'
LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.profile_visible(regclass) IS 'internal: whether the reader may see which profiles of a relation are kept';

CREATE OR REPLACE VIEW datamesh.profiles WITH (security_barrier) AS
	SELECT id, relation, label, percent, stored_at, stored_by, max(@extschema@.dm_count_rows(sketch)) AS rows, count(*) AS columns
	FROM datamesh.profile
	WHERE datamesh.profile_visible(relation)
	GROUP BY id, relation, label, percent, stored_at, stored_by;
COMMENT ON VIEW datamesh.profiles IS 'profiles that are kept, of relations that the reader owns or whose domain he is of';
GRANT SELECT ON datamesh.profiles TO PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.dm_drift(relation regclass, reference text, current text DEFAULT 'now', sample double precision DEFAULT NULL)
RETURNS TABLE("column" name, verdict text, reason text, psi double precision, js double precision, ks double precision, chi_square double precision, nulls_reference double precision, nulls_current double precision)
AS 'MODULE_PATHNAME', 'dm_drift'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_drift(regclass, text, text, double precision) IS
	'how the columns of a relation have changed between two profiles; the last row is for the relation as a whole';
