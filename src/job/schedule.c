/*
 * schedule.c
 *		When a job runs: a schedule of cron in a time zone, or an interval.
 *
 * Between two changes of the clock local time is UTC and a constant, and the next match is plain
 * arithmetic of calendars.  So the search goes from one such stretch to the next.  Where
 * the clock is put forward, times that are skipped come due at the moment of the change, once;
 * where it is put back, times come due the first time only.  A schedule for every hour follows
 * the hours as they pass instead, as cron does.
 */
#include "postgres.h"

#include <ctype.h>

#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "job/schedule.h"

char *dm_schedule_time_zone = NULL;

#define HORIZON_DAYS (41 * 366)
#define ALL_HOURS	 ((UINT64CONST(1) << HOURS_PER_DAY) - 1)

/* seconds from 1970 to 2000 */
#define EPOCH_DIFFERENCE ((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY)

static const struct
{
	const char *name;
	int64 microseconds;
} units[] = {
	{ "s", USECS_PER_SEC },
	{ "sec", USECS_PER_SEC },
	{ "second", USECS_PER_SEC },
	{ "seconds", USECS_PER_SEC },
	{ "min", USECS_PER_MINUTE },
	{ "minute", USECS_PER_MINUTE },
	{ "minutes", USECS_PER_MINUTE },
	{ "h", USECS_PER_HOUR },
	{ "hour", USECS_PER_HOUR },
	{ "hours", USECS_PER_HOUR },
	{ "d", USECS_PER_DAY },
	{ "day", USECS_PER_DAY },
	{ "days", USECS_PER_DAY },
	{ "week", 7 * USECS_PER_DAY },
	{ "weeks", 7 * USECS_PER_DAY },
};

#define ZONE_KEY  "CRON_TZ="
#define EVERY_KEY "@every"

static const char *
skip_space(const char *text)
{
	while (isspace((unsigned char) *text))
		text++;
	return text;
}

/* What follows '@every'. */
static char *
parse_every(const char *text, DmSchedule *schedule)
{
	int64 number = 0;
	int digits = 0;
	size_t length;

	text = skip_space(text);
	for (; isdigit((unsigned char) *text) && digits < 6; digits++)
		number = number * 10 + (*text++ - '0');
	if (number == 0 || isdigit((unsigned char) *text))
		return pstrdup("@every takes a number from 1 to 999999 and a unit");
	text = skip_space(text);
	length = strcspn(text, " \t\r\n");
	if (*skip_space(text + length) != '\0')
		return psprintf("there is more behind the unit: \"%s\"", skip_space(text + length));
	for (int i = 0; i < lengthof(units); i++)
		if (strlen(units[i].name) == length && pg_strncasecmp(units[i].name, text, length) == 0)
		{
			schedule->interval = number * units[i].microseconds;
			return NULL;
		}
	return psprintf("\"%s\" is no unit: it is s, min, h, d or week", pnstrdup(text, length));
}

static char *
parse_zone(const char **text, DmSchedule *schedule)
{
	const char *name = dm_schedule_time_zone ? dm_schedule_time_zone : "UTC";

	if (strncmp(*text, ZONE_KEY, strlen(ZONE_KEY)) == 0)
	{
		const char *start = *text + strlen(ZONE_KEY);
		size_t length = strcspn(start, " \t\r\n");

		name = pnstrdup(start, length);
		*text = skip_space(start + length);
	}
	schedule->zone = pg_tzset(name);
	if (schedule->zone == NULL)
		return psprintf("time zone \"%s\" is not known", name);
	return NULL;
}

char *
dm_schedule_parse(const char *text, DmSchedule *schedule)
{
	char *wrong;

	memset(schedule, 0, sizeof(*schedule));
	text = skip_space(text);
	if (pg_strncasecmp(text, EVERY_KEY, strlen(EVERY_KEY)) == 0)
		return parse_every(text + strlen(EVERY_KEY), schedule);
	wrong = parse_zone(&text, schedule);
	if (wrong == NULL)
		wrong = dm_cron_parse(text, &schedule->cron);
	if (wrong == NULL && dm_schedule_next(schedule, GetCurrentTimestamp()) == DT_NOEND)
		wrong = pstrdup("it never comes due");
	return wrong;
}

void
dm_schedule_read(const char *text, DmSchedule *schedule)
{
	char *wrong = dm_schedule_parse(text, schedule);

	if (wrong != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid schedule \"%s\"", text),
				 errdetail("What is wrong with it: %s.", wrong),
				 errhint("Write five fields as in '30 6 * * mon-fri', or '@every 5 min'.")));
}

