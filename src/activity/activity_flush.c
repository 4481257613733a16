/*
 * activity_flush.c
 *		The counters in tables: what survives a crash, and what waits for COMMIT PREPARED.
 *
 * A transaction that is prepared writes down what it has written to, in a table of ours, as part
 * of itself: the rows can be seen when it has committed, and are gone when it has not, on
 * whichever server and after whichever crash.  Whoever commits it, or else the next flush, counts
 * and deletes them.  For that it takes a lock that only its like conflicts with; a transaction
 * that is prepared still holds its own on the table.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "activity/activity_flush.h"
#include "catalog/data.h"

#define Anum_dm_activity_prepared_relation 1
#define Anum_dm_activity_prepared_inserted 2
#define Anum_dm_activity_prepared_updated  3
#define Anum_dm_activity_prepared_deleted  4

/* what is safe once this transaction, or the subtransaction of that level, commits */
static DmCounted *flushing = NULL;
static int flushing_count = 0;
static int flushing_level = 0;

/* the removals that this process has swept the table for */
static uint64 swept = 0;

static TimestampTz
get_time(DmScan *scan, HeapTuple tuple, AttrNumber attno)
{
	bool isnull;
	Datum value = dm_scan_get(scan, tuple, attno, &isnull);

	return isnull ? 0 : DatumGetTimestampTz(value);
}

static void
set_time(DmRow *row, AttrNumber attno, TimestampTz value)
{
	if (value == 0)
		dm_row_set_null(row, attno);
	else
		dm_row_set(row, attno, TimestampTzGetDatum(value));
}

static void
row_of(DmRow *row, Oid relid, const DmActivity *activity)
{
	dm_row_init(row);
	dm_row_set(row, Anum_dm_activity_relation, ObjectIdGetDatum(relid));
	set_time(row, Anum_dm_activity_counted_since, activity->counted_since);
	set_time(row, Anum_dm_activity_last_write, activity->last_write);
	set_time(row, Anum_dm_activity_last_read, activity->last_read);
	dm_row_set(row, Anum_dm_activity_commits, Int64GetDatum(activity->commits));
	dm_row_set(row, Anum_dm_activity_inserted, Int64GetDatum(activity->inserted));
	dm_row_set(row, Anum_dm_activity_updated, Int64GetDatum(activity->updated));
	dm_row_set(row, Anum_dm_activity_deleted, Int64GetDatum(activity->deleted));
	dm_row_set(row, Anum_dm_activity_failed_writes, Int64GetDatum(activity->failed_writes));
	dm_row_set(row, Anum_dm_activity_reads, Int64GetDatum(activity->reads));
	dm_row_set(row, Anum_dm_activity_failed_reads, Int64GetDatum(activity->failed_reads));
	dm_row_set(row, Anum_dm_activity_rows_read, Int64GetDatum(activity->rows_read));
	dm_row_set(row, Anum_dm_activity_read_ms, Float8GetDatum(activity->read_ms));
	dm_row_set(row, Anum_dm_activity_flushed_at, TimestampTzGetDatum(GetCurrentTimestamp()));
}

void
dm_activity_read_row(DmScan *scan, HeapTuple tuple, DmActivity *activity)
{
	activity->counted_since = get_time(scan, tuple, Anum_dm_activity_counted_since);
	activity->last_write = get_time(scan, tuple, Anum_dm_activity_last_write);
	activity->last_read = get_time(scan, tuple, Anum_dm_activity_last_read);
	activity->commits = dm_scan_int8(scan, tuple, Anum_dm_activity_commits);
	activity->inserted = dm_scan_int8(scan, tuple, Anum_dm_activity_inserted);
	activity->updated = dm_scan_int8(scan, tuple, Anum_dm_activity_updated);
	activity->deleted = dm_scan_int8(scan, tuple, Anum_dm_activity_deleted);
	activity->failed_writes = dm_scan_int8(scan, tuple, Anum_dm_activity_failed_writes);
	activity->reads = dm_scan_int8(scan, tuple, Anum_dm_activity_reads);
	activity->failed_reads = dm_scan_int8(scan, tuple, Anum_dm_activity_failed_reads);
	activity->rows_read = dm_scan_int8(scan, tuple, Anum_dm_activity_rows_read);
	activity->read_ms = DatumGetFloat8(dm_scan_get(scan, tuple, Anum_dm_activity_read_ms, NULL));
}

static void
scan_relation(DmScan *scan, Oid relid)
{
	ScanKeyData key;

	dm_key_oid(&key, Anum_dm_activity_relation, relid);
	dm_scan_begin(scan, DM_ACTIVITY, "activity_pkey", 1, &key);
}

Oid
dm_activity_table(void)
{
	return get_relname_relid("activity", dm_catalog_schema());
}

bool
dm_activity_load(Oid relid, DmActivity *activity)
{
	DmScan scan;
	HeapTuple tuple;

	/* whoever writes to a table is not to be stopped by an extension that is only half there */
	if (!OidIsValid(dm_activity_table()))
		return false;
	scan_relation(&scan, relid);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
		dm_activity_read_row(&scan, tuple, activity);
	dm_scan_end(&scan);
	return HeapTupleIsValid(tuple);
}

