/*
 * lint_level.c
 *		Semantic checks of service levels and schedules.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/json.h"
#include "contract/isotime.h"
#include "contract/lint_part.h"
#include "job/cron.h"

/* what the value of a service level is */
typedef enum LevelKind
{
	DURATION, /* a number with a unit of time, or an ISO 8601 duration */
	DATE,
	TIME_OF_DAY,
	SHARE, /* a number, mostly of percent */
	RATE,
} LevelKind;

static const struct
{
	const char *name;
	LevelKind kind;
	bool measured_by_element; /* from the times in a column */
} kinds[] = {
	{ "latency", DURATION, true },
	{ "retention", DURATION, true },
	{ "frequency", DURATION, false },
	{ "timeToDetect", DURATION, false },
	{ "timeToNotify", DURATION, false },
	{ "timeToRepair", DURATION, false },
	{ "generalAvailability", DATE, false },
	{ "endOfSupport", DATE, false },
	{ "endOfLife", DATE, false },
	{ "timeOfAvailability", TIME_OF_DAY, false },
	{ "availability", SHARE, false },
	{ "errorRate", SHARE, false },
	{ "throughput", RATE, false },
};

static const char *const drivers[] = { "regulatory", "analytics", "operational" };

void
dm_lint_schedule(DmLint *lint, const char *pointer, const char *scheduler, const char *schedule)
{
	DmCron cron;
	char *problem;

	if (scheduler == NULL || pg_strcasecmp(scheduler, "cron") != 0)
	{
		if (schedule != NULL && scheduler == NULL)
			dm_lint_info(lint, dm_pointer(pointer, "schedule"),
						 "without a scheduler nobody keeps this schedule");
		return;
	}
	if (schedule == NULL)
	{
		dm_lint_warning(lint, dm_pointer(pointer, "scheduler"), "there is no schedule for it");
		return;
	}
	problem = dm_cron_parse(schedule, &cron);
	if (problem != NULL)
		dm_lint_error(lint, dm_pointer(pointer, "schedule"), "\"%s\" is no schedule of cron: %s",
					  schedule, problem);
}

static void
check_duration(DmLint *lint, DmServiceLevel *level)
{
	const DmValue *value = &level->value;
	int months;
	int days;
	int64 microseconds;
	double number;

	if (value->text != NULL && dm_iso_duration(value->text, &months, &days, &microseconds))
	{
		if (level->unit != NULL)
			dm_lint_warning(lint, dm_pointer(level->pointer, "unit"),
							"\"%s\" has its units in itself", value->text);
		return;
	}
	if (value->text == NULL || value->json.type == jbvBool ||
		!dm_lint_number(value->text, &number))
	{
		dm_lint_error(lint, value->pointer, "%s is no duration: a number, or such as P1Y",
					  dm_lint_shown(value));
		return;
	}
	if (number < 0)
		dm_lint_error(lint, value->pointer, "a duration is not below 0");
	if (level->time_unit == DM_UNIT_NONE)
		dm_lint_warning(lint, level->pointer, "%s of what? There is no unit of time", value->text);
	else if (level->time_unit == DM_UNIT_OTHER)
		dm_lint_error(lint, dm_pointer(level->pointer, "unit"), "\"%s\" is no unit of time: "
																"y, mo, w, d, h, min, s, ms",
					  level->unit);
}

static void
check_share(DmLint *lint, DmServiceLevel *level)
{
	const DmValue *value = &level->value;
	size_t len = value->text != NULL ? strlen(value->text) : 0;
	char *text = value->text;
	double number;

	if (len > 1 && text[len - 1] == '%')
		text = pnstrdup(text, len - 1);
	if (text == NULL || value->json.type == jbvBool || !dm_lint_number(text, &number))
		dm_lint_error(lint, value->pointer, "%s is no share: a number of percent",
					  dm_lint_shown(value));
	else if (number < 0 || number > 100)
		dm_lint_error(lint, value->pointer, "%s is not within 0 and 100 percent",
					  dm_lint_shown(value));
}

