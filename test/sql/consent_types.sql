-- Consents of keys of every type, in partitions and children, in parallel plans and many chunks, against what plain SQL says.
SET client_min_messages = warning;
CREATE ROLE regress_ct_owner;
CREATE ROLE regress_ct_other;
CREATE ROLE regress_ct_ann;
CREATE SCHEMA ct AUTHORIZATION regress_ct_owner;
CREATE SCHEMA ct2 AUTHORIZATION regress_ct_other;
DO $$ BEGIN
	PERFORM dm_register_purpose('ct_a');
	PERFORM dm_register_purpose('ct_b', NULL, 'ct_a');
	PERFORM dm_register_purpose('ct_c', NULL, 'ct_b');
END $$;
SET ROLE regress_ct_owner;
CREATE DOMAIN ct.mail AS varchar(60);
CREATE DOMAIN ct.nr AS int;
-- one row for each subject, with its key in every type
CREATE TABLE ct.t (i2 smallint, i4 int, i8 bigint, far bigint, t text, v varchar(60), d ct.mail, n ct.nr, u uuid, plain int);
INSERT INTO ct.t
SELECT i % 30000, i, i * 3::bigint - 20000, (i * 7919::bigint * 1000003) % 9000000000000000000, 'key ' || i, 'key ' || i, 'key ' || i, i, md5(i::text)::uuid, i
FROM generate_series(1, 9000) i;
CREATE TABLE ct.p (i4 int, v text) PARTITION BY RANGE (i4);
CREATE TABLE ct.p1 PARTITION OF ct.p FOR VALUES FROM (0) TO (5000);
-- another order of columns, and one that was dropped
CREATE TABLE ct.p2 (x int, v text, i4 int);
ALTER TABLE ct.p2 DROP COLUMN x;
ALTER TABLE ct.p ATTACH PARTITION ct.p2 FOR VALUES FROM (5000) TO (9001);
INSERT INTO ct.p SELECT i4, t FROM ct.t;
CREATE TABLE ct.a_few AS SELECT * FROM ct.t LIMIT 0;
INSERT INTO ct.a_few (i2, i4, i8, t, u) VALUES (NULL, NULL, NULL, NULL, NULL), (-32768, -2147483648, -9223372036854775808, '', md5('')::uuid), (32767, 2147483647, 9223372036854775807, repeat('long', 5000), md5('1')::uuid),
	(-1, -1, -1, 'Ünïcode', '00000000-0000-0000-0000-000000000000'), (0, 0, 0, 'it''s', 'ffffffff-ffff-ffff-ffff-ffffffffffff');
SELECT dm_register_domain('ct', 'regress_ct_owner', '{ct}');
SELECT dm_register_product('ct.p', open_ended => true) \g /dev/null
SELECT dm_add_port('ct.p', 'ct.t'), dm_add_port('ct.p', 'ct.p'), dm_add_port('ct.p', 'ct.p2'), dm_add_port('ct.p', 'ct.a_few') \g /dev/null
SELECT dm_publish('ct.p') \g /dev/null
SELECT dm_grant_access('ct.p', 'regress_ct_ann', 'ct_a') \g /dev/null
SELECT dm_require_consent('ct.p', 'ct_a') \g /dev/null
RESET client_min_messages;

-- decisions: a third grants for the root, others refuse; nearer purposes overrule some
RESET ROLE;
CREATE TABLE ct.decision AS
SELECT i, p, g FROM generate_series(1, 9000) i,
	LATERAL (VALUES ('ct_a', i % 3 = 0, i % 5 < 4), ('ct_b', i % 7 = 0, i % 2 = 0), ('ct_c', i % 11 > 0, i % 13 = 0)) v(p, g, decided) WHERE decided;
ALTER TABLE ct.decision ADD PRIMARY KEY (i, p), OWNER TO regress_ct_owner;
ANALYZE ct.decision;
CREATE TABLE ct.expected AS
SELECT purposes[1] AS purpose, (SELECT ARRAY[count(*), sum(i)] FROM generate_series(1, 9000) i
	WHERE (SELECT g FROM ct.decision d WHERE d.i = i.i AND p = ANY (purposes) ORDER BY array_position(purposes, p) LIMIT 1)) AS answer
FROM (VALUES ('{ct_a}'::text[]), ('{ct_b,ct_a}'), ('{ct_c,ct_b,ct_a}')) v(purposes);
SELECT * FROM ct.expected ORDER BY purpose;
-- what a reader sees, with a column of each type as the registered one
CREATE FUNCTION ct.check_column(col name, hashed boolean DEFAULT false) RETURNS TABLE (of name, purpose text, same boolean) LANGUAGE plpgsql AS $$
DECLARE
	d record;
	seen bigint[];
