/*
 * enforce_check.c
 *		Options of properties as conditions of CHECK constraints.
 *
 * They are written in the forms that describe_fact.c reads, so that what was enforced is seen to
 * be held.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "conform/conform_part.h"
#include "conform/described.h"
#include "conform/enforce.h"
#include "contract/typemap.h"
#include "quality/columncondition.h"

/* A column and one option of its property. */
typedef struct Option
{
	const char *kind;
	DmConditionColumn column;
	DmOptions *options;
} Option;

/*
 * What both languages read alike is for the server's own engine; all else is for a function of
 * ours, which reads ECMA-262.
 */
static char *
pattern_check(Option *option, const char **problem)
{
	const char *pattern = option->options->pattern;
	char *result = dm_condition_pattern(&option->column, pattern, problem);

	if (result != NULL && dm_pattern_is_common(pattern))
		return psprintf("%s ~ %s", option->column.name, quote_literal_cstr(pattern));
	return result;
}

static char *
enum_check(Option *option, const char **problem)
{
	List *texts = NIL;
	ListCell *lc;
	char *result;

	/* a CHECK lets NULL through anyway */
	foreach(lc, option->options->enumeration)
		if (((DmEnumValue *) lfirst(lc))->value.text != NULL)
			texts = lappend(texts, ((DmEnumValue *) lfirst(lc))->value.text);
	if (texts == NIL)
	{
		*problem = "no value is listed";
		return NULL;
	}
	result = dm_condition_in(&option->column, texts, problem);
	return *problem == NULL ? result : NULL;
}

static char *
option_check(Option *option, const char **problem)
{
	DmOptions *options = option->options;
	const char *kind = option->kind;

	if (strcmp(kind, "minimum") == 0)
		return dm_condition_bound(&option->column, ">=", options->minimum, problem);
	if (strcmp(kind, "maximum") == 0)
		return dm_condition_bound(&option->column, "<=", options->maximum, problem);
	if (strcmp(kind, "exclusiveMinimum") == 0)
		return dm_condition_bound(&option->column, ">", options->exclusive_minimum, problem);
	if (strcmp(kind, "exclusiveMaximum") == 0)
		return dm_condition_bound(&option->column, "<", options->exclusive_maximum, problem);
	if (strcmp(kind, "minLength") == 0)
		return dm_condition_length(&option->column, ">=", options->min_length, problem);
	if (strcmp(kind, "maxLength") == 0)
		return dm_condition_length(&option->column, "<=", options->max_length, problem);
	if (strcmp(kind, "multipleOf") == 0)
		return dm_condition_multiple(&option->column, options->multiple_of, problem);
	if (strcmp(kind, "pattern") == 0)
		return pattern_check(option, problem);
	if (strcmp(kind, "enum") == 0)
		return enum_check(option, problem);
	*problem = psprintf("there is no constraint for %s", kind);
	return NULL;
}

char *
dm_enforcement_check(DmPromise *promise, const char **problem)
{
	Option option = { .kind = promise->kind, .options = &promise->property->options };
	const char *column = dm_property_column(promise->property);
	DmColumnType type;

	*problem = NULL;
	if (!dm_column_type(promise->relid, column, &type))
	{
		*problem = psprintf("there is no column \"%s\"", column);
		return NULL;
	}
	option.column.name = quote_identifier(column);
	option.column.base = getBaseType(type.typid);
	return option_check(&option, problem);
}
