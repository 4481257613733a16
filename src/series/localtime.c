/*
 * localtime.c
 *		The clock that people go by: days and weeks of series.
 *
 * What has a season of the day mostly has that of the wall clock, which jumps twice a year.
 */
#include "postgres.h"

#include "pgtime.h"
#include "utils/timestamp.h"

#include "job/schedule.h"
#include "series/localtime.h"

TimestampTz
dm_local_time(TimestampTz at)
{
	const char *name = dm_schedule_time_zone;
	pg_tz *zone;
	pg_time_t time;
	struct pg_tm *tm;

	if (name == NULL || strcmp(name, "UTC") == 0)
		return at;
	zone = pg_tzset(name);
	time = timestamptz_to_time_t(at);
	tm = zone != NULL ? pg_localtime(&time, zone) : NULL;
	return tm != NULL ? at + tm->tm_gmtoff * USECS_PER_SEC : at;
}
