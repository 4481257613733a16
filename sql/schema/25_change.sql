-- The record of what governance changed to less.  Roles are kept by name: a record outlives them,
-- and a number would come to mean somebody else.

CREATE TABLE datamesh.governance_change (
	id     bigint PRIMARY KEY,
	at     timestamptz NOT NULL,
	by     text NOT NULL,
	login  text NOT NULL,
	kind   text NOT NULL,
	object text NOT NULL,
	domain bigint,
	old    text,
	new    text,
	reason text
);
COMMENT ON TABLE datamesh.governance_change IS 'classifications, masks and policies that were lowered, and boundaries that were opened: who, when, why';
CREATE INDEX governance_change_domain_idx ON datamesh.governance_change (domain);
SELECT pg_extension_config_dump('datamesh.governance_change', '');

CREATE SEQUENCE datamesh.governance_change_id_seq AS bigint;
SELECT pg_extension_config_dump('datamesh.governance_change_id_seq', '');
