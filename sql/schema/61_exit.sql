-- Side exits that governance has accepted by name.  An object that is renamed, or a function with
-- other arguments, is another one.

CREATE TABLE datamesh.accepted_exit (
	id          bigint PRIMARY KEY,
	domain      bigint NOT NULL,
	kind        text COLLATE "C" NOT NULL,
	object      text COLLATE "C" NOT NULL,
	grantee     regrole NOT NULL,
	reason      text NOT NULL,
	accepted_at timestamptz NOT NULL,
	accepted_by regrole NOT NULL,
	UNIQUE (domain, kind, object, grantee)
);
COMMENT ON TABLE datamesh.accepted_exit IS 'side exits of a domain that governance has accepted by name; grantee 0 for everybody';
-- What was dropped unnoticed would be a number in the dump, and another role's after it.
SELECT pg_extension_config_dump('datamesh.accepted_exit', 'WHERE grantee::oid = 0 OR grantee::oid IN (SELECT oid FROM pg_catalog.pg_roles)');

CREATE SEQUENCE datamesh.accepted_exit_id_seq AS bigint;
SELECT pg_extension_config_dump('datamesh.accepted_exit_id_seq', '');
