/*
 * series.h
 *		Measured series: a number of a relation, or of one of its columns, over time.
 */
#ifndef DM_SERIES_SERIES_H
#define DM_SERIES_SERIES_H

#include "access/attnum.h"

#include "catalog/command.h"
#include "job/jobrow.h"
#include "series/usual.h"

/*
 * Stores a value, judges it by the model made from the values before it, and has the model learn
 * it.  The first value makes the series.  column is NULL for the relation as a whole, product 0 for
 * none.  All in the caller's transaction; two that write one series wait for each other until they
 * end.
 *
 * A value that is not finite, or that the metric cannot have, is kept with the verdict
 * DM_VERDICT_INVALID and is an alarm.  What is computed from the values of a column that a tag
 * guards (a mean, a quantile; not a count or a share) is not stored: DM_VERDICT_GUARDED.
 */
extern DmVerdict dm_series_record(int64 product, Oid relid, const char *column,
								  const char *metric, TimestampTz at, double value);

/*
 * The same for many values of one series, which is read and written once.  False, and nothing is
 * stored, where a tag guards the column.
 */
extern bool dm_series_record_many(int64 product, Oid relid, const char *column, const char *metric,
								  int count, const TimestampTz *at, const double *values,
								  DmVerdict *verdicts);

/*
 * The next value of a series, if it comes at that time.  low and high are the values that the given
 * share of values should lie between (0.9, say).  False where there is no such series, or too
 * little is known.
 */
extern bool dm_series_next(Oid relid, const char *column, const char *metric, TimestampTz at,
						   double share, DmForecast *forecast);

/* Whether values of the column must not be kept or told: a tag guards it, or nobody can tell. */
extern bool dm_series_column_guarded(Oid relid, const char *column, DmSeriesKind kind);

/* The product whose ports show a relation; of several the one registered first, 0 for none. */
extern int64 dm_series_product(Oid relid);

/* A relation, or with attnum one of its columns, is being dropped, and with it its series. */
extern void dm_series_dropped(Oid relid, AttrNumber attnum);

/* Series follow a rename of their column. */
extern void dm_series_after_command(DmCommand *command);

/* The series of the seconds between two writes of a relation, which the job makes. */
#define DM_METRIC_GAP "seconds between writes"

/* For the worker: series from the counters of activity of the job's relation, or of all. */
extern void dm_series_job(DmJob *job);

/* Deletes points and alarms older than datamesh.series_retention. */
extern void dm_series_retention(void);

/* Value of datamesh.series_retention, in days. */
extern int dm_series_retention_days;

#endif /* DM_SERIES_SERIES_H */
