/*
 * isotime.c
 *		Dates, times and durations in ISO 8601.
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "contract/isotime.h"

/* exactly so many digits */
static bool
read_digits(const char **text, int count, int *value)
{
	const char *s = *text;
	int result = 0;

	for (int i = 0; i < count; i++)
	{
		if (!isdigit((unsigned char) s[i]))
			return false;
		result = result * 10 + (s[i] - '0');
	}
	*text = s + count;
	*value = result;
	return true;
}

static bool
skip(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

/* 2022-08-02 */
static bool
read_date(const char **text, int64 *microseconds)
{
	int year;
	int month;
	int day;

	if (!read_digits(text, 4, &year) || !skip(text, '-') || !read_digits(text, 2, &month) ||
		!skip(text, '-') || !read_digits(text, 2, &day))
		return false;
	if (year < 1 || month < 1 || month > 12 || day < 1 ||
		day > day_tab[isleap(year)][month - 1])
		return false;
	*microseconds = (date2j(year, month, day) - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY;
	return true;
}

/* .123456 behind seconds; further digits are read and do not count */
static bool
read_fraction(const char **text, int64 *microseconds)
{
	int64 unit = USECS_PER_SEC;
	const char *s = *text + 1;

	if (**text != '.' && **text != ',')
		return true;
	if (!isdigit((unsigned char) *s))
		return false;
	for (; isdigit((unsigned char) *s); s++)
	{
		unit /= 10;
		*microseconds += unit * (*s - '0');
	}
	*text = s;
	return true;
}

/* 09:30, 09:30:10.5; 24:00 is the end of the day */
static bool
read_time(const char **text, int64 *microseconds)
{
	int hour;
	int minute;
	int second = 0;
	int64 result;

	if (!read_digits(text, 2, &hour) || !skip(text, ':') || !read_digits(text, 2, &minute))
		return false;
	if (skip(text, ':') && !read_digits(text, 2, &second))
		return false;
	/* 60 is a leap second */
	if (hour > 24 || minute > 59 || second > 60)
		return false;
	result = ((hour * MINS_PER_HOUR + minute) * SECS_PER_MINUTE + second) * USECS_PER_SEC;
	if (!read_fraction(text, &result) || result > USECS_PER_DAY)
		return false;
	*microseconds = result;
	return true;
}

/* Z, +02, -08:00, +0530 */
static bool
read_offset(const char **text, int64 *microseconds)
{
	int sign;
	int hours;
	int minutes = 0;

	if (skip(text, 'Z') || skip(text, 'z'))
	{
		*microseconds = 0;
		return true;
	}
	if (**text != '+' && **text != '-')
		return false;
	sign = *(*text)++ == '-' ? -1 : 1;
	if (!read_digits(text, 2, &hours))
		return false;
	if ((skip(text, ':') || **text != '\0') && !read_digits(text, 2, &minutes))
		return false;
	if (hours > 18 || minutes > 59)
		return false;
	*microseconds = sign * (hours * MINS_PER_HOUR + minutes) * USECS_PER_MINUTE;
	return true;
}

bool
dm_iso_time(const char *text, DmIsoTime *result)
{
	int64 time = 0;
	int64 offset = 0;

	memset(result, 0, sizeof(DmIsoTime));
	result->has_date = strlen(text) >= 5 && text[4] == '-';
	if (result->has_date)
	{
		if (!read_date(&text, &result->microseconds))
			return false;
		if (*text == '\0')
			return true;
		if (!skip(&text, 'T') && !skip(&text, 't') && !skip(&text, ' '))
			return false;
	}
	if (!read_time(&text, &time))
		return false;
	result->has_time = true;
	if (*text != '\0')
	{
		if (!read_offset(&text, &offset) || *text != '\0')
			return false;
		result->has_offset = true;
	}
	result->microseconds += time - offset;
	return true;
}

/* the parts of a duration in their order, and what each is worth */
static const struct
{
	char designator;
	bool time;
	int months;
	int days;
	int64 microseconds;
} duration_parts[] = {
	{ 'Y', false, MONTHS_PER_YEAR, 0, 0 },
	{ 'M', false, 1, 0, 0 },
	{ 'W', false, 0, 7, 0 },
	{ 'D', false, 0, 1, 0 },
	{ 'H', true, 0, 0, USECS_PER_HOUR },
	{ 'M', true, 0, 0, USECS_PER_MINUTE },
	{ 'S', true, 0, 0, USECS_PER_SEC },
};

/* a number of at most six digits, so that nothing overflows */
static bool
read_amount(const char **text, int *value)
{
	size_t digits = strspn(*text, "0123456789");

	return digits >= 1 && digits <= 6 && read_digits(text, digits, value);
}

bool
dm_iso_duration(const char *text, int *months, int *days, int64 *microseconds)
{
	bool time = false;
	int next = 0;

	*months = *days = 0;
	*microseconds = 0;
	if (!skip(&text, 'P') || *text == '\0')
		return false;
	while (*text != '\0')
	{
		int amount;
		int64 fraction = 0;

		if (!time && skip(&text, 'T'))
			time = true;
		if (!read_amount(&text, &amount) || (time && !read_fraction(&text, &fraction)))
			return false;
		while (next < lengthof(duration_parts) && (duration_parts[next].designator != *text ||
												   duration_parts[next].time != time))
			next++;
		if (next == lengthof(duration_parts) || (fraction != 0 && *text != 'S'))
			return false;
		*months += amount * duration_parts[next].months;
		*days += amount * duration_parts[next].days;
		*microseconds += amount * duration_parts[next].microseconds + fraction;
		next++;
		text++;
	}
	return true;
}

/* numbers of two digits that go from one to another; how long the month is does not count */
static const struct
{
	char letter;
	const char *regex;
} two_digits[] = {
	{ 'M', "(?:0[1-9]|1[0-2])" },
	{ 'd', "(?:0[1-9]|[12][0-9]|3[01])" },
	{ 'H', "(?:[01][0-9]|2[0-3])" },
	{ 'h', "(?:0[1-9]|1[0-2])" },
	{ 'm', "[0-5][0-9]" },
	{ 's', "[0-5][0-9]" },
};

static bool
append_two_digits(StringInfo regex, char letter)
{
	for (int i = 0; i < lengthof(two_digits); i++)
		if (two_digits[i].letter == letter)
		{
			appendStringInfoString(regex, two_digits[i].regex);
			return true;
		}
	return false;
}

/* what a letter of a JDK date pattern writes, repeated so often; false if it writes nothing */
static bool
append_field(StringInfo regex, char letter, int count)
{
	static const char text_fields[] = "GEaBzvVOQqLec";
	static const char number_fields[] = "uyYDdHhKkmsMwWFAnNg";

	if (count == 2 && append_two_digits(regex, letter))
		return true;
	if (letter == 'S')
		appendStringInfo(regex, "[0-9]{%d}", count);
	else if (letter == 'X' || letter == 'x' || letter == 'Z')
		appendStringInfoString(regex, "(?:Z|[+-][0-9]{2}(?::?[0-9]{2}){0,2})");
	else if ((letter == 'M' && count >= 3) || strchr(text_fields, letter) != NULL)
		appendStringInfoString(regex, "[^0-9]*[^ ]+?");
	else if (strchr("uyY", letter) != NULL && count != 2)
		appendStringInfo(regex, "[+-]?[0-9]{%d,}", count);
	else if (strchr(number_fields, letter) != NULL)
		appendStringInfo(regex, count == 1 ? "[0-9]+" : "[0-9]{%d}", count);
	else
		return false;
	return true;
}

static void
append_literal(StringInfo regex, char c)
{
	if (strchr("\\^$.|?*+()[]{}/-", c) != NULL)
		appendStringInfoChar(regex, '\\');
	appendStringInfoChar(regex, c);
}

/* 'T'; two quotes are one, within and without.  NULL if it does not end. */
static const char *
append_quoted(StringInfo regex, const char *s)
{
	if (s[1] == '\'')
	{
		append_literal(regex, '\'');
		return s + 2;
	}
	for (s++; *s != '\0'; s++)
	{
		if (*s != '\'')
			append_literal(regex, *s);
		else if (s[1] == '\'')
			append_literal(regex, *s++);
		else
			return s + 1;
	}
	return NULL;
}

char *
dm_date_format_regex(const char *format)
{
	StringInfoData regex;
	const char *s = format;

	initStringInfo(&regex);
	appendStringInfoChar(&regex, '^');
	while (*s != '\0')
	{
		int count = 1;

		if (*s == '\'')
		{
			s = append_quoted(&regex, s);
			if (s == NULL)
				return NULL;
			continue;
		}
		if (*s == '[')
			appendStringInfoString(&regex, "(?:");
		else if (*s == ']')
			appendStringInfoString(&regex, ")?");
		else if (isalpha((unsigned char) *s))
		{
			while (s[count] == *s)
				count++;
			if (count > 19 || !append_field(&regex, *s, count))
				return NULL;
		}
		else
			append_literal(&regex, *s);
		s += count;
	}
	appendStringInfoChar(&regex, '$');
	return regex.data;
}
