-- Agreements: privileges come and go with them; the ends of an agreement.
CREATE ROLE regress_acc_owner;
CREATE ROLE regress_acc_alice;
CREATE ROLE regress_acc_team;
CREATE ROLE "regress_acc Bob" IN ROLE regress_acc_team;
CREATE ROLE regress_acc_auditor;
CREATE SCHEMA acg AUTHORIZATION regress_acc_owner;
CREATE SCHEMA acg2 AUTHORIZATION regress_acc_owner;
SET ROLE regress_acc_owner;
CREATE TABLE acg.client AS SELECT 1 AS id, 'a@b.c' AS email;
CREATE TABLE acg."Odd Table" AS SELECT 1 AS id;
CREATE TABLE acg2.bill AS SELECT 1 AS id;
RESET ROLE;

-- what a role may read
CREATE VIEW acc_reads AS
SELECT r.rolname, n.nspname, c.relname, has_schema_privilege(r.oid, n.oid, 'USAGE') AS usage
FROM pg_roles r, pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE r.rolname ~ '^regress_acc_?( Bob|alice|team)' AND n.nspname ~ '^acg2?_'
	AND has_table_privilege(r.oid, c.oid, 'SELECT')
ORDER BY 1, 2, 3;

-- error texts without numbers
CREATE FUNCTION pg_temp.fails(command text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE command;
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ': ' || regexp_replace(SQLERRM, '\d+', 'N', 'g');
END $$;

SELECT dm_register_purpose('acg_reports');
SELECT dm_register_purpose('acg_audit');
SELECT dm_register_domain('acg', 'regress_acc_owner', '{acg}');
SELECT dm_register_domain('acg2', 'regress_acc_owner', '{acg2}');
SET ROLE regress_acc_owner;
SELECT dm_register_product('acg.clients');
SELECT dm_register_product('acg2.bills', open_ended => true);

-- bad grants
SELECT dm_grant_access('acg.clients', 'regress_acc_alice', 'acg_reports', until => 'tomorrow');
SELECT dm_add_port('acg.clients', 'acg.client');
SELECT dm_grant_access(NULL, 'regress_acc_alice', 'acg_reports', until => 'tomorrow');
SELECT dm_grant_access('acg.clients', NULL, 'acg_reports', until => 'tomorrow');
SELECT dm_grant_access('acg.clients', 'regress_acc_nobody', 'acg_reports', until => 'tomorrow');
SELECT dm_grant_access('acg.clients', 0::regrole, 'acg_reports', until => 'tomorrow');
SELECT dm_grant_access('acg.clients', 'regress_acc_alice', 'acg_report', until => 'tomorrow');
SELECT pg_temp.fails($$SELECT dm_grant_access('acg.clients', 'regress_acc_alice', 'acg_reports', '{acg_tag}', 'tomorrow')$$);
SELECT dm_grant_access('acg.clients', 'regress_acc_alice', 'acg_reports');
SELECT dm_grant_access('acg.clients', 'regress_acc_alice', 'acg_reports', until => 'yesterday');
SELECT dm_grant_access('acg.clients', 'regress_acc_alice', 'acg_reports', until => 'tomorrow', valid_from => 'yesterday');
SELECT dm_grant_access('acg.clients', 'regress_acc_alice', 'acg_reports', until => 'tomorrow', valid_from => 'infinity');
SELECT dm_grant_access('acg.clients', 'regress_acc_owner', 'acg_reports', until => 'tomorrow');
SET ROLE regress_acc_alice;
SELECT dm_grant_access('acg.clients', 'regress_acc_team', 'acg_reports', until => 'tomorrow');
RESET ROLE;
GRANT regress_acc_team TO regress_acc_owner;
SET ROLE regress_acc_owner;
SELECT dm_grant_access('acg.clients', 'regress_acc_team', 'acg_reports', until => 'tomorrow');
RESET ROLE;
REVOKE regress_acc_team FROM regress_acc_owner;
SELECT count(*) FROM datamesh.agreements WHERE product = 'acg.clients';

-- a draft's agreements come into effect when it is published, and hold for later ports
SET ROLE regress_acc_owner;
SELECT dm_grant_access('acg.clients', 'regress_acc_alice', 'acg_reports', until => now() + interval '1 day') AS a1 \gset
SELECT dm_grant_access('acg.clients', 'regress_acc_team', 'acg_reports', until => now() + interval '1 day') AS t1 \gset
RESET ROLE;
TABLE acc_reads;
SET ROLE regress_acc_owner;
SELECT dm_publish('acg.clients');
RESET ROLE;
TABLE acc_reads;
SET ROLE regress_acc_owner;
SELECT dm_add_port('acg.clients', 'acg."Odd Table"');
RESET ROLE;
TABLE acc_reads;

-- two agreements of one consumer: the privileges go with the last one
SET ROLE regress_acc_owner;
SELECT dm_grant_access('acg.clients', 'regress_acc_alice', 'acg_audit', until => now() + interval '1 day',
	valid_from => now() + interval '1 hour') AS a2 \gset
SELECT dm_revoke_access(:a1, 'no longer needed');
SELECT pg_temp.fails(format('SELECT dm_revoke_access(%s)', :a1));
SELECT consumer, purpose, state, end_reason, ended_by FROM datamesh.agreements ORDER BY id;
SET ROLE regress_acc_alice;
SELECT product, purpose, state, through, ports FROM dm_my_access();
SET ROLE "regress_acc Bob";
SELECT product, purpose, state, through, ports FROM dm_my_access();
SELECT pg_temp.fails(format('SELECT dm_revoke_access(%s)', :a2));
-- a consumer may give back
SELECT dm_revoke_access(:t1);
RESET ROLE;
TABLE acc_reads;
SELECT pg_temp.fails('SELECT dm_revoke_access(-1)');
SELECT dm_revoke_access(NULL);

-- the clock: refused at once, cleared up later, by anybody
SET ROLE regress_acc_owner;
SELECT dm_add_port('acg2.bills', 'acg2.bill');
SELECT dm_publish('acg2.bills');
SELECT dm_grant_access('acg2.bills', 'regress_acc_team', 'acg_reports') AS t2 \gset
RESET ROLE;
UPDATE datamesh.agreement SET valid_until = now() - interval '1 minute' WHERE id = :t2;
SELECT state, ended_at IS NULL AS open FROM datamesh.agreements WHERE id = :t2;
SET ROLE regress_acc_auditor;
SELECT * FROM datamesh.agreements;
SELECT dm_expire_agreements();
SELECT dm_expire_agreements();
RESET ROLE;
GRANT SELECT ON datamesh.agreement TO regress_acc_auditor;
SET ROLE regress_acc_auditor;
SELECT product, consumer, state, ended_at = valid_until AS by_clock, ended_by
FROM datamesh.agreements WHERE purpose LIKE 'acg%' ORDER BY id;
RESET ROLE;
TABLE acc_reads;
REVOKE SELECT ON datamesh.agreement FROM regress_acc_auditor;

-- a name alone is the version in use, '@' tells another one
SET ROLE regress_acc_owner;
SELECT dm_register_product('acg2.bills@2', open_ended => true);
SELECT dm_add_port('acg2.bills@2', 'acg2.bill');
SELECT dm_publish('acg2.bills@2');
SELECT dm_grant_access('acg2.bills', 'regress_acc_alice', 'acg_reports') AS v2 \gset
SELECT dm_grant_access('acg2.bills@1', 'regress_acc_alice', 'acg_reports') AS v1 \gset
SELECT product FROM datamesh.agreements WHERE id IN (:v1, :v2) ORDER BY id;
RESET ROLE;
TABLE acc_reads;

SELECT dm_deprecate('acg2.bills@1', successor => 'acg2.bills@2'), dm_deprecate('acg.clients');
SELECT dm_grant_access('acg2.bills@1', 'regress_acc_team', 'acg_reports');
SELECT dm_deprecate('acg2.bills');
SELECT dm_grant_access('acg2.bills', 'regress_acc_team', 'acg_reports');
SELECT dm_retire('acg2.bills@1'), dm_retire('acg2.bills@2'), dm_retire('acg.clients');
SELECT dm_drop_domain('acg'), dm_drop_domain('acg2');
SELECT dm_drop_purpose('acg_reports'), dm_drop_purpose('acg_audit');
DROP VIEW acc_reads;
DROP SCHEMA acg, acg2 CASCADE;
DROP ROLE "regress_acc Bob", regress_acc_team, regress_acc_alice, regress_acc_owner, regress_acc_auditor;
