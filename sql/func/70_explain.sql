-- Explaining access.  A relation can be given as text, too: the caller may have no USAGE on its
-- schema, which the input of regclass asks for, and wants to know that.

CREATE OR REPLACE FUNCTION @extschema@.dm_explain_access(role regrole DEFAULT NULL, relation regclass DEFAULT NULL, "column" name DEFAULT NULL, purpose text DEFAULT NULL)
RETURNS TABLE (step int, column_name text, kind text, outcome text, detail text)
AS 'MODULE_PATHNAME', 'dm_explain_access'
LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.dm_explain_access(regrole, regclass, name, text) IS
	'what a role sees of a relation, and why: a verdict for each column, then what led to it';

CREATE OR REPLACE FUNCTION @extschema@.dm_explain_access(role regrole DEFAULT NULL, relation text DEFAULT NULL, "column" name DEFAULT NULL, purpose text DEFAULT NULL)
RETURNS TABLE (step int, column_name text, kind text, outcome text, detail text)
AS 'MODULE_PATHNAME', 'dm_explain_access_named'
LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.dm_explain_access(regrole, text, name, text) IS
	'the same for a relation whose schema the caller may not use';

CREATE OR REPLACE FUNCTION @extschema@.dm_who_can_see(relation regclass, "column" name)
RETURNS TABLE (role regrole, can_login boolean, via text, through regrole, agreement bigint, purpose text, place text, which_rows text, reason text)
AS 'MODULE_PATHNAME', 'dm_who_can_see'
LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.dm_who_can_see(regclass, name) IS
	'every role that sees the column in clear, where it is stored or through a port, and why';

CREATE OR REPLACE FUNCTION @extschema@.dm_who_can_see(relation text, "column" name)
RETURNS TABLE (role regrole, can_login boolean, via text, through regrole, agreement bigint, purpose text, place text, which_rows text, reason text)
AS 'MODULE_PATHNAME', 'dm_who_can_see_named'
LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.dm_who_can_see(text, name) IS
	'the same for a relation whose schema the caller may not use';

CREATE OR REPLACE FUNCTION @extschema@.dm_explain_query(sql text)
RETURNS SETOF text
AS 'MODULE_PATHNAME', 'dm_explain_query'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.dm_explain_query(text) IS
	'EXPLAIN of one statement, with a line for each port that it reads; nothing is executed';
