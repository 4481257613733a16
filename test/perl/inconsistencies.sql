-- Where the parts of a mesh contradict each other: registry, views, labels, privileges.
-- Returns a line for each place; none is how it should be.  To be run by a superuser
-- while nobody changes the mesh.

WITH product AS (
	SELECT p.*, datamesh.product_label(d.name, p.name, p.major) AS label, d.owner AS domain_owner,
		array_remove(d.producers || p.owner, d.owner) AS producers, p.status IN ('active', 'deprecated') AS served
	FROM datamesh.product p LEFT JOIN datamesh.domain d ON d.id = p.domain
), live AS (
	SELECT o.*, p.label, p.status, p.served, p.domain_owner, p.producers, c.relname, c.relnamespace, c.relowner, c.relacl,
		n.nspname, n.nspacl, n.nspowner
	FROM datamesh.port o
		JOIN product p ON p.id = o.product
		JOIN pg_class c ON c.oid = o.view AND c.relkind = 'v'
		JOIN pg_namespace n ON n.oid = c.relnamespace
), active AS (
	SELECT a.*, p.label, p.served, p.status AS product_status
	FROM datamesh.agreement a JOIN product p ON p.id = a.product
	WHERE a.state = 'active' AND EXISTS (SELECT FROM pg_roles r WHERE r.oid = a.consumer)
), label AS (
	SELECT l.* FROM pg_seclabel l WHERE l.provider = 'datamesh'
), column_tag AS (
	SELECT l.objoid, l.objsubid, trim(t) AS tag
	FROM label l, regexp_split_to_table(l.label, ',') t
	WHERE l.classoid = 'pg_class'::regclass AND l.objsubid > 0
), problem AS (
	-- agreements and privileges, in both directions
	SELECT format('agreement %s: %s has no SELECT on port %I.%I', a.id, a.consumer::regrole, l.nspname, l.relname) AS line
	FROM active a JOIN live l ON l.product = a.product AND l.served
	WHERE NOT EXISTS (SELECT FROM aclexplode(l.relacl) x WHERE x.grantee = a.consumer AND x.privilege_type = 'SELECT')
		AND a.consumer <> l.domain_owner
	UNION ALL
	SELECT format('agreement %s: %s has no USAGE on schema %I', a.id, a.consumer::regrole, l.nspname)
	FROM active a JOIN live l ON l.product = a.product AND l.served
	WHERE NOT EXISTS (SELECT FROM aclexplode(l.nspacl) x WHERE x.grantee = a.consumer AND x.privilege_type = 'USAGE')
		AND a.consumer <> l.domain_owner
	UNION ALL
	SELECT format('port %I.%I: %s has %s without an agreement', l.nspname, l.relname,
		CASE WHEN x.grantee <> 0 THEN x.grantee::regrole::text ELSE 'PUBLIC' END, x.privilege_type)
	FROM live l, aclexplode(l.relacl) x
	WHERE x.grantee <> l.relowner
		AND NOT (x.privilege_type = 'SELECT' AND NOT x.is_grantable
			AND (x.grantee = ANY (l.producers)
				OR l.served AND EXISTS (SELECT FROM active a WHERE a.product = l.product AND a.consumer = x.grantee)))
	UNION ALL
	SELECT DISTINCT format('schema %I: %s has %s without an agreement', l.nspname,
		CASE WHEN x.grantee <> 0 THEN x.grantee::regrole::text ELSE 'PUBLIC' END, x.privilege_type)
	FROM live l, aclexplode(l.nspacl) x
	WHERE x.grantee <> l.nspowner
		AND NOT (x.privilege_type = 'USAGE' AND NOT x.is_grantable
			AND (x.grantee = ANY (l.producers)
				OR l.served AND EXISTS (SELECT FROM active a WHERE a.product = l.product AND a.consumer = x.grantee)))
	UNION ALL
	SELECT format('port %I.%I: producer %s has no SELECT on it or no USAGE on its schema', l.nspname, l.relname, r)
	FROM live l, unnest(l.producers) r
	WHERE EXISTS (SELECT FROM pg_roles WHERE oid = r)
		AND NOT (EXISTS (SELECT FROM aclexplode(l.relacl) x WHERE x.grantee = r AND x.privilege_type = 'SELECT')
			AND EXISTS (SELECT FROM aclexplode(l.nspacl) x WHERE x.grantee = r AND x.privilege_type = 'USAGE'))
	UNION ALL
	-- ports and views
	SELECT format('port %s: view %s is none', o.id, o.view)
	FROM datamesh.port o
	WHERE o.view::oid <> 0 AND o.id NOT IN (SELECT id FROM live)
	UNION ALL
	SELECT format('port %s: view %s, dropped at %s', o.id, o.view, o.dropped_at)
	FROM datamesh.port o
	WHERE (o.view::oid = 0) <> (o.dropped_at IS NOT NULL)
	UNION ALL
	SELECT format('view %s is the view of %s ports', o.view, count(*))
	FROM datamesh.port o WHERE o.view::oid <> 0 GROUP BY o.view HAVING count(*) > 1
	UNION ALL
	SELECT format('port %I.%I: its owner is %s, its domain''s %s', l.nspname, l.relname, l.relowner::regrole, l.domain_owner::regrole)
	FROM live l WHERE l.relowner <> l.domain_owner
	UNION ALL
	SELECT format('port %I.%I of product %s: its schema is labelled %s', l.nspname, l.relname, l.label, s.label)
	FROM live l LEFT JOIN label s ON s.objoid = l.relnamespace AND s.classoid = 'pg_namespace'::regclass
	WHERE s.label IS DISTINCT FROM 'ports:' || l.label
	UNION ALL
	SELECT format('port %I.%I does not ask for product %s', l.nspname, l.relname, l.label)
	FROM live l
	WHERE strpos(pg_get_viewdef(l.view), format('datamesh.admits(%L::text)', l.label)) = 0
	UNION ALL
	SELECT format('port %I.%I: column %I does not ask for tag %s', l.nspname, l.relname, c.name, t.tag)
	FROM live l, datamesh.port_column_list(l.view) c, unnest(c.tags) t(tag) LEFT JOIN datamesh.tags g ON g.name = t.tag
	WHERE (g.name IS NULL OR g.mask IS NOT NULL)
		AND strpos(pg_get_viewdef(l.view), format('datamesh.clear(%L::text, %L::text)', l.label, t.tag)) = 0
	UNION ALL
	SELECT format('port %I.%I asks for tag %s, which none of its columns has', l.nspname, l.relname, m[1])
	FROM live l, regexp_matches(pg_get_viewdef(l.view), 'datamesh\.clear\(''[^'']*''::text, ''([^'']*)''::text\)', 'g') m
	WHERE NOT EXISTS (SELECT FROM datamesh.port_column_list(l.view) c WHERE m[1] = ANY (c.tags))
	UNION ALL
	SELECT format('view %s lies in schema of ports %I and is none', c.oid::regclass, n.nspname)
	FROM label s JOIN pg_namespace n ON n.oid = s.objoid JOIN pg_class c ON c.relnamespace = n.oid
	WHERE s.classoid = 'pg_namespace'::regclass AND s.label LIKE 'ports:%' AND c.relkind = 'v'
		AND c.oid NOT IN (SELECT view::oid FROM live)
	UNION ALL
	SELECT format('schema %I is labelled for the ports of product %s and has none', n.nspname, s.label)
	FROM label s JOIN pg_namespace n ON n.oid = s.objoid
	WHERE s.classoid = 'pg_namespace'::regclass AND s.label LIKE 'ports:%'
		AND n.oid NOT IN (SELECT relnamespace FROM live)
	UNION ALL
	-- labels
	SELECT format('schema %I is labelled %s: there is no such domain', n.nspname, s.label)
	FROM label s JOIN pg_namespace n ON n.oid = s.objoid
	WHERE s.classoid = 'pg_namespace'::regclass AND s.label LIKE 'domain:%'
		AND NOT EXISTS (SELECT FROM datamesh.domain d WHERE s.label = 'domain:' || d.name)
	UNION ALL
	SELECT format('label %s lies on nothing that exists', s.label)
	FROM label s
	WHERE NOT (s.classoid = 'pg_namespace'::regclass AND EXISTS (SELECT FROM pg_namespace n WHERE n.oid = s.objoid)
		OR s.classoid = 'pg_proc'::regclass AND EXISTS (SELECT FROM pg_proc p WHERE p.oid = s.objoid)
		OR s.classoid = 'pg_class'::regclass AND s.objsubid = 0 AND EXISTS (SELECT FROM pg_class c
			WHERE c.oid = s.objoid AND s.label LIKE 'copy:%')
		OR s.classoid = 'pg_class'::regclass AND EXISTS (SELECT FROM pg_attribute a
			WHERE a.attrelid = s.objoid AND a.attnum = s.objsubid AND NOT a.attisdropped))
	UNION ALL
	SELECT format('column %s of %s carries tag %s, which does not exist', t.objsubid, t.objoid::regclass, t.tag)
	FROM column_tag t WHERE t.tag NOT IN (SELECT name FROM datamesh.tag)
	UNION ALL
	-- the registry itself
	SELECT format('product %s: it has %s ports and is %s', p.label, count(l.id), p.status)
	FROM product p LEFT JOIN live l ON l.product = p.id
	GROUP BY p.id, p.label, p.status
	HAVING CASE WHEN p.status IN ('active', 'deprecated') THEN count(l.id) = 0
		WHEN p.status = 'retired' THEN count(l.id) > 0
		WHEN p.status = 'proposed' THEN count(l.id) > 0
			AND NOT EXISTS (SELECT FROM datamesh.contract v WHERE v.product = p.id AND v.state = 'draft') END
	UNION ALL
	SELECT format('product %s: status %s at %s, %s, %s', p.id, p.status, p.published_at, p.deprecated_at, p.retired_at)
	FROM product p
	WHERE p.label IS NULL
		OR (p.status IN ('active', 'deprecated') AND p.published_at IS NULL)
		OR (p.status IN ('proposed', 'draft') AND p.published_at IS NOT NULL)
		OR (p.status = 'retired') <> (p.retired_at IS NOT NULL)
	UNION ALL
	SELECT format('agreement %s is active, its product %s', a.id, a.product_status)
	FROM active a WHERE a.product_status IN ('proposed', 'retired')
	UNION ALL
	SELECT format('agreement %s: state %s, ended at %s', a.id, a.state, a.ended_at)
	FROM datamesh.agreement a
	WHERE (a.state = 'active') <> (a.ended_at IS NULL)
		OR a.product NOT IN (SELECT id FROM datamesh.product) AND a.state = 'active'
		OR a.state = 'active' AND a.purpose NOT IN (SELECT name FROM datamesh.purpose)
	UNION ALL
	SELECT format('request %s: state %s, agreement %s', r.id, r.state, r.agreement)
	FROM datamesh.access_request r LEFT JOIN datamesh.agreement a ON a.id = r.agreement
	WHERE (r.state = 'approved') <> (a.id IS NOT NULL)
		OR (r.state = 'pending') <> (r.decided_at IS NULL)
		OR a.request IS DISTINCT FROM CASE WHEN a.id IS NOT NULL THEN r.id END
	UNION ALL
	SELECT format('request %s is pending, its product %s', r.id, p.status)
	FROM datamesh.access_request r JOIN product p ON p.id = r.product
	WHERE r.state = 'pending' AND p.status = 'retired'
	UNION ALL
	SELECT format('agreement %s comes from request %s, which names agreement %s', a.id, a.request, r.agreement)
	FROM datamesh.agreement a LEFT JOIN datamesh.access_request r ON r.id = a.request
	WHERE a.request IS NOT NULL AND r.agreement IS DISTINCT FROM a.id
	UNION ALL
	-- contracts
	SELECT format('product %s has %s versions of its contract that are %s', v.product, count(*), v.state)
	FROM datamesh.contract v WHERE v.state IN ('draft', 'active')
	GROUP BY v.product, v.state HAVING count(*) > 1
	UNION ALL
	SELECT format('version %s of the contract of product %s is %s, the product %s', v.version, v.product, v.state,
		coalesce(p.status, 'gone'))
	FROM datamesh.contract v LEFT JOIN product p ON p.id = v.product
	WHERE p.id IS NULL
		OR v.state = 'active' AND NOT p.served
		OR v.state = 'retired' AND p.served
	UNION ALL
	SELECT format('version %s of the contract of product %s is %s, published at %s by %s', v.version, v.product, v.state,
		v.published_at, v.published_by)
	FROM datamesh.contract v
	WHERE (v.state = 'draft') <> (v.published_at IS NULL) OR (v.published_at IS NULL) <> (v.published_by IS NULL)
	UNION ALL
	SELECT format('contract %s belongs to products %s', v.contract_id, string_agg(DISTINCT format('%s.%s', p.domain, p.name), ', '))
	FROM datamesh.contract v JOIN product p ON p.id = v.product
	GROUP BY v.contract_id, lower(v.tenant) HAVING count(DISTINCT (p.domain, p.name)) > 1 AND v.contract_id IS NOT NULL
	UNION ALL
	SELECT format('%s: %s', f.object, f.finding) FROM datamesh.contract_drift() f
	UNION ALL
	SELECT format('description %s is one of no product', d.id)
	FROM datamesh.product_document d WHERE d.product NOT IN (SELECT id FROM datamesh.product)
	UNION ALL
	SELECT format('quality rule %s is of no relation', r.name)
	FROM datamesh.quality_rule r WHERE r.relation::oid NOT IN (SELECT oid FROM pg_class)
	UNION ALL
	SELECT format('quality rule %s of %s is not kept', r.name, r.relation)
	FROM datamesh.quality_rule r
	WHERE r.mode <> 'observe' AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = r.relation AND c.conname = 'datamesh_' || r.name)
		AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = r.relation AND t.tgenabled = 'A'
			AND t.tgname = CASE r.mode WHEN 'quarantine' THEN '~datamesh_quarantine' ELSE 'datamesh_statement_insert' END)
	UNION ALL
	SELECT format('quarantine of %s without a table', q.relation)
	FROM datamesh.quarantine q WHERE q.side::oid NOT IN (SELECT oid FROM pg_class WHERE relrowsecurity)
	UNION ALL
	SELECT format('view %s shows nothing', l.view)
	FROM live l WHERE pg_get_viewdef(l.view) ~ 'datamesh\.lifted\(\)'
	UNION ALL
	SELECT format('sequence of %s: %s, the newest id is %s', s.what, s.last, s.newest)
	FROM (SELECT 'domain' AS what, (SELECT max(id) FROM datamesh.domain) AS newest,
				(SELECT last_value FROM datamesh.domain_id_seq) AS last
			UNION ALL SELECT 'product', (SELECT max(id) FROM datamesh.product), (SELECT last_value FROM datamesh.product_id_seq)
			UNION ALL SELECT 'port', (SELECT max(id) FROM datamesh.port), (SELECT last_value FROM datamesh.port_id_seq)
			UNION ALL SELECT 'request', (SELECT max(id) FROM datamesh.access_request), (SELECT last_value FROM datamesh.access_request_id_seq)
			UNION ALL SELECT 'contract', (SELECT max(id) FROM datamesh.contract), (SELECT last_value FROM datamesh.contract_id_seq)
			UNION ALL SELECT 'description', (SELECT max(id) FROM datamesh.product_document),
				(SELECT last_value FROM datamesh.product_document_id_seq)
			UNION ALL SELECT 'agreement', (SELECT max(id) FROM datamesh.agreement), (SELECT last_value FROM datamesh.agreement_id_seq)) s
	WHERE s.newest > s.last
)
SELECT line FROM problem ORDER BY 1;
