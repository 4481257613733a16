/*
 * follow.c
 *		Ports follow what they show: a changed classification rewrites their views.
 *
 * Which ports show a relation is asked of pg_depend, so it holds for any chain of
 * views, materialised views and partitions between the two.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_rewrite.h"
#include "storage/lmgr.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "catalog/listen.h"
#include "catalog/table.h"
#include "classify/label.h"
#include "port/port.h"
#include "registry/portrow.h"
#include "registry/product.h"

/* The view that a rewrite rule belongs to. */
static Oid
rule_relation(Oid ruleid)
{
	Relation rel = table_open(RewriteRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	Oid result = InvalidOid;

	ScanKeyInit(&key, Anum_pg_rewrite_oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(ruleid));
	scan = systable_beginscan(rel, RewriteOidIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		result = ((Form_pg_rewrite) GETSTRUCT(tuple))->ev_class;
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}

List *
dm_dependent_views(Oid relid)
{
	Relation rel = table_open(DependRelationId, AccessShareLock);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple tuple;
	List *result = NIL;

	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(RelationRelationId));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	scan = systable_beginscan(rel, DependReferenceIndexId, true, NULL, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend depend = (Form_pg_depend) GETSTRUCT(tuple);

		if (depend->classid == RewriteRelationId && depend->deptype == DEPENDENCY_NORMAL)
			result = list_append_unique_oid(result, rule_relation(depend->objid));
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
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
	int count;

	if (!OidIsValid(dm_catalog_schema()))
		return NIL;
	foreach(lc, relids)
		views = list_concat_unique_oid(views, dm_ports_showing(lfirst_oid(lc)));
	count = list_length(views);
	ports = palloc(sizeof(PortOfDomain) * Max(count, 1));
	for (int i = 0; i < count; i++)
	{
		ports[i].view = list_nth_oid(views, i);
		ports[i].domain = dm_product_get_by_id(dm_port_product(ports[i].view))->domain->id;
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
