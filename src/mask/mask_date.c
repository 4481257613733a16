/*
 * mask_date.c
 *		dm_mask_date: sets a date or timestamp back to the start of its unit.
 *
 * The units mean what they mean to date_trunc().  A timestamp with time zone
 * is truncated in UTC: the answer must not depend on the session's TimeZone,
 * or the masks could not be immutable.  All three types go through a number
 * of days, because no unit is shorter than a day.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "compat/pg_compat.h"

/* The first day that the types can hold, relative to PostgreSQL's epoch */
#define FIRST_DAY (DATETIME_MIN_JULIAN - POSTGRES_EPOCH_JDATE)

typedef enum DateUnit
{
	UNIT_DAY,
	UNIT_WEEK,
	UNIT_MONTH,
	UNIT_QUARTER,
	UNIT_YEAR,
	UNIT_DECADE,
	UNIT_CENTURY
} DateUnit;

/* In the order of DateUnit */
static const struct
{
	size_t len;
	const char *name;
} units[] = {
	{ 3, "day" }, { 4, "week" }, { 5, "month" }, { 7, "quarter" }, { 4, "year" }, { 6, "decade" }, { 7, "century" }
};

PG_FUNCTION_INFO_V1(dm_mask_date);
PG_FUNCTION_INFO_V1(dm_mask_date_timestamp);

static DateUnit
get_unit(const text *arg)
{
	const char *name = VARDATA_ANY(arg);
	size_t len = VARSIZE_ANY_EXHDR(arg);
	int i;

	for (i = 0; i < (int) lengthof(units); i++)
	{
		if (units[i].len == len &&
			pg_strncasecmp(units[i].name, name, len) == 0)
			return (DateUnit) i;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unit \"%s\" is not recognized", text_to_cstring(arg)),
			 errhint("Valid units are day, week, month, quarter, year, decade and century.")));
	return UNIT_DAY; /* keep compiler quiet */
}

/*
 * The first years of a decade and of a century; year 0 is 1 BC.  They agree
 * with date_trunc(): decades start at years divisible by ten, the first
 * century at the year 1.
 */
static int
decade_start(int year)
{
	if (year > 0)
		return year / 10 * 10;
	return -((8 - (year - 1)) / 10) * 10;
}

static int
century_start(int year)
{
	if (year > 0)
		return (year + 99) / 100 * 100 - 99;
	return -((99 - (year - 1)) / 100) * 100 + 1;
}

/*
 * Truncates a day, counted from PostgreSQL's epoch.  Where the unit starts
 * before the first day that the types can hold, that day is the answer: a
 * mask must not fail on a value.
 */
static int
truncate_day(int day, DateUnit unit)
{
	int julian = day + POSTGRES_EPOCH_JDATE;
	int year;
	int month;
	int mday;

	if (unit == UNIT_DAY)
		return day;
	if (unit == UNIT_WEEK)
		return Max(day - (j2day(julian) + 6) % 7, FIRST_DAY);

	j2date(julian, &year, &month, &mday);
	switch (unit)
	{
		case UNIT_MONTH:
			return Max(day - (mday - 1), FIRST_DAY);
		case UNIT_QUARTER:
			month = (month - 1) / 3 * 3 + 1;
			break;
		case UNIT_DECADE:
			year = decade_start(year);
			month = 1;
			break;
		case UNIT_CENTURY:
			year = century_start(year);
			month = 1;
			break;
		default:
			month = 1;
			break;
	}
	return Max(date2j(year, month, 1) - POSTGRES_EPOCH_JDATE, FIRST_DAY);
}

Datum
dm_mask_date(PG_FUNCTION_ARGS)
{
	DateADT value = PG_GETARG_DATEADT(0);
	DateUnit unit = get_unit(PG_GETARG_TEXT_PP(1));

	if (DATE_NOT_FINITE(value))
		PG_RETURN_DATEADT(value);
	PG_RETURN_DATEADT(truncate_day(value, unit));
}

/*
 * Serves timestamp and timestamptz, which is stored in UTC.
 */
Datum
dm_mask_date_timestamp(PG_FUNCTION_ARGS)
{
	Timestamp value = PG_GETARG_TIMESTAMP(0);
	DateUnit unit = get_unit(PG_GETARG_TEXT_PP(1));
	int64 day;

	if (TIMESTAMP_NOT_FINITE(value))
		PG_RETURN_TIMESTAMP(value);

	day = value / USECS_PER_DAY;
	if (value % USECS_PER_DAY < 0)
		day--;
	PG_RETURN_TIMESTAMP(truncate_day((int) day, unit) * USECS_PER_DAY);
}
