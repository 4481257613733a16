/*
 * job_kinds.h
 *		The kinds of jobs that there are, and what runs each.
 */
#ifndef DM_WORKER_JOB_KINDS_H
#define DM_WORKER_JOB_KINDS_H

#include "job/jobrow.h"

/* Jobs of a lower number are run whatever the worker's budget says. */
#define DM_PRIORITY_LATER 10

typedef struct DmJobKind
{
	const char *name;
	const char *schedule; /* of the mesh's own jobs, which are always there; NULL for others */
	int priority;		  /* of these */
	int timeout;		  /* seconds */
	int lock_wait;		  /* milliseconds that a worker waits for a lock; 0: as long as it runs */
	bool quiet;			  /* runs often: only errors go into the history */
	void (*run)(DmJob *job);
} DmJobKind;

/* NULL for none. */
extern const DmJobKind *dm_job_kind(const char *name);

/* The jobs of the mesh itself are there, as they have to be. */
extern void dm_job_kinds_ensure(void);

#endif /* DM_WORKER_JOB_KINDS_H */
