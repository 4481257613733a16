-- dm_doctor: what is wrong with an installation, or open beside the ports.
-- Its parts run with the rights of the extension's owner, since they read all catalogs. What
-- a team has written is read with the team's rights, in C: reading a constant may call its functions.

CREATE OR REPLACE FUNCTION datamesh.outside(domain text, role oid)
RETURNS boolean AS 'MODULE_PATHNAME', 'dm_doctor_outside'
LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.outside(text, oid) IS 'internal: true if a role, or PUBLIC as 0, is not of the domain';

CREATE OR REPLACE FUNCTION datamesh.library_version()
RETURNS text AS 'MODULE_PATHNAME', 'dm_library_version'
LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION datamesh.library_version() IS 'internal: version of the library that is loaded';

CREATE OR REPLACE FUNCTION datamesh.port_drift(view regclass)
RETURNS text AS 'MODULE_PATHNAME', 'dm_port_drift'
LANGUAGE C STRICT STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION datamesh.port_drift(regclass) IS 'internal: how a port''s view differs from what datamesh would write; NULL if it does not';
REVOKE EXECUTE ON FUNCTION datamesh.port_drift(regclass) FROM PUBLIC;

CREATE OR REPLACE FUNCTION datamesh.policy_drift(OUT relation regclass, OUT name text, OUT finding text)
RETURNS SETOF record AS 'MODULE_PATHNAME', 'dm_policy_drift'
LANGUAGE C STRICT STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION datamesh.policy_drift() IS 'internal: row policies that are not in force as they were made';
REVOKE EXECUTE ON FUNCTION datamesh.policy_drift() FROM PUBLIC;

CREATE OR REPLACE FUNCTION datamesh.open_exits(OUT domain text, OUT object text, OUT role oid, OUT how text)
RETURNS SETOF record AS 'MODULE_PATHNAME', 'dm_open_exit_list'
LANGUAGE C STRICT STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION datamesh.open_exits() IS 'internal: objects that hand out what a domain holds to roles outside of it';
REVOKE EXECUTE ON FUNCTION datamesh.open_exits() FROM PUBLIC;

CREATE OR REPLACE FUNCTION datamesh.contract_drift(OUT domain text, OUT object text, OUT finding text)
RETURNS SETOF record AS 'MODULE_PATHNAME', 'dm_contract_drift'
LANGUAGE C STRICT STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION datamesh.contract_drift() IS 'internal: promises of contracts in force that are not kept';
REVOKE EXECUTE ON FUNCTION datamesh.contract_drift() FROM PUBLIC;

CREATE OR REPLACE FUNCTION datamesh.role_text(role oid)
RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE WHEN role = 0 THEN 'PUBLIC' ELSE role::regrole::text END $$;
COMMENT ON FUNCTION datamesh.role_text(oid) IS 'internal: a grantee as SQL';

-- The relations of each domain: those of its schemas, and their descendants elsewhere.
CREATE OR REPLACE VIEW datamesh.domain_relation AS
WITH RECURSIVE own AS (
	SELECT d.name AS domain, c.oid AS relation
	FROM datamesh.domain d
		JOIN pg_seclabel l ON l.provider = 'datamesh' AND l.classoid = 'pg_namespace'::regclass
			AND l.label = 'domain:' || d.name
		JOIN pg_class c ON c.relnamespace = l.objoid
			AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
	UNION
	SELECT o.domain, i.inhrelid FROM own o JOIN pg_inherits i ON i.inhparent = o.relation
)
SELECT domain, relation::regclass AS relation FROM own;
COMMENT ON VIEW datamesh.domain_relation IS 'internal: the relations of each domain, descendants in other schemas included';

