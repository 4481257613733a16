-- The boundary of domains.

CREATE TABLE datamesh.accepted_grant (
	id          bigint PRIMARY KEY,
	relation    regclass NOT NULL,
	schema_name text COLLATE "C",
	grantee     regrole NOT NULL,
	privileges  text[] NOT NULL,
	reason      text,
	accepted_at timestamptz NOT NULL,
	accepted_by regrole NOT NULL
);
COMMENT ON TABLE datamesh.accepted_grant IS 'privileges of roles outside of a domain that governance has accepted by name; relation is 0 for one on a schema, grantee 0 for PUBLIC';
CREATE INDEX accepted_grant_relation_idx ON datamesh.accepted_grant (relation);
CREATE INDEX accepted_grant_schema_name_idx ON datamesh.accepted_grant (schema_name);
-- What was dropped unnoticed would be a number in the dump, and another object's after it.
SELECT pg_extension_config_dump('datamesh.accepted_grant', 'WHERE (relation::oid = 0 OR relation::oid IN (SELECT oid FROM pg_catalog.pg_class)) AND (grantee::oid = 0 OR grantee::oid IN (SELECT oid FROM pg_catalog.pg_roles))');

CREATE SEQUENCE datamesh.accepted_grant_id_seq AS bigint;
SELECT pg_extension_config_dump('datamesh.accepted_grant_id_seq', '');
