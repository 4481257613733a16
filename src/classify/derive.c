/*
 * derive.c
 *		Which tags govern a column, also through views and partitions.
 *
 * A view's column is governed by the tags of every column that its value is computed
 * from: the columns in its expression, however deep in subqueries, joins and set
 * operations.  What only a WHERE, JOIN or GROUP BY mentions does not flow into the value.
 * A generated column is governed by the columns that it is generated from.  That is coarse
 * where a function loses its argument (count), and never too lax; who wants such a column in
 * clear grants clearance for the tag.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteHandler.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "base/strings.h"
#include "catalog/column.h"
#include "catalog/relation.h"
#include "catalog/table.h"
#include "classify/label.h"
#include "compat/pg_compat.h"
#include "registry/portrow.h"

/*
 * A column that has been looked into, of a relation or of a query.  Each is looked into
 * once: that ends the recursion of a WITH RECURSIVE and keeps views that mention one another
 * many times from costing more than their size.
 */
typedef struct SeenKey
{
	void *query; /* NULL for a relation's column */
	Oid relid;
	int column;
} SeenKey;

typedef struct DeriveContext
{
	List *queries; /* enclosing queries, innermost first */
	HTAB *seen;	   /* of SeenKey */
	List *tags;	   /* found so far */
	List *trail;   /* of DmColumn: from the column asked for to the one looked into */
	List *origins; /* of DmTagOrigin: where the tags were found */
} DeriveContext;

static bool derive_walker(Node *node, DeriveContext *context);
static void derive_column(Oid relid, AttrNumber attnum, DeriveContext *context);
static void derive_generated(Oid relid, AttrNumber attnum, DeriveContext *context);
static void derive_output(Query *query, AttrNumber resno, DeriveContext *context);

/* True the first time that it is asked for this column. */
static bool
first_visit(DeriveContext *context, void *query, Oid relid, int column)
{
	SeenKey key;
	bool found;

	CHECK_FOR_INTERRUPTS();
	check_stack_depth();
	memset(&key, 0, sizeof(key));
	key.query = query;
	key.relid = relid;
	key.column = column;
	hash_search(context->seen, &key, HASH_ENTER, &found);
	return !found;
}

static List *
trail_with(List *trail, Oid relid, AttrNumber attnum)
{
	DmColumn *column = palloc(sizeof(DmColumn));

	column->relid = relid;
	column->attnum = attnum;
	return lappend(list_copy(trail), column);
}

/* The tags on a column of a relation; the trail leads to it or to a member of its family. */
static void
add_tags(DeriveContext *context, Oid relid, AttrNumber attnum)
{
	DmColumn *end = llast(context->trail);
	ListCell *lc;

	foreach(lc, dm_label_get(relid, attnum))
	{
		DmTagOrigin *origin = palloc(sizeof(DmTagOrigin));

		origin->tag = lfirst(lc);
		origin->trail = end->relid == relid ? list_copy(context->trail) :
											  trail_with(context->trail, relid, attnum);
		context->origins = lappend(context->origins, origin);
		context->tags = dm_string_append_unique(context->tags, lfirst(lc));
	}
}

