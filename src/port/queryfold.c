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

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"

#include "access/fold.h"
#include "port/port.h"

/* The value of a condition that asks only us; false if it asks anything else. */
static bool
fold_condition(Node *node, bool *value)
{
	if (IsA(node, FuncExpr))
		return dm_fold_answer((FuncExpr *) node, value);
	if (is_notclause(node))
	{
		if (!fold_condition((Node *) get_notclausearg(node), value))
			return false;
		*value = !*value;
		return true;
	}
	if (is_andclause(node))
	{
		ListCell   *lc;

		*value = true;
		foreach(lc, ((BoolExpr *) node)->args)
		{
			if (!fold_condition(lfirst(lc), value))
				return false;
			if (!*value)
				break;
		}
		return true;
	}
	return false;
}

/* The branch of a governed column's CASE that the reader gets; other expressions as they are. */
static Expr *
fold_column(Expr *expr)
{
	CaseExpr   *column;
	ListCell   *lc;
	bool		governed = false;

	if (!IsA(expr, CaseExpr) || ((CaseExpr *) expr)->arg != NULL)
		return expr;
	column = (CaseExpr *) expr;
	foreach(lc, column->args)
	{
		CaseWhen   *when = lfirst_node(CaseWhen, lc);
		bool		value;

		/* a CASE of somebody else, or a condition that the planner has to fold */
		if (!fold_condition((Node *) when->expr, &value))
			return expr;
		governed = true;
		if (value)
			return when->result;
	}
	return governed ? column->defresult : expr;
}

static void
fold_port(Query *query)
{
	bool		admitted;
	ListCell   *lc;

	/* it is admitted or raises an error */
	if (dm_fold_answer((FuncExpr *) query->jointree->quals, &admitted) && admitted)
		query->jointree->quals = NULL;
	foreach(lc, query->targetList)
	{
		TargetEntry *target = lfirst(lc);

		target->expr = fold_column(target->expr);
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

		if (query->jointree != NULL && dm_is_admits(query->jointree->quals))
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
