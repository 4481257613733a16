-- A breach is seen at its deadline, and ends with the commit that ends it; shares come from the
-- counters of reads.  Needs the library to be preloaded.
SET client_min_messages = warning;
CREATE ROLE regress_sll_owner;
CREATE ROLE regress_sll_reader;
SELECT dm_register_purpose('sll_work') \g /dev/null
CREATE SCHEMA sll AUTHORIZATION regress_sll_owner;
SET ROLE regress_sll_owner;
CREATE TABLE sll.sale (id int PRIMARY KEY, amount int);
CREATE TABLE sll.part (id int);
CREATE VIEW sll.both AS SELECT s.id FROM sll.sale s JOIN sll.part p USING (id);
DO $$ BEGIN
	PERFORM dm_register_domain('sll', schemas => '{sll}');
	PERFORM dm_register_product('sll.sales', open_ended => true);
	PERFORM dm_add_port('sll.sales', 'sll.sale');
	PERFORM dm_add_port('sll.sales', 'sll.both');
	PERFORM dm_publish('sll.sales');
	PERFORM dm_grant_access('sll.sales', 'regress_sll_reader', 'sll_work');
END $$;
INSERT INTO sll.sale SELECT g, g FROM generate_series(1, 100) g;
SELECT dm_set_slo('sll.sales', 'freshness', '400', 'ms');
SELECT element, state IN ('ok', 'at_risk') AS fine, since IS NOT NULL AS since, deadline > now() - interval '1 s' AS has_deadline,
	   forecast IS NULL OR forecast = deadline AS forecast FROM datamesh.slo_status WHERE product = 'sll.sales' ORDER BY element;
SELECT deadline AS due FROM datamesh.slo_status WHERE product = 'sll.sales' AND element = 'sale' \gset
SELECT pg_sleep(0.6);
-- nobody but this view has looked meanwhile, or the worker has: it is the same
SELECT element, state, since = :'due' AS from_the_deadline_on, burn_rate_1h > 1 AS burns FROM datamesh.slo_status
WHERE product = 'sll.sales' AND element = 'sale';
-- a view is as fresh as the newest of its tables
INSERT INTO sll.part VALUES (1);
SELECT element, state <> 'breached' AS good FROM datamesh.slo_status WHERE product = 'sll.sales' ORDER BY element;
SELECT pg_sleep(0.6);
INSERT INTO sll.sale VALUES (1000, 1);
INSERT INTO sll.sale VALUES (1001, 1);
SELECT element, state <> 'breached' AS good FROM datamesh.slo_status WHERE product = 'sll.sales' ORDER BY element;
-- what was late stays in the history, to the commit
SELECT dm_set_slo('sll.sales', 'freshness', '1', 'h');
SELECT element, count(*) FILTER (WHERE state = 'breached') > 0 AS was_late,
	   bool_and(state <> 'breached' OR until IS NOT NULL) AS is_over FROM datamesh.slo_history
WHERE product = 'sll.sales' GROUP BY element ORDER BY element;
SELECT a.last_write > h.until - interval '1 s' AND a.last_write >= h.until AS ended_by_a_commit
FROM datamesh.slo_history h, datamesh.activities a
WHERE h.product = 'sll.sales' AND h.element = 'sale' AND h.state = 'breached' AND a.relation = 'sll.sale'::regclass
ORDER BY h.since DESC LIMIT 1;
SELECT element, breaches > 0 AS late, bad > '0.1 s' AND bad < '1 min' AS plausible, met FROM dm_slo_report('sll.sales', now() - interval '1 hour', now() + interval '1 s') ORDER BY element;

-- shares of reads
SELECT dm_set_slo('sll.sales', 'availability', '90', 'percent');
SELECT dm_set_slo('sll.sales', 'errorRate', '50', 'percent');
SELECT state, attained, detail FROM datamesh.slo_status WHERE product = 'sll.sales' AND property = 'availability';
RESET ROLE;
SET ROLE regress_sll_reader;
SET datamesh.purpose = 'sll_work';
SELECT count(*) FROM sll_sales_v1.sale;
SELECT count(*) FROM sll_sales_v1.sale;
SELECT max(1 / (amount - amount)) FROM sll_sales_v1.sale;
SELECT count(*) FROM sll_sales_v1.both;
RESET ROLE;
SET ROLE regress_sll_owner;
SELECT property, state, attained, objective, measured, budget_left FROM datamesh.slo_status
WHERE product = 'sll.sales' AND property IN ('availability', 'errorRate') ORDER BY property COLLATE "C";

RESET ROLE;
SET client_min_messages = error;
SELECT dm_deprecate('sll.sales'), dm_retire('sll.sales'), dm_drop_domain('sll') \g /dev/null
DROP SCHEMA sll CASCADE;
SELECT dm_drop_purpose('sll_work') \g /dev/null
DROP ROLE regress_sll_owner, regress_sll_reader;
