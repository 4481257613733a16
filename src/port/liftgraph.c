/*
 * liftgraph.c
 *		The views over relations, in the order in which they can be stored.
 */
#include "postgres.h"

#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_rewrite.h"
#include "miscadmin.h"
#include "rewrite/rewriteSupport.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "base/sqlname.h"
#include "catalog/depend.h"
#include "catalog/relation.h"
#include "classify/label.h"
#include "compat/pg_compat.h"
#include "port/liftgraph.h"
#include "port/port.h"
#include "registry/portrow.h"
#include "registry/product.h"
#include "registry/schemalabel.h"

static bool
is_view(Oid relid)
{
	char relkind = get_rel_relkind(relid);

	return relkind == RELKIND_VIEW || relkind == RELKIND_MATVIEW;
}

static DmLiftNode *
make_node(Oid relid)
{
	DmLiftNode *node = palloc0(sizeof(DmLiftNode));
	DmProduct *product = dm_product_of_port(relid);

	node->relid = relid;
	node->name = dm_relation_sql(relid);
	node->owner = dm_relation_owner(relid);
	node->product = product != NULL ? product->id : 0;
	node->kind = product != NULL						? psprintf("port of %s", product->label) :
				 get_rel_relkind(relid) == RELKIND_VIEW ? "view" :
														  "materialized view";
	return node;
}

static DmLiftNode *
find_node(List *nodes, Oid relid)
{
	ListCell *lc;

	foreach(lc, nodes)
		if (((DmLiftNode *) lfirst(lc))->relid == relid)
			return lfirst(lc);
	return NULL;
}

/* The views that read a relation are nodes, with it among their inputs. */
static List *
add_readers(List *nodes, Oid relid, bool lifted)
{
	ListCell *lc;

	foreach(lc, dm_dependent_views(relid))
	{
		Oid reader = lfirst_oid(lc);
		DmLiftNode *node;

		/* a view's own rules mention it; and a table may have rules, too */
		if (reader == relid || !is_view(reader))
			continue;
		node = find_node(nodes, reader);
		if (node == NULL)
		{
			node = make_node(reader);
			nodes = lappend(nodes, node);
		}
		node->inputs = list_append_unique_oid(node->inputs, relid);
		node->lifted |= lifted;
	}
	return nodes;
}

/*
 * The length of the longest way up to each node.  Views that read each other, which is possible
 * through CREATE OR REPLACE, never get to an end: they are counted up to the number of nodes.
 */
static void
measure_depth(List *nodes)
{
	bool changed = true;

	for (int round = 0; changed && round <= list_length(nodes); round++)
	{
		ListCell *lc;
		ListCell *li;

		CHECK_FOR_INTERRUPTS();
		changed = false;
		foreach(lc, nodes)
		{
			DmLiftNode *node = lfirst(lc);

			foreach(li, node->inputs)
			{
				DmLiftNode *input = find_node(nodes, lfirst_oid(li));
				int depth = input != NULL ? input->depth + 1 : 1;

				if (depth <= node->depth)
					continue;
				node->depth = depth;
				changed = true;
			}
		}
	}
}

static int
cmp_depth(const ListCell *a, const ListCell *b)
{
	const DmLiftNode *na = lfirst(a);
	const DmLiftNode *nb = lfirst(b);

	if (na->depth != nb->depth)
		return na->depth < nb->depth ? -1 : 1;
	return na->relid < nb->relid ? -1 : na->relid > nb->relid;
}

/* Adds what is above the nodes, to any height, and puts all of them in order. */
static List *
complete(List *nodes, List *relids)
{
	/* the list grows while it is walked */
	for (int i = 0; i < list_length(nodes); i++)
	{
		DmLiftNode *node = list_nth(nodes, i);

		CHECK_FOR_INTERRUPTS();
		if (!list_member_oid(relids, node->relid))
			nodes = add_readers(nodes, node->relid, false);
	}
	measure_depth(nodes);
	list_sort(nodes, cmp_depth);
	return nodes;
}

List *
dm_lift_graph(List *relids)
{
	List *nodes = NIL;
	ListCell *lc;

	foreach(lc, relids)
		nodes = add_readers(nodes, lfirst_oid(lc), true);
	return complete(nodes, relids);
}

List *
dm_lift_graph_of_port(Oid view, Oid source)
{
	DmLiftNode *node = make_node(view);

	node->inputs = list_make1_oid(source);
	node->lifted = true;
	return complete(list_make1(node), NIL);
}

bool
dm_lift_input_retyped(List *nodes, DmLiftNode *node)
{
	ListCell *lc;

	foreach(lc, node->inputs)
	{
		DmLiftNode *input = find_node(nodes, lfirst_oid(lc));

		if (input != NULL && input->retyped && !input->broken)
			return true;
	}
	return false;
}

/* The relations that a view's query mentions. */
static List *
relations_read(Oid view)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, dm_depend_of(RewriteRelationId, get_rewrite_oid(view, ViewSelectRuleName, true)))
	{
		Form_pg_depend depend = lfirst(lc);

		if (depend->refclassid == RelationRelationId)
			result = list_append_unique_oid(result, depend->refobjid);
	}
	return result;
}

List *
dm_lift_below(Oid relid)
{
	char *domain = dm_schema_domain(get_rel_namespace(relid));
	List *result = list_copy(dm_relation_family(relid));

	/* the list grows while it is walked */
	for (int i = 0; i < list_length(result); i++)
	{
		Oid member = list_nth_oid(result, i);
		ListCell *lc;

		if (!is_view(member))
			continue;
		foreach(lc, relations_read(member))
		{
			Oid input = lfirst_oid(lc);
			char *input_domain = dm_schema_domain(get_rel_namespace(input));

			/* what is another domain's, or nobody's, is not the team's to change */
			if (domain != NULL && input_domain != NULL && strcmp(domain, input_domain) == 0)
				result = list_concat_unique_oid(result, dm_relation_family(input));
		}
	}
	return result;
}
