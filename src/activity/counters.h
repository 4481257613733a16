/*
 * counters.h
 *		The counters in shared memory.
 */
#ifndef DM_ACTIVITY_COUNTERS_H
#define DM_ACTIVITY_COUNTERS_H

#include "activity/activity.h"

extern int dm_activity_max;

/* What one transaction or statement adds to the counters of a relation. */
typedef struct DmActivityChange
{
	Oid relid;
	DmActivity add; /* its times replace older ones */
} DmActivityChange;

/* A relation's counters as they were, and what dm_counters_flushed wants to know of them. */
typedef struct DmCounted
{
	Oid relid;
	uint64 version;
	DmActivity activity;
} DmCounted;

extern bool dm_counters_ready(void);

/* Copies the counters of a relation of this database; false if there are none. */
extern bool dm_counters_read(Oid relid, DmActivity *activity);

/* Makes a place for them that begins with these, unless there is one; false if memory is full. */
extern bool dm_counters_enter(Oid relid, const DmActivity *initial);

/* Adds to the counters.  Raises no error: it is called when a transaction is over. */
extern void dm_counters_add(const DmActivityChange *change);

/* See dm_activity_watch() and dm_activity_gaps(). */
extern void dm_counters_watch(Oid relid, int64 gap);
extern int dm_counters_gaps(Oid relid, DmGap gaps[DM_GAPS], TimestampTz *lost_until);

/* All counters of this database: an array of *count; only_changed leaves out what was flushed. */
extern DmCounted *dm_counters_list(bool only_changed, int *count);

/* The counters as they were at that version are safe. */
extern void dm_counters_flushed(const DmCounted *counted);

/* The counters of a relation of this database go; those of a whole database. */
extern void dm_counters_remove(Oid relid);
extern void dm_counters_remove_database(Oid database);

/* Moves on when the counters of a relation went. */
extern uint64 dm_counters_removals(void);

extern void dm_counters_init(void);

#endif /* DM_ACTIVITY_COUNTERS_H */
