/*
 * purpose.c
 *		Purposes: the declared reasons of use, a tree.
 *
 * Agreements and requests name their purpose, so one that is in use stays.  The
 * lock on the table of purposes sees to that: whoever is about to write a
 * purpose's name into a row holds it in RowShareLock, dm_drop_purpose in
 * ExclusiveLock.  It is taken before the lock of a domain.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "access/agreement.h"
#include "access/policy.h"
#include "access/purpose.h"
#include "access/request.h"
#include "access/subject.h"
#include "base/args.h"
#include "base/words.h"
#include "catalog/table.h"

PG_FUNCTION_INFO_V1(dm_register_purpose);
PG_FUNCTION_INFO_V1(dm_drop_purpose);

/* True if the purpose is registered; its parent, NULL for a root, in *parent. */
static bool
find_purpose(const char *name, char **parent)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	bool found;

	dm_key_text(&key, Anum_dm_purpose_name, name);
	dm_scan_begin(&scan, DM_PURPOSE, "purpose_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	found = HeapTupleIsValid(tuple);
	*parent = found ? dm_scan_text(&scan, tuple, Anum_dm_purpose_parent) : NULL;
	dm_scan_end(&scan);
	return found;
}

/* The names of all purposes, or of the children of one. */
static List *
purpose_names(const char *of_parent)
{
	DmScan scan;
	HeapTuple tuple;
	List *names = NIL;

	dm_scan_begin(&scan, DM_PURPOSE, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		char *parent = dm_scan_text(&scan, tuple, Anum_dm_purpose_parent);

		if (of_parent == NULL || (parent != NULL && strcmp(parent, of_parent) == 0))
			names = lappend(names, dm_scan_text(&scan, tuple, Anum_dm_purpose_name));
	}
	dm_scan_end(&scan);
	return names;
}

static void
no_such_purpose(const char *name)
{
	char *nearest = dm_nearest(name, purpose_names(NULL));

	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("purpose \"%s\" does not exist", name),
			 nearest ? errhint("Perhaps you meant %s.", nearest) : errhint("datamesh.purposes lists the purposes; dm_register_purpose makes one.")));
}

void
dm_purpose_check(const char *name)
{
	char *parent;

	dm_table_lock(DM_PURPOSE, 0, RowShareLock);
	if (!find_purpose(name, &parent))
		no_such_purpose(name);
}

List *
dm_purpose_lineage(const char *name)
{
	List *lineage = NIL;
	char *parent;

	while (name != NULL && find_purpose(name, &parent))
	{
		ListCell *lc;

		/* only a hand that writes the table can make a circle; it must not hang readers */
		foreach(lc, lineage)
			if (strcmp(lfirst(lc), name) == 0)
				return lineage;
		lineage = lappend(lineage, pstrdup(name));
		name = parent;
	}
	return lineage;
}

Datum
dm_register_purpose(PG_FUNCTION_ARGS)
{
	char *name = dm_arg_text(fcinfo, 0, "purpose");
	char *description = dm_arg_text_or_null(fcinfo, 1, "description");
	char *parent = dm_arg_text_or_null(fcinfo, 2, "parent");
	char *old_parent;
	DmRow row;

	dm_check_dotted("purpose", name);
	/* one registration at a time; it does not wait for those who only use purposes */
	dm_table_lock(DM_PURPOSE, 0, ShareUpdateExclusiveLock);
	if (find_purpose(name, &old_parent))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("purpose \"%s\" already exists", name)));
	if (parent != NULL)
		dm_purpose_check(parent);

	dm_row_init(&row);
	dm_row_set_text(&row, Anum_dm_purpose_name, name);
	dm_row_set_text(&row, Anum_dm_purpose_parent, parent);
	dm_row_set_text(&row, Anum_dm_purpose_description, description);
	dm_row_set(&row, Anum_dm_purpose_created_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set(&row, Anum_dm_purpose_created_by, ObjectIdGetDatum(GetUserId()));
	dm_table_insert(DM_PURPOSE, &row);

	PG_RETURN_TEXT_P(cstring_to_text(name));
}

/* Fails while something needs the purpose. */
static void
check_unused(const char *name)
{
	List *children = purpose_names(name);
	int requests;
	int agreements;

	if (children != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg("cannot drop purpose \"%s\"", name),
				 errdetail("It is the parent of %s.", dm_quoted_list(children)),
				 errhint("Drop those first.")));

	requests = dm_request_count_of_purpose(name);
	agreements = dm_agreement_count_of_purpose(name);
	if (requests > 0 || agreements > 0)
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg("cannot drop purpose \"%s\"", name),
				 errdetail("Active agreements that name it: %d; pending requests: %d.",
						   agreements, requests),
				 errhint("Use dm_expire_agreements, dm_revoke_access and dm_deny_access first.")));
}

/* The same for row policies, which would cease to speak of whom they were made for. */
static void
check_no_policies(const char *name)
{
	int policies = dm_policy_count_of_purpose(name);

	if (policies > 0)
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg("cannot drop purpose \"%s\"", name),
				 errdetail("Row policies that name it: %d.", policies),
				 errhint("Use dm_alter_row_policy or dm_drop_row_policy first.")));
}

/* The same for consents: those recorded for a purpose must not count for another of its name. */
static void
check_no_consents(const char *name)
{
	int requirements = dm_requirement_count_of_purpose(name);

	if (requirements > 0)
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg("cannot drop purpose \"%s\"", name),
				 errdetail("Products that require consent for it: %d.", requirements),
				 errhint("Use dm_drop_consent_requirement first.")));
	if (dm_consent_is_recorded(name))
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg("cannot drop purpose \"%s\"", name),
				 errdetail("Consents to it are recorded.")));
}

Datum
dm_drop_purpose(PG_FUNCTION_ARGS)
{
	char *name = dm_arg_text(fcinfo, 0, "purpose");
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;

	dm_table_lock(DM_PURPOSE, 0, ExclusiveLock);
	dm_key_text(&key, Anum_dm_purpose_name, name);
	dm_scan_begin(&scan, DM_PURPOSE, "purpose_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	if (!HeapTupleIsValid(tuple))
		no_such_purpose(name);
	check_unused(name);
	check_no_policies(name);
	check_no_consents(name);
	dm_table_delete(&scan, tuple);
	dm_scan_end(&scan);
	PG_RETURN_VOID();
}
