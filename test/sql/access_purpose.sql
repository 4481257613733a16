-- Purposes: the tree, its names, who may change it, what keeps one from being dropped.
CREATE ROLE regress_purpose_steward;
CREATE ROLE regress_purpose_owner;
CREATE ROLE regress_purpose_reader;
CREATE SCHEMA acp AUTHORIZATION regress_purpose_owner;
CREATE TABLE acp.thing (id int);
ALTER TABLE acp.thing OWNER TO regress_purpose_owner;

-- a governance function
SET ROLE regress_purpose_steward;
SELECT dm_register_purpose('acp_analysis');
SELECT dm_drop_purpose('acp_analysis');
RESET ROLE;
GRANT EXECUTE ON FUNCTION dm_register_purpose, dm_drop_purpose TO regress_purpose_steward;

SET ROLE regress_purpose_steward;
SELECT dm_register_purpose('acp_analysis', 'all analysis');
SELECT dm_register_purpose('acp_reporting', 'reports', parent => 'acp_analysis');
SELECT dm_register_purpose('acp_weekly', parent => 'acp_reporting');
SELECT dm_register_purpose('acp_fraud');

-- names
SELECT dm_register_purpose('acp_fraud');
SELECT dm_register_purpose(NULL);
SELECT dm_register_purpose('');
SELECT dm_register_purpose('Acp');
SELECT dm_register_purpose('acp.x');
SELECT dm_register_purpose('acp''; DROP TABLE acp.thing; --');
SELECT dm_register_purpose(repeat('x', 64));
SELECT dm_register_purpose('acp_x', description => '');
SELECT dm_register_purpose('acp_x', parent => 'acp_repotring');
SELECT dm_register_purpose('acp_x', parent => 'acp_x');
SELECT dm_register_purpose('acp_x', parent => 'nothing of the kind');
SELECT dm_register_purpose('acp_x', description => 'it''s; DROP SCHEMA acp; --');
SELECT description FROM datamesh.purposes WHERE name = 'acp_x';
SELECT dm_drop_purpose('acp_x');
SELECT dm_drop_purpose('acp_x');
SELECT dm_drop_purpose(NULL);
RESET ROLE;

-- everybody sees purposes, nobody reads the table
SET ROLE regress_purpose_reader;
SELECT name, parent, description, created_by FROM datamesh.purposes WHERE name LIKE 'acp%' ORDER BY name;
SELECT * FROM datamesh.purpose;
RESET ROLE;

-- what uses a purpose
SELECT dm_register_domain('acp', 'regress_purpose_owner', '{acp}');
SET ROLE regress_purpose_owner;
SELECT dm_register_product('acp.things');
SELECT dm_add_port('acp.things', 'acp.thing');
SELECT dm_publish('acp.things');
RESET ROLE;
SET ROLE regress_purpose_reader;
SELECT dm_request_access('acp.things', 'acp_weekly', until => now() + interval '1 day') AS request \gset
RESET ROLE;

SET ROLE regress_purpose_steward;
SELECT dm_drop_purpose('acp_analysis');
SELECT dm_drop_purpose('acp_weekly');
SET ROLE regress_purpose_owner;
SELECT dm_approve_access(:request) AS agreement \gset
SET ROLE regress_purpose_steward;
SELECT dm_drop_purpose('acp_weekly');
SET ROLE regress_purpose_owner;
SELECT dm_revoke_access(:agreement);
SET ROLE regress_purpose_steward;
SELECT dm_drop_purpose('acp_weekly');
SELECT dm_drop_purpose('acp_reporting');
SELECT dm_drop_purpose('acp_analysis');
SELECT dm_drop_purpose('acp_fraud');
SELECT name FROM datamesh.purposes WHERE name LIKE 'acp%';
RESET ROLE;

-- the history keeps the name
SELECT purpose, state FROM datamesh.agreements WHERE id = :agreement;

SELECT dm_deprecate('acp.things');
SELECT dm_retire('acp.things');
SELECT dm_drop_domain('acp');
REVOKE EXECUTE ON FUNCTION dm_register_purpose, dm_drop_purpose FROM regress_purpose_steward;
DROP SCHEMA acp CASCADE;
DROP ROLE regress_purpose_steward, regress_purpose_owner, regress_purpose_reader;
