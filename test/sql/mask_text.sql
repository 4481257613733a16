-- Masks of text: characters, e-mail addresses, telephone and card numbers, hashes.

-- dm_mask_text: the length stays
SELECT dm_mask_text('secret'), dm_mask_text('secret', 1), dm_mask_text('secret', 0, 2),
       dm_mask_text('secret', 1, 2), dm_mask_text('secret', keep_last => 1, fill => '#');
-- a short value does not come out in clear
SELECT dm_mask_text('ab', 1, 1), dm_mask_text('abc', 1, 1), dm_mask_text('a', 1), dm_mask_text('', 1) = '' AS empty,
       dm_mask_text('abc', 2147483647, 2147483647);
SELECT dm_mask_text(NULL::text), dm_mask_text('abc', NULL), dm_mask_text('abc', fill => NULL);
-- characters, not bytes: of two, three and four bytes
SELECT dm_mask_text(U&'\00e9t\00e9') AS hidden,
       dm_mask_text(U&'\00e9t\00e9', 1) = U&'\00e9**' AS first,
       dm_mask_text(U&'\00e9t\20ac\+01f600', 1, 1) = U&'\00e9**\+01f600' AS both,
       dm_mask_text(U&'\20ac\20ac\20ac\20ac', 0, 3) = U&'*\20ac\20ac\20ac' AS last,
       dm_mask_text('abc', 1, 0, U&'\2022') = U&'a\2022\2022' AS fill,
       dm_mask_text(U&'\20acbc', 1, 1, U&'\+01f600') = U&'\20ac\+01f600c' AS all_three;
SELECT count(*) AS wrong FROM generate_series(0, 40) n, generate_series(0, 4) a, generate_series(0, 4) b,
       LATERAL (SELECT left(repeat(U&'a\00e9\20ac\+01f600', 11), n) AS v) s
WHERE dm_mask_text(v, a, b) IS DISTINCT FROM
      CASE WHEN a + b >= n THEN repeat('*', n) ELSE left(v, a) || repeat('*', n - a - b) || right(v, b) END;
-- arguments out of range
\set VERBOSITY sqlstate
SELECT dm_mask_text('abc', -1);
SELECT dm_mask_text('abc', 0, -1);
SELECT dm_mask_text('abc', fill => '');
SELECT dm_mask_text('abc', fill => 'xy');
SELECT dm_mask_text('{abc}'::text[], fill => U&'\00e9\00e9');
\set VERBOSITY default
SELECT dm_mask_text('abc', -1);
SELECT dm_mask_text('abc', fill => 'xy');

-- dm_mask_email: the first character and the domain stay
SELECT v, dm_mask_email(v) FROM unnest(ARRAY[
    'jane.doe@example.com', 'jd@example.com', 'j@example.com', 'Jane+news@mail.example.co.uk',
    '"a@b"@example.com', 'x_1@sub-domain.example',
    -- not addresses
    'jane', '', '@example.com', '@jane', 'jane@', 'jane@localhost', 'jane@10.0.0.1', 'jane@example.',
    'Jane Doe <jane@example.com>', 'Jane Doe jane@example.com', 'call me @ 0612345678', 'a@b.c@'
]) AS v;
SELECT dm_mask_email(NULL::text), dm_mask_email(U&'\00e9\00e9@example.com') = U&'\00e9***@example.com' AS local,
       dm_mask_email(U&'\+01f600@example.com') AS one_character,
       dm_mask_email(U&'jane@b\00fccher.example') = U&'j***@b\00fccher.example' AS domain,
       dm_mask_email(repeat('x', 10000) || '@example.com') AS long;

-- dm_mask_phone: the last two digits and the punctuation stay
SELECT v, dm_mask_phone(v) FROM unnest(ARRAY[
    '+31 6 1234 5678', '(020) 123-4567', '0612345678', '1234567', '1-800-FLOWERS', '020 123 4567 ext. 12',
    '123456', '12-34', '7', '', 'none', '12345a'
]) AS v;
-- digits of other scripts are no digits, and are hidden
SELECT dm_mask_phone(U&'+31 \0661\0662\0663 1234567') AS arabic_indic, dm_mask_phone(U&'\0661\0662\0663\0664\0665\0666\0667') AS only,
       dm_mask_phone(NULL::text);

