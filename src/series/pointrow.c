/*
 * pointrow.c
 *		The rows of what was measured, and of the alarms.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "series/seriesrow.h"

void
dm_point_insert(const DmSeries *series, TimestampTz at, double value, const DmJudged *judged)
{
	DmWriter writer;
	DmRow row;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_series_point_series, Int64GetDatum(series->id));
	dm_row_set(&row, Anum_dm_series_point_at, TimestampTzGetDatum(at));
	dm_row_set(&row, Anum_dm_series_point_value, Float8GetDatum(value));
	dm_row_set_text(&row, Anum_dm_series_point_verdict, dm_usual_verdict(judged->verdict));
	if (judged->verdict != DM_VERDICT_INVALID && judged->verdict != DM_VERDICT_LATE)
	{
		dm_row_set(&row, Anum_dm_series_point_expected, Float8GetDatum(judged->expected));
		dm_row_set(&row, Anum_dm_series_point_low, Float8GetDatum(judged->low));
		dm_row_set(&row, Anum_dm_series_point_high, Float8GetDatum(judged->high));
	}
	dm_data_begin(&writer, DM_SERIES_POINT);
	dm_data_insert(&writer, &row);
	dm_data_end(&writer);
}

static double
float_or_zero(DmScan *scan, HeapTuple tuple, AttrNumber attno, bool *isnull)
{
	Datum value = dm_scan_get(scan, tuple, attno, isnull);

	return *isnull ? 0 : DatumGetFloat8(value);
}

static DmPoint *
read_point(DmScan *scan, HeapTuple tuple)
{
	DmPoint *point = palloc0(sizeof(DmPoint));
	bool isnull;

	point->at = DatumGetTimestampTz(dm_scan_get(scan, tuple, Anum_dm_series_point_at, NULL));
	point->value = DatumGetFloat8(dm_scan_get(scan, tuple, Anum_dm_series_point_value, NULL));
	point->verdict = dm_scan_text(scan, tuple, Anum_dm_series_point_verdict);
	point->expected = float_or_zero(scan, tuple, Anum_dm_series_point_expected, &isnull);
	point->judged = !isnull;
	point->low = float_or_zero(scan, tuple, Anum_dm_series_point_low, &isnull);
	point->high = float_or_zero(scan, tuple, Anum_dm_series_point_high, &isnull);
	return point;
}

static List *
reversed(List *list)
{
	int first = 0;
	int last = list_length(list) - 1;

	for (; first < last; first++, last--)
	{
		void *point = list_nth(list, first);

		lfirst(list_nth_cell(list, first)) = list_nth(list, last);
		lfirst(list_nth_cell(list, last)) = point;
	}
	return list;
}

List *
dm_point_list(int64 series, TimestampTz until, int most)
{
	ScanKeyData keys[2];
	Relation rel = table_open(dm_table_oid(DM_SERIES_POINT), AccessShareLock);
	Relation index = index_open(get_relname_relid("series_point_idx", dm_catalog_schema()),
								AccessShareLock);
	DmScan scan;
	HeapTuple tuple;
	List *result = NIL;

	dm_key_int8(&keys[0], Anum_dm_series_point_series, series);
	ScanKeyInit(&keys[1], Anum_dm_series_point_at, BTLessEqualStrategyNumber, F_TIMESTAMPTZ_LE,
				TimestampTzGetDatum(until));
	scan.rel = rel;
	scan.desc = systable_beginscan_ordered(rel, index, NULL, 2, keys);
	while ((most == 0 || list_length(result) < most) &&
		   HeapTupleIsValid(tuple = systable_getnext_ordered(scan.desc, BackwardScanDirection)))
	{
		CHECK_FOR_INTERRUPTS();
		result = lappend(result, read_point(&scan, tuple));
	}
	systable_endscan_ordered(scan.desc);
	index_close(index, AccessShareLock);
	table_close(rel, AccessShareLock);
	return reversed(result);
}

void
dm_alarm_begin(int64 series, TimestampTz at, const char *cause)
{
	DmWriter writer;
	DmRow row;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_series_alarm_series, Int64GetDatum(series));
	dm_row_set(&row, Anum_dm_series_alarm_at, TimestampTzGetDatum(at));
	dm_row_set_text(&row, Anum_dm_series_alarm_cause, cause);
	dm_data_begin(&writer, DM_SERIES_ALARM);
	dm_data_insert(&writer, &row);
	dm_data_end(&writer);
}

/*
 * The alarm that began last up to a time, as a copy of its row, NULL for none: of any cause, or
 * only those that are on, of one cause or of the model.
 */
