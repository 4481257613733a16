/*
 * depend.c
 *		What the server's catalog says of who depends on whom.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_trigger.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "catalog/depend.h"

static List *
copies(Oid index, int nkeys, ScanKey keys)
{
	Relation rel = table_open(DependRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, index, true, NULL, nkeys, keys);
	HeapTuple tuple;
	List *result = NIL;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend row = palloc(sizeof(FormData_pg_depend));

		memcpy(row, GETSTRUCT(tuple), sizeof(FormData_pg_depend));
		result = lappend(result, row);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}

List *
dm_depend_on(Oid classid, Oid objid, int32 objsubid)
{
	ScanKeyData keys[3];

	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(classid));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(objid));
	ScanKeyInit(&keys[2], Anum_pg_depend_refobjsubid, BTEqualStrategyNumber, F_INT4EQ,
				Int32GetDatum(objsubid));
	return copies(DependReferenceIndexId, objsubid != 0 ? 3 : 2, keys);
}

List *
dm_depend_of(Oid classid, Oid objid)
{
	ScanKeyData keys[2];

	ScanKeyInit(&keys[0], Anum_pg_depend_classid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(classid));
	ScanKeyInit(&keys[1], Anum_pg_depend_objid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(objid));
	return copies(DependDependerIndexId, 2, keys);
}

static Oid
relation_of(Oid catalog, Oid index, AttrNumber oid_attno, AttrNumber rel_attno, Oid objid)
{
	Relation rel = table_open(catalog, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	Oid result = InvalidOid;

	ScanKeyInit(&key, oid_attno, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(objid));
	scan = systable_beginscan(rel, index, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		bool isnull;

		result = DatumGetObjectId(heap_getattr(tuple, rel_attno, RelationGetDescr(rel), &isnull));
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}

Oid
dm_relation_of(Oid classid, Oid objid)
{
	if (classid == PolicyRelationId)
		return relation_of(PolicyRelationId, PolicyOidIndexId, Anum_pg_policy_oid,
						   Anum_pg_policy_polrelid, objid);
	if (classid == RewriteRelationId)
		return relation_of(RewriteRelationId, RewriteOidIndexId, Anum_pg_rewrite_oid,
						   Anum_pg_rewrite_ev_class, objid);
	return relation_of(TriggerRelationId, TriggerOidIndexId, Anum_pg_trigger_oid,
					   Anum_pg_trigger_tgrelid, objid);
}
