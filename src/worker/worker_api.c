/*
 * worker_api.c
 *		SQL functions that run and stop jobs, and tell of the worker.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "commands/dbcommands.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/args.h"
#include "worker/job_kinds.h"
#include "worker/job_run.h"
#include "worker/launcher.h"
#include "worker/shared.h"

PG_FUNCTION_INFO_V1(dm_run_job);
PG_FUNCTION_INFO_V1(dm_run_job_of);
PG_FUNCTION_INFO_V1(dm_pause_job);
PG_FUNCTION_INFO_V1(dm_resume_job);
PG_FUNCTION_INFO_V1(dm_worker_status);

/* The job, which the current user may deal with. */
static DmJob *
arg_job(FunctionCallInfo fcinfo)
{
	int64 id = dm_arg_id(fcinfo, 0, "job");
	DmJob *job = dm_job_get(id);

	if (job == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("job %lld does not exist", (long long) id),
				 errhint("datamesh.jobs lists the jobs.")));
	dm_job_check_manage(job);
	return job;
}

static Datum
run(FunctionCallInfo fcinfo, DmJob *job)
{
	TupleDesc desc;
	Datum values[2] = { (Datum) 0, (Datum) 0 };
	bool nulls[2] = { false, false };
	char *message;
	const char *state;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	state = dm_job_run_here(job, &message);
	values[0] = CStringGetTextDatum(state);
	nulls[1] = message == NULL;
	if (message != NULL)
		values[1] = CStringGetTextDatum(message);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

/* dm_run_job(job) */
Datum
dm_run_job(PG_FUNCTION_ARGS)
{
	return run(fcinfo, arg_job(fcinfo));
}

/* dm_run_job(kind, object) */
Datum
dm_run_job_of(PG_FUNCTION_ARGS)
{
	char *kind = dm_arg_text(fcinfo, 0, "kind");
	char *object = PG_ARGISNULL(1) ? "" : text_to_cstring(PG_GETARG_TEXT_PP(1));
	DmJob *job = dm_job_find(kind, object);

	/* those of the mesh itself are made by the worker, which may never have been there */
	if (job == NULL && object[0] == '\0' && dm_job_kind(kind) != NULL &&
		dm_job_kind(kind)->schedule != NULL)
	{
		dm_job_kinds_ensure();
		job = dm_job_find(kind, object);
	}
	if (job == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("there is no job of kind \"%s\" for \"%s\"", kind, object),
				 errhint("datamesh.jobs lists the jobs.")));
	dm_job_check_manage(job);
	return run(fcinfo, job);
}

Datum
dm_pause_job(PG_FUNCTION_ARGS)
{
	dm_job_set_paused(arg_job(fcinfo), true);
	PG_RETURN_VOID();
}

Datum
dm_resume_job(PG_FUNCTION_ARGS)
{
	dm_job_set_paused(arg_job(fcinfo), false);
	PG_RETURN_VOID();
}

/* What there is to say of the worker of this database in one word. */
static const char *
worker_state(void)
{
	if (!dm_shared_ready())
		return "not preloaded";
	if (RecoveryInProgress())
		return "standby";
	if (!dm_worker_wanted(get_database_name(MyDatabaseId)))
		return "off";
	return dm_worker_pid(DM_LANE_MAIN) != 0 ? "running" : "not running";
}

Datum
dm_worker_status(PG_FUNCTION_ARGS)
{
	TupleDesc desc;
	Datum values[4];
	bool nulls[4] = { false, false, false, false };
	int worker = dm_worker_pid(DM_LANE_MAIN);
	int launcher = dm_launcher_pid();
	int helper = dm_worker_pid(DM_LANE_HELPER);

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = CStringGetTextDatum(worker_state());
	values[1] = Int32GetDatum(worker);
	nulls[1] = worker == 0;
	values[2] = Int32GetDatum(launcher);
	nulls[2] = launcher == 0;
	values[3] = Int32GetDatum(helper);
	nulls[3] = helper == 0;
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}
