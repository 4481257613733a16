-- A mesh with a bit of everything, for tests that carry it to another server.  It is
-- loaded by a superuser into an empty database that has the extension.

CREATE ROLE hr_team;
CREATE ROLE sales_team0;
CREATE ROLE sales_app;
CREATE ROLE governor;
CREATE ROLE auditor;
CREATE ROLE analysts;
CREATE ROLE ann;
CREATE ROLE bob;
CREATE ROLE cid;
CREATE ROLE dan IN ROLE analysts;
CREATE ROLE eve;
CREATE ROLE fay;
CREATE ROLE gus;
CREATE ROLE "Role ""Q""";
CREATE ROLE leaver;
CREATE ROLE ghost;
ALTER ROLE bob SET datamesh.purpose = 'reporting';

GRANT EXECUTE ON FUNCTION dm_create_tag(text, text, text, text), dm_alter_tag(text, text, text, text),
	dm_drop_tag(text), dm_load_taxonomy(text), dm_register_mask(regprocedure), dm_drop_mask(regprocedure),
	dm_create_key(text), dm_rotate_key(text), dm_grant_key(text, regrole), dm_revoke_key(text, regrole),
	dm_register_purpose(text, text, text), dm_drop_purpose(text) TO governor;
GRANT SELECT ON datamesh.agreement, datamesh.access_request TO auditor;

-- Governance
CREATE SCHEMA gov AUTHORIZATION governor;
SET ROLE governor;
CREATE FUNCTION gov.mask_code(value text, keep int) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN left(value, keep) || '-' || length(value);
GRANT USAGE ON SCHEMA gov TO PUBLIC;
SELECT dm_load_taxonomy();
SELECT dm_register_mask('gov.mask_code(text, int)');
SELECT dm_create_key('ref_key');
SELECT dm_create_tag('site', 'tags of this site');
SELECT dm_create_tag('site.code', 'codes', 'gov.mask_code(2)');
SELECT dm_create_tag('site.ref', 'references', 'dm_mask_null()', 'ref_key');
SELECT dm_register_purpose('reporting', 'reports');
SELECT dm_register_purpose('reporting.weekly', NULL, 'reporting');
SELECT dm_register_purpose('fraud', 'fraud detection');
SELECT dm_grant_key('ref_key', 'sales_team0');
SELECT dm_grant_key('default', 'sales_team0');
SELECT dm_grant_key('default', 'hr_team');
RESET ROLE;

-- Data of domain sales; columns dropped before the ports are made
CREATE SCHEMA sales0 AUTHORIZATION sales_team0;
CREATE SCHEMA "Sales Ext" AUTHORIZATION sales_team0;
SET ROLE sales_team0;
CREATE DOMAIN sales0.iso2 AS char(2) CHECK (value ~ '^[A-Z]{2}$');
CREATE TYPE sales0.level AS ENUM ('low', 'high');
CREATE TYPE sales0.place AS (street text, city text);
CREATE TABLE sales0.customer0 (
	gone1 int,
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	email0 text COLLATE "C",
	gone2 text,
	phone varchar(20),
	"Full Name" text,
	born date,
	ip inet,
	country sales0.iso2,
	level sales0.level,
	place sales0.place,
	notes jsonb,
	tags text[],
	amount numeric(10,2),
	ref bigint,
	code text,
	twice numeric GENERATED ALWAYS AS (amount * 2) STORED
);
ALTER TABLE sales0.customer0 DROP COLUMN gone1, DROP COLUMN gone2;
INSERT INTO sales0.customer0
	(email0, phone, "Full Name", born, ip, country, level, place, notes, tags, amount, ref, code)
SELECT 'user' || i || '@example.org', '+31 20 ' || 1000000 + i, 'Zoë O''Neil ' || i,
	date '1970-01-01' + i * 100, inet '10.0.0.0' + i * 257, CASE i % 2 WHEN 0 THEN 'NL' ELSE 'DE' END,
	(ARRAY['low', 'high'])[1 + i % 2]::sales0.level, ROW('Street ' || i, 'City')::sales0.place,
	jsonb_build_object('n', i), ARRAY['t' || i, NULL], i * 1.25, 1000 + i, 'code' || i
