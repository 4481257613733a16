/*
 * job_api.c
 *		SQL functions on jobs that need nobody to run them.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "base/args.h"
#include "job/jobrow.h"
#include "job/schedule.h"

PG_FUNCTION_INFO_V1(dm_job_next_run);
PG_FUNCTION_INFO_V1(dm_job_role_sql);
PG_FUNCTION_INFO_V1(dm_schedule_times);

/* datamesh.job_next_run(job) */
Datum
dm_job_next_run(PG_FUNCTION_ARGS)
{
	DmJob *job = dm_job_get(PG_GETARG_INT64(0));

	if (job == NULL || job->next_run == DT_NOEND)
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(job->next_run);
}

/* datamesh.job_role(product, relation) */
Datum
dm_job_role_sql(PG_FUNCTION_ARGS)
{
	PG_RETURN_OID(dm_job_role(PG_GETARG_INT64(0), PG_GETARG_OID(1)));
}

#define MAX_TIMES	 10000
#define MAX_DISTANCE (INT64CONST(100) * 365 * USECS_PER_DAY)

Datum
dm_schedule_times(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	char *text = dm_arg_text(fcinfo, 0, "schedule");
	TimestampTz at = PG_ARGISNULL(1) ? GetCurrentTimestamp() : PG_GETARG_TIMESTAMPTZ(1);
	int count = PG_ARGISNULL(2) ? 5 : PG_GETARG_INT32(2);
	DmSchedule schedule;

	if (TIMESTAMP_NOT_FINITE(at) || at > GetCurrentTimestamp() + MAX_DISTANCE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"after\" must be a time within the next hundred years")));
	if (count < 0 || count > MAX_TIMES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"count\" must be from 0 to %d", MAX_TIMES)));
	dm_schedule_read(text, &schedule);
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	for (int i = 0; i < count; i++)
	{
		Datum value;
		bool isnull = false;

		CHECK_FOR_INTERRUPTS();
		at = dm_schedule_next(&schedule, at);
		if (at == DT_NOEND)
			break;
		value = TimestampTzGetDatum(at);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, &value, &isnull);
	}
	PG_RETURN_NULL();
}
