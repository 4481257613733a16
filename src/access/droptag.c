/*
 * droptag.c
 *		dm_drop_tag: a tag goes only when neither a column nor a clearance names it.
 *
 * A tag of the same name that is made later would otherwise be in clear for
 * the holders of old agreements.
 */
#include "postgres.h"

#include "fmgr.h"

#include "access/agreement.h"
#include "access/policy.h"
#include "access/request.h"
#include "base/args.h"
#include "catalog/table.h"
#include "classify/tag.h"

PG_FUNCTION_INFO_V1(dm_drop_tag);

/* True if a clearance names the tag, for raw values or tokens. */
static bool
clearance_names(List *clearance, const char *tag)
{
	ListCell *lc;
	size_t len = strlen(tag);

	foreach(lc, clearance)
	{
		const char *item = lfirst(lc);

		if (strncmp(item, tag, len) == 0 && (item[len] == '\0' || item[len] == ':'))
			return true;
	}
	return false;
}

static void
check_clearances(DmTable table, AttrNumber clearance_attno, AttrNumber state_attno,
				 const char *state, const char *tag, const char *what)
{
	DmScan scan;
	HeapTuple tuple;

	dm_scan_begin(&scan, table, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		Datum clearance = dm_scan_get(&scan, tuple, clearance_attno, NULL);

		if (strcmp(dm_scan_text(&scan, tuple, state_attno), state) == 0 &&
			clearance_names(dm_text_array_list(clearance), tag))
			ereport(ERROR,
					(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
					 errmsg("cannot drop tag \"%s\"", tag),
					 errdetail("%s " INT64_FORMAT " gives clearance for it.", what,
							   dm_scan_int8(&scan, tuple, 1))));
	}
	dm_scan_end(&scan);
}

Datum
dm_drop_tag(PG_FUNCTION_ARGS)
{
	char *name = dm_arg_text(fcinfo, 0, "tag");

	dm_table_lock(DM_TAG, 0, ExclusiveLock);
	dm_clearance_lock(ExclusiveLock);
	(void) dm_tag_get(name, false);
	check_clearances(DM_AGREEMENT, Anum_dm_agreement_clearance, Anum_dm_agreement_state,
					 "active", name, "Access agreement");
	check_clearances(DM_ACCESS_REQUEST, Anum_dm_access_request_clearance,
					 Anum_dm_access_request_state,
					 "pending", name, "Access request");
	if (dm_policy_count_of_tag(name) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg("cannot drop tag \"%s\"", name),
				 errdetail("Row policies that name it: %d.", dm_policy_count_of_tag(name)),
				 errhint("Use dm_alter_row_policy or dm_drop_row_policy first.")));
	dm_tag_drop(name);
	PG_RETURN_VOID();
}
