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

typedef struct Slot
{
	DmSlotState state;
	Oid database;
	TimestampTz since;
	int pid;
	Latch *latch;
	int holder; /* process that must have the database without a worker, 0 for none */
	bool news;	/* for the launcher: see end */
	DmWorkerEnd end;
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
		slot->state = DM_SLOT_IDLE;
	}
	return slot;
}

/* Frees a slot that nobody needs any more. */
static void
release_slot(Slot *slot)
{
	if (slot->state == DM_SLOT_IDLE && slot->holder == 0 && !slot->news)
		memset(slot, 0, sizeof(Slot));
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
	if (slot != NULL && slot->state == DM_SLOT_IDLE && slot->holder == 0)
	{
		slot->state = DM_SLOT_STARTING;
		slot->since = GetCurrentTimestamp();
		slot->news = false;
		slot->end = DM_END_UNKNOWN;
		result = slot - shared->slots;
	}
	LWLockRelease(lock);
	return result;
}

void
dm_slot_cancel(int i)
{
	Slot *slot = &shared->slots[i];

	LWLockAcquire(lock, LW_EXCLUSIVE);
	if (slot->state == DM_SLOT_STARTING)
	{
		slot->state = DM_SLOT_IDLE;
		release_slot(slot);
	}
	LWLockRelease(lock);
}

void
dm_slot_cancel_before(TimestampTz since)
{
	for (int i = 0; i < shared->nslots; i++)
		if (shared->slots[i].state == DM_SLOT_STARTING && shared->slots[i].since < since)
			dm_slot_cancel(i);
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
			*end = slot->end;
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
		if (shared->slots[i].state == DM_SLOT_RUNNING)
			SetLatch(shared->slots[i].latch);
	LWLockRelease(lock);
}

/* --- a worker --- */

static void
worker_detach(int code, Datum arg)
{
	Slot *slot = &shared->slots[my_slot];

	LWLockAcquire(lock, LW_EXCLUSIVE);
	slot->state = DM_SLOT_IDLE;
	slot->pid = 0;
	slot->latch = NULL;
	slot->news = true;
	LWLockRelease(lock);
	wake_launcher();
}

bool
dm_slot_attach(int i, Oid database)
{
	bool mine = false;

	if (i < 0 || i >= shared->nslots)
		return false;
	LWLockAcquire(lock, LW_EXCLUSIVE);
	if (shared->slots[i].database == database && shared->slots[i].state == DM_SLOT_STARTING)
	{
		shared->slots[i].state = DM_SLOT_RUNNING;
		shared->slots[i].pid = MyProcPid;
		shared->slots[i].latch = MyLatch;
		mine = true;
	}
	LWLockRelease(lock);
	if (!mine)
		return false;
	my_slot = i;
	before_shmem_exit(worker_detach, (Datum) 0);
	return true;
}

void
dm_slot_set_end(DmWorkerEnd end)
{
	LWLockAcquire(lock, LW_EXCLUSIVE);
	shared->slots[my_slot].end = end;
	LWLockRelease(lock);
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
	LWLockAcquire(lock, LW_SHARED);
	slot = find_slot(MyDatabaseId);
	if (slot != NULL && slot->state == DM_SLOT_RUNNING)
		SetLatch(slot->latch);
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
		if (slot->state == DM_SLOT_RUNNING)
			SetLatch(slot->latch);
		else
			slot->end = DM_END_CONFIGURED;
	}
	LWLockRelease(lock);
	wake_launcher();
}

int
dm_worker_pid(void)
{
	Slot *slot;
	int result = 0;

	if (shared == NULL)
		return 0;
	LWLockAcquire(lock, LW_SHARED);
	slot = find_slot(MyDatabaseId);
	if (slot != NULL)
		result = slot->pid;
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
			shared->slots[i].end = DM_END_CONFIGURED;
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

/* Asks the worker to end, first kindly; true once there is none. */
static bool
ask_to_end(Oid database, bool insist)
{
	Slot *slot;
	bool gone = true;
	int pid = 0;

	LWLockAcquire(lock, LW_EXCLUSIVE);
	slot = take_slot(database);
	if (slot != NULL && (slot->holder == 0 || slot->holder == MyProcPid))
	{
		slot->holder = MyProcPid;
		holding = true;
	}
	if (slot != NULL && slot->state == DM_SLOT_RUNNING)
	{
		pid = slot->pid;
		SetLatch(slot->latch);
	}
	gone = slot == NULL || slot->state == DM_SLOT_IDLE;
	LWLockRelease(lock);
	/* it is in the middle of a job, which is done again */
	if (insist && pid != 0)
		(void) kill(pid, SIGTERM);
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
