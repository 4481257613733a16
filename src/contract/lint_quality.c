/*
 * lint_quality.c
 *		Semantic checks of quality rules.
 */
#include "postgres.h"

#include <math.h>

#include "base/json.h"
#include "base/pattern.h"
#include "base/words.h"
#include "contract/lint_part.h"
#include "contract/value.h"

typedef struct Rule
{
	DmLint *lint;
	DmObject *object;
	DmProperty *property; /* NULL: a rule of the object */
	DmQuality *quality;
} Rule;

static char *
key(Rule *rule, const char *name)
{
	return dm_pointer(rule->quality->pointer, name);
}

static char *
argument(Rule *rule, const char *name)
{
	return dm_pointer(key(rule, "arguments"), name);
}

/* what the operators leave of all numbers; NaN where an operand is no number */
typedef struct Range
{
	double low;
	double high;
	bool low_open;
	bool high_open;
} Range;

static void
raise_low(Range *range, double low, bool open)
{
	if (low > range->low || (low == range->low && open))
	{
		range->low = low;
		range->low_open = open;
	}
}

static void
lower_high(Range *range, double high, bool open)
{
	if (high < range->high || (high == range->high && open))
	{
		range->high = high;
		range->high_open = open;
	}
}

static void
narrow(Range *range, DmOperator op, double operand, double upper)
{
	switch (op)
	{
		case DM_MUST_BE:
			raise_low(range, operand, false);
			lower_high(range, operand, false);
			break;
		case DM_MUST_BE_GREATER_THAN:
			raise_low(range, operand, true);
			break;
		case DM_MUST_BE_GREATER_OR_EQUAL:
			raise_low(range, operand, false);
			break;
		case DM_MUST_BE_LESS_THAN:
			lower_high(range, operand, true);
			break;
		case DM_MUST_BE_LESS_OR_EQUAL:
			lower_high(range, operand, false);
			break;
		case DM_MUST_BE_BETWEEN:
			raise_low(range, operand, false);
			lower_high(range, upper, false);
			break;
		case DM_MUST_NOT_BE:
		case DM_MUST_NOT_BE_BETWEEN:
			break;
	}
}

/*
 * A count or a share can only be compared with a number; a query may give
 * anything, of which only = and <> make sense for all types (trap T3).
 */
static bool
operand_number(Rule *rule, DmExpectation *expectation, DmValue *operand, double *number)
{
	bool any = strcmp(rule->quality->type, "sql") == 0 &&
			   (expectation->op == DM_MUST_BE || expectation->op == DM_MUST_NOT_BE);

	if (operand->json.type == jbvNumeric && dm_lint_number(operand->text, number))
		return true;
	if (!any)
		dm_lint_error(rule->lint, operand->pointer, "%s is compared as a number, and is none",
					  dm_lint_shown(operand));
	return false;
}

static void
check_expectation(Rule *rule, DmExpectation *expectation, Range *range)
{
	double operand;
	double upper = 0;
	bool bounds = expectation->op == DM_MUST_BE_BETWEEN ||
				  expectation->op == DM_MUST_NOT_BE_BETWEEN;

	if (!operand_number(rule, expectation, &expectation->operand, &operand))
		return;
	if (bounds && !operand_number(rule, expectation, &expectation->upper, &upper))
		return;
	if (bounds && operand > upper)
		dm_lint_error(rule->lint, key(rule, dm_operator_name(expectation->op)),
					  "the lower bound %s is above the upper bound %s", expectation->operand.text,
					  expectation->upper.text);
	else
		narrow(range, expectation->op, operand, upper);
}

/* the operator is there, but nobody could read what it is about */
static bool
has_operator(Rule *rule)
{
	JsonbValue value;

	for (DmOperator op = 0; op < DM_OPERATORS; op++)
		if (dm_json_find(rule->quality->node, dm_operator_name(op), &value))
			return true;
	return false;
}

