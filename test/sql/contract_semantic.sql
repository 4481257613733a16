-- The semantic checks of dm_lint_contract, one by one: each fragment has its mistakes and nothing else.
SET client_min_messages = warning;
SET search_path = public;

-- what the fragment is to a contract that is right without it
CREATE FUNCTION lint(fragment text, OUT line int, OUT severity text, OUT pointer text,
	OUT message text) RETURNS SETOF record LANGUAGE sql AS $$
	SELECT line - 7, severity, pointer, message
	FROM dm_lint_contract(E'apiVersion: v3.1.0\nkind: DataContract\nid: c1\nversion: 1.0.0\n'
		'status: active\ndomain: sales\nname: c1\n' || fragment)
	WHERE source = 'semantic'
$$;
-- one property of one object
CREATE FUNCTION lint_property(fragment text, OUT severity text, OUT pointer text, OUT message text)
RETURNS SETOF record LANGUAGE sql AS $$
	SELECT severity, replace(pointer, '/schema/0/properties/0', '~'), message
	FROM lint(E'schema:\n- name: t\n  properties:\n  - name: c\n' || regexp_replace(fragment, '^', '    ', 'gn'))
$$;
CREATE FUNCTION lint_rule(fragment text, level text DEFAULT 'property', type text DEFAULT 'string',
	OUT severity text, OUT pointer text, OUT message text)
RETURNS SETOF record LANGUAGE sql AS $$
	SELECT severity, regexp_replace(pointer, '.*/quality/0', '~'), message
	FROM lint(CASE level WHEN 'property' THEN
		E'schema:\n- name: t\n  properties:\n  - name: c\n    logicalType: ' || type || E'\n    quality:\n'
			|| regexp_replace('- ' || replace(fragment, E'\n', E'\n  '), '^', '    ', 'gn')
		ELSE
		E'schema:\n- name: t\n  properties:\n  - name: c\n    logicalType: string\n  quality:\n'
			|| regexp_replace('- ' || replace(fragment, E'\n', E'\n  '), '^', '  ', 'gn') END)
$$;

-- a contract without a mistake has no finding
SELECT * FROM lint('');

-- fundamentals
SELECT f.severity, f.pointer, f.message
FROM (VALUES ('version', '1.0.0-rc.1+5'), ('version', '"1.0"'), ('version', 'v2'), ('version', 'next'),
		('version', '1.0.0.0'), ('version', '01.0.0'), ('version', '99999999999.0.0'),
		('status', 'draft'), ('status', 'Active'), ('status', 'production'), ('id', '""')) AS v(key, value),
	dm_lint_contract(format(E'apiVersion: v3.1.0\nkind: DataContract\ndomain: sales\n%s%s%s',
		CASE key WHEN 'id' THEN E'id: ' || value ELSE 'id: c1' END,
		CASE key WHEN 'version' THEN E'\nversion: ' || value ELSE E'\nversion: 1.0.0' END,
		CASE key WHEN 'status' THEN E'\nstatus: ' || value ELSE E'\nstatus: active' END)) AS f;
SELECT * FROM lint(E'dataProduct: p\nslaDefaultElement: t.at\nteam:\n- username: ann');

-- versions of the standard
SELECT source, severity, pointer, message
FROM (VALUES ('v3.0.1'), ('v2.2.2'), ('v9.9.9'), ('3'), ('[]')) AS v(version),
	dm_lint_contract(format(E'apiVersion: %s\nkind: DataContract\nid: c1\nversion: 1.0.0\nstatus: active\ndomain: d',
		version)) AS f;

-- ids: two in one list are an error, elsewhere one may wonder
SELECT * FROM lint(E'schema:\n- name: a\n  id: one\n  properties:\n  - {name: x, id: x, logicalType: string}\n'
	'  - {name: y, id: x, logicalType: string}\n- name: b\n  id: b b\n  properties:\n  - {name: x, id: x, logicalType: string}');
