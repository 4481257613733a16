/*
 * check_record.c
 *		What comes of a check: history, incidents and events, series.
 *
 * All of it is written in the transaction of the check, so that a failure is never known to one of
 * them alone.
 */
#include "postgres.h"

#include <math.h>

#include "access/genam.h"
#include "access/table.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "base/json.h"
#include "base/sqlname.h"
#include "catalog/data.h"
#include "event/event.h"
#include "event/incident.h"
#include "quality/check.h"
#include "quality/history.h"
#include "series/series.h"

/* so many results back a rule is looked for that has passed */
#define RESULTS_MAX 1000

/* --- history --- */

/* It may have been dropped while it was about to be checked. */
static bool
is_there(const DmRule *rule)
{
	return OidIsValid(rule->relid) && get_rel_name(rule->relid) != NULL;
}

static char *
relation_name(const DmRule *rule)
{
	if (is_there(rule))
		return dm_relation_sql(rule->relid);
	return rule->relation != NULL ? rule->relation : pstrdup("-");
}

static char *
stored_message(const DmChecked *checked)
{
	if (!checked->private || checked->message == NULL)
		return checked->message;
	if (checked->verdict == DM_CHECK_ERROR)
		return psprintf("the message is not kept, as it may tell values of classified columns (SQLSTATE %s)",
						checked->measured.sqlstate != NULL ? checked->measured.sqlstate : "-");
	return checked->message;
}

static void
set_measured(DmRow *row, const DmChecked *checked)
{
	const DmMeasured *measured = &checked->measured;

	if (measured->error || measured->isnull || checked->private)
		return;
	if (measured->measured != NULL)
		dm_row_set(row, Anum_dm_check_result_measured, NumericGetDatum(measured->measured));
	else
		dm_row_set_text(row, Anum_dm_check_result_measured_text, measured->measured_text);
}

static void
set_counts(DmRow *row, const DmChecked *checked)
{
	if (!dm_check_has_rows(checked))
		return;
	dm_row_set(row, Anum_dm_check_result_rows_checked,
			   Int64GetDatum(checked->measured.rows_checked));
	dm_row_set(row, Anum_dm_check_result_failing, Int64GetDatum(checked->measured.failing));
}

static Datum
elapsed_of(const DmChecked *checked)
{
	Interval *result = palloc0(sizeof(Interval));

	result->time = (int64) rint(checked->measured.ms * 1000.0);
	return IntervalPGetDatum(result);
}

static void
write_result(DmWriter *writer, int64 run, int64 product_id, const DmChecked *checked)
{
	const DmRule *rule = checked->rule;
	DmRow row;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_check_result_id,
			   Int64GetDatum(dm_table_next_id(DM_CHECK_RESULT)));
	dm_row_set(&row, Anum_dm_check_result_run, Int64GetDatum(run));
	dm_row_set(&row, Anum_dm_check_result_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	if (product_id != 0)
		dm_row_set(&row, Anum_dm_check_result_product, Int64GetDatum(product_id));
	if (is_there(rule))
		dm_row_set(&row, Anum_dm_check_result_relation, ObjectIdGetDatum(rule->relid));
	dm_row_set_text(&row, Anum_dm_check_result_relation_name, relation_name(rule));
	dm_row_set_text(&row, Anum_dm_check_result_rule, rule->name);
	dm_row_set_text(&row, Anum_dm_check_result_source, rule->source);
	dm_row_set_text(&row, Anum_dm_check_result_column_name, rule->column);
	dm_row_set_text(&row, Anum_dm_check_result_metric, rule->metric->name);
	dm_row_set_text(&row, Anum_dm_check_result_dimension, rule->dimension);
	dm_row_set_text(&row, Anum_dm_check_result_severity, rule->severity);
	dm_row_set_text(&row, Anum_dm_check_result_verdict, dm_check_verdict_name(checked->verdict));
	set_measured(&row, checked);
	dm_row_set_text(&row, Anum_dm_check_result_must, dm_must_text(rule->must));
	dm_row_set_text(&row, Anum_dm_check_result_unit, rule->percent ? "percent" : "rows");
	set_counts(&row, checked);
	dm_row_set_text(&row, Anum_dm_check_result_message, stored_message(checked));
	dm_row_set(&row, Anum_dm_check_result_elapsed, elapsed_of(checked));
	dm_row_set_text(&row, Anum_dm_check_result_checked_by, GetUserNameFromId(GetUserId(), false));
	dm_data_insert(writer, &row);
}

