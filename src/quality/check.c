/*
 * check.c
 *		Checking rules: measuring them.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "base/attempt.h"
#include "base/run_as.h"
#include "catalog/column.h"
#include "catalog/relation.h"
#include "classify/label.h"
#include "compat/pg_compat.h"
#include "quality/catalogrule.h"
#include "quality/check.h"
#include "quality/contract_rule.h"
#include "quality/rule_check.h"
#include "quality/sqlrule.h"
#include "registry/portrow.h"

/* How many keys of failing rows are shown of a rule. */
#define SAMPLE_ROWS 5

static void
fail_with(DmChecked *checked, const char *message)
{
	checked->verdict = DM_CHECK_ERROR;
	checked->measured.error = true;
	checked->message = pstrdup(message);
}

/* --- what is classified --- */

static bool
column_is_classified(const DmRule *rule, const char *column)
{
	AttrNumber attnum = get_attnum(rule->relid, column);

	return attnum != InvalidAttrNumber && dm_column_tags(rule->relid, attnum) != NIL;
}

static bool
relation_is_classified(Oid relid)
{
	ListCell *lc;

	foreach(lc, dm_column_names(relid))
		if (dm_column_tags(relid, get_attnum(relid, lfirst(lc))) != NIL)
			return true;
	return false;
}

/* Whether the reader sees the column, or all of them, in the relation itself. */
static bool
reader_sees(Oid reader, const DmRule *rule, const char *column)
{
	if (pg_class_aclcheck(rule->relid, reader, ACL_SELECT) == ACLCHECK_OK)
		return true;
	return column != NULL &&
		   pg_attribute_aclcheck(rule->relid, get_attnum(rule->relid, column), reader,
								 ACL_SELECT) == ACLCHECK_OK;
}

/* The relation that the rule compares its own with; InvalidOid for none. */
static Oid
compared_relation(const DmRule *rule)
{
	return dm_metric_argument(rule->metric, "relation") == NULL ?
			   InvalidOid :
			   dm_rule_other_relation(rule, "relation");
}

/* Whether both relations of a rule are for the reader, of which one is classified. */
static void
protect_both(DmChecked *checked, Oid reader)
{
	const DmRule *rule = checked->rule;
	Oid other = compared_relation(rule);

	checked->private = relation_is_classified(rule->relid) ||
					   (OidIsValid(other) && relation_is_classified(other));
	checked->hidden = checked->private &&
					  (!reader_sees(reader, rule, NULL) ||
					   (OidIsValid(other) &&
						pg_class_aclcheck(other, reader, ACL_SELECT) != ACLCHECK_OK));
}

static bool
compares_sums(const DmRule *rule)
{
	return strcmp(rule->metric->name, "reconciliation") == 0 &&
		   strcmp(dm_rule_word(rule, "compare"), "sum") == 0;
}

/*
 * What must not go into the history, nor before every reader: a value of a classified column, or an
 * error, which may have one in its text.
 */
static void
protect(DmChecked *checked, Oid reader)
{
	const DmRule *rule = checked->rule;
	const char *column = rule->column;

	if (rule->problem != NULL || rule->metric->how == DM_BY_QUERY)
		return;
	if (checked->verdict == DM_CHECK_ERROR || compares_sums(rule))
	{
		protect_both(checked, reader);
		return;
	}
	checked->private = rule->metric->shows_value && column != NULL &&
					   column_is_classified(rule, column);
	checked->hidden = checked->private && !reader_sees(reader, rule, column);
}

/* --- measuring --- */

typedef struct AsOwner
{
	DmRule *rule;
	DmChecked *checked;
	Oid owner;
	void (*work)(struct AsOwner *);
} AsOwner;

/* User code runs here: not as ours, and with no more rights than the owner's. */
static void
run_as_owner(void *arg)
{
	AsOwner *as_owner = arg;
	DmRestriction saved;

	Assert(!dm_in_internal());
	dm_restrict_begin(&saved, as_owner->owner);
	as_owner->work(as_owner);
	dm_restrict_end(&saved);
}

