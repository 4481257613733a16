/*
 * seriesjob.c
 *		Series of what happens to governed relations, made from the counters of their activity.
 *
 * A run of the job looks at the counters and at what they were the last time.  Counts become rates,
 * so that a run that is late is no anomaly.  Nothing is scanned.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "activity/activity.h"
#include "series/series.h"
#include "series/seriesrow.h"

#define Anum_dm_series_seen_relation	  1
#define Anum_dm_series_seen_at			  2
#define Anum_dm_series_seen_counted_since 3
#define Anum_dm_series_seen_last_write	  4
#define Anum_dm_series_seen_commits		  5
#define Anum_dm_series_seen_inserted	  6
#define Anum_dm_series_seen_updated		  7
#define Anum_dm_series_seen_deleted		  8

/* Less time than this between two runs says nothing about a rate. */
#define SECONDS_MIN 60

typedef struct Seen
{
	TimestampTz at; /* 0 for never */
	DmActivity activity;
} Seen;

static HeapTuple
find_seen(DmScan *scan, Oid relid)
{
	ScanKeyData key;

	dm_key_oid(&key, Anum_dm_series_seen_relation, relid);
	dm_scan_begin(scan, DM_SERIES_SEEN, "series_seen_pkey", 1, &key);
	return dm_scan_next(scan);
}

static void
read_seen(Oid relid, Seen *seen)
{
	DmScan scan;
	HeapTuple tuple = find_seen(&scan, relid);

	memset(seen, 0, sizeof(*seen));
	if (HeapTupleIsValid(tuple))
	{
		seen->at = dm_scan_int8(&scan, tuple, Anum_dm_series_seen_at);
		seen->activity.counted_since =
			dm_scan_int8(&scan, tuple, Anum_dm_series_seen_counted_since);
		seen->activity.last_write = dm_scan_int8(&scan, tuple, Anum_dm_series_seen_last_write);
		seen->activity.commits = dm_scan_int8(&scan, tuple, Anum_dm_series_seen_commits);
		seen->activity.inserted = dm_scan_int8(&scan, tuple, Anum_dm_series_seen_inserted);
		seen->activity.updated = dm_scan_int8(&scan, tuple, Anum_dm_series_seen_updated);
		seen->activity.deleted = dm_scan_int8(&scan, tuple, Anum_dm_series_seen_deleted);
	}
	dm_scan_end(&scan);
}

static void
write_seen(Oid relid, const Seen *seen)
{
	DmWriter writer;
	DmScan scan;
	DmRow row;
	HeapTuple tuple;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_series_seen_relation, ObjectIdGetDatum(relid));
	dm_row_set(&row, Anum_dm_series_seen_at, Int64GetDatum(seen->at));
	dm_row_set(&row, Anum_dm_series_seen_counted_since,
			   Int64GetDatum(seen->activity.counted_since));
	dm_row_set(&row, Anum_dm_series_seen_last_write, Int64GetDatum(seen->activity.last_write));
	dm_row_set(&row, Anum_dm_series_seen_commits, Int64GetDatum(seen->activity.commits));
	dm_row_set(&row, Anum_dm_series_seen_inserted, Int64GetDatum(seen->activity.inserted));
	dm_row_set(&row, Anum_dm_series_seen_updated, Int64GetDatum(seen->activity.updated));
	dm_row_set(&row, Anum_dm_series_seen_deleted, Int64GetDatum(seen->activity.deleted));
	dm_data_begin(&writer, DM_SERIES_SEEN);
	tuple = find_seen(&scan, relid);
	if (HeapTupleIsValid(tuple))
		dm_data_update(&writer, tuple, &row);
	else
		dm_data_insert(&writer, &row);
	dm_scan_end(&scan);
	dm_data_end(&writer);
}

void
dm_series_seen_forget(Oid relid)
{
	DmWriter writer;
	DmScan scan;
	HeapTuple tuple = find_seen(&scan, relid);

	/* nearly always there is none, and nothing to write, which a transaction may not be able to */
	if (HeapTupleIsValid(tuple))
	{
		dm_data_begin(&writer, DM_SERIES_SEEN);
		dm_data_delete(&writer, tuple);
		dm_data_end(&writer);
	}
	dm_scan_end(&scan);
}

/* What never happens to a relation has no series: it begins with the first time that it does. */
static void
record_rate(int64 product, Oid relid, const char *metric, TimestampTz at, int64 count, double hours)
{
	if (count > 0 || dm_series_get(relid, NULL, metric) != NULL)
		(void) dm_series_record(product, relid, NULL, metric, at, count / hours);
}

/* The series of one relation go on by what has happened since the last run. */
static void
measure(Oid relid)
{
	DmActivity now;
	Seen seen;
	TimestampTz at = GetCurrentTimestamp();
	double hours;
	int64 product;

	if (!dm_activity_get(relid, &now))
		return;
	read_seen(relid, &seen);
	hours = (at - seen.at) / (double) USECS_PER_HOUR;
	if (seen.at != 0 && hours * SECS_PER_HOUR < SECONDS_MIN)
		return;
	/* counters that began anew say nothing about what was before */
	if (seen.at != 0 && seen.activity.counted_since == now.counted_since &&
		now.commits >= seen.activity.commits)
	{
		int64 commits = now.commits - seen.activity.commits;

		product = dm_series_product(relid);
		record_rate(product, relid, "rows inserted per hour", at,
					now.inserted - seen.activity.inserted, hours);
		record_rate(product, relid, "rows updated per hour", at,
					now.updated - seen.activity.updated, hours);
		record_rate(product, relid, "rows deleted per hour", at,
					now.deleted - seen.activity.deleted, hours);
		if (commits > 0 && seen.activity.last_write != 0)
			(void) dm_series_record(product, relid, NULL, DM_METRIC_GAP, now.last_write,
									(now.last_write - seen.activity.last_write) /
										(double) USECS_PER_SEC / commits);
	}
	seen.at = at;
	seen.activity = now;
	write_seen(relid, &seen);
}

/* The relations that a job is for: one, or all that are counted. */
static List *
relations_of(const DmJob *job)
{
	DmScan scan;
	HeapTuple tuple;
	List *result = NIL;

	if (OidIsValid(job->relid))
		return list_make1_oid(job->relid);
	dm_scan_begin(&scan, DM_ACTIVITY, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		result = lappend_oid(result, dm_scan_oid(&scan, tuple, 1));
	dm_scan_end(&scan);
	/* the order in which all lock the incidents of relations */
	list_sort(result, list_oid_cmp);
	return result;
}

void
dm_series_job(DmJob *job)
{
	ListCell *lc;

	foreach(lc, relations_of(job))
	{
		CHECK_FOR_INTERRUPTS();
		if (get_rel_relkind(lfirst_oid(lc)) != '\0')
			measure(lfirst_oid(lc));
	}
}
