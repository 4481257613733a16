/*
 * profile_api.c
 *		dm_profile and what keeps profiles.
 */
#include "postgres.h"

#include <math.h>

#include "access/parallel.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "base/args.h"
#include "base/sqlname.h"
#include "compat/pg_compat.h"
#include "job/jobrow.h"
#include "profile/profile_job.h"
#include "profile/profileout.h"
#include "profile/profilerow.h"
#include "profile/statistics.h"
#include "registry/domain.h"
#include "sketch/sketch_json.h"
#include "sketch/valuehash.h"

PG_FUNCTION_INFO_V1(dm_profile);
PG_FUNCTION_INFO_V1(dm_store_profile);
PG_FUNCTION_INFO_V1(dm_schedule_profile);
PG_FUNCTION_INFO_V1(dm_drop_profiles);
PG_FUNCTION_INFO_V1(dm_profile_visible);
PG_FUNCTION_INFO_V1(dm_is_sampled);

/* A label is one line of no more than so many bytes. */
#define LABEL_LENGTH 200

/* What the worker's profiles are called, and for how long they are kept. */
#define JOB_LABEL	  "scheduled"
#define JOB_KEPT_DAYS 400
#define JOB_PRIORITY  60

static const char *
key_name(DmKeyKind kind)
{
	switch (kind)
	{
		case DM_KEY_LIKELY:
			return "likely";
		case DM_KEY_EXACT:
			return "exact";
		case DM_KEY_DECLARED:
			return "declared";
		case DM_KEY_NONE:
			break;
	}
	return NULL;
}

static void
put_counts(DmProfileOut *out, const DmSketch *sketch)
{
	double distinct = dm_sketch_distinct(sketch);

	dm_out_int(out, DM_OUT_ROWS, sketch->rows);
	dm_out_int(out, DM_OUT_NULLS, sketch->nulls);
	if (!isnan(distinct))
		dm_out_int(out, DM_OUT_DISTINCT, (int64) rint(distinct));
	if (sketch->kind == DM_VALUE_FLOAT || sketch->kind == DM_VALUE_NUMERIC)
		dm_out_int(out, DM_OUT_NAN, sketch->nans);
	if (dm_sketch_is_measured(sketch))
		dm_out_int(out, DM_OUT_INFINITE, sketch->infinite);
	if (dm_sketch_has_mean(sketch) && sketch->moments.n > 0)
	{
		dm_out_double(out, DM_OUT_MEAN, sketch->moments.mean);
		dm_out_double(out, DM_OUT_DEVIATION, dm_moments_deviation(&sketch->moments));
	}
}

static void
put_column(FunctionCallInfo fcinfo, const DmProfile *profile, const DmProfiledColumn *column)
{
	DmSketch *sketch = column->sketch;
	DmProfileOut out;

	dm_out_init(&out, column);
	dm_out_text(&out, DM_OUT_KEY, key_name(dm_profile_key(profile, column)));
	if (sketch == NULL)
		dm_out_int(&out, DM_OUT_ROWS, 0);
	else
	{
		put_counts(&out, sketch);
		dm_out_text(&out, DM_OUT_MIN, dm_sketch_min(sketch));
		dm_out_text(&out, DM_OUT_MAX, dm_sketch_max(sketch));
		dm_out_json(&out, DM_OUT_QUANTILES, dm_sketch_quantiles_json(sketch));
		dm_out_json(&out, DM_OUT_TOP, dm_sketch_top_json(sketch, DM_SKETCH_TOP));
		dm_out_json(&out, DM_OUT_LENGTHS, dm_sketch_lengths_json(sketch));
		dm_out_json(&out, DM_OUT_SHAPES, dm_sketch_shapes_json(sketch, DM_SKETCH_TOP));
		dm_out_json(&out, DM_OUT_HISTOGRAM, dm_sketch_histogram_json(sketch));
		dm_out_double(&out, DM_OUT_CORRELATION, sketch->correlation);
		dm_out_json(&out, DM_OUT_ERRORS, dm_sketch_errors_json(sketch));
	}
	dm_out_put(fcinfo, &out);
}