CREATE OR REPLACE FUNCTION datamesh.doctor_server(OUT domain text, OUT "check" text, OUT severity text, OUT object text, OUT finding text, OUT remedy text)
RETURNS SETOF record LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
	SELECT NULL::text, 'library'::text, 'warning'::text, 'shared_preload_libraries'::text,
		'the library is not preloaded: the first query of a session is planned without it'::text,
		'put datamesh into shared_preload_libraries and restart the server'::text
	WHERE NOT 'datamesh' = ANY (regexp_split_to_array(current_setting('shared_preload_libraries'), '\s*,\s*'))
	UNION ALL
	SELECT NULL, 'library', 'error', 'extension datamesh',
		format('the extension has version %s, the library %s', e.extversion, datamesh.library_version()),
		'ALTER EXTENSION datamesh UPDATE'
	FROM pg_extension e WHERE e.extname = 'datamesh' AND e.extversion <> datamesh.library_version()
	UNION ALL
	SELECT NULL, 'event_trigger', 'error', format('event trigger %I', n.name),
		CASE WHEN t.oid IS NULL THEN 'it does not exist' WHEN p.proname IS DISTINCT FROM substr(n.name, 10) THEN 'it calls another function'
			ELSE 'it is disabled' END,
		CASE WHEN t.oid IS NULL OR p.proname IS DISTINCT FROM substr(n.name, 10) THEN 'create it as sql/schema/90_guard.sql does'
			ELSE format('ALTER EVENT TRIGGER %I ENABLE', n.name) END
	FROM unnest('{datamesh_ddl_start,datamesh_ddl_end,datamesh_sql_drop}'::text[]) n(name)
		LEFT JOIN pg_event_trigger t ON t.evtname = n.name
		LEFT JOIN pg_proc p ON p.oid = t.evtfoid AND p.pronamespace = 'datamesh'::regnamespace
	WHERE t.oid IS NULL OR t.evtenabled NOT IN ('O', 'A') OR p.proname IS DISTINCT FROM substr(n.name, 10)
	UNION ALL
	SELECT NULL, 'event_trigger', 'error',
		CASE WHEN s.setrole = 0 THEN format('database %I', b.datname) ELSE format('role %s', s.setrole::regrole) END,
		format('%s switches event triggers off', c.config),
		CASE WHEN s.setrole = 0 THEN format('ALTER DATABASE %I RESET %s', b.datname, split_part(c.config, '=', 1))
			ELSE format('ALTER ROLE %s RESET %s', s.setrole::regrole, split_part(c.config, '=', 1)) END
	FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) c(config) LEFT JOIN pg_database b ON b.oid = s.setdatabase
	WHERE c.config ~ '^session_replication_role=replica$' OR c.config ~ '^event_triggers=(off|false|no|0|f|n)$'
	UNION ALL
	SELECT NULL, 'function', 'error', format('function %s', p.oid::regprocedure), 'it is not the library''s own any more',
		'restore it: DROP EXTENSION is not needed, CREATE OR REPLACE FUNCTION as in the extension''s script'
	FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
		JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
			AND d.refclassid = 'pg_extension'::regclass
		JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'datamesh'
		CROSS JOIN (SELECT q.probin FROM pg_proc q WHERE q.oid = 'datamesh.library_version()'::regprocedure) lib
	WHERE (p.pronamespace = 'datamesh'::regnamespace AND p.proname IN ('admits', 'clear', 'token', 'restricts', 'ddl_start', 'ddl_end', 'sql_drop', 'decide_support')
			OR p.proname LIKE 'dm\_mask\_%' OR p.proname = 'dm_token')
		AND (l.lanname <> 'c' OR p.probin IS DISTINCT FROM lib.probin)
	UNION ALL
	SELECT NULL, 'function', 'error', format('function %s', f.name), 'it does not exist or is no part of the extension',
		'ALTER EXTENSION datamesh ADD FUNCTION ' || f.name
	FROM unnest('{datamesh.admits(text),"datamesh.clear(text,text)","datamesh.token(text,text)"}'::text[]) f(name)
	WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = to_regprocedure(f.name)
		AND d.deptype = 'e')
	UNION ALL
	SELECT NULL, 'catalog', 'error', format('table %s', c.oid::regclass),
		format('%s has %s on it', datamesh.role_text(a.grantee), a.privilege_type),
		format('REVOKE %s ON %s FROM %s', a.privilege_type, c.oid::regclass, datamesh.role_text(a.grantee))
	FROM pg_class c, aclexplode(c.relacl) a
	WHERE c.relnamespace = 'datamesh'::regnamespace AND c.relkind IN ('r', 'S') AND a.grantee <> c.relowner
		AND (a.privilege_type <> 'SELECT' OR c.relname = 'token_key')
	UNION ALL
	SELECT NULL, 'role', CASE WHEN m.name ~ '^pg_(read_all_data|write_all_data|read_server_files|write_server_files|execute_server_program)$' THEN 'error' ELSE 'warning' END,
		format('role %I', r.rolname),
		format('it is a member of %s, which reads past every port', m.name),
		format('REVOKE %s FROM %I', m.name, r.rolname)
	FROM pg_roles r
		CROSS JOIN unnest('{pg_read_all_data,pg_write_all_data,pg_read_server_files,pg_write_server_files,pg_execute_server_program}'::text[]) m(name)
	WHERE NOT r.rolsuper AND r.rolname <> m.name AND pg_has_role(r.oid, m.name, 'MEMBER')
	UNION ALL
	SELECT NULL, 'role', 'warning', format('role %I', r.rolname), 'it may replicate, and so copy the whole server',
		format('ALTER ROLE %I NOREPLICATION', r.rolname)
	FROM pg_roles r WHERE r.rolreplication AND NOT r.rolsuper
