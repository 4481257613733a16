-- Versions of contracts.

CREATE OR REPLACE VIEW datamesh.contract_versions WITH (security_barrier) AS
SELECT n.name AS product, c.version, c.state, c.contract_id, c.tenant, c.api_version, c.author, c.created_at,
	c.published_at, c.published_by, c.note, c.held, c.format, c.source, c.document
FROM datamesh.contract c
	JOIN datamesh.product p ON p.id = c.product
	JOIN datamesh.product_name n ON n.id = c.product
	JOIN datamesh.domain d ON d.id = p.domain
WHERE c.state <> 'draft'
	OR pg_has_role(d.owner, 'USAGE')
	OR pg_has_role(p.owner, 'USAGE')
	OR (SELECT has_table_privilege('datamesh.contract'::regclass, 'SELECT'));
COMMENT ON VIEW datamesh.contract_versions IS
	'all published versions of contracts, and the drafts of one''s own products: text, author, times';
GRANT SELECT ON datamesh.contract_versions TO PUBLIC;