/* --- one stretch of local time; seconds since 2000-01-01 --- */

static bool
day_matches(const DmCron *cron, int month, int mday, int wday)
{
	bool day = (cron->days >> mday & 1) != 0;
	bool weekday = (cron->weekdays >> wday & 1) != 0;

	if ((cron->months >> month & 1) == 0)
		return false;
	/* with both restricted, a day matches either of them */
	return cron->any_day || cron->any_weekday ? day && weekday : day || weekday;
}

/* The first minute of the day, from the given one on, that matches; -1 for none. */
static int
minute_of_day(const DmCron *cron, int from)
{
	for (int hour = from / MINS_PER_HOUR; hour < HOURS_PER_DAY; hour++)
	{
		int first = hour == from / MINS_PER_HOUR ? from % MINS_PER_HOUR : 0;

		if ((cron->hours >> hour & 1) == 0)
			continue;
		for (int minute = first; minute < MINS_PER_HOUR; minute++)
			if ((cron->minutes >> minute & 1) != 0)
				return hour * MINS_PER_HOUR + minute;
	}
	return -1;
}

static int64
floor_div(int64 a, int64 b)
{
	return a / b - (a % b < 0 ? 1 : 0);
}

/* The first match in [from, to). */
static bool
find_local(const DmCron *cron, int64 from, int64 to, int64 *found)
{
	int64 minute = floor_div(from + SECS_PER_MINUTE - 1, SECS_PER_MINUTE);
	int64 day = floor_div(minute, MINS_PER_HOUR * HOURS_PER_DAY);
	int in_day = (int) (minute - day * MINS_PER_HOUR * HOURS_PER_DAY);

	for (; day * SECS_PER_DAY < to; in_day = 0)
	{
		int jd = (int) day + POSTGRES_EPOCH_JDATE;
		int year;
		int month;
		int mday;
		int match;

		j2date(jd, &year, &month, &mday);
		if ((cron->months >> month & 1) == 0)
		{
			day += day_tab[isleap(year)][month - 1] - mday + 1;
			continue;
		}
		match = day_matches(cron, month, mday, j2day(jd)) ? minute_of_day(cron, in_day) : -1;
		if (match >= 0)
		{
			*found = day * SECS_PER_DAY + (int64) match * SECS_PER_MINUTE;
			return *found < to;
		}
		day++;
	}
	return false;
}

/* --- stretches, one after the other --- */

/* End of the stretch that begins at start (or the horizon), and the offsets before and after it. */
static int64
stretch_end(const DmSchedule *schedule, int64 start, int64 horizon, int64 *before, int64 *after)
{
	pg_time_t time = (pg_time_t) (start + EPOCH_DIFFERENCE);
	pg_time_t boundary;
	long int before_offset;
	long int after_offset;
	int isdst;
	int found = pg_next_dst_boundary(&time, &before_offset, &isdst, &boundary, &after_offset,
									 &isdst, schedule->zone);

	if (found < 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("the time zone of a schedule has no such time")));
	*before = before_offset;
	*after = found > 0 ? after_offset : before_offset;
	return found > 0 ? Min((int64) boundary - EPOCH_DIFFERENCE, horizon) : horizon;
}

static TimestampTz
next_of_cron(const DmSchedule *schedule, TimestampTz after)
{
	bool every_hour = schedule->cron.hours == ALL_HOURS;
	int64 from = floor_div(after, USECS_PER_SEC) + 1;
	int64 horizon = from + (int64) HORIZON_DAYS * SECS_PER_DAY;
	int64 passed = PG_INT64_MIN; /* local times before this one were there already */
	/* the clock may have been put back a moment ago */
	int64 start = from - SECS_PER_DAY;

	while (start < horizon)
	{
		int64 before;
		int64 behind;
		int64 end = stretch_end(schedule, start, horizon, &before, &behind);
		int64 found;

		if (end > from &&
			find_local(&schedule->cron, Max(Max(start, from) + before, passed), end + before,
					   &found))
			return (found - before) * USECS_PER_SEC;
		if (!every_hour && behind > before && end >= from && end < horizon &&
			find_local(&schedule->cron, end + before, end + behind, &found))
			return end * USECS_PER_SEC;
		passed = !every_hour && behind < before ? end + before : PG_INT64_MIN;
		start = end;
	}
	return DT_NOEND;
}

TimestampTz
dm_schedule_next(const DmSchedule *schedule, TimestampTz after)
{
	if (schedule->interval > 0)
		return after + schedule->interval;
	return next_of_cron(schedule, after);
}
