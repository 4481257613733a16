/*
 * reached.c
 *		The ports that a DROP ... CASCADE would take along.
 *
 * The server finds them by pg_depend while it drops, and has no way to ask before.  This follows
 * the same rows, of whatever kind: a dependent that would not go after all does no harm here.
 */
#include "postgres.h"

#include "catalog/dependency.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"

#include "catalog/depend.h"
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
	ListCell *lc;

	foreach(lc, dm_depend_on(object->classId, object->objectId, object->objectSubId))
	{
		Form_pg_depend depend = lfirst(lc);

		visit(walk, depend->classid, depend->objid, depend->objsubid, false);
	}
}

/* What the object is a part of, and does not go without: the view of a rule. */
static void
visit_whole(Walk *walk, ObjectAddress *object)
{
	ListCell *lc;

	foreach(lc, dm_depend_of(object->classId, object->objectId))
	{
		Form_pg_depend depend = lfirst(lc);

		if (depend->deptype == DEPENDENCY_INTERNAL)
			visit(walk, depend->refclassid, depend->refobjid, depend->refobjsubid, false);
	}
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
