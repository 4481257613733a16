/*
 * exit_accept.c
 *		SQL functions on side exits: listing them, accepting them by name.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_publication.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "base/args.h"
#include "base/words.h"
#include "boundary/exit.h"
#include "boundary/exit_accept.h"
#include "catalog/relation.h"
#include "catalog/table.h"
#include "classify/change.h"

PG_FUNCTION_INFO_V1(dm_side_exits);
PG_FUNCTION_INFO_V1(dm_accept_exit);
PG_FUNCTION_INFO_V1(dm_reject_exit);

/* Begins a scan for what was accepted of an object, whoever may use it. */
static void
begin_scan(DmScan *scan, ScanKey keys, DmDomain *domain, const char *kind, const char *object)
{
	dm_key_int8(&keys[0], Anum_dm_accepted_exit_domain, domain->id);
	dm_key_text(&keys[1], Anum_dm_accepted_exit_kind, kind);
	dm_key_text(&keys[2], Anum_dm_accepted_exit_object, object);
	dm_scan_begin(scan, DM_ACCEPTED_EXIT, "accepted_exit_domain_kind_object_grantee_key", 3, keys);
}

static HeapTuple
next_of(DmScan *scan, Oid grantee)
{
	HeapTuple tuple;

	while (HeapTupleIsValid(tuple = dm_scan_next(scan)))
		if (dm_scan_oid(scan, tuple, Anum_dm_accepted_exit_grantee) == grantee)
			break;
	return tuple;
}

bool
dm_exit_is_accepted(DmOpenExit *open)
{
	ScanKeyData keys[3];
	DmScan scan;
	bool result;

	begin_scan(&scan, keys, open->exit->domain, getObjectTypeDescription(&open->object, false),
			   getObjectIdentity(&open->object, false));
	result = HeapTupleIsValid(next_of(&scan, open->role));
	dm_scan_end(&scan);
	return result;
}

List *
dm_exits_unaccepted(List *open)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, open)
		if (!dm_exit_is_accepted(lfirst(lc)))
			result = lappend(result, lfirst(lc));
	return result;
}