static void
write_history(int64 product_id, List *checks)
{
	int64 run = dm_table_next_id(DM_CHECK_RESULT);
	DmWriter writer;
	ListCell *lc;

	dm_data_begin(&writer, DM_CHECK_RESULT);
	foreach(lc, checks)
		write_result(&writer, run, product_id, lfirst(lc));
	dm_data_end(&writer);
}

/* --- incidents and events --- */

static bool
is_bad(const DmChecked *checked)
{
	return checked->verdict == DM_CHECK_FAILED || checked->verdict == DM_CHECK_WARNING ||
		   checked->verdict == DM_CHECK_ERROR;
}

static void
add_finding(DmJsonBuilder *b, const char *key, const DmChecked *checked)
{
	const DmRule *rule = checked->rule;

	dm_json_begin_object(b, key);
	dm_json_add_text(b, "rule", rule->name);
	dm_json_add_text(b, "column", rule->column);
	dm_json_add_text(b, "metric", rule->metric->name);
	dm_json_add_text(b, "verdict", dm_check_verdict_name(checked->verdict));
	dm_json_add_text(b, "severity", rule->severity);
	dm_json_add_text(b, "must", dm_must_text(rule->must));
	if (!checked->private && !checked->measured.error)
		dm_json_add_text(b, "measured", checked->measured.measured_text);
	if (dm_check_has_rows(checked))
	{
		dm_json_add_int(b, "rows_checked", checked->measured.rows_checked);
		dm_json_add_int(b, "failing", checked->measured.failing);
	}
	dm_json_add_text(b, "message", stored_message(checked));
	dm_json_end_object(b);
}

/*
 * When the rule has passed last, after which it must have become wrong; 0 if that was never, or
 * long ago.  From the newest result on, so that a rule that has just begun to fail costs next to
 * nothing.
 */
static TimestampTz
last_passed(const DmRule *rule)
{
	ScanKeyData keys[2];
	Relation rel;
	Relation index;
	DmScan scan;
	HeapTuple tuple;
	TimestampTz result = 0;
	int seen = 0;

	if (!is_there(rule))
		return 0;
	rel = table_open(dm_table_oid(DM_CHECK_RESULT), AccessShareLock);
	index = index_open(get_relname_relid("check_result_relation_idx", dm_catalog_schema()),
					   AccessShareLock);
	dm_key_oid(&keys[0], Anum_dm_check_result_relation, rule->relid);
	dm_key_text(&keys[1], Anum_dm_check_result_rule, rule->name);
	scan.rel = rel;
	scan.desc = systable_beginscan_ordered(rel, index, NULL, 2, keys);
	while (result == 0 && seen++ < RESULTS_MAX &&
		   HeapTupleIsValid(tuple = systable_getnext_ordered(scan.desc, BackwardScanDirection)))
	{
		if (strcmp(dm_scan_text(&scan, tuple, Anum_dm_check_result_verdict), "passed") == 0)
			result = DatumGetTimestampTz(dm_scan_get(&scan, tuple, Anum_dm_check_result_at, NULL));
	}
	systable_endscan_ordered(scan.desc);
	index_close(index, AccessShareLock);
	table_close(rel, AccessShareLock);
	return result;
}

