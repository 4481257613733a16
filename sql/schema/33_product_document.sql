-- Descriptions of products in the formats of others.  C reads this table by attribute number: add
-- columns last, drop none.  Like contracts, documents are kept as they were parsed, and their text byte
-- for byte; a product has one of each standard, the last that was imported.

CREATE TABLE datamesh.product_document (
	id          bigint PRIMARY KEY,
	product     bigint NOT NULL,
	standard    text COLLATE "C" NOT NULL,
	version     text NOT NULL,
	document    jsonb NOT NULL,
	source      text NOT NULL,
	format      text NOT NULL,
	imported_at timestamptz NOT NULL,
	imported_by text NOT NULL,
	UNIQUE (product, standard)
);
COMMENT ON TABLE datamesh.product_document IS 'imported descriptions of products: ODPS and DPDS';
SELECT pg_extension_config_dump('datamesh.product_document', '');

CREATE SEQUENCE datamesh.product_document_id_seq AS bigint;
SELECT pg_extension_config_dump('datamesh.product_document_id_seq', '');
