/*
 * series_explain.c
 *		Why a value is anomalous, or not.
 */
#include "postgres.h"

#include <math.h>

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/args.h"
#include "compat/pg_compat.h"
#include "series/series.h"
#include "series/seriesaccess.h"
#include "series/seriesrow.h"
#include "series/sparkline.h"

PG_FUNCTION_INFO_V1(dm_explain_anomaly);
PG_FUNCTION_INFO_V1(dm_series_season);
PG_FUNCTION_INFO_V1(dm_series_guarded);

#define SPARKLINE_MAX 1000

static const char *const season_word[DM_SEASONS] = { "none", "day", "week" };

DmSeries *
dm_series_of(FunctionCallInfo fcinfo, int column_arg)
{
	DmSeriesArgs args;
	DmSeries *series;

	dm_series_args(fcinfo, column_arg, &args);
	series = dm_series_get(args.relation, args.column, args.metric);
	if (series == NULL)
		dm_series_missing(&args);
	return series;
}

static char *
budget_text(const DmSeries *series)
{
	Datum interval = IntervalPGetDatum(&series->budget_interval);

	return psprintf("%d in %s", series->budget_alarms,
					DatumGetCString(DirectFunctionCall1(interval_out, interval)));
}

/* An anomalous value: on which side, and by which of the checks. */
static char *
reason_anomalous(const DmSeries *series, const DmPoint *point, bool guarded)
{
	const char *side = point->value > point->expected ? "above" : "below";

	if (guarded)
		return psprintf("The value, or the mean of the last ones, is outside of what the values before it allow, with a budget of false alarms of %s.",
						budget_text(series));
	if (point->value < point->low || point->value > point->high)
		return psprintf("The value is %s the band from %.6g to %.6g that the values before it allow, with a budget of false alarms of %s.",
						side, point->low, point->high, budget_text(series));
	return psprintf("The value is inside of the band, but the values have been on one side of what is usual for a while, for longer or farther than a budget of false alarms of %s allows.",
					budget_text(series));
}

static char *
reason(const DmSeries *series, const DmPoint *point, bool guarded)
{
	if (strcmp(point->verdict, "anomalous") == 0)
		return reason_anomalous(series, point, guarded);
	if (strcmp(point->verdict, "changed") == 0)
		return pstrdup("The values have been anomalous for at least a day and seven values, and are taken for the new normal.");
	if (strcmp(point->verdict, "invalid") == 0)
		return psprintf("A metric of kind \"%s\" cannot have this value.",
						dm_series_kind_name(series->kind));
	if (strcmp(point->verdict, "late") == 0)
		return pstrdup("The value is older than others that had been judged: it is kept, but neither judged nor learned from.");
	if (strcmp(point->verdict, "learning") == 0)
		return pstrdup("Too little was known to judge the value: fewer than 16 values since the series began or showed another season, or less than a day of them.");
	if (guarded)
		return pstrdup("The value is inside of the band.");
	return psprintf("The value is inside of the band from %.6g to %.6g.", point->low, point->high);
}

static char *
told(char *text, bool guarded)
{
	return guarded ? psprintf("%s A tag guards the values of the column: none is told.", text) :
					 text;
}

/* When the last alarm began; of a series without one the last value. */
static TimestampTz
time_to_explain(const DmSeries *series)
{
	TimestampTz began;

	return dm_alarm_last(series->id, &began) ? began : DT_NOEND;
}

static void
float_column(Datum *values, bool *nulls, int column, bool there, double value)
{
	nulls[column] = !there;
	values[column] = Float8GetDatum(value);
}

Datum
dm_explain_anomaly(PG_FUNCTION_ARGS)
{
	DmSeries *series = dm_series_of(fcinfo, 2);
	int32 most = PG_ARGISNULL(4) ? 60 : PG_GETARG_INT32(4);
	TimestampTz at = PG_ARGISNULL(3) ? time_to_explain(series) : PG_GETARG_TIMESTAMPTZ(3);
	List *points;
	DmPoint *point;
	TupleDesc desc;
	bool guarded = dm_series_column_guarded(series->relation, series->column, series->kind);
	Datum values[8];
	bool nulls[8] = { false };

	if (most < 1 || most > SPARKLINE_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must be from 1 to %d", "points", SPARKLINE_MAX)));
	points = dm_point_list(series->id, at, most);
	if (points == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("nothing was measured until then"),
				 errhint("View datamesh.measurements lists what was measured.")));
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	point = llast(points);
	values[0] = TimestampTzGetDatum(point->at);
	float_column(values, nulls, 1, !guarded, point->value);
	values[2] = CStringGetTextDatum(point->verdict);
	float_column(values, nulls, 3, point->judged && !guarded, point->expected);
	float_column(values, nulls, 4, point->judged && !guarded, point->low);
	float_column(values, nulls, 5, point->judged && !guarded, point->high);
	values[6] = CStringGetTextDatum(told(reason(series, point, guarded), guarded));
	if (guarded)
		nulls[7] = true;
	else
		values[7] = CStringGetTextDatum(dm_sparkline(points));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/* datamesh.series_season(relation, metric, column): the season that a series shows. */
Datum
dm_series_season(PG_FUNCTION_ARGS)
{
	char *column = text_to_cstring(PG_GETARG_TEXT_PP(2));
	DmSeries *series = dm_series_get(PG_GETARG_OID(0), column[0] != '\0' ? column : NULL,
									 text_to_cstring(PG_GETARG_TEXT_PP(1)));

	if (series == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(season_word[dm_usual_season(&series->usual)]));
}

/* datamesh.series_guarded(relation, column, metric): whether values of the series are not told. */
Datum
dm_series_guarded(PG_FUNCTION_ARGS)
{
	char *column = text_to_cstring(PG_GETARG_TEXT_PP(1));
	char *metric = text_to_cstring(PG_GETARG_TEXT_PP(2));

	PG_RETURN_BOOL(dm_series_column_guarded(PG_GETARG_OID(0), column[0] != '\0' ? column : NULL,
											dm_kind_of_metric(metric)));
}
