/*
 * schedule.h
 *		When a job runs: a schedule of cron in a time zone, or an interval.
 */
#ifndef DM_JOB_SCHEDULE_H
#define DM_JOB_SCHEDULE_H

#include "datatype/timestamp.h"
#include "pgtime.h"

#include "job/cron.h"

/* Value of datamesh.schedule_time_zone. */
extern char *dm_schedule_time_zone;

typedef struct DmSchedule
{
	int64 interval; /* microseconds of '@every'; 0 for a schedule of cron */
	DmCron cron;
	pg_tz *zone;
} DmSchedule;

/*
 * Reads a schedule: 'CRON_TZ=Europe/Berlin 30 6 * * mon-fri', without a zone in that of the
 * setting, or '@every 5 min'.  NULL, or what is wrong with it (palloc'd): a schedule that can never
 * come due is wrong, too.
 */
extern char *dm_schedule_parse(const char *text, DmSchedule *schedule);

/* The same, and an error for what is wrong. */
extern void dm_schedule_read(const char *text, DmSchedule *schedule);

/* The first time after the given one; DT_NOEND if there is none in the next 41 years. */
extern TimestampTz dm_schedule_next(const DmSchedule *schedule, TimestampTz after);

#endif /* DM_JOB_SCHEDULE_H */
