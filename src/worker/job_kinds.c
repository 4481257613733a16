/*
 * job_kinds.c
 *		The kinds of jobs that there are, and what runs each.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/timestamp.h"

#include "access/agreement.h"
#include "activity/activity.h"
#include "profile/profile_job.h"
#include "quality/check_job.h"
#include "series/series.h"
#include "sla/slo_job.h"
#include "worker/job_kinds.h"
#include "worker/job_run.h"
#include "worker/retention_job.h"

static void
expire_agreements(DmJob *job)
{
	(void) dm_agreement_expire();
}

static void
activity_flush(DmJob *job)
{
	dm_activity_flush();
}

/*
 * The mesh's own jobs have a schedule here; others are made by whoever wants them.
 *
 * Whoever leaves a transaction open, with a lock on what is his, must not keep the worker from the
 * jobs of everybody else: one that needs such a lock fails, and is tried again soon.
 */
static const DmJobKind kinds[] = {
	{ "activity_flush", "@every 10 s", 1, 60, 0, true, activity_flush },
	{ DM_CHECK_JOB, NULL, 50, 3600, 60000, false, dm_check_job },
	{ "expire_agreements", "@every 1 min", 5, 60, 5000, false, expire_agreements },
	{ DM_PROFILE_JOB, NULL, 60, 3600, 60000, false, dm_profile_job },
	{ "retention", "@every 1 h", 30, 600, 60000, false, dm_retention_job },
	{ DM_SLO_JOB, NULL, 8, 120, 1000, true, dm_slo_job },
	{ "series", "@every 1 h", 40, 600, 60000, false, dm_series_job },
};

const DmJobKind *
dm_job_kind(const char *name)
{
	for (int i = 0; i < lengthof(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

void
dm_job_kinds_ensure(void)
{
	for (int i = 0; i < lengthof(kinds); i++)
		if (kinds[i].schedule != NULL && dm_job_find(kinds[i].name, "") == NULL)
			dm_job_set(kinds[i].name, "", 0, InvalidOid, kinds[i].schedule, kinds[i].priority);
}
