/*
 * rule_check.c
 *		Whether a rule can be measured: metric, column and arguments fit each other.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"

#include "base/attempt.h"
#include "base/finding.h"
#include "base/json.h"
#include "base/pattern.h"
#include "base/run_as.h"
#include "base/strings.h"
#include "base/typename.h"
#include "base/words.h"
#include "catalog/column.h"
#include "catalog/relation.h"
#include "jsonschema/schema.h"
#include "quality/rowexpr.h"
#include "quality/rule_check.h"
#include "quality/sketchrule.h"
#include "quality/sqlrule.h"

typedef struct Checking
{
	DmRule *rule;
	const DmArgument *argument;
	JsonbValue value;
} Checking;

static void pg_attribute_printf(2, 3)
	refuse_argument(Checking *c, const char *fmt, ...)
{
	char *buf;
	va_list args;

	va_start(args, fmt);
	buf = dm_vpsprintf(fmt, args);
	va_end(args);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("argument \"%s\" of metric \"%s\" %s", c->argument->name, c->rule->metric->name,
					buf)));
}

static void
check_type(Checking *c, enum jbvType type, const char *name)
{
	if (c->value.type != type)
		refuse_argument(c, "must be %s, not %s", name, dm_json_type_name(&c->value));
}

static double
number_of(Checking *c)
{
	check_type(c, jbvNumeric, "a number");
	return DatumGetFloat8(
		DirectFunctionCall1(numeric_float8_no_overflow, NumericGetDatum(c->value.val.numeric)));
}

static char *
text_of(Checking *c)
{
	check_type(c, jbvString, "a text");
	return dm_json_scalar_text(&c->value);
}

typedef struct Reading
{
	const char *text;
	Oid type;
} Reading;

static void
read_text(void *arg)
{
	Reading *reading = arg;
	Oid input;
	Oid ioparam;

	getTypeInputInfo(reading->type, &input, &ioparam);
	(void) OidInputFunctionCall(input, unconstify(char *, reading->text), ioparam, -1);
}

/* A text is one as the column's type reads it. */
static void
check_bound(Checking *c)
{
	Oid type = getBaseType(get_atttype(c->rule->relid, get_attnum(c->rule->relid,
																  c->rule->column)));
	Reading reading = { dm_json_scalar_text(&c->value), type };
	ErrorData *error;

	if (c->value.type != jbvString)
		(void) number_of(c);
	error = dm_attempt(read_text, &reading);
	if (error != NULL && c->value.type == jbvString)
		refuse_argument(c, "is no value of the column's type: %s", error->message);
}

/* The texts of a list, or of one scalar. */
static List *
list_of(Checking *c, bool values)
{
	List *texts;
	ListCell *lc;

	if (dm_json_as_object(&c->value) != NULL)
		refuse_argument(c, "must be a list");
	texts = dm_rule_texts(c->rule, c->argument->name);
	/* an empty set of values is one */
	if (texts == NIL && !values)
		refuse_argument(c, "must not be empty");
	foreach(lc, texts)
		if (lfirst(lc) == NULL && !values)
			refuse_argument(c, "must be a list of scalars");
	return texts;
}

static void
check_columns(Checking *c)
{
	List *seen = NIL;
	ListCell *lc;

	foreach(lc, list_of(c, false))
	{
		int attnum = dm_column_find(c->rule->relid, lfirst(lc));

		if (list_member_int(seen, attnum))
			refuse_argument(c, "has column \"%s\" twice", (char *) lfirst(lc));
		seen = lappend_int(seen, attnum);
	}
}

static void
check_relation(Checking *c)
{
	Oid relid;

	(void) text_of(c);
	relid = dm_rule_other_relation(c->rule, c->argument->name);
	if (!OidIsValid(relid))
		refuse_argument(c, "names relation \"%s\", which does not exist",
						dm_json_scalar_text(&c->value));
	switch (get_rel_relkind(relid))
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
		case RELKIND_VIEW:
		case RELKIND_MATVIEW:
		case RELKIND_FOREIGN_TABLE:
			break;
		default:
			refuse_argument(c, "names \"%s\", which is no table or view",
							dm_json_scalar_text(&c->value));
	}
}

static void
check_pattern(Checking *c)
{
	char *error;

	if (dm_pattern_compile(text_of(c), &error) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_REGULAR_EXPRESSION),
				 errmsg("argument \"%s\" of metric \"%s\" is no regular expression",
						c->argument->name, c->rule->metric->name),
				 errdetail("%s", error),
				 errhint("The patterns are those of ECMA-262, as in contracts.")));
}

static void
check_word(Checking *c)
{
	if (!dm_argument_has_word(c->argument, text_of(c)))
		refuse_argument(c, "must be one of: %s", c->argument->words);
}

