/*
 * retention_job.h
 *		What is kept for a time only.
 */
#ifndef DM_WORKER_RETENTION_JOB_H
#define DM_WORKER_RETENTION_JOB_H

#include "job/jobrow.h"

/* Value of datamesh.job_retention, in minutes. */
extern int dm_job_retention;

extern void dm_retention_job(DmJob *job);

#endif /* DM_WORKER_RETENTION_JOB_H */
