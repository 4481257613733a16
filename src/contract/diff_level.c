/*
 * diff_level.c
 *		The comparison of service levels, each in its own direction.
 */
#include "postgres.h"

#include "utils/date.h"
#include "utils/timestamp.h"

#include "base/json.h"
#include "contract/diff_rule.h"
#include "contract/isotime.h"
#include "contract/value.h"

static const char *const level_keys[] = {
	"id", "property", "value", "valueExt", "unit", "element", NULL
};

/* Whether more is better for a consumer: 1, or less: -1, by the standard's names. */
static const struct
{
	const char *name;
	int better;
} directions[] = {
	{ "latency", -1 },
	{ "frequency", -1 },
	{ "errorRate", -1 },
	{ "timeToDetect", -1 },
	{ "timeToNotify", -1 },
	{ "timeToRepair", -1 },
	{ "timeOfAvailability", -1 },
	{ "generalAvailability", -1 },
	{ "retention", 1 },
	{ "availability", 1 },
	{ "throughput", 1 },
	{ "endOfSupport", 1 },
	{ "endOfLife", 1 },
};

static const char *
level_id(const void *level)
{
	return ((const DmServiceLevel *) level)->id;
}

/* The same property may be promised of several elements. */
static const char *
level_name(const void *element)
{
	const DmServiceLevel *level = element;

	return level->element ? psprintf("%s %s", level->name, level->element) : level->name;
}

static int
direction_of(const char *name)
{
	for (int i = 0; i < lengthof(directions); i++)
		if (pg_strcasecmp(directions[i].name, name) == 0)
			return directions[i].better;
	return 0;
}

/* Seconds of a unit of time; 0 for what is none. */
static double
seconds_of(DmTimeUnit unit)
{
	switch (unit)
	{
		case DM_UNIT_YEAR:
			return 365.25 * SECS_PER_DAY;
		case DM_UNIT_MONTH:
			return 365.25 * SECS_PER_DAY / MONTHS_PER_YEAR;
		case DM_UNIT_WEEK:
			return 7.0 * SECS_PER_DAY;
		case DM_UNIT_DAY:
			return SECS_PER_DAY;
		case DM_UNIT_HOUR:
			return SECS_PER_HOUR;
		case DM_UNIT_MINUTE:
			return SECS_PER_MINUTE;
		case DM_UNIT_SECOND:
			return 1;
		case DM_UNIT_MILLISECOND:
			return 0.001;
		default:
			return 0;
	}
}

/* A value of time in seconds; false for anything else. */
static bool
read_time(DmServiceLevel *level, double *seconds)
{
	const char *text = level->value.text;
	int months;
	int days;
	int64 microseconds;

	if (text == NULL)
		return false;
	if (dm_number_text(text) && seconds_of(level->time_unit) > 0)
	{
		*seconds = strtod(text, NULL) * seconds_of(level->time_unit);
		return true;
	}
	if (!dm_iso_duration(text, &months, &days, &microseconds))
		return false;
	*seconds = months * seconds_of(DM_UNIT_MONTH) + days * (double) SECS_PER_DAY +
			   microseconds / (double) USECS_PER_SEC;
	return true;
}

/* How the new value stands to the old one: -1, 0, 1; false if that cannot be told. */
static bool
compare_levels(DmServiceLevel *old, DmServiceLevel *new, int *order)
{
	double from;
	double to;

	if (read_time(old, &from) && read_time(new, &to))
	{
		*order = to < from ? -1 : to > from;
		return true;
	}
	if (old->value.text == NULL || new->value.text == NULL ||
		old->time_unit != new->time_unit ||
		(old->time_unit == DM_UNIT_OTHER && !dm_same_text(old->unit, new->unit)))
		return false;
	return dm_compare_bounds(new->value.text, old->value.text, order);
}

static char *
level_text(DmServiceLevel *level)
{
	const char *value = level->value.text ? level->value.text : "null";

	return level->unit ? psprintf("%s %s", value, level->unit) : pstrdup(value);
}

static void
diff_level_value(DmDiff *diff, const char *path, DmServiceLevel *old, DmServiceLevel *new)
{
	int better = direction_of(new->name);
	char *from = level_text(old);
	char *to = level_text(new);
	int order;

	if (strcmp(from, to) == 0)
		return;
	path = dm_pointer(path, "value");
	if (better == 0 || !compare_levels(old, new, &order))
		dm_diff_note(diff, path, "changed", from, to, DM_IMPACT_ALL,
					 "another level, which may promise less");
	else if (order == 0)
		dm_diff_note(diff, path, "changed", from, to, DM_IMPACT_NONE, "the same, written otherwise");
	else if (order == better)
		dm_diff_note(diff, path, "changed", from, to, DM_IMPACT_ADDS, "a better level");
	else
		dm_diff_note(diff, path, "changed", from, to, DM_IMPACT_ALL, "a worse level");
}

static void
diff_level(DmDiff *diff, const char *path, DmServiceLevel *old, DmServiceLevel *new)
{
	if (strcmp(old->name, new->name) != 0)
		dm_diff_note(diff, dm_pointer(path, "property"), "changed", old->property, new->property,
					 DM_IMPACT_ALL, "something else is promised");
	else
	{
		dm_diff_text(diff, path, "property", old->property, new->property, DM_IMPACT_NONE,
					 "another spelling of the same property");
		diff_level_value(diff, path, old, new);
	}
	dm_diff_text(diff, path, "element", old->element, new->element, DM_IMPACT_ALL,
				 "promised of something else");
	dm_diff_text(diff, path, "valueExt", old->value_ext.text, new->value_ext.text, DM_IMPACT_ALL,
				 "another level, which may promise less");
	dm_diff_describe(diff, path, old->node, new->node, level_keys);
}

void
dm_diff_service_levels(DmDiff *diff)
{
	ListCell *lc;

	foreach(lc, dm_diff_match(diff->old->sla, diff->new->sla, level_id, level_name))
	{
		DmPair *pair = lfirst(lc);
		DmServiceLevel *old = pair->old;
		DmServiceLevel *new = pair->new;
		char *path = dm_pointer("/slaProperties", level_name(old ? old : new));

		if (old == NULL)
			dm_diff_note(diff, path, "added", NULL, level_text(new), DM_IMPACT_ADDS,
						 "a promise more");
		else if (new == NULL)
			dm_diff_note(diff, path, "removed", level_text(old), NULL, DM_IMPACT_ALL,
						 "the promise is withdrawn");
		else
			diff_level(diff, path, old, new);
	}
}
