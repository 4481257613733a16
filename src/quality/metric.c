/*
 * metric.c
 *		The metrics: what can be measured of a relation or a column, and with which arguments.
 */
#include "postgres.h"

#include "base/strings.h"
#include "base/words.h"
#include "quality/metric.h"

#define REQUIRED true
#define OPTIONAL false

/*
 * The names of the first five are ODCS's; the others are written alike.  A row that a metric by row
 * counts is one that fails.
 */
static const DmMetric metrics[] = {
	/* library metrics of the standard */
	{ "rowCount", DM_OF_RELATION, DM_BY_VALUE, false, false, NULL, "completeness" },
	{ "nullValues", DM_OF_COLUMN, DM_BY_ROW, true, false, "= 0", "completeness" },
	{ "missingValues", DM_OF_COLUMN, DM_BY_ROW, true, false, "= 0", "completeness", { { "missingValues", DM_ARG_VALUES, REQUIRED } } },
	{ "invalidValues", DM_OF_COLUMN, DM_BY_ROW, true, false, "= 0", "conformity", { { "validValues", DM_ARG_VALUES, OPTIONAL }, { "pattern", DM_ARG_PATTERN, OPTIONAL }, { "missingValues", DM_ARG_VALUES, OPTIONAL } } },
	{ "duplicateValues", DM_OF_EITHER, DM_BY_GROUP, true, false, "= 0", "uniqueness", { { "properties", DM_ARG_COLUMNS, OPTIONAL } } },
	{ "sql", DM_OF_EITHER, DM_BY_QUERY, false, true, "= true", NULL, { { "query", DM_ARG_QUERY, REQUIRED } } },
	{ "text", DM_OF_EITHER, DM_BY_NOBODY, false, false, "= 0", NULL, { { "description", DM_ARG_TEXT, OPTIONAL } } },

	/* what the schema section of a contract promises */
	{ "present", DM_OF_COLUMN, DM_BY_CATALOG, false, false, "= 0", "conformity", { { "position", DM_ARG_COUNT, OPTIONAL } } },
	{ "columns", DM_OF_RELATION, DM_BY_CATALOG, false, false, "= 0", "conformity", { { "names", DM_ARG_NAMES, REQUIRED }, { "exact", DM_ARG_TRUTH, OPTIONAL } } },
	{ "logicalType", DM_OF_COLUMN, DM_BY_CATALOG, false, false, "= 0", "conformity", { { "type", DM_ARG_WORD, REQUIRED, "string integer number boolean date timestamp time object array map" } } },
	{ "physicalType", DM_OF_COLUMN, DM_BY_CATALOG, false, false, "= 0", "conformity", { { "type", DM_ARG_TYPE, REQUIRED } } },
	{ "required", DM_OF_COLUMN, DM_BY_ROW, true, false, "= 0", "completeness" },
	{ "unique", DM_OF_EITHER, DM_BY_GROUP, true, false, "= 0", "uniqueness", { { "properties", DM_ARG_COLUMNS, OPTIONAL } } },
	{ "primaryKey", DM_OF_EITHER, DM_BY_GROUP, true, false, "= 0", "uniqueness", { { "properties", DM_ARG_COLUMNS, OPTIONAL } } },
	{ "minLength", DM_OF_COLUMN, DM_BY_ROW, true, false, "= 0", "conformity", { { "value", DM_ARG_COUNT, REQUIRED } } },
	{ "maxLength", DM_OF_COLUMN, DM_BY_ROW, true, false, "= 0", "conformity", { { "value", DM_ARG_COUNT, REQUIRED } } },
	{ "minimum", DM_OF_COLUMN, DM_BY_ROW, true, false, "= 0", "conformity", { { "value", DM_ARG_BOUND, REQUIRED } } },
	{ "maximum", DM_OF_COLUMN, DM_BY_ROW, true, false, "= 0", "conformity", { { "value", DM_ARG_BOUND, REQUIRED } } },
	{ "exclusiveMinimum", DM_OF_COLUMN, DM_BY_ROW, true, false, "= 0", "conformity", { { "value", DM_ARG_BOUND, REQUIRED } } },
	{ "exclusiveMaximum", DM_OF_COLUMN, DM_BY_ROW, true, false, "= 0", "conformity", { { "value", DM_ARG_BOUND, REQUIRED } } },
	{ "multipleOf", DM_OF_COLUMN, DM_BY_ROW, true, false, "= 0", "conformity", { { "value", DM_ARG_NUMBER, REQUIRED } } },
	{ "pattern", DM_OF_COLUMN, DM_BY_ROW, true, false, "= 0", "conformity", { { "pattern", DM_ARG_PATTERN, REQUIRED } } },
	{ "enum", DM_OF_COLUMN, DM_BY_ROW, true, false, "= 0", "conformity", { { "values", DM_ARG_VALUES, REQUIRED } } },
	{ "notEnum", DM_OF_COLUMN, DM_BY_ROW, true, false, "= 0", "conformity", { { "values", DM_ARG_VALUES, REQUIRED } } },
	{ "format", DM_OF_COLUMN, DM_BY_ROW, true, false, "= 0", "conformity", { { "format", DM_ARG_WORD, REQUIRED, "email uuid uri hostname ipv4 ipv6 byte binary password date time date-time "
																												"i8 i16 i32 i64 i128 u8 u16 u32 u64 u128" } } },
	/* of a value that has parts, what JSON Schema says of it */
	{ "jsonSchema", DM_OF_COLUMN, DM_BY_ROW, true, false, "= 0", "conformity", { { "schema", DM_ARG_SCHEMA, REQUIRED } } },
	/* a text in that form: of the JDK (yyyy-MM-dd), of C (%Y-%m-%d) */
	{ "dateFormat", DM_OF_COLUMN, DM_BY_ROW, true, false, "= 0", "conformity", { { "format", DM_ARG_TEXT, REQUIRED } } },
	{ "strftime", DM_OF_COLUMN, DM_BY_ROW, true, false, "= 0", "conformity", { { "format", DM_ARG_TEXT, REQUIRED } } },
	/* rows whose key is not in the target; a key with a NULL in it refers to nothing */
	{ "references", DM_OF_EITHER, DM_BY_STATEMENT, true, false, "= 0", "consistency", { { "relation", DM_ARG_RELATION, REQUIRED }, { "columns", DM_ARG_NAMES, OPTIONAL }, { "properties", DM_ARG_COLUMNS, OPTIONAL } } },

	/* rows and pairs of columns */
	{ "expression", DM_OF_RELATION, DM_BY_ROW, true, false, "= 0", "accuracy", { { "expression", DM_ARG_EXPRESSION, REQUIRED }, { "nulls", DM_ARG_WORD, OPTIONAL, "pass fail" } } },
	{ "pair", DM_OF_COLUMN, DM_BY_ROW, true, false, "= 0", "consistency", { { "other", DM_ARG_COLUMN, REQUIRED }, { "operator", DM_ARG_WORD, OPTIONAL, "= <> < <= > >=" }, { "ignore", DM_ARG_WORD, OPTIONAL, "both either never" } } },
	{ "increasing", DM_OF_COLUMN, DM_BY_ORDER, true, false, "= 0", "consistency", { { "by", DM_ARG_COLUMNS, OPTIONAL }, { "strict", DM_ARG_TRUTH, OPTIONAL } } },
	{ "decreasing", DM_OF_COLUMN, DM_BY_ORDER, true, false, "= 0", "consistency", { { "by", DM_ARG_COLUMNS, OPTIONAL }, { "strict", DM_ARG_TRUTH, OPTIONAL } } },
	/* rows that are not as most rows are that have the same in other columns */
	{ "dependency", DM_OF_COLUMN, DM_BY_STATEMENT, true, false, "= 0", "consistency", { { "by", DM_ARG_COLUMNS, REQUIRED } } },
	/* rows that are of a pair for which the condition holds; rows of a pair have the same key */
	{ "denial", DM_OF_RELATION, DM_BY_STATEMENT, true, false, "= 0", "consistency", { { "key", DM_ARG_COLUMNS, OPTIONAL }, { "condition", DM_ARG_PAIR, REQUIRED } } },

	/* values of a column taken together; NULLs do not count */
	{ "distinctCount", DM_OF_COLUMN, DM_BY_VALUE, false, false, NULL, "uniqueness", { { "method", DM_ARG_WORD, OPTIONAL, "exact sketch" } } },
	{ "proportionUnique", DM_OF_COLUMN, DM_BY_VALUE, false, false, NULL, "uniqueness", { { "method", DM_ARG_WORD, OPTIONAL, "exact sketch" } } },
	{ "sum", DM_OF_COLUMN, DM_BY_VALUE, false, true, NULL, "accuracy" },
	{ "mean", DM_OF_COLUMN, DM_BY_VALUE, false, true, NULL, "accuracy" },
	{ "stddev", DM_OF_COLUMN, DM_BY_VALUE, false, true, NULL, "accuracy", { { "of", DM_ARG_WORD, OPTIONAL, "sample population" } } },
	{ "min", DM_OF_COLUMN, DM_BY_VALUE, false, true, NULL, "accuracy" },
	{ "max", DM_OF_COLUMN, DM_BY_VALUE, false, true, NULL, "accuracy" },
	{ "median", DM_OF_COLUMN, DM_BY_VALUE, false, true, NULL, "accuracy", { { "method", DM_ARG_WORD, OPTIONAL, "continuous discrete sketch" } } },
	{ "quantile", DM_OF_COLUMN, DM_BY_VALUE, false, true, NULL, "accuracy", { { "p", DM_ARG_FRACTION, REQUIRED }, { "method", DM_ARG_WORD, OPTIONAL, "continuous discrete sketch" } } },
	{ "mostCommonValue", DM_OF_COLUMN, DM_BY_VALUE, false, true, NULL, "accuracy", { { "method", DM_ARG_WORD, OPTIONAL, "exact sketch" } } },
	/* distinct values that are not of the set (subset), that of the set are not there, both */
	{ "distinctSet", DM_OF_COLUMN, DM_BY_VALUE, false, false, "= 0", "conformity", { { "values", DM_ARG_VALUES, REQUIRED }, { "set", DM_ARG_WORD, OPTIONAL, "subset superset equal" } } },
	{ "klDivergence", DM_OF_COLUMN, DM_BY_VALUE, false, false, NULL, "accuracy", { { "reference", DM_ARG_REFERENCE, REQUIRED }, { "tail", DM_ARG_FRACTION, OPTIONAL } } },
	{ "ksTest", DM_OF_COLUMN, DM_BY_VALUE, false, false, NULL, "accuracy", { { "reference", DM_ARG_REFERENCE, REQUIRED }, { "result", DM_ARG_WORD, OPTIONAL, "p statistic" } } },
	{ "chiSquareTest", DM_OF_COLUMN, DM_BY_VALUE, false, false, NULL, "accuracy", { { "reference", DM_ARG_REFERENCE, REQUIRED }, { "result", DM_ARG_WORD, OPTIONAL, "p statistic" }, { "tail", DM_ARG_FRACTION, OPTIONAL } } },

	/* relations */
	{ "rowCountChange", DM_OF_RELATION, DM_BY_HISTORY, true, false, NULL, "completeness" },
	/* rows that one relation has and the other has not, duplicates counted */
	{ "reconciliation", DM_OF_RELATION, DM_BY_STATEMENT, true, false, "= 0", "consistency", { { "relation", DM_ARG_RELATION, REQUIRED }, { "properties", DM_ARG_COLUMNS, OPTIONAL }, { "columns", DM_ARG_NAMES, OPTIONAL }, { "compare", DM_ARG_WORD, OPTIONAL, "rows count sum" } } },
};

