/*
 * series.c
 *		Recording what was measured.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "classify/label.h"
#include "classify/lower.h"
#include "registry/portrow.h"
#include "series/series.h"
#include "series/seriesrow.h"

int64
dm_series_product(Oid relid)
{
	int64 product = 0;
	ListCell *lc;

	foreach(lc, dm_port_views_all())
		if (lfirst_oid(lc) == relid || dm_port_source(lfirst_oid(lc)) == relid)
		{
			int64 found = dm_port_product(lfirst_oid(lc));

			if (found != 0 && (product == 0 || found < product))
				product = found;
		}
	return product;
}

/* Whether values of the column must not be kept: a tag guards it, or nobody can tell. */
static bool
is_guarded(Oid relid, const char *column)
{
	AttrNumber attnum = get_attnum(relid, column);
	ListCell *lc;

	if (attnum == InvalidAttrNumber)
		return true;
	foreach(lc, dm_column_tags(relid, attnum))
		if (dm_tag_guard(lfirst(lc)) != NULL)
			return true;
	return false;
}

/* Counts and shares tell of rows; everything else is made from the column's values. */
static bool
is_of_values(DmSeriesKind kind)
{
	return kind != DM_KIND_COUNT && kind != DM_KIND_SHARE;
}

/* Judges the value; the times that the model has seen only go on. */
static void
judge(DmSeries *series, TimestampTz at, double value, DmJudged *judged)
{
	DmBudget budget = dm_series_budget(series);

	memset(judged, 0, sizeof(*judged));
	if (!dm_series_kind_holds(series->kind, value))
		judged->verdict = DM_VERDICT_INVALID;
	else if (series->usual.seen > 0 && at <= series->usual.last_at)
		judged->verdict = DM_VERDICT_LATE;
	else
		dm_usual_add(&series->usual, &budget, at, value, judged);
}

/* Alarms of a value that cannot be are not the model's: they end with the next one that can. */
static void
keep_alarms(DmSeries *series, TimestampTz at, const DmJudged *judged)
{
	bool invalid = judged->verdict == DM_VERDICT_INVALID;

	if (judged->verdict == DM_VERDICT_LATE)
		return;
	if (invalid != series->usual.invalid)
	{
		if (invalid)
			dm_alarm_begin(series->id, at, "invalid");
		else
			dm_alarm_end(series->id, at, true);
		series->usual.invalid = invalid;
	}
	if (judged->alarm)
		dm_alarm_begin(series->id, at, judged->cause == DM_CAUSE_POINT ? "point" : "sustained");
	if (judged->over)
		dm_alarm_end(series->id, at, false);
}

DmVerdict
dm_series_record(int64 product, Oid relid, const char *column, const char *metric,
				 TimestampTz at, double value)
{
	DmSeries *series;
	DmJudged judged;

	if (TIMESTAMP_NOT_FINITE(at))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the time of a measurement must be finite")));
	if (column != NULL && is_of_values(dm_kind_of_metric(metric)) && is_guarded(relid, column))
		return DM_VERDICT_GUARDED;
	series = dm_series_create_for_update(product, relid, column, metric);
	judge(series, at, value, &judged);
	keep_alarms(series, at, &judged);
	dm_point_insert(series, at, value, &judged);
	series->product = product;
	dm_series_store(series);
	return judged.verdict;
}

bool
dm_series_forecast(Oid relid, const char *column, const char *metric, TimestampTz at,
				   double share, DmForecast *forecast)
{
	DmSeries *series = dm_series_get(relid, column, metric);

	return series != NULL &&
		   dm_usual_forecast(&series->usual, at, share, &forecast->expected, &forecast->low,
							 &forecast->high);
}
