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
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "rewrite/rewriteManip.h"
#include "utils/fmgroids.h"

#include "access/consent.h"
#include "access/fold.h"
#include "access/policy.h"
#include "compat/pg_compat.h"
#include "port/port.h"
#include "registry/portrow.h"

typedef struct FoldContext
{
	bool found;
	List *stamps;
	const char *product; /* of the port that is being folded, or that we are below; NULL for none */
	List *rtable;		 /* of the governed condition that is being folded; NIL outside of one */
} FoldContext;

/* The value of a condition that asks only us; false if it asks anything else. */
static bool
fold_condition(Node *node, bool *value, List **stamps)
{
	if (IsA(node, FuncExpr))
		return dm_fold_answer((FuncExpr *) node, NULL, value, stamps);
	if (is_notclause(node))
	{
		if (!fold_condition((Node *) get_notclausearg(node), value, stamps))
			return false;
		*value = !*value;
		return true;
	}
	if (is_andclause(node))
	{
		ListCell *lc;

		*value = true;
		foreach(lc, ((BoolExpr *) node)->args)
		{
			if (!fold_condition(lfirst(lc), value, stamps))
				return false;
			if (!*value)
				break;
		}
		return true;
	}
	return false;
}

static Node *fold_qual(Node *node, FoldContext *context);

/* AND, which a false argument decides (absorbing), or OR, which a true one does. */
static Node *
fold_args(BoolExpr *expr, bool absorbing, FoldContext *context)
{
	List *args = NIL;
	ListCell *lc;

	foreach(lc, expr->args)
	{
		Node *arg = fold_qual(lfirst(lc), context);

		if (!IsA(arg, Const) || ((Const *) arg)->constisnull)
			args = lappend(args, arg);
		else if (DatumGetBool(((Const *) arg)->constvalue) == absorbing)
			return arg;
	}
	if (args == NIL)
		return makeBoolConst(!absorbing, false);
	if (list_length(args) == 1)
		return linitial(args);
	expr->args = args;
	return (Node *) expr;
}

/* The relation whose condition a call of datamesh.consented is, by the column that it names. */
static Oid
relation_of_key(Node *key, FoldContext *context)
{
	RangeTblEntry *rte;

	if (context->rtable == NIL || !IsA(key, Var) || ((Var *) key)->varlevelsup != 0)
		return InvalidOid;
	rte = rt_fetch(((Var *) key)->varno, context->rtable);
	return rte->rtekind == RTE_RELATION ? rte->relid :
		   rte->rtekind == RTE_SUBQUERY ? dm_rte_view(rte) :
										  InvalidOid;
}

static Node *
fold_consented(FuncExpr *call, FoldContext *context)
{
	Oid relid = relation_of_key(lsecond(call->args), context);
	Node *result = dm_consent_fold(call, relid, context->product, &context->stamps);

	if (result == NULL)
		return (Node *) call;
	context->found = true;
	return result;
}

/* A condition, in which what asks us is answered; the rest stays. */
static Node *
fold_qual(Node *node, FoldContext *context)
{
	bool answer;

	if (dm_is_consented(node))
		return fold_consented((FuncExpr *) node, context);
	if (IsA(node, FuncExpr) &&
		dm_fold_answer((FuncExpr *) node, context->product, &answer, &context->stamps))
	{
		context->found = true;
		return makeBoolConst(answer, false);
	}
	if (is_notclause(node))
	{
		Node *arg = fold_qual((Node *) get_notclausearg(node), context);

		if (IsA(arg, Const) && !((Const *) arg)->constisnull)
			return makeBoolConst(!DatumGetBool(((Const *) arg)->constvalue), false);
	}
	else if (is_andclause(node))
		return fold_args((BoolExpr *) node, false, context);
	else if (is_orclause(node))
		return fold_args((BoolExpr *) node, true, context);
	return node;
}

static bool
is_true(Node *node)
{
	return IsA(node, Const) && !((Const *) node)->constisnull &&
		   DatumGetBool(((Const *) node)->constvalue);
}

/* The row policies of a relation, of which those go that do not restrict the reader. */
static List *
fold_security_quals(List *quals, FoldContext *context)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, quals)
	{
		Node *qual = fold_qual(lfirst(lc), context);

		if (!is_true(qual))
			result = lappend(result, qual);
	}
	return result;
}

/* The same for rows that are written. */
static List *
fold_check_options(List *options, FoldContext *context)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, options)
	{
		WithCheckOption *option = lfirst_node(WithCheckOption, lc);

		if (option->qual != NULL)
			option->qual = fold_qual(option->qual, context);
		if (option->qual == NULL || !is_true(option->qual))
			result = lappend(result, option);
	}
	return result;
}

