/*
 * activity.c
 *		Counting what happens to governed relations, where it happens.
 *
 * Rows are not counted here: the server counts those that a transaction writes to each table,
 * by whichever way (DML, COPY, foreign keys, logical replication, REFRESH), and rolls back what
 * a savepoint takes back.  Before COMMIT its list is read and resolved to what is governed; at
 * COMMIT the result is added to shared memory with the commit's time.  VACUUM and the rewriting
 * of tables do not stand in that list.
 *
 * That a transaction tried to write is noted when a statement starts, because a statement may
 * fail before its first row.  At ABORT nothing can be looked up any more, and need not be.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "activity/activity.h"
#include "activity/activity_flush.h"
#include "activity/counters.h"
#include "activity/governed.h"
#include "base/errors.h"
#include "compat/pg_compat.h"

/* of the running transaction: tables that it tried to write to, and what it is about to commit */
static Oid *tried = NULL;
static int tried_count = 0;
static int tried_room = 0;
static DmActivityChange *changes = NULL;
static int change_count = 0;
static int change_room = 0;

/* ... materialised views that it has refreshed, maybe without a difference */
static Oid *refreshed = NULL;
static int refreshed_count = 0;
static int refreshed_room = 0;

/* ... and what others that were prepared have committed, as DmActivityChange */
static DmActivityChange *carried = NULL;
static int carried_count = 0;
static int carried_room = 0;

/* ... relations that it drops, or the extension with all that it knows */
static Oid *dropped = NULL;
static int dropped_count = 0;
static int dropped_room = 0;
static bool forgets_database = false;

bool
dm_activity_enabled(void)
{
	return dm_counters_ready();
}

Oid
dm_activity_target(Oid relid)
{
	return dm_governed_port(relid) ? relid : dm_governed_table(relid);
}

/* Makes sure that there is a place to count in, while the table of counters can be read. */
static bool
enter(Oid relid)
{
	DmActivity activity;

	if (dm_counters_read(relid, &activity))
		return true;
	if (!dm_activity_load(relid, &activity))
	{
		memset(&activity, 0, sizeof(activity));
		activity.counted_since = GetCurrentTimestamp();
	}
	return dm_counters_enter(relid, &activity);
}

bool
dm_activity_get(Oid relid, DmActivity *activity)
{
	Oid target;

	memset(activity, 0, sizeof(*activity));
	if (!dm_counters_ready())
		return false;
	target = dm_activity_target(relid);
	return OidIsValid(target) && enter(target) && dm_counters_read(target, activity);
}

void
dm_activity_watch(Oid relid, int64 gap)
{
	if (dm_counters_ready())
		dm_counters_watch(dm_activity_target(relid), gap);
}

int
dm_activity_gaps(Oid relid, DmGap gaps[DM_GAPS], TimestampTz *lost_until)
{
	*lost_until = 0;
	return dm_counters_ready() ?
			   dm_counters_gaps(dm_activity_target(relid), gaps, lost_until) :
			   0;
}

/* Room for one more in an array that is kept for the next transaction. */
static void *
one_more(void *array, int count, int *room, Size size)
{
	int more;

	if (count < *room)
		return array;
	more = Max(16, *room * 2);
	if (array == NULL)
		array = MemoryContextAllocHuge(TopMemoryContext, more * size);
	else
		array = repalloc_huge(array, more * size);
	*room = more;
	return array;
}

static void
note(Oid **array, int *count, int *room, Oid relid)
{
	for (int i = *count - 1; i >= 0; i--)
		if ((*array)[i] == relid)
			return;
	*array = one_more(*array, *count, room, sizeof(Oid));
	(*array)[(*count)++] = relid;
}

static bool
is_tried(Oid relid)
{
	for (int i = tried_count - 1; i >= 0; i--)
		if (tried[i] == relid)
			return true;
	return false;
}

/* Whatever is tried has a place to count in, so that nobody needs to look for it again. */
static void
note_try(Oid relid)
{
	Oid target = dm_governed_table(relid);

	if (OidIsValid(target) && !is_tried(target) && enter(target))
		note(&tried, &tried_count, &tried_room, target);
}

void
dm_activity_started(QueryDesc *query, int eflags)
{
	PlannedStmt *stmt = query->plannedstmt;
	ListCell *lc;

	if (stmt->resultRelations == NIL || !dm_counters_ready() ||
		(eflags & EXEC_FLAG_EXPLAIN_ONLY) != 0 || IsParallelWorker())
		return;
	foreach(lc, stmt->resultRelations)
		note_try(rt_fetch(lfirst_int(lc), stmt->rtable)->relid);
}