-- an id in free values is none
SELECT * FROM lint(E'customProperties:\n- property: p\n  value: [{id: a}, {id: a}, {id: "?"}]');

-- names
SELECT * FROM lint(E'schema:\n- name: a\n- name: a\n- name: b\n  physicalName: a\n- name: ""\n'
	'- name: c\n  properties:\n  - {name: x, logicalType: string}\n  - {name: x, logicalType: string}\n'
	'  - {name: y, physicalName: x, logicalType: string}\n- name: ' || repeat('n', 64));

-- keys and their positions
SELECT * FROM lint(E'schema:\n- name: a\n  properties:\n'
	'  - {name: p1, logicalType: string, primaryKey: true, primaryKeyPosition: 1}\n'
	'  - {name: p2, logicalType: string, primaryKey: true, primaryKeyPosition: 1}\n'
	'  - {name: p4, logicalType: string, primaryKey: true, primaryKeyPosition: 4}\n'
	'  - {name: p5, logicalType: string, primaryKey: true}\n'
	'  - {name: p6, logicalType: string, primaryKey: true, primaryKeyPosition: 0, required: false}\n'
	'  - {name: p7, logicalType: string, primaryKeyPosition: 3}\n'
	'  - {name: d1, logicalType: date, partitioned: true, partitionKeyPosition: 2}\n');
SELECT * FROM lint(E'schema:\n- name: a\n  properties:\n'
	'  - {name: p1, logicalType: string, primaryKey: true, primaryKeyPosition: -1}\n'
	'  - {name: d1, logicalType: date, partitioned: true, partitionKeyPosition: 1}\n'
	'  - {name: d2, logicalType: date, partitioned: true, partitionKeyPosition: 2}');

-- columns that belong to another one
SELECT * FROM lint(E'schema:\n- name: a\n  properties:\n'
	'  - {name: p1, logicalType: string, encryptedName: p2}\n'
	'  - {name: p2, logicalType: string, encryptedName: p2}\n'
	'  - {name: p3, logicalType: string, encryptedName: p9}\n'
	'  - {name: p4, physicalName: p_4, logicalType: string, encryptedName: p_4}\n'
	'  - {name: p5, logicalType: string, encryptedName: p_4}');

-- what only some types have
SELECT * FROM lint_property(E'logicalType: string\nproperties:\n- {name: x, logicalType: string}');
SELECT * FROM lint_property(E'logicalType: string\nitems: {logicalType: string}');
SELECT * FROM lint_property(E'description: no type at all');

-- a classification that guards nothing
SELECT * FROM lint_property(E'logicalType: string\nclassification: regress_no_such_tag');

-- types of PostgreSQL, and others
SELECT t, f.* FROM (VALUES ('varchar(10)'), ('numeric(10,2)'), ('text[]'), ('bpchar'), ('serial'), ('varchar[50]'),
		('timestamp with time zone'), ('string'), ('float(3,2)'), ('"9"'), ('"x; DROP TABLE t"'), ('MAP<STRING, INT>')) AS v(t),
	lint_property(E'logicalType: string\nphysicalType: ' || t) AS f;
-- they are nobody's business in a contract for another database
SELECT * FROM lint(E'servers:\n- {server: w, type: bigquery, project: p, dataset: d}\n'
	'schema:\n- name: t\n  properties:\n  - {name: c, logicalType: string, physicalType: "ARRAY<STRING>"}');