static void
check_expectations(Rule *rule)
{
	DmQuality *quality = rule->quality;
	bool counts = strcmp(quality->type, "library") == 0;
	Range possible = { counts ? 0 : -INFINITY, INFINITY, false, false };
	Range range = { -INFINITY, INFINITY, false, false };
	ListCell *lc;

	if (quality->expectations == NIL)
	{
		if (has_operator(rule))
			return; /* the reader said so */
		if (counts)
			dm_lint_error(rule->lint, quality->pointer,
						  "the rule does not say what its result must be (mustBe, mustBeLessThan, "
						  "...)");
		else
			dm_lint_info(rule->lint, quality->pointer,
						 "without an operator the result of the query must be true");
		return;
	}
	foreach(lc, quality->expectations)
		check_expectation(rule, lfirst(lc), &range);
	if (range.low > range.high ||
		(range.low == range.high && (range.low_open || range.high_open)))
		dm_lint_error(rule->lint, quality->pointer, "no result can meet all operators of the rule");
	if (quality->percent && counts)
		possible.high = 100;
	if (range.high < possible.low || range.low > possible.high ||
		(range.high == possible.low && range.high_open) ||
		(range.low == possible.high && range.low_open))
		dm_lint_error(rule->lint, quality->pointer, "no %s can meet the rule",
					  quality->percent ? "share between 0 and 100 percent" : "number of rows");
}

static void
check_unit(Rule *rule)
{
	DmQuality *quality = rule->quality;

	if (quality->unit != NULL && !quality->percent && pg_strcasecmp(quality->unit, "rows") != 0)
		dm_lint_warning(rule->lint, key(rule, "unit"),
						"\"%s\" is neither rows nor percent; rows are counted", quality->unit);
}

/* where the metric is counted: of a column, of the rows, or of both */
static void
check_level(Rule *rule, bool property, bool object)
{
	if (rule->property != NULL && !property)
		dm_lint_error(rule->lint, key(rule, "metric"),
					  "\"%s\" is counted for an object, not for a property",
					  rule->quality->metric);
	if (rule->property == NULL && !object)
		dm_lint_error(rule->lint, key(rule, "metric"),
					  "\"%s\" is counted for a property, not for an object",
					  rule->quality->metric);
}

static void
check_values(Rule *rule, List *values)
{
	DmValueCheck check;
	DmProperty plain;
	ListCell *lc;

	if (values == NIL || rule->property == NULL)
		return;
	/* valid and missing values need the type only: what is missing is out of bounds by intent */
	plain = *rule->property;
	plain.required = false;
	memset(&plain.options, 0, sizeof(plain.options));
	plain.options.min_length = plain.options.max_length = -1;
	plain.options.min_items = plain.options.max_items = -1;
	plain.options.min_properties = plain.options.max_properties = -1;
	dm_value_check_begin(&check, &plain);
	foreach(lc, values)
	{
		DmValue *value = lfirst(lc);
		DmSeverity severity;
		char *problem = dm_value_problem(&check, value, &severity);

		if (problem == NULL || severity != DM_ERROR)
			continue;
		/* "n/a" can stand in no integer, but people list it for all columns alike */
		dm_lint_info(rule->lint, value->pointer, "%s %s, so no value of the property equals it",
					 dm_lint_shown(value), problem);
	}
}

static void
check_missing(Rule *rule)
{
	check_level(rule, true, false);
	if (!rule->quality->has_missing_values)
		dm_lint_error(rule->lint, rule->quality->pointer,
					  "\"missingValues\" needs the argument \"missingValues\"");
	check_values(rule, rule->quality->missing_values);
}

static void
check_invalid(Rule *rule)
{
	DmQuality *quality = rule->quality;
	char *error;

	check_level(rule, true, false);
	if (!quality->has_valid_values && quality->pattern == NULL)
		dm_lint_error(rule->lint, quality->pointer,
					  "\"invalidValues\" needs one of the arguments \"validValues\" and "
					  "\"pattern\"");
	if (quality->has_valid_values && quality->valid_values == NIL)
		dm_lint_warning(rule->lint, argument(rule, "validValues"), "no value is valid");
	if (quality->pattern != NULL && dm_pattern_compile(quality->pattern, &error) == NULL)
		dm_lint_error(rule->lint, argument(rule, "pattern"),
					  "the pattern is no regular expression: %s", error);
	check_values(rule, quality->valid_values);
}

static void
check_duplicates(Rule *rule)
{
	DmQuality *quality = rule->quality;
	ListCell *lc;

	if (rule->property == NULL && quality->properties == NIL)
		dm_lint_error(rule->lint, quality->pointer,
					  "\"duplicateValues\" of an object needs the argument \"properties\"");
	foreach(lc, quality->properties)
	{
		DmValue *name = lfirst(lc);

		if (name->text == NULL || dm_object_property(rule->object, name->text) == NULL)
			dm_lint_error(rule->lint, name->pointer, "\"%s\" has no property %s",
						  rule->object->name, dm_lint_shown(name));
	}
}

