/*
 * series.c
 *		Recording what was measured.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/json.h"
#include "classify/label.h"
#include "classify/lower.h"
#include "event/incident.h"
#include "registry/portrow.h"
#include "series/series.h"
#include "series/seriesrow.h"

#define START_OF_YEAR(year) ((date2j(year, 1, 1) - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY)

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

bool
dm_series_column_guarded(Oid relid, const char *column, DmSeriesKind kind)
{
	return column != NULL && is_of_values(kind) && is_guarded(relid, column);
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

/* What an incident calls the series: no two of a relation may be called the same. */
static char *
incident_cause(const DmSeries *series)
{
	const char *metric =
		strpbrk(series->metric, ":'") ? quote_literal_cstr(series->metric) : series->metric;

	return series->column == NULL ? psprintf("series:%s", metric) :
									psprintf("series:%s:%s", metric, series->column);
}

static void
add_number(DmJsonBuilder *builder, const char *key, double number)
{
	/* jsonb has no infinity: a band that is open on one side has no end there */
	if (isfinite(number))
		dm_json_add_number(builder, key, float8out_internal(number));
}

/*
 * What was measured and expected.  Of a column's values nothing: the column may be classified later
 * on, and incidents are for more people than the measurements are.
 */
static void
add_numbers(DmJsonBuilder *builder, double value, const DmJudged *judged)
{
	if (isfinite(value))
		add_number(builder, "value", value);
	else
		dm_json_add_text(builder, "value", float8out_internal(value));
	if (judged->verdict != DM_VERDICT_INVALID)
	{
		add_number(builder, "expected", judged->expected);
		add_number(builder, "low", judged->low);
		add_number(builder, "high", judged->high);
	}
}

static void
open_incident(const DmSeries *series, TimestampTz at, double value, const DmJudged *judged)
{
	DmJsonBuilder builder = { NULL };
	char *of = series->column == NULL ? "" : psprintf(" of column \"%s\"", series->column);
	char *title = psprintf("\"%s\"%s of \"%s\" is %s", series->metric, of,
						   get_rel_name(series->relation), dm_usual_verdict(judged->verdict));

	dm_json_begin_object(&builder, NULL);
	dm_json_add_text(&builder, "metric", series->metric);
	dm_json_add_text(&builder, "column", series->column);
	dm_json_add_text(&builder, "at", pstrdup(timestamptz_to_str(at)));
	dm_json_add_text(&builder, "verdict", dm_usual_verdict(judged->verdict));
	if (series->column == NULL || !is_of_values(series->kind))
		add_numbers(&builder, value, judged);
	dm_json_end_object(&builder);
	(void) dm_incident_failed(series->product, series->relation, incident_cause(series), "warning",
							  title, dm_json_done(&builder), at);
}

/* Alarms of a value that cannot be are not the model's: they end with the next one that can. */
static void
keep_alarms(DmSeries *series, TimestampTz at, double value, const DmJudged *judged)
{
	bool invalid = judged->verdict == DM_VERDICT_INVALID;
	bool began = judged->alarm || (invalid && !series->usual.invalid);

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
	if (began)
		open_incident(series, at, value, judged);
	else if (!invalid && series->usual.alarm_at == 0)
		dm_series_healthy(series);
}

void
dm_series_healthy(const DmSeries *series)
{
	dm_incident_healthy(series->product, series->relation, incident_cause(series));
}

/* Judges and stores one value of a series that is locked; the series itself is stored later. */
static DmVerdict
record(DmSeries *series, TimestampTz at, double value)
{
	DmJudged judged;

	if (TIMESTAMP_NOT_FINITE(at))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the time of a measurement must be finite")));
	/* differences of times must fit in 64 bits */
	if (at < START_OF_YEAR(1) || at >= START_OF_YEAR(10000))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_FIELD_OVERFLOW),
				 errmsg("the time of a measurement must be in the years 1 to 9999")));
	judge(series, at, value, &judged);
	keep_alarms(series, at, value, &judged);
	dm_point_insert(series, at, value, &judged);
	return judged.verdict;
}

bool
dm_series_record_many(int64 product, Oid relid, const char *column, const char *metric, int count,
					  const TimestampTz *at, const double *values, DmVerdict *verdicts)
{
	MemoryContext cxt;
	DmSeries *series;
	int i;

	if (dm_series_column_guarded(relid, column, dm_kind_of_metric(metric)))
		return false;
	/* before the lock of the series: what it tells may open an incident */
	dm_incident_lock(product, relid);
	series = dm_series_create_for_update(product, relid, column, metric);
	series->product = product;
	cxt = AllocSetContextCreate(CurrentMemoryContext, "datamesh measurements",
								ALLOCSET_SMALL_SIZES);
	for (i = 0; i < count; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(cxt);

		CHECK_FOR_INTERRUPTS();
		verdicts[i] = record(series, at[i], values[i]);
		MemoryContextSwitchTo(old);
		MemoryContextReset(cxt);
	}
	MemoryContextDelete(cxt);
	dm_series_store(series);
	return true;
}

DmVerdict
dm_series_record(int64 product, Oid relid, const char *column, const char *metric,
				 TimestampTz at, double value)
{
	DmVerdict verdict = DM_VERDICT_GUARDED;

	(void) dm_series_record_many(product, relid, column, metric, 1, &at, &value, &verdict);
	return verdict;
}

bool
dm_series_next(Oid relid, const char *column, const char *metric, TimestampTz at, double share,
			   DmForecast *forecast)
{
	DmSeries *series = dm_series_get(relid, column, metric);

	return series != NULL && dm_usual_next(&series->usual, at, share, forecast);
}

void
dm_series_dropped(Oid relid, AttrNumber attnum)
{
	Oid nspid = dm_catalog_schema();
	char relkind = get_rel_relkind(relid);
	char *column;
	ListCell *lc;

	/* with the extension, its indexes go before its tables, and TOAST tables in between */
	if (!OidIsValid(nspid) || relkind == RELKIND_INDEX || relkind == RELKIND_TOASTVALUE ||
		relkind == RELKIND_SEQUENCE || get_rel_namespace(relid) == nspid ||
		!OidIsValid(get_relname_relid("series_seen_pkey", nspid)) ||
		!OidIsValid(get_relname_relid("series_relation_column_name_metric_key", nspid)))
		return;
	if (attnum == 0)
		dm_series_seen_forget(relid);
	column = attnum != 0 ? get_attname(relid, attnum, true) : NULL;
	foreach(lc, dm_series_list(relid))
	{
		DmSeries *series = lfirst(lc);

		if (attnum == 0 ||
			(column != NULL && series->column != NULL && strcmp(series->column, column) == 0))
			dm_series_forget(series->id);
	}
}

void
dm_series_after_command(DmCommand *command)
{
	RenameStmt *stmt = (RenameStmt *) command->parsetree;
	ListCell *lr;
	ListCell *lc;

	if (!IsA(stmt, RenameStmt) || stmt->renameType != OBJECT_COLUMN)
		return;
	foreach(lr, dm_command_touched(command, RelationRelationId))
		foreach(lc, dm_series_list(lfirst_oid(lr)))
		{
			DmSeries *series = lfirst(lc);

			if (series->column != NULL && strcmp(series->column, stmt->subname) == 0)
				dm_series_rename_column(series->id, stmt->newname);
		}
}
