-- What dm_lint_contract says of the standard's own contracts.  The answers were read line by line
-- against the documents.  Official does not mean valid: some examples declare a version that they do
-- not keep, and some refer to what they do not have.
SET client_min_messages = warning;
\getenv srcdir PG_ABS_SRCDIR
\set one :srcdir '/data/odcs/lint_one.psql'
CREATE TEMP TABLE linted (file text, source text, severity text);
\t on
\pset format unaligned
\pset fieldsep ' | '
\set file examples-v3.1.0/all/full-example.odcs.yaml
\i :one
\set file examples-v3.1.0/data-types/all-data-types.odcs.yaml
\i :one
\set file examples-v3.1.0/fundamentals/table-column-description.odcs.yaml
\i :one
\set file examples-v3.1.0/quality/column-accuracy.odcs.yaml
\i :one
\set file examples-v3.1.0/quality/column-completeness.odcs.yaml
\i :one
\set file examples-v3.1.0/quality/column-custom.odcs.yaml
\i :one
\set file examples-v3.1.0/quality/column-validity.odcs.yaml
\i :one
\set file examples-v3.1.0/roles/service-and-operational-roles.odcs.yaml
\i :one
\set file examples-v3.1.0/schema/all-schema-types.odcs.yaml
\i :one
\set file examples-v3.1.0/schema/kafka-schema.odcs.yaml
\i :one
\set file examples-v3.1.0/schema/kafka-schemaregistry.odcs.yaml
\i :one
\set file examples-v3.1.0/schema/table-column.odcs.yaml
\i :one
\set file examples-v3.1.0/schema/table-columns-with-partition.odcs.yaml
\i :one
\set file examples-v3.1.0/server/azure-server.odcs.yaml
\i :one
\set file examples-v3.1.0/server/kafka-server.odcs.yaml
\i :one
\set file examples-v3.1.0/sla/database-table-sla.odcs.yaml
\i :one
\set file examples-v3.1.0/stakeholders/basic-four-dpo.odcs.yaml
\i :one
\set file examples-v3.2.0-unreleased/all/full-example.odcs.yaml
\i :one
\set file examples-v3.2.0-unreleased/custom-other-properties/custom-properties.odcs.yaml
\i :one
\set file examples-v3.2.0-unreleased/references/relationships.odcs.yaml
\i :one
\set file examples-v3.2.0-unreleased/schema/map.odcs.yaml
\i :one
\set file examples-v3.2.0-unreleased/support/support-channels.odcs.yaml
\i :one
\set file examples-v3.2.0-unreleased/team/team.odcs.yaml
\i :one
\set file invalid-v3.2.0/additional-unknown-property.odcs.yaml
\i :one
\set file invalid-v3.2.0/enum-empty.odcs.yaml
\i :one
\set file invalid-v3.2.0/invalid-api-version.odcs.yaml
\i :one
\set file invalid-v3.2.0/invalid-quality-dimension.odcs.yaml
\i :one
\set file invalid-v3.2.0/invalid-quality-type.odcs.yaml
\i :one
\set file invalid-v3.2.0/map-missing-key.odcs.yaml
\i :one
\set file invalid-v3.2.0/missing-required-fields.odcs.yaml
\i :one
\set file invalid-v3.2.0/quality-element-field.odcs.yaml
\i :one
\set file invalid-v3.2.0/quality-multiple-operators.odcs.yaml
\i :one
\set file invalid-v3.2.0/quality-sql-missing-query.odcs.yaml
\i :one
\set file invalid-v3.2.0/relationship-schema-level-missing-from-to.odcs.yaml
\i :one
\set file invalid-v3.2.0/schema-property-missing-name.odcs.yaml
\i :one
\set file invalid-v3.2.0/server-missing-conditional-fields.odcs.yaml
\i :one
\set file invalid-v3.2.0/sla-missing-required-value.odcs.yaml
\i :one
\t off
\pset format aligned

-- an error in an official example is one that its schema finds, or a reference that leads nowhere
SELECT file, count(*) FILTER (WHERE source = 'schema') AS schema,
	count(*) FILTER (WHERE source = 'semantic') AS semantic
FROM linted WHERE file LIKE 'examples%' AND severity = 'error' GROUP BY file ORDER BY file COLLATE "C";

-- nothing passes that the standard says is invalid
SELECT count(DISTINCT file) AS files,
	count(DISTINCT file) FILTER (WHERE severity = 'error') AS refused
FROM linted WHERE file LIKE 'invalid%';

-- many mistakes are counted, not kept
SELECT count(*), max(message) FILTER (WHERE pointer = '') FROM dm_lint_contract((
	SELECT E'apiVersion: v3.1.0\nkind: DataContract\nid: a\nversion: 1.0.0\nstatus: draft\n' || string_agg(format(E'u%s: 1\n', i), '') FROM generate_series(1, 30000) i))
WHERE source = 'schema';
