/*
 * quarantine.h
 *		The side tables of rules in mode "quarantine".
 */
#ifndef DM_QUALITY_QUARANTINE_H
#define DM_QUALITY_QUARANTINE_H

#include "nodes/pg_list.h"

#include "catalog/command.h"

#define Anum_dm_quarantine_relation	  1
#define Anum_dm_quarantine_side		  2
#define Anum_dm_quarantine_created_at 3
#define Anum_dm_quarantine_created_by 4

/* The columns of a side table beside those of its table; the first is its key. */
#define DM_QUARANTINE_ID	 "quarantine_id"
#define DM_QUARANTINE_RULES	 "quarantine_rules"
#define DM_QUARANTINE_REASON "quarantine_reason"
#define DM_QUARANTINE_AT	 "quarantine_at"
#define DM_QUARANTINE_BY	 "quarantine_by"

/* True for the names of these columns. */
extern bool dm_quarantine_is_own_column(const char *name);

/* The side table of a relation; InvalidOid for none.  It may be gone. */
extern Oid dm_quarantine_side(Oid relid);

/* The same for a partition: the side table of the nearest one above it that has one. */
extern Oid dm_quarantine_side_above(Oid relid);

/* The relation that a side table belongs to; InvalidOid for what is none. */
extern Oid dm_quarantine_relation(Oid side);

/* Makes the side table unless it is there, as the owner of the relation. */
extern void dm_quarantine_make(Oid relid);

/* No rule sets rows of the relation aside any more: an empty side table goes. */
extern void dm_quarantine_unused(Oid relid);

/* The number of rows that the current snapshot sees in a side table. */
extern int64 dm_quarantine_rows(Oid side);

/* Drops the side table, whatever it holds, and forgets it. */
extern void dm_quarantine_drop(Oid relid);

/* Whether a side table is as it was made: columns, owner, row security, no triggers. */
extern bool dm_quarantine_is_whole(Oid side);

/* Columns, owner, and labels as the relation has them now. */
extern void dm_quarantine_follow(Oid relid);

/* A column of the relation was renamed. */
extern void dm_quarantine_follow_rename(Oid relid, const char *from, const char *to);

/* All relations that have a side table, with those that are gone. */
extern List *dm_quarantine_relations(void);

/* Why the last row was set aside: for the release, which tries rows one by one. */
extern void dm_quarantine_last_reason(List **rules, char **reason);
extern void dm_quarantine_forget_reason(void);

#endif /* DM_QUALITY_QUARANTINE_H */
