-- Descriptions of products in ODPS and DPDS: the official examples there and back, links to contracts, who gets them.
CREATE ROLE regress_pd_owner;
CREATE ROLE regress_pd_other;
CREATE SCHEMA pd AUTHORIZATION regress_pd_owner;
SET ROLE regress_pd_owner;
SET search_path = pd, public;
SELECT dm_register_domain('seller', schemas => '{pd}'), dm_register_domain('transport_management') \g /dev/null
-- the official examples
\getenv abs_srcdir PG_ABS_SRCDIR
\set path :abs_srcdir '/data/odps/customer-data-product.odps.yaml'
\set customer `cat :'path'`
\set path :abs_srcdir '/data/odps/simple-data-product.odps.yaml'
\set simple `cat :'path'`
\set path :abs_srcdir '/data/dpds/minimal.dpd.json'
\set minimal `cat :'path'`
\set path :abs_srcdir '/data/dpds/tripexecution/data-product-descriptor.json'
\set trip `cat :'path'`
SELECT dm_import_product(:'customer');
SELECT dm_import_product(:'simple', domain => 'seller');
SELECT dm_import_product(:'minimal');
SELECT dm_import_product(:'trip', domain => 'seller', format => 'dpds');
-- lossless
SELECT dm_yaml_to_jsonb(dm_export_product('seller.customer_data_product')) = dm_yaml_to_jsonb(:'customer') AS customer,
       dm_yaml_to_jsonb(dm_export_product('seller.simple_data_product', encoding => 'json')) = dm_yaml_to_jsonb(:'simple') AS simple,
       dm_export_product('transport_management.tripexecution', 'dpds')::jsonb = :'minimal'::jsonb AS minimal,
       dm_yaml_to_jsonb(dm_export_product('seller.tripexecution', 'DPDS', 'yaml')) = :'trip'::jsonb AS trip,
       dm_export_product('seller.customer_data_product', original => true) = :'customer' AS original;
SELECT name, status, description FROM datamesh.products WHERE domain IN ('seller', 'transport_management') ORDER BY name;
SELECT kind, name, version, contract_id, contract_product FROM datamesh.declared_ports WHERE product = 'seller.customer_data_product';
SELECT * FROM datamesh.declared_ports WHERE standard = 'dpds';
-- strict takes only what has the form that it declares
SELECT dm_import_product(:'customer', strict => true);
SELECT dm_import_product(replace(:'customer', 'v0.9.0', 'v1.0.0'), strict => true);
SELECT dm_import_product(:'minimal', strict => true);

-- from one standard to the other
SELECT replace(dm_export_product('seller.simple_data_product', 'dpds'), current_database(), '(database)');
SELECT dm_export_product('seller.tripexecution', 'odps');

-- from the mesh itself: ports, contract, what it reads
CREATE TABLE orders (id int PRIMARY KEY);
COMMENT ON TABLE orders IS 'one each';
SELECT dm_register_product('seller.sales', 'what is sold'), dm_add_port('seller.sales', 'orders') \g /dev/null
CREATE VIEW of_orders AS SELECT * FROM seller_sales_v1.orders;
SELECT dm_register_product('seller.report'), dm_add_port('seller.report', 'of_orders') \g /dev/null
SELECT dm_import_contract(dm_describe_contract('seller.sales'));
SELECT dm_publish('seller.sales');
SELECT dm_export_product('seller.sales');
SELECT dm_export_product('seller.report');
SELECT replace(dm_export_product('seller.report', 'dpds'), current_database(), '(database)');
-- all of it is valid
RESET ROLE;
SELECT p.name, f, e.pointer, e.message
FROM datamesh.products p, unnest('{odps,dpds}'::text[]) f,
     dm_json_schema_validate((SELECT document FROM datamesh.contract_schema WHERE standard = f AND version IN ('v1.0.0', '1.0.0')), dm_yaml_to_jsonb(dm_export_product(p.name, f))) e
WHERE p.domain = 'seller' ORDER BY 1, 2, 3;
SET ROLE regress_pd_owner;
-- and goes in again, linked to the contract
SELECT dm_import_product(dm_export_product('seller.sales')), dm_import_product(dm_export_product('seller.sales', 'dpds'));
SELECT product, standard, kind, name, version, contract_id, contract_product FROM datamesh.declared_ports WHERE product = 'seller.sales' ORDER BY standard;
SELECT dm_import_product(E'apiVersion: v1.0.0\nkind: DataProduct\nid: x\nname: thief\ndomain: seller\nstatus: draft\noutputPorts: [{name: a, version: 1.0.0, contractId: seller.sales}]');