static char *
called(Checking *c)
{
	return psprintf("argument \"%s\" of metric \"%s\"", c->argument->name, c->rule->metric->name);
}

/* A fraction is one of [0, 1]; a count has no fraction, and fits into an integer. */
static void
check_number(Checking *c)
{
	double number = number_of(c);

	if (c->argument->type == DM_ARG_COUNT &&
		(number < 0 || number > PG_INT32_MAX || number != floor(number)))
		refuse_argument(c, "must be an integer that is not negative");
	if (c->argument->type == DM_ARG_FRACTION && !(number >= 0 && number <= 1))
		refuse_argument(c, "must lie between 0 and 1");
}

/*
 * An expression as the server understood it, so that no function that somebody creates later can
 * take the place of one that is meant.
 */
static char *
canonical(const DmRule *rule, const char *text, const char *what)
{
	return dm_row_expression_sql(rule->relid, dm_row_expression(rule->relid, text, what));
}

static Jsonb *
with_text(Jsonb *object, const char *name, const char *text)
{
	DmJsonBuilder b = { NULL };
	DmJsonEach each;

	dm_json_begin_object(&b, NULL);
	dm_json_each(&each, &object->root);
	while (dm_json_next(&each))
		if (strcmp(each.key, name) != 0)
			dm_json_add_value(&b, each.key, &each.value);
	dm_json_add_text(&b, name, text);
	dm_json_end_object(&b);
	return dm_json_done(&b);
}

static void
check_names(Checking *c)
{
	(void) list_of(c, false);
}

static void
check_reference(Checking *c)
{
	if (dm_json_as_object(&c->value) == NULL)
		refuse_argument(c, "must be an object");
}

static void
check_schema(Checking *c)
{
	List *findings = NIL;

	if (dm_json_as_object(&c->value) == NULL)
		refuse_argument(c, "must be an object");
	if (!dm_column_has_parts(c->rule->relid, c->rule->column))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("metric \"%s\" is for JSON, composite types and arrays, and column \"%s\" has another type",
						c->rule->metric->name, c->rule->column)));
	if (dm_json_schema_compile(JsonbValueToJsonb(&c->value), NULL, &findings, NULL, NULL) == NULL)
		refuse_argument(c, "is no JSON Schema: %s",
						findings == NIL ? "" : ((DmFinding *) linitial(findings))->message);
}

static void
check_argument(Checking *c)
{
	Oid relid = c->rule->relid;

	switch (c->argument->type)
	{
		case DM_ARG_NUMBER:
		case DM_ARG_COUNT:
		case DM_ARG_FRACTION:
			return check_number(c);
		case DM_ARG_BOUND:
			return check_bound(c);
		case DM_ARG_TRUTH:
			return check_type(c, jbvBool, "true or false");
		case DM_ARG_WORD:
			return check_word(c);
		case DM_ARG_VALUES:
			(void) list_of(c, true);
			return;
		case DM_ARG_NUMBERS:
		case DM_ARG_NAMES:
			return check_names(c);
		case DM_ARG_COLUMN:
			(void) dm_column_find(relid, text_of(c));
			return;
		case DM_ARG_COLUMNS:
			return check_columns(c);
		case DM_ARG_RELATION:
			return check_relation(c);
		case DM_ARG_PATTERN:
			return check_pattern(c);
		case DM_ARG_EXPRESSION:
			c->rule->arguments = with_text(c->rule->arguments, c->argument->name,
										   canonical(c->rule, text_of(c), called(c)));
			return;
		case DM_ARG_PAIR:
			(void) dm_pair_expression(relid, text_of(c), called(c));
			return;
		case DM_ARG_TEXT:
		case DM_ARG_TYPE: /* what no type is, fits none: contracts speak of foreign ones, too */
			(void) text_of(c);
			return;
		case DM_ARG_QUERY:
			dm_sql_rule_check(c->rule, text_of(c));
			return;
		case DM_ARG_SCHEMA:
			return check_schema(c);
		case DM_ARG_REFERENCE:
			return check_reference(c);
	}
}

