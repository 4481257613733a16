/*
 * check_api.c
 *		dm_check.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "base/args.h"
#include "base/strings.h"
#include "base/words.h"
#include "compat/pg_compat.h"
#include "quality/check_api.h"
#include "quality/rule_api.h"
#include "series/series.h"

PG_FUNCTION_INFO_V1(dm_check_product_rules);
PG_FUNCTION_INFO_V1(dm_check_relation_rules);

/* columns of the result */
enum
{
	CHECK_RULE,
	CHECK_RELATION,
	CHECK_COLUMN,
	CHECK_METRIC,
	CHECK_VERDICT,
	CHECK_MEASURED,
	CHECK_MUST,
	CHECK_UNIT,
	CHECK_ROWS,
	CHECK_FAILING,
	CHECK_SAMPLE,
	CHECK_MESSAGE,
	CHECK_SOURCE,
	CHECK_SEVERITY,
	CHECK_DIMENSION,
	CHECK_ELAPSED,
	CHECK_COLUMNS
};

DmProduct *
dm_check_product(const char *name)
{
	DmProduct *product = dm_product_get(name, false);

	if (!dm_product_may_manage(product, GetUserId()) &&
		!dm_domain_is_producer(product->domain, GetUserId()))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to check product \"%s\"", product->label),
				 errdetail("Only members of the product's owner and producers of its domain may.")));
	return product;
}

static void
check_may_see(Oid relid)
{
	DmDomain *domain = dm_rule_domain(relid);

	if (dm_class_ownercheck(relid, GetUserId()) ||
		(domain != NULL && dm_domain_is_producer(domain, GetUserId())))
		return;
	aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(get_rel_relkind(relid)),
				   get_rel_name(relid));
}

/* Those of the rules that have one of the names; an error for a name that none has. */
static List *
rules_named(List *rules, List *only)
{
	List *result = NIL;
	List *names = NIL;
	ListCell *lc;

	foreach(lc, rules)
	{
		DmRule *rule = lfirst(lc);

		names = lappend(names, rule->name);
		if (dm_string_member(only, rule->name))
			result = lappend(result, rule);
	}
	foreach(lc, only)
		if (!dm_string_member(names, lfirst(lc)))
		{
			char *nearest = dm_nearest(lfirst(lc), names);

			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 errmsg("there is no quality rule \"%s\"", (char *) lfirst(lc)),
					 nearest != NULL ? errhint("Perhaps you mean %s.", nearest) : 0));
		}
	return result;
}

static List *
rules_of_dimension(List *rules, const char *dimension)
{
	List *result = NIL;
	ListCell *lc;

	if (!dm_is_dimension(dimension))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no dimension \"%s\"", dimension),
				 errhint("The dimensions are: %s.", dm_quoted_list(dm_dimensions()))));
	foreach(lc, rules)
	{
		DmRule *rule = lfirst(lc);

		if (rule->dimension != NULL && strcmp(rule->dimension, dimension) == 0)
			result = lappend(result, rule);
	}
	return result;
}

static void
set_text(Datum *values, bool *nulls, int column, const char *text)
{
	nulls[column] = text == NULL;
	if (text != NULL)
		values[column] = CStringGetTextDatum(text);
}

/* The keys of failing rows as a JSON array. */
static Datum
sample_of(const DmChecked *checked)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '[');
	foreach(lc, checked->measured.sample)
		appendStringInfo(&buf, "%s%s", foreach_current_index(lc) > 0 ? "," : "",
						 (char *) lfirst(lc));
	appendStringInfoChar(&buf, ']');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data));
}

static Datum
interval_of(double milliseconds)
{
	Interval *result = palloc0(sizeof(Interval));

	result->time = (int64) (milliseconds * 1000.0);
	return IntervalPGetDatum(result);
}

static void
set_measured(Datum *values, bool *nulls, const DmChecked *checked)
{
	const DmMeasured *measured = &checked->measured;

	if (checked->hidden)
	{
		set_text(values, nulls, CHECK_MESSAGE,
				 "hidden, for the column is classified and you may not read it");
		return;
	}
	set_text(values, nulls, CHECK_MESSAGE, checked->message);
	if (!measured->error && !measured->isnull)
		set_text(values, nulls, CHECK_MEASURED, measured->measured_text);
}

static void
put_checked(ReturnSetInfo *rsinfo, const DmChecked *checked)
{
	const DmRule *rule = checked->rule;
	Datum values[CHECK_COLUMNS];
	bool nulls[CHECK_COLUMNS];

	memset(nulls, true, sizeof(nulls));
	set_text(values, nulls, CHECK_RULE, rule->name);
	values[CHECK_RELATION] = ObjectIdGetDatum(rule->relid);
	nulls[CHECK_RELATION] = !OidIsValid(rule->relid);
	set_text(values, nulls, CHECK_COLUMN, rule->column);
	set_text(values, nulls, CHECK_METRIC, rule->metric->name);
	set_text(values, nulls, CHECK_VERDICT, dm_check_verdict_name(checked->verdict));
	set_measured(values, nulls, checked);
	set_text(values, nulls, CHECK_MUST, dm_must_text(rule->must));
	set_text(values, nulls, CHECK_UNIT, rule->percent ? "percent" : "rows");
	if (dm_check_has_rows(checked))
	{
		values[CHECK_ROWS] = Int64GetDatum(checked->measured.rows_checked);
		values[CHECK_FAILING] = Int64GetDatum(checked->measured.failing);
		nulls[CHECK_ROWS] = nulls[CHECK_FAILING] = false;
	}
	if (checked->measured.sample != NIL && checked->verdict != DM_CHECK_ERROR)
	{
		values[CHECK_SAMPLE] = sample_of(checked);
		nulls[CHECK_SAMPLE] = false;
	}
	set_text(values, nulls, CHECK_SOURCE, rule->source);
	set_text(values, nulls, CHECK_SEVERITY, rule->severity);
	set_text(values, nulls, CHECK_DIMENSION, rule->dimension);
	values[CHECK_ELAPSED] = interval_of(checked->measured.ms);
	nulls[CHECK_ELAPSED] = false;
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

static void
put_all(FunctionCallInfo fcinfo, List *checks)
{
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, checks)
		put_checked((ReturnSetInfo *) fcinfo->resultinfo, lfirst(lc));
}

/* "only" and "dimension", which both functions have. */
static List *
selected(FunctionCallInfo fcinfo, List *rules)
{
	char *dimension = dm_arg_text_or_null(fcinfo, 2, "dimension");

	if (!PG_ARGISNULL(1))
		rules = rules_named(rules, dm_arg_list(fcinfo, 1, "only"));
	if (dimension != NULL)
		rules = rules_of_dimension(rules, dimension);
	return rules;
}

Datum
dm_check_product_rules(PG_FUNCTION_ARGS)
{
	DmProduct *product = dm_check_product(dm_arg_text(fcinfo, 0, "product"));
	List *rules = selected(fcinfo, dm_product_rules(product));

	put_all(fcinfo, dm_check_and_record(product->id, rules, GetUserId()));
	return (Datum) 0;
}

Datum
dm_check_relation_rules(PG_FUNCTION_ARGS)
{
	Oid relid = dm_arg_relation(fcinfo, 0, "relation");
	List *rules;

	check_may_see(relid);
	rules = selected(fcinfo, dm_rule_list(relid));
	put_all(fcinfo, dm_check_and_record(dm_series_product(relid), rules, GetUserId()));
	return (Datum) 0;
}
