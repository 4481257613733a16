/*
 * slo_target.c
 *		What the target of a service level says, and when it is due.
 *
 * Months and days are those of UTC, so that a promise does not depend on who asks; a time of day
 * may name the time zone in which it is meant.
 */
#include "postgres.h"

#include <math.h>

#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/timestamp.h"

#include "contract/isotime.h"
#include "contract/model_terms.h"
#include "sla/slo.h"

#define THROUGHPUT "throughput"

static const struct
{
	const char *name;
	const char *synonym;
	DmSloKind kind;
} properties[] = {
	{ "latency", "ly", DM_SLO_DEADLINE },
	{ "latency", "freshness", DM_SLO_DEADLINE },
	{ "frequency", "fy", DM_SLO_DEADLINE },
	{ "timeOfAvailability", NULL, DM_SLO_DEADLINE },
	{ "retention", "re", DM_SLO_ELEMENT },
	{ "availability", "av", DM_SLO_RATIO },
	{ "throughput", "th", DM_SLO_RATIO },
	{ "errorRate", "er", DM_SLO_RATIO },
	{ "completeness", NULL, DM_SLO_SCORE },
	{ "qualityScore", NULL, DM_SLO_SCORE },
	{ "generalAvailability", "ga", DM_SLO_DATE },
	{ "endOfSupport", "es", DM_SLO_DATE },
	{ "endOfLife", "el", DM_SLO_DATE },
	{ "timeToDetect", "td", DM_SLO_INCIDENT },
	{ "timeToNotify", "tn", DM_SLO_INCIDENT },
	{ "timeToRepair", "tr", DM_SLO_INCIDENT },
};

const char *
dm_slo_property(const char *written)
{
	for (int i = 0; i < lengthof(properties); i++)
		if (pg_strcasecmp(written, properties[i].name) == 0 ||
			(properties[i].synonym != NULL &&
			 pg_strcasecmp(written, properties[i].synonym) == 0))
			return properties[i].name;
	return NULL;
}

List *
dm_slo_properties(void)
{
	List *result = NIL;

	for (int i = 0; i < lengthof(properties); i++)
		if (i == 0 || strcmp(properties[i].name, properties[i - 1].name) != 0)
			result = lappend(result, unconstify(char *, properties[i].name));
	return result;
}

static DmSloKind
kind_of(const char *property)
{
	for (int i = 0; i < lengthof(properties); i++)
		if (strcmp(property, properties[i].name) == 0)
			return properties[i].kind;
	elog(ERROR, "unknown property \"%s\"", property);
}

/* A finite number that is not negative, and nothing behind it. */
static bool
read_number(const char *text, double *number)
{
	char *end;

	errno = 0;
	*number = strtod(text, &end);
	while (*end == ' ')
		end++;
	return end != text && *end == '\0' && errno == 0 && isfinite(*number) && *number >= 0;
}

/* The parts of one of a unit of time. */
static bool
unit_parts(DmTimeUnit unit, Interval *parts)
{
	memset(parts, 0, sizeof(*parts));
	switch (unit)
	{
		case DM_UNIT_YEAR:
			parts->month = 12;
			return true;
		case DM_UNIT_MONTH:
			parts->month = 1;
			return true;
		case DM_UNIT_WEEK:
			parts->day = 7;
			return true;
		case DM_UNIT_DAY:
			parts->day = 1;
			return true;
		case DM_UNIT_HOUR:
			parts->time = USECS_PER_HOUR;
			return true;
		case DM_UNIT_MINUTE:
			parts->time = USECS_PER_MINUTE;
			return true;
		case DM_UNIT_SECOND:
			parts->time = USECS_PER_SEC;
			return true;
		case DM_UNIT_MILLISECOND:
			parts->time = 1000;
			return true;
		default:
			return false;
	}
}

/* "4" with a unit, or a duration of ISO 8601. */
static char *
read_length(DmSlo *slo)
{
	double number;
	Interval one;
	double months;
	double days;

	if (slo->target[0] == 'P')
	{
		if (!dm_iso_duration(slo->target, &slo->length.month, &slo->length.day,
							 &slo->length.time))
			return psprintf("\"%s\" is no duration of ISO 8601", slo->target);
	}
	else
	{
		if (!read_number(slo->target, &number))
			return psprintf("\"%s\" is neither a number nor a duration", slo->target);
		if (!unit_parts(dm_time_unit(slo->unit, strcmp(slo->property, "retention") == 0), &one))
			return psprintf("\"%s\" is no unit of time", slo->unit ? slo->unit : "");
		if (number > 1000000000)
			return psprintf("%s is too much", slo->target);
		/* what is left of a month are days of it, of a day its hours */
		months = number * one.month;
		days = number * one.day + (months - floor(months)) * DAYS_PER_MONTH;
		if (months > 120000 || days > 3650000)
			return psprintf("%s %s is too long", slo->target, slo->unit);
		slo->length.month = (int32) floor(months);
		slo->length.day = (int32) floor(days);
		slo->length.time = (int64) (number * one.time + (days - floor(days)) * USECS_PER_DAY);
	}
	if (slo->length.month < 0 || slo->length.day < 0 || slo->length.time < 0 ||
		(slo->length.month == 0 && slo->length.day == 0 && slo->length.time == 0))
		return pstrdup("it leaves no time at all");
	return NULL;
}

