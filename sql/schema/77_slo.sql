-- Service levels: what is promised, the calendar, and what became of the promises.  A level is known by
-- its product and its key, the property with the element; those of contracts stand in the contracts.

CREATE TABLE datamesh.slo (
	id          bigint PRIMARY KEY,
	product     bigint NOT NULL,
	property    text COLLATE "C" NOT NULL,
	element     text COLLATE "C" NOT NULL,
	target      text NOT NULL,
	unit        text,
	objective   double precision NOT NULL,
	span        interval NOT NULL,
	driver      text,
	description text,
	created_at  timestamptz NOT NULL,
	created_by  regrole NOT NULL,
	UNIQUE (product, property, element)
);
COMMENT ON TABLE datamesh.slo IS 'service levels that were set beside, or in the place of, those of contracts';
SELECT pg_extension_config_dump('datamesh.slo', '');

CREATE SEQUENCE datamesh.slo_id_seq AS bigint;
SELECT pg_extension_config_dump('datamesh.slo_id_seq', '');

CREATE TABLE datamesh.calendar (
	id          bigint PRIMARY KEY,
	product     bigint NOT NULL,
	starts      timestamptz NOT NULL,
	ends        timestamptz NOT NULL,
	weekdays    integer NOT NULL,
	from_time   time,
	to_time     time,
	time_zone   text,
	reason      text,
	created_at  timestamptz NOT NULL,
	created_by  regrole NOT NULL
);
COMMENT ON TABLE datamesh.calendar IS 'maintenance windows, which do not count against service levels; product 0 stands for all';
SELECT pg_extension_config_dump('datamesh.calendar', '');

CREATE SEQUENCE datamesh.calendar_id_seq AS bigint;
SELECT pg_extension_config_dump('datamesh.calendar_id_seq', '');

CREATE TABLE datamesh.slo_state (
	product      bigint NOT NULL,
	slo          text COLLATE "C" NOT NULL,
	evaluated_to timestamptz NOT NULL,
	refreshed_at timestamptz,
	event_time   timestamptz,
	measured_at  timestamptz,
	base_good    double precision NOT NULL,
	base_total   double precision NOT NULL,
	measured     double precision,
	told         text NOT NULL,
	detail       text,
	PRIMARY KEY (product, slo)
) WITH (fillfactor = 50);
COMMENT ON TABLE datamesh.slo_state IS 'how far each service level has been evaluated, and from what';
SELECT pg_extension_config_dump('datamesh.slo_state', '');

CREATE TABLE datamesh.slo_interval (
	product bigint NOT NULL,
	slo     text COLLATE "C" NOT NULL,
	since   timestamptz NOT NULL,
	until   timestamptz,
	state   text NOT NULL,
	PRIMARY KEY (product, slo, since)
) WITH (fillfactor = 80);
COMMENT ON TABLE datamesh.slo_interval IS 'states of service levels, from the moment of each change to that of the next';
SELECT pg_extension_config_dump('datamesh.slo_interval', '');

CREATE TABLE datamesh.slo_count (
	product bigint NOT NULL,
	slo     text COLLATE "C" NOT NULL,
	at      timestamptz NOT NULL,
	good    double precision NOT NULL,
	total   double precision NOT NULL,
	since   timestamptz NOT NULL,
	PRIMARY KEY (product, slo, at)
);
COMMENT ON TABLE datamesh.slo_count IS 'what service levels that are shares have counted from one look to the next';
SELECT pg_extension_config_dump('datamesh.slo_count', '');