BEGIN
	SET LOCAL ROLE regress_ct_owner;
	PERFORM dm_register_subject('ct.t', col, 'k_' || col, hashed);
	FOR d IN SELECT p, g FROM ct.decision GROUP BY p, g ORDER BY p, g LOOP
		EXECUTE format('SELECT dm_record_consent(array_agg(%I::text ORDER BY md5(d.i::text)), %L, %L, %L) FROM ct.decision d JOIN ct.t ON t.plain = d.i WHERE d.p = %L AND d.g = %L',
			col, d.p, d.g, 'k_' || col, d.p, d.g);
	END LOOP;
	FOR i IN 1 .. 3 LOOP
		of := col;
		purpose := (ARRAY['ct_a', 'ct_b', 'ct_c'])[i];
		PERFORM set_config('datamesh.purpose', purpose, true);
		SET LOCAL ROLE regress_ct_ann;
		SELECT ARRAY[count(*), sum(plain)] INTO seen FROM ct_p_v1.t;
		RESET ROLE;
		same := seen = e.answer FROM ct.expected e WHERE e.purpose = check_column.purpose;
		RETURN NEXT;
	END LOOP;
	SET LOCAL ROLE regress_ct_owner;
	PERFORM dm_drop_subject('ct.t', col);
	RESET ROLE;
END $$;
SELECT * FROM ct.check_column('i2');
SELECT * FROM ct.check_column('i4');
SELECT * FROM ct.check_column('i8');
SELECT * FROM ct.check_column('far', true);
SELECT * FROM ct.check_column('t');
SELECT * FROM ct.check_column('v');
SELECT * FROM ct.check_column('d');
SELECT * FROM ct.check_column('n');
SELECT * FROM ct.check_column('u');
SELECT name, key_type, hashed FROM datamesh.subject_kind ORDER BY id;
SET ROLE regress_ct_owner;

-- in parallel, by an index, in a nested loop, under a limit
SELECT dm_register_subject('ct.t', 'i4', 'k_i4');
CREATE INDEX ON ct.t (i4);
CREATE INDEX ON ct.t (plain);
ANALYZE ct.t;
RESET ROLE;
SELECT answer AS expected FROM ct.expected WHERE purpose = 'ct_b' \gset
SET datamesh.purpose = 'ct_b';
SET ROLE regress_ct_ann;
BEGIN;
SET LOCAL max_parallel_workers_per_gather = 2;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT ARRAY[count(*), sum(plain)] = :'expected'::bigint[] AS same FROM ct_p_v1.t;
SELECT ARRAY[count(*), sum(plain)] = :'expected'::bigint[] AS same FROM ct_p_v1.t;
SELECT ARRAY[count(*), sum(plain)] = :'expected'::bigint[] AS same FROM ct_p_v1.t WHERE i4 > 0;
COMMIT;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT count(*) FROM ct_p_v1.t WHERE i4 = 7;
SELECT count(*) FROM ct_p_v1.t WHERE i4 IN (6, 7, 8, 9, 14, 4095, 4096, 8191, 8192);
SELECT ARRAY[count(*), sum(plain)] = :'expected'::bigint[] AS same FROM (SELECT i4, plain FROM ct_p_v1.t ORDER BY plain) x;
SET enable_indexscan = off;
SELECT count(i4) = (:'expected'::bigint[])[1] AS same FROM (SELECT i4 FROM ct_p_v1.t WHERE i4 > 0) x;
RESET enable_seqscan;
RESET enable_bitmapscan;
RESET enable_indexscan;
SELECT count(*) FROM (SELECT 1 FROM ct_p_v1.t a JOIN ct_p_v1.t b ON b.i4 = a.i4 + 1 LIMIT 10) x;
RESET ROLE;