FROM generate_series(1, 40) i;
INSERT INTO sales0.customer0 DEFAULT VALUES;
COMMENT ON TABLE sales0.customer0 IS 'the customers';
COMMENT ON COLUMN sales0.customer0.email0 IS 'where to write to';
CREATE INDEX customer_email_token ON sales0.customer0 (dm_token(email0, 'default'));

CREATE TABLE sales0.orders (gone int, day date NOT NULL, id int, customer int, note text) PARTITION BY RANGE (day);
ALTER TABLE sales0.orders DROP COLUMN gone;
CREATE TABLE sales0.orders_2024 PARTITION OF sales0.orders FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
-- another order of columns, and one that was dropped
CREATE TABLE sales0.orders_2025 (note text, customer int, x int, id int, day date NOT NULL);
ALTER TABLE sales0.orders_2025 DROP COLUMN x;
ALTER TABLE sales0.orders ATTACH PARTITION sales0.orders_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO sales0.orders (day, id, customer, note)
SELECT date '2024-06-01' + i * 7, i, 1 + i % 40, 'note ' || i FROM generate_series(1, 60) i;
CREATE VIEW sales0.customer_view AS
	SELECT c.id, lower(c.email0) AS mail, o.note FROM sales0.customer0 c JOIN sales0.orders o ON o.customer = c.id;
CREATE MATERIALIZED VIEW sales0.by_country AS
	SELECT country, count(*) AS n, max(email0) AS one_email FROM sales0.customer0 GROUP BY country;
CREATE UNIQUE INDEX ON sales0.by_country (country);
CREATE TABLE "Sales Ext"."Odd ""Table""" (
	"a b" int,
	"Quote""d" text,
	"SELECT" text,
	c123456789012345678901234567890123456789012345678901234567890ää text
);
INSERT INTO "Sales Ext"."Odd ""Table""" VALUES (1, 'q', 's', 'long'), (2, NULL, 'ß', 'länger');

SELECT dm_register_domain('sales', 'sales_team0', '{sales0,"Sales Ext"}', 'all that is sold');
SELECT dm_add_producer('sales', 'sales_app');
SELECT dm_classify('sales0.customer0', 'email0', 'pii.email');
SELECT dm_classify('sales0.customer0', 'phone', 'pii.phone', 'confidential');
SELECT dm_classify('sales0.customer0', 'Full Name', 'pii.name');
SELECT dm_classify('sales0.customer0', 'born', 'pii.birth_date');
SECURITY LABEL FOR datamesh ON COLUMN sales0.customer0.ip IS 'pii.ip, internal';
SELECT dm_classify('sales0.customer0', 'notes', 'restricted');
SELECT dm_classify('sales0.customer0', 'country', 'confidential');
SELECT dm_classify('sales0.customer0', 'ref', 'site.ref');
SELECT dm_classify('sales0.customer0', 'code', 'site.code');
SELECT dm_classify('sales0.orders', 'note', 'pii');
SELECT dm_classify('"Sales Ext"."Odd ""Table"""', 'Quote"d', 'site.code');
SELECT dm_classify('"Sales Ext"."Odd ""Table"""',
	'c123456789012345678901234567890123456789012345678901234567890ää', 'pii');

