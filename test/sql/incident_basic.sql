-- Incidents: one for one root cause, who sees them, how they end.
CREATE ROLE regress_ic_owner;
CREATE ROLE regress_ic_etl;
CREATE ROLE regress_ic_stranger;
CREATE SCHEMA ic AUTHORIZATION regress_ic_owner;
SET ROLE regress_ic_owner;
CREATE TABLE ic.a AS SELECT 1 AS id;
CREATE TABLE ic.b AS SELECT 1 AS id;
SELECT dm_register_domain('ic', schemas => '{ic}');
SELECT dm_register_product('ic.p');
RESET ROLE;
SELECT dm_add_producer('ic', 'regress_ic_etl');
GRANT USAGE ON SCHEMA ic TO regress_ic_etl;

-- numbers and times differ from run to run
CREATE VIEW ic_incidents AS
SELECT row_number() OVER (ORDER BY id) AS n, product, relation, severity, title, owner, state, causes, failing,
	note, closed_by
FROM datamesh.incidents WHERE product = 'ic.p';
CREATE VIEW ic_events AS
SELECT sequence, type, event ->> 'subject' AS subject, event #>> '{data,title}' AS title FROM datamesh.events WHERE product = 'ic.p';
GRANT SELECT ON ic_incidents, ic_events TO PUBLIC;
CREATE FUNCTION incident_of(n bigint) RETURNS bigint LANGUAGE sql SECURITY DEFINER AS
	$$SELECT id FROM (SELECT i.id, row_number() OVER (ORDER BY i.id) AS n
		FROM datamesh.incident i JOIN datamesh.product_name p ON p.id = i.product AND p.name = 'ic.p') i WHERE i.n = $1$$;
