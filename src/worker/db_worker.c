/*
 * db_worker.c
 *		The workers of one database: they run its jobs when they are due.
 *
 * The main worker runs what must not wait.  For jobs that can, and may take hours, it starts a
 * helper (helper.c), which runs them one after the other and ends when there is nothing more to do.
 *
 * Each keeps a list of all jobs with the time at which each is due.  Sessions that change jobs
 * invalidate the relation cache of datamesh.job and set the workers' latches; otherwise they sleep
 * until the first job is due, and read the catalog only then.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_extension.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "catalog/table.h"
#include "compat/pg_compat.h"
#include "job/jobrow.h"
#include "worker/db_worker.h"
#include "worker/helper.h"
#include "worker/job_kinds.h"
#include "worker/job_run.h"
#include "worker/launcher.h"
#include "worker/shared.h"

int dm_worker_budget = 50;

/* how long it sleeps at most: whatever it has not been told of is seen then */
#define LONGEST_SLEEP (60 * USECS_PER_SEC)

/* how long it holds back for having worked too much */
#define LONGEST_REST (60 * USECS_PER_SEC)

typedef struct Entry
{
	int64 id;
	int priority;
	TimestampTz next; /* DT_NOEND: not by itself */
} Entry;

static DmLane my_lane = DM_LANE_MAIN;

/* of the main worker: there is no room for a helper, so it does all by itself */
static bool alone = false;

static Entry *entries = NULL;
static int nentries = 0;
static MemoryContext list_context = NULL;

/* the list is not that of the table any more */
static volatile bool stale = true;
static Oid job_table = InvalidOid;

/* jobs that can wait do so until then */
static TimestampTz rest_until = 0;

/* --- the list of jobs --- */

static void
relation_changed(Datum arg, Oid relid)
{
	if (!OidIsValid(relid) || relid == job_table)
		stale = true;
}

static void
read_jobs(void)
{
	List *jobs;
	ListCell *lc;

	/* what changes while it is read is read once more */
	stale = false;
	job_table = dm_table_oid(DM_JOB);
	jobs = dm_job_list();
	MemoryContextReset(list_context);
	entries = MemoryContextAllocHuge(list_context, (list_length(jobs) + 1) * sizeof(Entry));
	nentries = 0;
	foreach(lc, jobs)
	{
		DmJob *job = lfirst(lc);
		Entry *entry = &entries[nentries++];

		entry->id = job->id;
		entry->priority = job->priority;
		entry->next = job->paused ? DT_NOEND : job->next_run;
	}
}

static bool
can_wait(const Entry *entry)
{
	return entry->priority >= DM_PRIORITY_LATER;
}

static bool
is_mine(const Entry *entry)
{
	return can_wait(entry) ? my_lane == DM_LANE_HELPER || alone : my_lane == DM_LANE_MAIN;
}

/* The one that is due and comes first, NULL for none.  In a rest those that can wait do so. */
static Entry *
first_due(TimestampTz now)
{
	Entry *best = NULL;

	for (int i = 0; i < nentries; i++)
	{
		Entry *entry = &entries[i];

		if (!is_mine(entry) || entry->next > now || (can_wait(entry) && rest_until > now))
			continue;
		if (best == NULL || entry->priority < best->priority ||
			(entry->priority == best->priority && entry->next < best->next))
			best = entry;
	}
	return best;
}

/* When the first job is due for which a helper is needed. */
static TimestampTz
next_for_helper(void)
{
	TimestampTz next = DT_NOEND;

	for (int i = 0; i < nentries; i++)
		if (can_wait(&entries[i]))
			next = Min(next, entries[i].next);
	return next;
}

static TimestampTz
next_due(TimestampTz now)
{
	TimestampTz next = now + LONGEST_SLEEP;

	for (int i = 0; i < nentries; i++)
	{
		Entry *entry = &entries[i];

		if (is_mine(entry))
			next = Min(next, can_wait(entry) ? Max(entry->next, rest_until) : entry->next);
	}
	if (my_lane == DM_LANE_MAIN && !alone && !dm_helper_works())
		next = Min(next, Max(next_for_helper(), dm_helper_next_start()));
	return next;
}

/* --- staying and leaving --- */

static void
leave(DmWorkerEnd end)
{
	dm_slot_set_end(end);
	proc_exit(0);
}

/* A job is run by nobody else, and so is the list: a second worker of the same lane leaves. */
static bool
lock_database(void)
{
	LOCKTAG tag;

	/* no job has such a number */
	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, PG_UINT32_MAX, my_lane, DM_JOB_LOCK_CLASS);
	return LockAcquire(&tag, ExclusiveLock, true, true) != LOCKACQUIRE_NOT_AVAIL;
}

/*
 * Fails to return where the worker is not wanted, has to give way, or has nothing to work with.  In
 * a transaction.
 */
static void
check_place(bool first)
{
	char *version = dm_extension_version();

	if (version == NULL)
		leave(DM_END_NO_EXTENSION);
	if (strcmp(version, DM_VERSION) != 0)
	{
		ereport(LOG,
				(errmsg("datamesh does not work in database \"%s\"",
						get_database_name(MyDatabaseId)),
				 errdetail("The extension is of version %s, the library of version %s.",
						   version, DM_VERSION),
				 errhint("Use ALTER EXTENSION datamesh UPDATE, or restart the server with the library of that version.")));
		leave(DM_END_VERSION);
	}
	if (!dm_worker_wanted(get_database_name(MyDatabaseId)))
		leave(DM_END_CONFIGURED);
	if (first && !lock_database())
		leave(DM_END_VERSION);
}