/* The relation that COPY ... FROM or REFRESH writes to, if the user may; else that is refused. */
static Oid
written_by(Node *parsetree)
{
	RangeVar *name = NULL;
	Oid relid;

	if (IsA(parsetree, CopyStmt) && ((CopyStmt *) parsetree)->is_from)
		name = ((CopyStmt *) parsetree)->relation;
	else if (IsA(parsetree, RefreshMatViewStmt))
		name = ((RefreshMatViewStmt *) parsetree)->relation;
	if (name == NULL || !dm_counters_ready())
		return InvalidOid;

	relid = RangeVarGetRelid(name, NoLock, true);
	if (!OidIsValid(relid))
		return InvalidOid;
	if (IsA(parsetree, CopyStmt))
		return pg_class_aclcheck(relid, GetUserId(), ACL_INSERT) == ACLCHECK_OK ?
				   relid :
				   InvalidOid;
	return dm_class_ownercheck(relid, GetUserId()) ? relid : InvalidOid;
}

void
dm_activity_before_command(Node *parsetree)
{
	Oid relid = written_by(parsetree);

	if (OidIsValid(relid))
		note_try(relid);
}

void
dm_activity_after_command(Node *parsetree)
{
	Oid relid;

	if (IsA(parsetree, TransactionStmt) &&
		((TransactionStmt *) parsetree)->kind == TRANS_STMT_COMMIT_PREPARED)
		dm_activity_prepared();
	if (!IsA(parsetree, RefreshMatViewStmt))
		return;
	relid = written_by(parsetree);
	if (OidIsValid(relid) && OidIsValid(dm_governed_table(relid)))
		note(&refreshed, &refreshed_count, &refreshed_room, relid);
}

static DmActivityChange *
change_of(Oid relid)
{
	DmActivityChange *change;

	for (int i = change_count - 1; i >= 0; i--)
		if (changes[i].relid == relid)
			return &changes[i];
	changes = one_more(changes, change_count, &change_room, sizeof(DmActivityChange));
	change = &changes[change_count++];
	memset(change, 0, sizeof(*change));
	change->relid = relid;
	return change;
}

void
dm_activity_carry(Oid relid, int64 inserted, int64 updated, int64 deleted)
{
	DmActivityChange *change;

	carried = one_more(carried, carried_count, &carried_room, sizeof(DmActivityChange));
	change = &carried[carried_count++];
	memset(change, 0, sizeof(*change));
	change->relid = relid;
	change->add.inserted = inserted;
	change->add.updated = updated;
	change->add.deleted = deleted;
}

static void
add_rows(DmActivityChange *change, int64 inserted, int64 updated, int64 deleted)
{
	change->add.inserted += inserted;
	change->add.updated += updated;
	change->add.deleted += deleted;
}

/* What the transaction has written to governed tables, while the catalogs can still be read. */
static void
collect_changes(void)
{
	PgStat_TableXactStatus *trans;

	change_count = 0;
	if (!dm_counters_ready() || !TransactionIdIsValid(GetTopTransactionIdIfAny()))
		return;
	for (trans = dm_pgstat_written(); trans != NULL; trans = trans->next)
	{
		Oid target;
		DmActivityChange *change;

		if (dm_pgstat_is_shared(trans->parent) ||
			dm_pgstat_relid(trans->parent) < FirstNormalObjectId)
			continue;
		if (trans->tuples_inserted == 0 && trans->tuples_updated == 0 &&
			trans->tuples_deleted == 0 && !trans->truncdropped)
			continue;
		target = dm_governed_table(dm_pgstat_relid(trans->parent));
		if (!OidIsValid(target) || !(is_tried(target) || enter(target)))
			continue;
		change = change_of(target);
		change->add.commits = 1;
		add_rows(change, trans->tuples_inserted, trans->tuples_updated, trans->tuples_deleted);
	}
	for (int i = 0; i < refreshed_count; i++)
		if (dm_governed_table(refreshed[i]) == refreshed[i] && enter(refreshed[i]))
			change_of(refreshed[i])->add.commits = 1;
	for (int i = 0; i < carried_count; i++)
	{
		DmActivity *add = &carried[i].add;
		DmActivityChange *change;

		if (!OidIsValid(dm_governed_table(carried[i].relid)) || !enter(carried[i].relid))
			continue;
		change = change_of(carried[i].relid);
		change->add.commits++;
		add_rows(change, add->inserted, add->updated, add->deleted);
	}
}

static void
add_changes(void)
{
	TimestampTz now = change_count > 0 ? GetCurrentTransactionStopTimestamp() : 0;

	for (int i = 0; i < change_count; i++)
	{
		changes[i].add.last_write = now;
		dm_counters_add(&changes[i]);
	}
}

