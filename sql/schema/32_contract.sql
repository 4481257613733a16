-- Versions of contracts.  C reads this table by attribute number: add columns last, drop none.
-- The document is kept as it was parsed, unknown fields included, and the text byte for byte; whatever
-- is relational about contracts is a view over the document.  Who wrote and published a version is kept
-- by name: a record outlives its roles, and a number would come to mean somebody else.

CREATE TABLE datamesh.contract (
	id           bigint PRIMARY KEY,
	product      bigint NOT NULL,
	version      text COLLATE "C" NOT NULL,
	state        text NOT NULL,
	api_version  text,
	contract_id  text COLLATE "C",
	tenant       text,
	document     jsonb NOT NULL,
	source       text NOT NULL,
	format       text NOT NULL,
	held         text[] NOT NULL,
	author       text NOT NULL,
	created_at   timestamptz NOT NULL,
	published_at timestamptz,
	published_by text,
	note         text,
	UNIQUE (product, version)
);
COMMENT ON TABLE datamesh.contract IS 'versions of the products'' contracts: draft, active, superseded or retired';
CREATE INDEX contract_contract_id_idx ON datamesh.contract (contract_id);
SELECT pg_extension_config_dump('datamesh.contract', '');

CREATE SEQUENCE datamesh.contract_id_seq AS bigint;
SELECT pg_extension_config_dump('datamesh.contract_id_seq', '');
