/*
 * shared.h
 *		What launcher, workers and sessions tell each other in shared memory.
 *
 * A slot is a database that has workers, is about to get one, or must not have one now.  All
 * functions do nothing where the library was not preloaded.
 */
#ifndef DM_WORKER_SHARED_H
#define DM_WORKER_SHARED_H

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "storage/latch.h"

/*
 * What a worker does: the one that is always there runs what must not wait (and what can, where
 * there is no room for more processes), its helper what may take long.
 */
typedef enum DmLane
{
	DM_LANE_MAIN,
	DM_LANE_HELPER
} DmLane;

#define DM_LANES 2

typedef enum DmWorkerState
{
	DM_WORKER_NONE,
	DM_WORKER_STARTING, /* the postmaster was asked for it */
	DM_WORKER_RUNNING
} DmWorkerState;

/* Why a worker ended; who starts it decides by it when to try again. */
typedef enum DmWorkerEnd
{
	DM_END_UNKNOWN, /* it failed, or was terminated */
	DM_END_NO_EXTENSION,
	DM_END_VERSION,	  /* library and extension differ */
	DM_END_CONFIGURED /* it is not wanted any more, or has given way */
} DmWorkerEnd;

extern void dm_shared_init(void);

/* False where there is no shared memory of ours: the library was not preloaded. */
extern bool dm_shared_ready(void);

/* --- the launcher --- */

extern void dm_launcher_attach(void);

/* A slot for a new worker of the database; -1 if it has one, is held, or all slots are taken. */
extern int dm_slot_start(Oid database);

/* The worker could not be registered, or has not come up. */
extern void dm_slot_cancel(int slot, DmLane lane);

/* Cancels the starts of workers that have not come up since that time. */
extern void dm_slot_cancel_before(TimestampTz since);

/* Takes the database whose worker has ended, or which is to be looked at; InvalidOid for none. */
extern Oid dm_slot_next_news(DmWorkerEnd *end);

/* Wakes all workers: settings have changed. */
extern void dm_slot_wake_all(void);

/* Terminates the workers of all other databases, whatever they are at. */
extern void dm_slot_terminate_others(const List *databases);

/* --- a worker --- */

/* False if the slot is not for this worker any more. */
extern bool dm_slot_attach(int slot, DmLane lane, Oid database);
extern void dm_slot_set_end(DmWorkerEnd end);

/* Whether somebody waits for the worker to be gone. */
extern bool dm_slot_is_held(void);

/* Whether somebody has changed jobs since the last call. */
extern bool dm_slot_take_change(void);

/*
 * For the worker about its helper: makes room for one (-1 if there is one, or the database is
 * held); how it is, and how the last one ended.
 */
extern int dm_helper_slot_start(void);
extern DmWorkerState dm_helper_state(DmWorkerEnd *end);

/* --- sessions --- */

/* Jobs of this database have changed; the launcher is to look whether it is to have a worker. */
extern void dm_worker_wake(void);
extern void dm_launcher_look(Oid database);

/* The process of a worker of this database, 0 for none; of the launcher. */
extern int dm_worker_pid(DmLane lane);
extern int dm_launcher_pid(void);

/*
 * Has the database's workers end, waits for that (no longer than five seconds), and keeps the
 * launcher from starting another one until the end of the transaction.
 */
extern void dm_worker_hold(Oid database);

#endif /* DM_WORKER_SHARED_H */
