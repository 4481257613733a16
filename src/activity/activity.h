/*
 * activity.h
 *		What happens to governed relations, counted where it happens.
 *
 * Governed are the tables and materialised views of domains, with partitions rolled up to the
 * topmost table that is in a domain, and ports.  Counters live in shared memory, which a server
 * has that preloads the library; everywhere else nothing is counted.
 */
#ifndef DM_ACTIVITY_ACTIVITY_H
#define DM_ACTIVITY_ACTIVITY_H

#include "datatype/timestamp.h"
#include "executor/execdesc.h"
#include "nodes/parsenodes.h"
#include "portability/instr_time.h"

/* all zero but for counted_since where nothing has happened yet */
typedef struct DmActivity
{
	TimestampTz counted_since;
	TimestampTz last_write; /* commit of the last transaction that wrote; 0 for none */
	TimestampTz last_read;
	int64 commits;
	int64 inserted;
	int64 updated;
	int64 deleted;
	int64 failed_writes; /* transactions that tried and were rolled back */
	int64 reads;		 /* statements, those that failed included */
	int64 failed_reads;
	int64 rows_read;
	double read_ms;
} DmActivity;

/*
 * The counters of a relation, or of the table that a partition belongs to; begins to count if
 * nobody has before.  False where nothing is counted: the library is not preloaded, the
 * relation is not governed, or shared memory is full (datamesh.activity_max).
 */
extern bool dm_activity_get(Oid relid, DmActivity *activity);

/*
 * The same, and writes the counters to datamesh.activity, so that what is computed from them and
 * committed with this transaction is not ahead of them after a crash.  Somebody else who writes
 * them at this moment is not waited for: they are only read then.
 */
extern bool dm_activity_save(Oid relid, DmActivity *activity);

/*
 * Times in which nobody wrote to a relation.  From the first dm_activity_watch on those that
 * are longer than the given number of microseconds are remembered, the last DM_GAPS of them
 * that have ended; the one that has not begins with last_write.  dm_activity_gaps copies them, the
 * oldest first, and tells their number; those that ended at *lost_until or before may be missing.
 */
#define DM_GAPS 16

typedef struct DmGap
{
	TimestampTz from;
	TimestampTz to;
} DmGap;

extern void dm_activity_watch(Oid relid, int64 gap);
extern int dm_activity_gaps(Oid relid, DmGap gaps[DM_GAPS], TimestampTz *lost_until);

/* Whether the server counts at all. */
extern bool dm_activity_enabled(void);

/* The relation that counts for this one: itself, a partition's table, or InvalidOid. */
extern Oid dm_activity_target(Oid relid);

/* Writes the counters of this database to datamesh.activity. */
extern void dm_activity_flush(void);

/* The relation, a database or all of this database are about to go. */
extern void dm_activity_forget(Oid relid);
extern void dm_activity_forget_database(Oid database);

/*
 * For src/hooks.  A statement has passed its start; a utility command is about to run, or has;
 * a statement runs: begin tells whether it reads a port, and only then there is an end.
 */
extern void dm_activity_started(QueryDesc *query, int eflags);
extern void dm_activity_before_command(Node *parsetree);
extern void dm_activity_after_command(Node *parsetree);

typedef struct DmReading
{
	Oid *ports;
	int count;
	bool first; /* the statement's first run; others are further fetches of a cursor */
	instr_time start;
} DmReading;

extern bool dm_activity_read_begin(QueryDesc *query, DmReading *reading);
extern void dm_activity_read_end(QueryDesc *query, DmReading *reading, bool failed);

extern void dm_activity_init(void);

#endif /* DM_ACTIVITY_ACTIVITY_H */