static void
check_arguments(DmRule *rule)
{
	const DmMetric *metric = rule->metric;
	const DmArgument *argument;
	DmJsonEach each;

	dm_json_each(&each, &rule->arguments->root);
	while (dm_json_next(&each))
		if (dm_metric_argument(metric, each.key) == NULL)
		{
			List *names = NIL;

			for (int i = 0; (argument = dm_metric_argument_at(metric, i)) != NULL; i++)
				names = lappend(names, unconstify(char *, argument->name));
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("metric \"%s\" has no argument \"%s\"", metric->name, each.key),
					 strcmp(each.key, "method") != 0 ? 0 :
													   errdetail("It is measured exactly. Sketches tell how many different values there are, quantiles and the most common value, but not which keys occur more than once."),
					 names == NIL ? errhint("It has none.") :
									errhint("It has: %s.", dm_quoted_list(names))));
		}
	for (int i = 0; (argument = dm_metric_argument_at(metric, i)) != NULL; i++)
	{
		Checking c = { .rule = rule, .argument = argument };

		if (dm_rule_argument(rule, c.argument->name, &c.value))
			check_argument(&c);
		else if (c.argument->required)
			refuse_argument(&c, "is missing");
	}
}

/* That the metric has what it is about.  A column that need not be there is looked for later. */
static void
check_column(DmRule *rule)
{
	const DmMetric *metric = rule->metric;
	bool properties = dm_rule_texts(rule, "properties") != NIL;

	if (metric->level == DM_OF_RELATION && rule->column != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("metric \"%s\" is about a relation, not about one column", metric->name)));
	if (metric->level == DM_OF_COLUMN && rule->column == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("metric \"%s\" needs a column", metric->name)));
	if (metric->how != DM_BY_CATALOG && rule->column != NULL)
		(void) dm_column_find(rule->relid, rule->column);
	if (dm_metric_argument(metric, "properties") == NULL || metric->level != DM_OF_EITHER)
		return;
	if (properties == (rule->column != NULL))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 properties ?
					 errmsg("metric \"%s\" has both a column and argument \"properties\"",
							metric->name) :
					 errmsg("metric \"%s\" needs a column, or argument \"properties\"",
							metric->name)));
}

/* A date that is no text has no form. */
static void
check_is_text(DmRule *rule)
{
	Oid type = get_atttype(rule->relid, get_attnum(rule->relid, rule->column));

	if (TypeCategory(getBaseType(type)) != TYPCATEGORY_STRING)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("metric \"%s\" is for texts, and column \"%s\" has another type",
						rule->metric->name, rule->column)));
}

/* What the table of metrics cannot say. */
static void
check_whole(DmRule *rule)
{
	const char *name = rule->metric->name;
	JsonbValue value;

	if (strcmp(name, "invalidValues") == 0 && !dm_rule_argument(rule, "validValues", &value) &&
		!dm_rule_argument(rule, "pattern", &value))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("metric \"invalidValues\" needs argument \"validValues\" or \"pattern\"")));
	if (strcmp(name, "dateFormat") == 0 || strcmp(name, "strftime") == 0)
		check_is_text(rule);
	if (strcmp(name, "multipleOf") == 0 && dm_rule_number(rule, "value", 0) <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"value\" of metric \"multipleOf\" must be greater than 0")));
	if (dm_rule_sketches(rule))
		dm_sketch_rule_check(rule);
	if (rule->percent && !rule->metric->percent)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("metric \"%s\" has no unit \"percent\"", name),
				 errdetail("It does not count some of the rows.")));
	if ((rule->metric->how == DM_BY_ROW || rule->metric->how == DM_BY_GROUP ||
		 rule->metric->how == DM_BY_CATALOG) &&
		!dm_must_is_numeric(rule->must))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("metric \"%s\" is a number, and \"must\" is %s", name,
						dm_must_text(rule->must))));
	if (!isfinite(rule->tolerance) || rule->tolerance < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"tolerance\" must be a number that is not negative")));
}

static void
check_all(DmRule *rule)
{
	check_column(rule);
	check_arguments(rule);
	check_whole(rule);
	if (rule->filter != NULL)
		rule->filter = canonical(rule, rule->filter, "argument \"where\"");
}

/*
 * Values are read by input functions of types that the relation's owner may have made, whoever
 * adds, alters or follows the rule.  An error ends the change of the user with its transaction.
 */
void
dm_rule_check(DmRule *rule)
{
	DmRestriction saved;

	Assert(!dm_in_internal());
	dm_restrict_begin(&saved, dm_relation_owner(rule->relid));
	check_all(rule);
	dm_restrict_end(&saved);
}

bool
dm_rule_has_code(const DmRule *rule)
{
	const DmArgument *argument;
	JsonbValue value;

	if (rule->filter != NULL)
		return true;
	for (int i = 0; (argument = dm_metric_argument_at(rule->metric, i)) != NULL; i++)
		if ((argument->type == DM_ARG_EXPRESSION || argument->type == DM_ARG_PAIR ||
			 argument->type == DM_ARG_QUERY || argument->type == DM_ARG_RELATION) &&
			dm_rule_argument(rule, argument->name, &value))
			return true;
	return false;
}
