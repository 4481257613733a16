/*
 * lift.c
 *		Views out of the way of DDL on what they show, and back.
 *
 * Everything above the relations is a node of a graph: views directly over them are lifted,
 * views above those follow only where types change.  Nodes are put back from the bottom, so
 * that each one is parsed when what it reads has its final columns.
 *
 * A port is written anew from its columns.  Any other view gets its own query back: the tree that
 * it had, printed with the names of today, so that it follows a renamed column as any view does;
 * or, where a relation of the tree was made anew, the text that it had.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "parser/parse_coerce.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "base/attempt.h"
#include "base/run_as.h"
#include "base/sqlname.h"
#include "catalog/relation.h"
#include "catalog/table.h"
#include "classify/label.h"
#include "compat/pg_compat.h"
#include "port/lift.h"
#include "port/liftgraph.h"
#include "port/liftport.h"
#include "port/port.h"
#include "port/retype.h"
#include "port/viewstore.h"
#include "port/viewtext.h"
#include "registry/portrow.h"
#include "registry/product.h"
#include "registry/schemalabel.h"

/* What a lifted view was. */
typedef struct Saved
{
	DmLiftNode *node;
	Query *query;
	char *text;
	List *functions;
	DmLiftedPort *port; /* NULL for one that is none */
} Saved;

struct DmLift
{
	List *relids;
	List *nodes; /* of DmLiftNode, from the bottom */
	List *saved; /* of Saved */
	DmMayRetype may_retype;
	List *reports;
};

const char *
dm_lift_verdict_name(DmLiftVerdict verdict)
{
	switch (verdict)
	{
		case DM_LIFT_KEPT:
			return "kept";
		case DM_LIFT_CAST:
			return "cast";
		case DM_LIFT_RETYPED:
			return "retyped";
		case DM_LIFT_REPLACED:
			return "replaced";
		case DM_LIFT_DROPPED:
			return "dropped";
		case DM_LIFT_NARROWED:
			return "narrowed";
		case DM_LIFT_BROKEN:
			return "broken";
	}
	return NULL;
}

List *
dm_lift_relations(DmProduct *product)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, dm_port_views(product->id))
	{
		Oid source = dm_port_source(lfirst_oid(lc));

		if (OidIsValid(source))
			result = list_concat_unique_oid(result, dm_lift_below(source));
	}
	return result;
}

List *
dm_lift_of_table(Oid relid)
{
	return list_copy(dm_relation_family(relid));
}

bool
dm_lift_concerns(Oid relid)
{
	return OidIsValid(dm_catalog_schema()) && dm_ports_showing(relid) != NIL;
}

/*
 * Readers lock a view before what it reads, and so does this: from the top.  The locks of the
 * mesh come before those of relations.
 */
static void
lock_all(List *relids, List *nodes)
{
	List *lineage = NIL;
	ListCell *lc;

	dm_table_lock(DM_TAG, 0, ShareLock);
	foreach(lc, relids)
		lineage = list_concat_unique_oid(lineage, dm_lineage(lfirst_oid(lc)));
	dm_lineage_lock(lineage, ShareLock);
	(void) dm_ports_lock_domains(relids);
	for (int i = list_length(nodes) - 1; i >= 0; i--)
		LockRelationOid(((DmLiftNode *) list_nth(nodes, i))->relid, AccessExclusiveLock);
}

static Saved *
save(DmLiftNode *node)
{
	Relation view = relation_open(node->relid, NoLock);
	Saved *saved = palloc0(sizeof(Saved));

	saved->node = node;
	saved->query = copyObject(dm_view_query(view));
	saved->text = dm_view_text(saved->query);
	saved->functions = dm_view_functions(node->relid);
	relation_close(view, NoLock);
	if (node->product != 0)
		saved->port = dm_lift_port_save(node->relid);
	return saved;
}

