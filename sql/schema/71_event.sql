-- Events, their subscribers, and incidents.

CREATE TABLE datamesh.event (
	product    bigint NOT NULL,
	sequence   bigint NOT NULL,
	type       text COLLATE "C" NOT NULL,
	at         timestamptz NOT NULL,
	event      jsonb NOT NULL,
	PRIMARY KEY (product, sequence)
);
COMMENT ON TABLE datamesh.event IS 'CloudEvents of products, numbered without gaps in the order of their commits';
CREATE INDEX event_at_idx ON datamesh.event (at);
SELECT pg_extension_config_dump('datamesh.event', '');

CREATE TABLE datamesh.event_position (
	product  bigint PRIMARY KEY,
	sequence bigint NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE datamesh.event_position IS 'number of the last event of each product';
SELECT pg_extension_config_dump('datamesh.event_position', '');

CREATE TABLE datamesh.event_subscription (
	id         bigint PRIMARY KEY,
	name       text COLLATE "C" NOT NULL UNIQUE,
	role       regrole NOT NULL,
	products   text[],
	types      text[],
	created_at timestamptz NOT NULL,
	created_by regrole NOT NULL
);
COMMENT ON TABLE datamesh.event_subscription IS 'who reads which events';
SELECT pg_extension_config_dump('datamesh.event_subscription', '');

CREATE TABLE datamesh.event_cursor (
	subscription bigint NOT NULL,
	product      bigint NOT NULL,
	acked        bigint NOT NULL,
	lost         bigint NOT NULL,
	PRIMARY KEY (subscription, product)
) WITH (fillfactor = 50);
COMMENT ON TABLE datamesh.event_cursor IS 'up to where subscribers have done with a product''s events, and which of them were deleted before';
SELECT pg_extension_config_dump('datamesh.event_cursor', '');

CREATE SEQUENCE datamesh.event_subscription_id_seq AS bigint;
SELECT pg_extension_config_dump('datamesh.event_subscription_id_seq', '');

CREATE TABLE datamesh.incident (
	id              bigint PRIMARY KEY,
	product         bigint NOT NULL,
	relation        regclass NOT NULL,
	open_relation   regclass,
	severity        text COLLATE "C" NOT NULL,
	title           text NOT NULL,
	owner           regrole NOT NULL,
	state           text COLLATE "C" NOT NULL,
	opened_at       timestamptz NOT NULL,
	failed_at       timestamptz NOT NULL,
	acknowledged_at timestamptz,
	acknowledged_by text,
	note            text,
	closed_at       timestamptz,
	closed_by       text
);
COMMENT ON TABLE datamesh.incident IS 'what went wrong with a relation or a product at one time; open_relation is null once it is closed';
CREATE INDEX incident_open_idx ON datamesh.incident (open_relation, product);
CREATE INDEX incident_relation_idx ON datamesh.incident (relation, product, closed_at);
CREATE INDEX incident_product_idx ON datamesh.incident (product);
SELECT pg_extension_config_dump('datamesh.incident', '');

CREATE TABLE datamesh.incident_cause (
	incident   bigint NOT NULL,
	cause      text COLLATE "C" NOT NULL,
	severity   text COLLATE "C" NOT NULL,
	title      text NOT NULL,
	detail     jsonb,
	failed_at  timestamptz NOT NULL,
	last_at    timestamptz NOT NULL,
	times      bigint NOT NULL,
	healthy_at timestamptz,
	wrong_since timestamptz,
	PRIMARY KEY (incident, cause)
);
COMMENT ON TABLE datamesh.incident_cause IS 'rules, service levels and series that an incident is made of';
SELECT pg_extension_config_dump('datamesh.incident_cause', '');

CREATE SEQUENCE datamesh.incident_id_seq AS bigint;
SELECT pg_extension_config_dump('datamesh.incident_id_seq', '');