static void
check_value(DmLint *lint, DmServiceLevel *level, LevelKind kind)
{
	const DmValue *value = &level->value;
	DmIsoTime time;

	switch (kind)
	{
		case DURATION:
			check_duration(lint, level);
			break;
		case DATE:
			if (value->text == NULL || !dm_iso_time(value->text, &time) || !time.has_date)
				dm_lint_error(lint, value->pointer, "%s is no date in ISO 8601",
							  dm_lint_shown(value));
			break;
		case TIME_OF_DAY:
			if (value->text == NULL || !dm_iso_time(value->text, &time) || time.has_date)
				dm_lint_error(lint, value->pointer, "%s is no time of day such as 09:00+01:00",
							  dm_lint_shown(value));
			else if (!time.has_offset)
				dm_lint_info(lint, value->pointer, "without an offset the time is one of UTC");
			break;
		case SHARE:
			check_share(lint, level);
			break;
		case RATE:
			if (value->text == NULL || value->json.type == jbvBool)
				dm_lint_error(lint, value->pointer, "%s is no rate", dm_lint_shown(value));
			break;
	}
}

/* delays are measured by the times that a column holds */
static void
check_elements(DmLint *lint, DmServiceLevel *level, bool measured)
{
	ListCell *lc;

	if (measured && level->elements == NIL)
		dm_lint_info(lint, level->pointer,
					 "without an element there is no column by which \"%s\" could be measured",
					 level->property);
	foreach(lc, level->elements)
	{
		DmReference *reference = lfirst(lc);
		DmObject *object;
		DmProperty *property;

		if (!dm_lint_reference(lint, reference, &object, &property) || !measured ||
			property == NULL || property->logical_type == NULL)
			continue;
		if (!dm_is_type(property, "date") && !dm_is_type(property, "timestamp"))
			dm_lint_warning(lint, reference->pointer,
							"\"%s\" is of type %s, which tells no time to measure \"%s\" by",
							reference->text, property->logical_type, level->property);
	}
}

static void
check_level(DmLint *lint, DmServiceLevel *level)
{
	int i;

	for (i = 0; i < lengthof(kinds); i++)
		if (strcmp(level->name, kinds[i].name) == 0)
			break;
	if (i == lengthof(kinds))
	{
		dm_lint_info(lint, dm_pointer(level->pointer, "property"),
					 "\"%s\" is kept; nobody measures it", level->property);
		check_elements(lint, level, false);
	}
	else
	{
		if (level->value.pointer != NULL)
			check_value(lint, level, kinds[i].kind);
		check_elements(lint, level, kinds[i].measured_by_element);
	}
	if (level->driver != NULL)
	{
		for (i = 0; i < lengthof(drivers); i++)
			if (pg_strcasecmp(level->driver, drivers[i]) == 0)
				break;
		if (i == lengthof(drivers))
			dm_lint_info(lint, dm_pointer(level->pointer, "driver"),
						 "\"%s\" is none of regulatory, analytics and operational", level->driver);
	}
	dm_lint_schedule(lint, level->pointer, level->scheduler, level->schedule);
}

/* a product is available, then no longer supported, then gone */
static void
check_dates(DmLint *lint)
{
	static const char *const order[] = { "generalAvailability", "endOfSupport", "endOfLife" };
	DmServiceLevel *before = NULL;
	DmIsoTime before_time = { 0 };

	for (int i = 0; i < lengthof(order); i++)
	{
		ListCell *lc;

		foreach(lc, lint->contract->sla)
		{
			DmServiceLevel *level = lfirst(lc);
			DmIsoTime time;

			if (strcmp(level->name, order[i]) != 0 || level->value.text == NULL ||
				!dm_iso_time(level->value.text, &time) || !time.has_date)
				continue;
			if (before != NULL && time.microseconds < before_time.microseconds)
				dm_lint_error(lint, level->value.pointer, "%s is before %s", level->name,
							  before->name);
			before = level;
			before_time = time;
			break;
		}
	}
}

void
dm_lint_levels(DmLint *lint)
{
	DmSeen *seen = dm_seen_create();
	ListCell *lc;

	foreach(lc, lint->contract->sla)
	{
		DmServiceLevel *level = lfirst(lc);
		char *what = psprintf("%s\n%s\n%s", level->name, level->element ? level->element : "",
							  level->driver ? level->driver : "");
		const char *before = dm_seen(seen, what, level->pointer);

		CHECK_FOR_INTERRUPTS();
		check_level(lint, level);
		if (before != NULL)
			dm_lint_warning(lint, level->pointer,
							"the same service level for the same element and driver is %s", before);
	}
	check_dates(lint);
}
