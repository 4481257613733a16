/*
 * measure_row.c
 *		Metrics that count rows, each of which fails or not by itself.
 *
 * A row whose value is NULL fails none of them but those that ask for a value.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "catalog/column.h"
#include "contract/isotime.h"
#include "contract/value.h"
#include "quality/measure_part.h"
#include "quality/rowexpr.h"
#include "quality/valueset.h"

static void
finish_rows(DmMeasuring *m, DmFound *found)
{
	dm_measured_rows(m, found->failing, found->failing, found->rows);
}

static void
finish_count(DmMeasuring *m, DmFound *found)
{
	dm_measured_integer(m, found->rows);
}

static void
plan_row_count(DmMeasuring *m)
{
	(void) dm_scan_probe(m, "rows");
	dm_scan_probe_end(m);
	m->finish = finish_count;
}

static void
plan_null(DmMeasuring *m)
{
	DmScanType type;
	int value = dm_scan_column(m, m->rule->column, &type);
	List *missing = dm_value_texts(&type, dm_rule_texts(m->rule, "missingValues"));
	StringInfo probe = dm_scan_probe(m, "null");

	appendStringInfo(probe, ", \"value\": %d", value);
	if (missing != NIL)
		dm_probe_texts(probe, "missing", missing);
	dm_scan_probe_end(m);
	m->finish = finish_rows;
}

/* A probe of values, to which the caller adds tests. */
static StringInfo
value_probe(DmMeasuring *m, DmScanType *type)
{
	int value = dm_scan_column(m, m->rule->column, type);
	StringInfo probe = dm_scan_probe(m, "value");

	appendStringInfo(probe, ", \"value\": %d", value);
	m->finish = finish_rows;
	return probe;
}

static void
plan_invalid(DmMeasuring *m)
{
	JsonbValue given;
	DmScanType type;
	StringInfo probe = value_probe(m, &type);
	List *missing = dm_value_texts(&type, dm_rule_texts(m->rule, "missingValues"));
	char *pattern = dm_rule_text(m->rule, "pattern");

	if (missing != NIL)
		dm_probe_texts(probe, "missing", missing);
	if (dm_rule_argument(m->rule, "validValues", &given))
		dm_probe_texts(probe, "values",
					   dm_value_texts(&type, dm_rule_texts(m->rule, "validValues")));
	if (pattern != NULL)
		dm_probe_text(probe, "pattern", pattern);
	dm_scan_probe_end(m);
}

/* minimum, maxLength, multipleOf ...: the metric's name is that of the test */
static void
plan_bound(DmMeasuring *m)
{
	DmScanType type;
	StringInfo probe = value_probe(m, &type);

	dm_probe_text(probe, m->rule->metric->name, dm_rule_text(m->rule, "value"));
	dm_scan_probe_end(m);
}

static void
plan_length(DmMeasuring *m)
{
	DmScanType type;
	StringInfo probe = value_probe(m, &type);

	appendStringInfo(probe, ", \"%s\": %s", m->rule->metric->name,
					 dm_rule_text(m->rule, "value"));
	dm_scan_probe_end(m);
}

static void
plan_pattern(DmMeasuring *m)
{
	DmScanType type;
	StringInfo probe = value_probe(m, &type);

	dm_probe_text(probe, "pattern", dm_rule_text(m->rule, "pattern"));
	dm_scan_probe_end(m);
}

static void
plan_enum(DmMeasuring *m)
{
	DmScanType type;
	StringInfo probe = value_probe(m, &type);

	dm_probe_texts(probe, strcmp(m->rule->metric->name, "enum") == 0 ? "values" : "notValues",
				   dm_value_texts(&type, dm_rule_texts(m->rule, "values")));
	dm_scan_probe_end(m);
}

/* --- formats --- */

/* base64, as the reader of contracts has it */
#define BYTE_PATTERN "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"

static void
append_format(StringInfo probe, const DmScanType *type, const char *format)
{
	const char *low;
	const char *high;

	if (dm_integer_format(format, &low, &high))
	{
		if (!type->number)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("values of type %s are no integers", format_type_be(type->typid))));
		dm_probe_text(probe, "minimum", low);
		dm_probe_text(probe, "maximum", high);
		if (type->kind != DM_SCAN_INT16 && type->kind != DM_SCAN_INT32 &&
			type->kind != DM_SCAN_INT64)
			dm_probe_text(probe, "multipleOf", "1");
		return;
	}
	/* a uuid that is stored as one has its format, and so has an address */
	if (!type->text || strcmp(format, "binary") == 0 || strcmp(format, "password") == 0)
		return;
	if (strcmp(format, "byte") == 0)
		dm_probe_text(probe, "pattern", BYTE_PATTERN);
	else
		dm_probe_text(probe, "format", format);
}

