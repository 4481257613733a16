/*
 * slo_retention.c
 *		How long it is kept what became of service levels.
 *
 * Levels are gone through one by one, each with a probe for its oldest rows: nearly always there is
 * nothing to delete, and the tables may be large.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/timestamp.h"

#include "catalog/data.h"
#include "sla/slo_retention.h"
#include "sla/slo_track.h"

/* the month that a report is made of when it is over, and the one that goes on */
#define REPORT_TIME (INT64CONST(62) * USECS_PER_DAY)

/* in one transaction; the rest is for the next time */
#define MOST_AT_ONCE 50000

int dm_slo_retention_time = 400 * HOURS_PER_DAY * MINS_PER_HOUR;

/* A level of which something is stored. */
typedef struct Stored
{
	int64 product;
	char *key;
	bool ended;
} Stored;

static List *
stored_levels(void)
{
	DmScan scan;
	HeapTuple tuple;
	List *result = NIL;

	dm_scan_begin(&scan, DM_SLO_STATE, "slo_state_pkey", 0, NULL);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		Stored *stored = palloc(sizeof(Stored));

		stored->product = dm_scan_int8(&scan, tuple, Anum_dm_slo_state_product);
		stored->key = dm_scan_text(&scan, tuple, Anum_dm_slo_state_slo);
		stored->ended = strcmp(dm_scan_text(&scan, tuple, Anum_dm_slo_state_told),
							   DM_TOLD_ENDED) == 0;
		result = lappend(result, stored);
	}
	dm_scan_end(&scan);
	return result;
}

/*
 * Deletes a level's rows from before that time, at most so many; returns their number.  Of both
 * tables the third column of the key is the time; with_end has only rows go that ended by then.
 */
static int
delete_before(DmTable table, const char *index_name, const Stored *stored, TimestampTz before,
			  bool with_end, int most)
{
	ScanKeyData keys[3];
	DmScan scan;
	DmWriter writer;
	HeapTuple tuple;
	int deleted = 0;

	dm_key_int8(&keys[0], 1, stored->product);
	dm_key_text(&keys[1], 2, stored->key);
	ScanKeyInit(&keys[2], 3, BTLessStrategyNumber, F_TIMESTAMPTZ_LT, TimestampTzGetDatum(before));
	dm_data_begin(&writer, table);
	dm_scan_begin(&scan, table, index_name, 3, keys);
	while (deleted < most && HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		CHECK_FOR_INTERRUPTS();
		if (with_end)
		{
			bool goes_on;
			Datum until = dm_scan_get(&scan, tuple, Anum_dm_slo_interval_until, &goes_on);

			if (goes_on || DatumGetTimestampTz(until) >= before)
				continue;
		}
		dm_data_delete(&writer, tuple);
		deleted++;
	}
	dm_scan_end(&scan);
	dm_data_end(&writer);
	return deleted;
}

static bool
has_rows(DmTable table, const char *index_name, const Stored *stored, TimestampTz before)
{
	ScanKeyData keys[3];
	DmScan scan;
	bool result;

	dm_key_int8(&keys[0], 1, stored->product);
	dm_key_text(&keys[1], 2, stored->key);
	ScanKeyInit(&keys[2], 3, BTLessStrategyNumber, F_TIMESTAMPTZ_LT, TimestampTzGetDatum(before));
	dm_scan_begin(&scan, table, index_name, 3, keys);
	result = HeapTupleIsValid(dm_scan_next(&scan));
	dm_scan_end(&scan);
	return result;
}

static bool
has_history(const Stored *stored, TimestampTz before)
{
	return has_rows(DM_SLO_INTERVAL, "slo_interval_pkey", stored, before) ||
		   has_rows(DM_SLO_COUNT, "slo_count_pkey", stored, before);
}

/* What was before that time is not needed for the level's window. */
static TimestampTz
window_start(const Stored *stored, List *levels, TimestampTz now)
{
	ListCell *lc;

	foreach(lc, levels)
	{
		DmSlo *slo = lfirst(lc);

		if (strcmp(slo->key, stored->key) == 0)
			return dm_slo_add(now, &slo->span, -1);
	}
	return now;
}

static void
delete_state(const Stored *stored)
{
	ScanKeyData keys[2];
	DmScan scan;
	DmWriter writer;
	HeapTuple tuple;

	dm_key_int8(&keys[0], Anum_dm_slo_state_product, stored->product);
	dm_key_text(&keys[1], Anum_dm_slo_state_slo, stored->key);
	dm_data_begin(&writer, DM_SLO_STATE);
	dm_scan_begin(&scan, DM_SLO_STATE, "slo_state_pkey", 2, keys);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
		dm_data_delete(&writer, tuple);
	dm_scan_end(&scan);
	dm_data_end(&writer);
}

void
dm_slo_retention(void)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz before = Min(now - dm_slo_retention_time * USECS_PER_MINUTE, now - REPORT_TIME);
	int64 listed = 0;
	List *levels = NIL;
	int room = MOST_AT_ONCE;
	ListCell *lc;

	foreach(lc, stored_levels())
	{
		Stored *stored = lfirst(lc);
		TimestampTz keep;

		CHECK_FOR_INTERRUPTS();
		if (room <= 0)
			break;
		/* who follows the levels right now is not to be waited for */
		if ((!stored->ended && !has_history(stored, before)) ||
			!dm_table_try_lock(DM_SLO_STATE, stored->product))
			continue;
		if (listed != stored->product)
		{
			DmProduct *product = dm_product_find_by_id(stored->product);

			levels = product != NULL ? dm_slo_list(product) : NIL;
			listed = stored->product;
		}
		keep = Min(before, window_start(stored, levels, now));
		room -= delete_before(DM_SLO_INTERVAL, "slo_interval_pkey", stored, keep, true, room);
		room -= delete_before(DM_SLO_COUNT, "slo_count_pkey", stored, keep, false, room);
	}
	CommandCounterIncrement();
	foreach(lc, stored_levels())
	{
		Stored *stored = lfirst(lc);

		if (stored->ended && !has_history(stored, DT_NOEND) &&
			dm_table_try_lock(DM_SLO_STATE, stored->product))
			delete_state(stored);
	}
}