$$;
COMMENT ON FUNCTION datamesh.doctor_server() IS 'internal: a part of dm_doctor';
REVOKE EXECUTE ON FUNCTION datamesh.doctor_server() FROM PUBLIC;

-- Ports: their views, and the privileges on them beside the agreements
CREATE OR REPLACE FUNCTION datamesh.doctor_ports(OUT domain text, OUT "check" text, OUT severity text, OUT object text, OUT finding text, OUT remedy text)
RETURNS SETOF record LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
	WITH product AS (
		SELECT p.*, n.name AS label, d.name AS domain_name, d.owner AS domain_owner,
			array_remove(d.producers || p.owner, d.owner) AS producers, p.status IN ('active', 'deprecated') AS served
		FROM datamesh.product p JOIN datamesh.domain d ON d.id = p.domain JOIN datamesh.product_name n ON n.id = p.id
	), live AS (
		SELECT o.view, o.product, p.label, p.domain_name, p.domain_owner, p.producers, p.served,
			c.relowner, c.relacl, c.relnamespace, n.nspacl, n.nspowner, n.nspname
		FROM datamesh.port o JOIN product p ON p.id = o.product JOIN pg_class c ON c.oid = o.view
			JOIN pg_namespace n ON n.oid = c.relnamespace
	), agreed AS (
		SELECT a.product, a.consumer FROM datamesh.agreement a WHERE a.state = 'active'
	)
	SELECT l.domain_name, 'port', 'error', format('port %s', l.view), f.drift,
		'SELECT dm_classify(...) on what it shows, or dm_drop_port and dm_add_port, write it anew'
	FROM live l CROSS JOIN LATERAL (SELECT datamesh.port_drift(l.view) AS drift OFFSET 0) f WHERE f.drift IS NOT NULL
	UNION ALL
	SELECT l.domain_name, 'port', 'error', format('port %s', l.view), format('its owner is %s, not the domain''s', l.relowner::regrole),
		format('ALTER VIEW %s OWNER TO %s', l.view, l.domain_owner)
	FROM live l WHERE l.relowner <> l.domain_owner
	UNION ALL
	SELECT p.domain_name, 'port', 'warning', format('port %I.%I of product %s', o.schema_name, o.name, p.label), 'its view is gone', 'dm_add_port makes it again'
	FROM datamesh.port o JOIN product p ON p.id = o.product
	WHERE o.view::oid <> 0 AND o.dropped_at IS NULL AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = o.view AND c.relkind = 'v')
	UNION ALL
	SELECT l.domain_name, 'privilege', 'error', format('port %s', l.view),
		format('%s has %s on it without an agreement', datamesh.role_text(x.grantee), x.privilege_type),
		format('REVOKE %s ON %s FROM %s', x.privilege_type, l.view, datamesh.role_text(x.grantee))
	FROM live l, aclexplode(l.relacl) x
	WHERE x.grantee NOT IN (l.relowner, l.domain_owner)
		AND NOT (x.privilege_type = 'SELECT' AND NOT x.is_grantable
			AND (x.grantee = ANY (l.producers)
				OR l.served AND EXISTS (SELECT FROM agreed a WHERE a.product = l.product AND a.consumer = x.grantee)))
	UNION ALL
	SELECT l.domain_name, 'privilege', 'error', format('column %I of port %s', t.attname, l.view),
		format('%s has %s on it', datamesh.role_text(x.grantee), x.privilege_type),
		format('REVOKE %s (%I) ON %s FROM %s', x.privilege_type, t.attname, l.view, datamesh.role_text(x.grantee))
	FROM live l JOIN pg_attribute t ON t.attrelid = l.view, aclexplode(t.attacl) x
	UNION ALL
	SELECT DISTINCT l.domain_name, 'privilege', 'error', format('schema %I', l.nspname),
		format('%s has %s on this schema of ports without an agreement', datamesh.role_text(x.grantee), x.privilege_type),
		format('REVOKE %s ON SCHEMA %I FROM %s', x.privilege_type, l.nspname, datamesh.role_text(x.grantee))
	FROM live l, aclexplode(l.nspacl) x
	WHERE x.grantee NOT IN (l.nspowner, l.domain_owner)
		AND NOT (x.privilege_type = 'USAGE' AND NOT x.is_grantable
			AND (x.grantee = ANY (l.producers)
				OR EXISTS (SELECT FROM agreed a JOIN live o ON o.product = a.product AND o.relnamespace = l.relnamespace
					WHERE a.consumer = x.grantee)))
	UNION ALL
	SELECT l.domain_name, 'privilege', 'warning', format('port %s', l.view),
		format('%s has an agreement and no SELECT on it', a.consumer), 'revoke the agreement and grant it again'
	FROM agreed a JOIN live l ON l.product = a.product AND l.served
	WHERE EXISTS (SELECT FROM pg_roles r WHERE r.oid = a.consumer) AND a.consumer <> l.domain_owner
		AND NOT EXISTS (SELECT FROM aclexplode(l.relacl) x WHERE x.grantee = a.consumer AND x.privilege_type = 'SELECT')
	UNION ALL
	SELECT split_part(substr(s.label, 7), '.', 1), 'port', 'error', format('relation %s', c.oid::regclass),
		'it lies in a schema of ports and is none', format('ALTER %s %s SET SCHEMA ...', CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, c.oid::regclass)
	FROM pg_seclabel s JOIN pg_class c ON c.relnamespace = s.objoid AND c.relkind IN ('r', 'v', 'm', 'f', 'p')
	WHERE s.provider = 'datamesh' AND s.classoid = 'pg_namespace'::regclass AND s.label LIKE 'ports:%'
		AND c.oid NOT IN (SELECT o.view FROM live o)
	UNION ALL
	SELECT l.domain_name, 'classification', 'info', format('port %s', l.view),
		format('columns without a tag: %s', string_agg(c.name, ', ' ORDER BY c.name)), 'SELECT dm_classify(relation, column, tags...)'
	FROM live l, datamesh.port_column_list(l.view) c WHERE c.tags = '{}' GROUP BY l.domain_name, l.view