-- partitions, read through their parent and by themselves, and those that come later
SET ROLE regress_ct_owner;
SELECT dm_register_subject('ct.p', 'i4', 'k_i4');
CREATE TABLE ct.p3 PARTITION OF ct.p FOR VALUES FROM (9001) TO (30000);
INSERT INTO ct.p VALUES (9001, 'nobody asked');
SELECT dm_register_product('ct.late', open_ended => true) \g /dev/null
SELECT dm_require_consent('ct.late', 'ct_a') \g /dev/null
SELECT dm_add_port('ct.late', 'ct.p3') \g /dev/null
SELECT dm_publish('ct.late') \g /dev/null
SELECT dm_grant_access('ct.late', 'regress_ct_ann', 'ct_a') \g /dev/null
SET ROLE regress_ct_ann;
SELECT count(*) = (:'expected'::bigint[])[1] AS same FROM ct_p_v1.p;
SELECT count(*) = (SELECT count(*) FROM ct_p_v1.p WHERE i4 >= 5000) AS same, count(*) < 4001 AS fewer FROM ct_p_v1.p2;
SELECT count(*) FROM ct_late_v1.p3;
RESET ROLE;

-- keys at the ends of their types, and none
SET ROLE regress_ct_owner;
SELECT dm_register_subject('ct.a_few', 'i8', 'k_i8');
SET ROLE regress_ct_ann;
SELECT count(*) FROM ct_p_v1.a_few;
SET ROLE regress_ct_owner;
SELECT dm_record_consent('{-9223372036854775808,9223372036854775807,-1}'::text[], 'ct_a', true, 'k_i8');
SET ROLE regress_ct_ann;
SELECT i8 FROM ct_p_v1.a_few ORDER BY 1;
SET ROLE regress_ct_owner;
SELECT dm_record_consent('9223372036854775808', 'ct_a', true, 'k_i8');
SELECT dm_drop_subject('ct.a_few', 'i8');
SELECT dm_register_subject('ct.a_few', 't', 'k_t');
SELECT dm_record_consent(ARRAY['', 'it''s', 'Ünïcode', repeat('long', 5000)], 'ct_a', true, 'k_t');
SET ROLE regress_ct_ann;
SELECT left(t, 10) AS t FROM ct_p_v1.a_few ORDER BY 1;
SET ROLE regress_ct_owner;
-- two subjects in a row: both have to consent
SELECT dm_register_subject('ct.a_few', 'u', 'k_u');
SELECT dm_record_consent('FFFFFFFF-ffff-ffff-ffff-ffffffffffff', 'ct_a', true, 'k_u');
SELECT consented, decided_for FROM dm_consent_status('{ffffffffffffffffffffffffffffffff}', 'ct_c', 'k_u');
SET ROLE regress_ct_ann;
SELECT left(t, 10) AS t FROM ct_p_v1.a_few ORDER BY 1;
RESET ROLE;

-- kinds across domains
SET ROLE regress_ct_other;
CREATE TABLE ct2.t (id int);
INSERT INTO ct2.t SELECT generate_series(1, 10);
SELECT dm_register_domain('ct2', 'regress_ct_other', '{ct2}');
SELECT dm_register_subject('ct2.t', 'id', 'k_i4');
SELECT dm_record_consent('1', 'ct_a', true, 'k_i4');
SELECT relation, "column", kind, recorded_by FROM datamesh.subjects;
SELECT dm_register_subject('ct.p', 'v', 'k_t');
RESET ROLE;
GRANT USAGE ON SCHEMA ct TO regress_ct_other;
SET ROLE regress_ct_other;
SELECT dm_register_subject('ct.p', 'v', 'k_t');
SET ROLE regress_ct_owner;
SELECT dm_register_subject('ct.t', 'i8', 'k_i8', true);
SELECT dm_register_subject('ct.t', 'u', 'k_i8');
SELECT dm_revoke_access(id) FROM datamesh.agreements WHERE state = 'active' \g /dev/null
SELECT dm_deprecate('ct.p'), dm_retire('ct.p'), dm_deprecate('ct.late'), dm_retire('ct.late') \g /dev/null
-- what other domains use stays
SELECT dm_drop_domain('ct');
SET ROLE regress_ct_other;
SELECT dm_drop_domain('ct2');
SET ROLE regress_ct_owner;
SELECT dm_drop_domain('ct');
RESET ROLE;
SELECT count(*) FROM pg_policy WHERE polname LIKE 'datamesh%';
SELECT count(*) FROM datamesh.subject;
SELECT count(*) FROM datamesh.consent_set;
SELECT count(*) > 0 AS history_stays FROM datamesh.consents WHERE kind IS NULL;

SET client_min_messages = warning;
DROP SCHEMA ct, ct2 CASCADE;
SELECT dm_drop_purpose('ct_c'), dm_drop_purpose('ct_b'), dm_drop_purpose('ct_a') \g /dev/null
DROP ROLE regress_ct_owner, regress_ct_other, regress_ct_ann;
