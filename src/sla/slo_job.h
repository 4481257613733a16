/*
 * slo_job.h
 *		The job that follows a product's service levels.
 */
#ifndef DM_SLA_SLO_JOB_H
#define DM_SLA_SLO_JOB_H

#include "job/jobrow.h"
#include "registry/product.h"

#define DM_SLO_JOB "slo"

/*
 * Evaluates the product's levels, tells of those that are breached or are good again, and asks to
 * be run again at the next deadline.
 */
extern void dm_slo_job(DmJob *job);

/* There is to be such a job for a product, now; none is needed for one without levels. */
extern void dm_slo_job_wanted(DmProduct *product);

/* Takes the lock of a product's levels, which whoever writes what became of them holds. */
extern void dm_slo_lock(int64 product_id);

extern void dm_slo_init(void);

#endif /* DM_SLA_SLO_JOB_H */
