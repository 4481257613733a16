-- Row policies and the attributes of roles.

CREATE TABLE datamesh.row_policy (
	id          bigint PRIMARY KEY,
	relation    regclass NOT NULL,
	name        text COLLATE "C" NOT NULL,
	predicate   text NOT NULL,
	purposes    text[] NOT NULL,
	tags        text[] NOT NULL,
	roles       regrole[] NOT NULL,
	description text,
	created_at  timestamptz NOT NULL,
	created_by  regrole NOT NULL,
	changed_at  timestamptz,
	changed_by  regrole,
	UNIQUE (relation, name)
);
COMMENT ON TABLE datamesh.row_policy IS 'row policies: whom they restrict; what they let through stands in the server''s row security policy';
-- of a relation that was dropped unnoticed only a number is left
SELECT pg_extension_config_dump('datamesh.row_policy', 'WHERE relation::oid IN (SELECT oid FROM pg_catalog.pg_class)');

CREATE SEQUENCE datamesh.row_policy_id_seq AS bigint;
SELECT pg_extension_config_dump('datamesh.row_policy_id_seq', '');

CREATE TABLE datamesh.role_attribute (
	role   regrole NOT NULL,
	key    text COLLATE "C" NOT NULL,
	vals   text[] NOT NULL,
	set_at timestamptz NOT NULL,
	set_by regrole NOT NULL,
	PRIMARY KEY (role, key)
);
COMMENT ON TABLE datamesh.role_attribute IS 'keys and values of roles, for row policies';
-- A role that was dropped unnoticed would be a number in the dump, and another role's after it.
SELECT pg_extension_config_dump('datamesh.role_attribute', 'WHERE role::oid IN (SELECT oid FROM pg_catalog.pg_roles)');
