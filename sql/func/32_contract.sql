-- Versions of contracts.

CREATE OR REPLACE VIEW datamesh.contract_versions WITH (security_barrier) AS
SELECT n.name AS product, c.version, c.state, c.contract_id, c.tenant, c.api_version, c.author, c.created_at,
	c.published_at, c.published_by, c.note, c.held, c.format,
	CASE WHEN i.inside THEN c.source END AS source,
	CASE WHEN i.inside THEN c.document END AS document
FROM datamesh.contract c
	JOIN datamesh.product p ON p.id = c.product
	JOIN datamesh.product_name n ON n.id = c.product
	JOIN datamesh.domain d ON d.id = p.domain
	CROSS JOIN LATERAL (SELECT pg_has_role(d.owner, 'USAGE') OR pg_has_role(p.owner, 'USAGE')
		OR (SELECT has_table_privilege('datamesh.contract'::regclass, 'SELECT')) AS inside) i
WHERE c.state <> 'draft' OR i.inside;
COMMENT ON VIEW datamesh.contract_versions IS
	'published versions of contracts, and for who manages the product its drafts and all texts';
GRANT SELECT ON datamesh.contract_versions TO PUBLIC;
