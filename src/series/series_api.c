/*
 * series_api.c
 *		What the owner of a relation says of its series: values, budgets, what alarms meant.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "base/args.h"
#include "base/words.h"
#include "catalog/column.h"
#include "compat/pg_compat.h"
#include "event/incident.h"
#include "registry/domain.h"
#include "registry/schemalabel.h"
#include "series/series.h"
#include "series/seriesaccess.h"
#include "series/seriesrow.h"

PG_FUNCTION_INFO_V1(dm_record_measurement);
PG_FUNCTION_INFO_V1(dm_record_measurements);
PG_FUNCTION_INFO_V1(dm_set_alert_budget);
PG_FUNCTION_INFO_V1(dm_acknowledge_anomaly);
PG_FUNCTION_INFO_V1(dm_drop_series);
PG_FUNCTION_INFO_V1(dm_series_visible);

/* A metric has one name wherever it is written, and one line. */
#define METRIC_LENGTH 200

/* Fails unless the caller owns the relation, or is of the domain that its schema belongs to. */
static void
check_inside(Oid relid)
{
	if (!dm_is_insider(relid, GetUserId()))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for measurements of relation \"%s\"", get_rel_name(relid)),
				 errdetail("Only its owner and the owner and producers of its domain may do this.")));
}

static char *
arg_metric(FunctionCallInfo fcinfo, int n)
{
	char *metric = dm_arg_text(fcinfo, n, "metric");
	char *c;

	if (strlen(metric) > METRIC_LENGTH)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("the name of a metric has at most %d bytes", METRIC_LENGTH)));
	for (c = metric; *c != '\0'; c++)
		if ((unsigned char) *c < ' ' || *c == 0x7f)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_NAME),
					 errmsg("the name of a metric has no control characters")));
	return metric;
}

/* The column that an argument names, NULL for none; it must be there. */
static char *
arg_column(FunctionCallInfo fcinfo, int n, Oid relid)
{
	char *column;

	if (PG_ARGISNULL(n))
		return NULL;
	column = dm_arg_name(fcinfo, n, "column");
	(void) dm_column_find(relid, column);
	return column;
}

void
dm_series_args(FunctionCallInfo fcinfo, int column_arg, DmSeriesArgs *args)
{
	args->relation = dm_arg_relation(fcinfo, 0, "relation");
	check_inside(args->relation);
	args->metric = arg_metric(fcinfo, 1);
	args->column = arg_column(fcinfo, column_arg, args->relation);
}

void
dm_series_missing(const DmSeriesArgs *args)
{
	List *known = NIL;
	char *nearest;
	ListCell *lc;

	foreach(lc, dm_series_list(args->relation))
		known = lappend(known, ((DmSeries *) lfirst(lc))->metric);
	nearest = dm_nearest(args->metric, known);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 args->column == NULL ?
				 errmsg("metric \"%s\" of relation \"%s\" was never measured", args->metric,
						get_rel_name(args->relation)) :
				 errmsg("metric \"%s\" of column \"%s\" of relation \"%s\" was never measured",
						args->metric, args->column, get_rel_name(args->relation)),
			 nearest != NULL ? errhint("Measured metrics of that name: %s.", nearest) :
							   errhint("View datamesh.measured_series lists what is measured.")));
}

/* Fails unless the value can be one of the metric. */
static void
check_value(const char *metric, double value)
{
	DmSeriesKind kind = dm_kind_of_metric(metric);

	if (!dm_series_kind_holds(kind, value))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%g is no value of metric \"%s\"", value, metric),
				 errdetail("By its name the metric is of kind \"%s\".", dm_series_kind_name(kind)),
				 errhint("Counts and durations are not negative, shares are from 0 to 1, and all are finite.")));
}

static void
refuse_guarded(const DmSeriesArgs *args)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("metric \"%s\" of column \"%s\" cannot be recorded", args->metric, args->column),
			 errdetail("A tag guards the values of the column, and the metric is computed from them."),
			 errhint("Counts and shares of its rows can be recorded.")));
}

