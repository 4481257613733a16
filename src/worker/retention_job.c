/*
 * retention_job.c
 *		What is kept for a time only.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "event/retention.h"
#include "quality/history.h"
#include "series/series.h"
#include "sla/slo_retention.h"
#include "worker/job_run.h"
#include "worker/retention_job.h"

int dm_job_retention = 7 * MINS_PER_HOUR * HOURS_PER_DAY;

void
dm_retention_job(DmJob *job)
{
	dm_check_retention();
	dm_series_retention();
	dm_event_retention();
	dm_incident_retention();
	dm_job_runs_delete(GetCurrentTimestamp() - dm_job_retention * USECS_PER_MINUTE);
	/* last, for it holds the levels that it has changed */
	dm_slo_retention();
}
