/*
 * predicate.c
 *		Predicates of row policies: reading, checking, and what would speed them up.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parse_clause.h"
#include "parser/parse_collate.h"
#include "parser/parse_node.h"
#include "parser/parse_relation.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/expression.h"
#include "base/sqlname.h"
#include "catalog/table.h"
#include "rowpolicy/predicate.h"

static Node *
raw_expression(const char *text)
{
	Node *raw = dm_raw_expression(text);

	if (raw == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("the predicate is not one expression"),
				 errdetail("It is \"%s\".", text),
				 errhint("A predicate is what could stand in WHERE; put a query into EXISTS (...) or IN (...).")));
	return raw;
}

/* Finds a temporary relation in the queries of an expression: the policy would go with it. */
static bool
uses_temporary(Node *node, void *context)
{
	ListCell *lc;

	if (node == NULL)
		return false;
	if (!IsA(node, Query))
		return expression_tree_walker(node, uses_temporary, context);
	foreach(lc, ((Query *) node)->rtable)
	{
		RangeTblEntry *rte = lfirst(lc);

		if (rte->rtekind == RTE_RELATION &&
			get_rel_persistence(rte->relid) == RELPERSISTENCE_TEMP)
			return true;
	}
	return query_tree_walker((Query *) node, uses_temporary, context, 0);
}

static void
check_expression(Node *expr)
{
	if (contain_volatile_functions(expr))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the predicate calls a volatile function"),
				 errdetail("Which rows a reader sees would change from one row to the next."),
				 errhint("Use stable or immutable functions.")));
	if (uses_temporary(expr, NULL))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the predicate reads a temporary relation")));
}

/* Positions in errors are those in the predicate, not in the statement of the caller. */
static void
point_into_predicate(void *text)
{
	int position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery(text);
	}
}

Node *
dm_predicate_parse(Oid relid, const char *text)
{
	int save_nestlevel = NewGUCNestLevel();
	Relation rel = table_open(relid, AccessShareLock);
	ParseState *pstate = make_parsestate(NULL);
	ParseNamespaceItem *item;
	ErrorContextCallback callback = { error_context_stack, point_into_predicate,
									  unconstify(char *, text) };
	Node *expr;

	error_context_stack = &callback;
	(void) set_config_option("search_path",
							 psprintf("pg_catalog, %s, %s, pg_temp",
									  dm_schema_sql(RelationGetNamespace(rel)),
									  dm_schema_sql(dm_api_schema())),
							 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	pstate->p_sourcetext = text;
	item = addRangeTableEntryForRelation(pstate, rel, AccessShareLock, NULL, false, false);
	addNSItemToQuery(pstate, item, false, true, true);
	expr = transformWhereClause(pstate, raw_expression(text), EXPR_KIND_POLICY, "POLICY");
	assign_expr_collations(pstate, expr);
	free_parsestate(pstate);
	error_context_stack = callback.previous;
	check_expression(expr);
	table_close(rel, NoLock);
	AtEOXact_GUC(false, save_nestlevel);
	return expr;
}

/* Good enough for a warning: an operator that has the name of one of a B-tree's. */
static bool
is_comparison(Oid opno)
{
	static const char *const names[] = { "=", "<", "<=", ">", ">=" };
	char *name = get_opname(opno);

	for (int i = 0; i < lengthof(names); i++)
		if (name != NULL && strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* The column that an index could find by this clause, 0 for none. */
static AttrNumber
indexable_column(Node *clause)
{
	List *args;
	Oid opno;

	if (IsA(clause, OpExpr))
	{
		args = ((OpExpr *) clause)->args;
		opno = ((OpExpr *) clause)->opno;
	}
	else if (IsA(clause, ScalarArrayOpExpr) && ((ScalarArrayOpExpr *) clause)->useOr)
	{
		args = ((ScalarArrayOpExpr *) clause)->args;
		opno = ((ScalarArrayOpExpr *) clause)->opno;
	}
	else
		return 0;
	if (list_length(args) != 2 || !is_comparison(opno))
		return 0;
	for (int i = 0; i < 2; i++)
	{
		Node *side = strip_implicit_coercions(list_nth(args, i));
		Node *other = list_nth(args, 1 - i);

		if (IsA(side, RelabelType))
			side = (Node *) ((RelabelType *) side)->arg;
		if (IsA(side, Var) && ((Var *) side)->varattno > 0 && ((Var *) side)->varlevelsup == 0 &&
			!contain_var_clause(other) && !contain_subplans(other))
			return ((Var *) side)->varattno;
	}
	return 0;
}

/* Has the relation an index that begins with the column? */
static bool
has_index(Relation rel, AttrNumber attnum)
{
	ListCell *lc;

	foreach(lc, RelationGetIndexList(rel))
	{
		Relation index = index_open(lfirst_oid(lc), AccessShareLock);
		bool serves = index->rd_index->indkey.values[0] == attnum && index->rd_index->indisvalid &&
					  RelationGetIndexPredicate(index) == NIL;

		index_close(index, AccessShareLock);
		if (serves)
			return true;
	}
	return false;
}

static void
warn_clause(Relation rel, Node *clause, const char *policy_name)
{
	AttrNumber attnum;
	const char *column;

	if (is_andclause(clause) || is_orclause(clause))
	{
		ListCell *lc;

		foreach(lc, ((BoolExpr *) clause)->args)
			warn_clause(rel, lfirst(lc), policy_name);
		return;
	}
	attnum = indexable_column(clause);
	if (attnum == 0 || has_index(rel, attnum))
		return;
	column = get_attname(RelationGetRelid(rel), attnum, false);
	ereport(WARNING,
			(errmsg("row policy \"%s\" could use an index on column \"%s\" of relation \"%s\", which has none",
					policy_name, column, RelationGetRelationName(rel)),
			 errhint("Use CREATE INDEX ON %s (%s).", dm_relation_sql(RelationGetRelid(rel)),
					 quote_identifier(column))));
}

void
dm_predicate_warn(Oid relid, Node *predicate, const char *policy_name)
{
	Relation rel = table_open(relid, AccessShareLock);

	if (rel->rd_rel->relkind != RELKIND_VIEW && rel->rd_rel->relkind != RELKIND_FOREIGN_TABLE)
		warn_clause(rel, predicate, policy_name);
	table_close(rel, NoLock);
}
