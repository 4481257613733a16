/*
 * queryfold.c
 *		Folding ports before the planner looks at the query.
 *
 * The planner folds the calls in a port by itself (access/fold.c), but only
 * after it has pulled the view up.  Under an outer join, in a set operation or
 * with grouping sets it has by then wrapped every output column that is not a
 * plain Var, and a wrapped column reaches no index.  Folding first keeps the
 * plan of the bare table there as well.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"

#include "access/fold.h"
#include "catalog/table.h"
#include "port/port.h"

static Node *
fold_mutator(Node *node, void *context)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, FuncExpr))
	{
		Node	   *folded = dm_fold_call((FuncExpr *) node);

		if (folded != NULL)
			return folded;
	}
	return expression_tree_mutator(node, fold_mutator, context);
}

/* A port's query, and nothing else that we made, filters by admits alone. */
static bool
is_port_query(Query *query)
{
	FuncExpr   *call;
	char	   *name;

	if (query->commandType != CMD_SELECT || query->jointree == NULL ||
		query->jointree->quals == NULL || !IsA(query->jointree->quals, FuncExpr))
		return false;
	call = (FuncExpr *) query->jointree->quals;
	if (list_length(call->args) != 1 || call->funcresulttype != BOOLOID)
		return false;
	name = get_func_name(call->funcid);
	return name != NULL && strcmp(name, "admits") == 0 &&
		get_func_namespace(call->funcid) == dm_catalog_schema();
}

static void
fold_port(Query *query)
{
	ListCell   *lc;
	Node	   *quals = fold_mutator(query->jointree->quals, NULL);

	if (IsA(quals, Const) && DatumGetBool(((Const *) quals)->constvalue))
		quals = NULL;
	query->jointree->quals = quals;
	foreach(lc, query->targetList)
	{
		TargetEntry *target = lfirst(lc);

		if (!IsA(target->expr, Var))
			target->expr = (Expr *) eval_const_expressions(NULL, fold_mutator((Node *) target->expr, NULL));
	}
}

static bool
fold_walker(Node *node, bool *found)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		Query	   *query = (Query *) node;

		if (is_port_query(query))
		{
			fold_port(query);
			*found = true;
		}
		return query_tree_walker(query, fold_walker, found, 0);
	}
	return expression_tree_walker(node, fold_walker, found);
}

bool
dm_port_fold(Query *query)
{
	bool		found = false;

	(void) fold_walker((Node *) query, &found);
	return found;
}
