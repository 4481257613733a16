-- Domains and products.  C reads these tables by attribute number: add columns last, drop none.
-- Which schemas belong to a domain, and which schema holds a product's ports, is not stored here
-- but as a security label on the schema itself, so that it follows ALTER SCHEMA ... RENAME.

CREATE TABLE datamesh.domain (
	id          bigint PRIMARY KEY,
	name        text COLLATE "C" NOT NULL UNIQUE,
	owner       regrole NOT NULL,
	description text,
	producers   regrole[] NOT NULL,
	created_at  timestamptz NOT NULL,
	created_by  regrole NOT NULL
);
COMMENT ON TABLE datamesh.domain IS 'business areas: an owner role and the schemas that carry its label';
SELECT pg_extension_config_dump('datamesh.domain', '');

CREATE TABLE datamesh.product (
	id               bigint PRIMARY KEY,
	domain           bigint NOT NULL,
	name             text COLLATE "C" NOT NULL,
	major            int NOT NULL,
	description      text,
	owner            regrole NOT NULL,
	status           text NOT NULL,
	open_ended       boolean NOT NULL,
	deprecated_until date,
	successor        text,
	created_at       timestamptz NOT NULL,
	created_by       regrole NOT NULL,
	published_at     timestamptz,
	deprecated_at    timestamptz,
	retired_at       timestamptz,
	compatibility    text NOT NULL,
	contract_mode    text,
	UNIQUE (domain, name, major)
);
COMMENT ON TABLE datamesh.product IS 'data products, one row for each major version';
SELECT pg_extension_config_dump('datamesh.product', '');

CREATE TABLE datamesh.port (
	id          bigint PRIMARY KEY,
	product     bigint NOT NULL,
	view        regclass NOT NULL,
	name        text NOT NULL,
	schema_name text NOT NULL,
	source_name text NOT NULL,
	columns     text[] NOT NULL,
	created_at  timestamptz NOT NULL,
	created_by  regrole NOT NULL,
	dropped_at  timestamptz
);
COMMENT ON TABLE datamesh.port IS 'output ports; view is 0 once the port is gone, the names are those it had last';
CREATE INDEX port_product_idx ON datamesh.port (product);
CREATE INDEX port_view_idx ON datamesh.port (view);
SELECT pg_extension_config_dump('datamesh.port', '');

CREATE SEQUENCE datamesh.domain_id_seq AS bigint;
SELECT pg_extension_config_dump('datamesh.domain_id_seq', '');
CREATE SEQUENCE datamesh.product_id_seq AS bigint;
SELECT pg_extension_config_dump('datamesh.product_id_seq', '');
CREATE SEQUENCE datamesh.port_id_seq AS bigint;
SELECT pg_extension_config_dump('datamesh.port_id_seq', '');
