-- Jobs

CREATE OR REPLACE FUNCTION datamesh.job_next_run(job bigint)
RETURNS timestamptz AS 'MODULE_PATHNAME', 'dm_job_next_run'
LANGUAGE C STRICT STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION datamesh.job_next_run(bigint) IS 'internal: when a job is due; null if only when it is asked for';

CREATE OR REPLACE FUNCTION datamesh.job_role(product bigint, relation regclass)
RETURNS regrole AS 'MODULE_PATHNAME', 'dm_job_role_sql'
LANGUAGE C STRICT STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION datamesh.job_role(bigint, regclass) IS 'internal: whose rights a job has';

CREATE OR REPLACE FUNCTION @extschema@.dm_schedule_times(schedule text, after timestamptz DEFAULT now(), count integer DEFAULT 5)
RETURNS SETOF timestamptz AS 'MODULE_PATHNAME', 'dm_schedule_times'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.dm_schedule_times(text, timestamptz, integer) IS
	'the next times at which a schedule comes due';

-- Jobs and their history, for who has the rights of the role that they run with, who owns the
-- domain, and auditors: a message may quote what it stumbled over.

CREATE OR REPLACE VIEW datamesh.jobs WITH (security_barrier) AS
SELECT j.id, j.kind, j.object, pn.name AS product,
	CASE WHEN j.relation <> 0 THEN j.relation END AS relation,
	j.schedule, j.priority, r.role,
	CASE WHEN j.paused THEN 'paused' WHEN s.state = 'running' THEN 'running'
		WHEN n.next_run IS NULL THEN 'idle' ELSE 'waiting' END AS state,
	n.next_run, s.started_at AS last_started, s.ended_at AS last_ended,
	CASE WHEN s.state <> 'running' THEN s.state END AS last_state,
	coalesce(s.failures, 0) AS failures, s.message AS last_message
FROM datamesh.job j
	LEFT JOIN datamesh.job_state s ON s.job = j.id
	LEFT JOIN datamesh.product p ON p.id = j.product
	LEFT JOIN datamesh.domain d ON d.id = p.domain
	LEFT JOIN datamesh.product_name pn ON pn.id = j.product
	CROSS JOIN LATERAL (SELECT datamesh.job_role(j.product, j.relation) AS role) r
	CROSS JOIN LATERAL (SELECT datamesh.job_next_run(j.id) AS next_run) n
WHERE pg_has_role(r.role, 'USAGE') OR pg_has_role(d.owner, 'USAGE')
	OR (SELECT has_table_privilege('datamesh.job'::regclass, 'SELECT'));
COMMENT ON VIEW datamesh.jobs IS 'jobs of the current user''s products and relations: when they run, and how they are doing';
GRANT SELECT ON datamesh.jobs TO PUBLIC;

CREATE OR REPLACE VIEW datamesh.job_runs WITH (security_barrier) AS
SELECT h.id, h.job, h.kind, h.object, pn.name AS product,
	CASE WHEN h.relation <> 0 THEN h.relation END AS relation,
	h.started_at, h.ended_at, h.state, h.by, h.pid, h.sqlstate, h.message
FROM datamesh.job_run h
	LEFT JOIN datamesh.product p ON p.id = h.product
	LEFT JOIN datamesh.domain d ON d.id = p.domain
	LEFT JOIN datamesh.product_name pn ON pn.id = h.product
WHERE pg_has_role(datamesh.job_role(h.product, h.relation), 'USAGE') OR pg_has_role(d.owner, 'USAGE')
	OR (SELECT has_table_privilege('datamesh.job_run'::regclass, 'SELECT'));
COMMENT ON VIEW datamesh.job_runs IS 'runs of jobs of the current user''s products and relations';
GRANT SELECT ON datamesh.job_runs TO PUBLIC;

-- Running, stopping and going on

CREATE OR REPLACE FUNCTION @extschema@.dm_run_job(job bigint, OUT state text, OUT message text)
AS 'MODULE_PATHNAME', 'dm_run_job'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_run_job(bigint) IS
	'runs a job now, in this session; an error in it is its result';

CREATE OR REPLACE FUNCTION @extschema@.dm_run_job(kind text, object text DEFAULT '', OUT state text, OUT message text)
AS 'MODULE_PATHNAME', 'dm_run_job_of'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_run_job(text, text) IS
	'runs the job of a kind for an object now, in this session; an error in it is its result';

CREATE OR REPLACE FUNCTION @extschema@.dm_pause_job(job bigint)
RETURNS void AS 'MODULE_PATHNAME', 'dm_pause_job'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_pause_job(bigint) IS
	'keeps the worker from running a job';

CREATE OR REPLACE FUNCTION @extschema@.dm_resume_job(job bigint)
RETURNS void AS 'MODULE_PATHNAME', 'dm_resume_job'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_resume_job(bigint) IS
	'lets the worker run a job again';

CREATE OR REPLACE FUNCTION @extschema@.dm_worker_status(OUT state text, OUT worker integer, OUT launcher integer,
	OUT helper integer)
AS 'MODULE_PATHNAME', 'dm_worker_status'
LANGUAGE C VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.dm_worker_status() IS
	'whether the worker of this database runs, and the processes of worker, launcher and helper';