/* --- working --- */

static void
look(bool first)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	check_place(first);
	if (first && my_lane == DM_LANE_MAIN)
		dm_job_kinds_ensure();
	if (stale)
		read_jobs();
	PopActiveSnapshot();
	CommitTransactionCommand();
}

/* Who has worked for a while rests in proportion. */
static void
rest_after(TimestampTz start)
{
	TimestampTz now = GetCurrentTimestamp();
	int64 worked = now - start;
	int64 rest = worked * (100 - dm_worker_budget) / dm_worker_budget;

	rest_until = Min(Max(rest_until, now) + rest, now + LONGEST_REST);
}

/* The main worker sees to it that somebody does what can wait, if need be itself. */
static void
care_for_others(TimestampTz now)
{
	if (my_lane == DM_LANE_MAIN)
		alone = next_for_helper() <= now && !dm_helper_ensure(now);
}

static void
run_due(void)
{
	TimestampTz start = GetCurrentTimestamp();

	while (!stale)
	{
		Entry *entry;
		int64 id;

		care_for_others(start);
		entry = first_due(start);
		if (entry == NULL)
			return;
		id = entry->id;
		CHECK_FOR_INTERRUPTS();
		if (ConfigReloadPending || dm_slot_is_held())
			return;
		dm_job_work(id, &entry->next);
		/* what the job calls may have let go of it */
		if (!lock_database())
			leave(DM_END_VERSION);
		rest_after(start);
		start = GetCurrentTimestamp();
	}
}

/*
 * What somebody has set for the sessions of the database is not for this one: it would be ended, or
 * could not write.  Majors differ in which of these there are.
 */
static void
override_settings(void)
{
	static const struct
	{
		const char *name;
		const char *value;
	} settings[] = {
		{ "statement_timeout", "0" },
		{ "lock_timeout", "0" },
		{ "transaction_timeout", "0" },
		{ "idle_in_transaction_session_timeout", "0" },
		{ "idle_session_timeout", "0" },
		{ "default_transaction_read_only", "off" },
		{ "default_transaction_isolation", "read committed" },
		{ "search_path", "pg_catalog, pg_temp" },
	};

	for (int i = 0; i < lengthof(settings); i++)
		if (GetConfigOption(settings[i].name, true, false) != NULL)
			SetConfigOption(settings[i].name, settings[i].value, PGC_SUSET, PGC_S_OVERRIDE);
	/* it ends the process, and what is run of others could set it */
	dm_reserve_setting("transaction_timeout");
}

static void
prepare_process(int slot, DmLane lane, Oid database)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	if (!dm_slot_attach(slot, lane, database))
		proc_exit(0);
	my_lane = lane;
	BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);
	override_settings();
	list_context = AllocSetContextCreate(TopMemoryContext, "datamesh jobs",
										 ALLOCSET_DEFAULT_SIZES);
	CacheRegisterRelcacheCallback(relation_changed, (Datum) 0);
	pgstat_report_appname(MyBgworkerEntry->bgw_type);
}

/* What a worker is told by who starts it, beside its slot. */
typedef struct StartData
{
	Oid database;
	DmLane lane;
} StartData;

bool
dm_worker_register(Oid database, int slot, DmLane lane, BackgroundWorkerHandle **handle)
{
	const char *type = lane == DM_LANE_MAIN ? "datamesh worker" : "datamesh helper";
	StartData data = { database, lane };
	BackgroundWorker worker;

	StaticAssertStmt(sizeof(data) <= BGW_EXTRALEN, "StartData is too large");
	memset(&worker, 0, sizeof(worker));
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = BGW_NEVER_RESTART;
	worker.bgw_notify_pid = handle != NULL ? MyProcPid : 0;
	strlcpy(worker.bgw_library_name, "datamesh", sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, "dm_worker_main", sizeof(worker.bgw_function_name));
	snprintf(worker.bgw_name, BGW_MAXLEN, "%s for database %u", type, database);
	strlcpy(worker.bgw_type, type, BGW_MAXLEN);
	worker.bgw_main_arg = Int32GetDatum(slot);
	memcpy(worker.bgw_extra, &data, sizeof(data));
	return RegisterDynamicBackgroundWorker(&worker, handle);
}

/* Sleeps until something is to be done; a helper for which there is nothing in sight leaves. */
static void
sleep_until_due(void)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz next = next_due(now);
	long timeout = stale ? 0 : TimestampDifferenceMilliseconds(now, next);

	if (my_lane == DM_LANE_HELPER && !stale && next >= now + LONGEST_SLEEP)
		leave(DM_END_CONFIGURED);
	pgstat_report_activity(STATE_IDLE, NULL);
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, timeout,
					 PG_WAIT_EXTENSION);
}

void
dm_worker_main(Datum arg)
{
	StartData data;
	bool first = true;

	memcpy(&data, MyBgworkerEntry->bgw_extra, sizeof(data));
	prepare_process(DatumGetInt32(arg), data.lane, data.database);

	for (;;)
	{
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
		}
		if (dm_slot_is_held())
			leave(DM_END_CONFIGURED);
		/* invalidations are sent a moment after whoever has committed has woken us */
		if (dm_slot_take_change())
			stale = true;
		/* what the helper has run is due at other times now */
		if (my_lane == DM_LANE_MAIN && dm_helper_has_ended())
			stale = true;
		look(first);
		first = false;
		run_due();
		sleep_until_due();
	}
}
