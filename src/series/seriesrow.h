/*
 * seriesrow.h
 *		The rows of measured series.
 */
#ifndef DM_SERIES_SERIESROW_H
#define DM_SERIES_SERIESROW_H

#include "utils/timestamp.h"

#include "catalog/data.h"
#include "series/usual.h"

#define Anum_dm_series_id			   1
#define Anum_dm_series_product		   2
#define Anum_dm_series_relation		   3
#define Anum_dm_series_column_name	   4
#define Anum_dm_series_metric		   5
#define Anum_dm_series_kind			   6
#define Anum_dm_series_budget_alarms   7
#define Anum_dm_series_budget_interval 8
#define Anum_dm_series_model		   9
#define Anum_dm_series_created_at	   10

#define Anum_dm_series_point_series	  1
#define Anum_dm_series_point_at		  2
#define Anum_dm_series_point_value	  3
#define Anum_dm_series_point_verdict  4
#define Anum_dm_series_point_expected 5
#define Anum_dm_series_point_low	  6
#define Anum_dm_series_point_high	  7

#define Anum_dm_series_alarm_series			 1
#define Anum_dm_series_alarm_at				 2
#define Anum_dm_series_alarm_ended_at		 3
#define Anum_dm_series_alarm_cause			 4
#define Anum_dm_series_alarm_meaning		 5
#define Anum_dm_series_alarm_note			 6
#define Anum_dm_series_alarm_acknowledged_at 7
#define Anum_dm_series_alarm_acknowledged_by 8

typedef struct DmSeries
{
	int64 id;
	int64 product;
	Oid relation;
	char *column; /* NULL for the relation as a whole */
	char *metric;
	DmSeriesKind kind;
	int32 budget_alarms;
	Interval budget_interval;
	DmUsual usual;
} DmSeries;

/* The series, or NULL. */
extern DmSeries *dm_series_get(Oid relid, const char *column, const char *metric);

/* All series of a relation, in order of their ids; of all relations with InvalidOid. */
extern List *dm_series_list(Oid relid);

/*
 * The series, locked against other writers until the end of the transaction.  It is made if there
 * is none, or with missing_ok NULL is given back.
 */
extern DmSeries *dm_series_get_for_update(Oid relid, const char *column, const char *metric);
extern DmSeries *dm_series_create_for_update(int64 product, Oid relid, const char *column,
											 const char *metric);

/* Writes model and budget. */
extern void dm_series_store(DmSeries *series);

/* Deletes a series with its points and alarms. */
extern void dm_series_forget(int64 id);

/* The column has another name now. */
extern void dm_series_rename_column(int64 id, const char *name);

extern DmBudget dm_series_budget(const DmSeries *series);

/* What the job has seen of a relation that is being dropped. */
extern void dm_series_seen_forget(Oid relid);

/* Nothing is wrong with the series: an incident has this cause no more. */
extern void dm_series_healthy(const DmSeries *series);

/* One stored value. */
typedef struct DmPoint
{
	TimestampTz at;
	double value;
	char *verdict;
	bool judged; /* has a band */
	double expected;
	double low;
	double high;
} DmPoint;

extern void dm_point_insert(const DmSeries *series, TimestampTz at, double value,
							const DmJudged *judged);

/* The last points up to a time, the oldest first: at most so many; all with 0. */
extern List *dm_point_list(int64 series, TimestampTz until, int most);

/* Begins an alarm; ends the one that is on: of an invalid value, or the model's. */
extern void dm_alarm_begin(int64 series, TimestampTz at, const char *cause);
extern void dm_alarm_end(int64 series, TimestampTz at, bool invalid);

/* When the last alarm began; false if there was none. */
extern bool dm_alarm_last(int64 series, TimestampTz *began);

/* Says what the last alarm up to a time meant; false if there is none, or it was said already. */
extern bool dm_alarm_acknowledge(int64 series, TimestampTz until, const char *meaning,
								 const char *note, TimestampTz *began);

#endif /* DM_SERIES_SERIESROW_H */
