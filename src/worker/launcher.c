/*
 * launcher.c
 *		The launcher: sees to it that each database with the extension has a worker.
 *
 * It is connected to no database, so it reads the list of them and not what is inside: a worker
 * that finds no extension ends and says so.  The launcher looks again when somebody tells it to
 * (CREATE EXTENSION, CREATE DATABASE; see giveway.c), and now and then.  The server starts it when
 * recovery is over: on a standby there is none until the promotion.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"
#include "utils/wait_event.h"

#include "worker/db_worker.h"
#include "worker/launcher.h"
#include "worker/shared.h"

bool dm_worker_on = true;
char *dm_worker_databases = NULL;

/* when there is nothing else to do */
#define LOOK_INTERVAL (5 * USECS_PER_MINUTE)
#define FIRST_RETRY	  (1 * USECS_PER_SEC)
#define LAST_RETRY	  (5 * USECS_PER_MINUTE)
#define START_TIMEOUT (30 * USECS_PER_SEC)

/* What the launcher knows of a database that has no worker. */
typedef struct Known
{
	Oid database;
	TimestampTz next_start;
	TimestampTz started;
	int failures; /* one soon after the other */
	bool seen;	  /* in the last list of databases */
} Known;

static List *databases = NIL;

bool
dm_worker_wanted(const char *database)
{
	char *names;
	List *list;
	ListCell *lc;
	bool wanted = false;

	if (!dm_worker_on)
		return false;
	names = pstrdup(dm_worker_databases ? dm_worker_databases : "*");
	if (strcmp(names, "*") == 0)
		return true;
	/* the setting's check has read it before */
	if (SplitIdentifierString(names, ',', &list))
		foreach(lc, list)
			if (strcmp(lfirst(lc), database) == 0)
				wanted = true;
	pfree(names);
	return wanted;
}

static Known *
known_database(Oid oid)
{
	MemoryContext old;
	Known *known;
	ListCell *lc;

	foreach(lc, databases)
		if (((Known *) lfirst(lc))->database == oid)
			return lfirst(lc);
	old = MemoryContextSwitchTo(TopMemoryContext);
	known = palloc0(sizeof(Known));
	known->database = oid;
	databases = lappend(databases, known);
	MemoryContextSwitchTo(old);
	return known;
}

/*
 * Reads which databases there are.  Templates have no worker: it would be in the way of copying
 * them, and what it did would be copied.
 */
static void
read_databases(void)
{
	Relation rel;
	TableScanDesc scan;
	HeapTuple tuple;
	ListCell *lc;

	foreach(lc, databases)
		((Known *) lfirst(lc))->seen = false;
	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	rel = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(rel, 0, NULL);
	while (HeapTupleIsValid(tuple = heap_getnext(scan, ForwardScanDirection)))
	{
		Form_pg_database form = (Form_pg_database) GETSTRUCT(tuple);

		if (form->datallowconn && !form->datistemplate &&
			dm_worker_wanted(NameStr(form->datname)))
			known_database(form->oid)->seen = true;
	}
	table_endscan(scan);
	table_close(rel, AccessShareLock);
	CommitTransactionCommand();

	foreach(lc, databases)
		if (!((Known *) lfirst(lc))->seen)
		{
			pfree(lfirst(lc));
			databases = foreach_delete_current(databases, lc);
		}
}

/* Workers that have ended, and databases that are to be looked at. */
static void
read_news(void)
{
	TimestampTz now = GetCurrentTimestamp();
	DmWorkerEnd end;
	Oid database;

	while (OidIsValid(database = dm_slot_next_news(&end)))
	{
		Known *known = known_database(database);

		if (end != DM_END_UNKNOWN || now - known->started > LAST_RETRY)
			known->failures = 0;
		if (end == DM_END_UNKNOWN)
			known->failures++;
		switch (end)
		{
			case DM_END_CONFIGURED:
				known->next_start = now;
				break;
			case DM_END_NO_EXTENSION:
			case DM_END_VERSION:
				known->next_start = now + LOOK_INTERVAL;
				break;
			case DM_END_UNKNOWN:
				known->next_start = now + Min(FIRST_RETRY << Min(known->failures - 1, 16),
											  LAST_RETRY);
				break;
		}
	}
}

/* Starts what is due; the time at which the next one is. */
static TimestampTz
start_workers(void)
{
	static bool complained = false;
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz next = now + LOOK_INTERVAL;
	ListCell *lc;

	foreach(lc, databases)
	{
		Known *known = lfirst(lc);
		int slot;

		if (known->next_start > now)
		{
			next = Min(next, known->next_start);
			continue;
		}
		/* one that has a worker is looked at when that has ended */
		slot = dm_slot_start(known->database);
		known->next_start = now + LOOK_INTERVAL;
		if (slot < 0)
			continue;
		known->started = now;
		if (dm_worker_register(known->database, slot, DM_LANE_MAIN, NULL))
		{
			complained = false;
			continue;
		}
		dm_slot_cancel(slot, DM_LANE_MAIN);
		if (!complained)
			ereport(LOG,
					(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
					 errmsg("datamesh cannot start a worker for database %u", known->database),
					 errhint("Consider increasing max_worker_processes.")));
		complained = true;
	}
	return next;
}

/* Workers that are not wanted any more see that themselves only when they are done with a job. */
static void
terminate_unwanted(void)
{
	List *wanted = NIL;
	ListCell *lc;

	foreach(lc, databases)
		wanted = lappend_oid(wanted, ((Known *) lfirst(lc))->database);
	dm_slot_terminate_others(wanted);
}

static void
define_worker_process(void)
{
	BackgroundWorker worker;

	memset(&worker, 0, sizeof(worker));
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = 1;
	strlcpy(worker.bgw_library_name, "datamesh", sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, "dm_launcher_main", sizeof(worker.bgw_function_name));
	strlcpy(worker.bgw_name, "datamesh launcher", BGW_MAXLEN);
	strlcpy(worker.bgw_type, "datamesh launcher", BGW_MAXLEN);
	RegisterBackgroundWorker(&worker);
}

void
dm_launcher_main(Datum arg)
{
	TimestampTz next = 0;
	MemoryContext context;

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	dm_launcher_attach();
	context = AllocSetContextCreate(TopMemoryContext, "datamesh launcher", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);

	for (;;)
	{
		long timeout = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), next);
		bool reloaded;

		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, timeout,
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		reloaded = ConfigReloadPending;
		if (reloaded)
		{
			ListCell *lc;

			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
			dm_slot_wake_all();
			foreach(lc, databases)
				((Known *) lfirst(lc))->next_start = 0;
		}
		read_news();
		dm_slot_cancel_before(GetCurrentTimestamp() - START_TIMEOUT);
		read_databases();
		MemoryContextSwitchTo(context);
		if (reloaded)
			terminate_unwanted();
		next = start_workers();
		MemoryContextReset(context);
		pgstat_report_stat(true);
	}
}

void
dm_launcher_init(void)
{
	/* pg_upgrade wants nobody to change what it copies */
	if (process_shared_preload_libraries_in_progress && !IsBinaryUpgrade)
		define_worker_process();
}
