-- The boundary of domains: privileges of roles outside.

CREATE OR REPLACE FUNCTION @extschema@.dm_foreign_grants(domain text, OUT kind text, OUT object text, OUT grantee text, OUT privileges text[], OUT remedy text)
RETURNS SETOF record AS 'MODULE_PATHNAME', 'dm_foreign_grants'
LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.dm_foreign_grants(text) IS 'privileges of roles outside on what belongs to the domain, without those that were accepted, and the commands that end them';

CREATE OR REPLACE FUNCTION @extschema@.dm_revoke_foreign_grants(domain text, dry_run boolean DEFAULT false)
RETURNS SETOF text AS 'MODULE_PATHNAME', 'dm_revoke_foreign_grants'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_revoke_foreign_grants(text, boolean) IS 'revoke what dm_foreign_grants lists; returns the commands';

CREATE OR REPLACE FUNCTION @extschema@.dm_accept_grant(domain text, object text, grantee text, reason text)
RETURNS void AS 'MODULE_PATHNAME', 'dm_accept_grant'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_accept_grant(text, text, text, text) IS 'accept the privileges that a role outside has on a relation or schema of the domain, as dm_foreign_grants lists them';
REVOKE EXECUTE ON FUNCTION @extschema@.dm_accept_grant(text, text, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.dm_reject_grant(domain text, object text, grantee text)
RETURNS void AS 'MODULE_PATHNAME', 'dm_reject_grant'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_reject_grant(text, text, text) IS 'take back what dm_accept_grant accepted, and revoke the privileges';

CREATE OR REPLACE VIEW datamesh.accepted_grants AS
SELECT CASE WHEN a.schema_name IS NULL THEN (SELECT format('%I.%I', n.nspname, c.relname)
                                             FROM pg_class c
                                             JOIN pg_namespace n ON n.oid = c.relnamespace
                                             WHERE c.oid = a.relation)
            ELSE quote_ident(a.schema_name) END AS object,
       CASE WHEN a.grantee::oid = 0 THEN 'PUBLIC' ELSE a.grantee::text END AS grantee,
       a.privileges,
       a.reason,
       a.accepted_at,
       a.accepted_by
FROM datamesh.accepted_grant a
WHERE a.schema_name IS NOT NULL OR EXISTS (SELECT FROM pg_class c WHERE c.oid = a.relation);
COMMENT ON VIEW datamesh.accepted_grants IS 'privileges of roles outside of a domain that were accepted by name';
GRANT SELECT ON datamesh.accepted_grants TO PUBLIC;