SELECT dm_register_product('sales.customers', 'customers', open_ended => true);
SELECT dm_add_port('sales.customers', 'sales0.customer0', 'customer');
SELECT dm_add_port('sales.customers', 'sales0.customer_view', 'Mixed "View"');
SELECT dm_add_port('sales.customers', 'sales0.by_country');
SELECT dm_add_port('sales.customers', '"Sales Ext"."Odd ""Table"""');
SELECT dm_add_port('sales.customers', 'sales0.customer0', 'few', '{"Full Name",id,ref}');
SELECT dm_publish('sales.customers');
SELECT dm_register_product('sales.orders', 'orders', 'sales_app', true);
SELECT dm_add_port('sales.orders', 'sales0.orders');
SELECT dm_publish('sales.orders');
SELECT dm_register_product('sales.orders@2', 'orders, next version');
SELECT dm_add_port('sales.orders@2', 'sales0.orders', 'orders', '{day,id}');
SELECT dm_record_measurement('sales0.orders', 'rows', 1000 + i % 3, '2024-01-01 00:00+00'::timestamptz + i * interval '1 day') FROM generate_series(1, 40) i;
SELECT dm_record_measurement('sales0.orders', 'rows', 5000, '2024-03-01 00:00+00');
SELECT dm_acknowledge_anomaly('sales0.orders', 'rows', 'real', note => 'it''s one');
SELECT dm_set_alert_budget('sales0.orders', 'rows', 2, '1 month');
SELECT dm_register_subject('sales0.orders', 'customer');
SELECT dm_require_consent('sales.orders', 'fraud');
SELECT dm_record_consent('{1,2,-3}'::text[], 'fraud', true);
SELECT dm_add_row_policy('sales0.orders', 'late_ones', $$day >= '2024-07-01' AND note <> 'a''b'$$, '{role:bob,purpose:fraud}');
SELECT dm_add_row_policy('sales0.by_country', 'region', $$country::text = ANY (dm_attribute('country'))$$, '{role:bob}');
SELECT dm_add_row_policy('sales0.customer0', 'dropped', 'true');
SELECT dm_drop_row_policy('sales0.customer0', 'dropped');
SELECT dm_add_rule('sales0.orders', 'noted', 'nullValues', 'note', must => '<= 90', unit => 'percent', severity => 'warning', schedule => '0 6 * * *', description => 'it''s "said"');
SELECT dm_add_rule('sales0.orders', 'in_time', 'expression', arguments => '{"expression": "day < ''2100-01-01''"}', "where" => 'note <> ''a''''b''', tolerance => 0.5);
SELECT dm_add_rule('sales0.customer0', 'none', 'rowCount', must => '< 0');
SELECT rule, verdict FROM dm_check('sales0.orders'::regclass) UNION ALL SELECT rule, verdict FROM dm_check('sales0.customer0'::regclass);
SELECT dm_register_product('sales.secret', 'not published');
SELECT dm_add_port('sales.secret', 'sales0.customer0', 'draft', '{id,email0}');
RESET ROLE;

SELECT dm_set_attribute('bob', 'country', 'NL', 'a "b", c'), dm_set_attribute('analysts', 'unit.name', 'v');
SELECT dm_accept_exit('sales', 'view', 'sales0.customer_view', 'bob', 'an old report');

-- Domain hr
CREATE SCHEMA hr AUTHORIZATION hr_team;
SET ROLE hr_team;
CREATE TABLE hr.person (id uuid PRIMARY KEY, name text, salary int);
INSERT INTO hr.person
SELECT md5(i::text)::uuid, 'Person ' || i, 1000 * i FROM generate_series(1, 20) i;
SELECT dm_register_domain('hr', 'hr_team', '{hr}');
SELECT dm_classify('hr.person', 'id', 'pii');
SELECT dm_classify('hr.person', 'name', 'pii.name');
SELECT dm_register_product('hr.people', open_ended => true);
SELECT dm_add_port('hr.people', 'hr.person');
SELECT dm_publish('hr.people');
SELECT dm_register_subject('hr.person', 'id', 'employee');
SELECT dm_require_consent('hr.people', 'fraud');
SELECT dm_record_consent(array_agg(md5(i::text)), 'fraud', i % 3 > 0, 'employee', 'asked') FROM generate_series(1, 20) i GROUP BY i % 3 > 0;
SELECT dm_register_product('hr.plans', 'nothing yet');
-- Contracts: one in force with what the server holds of it, its next draft, and one that comes before its data
SELECT dm_import_contract($odcs$# Zoë's	contract: comments and blanks are part of the text  
apiVersion: v3.1.0
kind: DataContract
id: hr-people
tenant: Ours
dataProduct: people
domain: HR
version: 1.0.0
status: active
description: {purpose: "all people, \"ours\""}
custom: {number: 1.10, nothing: null}
schema:
- name: person
  description: who works here
  properties:
  - {name: id, logicalType: string, physicalType: uuid, primaryKey: true, primaryKeyPosition: 1, required: true, description: a number}
  - {name: name, logicalType: string, classification: pii.name, examples: [Zoë]}
  - {name: salary, logicalType: integer, quality: [{metric: nullValues, mustBe: 0}]}
team: {name: hr, members: [{username: ann}]}
roles: [{role: analysts, access: read}]
slaProperties: [{property: latency, value: 4, unit: d}]
$odcs$, strict => false);
SELECT dm_publish('hr.people');
SELECT dm_import_contract(replace(dm_export_contract('hr.people', original => true), 'version: 1.0.0', 'version: 1.1.0'));
SELECT dm_import_contract('{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "hr-plans", "name": "plans", "domain": "hr", "version": "0.1", "status": "draft", "schema": [{"name": "plan", "properties": [{"name": "what"}]}]}');
SELECT dm_register_product('hr.old');
SELECT dm_add_port('hr.old', 'hr.person', 'was_here');
SELECT dm_publish('hr.old');
SELECT dm_grant_access('hr.old', 'ann', 'reporting', until => now() + interval '1 year');
SELECT dm_deprecate('hr.old');
SELECT dm_retire('hr.old');
RESET ROLE;
-- what governance has accepted of privileges outside
GRANT USAGE ON SCHEMA hr TO auditor;
GRANT SELECT (name), UPDATE (salary) ON hr.person TO auditor WITH GRANT OPTION;
SELECT dm_accept_grant('hr', 'hr', 'auditor', 'looks into salaries');
SELECT dm_accept_grant('hr', 'hr.person', 'auditor', 'looks into salaries');
SET ROLE hr_team;

