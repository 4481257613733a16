-- Side tables of rules in mode "quarantine".  The rows that were set aside are in the side tables.

CREATE TABLE datamesh.quarantine (
	relation   regclass PRIMARY KEY,
	side       regclass NOT NULL UNIQUE,
	created_at timestamptz NOT NULL,
	created_by regrole NOT NULL
);
COMMENT ON TABLE datamesh.quarantine IS 'tables whose failing rows are set aside, and where to';
-- of a relation that was dropped unnoticed only a number is left
SELECT pg_extension_config_dump('datamesh.quarantine', 'WHERE relation::oid IN (SELECT oid FROM pg_catalog.pg_class) AND side::oid IN (SELECT oid FROM pg_catalog.pg_class)');
