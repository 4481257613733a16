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
-- as many references as there are properties, by name and by id: not one search through all for each
SET statement_timeout = '30s';
SELECT severity, message, count(*)
FROM (SELECT jsonb_build_object('apiVersion', 'v3.1.0', 'kind', 'DataContract', 'id', 'many', 'version', '1.0.0', 'status', 'draft',
		'domain', 'd', 'schema', jsonb_build_array(jsonb_build_object('name', 't', 'id', 't', 'properties',
			(SELECT jsonb_agg(jsonb_build_object('name', 'c' || i, 'id', 'i' || i, 'logicalType', 'integer', 'primaryKey', i = 1,
				'primaryKeyPosition', CASE WHEN i = 1 THEN 1 ELSE -1 END, 'relationships', jsonb_build_array(jsonb_build_object('to',
					CASE i % 2 WHEN 0 THEN 't.c' || 50002 - i ELSE 'schema/t/properties/i' || 50002 - i END))))
			 FROM generate_series(1, 50000) i))))::text) AS d (document), dm_lint_contract(document)
GROUP BY severity, message ORDER BY count(*) DESC, message COLLATE "C";
RESET statement_timeout;
-- names with dots, twice the same name, and what is nested: the first in the list that has it all is meant, as the types tell
SELECT f.message FROM (VALUES ('t.a'), ('t.a.b'), ('t.a.b.c'), ('t.a.d'), ('t.a.b.e'), ('t.x.y'), ('t.u.n'), ('t.u.v'), ('t.a.z'), ('t.v.a'), ('t'), ('t.ab'),
	('schema/o/properties/p'), ('schema/o/properties/p/properties/q'), ('schema/o/properties/q')) AS v (r),
	dm_lint_contract(format($$
apiVersion: v3.1.0
kind: DataContract
id: dots
version: 1.0.0
status: draft
domain: d
schema:
- name: t
  properties:
  - {name: v, logicalType: array, items: {logicalType: object, properties: [{name: a, logicalType: date}]}}
- name: t.u
  id: o
  properties:
  - {name: v, logicalType: number, unique: true}
  - {id: p, name: w, logicalType: object, properties: [{id: q, name: q, logicalType: time, unique: true}]}
- name: t
  id: o
  properties:
  - {name: a, logicalType: object, properties: [{name: d, logicalType: number, unique: true}]}
  - {name: a.b, logicalType: date, unique: true}
  - {name: a, logicalType: object, properties: [{name: b, logicalType: time, unique: true}, {name: d, logicalType: date}, {name: b.c, logicalType: number, unique: true}]}
  - {name: a.b, logicalType: object, properties: [{name: e, logicalType: time, unique: true}]}
  - {name: u.n, logicalType: boolean, unique: true}
  - {name: x, logicalType: string}
  - {name: x.y, logicalType: boolean, unique: true}
  - {id: q, name: s, logicalType: string, relationships: [{to: %s}]}
$$, r)) f WHERE f.source = 'semantic' AND f.pointer LIKE '%relationships%';