CREATE FUNCTION try(call text, n bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	EXECUTE format(call, incident_of(n));
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN regexp_replace(SQLERRM, '\d+', 'N') || coalesce(' / ' || nullif(detail, ''), '');
END $$;

-- two failures of one relation are one incident, another relation has its own, and so has the product
SET ROLE regress_ic_etl;
SELECT dm_report_failure('ic.p', 'nulls', 'ids are missing', 'ic.a', 'warning') = dm_report_failure('ic.p', 'dups', 'ids are there twice', 'ic.a') AS same;
SELECT dm_report_failure('ic.p', 'nulls', 'ids are missing', 'ic.b') IS NOT NULL AS other;
SELECT dm_report_failure('ic.p', 'late', 'nothing came', severity => 'info', detail => '{"hours": 3}') IS NOT NULL AS whole;
SELECT dm_report_failure('ic.p', 'nulls', 'ids are still missing', 'ic.a', 'warning') IS NOT NULL AS again;
SELECT * FROM ic_incidents ORDER BY n;
SELECT cause, severity, title, times, detail, last_failed_at >= first_failed_at AS ordered FROM datamesh.incident_causes
	WHERE product = 'ic.p' ORDER BY incident, cause;

-- it closes by itself when the last cause is healthy, and not before
SELECT dm_report_healthy('ic.p', 'nulls', 'ic.a');
SELECT dm_report_healthy('ic.p', 'unheard of', 'ic.a');
SELECT state, failing FROM ic_incidents WHERE n = 1;
SELECT dm_report_healthy('ic.p', 'dups', 'ic.a');
SELECT state, failing, closed_by FROM ic_incidents WHERE n = 1;
-- what comes back within the window was not over
SELECT dm_report_failure('ic.p', 'dups', 'ids are there twice', 'ic.a') = incident_of(1) AS reopened;
SELECT state, failing FROM ic_incidents WHERE n = 1;
RESET ROLE;
-- and beyond it another cause is another incident, the known one is not
SET datamesh.incident_window = 0;
SELECT pg_sleep(0.01);
SET ROLE regress_ic_etl;
SELECT dm_report_failure('ic.p', 'dups', 'ids are there twice', 'ic.a') = incident_of(1) AS known,
	dm_report_failure('ic.p', 'types', 'ids are dates', 'ic.a') = incident_of(1) AS new;
SELECT dm_report_healthy('ic.p', 'types', 'ic.a');
SELECT dm_report_failure('ic.p', 'types', 'ids are dates', 'ic.a') = incident_of(4) AS reopened;
RESET ROLE;
RESET datamesh.incident_window;

-- acknowledging and closing are for who manages the product
SELECT dm_acknowledge_incident(incident_of(1));
SET ROLE regress_ic_etl;
SELECT try('SELECT dm_acknowledge_incident(%s, ''mine'')', 2);
SELECT try('SELECT dm_close_incident(%s)', 2);
SET ROLE regress_ic_owner;
SELECT dm_acknowledge_incident(incident_of(2), 'the import of Monday');
SELECT dm_close_incident(incident_of(5), 'as planned');
SELECT try('SELECT dm_close_incident(%s)', 5);
SELECT try('SELECT dm_acknowledge_incident(%s)', 5);
SELECT dm_close_incident(-1);
SELECT dm_close_incident(NULL);
SELECT n, state, note, closed_by FROM ic_incidents ORDER BY n;
-- what was closed by hand is not opened again
SELECT dm_report_failure('ic.p', 'types', 'ids are dates', 'ic.a') = incident_of(5) AS same;

-- nobody else sees or does anything
SET ROLE regress_ic_stranger;
SELECT count(*) FROM ic_incidents;
SELECT count(*) FROM ic_events;
SELECT * FROM datamesh.incident;
SELECT dm_report_failure('ic.p', 'x', 'y');
SELECT dm_report_healthy('ic.p', 'x');
SELECT dm_emit_event('ic.p', 'port.refreshed');
RESET ROLE;

-- a failure that is rolled back was none
BEGIN;
SAVEPOINT s;
SELECT dm_report_failure('ic.p', 'x', 'taken back', 'ic.b') IS NOT NULL AS done;
ROLLBACK TO s;
SELECT dm_emit_event('ic.p', 'port.refreshed', E'b\001\n\u0085', '{"rows": 1}');
COMMIT;
SELECT count(*) FROM datamesh.incident_causes WHERE title = 'taken back';
-- the relation goes, and what was wrong with it
DROP TABLE ic.b;
SELECT state, note, failing FROM ic_incidents WHERE n = 2;

-- all of it in order, without gaps
SELECT * FROM ic_events ORDER BY sequence;

-- bad input
SELECT dm_report_failure('ic.p', 'x', 'y', severity => 'fatal');
SELECT dm_report_failure('ic.p', repeat('x', 201), 'y');
SELECT dm_report_failure('ic.p', 'x', 'y', 'pg_class');
SELECT dm_report_failure('ic.p', NULL, 'y');
SELECT dm_report_failure('ic.p', 'x', '');
SELECT dm_report_failure('ic.q', 'x', 'y');
SELECT dm_emit_event('ic.p', 'quality.passed');
SELECT dm_emit_event('ic.p', 'refreshed');
SELECT dm_emit_event('ic.p', E'port."x\n');
SELECT dm_emit_event('ic.p', NULL);

DROP VIEW ic_incidents, ic_events;
SELECT id AS product FROM datamesh.product_name WHERE name = 'ic.p' \gset
SELECT dm_retire('ic.p');
SELECT dm_drop_domain('ic');
SELECT count(*) FROM datamesh.incident WHERE product = :product;
SELECT count(*) FROM datamesh.incident_cause c WHERE NOT EXISTS (SELECT FROM datamesh.incident i WHERE i.id = c.incident);
SELECT count(*) FROM datamesh.event WHERE product = :product;
DROP FUNCTION incident_of(bigint), try(text, bigint);
DROP SCHEMA ic CASCADE;
DROP ROLE regress_ic_owner, regress_ic_etl, regress_ic_stranger;
