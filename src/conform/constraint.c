/*
 * constraint.c
 *		What the server itself holds of the rows of a relation.
 *
 * The catalogs are read directly and not through the relation cache, which would take a lock:
 * the gate asks while it keeps others from committing, and they may hold the relation.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "compat/pg_compat.h"
#include "conform/constraint.h"

/* pg_constraint.contype of NOT NULL, which servers before 18 do not have for tables */
#define CONTYPE_NOT_NULL 'n'

static List *
attnums_of(Relation rel, HeapTuple tuple, AttrNumber attno)
{
	bool isnull;
	Datum value = heap_getattr(tuple, attno, RelationGetDescr(rel), &isnull);
	ArrayType *array;
	int16 *items;
	List *result = NIL;

	if (isnull)
		return NIL;
	array = DatumGetArrayTypeP(value);
	items = (int16 *) ARR_DATA_PTR(array);
	for (int i = 0; i < ARR_DIMS(array)[0]; i++)
		result = lappend_int(result, items[i]);
	return result;
}

/* A foreign key whose triggers a superuser has switched off checks nothing. */
static bool
triggers_are_on(Oid constraint)
{
	Relation rel = table_open(TriggerRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	bool result = true;

	ScanKeyInit(&key, Anum_pg_trigger_tgconstraint, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(constraint));
	scan = systable_beginscan(rel, TriggerConstraintIndexId, true, NULL, 1, &key);
	while (result && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		char enabled = ((Form_pg_trigger) GETSTRUCT(tuple))->tgenabled;

		result = enabled == TRIGGER_FIRES_ON_ORIGIN || enabled == TRIGGER_FIRES_ALWAYS;
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}

static void
add_foreign_key(DmConstraints *constraints, Relation rel, HeapTuple tuple)
{
	Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);
	DmForeignKey *key;

	if (!form->convalidated || !dm_constraint_is_enforced(form) || !triggers_are_on(form->oid))
		return;
	key = palloc0(sizeof(DmForeignKey));
	key->target = form->confrelid;
	key->from = attnums_of(rel, tuple, Anum_pg_constraint_conkey);
	key->to = attnums_of(rel, tuple, Anum_pg_constraint_confkey);
	constraints->foreign_keys = lappend(constraints->foreign_keys, key);
}

static void
add_check(DmConstraints *constraints, Relation rel, HeapTuple tuple)
{
	Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);
	bool isnull;
	Datum tree;

	if (!form->convalidated || !dm_constraint_is_enforced(form) ||
		(form->connoinherit && constraints->has_children))
		return;
	tree = heap_getattr(tuple, Anum_pg_constraint_conbin, RelationGetDescr(rel), &isnull);
	if (!isnull)
		constraints->checks = lappend(constraints->checks,
									  stringToNode(TextDatumGetCString(tree)));
}

static void
read_constraints(DmConstraints *constraints)
{
	Relation rel = table_open(ConstraintRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&key, Anum_pg_constraint_conrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(constraints->relid));
	scan = systable_beginscan(rel, ConstraintRelidTypidNameIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);

		if (form->contype == CONSTRAINT_FOREIGN && !constraints->has_children)
			add_foreign_key(constraints, rel, tuple);
		else if (form->contype == CONSTRAINT_CHECK)
			add_check(constraints, rel, tuple);
		else if (form->contype == CONTYPE_NOT_NULL && !form->convalidated)
			constraints->unsure =
				list_concat(constraints->unsure,
							attnums_of(rel, tuple, Anum_pg_constraint_conkey));
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
}

static void
add_key(DmConstraints *constraints, HeapTuple tuple)
{
	Form_pg_index form = (Form_pg_index) GETSTRUCT(tuple);
	DmKey *key;

	if (!form->indisunique || !form->indisvalid || !form->indislive || form->indisexclusion ||
		!heap_attisnull(tuple, Anum_pg_index_indpred, NULL) ||
		!heap_attisnull(tuple, Anum_pg_index_indexprs, NULL))
		return;
	key = palloc0(sizeof(DmKey));
	for (int i = 0; i < form->indnkeyatts; i++)
		key->attnums = lappend_int(key->attnums, form->indkey.values[i]);
	list_sort(key->attnums, list_int_cmp);
	constraints->keys = lappend(constraints->keys, key);
}

