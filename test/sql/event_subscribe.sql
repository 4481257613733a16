-- Subscribers of events: what each sees, in which order, acknowledging, and what is lost.
CREATE ROLE regress_es_owner;
CREATE ROLE regress_es_etl;
CREATE ROLE regress_es_bi;
CREATE ROLE regress_es_other;
CREATE SCHEMA es AUTHORIZATION regress_es_owner;
SELECT dm_register_purpose('es_reports');
SET ROLE regress_es_owner;
CREATE TABLE es.t AS SELECT 1 AS id;
SELECT dm_register_domain('es', schemas => '{es}');
SELECT dm_register_product('es.' || p, open_ended => true) FROM unnest('{a,b}'::text[]) p;
RESET ROLE;
SELECT dm_add_producer('es', 'regress_es_etl');
-- the team and its ETL role see everything, a consumer what concerns him, a stranger nothing
CREATE VIEW es_next AS
SELECT s, n.product, n.sequence, n.event ->> 'type' AS type, n.event ->> 'subject' AS subject
FROM unnest('{es_team,es_etl,es_bi,es_other,es_fails}'::text[]) s, dm_next_events(s, 20) n;
SET ROLE regress_es_owner;
SELECT dm_subscribe_events('es_team');
SELECT dm_subscribe_events('es_fails', '{es.a}', '{quality.*,port.refreshed}', start => 'oldest');
SET ROLE regress_es_etl;
SELECT dm_subscribe_events('es_etl', '{es.*}');
SET ROLE regress_es_bi;
SELECT dm_subscribe_events('es_bi', '{es.a,es.b}');
SET ROLE regress_es_other;
SELECT dm_subscribe_events('es_other');
RESET ROLE;

SET ROLE regress_es_owner;
SELECT count(dm_add_port('es.' || p, 'es.t')) FROM unnest('{a,b}'::text[]) p;
SELECT count(dm_publish('es.' || p)) FROM unnest('{a,b}'::text[]) p;
SET ROLE regress_es_bi;
SELECT dm_request_access('es.a', 'es_reports') IS NOT NULL AS asked;
SET ROLE regress_es_owner;
SELECT dm_approve_access(id) IS NOT NULL AS approved FROM datamesh.access_requests WHERE product = 'es.a';
SELECT dm_emit_event('es.a', 'port.refreshed', 't', '{"rows": 1}');
SELECT dm_emit_event('es.b', 'port.refreshed', 't', '{"rows": 2}');
SELECT dm_report_failure('es.a', 'nulls', 'ids are missing') IS NOT NULL AS reported;
RESET ROLE;
SELECT * FROM es_next WHERE s = 'es_team' ORDER BY product, sequence;
SELECT s, string_agg(DISTINCT product || ' ' || type, ', ' ORDER BY product || ' ' || type) FROM es_next WHERE s <> 'es_team' GROUP BY s ORDER BY s;

-- a CloudEvent: what has to be there, and what it is
SELECT event ->> 'specversion' AS specversion, event ->> 'id' ~ '^[0-9a-f-]{36}$' AS id,
	event ->> 'source' = '/' || current_database() || '/es/a' AS source, event ->> 'type' AS type,
	event ->> 'subject' AS subject, event ->> 'time' ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$' AS time,
	event ->> 'datacontenttype' AS datacontenttype, event ->> 'sequence' AS sequence, event -> 'data' AS data
FROM dm_next_events('es_fails');
-- the name of the mesh is part of a URI
SET datamesh.mesh_name = 'Our "mesh" / 1';
SELECT dm_emit_event('es.a', 'port.refreshed');
RESET datamesh.mesh_name;
SELECT event ->> 'source' AS source, event ? 'subject' AS subject, event ? 'data' AS data FROM dm_next_events('es_fails') ORDER BY sequence DESC LIMIT 1;

-- at least once: the same again until it is acknowledged; up to a number, or with the event itself
SELECT count(*) FROM dm_next_events('es_bi');
SELECT count(*) FROM dm_next_events('es_bi');
BEGIN;
SELECT dm_ack_events('es_bi', event) FROM dm_next_events('es_bi', 1);
SELECT count(*) FROM dm_next_events('es_bi');
ROLLBACK;
SELECT count(*) FROM dm_next_events('es_bi');
SELECT dm_ack_events('es_bi', event) FROM dm_next_events('es_bi', 1);
SELECT product, event ->> 'type' AS type FROM dm_next_events('es_bi');
SELECT dm_ack_events('es_bi', product, max(sequence)) FROM dm_next_events('es_bi') GROUP BY product;
SELECT count(*) FROM dm_next_events('es_bi');
-- never back
SELECT dm_ack_events('es_bi', 'es.a', 1);
SELECT count(*) FROM dm_next_events('es_bi');

