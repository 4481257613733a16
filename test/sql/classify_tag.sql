-- Tags: the tree, what is inherited along it, the stock taxonomy, and who may change them.
CREATE ROLE regress_ct_steward;
CREATE ROLE regress_ct_owner;
CREATE ROLE regress_ct_reader;
CREATE SCHEMA ct AUTHORIZATION regress_ct_owner;

-- governance is handed out by GRANT
SET ROLE regress_ct_steward;
SELECT dm_create_tag('ct');
SELECT dm_alter_tag('ct', 'x');
SELECT dm_drop_tag('ct');
SELECT dm_load_taxonomy();
RESET ROLE;
GRANT EXECUTE ON FUNCTION dm_create_tag, dm_alter_tag, dm_drop_tag, dm_load_taxonomy TO regress_ct_steward;
SET ROLE regress_ct_steward;
SELECT dm_create_tag('ct', 'all of ours', 'dm_mask_text(keep_last => 1)');
SELECT dm_create_tag('ct.email', 'an address', mask => 'DM_Mask_Email');
SELECT dm_create_tag('ct.email.work');
SELECT dm_create_tag('ct.phone', mask => E'dm_mask_text(\n 2 , -- two\n fill => ''#'')');
SELECT dm_create_tag('ct_other', 'describes only');
SELECT name, parent, description, own_mask, mask, token_key, created_by FROM datamesh.tags WHERE name LIKE 'ct%' ORDER BY name;

-- names
SELECT dm_create_tag('ct');
SELECT dm_create_tag('ct.a.b');
SELECT dm_create_tag('CT.x');
SELECT dm_create_tag('ct..x');
SELECT dm_create_tag('ct.');
SELECT dm_create_tag('.ct');
SELECT dm_create_tag('ct x');
SELECT dm_create_tag('ct,x');
SELECT dm_create_tag('ct:raw');
SELECT dm_create_tag('1ct');
SELECT dm_create_tag('');
SELECT dm_create_tag(NULL);
SELECT dm_create_tag('ct.' || repeat('t', 60)) ~ '^ct.t+$' AS fits;
SELECT dm_create_tag('ct.' || repeat('t', 61));
SELECT dm_create_tag('ct.x', token_key => 'ct_no_such_key');
SELECT dm_alter_tag('ct.emial', mask => 'dm_mask_null()');
SELECT dm_alter_tag('ct.email', token_key => 'ct_no_such_key');
SELECT dm_alter_tag('ct.email', mask => 'dm_mask_nul()');
SELECT count(*) FROM datamesh.tags WHERE name LIKE 'ct%' AND name NOT LIKE '%ttt%';

-- a change reaches the ports of all columns that inherit it, at once
RESET ROLE;
SELECT dm_register_purpose('ct_reports');
SET ROLE regress_ct_owner;
CREATE TABLE ct.t AS SELECT 'ann@example.org' AS work, 'bob@example.org' AS other, 'hello' AS plain;
SELECT dm_register_domain('ct', schemas => '{ct}'), dm_register_product('ct.p', open_ended => true);
SELECT dm_classify('ct.t', 'work', 'ct.email.work'), dm_classify('ct.t', 'other', 'ct_other', 'ct'), dm_classify('ct.t', 'plain', 'ct_other');
SELECT dm_add_port('ct.p', 'ct.t'), dm_publish('ct.p');
SELECT dm_grant_access('ct.p', 'regress_ct_reader', 'ct_reports') > 0 AS granted;
SET plan_cache_mode = force_generic_plan;
SET datamesh.purpose = 'ct_reports';
SET ROLE regress_ct_reader;
PREPARE q AS SELECT * FROM ct_p_v1.t;
EXECUTE q;
SET ROLE regress_ct_steward;
SELECT dm_alter_tag('ct.email', mask => 'dm_mask_text(fill => ''x'')');
SET ROLE regress_ct_reader;
EXECUTE q;
SET ROLE regress_ct_steward;
SELECT dm_alter_tag('ct.email.work', mask => 'dm_mask_null');
SELECT dm_alter_tag('ct', mask => 'dm_mask_hash()');
SELECT dm_alter_tag('ct_other', mask => 'dm_mask_text(1)');
SET ROLE regress_ct_reader;
EXECUTE q;
SELECT name, own_mask, mask FROM datamesh.tags WHERE name LIKE 'ct%' AND name NOT LIKE '%ttt%' ORDER BY name;
-- and only as a whole
SET ROLE regress_ct_owner;
CREATE TABLE ct.number AS SELECT 5 AS n;
SELECT dm_classify('ct.number', 'n', 'ct.email.work');
SET ROLE regress_ct_steward;
SELECT dm_alter_tag('ct.email.work', description => 'no change', mask => 'dm_mask_email()');
SELECT description, own_mask FROM datamesh.tags WHERE name = 'ct.email.work';
BEGIN;
SELECT dm_alter_tag('ct_other', mask => 'dm_mask_null()');
SET LOCAL ROLE regress_ct_reader;
EXECUTE q;
ROLLBACK;
SET ROLE regress_ct_reader;
EXECUTE q;

-- what is in use is not dropped
SET ROLE regress_ct_steward;
SELECT dm_drop_tag('ct.email');
SELECT dm_drop_tag('ct.email.work');
SELECT dm_drop_tag('ct_other');
SELECT dm_drop_tag('ct.nothing');
SELECT dm_drop_tag('ct.phone');
-- neither is a tag that an agreement clears
SET ROLE regress_ct_steward;
SELECT dm_create_tag('ct_clear');
SET ROLE regress_ct_owner;
SELECT dm_grant_access('ct.p', 'regress_ct_reader', 'ct_reports', '{ct_clear}') > 0 AS granted;
SET ROLE regress_ct_steward;
\set VERBOSITY terse
SELECT dm_drop_tag('ct_clear');
\set VERBOSITY default
SET ROLE regress_ct_owner;
SELECT dm_deprecate('ct.p'), dm_retire('ct.p'), dm_drop_domain('ct');
SET ROLE regress_ct_steward;
SELECT dm_drop_tag('ct_clear');

-- the stock taxonomy: what the site has stays, the rest is added
BEGIN;
SELECT dm_create_tag('pii', 'ours', 'dm_mask_hash()');
SELECT dm_load_taxonomy();
SELECT dm_load_taxonomy('default');
SELECT name, mask, token_key FROM datamesh.tags WHERE name !~ '^ct' ORDER BY name;
SELECT key, version, current, users FROM datamesh.token_keys WHERE key = 'default';
ROLLBACK;
SELECT dm_load_taxonomy('defualt');
SELECT dm_load_taxonomy(NULL);
SELECT * FROM datamesh.taxonomy;

RESET ROLE;
SET client_min_messages = warning;
DROP SCHEMA ct CASCADE;
SELECT count(dm_drop_tag(name)) FROM (SELECT name FROM datamesh.tags WHERE name LIKE 'ct%' ORDER BY length(name) DESC) t;
SELECT dm_drop_purpose('ct_reports');
REVOKE EXECUTE ON FUNCTION dm_create_tag, dm_alter_tag, dm_drop_tag, dm_load_taxonomy FROM regress_ct_steward;
DROP ROLE regress_ct_steward, regress_ct_owner, regress_ct_reader;
