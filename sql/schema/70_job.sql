-- Jobs.  What is to be done is apart from how it went: the first is written by sessions, the second
-- by whoever runs the job, and neither waits for the other.

CREATE TABLE datamesh.job (
	id         bigint PRIMARY KEY,
	kind       text COLLATE "C" NOT NULL,
	object     text COLLATE "C" NOT NULL,
	product    bigint NOT NULL,
	relation   regclass NOT NULL,
	schedule   text COLLATE "C",
	priority   integer NOT NULL,
	paused     boolean NOT NULL,
	due        timestamptz,
	requests   bigint NOT NULL,
	changed_at timestamptz NOT NULL,
	changed_by text NOT NULL,
	UNIQUE (kind, object)
);
COMMENT ON TABLE datamesh.job IS 'what is to be done, and when';
CREATE INDEX job_product_idx ON datamesh.job (product);
CREATE INDEX job_relation_idx ON datamesh.job (relation);
SELECT pg_extension_config_dump('datamesh.job', '');

CREATE TABLE datamesh.job_state (
	job        bigint PRIMARY KEY,
	schedule   text COLLATE "C",
	next_run   timestamptz,
	served     bigint NOT NULL,
	state      text COLLATE "C" NOT NULL,
	started_at timestamptz,
	ended_at   timestamptz,
	failures   integer NOT NULL,
	message    text,
	run        bigint
) WITH (fillfactor = 50);
COMMENT ON TABLE datamesh.job_state IS 'how jobs are doing';
SELECT pg_extension_config_dump('datamesh.job_state', '');

CREATE TABLE datamesh.job_run (
	id         bigint PRIMARY KEY,
	job        bigint NOT NULL,
	kind       text COLLATE "C" NOT NULL,
	object     text COLLATE "C" NOT NULL,
	product    bigint NOT NULL,
	relation   regclass NOT NULL,
	started_at timestamptz NOT NULL,
	ended_at   timestamptz,
	state      text COLLATE "C" NOT NULL,
	by         text NOT NULL,
	pid        integer NOT NULL,
	sqlstate   text,
	message    text
);
COMMENT ON TABLE datamesh.job_run IS 'runs of jobs, as long as datamesh.job_retention keeps them';
CREATE INDEX job_run_job_idx ON datamesh.job_run (job, id);
CREATE INDEX job_run_started_idx ON datamesh.job_run (started_at);
SELECT pg_extension_config_dump('datamesh.job_run', '');

CREATE SEQUENCE datamesh.job_id_seq AS bigint;
SELECT pg_extension_config_dump('datamesh.job_id_seq', '');
CREATE SEQUENCE datamesh.job_run_id_seq AS bigint;
SELECT pg_extension_config_dump('datamesh.job_run_id_seq', '');
