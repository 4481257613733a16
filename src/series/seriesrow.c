/*
 * seriesrow.c
 *		The rows of measured series.
 *
 * Each value updates its series' row, so the rows are data (catalog/data.h).
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

#include "compat/pg_compat.h"
#include "series/seriesrow.h"

/* What an owner is asked to bear unless he says otherwise: one false alarm a quarter. */
#define BUDGET_ALARMS 1
#define BUDGET_MONTHS 3

/* The model of a row.  One of another version or machine is learned anew, from what is kept. */
static void
read_model(DmSeries *series, Datum datum)
{
	bytea *bytes = DatumGetByteaPP(datum);
	DmBudget budget = dm_series_budget(series);
	DmJudged judged;
	ListCell *lc;

	if (VARSIZE_ANY_EXHDR(bytes) == sizeof(DmUsual))
	{
		memcpy(&series->usual, VARDATA_ANY(bytes), sizeof(DmUsual));
		if (series->usual.format == DM_USUAL_FORMAT)
			return;
	}
	dm_usual_init(&series->usual, series->kind);
	foreach(lc, dm_point_list(series->id, DT_NOEND, 0))
	{
		DmPoint *point = lfirst(lc);

		if (point->judged)
			dm_usual_add(&series->usual, &budget, point->at, point->value, &judged);
	}
}

static DmSeries *
read_series(DmScan *scan, HeapTuple tuple)
{
	DmSeries *series = palloc0(sizeof(DmSeries));
	char *column = dm_scan_text(scan, tuple, Anum_dm_series_column_name);

	series->id = dm_scan_int8(scan, tuple, Anum_dm_series_id);
	series->product = dm_scan_int8(scan, tuple, Anum_dm_series_product);
	series->relation = dm_scan_oid(scan, tuple, Anum_dm_series_relation);
	series->column = column[0] != '\0' ? column : NULL;
	series->metric = dm_scan_text(scan, tuple, Anum_dm_series_metric);
	if (!dm_series_kind_by_name(dm_scan_text(scan, tuple, Anum_dm_series_kind), &series->kind))
		elog(ERROR, "unknown kind of series " INT64_FORMAT, series->id);
	series->budget_alarms = dm_scan_int4(scan, tuple, Anum_dm_series_budget_alarms);
	series->budget_interval =
		*DatumGetIntervalP(dm_scan_get(scan, tuple, Anum_dm_series_budget_interval, NULL));
	read_model(series, dm_scan_get(scan, tuple, Anum_dm_series_model, NULL));
	return series;
}

DmSeries *
dm_series_get(Oid relid, const char *column, const char *metric)
{
	ScanKeyData keys[3];
	DmScan scan;
	HeapTuple tuple;
	DmSeries *series = NULL;

	dm_key_oid(&keys[0], Anum_dm_series_relation, relid);
	dm_key_text(&keys[1], Anum_dm_series_column_name, column != NULL ? column : "");
	dm_key_text(&keys[2], Anum_dm_series_metric, metric);
	dm_scan_begin(&scan, DM_SERIES, "series_relation_column_name_metric_key", 3, keys);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
		series = read_series(&scan, tuple);
	dm_scan_end(&scan);
	return series;
}

static int
cmp_series(const ListCell *a, const ListCell *b)
{
	int64 first = ((DmSeries *) lfirst(a))->id;
	int64 second = ((DmSeries *) lfirst(b))->id;

	return (first > second) - (first < second);
}

List *
dm_series_list(Oid relid)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	List *result = NIL;

	dm_key_oid(&key, Anum_dm_series_relation, relid);
	if (OidIsValid(relid))
		dm_scan_begin(&scan, DM_SERIES, "series_relation_column_name_metric_key", 1, &key);
	else
		dm_scan_begin(&scan, DM_SERIES, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		result = lappend(result, read_series(&scan, tuple));
	dm_scan_end(&scan);
	list_sort(result, cmp_series);
	return result;
}

static Datum
model_datum(const DmSeries *series)
{
	bytea *bytes = palloc(VARHDRSZ + sizeof(DmUsual));

	SET_VARSIZE(bytes, VARHDRSZ + sizeof(DmUsual));
	memcpy(VARDATA(bytes), &series->usual, sizeof(DmUsual));
	return PointerGetDatum(bytes);
}

