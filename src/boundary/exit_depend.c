/*
 * exit_depend.c
 *		What else hands out other data once an object has changed.
 *
 * pg_depend tells which rules and SQL-standard function bodies mention a relation or a function,
 * and which triggers call one; inheritance joins tables, and rules write from one into another.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_range.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_seclabel.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "boundary/exit.h"
#include "catalog/depend.h"
#include "catalog/relation.h"
#include "classify/copymark.h"
#include "classify/label.h"

static List *add_dependents(List *objects, ObjectAddress *object);

static List *
add_object(List *objects, Oid classid, Oid objid)
{
	ObjectAddress *address;
	ListCell *lc;

	if (!OidIsValid(objid) || (classid == RelationRelationId && !dm_has_rows(objid)))
		return objects;
	foreach(lc, objects)
	{
		address = lfirst(lc);
		if (address->classId == classid && address->objectId == objid)
			return objects;
	}
	address = palloc(sizeof(ObjectAddress));
	ObjectAddressSet(*address, classid, objid);
	return lappend(objects, address);
}

/* The function that a range type brings along, InvalidOid for none. */
static Oid
range_function(Oid typid)
{
	HeapTuple tuple = SearchSysCache1(RANGETYPE, ObjectIdGetDatum(typid));
	Oid result = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		result = ((Form_pg_range) GETSTRUCT(tuple))->rngsubdiff;
		ReleaseSysCache(tuple);
	}
	return result;
}

/* The relation of a constraint, or what makes values of its domain type. */
static List *
add_constrained(List *objects, Oid constraint)
{
	HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));
	Form_pg_constraint form;
	ObjectAddress type;

	if (!HeapTupleIsValid(tuple))
		return objects;
	form = (Form_pg_constraint) GETSTRUCT(tuple);
	ObjectAddressSet(type, TypeRelationId, form->contypid);
	objects = add_object(objects, RelationRelationId, form->conrelid);
	ReleaseSysCache(tuple);
	return OidIsValid(type.objectId) ? add_dependents(objects, &type) : objects;
}

/* The object that something of a command or of pg_depend is about. */
static List *
add_subject(List *objects, Oid classid, Oid objid)
{
	switch (classid)
	{
		case RelationRelationId:
		case ProcedureRelationId:
			return add_object(objects, classid, objid);
		case TypeRelationId:
			return add_object(objects, ProcedureRelationId, range_function(objid));
		case ConstraintRelationId:
			return add_constrained(objects, objid);
		case AttrDefaultRelationId: /* it is reported by the relation's OID */
		case InheritsRelationId:
			return add_object(objects, RelationRelationId, objid);
		case RewriteRelationId:
		case TriggerRelationId:
		case PolicyRelationId:
			return add_object(objects, RelationRelationId, dm_relation_of(classid, objid));
		default:
			return objects;
	}
}

/* What refers to the object and could hand out what it reads. */
static List *
add_dependents(List *objects, ObjectAddress *object)
{
	ListCell *lc;

	foreach(lc, dm_depend_on(object->classId, object->objectId, 0))
	{
		Form_pg_depend depend = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		/* other relations refer to a relation as partitions, indexes and sequences do */
		if (depend->classid != RelationRelationId && depend->classid != ConstraintRelationId &&
			depend->classid != AttrDefaultRelationId)
			objects = add_subject(objects, depend->classid, depend->objid);
	}
	return objects;
}

/* Whether a catalog has a row of which this is true. */
static bool
any_row(Oid catalog, bool (*check)(HeapTuple tuple, TupleDesc desc))
{
	Relation rel = table_open(catalog, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	HeapTuple tuple;
	bool result = false;

	while (!result && HeapTupleIsValid(tuple = systable_getnext(scan)))
		result = check(tuple, RelationGetDescr(rel));
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}

/* A rule that is not the query of a view. */
static bool
is_user_rule(HeapTuple tuple, TupleDesc desc)
{
	Form_pg_rewrite form = (Form_pg_rewrite) GETSTRUCT(tuple);

	return form->oid >= FirstNormalObjectId && form->ev_type != '1';
}

/* A child that is no partition, which pg_class would tell. */
static bool
is_child(HeapTuple tuple, TupleDesc desc)
{
	return !get_rel_relispartition(((Form_pg_inherits) GETSTRUCT(tuple))->inhrelid);
}

static bool
is_copy(HeapTuple tuple, TupleDesc desc)
{
	FormData_pg_seclabel *form = (FormData_pg_seclabel *) GETSTRUCT(tuple);

	return form->classoid == RelationRelationId && form->objsubid == 0;
}

void
dm_exit_survey(DmExitSurvey *survey)
{
	survey->writers = any_row(RewriteRelationId, is_user_rule);
	survey->children = any_row(InheritsRelationId, is_child);
	survey->copies = any_row(SecLabelRelationId, is_copy);
}

bool
dm_is_plain(Oid relid, DmExitSurvey *survey)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Form_pg_class form;
	bool plain;
	List *names;

	if (!HeapTupleIsValid(tuple))
		return true;
	form = (Form_pg_class) GETSTRUCT(tuple);
	plain = form->relkind == RELKIND_RELATION && !form->relhasrules && !form->relhassubclass &&
			!form->relispartition &&
			(!form->relhastriggers || dm_trigger_functions(relid, &names) == NIL);
	ReleaseSysCache(tuple);
	return plain && !survey->writers && !survey->children &&
		   (!survey->copies || !dm_copy_is_marked(relid));
}

List *
dm_exit_dependents(List *touched)
{
	List *objects = NIL;
	ListCell *lc;

	foreach(lc, touched)
	{
		ObjectAddress *address = &((DmTouched *) lfirst(lc))->address;

		objects = add_subject(objects, address->classId, address->objectId);
	}
	/* the list grows while it is walked */
	for (int i = 0; i < list_length(objects); i++)
	{
		ObjectAddress *object = list_nth(objects, i);

		objects = add_dependents(objects, object);
		if (object->classId != RelationRelationId)
			continue;
		foreach(lc, dm_relation_family(object->objectId))
			objects = add_object(objects, RelationRelationId, lfirst_oid(lc));
		foreach(lc, dm_rule_targets(object->objectId))
			objects = add_object(objects, RelationRelationId, lfirst_oid(lc));
	}
	return objects;
}
