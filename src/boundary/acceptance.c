/*
 * acceptance.c
 *		Privileges of roles outside that governance has accepted by name.
 *
 * A schema is kept by its name: pg_upgrade keeps no other reference to one.  A schema that is
 * renamed loses its acceptances, and gains those of a name that somebody had before it; no more
 * than USAGE or CREATE hangs on that, and it is on record.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "base/args.h"
#include "base/strings.h"
#include "boundary/acceptance.h"
#include "catalog/table.h"

static void
begin_scan(DmScan *scan, ScanKey key, const ObjectAddress *object)
{
	if (object->classId == RelationRelationId)
	{
		dm_key_oid(key, Anum_dm_accepted_grant_relation, object->objectId);
		dm_scan_begin(scan, DM_ACCEPTED_GRANT, "accepted_grant_relation_idx", 1, key);
	}
	else
	{
		dm_key_text(key, Anum_dm_accepted_grant_schema_name,
					get_namespace_name(object->objectId));
		dm_scan_begin(scan, DM_ACCEPTED_GRANT, "accepted_grant_schema_name_idx", 1, key);
	}
}

List *
dm_acceptance(const ObjectAddress *object, Oid grantee)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	List *result = NIL;

	if (object->classId != RelationRelationId && object->classId != NamespaceRelationId)
		return NIL;
	begin_scan(&scan, &key, object);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		if (dm_scan_oid(&scan, tuple, Anum_dm_accepted_grant_grantee) == grantee)
			result = list_concat(result,
								 dm_text_array_list(dm_scan_get(&scan, tuple,
																Anum_dm_accepted_grant_privileges,
																NULL)));
	dm_scan_end(&scan);
	return result;
}

/* Who was accepted with a grant option may have the privilege without. */
static bool
covered(List *accepted, const char *privilege)
{
	const char *column = strchr(privilege, ' ');
	int length = column ? column - privilege : strlen(privilege);

	return dm_string_member(accepted, privilege) ||
		   dm_string_member(accepted, psprintf("%.*s*%s", length, privilege,
											   column ? column : ""));
}

bool
dm_accepted(const ObjectAddress *object, Oid grantee, List *privileges)
{
	List *accepted = dm_acceptance(object, grantee);
	ListCell *lc;

	if (accepted == NIL)
		return false;
	foreach(lc, privileges)
		if (!covered(accepted, lfirst(lc)))
			return false;
	return true;
}

void
dm_acceptance_insert(const ObjectAddress *object, Oid grantee, List *privileges,
					 const char *reason)
{
	bool relation = object->classId == RelationRelationId;
	DmRow row;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_accepted_grant_id,
			   Int64GetDatum(dm_table_next_id(DM_ACCEPTED_GRANT)));
	dm_row_set(&row, Anum_dm_accepted_grant_relation,
			   ObjectIdGetDatum(relation ? object->objectId : InvalidOid));
	dm_row_set_text(&row, Anum_dm_accepted_grant_schema_name,
					relation ? NULL : get_namespace_name(object->objectId));
	dm_row_set(&row, Anum_dm_accepted_grant_grantee, ObjectIdGetDatum(grantee));
	dm_row_set(&row, Anum_dm_accepted_grant_privileges, dm_text_array(privileges));
	dm_row_set_text(&row, Anum_dm_accepted_grant_reason, reason);
	dm_row_set(&row, Anum_dm_accepted_grant_accepted_at,
			   TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set(&row, Anum_dm_accepted_grant_accepted_by, ObjectIdGetDatum(GetUserId()));
	dm_table_insert(DM_ACCEPTED_GRANT, &row);
}

bool
dm_acceptance_delete(const ObjectAddress *object, Oid grantee)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	bool found = false;

	begin_scan(&scan, &key, object);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		if (dm_scan_oid(&scan, tuple, Anum_dm_accepted_grant_grantee) == grantee)
		{
			dm_table_delete(&scan, tuple);
			found = true;
		}
	dm_scan_end(&scan);
	return found;
}

void
dm_acceptance_role_dropped(Oid roleid)
{
	DmScan scan;
	HeapTuple tuple;

	if (!OidIsValid(dm_catalog_schema()))
		return;
	dm_scan_begin(&scan, DM_ACCEPTED_GRANT, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		if (dm_scan_oid(&scan, tuple, Anum_dm_accepted_grant_grantee) == roleid)
			dm_table_delete(&scan, tuple);
	dm_scan_end(&scan);
}