-- Requests and agreements in every state
SELECT dm_grant_access('hr.people', 'analysts', 'reporting');
SELECT dm_grant_access('hr.people', '"Role ""Q"""', 'fraud', '{pii}');
SELECT dm_grant_access('hr.people', 'sales_team0', 'reporting', '{pii:token}');
SELECT dm_grant_access('hr.people', 'leaver', 'reporting');
RESET ROLE;
SET ROLE ann;
SELECT dm_request_access('sales.customers', 'reporting', '{pii,site,confidential}', reason => 'monthly report');
SET ROLE eve;
SELECT dm_request_access('sales.customers', 'fraud', '{pii:token}');
SELECT dm_request_access('hr.people', 'fraud');
SET ROLE gus;
SELECT dm_request_access('hr.people', 'reporting');
SET ROLE fay;
SELECT dm_withdraw_request(dm_request_access('sales.orders', 'reporting'));
SET ROLE sales_team0;
SELECT dm_approve_access(1);
SELECT dm_grant_access('sales.customers', 'bob', 'reporting', until => timestamptz '2999-01-01 UTC');
SELECT dm_grant_access('sales.customers', 'cid', 'fraud', '{pii.email:token,site.ref:token}');
SELECT dm_grant_access('sales.customers', 'analysts', 'reporting.weekly', '{pii.name}');
SELECT dm_revoke_access(dm_grant_access('sales.customers', 'fay', 'reporting'), 'no need any more');
SELECT dm_grant_access('sales.orders', 'gus', 'reporting', until => clock_timestamp() + interval '0.2 s');
SELECT dm_grant_access('sales.orders', 'bob', 'reporting', '{pii}');
SELECT dm_grant_access('sales.orders', 'ann', 'reporting', '{pii}', valid_from => timestamptz '2998-01-01 UTC');
SELECT dm_grant_access('sales.secret', 'ann', 'reporting', until => timestamptz '2999-01-01 UTC');
SELECT dm_grant_access('sales.secret', 'ghost', 'reporting', until => timestamptz '2999-01-01 UTC');
SELECT dm_deprecate('sales.orders', '2990-01-01', 'sales.orders@2');
SELECT dm_publish('sales.orders@2');
SELECT dm_subscribe_events('quoted', '{sales.*}', '{contract.*,port.*}', 'oldest');
SELECT dm_emit_event('sales.customers', 'port.refreshed', 'it''s "odd"', '{"rows": 1}');
SELECT dm_report_failure('sales.customers', 'nulls', 'it''s "late"', 'sales0.customer0', 'warning', '{"rows": 1}');
SELECT dm_report_failure('sales.orders', 'late', 'nothing came');
SELECT dm_report_healthy('sales.orders', 'late');
SET ROLE hr_team;
SELECT dm_deny_access(3, 'no reason given');
RESET ROLE;