$$;
COMMENT ON FUNCTION datamesh.doctor_ports() IS 'internal: a part of dm_doctor';
REVOKE EXECUTE ON FUNCTION datamesh.doctor_ports() FROM PUBLIC;

-- What governance has accepted: a role's privileges on a relation of a domain, or a side exit.
CREATE OR REPLACE FUNCTION datamesh.is_accepted(role oid, relation oid, privilege text)
RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT EXISTS (
			SELECT FROM datamesh.accepted_grant a
			WHERE a.relation = is_accepted.relation AND privilege IN (SELECT rtrim(p, '*') FROM unnest(a.privileges) p)
				AND (a.grantee::oid IN (0, role) OR role <> 0 AND pg_has_role(role, a.grantee, 'USAGE')))
		OR EXISTS (
			SELECT FROM datamesh.accepted_exit a
			WHERE a.object = is_accepted.relation::regclass::text
				AND (a.grantee::oid IN (0, role) OR role <> 0 AND pg_has_role(role, a.grantee, 'USAGE')))
$$;
COMMENT ON FUNCTION datamesh.is_accepted(oid, oid, text) IS 'internal: true if governance has accepted that a role outside has the privilege';
REVOKE EXECUTE ON FUNCTION datamesh.is_accepted(oid, oid, text) FROM PUBLIC;