-- options
SELECT o, f.* FROM (VALUES
		('string', 'minLength: 3, maxLength: 2'), ('string', 'minLength: 2, maxLength: 2'),
		('string', 'pattern: "^[a-z"'), ('string', 'pattern: "^(?<y>\\d{4})$"'), ('string', 'format: email'),
		('string', 'format: colour'), ('string', 'minimum: 3'),
		('integer', 'minimum: 3, maximum: 2'), ('integer', 'minimum: 2, maximum: 2'),
		('integer', 'exclusiveMinimum: 2, maximum: 2'), ('integer', 'minimum: 1, exclusiveMinimum: 0'),
		('number', 'minimum: 1e400, maximum: 1'), ('number', 'minimum: 0.1, maximum: 0.10'),
		('integer', 'multipleOf: 0'),
		('date', 'minimum: "2020-01-01", maximum: "2019-12-31"'), ('date', 'minimum: "2020-02-30"'),
		('date', 'minimum: yesterday'), ('date', 'format: "yyyy-MM-dd", minimum: "x"'), ('date', 'format: "%Y"'),
		('date', 'format: "yyyy j"'),
		('time', 'minimum: "09:00", exclusiveMaximum: "09:00"'), ('time', 'minimum: "2020-01-01"'),
		('timestamp', 'minimum: "2020-01-01T00:00:00+02:00", maximum: "2019-12-31T22:00:00Z"'),
		('timestamp', 'timezone: false, defaultTimezone: Europe/Berlin'), ('timestamp', 'defaultTimezone: Mars/Base'),
		('array', 'minItems: 2, maxItems: 1'), ('object', 'minProperties: 2, maxProperties: 1'),
		('number', 'precision: 4, scale: 6')) AS v(t, o),
	lint_property(format(E'logicalType: %s\nlogicalTypeOptions: {%s}', t, o)) AS f;
SELECT * FROM lint_property(E'logicalType: object\nlogicalTypeOptions: {required: [a, b]}\nproperties:\n- {name: a, logicalType: string}');

-- examples fit the type and the options
SELECT t, o, e, f.severity, f.message FROM (VALUES
		('string', '', '[a, "", x y]'), ('string', '', '[1, true, 1.10, [a]]'), ('string', 'minLength: 2, maxLength: 3', '[a, ab, abc, abcd, äö]'),
		('string', 'pattern: "^[A-Z]{2}$"', '[DE, de, DEU]'), ('string', 'format: email', '[a@b.org, a@b, "@b", a b@c]'),
		('string', 'format: uuid', '[53581432-6c55-4ba2-a65f-72344a91553a, 53581432]'),
		('string', 'format: ipv4', '[1.2.3.4, 1.2.3.400, 1.2.3]'), ('string', 'format: hostname', '[a.b-c.org, -a.org]'),
		('string', 'format: byte', '[YWI=, "YWI"]'), ('string', 'enum: [a, b]', '[a, c]'),
		('integer', '', '[1, -1, 1.0, 1e3, 1.5, "2", x, true]'), ('integer', 'format: i8', '[127, 128, -128, -129]'),
		('integer', 'format: u64', '[18446744073709551615, 18446744073709551616]'), ('integer', 'minimum: 1, exclusiveMaximum: 10, multipleOf: 3', '[0, 3, 9, 10, 4]'),
		('number', 'minimum: 0.1', '[0.1, 0.0999999999999999999999, 1e-400]'), ('number', 'multipleOf: 0.01', '[1.10, 1.101]'),
		('boolean', '', '[true, "true", 1]'),
		('date', '', '["2024-02-29", "2023-02-29", 2024-02-29, "2024-02-29T10:00:00Z", today, 20240229]'),
		('date', 'minimum: "2020-01-01", exclusiveMaximum: "2021-01-01"', '["2019-12-31", "2020-01-01", "2021-01-01"]'),
		('date', 'format: dd.MM.yyyy', '["29.02.2024", "2024-02-29"]'),
		('timestamp', '', '["2024-02-29T10:00:00Z", "2024-02-29 10:00:00.123456+05:30", "2024-02-29", "10:00"]'),
		('time', '', '["10:00", "24:00", "24:01", "10:00:61", "10:00:00.5-08:00", "2024-02-29"]'),
		('array', 'minItems: 1, maxItems: 2', '[[], [1], [1, 2, 3], "{1,2}", 5]'), ('object', 'minProperties: 1', '[{}, {a: 1}, "{}", [1]]')) AS v(t, o, e),
	lint_property(format(E'logicalType: %s\nlogicalTypeOptions: {%s}\nexamples: %s', t, o, e)) AS f;
