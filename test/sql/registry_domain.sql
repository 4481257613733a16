-- Domains: who registers, changes, transfers and drops them, and which schemas they may have.
CREATE ROLE regress_rd_owner;
CREATE ROLE regress_rd_heir;
CREATE ROLE regress_rd_etl;
CREATE ROLE regress_rd_other;
CREATE ROLE regress_rd_both IN ROLE regress_rd_owner, regress_rd_heir;
CREATE SCHEMA rd_sales AUTHORIZATION regress_rd_owner;
CREATE SCHEMA "rd Odd Schema" AUTHORIZATION regress_rd_owner;
CREATE SCHEMA rd_other AUTHORIZATION regress_rd_other;

-- a team needs nothing but its own role
SELECT rolname, rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = 'regress_rd_owner';
SET ROLE regress_rd_owner;
SELECT dm_register_domain('rd_sales', schemas => '{rd_sales}', description => 'sells things');
SELECT dm_register_domain('rd_empty');
SELECT name, owner, description, schemas, producers FROM datamesh.domains WHERE name LIKE 'rd\_%' ORDER BY name;

-- names
SELECT dm_register_domain('rd_sales');
SELECT dm_register_domain('Sales');
SELECT dm_register_domain('rd.sales');
SELECT dm_register_domain('1st');
SELECT dm_register_domain('');
SELECT dm_register_domain(NULL);
SELECT dm_register_domain(repeat('d', 64));

-- owners
SELECT dm_register_domain('rd_x', owner => 'regress_rd_other');
SELECT dm_register_domain('rd_x', owner => 'regress_rd_nobody');
SELECT dm_register_domain('rd_x', owner => 0::regrole);

-- schemas
SELECT dm_register_domain('rd_x', schemas => '{rd_sales}');
SELECT dm_register_domain('rd_x', schemas => '{rd_other}');
SELECT dm_register_domain('rd_x', schemas => '{rd_sale}');
SELECT dm_register_domain('rd_x', schemas => '{pg_catalog}');
SELECT dm_register_domain('rd_x', schemas => '{information_schema}');
SELECT dm_register_domain('rd_x', schemas => '{datamesh}');
SELECT dm_register_domain('rd_x', schemas => '{pg_toast}');
SELECT dm_register_domain('rd_x', schemas => '{"rd Odd Schema",NULL}');
CREATE TEMP TABLE rd_temp AS SELECT 1 AS one;
SELECT nspname AS temp_schema FROM pg_namespace WHERE oid = pg_my_temp_schema() \gset
\set VERBOSITY sqlstate
SELECT dm_register_domain('rd_x', schemas => ARRAY[:'temp_schema']);
\set VERBOSITY default
SELECT count(*) FROM datamesh.domains WHERE name = 'rd_x';

-- the schemas of a domain
SELECT dm_alter_domain('rd_sales', schemas => '{rd_sales,"rd Odd Schema",rd_sales}');
SELECT dm_alter_domain('rd_empty', schemas => '{"rd Odd Schema"}');
SELECT name, description, schemas FROM datamesh.domains WHERE name = 'rd_sales';
CREATE TABLE rd_sales.customer AS SELECT 1 AS id;
CREATE TABLE "rd Odd Schema".spare AS SELECT 1 AS id;
CREATE VIEW rd_sales.first AS SELECT id FROM rd_sales.customer LIMIT 1;
CREATE SEQUENCE rd_sales.number;
CREATE FUNCTION rd_sales.twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * $1';
SELECT dm_register_product('rd_sales.customers');
SELECT dm_add_port('rd_sales.customers', 'rd_sales.customer');
SELECT dm_alter_domain('rd_empty', schemas => '{rd_sales_customers_v1}');
SELECT dm_alter_domain('rd_sales', schemas => '{"rd Odd Schema"}');
SELECT dm_alter_domain('rd_sales', description => 'sells more', schemas => '{rd_sales}');
SELECT name, description, schemas FROM datamesh.domains WHERE name = 'rd_sales';
SELECT dm_alter_domain('rd_sales');
SELECT dm_alter_domain('rd_sale', description => 'x');

-- others find it, and change nothing
SET ROLE regress_rd_other;
SELECT name, owner, description, schemas FROM datamesh.domains WHERE name = 'rd_sales';
SELECT dm_alter_domain('rd_sales', description => 'mine');
SELECT dm_transfer_domain('rd_sales', 'regress_rd_other');
SELECT dm_add_producer('rd_sales', 'regress_rd_other');
SELECT dm_remove_producer('rd_sales', 'regress_rd_other');
SELECT dm_drop_domain('rd_sales');
SELECT dm_register_product('rd_sales.mine');
SELECT * FROM rd_sales.customer;
SELECT * FROM datamesh.domain;

-- producers read the ports and manage nothing
SET ROLE regress_rd_owner;
SELECT dm_add_producer('rd_sales', 'regress_rd_etl');
SELECT dm_add_producer('rd_sales', 'regress_rd_etl');
SELECT dm_add_producer('rd_sales', 'regress_rd_owner');
SELECT dm_add_producer('rd_sales', 0::regrole);
SELECT producers FROM datamesh.domains WHERE name = 'rd_sales';
SET ROLE regress_rd_etl;
SELECT dm_alter_domain('rd_sales', description => 'mine');
SELECT dm_register_product('rd_sales.etl');
SET ROLE regress_rd_owner;
SELECT dm_remove_producer('rd_sales', 'regress_rd_etl');
SELECT dm_remove_producer('rd_sales', 'regress_rd_etl');
SELECT dm_remove_producer('rd_sales', 0::regrole);
SELECT producers FROM datamesh.domains WHERE name = 'rd_sales';

-- a transfer takes the schemas, the relations and the ports along
SELECT dm_transfer_domain('rd_sales', 'regress_rd_heir');
SET ROLE regress_rd_both;
SELECT dm_transfer_domain('rd_sales', 'regress_rd_heir');
RESET ROLE;
SELECT name, owner FROM datamesh.domains WHERE name = 'rd_sales';
SELECT name, owner, status FROM datamesh.products WHERE domain = 'rd_sales';
SELECT nspname, nspowner::regrole FROM pg_namespace WHERE nspname LIKE 'rd\_sales%' ORDER BY 1;
SELECT oid::regclass, relowner::regrole FROM pg_class
WHERE relnamespace::regnamespace::text LIKE 'rd\_sales%' ORDER BY oid::regclass::text COLLATE "C";
SET ROLE regress_rd_owner;
SELECT dm_alter_domain('rd_sales', description => 'was mine');
SET ROLE regress_rd_heir;
SELECT id FROM rd_sales_customers_v1.customer;

-- dropped once all products are retired; the data stays
SELECT dm_drop_domain('rd_sales');
SELECT dm_retire('rd_sales.customers');
SELECT dm_drop_domain('rd_sales');
SELECT dm_drop_domain('rd_sales');
SELECT id FROM rd_sales.customer;
SELECT count(*) FROM datamesh.domains WHERE name = 'rd_sales';
SELECT count(*) FROM datamesh.products WHERE domain = 'rd_sales';
-- and its schema is free again
SELECT dm_register_domain('rd_again', schemas => '{rd_sales}');
SELECT dm_drop_domain('rd_again');
RESET ROLE;
SELECT dm_drop_domain('rd_empty');
DROP TABLE rd_temp;
SET client_min_messages = warning;
DROP SCHEMA rd_sales, "rd Odd Schema", rd_other CASCADE;
DROP ROLE regress_rd_owner, regress_rd_heir, regress_rd_etl, regress_rd_other, regress_rd_both;
