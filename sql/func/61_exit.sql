-- Side exits of domains.

CREATE OR REPLACE FUNCTION @extschema@.dm_side_exits(domain text DEFAULT NULL, OUT domain_name text, OUT kind text, OUT object text, OUT grantee text, OUT reason text, OUT accepted boolean)
RETURNS SETOF record AS 'MODULE_PATHNAME', 'dm_side_exits'
LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.dm_side_exits(text) IS 'objects that hand out what a domain holds other than through a port, and to whom';

CREATE OR REPLACE FUNCTION @extschema@.dm_accept_exit(domain text, kind text, object text, grantee text, reason text)
RETURNS void AS 'MODULE_PATHNAME', 'dm_accept_exit'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_accept_exit(text, text, text, text, text) IS 'accept a side exit by the names that dm_side_exits and the refusal give it; also before it is made';
REVOKE EXECUTE ON FUNCTION @extschema@.dm_accept_exit(text, text, text, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.dm_reject_exit(domain text, kind text, object text, grantee text)
RETURNS void AS 'MODULE_PATHNAME', 'dm_reject_exit'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_reject_exit(text, text, text, text) IS 'take back what dm_accept_exit accepted';

CREATE OR REPLACE VIEW datamesh.accepted_exits AS
SELECT d.name AS domain,
       a.kind,
       a.object,
       CASE WHEN a.grantee::oid = 0 THEN 'PUBLIC' ELSE a.grantee::text END AS grantee,
       a.reason,
       a.accepted_at,
       a.accepted_by
FROM datamesh.accepted_exit a
JOIN datamesh.domain d ON d.id = a.domain;
COMMENT ON VIEW datamesh.accepted_exits IS 'side exits that governance has accepted by name';
GRANT SELECT ON datamesh.accepted_exits TO PUBLIC;