/* The direct parents of a relation. */
static List *
inheritance_parents(Oid relid)
{
	Relation rel = table_open(InheritsRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	List *result = NIL;

	ScanKeyInit(&key, Anum_pg_inherits_inhrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	scan = systable_beginscan(rel, InheritsRelidSeqnoIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		result = lappend_oid(result, ((Form_pg_inherits) GETSTRUCT(tuple))->inhparent);
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}

/*
 * A relation's rows are those of its descendants, and each of these may have further
 * ancestors whose tags govern it.
 */
List *
dm_relation_family(Oid relid)
{
	List *family = find_all_inheritors(relid, NoLock, NULL);
	int ndescendants = list_length(family);

	for (int i = 0; i < list_length(family); i++)
	{
		List *parents = inheritance_parents(list_nth_oid(family, i));

		CHECK_FOR_INTERRUPTS();
		family = list_concat_unique_oid(family, parents);
		/* a table that is in no hierarchy, which nearly all are, ends here */
		if (ndescendants == 1 && parents == NIL && list_length(family) == 1)
			break;
	}
	return family;
}

/* Tags on the column itself and on the same column of its family. */
static void
derive_stored(Oid relid, AttrNumber attnum, DeriveContext *context)
{
	char *name = get_attname(relid, attnum, true);
	ListCell *lc;

	if (name == NULL)
		return;
	foreach(lc, dm_relation_family(relid))
	{
		AttrNumber member_attnum = get_attnum(lfirst_oid(lc), name);

		if (member_attnum <= 0)
			continue;
		add_tags(context, lfirst_oid(lc), member_attnum);
		derive_generated(lfirst_oid(lc), member_attnum, context);
	}
}

/* The columns that a generated column is computed from. */
static void
derive_generated(Oid relid, AttrNumber attnum, DeriveContext *context)
{
	Relation rel = table_open(relid, AccessShareLock);
	Node *expr = NULL;
	ListCell *lc;

	if (attnum <= RelationGetNumberOfAttributes(rel) &&
		TupleDescAttr(RelationGetDescr(rel), attnum - 1)->attgenerated != '\0')
		expr = build_column_default(rel, attnum);
	table_close(rel, AccessShareLock);

	foreach(lc, pull_var_clause(expr, 0))
		derive_column(relid, ((Var *) lfirst(lc))->varattno, context);
}

static void
derive_view(Oid relid, AttrNumber attnum, DeriveContext *context)
{
	Relation rel = table_open(relid, AccessShareLock);
	Query *query = dm_view_query(rel);
	List *outer = context->queries;

	/* the relcache may be rebuilt under us */
	query = copyObject(query);
	table_close(rel, AccessShareLock);
	if (query == NULL)
		return;
	context->queries = NIL;
	derive_output(query, attnum, context);
	context->queries = outer;
}

static void
derive_column(Oid relid, AttrNumber attnum, DeriveContext *context)
{
	char relkind = get_rel_relkind(relid);
	List *trail = context->trail;

	if (attnum < 0 || !first_visit(context, NULL, relid, attnum))
		return;
	if (attnum == 0)
	{
		/* a whole row: every column of it */
		int natts = dm_column_count(relid);

		for (AttrNumber i = 1; i <= natts; i++)
			derive_column(relid, i, context);
		return;
	}

	context->trail = trail_with(trail, relid, attnum);
	derive_stored(relid, attnum, context);
	if (relkind == RELKIND_VIEW || relkind == RELKIND_MATVIEW)
		derive_view(relid, attnum, context);
	context->trail = trail;
}

/* What flows into the given leaf of a set operation. */
static void
derive_setop(Node *setop, Query *query, AttrNumber resno, DeriveContext *context)
{
	check_stack_depth();
	if (IsA(setop, SetOperationStmt))
	{
		derive_setop(((SetOperationStmt *) setop)->larg, query, resno, context);
		derive_setop(((SetOperationStmt *) setop)->rarg, query, resno, context);
	}
	else
	{
		RangeTblEntry *rte = rt_fetch(castNode(RangeTblRef, setop)->rtindex, query->rtable);

		derive_output(rte->subquery, resno, context);
	}
}

/* What flows into an output column of a query; 0 means all of them. */
static void
derive_output(Query *query, AttrNumber resno, DeriveContext *context)
{
	ListCell *lc;

	if (!first_visit(context, query, InvalidOid, resno))
		return;
	context->queries = lcons(query, context->queries);
	foreach(lc, query->targetList)
	{
		TargetEntry *target = lfirst(lc);

		if (target->resjunk || (resno != 0 && target->resno != resno))
			continue;
		if (query->setOperations != NULL)
			derive_setop(query->setOperations, query, target->resno, context);
		else
			(void) derive_walker((Node *) target->expr, context);
	}
	foreach(lc, query->returningList)
		(void) derive_walker(lfirst(lc), context);
	context->queries = list_delete_first(context->queries);
}

static void
derive_cte(RangeTblEntry *rte, AttrNumber resno, DeriveContext *context)
{
	Query *query = list_nth(context->queries, rte->ctelevelsup);
	List *inner = context->queries;
	ListCell *lc;

	foreach(lc, query->cteList)
	{
		CommonTableExpr *cte = lfirst(lc);
		Query *ctequery = castNode(Query, cte->ctequery);
		List *targets = ctequery->commandType == CMD_SELECT ? ctequery->targetList :
															  ctequery->returningList;

		if (strcmp(cte->ctename, rte->ctename) != 0)
			continue;
		context->queries = list_copy_tail(inner, rte->ctelevelsup);
		/* the columns that SEARCH and CYCLE add hold values of any of the others */
		derive_output(ctequery, resno > list_length(targets) ? 0 : resno, context);
		context->queries = inner;
	}
}

static void
derive_var(Var *var, DeriveContext *context)
{
	List *inner = context->queries;
	Query *query = list_nth(inner, var->varlevelsup);
	RangeTblEntry *rte = rt_fetch(var->varno, query->rtable);

	context->queries = list_copy_tail(inner, var->varlevelsup);
	switch (rte->rtekind)
	{
		case RTE_RELATION:
			derive_column(rte->relid, var->varattno, context);
			break;
		case RTE_SUBQUERY:
			derive_output(rte->subquery, var->varattno, context);
			break;
		case RTE_CTE:
			derive_cte(rte, var->varattno, context);
			break;
		case RTE_JOIN:
			if (var->varattno > 0)
				(void) derive_walker(list_nth(rte->joinaliasvars, var->varattno - 1), context);
			else
				(void) derive_walker((Node *) rte->joinaliasvars, context);
			break;
		case RTE_FUNCTION:
			(void) derive_walker((Node *) rte->functions, context);
			break;
		case RTE_TABLEFUNC:
			(void) derive_walker((Node *) rte->tablefunc, context);
			break;
		case RTE_VALUES:
			(void) derive_walker((Node *) rte->values_lists, context);
			break;
		default:
			(void) derive_walker(dm_rte_group_expr(rte, var->varattno), context);
			break;
	}
	context->queries = inner;
}

static bool
derive_walker(Node *node, DeriveContext *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		derive_var((Var *) node, context);
		return false;
	}
	if (IsA(node, Query))
	{
		derive_output((Query *) node, 0, context);
		return false;
	}
	return expression_tree_walker(node, derive_walker, context);
}

static void
begin_derivation(DeriveContext *context)
{
	HASHCTL ctl;

	ctl.keysize = sizeof(SeenKey);
	ctl.entrysize = sizeof(SeenKey);
	ctl.hcxt = CurrentMemoryContext;
	context->queries = NIL;
	context->tags = NIL;
	context->trail = NIL;
	context->origins = NIL;
	context->seen = hash_create("datamesh derivation", 64, &ctl,
								HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* The tags of a relation's column, or of an output column of a query. */
static List *
derived_tags(Query *query, Oid relid, AttrNumber column)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "datamesh derivation",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	DeriveContext context;
	List *result = NIL;
	ListCell *lc;

	begin_derivation(&context);
	if (query != NULL)
		derive_output(query, column, &context);
	else
		derive_column(relid, column, &context);

	MemoryContextSwitchTo(old);
	foreach(lc, context.tags)
		result = lappend(result, pstrdup(lfirst(lc)));
	MemoryContextDelete(cxt);
	return result;
}

List *
dm_column_tags(Oid relid, AttrNumber attnum)
{
	return derived_tags(NULL, relid, attnum);
}

List *
dm_query_tags(Query *query)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *target = lfirst(lc);

		if (!target->resjunk)
			result = lappend(result, derived_tags(query, InvalidOid, target->resno));
	}
	return result;
}

List *
dm_column_tag_origins(Oid relid, AttrNumber attnum)
{
	DeriveContext context;

	begin_derivation(&context);
	derive_column(relid, attnum, &context);
	hash_destroy(context.seen);
	return context.origins;
}

List *
dm_column_sources(Oid relid, AttrNumber attnum)
{
	DeriveContext context;
	HASH_SEQ_STATUS status;
	SeenKey *key;
	List *result = NIL;

	begin_derivation(&context);
	derive_column(relid, attnum, &context);
	hash_seq_init(&status, context.seen);
	while ((key = hash_seq_search(&status)) != NULL)
		if (key->query == NULL)
			result = trail_with(result, key->relid, key->column);
	hash_destroy(context.seen);
	return result;
}

List *
dm_lineage(Oid relid)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "datamesh derivation",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	DeriveContext context;
	HASH_SEQ_STATUS status;
	SeenKey *key;
	List *relids = NIL;
	List *result = NIL;
	ListCell *lc;

	begin_derivation(&context);
	if (dm_has_rows(relid))
		derive_column(relid, 0, &context);
	hash_seq_init(&status, context.seen);
	while ((key = hash_seq_search(&status)) != NULL)
		if (key->query == NULL)
			relids = list_append_unique_oid(relids, key->relid);

	MemoryContextSwitchTo(old);
	foreach(lc, relids)
		result = list_concat_unique_oid(result, dm_relation_family(lfirst_oid(lc)));
	MemoryContextDelete(cxt);
	return result;
}

void
dm_lineage_lock(List *relids, LOCKMODE mode)
{
	List *sorted = list_copy(relids);
	ListCell *lc;

	list_sort(sorted, list_oid_cmp);
	foreach(lc, sorted)
		dm_table_lock(DM_TAG, lfirst_oid(lc), mode);
}