/* The branch of a governed column's CASE that the reader gets; other expressions as they are. */
static Expr *
fold_column(Expr *expr, List **stamps)
{
	CaseExpr *column;
	ListCell *lc;
	bool governed = false;

	if (!IsA(expr, CaseExpr) || ((CaseExpr *) expr)->arg != NULL)
		return expr;
	column = (CaseExpr *) expr;
	foreach(lc, column->args)
	{
		CaseWhen *when = lfirst_node(CaseWhen, lc);
		bool value;

		/* a CASE of somebody else, or a condition that the planner has to fold */
		if (!fold_condition((Node *) when->expr, &value, stamps))
			return expr;
		governed = true;
		if (value)
			return when->result;
	}
	return governed ? column->defresult : expr;
}

/* The call of dm_token that a column is, under casts or not; NULL for anything else. */
static FuncExpr *
token_call(Node *expr)
{
	expr = strip_implicit_coercions(expr);
	while (expr != NULL && IsA(expr, RelabelType))
		expr = (Node *) ((RelabelType *) expr)->arg;
	if (expr == NULL || !IsA(expr, FuncExpr))
		return NULL;
	if (dm_is_token(((FuncExpr *) expr)->funcid))
		return (FuncExpr *) expr;
	if (((FuncExpr *) expr)->funcid == F_VARCHAR_VARCHAR_INT4_BOOL)
		return token_call(linitial(((FuncExpr *) expr)->args));
	return NULL;
}

/*
 * A token in a varchar(n) column stands under a cast to that length, which hides it from
 * an index on the token.  Ports only have it where a token fits, so it can be a mere relabelling.
 */
static Expr *
strip_length_cast(Expr *expr, FuncExpr *token)
{
	FuncExpr *cast = (FuncExpr *) expr;
	int32 typmod;

	if (!IsA(expr, FuncExpr) || cast->funcid != F_VARCHAR_VARCHAR_INT4_BOOL ||
		!exprIsLengthCoercion((Node *) expr, &typmod))
		return expr;
	return (Expr *) makeRelabelType((Expr *) token, VARCHAROID, typmod, cast->funccollid,
									COERCE_IMPLICIT_CAST);
}

/*
 * Folds a port's query.  Calls of dm_token in the text of a port, and nowhere else, get the
 * mark that lets them run (mask/token.c).
 */
static void
fold_port(Query *query, bool is_view, FoldContext *context)
{
	ListCell *lc;

	/* he is admitted or it raises an error */
	context->rtable = is_view ? query->rtable : NIL;
	query->jointree->quals = fold_qual(query->jointree->quals, context);
	context->rtable = NIL;
	if (is_true(query->jointree->quals))
		query->jointree->quals = NULL;
	foreach(lc, query->targetList)
	{
		TargetEntry *target = lfirst(lc);
		FuncExpr *token;

		if (IsA(target->expr, Var))
			continue;
		target->expr = fold_column(target->expr, &context->stamps);
		token = is_view ? token_call((Node *) target->expr) : NULL;
		if (token != NULL)
		{
			token->funcformat = DM_GOVERNED_CALL;
			target->expr = strip_length_cast(target->expr, token);
		}
	}
}

/* A whole row of a view has another type than one of its base. */
typedef struct RowContext
{
	Index varno;
	Index sublevels_up;
} RowContext;

static bool
uses_whole_row(Node *node, RowContext *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
		return ((Var *) node)->varno == context->varno &&
			   ((Var *) node)->varlevelsup == context->sublevels_up &&
			   ((Var *) node)->varattno <= 0;
	if (IsA(node, Query))
	{
		bool result;

		context->sublevels_up++;
		result = query_tree_walker((Query *) node, uses_whole_row, context, 0);
		context->sublevels_up--;
		return result;
	}
	return expression_tree_walker(node, uses_whole_row, context);
}

/*
 * A port with conditions on rows is a security barrier: nothing that a reader adds is evaluated
 * before them.  For a reader whom none restricts there is nothing to guard, and he gets
 * the plan of the plain view.  Over a materialised view the conditions become what row policies are
 * on a table, which guards as well and leaves the indexes in reach.  Not so over a
 * foreign table, whose wrapper may send the reader's conditions away together with ours.
 */
static void
open_barrier(RangeTblEntry *view)
{
	Query *port = view->subquery;
	Index varno;
	RangeTblEntry *base;

	if (!view->security_barrier)
		return;
	if (port->jointree->quals == NULL)
	{
		view->security_barrier = false;
		return;
	}
	if (!OidIsValid(dm_port_query_source(port, &varno)))
		return;
	base = rt_fetch(varno, port->rtable);
	if (base->relkind != RELKIND_MATVIEW)
		return;
	base->securityQuals = lappend(base->securityQuals, port->jointree->quals);
	port->jointree->quals = NULL;
	view->security_barrier = false;
}