static void
check_rule(AsOwner *as_owner)
{
	dm_rule_check(as_owner->rule);
}

static void
judge_rule(AsOwner *as_owner)
{
	dm_check_judge(as_owner->checked);
}

/* What its author has written runs with the owner's rights only if the author has these. */
static const char *
author_problem(const DmRule *rule, Oid owner)
{
	if (!OidIsValid(rule->author) || !dm_rule_has_code(rule))
		return NULL;
	if (has_privs_of_role(rule->author, owner))
		return NULL;
	return psprintf("the rule contains SQL of somebody who does not have the rights of \"%s\", the relation's owner; use dm_alter_rule as that role",
					GetUserNameFromId(owner, false));
}

static void
judge_as_owner(DmChecked *checked, Oid owner)
{
	AsOwner as_owner = { .checked = checked, .owner = owner, .work = judge_rule };

	run_as_owner(&as_owner);
}

/* Why the rule cannot be measured, NULL if it can be. */
static const char *
problem_of(DmRule *rule, Oid owner)
{
	AsOwner as_owner = { .rule = rule, .owner = owner, .work = check_rule };
	const char *problem = author_problem(rule, owner);
	ErrorData *error;

	if (problem != NULL || rule->metric->how == DM_BY_QUERY)
		return problem;
	error = dm_attempt(run_as_owner, &as_owner);
	return error == NULL ? NULL : error->message;
}

static void
measure_query(DmChecked *checked, Oid owner, Oid reader)
{
	DmProduct *product = checked->rule->product == 0 ? NULL :
													   dm_product_get_by_id(checked->rule->product);
	Oid role = product == NULL ? owner : product->owner;

	dm_sql_rule_measure(checked->rule, role, &checked->measured, &checked->private);
	checked->hidden = checked->private && !has_privs_of_role(reader, role);
}

/* --- rows, compared with those of the last check --- */

static DmRule *
row_count_of(DmRule *rule)
{
	DmRule *result = palloc(sizeof(DmRule));

	*result = *rule;
	result->metric = dm_metric_get("rowCount", false);
	result->percent = false;
	return result;
}

static void
measure_change(DmChecked *checked)
{
	DmMeasured *measured = &checked->measured;
	int64 last;
	Datum value;

	if (measured->error)
		return;
	last = dm_check_last_rows(checked->rule->relid, checked->rule->name);
	measured->failing = 0;
	measured->isnull = last < 0 || (checked->rule->percent && last == 0);
	if (measured->isnull)
		return;
	value = NumericGetDatum(int64_to_numeric(measured->rows_checked - last));
	if (checked->rule->percent)
		value = DirectFunctionCall2(
			numeric_div,
			DirectFunctionCall2(numeric_mul, value, NumericGetDatum(int64_to_numeric(100))),
			NumericGetDatum(int64_to_numeric(last)));
	value = DirectFunctionCall1(numeric_trim_scale, value);
	measured->measured = DatumGetNumeric(value);
	measured->measured_text = DatumGetCString(DirectFunctionCall1(numeric_out, value));
}

/* There is nothing to compare with the first time; nor is there a share of no rows. */
static void
judge_change(DmChecked *checked, Oid owner)
{
	if (!checked->measured.error && checked->measured.isnull)
	{
		checked->verdict = DM_CHECK_SKIPPED;
		checked->message = pstrdup("there are no rows of an earlier check to compare with");
	}
	else
		judge_as_owner(checked, owner);
}

/* --- rules about values, of which there may be none --- */

