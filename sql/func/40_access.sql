-- Purposes, requests for access and access agreements.

CREATE OR REPLACE FUNCTION @extschema@.dm_register_purpose(purpose text, description text DEFAULT NULL, parent text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'dm_register_purpose'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_register_purpose(text, text, text) IS
	'registers a reason of use, below another one if parent is given; governance';
REVOKE EXECUTE ON FUNCTION @extschema@.dm_register_purpose(text, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.dm_drop_purpose(purpose text)
RETURNS void
AS 'MODULE_PATHNAME', 'dm_drop_purpose'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_drop_purpose(text) IS
	'drops a purpose that no purpose, active agreement or pending request uses; governance';
REVOKE EXECUTE ON FUNCTION @extschema@.dm_drop_purpose(text) FROM PUBLIC;

-- Requests

CREATE OR REPLACE FUNCTION @extschema@.dm_request_access(product text, purpose text, clearance text[] DEFAULT '{}', until timestamptz DEFAULT NULL, reason text DEFAULT NULL, copies boolean DEFAULT true)
RETURNS bigint
AS 'MODULE_PATHNAME', 'dm_request_access'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_request_access(text, text, text[], timestamptz, text, boolean) IS
	'asks for access to an active product in the name of the current user; returns the request''s number';

CREATE OR REPLACE FUNCTION @extschema@.dm_approve_access(request bigint, clearance text[] DEFAULT NULL, until timestamptz DEFAULT NULL, copies boolean DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'dm_approve_access'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_approve_access(bigint, text[], timestamptz, boolean) IS
	'turns a request into an agreement, with less clearance, an earlier end or no copies if given; returns the agreement''s number';

CREATE OR REPLACE FUNCTION @extschema@.dm_deny_access(request bigint, reason text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'dm_deny_access'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_deny_access(bigint, text) IS
	'refuses a pending request';

CREATE OR REPLACE FUNCTION @extschema@.dm_withdraw_request(request bigint)
RETURNS void
AS 'MODULE_PATHNAME', 'dm_withdraw_request'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_withdraw_request(bigint) IS
	'takes back a pending request of one''s own';

-- Agreements

CREATE OR REPLACE FUNCTION @extschema@.dm_grant_access(product text, consumer regrole, purpose text, clearance text[] DEFAULT '{}', until timestamptz DEFAULT NULL, valid_from timestamptz DEFAULT NULL, copies boolean DEFAULT true)
RETURNS bigint
AS 'MODULE_PATHNAME', 'dm_grant_access'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_grant_access(text, regrole, text, text[], timestamptz, timestamptz, boolean) IS
	'makes an agreement without a request; returns its number';

CREATE OR REPLACE FUNCTION @extschema@.dm_revoke_access(agreement bigint, reason text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'dm_revoke_access'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_revoke_access(bigint, text) IS
	'ends an agreement; its consumer may call it, too';

CREATE OR REPLACE FUNCTION @extschema@.dm_forget_role(role regrole)
RETURNS int
AS 'MODULE_PATHNAME', 'dm_forget_role'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_forget_role(regrole) IS
	'ends a role''s agreements and withdraws its requests, so that DROP ROLE works; returns how many';

CREATE OR REPLACE FUNCTION @extschema@.dm_expire_agreements()
RETURNS int
AS 'MODULE_PATHNAME', 'dm_expire_agreements'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_expire_agreements() IS
	'takes back the privileges of agreements that are over; returns how many';

-- Views.  Requests and agreements are seen by their parties, by those who manage the product,
-- and by auditors: roles that may read the table itself.  A dropped role shows as a number.

CREATE OR REPLACE VIEW datamesh.purposes AS
SELECT name, parent, description, created_at, created_by
FROM datamesh.purpose;
COMMENT ON VIEW datamesh.purposes IS 'registered reasons of use';
GRANT SELECT ON datamesh.purposes TO PUBLIC;

CREATE OR REPLACE VIEW datamesh.access_requests WITH (security_barrier) AS
SELECT r.id,
	n.name AS product,
	r.requester, r.purpose, r.clearance, r.until, r.reason, r.state, r.agreement,
	r.created_at, r.decided_at, r.decided_by, r.decision_reason, r.copies
FROM datamesh.access_request r
	LEFT JOIN datamesh.product p ON p.id = r.product
	LEFT JOIN datamesh.product_name n ON n.id = r.product
	LEFT JOIN datamesh.domain d ON d.id = p.domain
WHERE pg_has_role(r.requester, 'USAGE')
	OR pg_has_role(d.owner, 'USAGE')
	OR pg_has_role(p.owner, 'USAGE')
	OR (SELECT has_table_privilege('datamesh.access_request'::regclass, 'SELECT'));
COMMENT ON VIEW datamesh.access_requests IS
	'requests for access that the current user made, decides on or audits';
GRANT SELECT ON datamesh.access_requests TO PUBLIC;

CREATE OR REPLACE VIEW datamesh.agreements WITH (security_barrier) AS
SELECT a.id,
	n.name AS product,
	a.consumer, a.purpose, a.clearance, a.valid_from, a.valid_until,
	CASE WHEN a.state = 'active' AND a.valid_until <= clock_timestamp() THEN 'expired'
		WHEN a.state = 'active' AND a.valid_from > clock_timestamp() THEN 'pending'
		ELSE a.state END AS state,
	a.request, a.created_at, a.created_by, a.ended_at, a.ended_by, a.end_reason, a.copies
FROM datamesh.agreement a
	LEFT JOIN datamesh.product p ON p.id = a.product
	LEFT JOIN datamesh.product_name n ON n.id = a.product
	LEFT JOIN datamesh.domain d ON d.id = p.domain
WHERE pg_has_role(a.consumer, 'USAGE')
	OR pg_has_role(d.owner, 'USAGE')
	OR pg_has_role(p.owner, 'USAGE')
	OR (SELECT has_table_privilege('datamesh.agreement'::regclass, 'SELECT'));
COMMENT ON VIEW datamesh.agreements IS
	'access agreements that the current user holds, manages or audits';
GRANT SELECT ON datamesh.agreements TO PUBLIC;

CREATE OR REPLACE VIEW datamesh.my_access WITH (security_barrier) AS
SELECT a.id AS agreement, a.product, a.purpose, a.clearance, a.valid_from, a.valid_until, a.state,
	a.consumer AS through,
	ARRAY(SELECT format('%I.%I', n.nspname, c.relname)
		FROM datamesh.agreement t
			JOIN datamesh.product p ON p.id = t.product AND p.status IN ('active', 'deprecated')
			JOIN datamesh.port o ON o.product = p.id
			JOIN pg_class c ON c.oid = o.view
			JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE t.id = a.id
		ORDER BY 1) AS ports,
	a.copies
FROM datamesh.agreements a
WHERE a.state IN ('active', 'pending') AND pg_has_role(a.consumer, 'USAGE');
COMMENT ON VIEW datamesh.my_access IS
	'internal: what dm_my_access returns';
GRANT SELECT ON datamesh.my_access TO PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.dm_my_access()
RETURNS TABLE (agreement bigint, product text, purpose text, clearance text[], valid_from timestamptz, valid_until timestamptz, state text, through regrole, ports text[], copies boolean)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT a.agreement, a.product, a.purpose, a.clearance, a.valid_from, a.valid_until, a.state, a.through, a.ports, a.copies
	FROM datamesh.my_access a
	ORDER BY a.product, a.purpose, a.agreement
$$;
COMMENT ON FUNCTION @extschema@.dm_my_access() IS
	'the agreements that serve the current user, his own and those of his groups, with the ports to read';
