/*
 * db_worker.h
 *		The workers of one database: they run its jobs when they are due.
 */
#ifndef DM_WORKER_DB_WORKER_H
#define DM_WORKER_DB_WORKER_H

#include "postmaster/bgworker.h"

#include "worker/shared.h"

/* Value of datamesh.worker_budget: percent of its time that may go into jobs that can wait. */
extern int dm_worker_budget;

/*
 * Asks the postmaster for a worker that takes the slot.  False if the server has no room for one
 * more process.  With a handle, the caller's latch is set when the worker has started or ended.
 */
extern bool dm_worker_register(Oid database, int slot, DmLane lane,
							   BackgroundWorkerHandle **handle);

/* Where the server's process begins. */
extern PGDLLEXPORT void dm_worker_main(Datum arg);

#endif /* DM_WORKER_DB_WORKER_H */
