/*
 * seriesold.c
 *		Deleting what was measured long ago.
 *
 * The models have learned it: only explanations look back.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/stratnum.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/timestamp.h"

#include "series/series.h"
#include "series/seriesrow.h"

int dm_series_retention_days = 400;

/* Deletes the rows of a table of one series that are older. */
static void
delete_before(DmTable table, const char *index_name, int64 series, TimestampTz before)
{
	DmWriter writer;
	ScanKeyData keys[2];
	DmScan scan;
	HeapTuple tuple;

	/* points and alarms both begin with the series and the time */
	dm_key_int8(&keys[0], Anum_dm_series_point_series, series);
	ScanKeyInit(&keys[1], Anum_dm_series_point_at, BTLessStrategyNumber, F_TIMESTAMPTZ_LT,
				TimestampTzGetDatum(before));
	dm_data_begin(&writer, table);
	dm_scan_begin(&scan, table, index_name, 2, keys);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		CHECK_FOR_INTERRUPTS();
		dm_data_delete(&writer, tuple);
	}
	dm_scan_end(&scan);
	dm_data_end(&writer);
}

void
dm_series_retention(void)
{
	TimestampTz before = GetCurrentTimestamp() - dm_series_retention_days * USECS_PER_DAY;
	ListCell *lc;

	foreach(lc, dm_series_list(InvalidOid))
	{
		DmSeries *series = lfirst(lc);

		/* measured before the column was classified: told to nobody since, and kept no longer */
		if (dm_series_column_guarded(series->relation, series->column, series->kind))
		{
			dm_series_forget(series->id);
			continue;
		}
		/* not while somebody acknowledges one of the alarms */
		dm_table_lock(DM_SERIES, series->id, ExclusiveLock);
		delete_before(DM_SERIES_POINT, "series_point_idx", series->id, before);
		delete_before(DM_SERIES_ALARM, "series_alarm_idx", series->id, before);
	}
}
