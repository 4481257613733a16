/*
 * collect.c
 *		What a transaction has changed that contracts may speak of.
 *
 * The object access hook tells of every object that a command makes, alters or drops, whatever
 * the command was and however it came to that object: by CASCADE, by REASSIGN OWNED, by a
 * function of another extension.  It needs no event triggers, so a session that has switched
 * them off is watched as well.  What is noted are objects, not changes: the gate looks at the
 * state at COMMIT.  So it does no harm that what a rolled back subtransaction has touched stays.
 *
 * From an object to the products the way leads through the ports, which depend on what they show.
 * An object that is dropped has no dependents afterwards: it is followed at once, up to its
 * relation, which is there as long as its port is, or to the port that goes with it.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "tcop/deparse_utility.h"
#include "utils/aclchk_internal.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "boundary/exit.h"
#include "catalog/depend.h"
#include "catalog/listen.h"
#include "catalog/table.h"
#include "conform/conform.h"
#include "gate/collect.h"
#include "registry/portrow.h"
#include "registry/schemalabel.h"

typedef struct Noted
{
	Oid classid;
	Oid objid;
} Noted;

/* of the transaction; both go with its memory */
static HTAB *noted = NULL;
static List *marked = NIL; /* int64 * */

bool
dm_gate_noted(void)
{
	return noted != NULL || marked != NIL;
}

static void
note(Oid classid, Oid objid)
{
	Noted key = { classid, objid };

	/* pg_upgrade makes what there was before, us included, in several transactions */
	if (!OidIsValid(objid) || IsBinaryUpgrade)
		return;
	if (noted == NULL)
	{
		HASHCTL ctl;

		MemSet(&ctl, 0, sizeof(ctl));
		ctl.keysize = sizeof(Noted);
		ctl.entrysize = sizeof(Noted);
		ctl.hcxt = TopTransactionContext;
		noted = hash_create("datamesh objects changed", 64, &ctl,
							HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	(void) hash_search(noted, &key, HASH_ENTER, NULL);
}

static int
cmp_ids(const ListCell *a, const ListCell *b)
{
	int64 left = *(int64 *) lfirst(a);
	int64 right = *(int64 *) lfirst(b);

	return left < right ? -1 : left > right;
}

static List *
add_id(List *ids, int64 id)
{
	ListCell *lc;
	int64 *copy;

	if (id == 0)
		return ids;
	foreach(lc, ids)
		if (*(int64 *) lfirst(lc) == id)
			return ids;
	copy = palloc(sizeof(int64));
	*copy = id;
	return lappend(ids, copy);
}

void
dm_gate_mark(int64 product_id)
{
	MemoryContext old = MemoryContextSwitchTo(TopTransactionContext);

	marked = add_id(marked, product_id);
	MemoryContextSwitchTo(old);
}

/* --- dropped objects, which are still there when the hook is called --- */

static bool
is_port_schema(Oid nspid)
{
	return OidIsValid(nspid) && dm_schema_product(nspid) != NULL;
}

static void
relation_dropped(Oid relid)
{
	if (get_rel_persistence(relid) == RELPERSISTENCE_TEMP)
		return;
	switch (get_rel_relkind(relid))
	{
		case RELKIND_INDEX:
		case RELKIND_PARTITIONED_INDEX:
			note(RelationRelationId, IndexGetRelation(relid, true));
			break;
		case RELKIND_VIEW:
			/* not before the schema has said so: our tables may be going themselves */
			if (is_port_schema(get_rel_namespace(relid)))
				dm_gate_mark(dm_port_product(relid));
			note(RelationRelationId, relid);
			break;
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
		case RELKIND_FOREIGN_TABLE:
		case RELKIND_MATVIEW:
		case RELKIND_COMPOSITE_TYPE:
			note(RelationRelationId, relid);
			break;
		default:
			break;
	}
}

static void
constraint_dropped(Oid constraint)
{
	HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));

	if (!HeapTupleIsValid(tuple))
		return;
	note(RelationRelationId, ((Form_pg_constraint) GETSTRUCT(tuple))->conrelid);
	note(TypeRelationId, ((Form_pg_constraint) GETSTRUCT(tuple))->contypid);
	ReleaseSysCache(tuple);
}

