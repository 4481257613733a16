-- Profiles that are kept.  A sketch holds numbers of its column's values, so nobody reads the
-- table but by functions that show none of them.

CREATE TABLE datamesh.profile (
	id          bigint NOT NULL,
	relation    regclass NOT NULL,
	column_name text COLLATE "C" NOT NULL,
	label       text COLLATE "C",
	percent     double precision NOT NULL,
	stored_at   timestamptz NOT NULL,
	stored_by   regrole NOT NULL,
	sketch      datamesh.sketch NOT NULL,
	PRIMARY KEY (id, column_name)
);
COMMENT ON TABLE datamesh.profile IS 'profiles that are kept, a sketch for each column';
CREATE INDEX profile_relation_idx ON datamesh.profile (relation, id);
SELECT pg_extension_config_dump('datamesh.profile', 'WHERE relation::oid IN (SELECT oid FROM pg_catalog.pg_class)');

CREATE SEQUENCE datamesh.profile_id_seq AS bigint;
SELECT pg_extension_config_dump('datamesh.profile_id_seq', '');
