/*
 * job_run.h
 *		Running one job, and writing down how it went.
 */
#ifndef DM_WORKER_JOB_RUN_H
#define DM_WORKER_JOB_RUN_H

#include "job/jobrow.h"

/* fourth field of the lock tags of jobs, and of the worker itself (job 0) */
#define DM_JOB_LOCK_CLASS 211

/* Value of datamesh.job_timeout, in seconds; 0 leaves it to the kinds. */
extern int dm_job_timeout;

/*
 * In the worker: runs a job that is due, in transactions of its own.  Sets *again to the time at
 * which it is to be looked at again.
 */
extern void dm_job_work(int64 id, TimestampTz *again);

/*
 * In a session: runs a job in a subtransaction of the caller's transaction, due or not.  Returns
 * how it ended, "succeeded" or "failed", and what the error says.  Fails if the job is being run.
 */
extern const char *dm_job_run_here(DmJob *job, char **message);

/* Deletes runs that began before the time, and the states of jobs that are gone. */
extern void dm_job_runs_delete(TimestampTz before);

#endif /* DM_WORKER_JOB_RUN_H */
