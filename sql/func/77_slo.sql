-- Service levels and the calendar.

CREATE OR REPLACE FUNCTION @extschema@.dm_set_slo(product text, property text, target text, unit text DEFAULT NULL,
	"window" interval DEFAULT '30 days', element text DEFAULT NULL, driver text DEFAULT NULL,
	objective double precision DEFAULT 99, description text DEFAULT NULL)
RETURNS void AS 'MODULE_PATHNAME', 'dm_set_slo'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_set_slo(text, text, text, text, interval, text, text, double precision, text) IS
	'promises a service level of a product, in the place of one of its contract or beside them';

CREATE OR REPLACE FUNCTION @extschema@.dm_drop_slo(product text, property text, element text DEFAULT NULL)
RETURNS void AS 'MODULE_PATHNAME', 'dm_drop_slo'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_drop_slo(text, text, text) IS 'takes a service level that was set away; one of the contract holds again';

CREATE OR REPLACE FUNCTION @extschema@.dm_record_refresh(product text, at timestamptz DEFAULT NULL, element text DEFAULT NULL)
RETURNS void AS 'MODULE_PATHNAME', 'dm_record_refresh'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_record_refresh(text, timestamptz, text) IS
	'tells that data which come from where the server does not see it were refreshed';

CREATE OR REPLACE FUNCTION datamesh.slo_replay(product text, refreshes timestamptz[], until timestamptz)
RETURNS void AS 'MODULE_PATHNAME', 'dm_slo_replay'
LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION datamesh.slo_replay(text, timestamptz[], timestamptz) IS 'internal: service levels followed over refreshes at given times, for tests';
REVOKE ALL ON FUNCTION datamesh.slo_replay(text, timestamptz[], timestamptz) FROM PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.dm_add_maintenance(starts timestamptz, ends timestamptz, product text DEFAULT NULL, reason text DEFAULT NULL)
RETURNS bigint AS 'MODULE_PATHNAME', 'dm_add_maintenance'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_add_maintenance(timestamptz, timestamptz, text, text) IS
	'a time that does not count against the service levels of a product, or of all; returns its number';

CREATE OR REPLACE FUNCTION @extschema@.dm_add_weekly_maintenance(weekdays text[], starts time, ends time, time_zone text DEFAULT 'UTC',
	product text DEFAULT NULL, valid_from timestamptz DEFAULT NULL, valid_until timestamptz DEFAULT NULL, reason text DEFAULT NULL)
RETURNS bigint AS 'MODULE_PATHNAME', 'dm_add_weekly_maintenance'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_add_weekly_maintenance(text[], time, time, text, text, timestamptz, timestamptz, text) IS
	'the same for times of the week by the clock of a time zone';

CREATE OR REPLACE FUNCTION @extschema@.dm_drop_maintenance("window" bigint)
RETURNS void AS 'MODULE_PATHNAME', 'dm_drop_maintenance'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_drop_maintenance(bigint) IS 'takes a maintenance window off the calendar';

CREATE OR REPLACE VIEW datamesh.maintenance_windows AS
SELECT c.id, n.name AS product, CASE WHEN c.weekdays = 0 THEN 'once' ELSE 'weekly' END AS kind, c.starts, c.ends,
       ARRAY(SELECT d.name FROM unnest('{sun,mon,tue,wed,thu,fri,sat}'::text[]) WITH ORDINALITY d(name, n)
             WHERE (c.weekdays >> (d.n::integer - 1)) & 1 = 1 ORDER BY d.n) AS weekdays,
       c.from_time, c.to_time, c.time_zone, c.reason, c.created_at, c.created_by
FROM datamesh.calendar c
LEFT JOIN datamesh.product_name n ON n.id = c.product;
COMMENT ON VIEW datamesh.maintenance_windows IS 'times that do not count against service levels; without a product for all';
GRANT SELECT ON datamesh.maintenance_windows TO PUBLIC;

CREATE OR REPLACE FUNCTION datamesh.slo_states(at timestamptz)
RETURNS TABLE (product text, property text, element text, target text, unit text, objective numeric, span interval, driver text,
	source text, state text, since timestamptz, measured text, attained numeric, budget_left numeric, burn_rate_1h double precision,
	burn_rate_6h double precision, deadline timestamptz, forecast timestamptz, maintenance_until timestamptz, detail text)
AS 'MODULE_PATHNAME', 'dm_slo_states'
LANGUAGE C VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION datamesh.slo_states(timestamptz) IS 'internal: how the service levels stand that the caller may see';

CREATE OR REPLACE VIEW datamesh.slo_status AS
SELECT product, property, element, target, unit, objective, span AS "window", driver, source, state, since, measured, attained,
       budget_left, burn_rate_1h, burn_rate_6h, deadline, forecast, maintenance_until, detail
FROM datamesh.slo_states(NULL);
COMMENT ON VIEW datamesh.slo_status IS 'how service levels stand now, for the domain and for consumers with an agreement';
GRANT SELECT ON datamesh.slo_status TO PUBLIC;

CREATE OR REPLACE VIEW datamesh.slo_history WITH (security_barrier) AS
SELECT n.name AS product, split_part(i.slo, ':', 1) AS property,
       nullif(substr(i.slo, length(split_part(i.slo, ':', 1)) + 2), '') AS element,
       i.state, i.since, i.until
FROM datamesh.slo_interval i
JOIN datamesh.product p ON p.id = i.product
JOIN datamesh.product_name n ON n.id = p.id
JOIN datamesh.domain d ON d.id = p.domain
WHERE pg_has_role(d.owner, 'USAGE')
	OR pg_has_role(p.owner, 'USAGE')
	OR EXISTS (SELECT FROM unnest(d.producers) AS r WHERE pg_has_role(r, 'USAGE'))
	OR has_table_privilege('datamesh.slo_interval', 'SELECT');
COMMENT ON VIEW datamesh.slo_history IS 'states of service levels, from change to change, for the domain';
GRANT SELECT ON datamesh.slo_history TO PUBLIC;

CREATE OR REPLACE FUNCTION @extschema@.dm_slo_report(product text, "from" timestamptz, "to" timestamptz)
RETURNS TABLE (property text, element text, target text, unit text, objective numeric, attained numeric, met boolean,
	good interval, bad interval, maintenance interval, unknown interval, breaches integer)
AS 'MODULE_PATHNAME', 'dm_slo_report'
LANGUAGE C VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.dm_slo_report(text, timestamptz, timestamptz) IS
	'how the service levels of a product were kept within a time, maintenance left out';
