/*
 * reached.c
 *		The ports that a DROP ... CASCADE would take along.
 *
 * The server finds them by pg_depend while it drops, and has no way to ask before.  This follows
 * the same rows, of whatever kind: a dependent that would not go after all does no harm here.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"

#include "port/reached.h"
#include "registry/portrow.h"
#include "registry/schemalabel.h"

typedef struct Walk
{
	HTAB *seen;	   /* ObjectAddress */
	List *objects; /* of ObjectAddress, to be followed; grows */
	List *ports;
} Walk;

static void
visit(Walk *walk, Oid classid, Oid objid, int subid, bool given)
{
	ObjectAddress key;
	ObjectAddress *object;
	bool found;

	MemSet(&key, 0, sizeof(key));
	ObjectAddressSubSet(key, classid, objid, subid);
	(void) hash_search(walk->seen, &key, HASH_ENTER, &found);
	if (found)
		return;
	if (classid == RelationRelationId && get_rel_relkind(objid) == RELKIND_VIEW &&
		dm_schema_product(get_rel_namespace(objid)) != NULL && dm_port_product(objid) != 0)
	{
		/* what is above it stays if it stays */
		if (!given)
			walk->ports = list_append_unique_oid(walk->ports, objid);
		return;
	}
	object = palloc(sizeof(ObjectAddress));
	*object = key;
	walk->objects = lappend(walk->objects, object);
}

/* What depends on the object. */
static void
visit_dependents(Walk *walk, ObjectAddress *object)
{
	Relation rel = table_open(DependRelationId, AccessShareLock);
	ScanKeyData keys[3];
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(object->classId));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(object->objectId));
	ScanKeyInit(&keys[2], Anum_pg_depend_refobjsubid, BTEqualStrategyNumber, F_INT4EQ,
				Int32GetDatum(object->objectSubId));
	scan = systable_beginscan(rel, DependReferenceIndexId, true, NULL,
							  object->objectSubId != 0 ? 3 : 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);

		visit(walk, form->classid, form->objid, form->objsubid, false);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
}

/* What the object is a part of, and does not go without: the view of a rule. */
static void
visit_whole(Walk *walk, ObjectAddress *object)
{
	Relation rel = table_open(DependRelationId, AccessShareLock);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&keys[0], Anum_pg_depend_classid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(object->classId));
	ScanKeyInit(&keys[1], Anum_pg_depend_objid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(object->objectId));
	scan = systable_beginscan(rel, DependDependerIndexId, true, NULL, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);

		if (form->deptype == DEPENDENCY_INTERNAL)
			visit(walk, form->refclassid, form->refobjid, form->refobjsubid, false);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
}

List *
dm_cascade_ports(List *objects)
{
	Walk walk = { 0 };
	HASHCTL ctl;
	ListCell *lc;

	MemSet(&ctl, 0, sizeof(ctl));
	ctl.keysize = sizeof(ObjectAddress);
	ctl.entrysize = sizeof(ObjectAddress);
	ctl.hcxt = CurrentMemoryContext;
	walk.seen = hash_create("datamesh objects that go", 64, &ctl,
							HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	foreach(lc, objects)
	{
		ObjectAddress *object = lfirst(lc);

		visit(&walk, object->classId, object->objectId, object->objectSubId, true);
	}
	/* the list grows while it is walked */
	for (int i = 0; i < list_length(walk.objects); i++)
	{
		CHECK_FOR_INTERRUPTS();
		visit_dependents(&walk, list_nth(walk.objects, i));
		visit_whole(&walk, list_nth(walk.objects, i));
	}
	hash_destroy(walk.seen);
	return walk.ports;
}
