-- Who may be given a copy of a product's data.  That a relation is such a copy is a security label
-- on it: it goes with the relation, and marks temporary ones, too.

CREATE TABLE datamesh.copy_sharing (
	relation   regclass NOT NULL,
	product    bigint NOT NULL,
	role       regrole NOT NULL,
	reason     text,
	created_at timestamptz NOT NULL,
	created_by regrole NOT NULL,
	PRIMARY KEY (relation, product, role)
);
COMMENT ON TABLE datamesh.copy_sharing IS 'copies of products that their owners allow to be handed on; role 0 is everybody';
-- As with agreements: what does not exist any more would be a number in the dump.
SELECT pg_extension_config_dump('datamesh.copy_sharing', 'WHERE relation::oid IN (SELECT oid FROM pg_catalog.pg_class) AND (role::oid = 0 OR role::oid IN (SELECT oid FROM pg_catalog.pg_roles))');