/* an argument that does nothing for the metric was meant for something */
static void
check_useless(Rule *rule, bool present, const char *name, const char *metric)
{
	if (present && strcmp(rule->quality->metric, metric) != 0)
		dm_lint_warning(rule->lint, argument(rule, name),
						"the argument \"%s\" means nothing to \"%s\"", name,
						rule->quality->metric);
}

static void
check_library(Rule *rule)
{
	DmQuality *quality = rule->quality;
	const char *metric = quality->metric;

	if (metric == NULL)
		dm_lint_error(rule->lint, quality->pointer, "a rule of the library needs a metric");
	else if (strcmp(metric, "rowCount") == 0)
	{
		check_level(rule, false, true);
		if (quality->percent)
			dm_lint_error(rule->lint, key(rule, "unit"),
						  "a number of rows has no percentage: of what?");
	}
	else if (strcmp(metric, "nullValues") == 0)
		check_level(rule, true, false);
	else if (strcmp(metric, "missingValues") == 0)
		check_missing(rule);
	else if (strcmp(metric, "invalidValues") == 0)
		check_invalid(rule);
	else if (strcmp(metric, "duplicateValues") == 0)
		check_duplicates(rule);
	else
		dm_lint_error(rule->lint, key(rule, dm_json_find(quality->node, "metric", &(JsonbValue){ 0 }) ? "metric" : "rule"),
					  "\"%s\" is no metric of the library: nullValues, missingValues, "
					  "invalidValues, duplicateValues, rowCount",
					  metric);
	if (metric != NULL)
	{
		check_useless(rule, quality->has_missing_values, "missingValues", "missingValues");
		check_useless(rule, quality->has_valid_values, "validValues", "invalidValues");
		check_useless(rule, quality->pattern != NULL, "pattern", "invalidValues");
		check_useless(rule, quality->properties != NIL, "properties", "duplicateValues");
	}
	check_unit(rule);
	check_expectations(rule);
}

static void
check_sql(Rule *rule)
{
	List *unknown = NIL;
	char *problem;

	if (rule->quality->query == NULL)
	{
		dm_lint_error(rule->lint, rule->quality->pointer, "a rule of type sql needs a query");
		return;
	}
	problem = dm_lint_query(rule->quality->query, &unknown);
	if (problem != NULL)
		dm_lint_error(rule->lint, key(rule, "query"),
					  "the query is no single SELECT that only reads: %s", problem);
	if (unknown != NIL)
		dm_lint_warning(rule->lint, key(rule, "query"), "nobody knows the placeholders %s",
						dm_quoted_list(unknown));
	check_expectations(rule);
}

static void
check_custom(Rule *rule)
{
	if (rule->quality->engine == NULL)
		dm_lint_error(rule->lint, rule->quality->pointer, "a custom rule names its engine");
	if (rule->quality->implementation.pointer == NULL)
		dm_lint_error(rule->lint, rule->quality->pointer,
					  "a custom rule has an implementation for its engine");
}

static void
check_text(Rule *rule)
{
	DmQuality *quality = rule->quality;

	if (quality->metric != NULL || quality->expectations != NIL || quality->query != NULL)
		dm_lint_warning(rule->lint, quality->pointer,
						"a rule of type text is for readers: nobody executes it");
}

void
dm_lint_quality(DmLint *lint, DmObject *object, DmProperty *property, List *rules)
{
	DmSeen *names;
	ListCell *lc;

	if (rules == NIL)
		return;
	names = dm_seen_create();
	foreach(lc, rules)
	{
		DmQuality *quality = lfirst(lc);
		Rule rule = { lint, object, property, quality };
		const char *before;

		if (strcmp(quality->type, "library") == 0)
			check_library(&rule);
		else if (strcmp(quality->type, "sql") == 0)
			check_sql(&rule);
		else if (strcmp(quality->type, "custom") == 0)
			check_custom(&rule);
		else if (strcmp(quality->type, "text") == 0)
			check_text(&rule);
		if (quality->name != NULL &&
			(before = dm_seen(names, quality->name, quality->pointer)) != NULL)
			dm_lint_warning(lint, key(&rule, "name"), "\"%s\" is the name of %s, too",
							quality->name, before);
		dm_lint_schedule(lint, quality->pointer, quality->scheduler, quality->schedule);
	}
}