-- a busy product leaves room for the others
SELECT count(dm_emit_event('es.a', 'port.refreshed', i::text)) FROM generate_series(1, 50) i;
SELECT count(dm_emit_event('es.b', 'port.refreshed', i::text)) FROM generate_series(1, 3) i;
SELECT count(dm_ack_events('es_etl', product, 0)) FROM unnest('{es.a,es.b}'::text[]) product;
SELECT product, count(*), bool_and(ordered) AS ordered
FROM (SELECT product, sequence > coalesce(lag(sequence) OVER (PARTITION BY product ORDER BY ordinality), 0) AS ordered
	FROM dm_next_events('es_etl', 10) WITH ORDINALITY) n GROUP BY product ORDER BY product;
SELECT product, count(*), max(sequence) = count(*) AS without_gaps FROM datamesh.events WHERE product LIKE 'es.%' GROUP BY product ORDER BY product;

-- what nobody waits for goes first; what somebody waits for stays longer; then he is told
SELECT dm_ack_events('es_team', product, max(sequence)) FROM datamesh.events WHERE product LIKE 'es.%' GROUP BY product;
SELECT dm_ack_events('es_etl', product, max(sequence)) FROM datamesh.events WHERE product LIKE 'es.%' GROUP BY product;
SELECT dm_ack_events('es_bi', 'es.a', max(sequence)) FROM datamesh.events WHERE product = 'es.a';
SET datamesh.event_retention = 0;
SELECT * FROM dm_run_job('retention');
SELECT product, event ->> 'type' AS type, count(*) FROM datamesh.events WHERE product LIKE 'es.%' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*) FROM dm_next_events('es_fails');
SET datamesh.event_retention_max = 0;
SELECT * FROM dm_run_job('retention');
SELECT count(*) FROM datamesh.events WHERE product LIKE 'es.%';
SELECT dm_next_events('es_fails');
SELECT dm_next_events('es_team');
SELECT dm_ack_events('es_fails', 'es.a', lost) FROM datamesh.event_cursor c JOIN datamesh.event_subscription s ON s.id = c.subscription
	WHERE s.name = 'es_fails';
RESET datamesh.event_retention;
RESET datamesh.event_retention_max;
SELECT dm_emit_event('es.a', 'port.refreshed', 'after');
SELECT type, subject FROM es_next WHERE s = 'es_fails';

-- an agreement that is over ends what its consumer sees
SELECT dm_revoke_access(id) FROM datamesh.agreements WHERE product = 'es.a' AND state = 'active';
SELECT count(*) FROM dm_next_events('es_bi');

-- a subscriber is its role's
SET ROLE regress_es_other;
-- how many there are is for who may see some
SELECT dm_ack_events('es_other', 'es.a', 1000000);
SELECT dm_next_events('es_team');
SELECT dm_ack_events('es_team', 'es.a', 1);
SELECT dm_unsubscribe_events('es_team');
SELECT dm_subscribe_events('es_team');
SELECT subscriber FROM datamesh.event_subscriptions ORDER BY 1;
SELECT * FROM datamesh.event;
RESET ROLE;

-- bad input
SELECT dm_subscribe_events('x y');
SELECT dm_subscribe_events('es_x', '{es.c}');
SELECT dm_subscribe_events('es_x', '{es.a@1}');
SELECT dm_subscribe_events('es_x', '{nowhere.*}');
SELECT dm_subscribe_events('es_x', types => '{*}');
SELECT dm_subscribe_events('es_x', types => '{quality.*.x}');
SELECT dm_subscribe_events('es_x', start => 'then');
SELECT dm_subscribe_events(NULL);
SELECT dm_next_events('es_none');
SELECT dm_next_events('es_team', 0);
SELECT dm_next_events('es_team', 1000000);
SELECT dm_ack_events('es_team', 'es.a', 1000000);
SELECT dm_ack_events('es_team', 'es.a', -1);
SELECT dm_ack_events('es_team', 'es.a', NULL);
SELECT dm_ack_events('es_team', '{}'::jsonb);
SELECT dm_ack_events('es_team', '{"source": "/x/y", "sequence": "1"}'::jsonb);
SELECT dm_ack_events('es_team', '{"source": "/x/es/a", "sequence": "one"}'::jsonb);
SELECT dm_ack_events('es_team', '[1]'::jsonb);
SELECT dm_ack_events('es_team', NULL::jsonb);

SELECT dm_unsubscribe_events(subscriber) FROM datamesh.event_subscriptions WHERE subscriber LIKE 'es_%';
DROP VIEW es_next;
SELECT count(dm_deprecate('es.' || p)), count(dm_retire('es.' || p)) FROM unnest('{a,b}'::text[]) p;
SELECT dm_drop_domain('es');
SELECT count(*) FROM datamesh.event_cursor c WHERE NOT EXISTS (SELECT FROM datamesh.event_subscription s WHERE s.id = c.subscription);
DROP SCHEMA es CASCADE;
SELECT dm_drop_purpose('es_reports');
DROP ROLE regress_es_owner, regress_es_etl, regress_es_bi, regress_es_other;
