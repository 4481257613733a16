-- Copies of products that consumers made.

CREATE OR REPLACE FUNCTION @extschema@.dm_allow_sharing(copy regclass, product text, role regrole DEFAULT NULL, reason text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'dm_allow_sharing'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_allow_sharing(regclass, text, regrole, text) IS
	'lets the owner of a copy of the product hand it to a role, or to everybody';

CREATE OR REPLACE FUNCTION @extschema@.dm_revoke_sharing(copy regclass, product text, role regrole DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'dm_revoke_sharing'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_revoke_sharing(regclass, text, regrole) IS
	'takes back what dm_allow_sharing gave; refused while the copy is handed on';

CREATE OR REPLACE VIEW datamesh.data_copies WITH (security_barrier) AS
SELECT c.oid::regclass AS relation, c.relowner::regrole AS owner, m.product,
	ARRAY(SELECT s.role FROM datamesh.copy_sharing s
		WHERE s.relation = c.oid AND s.product = p.id ORDER BY s.role::oid) AS shared_with
FROM pg_seclabel l
	JOIN pg_class c ON c.oid = l.objoid
	CROSS JOIN regexp_split_to_table(substr(l.label, 6), ', ') AS m (product)
	LEFT JOIN datamesh.domain d ON d.name = split_part(m.product, '.', 1)
	LEFT JOIN datamesh.product p ON p.domain = d.id
		AND p.name = split_part(split_part(m.product, '.', 2), '@', 1)
		AND p.major = coalesce(nullif(split_part(m.product, '@', 2), ''), '1')::int
WHERE l.classoid = 'pg_class'::regclass AND l.objsubid = 0 AND l.provider = 'datamesh'
	AND l.label LIKE 'copy:_%' AND m.product LIKE '%.%'
	AND (pg_has_role(c.relowner, 'USAGE')
		OR pg_has_role(d.owner, 'USAGE')
		OR pg_has_role(p.owner, 'USAGE')
		OR (SELECT has_table_privilege('datamesh.agreement'::regclass, 'SELECT')));
COMMENT ON VIEW datamesh.data_copies IS
	'copies of products that the current user owns, manages or audits; a role 0 (-) in shared_with is everybody';
GRANT SELECT ON datamesh.data_copies TO PUBLIC;
