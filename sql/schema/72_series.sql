-- Measured series, what was measured, and the alarms that came of it.

-- column_name is '' where the relation as a whole is measured.  The model is a struct of the library
-- (src/series/usual.h); one that the library does not know is learned anew from the points.  Two
-- rows fit on a page, so that an update finds room beside its old version.
CREATE TABLE datamesh.series (
	id              bigint PRIMARY KEY,
	product         bigint NOT NULL,
	relation        regclass NOT NULL,
	column_name     text COLLATE "C" NOT NULL,
	metric          text COLLATE "C" NOT NULL,
	kind            text NOT NULL CHECK (kind IN ('real', 'count', 'share', 'duration')),
	budget_alarms   integer NOT NULL CHECK (budget_alarms > 0),
	budget_interval interval NOT NULL CHECK (budget_interval > '0'),
	model           bytea NOT NULL,
	created_at      timestamptz NOT NULL,
	UNIQUE (relation, column_name, metric)
) WITH (fillfactor = 45);
COMMENT ON TABLE datamesh.series IS 'measured series with the model of what is normal for each; product 0 is none';
ALTER TABLE datamesh.series ALTER model SET STORAGE PLAIN;
SELECT pg_extension_config_dump('datamesh.series', 'WHERE relation::oid IN (SELECT oid FROM pg_catalog.pg_class)');

CREATE TABLE datamesh.series_point (
	series   bigint NOT NULL,
	at       timestamptz NOT NULL,
	value    double precision NOT NULL,
	verdict  text NOT NULL,
	expected double precision,
	low      double precision,
	high     double precision
);
COMMENT ON TABLE datamesh.series_point IS 'measured values, each with its verdict and the band that it was judged by';
CREATE INDEX series_point_idx ON datamesh.series_point (series, at);
SELECT pg_extension_config_dump('datamesh.series_point', '');

CREATE TABLE datamesh.series_alarm (
	series          bigint NOT NULL,
	at              timestamptz NOT NULL,
	ended_at        timestamptz,
	cause           text NOT NULL CHECK (cause IN ('point', 'sustained', 'invalid')),
	meaning         text CHECK (meaning IN ('change', 'real', 'false')),
	note            text,
	acknowledged_at timestamptz,
	acknowledged_by regrole
);
COMMENT ON TABLE datamesh.series_alarm IS 'alarms of measured series, and what the owner said they meant';
CREATE INDEX series_alarm_idx ON datamesh.series_alarm (series, at);
SELECT pg_extension_config_dump('datamesh.series_alarm', '');

CREATE SEQUENCE datamesh.series_id_seq AS bigint;
SELECT pg_extension_config_dump('datamesh.series_id_seq', '');

-- Counters of activity as the job of series found them last.  Not dumped: what is restored counts anew.
CREATE TABLE datamesh.series_seen (
	relation      regclass PRIMARY KEY,
	at            timestamptz NOT NULL,
	counted_since timestamptz NOT NULL,
	last_write    timestamptz NOT NULL,
	commits       bigint NOT NULL,
	inserted      bigint NOT NULL,
	updated       bigint NOT NULL,
	deleted       bigint NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE datamesh.series_seen IS 'counters of governed relations when their series were made last';
SELECT pg_extension_config_dump('datamesh.series_seen', 'WHERE false');
