/*
 * lint_value.c
 *		Semantic checks of values in a contract: examples, enums.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "base/json.h"
#include "contract/lint_part.h"
#include "contract/value.h"

/* a long value tells nothing more by its end */
#define SHOWN 60

bool
dm_lint_number(const char *text, double *value)
{
	if (!dm_number_text(text))
		return false;
	*value = strtod(text, NULL);
	return true;
}

/* how a value is named in a message */
char *
dm_lint_shown(const DmValue *value)
{
	size_t len;

	if (value->text == NULL)
		return pstrdup(value->json.type == jbvNull ? "null" : "the value");
	len = strlen(value->text);
	if (len > SHOWN)
		return psprintf("\"%s...\"",
						pnstrdup(value->text, pg_mbcliplen(value->text, len, SHOWN)));
	return psprintf("\"%s\"", value->text);
}

static void
check_value(DmLint *lint, DmValueCheck *check, const DmValue *value)
{
	DmSeverity severity;
	char *problem = dm_value_problem(check, value, &severity);

	if (problem != NULL)
		dm_lint_add(lint, severity, value->pointer, "%s %s", dm_lint_shown(value), problem);
}

static bool
in_enumeration(const DmOptions *options, const DmValue *value)
{
	ListCell *lc;

	foreach(lc, options->enumeration)
	{
		DmEnumValue *allowed = lfirst(lc);

		if (dm_json_equal(&allowed->value.json, &value->json) ||
			(allowed->value.text != NULL && value->text != NULL &&
			 strcmp(allowed->value.text, value->text) == 0))
			return true;
	}
	return options->enumeration == NIL;
}

/* values of an enum are of its type, and each is there once, whatever its label says */
static void
check_enumeration(DmLint *lint, DmProperty *property, DmValueCheck *check)
{
	DmSeen *values = dm_seen_create();
	ListCell *lc;

	foreach(lc, property->options.enumeration)
	{
		DmEnumValue *allowed = lfirst(lc);
		const char *before;

		check_value(lint, check, &allowed->value);
		if (allowed->value.text == NULL)
			continue;
		before = dm_seen(values, allowed->value.text, allowed->value.pointer);
		if (before != NULL)
			dm_lint_error(lint, allowed->value.pointer, "%s is that of %s, too",
						  dm_lint_shown(&allowed->value), before);
	}
}

void
dm_lint_values(DmLint *lint, DmProperty *property)
{
	DmValueCheck check;
	ListCell *lc;

	if (property->examples == NIL && property->options.enumeration == NIL)
		return;
	dm_value_check_begin(&check, property);
	if (property->options.enumeration != NIL)
		check_enumeration(lint, property, &check);
	foreach(lc, property->examples)
	{
		DmValue *example = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		check_value(lint, &check, example);
		if (!in_enumeration(&property->options, example) && example->json.type != jbvNull)
			dm_lint_error(lint, example->pointer, "%s is none of the values of the enum",
						  dm_lint_shown(example));
	}
}
