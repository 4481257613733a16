/*
 * helper.c
 *		What the worker of a database knows of its helper, which runs the long jobs.
 *
 * The worker starts it when such a job is due, and the helper ends when none is in sight: so a
 * place of max_worker_processes is taken only while there is something to do.  Where there is none
 * left, the worker runs the long jobs itself, and says so.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "worker/db_worker.h"
#include "worker/helper.h"
#include "worker/shared.h"

/* how long it waits after one that has failed, and twice as long after each further one */
#define FIRST_RETRY (1 * USECS_PER_SEC)
#define LAST_RETRY	(5 * USECS_PER_MINUTE)

static BackgroundWorkerHandle *handle = NULL;
static int my_slot = -1;
static bool had_one = false;
static int failures = 0;
static TimestampTz next_start = 0;

/* One that was asked for and never came up would be waited for for ever. */
static void
cancel_lost_start(void)
{
	pid_t pid;

	if (handle != NULL && GetBackgroundWorkerPid(handle, &pid) == BGWH_STOPPED)
	{
		dm_slot_cancel(my_slot, DM_LANE_HELPER);
		pfree(handle);
		handle = NULL;
	}
}

bool
dm_helper_works(void)
{
	DmWorkerEnd end;
	bool works;

	cancel_lost_start();
	works = dm_helper_state(&end) != DM_WORKER_NONE;
	/* the worker may have come after it */
	had_one = had_one || works;
	return works;
}

bool
dm_helper_has_ended(void)
{
	DmWorkerEnd end;

	if (dm_helper_works() || !had_one)
		return false;
	had_one = false;
	(void) dm_helper_state(&end);
	if (end == DM_END_UNKNOWN)
	{
		next_start = GetCurrentTimestamp() + Min(FIRST_RETRY << Min(failures, 16), LAST_RETRY);
		failures++;
	}
	else
		failures = 0;
	return true;
}

TimestampTz
dm_helper_next_start(void)
{
	return next_start;
}

static void
complain(void)
{
	ereport(LOG,
			(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
			 errmsg("datamesh cannot start a helper for database %u", MyDatabaseId),
			 errdetail("Its worker runs long jobs itself, so service levels may be looked at late."),
			 errhint("Consider increasing max_worker_processes.")));
}

bool
dm_helper_ensure(TimestampTz now)
{
	static bool complained = false;
	MemoryContext old;
	bool registered;

	/* what it left is read first */
	if (dm_helper_works() || had_one || next_start > now)
		return true;
	my_slot = dm_helper_slot_start();
	if (my_slot < 0)
		return true;
	if (handle != NULL)
		pfree(handle);
	handle = NULL;
	old = MemoryContextSwitchTo(TopMemoryContext);
	registered = dm_worker_register(MyDatabaseId, my_slot, DM_LANE_HELPER, &handle);
	MemoryContextSwitchTo(old);
	had_one = registered;
	if (!registered)
		dm_slot_cancel(my_slot, DM_LANE_HELPER);
	if (!registered && !complained)
		complain();
	complained = !registered;
	return registered;
}