SELECT * FROM lint_property(E'logicalType: string\nrequired: true\nexamples: [null]');
-- a pattern that would take forever costs a finding
SELECT * FROM lint_property(E'logicalType: string\nlogicalTypeOptions: {pattern: "^(?:(?:a+)+)+$"}\nexamples: ['
	|| repeat('a', 40) || '!]');
-- the enum of 3.2
SELECT severity, pointer, message
FROM dm_lint_contract(E'apiVersion: v3.2.0\nkind: DataContract\nid: c\nversion: 1.0.0\ndomain: d\nschema:\n- name: t\n  properties:\n'
	'  - name: c\n    logicalType: integer\n    examples: [1, 3]\n    enum:\n    - {value: 1, label: one}\n    - {value: 2}\n    - {value: 1, label: uno}\n    - {value: x}');

-- quality: arguments fit the metric
SELECT m, f.* FROM (VALUES
		('property', 'metric: nullValues', 'mustBe: 0'), ('object', 'metric: nullValues', 'mustBe: 0'),
		('object', 'metric: rowCount', 'mustBeGreaterThan: 0'), ('property', 'metric: rowCount', 'mustBeGreaterThan: 0'),
		('object', 'metric: rowCount', E'mustBeGreaterThan: 0\nunit: "%"'), ('object', 'metric: rowCount', E'mustBe: 5\narguments: {validValues: [1]}'),
		('property', 'metric: missingValues', 'mustBe: 0'), ('property', E'metric: missingValues\narguments: {missingValues: ["", null]}', 'mustBe: 0'),
		('property', 'metric: invalidValues', 'mustBe: 0'), ('property', E'metric: invalidValues\narguments: {validValues: []}', 'mustBe: 0'),
		('property', E'metric: invalidValues\narguments: {pattern: "["}', 'mustBe: 0'), ('property', E'metric: invalidValues\narguments: {validValues: [a, b], pattern: "^.$"}', 'mustBe: 0'),
		('property', 'metric: duplicateValues', 'mustBe: 0'), ('object', 'metric: duplicateValues', 'mustBe: 0'),
		('object', E'metric: duplicateValues\narguments: {properties: [c]}', 'mustBe: 0'), ('object', E'metric: duplicateValues\narguments: {properties: [c, nope, 3]}', 'mustBe: 0'),
		('property', 'metric: meanValue', 'mustBe: 0'), ('property', 'description: no metric', 'mustBe: 0')) AS v(level, m, o),
	lint_rule(m || E'\n' || o, level) AS f;
-- operators and operands
SELECT o, f.* FROM (VALUES ('unit: rows'), ('mustBe: x'), ('mustBe: "0"'), ('mustBe: true'), ('mustBeBetween: [3, 1]'), ('mustBeBetween: [1]'),
		('mustBeBetween: [0, 0]'), ('mustBeLessThan: 0'), ('mustBe: -1'), ('mustNotBe: -1'), (E'mustBeGreaterThan: 5\nmustBeLessThan: 5'),
		(E'mustBeGreaterThan: 1\nmustBeLessThan: 5'), (E'mustBe: 101\nunit: percent'), (E'mustBeLessOrEqualTo: 5\nunit: Percentage'),
		(E'mustBe: 0\nunit: furlongs')) AS v(o), lint_rule(E'metric: nullValues\n' || o) AS f;
-- listed values that no value of the type equals
SELECT * FROM lint_rule(E'metric: missingValues\nmustBe: 0\narguments: {missingValues: [0, -1, n/a]}', type => 'integer');

