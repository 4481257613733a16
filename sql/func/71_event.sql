-- Incidents

CREATE OR REPLACE FUNCTION @extschema@.dm_acknowledge_incident(incident bigint, note text DEFAULT NULL)
RETURNS void AS 'MODULE_PATHNAME', 'dm_acknowledge_incident'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_acknowledge_incident(bigint, text) IS
	'says that somebody deals with an incident';

CREATE OR REPLACE FUNCTION @extschema@.dm_close_incident(incident bigint, note text DEFAULT NULL)
RETURNS void AS 'MODULE_PATHNAME', 'dm_close_incident'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_close_incident(bigint, text) IS
	'closes an incident whose causes are not healthy, or not known to be';

CREATE OR REPLACE VIEW datamesh.incidents WITH (security_barrier) AS
SELECT i.id, pn.name AS product,
	CASE WHEN i.relation <> 0 THEN i.relation END AS relation,
	i.severity, i.title, i.owner, i.state, i.opened_at, i.failed_at AS last_failed_at,
	ARRAY(SELECT c.cause FROM datamesh.incident_cause c
		WHERE c.incident = i.id ORDER BY c.cause) AS causes,
	ARRAY(SELECT c.cause FROM datamesh.incident_cause c
		WHERE c.incident = i.id AND c.healthy_at IS NULL ORDER BY c.cause) AS failing,
	i.acknowledged_at, i.acknowledged_by, i.note, i.closed_at, i.closed_by
FROM datamesh.incident i
	LEFT JOIN datamesh.product p ON p.id = i.product
	LEFT JOIN datamesh.domain d ON d.id = p.domain
	LEFT JOIN datamesh.product_name pn ON pn.id = i.product
WHERE pg_has_role(d.owner, 'USAGE') OR pg_has_role(coalesce(p.owner, i.owner), 'USAGE')
	OR EXISTS (SELECT FROM unnest(d.producers) m WHERE pg_has_role(m, 'USAGE'))
	OR (SELECT has_table_privilege('datamesh.incident'::regclass, 'SELECT'));
COMMENT ON VIEW datamesh.incidents IS 'incidents of the current user''s domains and relations';
GRANT SELECT ON datamesh.incidents TO PUBLIC;

CREATE OR REPLACE VIEW datamesh.incident_causes WITH (security_barrier) AS
SELECT c.incident, i.product, i.relation, c.cause, c.severity, c.title, c.detail, c.failed_at AS first_failed_at,
	c.last_at AS last_failed_at, c.times, c.healthy_at, c.wrong_since
FROM datamesh.incident_cause c
	JOIN datamesh.incidents i ON i.id = c.incident;
COMMENT ON VIEW datamesh.incident_causes IS 'rules, service levels and series that the current user''s incidents are made of';
GRANT SELECT ON datamesh.incident_causes TO PUBLIC;

-- Events

CREATE OR REPLACE FUNCTION datamesh.sees_event(product bigint, type text)
RETURNS boolean AS 'MODULE_PATHNAME', 'dm_sees_event'
LANGUAGE C STRICT STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION datamesh.sees_event(bigint, text) IS 'internal: whether the current user may see events of the type of a product';

CREATE OR REPLACE VIEW datamesh.events WITH (security_barrier) AS
SELECT n.name AS product, e.sequence, e.type, e.at, e.event
FROM datamesh.event e
	JOIN datamesh.product_name n ON n.id = e.product
WHERE datamesh.sees_event(e.product, e.type)
	OR (SELECT has_table_privilege('datamesh.event'::regclass, 'SELECT'));
COMMENT ON VIEW datamesh.events IS 'events of products that the current user may see';
GRANT SELECT ON datamesh.events TO PUBLIC;

-- What producers tell themselves

CREATE OR REPLACE FUNCTION @extschema@.dm_emit_event(product text, type text, subject text DEFAULT NULL, data jsonb DEFAULT NULL)
RETURNS void AS 'MODULE_PATHNAME', 'dm_emit_event'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_emit_event(text, text, text, jsonb) IS
	'tells subscribers that something happened to a product, when the transaction commits';

CREATE OR REPLACE FUNCTION @extschema@.dm_report_failure(product text, cause text, title text, relation regclass DEFAULT NULL, severity text DEFAULT 'error', detail jsonb DEFAULT NULL)
RETURNS bigint AS 'MODULE_PATHNAME', 'dm_report_failure'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_report_failure(text, text, text, regclass, text, jsonb) IS
	'opens an incident, or joins the open one, for a check that is made outside of the mesh';

CREATE OR REPLACE FUNCTION @extschema@.dm_report_healthy(product text, cause text, relation regclass DEFAULT NULL)
RETURNS void AS 'MODULE_PATHNAME', 'dm_report_healthy'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_report_healthy(text, text, regclass) IS
	'says that such a check passes again; the incident closes when all its causes are healthy';

-- Subscribers

CREATE OR REPLACE FUNCTION @extschema@.dm_subscribe_events(subscriber text, products text[] DEFAULT NULL, types text[] DEFAULT NULL, start text DEFAULT 'now')
RETURNS void AS 'MODULE_PATHNAME', 'dm_subscribe_events'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_subscribe_events(text, text[], text[], text) IS
	'makes a subscriber of events, who sees what the current user may see';

CREATE OR REPLACE FUNCTION @extschema@.dm_unsubscribe_events(subscriber text)
RETURNS void AS 'MODULE_PATHNAME', 'dm_unsubscribe_events'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_unsubscribe_events(text) IS 'takes a subscriber off';

CREATE OR REPLACE FUNCTION @extschema@.dm_next_events(subscriber text, "limit" integer DEFAULT 100)
RETURNS TABLE (product text, sequence bigint, event jsonb) AS 'MODULE_PATHNAME', 'dm_next_events'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_next_events(text, integer) IS
	'the next events that a subscriber has not acknowledged, in the order of each product';

CREATE OR REPLACE FUNCTION @extschema@.dm_ack_events(subscriber text, product text, upto bigint)
RETURNS void AS 'MODULE_PATHNAME', 'dm_ack_events'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_ack_events(text, text, bigint) IS
	'says that a subscriber is done with a product''s events up to a number';

CREATE OR REPLACE FUNCTION @extschema@.dm_ack_events(subscriber text, event jsonb)
RETURNS void AS 'MODULE_PATHNAME', 'dm_ack_event'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_ack_events(text, jsonb) IS
	'says that a subscriber is done with an event and those of the same product before it';

CREATE OR REPLACE VIEW datamesh.event_subscriptions WITH (security_barrier) AS
SELECT s.name AS subscriber, s.role, s.products, s.types, s.created_at, s.created_by
FROM datamesh.event_subscription s
WHERE pg_has_role(s.role, 'USAGE')
	OR (SELECT has_table_privilege('datamesh.event_subscription'::regclass, 'SELECT'));
COMMENT ON VIEW datamesh.event_subscriptions IS 'subscribers of events that are the current user''s';
GRANT SELECT ON datamesh.event_subscriptions TO PUBLIC;
