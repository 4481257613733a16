-- Purposes, requests and agreements.

CREATE TABLE datamesh.purpose (
	name        text COLLATE "C" PRIMARY KEY,
	parent      text,
	description text,
	created_at  timestamptz NOT NULL,
	created_by  regrole NOT NULL
);
COMMENT ON TABLE datamesh.purpose IS 'declared reasons of use, a tree';
SELECT pg_extension_config_dump('datamesh.purpose', '');

CREATE TABLE datamesh.access_request (
	id              bigint PRIMARY KEY,
	product         bigint NOT NULL,
	requester       regrole NOT NULL,
	purpose         text NOT NULL,
	clearance       text[] NOT NULL,
	until           timestamptz,
	reason          text,
	state           text NOT NULL,
	agreement       bigint,
	created_at      timestamptz NOT NULL,
	decided_at      timestamptz,
	decided_by      regrole,
	decision_reason text,
	copies          boolean NOT NULL
);
COMMENT ON TABLE datamesh.access_request IS 'requests for access and what became of them';
CREATE INDEX access_request_product_idx ON datamesh.access_request (product);
CREATE INDEX access_request_requester_idx ON datamesh.access_request (requester);
-- A role that was dropped unnoticed would be a number in the dump, and another role's after it.
SELECT pg_extension_config_dump('datamesh.access_request', 'WHERE requester::oid = 0 OR requester::oid IN (SELECT oid FROM pg_catalog.pg_roles)');

CREATE TABLE datamesh.agreement (
	id          bigint PRIMARY KEY,
	product     bigint NOT NULL,
	consumer    regrole NOT NULL,
	purpose     text NOT NULL,
	clearance   text[] NOT NULL,
	valid_from  timestamptz NOT NULL,
	valid_until timestamptz,
	state       text NOT NULL,
	request     bigint,
	created_at  timestamptz NOT NULL,
	created_by  regrole NOT NULL,
	ended_at    timestamptz,
	ended_by    regrole,
	end_reason  text,
	copies      boolean NOT NULL
);
COMMENT ON TABLE datamesh.agreement IS 'access agreements; one in state active is the privilege to read the product''s ports';
CREATE INDEX agreement_product_idx ON datamesh.agreement (product, consumer);
CREATE INDEX agreement_consumer_idx ON datamesh.agreement (consumer);
SELECT pg_extension_config_dump('datamesh.agreement', 'WHERE consumer::oid = 0 OR consumer::oid IN (SELECT oid FROM pg_catalog.pg_roles)');

CREATE SEQUENCE datamesh.access_request_id_seq AS bigint;
SELECT pg_extension_config_dump('datamesh.access_request_id_seq', '');
CREATE SEQUENCE datamesh.agreement_id_seq AS bigint;
SELECT pg_extension_config_dump('datamesh.agreement_id_seq', '');
