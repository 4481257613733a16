-- Row policies.

CREATE OR REPLACE FUNCTION @extschema@.dm_add_row_policy(relation regclass, name text, predicate text, applies_to text[] DEFAULT '{}', description text DEFAULT NULL, dry_run boolean DEFAULT false)
RETURNS text AS 'MODULE_PATHNAME', 'dm_add_row_policy'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_add_row_policy(regclass, text, text, text[], text, boolean) IS
	'lets readers outside of the domain, or those whom applies_to names, see only the rows for which the predicate is true; returns the predicate as it was understood';

CREATE OR REPLACE FUNCTION @extschema@.dm_alter_row_policy(relation regclass, name text, predicate text DEFAULT NULL, applies_to text[] DEFAULT NULL, description text DEFAULT NULL, reason text DEFAULT NULL)
RETURNS text AS 'MODULE_PATHNAME', 'dm_alter_row_policy'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_alter_row_policy(regclass, text, text, text[], text, text) IS
	'changes what is given of a row policy, and records it; returns the predicate as it was understood';

CREATE OR REPLACE FUNCTION @extschema@.dm_drop_row_policy(relation regclass, name text, reason text DEFAULT NULL)
RETURNS void AS 'MODULE_PATHNAME', 'dm_drop_row_policy'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_drop_row_policy(regclass, text, text) IS
	'drops a row policy, and records it';

CREATE OR REPLACE FUNCTION datamesh.row_policy_predicate(id bigint)
RETURNS text AS 'MODULE_PATHNAME', 'dm_policy_predicate'
LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.row_policy_predicate(bigint) IS 'internal: predicate of a row policy, with the names that columns have now';

-- For members of the relation's domain, and auditors: roles that may read the table itself.
CREATE OR REPLACE VIEW datamesh.row_policies AS
SELECT p.id, d.name AS domain, p.relation, p.name,
	datamesh.row_policy_predicate(p.id) AS predicate,
	ARRAY(SELECT 'purpose:' || u FROM unnest(p.purposes) u)
		|| ARRAY(SELECT 'tag:' || u FROM unnest(p.tags) u)
		|| ARRAY(SELECT 'role:' || u FROM unnest(p.roles) u) AS applies_to,
	p.description, p.created_at, p.created_by, p.changed_at, p.changed_by
FROM datamesh.row_policy p
	JOIN pg_class c ON c.oid = p.relation
	LEFT JOIN pg_seclabel l ON l.provider = 'datamesh' AND l.objoid = c.relnamespace
		AND l.classoid = 'pg_namespace'::regclass AND l.label LIKE 'domain:%'
	LEFT JOIN datamesh.domain d ON d.name = substr(l.label, 8)
WHERE pg_has_role(c.relowner, 'USAGE')
	OR pg_has_role(d.owner, 'USAGE')
	OR (SELECT has_table_privilege('datamesh.row_policy'::regclass, 'SELECT'));
COMMENT ON VIEW datamesh.row_policies IS
	'row policies of the current user''s domains; all for those who may read the table';
GRANT SELECT ON datamesh.row_policies TO PUBLIC;