/* The relation that a folded port is, column for column; NULL if it is anything more than that. */
static RangeTblEntry *
identical_base(Query *port)
{
	Index varno;
	RangeTblEntry *base;
	AttrNumber expected = 0;
	ListCell *lc;

	/* what filters or rearranges rows is no port of ours, but may look like one */
	if (port->jointree->quals != NULL || port->rowMarks != NIL ||
		port->hasAggs || port->hasWindowFuncs || port->hasTargetSRFs ||
		port->groupClause != NIL || port->groupingSets != NIL || port->havingQual != NULL ||
		port->distinctClause != NIL || port->sortClause != NIL || port->limitOffset != NULL ||
		port->limitCount != NULL || port->setOperations != NULL || port->cteList != NIL ||
		!OidIsValid(dm_port_query_source(port, &varno)))
		return NULL;
	base = rt_fetch(varno, port->rtable);
	if (base->tablesample != NULL)
		return NULL;
	foreach(lc, port->targetList)
	{
		TargetEntry *target = lfirst(lc);
		Var *var = (Var *) target->expr;

		expected++;
		if (!IsA(var, Var) || var->varno != varno || var->varattno != expected)
			return NULL;
	}
	return base;
}

/*
 * A port that shows a whole relation in clear is that relation.  Putting it in the
 * view's place here saves the planner the pulling up, which is most of what a
 * view costs in a short query.
 */
static void
replace_by_base(Query *query, int rti)
{
	RangeTblEntry *view = rt_fetch(rti, query->rtable);
	RangeTblEntry *base = identical_base(view->subquery);
	RowContext context = { rti, 0 };
	Index varno;

	if (base == NULL || view->lateral || view->security_barrier || view->securityQuals != NIL ||
		query->rowMarks != NIL || query->setOperations != NULL ||
		query_tree_walker(query, uses_whole_row, &context, 0))
		return;
	/* its row policies, if any, come along */
	(void) dm_port_query_source(view->subquery, &varno);
	ChangeVarNodes((Node *) base->securityQuals, varno, rti, 0);
	query->hasRowSecurity |= view->subquery->hasRowSecurity;
	query->hasSubLinks |= base->securityQuals != NIL && view->subquery->hasSubLinks;
	dm_replace_view_by_base(query, rti, view->subquery, base);
}

/* The product that a query has the form of a port of; NULL for any other range table entry. */
static char *
port_product(RangeTblEntry *rte)
{
	Node *quals;

	if (rte->rtekind != RTE_SUBQUERY || rte->subquery == NULL || rte->subquery->jointree == NULL)
		return NULL;
	quals = rte->subquery->jointree->quals;
	if (quals != NULL && is_andclause(quals))
		quals = linitial(((BoolExpr *) quals)->args);
	return dm_admits_product(quals);
}

static bool fold_walker(Node *node, FoldContext *context);

static void
fold_port_entry(Query *query, int rti, char *product, FoldContext *context)
{
	RangeTblEntry *rte = rt_fetch(rti, query->rtable);
	Oid view = dm_rte_view(rte);
	/* a query that is written like a port is folded like one, but is none */
	bool is_view = OidIsValid(view) && dm_port_product(view) != 0;
	const char *outer_product = context->product;

	/* what lies below the port is read as a reader of this product */
	if (is_view)
		context->product = product;
	(void) fold_walker((Node *) rte->subquery, context);
	fold_port(rte->subquery, is_view, context);
	context->product = outer_product;
	context->found = true;
	if (is_view)
	{
		open_barrier(rte);
		replace_by_base(query, rti);
	}
}

static void
fold_entry(Query *query, int rti, FoldContext *context)
{
	RangeTblEntry *rte = rt_fetch(rti, query->rtable);
	char *product;

	if (rte->rtekind == RTE_RELATION && rte->securityQuals == NIL && context->product != NULL)
		dm_policy_check_bound(rte->relid, dm_rte_check_as_user(dm_query_perminfos(query), rte),
							  context->product);
	if (rte->securityQuals != NIL)
	{
		context->rtable = query->rtable;
		rte->securityQuals = fold_security_quals(rte->securityQuals, context);
		context->rtable = NIL;
	}
	if (rte->rtekind != RTE_SUBQUERY)
		return;
	product = port_product(rte);
	if (product != NULL)
		fold_port_entry(query, rti, product, context);
	else
		(void) fold_walker((Node *) rte->subquery, context);
}

static bool
fold_walker(Node *node, FoldContext *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		Query *query = (Query *) node;
		int nrtes = list_length(query->rtable);

		for (int rti = 1; rti <= nrtes; rti++)
			fold_entry(query, rti, context);
		if (query->withCheckOptions != NIL)
			query->withCheckOptions = fold_check_options(query->withCheckOptions, context);
		return query_tree_walker(query, fold_walker, context, QTW_IGNORE_RT_SUBQUERIES);
	}
	return expression_tree_walker(node, fold_walker, context);
}

bool
dm_port_fold(Query *query, List **stamps)
{
	FoldContext context = { false, NIL, NULL, NIL };

	(void) fold_walker((Node *) query, &context);
	*stamps = context.stamps;
	return context.found;
}