DmLift *
dm_lift(List *relids)
{
	DmLift *lift = palloc0(sizeof(DmLift));
	ListCell *lc;

	lift->relids = relids;
	lock_all(relids, dm_lift_graph(relids));
	/* while we waited there may have come others; they hold no locks that we could miss now */
	lift->nodes = dm_lift_graph(relids);
	lock_all(relids, lift->nodes);
	foreach(lc, lift->nodes)
		if (((DmLiftNode *) lfirst(lc))->lifted)
			lift->saved = lappend(lift->saved, save(lfirst(lc)));
	/* from the top, so that none is blanked while another one is being read */
	foreach(lc, lift->saved)
		dm_view_blank(((Saved *) lfirst(lc))->node->relid);
	return lift;
}

/* --- ports alone --- */

/* Views that were lifted for themselves in this transaction; goes with its memory. */
static List *lifted_ports = NIL;

static int
cmp_nodes_above(const ListCell *a, const ListCell *b)
{
	int above_a = list_length(((DmLift *) lfirst(a))->nodes);
	int above_b = list_length(((DmLift *) lfirst(b))->nodes);

	if (above_a != above_b)
		return above_a > above_b ? -1 : 1;
	return dm_lift_view(lfirst(a)) < dm_lift_view(lfirst(b)) ? -1 : 1;
}

List *
dm_lift_ports(List *views)
{
	List *sources = NIL;
	List *lifts = NIL;
	MemoryContext old;
	ListCell *lc;

	foreach(lc, views)
		if (OidIsValid(dm_port_source(lfirst_oid(lc))))
			sources = list_append_unique_oid(sources, dm_port_source(lfirst_oid(lc)));
	lock_all(sources, NIL);
	foreach(lc, views)
	{
		DmLift *lift = palloc0(sizeof(DmLift));
		Oid source;

		/* it may have gone while we waited for its domain, or been made to show nothing */
		if (dm_port_product(lfirst_oid(lc)) == 0)
			continue;
		source = dm_port_source(lfirst_oid(lc));
		if (!OidIsValid(source) || !list_member_oid(sources, source))
			continue;
		lift->relids = list_make1_oid(source);
		lift->nodes = dm_lift_graph_of_port(lfirst_oid(lc), source);
		lifts = lappend(lifts, lift);
	}
	list_sort(lifts, cmp_nodes_above);
	foreach(lc, lifts)
		lock_all(NIL, ((DmLift *) lfirst(lc))->nodes);
	/* all are read before one of them shows nothing */
	foreach(lc, lifts)
		((DmLift *) lfirst(lc))->saved = list_make1(save(linitial(((DmLift *) lfirst(lc))->nodes)));
	old = MemoryContextSwitchTo(TopTransactionContext);
	foreach(lc, lifts)
		lifted_ports = list_append_unique_oid(lifted_ports, dm_lift_view(lfirst(lc)));
	MemoryContextSwitchTo(old);
	foreach(lc, lifts)
		dm_view_blank(dm_lift_view(lfirst(lc)));
	return lifts;
}

/* A lift of one port has it as its first node: all others are above it. */
static DmLiftNode *
port_node(DmLift *lift)
{
	return linitial(lift->nodes);
}

Oid
dm_lift_view(DmLift *lift)
{
	return port_node(lift)->relid;
}

int64
dm_lift_product(DmLift *lift)
{
	return port_node(lift)->product;
}

char *
dm_lift_source_name(DmLift *lift)
{
	return dm_lift_port_source_name(((Saved *) linitial(lift->saved))->port);
}

static bool
is_lifted(Oid view)
{
	return get_rel_relkind(view) == RELKIND_VIEW && dm_port_product(view) != 0 &&
		   dm_view_is_blank(view);
}

bool
dm_lift_stands(DmLift *lift)
{
	return dm_port_product(dm_lift_view(lift)) != 0;
}

bool
dm_lift_is_pending(DmLift *lift)
{
	return is_lifted(dm_lift_view(lift));
}

bool
dm_lift_source_stands(DmLift *lift)
{
	return dm_lift_port_stands(((Saved *) linitial(lift->saved))->port);
}

