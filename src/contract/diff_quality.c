/*
 * diff_quality.c
 *		The comparison of quality rules.
 *
 * A rule is a promise of what a measure comes to.  What its operators admit together is an interval
 * of numbers; a new interval inside of the old one promises as much or more.  Whatever cannot be
 * compared so counts as a promise that is withdrawn.
 */
#include "postgres.h"

#include "base/json.h"
#include "contract/diff_rule.h"

static const char *const quality_keys[] = {
	"id", "name", "type", "metric", "rule", "mustBe", "mustNotBe", "mustBeGreaterThan",
	"mustBeGreaterOrEqualTo", "mustBeLessThan", "mustBeLessOrEqualTo", "mustBeBetween",
	"mustNotBeBetween", "unit", "severity", "arguments", "query", "engine", "implementation",
	"schedule", "scheduler", "method", NULL
};

/* What the operators of a rule admit; a bound that is NULL is none. */
typedef struct Admitted
{
	const char *low;
	const char *high;
	bool low_open; /* without the bound itself */
	bool high_open;
} Admitted;

static const char *
quality_id(const void *quality)
{
	return ((const DmQuality *) quality)->id;
}

/* A rule without a name is known by what it measures. */
static const char *
quality_name(const void *element)
{
	const DmQuality *quality = element;

	if (quality->name != NULL)
		return quality->name;
	if (quality->metric != NULL)
		return quality->properties == NIL ?
				   quality->metric :
				   psprintf("%s %s", quality->metric, dm_diff_values(quality->properties));
	if (quality->query != NULL)
		return quality->query;
	return quality->description ? quality->description : quality->type;
}

/* --- intervals --- */

static void
raise_low(Admitted *interval, const char *bound, bool open, bool *known)
{
	int order = 1;

	if (interval->low != NULL && !dm_compare_bounds(bound, interval->low, &order))
		*known = false;
	else if (order > 0 || (order == 0 && open))
	{
		interval->low = bound;
		interval->low_open = open;
	}
}

static void
lower_high(Admitted *interval, const char *bound, bool open, bool *known)
{
	int order = -1;

	if (interval->high != NULL && !dm_compare_bounds(bound, interval->high, &order))
		*known = false;
	else if (order < 0 || (order == 0 && open))
	{
		interval->high = bound;
		interval->high_open = open;
	}
}

/* False if the rule admits something else than one interval of numbers or times. */
static bool
read_admitted(DmQuality *quality, Admitted *interval)
{
	bool known = quality->expectations != NIL;
	ListCell *lc;

	memset(interval, 0, sizeof(Admitted));
	foreach(lc, quality->expectations)
	{
		DmExpectation *expectation = lfirst(lc);
		const char *operand = expectation->operand.text;
		int order;

		if (operand == NULL || !dm_compare_bounds(operand, operand, &order))
			return false;
		switch (expectation->op)
		{
			case DM_MUST_BE:
				raise_low(interval, operand, false, &known);
				lower_high(interval, operand, false, &known);
				break;
			case DM_MUST_BE_GREATER_THAN:
				raise_low(interval, operand, true, &known);
				break;
			case DM_MUST_BE_GREATER_OR_EQUAL:
				raise_low(interval, operand, false, &known);
				break;
			case DM_MUST_BE_LESS_THAN:
				lower_high(interval, operand, true, &known);
				break;
			case DM_MUST_BE_LESS_OR_EQUAL:
				lower_high(interval, operand, false, &known);
				break;
			case DM_MUST_BE_BETWEEN:
				if (expectation->upper.text == NULL)
					return false;
				raise_low(interval, operand, false, &known);
				lower_high(interval, expectation->upper.text, false, &known);
				break;
			default:
				return false;
		}
	}
	return known;
}

/* Whether one side of an interval lies inside of the other's; sign is 1 for the lower side. */
static bool
side_inside(const char *inner, bool inner_open, const char *outer, bool outer_open, int sign,
			bool *known)
{
	int order;

	if (outer == NULL)
		return true;
	if (inner == NULL)
		return false;
	if (!dm_compare_bounds(inner, outer, &order))
	{
		*known = false;
		return false;
	}
	return order * sign > 0 || (order == 0 && (inner_open || !outer_open));
}

