-- Masks of any type, dates, numbers, network addresses and documents.
SET datestyle = 'ISO, YMD';

CREATE TYPE mask_mood AS ENUM ('sad', 'happy');
CREATE TYPE mask_pair AS (a int, b text);
CREATE DOMAIN mask_percent AS numeric(5,2) CHECK (VALUE BETWEEN 0 AND 100);

-- dm_mask_null
SELECT dm_mask_null('x'::text), dm_mask_null(1), dm_mask_null('{1,2}'::int[]), dm_mask_null('sad'::mask_mood),
       dm_mask_null(1::mask_percent), dm_mask_null(ROW(1, 'x')::mask_pair), dm_mask_null(NULL::date);
SELECT pg_typeof(dm_mask_null('{1,2}'::int[])), pg_typeof(dm_mask_null('sad'::mask_mood)),
       pg_typeof(dm_mask_null(1::mask_percent)), pg_typeof(dm_mask_null(ROW(1, 'x')::mask_pair));
-- it is gone from the plan
CREATE TEMP TABLE mask_t (v varchar(10), r float8);
EXPLAIN (VERBOSE, COSTS OFF) SELECT dm_mask_null(v) AS v, dm_mask_null(r) AS r FROM mask_t;

-- dm_mask_constant
SELECT dm_mask_constant('x'::text, 'hidden'), dm_mask_constant(1, ' 42 '), dm_mask_constant('{1,2}'::int[], '{0,NULL}'),
       dm_mask_constant('sad'::mask_mood, 'happy'), dm_mask_constant(1::mask_percent, '12.345'),
       dm_mask_constant(ROW(1, 'x')::mask_pair, '(2,y)'), dm_mask_constant(date '2024-05-17', '1900-01-01');
SELECT dm_mask_constant(NULL::int, '1'), dm_mask_constant(1, NULL);
SELECT pg_typeof(dm_mask_constant('{1}'::int[], '{2}')), pg_typeof(dm_mask_constant('sad'::mask_mood, 'sad')),
       pg_typeof(dm_mask_constant(1::mask_percent, '2'));
SELECT dm_mask_constant('sad'::mask_mood, 'angry');
SELECT dm_mask_constant(1::mask_percent, '101');
-- the replacement is read once, but again when it changes
SELECT array_agg(dm_mask_constant(0, r) ORDER BY r) FROM unnest('{1,1,2,3}'::text[]) r;
CREATE FUNCTION pg_temp.each_replacement() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text := '';
BEGIN
    FOR i IN 1 .. 3 LOOP
        result := result || dm_mask_constant('x'::text, 'v' || i) || dm_mask_number(1234, 10 ^ i::numeric);
    END LOOP;
    RETURN result;
END $$;
SELECT pg_temp.each_replacement();

-- dm_mask_date: as date_trunc(), but a timestamptz in UTC
SELECT u, dm_mask_date(date '2024-05-17', u), dm_mask_date(timestamp '2024-05-17 13:14:15.6', u)
FROM unnest('{day,week,month,quarter,year,decade,century,YEAR}'::text[]) u;
SELECT count(*) AS wrong FROM generate_series(-3000, 3000, 7) n, unnest('{day,week,month,quarter,year,decade,century}'::text[]) u,
       LATERAL (SELECT timestamp '0001-03-01 12:30' + n * interval '137 days 5 hours' AS ts) t
WHERE dm_mask_date(ts, u) <> date_trunc(u, ts) OR dm_mask_date(ts::date, u) <> date_trunc(u, ts)::date;
SET timezone = 'America/New_York';
SELECT dm_mask_date(timestamptz '2024-01-01 03:00+00') AT TIME ZONE 'UTC' AS utc, dm_mask_date(timestamptz '2023-12-31 23:00-05') AT TIME ZONE 'UTC' AS utc;
RESET timezone;
SELECT dm_mask_date(date 'infinity'), dm_mask_date(timestamp '-infinity', 'day'), dm_mask_date(timestamptz 'infinity'), dm_mask_date(NULL::date);
-- at the ends of the types
SELECT dm_mask_date(date '4714-11-24 BC', 'century'), dm_mask_date(date '5874897-12-31', 'decade'),
       dm_mask_date(timestamp '4714-11-24 BC', 'week'), dm_mask_date(timestamp '294276-12-31 23:59:59.999999', 'quarter');
SELECT dm_mask_date(date '2024-05-17', 'hour');
SELECT pg_typeof(dm_mask_date(date 'today')), pg_typeof(dm_mask_date(timestamp 'today')), pg_typeof(dm_mask_date(timestamptz 'today'));

-- dm_mask_number: towards zero, to a multiple of step
SELECT dm_mask_number(1299::int2, 100), dm_mask_number(-1299, 100), dm_mask_number(12345678901::int8, 1000000),
       dm_mask_number(1299.99, 100), dm_mask_number(-1299.99, 0.5), dm_mask_number(1299.5::float4, 0.25), dm_mask_number(-1299.99::float8, 100);
SELECT pg_typeof(dm_mask_number(1::int2, 10)), pg_typeof(dm_mask_number(1::int4, 10::int8)), pg_typeof(dm_mask_number(1::int8, '10')),
       pg_typeof(dm_mask_number(1::numeric, 10)), pg_typeof(dm_mask_number(1::float4, 10)), pg_typeof(dm_mask_number(1::float8, 0.1));