static void
plan_format(DmMeasuring *m)
{
	DmScanType type;
	StringInfo probe = value_probe(m, &type);

	append_format(probe, &type, dm_rule_text(m->rule, "format"));
	dm_scan_probe_end(m);
}

/* What strptime of C reads for a conversion; NULL for one that we do not know. */
static const char *
strftime_regex(char conversion)
{
	switch (conversion)
	{
		case 'Y':
			return "[0-9]{4}";
		case 'y':
			return "[0-9]{2}";
		case 'm':
			return "(?:0?[1-9]|1[0-2])";
		case 'd':
		case 'e':
			return "(?:0?[1-9]|[12][0-9]|3[01])";
		case 'j':
			return "(?:[0-9]{1,2}|[0-2][0-9]{2}|3[0-5][0-9]|36[0-6])";
		case 'H':
			return "(?:[01]?[0-9]|2[0-3])";
		case 'I':
			return "(?:0?[1-9]|1[0-2])";
		case 'M':
			return "[0-5]?[0-9]";
		case 'S':
			return "(?:[0-5]?[0-9]|6[01])";
		case 'f':
			return "[0-9]{1,6}";
		case 'p':
			return "(?:[AaPp][Mm])";
		case 'z':
			return "(?:Z|[+-][0-9]{2}:?[0-9]{2}(?::?[0-9]{2})?)";
		case 'b':
		case 'h':
			return "(?:[Jj]an|[Ff]eb|[Mm]ar|[Aa]pr|[Mm]ay|[Jj]un|[Jj]ul|[Aa]ug|[Ss]ep|[Oo]ct|[Nn]ov|[Dd]ec)";
		case 'B':
			return "(?:[Jj]anuary|[Ff]ebruary|[Mm]arch|[Aa]pril|[Mm]ay|[Jj]une|[Jj]uly|[Aa]ugust|[Ss]eptember|[Oo]ctober|[Nn]ovember|[Dd]ecember)";
		case 'a':
			return "(?:[Mm]on|[Tt]ue|[Ww]ed|[Tt]hu|[Ff]ri|[Ss]at|[Ss]un)";
		case 'A':
			return "(?:[Mm]onday|[Tt]uesday|[Ww]ednesday|[Tt]hursday|[Ff]riday|[Ss]aturday|[Ss]unday)";
		case '%':
			return "%";
		default:
			return NULL;
	}
}

static char *
strftime_to_regex(const char *format)
{
	StringInfoData regex;

	initStringInfo(&regex);
	appendStringInfoChar(&regex, '^');
	for (const char *s = format; *s != '\0'; s++)
	{
		const char *part = *s == '%' ? strftime_regex(s[1]) : NULL;

		if (*s == '%' && part == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("the conversion \"%%%c\" of a date format is not known", s[1])));
		if (*s == '%')
		{
			appendStringInfoString(&regex, part);
			s++;
		}
		else if (strchr("\\^$.|?*+()[]{}/", *s) != NULL)
			appendStringInfo(&regex, "\\%c", *s);
		else
			appendStringInfoChar(&regex, *s);
	}
	appendStringInfoChar(&regex, '$');
	return regex.data;
}

