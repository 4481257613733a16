/*
 * verdict.c
 *		Whether what was measured is as the rule says it must be.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"

#include "base/attempt.h"
#include "quality/check.h"

static const char *const verdict_names[] = {
	[DM_CHECK_PASSED] = "passed",
	[DM_CHECK_WARNING] = "warning",
	[DM_CHECK_FAILED] = "failed",
	[DM_CHECK_ERROR] = "error",
	[DM_CHECK_SKIPPED] = "skipped",
};

int dm_check_empty = DM_EMPTY_SKIPPED;

const char *
dm_check_verdict_name(DmCheckVerdict verdict)
{
	return verdict_names[verdict];
}

bool
dm_check_has_rows(const DmChecked *checked)
{
	DmMetricHow how = checked->rule->metric->how;

	return checked->verdict != DM_CHECK_ERROR && how != DM_BY_CATALOG && how != DM_BY_QUERY &&
		   how != DM_BY_NOBODY;
}

static DmCheckVerdict
missed(const DmRule *rule)
{
	return strcmp(rule->severity, DM_SEVERITY_WARNING) == 0 ? DM_CHECK_WARNING : DM_CHECK_FAILED;
}

/* Does the rule say nothing, where there are no rows? */
static bool
is_about_rows(const DmMetric *metric)
{
	return metric->how == DM_BY_ROW || metric->how == DM_BY_GROUP || metric->how == DM_BY_ORDER ||
		   metric->how == DM_BY_STATEMENT || strcmp(metric->name, "distinctSet") == 0;
}

static bool
holds_for_type(const DmRule *rule, Oid type, const char *text)
{
	Oid input;
	Oid ioparam;
	Datum value;

	getTypeInputInfo(type, &input, &ioparam);
	value = OidInputFunctionCall(input, unconstify(char *, text), ioparam, -1);
	return dm_must_holds_value(rule->must, type, get_typcollation(type), value);
}

/* Texts are compared as they are, times and the like in their own order. */
static bool
holds(const DmRule *rule, const DmMeasured *measured)
{
	Oid type = measured->measured_type;
	bool truth;

	if (measured->measured != NULL)
		return dm_must_holds(rule->must, measured->measured, rule->tolerance);
	if (type == BOOLOID && parse_bool(measured->measured_text, &truth))
		return dm_must_holds_truth(rule->must, truth);
	if (!OidIsValid(type) || type == TEXTOID || type == VARCHAROID || type == BPCHAROID ||
		type == UNKNOWNOID)
		return dm_must_holds_text(rule->must, measured->measured_text);
	return holds_for_type(rule, type, measured->measured_text);
}

static void
judge_value(void *arg)
{
	DmChecked *checked = arg;
	DmMeasured *measured = &checked->measured;

	checked->verdict = holds(checked->rule, measured) ? DM_CHECK_PASSED : missed(checked->rule);
}

void
dm_check_judge_empty(DmChecked *checked, const char *why)
{
	if (dm_check_empty == DM_EMPTY_SKIPPED)
		checked->verdict = DM_CHECK_SKIPPED;
	else if (dm_check_empty == DM_EMPTY_FAILED)
		checked->verdict = missed(checked->rule);
	checked->message = pstrdup(why);
}

void
dm_check_judge(DmChecked *checked)
{
	DmMeasured *measured = &checked->measured;
	ErrorData *error;

	if (measured->error)
	{
		checked->verdict = DM_CHECK_ERROR;
		checked->message = psprintf("%s (SQLSTATE %s)", measured->message, measured->sqlstate);
	}
	else if (measured->isnull && checked->rule->metric->how == DM_BY_CATALOG)
		checked->verdict = DM_CHECK_SKIPPED;
	else if (measured->isnull)
	{
		checked->verdict = missed(checked->rule);
		checked->message = pstrdup(checked->rule->metric->how == DM_BY_QUERY ?
									   "the query has no result" :
									   "there is no value that could be measured");
	}
	else if ((error = dm_attempt(judge_value, checked)) != NULL)
	{
		checked->verdict = DM_CHECK_ERROR;
		checked->message = psprintf("%s (SQLSTATE %s)", error->message,
									unpack_sql_state(error->sqlerrcode));
	}
	else if (checked->verdict == DM_CHECK_PASSED && measured->rows_checked == 0 &&
			 is_about_rows(checked->rule->metric))
		dm_check_judge_empty(checked, "no row was checked");
	else if (measured->detail != NULL)
		checked->message = measured->detail;
}
