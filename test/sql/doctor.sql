-- dm_doctor names what stands open beside the ports, and nothing in a clean mesh
SET client_min_messages = warning;
CREATE ROLE regress_do_team;
CREATE ROLE regress_do_reader;
CREATE ROLE regress_do_other;
CREATE SCHEMA regress_do AUTHORIZATION regress_do_team;
SELECT dm_create_tag('regress_do', 'hidden', 'dm_mask_null()');
SELECT dm_register_purpose('regress_do');
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO regress_do_team', current_database()); END $$;
SET ROLE regress_do_team;
CREATE TABLE regress_do.t (id int, secret text, country text);
CREATE TABLE regress_do.child () INHERITS (regress_do.t);
CREATE VIEW regress_do.v AS SELECT id, upper(secret) AS secret FROM regress_do.t;
SELECT dm_register_domain('regress_do', schemas => '{regress_do}');
SELECT dm_classify('regress_do.t', 'secret', 'regress_do');
SELECT dm_register_product('regress_do.p', open_ended => true);
SELECT dm_add_port('regress_do.p', 'regress_do.t');
SELECT dm_add_port('regress_do.p', 'regress_do.v');
SELECT dm_add_row_policy('regress_do.t', 'home', 'country = ''nl''');
SELECT dm_publish('regress_do.p');
SELECT dm_grant_access('regress_do.p', 'regress_do_reader', 'regress_do') > 0 AS granted;
RESET ROLE;

-- What a preloaded library and columns without a tag make of it differs, and is no error
CREATE VIEW regress_do_findings AS
SELECT "check", object, finding FROM dm_doctor() WHERE severity = 'error' AND (object || finding || remedy) ~ 'regress_do|datamesh_|dm_revoke';
SELECT * FROM regress_do_findings;
-- Renamed columns are no finding
ALTER TABLE regress_do.t RENAME country TO land;
ALTER VIEW regress_do_p_v1.v RENAME secret TO mystery;
SELECT * FROM regress_do_findings;

-- A superuser's ways round, one at a time
CREATE FUNCTION regress_do_try(hole text) RETURNS SETOF text LANGUAGE plpgsql SET client_min_messages = error AS $$
DECLARE
	f record;
BEGIN
	EXECUTE hole;
	FOR f IN SELECT * FROM regress_do_findings LOOP
		RETURN NEXT format('%s: %s: %s', f."check", regexp_replace(f.object, '\d+', 'N'), f.finding);
	END LOOP;
	RAISE EXCEPTION USING errcode = 'P9999';
EXCEPTION WHEN SQLSTATE 'P9999' THEN
	NULL;
END
$$;
\pset tuples_only on
SELECT regress_do_try('GRANT SELECT ON regress_do.t TO regress_do_other');
SELECT regress_do_try('GRANT SELECT (secret) ON regress_do.child TO PUBLIC');
SELECT regress_do_try('GRANT SELECT ON regress_do_p_v1.t TO regress_do_other');
SELECT regress_do_try('ALTER DEFAULT PRIVILEGES FOR ROLE regress_do_team GRANT SELECT ON TABLES TO regress_do_other');
SELECT regress_do_try('SET session_replication_role = replica; CREATE OR REPLACE VIEW regress_do_p_v1.t AS SELECT id, secret, land AS country FROM regress_do.t; SET session_replication_role = origin');
SELECT regress_do_try('ALTER VIEW regress_do_p_v1.t SET (security_invoker = true)');
SELECT regress_do_try('ALTER EVENT TRIGGER datamesh_ddl_end DISABLE');
SELECT regress_do_try('ALTER TABLE regress_do.t NO FORCE ROW LEVEL SECURITY');
SELECT regress_do_try('ALTER TABLE regress_do.child DISABLE ROW LEVEL SECURITY');
SELECT regress_do_try($$DO 'BEGIN EXECUTE format(''ALTER POLICY %I ON regress_do.t USING (true)'', (SELECT polname FROM pg_policy WHERE polrelid = ''regress_do.t''::regclass AND polname ~ ''home'')); END'$$);
SELECT regress_do_try($$DO 'BEGIN EXECUTE format(''DROP POLICY %I ON regress_do.t'', (SELECT polname FROM pg_policy WHERE polrelid = ''regress_do.t''::regclass AND polname ~ ''home'')); END'$$);
SELECT regress_do_try('GRANT regress_do_team TO regress_do_reader');
SELECT regress_do_try('ALTER ROLE regress_do_reader BYPASSRLS');
SELECT regress_do_try('GRANT pg_read_all_data TO regress_do_other');
SELECT regress_do_try('UPDATE datamesh.agreement SET ended_at = now() WHERE consumer = ''regress_do_reader''::regrole');
SELECT regress_do_try('CREATE VIEW public.regress_do_v AS SELECT * FROM regress_do.t; GRANT SELECT ON public.regress_do_v TO PUBLIC');
SELECT regress_do_try('CREATE FUNCTION public.regress_do_f() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS ''SELECT secret FROM regress_do.t''');
SELECT regress_do_try('CREATE PUBLICATION regress_do_pub FOR TABLE regress_do.t');
SELECT regress_do_try('GRANT INSERT ON datamesh.agreement TO regress_do_other');
SELECT regress_do_try('ALTER ROLE regress_do_other SET session_replication_role = replica');

-- Not for everybody
SET ROLE regress_do_team;
SELECT count(*) FROM dm_doctor();
SELECT datamesh.port_drift('regress_do_p_v1.t');
RESET ROLE;

DROP VIEW regress_do_findings;
\pset tuples_only off
DROP FUNCTION regress_do_try;
SELECT dm_drop_row_policy('regress_do.t', 'home');
SELECT dm_deprecate('regress_do.p');
SELECT dm_retire('regress_do.p');
SELECT dm_drop_domain('regress_do');
DROP SCHEMA regress_do CASCADE;
DROP OWNED BY regress_do_team;
DROP ROLE regress_do_team, regress_do_reader, regress_do_other;
SELECT dm_drop_tag('regress_do');
SELECT dm_drop_purpose('regress_do');