/* NULL breaks no such rule, so that a column without a value would pass all of them. */
static bool
is_about_values(const DmRule *rule)
{
	static const char *const about_nulls[] = { "nullValues", "missingValues", "required",
											   "primaryKey", "duplicateValues", "pair" };
	DmMetricHow how = rule->metric->how;

	if (rule->column == NULL || (how != DM_BY_ROW && how != DM_BY_GROUP && how != DM_BY_ORDER &&
								 how != DM_BY_STATEMENT))
		return false;
	for (int i = 0; i < lengthof(about_nulls); i++)
		if (strcmp(rule->metric->name, about_nulls[i]) == 0)
			return false;
	return true;
}

/* Counts the NULLs of the same rows. */
static DmRule *
nulls_of(DmRule *rule)
{
	DmRule *result = palloc0(sizeof(DmRule));

	result->name = "nulls";
	result->relid = rule->relid;
	result->column = rule->column;
	result->metric = dm_metric_get("nullValues", false);
	result->arguments = dm_no_arguments();
	result->must = rule->must;
	result->filter = rule->filter;
	result->source = rule->source;
	return result;
}

static bool
same_rows(const DmRule *a, const DmRule *b)
{
	return strcmp(a->column, b->column) == 0 &&
		   (a->filter == NULL ? b->filter == NULL :
								b->filter != NULL && strcmp(a->filter, b->filter) == 0);
}

/* The place of the rule that counts the NULLs for this one, behind the first n; -1 for none. */
static int
place_of_nulls(List *rules, int n, const DmRule *rule)
{
	for (int i = n; i < list_length(rules); i++)
		if (same_rows(list_nth(rules, i), rule))
			return i;
	return -1;
}

static List *
add_nulls(List *rules)
{
	int n = list_length(rules);

	for (int i = 0; i < n; i++)
	{
		DmRule *rule = list_nth(rules, i);

		if (is_about_values(rule) && place_of_nulls(rules, n, rule) < 0)
			rules = lappend(rules, nulls_of(rule));
	}
	return rules;
}

static void
judge_values(DmChecked *checked, List *rules, int n, const DmMeasured *measured)
{
	int place;

	if (checked->verdict != DM_CHECK_PASSED || checked->measured.rows_checked == 0 ||
		!is_about_values(checked->rule))
		return;
	place = place_of_nulls(rules, n, checked->rule);
	if (place >= 0 && !measured[place].error && measured[place].rows_checked > 0 &&
		measured[place].failing == measured[place].rows_checked)
		dm_check_judge_empty(checked, "all values are null");
}

/* --- one relation --- */

/* Those that are measured together, in one scan where that is possible. */
static void
measure_together(Oid relid, List *checks, Oid owner, Oid reader)
{
	DmMeasureOptions options = { .sample_rows = SAMPLE_ROWS, .reader = reader };
	List *rules = NIL;
	DmMeasured *measured;
	ListCell *lc;

	foreach(lc, checks)
	{
		DmRule *rule = ((DmChecked *) lfirst(lc))->rule;

		rules = lappend(rules, rule->metric->how == DM_BY_HISTORY ? row_count_of(rule) : rule);
	}
	if (rules == NIL)
		return;
	rules = add_nulls(rules);
	measured = dm_measure(relid, rules, &options);
	foreach(lc, checks)
	{
		DmChecked *checked = lfirst(lc);

		checked->measured = measured[foreach_current_index(lc)];
		if (checked->rule->metric->how == DM_BY_HISTORY)
		{
			measure_change(checked);
			judge_change(checked, owner);
			continue;
		}
		judge_as_owner(checked, owner);
		judge_values(checked, rules, list_length(checks), measured);
	}
}

/* True if it is to be measured with others; else it has its verdict. */
static bool
measure_alone(DmChecked *checked, Oid owner, Oid reader)
{
	DmRule *rule = checked->rule;
	const char *problem = rule->problem != NULL ? rule->problem : problem_of(rule, owner);

	if (problem != NULL)
		fail_with(checked, problem);
	else if (rule->metric->how == DM_BY_NOBODY)
	{
		checked->verdict = DM_CHECK_SKIPPED;
		checked->message = pstrdup("not executable");
	}
	else if (rule->metric->how == DM_BY_CATALOG)
	{
		dm_catalog_rule_measure(rule, &checked->measured, &checked->message);
		dm_check_judge(checked);
	}
	else if (rule->metric->how == DM_BY_QUERY)
	{
		measure_query(checked, owner, reader);
		judge_as_owner(checked, owner);
	}
	else
		return true;
	return false;
}

