-- What dm_diff_contract says of each change that a contract can undergo, in each mode.
CREATE SCHEMA vd;
-- two contracts with one object, of which one property, or whatever else, differs
CREATE FUNCTION vd.contract(rest text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN E'apiVersion: v3.1.0\nkind: DataContract\nid: vd\nversion: 1.0.0\nstatus: active\n' || rest;
CREATE FUNCTION vd.object(properties text, rest text DEFAULT '') RETURNS text LANGUAGE sql IMMUTABLE
RETURN vd.contract(format(E'schema:\n- {name: t, properties: [%s]%s}\n', properties, rest));
-- the verdicts in the modes FORWARD, BACKWARD and FULL
CREATE FUNCTION vd.diff(old text, new text)
RETURNS TABLE(path text, change text, was text, becomes text, f text, b text, full_ text, reason text) LANGUAGE sql AS $$
	SELECT f.path, f.change, f.old_value, f.new_value, f.verdict, b.verdict, u.verdict, f.reason
	FROM dm_diff_contract(old, new, 'FORWARD') WITH ORDINALITY f
		JOIN dm_diff_contract(old, new, 'BACKWARD') WITH ORDINALITY b USING (ordinality)
		JOIN dm_diff_contract(old, new, 'FULL') WITH ORDINALITY u USING (ordinality)
	ORDER BY ordinality
$$;

-- nothing
SELECT * FROM vd.diff(vd.object('{name: a}'), vd.object('{name: a}'));
SELECT * FROM vd.diff(vd.object('{name: a, required: false}'), vd.object('{"name": "a"}'));

-- properties come, go, are renamed, stand elsewhere
SELECT * FROM vd.diff(vd.object('{name: a}, {name: b}'), vd.object('{name: a}'));
SELECT * FROM vd.diff(vd.object('{name: a}'), vd.object('{name: a}, {name: b}'));
SELECT * FROM vd.diff(vd.object('{name: a}'), vd.object('{name: a}, {name: b, required: true}'));
SELECT * FROM vd.diff(vd.object('{name: a, id: x}'), vd.object('{name: b, id: x}'));
SELECT * FROM vd.diff(vd.object('{name: a, id: x, physicalName: c}'), vd.object('{name: b, id: x, physicalName: c}'));
SELECT * FROM vd.diff(vd.object('{name: a, physicalName: c}'), vd.object('{name: a, physicalName: d}'));
SELECT * FROM vd.diff(vd.object('{name: a}'), vd.object('{name: b}'));
SELECT * FROM vd.diff(vd.object('{name: a}, {name: b}, {name: c}'), vd.object('{name: c}, {name: a}, {name: d}, {name: b}'));
-- an id goes before a name: here two columns have changed their names
SELECT * FROM vd.diff(vd.object('{name: a, id: x}, {name: b, id: y}'), vd.object('{name: b, id: x}, {name: a, id: y}'));
-- a name that only one side gave an id
SELECT * FROM vd.diff(vd.object('{name: a, id: x}'), vd.object('{name: a}'));

-- objects
SELECT * FROM vd.diff(vd.contract(E'schema: [{name: a}, {name: b, id: i}]'), vd.contract(E'schema: [{name: c}, {name: d, id: i}]'));
SELECT * FROM vd.diff(vd.contract(E'schema: [{name: Order Lines, id: i}]'), vd.contract(E'schema: [{name: order_lines, id: i}]'));
SELECT * FROM vd.diff(vd.contract(E'schema: [{name: a, physicalName: s.x}, {name: b, physicalName: s.y, physicalType: table}]'),
	vd.contract(E'schema: [{name: a, physicalName: z.x}, {name: b, physicalName: s.z, physicalType: view, dataGranularityDescription: a day}]'));

-- types
CREATE DOMAIN vd.year AS int CHECK (value > 0);
CREATE DOMAIN vd.vd_short AS varchar(5);
SELECT t.old, t.new, d.f, d.b, d.full_, d.reason
FROM (VALUES ('smallint', 'int'), ('int4', 'bigint'), ('bigint', 'int'), ('int', 'INTEGER'), ('serial', 'int'), ('int', 'numeric'), ('int', 'text'),
	('real', 'double precision'), ('double precision', 'real'), ('varchar(10)', 'varchar(20)'), ('varchar(20)', 'varchar(10)'),
	('varchar(10)', 'varchar'), ('varchar', 'varchar(10)'), ('varchar(10)', 'text'), ('text', 'varchar'), ('text', 'varchar(10)'), ('char(5)', 'char(6)'), ('char(5)', 'text'),
	('numeric(10,2)', 'numeric(12,2)'), ('numeric(10,2)', 'numeric(8,2)'), ('numeric(10,2)', 'numeric(10,4)'), ('numeric(10,2)', 'numeric'), ('numeric', 'numeric(10,2)'),
	('timestamp', 'timestamptz'), ('timestamp(3)', 'timestamp'), ('timestamp', 'timestamp(0)'), ('date', 'timestamp'), ('json', 'jsonb'),
	('int[]', 'bigint[]'), ('int[]', 'int'), ('int', 'int[]'), ('varchar(3)[]', 'text[]'),
	('year', 'int'), ('int', 'vd.year'), ('vd.year', 'bigint'), ('smallint', 'vd.year'), ('vd_short', 'text'), ('vd_short', 'varchar(3)'),
	('STRING', 'string'), ('STRING', 'FLOAT64'), ('varchar(10', 'text'), ('name', 'text'), ('name', 'varchar(10)')) t(old, new),
	LATERAL vd.diff(vd.object(format('{name: a, physicalType: "%s"}', t.old)), vd.object(format('{name: a, physicalType: "%s"}', t.new))) d;
SELECT * FROM vd.diff(vd.object('{name: a, logicalType: integer}, {name: b, logicalType: number}, {name: c, logicalType: date}, {name: d, logicalType: string}, {name: e}'),
	vd.object('{name: a, logicalType: number}, {name: b, logicalType: integer}, {name: c, logicalType: timestamp}, {name: d}, {name: e, logicalType: string}'));
SELECT * FROM vd.diff(vd.object('{name: a, logicalType: integer, physicalType: int}, {name: b, physicalType: int}, {name: c}'),
	vd.object('{name: a, logicalType: string, physicalType: text}, {name: b}, {name: c, physicalType: int}'));

-- required, unique, keys, partitions
SELECT * FROM vd.diff(vd.object('{name: a, required: true}, {name: b}, {name: c, unique: true}, {name: d}'),
	vd.object('{name: a}, {name: b, required: true}, {name: c}, {name: d, unique: true}'));
SELECT * FROM vd.diff(vd.object('{name: a, primaryKey: true, primaryKeyPosition: 1}, {name: b}'), vd.object('{name: a}, {name: b}'));
SELECT * FROM vd.diff(vd.object('{name: a}, {name: b}'), vd.object('{name: a, primaryKey: true, primaryKeyPosition: 1}, {name: b}'));
SELECT * FROM vd.diff(vd.object('{name: a, primaryKey: true, primaryKeyPosition: 1, required: true}, {name: b, required: true}'),
	vd.object('{name: a, required: true, primaryKey: true, primaryKeyPosition: 1}, {name: b, required: true, primaryKey: true, primaryKeyPosition: 2}'));
SELECT * FROM vd.diff(vd.object('{name: a, primaryKey: true, primaryKeyPosition: 1}, {name: b, primaryKey: true, primaryKeyPosition: 2}'),
	vd.object('{name: a, primaryKey: true, primaryKeyPosition: 2}, {name: b, primaryKey: true, primaryKeyPosition: 1}'));
-- the key under another name is the same key
SELECT * FROM vd.diff(vd.object('{name: a, id: x, primaryKey: true, primaryKeyPosition: 1, required: true}'),
	vd.object('{name: b, id: x, primaryKey: true, primaryKeyPosition: 1}'));
SELECT * FROM vd.diff(vd.object('{name: a, partitioned: true, partitionKeyPosition: 1}'), vd.object('{name: a, partitioned: true, partitionKeyPosition: 2}'));

-- classification and encryption
SELECT t.old, t.new, d.f, d.reason
FROM (VALUES ('null', 'restricted'), ('public', 'internal'), ('confidential', 'Restricted'), ('restricted', 'public'), ('confidential', 'null'), ('null', 'public'),
	('public', 'pii.email'), ('pii', 'pii.email'), ('pii.email', 'pii'), ('pii.email', 'internal'), ('pii.email', 'pii.phone'), ('pii', 'null')) t(old, new),
	LATERAL vd.diff(vd.object(format('{name: a, classification: %s}', t.old)), vd.object(format('{name: a, classification: %s}', t.new))) d;
SELECT * FROM vd.diff(vd.object('{name: a}, {name: b, encryptedName: b_enc}, {name: c, encryptedName: x}'), vd.object('{name: a, encryptedName: a_enc}, {name: b}, {name: c, encryptedName: y}'));

-- options
SELECT t.old, t.new, d.change, d.f, d.b, d.full_, d.reason
FROM (VALUES ('minimum: 0', 'minimum: 10'), ('minimum: 10', 'minimum: 0'), ('minimum: 0', 'minimum: 0.0'), ('minimum: 0', ''), ('', 'minimum: 0'),
	('maximum: 100', 'maximum: 99.5'), ('maximum: 100', 'maximum: 1e3'), ('exclusiveMaximum: 5', 'exclusiveMaximum: 4'), ('minimum: "2020-01-01"', 'minimum: "2021-01-01"'), ('minimum: 0', 'minimum: x'),
	('maxLength: 10', 'maxLength: 20'), ('maxLength: 10', 'maxLength: 5'), ('minLength: 1', 'minLength: 2'), ('pattern: "^a"', 'pattern: "^b"'), ('pattern: a', ''), ('', 'pattern: a'),
	('multipleOf: 5', 'multipleOf: 10'), ('multipleOf: 10', 'multipleOf: 5'), ('multipleOf: 4', 'multipleOf: 6'), ('multipleOf: 4', ''), ('multipleOf: 4', 'multipleOf: 0'),
	('format: i32', 'format: i64'), ('format: i64', 'format: i32'), ('', 'format: i32'), ('', 'format: i64'), ('format: u8', 'format: i16'), ('format: u16', 'format: i16'), ('format: i32', 'format: other'),
	('timezone: true', 'timezone: false'), ('defaultTimezone: UTC', 'defaultTimezone: Europe/Berlin'),
	('minItems: 1', 'minItems: 2'), ('maxItems: 3', ''), ('uniqueItems: true', 'uniqueItems: false'), ('', 'uniqueItems: true'), ('required: [a, b]', 'required: [b, c]'),
	('precision: 5', 'precision: 6'), ('scale: 2', 'scale: 3')) t(old, new),
	LATERAL vd.diff(vd.object(format('{name: a, logicalType: integer, logicalTypeOptions: {%s}}', t.old)),
		vd.object(format('{name: a, logicalType: integer, logicalTypeOptions: {%s}}', t.new))) d;
SELECT * FROM vd.diff(vd.object('{name: a, logicalType: string, logicalTypeOptions: {format: email}}, {name: b, logicalType: date, logicalTypeOptions: {format: yyyy-MM-dd}}'),
	vd.object('{name: a, logicalType: string, logicalTypeOptions: {format: uuid}}, {name: b, logicalType: date, logicalTypeOptions: {format: dd.MM.yyyy}}'));
SELECT * FROM vd.diff(vd.object('{name: a, enum: [{value: x, label: X}, {value: y}]}, {name: b}, {name: c, enum: [{value: 1}]}'),
	vd.object('{name: a, enum: [{value: x, label: Ex}, {value: z}]}, {name: b, enum: [{value: p}, {value: q}]}, {name: c}'));

-- what is nested
SELECT * FROM vd.diff(vd.object('{name: a, logicalType: object, properties: [{name: x, logicalType: string}, {name: y, required: true}]}, {name: l, logicalType: array, items: {logicalType: integer}}'),
	vd.object('{name: a, logicalType: object, properties: [{name: y}, {name: z}]}, {name: l, logicalType: array, items: {logicalType: string}}'));

-- what describes
SELECT * FROM vd.diff(vd.object('{name: a, description: old, tags: [x], examples: [1, 2], criticalDataElement: true, customProperties: [{property: p, value: 1}, {property: q, value: 2}]}', ', tags: [t]'),
	vd.object('{name: a, description: new, tags: [x, y], examples: [1, 3], businessName: A, customProperties: [{property: q, value: {a: [1]}}, {property: r, value: 3}], unknown: {deep: [1]}}', ', description: of all'));

-- relationships: at the property or at the object, by names or by ids, they are what they join
CREATE FUNCTION vd.two(a text, b text, rest text DEFAULT '') RETURNS text LANGUAGE sql IMMUTABLE
RETURN vd.contract(format(E'schema:\n- {name: a, id: oa, properties: [%s]%s}\n- {name: b, id: ob, properties: [%s]}\n', a, rest, b));
SELECT * FROM vd.diff(vd.two('{name: x, relationships: [{to: b.id}]}', '{name: id, id: bid}'), vd.two('{name: x, relationships: [{to: schema/ob/properties/bid}]}', '{name: id, id: bid}'));
SELECT * FROM vd.diff(vd.two('{name: x, relationships: [{to: b.id}]}', '{name: id}'), vd.two('{name: x}', '{name: id}', ', relationships: [{from: a.x, to: b.id}]'));
SELECT * FROM vd.diff(vd.two('{name: x, relationships: [{to: b.id}]}', '{name: id, id: bid}'), vd.two('{name: x, relationships: [{to: b.key}]}', '{name: key, id: bid}'));
SELECT * FROM vd.diff(vd.two('{name: x, relationships: [{to: b.id}]}, {name: y}', '{name: id}, {name: no}'), vd.two('{name: x, relationships: [{to: b.no}]}, {name: y}', '{name: id}, {name: no}'));
SELECT * FROM vd.diff(vd.two('{name: x, relationships: [{to: b.id}]}, {name: y}', '{name: id}, {name: no}'), vd.two('{name: x}, {name: y, relationships: [{to: b.id}]}', '{name: id}, {name: no}'));
SELECT * FROM vd.diff(vd.two('{name: x}', '{name: id}', ', relationships: [{from: a.x, to: "other.yaml#b.id"}]'), vd.two('{name: x}', '{name: id}', ', relationships: [{from: a.x, to: "another.yaml#b.id", description: d}]'));

-- quality
CREATE FUNCTION vd.quality(rules text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN vd.object('{name: a}', format(', quality: [%s]', rules));
SELECT t.old, t.new, d.path, d.change, d.f, d.b, d.reason
FROM (VALUES ('{metric: rowCount, mustBeGreaterThan: 5}', '{metric: rowCount, mustBeGreaterThan: 6}'), ('{metric: rowCount, mustBeGreaterThan: 5}', '{metric: rowCount, mustBeGreaterThan: 4}'),
	('{metric: rowCount, mustBeGreaterThan: 5}', '{metric: rowCount, mustBeGreaterOrEqualTo: 5}'), ('{metric: rowCount, mustBeGreaterOrEqualTo: 5}', '{metric: rowCount, mustBeGreaterThan: 5}'),
	('{metric: rowCount, mustBeBetween: [1, 10]}', '{metric: rowCount, mustBeGreaterOrEqualTo: 1, mustBeLessOrEqualTo: 10}'), ('{metric: rowCount, mustBeBetween: [1, 10]}', '{metric: rowCount, mustBe: 5}'),
	('{metric: rowCount, mustBe: 5}', '{metric: rowCount, mustNotBe: 5}'), ('{metric: rowCount, mustBe: 5}', '{metric: rowCount}'), ('{metric: rowCount}', '{metric: rowCount, mustBe: 5}'),
	('{name: r, metric: nullValues, mustBeLessThan: 5}', '{name: r, metric: nullValues, mustBeLessThan: 5, unit: percent}'), ('{name: r, metric: nullValues, mustBeLessThan: 5, unit: percent}', '{name: r, metric: nullValues, mustBeLessThan: 5, unit: "%"}'),
	('{id: i, name: r, metric: rowCount, mustBe: 5}', '{id: i, name: s, metric: rowCount, mustBe: 5, dimension: completeness}'), ('{metric: rowCount, mustBe: 5}', '{metric: nullValues, mustBe: 5}'),
	('{name: r, metric: rowCount, mustBe: 5}', '{name: r, metric: nullValues, mustBe: 5}'),
	('{name: r, metric: invalidValues, mustBe: 0, arguments: {validValues: [a, b]}}', '{name: r, metric: invalidValues, mustBe: 0, arguments: {validValues: [a, c]}}'),
	('{name: r, metric: invalidValues, mustBe: 0, arguments: {pattern: "^a"}}', '{name: r, metric: invalidValues, mustBe: 0, arguments: {pattern: "^b", validValues: [abc]}}'),
	('{name: r, metric: missingValues, mustBe: 0, arguments: {missingValues: [x]}}', '{name: r, metric: missingValues, mustBe: 0, arguments: {missingValues: [x, "n/a"]}}'),
	('{name: r, type: sql, query: SELECT 1, mustBe: 1}', '{name: r, type: sql, query: SELECT 2, mustBe: 1}'), ('{name: r, type: text, description: fine}', '{name: r, type: text, description: finer}'),
	('{name: r, type: text, description: fine}', ''), ('', '{name: r, metric: rowCount, mustBe: 1}'), ('{name: r, metric: rowCount, mustBe: 1, severity: error}', '{name: r, metric: rowCount, mustBe: 1, severity: warning}'),
	('{name: r, metric: rowCount, mustBe: 1, severity: info, schedule: 0 1 * * *}', '{name: r, metric: rowCount, mustBe: 1, severity: error, schedule: 0 2 * * *}'),
	('{name: r, type: custom, engine: soda, implementation: x}', '{name: r, type: custom, engine: soda, implementation: y}')) t(old, new),
	LATERAL vd.diff(vd.quality(t.old), vd.quality(t.new)) d;

-- service levels, each in its own direction
SELECT t.old, t.new, d.path, d.f, d.b, d.reason
FROM (VALUES ('property: latency, value: 4, unit: h', 'property: latency, value: 240, unit: min'), ('property: latency, value: 4, unit: h', 'property: latency, value: 5, unit: h'), ('property: latency, value: 4, unit: h', 'property: freshness, value: 3, unit: h'),
	('property: retention, value: 1, unit: y', 'property: retention, value: P6M'), ('property: retention, value: 1, unit: y', 'property: retention, value: 2, unit: y'), ('property: retention, value: P30D', 'property: retention, value: 30, unit: d'),
	('property: frequency, value: 1, unit: d', 'property: frequency, value: 2, unit: d'), ('property: timeToRepair, value: 1, unit: d', 'property: timeToRepair, value: 2, unit: h'), ('property: errorRate, value: 1, unit: percent', 'property: errorRate, value: 2, unit: percent'),
	('property: availability, value: 99.9, unit: percent', 'property: availability, value: 99.5, unit: percent'), ('property: availability, value: 99.5, unit: percent', 'property: availability, value: 99.9, unit: percent'), ('property: throughput, value: 5, unit: MB/s', 'property: throughput, value: 5, unit: GB/s'),
	('property: endOfSupport, value: "2027-01-01"', 'property: endOfSupport, value: "2026-01-01"'), ('property: endOfSupport, value: "2026-01-01"', 'property: endOfSupport, value: "2027-01-01"'), ('property: generalAvailability, value: "2026-01-01"', 'property: generalAvailability, value: "2026-02-01"'),
	('property: timeOfAvailability, value: "09:00-08:00"', 'property: timeOfAvailability, value: "08:00-08:00"'), ('property: mood, value: 1', 'property: mood, value: 2'), ('property: mood, value: 1', 'property: tone, value: 1'),
	('property: latency, value: 4, unit: h, element: t.a', 'property: latency, value: 4, unit: h, element: t.b'), ('id: i, property: latency, value: 4, unit: h, element: t.a', 'id: i, property: latency, value: 4, unit: h, element: t.b'),
	('property: latency, value: 4, unit: h, driver: regulatory', 'property: latency, value: 4, unit: h, driver: analytics')) t(old, new),
	LATERAL vd.diff(vd.contract(format('slaProperties: [{%s}]', t.old)), vd.contract(format('slaProperties: [{%s}]', t.new))) d;

-- roles, servers, support, price, team, fundamentals
SELECT * FROM vd.diff(vd.contract('roles: [{role: r, access: read}, {role: w, access: write, firstLevelApprovers: x}, {role: g}]'),
	vd.contract('roles: [{role: r, access: write}, {role: w, access: read, firstLevelApprovers: y}, {role: n, access: read}]'));
SELECT * FROM vd.diff(vd.contract('servers: [{server: p, type: postgres, host: a, port: 5432, database: d, schema: s, environment: prod}, {server: k, type: kafka, host: h}, {server: o, type: s3, location: x}]'),
	vd.contract('servers: [{server: p, type: postgres, host: b, port: 5433, database: d, schema: s2, environment: prod, description: new}, {server: k, type: pubsub, host: h}, {server: z, type: s3, location: x}]'));
SELECT * FROM vd.diff(vd.contract('support: [{channel: a, url: "x:1"}, {channel: b}]'), vd.contract('support: [{channel: a, url: "x:2", tool: slack}]'));
SELECT * FROM vd.diff(vd.contract('support: [{channel: a, url: "x:1"}]'), vd.contract(''));
SELECT t.old, t.new, d.path, d.f, d.reason
FROM (VALUES ('priceAmount: 1, priceCurrency: EUR', 'priceAmount: 2, priceCurrency: EUR'), ('priceAmount: 2, priceCurrency: EUR', 'priceAmount: 1.5, priceCurrency: EUR'), ('priceAmount: 1, priceCurrency: EUR', 'priceAmount: 1, priceCurrency: USD'),
	('', 'priceAmount: 1, priceCurrency: EUR'), ('priceAmount: 1, priceCurrency: EUR', ''), ('priceAmount: 1, priceUnit: GB', 'priceAmount: 1, priceUnit: row')) t(old, new),
	LATERAL vd.diff(vd.contract(format('price: {%s}', t.old)), vd.contract(format('price: {%s}', t.new))) d;
SELECT * FROM vd.diff(vd.contract('team: [{username: ann, role: owner}, {username: bob}]'), vd.contract('team: {name: us, members: [{username: ann, role: steward}, {username: cid}]}'));
SELECT * FROM vd.diff(E'apiVersion: v3.0.2\nkind: DataContract\nid: x\nversion: 1.0.0\nstatus: active\nname: n\ndomain: d\ntenant: t\ntags: [a]\ndescription: {purpose: p}\n',
	E'apiVersion: v3.1.0\nkind: DataContract\nid: y\nversion: 1.0.0\nstatus: retired\nname: m\ndomain: e\ntenant: u\ntags: [b]\ndescription: {purpose: q, usage: r}\ndataProduct: z\n');

-- what is no contract, no document, no product, no mode
SELECT * FROM dm_diff_contract('a: [', 'b: 1');
SELECT * FROM dm_diff_contract('a: 1', vd.contract(''));
SELECT * FROM dm_diff_contract(vd.contract(''), 'hello');
SELECT * FROM dm_diff_contract('vd.nothing', vd.contract(''));
SELECT * FROM dm_diff_contract(vd.contract(''), vd.contract(''), 'SOME');
SELECT * FROM dm_diff_contract(NULL, vd.contract(''));
SELECT * FROM dm_diff_contract(vd.contract(''), '');

-- two contracts of 2,000 properties: less than a second
CREATE FUNCTION vd.large(n int, type text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN vd.object((SELECT string_agg(format('{name: c%s, id: i%s, physicalType: %s, description: the column %s}', i, i, type, i), ', ' ORDER BY i % 7, i) FROM generate_series(1, n) i));
DO $$
DECLARE
	old text := vd.large(2000, 'int');
	new text := vd.large(2000, 'bigint');
	began timestamptz := clock_timestamp();
	n int;
BEGIN
	SELECT count(*) INTO n FROM dm_diff_contract(old, new) WHERE verdict = 'minor';
	IF n <> 2000 THEN
		RAISE EXCEPTION '% differences', n;
	END IF;
	IF clock_timestamp() - began > interval '1 s' THEN
		RAISE WARNING 'it took %', clock_timestamp() - began;
	END IF;
END $$;
DROP SCHEMA vd CASCADE;