List *
dm_lifted_ports(void)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, lifted_ports)
		if (is_lifted(lfirst_oid(lc)))
			result = lappend_oid(result, lfirst_oid(lc));
	return result;
}

void
dm_lift_check_shown(Oid view)
{
	if (list_member_oid(lifted_ports, view) && is_lifted(view))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("port %s shows nothing until the transaction ends", dm_relation_sql(view)),
				 errdetail("What it showed was dropped with CASCADE.")));
}

/* The list has gone with the transaction's memory. */
static void
at_xact_end(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_PREPARE || event == XACT_EVENT_ABORT)
		lifted_ports = NIL;
}

void
dm_lift_init(void)
{
	RegisterXactCallback(at_xact_end, NULL);
}

/* --- and back --- */

static DmLiftReport *
report(DmLift *lift, DmLiftNode *node, DmLiftVerdict verdict, char *detail)
{
	DmLiftReport *result = palloc0(sizeof(DmLiftReport));

	result->object = node->name;
	result->kind = node->kind;
	result->owner = node->owner;
	result->product = node->product;
	result->verdict = verdict;
	result->detail = detail;
	lift->reports = lappend(lift->reports, result);
	return result;
}

/* The work of putting one back, handed to dm_attempt. */
typedef struct PutBack
{
	DmLift *lift;
	Saved *saved;
	const char *text; /* of a view that is no port */
	DmLiftVerdict verdict;
	char *detail;
} PutBack;

/* Whoever can plant a better match for a call in a query must not be called by its readers. */
static void
check_functions(Oid view, List *before)
{
	Oid owner = dm_relation_owner(view);
	ListCell *lc;

	foreach(lc, list_difference_oid(dm_view_functions(view), before))
	{
		Oid funcid = lfirst_oid(lc);
		HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(funcid));
		Oid function_owner;

		if (!HeapTupleIsValid(tuple))
			continue;
		function_owner = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
		ReleaseSysCache(tuple);
		if (function_owner != owner && !superuser_arg(function_owner))
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("it would call function %s of role \"%s\", which it has not called before",
							get_func_name(funcid), GetUserNameFromId(function_owner, true))));
	}
}

static void
put_back_view(void *arg)
{
	PutBack *work = arg;
	DmLiftNode *node = work->saved->node;

	node->retyped = dm_view_store(node->relid, work->text ? work->text :
															dm_view_text(work->saved->query));
	check_functions(node->relid, work->saved->functions);
	work->verdict = node->retyped ? DM_LIFT_RETYPED : DM_LIFT_KEPT;
}

static void
put_back_port(void *arg)
{
	PutBack *work = arg;

	work->verdict = dm_lift_port_put_back(work->saved->port, work->lift->may_retype,
										  &work->detail);
	work->saved->node->retyped = work->verdict == DM_LIFT_RETYPED;
}

/* An error in the words of a report. */
static char *
error_text(ErrorData *error)
{
	return error->detail ? psprintf("%s (%s)", error->message, error->detail) :
						   pstrdup(error->message);
}

static void
put_back_port_or_tell(PutBack *work)
{
	DmLiftNode *node = work->saved->node;
	ErrorData *error = dm_attempt(put_back_port, work);

	node->broken = error != NULL;
	report(work->lift, node, error ? DM_LIFT_BROKEN : work->verdict,
		   error ? error_text(error) : work->detail);
}

static void
put_back_view_or_tell(PutBack *work)
{
	DmLiftNode *node = work->saved->node;
	ErrorData *error = dm_attempt(put_back_view, work);

	if (error != NULL)
	{
		work->text = work->saved->text;
		error = dm_attempt(put_back_view, work);
	}
	node->broken = error != NULL;
	report(work->lift, node, error ? DM_LIFT_BROKEN : work->verdict,
		   error ? error_text(error) : NULL);
}

