/*
 * expression.c
 *		Text that somebody gives as an expression of SQL, before it is analysed.
 */
#include "postgres.h"

#include "nodes/parsenodes.h"
#include "parser/parser.h"

#include "base/expression.h"

/* Does the statement consist of one expression?  The grammar for PL/pgSQL lets clauses follow. */
static bool
is_one_expression(SelectStmt *stmt)
{
	ResTarget *target;

	if (stmt->distinctClause != NIL || stmt->intoClause != NULL || stmt->fromClause != NIL ||
		stmt->whereClause != NULL || stmt->groupClause != NIL || stmt->havingClause != NULL ||
		stmt->windowClause != NIL || stmt->valuesLists != NIL || stmt->sortClause != NIL ||
		stmt->limitOffset != NULL || stmt->limitCount != NULL || stmt->lockingClause != NIL ||
		stmt->withClause != NULL || stmt->op != SETOP_NONE || list_length(stmt->targetList) != 1)
		return false;
	target = linitial(stmt->targetList);
	return target->name == NULL && target->indirection == NIL;
}

Node *
dm_raw_expression(const char *text)
{
	List *raw = raw_parser(text, RAW_PARSE_PLPGSQL_EXPR);
	SelectStmt *stmt = (SelectStmt *) linitial_node(RawStmt, raw)->stmt;

	if (list_length(raw) != 1 || !IsA(stmt, SelectStmt) || !is_one_expression(stmt))
		return NULL;
	return ((ResTarget *) linitial(stmt->targetList))->val;
}
