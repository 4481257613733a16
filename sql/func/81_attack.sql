-- dm_attack: whom it supposes, and the readings that it tries.

-- table: of the domain itself; view: reads it, directly or through others; copy: any other relation.
CREATE OR REPLACE VIEW datamesh.attack_relation AS
WITH RECURSIVE above AS (
	SELECT r.domain, r.relation::oid AS oid FROM datamesh.domain_relation r
	UNION
	SELECT a.domain, w.ev_class
	FROM above a JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.oid AND d.classid = 'pg_rewrite'::regclass
		JOIN pg_rewrite w ON w.oid = d.objid
)
SELECT m.name AS domain, c.oid::regclass AS relation,
	CASE WHEN EXISTS (SELECT FROM datamesh.domain_relation r WHERE r.domain = m.name AND r.relation = c.oid) THEN 'table'
		WHEN EXISTS (SELECT FROM above a WHERE a.domain = m.name AND a.oid = c.oid) THEN 'view'
		ELSE 'copy' END AS path
FROM datamesh.domain m CROSS JOIN pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('information_schema', 'datamesh') AND n.nspname !~ '^pg_'
	AND NOT EXISTS (SELECT FROM pg_seclabel l WHERE l.provider = 'datamesh' AND l.classoid = 'pg_namespace'::regclass
		AND l.objoid = n.oid AND l.label LIKE 'ports:%')
	AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e');
COMMENT ON VIEW datamesh.attack_relation IS 'internal: the relations that dm_attack tries to read';

-- Consumers, one for each clearance and purpose; PUBLIC, in the shape of a role that has nothing
-- else; whoever holds a privilege on something of the domain, or reads past all privileges.
CREATE OR REPLACE FUNCTION datamesh.attack_roles(product bigint, OUT role oid, OUT purpose text, OUT kind text)
RETURNS SETOF record LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
	WITH domain AS (
		SELECT d.name FROM datamesh.product p JOIN datamesh.domain d ON d.id = p.domain WHERE p.id = attack_roles.product
	), consumer AS (
		SELECT DISTINCT ON (a.purpose, a.clearance) a.consumer::oid AS role, a.purpose
		FROM datamesh.agreement a JOIN pg_roles r ON r.oid = a.consumer, domain d
		WHERE a.product = attack_roles.product AND a.state = 'active' AND NOT r.rolsuper AND datamesh.outside(d.name, r.oid)
			AND a.valid_from <= clock_timestamp() AND coalesce(a.valid_until, 'infinity') > clock_timestamp()
		ORDER BY a.purpose, a.clearance, a.id
	), grantee AS (
		SELECT x.grantee FROM domain d JOIN datamesh.attack_relation r ON r.domain = d.name JOIN pg_class c ON c.oid = r.relation, aclexplode(c.relacl) x
		UNION
		SELECT x.grantee FROM domain d JOIN datamesh.attack_relation r ON r.domain = d.name JOIN pg_attribute t ON t.attrelid = r.relation, aclexplode(t.attacl) x
		UNION
		SELECT x.grantee FROM pg_largeobject_metadata m, aclexplode(m.lomacl) x
		UNION
		SELECT r.oid FROM pg_roles r WHERE pg_has_role(r.oid, 'pg_read_all_data', 'USAGE') AND r.rolname <> 'pg_read_all_data'
	)
	SELECT c.role, c.purpose, 'consumer' FROM consumer c
	UNION ALL
	SELECT 'pg_signal_backend'::regrole, (SELECT min(u.name) FROM datamesh.purpose u), 'public'
	UNION ALL
	(SELECT DISTINCT g.grantee, (SELECT min(u.name) FROM datamesh.purpose u), 'grantee'
	FROM grantee g JOIN pg_roles r ON r.oid = g.grantee, domain d
	WHERE NOT r.rolsuper AND datamesh.outside(d.name, r.oid) AND g.grantee NOT IN (SELECT c.role FROM consumer c)
	ORDER BY 1 LIMIT 100)
