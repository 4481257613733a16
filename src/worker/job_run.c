/*
 * job_run.c
 *		Running one job, and writing down how it went.
 *
 * The worker takes three transactions.  The first claims the job: its lock is taken, for the
 * session, and its row says that it runs.  The second does the work.  The third writes how that
 * went.  If the lock is free while the row says that the job runs, whoever ran it has died; so a
 * job that brings the server down is not run again at once.  Work that was committed before the
 * death is done once more, which the kinds of jobs are made for.
 */
#include "postgres.h"

#include "access/xact.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "base/attempt.h"
#include "base/run_as.h"
#include "catalog/data.h"
#include "job/schedule.h"
#include "worker/job_kinds.h"
#include "worker/job_run.h"

int dm_job_timeout = 0;

#define FIRST_RETRY		(5 * USECS_PER_SEC)
#define LAST_RETRY		(60 * USECS_PER_MINUTE)
#define RETRIES			5
#define BUSY_RETRY		(1 * USECS_PER_SEC)
#define LOCKED_RETRY	(80 * USECS_PER_SEC)
#define UNWRITTEN_RETRY (60 * USECS_PER_SEC)
#define MESSAGE_MAX		2000

/* how long a job that was canceled may take to end before the worker ends instead */
#define LAST_WORDS (10 * USECS_PER_SEC)

typedef struct Outcome
{
	const char *state; /* succeeded, failed, timeout, canceled, died */
	int sqlerrcode;
	char *message;
} Outcome;

/* --- the lock of a job: while it is held, somebody runs it --- */

/*
 * An advisory lock, of a class that SQL cannot name: an abort releases all other locks that a
 * session holds, and the end of the process does not release those.
 */
static void
job_locktag(LOCKTAG *tag, int64 id)
{
	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId, (uint32) (id >> 32), (uint32) id,
						 DM_JOB_LOCK_CLASS);
}

static bool
lock_job(int64 id, bool session)
{
	LOCKTAG tag;

	job_locktag(&tag, id);
	return LockAcquire(&tag, ExclusiveLock, session, true) != LOCKACQUIRE_NOT_AVAIL;
}

/* --- the row of a job's state, and that of the run --- */

static void
write_state(int64 id, DmRow *row)
{
	ScanKeyData key;
	DmScan scan;
	DmWriter writer;
	HeapTuple tuple;

	dm_row_set(row, Anum_dm_job_state_job, Int64GetDatum(id));
	dm_key_int8(&key, Anum_dm_job_state_job, id);
	dm_data_begin(&writer, DM_JOB_STATE);
	dm_scan_begin(&scan, DM_JOB_STATE, "job_state_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
		dm_data_update(&writer, tuple, row);
	else
		dm_data_insert(&writer, row);
	dm_scan_end(&scan);
	dm_data_end(&writer);
}

/* The number of the last run. */
static int64
last_run(int64 id)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	bool isnull = true;
	Datum run = (Datum) 0;

	dm_key_int8(&key, Anum_dm_job_state_job, id);
	dm_scan_begin(&scan, DM_JOB_STATE, "job_state_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
		run = dm_scan_get(&scan, tuple, Anum_dm_job_state_run, &isnull);
	dm_scan_end(&scan);
	return isnull ? 0 : DatumGetInt64(run);
}

static int64
insert_run(DmJob *job, const char *by, TimestampTz now)
{
	int64 id = dm_table_next_id(DM_JOB_RUN);
	DmWriter writer;
	DmRow row;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_job_run_id, Int64GetDatum(id));
	dm_row_set(&row, Anum_dm_job_run_job, Int64GetDatum(job->id));
	dm_row_set_text(&row, Anum_dm_job_run_kind, job->kind);
	dm_row_set_text(&row, Anum_dm_job_run_object, job->object);
	dm_row_set(&row, Anum_dm_job_run_product, Int64GetDatum(job->product));
	dm_row_set(&row, Anum_dm_job_run_relation, ObjectIdGetDatum(job->relid));
	dm_row_set(&row, Anum_dm_job_run_started_at, TimestampTzGetDatum(now));
	dm_row_set_text(&row, Anum_dm_job_run_state, "running");
	dm_row_set_text(&row, Anum_dm_job_run_by, by);
	dm_row_set(&row, Anum_dm_job_run_pid, Int32GetDatum(MyProcPid));
	dm_data_begin(&writer, DM_JOB_RUN);
	dm_data_insert(&writer, &row);
	dm_data_end(&writer);
	return id;
}

