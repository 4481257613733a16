-- Domains, products and ports.

CREATE OR REPLACE FUNCTION @extschema@.dm_register_domain(domain text, owner regrole DEFAULT NULL, schemas name[] DEFAULT '{}', description text DEFAULT NULL, producers regrole[] DEFAULT '{}')
RETURNS text AS 'MODULE_PATHNAME', 'dm_register_domain'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_register_domain(text, regrole, name[], text, regrole[]) IS 'declare a domain: an owner role (default: the current user), its schemas, and roles that work in them';

CREATE OR REPLACE FUNCTION @extschema@.dm_alter_domain(domain text, description text DEFAULT NULL, schemas name[] DEFAULT NULL)
RETURNS void AS 'MODULE_PATHNAME', 'dm_alter_domain'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_alter_domain(text, text, name[]) IS 'change a domain''s description or its list of schemas';

CREATE OR REPLACE FUNCTION @extschema@.dm_transfer_domain(domain text, new_owner regrole)
RETURNS void AS 'MODULE_PATHNAME', 'dm_transfer_domain'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_transfer_domain(text, regrole) IS 'give a domain, its schemas, relations and ports to another owner';

CREATE OR REPLACE FUNCTION @extschema@.dm_drop_domain(domain text)
RETURNS void AS 'MODULE_PATHNAME', 'dm_drop_domain'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_drop_domain(text) IS 'drop a domain whose products are all retired; its data stays';

CREATE OR REPLACE FUNCTION @extschema@.dm_add_producer(domain text, role regrole)
RETURNS void AS 'MODULE_PATHNAME', 'dm_add_producer'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_add_producer(text, regrole) IS 'declare a role, such as an application''s, a producer of the domain';

CREATE OR REPLACE FUNCTION @extschema@.dm_remove_producer(domain text, role regrole)
RETURNS void AS 'MODULE_PATHNAME', 'dm_remove_producer'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_remove_producer(text, regrole) IS 'take the declaration as a producer back';

CREATE OR REPLACE FUNCTION @extschema@.dm_register_product(product text, description text DEFAULT NULL, owner regrole DEFAULT NULL, open_ended boolean DEFAULT false)
RETURNS text AS 'MODULE_PATHNAME', 'dm_register_product'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_register_product(text, text, regrole, boolean) IS 'declare a data product of a domain; open_ended allows access agreements without an end';

CREATE OR REPLACE FUNCTION @extschema@.dm_alter_product(product text, description text DEFAULT NULL, owner regrole DEFAULT NULL, open_ended boolean DEFAULT NULL, compatibility text DEFAULT NULL, contract_mode text DEFAULT NULL)
RETURNS void AS 'MODULE_PATHNAME', 'dm_alter_product'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_alter_product(text, text, regrole, boolean, text, text) IS 'change a product''s description, owner, whether agreements need an end, its compatibility mode or its contract mode';

CREATE OR REPLACE FUNCTION @extschema@.dm_add_port(product text, source regclass, name text DEFAULT NULL, columns name[] DEFAULT NULL)
RETURNS regclass AS 'MODULE_PATHNAME', 'dm_add_port'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_add_port(text, regclass, text, name[]) IS 'show a relation of the domain, or some of its columns, through a governed view';

CREATE OR REPLACE FUNCTION @extschema@.dm_drop_port(product text, name text, cascade boolean DEFAULT false)
RETURNS void AS 'MODULE_PATHNAME', 'dm_drop_port'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_drop_port(text, text, boolean) IS 'drop a port that is not published; cascade also drops what others built on it';

CREATE OR REPLACE FUNCTION @extschema@.dm_publish(product text)
RETURNS void AS 'MODULE_PATHNAME', 'dm_publish'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_publish(text) IS 'open a product to consumers with an access agreement';

CREATE OR REPLACE FUNCTION @extschema@.dm_deprecate(product text, until date DEFAULT NULL, successor text DEFAULT NULL)
RETURNS void AS 'MODULE_PATHNAME', 'dm_deprecate'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_deprecate(text, date, text) IS 'announce the end of a product; its readers get a notice with the date and the successor';

CREATE OR REPLACE FUNCTION @extschema@.dm_retire(product text, cascade boolean DEFAULT false)
RETURNS void AS 'MODULE_PATHNAME', 'dm_retire'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_retire(text, boolean) IS 'end a product: its agreements and its ports; cascade also drops what others built on the ports';

CREATE OR REPLACE FUNCTION @extschema@.dm_remove_mesh(dry_run boolean DEFAULT true, cascade boolean DEFAULT false)
RETURNS SETOF text AS 'MODULE_PATHNAME', 'dm_remove_mesh'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_remove_mesh(boolean, boolean) IS 'take the mesh off the database and leave the data as it was; returns what is done, or would be';
REVOKE EXECUTE ON FUNCTION @extschema@.dm_remove_mesh(boolean, boolean) FROM PUBLIC;

