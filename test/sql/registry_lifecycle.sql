-- The status of a product: every legal step, every illegal one, and what readers notice.
CREATE ROLE regress_rl_owner;
CREATE ROLE regress_rl_reader;
CREATE SCHEMA rl AUTHORIZATION regress_rl_owner;
SELECT dm_register_purpose('rl_reports');
SET ROLE regress_rl_owner;
CREATE TABLE rl.t AS SELECT 1 AS id;
SELECT dm_register_domain('rl', schemas => '{rl}');
SELECT dm_register_product('rl.' || p) FROM unnest('{proposed,draft,active,deprecated,retired}'::text[]) p;
SELECT count(dm_add_port('rl.' || p, 'rl.t')) FROM unnest('{draft,active,deprecated,retired}'::text[]) p;
SELECT count(dm_publish('rl.' || p)) FROM unnest('{active,deprecated,retired}'::text[]) p;
SELECT count(dm_deprecate('rl.' || p)) FROM unnest('{deprecated,retired}'::text[]) p;
SELECT dm_retire('rl.retired');
SELECT name, status, published_at IS NOT NULL AS published, deprecated_at IS NOT NULL AS deprecated,
	retired_at IS NOT NULL AS retired FROM datamesh.products WHERE domain = 'rl' ORDER BY name;

-- every call in every status
CREATE FUNCTION pg_temp.try(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	hint text;
BEGIN
	EXECUTE 'SELECT ' || call;
	RAISE EXCEPTION USING errcode = 'XXDON';
EXCEPTION
	WHEN SQLSTATE 'XXDON' THEN RETURN 'done';
	WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
		RETURN SQLSTATE || ': ' || SQLERRM || coalesce(' / ' || nullif(hint, ''), '');
END $$;
\pset format unaligned
SELECT c.call, s.status, pg_temp.try(format(c.call, 'rl.' || s.status)) AS result
FROM unnest('{proposed,draft,active,deprecated,retired}'::text[]) WITH ORDINALITY s(status, i),
	unnest(ARRAY['dm_add_port(%L, ''rl.t'', ''more'')', 'dm_drop_port(%L, ''t'')', 'dm_publish(%L)', 'dm_deprecate(%L)',
		'dm_retire(%L)', 'dm_alter_product(%L, ''new'')']) WITH ORDINALITY c(call, j) ORDER BY j, i;
\pset format aligned
SELECT name, status FROM datamesh.products WHERE domain = 'rl' ORDER BY name;

-- nothing to publish
SELECT dm_add_port('rl.proposed', 'rl.t');
SELECT dm_drop_port('rl.proposed', 't');
SELECT dm_publish('rl.proposed');

-- the end that is announced
SELECT dm_deprecate('rl.active', until => '2001-01-01');
SELECT dm_deprecate('rl.active', until => 'infinity');
SELECT dm_deprecate('rl.active', successor => 'rl.active');
SELECT dm_deprecate('rl.active', successor => 'rl.deprecated');
SELECT dm_deprecate('rl.active', successor => 'rl.retired');
SELECT dm_deprecate('rl.active', successor => 'rl.activ');
SELECT dm_deprecate('rl.active', successor => '');
SELECT status FROM datamesh.products WHERE name = 'rl.active';

-- readers are told once a session, with the date and the successor
SELECT dm_grant_access('rl.active', 'regress_rl_reader', 'rl_reports', until => now() + interval '1 day') > 0 AS granted;
SET plan_cache_mode = force_generic_plan;
SET ROLE regress_rl_reader;
SET datamesh.purpose = 'rl_reports';
PREPARE q AS SELECT id FROM rl_active_v1.t;
EXECUTE q;
SET ROLE regress_rl_owner;
SELECT dm_deprecate('rl.active', until => '2100-01-31', successor => 'rl.draft');
EXECUTE q;
SET ROLE regress_rl_reader;
EXECUTE q;
EXECUTE q;
SELECT id FROM rl_active_v1.t;
SELECT name, status, deprecated_until, successor FROM datamesh.products WHERE name = 'rl.active';
-- a new session is told anew, at the first read only
\c -
SET ROLE regress_rl_reader;
SET datamesh.purpose = 'rl_reports';
SELECT id FROM rl_active_v1.t;
SELECT id FROM rl_active_v1.t;

-- a retired port is gone for consumers and stays in the history
RESET ROLE;
SET ROLE regress_rl_owner;
SELECT dm_retire('rl.active');
SET ROLE regress_rl_reader;
SELECT id FROM rl_active_v1.t;
SELECT product, name, schema, view, source, status, dropped_at IS NOT NULL AS dropped
FROM datamesh.ports WHERE product IN ('rl.active', 'rl.draft') ORDER BY product;
SELECT product, state FROM datamesh.agreements WHERE product = 'rl.active';
SELECT count(*) FROM datamesh.port_columns WHERE product = 'rl.active';
SET ROLE regress_rl_owner;
SELECT dm_register_product('rl.active');
SELECT dm_register_product('rl.active@2');
SELECT dm_retire('rl.active@1');

-- what others built on a port
SELECT dm_publish('rl.draft');
CREATE VIEW rl.above AS SELECT id FROM rl_draft_v1.t;
SELECT dm_deprecate('rl.draft');
\set VERBOSITY terse
SELECT dm_retire('rl.draft');
\set VERBOSITY default
SELECT dm_retire('rl.draft', cascade => true);
SELECT to_regclass('rl.above') IS NULL AS view_is_gone, to_regclass('rl.t') IS NOT NULL AS table_stays;
RESET ROLE;

SET client_min_messages = warning;
SELECT count(dm_retire(name)) FROM datamesh.products WHERE domain = 'rl' AND status <> 'retired';
SELECT dm_drop_domain('rl');
SELECT dm_drop_purpose('rl_reports');
DROP SCHEMA rl CASCADE;
DROP ROLE regress_rl_owner, regress_rl_reader;