static void
tell_incident(int64 product_id, const DmChecked *checked)
{
	const DmRule *rule = checked->rule;
	char *cause = psprintf("rule:%s", rule->name);
	DmJsonBuilder b = { NULL };

	/* its incidents have gone with it */
	if (OidIsValid(rule->relid) && !is_there(rule))
		return;
	if (!is_bad(checked))
	{
		/* what was skipped is as bad as it was */
		if (checked->verdict == DM_CHECK_PASSED)
			dm_incident_healthy(product_id, rule->relid, cause);
		return;
	}
	add_finding(&b, NULL, checked);
	dm_incident_failed(product_id, rule->relid, cause, rule->severity,
					   psprintf(checked->verdict == DM_CHECK_ERROR ?
									"quality rule \"%s\" on %s cannot be measured" :
									"quality rule \"%s\" on %s failed",
								rule->name, relation_name(rule)),
					   dm_json_done(&b), last_passed(rule));
}

/* One event for each relation that has failed rules. */
static void
tell_event(int64 product_id, const char *subject, List *bad)
{
	DmJsonBuilder b = { NULL };
	ListCell *lc;

	if (bad == NIL)
		return;
	dm_json_begin_object(&b, NULL);
	dm_json_add_text(&b, "relation", subject);
	dm_json_begin_array(&b, "rules");
	foreach(lc, bad)
		add_finding(&b, NULL, lfirst(lc));
	dm_json_end_array(&b);
	dm_json_end_object(&b);
	dm_event_emit(product_id, "quality.failed", subject, dm_json_done(&b));
}

/* --- series --- */

/* The name of what the rule measures of all rows; NULL if it is none that goes on by itself. */
static char *
series_name(const DmRule *rule)
{
	static const struct
	{
		const char *metric;
		const char *series;
	} names[] = {
		{ "rowCount", "rows" },
		{ "nullValues", "nulls" },
		{ "required", "nulls" },
		{ "distinctCount", "distinct" },
		{ "sum", "sum" },
		{ "mean", "mean" },
		{ "stddev", "stddev" },
		{ "min", "min" },
		{ "max", "max" },
		{ "median", "median" },
	};

	if (rule->filter != NULL || rule->percent)
		return NULL;
	for (int i = 0; i < lengthof(names); i++)
		if (strcmp(rule->metric->name, names[i].metric) == 0)
			return pstrdup(names[i].series);
	if (strcmp(rule->metric->name, "quantile") == 0)
		return psprintf("quantile %g", dm_rule_number(rule, "p", 0));
	return NULL;
}

/* Two rules may measure the same: it is one value of the series. */
static void
record_series(int64 product_id, const DmChecked *checked, List **recorded)
{
	const DmRule *rule = checked->rule;
	char *series = series_name(rule);
	char *key;
	ListCell *lc;

	if (series == NULL || checked->measured.error || checked->measured.measured == NULL ||
		checked->verdict == DM_CHECK_ERROR)
		return;
	key = psprintf("%u.%s.%s", rule->relid, rule->column != NULL ? rule->column : "", series);
	foreach(lc, *recorded)
		if (strcmp(lfirst(lc), key) == 0)
			return;
	*recorded = lappend(*recorded, key);
	(void) dm_series_record(product_id, rule->relid, rule->column, series, GetCurrentTimestamp(),
							DatumGetFloat8(DirectFunctionCall1(
								numeric_float8_no_overflow,
								NumericGetDatum(checked->measured.measured))));
}

/* --- all of it --- */

static int
by_relation(const ListCell *a, const ListCell *b)
{
	Oid left = ((DmChecked *) lfirst(a))->rule->relid;
	Oid right = ((DmChecked *) lfirst(b))->rule->relid;

	return left < right ? -1 : left > right;
}

void
dm_check_record(int64 product_id, List *checks)
{
	List *sorted = list_copy(checks);
	List *recorded = NIL;
	List *bad = NIL;
	ListCell *lc;

	write_history(product_id, checks);
	list_sort(sorted, by_relation);
	foreach(lc, sorted)
	{
		DmChecked *checked = lfirst(lc);
		ListCell *next = lnext(sorted, lc);

		tell_incident(product_id, checked);
		if (is_there(checked->rule))
			record_series(product_id, checked, &recorded);
		if (is_bad(checked))
			bad = lappend(bad, checked);
		if (next != NULL && ((DmChecked *) lfirst(next))->rule->relid == checked->rule->relid)
			continue;
		tell_event(product_id, relation_name(checked->rule), bad);
		bad = NIL;
	}
}
