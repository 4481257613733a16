-- What happened to governed relations.

CREATE OR REPLACE FUNCTION datamesh.activity_counters()
RETURNS TABLE (relation regclass, domain text, kind text, counted_since timestamptz, last_write timestamptz,
	last_read timestamptz, commits bigint, inserted bigint, updated bigint, deleted bigint, failed_writes bigint,
	reads bigint, failed_reads bigint, rows_read bigint, read_ms double precision)
AS 'MODULE_PATHNAME', 'dm_activity_counters'
LANGUAGE C VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION datamesh.activity_counters() IS 'internal: the counters of all relations whose domain the caller belongs to';

CREATE OR REPLACE VIEW datamesh.activities AS
SELECT relation, domain, kind, counted_since, last_write, last_read, commits, inserted, updated, deleted,
       failed_writes, reads, failed_reads, rows_read, read_ms
FROM datamesh.activity_counters();
COMMENT ON VIEW datamesh.activities IS 'commits, rows, reads and failures of tables and ports, for their domain';
GRANT SELECT ON datamesh.activities TO PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.dm_flush_activity()
RETURNS void AS 'MODULE_PATHNAME', 'dm_flush_activity'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_flush_activity() IS 'writes the counters of activity to their table now';
REVOKE ALL ON FUNCTION @extschema@.dm_flush_activity() FROM PUBLIC;
