-- What every object of the extension has in common, asked of the catalog itself: the
-- rules of test/lint read the scripts, this sees what they made.
\set QUIET on
SET client_min_messages = warning;
BEGIN;
SELECT plan(11);

CREATE TEMP VIEW our_function AS
SELECT p.*, l.lanname
FROM pg_proc p
JOIN pg_language l ON l.oid = p.prolang
JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
WHERE e.extname = 'datamesh';

CREATE TEMP VIEW our_relation AS
SELECT c.*
FROM pg_class c
JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
WHERE e.extname = 'datamesh';

-- without these, all that follows would be true of nothing
SELECT isnt_empty('SELECT 1 FROM our_function', 'the extension has functions');
SELECT isnt_empty($$SELECT 1 FROM our_relation WHERE relkind = 'r'$$, 'the extension has tables');

SELECT is_empty(
	$$SELECT oid::regprocedure FROM our_function WHERE obj_description(oid, 'pg_proc') IS NULL$$,
	'every function has a comment');
SELECT is_empty(
	$$SELECT oid::regclass FROM our_relation
	WHERE relkind IN ('r', 'v') AND obj_description(oid, 'pg_class') IS NULL$$,
	'every table and view has a comment');
SELECT is_empty(
	$$SELECT oid::regprocedure FROM our_function
	WHERE lanname NOT IN ('c', 'internal')
	AND NOT EXISTS (SELECT FROM unnest(proconfig) s WHERE s ~ '^search_path=pg_catalog,.*pg_temp$')$$,
	'every function has a fixed search_path or is C');
SELECT is_empty(
	$$SELECT oid::regprocedure FROM our_function WHERE prosecdef AND proacl IS NULL$$,
	'a SECURITY DEFINER function says who may call it');
SELECT is_empty(
	$$SELECT oid::regprocedure FROM our_function
	WHERE proname LIKE 'dm\_%' AND pronamespace <> (
		SELECT extnamespace FROM pg_extension WHERE extname = 'datamesh')$$,
	'functions for users are in the schema of the extension');
SELECT is_empty(
	$$SELECT oid::regprocedure FROM our_function
	WHERE proname NOT LIKE 'dm\_%' AND pronamespace <> 'datamesh'::regnamespace$$,
	'helpers are in schema datamesh');
SELECT is_empty(
	$$SELECT oid::regclass FROM our_relation WHERE relnamespace <> 'datamesh'::regnamespace$$,
	'tables and views are in schema datamesh');
SELECT is_empty(
	$$SELECT r.oid::regclass, a.privilege_type
	FROM our_relation r, aclexplode(r.relacl) a
	WHERE a.grantee = 0 AND a.privilege_type <> 'SELECT'$$,
	'PUBLIC changes no relation of ours');
SELECT is_empty(
	$$SELECT 1 FROM pg_namespace n, aclexplode(n.nspacl) a
	WHERE n.nspname = 'datamesh' AND a.grantee = 0 AND a.privilege_type = 'CREATE'$$,
	'PUBLIC creates nothing in schema datamesh');

SELECT * FROM finish();
ROLLBACK;
