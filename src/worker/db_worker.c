/*
 * db_worker.c
 *		The worker of one database: runs its jobs when they are due.
 *
 * It keeps a list of all jobs with the time at which each is due.  Sessions that change jobs
 * invalidate the relation cache of datamesh.job and set the worker's latch; otherwise it sleeps
 * until the first job is due, and reads the catalog only then.
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
#include "job/jobrow.h"
#include "worker/db_worker.h"
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

/* The one that is due and comes first, NULL for none.  In a rest those that can wait do so. */
static Entry *
first_due(TimestampTz now)
{
	Entry *best = NULL;

	for (int i = 0; i < nentries; i++)
	{
		Entry *entry = &entries[i];

		if (entry->next > now || (entry->priority >= DM_PRIORITY_LATER && rest_until > now))
			continue;
		if (best == NULL || entry->priority < best->priority ||
			(entry->priority == best->priority && entry->next < best->next))
			best = entry;
	}
	return best;
}

static TimestampTz
next_due(TimestampTz now)
{
	TimestampTz next = now + LONGEST_SLEEP;

	for (int i = 0; i < nentries; i++)
	{
		Entry *entry = &entries[i];
		TimestampTz at = entry->priority >= DM_PRIORITY_LATER ? Max(entry->next, rest_until) :
																entry->next;

		next = Min(next, at);
	}
	return next;
}

/* --- staying and leaving --- */

static void
leave(DmWorkerEnd end)
{
	dm_slot_set_end(end);
	proc_exit(0);
}

/* A job is run by nobody else, and so is the list: a second worker leaves. */
static bool
lock_database(void)
{
	LOCKTAG tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, 0, DM_JOB_LOCK_CLASS);
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
	if (first)
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

static void
run_due(void)
{
	Entry *entry;
	TimestampTz start = GetCurrentTimestamp();

	while (!stale && (entry = first_due(start)) != NULL)
	{
		int64 id = entry->id;

		CHECK_FOR_INTERRUPTS();
		if (ConfigReloadPending || dm_slot_is_held())
			return;
		dm_job_work(id, &entry->next);
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
}

static void
prepare_process(int slot, Oid database)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	if (!dm_slot_attach(slot, database))
		proc_exit(0);
	BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);
	override_settings();
	list_context = AllocSetContextCreate(TopMemoryContext, "datamesh jobs",
										 ALLOCSET_DEFAULT_SIZES);
	CacheRegisterRelcacheCallback(relation_changed, (Datum) 0);
	pgstat_report_appname("datamesh worker");
}

void
dm_worker_main(Datum arg)
{
	Oid database;
	bool first = true;

	memcpy(&database, MyBgworkerEntry->bgw_extra, sizeof(database));
	prepare_process(DatumGetInt32(arg), database);

	for (;;)
	{
		TimestampTz now;
		long timeout;

		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
		}
		if (dm_slot_is_held())
			leave(DM_END_CONFIGURED);
		look(first);
		first = false;
		run_due();

		now = GetCurrentTimestamp();
		timeout = stale ? 0 : TimestampDifferenceMilliseconds(now, next_due(now));
		pgstat_report_activity(STATE_IDLE, NULL);
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, timeout,
						 PG_WAIT_EXTENSION);
	}
}
