-- Where the fuzzer begins: sketches, or states of aggregates (:kind), as a name and hexadecimal bytes.
SET TimeZone = 'UTC';

-- a number as the processor has it
CREATE FUNCTION pg_temp.word(number bigint, size int) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(lpad(to_hex(number >> (8 * i) & 255), 2, '0'), '' ORDER BY i) FROM generate_series(0, size - 1) i
$$;
CREATE FUNCTION pg_temp.bytes(sketch datamesh.sketch) RETURNS text LANGUAGE sql AS $$
	SELECT substr(sketch::text, 3)
$$;

CREATE TEMP TABLE made (name text, one datamesh.sketch, other datamesh.sketch);
INSERT INTO made SELECT 'few', datamesh.sketch_agg(g % 3), datamesh.sketch_agg(g % 4) FROM generate_series(1, 50) g;
INSERT INTO made SELECT 'many', datamesh.sketch_agg(g), datamesh.sketch_agg(g % 700) FROM generate_series(1, 3000) g;
INSERT INTO made SELECT 'sampled', datamesh.sketch_agg(g % 7), datamesh.sketch_agg(g % 2) FROM generate_series(1, 400000) g;
INSERT INTO made SELECT 'bool', datamesh.sketch_agg(g % 2 = 0), datamesh.sketch_agg(NULL::bool) FROM generate_series(1, 9) g;
INSERT INTO made SELECT 'day', datamesh.sketch_agg(date '2024-01-01' + g), datamesh.sketch_agg('infinity'::date) FROM generate_series(1, 9) g;
INSERT INTO made SELECT 'time', datamesh.sketch_agg(time '10:00'), datamesh.sketch_agg(time '11:00');
INSERT INTO made SELECT 'stamp', datamesh.sketch_agg(timestamp '2024-01-01' + g * interval '1 s'), datamesh.sketch_agg('-infinity'::timestamp) FROM generate_series(1, 9) g;
INSERT INTO made SELECT 'float', datamesh.sketch_agg(f), datamesh.sketch_agg(-f) FROM unnest('{1e300,0,-1,NaN,Infinity}'::float8[]) f;
INSERT INTO made SELECT 'numeric', datamesh.sketch_agg(n), datamesh.sketch_agg(n / 3) FROM unnest('{1.5,1e100,-7,NaN}'::numeric[]) n;
INSERT INTO made SELECT 'text', datamesh.sketch_agg(t), datamesh.sketch_agg(t || 'x') FROM unnest('{a,B-12,ä ö,""}'::text[]) t;
INSERT INTO made SELECT 'long', datamesh.sketch_agg(repeat('ab', 100 * g)), datamesh.sketch_agg(repeat('ba', 5000 * g)) FROM generate_series(1, 3) g;
INSERT INTO made SELECT 'words', datamesh.sketch_agg(to_hex(g)), datamesh.sketch_agg('x' || g % 600) FROM generate_series(1, 2000) g;
INSERT INTO made SELECT 'bytes', datamesh.sketch_agg('\x00ff'::bytea), datamesh.sketch_agg('\x'::bytea);
INSERT INTO made SELECT 'uuid', datamesh.sketch_agg(md5(g::text)::uuid), datamesh.sketch_agg(md5('')::uuid) FROM generate_series(1, 3) g;
INSERT INTO made SELECT 'inet', datamesh.sketch_agg(inet '1.1.1.1'), datamesh.sketch_agg(inet '1::');
INSERT INTO made SELECT 'array', datamesh.sketch_agg('{1,2}'::int[]), datamesh.sketch_agg('{3}'::int[]);
INSERT INTO made SELECT 'json', datamesh.sketch_agg('{}'::json), datamesh.sketch_agg('[1]'::json);
INSERT INTO made SELECT 'none', datamesh.sketch_agg(1) FILTER (WHERE g > 0), datamesh.sketch_agg(NULL::int) FROM generate_series(1, 1) g;

SELECT name || '-1', pg_temp.word(65535, 2) || pg_temp.bytes(one) FROM made WHERE :'kind' = 'sketch';
SELECT name || '-2', pg_temp.word(length(pg_temp.bytes(one)) / 2, 2) || pg_temp.bytes(one) || pg_temp.bytes(other) FROM made WHERE :'kind' = 'sketch';

-- a state of two columns: the sketches with their headers, and places of two rows
SELECT name, pg_temp.word(2, 8) || '01'
	|| pg_temp.word(length(a) / 2 + 4, 8) || pg_temp.word((length(a) / 2 + 4) * 4, 4) || a
	|| pg_temp.word(length(b) / 2 + 4, 8) || pg_temp.word((length(b) / 2 + 4) * 4, 4) || b
	|| '02' || pg_temp.word(8, 8) || pg_temp.word(2, 8)
	|| pg_temp.word(1, 8) || '01' || pg_temp.word(7, 8) || '00' || pg_temp.word(0, 8)
	|| pg_temp.word(2, 8) || '01' || pg_temp.word(9, 8) || '01' || pg_temp.word(5, 8)
FROM (SELECT name, pg_temp.bytes(one) AS a, pg_temp.bytes(other) AS b FROM made WHERE :'kind' = 'state') m;