static bool
inside(const Admitted *inner, const Admitted *outer)
{
	bool known = true;
	bool low = side_inside(inner->low, inner->low_open, outer->low, outer->low_open, 1, &known);
	bool high =
		side_inside(inner->high, inner->high_open, outer->high, outer->high_open, -1, &known);

	return low && high && known;
}

static char *
expectations_text(DmQuality *quality)
{
	StringInfoData text;
	ListCell *lc;

	if (quality->expectations == NIL)
		return NULL;
	initStringInfo(&text);
	foreach(lc, quality->expectations)
	{
		DmExpectation *expectation = lfirst(lc);

		appendStringInfo(&text, "%s%s %s", text.len > 0 ? ", " : "",
						 dm_operator_name(expectation->op),
						 expectation->operand.text ? expectation->operand.text : "null");
		if (expectation->upper.text != NULL)
			appendStringInfo(&text, " and %s", expectation->upper.text);
	}
	return text.data;
}

static void
diff_expectations(DmDiff *diff, const char *path, DmQuality *old, DmQuality *new)
{
	char *from = expectations_text(old);
	char *to = expectations_text(new);
	Admitted old_interval;
	Admitted new_interval;
	bool comparable = read_admitted(old, &old_interval) && read_admitted(new, &new_interval);

	if (dm_same_text(from, to))
		return;
	path = dm_pointer(path, "threshold");
	if (from == NULL)
		dm_diff_note(diff, path, "added", from, to, DM_IMPACT_ADDS, "more is promised");
	else if (comparable && inside(&new_interval, &old_interval))
		dm_diff_note(diff, path, "changed", from, to, DM_IMPACT_ADDS, "%s",
					 inside(&old_interval, &new_interval) ? "the same, written otherwise" :
															"a tighter rule promises more");
	else
		dm_diff_note(diff, path, dm_diff_change(from, to), from, to, DM_IMPACT_ALL, "%s",
					 comparable ? "a looser rule promises less" :
								  "another expectation, which may promise less");
}

/* --- what is measured --- */

static const char *
value_text(const void *value)
{
	const char *text = ((const DmValue *) value)->text;

	return text ? text : "null";
}

/* A list of values; gains says whether a longer one promises more. */
static void
diff_value_list(DmDiff *diff, const char *path, const char *key, List *old_list, List *new_list,
				bool gains)
{
	ListCell *lc;

	path = dm_pointer(path, key);
	foreach(lc, dm_diff_match(old_list, new_list, NULL, value_text))
	{
		DmPair *pair = lfirst(lc);
		const char *text = value_text(pair->old ? pair->old : pair->new);
		bool added = pair->old == NULL;

		if (pair->old != NULL && pair->new != NULL)
			continue;
		dm_diff_note(diff, dm_pointer(path, text), added ? "added" : "removed",
					 added ? NULL : text, added ? text : NULL,
					 added == gains ? DM_IMPACT_ADDS : DM_IMPACT_ALL, "%s",
					 added == gains ? "the rule promises more" : "the rule promises less");
	}
}

/* Without a list of valid values, all of them are. */
static void
diff_arguments(DmDiff *diff, const char *path, DmQuality *old, DmQuality *new)
{
	path = dm_pointer(path, "arguments");
	diff_value_list(diff, path, "missingValues", old->missing_values, new->missing_values, true);
	if (old->has_valid_values == new->has_valid_values)
		diff_value_list(diff, path, "validValues", old->valid_values, new->valid_values, false);
	else
		dm_diff_note(diff, dm_pointer(path, "validValues"), old->has_valid_values ? "removed" : "added",
					 dm_diff_values(old->valid_values), dm_diff_values(new->valid_values),
					 old->has_valid_values ? DM_IMPACT_ALL : DM_IMPACT_ADDS, "%s",
					 old->has_valid_values ? "the rule promises less" : "the rule promises more");
	dm_diff_text(diff, path, "pattern", old->pattern, new->pattern,
				 old->pattern ? DM_IMPACT_ALL : DM_IMPACT_ADDS,
				 old->pattern ? "another pattern, which may promise less" : "the rule promises more");
	dm_diff_text(diff, path, "properties", dm_diff_values(old->properties),
				 dm_diff_values(new->properties), DM_IMPACT_ALL, "something else is measured");
}

