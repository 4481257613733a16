/*
 * series_forecast.c
 *		What values are to be expected, and how good such forecasts were.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/args.h"
#include "compat/pg_compat.h"
#include "series/horizon.h"
#include "series/series.h"
#include "series/seriesaccess.h"

PG_FUNCTION_INFO_V1(dm_forecast);
PG_FUNCTION_INFO_V1(dm_forecast_coverage);

#define FORECAST_ROWS 1000

/* The last values that are forecast again: ten weeks of one every five minutes. */
#define HINDCAST_POINTS 20000

/* The microseconds of a horizon that reaches from the last value on. */
static int64
arg_horizon(FunctionCallInfo fcinfo, int n, TimestampTz from)
{
	TimestampTz until;

	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null", "horizon")));
	until = DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval,
													TimestampTzGetDatum(from),
													PG_GETARG_DATUM(n)));
	if (TIMESTAMP_NOT_FINITE(until) || until <= from)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must be a time ahead", "horizon")));
	return until - from;
}

static double
arg_share(FunctionCallInfo fcinfo, int n)
{
	double share = PG_ARGISNULL(n) ? 0.9 : PG_GETARG_FLOAT8(n);

	if (!(share >= 0.5 && share <= 0.999))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must be from 0.5 to 0.999", "share")));
	return share;
}

/* The series that the arguments name, of which numbers may be told. */
static DmSeries *
series_to_forecast(FunctionCallInfo fcinfo, int column_arg)
{
	DmSeries *series = dm_series_of(fcinfo, column_arg);

	if (dm_series_column_guarded(series->relation, series->column, series->kind))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("metric \"%s\" of column \"%s\" cannot be forecast", series->metric,
						series->column),
				 errdetail("A tag guards the values of the column, and the metric is computed from them.")));
	return series;
}

/* Forecasts for the values that are kept, each from those before it. */
static DmHindcast *
hindcast_of(DmSeries *series, double share)
{
	DmHindcast *hindcast = palloc(sizeof(DmHindcast));
	DmBudget budget = dm_series_budget(series);
	ListCell *lc;

	dm_hindcast_init(hindcast, series->kind, &budget, share);
	foreach(lc, dm_point_list(series->id, DT_NOEND, HINDCAST_POINTS))
	{
		DmPoint *point = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (point->judged)
			dm_hindcast_add(hindcast, point->at, point->value);
	}
	return hindcast;
}

Datum
dm_forecast(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	DmSeries *series = series_to_forecast(fcinfo, 3);
	double share = arg_share(fcinfo, 4);
	int64 horizon = arg_horizon(fcinfo, 2, series->usual.last_at);
	DmHindcast *hindcast;
	int64 step;
	int64 ahead;

	InitMaterializedSRF(fcinfo, 0);
	if (dm_usual_is_learning(&series->usual))
		PG_RETURN_NULL();
	hindcast = hindcast_of(series, share);
	step = Max((int64) (series->usual.interval * USECS_PER_SEC), horizon / FORECAST_ROWS + 1);
	for (ahead = step; ahead <= horizon; ahead += step)
	{
		TimestampTz at = series->usual.last_at + ahead;
		DmForecast forecast;
		Datum values[4];
		bool nulls[4] = { false };

		CHECK_FOR_INTERRUPTS();
		if (!dm_hindcast_forecast(hindcast, &series->usual, at, &forecast))
			break;
		values[0] = TimestampTzGetDatum(at);
		values[1] = Float8GetDatum(forecast.expected);
		values[2] = Float8GetDatum(forecast.low);
		values[3] = Float8GetDatum(forecast.high);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	PG_RETURN_NULL();
}

Datum
dm_forecast_coverage(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	DmSeries *series = series_to_forecast(fcinfo, 2);
	DmHindcast *hindcast = hindcast_of(series, arg_share(fcinfo, 3));
	int i;

	InitMaterializedSRF(fcinfo, 0);
	for (i = 0; i < DM_HORIZONS; i++)
	{
		const DmHorizon *horizon = &hindcast->horizon[i];
		Datum values[5];
		bool nulls[5] = { false };

		if (horizon->came == 0)
			break;
		values[0] = Int32GetDatum(horizon->steps);
		values[1] = Int64GetDatum(horizon->came);
		values[2] = Int64GetDatum(dm_horizon_independent(horizon));
		values[3] = Float8GetDatum((double) horizon->inside / horizon->came);
		values[4] = Float8GetDatum(horizon->width);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	PG_RETURN_NULL();
}