static void
insert_series(DmSeries *series)
{
	DmWriter writer;
	DmRow row;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_series_id, Int64GetDatum(series->id));
	dm_row_set(&row, Anum_dm_series_product, Int64GetDatum(series->product));
	dm_row_set(&row, Anum_dm_series_relation, ObjectIdGetDatum(series->relation));
	dm_row_set_text(&row, Anum_dm_series_column_name, series->column != NULL ? series->column : "");
	dm_row_set_text(&row, Anum_dm_series_metric, series->metric);
	dm_row_set_text(&row, Anum_dm_series_kind, dm_series_kind_name(series->kind));
	dm_row_set(&row, Anum_dm_series_budget_alarms, Int32GetDatum(series->budget_alarms));
	dm_row_set(&row, Anum_dm_series_budget_interval, IntervalPGetDatum(&series->budget_interval));
	dm_row_set(&row, Anum_dm_series_model, model_datum(series));
	dm_row_set(&row, Anum_dm_series_created_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_data_begin(&writer, DM_SERIES);
	dm_data_insert(&writer, &row);
	dm_data_end(&writer);
}

DmSeries *
dm_series_get_for_update(Oid relid, const char *column, const char *metric)
{
	DmSeries *series = dm_series_get(relid, column, metric);

	if (series == NULL)
		return NULL;
	dm_table_lock(DM_SERIES, series->id, ExclusiveLock);
	/* it may have moved on, or gone, while we waited */
	return dm_series_get(relid, column, metric);
}

DmSeries *
dm_series_create_for_update(int64 product, Oid relid, const char *column, const char *metric)
{
	DmSeries *series = dm_series_get_for_update(relid, column, metric);

	if (series != NULL)
		return series;
	dm_table_lock(DM_SERIES, 0, ShareUpdateExclusiveLock);
	series = dm_series_get_for_update(relid, column, metric);
	if (series != NULL)
		return series;
	series = palloc0(sizeof(DmSeries));
	series->id = dm_table_next_id(DM_SERIES);
	series->product = product;
	series->relation = relid;
	series->column = column != NULL ? pstrdup(column) : NULL;
	series->metric = pstrdup(metric);
	series->kind = dm_kind_of_metric(metric);
	series->budget_alarms = BUDGET_ALARMS;
	series->budget_interval.month = BUDGET_MONTHS;
	dm_usual_init(&series->usual, series->kind);
	dm_table_lock(DM_SERIES, series->id, ExclusiveLock);
	insert_series(series);
	return series;
}

/* Updates the columns of a series that the row has set. */
static void
update_series(int64 id, DmRow *row)
{
	DmWriter writer;
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;

	dm_data_begin(&writer, DM_SERIES);
	dm_key_int8(&key, Anum_dm_series_id, id);
	dm_scan_begin(&scan, DM_SERIES, "series_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "series " INT64_FORMAT " does not exist", id);
	dm_data_update(&writer, tuple, row);
	dm_scan_end(&scan);
	dm_data_end(&writer);
}

void
dm_series_store(DmSeries *series)
{
	DmRow row;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_series_product, Int64GetDatum(series->product));
	dm_row_set(&row, Anum_dm_series_budget_alarms, Int32GetDatum(series->budget_alarms));
	dm_row_set(&row, Anum_dm_series_budget_interval, IntervalPGetDatum(&series->budget_interval));
	dm_row_set(&row, Anum_dm_series_model, model_datum(series));
	update_series(series->id, &row);
}

void
dm_series_rename_column(int64 id, const char *name)
{
	DmRow row;

	dm_row_init(&row);
	dm_row_set_text(&row, Anum_dm_series_column_name, name);
	update_series(id, &row);
}

/* Deletes the rows of a table that belong to a series. */
static void
delete_rows(DmTable table, const char *index_name, int64 id)
{
	DmWriter writer;
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;

	/* the series is the first column of its points and alarms, as it is its own */
	dm_key_int8(&key, 1, id);
	dm_data_begin(&writer, table);
	dm_scan_begin(&scan, table, index_name, 1, &key);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		CHECK_FOR_INTERRUPTS();
		dm_data_delete(&writer, tuple);
	}
	dm_scan_end(&scan);
	dm_data_end(&writer);
}

void
dm_series_forget(int64 id)
{
	dm_table_lock(DM_SERIES, id, ExclusiveLock);
	delete_rows(DM_SERIES_POINT, "series_point_idx", id);
	delete_rows(DM_SERIES_ALARM, "series_alarm_idx", id);
	delete_rows(DM_SERIES, "series_pkey", id);
}

DmBudget
dm_series_budget(const DmSeries *series)
{
	const Interval *interval = &series->budget_interval;
	DmBudget budget;

	budget.alarms = series->budget_alarms;
	budget.seconds = (interval->month * (double) DAYS_PER_MONTH + interval->day) * SECS_PER_DAY +
					 interval->time / (double) USECS_PER_SEC;
	return budget;
}
