/*
 * model_quality.c
 *		Quality rules.
 */
#include "postgres.h"

#include "base/json.h"
#include "contract/model_value.h"

static const char *const operator_names[DM_OPERATORS] = {
	[DM_MUST_BE] = "mustBe",
	[DM_MUST_NOT_BE] = "mustNotBe",
	[DM_MUST_BE_GREATER_THAN] = "mustBeGreaterThan",
	[DM_MUST_BE_GREATER_OR_EQUAL] = "mustBeGreaterOrEqualTo",
	[DM_MUST_BE_LESS_THAN] = "mustBeLessThan",
	[DM_MUST_BE_LESS_OR_EQUAL] = "mustBeLessOrEqualTo",
	[DM_MUST_BE_BETWEEN] = "mustBeBetween",
	[DM_MUST_NOT_BE_BETWEEN] = "mustNotBeBetween",
};

/* the spellings of dimensions that the standard's text allows (trap T7) */
static const struct
{
	const char *synonym;
	const char *name;
} dimensions[] = {
	{ "ac", "accuracy" },
	{ "cp", "completeness" },
	{ "cf", "conformity" },
	{ "cs", "consistency" },
	{ "cv", "coverage" },
	{ "tm", "timeliness" },
	{ "uq", "uniqueness" },
};

const char *
dm_operator_name(DmOperator op)
{
	return operator_names[op];
}

/* the two bounds of an operator "between" */
static DmExpectation *
read_bounds(DmModelReader *reader, DmNode node, DmOperator op)
{
	List *bounds = dm_read_values(reader, node, operator_names[op]);
	DmExpectation *result;

	if (list_length(bounds) != 2)
	{
		dm_model_error(reader, dm_pointer(node.pointer, operator_names[op]),
					   "\"%s\" needs a list of two numbers", operator_names[op]);
		return NULL;
	}
	result = palloc0(sizeof(DmExpectation));
	result->op = op;
	result->operand = *(DmValue *) linitial(bounds);
	result->upper = *(DmValue *) lsecond(bounds);
	return result;
}

static DmExpectation *
read_expectation(DmModelReader *reader, DmNode node, DmOperator op)
{
	DmExpectation *result;

	if (op == DM_MUST_BE_BETWEEN || op == DM_MUST_NOT_BE_BETWEEN)
		return read_bounds(reader, node, op);
	result = palloc0(sizeof(DmExpectation));
	result->op = op;
	dm_read_value(reader, node, operator_names[op], &result->operand);
	return result;
}

/* several operators in one rule must all hold (trap T1) */
static List *
read_expectations(DmModelReader *reader, DmNode node)
{
	List *result = NIL;

	for (DmOperator op = 0; op < DM_OPERATORS; op++)
	{
		DmExpectation *expectation;

		if (!dm_node_has(node, operator_names[op]))
			continue;
		expectation = read_expectation(reader, node, op);
		if (expectation != NULL)
			result = lappend(result, expectation);
	}
	if (list_length(result) > 1)
		dm_model_bend(reader, node.pointer, "several operators are read as: all of them must hold");
	return result;
}

static char *
read_dimension(DmModelReader *reader, DmNode node)
{
	char *written = dm_read_text(reader, node, "dimension");

	if (written == NULL)
		return NULL;
	for (int i = 0; i < lengthof(dimensions); i++)
		if (pg_strcasecmp(written, dimensions[i].synonym) == 0)
		{
			dm_model_bend(reader, dm_pointer(node.pointer, "dimension"),
						  "\"%s\" is read as \"%s\"", written, dimensions[i].name);
			return pstrdup(dimensions[i].name);
		}
	return written;
}

static void
read_arguments(DmModelReader *reader, DmNode rule, DmQuality *quality)
{
	DmNode node = dm_read_object(reader, rule, "arguments");

	if (node.object != NULL)
	{
		quality->has_missing_values = dm_node_has(node, "missingValues");
		quality->missing_values = dm_read_values(reader, node, "missingValues");
		quality->has_valid_values = dm_node_has(node, "validValues");
		quality->valid_values = dm_read_values(reader, node, "validValues");
		quality->pattern = dm_read_text(reader, node, "pattern");
		quality->properties = dm_read_values(reader, node, "properties");
	}
	/* the standard's own example has it beside the arguments (trap T6) */
	if (quality->pattern == NULL && dm_node_has(rule, "pattern"))
	{
		quality->pattern = dm_read_text(reader, rule, "pattern");
		dm_model_bend(reader, dm_pointer(rule.pointer, "pattern"),
					  "\"pattern\" is read as one of the arguments");
	}
}

static bool
means_percent(const char *unit)
{
	return unit != NULL && (pg_strcasecmp(unit, "percent") == 0 ||
							pg_strcasecmp(unit, "percentage") == 0 || strcmp(unit, "%") == 0);
}

static char *
read_metric(DmModelReader *reader, DmNode node)
{
	char *metric = dm_read_text(reader, node, "metric");

	return metric != NULL ? metric : dm_read_text(reader, node, "rule");
}

void *
dm_model_quality(DmModelReader *reader, DmNode node)
{
	DmQuality *quality = palloc0(sizeof(DmQuality));

	quality->pointer = node.pointer;
	quality->node = node.object;
	quality->id = dm_read_text(reader, node, "id");
	quality->name = dm_read_text(reader, node, "name");
	quality->description = dm_read_text(reader, node, "description");
	quality->type = dm_read_text(reader, node, "type");
	if (quality->type == NULL)
		quality->type = pstrdup("library");
	quality->metric = read_metric(reader, node);
	quality->expectations = read_expectations(reader, node);
	quality->unit = dm_read_text(reader, node, "unit");
	quality->percent = means_percent(quality->unit);
	quality->dimension = read_dimension(reader, node);
	quality->severity = dm_read_text(reader, node, "severity");
	quality->method = dm_read_text(reader, node, "method");
	quality->business_impact = dm_read_text(reader, node, "businessImpact");
	quality->scheduler = dm_read_text(reader, node, "scheduler");
	quality->schedule = dm_read_text(reader, node, "schedule");
	read_arguments(reader, node, quality);
	quality->query = dm_read_text(reader, node, "query");
	quality->engine = dm_read_text(reader, node, "engine");
	dm_read_value(reader, node, "implementation", &quality->implementation);
	quality->tags = dm_read_texts(reader, node, "tags");
	return quality;
}