static void
put_back(DmLift *lift, Saved *saved)
{
	PutBack work = { lift, saved, NULL, DM_LIFT_KEPT, NULL };
	char relkind = get_rel_relkind(saved->node->relid);

	if (relkind != RELKIND_VIEW && relkind != RELKIND_MATVIEW)
		report(lift, saved->node, DM_LIFT_DROPPED, NULL);
	else if (!dm_view_is_blank(saved->node->relid))
	{
		saved->node->replaced = true;
		report(lift, saved->node, DM_LIFT_REPLACED, NULL);
	}
	else if (saved->port != NULL)
		put_back_port_or_tell(&work);
	else
		put_back_view_or_tell(&work);
}

/* A view above: parsed anew if what it reads has other types. */
static void
follow(DmLift *lift, DmLiftNode *node)
{
	Saved saved = { .node = node };
	PutBack work = { lift, &saved, NULL, DM_LIFT_KEPT, NULL };
	Relation view;
	ErrorData *error;

	if (get_rel_name(node->relid) == NULL)
	{
		report(lift, node, DM_LIFT_DROPPED, NULL);
		return;
	}
	if (!dm_lift_input_retyped(lift->nodes, node))
	{
		report(lift, node, DM_LIFT_KEPT, NULL);
		return;
	}
	view = relation_open(node->relid, NoLock);
	saved.query = copyObject(dm_view_query(view));
	relation_close(view, NoLock);
	saved.functions = dm_view_functions(node->relid);
	error = dm_attempt(put_back_view, &work);
	node->broken = error != NULL;
	report(lift, node, error ? DM_LIFT_BROKEN : work.verdict, error ? error_text(error) : NULL);
}

static Saved *
saved_of(DmLift *lift, DmLiftNode *node)
{
	ListCell *lc;

	foreach(lc, lift->saved)
		if (((Saved *) lfirst(lc))->node == node)
			return lfirst(lc);
	return NULL;
}

/*
 * The DDL may have made views over lifted ones, or have had views read others than before.  A query
 * that was parsed before what it reads got other types would be executed with the old ones.
 */
static void
check_readers(DmLift *lift, int position)
{
	DmLiftNode *node = list_nth(lift->nodes, position);
	ListCell *lc;

	foreach(lc, dm_dependent_views(node->relid))
	{
		Oid reader = lfirst_oid(lc);
		char relkind = get_rel_relkind(reader);
		DmLiftNode *known = NULL;
		bool followed = false;

		if (reader == node->relid || (relkind != RELKIND_VIEW && relkind != RELKIND_MATVIEW))
			continue;
		for (int i = 0; i < list_length(lift->nodes) && known == NULL; i++)
			if (((DmLiftNode *) list_nth(lift->nodes, i))->relid == reader)
			{
				known = list_nth(lift->nodes, i);
				followed = i > position && !known->replaced &&
						   (known->lifted || list_member_oid(known->inputs, node->relid));
			}
		if (followed || (known != NULL && known->broken))
			continue;
		if (known == NULL)
		{
			known = palloc0(sizeof(DmLiftNode));
			known->relid = reader;
			known->name = dm_relation_sql(reader);
			known->kind = "view";
			known->owner = dm_relation_owner(reader);
		}
		known->broken = true;
		report(lift, known, DM_LIFT_BROKEN,
			   psprintf("the DDL has made it over %s, whose columns have other types now; make it afterwards",
						node->name));
	}
}

List *
dm_lift_put_back(DmLift *lift, DmMayRetype may_retype)
{
	List *retyped = NIL;
	ListCell *lc;

	/* what the DDL did */
	CommandCounterIncrement();
	lift->may_retype = may_retype;
	lift->reports = NIL;
	foreach(lc, lift->nodes)
	{
		DmLiftNode *node = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		node->retyped = node->broken = node->replaced = false;
		if (node->lifted)
			put_back(lift, saved_of(lift, node));
		else
			follow(lift, node);
		if (node->retyped && !node->broken)
			retyped = lappend_oid(retyped, node->relid);
	}
	for (int i = 0; i < list_length(lift->nodes); i++)
		if (list_member_oid(retyped, ((DmLiftNode *) list_nth(lift->nodes, i))->relid))
			check_readers(lift, i);
	return list_concat(lift->reports, dm_retype_dependents(retyped));
}