-- Ports in use by a consumer's own views
CREATE SCHEMA ann_work AUTHORIZATION ann;
SET ROLE ann;
SET datamesh.purpose = 'reporting';
CREATE VIEW ann_work.mails AS SELECT id, email0 AS mail FROM sales_customers_v1.customer WHERE id < 10;
CREATE VIEW ann_work.joined AS
	SELECT m.mail, o."Quote""d" FROM ann_work.mails m JOIN sales_customers_v1."Odd ""Table""" o ON o."a b" = m.id;
-- and by copies of his, one of which may be handed on
CREATE TABLE ann_work.kept AS SELECT id, email0 AS mail, code FROM sales_customers_v1.customer;
-- filled, a restore would have to set the purpose
CREATE MATERIALIZED VIEW ann_work.stored AS SELECT mail FROM ann_work.mails WITH NO DATA;
RESET datamesh.purpose;
RESET ROLE;
SELECT dm_allow_sharing('ann_work.kept', 'sales.customers', 'eve', 'same project'),
	dm_allow_sharing('ann_work.stored', 'sales.customers');
GRANT USAGE ON SCHEMA ann_work TO eve;
SET ROLE ann;
GRANT SELECT ON ann_work.kept TO eve;
RESET ROLE;

-- A key in its second version, and an index for the first that still stands
SET ROLE governor;
SELECT dm_rotate_key('ref_key');
RESET ROLE;

-- A schema that nobody else has, and one that covers a stock one
SELECT dm_add_contract_schema('house', '1', '{"$id": "urn:house:1", "type": "object"}');
SELECT dm_add_contract_schema('odcs', 'v3.2.0', '{"$ref": "urn:house:1"}');

-- A product as another catalogue describes it
SELECT dm_import_product(E'apiVersion: v1.0.0\nkind: DataProduct\nid: x\nname: described\ndomain: sales\nstatus: draft\noutputPorts: [{name: "it''s", version: 1.0.0}]');

-- Rules that are kept at the write, and a row that one of them has set aside
SET ROLE sales_team0;
CREATE TABLE sales0.reading (id int, value numeric, unit text) PARTITION BY RANGE (id);
CREATE TABLE sales0.reading1 PARTITION OF sales0.reading FOR VALUES FROM (0) TO (100);
INSERT INTO sales0.reading VALUES (1, 5, 'm'), (2, 6, '?');
SELECT dm_add_rule('sales0.reading', 'positive', 'minimum', 'value', '{"value": 0}', mode => 'quarantine'),
	dm_add_rule('sales0.reading', 'unit_known', 'enum', 'unit', '{"values": ["m", "km"]}', mode => 'reject'),
	dm_add_rule('sales0.reading', 'unit_written', 'pattern', 'unit', '{"pattern": "^\\p{L}+$"}', mode => 'reject', "where" => 'id > 2'),
	dm_add_rule('sales0.reading', 'mostly', 'nullValues', 'unit', must => '< 60', unit => 'percent', mode => 'reject');
INSERT INTO sales0.reading VALUES (3, -7, 'km'), (4, 7, 'km');
RESET ROLE;

-- A profile that is kept
SELECT dm_store_profile('sales0.customer0', 'fixture');
-- A service level beside those of contracts, and times that do not count
SELECT dm_set_slo('sales.customers', 'freshness', '1', 'd', driver => 'operational');
SELECT dm_add_maintenance('2030-01-01 UTC', '2030-01-02 UTC', 'sales.customers', 'a move');
SELECT dm_add_weekly_maintenance('{sun}', '02:00', '04:00', 'Europe/Berlin', NULL, '2030-01-01 UTC', '2031-01-01 UTC');

-- Everything is renamed
ALTER ROLE sales_team0 RENAME TO "Sales Team";
ALTER SCHEMA sales0 RENAME TO sales;
ALTER TABLE sales.customer0 RENAME TO customer;
ALTER TABLE sales.customer RENAME COLUMN email0 TO email;
ALTER VIEW sales.customer_view RENAME TO "Customer View";
ALTER SCHEMA sales_customers_v1 RENAME TO "Customers for All";

-- Roles that will be gone: one in the prescribed way, one whom no privilege holds.  They are
-- dropped in another database (Mesh.pm), where nothing tells this one of it.
SELECT dm_forget_role('leaver');
SELECT pg_sleep(0.2);
