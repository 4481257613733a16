-- Requests for access: asking, deciding, who sees what.
CREATE ROLE regress_req_owner;
CREATE ROLE regress_req_lead;
CREATE ROLE regress_req_alice;
CREATE ROLE regress_req_team;
CREATE ROLE regress_req_bob IN ROLE regress_req_team;
CREATE ROLE regress_req_both IN ROLE regress_req_team, regress_req_owner;
CREATE ROLE regress_req_auditor;
CREATE SCHEMA acr AUTHORIZATION regress_req_owner;
CREATE TABLE acr.client (id int, email text);
ALTER TABLE acr.client OWNER TO regress_req_owner;

-- A command's error without the numbers, which depend on what ran before.
CREATE FUNCTION pg_temp.fails(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
	hint text;
BEGIN
	EXECUTE command;
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN regexp_replace(concat_ws(E'\n', SQLSTATE || ': ' || SQLERRM, nullif(detail, ''), nullif(hint, '')),
		'(request |agreement |\()\d+', '\1N', 'gi');
END $$;

SELECT dm_register_purpose('acr_reports');
SELECT dm_register_purpose('acr_fraud');
SELECT dm_create_key('acr_key') IS NOT NULL AS key;
SELECT dm_create_tag('acr', token_key => 'acr_key');
SELECT dm_create_tag('acr.email');
SELECT dm_create_tag('acr_plain');
SELECT dm_register_domain('acr', 'regress_req_owner', '{acr}');
SET ROLE regress_req_owner;
SELECT dm_register_product('acr.clients');
SELECT dm_register_product('acr.news');
SELECT dm_add_producer('acr', 'regress_req_lead');
SELECT dm_alter_product('acr.clients', owner => 'regress_req_lead');

-- asking too early
SET ROLE regress_req_alice;
SELECT dm_request_access('acr.clients', 'acr_reports', until => 'tomorrow');
SET ROLE regress_req_owner;
SELECT dm_add_port('acr.clients', 'acr.client');
SELECT dm_publish('acr.clients');

-- bad requests
SET ROLE regress_req_alice;
SELECT dm_request_access(NULL, 'acr_reports');
SELECT dm_request_access('acr.clients', NULL);
SELECT dm_request_access('acr.clientz', 'acr_reports');
SELECT dm_request_access('acr.clients', 'acr_report');
SELECT dm_request_access('acr.clients', 'acr_reports');
SELECT dm_request_access('acr.clients', 'acr_reports', until => 'infinity');
SELECT dm_request_access('acr.clients', 'acr_reports', until => now());
SELECT dm_request_access('acr.clients', 'acr_reports', '{acr.emial}', 'tomorrow');
SELECT dm_request_access('acr.clients', 'acr_reports', '{acr.email:clear}', 'tomorrow');
SELECT dm_request_access('acr.clients', 'acr_reports', '{acr_plain:token}', 'tomorrow');
SELECT dm_request_access('acr.clients', 'acr_reports', '{NULL}', 'tomorrow');
SELECT dm_request_access('acr.clients', 'acr_reports', until => 'tomorrow', reason => '');
SET ROLE regress_req_lead;
SELECT dm_request_access('acr.clients', 'acr_reports', until => 'tomorrow');
RESET ROLE;
SELECT dm_request_access('acr.clients', 'acr_reports', until => 'tomorrow');
SELECT count(*) FROM datamesh.access_requests WHERE purpose LIKE 'acr%';

-- a good one: the clearance is stored without what it says twice
SET ROLE regress_req_alice;
SELECT dm_request_access('acr.clients', 'acr_reports', '{acr_plain:raw,acr.email:token,acr:token,acr_plain}',
	now() + interval '1 day', 'weekly; DROP TABLE acr.client') AS alice \gset
SELECT product, requester, purpose, clearance, reason, state, agreement FROM datamesh.access_requests;
SELECT pg_temp.fails($$SELECT dm_request_access('acr.clients', 'acr_reports', '{acr:token,acr_plain}', 'tomorrow')$$);
SELECT * FROM datamesh.access_request;

-- parties, managers and auditors see it
SET ROLE regress_req_bob;
SELECT count(*) FROM datamesh.access_requests;
SELECT pg_temp.fails(format('SELECT dm_withdraw_request(%s)', :alice));
SELECT dm_approve_access(:alice);
SET ROLE regress_req_lead;
SELECT count(*) FROM datamesh.access_requests;
SET ROLE regress_req_auditor;
SELECT count(*) FROM datamesh.access_requests;
RESET ROLE;
GRANT SELECT ON datamesh.access_request TO regress_req_auditor;
SET ROLE regress_req_auditor;
SELECT count(*) FROM datamesh.access_requests WHERE purpose LIKE 'acr%';

-- an approval narrows and never widens
SET ROLE regress_req_owner;
SELECT pg_temp.fails(format('SELECT dm_approve_access(%s, ''{acr.email}'')', :alice));
SELECT pg_temp.fails(format('SELECT dm_approve_access(%s, until => now() + interval ''2 days'')', :alice));
SELECT pg_temp.fails(format('SELECT dm_approve_access(%s, until => ''infinity'')', :alice));
SELECT pg_temp.fails(format('SELECT dm_approve_access(%s, until => ''yesterday'')', :alice));
SELECT has_table_privilege('regress_req_alice', 'acr_clients_v1.client', 'SELECT');
SELECT dm_approve_access(:alice, '{acr.email:token}', now() + interval '1 hour') AS agreement \gset
SELECT has_table_privilege('regress_req_alice', 'acr_clients_v1.client', 'SELECT'),
	has_schema_privilege('regress_req_alice', 'acr_clients_v1', 'USAGE');
SELECT r.state, r.decided_by, r.agreement = a.id AS linked, a.request = r.id AS linked_back, a.consumer,
	a.purpose, a.clearance, a.state, a.valid_until < r.until AS earlier
FROM datamesh.access_requests r JOIN datamesh.agreements a ON a.request = r.id;
SELECT pg_temp.fails(format('SELECT dm_approve_access(%s)', :alice));
SELECT pg_temp.fails(format('SELECT dm_deny_access(%s)', :alice));
SELECT pg_temp.fails('SELECT dm_approve_access(-7)');
SELECT dm_approve_access(NULL);

-- nobody approves a request of his own, by whichever role he comes
RESET ROLE;
SET SESSION AUTHORIZATION regress_req_both;
SET ROLE regress_req_team;
SELECT dm_request_access('acr.clients', 'acr_fraud', until => now() + interval '1 day') AS team \gset
RESET ROLE;
SELECT pg_temp.fails(format('SELECT dm_approve_access(%s)', :team));
SET ROLE regress_req_owner;
SELECT pg_temp.fails(format('SELECT dm_approve_access(%s)', :team));
RESET SESSION AUTHORIZATION;
SET ROLE regress_req_lead;
SELECT dm_deny_access(:team, 'not now');
SET ROLE regress_req_bob;
SELECT requester, state, decided_by, decision_reason FROM datamesh.access_requests;

-- withdrawing, and what a deprecated and a retired product do
SET ROLE regress_req_team;
SELECT dm_request_access('acr.clients', 'acr_fraud', until => now() + interval '1 day') AS team \gset
SET ROLE regress_req_bob;
SELECT dm_withdraw_request(:team);
SELECT dm_request_access('acr.clients', 'acr_fraud', until => now() + interval '1 day') AS bob \gset
SET ROLE regress_req_owner;
SELECT pg_temp.fails(format('SELECT dm_approve_access(%s)', :team));
SELECT dm_deprecate('acr.clients', successor => 'acr.news');
SELECT pg_temp.fails(format('SELECT dm_approve_access(%s)', :bob));
SELECT dm_retire('acr.clients');
SELECT requester, state, decision_reason FROM datamesh.access_requests ORDER BY id;
SELECT consumer, state, end_reason FROM datamesh.agreements;

SELECT dm_retire('acr.news');
SELECT dm_drop_domain('acr');
RESET ROLE;
SELECT dm_drop_tag('acr.email'), dm_drop_tag('acr'), dm_drop_tag('acr_plain');
SELECT dm_drop_purpose('acr_reports'), dm_drop_purpose('acr_fraud');
REVOKE SELECT ON datamesh.access_request FROM regress_req_auditor;
DROP SCHEMA acr CASCADE;
DROP ROLE regress_req_both, regress_req_bob, regress_req_team, regress_req_alice, regress_req_lead,
	regress_req_owner, regress_req_auditor;
