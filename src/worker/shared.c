/*
 * shared.c
 *		What launcher, workers and sessions tell each other in shared memory.
 *
 * Who ends without a word (kill -9) takes the server down with it, and the memory begins anew.
 * Latches are those of processes: one that is set too often wakes somebody for nothing.
 */
#include "postgres.h"

#include <signal.h>

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "worker/shared.h"

#define TRANCHE "datamesh_worker"

typedef struct Worker
{
	DmWorkerState state;
	TimestampTz since; /* it was asked for */
	int pid;
	Latch *latch;
	bool changed;	 /* somebody has changed jobs since it looked last */
	DmWorkerEnd end; /* of the last one */
} Worker;

typedef struct Slot
{
	Oid database; /* InvalidOid: the slot is free */
	int holder;	  /* process that must have the database without workers, 0 for none */
	bool news;	  /* for the launcher: see the end of the main worker */
	Worker workers[DM_LANES];
} Slot;

typedef struct Shared
{
	int launcher_pid;
	Latch *launcher_latch;
	bool look_at_all; /* there was no room to say where */
	int nslots;
	Slot slots[FLEXIBLE_ARRAY_MEMBER];
} Shared;

static Shared *shared = NULL;
static LWLock *lock = NULL;

static int my_slot = -1;
static DmLane my_lane = DM_LANE_MAIN;
static bool holding = false;

static shmem_request_hook_type prev_shmem_request = NULL;
static shmem_startup_hook_type prev_shmem_startup = NULL;

/* Twice the workers that there can be: held databases and news take slots, too. */
static int
slot_count(void)
{
	return 2 * max_worker_processes + 8;
}

static Size
shared_size(void)
{
	return add_size(offsetof(Shared, slots), mul_size(slot_count(), sizeof(Slot)));
}

static void
request_memory(void)
{
	if (prev_shmem_request != NULL)
		prev_shmem_request();
	RequestAddinShmemSpace(shared_size());
	RequestNamedLWLockTranche(TRANCHE, 1);
}

static void
start_memory(void)
{
	bool found;

	if (prev_shmem_startup != NULL)
		prev_shmem_startup();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	shared = ShmemInitStruct("datamesh workers", shared_size(), &found);
	if (!found)
	{
		memset(shared, 0, shared_size());
		shared->nslots = slot_count();
	}
	lock = &GetNamedLWLockTranche(TRANCHE)->lock;
	LWLockRelease(AddinShmemInitLock);
}

bool
dm_shared_ready(void)
{
	return shared != NULL;
}

/* --- slots; the lock is held --- */

static Slot *
find_slot(Oid database)
{
	for (int i = 0; i < shared->nslots; i++)
		if (shared->slots[i].database == database)
			return &shared->slots[i];
	return NULL;
}

static Slot *
take_slot(Oid database)
{
	Slot *slot = find_slot(database);

	if (slot != NULL)
		return slot;
	slot = find_slot(InvalidOid);
	if (slot != NULL)
	{
		memset(slot, 0, sizeof(Slot));
		slot->database = database;
	}
	return slot;
}

/* Frees a slot that nobody needs any more. */
static void
release_slot(Slot *slot)
{
	for (int lane = 0; lane < DM_LANES; lane++)
		if (slot->workers[lane].state != DM_WORKER_NONE)
			return;
	if (slot->holder == 0 && !slot->news)
		memset(slot, 0, sizeof(Slot));
}

static void
wake_worker(Worker *worker)
{
	if (worker->state == DM_WORKER_RUNNING)
		SetLatch(worker->latch);
}

/* False if there is one already, or somebody wants none. */
static bool
start_worker(Slot *slot, DmLane lane)
{
	Worker *worker = &slot->workers[lane];

	if (worker->state != DM_WORKER_NONE || slot->holder != 0)
		return false;
	worker->state = DM_WORKER_STARTING;
	worker->since = GetCurrentTimestamp();
	worker->end = DM_END_UNKNOWN;
	return true;
}

static void
wake_launcher(void)
{
	if (shared->launcher_latch != NULL)
		SetLatch(shared->launcher_latch);
}

/* --- the launcher --- */

static void
launcher_detach(int code, Datum arg)
{
	LWLockAcquire(lock, LW_EXCLUSIVE);
	shared->launcher_pid = 0;
	shared->launcher_latch = NULL;
	LWLockRelease(lock);
}

void
dm_launcher_attach(void)
{
	LWLockAcquire(lock, LW_EXCLUSIVE);
	shared->launcher_pid = MyProcPid;
	shared->launcher_latch = MyLatch;
	LWLockRelease(lock);
	before_shmem_exit(launcher_detach, (Datum) 0);
}