-- dm_mask_card: the last four digits, spaces and hyphens stay
SELECT v, dm_mask_card(v) FROM unnest(ARRAY[
    '4111 1111 1111 1234', '4111-1111-1111-1234', '4111111111111234', '12345678', 'Visa 4111/1111 1234',
    '1234567', '123-45', '4', '', 'lost'
]) AS v;
SELECT dm_mask_card(U&'4111 \20ac 11111234'), dm_mask_card(U&'\20ac 123'), dm_mask_card(NULL::text);

-- dm_mask_hash: SHA-256 of the salt's and the value's bytes
SELECT dm_mask_hash('abc');
SELECT dm_mask_hash('') = encode(sha256(''), 'hex') AS empty,
       dm_mask_hash('abc', 'salt') = encode(sha256('saltabc'), 'hex') AS salted,
       dm_mask_hash(U&'\00e9') = encode(sha256('\xc3a9'), 'hex') AS utf8,
       dm_mask_hash('\x616263'::bytea) = sha256('abc') AS bytes,
       dm_mask_hash('\x00ff'::bytea, 's') = sha256('\x7300ff') AS bytes_salted,
       dm_mask_hash(NULL::text), dm_mask_hash(NULL::bytea);
-- the hash context lives as long as the transaction, through subtransactions
BEGIN;
SAVEPOINT s;
SELECT left(dm_mask_hash('abc'), 8);
ROLLBACK TO s;
SELECT left(dm_mask_hash('abc'), 8);
COMMIT;
BEGIN;
SELECT left(dm_mask_hash('abc'), 8);
ROLLBACK;
SELECT left(dm_mask_hash('abc'), 8);

-- arrays: dimensions, lower bounds and nulls stay
SELECT dm_mask_text('{abc,NULL,"",d}'::text[], 1), dm_mask_text('{}'::text[]), dm_mask_text(NULL::text[]),
       dm_mask_text('[0:1][5:6]={{abc,def},{NULL,ghi}}'::text[], 0, 1);
SELECT dm_mask_email('{jane@example.com,NULL,jane}'::text[]), dm_mask_phone('{{0612345678},{NULL}}'::text[]),
       dm_mask_card('[3:3]={4111111111111234}'::text[]);
SELECT dm_mask_hash('{abc,NULL}'::text[], 's') = ARRAY[dm_mask_hash('abc', 's'), NULL] AS hash;
SELECT dm_mask_text(ARRAY[U&'\20acuro', 'x'], 1) = ARRAY[U&'\20ac***', '*'] AS multibyte;
SELECT dm_mask_text('{abc,NULL}'::varchar(3)[], 1)::varchar(3)[];

-- types in are types out
SELECT pg_typeof(dm_mask_text('x'::text)), pg_typeof(dm_mask_text('{x}'::text[])), pg_typeof(dm_mask_email('x'::text)),
       pg_typeof(dm_mask_email('{x}'::text[])), pg_typeof(dm_mask_hash('x'::text)), pg_typeof(dm_mask_hash('x'::bytea)),
       pg_typeof(dm_mask_hash('{x}'::text[]));
-- the collation of the value is the collation of the result
CREATE TEMP TABLE mask_collation (v text COLLATE "C");
SELECT collation FOR (dm_mask_text(v, 1)), collation FOR (dm_mask_email(v)) FROM (VALUES (1)) one LEFT JOIN mask_collation ON true;
-- compressed and out-of-line values
CREATE TEMP TABLE mask_toast (v text, plain text);
ALTER TABLE mask_toast ALTER plain SET STORAGE EXTERNAL;
INSERT INTO mask_toast SELECT x, x FROM (SELECT repeat('jane', 20000) || '@example.com' AS x) s;
SELECT dm_mask_email(v), dm_mask_email(plain), length(dm_mask_text(v, 1)), dm_mask_hash(v) = dm_mask_hash(plain) AS same FROM mask_toast;
