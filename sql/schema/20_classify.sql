-- Tags, masks and token keys.  Which column carries which tag is a security label on the column.

CREATE TABLE datamesh.tag (
	name        text COLLATE "C" PRIMARY KEY,
	description text,
	mask        text,
	token_key   text,
	created_at  timestamptz NOT NULL,
	created_by  regrole NOT NULL
);
COMMENT ON TABLE datamesh.tag IS 'classification tags; the dots in the names make the tree';
SELECT pg_extension_config_dump('datamesh.tag', '');

-- not dumped: stock data that the extension's own script fills
CREATE TABLE datamesh.taxonomy (
	taxonomy    text COLLATE "C" NOT NULL,
	position    int NOT NULL,
	tag         text COLLATE "C" NOT NULL,
	description text NOT NULL,
	mask        text,
	token_key   text,
	PRIMARY KEY (taxonomy, position)
);
COMMENT ON TABLE datamesh.taxonomy IS 'stock taxonomies that dm_load_taxonomy offers';

-- Nobody but the extension's own C code reads the secrets.
CREATE TABLE datamesh.token_key (
	id         text COLLATE "C" PRIMARY KEY,
	name       text COLLATE "C" NOT NULL,
	version    int NOT NULL,
	secret     bytea NOT NULL,
	users      regrole[] NOT NULL,
	created_at timestamptz NOT NULL,
	created_by regrole NOT NULL,
	UNIQUE (name, version)
);
COMMENT ON TABLE datamesh.token_key IS 'secrets of dm_token; a rotation adds a version';
SELECT pg_extension_config_dump('datamesh.token_key', '');
