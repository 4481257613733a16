-- What happened to governed relations, as counters that shared memory was flushed to.  Not dumped:
-- what is restored is another database, whose data were written when they were restored.

CREATE TABLE datamesh.activity (
	relation      regclass PRIMARY KEY,
	counted_since timestamptz NOT NULL,
	last_write    timestamptz,
	last_read     timestamptz,
	commits       bigint NOT NULL,
	inserted      bigint NOT NULL,
	updated       bigint NOT NULL,
	deleted       bigint NOT NULL,
	failed_writes bigint NOT NULL,
	reads         bigint NOT NULL,
	failed_reads  bigint NOT NULL,
	rows_read     bigint NOT NULL,
	read_ms       double precision NOT NULL,
	flushed_at    timestamptz NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE datamesh.activity IS 'counters of governed relations at the last flush; see datamesh.activities';
SELECT pg_extension_config_dump('datamesh.activity', 'WHERE false');

CREATE TABLE datamesh.activity_prepared (
	relation regclass NOT NULL,
	inserted bigint NOT NULL,
	updated  bigint NOT NULL,
	deleted  bigint NOT NULL
);
COMMENT ON TABLE datamesh.activity_prepared IS 'what prepared transactions have written, until they are counted';
SELECT pg_extension_config_dump('datamesh.activity_prepared', 'WHERE false');
