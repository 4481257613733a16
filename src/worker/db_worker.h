/*
 * db_worker.h
 *		The worker of one database: runs its jobs when they are due.
 */
#ifndef DM_WORKER_DB_WORKER_H
#define DM_WORKER_DB_WORKER_H

/* Value of datamesh.worker_budget: percent of its time that the worker may be busy. */
extern int dm_worker_budget;

/* Where the server's process begins. */
extern PGDLLEXPORT void dm_worker_main(Datum arg);

#endif /* DM_WORKER_DB_WORKER_H */