void
dm_gate_object(ObjectAccessType access, Oid classid, Oid objid, int subid)
{
	if (access == OAT_POST_ALTER)
		switch (classid)
		{
			case RelationRelationId:
			case ConstraintRelationId:
			case TypeRelationId:
			case NamespaceRelationId:
			case RewriteRelationId:
			case TriggerRelationId:
			case InheritsRelationId:
				note(classid, objid);
				break;
			default:
				break;
		}
	/* what is new breaks nothing, but for the query of a view that was there before */
	else if (access == OAT_POST_CREATE && classid == RewriteRelationId)
		note(classid, objid);
	else if (access == OAT_DROP && classid == RelationRelationId)
		relation_dropped(objid);
	else if (access == OAT_DROP && classid == ConstraintRelationId)
		constraint_dropped(objid);
}

void
dm_gate_granted(DmCommand *command)
{
	ListCell *lc;

	/* DROP OWNED revokes, too */
	if (!IsA(command->parsetree, GrantStmt) && !IsA(command->parsetree, DropOwnedStmt))
		return;
	foreach(lc, dm_command_collected())
	{
		CollectedCommand *part = lfirst(lc);
		ListCell *lo;

		if (part->type != SCT_Grant || (part->d.grant.istmt->objtype != OBJECT_TABLE &&
										part->d.grant.istmt->objtype != OBJECT_COLUMN))
			continue;
		foreach(lo, part->d.grant.istmt->objects)
			note(RelationRelationId, lfirst_oid(lo));
	}
}

/* --- from objects to products --- */

typedef struct Walk
{
	HTAB *seen;		/* Noted */
	List *products; /* int64 * */
} Walk;

static void walk(Walk *w, Oid classid, Oid objid);

/* A view or a rule of another view has columns of its own: nothing beyond it can break. */
static void
add_port_of_rule(Walk *w, Oid rule)
{
	Oid view = dm_relation_of(RewriteRelationId, rule);

	if (is_port_schema(get_rel_namespace(view)))
		w->products = add_id(w->products, dm_port_product(view));
}

/* Ports that show the relation; columns, and other types, of the type. */
static void
walk_dependents(Walk *w, Oid classid, Oid objid)
{
	List *rules = NIL;
	List *relations = NIL;
	List *types = NIL;
	ListCell *lc;

	foreach(lc, dm_depend_on(classid, objid, 0))
	{
		Form_pg_depend depend = lfirst(lc);

		if (classid == RelationRelationId && depend->classid == RewriteRelationId)
			rules = list_append_unique_oid(rules, depend->objid);
		else if (classid == TypeRelationId && depend->classid == RelationRelationId)
			relations = list_append_unique_oid(relations, depend->objid);
		else if (classid == TypeRelationId && depend->classid == TypeRelationId)
			types = list_append_unique_oid(types, depend->objid);
	}
	foreach(lc, rules)
		add_port_of_rule(w, lfirst_oid(lc));
	foreach(lc, relations)
		walk(w, RelationRelationId, lfirst_oid(lc));
	foreach(lc, types)
		walk(w, TypeRelationId, lfirst_oid(lc));
}