static void
end_run(int64 id, const Outcome *outcome, TimestampTz now)
{
	ScanKeyData key;
	DmScan scan;
	DmWriter writer;
	HeapTuple tuple;
	DmRow row;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_job_run_ended_at, TimestampTzGetDatum(now));
	dm_row_set_text(&row, Anum_dm_job_run_state, outcome->state);
	if (outcome->sqlerrcode != 0)
		dm_row_set_text(&row, Anum_dm_job_run_sqlstate, unpack_sql_state(outcome->sqlerrcode));
	dm_row_set_text(&row, Anum_dm_job_run_message, outcome->message);
	dm_key_int8(&key, Anum_dm_job_run_id, id);
	dm_data_begin(&writer, DM_JOB_RUN);
	dm_scan_begin(&scan, DM_JOB_RUN, "job_run_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	/* the history may have been cut meanwhile */
	if (HeapTupleIsValid(tuple))
		dm_data_update(&writer, tuple, &row);
	dm_scan_end(&scan);
	dm_data_end(&writer);
}

/* --- when it runs next --- */

static TimestampTz
next_by_schedule(DmJob *job, TimestampTz now)
{
	DmSchedule schedule;
	TimestampTz next;

	/* it was read when it was set; a zone may have gone from the server since */
	if (job->schedule == NULL || dm_schedule_parse(job->schedule, &schedule) != NULL)
		return DT_NOEND;
	if (schedule.interval == 0)
		return dm_job_jitter(job->id, &schedule, dm_schedule_next(&schedule, now));
	next = job->next_run != DT_NOEND ? dm_schedule_next(&schedule, job->next_run) : now;
	return next > now ? Min(next, now + schedule.interval) : now + schedule.interval;
}

static TimestampTz
next_run(DmJob *job, const Outcome *outcome, TimestampTz now)
{
	TimestampTz next = next_by_schedule(job, now);
	TimestampTz retry;

	if (strcmp(outcome->state, "succeeded") == 0)
		return Min(next, job->run_again);
	retry = now + Min(FIRST_RETRY << Min(job->failures, 10), LAST_RETRY);
	/* it is not to be blamed for the lock of another */
	if (outcome->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE)
		return Min(retry, now + LOCKED_RETRY);
	if (job->failures < RETRIES)
		return retry;
	return next == DT_NOEND ? DT_NOEND : Max(next, retry);
}

/* --- beginning and ending, in the caller's transaction --- */

/* What the row says from the beginning of a run on; run is 0 for one that is not in the history. */
static void
set_common(DmRow *row, DmJob *job, int64 run, const char *state, TimestampTz next)
{
	dm_row_init(row);
	dm_row_set_text(row, Anum_dm_job_state_schedule, job->schedule);
	if (next != DT_NOEND)
		dm_row_set(row, Anum_dm_job_state_next_run, TimestampTzGetDatum(next));
	else
		dm_row_set_null(row, Anum_dm_job_state_next_run);
	dm_row_set(row, Anum_dm_job_state_served, Int64GetDatum(job->requests));
	dm_row_set_text(row, Anum_dm_job_state_state, state);
	dm_row_set(row, Anum_dm_job_state_started_at, TimestampTzGetDatum(job->started_at));
	if (run != 0)
		dm_row_set(row, Anum_dm_job_state_run, Int64GetDatum(run));
	else
		dm_row_set_null(row, Anum_dm_job_state_run);
}

static int64
begin_run(DmJob *job, const char *by)
{
	TimestampTz now = GetCurrentTimestamp();
	int64 run = insert_run(job, by, now);
	DmRow row;

	job->started_at = now;
	set_common(&row, job, run, "running", job->next_run);
	dm_row_set_null(&row, Anum_dm_job_state_ended_at);
	dm_row_set(&row, Anum_dm_job_state_failures, Int32GetDatum(job->failures));
	write_state(job->id, &row);
	return run;
}

static TimestampTz
end_job(DmJob *job, int64 run, const Outcome *outcome)
{
	TimestampTz now = GetCurrentTimestamp();
	bool succeeded = strcmp(outcome->state, "succeeded") == 0;
	TimestampTz next = next_run(job, outcome, now);
	DmRow row;

	if (run != 0)
		end_run(run, outcome, now);
	set_common(&row, job, run, outcome->state, next);
	dm_row_set(&row, Anum_dm_job_state_ended_at, TimestampTzGetDatum(now));
	dm_row_set(&row, Anum_dm_job_state_failures,
			   Int32GetDatum(succeeded ? 0 : job->failures + 1));
	dm_row_set_text(&row, Anum_dm_job_state_message, outcome->message);
	write_state(job->id, &row);
	return next;
}

/* --- the work --- */

