-- Jobs without a worker: run by hand, paused, seen by whom they concern.
CREATE ROLE regress_jr_owner;
CREATE ROLE regress_jr_stranger;
-- those of the mesh itself are there as soon as one of them is wanted
SELECT * FROM dm_run_job('retention');
SELECT kind, schedule, state, last_state, failures, last_message, role = (SELECT extowner FROM pg_extension WHERE extname = 'datamesh')::regrole AS of_the_extension
FROM datamesh.jobs WHERE kind = 'retention';
SELECT kind, state, by, sqlstate, message, ended_at >= started_at AS ended FROM datamesh.job_runs WHERE kind = 'retention' AND by = 'session' ORDER BY id DESC LIMIT 1;
SELECT next_run > now() FROM datamesh.jobs WHERE kind = 'retention';

-- an error in a job is its result, and nothing that it did remains; it is tried again later and later
BEGIN;
SET LOCAL session_replication_role = replica;
INSERT INTO datamesh.job VALUES (-1, 'no_such_kind', 'x', 0, 0, '@every 1 day', 10, false, NULL, 0, now(), 'test'),
	(-2, 'retention', 'also', 0, 0, NULL, 10, false, now() + interval '1 year', 1, now(), 'test');
SELECT * FROM dm_run_job(-1);
SELECT state, last_state, failures, last_message, next_run - last_ended AS retry FROM datamesh.jobs WHERE id = -1;
SELECT count(dm_run_job(-1)) FROM generate_series(1, 4);
SELECT failures, next_run - last_ended AS retry FROM datamesh.jobs WHERE id = -1;
SELECT (dm_run_job(-1)).state;
-- in the end its schedule is enough
SELECT failures, next_run - last_ended > interval '1 hour' AS later FROM datamesh.jobs WHERE id = -1;
SELECT state, sqlstate, count(*) FROM datamesh.job_runs WHERE job = -1 GROUP BY 1, 2;

-- run once, when it was asked for
SELECT state, next_run > now() AS later FROM datamesh.jobs WHERE id = -2;
SELECT * FROM dm_run_job(-2);
SELECT state, next_run, last_state FROM datamesh.jobs WHERE id = -2;
-- paused, which says nothing to who runs it by hand
SELECT dm_pause_job(-2);
SELECT state FROM datamesh.jobs WHERE id = -2;
SELECT * FROM dm_run_job('retention', 'also');
SELECT dm_resume_job(-2);
SELECT state FROM datamesh.jobs WHERE id = -2;

-- the history is kept for a time, the state of a job that is gone for none
UPDATE datamesh.job_run SET started_at = now() - interval '8 days' WHERE job = -1;
DELETE FROM datamesh.job WHERE id = -1;
SELECT * FROM dm_run_job('retention');
SELECT count(*) FROM datamesh.job_runs WHERE job = -1;
SELECT count(*) FROM datamesh.job_state WHERE job = -1;
ROLLBACK;

-- only for who has the rights of its role
SET ROLE regress_jr_stranger;
SELECT count(*) FROM datamesh.jobs;
SELECT count(*) FROM datamesh.job_runs;
SELECT * FROM datamesh.job;
SELECT * FROM datamesh.job_run;
\set VERBOSITY terse
DO $$
BEGIN
	PERFORM dm_run_job('retention');
EXCEPTION WHEN insufficient_privilege THEN
	RAISE NOTICE '%', regexp_replace(SQLERRM, '\d+', 'N');
END $$;
\set VERBOSITY default
RESET ROLE;

-- bad input
SELECT dm_run_job(0);
SELECT dm_run_job(NULL::bigint);
SELECT dm_run_job('no_such_kind');
SELECT dm_run_job('retention', 'of nothing');
SELECT dm_run_job(NULL, 'x');
SELECT dm_pause_job(0);
SELECT dm_resume_job(NULL);
SELECT state IN ('running', 'not running', 'off', 'not preloaded') FROM dm_worker_status();
-- what a team has written and a job runs leaves no setting in who runs the job
BEGIN;
CREATE SCHEMA jr AUTHORIZATION regress_jr_owner;
SET ROLE regress_jr_owner;
CREATE FUNCTION jr.planted() RETURNS boolean STABLE LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('search_path', 'jr, public', false), set_config('work_mem', '77MB', false), set_config('statement_timeout', '1h', true);
	RETURN true;
END $$;
CREATE TABLE jr.t AS SELECT 1 AS id;
CREATE VIEW jr.v AS SELECT id FROM jr.t WHERE jr.planted();
RESET ROLE;
SELECT dm_register_domain('jr', 'regress_jr_owner', '{jr}');
SELECT dm_schedule_profile('jr.v', '@yearly');
SET search_path = public, pg_temp;
SET work_mem = '5MB';
SELECT * FROM dm_run_job('profile', 'jr.v');
SELECT current_setting('search_path') AS path, current_setting('work_mem') AS memory, current_setting('statement_timeout') AS timeout;
SET search_path = public, pg_temp;
SET work_mem = '5MB';
-- nor do a rule's functions, which are called when it is added, checked, and made a constraint
SET ROLE regress_jr_owner;
CREATE FUNCTION jr.constant() RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('search_path', 'jr, public', false), set_config('work_mem', '77MB', false);
	RETURN 0;
END $$;
RESET ROLE;
SELECT dm_add_rule('jr.t', 'planted', 'expression', arguments => '{"expression": "id > jr.constant()"}', mode => 'reject') > 0 AS added;
SELECT rule, verdict FROM dm_check('jr.t'::regclass);
SELECT current_setting('search_path') AS path, current_setting('work_mem') AS memory;
ROLLBACK;
DROP ROLE regress_jr_owner, regress_jr_stranger;