-- at the ends of the types
SELECT dm_mask_number((-32768)::int2, 10000), dm_mask_number((-2147483648)::int4, 1000), dm_mask_number((-9223372036854775808)::int8, 1),
       dm_mask_number(9223372036854775807::int8, 9223372036854775807), dm_mask_number(32767::int2, 1e30), dm_mask_number(-3::float8, 10);
SELECT dm_mask_number(999.99::numeric(5,2), s)::numeric(5,2) FROM unnest('{0.001,0.01,0.3,1,7,10,999.99,1000}'::numeric[]) s;
SELECT dm_mask_number(99.6, 100), dm_mask_number(100.4, 100), dm_mask_number(-99.6, 100), dm_mask_number(1e20 + 99, 100), dm_mask_number(0.4, 1);
SELECT dm_mask_number('NaN'::numeric, 10), dm_mask_number('Infinity'::numeric, 10), dm_mask_number('NaN'::float8, 10),
       dm_mask_number('-Infinity'::float4, 0.5), dm_mask_number(NULL::int, 10), dm_mask_number(1, NULL);
SELECT dm_mask_number(5, 0);
\set VERBOSITY sqlstate
SELECT dm_mask_number(5.5, -1);
SELECT dm_mask_number(5::float8, 'NaN');
SELECT dm_mask_number(5::numeric, 'Infinity');
\set VERBOSITY default
SELECT dm_mask_number(5, 0.5);

-- dm_mask_inet
SELECT dm_mask_inet(inet '192.168.17.77'), dm_mask_inet(inet '192.168.17.77', 20), dm_mask_inet(inet '10.1.2.3/8'), dm_mask_inet(inet '192.168.17.77', 0),
       dm_mask_inet(inet '192.168.17.77', 32), dm_mask_inet(inet '2001:db8:1234:5678::1'), dm_mask_inet(inet '2001:db8:1234:5678::1', v6_bits => 45);
SELECT dm_mask_inet(cidr '192.168.17.64/26'), dm_mask_inet(cidr '10.0.0.0/8'), dm_mask_inet(cidr '2001:db8:1234:5678::/64'),
       dm_mask_inet(cidr '192.168.17.77')::text::cidr, dm_mask_inet(NULL::inet), dm_mask_inet(NULL::cidr);
SELECT pg_typeof(dm_mask_inet(inet '::1')), pg_typeof(dm_mask_inet(cidr '::1'));
SELECT dm_mask_inet(inet '::1', 33);
SELECT dm_mask_inet(inet '::1', 24, -1);

-- dm_mask_jsonb: strings become "***", all else null
CREATE TEMP TABLE mask_doc AS SELECT jsonb '{"id": 7, "contact": {"email": "jane@example.com", "age": 42, "ok": true, "x": null},
    "orders": [{"card": "4111", "sum": 12.50}, {"card": {"no": 1}, "sum": 1}, 5], "tags": ["a", "b"], "a.b": 1, "*": 2}' AS d;
SELECT p, dm_mask_jsonb(d, p) FROM mask_doc, LATERAL (VALUES (1, '{contact.email,orders.*.card}'::text[]),
    (2, '{contact}'), (3, '{contact.*}'), (4, '{*}'), (5, '{tags.1}'), (6, '{"a\\.b","\\*"}'), (7, '{no.such.path}'), (8, '{*.*}')) v(n, p) ORDER BY n;
-- lists where an object was, and one value where a list was
SELECT dm_mask_jsonb('{"contact": [{"email": "a"}, [{"email": "b"}]]}', '{contact.email}'), dm_mask_jsonb('{"tags": "a", "n": {"tags": ["a"]}}', '{tags.*}'),
       dm_mask_jsonb('[{"email": "a"}, "email"]', '{email}');
SELECT dm_mask_jsonb('"a"', '{*}'), dm_mask_jsonb('1', '{a}'), dm_mask_jsonb('[]', '{*}'), dm_mask_jsonb('{}', '{a}'), dm_mask_jsonb(NULL, '{a}'),
       dm_mask_jsonb('{"a": "", "b": []}', '{a,b}'), pg_typeof(dm_mask_jsonb('{}', '{a}'));
-- the same bytes as the server's, beyond 32 members too
SELECT count(*) AS wrong FROM generate_series(0, 70) n, LATERAL (SELECT jsonb_object_agg('k' || i, repeat('x', i % 5)) || jsonb_build_object('n', n, 'o', '{"a":[1]}'::jsonb) AS d,
       jsonb_object_agg('k' || i, CASE WHEN i % 10 = 3 THEN '***' ELSE repeat('x', i % 5) END) || jsonb_build_object('n', n, 'o', '{"a":[1]}'::jsonb) AS e FROM generate_series(0, n) i) s
WHERE NOT record_image_eq(ROW(dm_mask_jsonb(d, '{k3,k13,k23,k33,k43,k53,k63}')), ROW(e));
SELECT dm_mask_jsonb((repeat('[', 1000) || '{"a": 1}' || repeat(']', 1000))::jsonb, '{a}')::text = repeat('[', 1000) || '{"a": null}' || repeat(']', 1000) AS deep;
SELECT dm_mask_jsonb('{}', '{}');
SELECT dm_mask_jsonb('{}', '{a..b}');
\set VERBOSITY sqlstate
SELECT dm_mask_jsonb('{}', '{""}');
SELECT dm_mask_jsonb('{}', '{a,NULL}');
\set VERBOSITY default

DROP DOMAIN mask_percent;
DROP TYPE mask_pair, mask_mood;
