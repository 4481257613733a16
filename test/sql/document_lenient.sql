-- Merge keys: YAML 1.2 has none, contracts in the wild do.  Strict reading refuses them, a lenient
-- import follows them: what an object says itself counts, then what is merged first.
CREATE ROLE regress_fm_owner;
CREATE SCHEMA fm_dom AUTHORIZATION regress_fm_owner;
SELECT dm_register_domain('fm_dom', owner => 'regress_fm_owner', schemas => '{fm_dom}');

CREATE FUNCTION pg_temp.contract(extra text) RETURNS text LANGUAGE sql RETURN
	E'apiVersion: v3.1.0\nkind: DataContract\nid: fm\nversion: 1.0.0\nstatus: active\ndomain: fm_dom\n' || extra;
-- what the import has stored of the key x, or the error; it is not kept
CREATE FUNCTION pg_temp.stored(extra text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	x text;
	detail text;
BEGIN
	PERFORM dm_import_contract(pg_temp.contract(extra));
	SELECT c.document ->> 'x' INTO STRICT x FROM datamesh.contract c WHERE c.contract_id = 'fm';
	RAISE EXCEPTION USING ERRCODE = 'ZZ001', MESSAGE = x;
EXCEPTION WHEN SQLSTATE 'ZZ001' THEN RETURN sqlerrm;
	WHEN SQLSTATE 'MD010' THEN
		GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
		RETURN sqlstate || ' ' || detail;
END $$;

SET client_min_messages = error;
SELECT document, pg_temp.stored(document) FROM unnest(ARRAY[
	E'b: &b {k: 1, l: 2}\nx: {<<: *b, l: 3}',
	E'b: &b {k: 1, l: 2}\nx:\n  l: 3\n  <<: *b',
	E'b: &b {k: 1, l: 2}\nc: &c {l: 4, m: 5}\nx: {<<: [*b, *c]}',
	E'b: &b {k: 1, l: 2}\nc: &c {l: 4, m: 5}\nx: {<<: [*c, *b]}',
	E'b: &b {k: 1, l: 2}\nc: &c {l: 4, m: 5}\nx:\n  <<: *c\n  n: 6\n  <<: *b',
	E'b: &b {k: {deep: [1]}}\nc: &c {<<: *b, l: 2}\nx: {<<: *c, k: 0}',
	E'x: {<<: {k: 1}, l: 2}',
	E'x: {<<: {}, l: 2}',
	E'x: {<<: [], l: 2}',
	E'x: {"<<": {k: 1}}',
	E'b: &b {k: 1}\nx: {<<: *b, k: 2, k: 3}',
	E'x: {<<: 1}',
	E'x: {<<: [{k: 1}, 2]}',
	E'b: &b [{k: 1}]\nx: {<<: *b}',
	E'x: &x {<<: *x}'
]) WITH ORDINALITY AS d (document, n) ORDER BY n;
RESET client_min_messages;

-- no bomb: each level merges ten of the one before, which have the same keys, and counts as all of them
SELECT left(pg_temp.stored('a0: &a0 {' || (SELECT string_agg(format('k%s: 1', i), ', ') FROM generate_series(1, 100) AS i) || '}' ||
	(SELECT string_agg(format(E'\na%s: &a%1$s {<<: [*a%2$s, *a%2$s, *a%2$s, *a%2$s, *a%2$s, *a%2$s, *a%2$s, *a%2$s, *a%2$s, *a%2$s]}', i, i - 1), '' ORDER BY i)
	 FROM generate_series(1, 12) AS i)), 140);

-- strict reading, and lint, which reads strictly
SELECT dm_yaml_to_jsonb(E'b: &b {k: 1}\nx: {<<: *b}');
SELECT source, severity, pointer, message, line, col FROM dm_lint_contract(pg_temp.contract(E'b: &b {k: 1}\nx:\n  <<: *b')) WHERE source = 'yaml';

SELECT count(*) AS stored FROM datamesh.contract WHERE contract_id = 'fm';
DROP FUNCTION pg_temp.stored, pg_temp.contract;

-- nothing stays behind for the tests that come next
RESET ROLE;
RESET SESSION AUTHORIZATION;
SET client_min_messages = warning;
SELECT count(dm_deprecate(name)) FROM datamesh.products
WHERE domain IN ('fm_dom') AND status = 'active' \g /dev/null
SELECT count(dm_retire(name, cascade => true)) FROM datamesh.products
WHERE domain IN ('fm_dom') AND status <> 'retired' \g /dev/null
SELECT dm_drop_domain('fm_dom') \g /dev/null
DROP SCHEMA fm_dom CASCADE;
DROP OWNED BY regress_fm_owner;
DROP ROLE regress_fm_owner;