int
dm_slot_start(Oid database)
{
	Slot *slot;
	int result = -1;

	LWLockAcquire(lock, LW_EXCLUSIVE);
	slot = take_slot(database);
	if (slot != NULL && start_worker(slot, DM_LANE_MAIN))
	{
		slot->news = false;
		result = slot - shared->slots;
	}
	LWLockRelease(lock);
	return result;
}

void
dm_slot_cancel(int i, DmLane lane)
{
	Slot *slot = &shared->slots[i];

	LWLockAcquire(lock, LW_EXCLUSIVE);
	if (slot->workers[lane].state == DM_WORKER_STARTING)
	{
		slot->workers[lane].state = DM_WORKER_NONE;
		release_slot(slot);
	}
	LWLockRelease(lock);
}

void
dm_slot_cancel_before(TimestampTz since)
{
	for (int i = 0; i < shared->nslots; i++)
		for (int lane = 0; lane < DM_LANES; lane++)
		{
			Worker *worker = &shared->slots[i].workers[lane];

			if (worker->state == DM_WORKER_STARTING && worker->since < since)
				dm_slot_cancel(i, lane);
		}
}

Oid
dm_slot_next_news(DmWorkerEnd *end)
{
	Oid result = InvalidOid;

	LWLockAcquire(lock, LW_EXCLUSIVE);
	for (int i = 0; i < shared->nslots && !OidIsValid(result); i++)
	{
		Slot *slot = &shared->slots[i];

		if (slot->news && slot->holder == 0)
		{
			result = slot->database;
			*end = slot->workers[DM_LANE_MAIN].end;
			slot->news = false;
			release_slot(slot);
		}
	}
	LWLockRelease(lock);
	return result;
}

void
dm_slot_wake_all(void)
{
	LWLockAcquire(lock, LW_SHARED);
	for (int i = 0; i < shared->nslots; i++)
		for (int lane = 0; lane < DM_LANES; lane++)
			wake_worker(&shared->slots[i].workers[lane]);
	LWLockRelease(lock);
}

void
dm_slot_terminate_others(const List *databases)
{
	LWLockAcquire(lock, LW_SHARED);
	for (int i = 0; i < shared->nslots; i++)
		for (int lane = 0; lane < DM_LANES; lane++)
		{
			Slot *slot = &shared->slots[i];

			if (slot->workers[lane].state == DM_WORKER_RUNNING &&
				!list_member_oid(databases, slot->database))
				(void) kill(slot->workers[lane].pid, SIGTERM);
		}
	LWLockRelease(lock);
}

/* --- a worker --- */

static void
worker_detach(int code, Datum arg)
{
	Slot *slot = &shared->slots[my_slot];
	Worker *worker = &slot->workers[my_lane];

	LWLockAcquire(lock, LW_EXCLUSIVE);
	worker->state = DM_WORKER_NONE;
	worker->pid = 0;
	worker->latch = NULL;
	if (my_lane == DM_LANE_MAIN)
		slot->news = true;
	else
	{
		/* what is left is the other one's to see to */
		wake_worker(&slot->workers[DM_LANE_MAIN]);
		release_slot(slot);
	}
	LWLockRelease(lock);
	if (my_lane == DM_LANE_MAIN)
		wake_launcher();
}

bool
dm_slot_attach(int i, DmLane lane, Oid database)
{
	Worker *worker;
	bool mine = false;

	if (i < 0 || i >= shared->nslots || lane >= DM_LANES)
		return false;
	worker = &shared->slots[i].workers[lane];
	LWLockAcquire(lock, LW_EXCLUSIVE);
	if (shared->slots[i].database == database && worker->state == DM_WORKER_STARTING)
	{
		worker->state = DM_WORKER_RUNNING;
		worker->pid = MyProcPid;
		worker->latch = MyLatch;
		mine = true;
	}
	LWLockRelease(lock);
	if (!mine)
		return false;
	my_slot = i;
	my_lane = lane;
	before_shmem_exit(worker_detach, (Datum) 0);
	return true;
}

void
dm_slot_set_end(DmWorkerEnd end)
{
	LWLockAcquire(lock, LW_EXCLUSIVE);
	shared->slots[my_slot].workers[my_lane].end = end;
	LWLockRelease(lock);
}

bool
dm_slot_take_change(void)
{
	Worker *worker = &shared->slots[my_slot].workers[my_lane];
	bool changed;

	LWLockAcquire(lock, LW_EXCLUSIVE);
	changed = worker->changed;
	worker->changed = false;
	LWLockRelease(lock);
	return changed;
}

int
dm_helper_slot_start(void)
{
	bool started;

	LWLockAcquire(lock, LW_EXCLUSIVE);
	started = start_worker(&shared->slots[my_slot], DM_LANE_HELPER);
	LWLockRelease(lock);
	return started ? my_slot : -1;
}