static void
add_failures(void)
{
	for (int i = 0; i < tried_count; i++)
	{
		DmActivityChange change;

		memset(&change, 0, sizeof(change));
		change.relid = tried[i];
		change.add.failed_writes = 1;
		dm_counters_add(&change);
	}
}

void
dm_activity_forget(Oid relid)
{
	DmActivity activity;

	if (!dm_counters_ready())
		return;
	/* without the extension there is nobody to count for; its tables may be half gone already */
	if (relid == dm_activity_table())
		forgets_database = true;
	else if (dm_counters_read(relid, &activity))
		note(&dropped, &dropped_count, &dropped_room, relid);
}

void
dm_activity_forget_database(Oid database)
{
	dm_counters_remove_database(database);
}

/* A savepoint may have brought the relation back, which only the catalog knows. */
static void
check_dropped(void)
{
	int count = 0;

	for (int i = 0; i < dropped_count; i++)
		if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(dropped[i])))
			dropped[count++] = dropped[i];
	dropped_count = count;
	if (forgets_database && OidIsValid(dm_activity_table()))
		forgets_database = false;
}

static void
remove_dropped(void)
{
	for (int i = 0; i < dropped_count; i++)
		dm_counters_remove(dropped[i]);
	if (forgets_database)
		dm_counters_remove_database(MyDatabaseId);
}

static void
forget_transaction(void)
{
	dropped_count = 0;
	forgets_database = false;
	tried_count = 0;
	change_count = 0;
	refreshed_count = 0;
	carried_count = 0;
}

static void
at_xact_event(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
			check_dropped();
			collect_changes();
			break;
		case XACT_EVENT_PRE_PREPARE:
			collect_changes();
			dm_activity_prepare(changes, change_count);
			break;
		case XACT_EVENT_COMMIT:
			add_changes();
			remove_dropped();
			forget_transaction();
			break;
		case XACT_EVENT_ABORT:
			add_failures();
			forget_transaction();
			break;
		case XACT_EVENT_PREPARE:
			forget_transaction();
			break;
		default:
			break;
	}
}

bool
dm_activity_read_begin(QueryDesc *query, DmReading *reading)
{
	ListCell *lc;

	if (!dm_counters_ready() || IsParallelWorker())
		return false;
	reading->count = 0;
	reading->ports = NULL;
	foreach(lc, query->plannedstmt->relationOids)
	{
		Oid relid = lfirst_oid(lc);
		bool known = false;

		if (!dm_governed_port(relid))
			continue;
		for (int i = 0; i < reading->count; i++)
			known = known || reading->ports[i] == relid;
		if (known || !enter(relid))
			continue;
		if (reading->ports == NULL)
			reading->ports = palloc(list_length(query->plannedstmt->relationOids) * sizeof(Oid));
		reading->ports[reading->count++] = relid;
	}
	if (reading->count == 0)
		return false;
	reading->first = !query->already_executed;
	INSTR_TIME_SET_CURRENT(reading->start);
	return true;
}

/* A reader who was refused has not met with a failure of the product. */
static bool
is_refusal(int sqlstate)
{
	return sqlstate == ERRCODE_INSUFFICIENT_PRIVILEGE || sqlstate == ERRCODE_DM_NO_AGREEMENT ||
		   sqlstate == ERRCODE_DM_PURPOSE || sqlstate == ERRCODE_DM_PRODUCT_STATUS ||
		   sqlstate == ERRCODE_DM_ACCESS_CHANGED || sqlstate == ERRCODE_DM_BOUNDARY;
}

void
dm_activity_read_end(QueryDesc *query, DmReading *reading, bool failed)
{
	DmActivityChange change;
	instr_time elapsed;

	if (failed && is_refusal(geterrcode()))
		return;
	INSTR_TIME_SET_CURRENT(elapsed);
	INSTR_TIME_SUBTRACT(elapsed, reading->start);
	memset(&change, 0, sizeof(change));
	change.add.last_read = GetCurrentTimestamp();
	change.add.reads = reading->first ? 1 : 0;
	change.add.failed_reads = failed ? 1 : 0;
	change.add.rows_read = failed ? 0 : query->estate->es_processed;
	change.add.read_ms = INSTR_TIME_GET_MILLISEC(elapsed);
	for (int i = 0; i < reading->count; i++)
	{
		change.relid = reading->ports[i];
		dm_counters_add(&change);
	}
}

void
dm_activity_init(void)
{
	dm_counters_init();
	dm_governed_init();
	dm_activity_flush_init();
	RegisterXactCallback(at_xact_event, NULL);
}
