-- Products in the formats of others, and comments in step with contracts.

CREATE OR REPLACE FUNCTION @extschema@.dm_import_product(document text, format text DEFAULT 'auto', domain text DEFAULT NULL, strict boolean DEFAULT false, dry_run boolean DEFAULT false)
RETURNS text AS 'MODULE_PATHNAME', 'dm_import_product'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_import_product(text, text, text, boolean, boolean) IS 'register or update a product from its description (ODPS or DPDS, YAML or JSON); returns the product''s name';

CREATE OR REPLACE FUNCTION @extschema@.dm_export_product(product text, format text DEFAULT 'odps', encoding text DEFAULT NULL, original boolean DEFAULT false)
RETURNS text AS 'MODULE_PATHNAME', 'dm_export_product'
LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.dm_export_product(text, text, text, boolean) IS 'a product''s description (ODPS or DPDS), as YAML or JSON, or byte for byte as it was imported';

CREATE OR REPLACE FUNCTION @extschema@.dm_sync_comments(product text, direction text DEFAULT NULL, OUT object text, OUT pointer text, OUT comment text, OUT description text, OUT action text)
RETURNS SETOF record AS 'MODULE_PATHNAME', 'dm_sync_comments'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_sync_comments(text, text) IS 'where comments and the descriptions of the contract differ; to_comments or to_contract brings them into step';

-- Internal: what datamesh.declared_ports is made from.
CREATE OR REPLACE FUNCTION datamesh.declared_port_list(product bigint, standard text, OUT kind text, OUT name text, OUT version text, OUT description text, OUT contract_id text, OUT contract_product text)
RETURNS SETOF record AS 'MODULE_PATHNAME', 'dm_declared_port_list'
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION datamesh.declared_port_list(bigint, text) IS 'internal: the ports in an imported description of a product, as far as the current user may see it';

CREATE OR REPLACE VIEW datamesh.declared_ports AS
SELECT n.name AS product, d.standard, l.kind, l.name, l.version, l.description, l.contract_id, l.contract_product
FROM datamesh.product_document d
JOIN datamesh.product_name n ON n.id = d.product
CROSS JOIN LATERAL datamesh.declared_port_list(d.product, d.standard) l;
COMMENT ON VIEW datamesh.declared_ports IS 'ports of all kinds as the imported descriptions of products name them, with the product whose contract they keep';
GRANT SELECT ON datamesh.declared_ports TO PUBLIC;
