/*
 * check_job.h
 *		Checks that the worker does: rules with a schedule.
 *
 * All rules of a product's contract with one schedule are one job, and so are all stored rules
 * of a relation, so that one scan serves them together.
 */
#ifndef DM_QUALITY_CHECK_JOB_H
#define DM_QUALITY_CHECK_JOB_H

#include "job/jobrow.h"

#define DM_CHECK_JOB "check"

/* Runs one of these jobs. */
extern void dm_check_job(DmJob *job);

/* Makes the jobs of a relation what its stored rules ask for. */
extern void dm_check_jobs_of_relation(Oid relid);

/* Those of a product follow its contract. */
extern void dm_check_job_init(void);

#endif /* DM_QUALITY_CHECK_JOB_H */
