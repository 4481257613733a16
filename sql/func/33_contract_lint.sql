-- Everything that is wrong with a contract's text.

CREATE OR REPLACE FUNCTION @extschema@.dm_lint_contract(odcs text,
	OUT source text, OUT severity text, OUT pointer text, OUT message text, OUT line integer,
	OUT col integer)
RETURNS SETOF record
LANGUAGE C STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'dm_lint_contract';
COMMENT ON FUNCTION @extschema@.dm_lint_contract(text) IS
	'all findings about a data contract (ODCS, YAML or JSON): of its syntax, of the standard''s schema, and of its sense';