/* As the job's role, with nothing left behind that would run with other rights. */
static void
do_work(DmJob *job, const DmJobKind *kind, bool in_worker)
{
	DmRestriction saved;

	/* what a job calls may let go of advisory locks, but not of this one */
	if (!dm_table_try_lock(DM_JOB, job->id))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("job %lld is being run", (long long) job->id)));
	dm_restrict_begin(&saved, job->role);
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	if (in_worker && kind->lock_wait > 0)
		(void) set_config_option("lock_timeout", psprintf("%d", kind->lock_wait), PGC_USERSET,
								 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	job->run_again = DT_NOEND;
	kind->run(job);
	dm_restrict_end(&saved);
}

static void
read_error(Outcome *outcome, ErrorData *error, DmJob *job, int timeout)
{
	outcome->state = "failed";
	if (error->sqlerrcode == ERRCODE_QUERY_CANCELED)
		outcome->state = timeout > 0 && TimestampDifferenceExceeds(job->started_at,
																   GetCurrentTimestamp(),
																   timeout * 1000) ?
							 "timeout" :
							 "canceled";
	outcome->sqlerrcode = error->sqlerrcode;
	outcome->message = pnstrdup(error->message,
								pg_mbcliplen(error->message, strlen(error->message),
											 MESSAGE_MAX));
}

static const DmJobKind *
kind_of(DmJob *job)
{
	const DmJobKind *kind = dm_job_kind(job->kind);

	if (kind == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("jobs of kind \"%s\" do not exist", job->kind),
				 errhint("The library may be older than the job.")));
	return kind;
}

/* One of a kind that is not known is to be seen. */
static bool
is_quiet(DmJob *job)
{
	const DmJobKind *kind = dm_job_kind(job->kind);

	return kind != NULL && kind->quiet;
}

/* --- in the worker --- */

static void
begin_transaction(void)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
}

static void
commit(void)
{
	PopActiveSnapshot();
	CommitTransactionCommand();
}

/*
 * The first transaction.  NULL if there is nothing to run now, with the time to look again; else
 * the job in the caller's memory, and its lock is held by the session.
 */
static DmJob *
claim(int64 id, MemoryContext context, int64 *run, TimestampTz *again)
{
	MemoryContext old;
	TimestampTz now = GetCurrentTimestamp();
	DmJob *job;

	begin_transaction();
	old = MemoryContextSwitchTo(context);
	job = dm_job_get(id);
	MemoryContextSwitchTo(old);
	*again = job == NULL || job->paused ? DT_NOEND : job->next_run;
	if (*again > now)
		job = NULL;
	else if (!lock_job(id, true))
	{
		*again = now + BUSY_RETRY;
		job = NULL;
	}
	if (job != NULL)
	{
		/* whoever had the lock until now may have run it */
		old = MemoryContextSwitchTo(context);
		job = dm_job_get(id);
		MemoryContextSwitchTo(old);
	}
	if (job != NULL && job->running)
	{
		Outcome outcome = { "died", 0, "whoever ran it has ended without a word" };

		*again = end_job(job, last_run(id), &outcome);
		job = NULL;
	}
	else if (job != NULL && job->next_run <= now)
	{
		if (is_quiet(job))
			job->started_at = now;
		else
			*run = begin_run(job, "worker");
	}
	else
		job = NULL;
	commit();
	return job;
}

static TimeoutId overdue = MAX_TIMEOUTS; /* none registered */

/* In a signal handler: the process ends at the next check, which nobody can catch. */
static void
at_overdue(void)
{
	ProcDiePending = true;
	InterruptPending = true;
	SetLatch(MyLatch);
}

/* What a job calls may catch the cancel, and go on for ever. */
static void
start_clock(int timeout)
{
	TimestampTz now = GetCurrentTimestamp();

	if (overdue == MAX_TIMEOUTS)
		overdue = RegisterTimeout(USER_TIMEOUT, at_overdue);
	enable_timeout_after(STATEMENT_TIMEOUT, timeout * 1000);
	enable_timeout_at(overdue, now + timeout * USECS_PER_SEC + LAST_WORDS);
}

static void
stop_clock(void)
{
	disable_timeout(STATEMENT_TIMEOUT, false);
	disable_timeout(overdue, false);
	/* it may have come at the last moment, and is not for what follows */
	QueryCancelPending = false;
}

/*
 * The second.  An error in it is an outcome; only the end of the process is not.  What is not in
 * the history has its end written at once.
 */