static void
check_relation(Oid relid, List *checks, Oid reader)
{
	List *together = NIL;
	ListCell *lc;
	Oid owner;

	LockRelationOid(relid, AccessShareLock);
	if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relid)))
	{
		foreach(lc, checks)
			fail_with(lfirst(lc), "the relation was dropped");
		return;
	}
	owner = dm_relation_owner(relid);
	foreach(lc, checks)
	{
		CHECK_FOR_INTERRUPTS();
		if (measure_alone(lfirst(lc), owner, reader))
			together = lappend(together, lfirst(lc));
	}
	measure_together(relid, together, owner, reader);
	foreach(lc, checks)
		protect(lfirst(lc), reader);
}

static void
fail_without_relation(DmChecked *checked)
{
	if (checked->rule->metric->how == DM_BY_NOBODY && checked->rule->problem == NULL)
	{
		checked->verdict = DM_CHECK_SKIPPED;
		checked->message = pstrdup("not executable");
	}
	else
		fail_with(checked, checked->rule->problem);
}

/* By OID, the order in which incidents and series are locked, too. */
static List *
relations_of(List *rules)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, rules)
		if (OidIsValid(((DmRule *) lfirst(lc))->relid))
			result = list_append_unique_oid(result, ((DmRule *) lfirst(lc))->relid);
	list_sort(result, list_oid_cmp);
	return result;
}

/* What is read and written as text is the same for every session, and for the worker. */
static int
neutral_settings(void)
{
	static const char *const settings[][2] = {
		{ "DateStyle", "ISO, YMD" },
		{ "IntervalStyle", "postgres" },
		{ "TimeZone", "UTC" },
		{ "extra_float_digits", "1" },
	};
	int level = NewGUCNestLevel();

	for (int i = 0; i < lengthof(settings); i++)
		(void) set_config_option(settings[i][0], settings[i][1], PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	return level;
}

List *
dm_check_rules(List *rules, Oid reader)
{
	int save_nestlevel = neutral_settings();
	List *result = NIL;
	ListCell *lc;
	ListCell *lr;

	foreach(lc, rules)
	{
		DmChecked *checked = palloc0(sizeof(DmChecked));

		checked->rule = lfirst(lc);
		if (!OidIsValid(checked->rule->relid))
			fail_without_relation(checked);
		result = lappend(result, checked);
	}
	foreach(lr, relations_of(rules))
	{
		List *checks = NIL;

		foreach(lc, result)
			if (((DmChecked *) lfirst(lc))->rule->relid == lfirst_oid(lr))
				checks = lappend(checks, lfirst(lc));
		check_relation(lfirst_oid(lr), checks, reader);
	}
	AtEOXact_GUC(false, save_nestlevel);
	return result;
}

List *
dm_check_and_record(int64 product_id, List *rules, Oid reader)
{
	List *checks;

	/* before a scan of hours, not after it */
	dm_check_writable();
	checks = dm_check_rules(rules, reader);
	dm_check_record(product_id, checks);
	return checks;
}

/* The relations that a product's ports show, and those that its contract speaks of. */
List *
dm_product_rules(DmProduct *product)
{
	List *rules = dm_contract_rules(product);
	List *relids = relations_of(rules);
	ListCell *lc;

	foreach(lc, dm_port_views(product->id))
	{
		Oid source = dm_port_source(lfirst_oid(lc));

		if (OidIsValid(source))
			relids = list_append_unique_oid(relids, source);
	}
	foreach(lc, relids)
		rules = list_concat(rules, dm_rule_list(lfirst_oid(lc)));
	return rules;
}