static void
write_counters(DmWriter *writer, const DmCounted *counted)
{
	DmScan scan;
	HeapTuple tuple;
	DmRow row;

	row_of(&row, counted->relid, &counted->activity);
	scan_relation(&scan, counted->relid);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
		dm_data_update(writer, tuple, &row);
	else
		dm_data_insert(writer, &row);
	dm_scan_end(&scan);
}

bool
dm_activity_save(Oid relid, DmActivity *activity)
{
	DmCounted counted;
	DmActivity stored;
	DmWriter writer;
	bool locked;

	/* read after the lock was taken: a flush must not be written over with older counters */
	locked = dm_counters_ready() && !XactReadOnly && !RecoveryInProgress() &&
			 dm_table_try_lock(DM_ACTIVITY, 0);
	if (!dm_activity_get(relid, activity))
		return false;
	counted.relid = dm_activity_target(relid);
	if (!locked || (dm_activity_load(counted.relid, &stored) &&
					memcmp(&stored, activity, sizeof(stored)) == 0))
		return true;
	counted.activity = *activity;
	dm_data_begin(&writer, DM_ACTIVITY);
	write_counters(&writer, &counted);
	dm_data_end(&writer);
	return true;
}

static bool
is_there(Oid relid)
{
	return SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relid));
}

/* Deletes the rows of relations that are gone. */
static void
sweep(DmWriter *writer)
{
	uint64 removals = dm_counters_removals();
	DmScan scan;
	HeapTuple tuple;

	if (swept == removals)
		return;
	dm_scan_begin(&scan, DM_ACTIVITY, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		if (!is_there(dm_scan_oid(&scan, tuple, Anum_dm_activity_relation)))
			dm_data_delete(writer, tuple);
	dm_scan_end(&scan);
	swept = removals;
}

void
dm_activity_flush(void)
{
	DmCounted *counted;
	DmWriter writer;
	int count;

	if (!dm_counters_ready() || RecoveryInProgress())
		return;
	dm_table_lock(DM_ACTIVITY, 0, ExclusiveLock);
	dm_activity_prepared();
	counted = dm_counters_list(true, &count);
	dm_data_begin(&writer, DM_ACTIVITY);
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (is_there(counted[i].relid))
			write_counters(&writer, &counted[i]);
		else
			dm_counters_remove(counted[i].relid);
	}
	sweep(&writer);
	dm_data_end(&writer);

	flushing = MemoryContextAlloc(TopTransactionContext, Max(count, 1) * sizeof(DmCounted));
	memcpy(flushing, counted, count * sizeof(DmCounted));
	flushing_count = count;
	flushing_level = GetCurrentTransactionNestLevel();
	pfree(counted);
}

void
dm_activity_prepare(DmActivityChange *changes, int count)
{
	DmWriter writer;

	if (count == 0)
		return;
	dm_data_begin(&writer, DM_ACTIVITY_PREPARED);
	for (int i = 0; i < count; i++)
	{
		DmRow row;

		dm_row_init(&row);
		dm_row_set(&row, Anum_dm_activity_prepared_relation, ObjectIdGetDatum(changes[i].relid));
		dm_row_set(&row, Anum_dm_activity_prepared_inserted,
				   Int64GetDatum(changes[i].add.inserted));
		dm_row_set(&row, Anum_dm_activity_prepared_updated, Int64GetDatum(changes[i].add.updated));
		dm_row_set(&row, Anum_dm_activity_prepared_deleted, Int64GetDatum(changes[i].add.deleted));
		dm_data_insert(&writer, &row);
	}
	dm_data_end(&writer);
}

void
dm_activity_prepared(void)
{
	Oid table;
	DmScan scan;
	HeapTuple tuple;
	DmWriter writer;

	if (!dm_counters_ready() || XactReadOnly || RecoveryInProgress())
		return;
	table = get_relname_relid("activity_prepared", dm_catalog_schema());
	if (!OidIsValid(table) || !ConditionalLockRelationOid(table, ShareUpdateExclusiveLock))
		return;
	dm_scan_begin(&scan, DM_ACTIVITY_PREPARED, NULL, 0, NULL);
	dm_data_begin(&writer, DM_ACTIVITY_PREPARED);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		dm_activity_carry(dm_scan_oid(&scan, tuple, Anum_dm_activity_prepared_relation),
						  dm_scan_int8(&scan, tuple, Anum_dm_activity_prepared_inserted),
						  dm_scan_int8(&scan, tuple, Anum_dm_activity_prepared_updated),
						  dm_scan_int8(&scan, tuple, Anum_dm_activity_prepared_deleted));
		dm_data_delete(&writer, tuple);
	}
	dm_data_end(&writer);
	dm_scan_end(&scan);
}

static void
at_xact_event(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT)
		for (int i = 0; i < flushing_count; i++)
			dm_counters_flushed(&flushing[i]);
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
	{
		flushing = NULL;
		flushing_count = 0;
	}
}

static void
at_subxact_event(SubXactEvent event, SubTransactionId my, SubTransactionId parent, void *arg)
{
	int level = GetCurrentTransactionNestLevel();

	if (flushing_count == 0 || flushing_level < level)
		return;
	if (event == SUBXACT_EVENT_COMMIT_SUB)
		flushing_level = level - 1;
	else if (event == SUBXACT_EVENT_ABORT_SUB)
		flushing_count = 0;
}

void
dm_activity_flush_init(void)
{
	RegisterXactCallback(at_xact_event, NULL);
	RegisterSubXactCallback(at_subxact_event, NULL);
}