/* The OIDs of a catalog, in order. */
static List *
oids_of(Oid catalog)
{
	Relation rel = table_open(catalog, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	AttrNumber attno = get_object_attnum_oid(catalog);
	HeapTuple tuple;
	List *result = NIL;
	bool isnull;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Oid oid = DatumGetObjectId(heap_getattr(tuple, attno, RelationGetDescr(rel), &isnull));

		/* the server's own objects come first and read no domain */
		if (oid >= FirstNormalObjectId)
			result = lappend_oid(result, oid);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	list_sort(result, list_oid_cmp);
	return result;
}

List *
dm_exits_all(void)
{
	static const Oid catalogs[] = {
		RelationRelationId, ProcedureRelationId, PublicationRelationId
	};
	List *result = NIL;

	if (dm_domain_list() == NIL)
		return NIL;
	for (int i = 0; i < lengthof(catalogs); i++)
	{
		ListCell *lc;

		foreach(lc, oids_of(catalogs[i]))
		{
			ObjectAddress object;

			CHECK_FOR_INTERRUPTS();
			if (catalogs[i] == RelationRelationId && !dm_has_rows(lfirst_oid(lc)))
				continue;
			ObjectAddressSet(object, catalogs[i], lfirst_oid(lc));
			result = list_concat(result, dm_object_exits(&object));
		}
	}
	return list_concat(result, dm_server_exits());
}

Datum
dm_side_exits(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	char *name = dm_arg_text_or_null(fcinfo, 0, "domain");
	DmDomain *domain = name ? dm_domain_get(name, false) : NULL;
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, dm_exits_all())
	{
		DmOpenExit *open = lfirst(lc);
		Datum values[6];
		bool nulls[6] = { false };

		if (domain != NULL && open->exit->domain->id != domain->id)
			continue;
		values[0] = CStringGetTextDatum(open->exit->domain->name);
		values[1] = CStringGetTextDatum(getObjectTypeDescription(&open->object, false));
		values[2] = CStringGetTextDatum(getObjectIdentity(&open->object, false));
		values[3] = CStringGetTextDatum(open->role == ACL_ID_PUBLIC ?
											"PUBLIC" :
											GetUserNameFromId(open->role, false));
		values[4] = CStringGetTextDatum(open->exit->how);
		values[5] = BoolGetDatum(dm_exit_is_accepted(open));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	PG_RETURN_NULL();
}

static Oid
grantee_by_name(const char *name)
{
	return pg_strcasecmp(name, "public") == 0 ? ACL_ID_PUBLIC : get_role_oid(name, false);
}

Datum
dm_accept_exit(PG_FUNCTION_ARGS)
{
	DmDomain *domain = dm_domain_get(dm_arg_text(fcinfo, 0, "domain"), false);
	char *kind = dm_arg_text(fcinfo, 1, "kind");
	char *object = dm_arg_text(fcinfo, 2, "object");
	char *grantee = dm_arg_text(fcinfo, 3, "grantee");
	char *reason = dm_arg_text(fcinfo, 4, "reason");
	Oid role = grantee_by_name(grantee);
	ScanKeyData keys[3];
	DmScan scan;
	bool known;
	DmRow row;

	dm_table_lock(DM_DOMAIN, domain->id, ExclusiveLock);
	begin_scan(&scan, keys, domain, kind, object);
	known = HeapTupleIsValid(next_of(&scan, role));
	dm_scan_end(&scan);
	if (known)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("%s %s has been accepted for \"%s\" already", kind, object, grantee)));

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_accepted_exit_id,
			   Int64GetDatum(dm_table_next_id(DM_ACCEPTED_EXIT)));
	dm_row_set(&row, Anum_dm_accepted_exit_domain, Int64GetDatum(domain->id));
	dm_row_set_text(&row, Anum_dm_accepted_exit_kind, kind);
	dm_row_set_text(&row, Anum_dm_accepted_exit_object, object);
	dm_row_set(&row, Anum_dm_accepted_exit_grantee, ObjectIdGetDatum(role));
	dm_row_set_text(&row, Anum_dm_accepted_exit_reason, reason);
	dm_row_set(&row, Anum_dm_accepted_exit_accepted_at,
			   TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set(&row, Anum_dm_accepted_exit_accepted_by, ObjectIdGetDatum(GetUserId()));
	dm_table_insert(DM_ACCEPTED_EXIT, &row);
	dm_change_record_domain(domain->id, "boundary", psprintf("%s %s", kind, object), NULL,
							psprintf("open to %s", grantee), reason);
	PG_RETURN_VOID();
}

Datum
dm_reject_exit(PG_FUNCTION_ARGS)
{
	DmDomain *domain = dm_domain_get_for_update(dm_arg_text(fcinfo, 0, "domain"));
	char *kind = dm_arg_text(fcinfo, 1, "kind");
	char *object = dm_arg_text(fcinfo, 2, "object");
	char *grantee = dm_arg_text(fcinfo, 3, "grantee");
	ScanKeyData keys[3];
	DmScan scan;
	HeapTuple tuple;

	begin_scan(&scan, keys, domain, kind, object);
	tuple = next_of(&scan, grantee_by_name(grantee));
	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("%s %s has not been accepted for \"%s\"", kind, object, grantee),
				 errhint("datamesh.accepted_exits lists what was.")));
	dm_table_delete(&scan, tuple);
	dm_scan_end(&scan);
	PG_RETURN_VOID();
}

void
dm_exit_role_dropped(Oid roleid)
{
	DmScan scan;
	HeapTuple tuple;

	if (!OidIsValid(dm_catalog_schema()))
		return;
	dm_scan_begin(&scan, DM_ACCEPTED_EXIT, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = next_of(&scan, roleid)))
		dm_table_delete(&scan, tuple);
	dm_scan_end(&scan);
}