static void
work(DmJob *job, int64 run, MemoryContext context, Outcome *outcome, TimestampTz *again)
{
	volatile int timeout = 0;

	outcome->state = "succeeded";
	outcome->sqlerrcode = 0;
	outcome->message = NULL;
	PG_TRY();
	{
		const DmJobKind *kind;

		begin_transaction();
		kind = kind_of(job);
		timeout = dm_job_timeout > 0 ? dm_job_timeout : kind->timeout;
		start_clock(timeout);
		do_work(job, kind, true);
		if (run == 0)
			*again = end_job(job, 0, outcome);
		stop_clock();
		commit();
	}
	PG_CATCH();
	{
		HOLD_INTERRUPTS();
		if (timeout > 0)
			stop_clock();
		QueryCancelPending = false;
		EmitErrorReport();
		MemoryContextSwitchTo(context);
		read_error(outcome, CopyErrorData(), job, timeout);
		AbortCurrentTransaction();
		FlushErrorState();
		RESUME_INTERRUPTS();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
}

static void
work_on(int64 id, MemoryContext context, TimestampTz *again)
{
	int64 run = 0;
	DmJob *job = claim(id, context, &run, again);
	Outcome outcome;
	char *activity;

	MemoryContextSwitchTo(context);
	if (job == NULL)
		return;
	activity = psprintf("job %lld: %s %s", (long long) job->id, job->kind, job->object);
	debug_query_string = activity;
	pgstat_report_activity(STATE_RUNNING, activity);
	work(job, run, context, &outcome, again);
	if (run == 0 && outcome.sqlerrcode == 0)
		return;
	begin_transaction();
	if (run == 0)
		run = insert_run(job, "worker", job->started_at);
	*again = end_job(job, run, &outcome);
	commit();
}

void
dm_job_work(int64 id, TimestampTz *again)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(caller, "datamesh job", ALLOCSET_DEFAULT_SIZES);

	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		work_on(id, context, again);
	}
	PG_CATCH();
	{
		/* it could not be written down: the disk is full, the tables are of another version, ... */
		HOLD_INTERRUPTS();
		QueryCancelPending = false;
		EmitErrorReport();
		AbortCurrentTransaction();
		FlushErrorState();
		*again = GetCurrentTimestamp() + UNWRITTEN_RETRY;
		RESUME_INTERRUPTS();
	}
	PG_END_TRY();
	/* that of the job, and advisory locks that it took and left */
	LockReleaseSession(USER_LOCKMETHOD);
	debug_query_string = NULL;
	pgstat_report_activity(STATE_IDLE, NULL);
	pgstat_report_stat(true);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}

/* --- in a session --- */

static void
work_here(void *arg)
{
	DmJob *job = arg;

	do_work(job, kind_of(job), false);
}

const char *
dm_job_run_here(DmJob *job, char **message)
{
	Outcome outcome = { "succeeded", 0, NULL };
	ErrorData *error;
	int64 run;
	int64 id;

	if (!lock_job(job->id, false))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("job %lld is being run", (long long) job->id),
				 errhint("datamesh.jobs shows when it has ended.")));
	/* whoever had the lock until now may have changed it */
	id = job->id;
	job = dm_job_get(id);
	if (job == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("job %lld does not exist any more", (long long) id)));
	run = begin_run(job, "session");
	error = dm_attempt(work_here, job);
	if (error != NULL)
		read_error(&outcome, error, job, 0);
	(void) end_job(job, run, &outcome);
	*message = outcome.message;
	return outcome.state;
}

/* --- history --- */

static bool
job_exists(int64 id)
{
	ScanKeyData key;
	DmScan scan;
	bool result;

	dm_key_int8(&key, Anum_dm_job_id, id);
	dm_scan_begin(&scan, DM_JOB, "job_pkey", 1, &key);
	result = HeapTupleIsValid(dm_scan_next(&scan));
	dm_scan_end(&scan);
	return result;
}

/* The states of jobs that are gone, unless somebody still runs them. */
static void
delete_states(void)
{
	DmScan scan;
	DmWriter writer;
	HeapTuple tuple;

	dm_data_begin(&writer, DM_JOB_STATE);
	dm_scan_begin(&scan, DM_JOB_STATE, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		int64 id = dm_scan_int8(&scan, tuple, Anum_dm_job_state_job);

		CHECK_FOR_INTERRUPTS();
		if (!job_exists(id) && lock_job(id, false))
			dm_data_delete(&writer, tuple);
	}
	dm_scan_end(&scan);
	dm_data_end(&writer);
}

void
dm_job_runs_delete(TimestampTz before)
{
	ScanKeyData key;
	DmScan scan;
	DmWriter writer;
	HeapTuple tuple;

	ScanKeyInit(&key, Anum_dm_job_run_started_at, BTLessStrategyNumber, F_TIMESTAMPTZ_LT,
				TimestampTzGetDatum(before));
	dm_data_begin(&writer, DM_JOB_RUN);
	dm_scan_begin(&scan, DM_JOB_RUN, "job_run_started_idx", 1, &key);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		CHECK_FOR_INTERRUPTS();
		dm_data_delete(&writer, tuple);
	}
	dm_scan_end(&scan);
	dm_data_end(&writer);
	delete_states();
}
