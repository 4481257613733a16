-- Quality: rules, checks, results.

CREATE OR REPLACE FUNCTION @extschema@.dm_add_rule(relation regclass, name text, metric text, "column" name DEFAULT NULL, arguments jsonb DEFAULT '{}', must text DEFAULT NULL, unit text DEFAULT 'rows', severity text DEFAULT 'error', mode text DEFAULT 'observe', dimension text DEFAULT NULL, "where" text DEFAULT NULL, tolerance double precision DEFAULT 0, description text DEFAULT NULL, schedule text DEFAULT NULL)
RETURNS bigint AS 'MODULE_PATHNAME', 'dm_add_rule'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_add_rule(regclass, text, text, name, jsonb, text, text, text, text, text, text, double precision, text, text) IS
	'adds a quality rule to a relation: what is measured, and what it must be; returns its number';

CREATE OR REPLACE FUNCTION @extschema@.dm_alter_rule(relation regclass, name text, arguments jsonb DEFAULT NULL, must text DEFAULT NULL, unit text DEFAULT NULL, severity text DEFAULT NULL, mode text DEFAULT NULL, dimension text DEFAULT NULL, "where" text DEFAULT NULL, tolerance double precision DEFAULT NULL, description text DEFAULT NULL, schedule text DEFAULT NULL)
RETURNS void AS 'MODULE_PATHNAME', 'dm_alter_rule'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_alter_rule(regclass, text, jsonb, text, text, text, text, text, text, double precision, text, text) IS
	'changes what is given of a quality rule; an empty text takes away a condition, a dimension, a description or a schedule';

CREATE OR REPLACE FUNCTION @extschema@.dm_drop_rule(relation regclass, name text)
RETURNS void AS 'MODULE_PATHNAME', 'dm_drop_rule'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_drop_rule(regclass, text) IS
	'drops a quality rule; its results stay in the history';

-- For members of the relation's domain, of its owner, and auditors: roles that may read the table.
CREATE OR REPLACE VIEW datamesh.rules AS
SELECT r.id, d.name AS domain, r.relation, r.name, r.metric, r.column_name AS "column", r.arguments,
	r.must, r.unit, r.severity, r.mode, r.dimension, r.filter AS "where", r.tolerance, r.schedule,
	r.description, r.created_at, r.created_by, r.changed_at, r.changed_by
FROM datamesh.quality_rule r
	JOIN pg_class c ON c.oid = r.relation
	LEFT JOIN pg_seclabel l ON l.provider = 'datamesh' AND l.objoid = c.relnamespace
		AND l.classoid = 'pg_namespace'::regclass AND l.label LIKE 'domain:%'
	LEFT JOIN datamesh.domain d ON d.name = substr(l.label, 8)
WHERE pg_has_role(c.relowner, 'USAGE')
	OR pg_has_role(d.owner, 'USAGE')
	OR EXISTS (SELECT FROM unnest(d.producers) p WHERE pg_has_role(p, 'USAGE'))
	OR (SELECT has_table_privilege('datamesh.quality_rule'::regclass, 'SELECT'));
COMMENT ON VIEW datamesh.rules IS
	'quality rules of the relations of the current user''s domains; all for those who may read the table';
GRANT SELECT ON datamesh.rules TO PUBLIC;

CREATE OR REPLACE VIEW datamesh.check_results AS
SELECT r.id, r.run, r.at, n.name AS product, r.relation_name AS relation, r.rule, r.source,
	r.column_name AS "column", r.metric, r.dimension, r.severity, r.verdict,
	coalesce(r.measured::text, r.measured_text) AS measured, r.must, r.unit, r.rows_checked,
	r.failing, r.message, r.elapsed, r.checked_by
FROM datamesh.check_result r
	LEFT JOIN datamesh.product p ON p.id = r.product
	LEFT JOIN datamesh.product_name n ON n.id = p.id
	LEFT JOIN pg_class c ON c.oid = r.relation
	LEFT JOIN pg_seclabel l ON l.provider = 'datamesh' AND l.objoid = c.relnamespace
		AND l.classoid = 'pg_namespace'::regclass AND l.label LIKE 'domain:%'
	LEFT JOIN datamesh.domain d ON d.id = p.domain OR (p.id IS NULL AND d.name = substr(l.label, 8))
WHERE pg_has_role(c.relowner, 'USAGE')
	OR pg_has_role(p.owner, 'USAGE')
	OR pg_has_role(d.owner, 'USAGE')
	OR EXISTS (SELECT FROM unnest(d.producers) m WHERE pg_has_role(m, 'USAGE'))
	OR (SELECT has_table_privilege('datamesh.check_result'::regclass, 'SELECT'));
COMMENT ON VIEW datamesh.check_results IS
	'results of the checks of the current user''s products and relations; all for those who may read the table';
GRANT SELECT ON datamesh.check_results TO PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.dm_check(product text, "only" text[] DEFAULT NULL, dimension text DEFAULT NULL)
RETURNS SETOF datamesh.checked_rule
AS 'MODULE_PATHNAME', 'dm_check_product_rules'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_check(text, text[], text) IS
	'checks a product: the rules of its contract, those that its schema means, and those of its relations';

CREATE OR REPLACE FUNCTION @extschema@.dm_check(relation regclass, "only" text[] DEFAULT NULL, dimension text DEFAULT NULL)
RETURNS SETOF datamesh.checked_rule
AS 'MODULE_PATHNAME', 'dm_check_relation_rules'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_check(regclass, text[], text) IS
	'checks the rules that were added to a relation';

CREATE OR REPLACE FUNCTION @extschema@.dm_rules(product text)
RETURNS TABLE (name text, relation regclass, called text, "column" text, metric text, arguments jsonb, must text, unit text, severity text, mode text, dimension text, "where" text, tolerance double precision, schedule text, description text, source text, problem text)
AS 'MODULE_PATHNAME', 'dm_rules'
LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_rules(text) IS
	'all rules of a product: those of its contract, those that its schema means, and those of its relations';

CREATE OR REPLACE FUNCTION @extschema@.dm_junit(product text)
RETURNS text AS 'MODULE_PATHNAME', 'dm_junit'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_junit(text) IS
	'checks a product like dm_check, and returns the result as JUnit XML';
