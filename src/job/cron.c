/*
 * cron.c
 *		Schedules of cron.
 */
#include "postgres.h"

#include <ctype.h>

#include "job/cron.h"

typedef struct Field
{
	const char *name;
	int low;
	int high;
	const char *const *words; /* of the values from low on, or NULL */
} Field;

static const char *const month_words[] = { "jan", "feb", "mar", "apr", "may", "jun",
										   "jul", "aug", "sep", "oct", "nov", "dec" };
static const char *const day_words[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

static const Field fields[] = {
	{ "minute", 0, 59, NULL },
	{ "hour", 0, 23, NULL },
	{ "day of the month", 1, 31, NULL },
	{ "month", 1, 12, month_words },
	{ "day of the week", 0, 7, day_words },
};

static const struct
{
	const char *name;
	const char *schedule;
} nicknames[] = {
	{ "@yearly", "0 0 1 1 *" },
	{ "@annually", "0 0 1 1 *" },
	{ "@monthly", "0 0 1 * *" },
	{ "@weekly", "0 0 * * 0" },
	{ "@daily", "0 0 * * *" },
	{ "@midnight", "0 0 * * *" },
	{ "@hourly", "0 * * * *" },
};

/* a number or a word of the field; -1 if it is none */
static int
read_value(const Field *field, const char **text)
{
	int value = 0;
	int digits = 0;

	if (field->words != NULL)
		for (int i = 0; i <= field->high - field->low; i++)
			if (pg_strncasecmp(*text, field->words[i], 3) == 0)
			{
				*text += 3;
				return field->low + i;
			}
	for (; isdigit((unsigned char) **text) && digits < 4; digits++)
		value = value * 10 + (*(*text)++ - '0');
	if (digits == 0 || value < field->low || value > field->high)
		return -1;
	return value;
}

/* one of the parts between commas: a value, a range or a star, with a step or without */
static bool
read_part(const Field *field, const char **text, uint64 *bits)
{
	int from = field->low;
	int to = field->high;
	int step = 1;

	if (**text == '*')
		(*text)++;
	else
	{
		from = to = read_value(field, text);
		if (from < 0)
			return false;
		if (**text == '-')
		{
			(*text)++;
			to = read_value(field, text);
			if (to < from)
				return false;
		}
		else if (**text == '/')
			to = field->high;
	}
	if (**text == '/')
	{
		const Field steps = { "step", 1, field->high + 1, NULL };

		(*text)++;
		step = read_value(&steps, text);
		if (step < 0)
			return false;
	}
	for (int i = from; i <= to; i += step)
		*bits |= UINT64CONST(1) << i;
	return true;
}

static bool
read_field(const Field *field, const char **text, uint64 *bits)
{
	*bits = 0;
	for (;;)
	{
		if (!read_part(field, text, bits))
			return false;
		if (**text != ',')
			return **text == '\0' || isspace((unsigned char) **text);
		(*text)++;
	}
}

static const char *
skip_space(const char *text)
{
	while (isspace((unsigned char) *text))
		text++;
	return text;
}

char *
dm_cron_parse(const char *text, DmCron *cron)
{
	uint64 bits[lengthof(fields)];
	bool any[lengthof(fields)];
	const char *start;

	text = skip_space(text);
	for (int i = 0; i < lengthof(nicknames); i++)
		if (pg_strcasecmp(text, nicknames[i].name) == 0)
		{
			text = nicknames[i].schedule;
			break;
		}
	if (*text == '@')
		return pstrdup("it is no nickname of cron");
	for (int i = 0; i < lengthof(fields); i++)
	{
		if (*text == '\0')
			return psprintf("the %s is missing", fields[i].name);
		start = text;
		any[i] = *text == '*';
		if (!read_field(&fields[i], &text, &bits[i]))
			return psprintf("\"%s\" cannot be read as the %s",
							pnstrdup(start, strcspn(start, " \t\r\n")), fields[i].name);
		text = skip_space(text);
	}
	if (*text != '\0')
		return psprintf("there is more behind the five fields: \"%s\"", text);
	cron->minutes = bits[0];
	cron->hours = bits[1];
	cron->days = bits[2];
	cron->months = bits[3];
	/* Sunday is 0 and 7 */
	cron->weekdays = (bits[4] | bits[4] >> 7) & 0x7F;
	cron->any_day = any[2];
	cron->any_weekday = any[4];
	return NULL;
}