static const char *const dimensions[] = {
	"accuracy",
	"completeness",
	"conformity",
	"consistency",
	"coverage",
	"timeliness",
	"uniqueness",
};

static List *
metric_names(void)
{
	List *result = NIL;

	for (int i = 0; i < lengthof(metrics); i++)
		result = lappend(result, unconstify(char *, metrics[i].name));
	return result;
}

const DmMetric *
dm_metric_get(const char *name, bool missing_ok)
{
	char *nearest;

	for (int i = 0; i < lengthof(metrics); i++)
		if (strcmp(metrics[i].name, name) == 0)
			return &metrics[i];
	if (missing_ok)
		return NULL;
	nearest = dm_nearest(name, metric_names());
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("there is no metric \"%s\"", name),
			 nearest != NULL ? errhint("Perhaps you mean %s.", nearest) :
							   errhint("The metrics are: %s.", dm_quoted_list(metric_names()))));
}

static bool
shows_rows(const DmMetric *metric)
{
	return metric->percent && metric->how != DM_BY_HISTORY;
}

const DmArgument *
dm_metric_argument_at(const DmMetric *metric, int place)
{
	static const DmArgument sample_key = { DM_SAMPLE_KEY, DM_ARG_COLUMNS, OPTIONAL };
	int n = 0;

	while (n < DM_METRIC_ARGUMENTS && metric->arguments[n].name != NULL)
		n++;
	if (place < n)
		return &metric->arguments[place];
	return place == n && shows_rows(metric) ? &sample_key : NULL;
}

const DmArgument *
dm_metric_argument(const DmMetric *metric, const char *name)
{
	const DmArgument *argument;

	for (int i = 0; (argument = dm_metric_argument_at(metric, i)) != NULL; i++)
		if (strcmp(argument->name, name) == 0)
			return argument;
	return NULL;
}

bool
dm_argument_has_word(const DmArgument *argument, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = argument->words; len > 0 && (at = strstr(at, word)) != NULL; at++)
		if ((at == argument->words || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return true;
	return false;
}

List *
dm_dimensions(void)
{
	List *result = NIL;

	for (int i = 0; i < lengthof(dimensions); i++)
		result = lappend(result, unconstify(char *, dimensions[i]));
	return result;
}

bool
dm_is_dimension(const char *text)
{
	return dm_string_member(dm_dimensions(), text);
}