/* "09:00", "09:00-08:00", "09:00 Europe/Berlin" */
static char *
read_time_of_day(DmSlo *slo)
{
	char *text = pstrdup(slo->target);
	char *space = strchr(text, ' ');
	DmIsoTime time;

	if (space != NULL)
		*space++ = '\0';
	if (!dm_iso_time(text, &time) || time.has_date || !time.has_time ||
		(time.has_offset && space != NULL))
		return psprintf("\"%s\" is no time of day, as in '09:00Z' or '09:00 Europe/Berlin'",
						slo->target);
	if (space != NULL && pg_tzset(space) == NULL)
		return psprintf("\"%s\" is no time zone", space);
	slo->has_time_of_day = true;
	/* an offset may move it to the day before or after */
	slo->time_of_day = (time.microseconds % USECS_PER_DAY + USECS_PER_DAY) % USECS_PER_DAY;
	slo->zone = space;
	return NULL;
}

/* The share that has to be good. */
static char *
read_share(DmSlo *slo)
{
	double number;
	bool percent = slo->unit != NULL && *slo->unit != '\0';

	if (!read_number(slo->target, &number))
		return psprintf("\"%s\" is no number", slo->target);
	if (percent && pg_strcasecmp(slo->unit, "percent") != 0 &&
		pg_strcasecmp(slo->unit, "percentage") != 0 && strcmp(slo->unit, "%") != 0)
		return psprintf("\"%s\" is not a unit of shares; use percent", slo->unit);
	/* nobody promises one percent of availability: without a unit, up to 1 is a share */
	if (percent || number > 1)
		number /= 100;
	if (number > 1)
		return psprintf("%s is more than all", slo->target);
	slo->limit = strcmp(slo->property, "errorRate") == 0 ? 1 - number : number;
	return NULL;
}

/* "MB/s", "bytes per minute", "KiB/s" */
static bool
is_of_bytes(const char *unit)
{
	char *word = pnstrdup(unit, strcspn(unit, "/ "));
	static const char *const names[] = {
		"b", "byte", "bytes", "kilobytes", "megabytes", "gigabytes"
	};

	for (int i = 0; i < lengthof(names); i++)
		if (pg_strcasecmp(word, names[i]) == 0)
			return true;
	return word[0] != '\0' && strchr("kKMGT", word[0]) != NULL &&
		   (pg_strcasecmp(word + 1, "b") == 0 || pg_strcasecmp(word + 1, "ib") == 0);
}

/* "rows/s", "rows per minute" */
static char *
read_rate(DmSlo *slo)
{
	const char *unit = slo->unit ? slo->unit : "";
	const char *per = NULL;
	double number;
	Interval one;

	if (!read_number(slo->target, &number))
		return psprintf("\"%s\" is no number", slo->target);
	if (pg_strncasecmp(unit, "rows/", 5) == 0)
		per = unit + 5;
	else if (pg_strncasecmp(unit, "rows per ", 9) == 0)
		per = unit + 9;
	if (is_of_bytes(unit))
		return pstrdup("bytes that are read are not counted, which every reader would pay for with every row; use rows per time, as in 'rows/s'");
	if (per == NULL || !unit_parts(dm_time_unit(per, false), &one) || one.month != 0)
		return psprintf("throughput is measured in rows per time, as in 'rows/s', not in \"%s\"",
						unit);
	slo->limit = number * USECS_PER_SEC / (one.day * (double) USECS_PER_DAY + one.time);
	return NULL;
}

static char *
read_date(DmSlo *slo)
{
	DmIsoTime time;

	if (!dm_iso_time(slo->target, &time) || !time.has_date)
		return psprintf("\"%s\" is no date of ISO 8601", slo->target);
	slo->date = time.microseconds;
	return NULL;
}

char *
dm_slo_read_target(DmSlo *slo)
{
	slo->kind = kind_of(slo->property);
	switch (slo->kind)
	{
		case DM_SLO_DEADLINE:
			return strcmp(slo->property, "timeOfAvailability") == 0 ? read_time_of_day(slo) :
																	  read_length(slo);
		case DM_SLO_ELEMENT:
		case DM_SLO_INCIDENT:
			return read_length(slo);
		case DM_SLO_RATIO:
			return strcmp(slo->property, THROUGHPUT) == 0 ? read_rate(slo) : read_share(slo);
		case DM_SLO_SCORE:
			return read_share(slo);
		case DM_SLO_DATE:
			return read_date(slo);
	}
	return NULL;
}

TimestampTz
dm_slo_add(TimestampTz at, const Interval *length, int sign)
{
	Interval *span = palloc(sizeof(Interval));

	span->month = sign * length->month;
	span->day = sign * length->day;
	span->time = sign * length->time;
	return DatumGetTimestamp(DirectFunctionCall2(timestamp_pl_interval, TimestampGetDatum(at),
												 IntervalPGetDatum(span)));
}

/* The first moment of the day's time at or after the given one. */
static TimestampTz
next_time_of_day(const DmSlo *slo, TimestampTz at)
{
	const char *zone = slo->zone ? slo->zone : "UTC";
	Timestamp local = DatumGetTimestamp(DirectFunctionCall2(timestamptz_zone,
															CStringGetTextDatum(zone),
															TimestampTzGetDatum(at)));
	Timestamp day = local - ((local % USECS_PER_DAY) + USECS_PER_DAY) % USECS_PER_DAY;
	TimestampTz result = at;

	/* a change of the clock may take an hour away, or put the time off */
	for (int i = -1; i <= 2; i++)
	{
		result = DatumGetTimestampTz(DirectFunctionCall2(
			timestamp_zone, CStringGetTextDatum(zone),
			TimestampGetDatum(day + i * USECS_PER_DAY + slo->time_of_day)));
		if (result >= at)
			break;
	}
	return result;
}

TimestampTz
dm_slo_deadline(const DmSlo *slo, TimestampTz after)
{
	if (slo->has_time_of_day)
		return next_time_of_day(slo, next_time_of_day(slo, after) + 1);
	return dm_slo_add(after, &slo->length, 1);
}