/* Tables that a table is a partition or a child of: they promise for its rows, too. */
static void
walk_parents(Walk *w, Oid relid)
{
	Relation rel = table_open(InheritsRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	List *parents = NIL;
	ListCell *lc;

	ScanKeyInit(&key, Anum_pg_inherits_inhrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	scan = systable_beginscan(rel, InheritsRelidSeqnoIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		parents = lappend_oid(parents, ((Form_pg_inherits) GETSTRUCT(tuple))->inhparent);
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	foreach(lc, parents)
		walk(w, RelationRelationId, lfirst_oid(lc));
}

static void
walk_relation(Walk *w, Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Form_pg_class form;
	char relkind;
	bool temporary;
	Oid rowtype;

	if (!HeapTupleIsValid(tuple))
		return;
	form = (Form_pg_class) GETSTRUCT(tuple);
	relkind = form->relkind;
	temporary = form->relpersistence == RELPERSISTENCE_TEMP;
	rowtype = form->reltype;
	ReleaseSysCache(tuple);
	if (temporary)
		return;

	switch (relkind)
	{
		case RELKIND_INDEX:
		case RELKIND_PARTITIONED_INDEX:
			walk(w, RelationRelationId, IndexGetRelation(relid, true));
			return;
		case RELKIND_COMPOSITE_TYPE:
			walk(w, TypeRelationId, rowtype);
			return;
		case RELKIND_VIEW:
			if (is_port_schema(get_rel_namespace(relid)))
				w->products = add_id(w->products, dm_port_product(relid));
			break;
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
		case RELKIND_FOREIGN_TABLE:
			walk_parents(w, relid);
			break;
		case RELKIND_MATVIEW:
			break;
		default:
			return;
	}
	walk_dependents(w, RelationRelationId, relid);
}

/* Ports of what lies in a schema that was renamed. */
static void
walk_schema(Walk *w, Oid nspid)
{
	ListCell *lc;

	foreach(lc, dm_port_views_all())
	{
		Oid source = dm_conform_port_source(lfirst_oid(lc));

		if (OidIsValid(source) && get_rel_namespace(source) == nspid)
			w->products = add_id(w->products, dm_port_product(lfirst_oid(lc)));
	}
}

static void
walk_constraint(Walk *w, Oid constraint)
{
	HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));
	Oid relid;
	Oid typid;

	if (!HeapTupleIsValid(tuple))
		return;
	relid = ((Form_pg_constraint) GETSTRUCT(tuple))->conrelid;
	typid = ((Form_pg_constraint) GETSTRUCT(tuple))->contypid;
	ReleaseSysCache(tuple);
	walk(w, RelationRelationId, relid);
	walk(w, TypeRelationId, typid);
}

static void
walk(Walk *w, Oid classid, Oid objid)
{
	/* inheritance is reported by the child */
	Noted key = { classid == InheritsRelationId ? RelationRelationId : classid, objid };
	bool found;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (!OidIsValid(objid))
		return;
	(void) hash_search(w->seen, &key, HASH_ENTER, &found);
	if (found)
		return;
	switch (key.classid)
	{
		case RelationRelationId:
			walk_relation(w, objid);
			break;
		case TypeRelationId:
			walk_dependents(w, TypeRelationId, objid);
			break;
		case RewriteRelationId:
		case TriggerRelationId:
			walk(w, RelationRelationId, dm_relation_of(classid, objid));
			break;
		case ConstraintRelationId:
			walk_constraint(w, objid);
			break;
		case NamespaceRelationId:
			walk_schema(w, objid);
			break;
		default:
			break;
	}
}

static void
begin_walk(Walk *w)
{
	HASHCTL ctl;

	MemSet(&ctl, 0, sizeof(ctl));
	ctl.keysize = sizeof(Noted);
	ctl.entrysize = sizeof(Noted);
	ctl.hcxt = CurrentMemoryContext;
	w->seen = hash_create("datamesh objects followed", 64, &ctl,
						  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	w->products = NIL;
}

static List *
end_walk(Walk *w)
{
	hash_destroy(w->seen);
	list_sort(w->products, cmp_ids);
	return w->products;
}

List *
dm_gate_products(void)
{
	Walk w;
	HASH_SEQ_STATUS status;
	Noted *object;
	List *objects = NIL;
	ListCell *lc;

	begin_walk(&w);
	foreach(lc, marked)
		w.products = add_id(w.products, *(int64 *) lfirst(lc));
	/* the walk may be interrupted by an error, which a scan of the table must not be */
	if (noted != NULL)
	{
		hash_seq_init(&status, noted);
		while ((object = hash_seq_search(&status)) != NULL)
			objects = lappend(objects, object);
	}
	foreach(lc, objects)
	{
		object = lfirst(lc);
		walk(&w, object->classid, object->objid);
	}
	return end_walk(&w);
}

List *
dm_gate_products_of(Oid relid)
{
	Walk w;

	begin_walk(&w);
	walk(&w, RelationRelationId, relid);
	return end_walk(&w);
}

/* --- transactions --- */

/* DM_EVENT_CONTRACT_CHANGED */
static void
contract_changed(DmEvent event, int64 product_id)
{
	dm_gate_mark(product_id);
}

static void
at_xact_end(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_PREPARE:
		case XACT_EVENT_ABORT:
			noted = NULL;
			marked = NIL;
			break;
		default:
			break;
	}
}

void
dm_gate_collect_init(void)
{
	dm_listen(DM_EVENT_CONTRACT_CHANGED, contract_changed);
	RegisterXactCallback(at_xact_end, NULL);
}
