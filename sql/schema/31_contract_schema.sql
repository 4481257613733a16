-- The JSON schemas of the standards that contracts follow.  A new version of a standard is a row.  C
-- reads this table by attribute number: add columns last, drop none.  What governance adds stands
-- beside the stock row of the same version and goes before it.

CREATE TABLE datamesh.contract_schema (
	standard text COLLATE "C" NOT NULL,
	version  text COLLATE "C" NOT NULL,
	built_in boolean NOT NULL,
	uri      text COLLATE "C",
	document jsonb NOT NULL,
	source   text,
	licence  text,
	added_at timestamptz NOT NULL,
	added_by text NOT NULL,
	PRIMARY KEY (standard, version, built_in)
);
COMMENT ON TABLE datamesh.contract_schema IS 'JSON schemas of contract standards by version; the only documents that a $ref can lead to';
CREATE INDEX contract_schema_uri_idx ON datamesh.contract_schema (uri);
SELECT pg_extension_config_dump('datamesh.contract_schema', 'WHERE NOT built_in');

-- The Makefile puts in place of each line that begins with --data the statement that stores the file
-- sql/data/<standard>/<file>.json: standard, version, file, where it comes from, licence.
--data odcs v3.0.0 v3.0.0 github.com/bitol-io/open-data-contract-standard Apache-2.0
--data odcs v3.0.1 v3.0.1 github.com/bitol-io/open-data-contract-standard Apache-2.0
--data odcs v3.0.2 v3.0.2 github.com/bitol-io/open-data-contract-standard Apache-2.0
--data odcs v3.1.0 v3.1.0 github.com/bitol-io/open-data-contract-standard Apache-2.0
--data odcs v3.2.0 v3.2.0 github.com/bitol-io/open-data-contract-standard Apache-2.0
--data odps v0.9.0 v0.9.0 github.com/bitol-io/open-data-product-standard Apache-2.0
--data odps v1.0.0 v1.0.0 github.com/bitol-io/open-data-product-standard Apache-2.0
--data dpds 1.0.0 v1.0.0 github.com/opendatamesh-initiative/odm-specification-dpdescriptor Apache-2.0
--data json-schema 2019-09 2019-09 github.com/json-schema-org/json-schema-spec BSD-3-Clause
--data json-schema 2019-09/core 2019-09-core github.com/json-schema-org/json-schema-spec BSD-3-Clause
--data json-schema 2019-09/applicator 2019-09-applicator github.com/json-schema-org/json-schema-spec BSD-3-Clause
--data json-schema 2019-09/validation 2019-09-validation github.com/json-schema-org/json-schema-spec BSD-3-Clause
--data json-schema 2019-09/meta-data 2019-09-meta-data github.com/json-schema-org/json-schema-spec BSD-3-Clause
--data json-schema 2019-09/format 2019-09-format github.com/json-schema-org/json-schema-spec BSD-3-Clause
--data json-schema 2019-09/content 2019-09-content github.com/json-schema-org/json-schema-spec BSD-3-Clause
--data json-schema 2020-12 2020-12 github.com/json-schema-org/json-schema-spec BSD-3-Clause
--data json-schema 2020-12/core 2020-12-core github.com/json-schema-org/json-schema-spec BSD-3-Clause
--data json-schema 2020-12/applicator 2020-12-applicator github.com/json-schema-org/json-schema-spec BSD-3-Clause
--data json-schema 2020-12/unevaluated 2020-12-unevaluated github.com/json-schema-org/json-schema-spec BSD-3-Clause
--data json-schema 2020-12/validation 2020-12-validation github.com/json-schema-org/json-schema-spec BSD-3-Clause
--data json-schema 2020-12/meta-data 2020-12-meta-data github.com/json-schema-org/json-schema-spec BSD-3-Clause
--data json-schema 2020-12/format-annotation 2020-12-format-annotation github.com/json-schema-org/json-schema-spec BSD-3-Clause
--data json-schema 2020-12/format-assertion 2020-12-format-assertion github.com/json-schema-org/json-schema-spec BSD-3-Clause
--data json-schema 2020-12/content 2020-12-content github.com/json-schema-org/json-schema-spec BSD-3-Clause