-- Privileges of outsiders on what belongs to a domain
CREATE OR REPLACE FUNCTION datamesh.doctor_privileges(OUT domain text, OUT "check" text, OUT severity text, OUT object text, OUT finding text, OUT remedy text)
RETURNS SETOF record LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
	WITH own_schema AS (
		SELECT d.name AS domain, n.oid AS nspid, n.nspname, n.nspacl, d.owner
		FROM datamesh.domain d
			JOIN pg_seclabel l ON l.provider = 'datamesh' AND l.classoid = 'pg_namespace'::regclass AND l.label = 'domain:' || d.name
			JOIN pg_namespace n ON n.oid = l.objoid
	), held AS (
		SELECT r.domain, 'error' AS severity, CASE c.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE '' END || c.oid::regclass AS object,
			x.grantee, x.privilege_type, '' AS columns, c.oid AS relation, NULL::name AS nspname
		FROM datamesh.domain_relation r JOIN pg_class c ON c.oid = r.relation, aclexplode(c.relacl) x
		UNION ALL
		SELECT r.domain, 'error', c.oid::regclass::text, x.grantee, x.privilege_type, format(' (%I)', t.attname), c.oid, NULL
		FROM datamesh.domain_relation r JOIN pg_class c ON c.oid = r.relation JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) x
		WHERE t.attacl IS NOT NULL
		UNION ALL
		SELECT s.domain, 'warning', format('SCHEMA %I', s.nspname), x.grantee, x.privilege_type, '', 0, s.nspname
		FROM own_schema s, aclexplode(s.nspacl) x
		UNION ALL
		SELECT s.domain, 'warning', format('ROUTINE %s', p.oid::regprocedure), x.grantee, x.privilege_type, '', 0, NULL
		FROM own_schema s JOIN pg_proc p ON p.pronamespace = s.nspid, aclexplode(p.proacl) x
		WHERE x.grantee <> 0
	)
	SELECT h.domain, 'privilege', h.severity, h.object || h.columns,
		format('%s, which is outside of domain %s, has %s', datamesh.role_text(h.grantee), h.domain, h.privilege_type),
		format('REVOKE %s%s ON %s FROM %s', h.privilege_type, h.columns, h.object, datamesh.role_text(h.grantee))
	FROM held h
	WHERE datamesh.outside(h.domain, h.grantee)
		-- governance accepted it by name
		AND NOT EXISTS (SELECT FROM datamesh.accepted_grant g
			WHERE g.grantee = h.grantee AND (h.relation <> 0 AND g.relation = h.relation OR g.schema_name = h.nspname::text)
				AND (h.privilege_type || h.columns = ANY (g.privileges) OR h.privilege_type || '*' || h.columns = ANY (g.privileges)))
	UNION ALL
	SELECT s.domain, 'privilege', 'error', format('default privileges of %s%s', a.defaclrole::regrole, CASE WHEN s2.oid IS NOT NULL THEN format(' in schema %I', s2.nspname) ELSE '' END),
		format('%s will have %s on new %s of domain %s', datamesh.role_text(x.grantee), x.privilege_type,
			CASE a.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types' ELSE 'schemas' END, s.domain),
		format('ALTER DEFAULT PRIVILEGES FOR ROLE %s%s REVOKE %s ON %s FROM %s', a.defaclrole::regrole, CASE WHEN s2.oid IS NOT NULL THEN format(' IN SCHEMA %I', s2.nspname) ELSE '' END,
			x.privilege_type, CASE a.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES' ELSE 'SCHEMAS' END,
			datamesh.role_text(x.grantee))
	FROM (SELECT DISTINCT domain, owner FROM own_schema) s
		JOIN pg_default_acl a ON a.defaclobjtype IN ('r', 'S', 'n')
			AND (NOT datamesh.outside(s.domain, a.defaclrole) AND a.defaclnamespace = 0 AND a.defaclrole <> 10
				OR a.defaclnamespace IN (SELECT o.nspid FROM own_schema o WHERE o.domain = s.domain))
		LEFT JOIN pg_namespace s2 ON s2.oid = a.defaclnamespace
		CROSS JOIN aclexplode(a.defaclacl) x
	WHERE datamesh.outside(s.domain, x.grantee)
$$;
COMMENT ON FUNCTION datamesh.doctor_privileges() IS 'internal: a part of dm_doctor';
REVOKE EXECUTE ON FUNCTION datamesh.doctor_privileges() FROM PUBLIC;

-- Row policies, agreements and roles
CREATE OR REPLACE FUNCTION datamesh.doctor_governance(OUT domain text, OUT "check" text, OUT severity text, OUT object text, OUT finding text, OUT remedy text)
RETURNS SETOF record LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
	WITH agreement AS (
		SELECT a.*, n.name AS product_name, d.name AS domain_name, p.owner AS product_owner, r.rolname, r.rolsuper, r.rolbypassrls
		FROM datamesh.agreement a JOIN datamesh.product p ON p.id = a.product JOIN datamesh.product_name n ON n.id = p.id
			JOIN datamesh.domain d ON d.id = p.domain LEFT JOIN pg_roles r ON r.oid = a.consumer
		WHERE a.state = 'active'
	)
	SELECT (SELECT r.domain FROM datamesh.domain_relation r WHERE r.relation = d.relation LIMIT 1), 'policy', 'error',
		format('row policy %I of %s', d.name, d.relation), d.finding, 'SELECT dm_alter_row_policy(relation, name, predicate) writes it anew'
	FROM datamesh.policy_drift() d
	UNION ALL
	SELECT d.name, 'domain', CASE WHEN EXISTS (SELECT FROM datamesh.row_policy p JOIN datamesh.domain_relation r ON r.relation = p.relation
				WHERE r.domain = d.name) THEN 'error' ELSE 'warning' END,
		format('domain %s', d.name), format('its owner %s is a superuser or has BYPASSRLS', d.owner), format('SELECT dm_transfer_domain(%L, ...)', d.name)
	FROM datamesh.domain d JOIN pg_roles o ON o.oid = d.owner WHERE o.rolsuper OR o.rolbypassrls
	UNION ALL
	SELECT d.name, 'domain', 'error', format('domain %s', d.name), 'its owner does not exist', format('SELECT dm_transfer_domain(%L, ...)', d.name)
	FROM datamesh.domain d WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = d.owner)
	UNION ALL
	SELECT a.domain_name, 'agreement', 'error', format('agreement %s of %s', a.id, a.consumer),
		format('its consumer is inside of domain %s and sees everything there', a.domain_name),
		format('REVOKE the membership that makes %I a producer, or SELECT dm_revoke_access(%s)', a.rolname, a.id)
	FROM agreement a
	WHERE a.rolname IS NOT NULL AND NOT a.rolsuper
		AND (NOT datamesh.outside(a.domain_name, a.consumer) OR pg_has_role(a.consumer, a.product_owner, 'USAGE'))
	UNION ALL
	SELECT a.domain_name, 'agreement', 'error', format('agreement %s of %s', a.id, a.consumer), 'its consumer has BYPASSRLS', format('ALTER ROLE %I NOBYPASSRLS', a.rolname)
	FROM agreement a WHERE a.rolbypassrls AND NOT a.rolsuper
	UNION ALL
	SELECT a.domain_name, 'agreement', 'warning', format('agreement %s of %s', a.id, a.consumer), 'its consumer is a superuser', format('SELECT dm_revoke_access(%s)', a.id)
	FROM agreement a WHERE a.rolsuper
	UNION ALL
	SELECT a.domain_name, 'agreement', 'info', format('agreement %s of %s', a.id, a.consumer), format('it ended at %s', a.valid_until), 'SELECT dm_expire_agreements()'
	FROM agreement a WHERE a.valid_until <= clock_timestamp()
	UNION ALL
	SELECT a.domain_name, 'agreement', 'warning', format('agreement %s of %s', a.id, a.consumer), 'its consumer does not exist any more', 'SELECT dm_expire_agreements()'
	FROM agreement a WHERE a.rolname IS NULL
	UNION ALL
	SELECT a.domain_name, 'agreement', 'error', format('agreement %s of %s', a.id, a.consumer), 'it has ended and is active', format('SELECT dm_revoke_access(%s)', a.id)
	FROM agreement a WHERE a.ended_at IS NOT NULL OR a.ended_by IS NOT NULL
	UNION ALL
	SELECT a.domain_name, 'agreement', 'error', format('agreement %s of %s', a.id, a.consumer),
		format('it gives more than request %s asked for', r.id), format('SELECT dm_revoke_access(%s)', a.id)
	FROM agreement a JOIN datamesh.access_request r ON r.id = a.request
	WHERE a.product <> r.product OR a.consumer <> r.requester OR a.purpose <> r.purpose
		OR coalesce(a.valid_until, 'infinity') > coalesce(r.until, 'infinity')
		OR EXISTS (SELECT FROM unnest(a.clearance) c
			WHERE NOT EXISTS (SELECT FROM unnest(r.clearance) q
				WHERE c = q OR starts_with(c, q || '.') OR starts_with(c, q || ':')
					OR (q LIKE '%:token' AND c LIKE '%:token' AND starts_with(c, regexp_replace(q, ':token$', '.')))))
	UNION ALL
	SELECT a.domain_name, 'agreement', 'error', format('agreement %s of %s', a.id, a.consumer),
		format('it comes from request %s, which knows nothing of it', a.request), format('SELECT dm_revoke_access(%s)', a.id)
	FROM agreement a LEFT JOIN datamesh.access_request r ON r.id = a.request
	WHERE a.request IS NOT NULL AND r.agreement IS DISTINCT FROM a.id
	UNION ALL
	SELECT NULL, 'role', 'warning', format('role %I', r.rolname), 'it has BYPASSRLS: row security does not bind it on tables that it may read',
		format('ALTER ROLE %I NOBYPASSRLS', r.rolname)
	FROM pg_roles r WHERE r.rolbypassrls AND NOT r.rolsuper
	UNION ALL
	SELECT NULL, 'classification', 'error', format('column %I of %s', t.attname, l.objoid::regclass), format('it carries tag %s, which does not exist', g.tag), 'SELECT dm_create_tag(...)'
	FROM pg_seclabel l CROSS JOIN regexp_split_to_table(l.label, '\s*,\s*') g(tag) JOIN pg_attribute t ON t.attrelid = l.objoid AND t.attnum = l.objsubid
	WHERE l.provider = 'datamesh' AND l.classoid = 'pg_class'::regclass AND NOT EXISTS (SELECT FROM datamesh.tag k WHERE k.name = g.tag)
