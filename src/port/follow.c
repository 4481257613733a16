/*
 * follow.c
 *		Ports follow what they show: a changed classification rewrites their views.
 *
 * Which ports show a relation is asked of pg_depend, so it holds for any chain of
 * views, materialised views and partitions between the two.
 */
#include "postgres.h"

#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_rewrite.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"

#include "catalog/depend.h"
#include "catalog/listen.h"
#include "catalog/table.h"
#include "classify/label.h"
#include "port/port.h"
#include "registry/portrow.h"
#include "registry/product.h"

List *
dm_dependent_views(Oid relid)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, dm_depend_on(RelationRelationId, relid, 0))
	{
		Form_pg_depend depend = lfirst(lc);

		if (depend->classid == RewriteRelationId && depend->deptype == DEPENDENCY_NORMAL)
			result = list_append_unique_oid(result,
											dm_relation_of(RewriteRelationId, depend->objid));
	}
	return list_delete_oid(result, InvalidOid);
}

List *
dm_ports_showing(Oid relid)
{
	List *seen = dm_relation_family(relid);
	List *ports = NIL;

	/* the list grows while it is walked */
	for (int i = 0; i < list_length(seen); i++)
	{
		Oid member = list_nth_oid(seen, i);

		if (get_rel_relkind(member) == RELKIND_VIEW && dm_port_product(member) != 0)
			ports = lappend_oid(ports, member);
		seen = list_concat_unique_oid(seen, dm_dependent_views(member));
	}
	return ports;
}

List *
dm_ports_of_source(Oid relid)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, dm_dependent_views(relid))
		if (dm_port_product(lfirst_oid(lc)) != 0 && dm_port_source(lfirst_oid(lc)) == relid)
			result = lappend_oid(result, lfirst_oid(lc));
	return result;
}

typedef struct PortOfDomain
{
	int64 domain;
	Oid view;
} PortOfDomain;

static int
cmp_ports(const void *a, const void *b)
{
	const PortOfDomain *pa = a;
	const PortOfDomain *pb = b;

	if (pa->domain != pb->domain)
		return pa->domain < pb->domain ? -1 : 1;
	return pa->view < pb->view ? -1 : pa->view > pb->view;
}

List *
dm_ports_lock_domains(List *relids)
{
	List *views = NIL;
	List *result = NIL;
	PortOfDomain *ports;
	ListCell *lc;
	int count = 0;

	if (!OidIsValid(dm_catalog_schema()))
		return NIL;
	foreach(lc, relids)
		views = list_concat_unique_oid(views, dm_ports_showing(lfirst_oid(lc)));
	ports = palloc(sizeof(PortOfDomain) * Max(list_length(views), 1));
	foreach(lc, views)
	{
		DmProduct *product = dm_product_of_port(lfirst_oid(lc));

		/* another session may have dropped it since it was found */
		if (product == NULL)
			continue;
		ports[count].view = lfirst_oid(lc);
		ports[count++].domain = product->domain->id;
	}
	qsort(ports, count, sizeof(PortOfDomain), cmp_ports);
	for (int i = 0; i < count; i++)
		dm_table_lock(DM_DOMAIN, ports[i].domain, ExclusiveLock);
	for (int i = 0; i < count; i++)
		/* another session may have dropped it while we waited for its domain */
		if (dm_port_product(ports[i].view) != 0)
			result = lappend_oid(result, ports[i].view);
	return result;
}

/* A reader locks the port first and then what it shows, and so does who changes the latter. */
static void
lock_port_views(List *relids)
{
	ListCell *lc;

	foreach(lc, dm_ports_lock_domains(relids))
		LockRelationOid(lfirst_oid(lc), AccessExclusiveLock);
}

void
dm_ports_prepare(List *relids)
{
	List *lineage = NIL;
	bool shown = false;
	ListCell *lc;

	if (!OidIsValid(dm_catalog_schema()))
		return;
	foreach(lc, relids)
		shown |= dm_ports_showing(lfirst_oid(lc)) != NIL;
	if (!shown)
		return;
	dm_table_lock(DM_TAG, 0, ShareLock);
	foreach(lc, relids)
		lineage = list_concat_unique_oid(lineage, dm_lineage(lfirst_oid(lc)));
	dm_lineage_lock(lineage, ShareLock);
	lock_port_views(relids);
}

void
dm_ports_prepare_label(List *relids)
{
	if (!OidIsValid(dm_catalog_schema()))
		return;
	/* no tag changes its mask while its column is being labelled, and no port begins to show it */
	dm_table_lock(DM_TAG, 0, ShareLock);
	dm_lineage_lock(relids, ExclusiveLock);
	lock_port_views(relids);
}

void
dm_ports_follow(List *relids)
{
	ListCell *lc;

	foreach(lc, dm_ports_lock_domains(relids))
		dm_port_rebuild(lfirst_oid(lc));
}

void
dm_port_init(void)
{
	dm_listen_classified(dm_ports_prepare_label, dm_ports_follow);
}
