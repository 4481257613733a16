-- What governance changed to less.  Seen by auditors, who may read the table itself, and by the owner
-- of the domain that it happened in.

CREATE OR REPLACE VIEW datamesh.governance_changes WITH (security_barrier) AS
SELECT c.id, c.at, c.by, c.login, c.kind, c.object, d.name AS domain, c.old, c.new, c.reason
FROM datamesh.governance_change c
	LEFT JOIN datamesh.domain d ON d.id = c.domain
WHERE pg_has_role(d.owner, 'USAGE')
	OR (SELECT has_table_privilege('datamesh.governance_change'::regclass, 'SELECT'));
COMMENT ON VIEW datamesh.governance_changes IS
	'what was lowered, weakened or opened in the current user''s domains, or everywhere for auditors: who, when, why';
GRANT SELECT ON datamesh.governance_changes TO PUBLIC;