$$;
COMMENT ON FUNCTION datamesh.doctor_governance() IS 'internal: a part of dm_doctor';
REVOKE EXECUTE ON FUNCTION datamesh.doctor_governance() FROM PUBLIC;

-- Side exits, publications, code of others on a domain's tables
CREATE OR REPLACE FUNCTION datamesh.doctor_exits(OUT domain text, OUT "check" text, OUT severity text, OUT object text, OUT finding text, OUT remedy text)
RETURNS SETOF record LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
	SELECT e.domain, 'exit', 'error', e.object, format('%s may use it: %s', datamesh.role_text(e.role), e.how),
		'show the data through a port, and revoke the privilege'
	FROM datamesh.open_exits() e
	UNION ALL
	SELECT r.domain, 'exit', 'error', format('function %s', p.oid::regprocedure),
		format('it is SECURITY DEFINER, runs as %s and names %s; %s may call it', p.proowner::regrole, min(c.oid::regclass::text),
			string_agg(DISTINCT datamesh.role_text(x.grantee), ', ')),
		format('REVOKE EXECUTE ON ROUTINE %s FROM %s', p.oid::regprocedure, string_agg(DISTINCT datamesh.role_text(x.grantee), ', '))
	FROM pg_proc p JOIN pg_roles o ON o.oid = p.proowner AND o.rolsuper
		JOIN pg_language l ON l.oid = p.prolang AND l.lanname NOT IN ('c', 'internal')
		CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
		JOIN datamesh.domain_relation r ON datamesh.outside(r.domain, x.grantee)
		JOIN pg_class c ON c.oid = r.relation AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
		JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE p.prosecdef AND p.pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'datamesh'::regnamespace)
		AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
		AND (strpos(p.prosrc, n.nspname || '.' || c.relname) > 0
			OR strpos(p.prosrc, quote_ident(n.nspname) || '.' || quote_ident(c.relname)) > 0
			OR (p.prosrc ~ ('\m' || regexp_replace(c.relname, '(\W)', '\\\1', 'g') || '\M')
				AND EXISTS (SELECT FROM unnest(p.proconfig) g WHERE g LIKE 'search_path=%' || n.nspname || '%'))
			OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
				AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid))
	GROUP BY r.domain, p.oid, p.proowner
	UNION ALL
	SELECT r.domain, 'publication', CASE WHEN bool_or(l.objoid IS NOT NULL) THEN 'error' ELSE 'warning' END,
		format('publication %I', t.pubname), format('it publishes %s%s', string_agg(DISTINCT c.oid::regclass::text, ', '),
			CASE WHEN bool_or(l.objoid IS NOT NULL) THEN ', with classified columns' ELSE '' END),
		format('ALTER PUBLICATION %I DROP TABLE ..., or name columns without tags', t.pubname)
	FROM pg_publication_tables t JOIN pg_class c ON c.relname = t.tablename JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = t.schemaname
		JOIN datamesh.domain_relation r ON r.relation = c.oid
		LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = ANY (t.attnames)
		LEFT JOIN pg_seclabel l ON l.provider = 'datamesh' AND l.classoid = 'pg_class'::regclass AND l.objoid = c.oid AND l.objsubid = a.attnum
	GROUP BY r.domain, t.pubname
	UNION ALL
	SELECT DISTINCT r.domain, 'code', CASE WHEN datamesh.outside(r.domain, p.proowner) THEN 'error' ELSE 'warning' END,
		format('trigger %I on %s', t.tgname, t.tgrelid::regclass),
		format('it calls %s of %s, which is not of the domain', p.oid::regprocedure, p.proowner::regrole),
		format('DROP TRIGGER %I ON %s, or give the function to the domain''s owner', t.tgname, t.tgrelid::regclass)
	FROM datamesh.domain_relation r JOIN pg_trigger t ON t.tgrelid = r.relation AND NOT t.tgisinternal JOIN pg_proc p ON p.oid = t.tgfoid
	WHERE p.pronamespace <> 'pg_catalog'::regnamespace
		AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
		AND (datamesh.outside(r.domain, p.proowner)
			OR NOT EXISTS (SELECT FROM pg_seclabel l WHERE l.provider = 'datamesh' AND l.classoid = 'pg_namespace'::regclass
				AND l.objoid = p.pronamespace AND l.label = 'domain:' || r.domain))
	UNION ALL
	SELECT DISTINCT r.domain, 'code', 'error', format('%s', pg_describe_object(d.classid, d.objid, d.objsubid)),
		format('it runs %s of %s, which is outside of the domain', p.oid::regprocedure, p.proowner::regrole), 'drop it, or give the function to the domain''s owner'
	FROM datamesh.domain_relation r
		JOIN LATERAL (
			SELECT 'pg_class'::regclass::oid AS classid, i.indexrelid AS objid, 0 AS objsubid FROM pg_index i WHERE i.indrelid = r.relation
			UNION ALL SELECT 'pg_attrdef'::regclass, f.oid, 0 FROM pg_attrdef f WHERE f.adrelid = r.relation
			UNION ALL SELECT 'pg_constraint'::regclass, k.oid, 0 FROM pg_constraint k WHERE k.conrelid = r.relation
			UNION ALL SELECT 'pg_rewrite'::regclass, w.oid, 0 FROM pg_rewrite w WHERE w.ev_class = r.relation
			UNION ALL SELECT 'pg_policy'::regclass, y.oid, 0 FROM pg_policy y WHERE y.polrelid = r.relation) u ON true
		JOIN pg_depend d ON d.classid = u.classid AND d.objid = u.objid AND d.refclassid = 'pg_proc'::regclass
		JOIN pg_proc p ON p.oid = d.refobjid
	WHERE datamesh.outside(r.domain, p.proowner)
		AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e')