Datum
dm_profile(PG_FUNCTION_ARGS)
{
	Oid relid = dm_arg_relation(fcinfo, 0, "relation");
	char *source = dm_arg_text(fcinfo, 2, "source");
	double percent = dm_profile_arg_percent(fcinfo, 1);
	DmProfile *profile;

	InitMaterializedSRF(fcinfo, 0);
	if (strcmp(source, "statistics") == 0)
	{
		if (percent < 100)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("statistics are not sampled")));
		dm_profile_statistics(fcinfo, dm_profile_columns(relid));
		return (Datum) 0;
	}
	if (strcmp(source, "scan") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown source of a profile: \"%s\"", source),
				 errhint("It is 'scan' or 'statistics'.")));
	profile = dm_profile_relation(relid, percent);
	for (int i = 0; i < profile->ncolumns; i++)
		put_column(fcinfo, profile, &profile->columns[i]);
	return (Datum) 0;
}

static char *
arg_label(FunctionCallInfo fcinfo, int n)
{
	char *label = dm_arg_text_or_null(fcinfo, n, "label");

	if (label != NULL && strlen(label) > LABEL_LENGTH)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("the label of a profile has at most %d bytes", LABEL_LENGTH)));
	return label;
}

Datum
dm_store_profile(PG_FUNCTION_ARGS)
{
	Oid relid = dm_arg_relation(fcinfo, 0, "relation");
	char *label = arg_label(fcinfo, 1);
	double percent = dm_profile_arg_percent(fcinfo, 2);

	dm_profile_check_inside(relid);
	PG_RETURN_INT64(dm_profile_keep(dm_profile_relation(relid, percent), label));
}

/* There is one schedule for a relation; the name of its job is that of the relation at the time. */
Datum
dm_schedule_profile(PG_FUNCTION_ARGS)
{
	Oid relid = dm_arg_relation(fcinfo, 0, "relation");
	char *text = dm_arg_text_or_null(fcinfo, 1, "schedule");
	DmSchedule schedule;
	ListCell *lc;

	dm_profile_check_inside(relid);
	if (text != NULL)
		dm_schedule_read(text, &schedule);
	foreach(lc, dm_job_list())
	{
		DmJob *job = lfirst(lc);

		if (strcmp(job->kind, DM_PROFILE_JOB) == 0 && job->relid == relid)
			dm_job_drop(job->kind, job->object);
	}
	if (text != NULL)
		dm_job_set(DM_PROFILE_JOB, dm_relation_sql(relid), 0, relid, text, JOB_PRIORITY);
	PG_RETURN_VOID();
}

Datum
dm_drop_profiles(PG_FUNCTION_ARGS)
{
	Oid relid = dm_arg_relation(fcinfo, 0, "relation");
	char *label = arg_label(fcinfo, 1);
	TimestampTz before = PG_ARGISNULL(2) ? DT_NOEND : PG_GETARG_TIMESTAMPTZ(2);

	dm_profile_check_inside(relid);
	PG_RETURN_INT64(dm_profile_drop(relid, label, before));
}

/* For the view: a relation that is gone has nobody who may see its profiles but a superuser. */
Datum
dm_profile_visible(PG_FUNCTION_ARGS)
{
	Oid relid = PG_GETARG_OID(0);

	if (get_rel_name(relid) == NULL)
		PG_RETURN_BOOL(superuser());
	PG_RETURN_BOOL(dm_is_insider(relid, GetUserId()));
}

/* The worker's profile of a relation, with the rights that the job has. */
void
dm_profile_job(DmJob *job)
{
	TimestampTz oldest = GetCurrentTimestamp() - JOB_KEPT_DAYS * USECS_PER_DAY;

	if (get_rel_name(job->relid) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("the relation of a profile's job is gone")));
	dm_profile_keep(dm_profile_relation(job->relid, 100), JOB_LABEL);
	dm_profile_drop(job->relid, JOB_LABEL, oldest);
}

/*
 * Whether the next row is in a sample of that many per cent.  The seed is fixed, so that a serial
 * scan gives the same sample again; each parallel worker has a sequence of its own.
 */
Datum
dm_is_sampled(PG_FUNCTION_ARGS)
{
	uint64 *state = fcinfo->flinfo->fn_extra;

	if (state == NULL)
	{
		state = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(uint64));
		*state = dm_hash_word((uint64) (ParallelWorkerNumber + 2));
		fcinfo->flinfo->fn_extra = state;
	}
	PG_RETURN_BOOL(ldexp(dm_random_next(state) >> 11, -53) * 100 < PG_GETARG_FLOAT8(0));
}
