/*
 * activity_flush.h
 *		The counters in tables: what survives a crash, and what waits for COMMIT PREPARED.
 */
#ifndef DM_ACTIVITY_ACTIVITY_FLUSH_H
#define DM_ACTIVITY_ACTIVITY_FLUSH_H

#include "activity/counters.h"
#include "catalog/table.h"

#define Anum_dm_activity_relation	   1
#define Anum_dm_activity_counted_since 2
#define Anum_dm_activity_last_write	   3
#define Anum_dm_activity_last_read	   4
#define Anum_dm_activity_commits	   5
#define Anum_dm_activity_inserted	   6
#define Anum_dm_activity_updated	   7
#define Anum_dm_activity_deleted	   8
#define Anum_dm_activity_failed_writes 9
#define Anum_dm_activity_reads		   10
#define Anum_dm_activity_failed_reads  11
#define Anum_dm_activity_rows_read	   12
#define Anum_dm_activity_read_ms	   13
#define Anum_dm_activity_flushed_at	   14

/* Table datamesh.activity, InvalidOid where the extension is not created. */
extern Oid dm_activity_table(void);

/* The relation's counters as they were flushed last; false if they never were. */
extern bool dm_activity_load(Oid relid, DmActivity *activity);

extern void dm_activity_read_row(DmScan *scan, HeapTuple tuple, DmActivity *activity);

/* Keeps what a transaction that is being prepared has written, until it commits. */
extern void dm_activity_prepare(DmActivityChange *changes, int count);

/* Counts what transactions that were prepared have committed since. */
extern void dm_activity_prepared(void);

/* One of them; it is counted when the running transaction commits. */
extern void dm_activity_carry(Oid relid, int64 inserted, int64 updated, int64 deleted);

extern void dm_activity_flush_init(void);

#endif /* DM_ACTIVITY_ACTIVITY_FLUSH_H */