static HeapTuple
find_alarm(int64 series, TimestampTz until, bool ongoing, bool invalid)
{
	ScanKeyData keys[2];
	DmScan scan;
	HeapTuple tuple;
	HeapTuple last = NULL;
	TimestampTz last_at = DT_NOBEGIN;

	dm_key_int8(&keys[0], Anum_dm_series_alarm_series, series);
	ScanKeyInit(&keys[1], Anum_dm_series_alarm_at, BTLessEqualStrategyNumber, F_TIMESTAMPTZ_LE,
				TimestampTzGetDatum(until));
	dm_scan_begin(&scan, DM_SERIES_ALARM, "series_alarm_idx", 2, keys);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		Datum at_datum = dm_scan_get(&scan, tuple, Anum_dm_series_alarm_at, NULL);
		TimestampTz at = DatumGetTimestampTz(at_datum);
		char *cause = dm_scan_text(&scan, tuple, Anum_dm_series_alarm_cause);
		bool is_on;

		(void) dm_scan_get(&scan, tuple, Anum_dm_series_alarm_ended_at, &is_on);
		if (at < last_at || (ongoing && (!is_on || (strcmp(cause, "invalid") == 0) != invalid)))
			continue;
		last = heap_copytuple(tuple);
		last_at = at;
	}
	dm_scan_end(&scan);
	return last;
}

static void
update_alarm(HeapTuple tuple, DmRow *row)
{
	DmWriter writer;

	dm_data_begin(&writer, DM_SERIES_ALARM);
	dm_data_update(&writer, tuple, row);
	dm_data_end(&writer);
}

void
dm_alarm_end(int64 series, TimestampTz at, bool invalid)
{
	HeapTuple tuple = find_alarm(series, DT_NOEND, true, invalid);
	DmRow row;

	if (tuple == NULL)
		return;
	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_series_alarm_ended_at, TimestampTzGetDatum(at));
	update_alarm(tuple, &row);
}

bool
dm_alarm_acknowledge(int64 series, TimestampTz until, const char *meaning, const char *note,
					 TimestampTz *began)
{
	HeapTuple tuple = find_alarm(series, until, false, false);
	DmWriter writer;
	DmRow row;
	bool unknown = false;

	if (tuple == NULL)
		return false;
	dm_row_init(&row);
	dm_row_set_text(&row, Anum_dm_series_alarm_meaning, meaning);
	dm_row_set_text(&row, Anum_dm_series_alarm_note, note);
	dm_row_set(&row, Anum_dm_series_alarm_acknowledged_at,
			   TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set(&row, Anum_dm_series_alarm_acknowledged_by, ObjectIdGetDatum(GetUserId()));
	dm_data_begin(&writer, DM_SERIES_ALARM);
	*began = DatumGetTimestampTz(heap_getattr(tuple, Anum_dm_series_alarm_at,
											  RelationGetDescr(writer.rel), &unknown));
	(void) heap_getattr(tuple, Anum_dm_series_alarm_meaning, RelationGetDescr(writer.rel),
						&unknown);
	if (unknown)
		dm_data_update(&writer, tuple, &row);
	dm_data_end(&writer);
	return unknown;
}

bool
dm_alarm_last(int64 series, TimestampTz *began)
{
	HeapTuple tuple = find_alarm(series, DT_NOEND, false, false);
	Relation rel;
	bool isnull;

	if (tuple == NULL)
		return false;
	rel = table_open(dm_table_oid(DM_SERIES_ALARM), AccessShareLock);
	*began = DatumGetTimestampTz(heap_getattr(tuple, Anum_dm_series_alarm_at,
											  RelationGetDescr(rel), &isnull));
	table_close(rel, AccessShareLock);
	return true;
}
