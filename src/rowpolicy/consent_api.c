/*
 * consent_api.c
 *		Recording consents, and telling what is recorded.
 *
 * Every decision is a row of the history, which is never changed, and a change of the sets that
 * queries probe (consent_set.h).
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "access/purpose.h"
#include "access/subject.h"
#include "base/args.h"
#include "catalog/data.h"
#include "catalog/table.h"
#include "compat/pg_compat.h"
#include "rowpolicy/consent_set.h"

PG_FUNCTION_INFO_V1(dm_record_consent);
PG_FUNCTION_INFO_V1(dm_record_consents);
PG_FUNCTION_INFO_V1(dm_consent_status);

#define Anum_dm_consent_id			1
#define Anum_dm_consent_kind		2
#define Anum_dm_consent_subject		3
#define Anum_dm_consent_purpose		4
#define Anum_dm_consent_granted		5
#define Anum_dm_consent_evidence	6
#define Anum_dm_consent_recorded_at 7
#define Anum_dm_consent_recorded_by 8

/* The kind that an argument names, for the caller to record in; it stays until he is done. */
static DmKind *
kind_for_recording(const char *name)
{
	DmKind *kind = dm_kind_get(name, false);

	dm_kind_check_inside(kind);
	dm_table_lock(DM_SUBJECT_KIND, kind->id, RowShareLock);
	/* it may have gone, or gone to another domain, while we waited */
	kind = dm_kind_get(name, false);
	dm_kind_check_inside(kind);
	return kind;
}

/* Adds decisions to the history. */
static void
write_history(DmKind *kind, List *subjects, const char *purpose, bool granted,
			  const char *evidence)
{
	DmWriter writer;
	DmRow row;
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "datamesh history",
											  ALLOCSET_SMALL_SIZES);
	ListCell *lc;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_consent_kind, Int64GetDatum(kind->id));
	dm_row_set_text(&row, Anum_dm_consent_purpose, purpose);
	dm_row_set(&row, Anum_dm_consent_granted, BoolGetDatum(granted));
	dm_row_set_text(&row, Anum_dm_consent_evidence, evidence);
	dm_row_set(&row, Anum_dm_consent_recorded_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set(&row, Anum_dm_consent_recorded_by, ObjectIdGetDatum(GetUserId()));
	dm_data_begin(&writer, DM_CONSENT);
	foreach(lc, subjects)
	{
		MemoryContext old = MemoryContextSwitchTo(cxt);

		CHECK_FOR_INTERRUPTS();
		dm_row_set(&row, Anum_dm_consent_id, Int64GetDatum(dm_table_next_id(DM_CONSENT)));
		dm_row_set_text(&row, Anum_dm_consent_subject, dm_key_canonical(kind, lfirst(lc)));
		dm_data_insert(&writer, &row);
		MemoryContextSwitchTo(old);
		MemoryContextReset(cxt);
	}
	dm_data_end(&writer);
	MemoryContextDelete(cxt);
}

static void
record(FunctionCallInfo fcinfo, List *subjects)
{
	char *purpose = dm_arg_text(fcinfo, 1, "purpose");
	char *kind_name = dm_arg_text(fcinfo, 3, "kind");
	char *evidence = dm_arg_text_or_null(fcinfo, 4, "evidence");
	DmKind *kind;
	DmPosition *positions;
	int n = 0;
	ListCell *lc;

	if (PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null", "granted"),
				 errhint("True records consent, false that it was refused or withdrawn.")));
	dm_purpose_check(purpose);
	kind = kind_for_recording(kind_name);
	if (subjects == NIL)
		return;
	positions = MemoryContextAllocHuge(CurrentMemoryContext,
									   list_length(subjects) * sizeof(DmPosition));
	foreach(lc, subjects)
		positions[n++] = dm_position_key(kind, lfirst(lc));
	dm_consent_set_record(kind, purpose, PG_GETARG_BOOL(2), positions, n);
	write_history(kind, subjects, purpose, PG_GETARG_BOOL(2), evidence);
}