static int
severity_rank(const char *severity)
{
	static const char *const low[] = { "info", "warning", "warn", "low", "minor", "trivial" };

	for (int i = 0; severity != NULL && i < lengthof(low); i++)
		if (pg_strcasecmp(low[i], severity) == 0)
			return i == 0 ? 0 : 1;
	return 2;
}

static void
diff_severity(DmDiff *diff, const char *path, DmQuality *old, DmQuality *new)
{
	int from = severity_rank(old->severity);
	int to = severity_rank(new->severity);

	dm_diff_text(diff, path, "severity", old->severity, new->severity,
				 to < from ? DM_IMPACT_ALL :
				 to > from ? DM_IMPACT_ADDS :
							 DM_IMPACT_NONE,
				 to < from ? "a failure of the rule counts for less" :
				 to > from ? "a failure of the rule counts for more" :
							 "a failure of the rule counts for as much");
}

static char *
implementation_text(DmQuality *quality)
{
	return quality->implementation.pointer ?
			   dm_diff_values(list_make1(&quality->implementation)) :
			   NULL;
}

/* A rule in words promises nothing that could be measured. */
static bool
is_text(DmQuality *quality)
{
	return quality->type != NULL && strcmp(quality->type, "text") == 0;
}

static void
diff_rule(DmDiff *diff, const char *path, DmQuality *old, DmQuality *new)
{
	DmImpact other = is_text(old) ? DM_IMPACT_NONE : DM_IMPACT_ALL;

	if (!dm_same_text(old->name, new->name))
		dm_diff_note(diff, path, "renamed", old->name, new->name, DM_IMPACT_NONE, "describes");
	dm_diff_text(diff, path, "type", old->type, new->type, other, "it is another kind of rule");
	dm_diff_text(diff, path, "metric", old->metric, new->metric, other,
				 "something else is measured");
	dm_diff_text(diff, path, "query", old->query, new->query, other,
				 "another query, which may promise less");
	dm_diff_text(diff, path, "engine", old->engine, new->engine, other,
				 "something else is measured");
	dm_diff_text(diff, path, "implementation", implementation_text(old), implementation_text(new),
				 other, "something else is measured");
	if (old->percent != new->percent)
		dm_diff_text(diff, path, "unit", old->unit ? old->unit : "rows",
					 new->unit ? new->unit : "rows", other, "something else is counted");
	else
		dm_diff_text(diff, path, "unit", old->unit, new->unit, DM_IMPACT_NONE,
					 "another spelling of the same unit");
	diff_arguments(diff, path, old, new);
	diff_expectations(diff, path, old, new);
	diff_severity(diff, path, old, new);
	dm_diff_text(diff, path, "schedule", old->schedule, new->schedule, DM_IMPACT_ADDS,
				 "measured at other times");
	dm_diff_text(diff, path, "scheduler", old->scheduler, new->scheduler, DM_IMPACT_ADDS,
				 "measured at other times");
	dm_diff_text(diff, path, "method", old->method, new->method, DM_IMPACT_ADDS,
				 "measured in another way");
	dm_diff_describe(diff, path, old->node, new->node, quality_keys);
}

void
dm_diff_quality(DmDiff *diff, const char *path, List *old_list, List *new_list)
{
	ListCell *lc;

	foreach(lc, dm_diff_match(old_list, new_list, quality_id, quality_name))
	{
		DmPair *pair = lfirst(lc);
		DmQuality *old = pair->old;
		DmQuality *new = pair->new;
		DmQuality *any = old ? old : new;
		const char *name = any->name ? any->name : any->id ? any->id :
															 quality_name(any);
		char *place = dm_pointer(path, name ? name : "");

		if (old == NULL)
			dm_diff_note(diff, place, "added", NULL, name,
						 is_text(new) ? DM_IMPACT_NONE : DM_IMPACT_ADDS, "%s",
						 is_text(new) ? "describes, promises nothing" : "a promise more");
		else if (new == NULL)
			dm_diff_note(diff, place, "removed", name, NULL,
						 is_text(old) ? DM_IMPACT_NONE : DM_IMPACT_ALL, "%s",
						 is_text(old) ? "describes, promises nothing" : "the promise is withdrawn");
		else
			diff_rule(diff, place, old, new);
	}
}
