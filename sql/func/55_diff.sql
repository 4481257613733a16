-- What changes between contracts, and whom it hits.

CREATE OR REPLACE FUNCTION @extschema@.dm_diff_contract(old text, new text, compatibility text DEFAULT NULL, OUT path text, OUT change text, OUT old_value text, OUT new_value text, OUT verdict text, OUT reason text, OUT consumers regrole[])
RETURNS SETOF record AS 'MODULE_PATHNAME', 'dm_diff_contract'
LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.dm_diff_contract(text, text, text) IS 'every change between two contracts, each given as a document or by the name of its product: place, values, the step of the version that it needs, why, and whom it hits';

-- Who still reads a product, by the agreements that the current user may see.
CREATE OR REPLACE VIEW datamesh.product_readers WITH (security_barrier) AS
SELECT n.name AS product, p.status, p.deprecated_until, p.successor, a.consumer, a.purpose, a.id AS agreement,
	a.valid_from, a.valid_until, a.state,
	EXISTS (SELECT FROM datamesh.agreements s
			WHERE s.product = p.successor AND s.consumer = a.consumer AND s.state IN ('active', 'pending')) AS has_successor
FROM datamesh.product p
	JOIN datamesh.product_name n ON n.id = p.id
	JOIN datamesh.agreements a ON a.product = n.name
WHERE a.state IN ('active', 'pending');
COMMENT ON VIEW datamesh.product_readers IS
	'agreements by which products are read, and whether the consumer may read the successor already';
GRANT SELECT ON datamesh.product_readers TO PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.dm_readers(product text)
RETURNS TABLE (consumer regrole, purpose text, agreement bigint, valid_until timestamptz, state text, deprecated_until date, successor text, has_successor boolean)
AS 'MODULE_PATHNAME', 'dm_readers'
LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.dm_readers(text) IS
	'who still reads a product, until when, and whether they may read its successor already; agreements of others for its managers and auditors only';
