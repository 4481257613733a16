-- Consumers that leave, and roles that change sides: forgetting, dropping, becoming the owner.
CREATE ROLE regress_rol_owner;
CREATE ROLE regress_rol_other;
CREATE ROLE regress_rol_alice;
CREATE ROLE regress_rol_carl;
CREATE ROLE regress_rol_dora;
CREATE ROLE regress_rol_bob;
CREATE SCHEMA aco AUTHORIZATION regress_rol_owner;
CREATE SCHEMA aco2 AUTHORIZATION regress_rol_other;
CREATE TABLE aco.client AS SELECT 1 AS id;
ALTER TABLE aco.client OWNER TO regress_rol_owner;
CREATE TABLE aco2.bill AS SELECT 1 AS id;
ALTER TABLE aco2.bill OWNER TO regress_rol_other;

SELECT dm_register_purpose('aco_reports');
SELECT dm_register_domain('aco', 'regress_rol_owner', '{aco}');
SELECT dm_register_domain('aco2', 'regress_rol_other', '{aco2}');
SET ROLE regress_rol_other;
SELECT dm_register_product('aco2.bills', open_ended => true);
SELECT dm_add_port('aco2.bills', 'aco2.bill');
SELECT dm_publish('aco2.bills');
SET ROLE regress_rol_owner;
SELECT dm_register_product('aco.clients', open_ended => true);
SELECT dm_add_port('aco.clients', 'aco.client');

-- a draft gives no privileges, so nothing keeps its consumer from being dropped
SELECT dm_grant_access('aco.clients', 'regress_rol_carl', 'aco_reports') AS carl \gset
SELECT dm_grant_access('aco.clients', 'regress_rol_alice', 'aco_reports') AS alice \gset
RESET ROLE;
DROP ROLE regress_rol_carl;
SET ROLE regress_rol_owner;
SELECT dm_publish('aco.clients');
SELECT state, end_reason FROM datamesh.agreements WHERE id IN (:carl, :alice) ORDER BY id;

-- DROP OWNED takes the privileges and knows nothing of agreements
SELECT dm_grant_access('aco.clients', 'regress_rol_dora', 'aco_reports') AS dora \gset
RESET ROLE;
DROP OWNED BY regress_rol_dora;
DROP ROLE regress_rol_dora;
SELECT state FROM datamesh.agreements WHERE id = :dora;
SELECT dm_expire_agreements();
SELECT state, end_reason FROM datamesh.agreements WHERE id = :dora;

-- forgetting a role, by a stranger, by one of two teams, by a superuser
SET ROLE regress_rol_other;
SELECT dm_grant_access('aco2.bills', 'regress_rol_alice', 'aco_reports') AS alice2 \gset
SET ROLE regress_rol_alice;
SELECT dm_request_access('aco2.bills', 'aco_reports') AS asked \gset
SET ROLE regress_rol_bob;
SELECT dm_forget_role('regress_rol_alice');
SELECT dm_forget_role(NULL);
SELECT dm_forget_role('regress_rol_bob');
SET ROLE regress_rol_owner;
SELECT dm_forget_role('regress_rol_alice');
SELECT state FROM datamesh.agreements WHERE id = :alice;
RESET ROLE;
\set VERBOSITY terse
DROP ROLE regress_rol_alice;
\set VERBOSITY default
SELECT dm_forget_role('regress_rol_alice');
SELECT dm_forget_role('regress_rol_alice');
DROP ROLE regress_rol_alice;
SELECT product, state, end_reason FROM datamesh.agreements WHERE id IN (:alice, :alice2) ORDER BY id;
SELECT state, decision_reason FROM datamesh.access_requests WHERE id = :asked;

-- by a team that manages all of it, and by the role itself
SET ROLE regress_rol_owner;
SELECT dm_grant_access('aco.clients', 'regress_rol_bob', 'aco_reports') IS NULL AS failed;
SELECT dm_forget_role('regress_rol_bob');
SELECT dm_grant_access('aco.clients', 'regress_rol_bob', 'aco_reports') IS NULL AS failed;
SET ROLE regress_rol_bob;
SELECT dm_forget_role('regress_rol_bob');
RESET ROLE;
SELECT has_table_privilege('regress_rol_bob', 'aco_clients_v1.client', 'SELECT');

-- a consumer that becomes the owner keeps its rights on the ports when the agreement ends
SET ROLE regress_rol_owner;
SELECT dm_grant_access('aco.clients', 'regress_rol_bob', 'aco_reports') AS bob \gset
RESET ROLE;
SELECT dm_transfer_domain('aco', 'regress_rol_bob');
SET ROLE regress_rol_bob;
SELECT dm_revoke_access(:bob);
SELECT * FROM aco_clients_v1.client;
RESET ROLE;

SELECT dm_deprecate('aco.clients'), dm_deprecate('aco2.bills');
SELECT dm_retire('aco.clients'), dm_retire('aco2.bills');
SELECT dm_drop_domain('aco'), dm_drop_domain('aco2');
SELECT dm_drop_purpose('aco_reports');
DROP SCHEMA aco, aco2 CASCADE;
DROP ROLE regress_rol_owner, regress_rol_other, regress_rol_bob;