-- Internal: what datamesh.port_columns is made from.
CREATE OR REPLACE FUNCTION datamesh.port_column_list(view regclass, OUT name text, OUT source regclass, OUT source_column text, OUT tags text[])
RETURNS SETOF record AS 'MODULE_PATHNAME', 'dm_port_column_list'
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION datamesh.port_column_list(regclass) IS 'internal: the columns of a port, where they come from and the tags that govern them';

-- Internal: how labels and the texts of ports name a product; no '@' is version 1.
CREATE OR REPLACE FUNCTION datamesh.product_label(domain text, name text, major int)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT domain || '.' || name || CASE WHEN major = 1 THEN '' ELSE '@' || major END $$;
COMMENT ON FUNCTION datamesh.product_label(text, text, int) IS 'internal: how labels and the texts of ports name a product';

-- Internal: the text that names each product to users, for whom no '@' is the version in use.
CREATE OR REPLACE VIEW datamesh.product_name AS
SELECT p.id,
       datamesh.product_label(d.name, p.name, p.major) ||
       CASE WHEN p.major = 1 AND EXISTS (SELECT FROM datamesh.product o
                                         WHERE o.domain = p.domain AND o.name = p.name AND o.major > 1)
            THEN '@1' ELSE '' END AS name,
       d.name AS domain
FROM datamesh.product p
JOIN datamesh.domain d ON d.id = p.domain;
COMMENT ON VIEW datamesh.product_name IS 'internal: the text that names each product';

CREATE OR REPLACE VIEW datamesh.domains AS
SELECT d.name,
       d.owner,
       d.description,
       ARRAY(SELECT n.nspname
             FROM pg_namespace n
             JOIN pg_seclabel l ON l.objoid = n.oid AND l.classoid = 'pg_namespace'::regclass
                  AND l.objsubid = 0 AND l.provider = 'datamesh'
             WHERE l.label = 'domain:' || d.name
             ORDER BY n.nspname) AS schemas,
       d.producers,
       d.created_at,
       d.created_by
FROM datamesh.domain d;
COMMENT ON VIEW datamesh.domains IS 'domains with their owner, producers and schemas';
GRANT SELECT ON datamesh.domains TO PUBLIC;

CREATE OR REPLACE VIEW datamesh.products AS
SELECT n.name,
       n.domain,
       p.major,
       p.status,
       p.owner,
       p.description,
       p.open_ended,
       p.deprecated_until,
       p.successor,
       p.created_at,
       p.created_by,
       p.published_at,
       p.deprecated_at,
       p.retired_at,
       p.compatibility,
       p.contract_mode
FROM datamesh.product p
JOIN datamesh.product_name n ON n.id = p.id;
COMMENT ON VIEW datamesh.products IS 'data products with their status';
GRANT SELECT ON datamesh.products TO PUBLIC;

CREATE OR REPLACE VIEW datamesh.ports AS
SELECT pn.name AS product,
       coalesce(c.relname, o.name) AS name,
       coalesce(n.nspname, o.schema_name) AS schema,
       CASE WHEN c.oid IS NOT NULL THEN o.view END AS view,
       coalesce((SELECT l.source::text FROM datamesh.port_column_list(c.oid) l LIMIT 1), o.source_name) AS source,
       obj_description(c.oid, 'pg_class') AS description,
       CASE WHEN c.oid IS NULL THEN 'dropped' ELSE p.status END AS status,
       o.created_at,
       o.created_by,
       o.dropped_at
FROM datamesh.port o
JOIN datamesh.product p ON p.id = o.product
JOIN datamesh.product_name pn ON pn.id = p.id
LEFT JOIN pg_class c ON c.oid = o.view
LEFT JOIN pg_namespace n ON n.oid = c.relnamespace;
COMMENT ON VIEW datamesh.ports IS 'output ports, those that are gone included';
GRANT SELECT ON datamesh.ports TO PUBLIC;

CREATE OR REPLACE VIEW datamesh.port_columns AS
SELECT pn.name AS product,
       c.relname AS port,
       a.attname AS "column",
       a.attnum AS position,
       format_type(a.atttypid, a.atttypmod) AS type,
       l.source,
       l.source_column,
       l.tags,
       col_description(c.oid, a.attnum) AS description
FROM datamesh.port o
JOIN datamesh.product_name pn ON pn.id = o.product
JOIN pg_class c ON c.oid = o.view
CROSS JOIN LATERAL datamesh.port_column_list(c.oid) l
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = l.name;
COMMENT ON VIEW datamesh.port_columns IS 'columns of the live ports with their type, origin and tags';
GRANT SELECT ON datamesh.port_columns TO PUBLIC;