Datum
dm_record_measurement(PG_FUNCTION_ARGS)
{
	DmSeriesArgs args;
	double value;
	DmVerdict verdict;

	dm_series_args(fcinfo, 4, &args);
	if (PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null", "value")));
	value = PG_GETARG_FLOAT8(2);
	check_value(args.metric, value);
	verdict = dm_series_record(dm_series_product(args.relation), args.relation, args.column,
							   args.metric,
							   PG_ARGISNULL(3) ? GetCurrentTimestamp() : PG_GETARG_TIMESTAMPTZ(3),
							   value);
	if (verdict == DM_VERDICT_GUARDED)
		refuse_guarded(&args);
	PG_RETURN_TEXT_P(cstring_to_text(dm_usual_verdict(verdict)));
}

/* The elements of an array argument without nulls. */
static int
arg_array(FunctionCallInfo fcinfo, int n, const char *argname, Oid type, Datum **elements)
{
	ArrayType *array;
	int count;

	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null", argname)));
	array = PG_GETARG_ARRAYTYPE_P(n);
	if (array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not contain nulls", argname)));
	deconstruct_array(array, type, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, elements, NULL,
					  &count);
	return count;
}

Datum
dm_record_measurements(PG_FUNCTION_ARGS)
{
	DmSeriesArgs args;
	Datum *value_datums;
	Datum *at_datums;
	double *values;
	TimestampTz *at;
	DmVerdict *verdicts;
	List *words = NIL;
	int count;
	int i;

	dm_series_args(fcinfo, 4, &args);
	count = arg_array(fcinfo, 2, "values", FLOAT8OID, &value_datums);
	if (arg_array(fcinfo, 3, "at", TIMESTAMPTZOID, &at_datums) != count)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("arguments \"%s\" and \"%s\" must have as many elements", "values", "at")));
	values = palloc(count * sizeof(double));
	at = palloc(count * sizeof(TimestampTz));
	verdicts = palloc(count * sizeof(DmVerdict));
	for (i = 0; i < count; i++)
	{
		values[i] = DatumGetFloat8(value_datums[i]);
		at[i] = DatumGetTimestampTz(at_datums[i]);
		check_value(args.metric, values[i]);
	}
	if (count > 0 &&
		!dm_series_record_many(dm_series_product(args.relation), args.relation, args.column,
							   args.metric, count, at, values, verdicts))
		refuse_guarded(&args);
	for (i = 0; i < count; i++)
		words = lappend(words, unconstify(char *, dm_usual_verdict(verdicts[i])));
	PG_RETURN_DATUM(dm_text_array(words));
}

/* The interval of a budget: long enough to mean something. */
static Interval *
arg_interval(FunctionCallInfo fcinfo, int n)
{
	Interval *interval;

	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null", "per")));
	interval = PG_GETARG_INTERVAL_P(n);
	if (interval->month < 0 || interval->day < 0 || interval->time < 0 ||
		interval->month > 1200 || interval->day > 36500 || interval->time > 36500 * USECS_PER_DAY ||
		(interval->month == 0 && interval->day == 0 && interval->time < USECS_PER_MINUTE))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the interval of a budget is between a minute and a hundred years")));
	return interval;
}

Datum
dm_set_alert_budget(PG_FUNCTION_ARGS)
{
	DmSeriesArgs args;
	Interval *interval;
	int32 alarms;
	DmSeries *series;

	dm_series_args(fcinfo, 4, &args);
	if (PG_ARGISNULL(2) || PG_GETARG_INT32(2) < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must be at least 1", "alarms"),
				 errdetail("No threshold is high enough for never; dm_drop_series ends the measuring.")));
	alarms = PG_GETARG_INT32(2);
	interval = arg_interval(fcinfo, 3);
	series = dm_series_create_for_update(dm_series_product(args.relation), args.relation,
										 args.column, args.metric);
	series->budget_alarms = alarms;
	series->budget_interval = *interval;
	dm_series_store(series);
	PG_RETURN_VOID();
}

Datum
dm_acknowledge_anomaly(PG_FUNCTION_ARGS)
{
	DmSeriesArgs args;
	char *meaning;
	char *note;
	DmSeries *series;
	TimestampTz began;

	dm_series_args(fcinfo, 3, &args);
	meaning = dm_arg_text(fcinfo, 2, "meaning");
	note = dm_arg_text_or_null(fcinfo, 4, "note");
	if (strcmp(meaning, "change") != 0 && strcmp(meaning, "real") != 0 && strcmp(meaning, "false") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an anomaly cannot mean \"%s\"", meaning),
				 errhint("Say 'change' (this is normal from now on), 'real' (the alarm was right) or 'false' (it was not).")));
	dm_incident_lock(dm_series_product(args.relation), args.relation);
	series = dm_series_get_for_update(args.relation, args.column, args.metric);
	if (series == NULL)
		dm_series_missing(&args);
	if (!dm_alarm_acknowledge(series->id, DT_NOEND, meaning, note, &began))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("metric \"%s\" of relation \"%s\" has no alarm that waits for an answer",
						args.metric, get_rel_name(args.relation)),
				 errhint("View datamesh.anomalies lists alarms.")));
	if (strcmp(meaning, "false") != 0)
		dm_usual_confirm(&series->usual);
	if (strcmp(meaning, "change") == 0 && series->usual.alarm_at != 0)
	{
		dm_usual_adopt(&series->usual);
		dm_alarm_end(series->id, GetCurrentTimestamp(), false);
		if (!series->usual.invalid)
			dm_series_healthy(series);
	}
	dm_series_store(series);
	PG_RETURN_VOID();
}

Datum
dm_drop_series(PG_FUNCTION_ARGS)
{
	DmSeriesArgs args;
	DmSeries *series;

	dm_series_args(fcinfo, 2, &args);
	series = dm_series_get(args.relation, args.column, args.metric);
	if (series == NULL)
		dm_series_missing(&args);
	dm_series_forget(series->id);
	PG_RETURN_VOID();
}

/* datamesh.series_visible(relation): whether the current user may see what was measured of it. */
Datum
dm_series_visible(PG_FUNCTION_ARGS)
{
	Oid relid = PG_GETARG_OID(0);

	PG_RETURN_BOOL(get_rel_relkind(relid) != '\0' && dm_is_insider(relid, GetUserId()));
}
