/*
 * rule_list.c
 *		dm_rules: all rules of a product, also those that its contract says.
 *
 * Rules of contracts are made from the document each time.  A view over all products would read all
 * their documents for whoever looks at one rule, and so this is a function of one product.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "base/args.h"
#include "quality/check_api.h"

PG_FUNCTION_INFO_V1(dm_rules);

enum
{
	RULE_NAME,
	RULE_RELATION,
	RULE_CALLED,
	RULE_COLUMN,
	RULE_METRIC,
	RULE_ARGUMENTS,
	RULE_MUST,
	RULE_UNIT,
	RULE_SEVERITY,
	RULE_MODE,
	RULE_DIMENSION,
	RULE_WHERE,
	RULE_TOLERANCE,
	RULE_SCHEDULE,
	RULE_DESCRIPTION,
	RULE_SOURCE,
	RULE_PROBLEM,
	RULE_COLUMNS
};

static void
set_text(Datum *values, bool *nulls, int column, const char *text)
{
	nulls[column] = text == NULL;
	if (text != NULL)
		values[column] = CStringGetTextDatum(text);
}

static void
put_rule(ReturnSetInfo *rsinfo, const DmRule *rule)
{
	Datum values[RULE_COLUMNS];
	bool nulls[RULE_COLUMNS];

	memset(nulls, false, sizeof(nulls));
	set_text(values, nulls, RULE_NAME, rule->name);
	values[RULE_RELATION] = ObjectIdGetDatum(rule->relid);
	nulls[RULE_RELATION] = !OidIsValid(rule->relid);
	set_text(values, nulls, RULE_CALLED, rule->relation);
	set_text(values, nulls, RULE_COLUMN, rule->column);
	set_text(values, nulls, RULE_METRIC, rule->metric->name);
	values[RULE_ARGUMENTS] = JsonbPGetDatum(rule->arguments);
	set_text(values, nulls, RULE_MUST, dm_must_text(rule->must));
	set_text(values, nulls, RULE_UNIT, rule->percent ? "percent" : "rows");
	set_text(values, nulls, RULE_SEVERITY, rule->severity);
	set_text(values, nulls, RULE_MODE, rule->mode);
	set_text(values, nulls, RULE_DIMENSION, rule->dimension);
	set_text(values, nulls, RULE_WHERE, rule->filter);
	values[RULE_TOLERANCE] = Float8GetDatum(rule->tolerance);
	set_text(values, nulls, RULE_SCHEDULE, rule->schedule);
	set_text(values, nulls, RULE_DESCRIPTION, rule->description);
	set_text(values, nulls, RULE_SOURCE, rule->source);
	set_text(values, nulls, RULE_PROBLEM, rule->problem);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

Datum
dm_rules(PG_FUNCTION_ARGS)
{
	DmProduct *product = dm_check_product(dm_arg_text(fcinfo, 0, "product"));
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, dm_product_rules(product))
	{
		CHECK_FOR_INTERRUPTS();
		put_rule((ReturnSetInfo *) fcinfo->resultinfo, lfirst(lc));
	}
	return (Datum) 0;
}