static void
read_keys(DmConstraints *constraints, Oid without_index)
{
	Relation rel = table_open(IndexRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&key, Anum_pg_index_indrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(constraints->relid));
	scan = systable_beginscan(rel, IndexIndrelidIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		if (((Form_pg_index) GETSTRUCT(tuple))->indexrelid != without_index)
			add_key(constraints, tuple);
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
}

DmConstraints *
dm_constraints_read(Oid relid, Oid without_index)
{
	DmConstraints *constraints = palloc0(sizeof(DmConstraints));
	char relkind = get_rel_relkind(relid);

	constraints->relid = relid;
	/* those of a foreign table are what somebody believes of another server */
	constraints->enforced = relkind == RELKIND_RELATION || relkind == RELKIND_PARTITIONED_TABLE ||
							relkind == RELKIND_MATVIEW;
	if (!constraints->enforced)
		return constraints;
	constraints->has_children = relkind == RELKIND_RELATION &&
								find_inheritance_children(relid, NoLock) != NIL;
	read_constraints(constraints);
	/* an index covers its own table alone */
	if (!constraints->has_children)
		read_keys(constraints, without_index);
	return constraints;
}

/* A domain anywhere below the column's type that refuses NULL. */
static bool
type_is_not_null(Oid typid)
{
	for (;;)
	{
		HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(typid));
		Form_pg_type form;
		bool notnull;

		if (!HeapTupleIsValid(tuple))
			return false;
		form = (Form_pg_type) GETSTRUCT(tuple);
		notnull = form->typtype == TYPTYPE_DOMAIN && form->typnotnull;
		typid = form->typtype == TYPTYPE_DOMAIN ? form->typbasetype : InvalidOid;
		ReleaseSysCache(tuple);
		if (notnull || !OidIsValid(typid))
			return notnull;
	}
}

static bool
column_is_not_null(Oid relid, const char *column)
{
	HeapTuple tuple = SearchSysCacheAttName(relid, column);
	bool result;

	if (!HeapTupleIsValid(tuple))
		return false;
	result = ((Form_pg_attribute) GETSTRUCT(tuple))->attnotnull ||
			 type_is_not_null(((Form_pg_attribute) GETSTRUCT(tuple))->atttypid);
	ReleaseSysCache(tuple);
	return result;
}

bool
dm_holds_not_null(DmConstraints *constraints, const char *column)
{
	ListCell *lc;

	if (!constraints->enforced || !column_is_not_null(constraints->relid, column) ||
		list_member_int(constraints->unsure, get_attnum(constraints->relid, column)))
		return false;
	/* before PostgreSQL 18 a child may admit NULLs that its parent does not */
	if (constraints->has_children)
		foreach(lc, find_all_inheritors(constraints->relid, NoLock, NULL))
			if (!column_is_not_null(lfirst_oid(lc), column))
				return false;
	return true;
}

bool
dm_holds_unique(DmConstraints *constraints, List *attnums)
{
	ListCell *lc;

	foreach(lc, constraints->keys)
		if (list_difference_int(((DmKey *) lfirst(lc))->attnums, attnums) == NIL)
			return true;
	return false;
}

/* True if the constraint has exactly these pairs of columns, in whatever order. */
static bool
same_pairs(DmForeignKey *key, List *from, List *to)
{
	ListCell *lf;
	ListCell *lt;

	if (list_length(key->from) != list_length(from) || list_length(from) != list_length(to))
		return false;
	forboth(lf, from, lt, to)
	{
		ListCell *kf;
		ListCell *kt;
		bool found = false;

		forboth(kf, key->from, kt, key->to)
			found = found || (lfirst_int(kf) == lfirst_int(lf) && lfirst_int(kt) == lfirst_int(lt));
		if (!found)
			return false;
	}
	return true;
}

bool
dm_holds_reference(DmConstraints *constraints, List *from, Oid target, List *to)
{
	ListCell *lc;

	foreach(lc, constraints->foreign_keys)
	{
		DmForeignKey *key = lfirst(lc);

		if (key->target == target && same_pairs(key, from, to))
			return true;
	}
	return false;
}