DmWorkerState
dm_helper_state(DmWorkerEnd *end)
{
	Worker *helper = &shared->slots[my_slot].workers[DM_LANE_HELPER];
	DmWorkerState result;

	LWLockAcquire(lock, LW_SHARED);
	result = helper->state;
	*end = helper->end;
	LWLockRelease(lock);
	return result;
}

bool
dm_slot_is_held(void)
{
	bool held;

	LWLockAcquire(lock, LW_SHARED);
	held = shared->slots[my_slot].holder != 0;
	LWLockRelease(lock);
	return held;
}

/* --- sessions --- */

void
dm_worker_wake(void)
{
	Slot *slot;

	if (shared == NULL)
		return;
	LWLockAcquire(lock, LW_EXCLUSIVE);
	slot = find_slot(MyDatabaseId);
	for (int lane = 0; slot != NULL && lane < DM_LANES; lane++)
	{
		slot->workers[lane].changed = true;
		wake_worker(&slot->workers[lane]);
	}
	LWLockRelease(lock);
}

void
dm_launcher_look(Oid database)
{
	Slot *slot;

	if (shared == NULL)
		return;
	LWLockAcquire(lock, LW_EXCLUSIVE);
	slot = take_slot(database);
	if (slot != NULL)
	{
		slot->news = true;
		/* one that runs sees for itself whether it is still wanted */
		for (int lane = 0; lane < DM_LANES; lane++)
			wake_worker(&slot->workers[lane]);
		if (slot->workers[DM_LANE_MAIN].state != DM_WORKER_RUNNING)
			slot->workers[DM_LANE_MAIN].end = DM_END_CONFIGURED;
	}
	LWLockRelease(lock);
	wake_launcher();
}

int
dm_worker_pid(DmLane lane)
{
	Slot *slot;
	int result = 0;

	if (shared == NULL)
		return 0;
	LWLockAcquire(lock, LW_SHARED);
	slot = find_slot(MyDatabaseId);
	if (slot != NULL)
		result = slot->workers[lane].pid;
	LWLockRelease(lock);
	return result;
}

int
dm_launcher_pid(void)
{
	return shared == NULL ? 0 : shared->launcher_pid;
}

/* --- giving way --- */

static void
release_holds(void)
{
	if (!holding)
		return;
	holding = false;
	LWLockAcquire(lock, LW_EXCLUSIVE);
	for (int i = 0; i < shared->nslots; i++)
		if (shared->slots[i].holder == MyProcPid)
		{
			shared->slots[i].holder = 0;
			shared->slots[i].news = true;
			shared->slots[i].workers[DM_LANE_MAIN].end = DM_END_CONFIGURED;
		}
	LWLockRelease(lock);
	wake_launcher();
}

static void
at_xact_end(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		release_holds();
}

static void
at_exit(int code, Datum arg)
{
	release_holds();
}

/* Asks the workers to end, first kindly; true once there is none. */
static bool
ask_to_end(Oid database, bool insist)
{
	Slot *slot;
	bool gone = true;

	LWLockAcquire(lock, LW_EXCLUSIVE);
	slot = take_slot(database);
	if (slot != NULL && (slot->holder == 0 || slot->holder == MyProcPid))
	{
		slot->holder = MyProcPid;
		holding = true;
	}
	for (int lane = 0; slot != NULL && lane < DM_LANES; lane++)
	{
		Worker *worker = &slot->workers[lane];

		wake_worker(worker);
		/* it is in the middle of a job, which is done again */
		if (insist && worker->state == DM_WORKER_RUNNING)
			(void) kill(worker->pid, SIGTERM);
		gone = gone && worker->state == DM_WORKER_NONE;
	}
	LWLockRelease(lock);
	return gone;
}

void
dm_worker_hold(Oid database)
{
	static bool registered = false;
	TimestampTz start = GetCurrentTimestamp();

	if (shared == NULL)
		return;
	if (!registered)
	{
		before_shmem_exit(at_exit, (Datum) 0);
		registered = true;
	}
	while (!ask_to_end(database,
					   TimestampDifferenceExceeds(start, GetCurrentTimestamp(), 200)) &&
		   !TimestampDifferenceExceeds(start, GetCurrentTimestamp(), 5000))
	{
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, 10,
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
}

void
dm_shared_init(void)
{
	if (!process_shared_preload_libraries_in_progress)
		return;
	prev_shmem_request = shmem_request_hook;
	shmem_request_hook = request_memory;
	prev_shmem_startup = shmem_startup_hook;
	shmem_startup_hook = start_memory;
	RegisterXactCallback(at_xact_end, NULL);
}
