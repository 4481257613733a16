/*
 * calendar.h
 *		Maintenance windows, which do not count against service levels.
 */
#ifndef DM_SLA_CALENDAR_H
#define DM_SLA_CALENDAR_H

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

#define Anum_dm_calendar_id			1
#define Anum_dm_calendar_product	2
#define Anum_dm_calendar_starts		3
#define Anum_dm_calendar_ends		4
#define Anum_dm_calendar_weekdays	5
#define Anum_dm_calendar_from_time	6
#define Anum_dm_calendar_to_time	7
#define Anum_dm_calendar_time_zone	8
#define Anum_dm_calendar_reason		9
#define Anum_dm_calendar_created_at 10
#define Anum_dm_calendar_created_by 11

typedef struct DmSpan
{
	TimestampTz from;
	TimestampTz to; /* not in it */
} DmSpan;

/* The windows of a product within a time: DmSpan *, in order, without overlaps. */
extern List *dm_calendar_windows(int64 product_id, TimestampTz from, TimestampTz to);

/* The length of a time that is in none of the spans, in microseconds. */
extern int64 dm_span_outside(List *spans, TimestampTz from, TimestampTz to);

/* The end of the window around the time; 0 if there is none. */
extern TimestampTz dm_span_around(List *spans, TimestampTz at);

/* The windows of a product that goes. */
extern void dm_calendar_forget(int64 product_id);

#endif /* DM_SLA_CALENDAR_H */
