/*
 * sharingrow.c
 *		The rows that say to whom a copy may be handed, and the SQL functions that write them.
 *
 * They are the word of the product's owner.  Role 0 is everybody: ports and publications need that.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "base/args.h"
#include "base/errors.h"
#include "base/sqlname.h"
#include "base/strings.h"
#include "boundary/sharing.h"
#include "boundary/sharingrow.h"
#include "catalog/table.h"
#include "classify/change.h"
#include "classify/copymark.h"
#include "registry/product.h"

PG_FUNCTION_INFO_V1(dm_allow_sharing);
PG_FUNCTION_INFO_V1(dm_revoke_sharing);

/* The rows of a copy and a product. */
static void
begin_scan(DmScan *scan, Oid copy, int64 product_id)
{
	ScanKeyData keys[2];

	dm_key_oid(&keys[0], Anum_dm_copy_sharing_relation, copy);
	dm_key_int8(&keys[1], Anum_dm_copy_sharing_product, product_id);
	dm_scan_begin(scan, DM_COPY_SHARING, "copy_sharing_pkey", 2, keys);
}

bool
dm_sharing_allowed(Oid copy, int64 product_id, Oid role)
{
	DmScan scan;
	HeapTuple tuple;
	bool result = false;

	begin_scan(&scan, copy, product_id);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		Oid allowed = dm_scan_oid(&scan, tuple, Anum_dm_copy_sharing_role);

		result |= !OidIsValid(allowed) || (OidIsValid(role) && has_privs_of_role(role, allowed));
	}
	dm_scan_end(&scan);
	return result;
}

/* Takes the row of exactly this role away; false if there is none. */
static bool
delete_row(Oid copy, int64 product_id, Oid role)
{
	DmScan scan;
	HeapTuple tuple;
	bool found = false;

	begin_scan(&scan, copy, product_id);
	while (!found && HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		found = dm_scan_oid(&scan, tuple, Anum_dm_copy_sharing_role) == role;
		if (found)
			dm_table_delete(&scan, tuple);
	}
	dm_scan_end(&scan);
	return found;
}

/*
 * Comes for every relation that is dropped, those of the extension itself included: while it goes,
 * neither table nor index need be there.
 */
void
dm_sharing_forget(Oid relid)
{
	Oid nspid = dm_catalog_schema();
	Oid table = OidIsValid(nspid) ? get_relname_relid("copy_sharing", nspid) : InvalidOid;
	DmScan scan;
	HeapTuple tuple;

	if (!OidIsValid(table) || get_rel_namespace(relid) == nspid)
		return;
	dm_scan_begin(&scan, DM_COPY_SHARING, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		if (dm_scan_oid(&scan, tuple, Anum_dm_copy_sharing_relation) == relid)
			dm_table_delete(&scan, tuple);
	dm_scan_end(&scan);
}

/* The product of that name, after the checks that it was copied and that the caller manages it. */
static DmProduct *
check_copy(const char *text, Oid copy)
{
	DmProduct *product = dm_product_get_for_update(text);

	if (!dm_string_member(dm_copy_products(copy), product->literal))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("relation \"%s\" is not a copy of product \"%s\"", get_rel_name(copy),
						product->label),
				 errhint("datamesh.data_copies lists the copies.")));
	return product;
}

static void
record(DmProduct *product, Oid copy, Oid role, bool allowed, const char *reason)
{
	char *name = OidIsValid(role) ? GetUserNameFromId(role, false) : "everybody";

	dm_change_record_domain(product->domain->id, "sharing",
							psprintf("copy %s of %s", dm_relation_sql(copy), product->label),
							allowed ? NULL : name, allowed ? name : NULL, reason);
}

Datum
dm_allow_sharing(PG_FUNCTION_ARGS)
{
	Oid copy = dm_arg_relation(fcinfo, 0, "copy");
	char *text = dm_arg_text(fcinfo, 1, "product");
	Oid role = dm_arg_role_or_invalid(fcinfo, 2, "role");
	char *reason = dm_arg_text_or_null(fcinfo, 3, "reason");
	DmProduct *product = check_copy(text, copy);
	DmRow row;

	dm_table_lock(DM_COPY_SHARING, copy, ExclusiveLock);
	(void) delete_row(copy, product->id, role);
	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_copy_sharing_relation, ObjectIdGetDatum(copy));
	dm_row_set(&row, Anum_dm_copy_sharing_product, Int64GetDatum(product->id));
	dm_row_set(&row, Anum_dm_copy_sharing_role, ObjectIdGetDatum(role));
	dm_row_set_text(&row, Anum_dm_copy_sharing_reason, reason);
	dm_row_set(&row, Anum_dm_copy_sharing_created_at,
			   TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set(&row, Anum_dm_copy_sharing_created_by, ObjectIdGetDatum(GetUserId()));
	dm_table_insert(DM_COPY_SHARING, &row);
	record(product, copy, role, true, reason);
	PG_RETURN_VOID();
}

Datum
dm_revoke_sharing(PG_FUNCTION_ARGS)
{
	Oid copy = dm_arg_relation(fcinfo, 0, "copy");
	char *text = dm_arg_text(fcinfo, 1, "product");
	Oid role = dm_arg_role_or_invalid(fcinfo, 2, "role");
	DmProduct *product = check_copy(text, copy);

	dm_table_lock(DM_COPY_SHARING, copy, ExclusiveLock);
	if (!delete_row(copy, product->id, role))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("nothing of the kind has been allowed for relation \"%s\"",
						get_rel_name(copy)),
				 errhint("datamesh.data_copies lists what is allowed.")));
	record(product, copy, role, false, NULL);
	/* who was given it meanwhile would go on reading */
	dm_sharing_check_revoked(copy, role);
	PG_RETURN_VOID();
}