$$;
COMMENT ON FUNCTION datamesh.doctor_exits() IS 'internal: a part of dm_doctor';
REVOKE EXECUTE ON FUNCTION datamesh.doctor_exits() FROM PUBLIC;

CREATE OR REPLACE VIEW datamesh.finding AS
SELECT * FROM datamesh.doctor_server()
UNION ALL SELECT * FROM datamesh.doctor_ports()
UNION ALL SELECT * FROM datamesh.doctor_privileges()
UNION ALL SELECT * FROM datamesh.doctor_governance()
UNION ALL SELECT * FROM datamesh.doctor_exits()
UNION ALL SELECT d.domain, 'contract', 'warning', d.object, d.finding, 'mend it, or publish a version of the contract that says what is there'
FROM datamesh.contract_drift() d;
COMMENT ON VIEW datamesh.finding IS 'internal: what dm_doctor returns, with the domain that it concerns';

CREATE OR REPLACE FUNCTION @extschema@.dm_doctor()
RETURNS TABLE ("check" text, severity text, object text, finding text, remedy text)
LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
	SELECT f."check", f.severity, f.object, f.finding, f.remedy
	FROM datamesh.finding f
	ORDER BY array_position('{error,warning,info}', f.severity), f."check", f.object COLLATE "C", f.finding COLLATE "C"
$$;
COMMENT ON FUNCTION @extschema@.dm_doctor() IS
	'what is wrong with the installation, or open beside the ports, and what mends it; governance';
REVOKE EXECUTE ON FUNCTION @extschema@.dm_doctor() FROM PUBLIC;
