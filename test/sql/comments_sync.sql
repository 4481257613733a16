-- Comments and the descriptions of a contract: which of them wins is said by the call.
CREATE ROLE regress_cs_owner;
CREATE ROLE regress_cs_manager;
CREATE ROLE regress_cs_other;
CREATE SCHEMA cs AUTHORIZATION regress_cs_owner;
SET ROLE regress_cs_owner;
SET search_path = cs, public;
SELECT dm_register_domain('cs', schemas => '{cs}', producers => '{regress_cs_manager}'), dm_register_product('cs.shop', 'the shop', owner => 'regress_cs_manager') \g /dev/null
CREATE TABLE customer (id int PRIMARY KEY, mail text, old text);
COMMENT ON TABLE customer IS 'who buys';
COMMENT ON COLUMN customer.mail IS 'how to reach them';
SELECT dm_add_port('cs.shop', 'customer') \g /dev/null
ALTER TABLE customer RENAME old TO new_name;

SELECT * FROM dm_sync_comments('cs.shop');
SELECT dm_import_contract(dm_describe_contract('cs.shop'));
SELECT * FROM dm_sync_comments('cs.shop');

-- a comment on the table, one on the port, one that says the same
COMMENT ON COLUMN customer.mail IS E'it''s "new":\n- of the table';
COMMENT ON VIEW cs_shop_v1.customer IS 'who buys here';
COMMENT ON COLUMN customer.new_name IS 'renamed';
SELECT dm_alter_product('cs.shop', description => 'the new shop') \g /dev/null
SELECT * FROM dm_sync_comments('cs.shop');
SELECT source, severity, pointer, message FROM dm_contract_findings('cs.shop') WHERE message LIKE '%comment%';
-- the comments win: into the draft
SELECT object, action FROM dm_sync_comments('cs.shop', 'to_contract');
SELECT * FROM dm_sync_comments('cs.shop');
SELECT version, state, note FROM datamesh.contract_versions WHERE product = 'cs.shop';
SELECT jsonb_path_query_array(dm_yaml_to_jsonb(dm_export_contract('cs.shop')), '$.**.description');
SELECT col_description('cs_shop_v1.customer'::regclass, 2), col_description('cs_shop_v1.customer'::regclass, 3);

-- published: a patch
SELECT dm_publish('cs.shop') \g /dev/null
COMMENT ON COLUMN customer.id IS 'a number';
SELECT object, pointer, comment, description, action FROM dm_sync_comments('cs.shop', 'to_contract');
SELECT version, state, note FROM datamesh.contract_versions WHERE product = 'cs.shop' ORDER BY 1;
SELECT dm_publish('cs.shop') \g /dev/null
SELECT version, state FROM datamesh.contract_versions WHERE product = 'cs.shop' ORDER BY 1;

-- the contract wins: on ports by whoever manages the product, on tables by their owner
COMMENT ON COLUMN cs_shop_v1.customer.mail IS 'nonsense';
COMMENT ON COLUMN customer.id IS NULL;
COMMENT ON COLUMN cs_shop_v1.customer.id IS NULL;
SET ROLE regress_cs_manager;
SELECT object, comment, action FROM dm_sync_comments('cs.shop', 'to_comments');
SET ROLE regress_cs_owner;
SELECT col_description('cs.customer'::regclass, 2), col_description('cs_shop_v1.customer'::regclass, 2);
COMMENT ON COLUMN customer.mail IS 'nonsense';
SELECT object, comment, action FROM dm_sync_comments('cs.shop', 'to_comments');
SELECT col_description('customer'::regclass, 2);
SELECT * FROM dm_sync_comments('cs.shop');

-- bad input, strangers
SELECT * FROM dm_sync_comments('cs.shop', 'upwards');
SELECT * FROM dm_sync_comments(NULL);
SELECT * FROM dm_sync_comments('cs.chop');
SET ROLE regress_cs_other;
SELECT * FROM dm_sync_comments('cs.shop');
SELECT * FROM dm_sync_comments('cs.shop', 'to_comments');
SET ROLE regress_cs_owner;
BEGIN READ ONLY;
SELECT count(*) FROM dm_sync_comments('cs.shop');
SELECT * FROM dm_sync_comments('cs.shop', 'to_comments');
ROLLBACK;
SELECT dm_deprecate('cs.shop') \g /dev/null
SELECT dm_retire('cs.shop') \g /dev/null
SELECT dm_drop_domain('cs') \g /dev/null
RESET ROLE;
DROP SCHEMA cs CASCADE;
DROP ROLE regress_cs_owner, regress_cs_manager, regress_cs_other;
