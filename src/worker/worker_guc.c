/*
 * worker_guc.c
 *		Settings of the worker, and how long it keeps what.
 */
#include "postgres.h"

#include "utils/guc.h"
#include "utils/varlena.h"

#include "event/retention.h"
#include "job/jobrow.h"
#include "sla/slo_retention.h"
#include "worker/db_worker.h"
#include "worker/job_run.h"
#include "worker/launcher.h"
#include "worker/retention_job.h"
#include "worker/worker_guc.h"

static bool
check_databases(char **newval, void **extra, GucSource source)
{
	char *names = pstrdup(*newval);
	List *list;
	bool valid = strcmp(names, "*") == 0 || SplitIdentifierString(names, ',', &list);

	if (!valid)
		GUC_check_errdetail("It is \"*\" or a list of names of databases.");
	pfree(names);
	return valid;
}

static void
define_retention(void)
{
	static const struct
	{
		const char *name;
		const char *description;
		int *value;
		int initial; /* days */
	} retention[] = {
		{ "datamesh.job_retention", "How long runs of jobs are kept.", &dm_job_retention, 7 },
		{ "datamesh.event_retention", "How long events are kept, and longer for who has not acknowledged them.", &dm_event_retention_time, 7 },
		{ "datamesh.event_retention_max", "How long events are kept for who has not acknowledged them.", &dm_event_retention_max, 30 },
		{ "datamesh.slo_retention", "How long states and counts of service levels are kept.", &dm_slo_retention_time, 400 },
		{ "datamesh.incident_retention", "How long closed incidents are kept.", &dm_incident_retention_time, 365 },
	};

	for (int i = 0; i < lengthof(retention); i++)
		DefineCustomIntVariable(retention[i].name,
								retention[i].description,
								NULL,
								retention[i].value,
								retention[i].initial * 24 * 60,
								0,
								100 * 365 * 24 * 60,
								PGC_SUSET,
								GUC_UNIT_MIN,
								NULL,
								NULL,
								NULL);
}

void
dm_worker_guc_init(void)
{
	DefineCustomBoolVariable("datamesh.worker",
							 "Runs jobs in the background.",
							 NULL,
							 &dm_worker_on,
							 true,
							 PGC_SIGHUP,
							 0,
							 NULL,
							 NULL,
							 NULL);
	DefineCustomStringVariable("datamesh.databases",
							   "Databases in which jobs are run in the background.",
							   "\"*\" for all that have the extension.",
							   &dm_worker_databases,
							   "*",
							   PGC_SIGHUP,
							   0,
							   check_databases,
							   NULL,
							   NULL);
	DefineCustomIntVariable("datamesh.worker_budget",
							"Percent of its time that a helper may be busy with jobs that can wait.",
							NULL,
							&dm_worker_budget,
							50,
							1,
							100,
							PGC_SIGHUP,
							0,
							NULL,
							NULL,
							NULL);
	DefineCustomIntVariable("datamesh.job_timeout",
							"Longest time that a job may take in the worker.",
							"0 is what its kind has.",
							&dm_job_timeout,
							0,
							0,
							24 * 3600,
							PGC_SIGHUP,
							GUC_UNIT_S,
							NULL,
							NULL,
							NULL);
	DefineCustomIntVariable("datamesh.job_jitter",
							"Time over which jobs of one schedule are spread.",
							NULL,
							&dm_job_jitter_seconds,
							10,
							0,
							3600,
							PGC_SIGHUP,
							GUC_UNIT_S,
							NULL,
							NULL,
							NULL);
	define_retention();
}
