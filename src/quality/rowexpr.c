/*
 * rowexpr.c
 *		Expressions that rules have: over a row of a relation, or over two.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/pg_proc.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "optimizer/optimizer.h"
#include "parser/parse_clause.h"
#include "parser/parse_collate.h"
#include "parser/parse_node.h"
#include "parser/parse_relation.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

#include "base/expression.h"
#include "base/sqlname.h"
#include "catalog/table.h"
#include "quality/rowexpr.h"

static Node *
raw_expression(const char *text, const char *what)
{
	Node *raw = dm_raw_expression(text);

	if (raw == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR), errmsg("%s is not one expression", what),
				 errdetail("It is \"%s\".", text),
				 errhint("It is what could stand in WHERE.")));
	return raw;
}

static void
check_expression(ParseState *pstate, Node *expr, const char *what)
{
	if (pstate->p_hasSubLinks)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("%s contains a query", what),
				 errhint("Use metric \"references\" for values that must be in another relation, or metric \"sql\" for a query.")));
	if (contain_volatile_functions(expr))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s calls a volatile function", what),
				 errdetail("What it says of a row would change from one look to the next."),
				 errhint("Use stable or immutable functions.")));
}

/*
 * Of pairs of rows: where a row lies, and who wrote it, is nothing that the rows of a statement
 * could be asked for.
 */
static void
refuse_system_columns(Oid relid, Node *expr, const char *what)
{
	for (int varno = 1; varno <= 2; varno++)
	{
		Bitmapset *columns = NULL;
		int column = -1;

		pull_varattnos(expr, varno, &columns);
		while ((column = bms_next_member(columns, column)) >= 0)
		{
			AttrNumber attnum = column + FirstLowInvalidHeapAttributeNumber;

			if (attnum < 0)
				ereport(ERROR,
						(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						 errmsg("%s uses system column \"%s\"", what,
								get_attname(relid, attnum, false)),
						 errdetail("Rows are compared by what was written into them."),
						 errhint("Use the columns of the table.")));
		}
	}
}

void
dm_point_into_rule(void *text)
{
	int position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery(text);
	}
}

char *
dm_rule_search_path(Oid relid)
{
	return psprintf("pg_catalog, %s, %s, pg_temp", dm_schema_sql(get_rel_namespace(relid)),
					dm_schema_sql(dm_api_schema()));
}

typedef struct Planted
{
	Oid nspid;
	Oid role;
} Planted;

static bool
is_planted(Oid funcid, void *context)
{
	Planted *planted = context;
	HeapTuple tuple;
	Oid nspid = get_func_namespace(funcid);
	Oid owner;

	if (nspid != planted->nspid && nspid != dm_api_schema())
		return false;
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(funcid));
	if (!HeapTupleIsValid(tuple))
		return false;
	owner = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
	ReleaseSysCache(tuple);
	if (has_privs_of_role(owner, planted->role))
		return false;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("the rule would call function %s of role \"%s\" with the rights of \"%s\"",
					format_procedure(funcid), GetUserNameFromId(owner, true),
					GetUserNameFromId(planted->role, true)),
			 errhint("Change the function's owner, or drop it.")));
}

static bool
find_planted(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, find_planted, context, 0);
	(void) check_functions_in_node(node, is_planted, context);
	return expression_tree_walker(node, find_planted, context);
}

void
dm_refuse_planted(Node *node, Oid relid, Oid role)
{
	Planted planted = { get_rel_namespace(relid), role };

	(void) find_planted(node, &planted);
}

static void
add_row(ParseState *pstate, Relation rel, const char *name)
{
	Alias *alias = name == NULL ? NULL : makeAlias(name, NIL);
	ParseNamespaceItem *item = addRangeTableEntryForRelation(pstate, rel, AccessShareLock, alias,
															 false, false);

	addNSItemToQuery(pstate, item, false, true, true);
}

static Node *
parse_expression(Oid relid, const char *text, const char *what, bool pair)
{
	int save_nestlevel = NewGUCNestLevel();
	Relation rel = table_open(relid, AccessShareLock);
	ParseState *pstate = make_parsestate(NULL);
	ErrorContextCallback callback = { error_context_stack, dm_point_into_rule,
									  unconstify(char *, text) };
	Node *expr;

	error_context_stack = &callback;
	(void) set_config_option("search_path", dm_rule_search_path(relid), PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	pstate->p_sourcetext = text;
	add_row(pstate, rel, pair ? "t1" : NULL);
	if (pair)
		add_row(pstate, rel, "t2");
	expr = transformWhereClause(pstate, raw_expression(text, what), EXPR_KIND_WHERE, "WHERE");
	assign_expr_collations(pstate, expr);
	error_context_stack = callback.previous;
	check_expression(pstate, expr, what);
	if (pair)
		refuse_system_columns(relid, expr, what);
	free_parsestate(pstate);
	table_close(rel, NoLock);
	AtEOXact_GUC(false, save_nestlevel);
	return expr;
}

Node *
dm_row_expression(Oid relid, const char *text, const char *what)
{
	return parse_expression(relid, text, what, false);
}

Node *
dm_pair_expression(Oid relid, const char *text, const char *what)
{
	return parse_expression(relid, text, what, true);
}

char *
dm_row_expression_sql(Oid relid, Node *expression)
{
	int save_nestlevel = NewGUCNestLevel();
	char *result;

	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	/* constants are read again under other settings, which all read this */
	(void) set_config_option("datestyle", "ISO", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true,
							 0, false);
	(void) set_config_option("intervalstyle", "postgres", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	result = deparse_expression(expression, deparse_context_for(get_rel_name(relid), relid), false,
								false);
	AtEOXact_GUC(false, save_nestlevel);
	return result;
}