-- sql: one SELECT that only reads
SELECT left(q, 65) AS query, f.* FROM (VALUES ('SELECT count(*) FROM {object} WHERE {property} < 0'), ('select max(${column}) from ${schema}.${table}'),
		('SELECT 1 FROM ${whatever}'), ($q$SELECT count(*) FROM t WHERE tags && '{a}'$q$), ('SELECT 1; DROP TABLE t'), ('DELETE FROM t'),
		('SELECT * INTO x FROM t'), ('SELECT * FROM t FOR UPDATE'), ('WITH d AS (DELETE FROM t RETURNING 1) SELECT count(*) FROM d'),
		('SELEC 1'), (''), ('COPY t TO PROGRAM ''id'''), ('VALUES (1)'), ('SELECT ' || repeat('(', 100000))) AS v(q),
	lint_rule('type: sql' || E'\nmustBe: 0\nquery: ' || to_json(q)) AS f;
SELECT * FROM lint_rule(E'type: sql\nquery: SELECT true');
SELECT * FROM lint_rule(E'type: sql\nquery: SELECT name FROM t\nmustBe: none');
SELECT * FROM lint_rule(E'type: sql\nquery: SELECT name FROM t\nmustBeLessThan: none');
SELECT * FROM lint_rule('type: sql');
-- custom and text
SELECT * FROM lint_rule('type: custom');
SELECT * FROM lint_rule(E'type: custom\nengine: soda\nimplementation: {a: 1}');
SELECT * FROM lint_rule(E'type: text\ndescription: be good');
SELECT * FROM lint_rule(E'type: text\nmustBe: 0');

-- schedules
SELECT s, f.* FROM (VALUES ('0 20 * * *'), ('*/15 9-17 * * mon-fri'), ('0 0 1,15 jan,JUL 7'), ('@daily'), ('@never'), ('60 * * * *'),
		('* * * *'), ('* * * * * *'), ('5-1 * * * *'), ('*/0 * * * *'), ('a b c d e'), ('1-5/2,30 0 1 1 0')) AS v(s),
	lint_rule(E'metric: nullValues\nmustBe: 0\nscheduler: cron\nschedule: ' || to_json(s)) AS f;
SELECT * FROM lint_rule(E'metric: nullValues\nmustBe: 0\nscheduler: cron');
SELECT * FROM lint_rule(E'metric: nullValues\nmustBe: 0\nschedule: whenever');

-- references
\set two 'schema:\n- name: orders\n  id: o\n  physicalName: orders_t\n  properties:\n  - {name: id, id: oid, logicalType: integer, primaryKey: true}\n  - name: customer\n    id: oc\n    logicalType: integer\n    relationships:\n    - to: %s\n  - {name: note, logicalType: string}\n- name: customers\n  id: c\n  properties:\n  - {name: id, id: cid, logicalType: integer, unique: true}\n  - {name: age, logicalType: integer}\n  - name: address\n    logicalType: object\n    properties:\n    - {name: street, id: st, logicalType: string}\n'
SELECT r, f.severity, f.message FROM (VALUES ('customers.id'), ('schema/c/properties/cid'), ('/schema/c/properties/cid'), ('customers.name'),
		('customers.age'), ('customers.address.street'), ('customers.address.town'), ('payers.id'), ('orders_t.id'), ('customers'), ('schema/c/properties/nope'),
		('schema/x/properties/y'), ('"other.yaml#customers.id"'), ('"https://example.org/c.yaml#/schema/c/properties/cid"'), ('"#customers.id"'),
		('"."'), ('customers..id'), ('[customers.id, customers.age]')) AS v(r), lint(format(E:'two', r)) AS f;
-- between objects
SELECT r, f.severity, f.pointer, f.message FROM (VALUES ('from: orders.customer, to: customers.id'), ('from: [orders.customer], to: [customers.id]'),
		('from: [orders.customer, orders.note], to: [customers.id]'), ('from: [orders.customer, orders.note], to: [customers.id, orders.id]'),
		('from: customers.id, to: customers.id'), ('from: orders, to: customers.id'), ('from: orders.note, to: customers.id')) AS v(r),
	lint(replace(format(E:'two', 'customers.id'), E'- name: customers\n', format(E'  relationships:\n  - {%s}\n- name: customers\n', r))) AS f;