Datum
dm_record_consent(PG_FUNCTION_ARGS)
{
	record(fcinfo, list_make1(dm_arg_text(fcinfo, 0, "subject")));
	PG_RETURN_VOID();
}

Datum
dm_record_consents(PG_FUNCTION_ARGS)
{
	List *subjects = dm_arg_list(fcinfo, 0, "subjects");

	if (PG_ARGISNULL(0))
		(void) dm_arg_text(fcinfo, 0, "subjects");
	record(fcinfo, subjects);
	PG_RETURN_INT64(list_length(subjects));
}

/* The last decision on a purpose in a subject's history. */
typedef struct Decision
{
	bool found;
	int64 id;
	bool granted;
	char *evidence;
	TimestampTz recorded_at;
	Oid recorded_by;
} Decision;

static Decision
last_decision(DmKind *kind, const char *subject, const char *purpose)
{
	Decision last = { false };
	ScanKeyData keys[2];
	DmScan scan;
	HeapTuple tuple;

	dm_key_int8(&keys[0], Anum_dm_consent_kind, kind->id);
	dm_key_text(&keys[1], Anum_dm_consent_subject, subject);
	dm_scan_begin_at(&scan, DM_CONSENT, "consent_pkey", GetActiveSnapshot(), 2, keys);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		int64 id = dm_scan_int8(&scan, tuple, Anum_dm_consent_id);

		if (strcmp(dm_scan_text(&scan, tuple, Anum_dm_consent_purpose), purpose) != 0 ||
			(last.found && last.id > id))
			continue;
		last.found = true;
		last.id = id;
		last.granted = DatumGetBool(dm_scan_get(&scan, tuple, Anum_dm_consent_granted, NULL));
		last.evidence = dm_scan_text(&scan, tuple, Anum_dm_consent_evidence);
		last.recorded_at =
			DatumGetTimestampTz(dm_scan_get(&scan, tuple, Anum_dm_consent_recorded_at, NULL));
		last.recorded_by = dm_scan_oid(&scan, tuple, Anum_dm_consent_recorded_by);
	}
	dm_scan_end(&scan);
	return last;
}

/* consented, and the decision that says so: purpose, time, role, evidence. */
Datum
dm_consent_status(PG_FUNCTION_ARGS)
{
	char *subject = dm_arg_text(fcinfo, 0, "subject");
	char *purpose = dm_arg_text(fcinfo, 1, "purpose");
	DmKind *kind = dm_kind_get(dm_arg_text(fcinfo, 2, "kind"), false);
	DmPosition position = dm_position_key(kind, subject);
	TupleDesc desc;
	Datum values[5];
	bool nulls[5] = { false, true, true, true, true };
	ListCell *lc;

	if (pg_class_aclcheck(dm_table_oid(DM_CONSENT), GetUserId(), ACL_SELECT) != ACLCHECK_OK)
		dm_kind_check_inside(kind);
	if (dm_purpose_lineage(purpose) == NIL)
		dm_purpose_check(purpose);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = BoolGetDatum(false);
	foreach(lc, dm_purpose_lineage(purpose))
	{
		DmConsent consent = dm_consent_set_get(kind, lfirst(lc), position);
		Decision last;

		if (consent == DM_CONSENT_NONE)
			continue;
		last = last_decision(kind, dm_key_canonical(kind, subject), lfirst(lc));
		values[0] = BoolGetDatum(consent == DM_CONSENT_GRANTED);
		values[1] = CStringGetTextDatum(lfirst(lc));
		values[2] = TimestampTzGetDatum(last.recorded_at);
		values[3] = ObjectIdGetDatum(last.recorded_by);
		nulls[1] = false;
		nulls[2] = nulls[3] = !last.found;
		if (last.found && last.evidence != NULL)
		{
			values[4] = CStringGetTextDatum(last.evidence);
			nulls[4] = false;
		}
		break;
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