static void
plan_date_format(DmMeasuring *m)
{
	char *format = dm_rule_text(m->rule, "format");
	DmScanType type;
	StringInfo probe = value_probe(m, &type);
	char *regex = strcmp(m->rule->metric->name, "strftime") == 0 ?
					  strftime_to_regex(format) :
					  dm_date_format_regex(format);

	if (regex == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is no date format", format)));
	/* what is stored as a date is one, however it is written */
	if (type.text)
		dm_probe_text(probe, "pattern", regex);
	dm_scan_probe_end(m);
}

/* --- values with parts --- */

/*
 * The value as JSON; NULL for types that have no parts.  An attribute of a composite value that is
 * NULL is not there.
 */
static char *
parts_sql(Oid relid, const char *column)
{
	Oid base = getBaseType(get_atttype(relid, dm_column_find(relid, column)));
	Oid element = get_element_type(base);
	char *name = dm_measured_column_sql(relid, column);

	if (base == JSONBOID)
		return name;
	if (base == JSONOID)
		return psprintf("%s::pg_catalog.jsonb", name);
	if (type_is_rowtype(OidIsValid(element) ? getBaseType(element) : base))
		return psprintf("pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(%s))", name);
	return OidIsValid(element) ? psprintf("pg_catalog.to_jsonb(%s)", name) : NULL;
}

bool
dm_column_has_parts(Oid relid, const char *column)
{
	return parts_sql(relid, column) != NULL;
}

static void
plan_schema(DmMeasuring *m)
{
	char *sql = parts_sql(m->relid, m->rule->column);
	JsonbValue schema;
	Jsonb *text;
	StringInfo probe;
	int value;

	if (sql == NULL || !dm_rule_argument(m->rule, "schema", &schema))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("values of column \"%s\" have no parts", m->rule->column)));
	value = dm_scan_expression(m, sql);
	probe = dm_scan_probe(m, "value");
	text = JsonbValueToJsonb(&schema);
	appendStringInfo(probe, ", \"value\": %d, \"schema\": %s", value,
					 JsonbToCString(NULL, &text->root, VARSIZE(text)));
	dm_scan_probe_end(m);
	m->finish = finish_rows;
}

/* --- expressions --- */

static void
truth_probe(DmMeasuring *m, const char *sql, bool nulls_fail)
{
	int value = dm_scan_expression(m, sql);
	StringInfo probe = dm_scan_probe(m, "true");

	appendStringInfo(probe, ", \"value\": %d", value);
	dm_probe_text(probe, "nulls", nulls_fail ? "fail" : "pass");
	dm_scan_probe_end(m);
	m->finish = finish_rows;
}

static void
plan_expression(DmMeasuring *m)
{
	Node *expression = dm_row_expression(m->relid, dm_rule_text(m->rule, "expression"),
										 "argument \"expression\"");

	truth_probe(m, dm_row_expression_sql(m->relid, expression),
				strcmp(dm_rule_word(m->rule, "nulls"), "fail") == 0);
}

/*
 * Rows where both are NULL, or where one is, may be left alone.  Otherwise a NULL does not compare
 * with anything, and the row fails.
 */
static void
plan_pair(DmMeasuring *m)
{
	char *column = pstrdup(quote_identifier(m->rule->column));
	char *other = pstrdup(quote_identifier(dm_rule_text(m->rule, "other")));
	const char *ignore = dm_rule_word(m->rule, "ignore");
	Node *expression = dm_row_expression(m->relid,
										 psprintf("%s %s %s", column,
												  dm_rule_word(m->rule, "operator"), other),
										 "the comparison");
	char *compares = dm_row_expression_sql(m->relid, expression);

	if (strcmp(ignore, "both") == 0)
		compares = psprintf("COALESCE(%s, %s IS NULL AND %s IS NULL)", compares, column, other);
	truth_probe(m, compares, strcmp(ignore, "either") != 0);
}

static const DmMeasurer row_measurers[] = {
	{ "rowCount", plan_row_count },
	{ "nullValues", plan_null },
	{ "required", plan_null },
	{ "missingValues", plan_null },
	{ "invalidValues", plan_invalid },
	{ "minimum", plan_bound },
	{ "maximum", plan_bound },
	{ "exclusiveMinimum", plan_bound },
	{ "exclusiveMaximum", plan_bound },
	{ "multipleOf", plan_bound },
	{ "minLength", plan_length },
	{ "maxLength", plan_length },
	{ "pattern", plan_pattern },
	{ "enum", plan_enum },
	{ "notEnum", plan_enum },
	{ "format", plan_format },
	{ "jsonSchema", plan_schema },
	{ "dateFormat", plan_date_format },
	{ "strftime", plan_date_format },
	{ "expression", plan_expression },
	{ "pair", plan_pair },
};

const DmMeasurer *
dm_row_measurer(const char *metric)
{
	for (int i = 0; i < lengthof(row_measurers); i++)
		if (strcmp(row_measurers[i].metric, metric) == 0)
			return &row_measurers[i];
	return NULL;
}
