-- Quality rules and the results of checks.

CREATE TABLE datamesh.quality_rule (
	id          bigint PRIMARY KEY,
	relation    regclass NOT NULL,
	name        text COLLATE "C" NOT NULL,
	metric      text NOT NULL,
	column_name text,
	arguments   jsonb NOT NULL,
	must        text NOT NULL,
	unit        text NOT NULL,
	severity    text NOT NULL,
	mode        text NOT NULL,
	dimension   text,
	filter      text,
	tolerance   double precision NOT NULL,
	schedule    text,
	description text,
	created_at  timestamptz NOT NULL,
	created_by  regrole NOT NULL,
	changed_at  timestamptz,
	changed_by  regrole,
	UNIQUE (relation, name)
);
COMMENT ON TABLE datamesh.quality_rule IS 'quality rules of relations; those of contracts stand in the contracts';
-- of a relation that was dropped unnoticed only a number is left
SELECT pg_extension_config_dump('datamesh.quality_rule', 'WHERE relation::oid IN (SELECT oid FROM pg_catalog.pg_class)');

CREATE SEQUENCE datamesh.quality_rule_id_seq AS bigint;
SELECT pg_extension_config_dump('datamesh.quality_rule_id_seq', '');

-- One row per rule and check.  It outlives rule, relation and product, hence their names; it holds
-- no value of a classified column, and no rows.
CREATE TABLE datamesh.check_result (
	id           bigint PRIMARY KEY,
	run          bigint NOT NULL,
	at           timestamptz NOT NULL,
	product      bigint,
	relation     regclass,
	relation_name text NOT NULL,
	rule         text COLLATE "C" NOT NULL,
	source       text NOT NULL,
	column_name  text,
	metric       text NOT NULL,
	dimension    text,
	severity     text NOT NULL,
	verdict      text NOT NULL,
	measured     numeric,
	measured_text text,
	must         text NOT NULL,
	unit         text NOT NULL,
	rows_checked bigint,
	failing      bigint,
	message      text,
	elapsed      interval NOT NULL,
	checked_by   text NOT NULL
);
COMMENT ON TABLE datamesh.check_result IS 'history of checks: what was measured of which rule, and the verdict';
CREATE INDEX check_result_at_idx ON datamesh.check_result (at);
CREATE INDEX check_result_relation_idx ON datamesh.check_result (relation, rule, at);
SELECT pg_extension_config_dump('datamesh.check_result', 'WHERE relation IS NULL OR relation::oid IN (SELECT oid FROM pg_catalog.pg_class)');

CREATE SEQUENCE datamesh.check_result_id_seq AS bigint;
SELECT pg_extension_config_dump('datamesh.check_result_id_seq', '');

CREATE TYPE datamesh.checked_rule AS (
	rule         text,
	relation     regclass,
	"column"     text,
	metric       text,
	verdict      text,
	measured     text,
	must         text,
	unit         text,
	rows_checked bigint,
	failing      bigint,
	sample       jsonb,
	message      text,
	source       text,
	severity     text,
	dimension    text,
	elapsed      interval
);
COMMENT ON TYPE datamesh.checked_rule IS 'what dm_check tells of a rule';