$$;
COMMENT ON FUNCTION datamesh.attack_roles(bigint) IS 'internal: as whom dm_attack reads';
REVOKE EXECUTE ON FUNCTION datamesh.attack_roles(bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION datamesh.attack_readings(domain text, role oid, OUT path text, OUT statement text)
RETURNS SETOF record LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
	SELECT a.path, format('SELECT %s FROM %s LIMIT 1000',
		coalesce(CASE WHEN NOT has_table_privilege(role, a.relation, 'SELECT')
			THEN (SELECT string_agg(quote_ident(t.attname), ', ' ORDER BY t.attnum) FROM pg_attribute t WHERE t.attrelid = a.relation AND t.attnum > 0
				AND NOT t.attisdropped AND has_column_privilege(role, a.relation, t.attnum, 'SELECT')) END, '*'), a.relation)
	FROM datamesh.attack_relation a
	WHERE a.domain = attack_readings.domain AND (a.path <> 'copy' OR has_any_column_privilege(role, a.relation, 'SELECT'))
		AND NOT datamesh.is_accepted(role, a.relation, 'SELECT')
	UNION ALL
	SELECT 'statistics', format(s.query, string_agg(quote_literal(r.relation::oid), ', '))
	FROM datamesh.domain_relation r JOIN pg_class c ON c.oid = r.relation AND c.relkind IN ('r', 'p', 'm', 'f', 'i'),
		unnest(ARRAY[
			'SELECT most_common_vals, histogram_bounds, most_common_elems FROM pg_catalog.pg_stats WHERE (quote_ident(schemaname) || ''.'' || quote_ident(tablename))::regclass IN (%s)',
			'SELECT stavalues1, stavalues2, stavalues3 FROM pg_catalog.pg_statistic WHERE starelid IN (%s)',
			'SELECT most_common_vals FROM pg_catalog.pg_stats_ext WHERE (quote_ident(schemaname) || ''.'' || quote_ident(tablename))::regclass IN (%s)',
			'SELECT m.values, d.stxdexpr FROM pg_catalog.pg_statistic_ext_data d JOIN pg_catalog.pg_statistic_ext e ON e.oid = d.stxoid LEFT JOIN LATERAL pg_catalog.pg_mcv_list_items(d.stxdmcv) m ON true WHERE e.stxrelid IN (%s)']) s(query)
	WHERE r.domain = attack_readings.domain AND NOT datamesh.is_accepted(role, r.relation, 'SELECT')
		AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indexrelid = r.relation AND datamesh.is_accepted(role, i.indrelid, 'SELECT'))
	GROUP BY s.query
	UNION ALL
	SELECT 'large object', format('SELECT pg_catalog.encode(pg_catalog.lo_get(%s, 0, 1000000), ''escape'')', m.oid)
	FROM (SELECT m.oid FROM pg_largeobject_metadata m WHERE m.lomacl IS NOT NULL OR m.lomowner = role ORDER BY m.oid LIMIT 100) m
	UNION ALL
	SELECT 'large object', 'SELECT pg_catalog.encode(data, ''escape'') FROM pg_catalog.pg_largeobject LIMIT 1000'
	UNION ALL
	SELECT 'function', format('SELECT * FROM %s LIMIT 1000', regexp_replace(p.oid::regprocedure::text, '\(.*$', '()'))
	FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
	WHERE p.prosecdef AND p.prokind = 'f' AND p.provolatile IN ('s', 'i') AND p.pronargs = p.pronargdefaults AND l.lanname NOT IN ('c', 'internal')
		AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype) AND has_function_privilege(role, p.oid, 'EXECUTE')
		AND p.pronamespace NOT IN ('pg_catalog'::regnamespace, 'datamesh'::regnamespace)
		AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e')
$$;
COMMENT ON FUNCTION datamesh.attack_readings(text, oid) IS 'internal: what dm_attack tries to read as a role, beside the ports';
REVOKE EXECUTE ON FUNCTION datamesh.attack_readings(text, oid) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.dm_attack(product text)
RETURNS TABLE (path text, role text, verdict text, statement text, detail text)
AS 'MODULE_PATHNAME', 'dm_attack'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_attack(text) IS
	'tries to read what a product hides, as each kind of its consumers and as everybody else; governance';
REVOKE EXECUTE ON FUNCTION @extschema@.dm_attack(text) FROM PUBLIC;