-- service levels
SELECT l, f.severity, replace(f.pointer, '/slaProperties/0', '~') AS pointer, f.message FROM (VALUES
		('property: latency, value: 4, unit: d, element: t.at'), ('property: ly, value: 4, unit: m, element: t.at'), ('property: freshness, value: 1, unit: h, element: t.name'),
		('property: latency, value: 4, unit: parsec, element: t.at'), ('property: latency, value: 4, element: t.at'), ('property: latency, value: soon, unit: d, element: t.at'),
		('property: latency, value: -4, unit: d, element: t.at'), ('property: latency, value: 4, unit: d'), ('property: retention, value: P1Y, element: t.at'),
		('property: retention, value: P1Y2M3DT4H5M6.5S, unit: y, element: t.at'), ('property: retention, value: P, element: t.at'), ('property: retention, value: 3, unit: m, element: "t.at, t.nope"'),
		('property: retention, value: 3, unit: y, element: nope.at'), ('property: generalAvailability, value: "2022-05-12T09:30:10-08:00"'), ('property: ga, value: 2022-13-12'),
		('property: endOfLife, value: 5'), ('property: timeOfAvailability, value: 09:00-08:00'), ('property: timeOfAvailability, value: "09:00"'), ('property: timeOfAvailability, value: 9am'),
		('property: availability, value: 99.9%'), ('property: availability, value: 101, unit: percent'), ('property: er, value: often'), ('property: throughput, value: true'),
		('property: beauty, value: 1'), ('property: frequency, value: 1, unit: d, driver: whim'), ('property: frequency, value: 1, unit: d, scheduler: cron, schedule: x')) AS v(l),
	lint(format(E'schema:\n- name: t\n  properties:\n  - {name: at, logicalType: timestamp}\n  - {name: name, logicalType: string}\nslaProperties:\n- {%s}', l)) AS f;
SELECT * FROM lint(E'slaProperties:\n- {property: endOfLife, value: 2024-01-01}\n- {property: endOfSupport, value: 2025-01-01}\n- {property: ga, value: 2026-01-01}\n'
	'- {property: frequency, value: 1, unit: d}\n- {property: fy, value: 2, unit: d}');

-- team
SELECT * FROM lint(E'team:\n  members:\n  - {username: a, replacedByUsername: b, dateIn: 2024-01-01, dateOut: 2023-01-01}\n'
	'  - {username: b, replacedByUsername: c}\n  - {username: c, replacedByUsername: b}\n  - {username: d, replacedByUsername: x}\n'
	'  - {username: e, replacedByUsername: e}\n  - {username: f, role: owner, dateIn: 2024-01-01}\n  - {username: f, role: owner, dateIn: 2024-01-01}\n'
	'  - {username: f, role: owner, dateIn: 2025-01-01}');
-- roles, servers, support, price
SELECT * FROM lint(E'roles:\n- {role: r, access: read}\n- {role: r, access: write}\n- {role: r, access: read}\n- {role: ""}\n'
	'servers:\n- {server: s, type: postgres, host: h, port: 5432, database: d, schema: public}\n'
	'- {server: s, type: postgres, host: h, port: 70000, database: d, schema: public}\n'
	'support:\n- {channel: a, tool: email, url: mailto:a@b.org}\n- {channel: b, tool: email, url: a@b.org}\n- {channel: c, tool: email, url: mailto:nobody}\n'
	'- {channel: d, tool: pigeon, scope: loft, url: not a url, invitationUrl: "https://x y"}\n'
	'price: {priceAmount: -1, priceCurrency: euro}');

-- findings come in the order of the text, with their places
SELECT bool_and(ordered) AS ordered, bool_and(line > 0 AND col > 0) AS placed FROM (
	SELECT (line, col) >= lag((line, col)) OVER (ORDER BY ordinality) AS ordered, line, col
	FROM dm_lint_contract(E'schema:\n- {name: b, name2: x}\nteam: 3\nid: [\'a\']\nversion: x\nstatus: y\nkind: DataContract\napiVersion: v3.1.0') WITH ORDINALITY) AS f;
DROP FUNCTION lint, lint_property, lint_rule;