-- nothing is opened, and nothing runs in circles
SELECT dm_import_product('{"dataProductDescriptor": "1.0.0", "info": {"fullyQualifiedName": "urn:dpds:m:dataproducts:refs:1", "name": "refs", "version": "1.0.0", "domain": "seller", "owner": {"id": "o"}},
 "interfaceComponents": {"inputPorts": [], "outputPorts": [{"$ref": "/etc/passwd"}, {"$ref": "file:///etc/passwd"}, {"$ref": "#/components/outputPorts/a"}, {"$ref": "#/components/outputPorts/b"}, {"$ref": "#/nowhere"}, {"$ref": "#/info/name"}]},
 "components": {"outputPorts": {"a": {"name": "inside", "version": "1.0.0"}, "b": {"$ref": "#/components/outputPorts/b"}}}}');
SELECT kind, name, version FROM datamesh.declared_ports WHERE product = 'seller.refs';
SELECT dm_import_product('{"dataProductDescriptor": "1.0.0", "info": {"fullyQualifiedName": "urn:dpds:m:dataproducts:circle:1", "name": "circle", "version": "1.0.0", "domain": "seller", "owner": {"id": "o"}},
 "interfaceComponents": {"inputPorts": [], "outputPorts": []}, "internalComponents": {"applicationComponents": [{"name": "a", "version": "1.0.0", "dependsOn": ["b"]}, {"name": "b", "version": "1.0.0", "dependsOn": ["c", "missing"]}],
 "infrastructuralComponents": [{"name": "c", "version": "1.0.0", "dependsOn": ["a"]}]}}');
-- a port's major version grows with its product's
\set trip_head '{"dataProductDescriptor": "1.0.0", "info": {"fullyQualifiedName": "urn:dpds:m:dataproducts:grow:1", "name": "grow", "version": "1.1.0", "domain": "seller", "owner": {"id": "o"}}, "interfaceComponents": {"inputPorts": [], "outputPorts": [{"name": "p", "version": "'
SELECT dm_import_product(:'trip_head' || '1.9.0"}]}}');
SELECT dm_import_product(:'trip_head' || '2.0.0"}]}}');
SELECT dm_import_product(replace(:'trip_head', '1.1.0', '2.0.0') || '2.0.0"}]}}');

-- bad input
SELECT dm_import_product('kind: DataContract');
SELECT dm_import_product('just text');
SELECT dm_import_product('[1, 2]');
SELECT dm_import_product(E'kind: DataProduct\n  bad: indent');
SELECT dm_import_product(E'kind: DataProduct\napiVersion: v1.0.0\nid: x\nstatus: draft');
SELECT dm_import_product(E'kind: DataProduct\napiVersion: v1.0.0\nid: "!!"\nstatus: draft\ndomain: seller');
SELECT dm_import_product(E'kind: DataProduct\napiVersion: v1.0.0\nid: x\nstatus: draft\ndomain: nowhere');
SELECT dm_import_product(E'kind: DataProduct\napiVersion: v1.0.0\nid: x\nstatus: draft\ndomain: seller\nversion: 123456.0.0');
SELECT dm_import_product(E'kind: DataProduct\napiVersion: v9\nid: Wrong; Types''"\nstatus: [1]\ndomain: seller\ndescription: text\nteam: 1\ntags: {a: b}\ninputPorts: 1\noutputPorts: [1, {name: [x]}, null]');
SELECT dm_import_product(:'simple', format => 'dpds', domain => 'seller');
SELECT dm_import_product(:'simple', format => 'other');
SELECT dm_import_product(NULL);
SELECT dm_import_product(:'simple', domain => 'seller', dry_run => true);
SELECT dm_import_product(replace(:'simple', 'Simple', 'Dry'), domain => 'seller', dry_run => true);
SELECT count(*) FROM datamesh.products WHERE name LIKE '%dry%';
SELECT dm_export_product('seller.report', 'odps', original => true);
SELECT dm_export_product('seller.report', 'dcat');
SELECT dm_export_product('seller.report', encoding => 'xml');
SELECT dm_export_product('seller.reports');

-- strangers
SET ROLE regress_pd_other;
SELECT dm_import_product(:'simple', domain => 'seller');
SELECT dm_import_product(replace(:'simple', 'Simple', 'New'), domain => 'seller');
SELECT dm_export_product('seller.simple_data_product');
SELECT dm_export_product('seller.sales') LIKE '%what is sold%' AS published;
SELECT dm_export_product('seller.sales', original => true);
SELECT DISTINCT product FROM datamesh.declared_ports;
TABLE datamesh.product_document;
RESET ROLE;

SET client_min_messages = error;
\set VERBOSITY terse
SET ROLE regress_pd_owner;
SELECT dm_deprecate('seller.sales') \g /dev/null
SELECT dm_retire(name, true) FROM datamesh.products WHERE domain IN ('seller', 'transport_management') ORDER BY name \g /dev/null
SELECT dm_drop_domain('seller'), dm_drop_domain('transport_management') \g /dev/null
RESET ROLE;
SELECT count(*) FROM datamesh.product_document;
DROP SCHEMA pd CASCADE;
DROP ROLE regress_pd_owner, regress_pd_other;
