/*
 * statistics.c
 *		A profile without a scan: from what the server knows.
 *
 * Rows are those that the counters of commits say are alive, which are as fresh as the last commit;
 * shares and values are those of the last ANALYZE.  Statistics know nothing of who asks. So where
 * rows are hidden from somebody there are none, as in pg_stats, and of a column that a tag guards
 * only who is of the domain sees values.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_statistic.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"
#include "utils/syscache.h"

#include "base/json.h"
#include "classify/label.h"
#include "classify/lower.h"
#include "profile/profileout.h"
#include "profile/statistics.h"
#include "registry/domain.h"
#include "sketch/sketch_json.h"

typedef struct Known
{
	double rows; /* less than 0 if nobody knows */
	double changed;
	bool inherited;
	bool inside;
} Known;

static int64
counter(Oid function, Oid relid)
{
	return DatumGetInt64(OidFunctionCall1(function, ObjectIdGetDatum(relid)));
}

/* After a crash the counters begin anew: then what ANALYZE counted is nearer. */
static void
find_rows(Oid relid, Known *known)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	int64 alive = counter(F_PG_STAT_GET_LIVE_TUPLES, relid);
	Form_pg_class form;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relid);
	form = (Form_pg_class) GETSTRUCT(tuple);
	known->inherited = form->relkind == RELKIND_PARTITIONED_TABLE;
	known->changed = counter(F_PG_STAT_GET_MOD_SINCE_ANALYZE, relid);
	known->rows = form->reltuples;
	if (alive > 0 && !known->inherited)
		known->rows = alive;
	ReleaseSysCache(tuple);
}

static bool
is_guarded(Oid relid, AttrNumber attnum)
{
	ListCell *lc;

	foreach(lc, dm_column_tags(relid, attnum))
		if (dm_tag_guard(lfirst(lc)) != NULL)
			return true;
	return false;
}

static char *
value_text(Oid typid, Datum value)
{
	Oid output;
	bool varlena;
	char *text;

	getTypeOutputInfo(typid, &output, &varlena);
	text = OidOutputFunctionCall(output, value);
	if (strlen(text) > DM_SKETCH_BOUND)
		text[pg_mbcliplen(text, strlen(text), DM_SKETCH_BOUND)] = '\0';
	return text;
}

static Jsonb *
common_values(HeapTuple tuple, double rows)
{
	DmJsonBuilder b = { NULL };
	AttStatsSlot slot;

	if (!get_attstatsslot(&slot, tuple, STATISTIC_KIND_MCV, InvalidOid,
						  ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS))
		return NULL;
	dm_json_begin_array(&b, NULL);
	for (int i = 0; i < Min(slot.nvalues, slot.nnumbers) && i < DM_SKETCH_TOP; i++)
	{
		dm_json_begin_object(&b, NULL);
		dm_json_add_text(&b, "value", value_text(slot.valuetype, slot.values[i]));
		if (rows >= 0)
			dm_json_add_int(&b, "count", (int64) rint(slot.numbers[i] * rows));
		dm_json_add_number(&b, "share", float8out_internal(rint(slot.numbers[i] * 1e6) / 1e6));
		dm_json_end_object(&b);
	}
	dm_json_end_array(&b);
	free_attstatsslot(&slot);
	return dm_json_done(&b);
}

/* Bounds of parts with the same number of rows each, those of the common values left out. */
static Jsonb *
bounds(HeapTuple tuple)
{
	DmJsonBuilder b = { NULL };
	AttStatsSlot slot;

	if (!get_attstatsslot(&slot, tuple, STATISTIC_KIND_HISTOGRAM, InvalidOid, ATTSTATSSLOT_VALUES))
		return NULL;
	dm_json_begin_array(&b, NULL);
	for (int i = 0; i < slot.nvalues; i += Max(1, (slot.nvalues - 1) / DM_SKETCH_BINS))
		dm_json_add_text(&b, NULL, value_text(slot.valuetype, slot.values[i]));
	dm_json_end_array(&b);
	free_attstatsslot(&slot);
	return dm_json_done(&b);
}

static double
correlation(HeapTuple tuple)
{
	AttStatsSlot slot;
	double result = NAN;

	if (!get_attstatsslot(&slot, tuple, STATISTIC_KIND_CORRELATION, InvalidOid,
						  ATTSTATSSLOT_NUMBERS))
		return NAN;
	if (slot.nnumbers == 1)
		result = slot.numbers[0];
	free_attstatsslot(&slot);
	return result;
}

static void
put_numbers(DmProfileOut *out, HeapTuple tuple, const DmProfiledColumn *column, double rows)
{
	Form_pg_statistic stats = (Form_pg_statistic) GETSTRUCT(tuple);
	DmJsonBuilder b = { NULL };
	double distinct = stats->stadistinct;

	if (rows >= 0)
		dm_out_int(out, DM_OUT_NULLS, (int64) rint(stats->stanullfrac * rows));
	if (distinct < 0)
		distinct = rows >= 0 ? -distinct * rows : 0;
	if (distinct > 0)
		dm_out_int(out, DM_OUT_DISTINCT, (int64) rint(distinct));
	if (column->unique)
		dm_out_text(out, DM_OUT_KEY, "declared");
	else if (stats->stadistinct == -1 && stats->stanullfrac == 0)
		dm_out_text(out, DM_OUT_KEY, "likely");
	dm_out_double(out, DM_OUT_CORRELATION, correlation(tuple));
	if (get_typlen(getBaseType(column->typid)) != -1)
		return;
	dm_json_begin_object(&b, NULL);
	dm_json_add_int(&b, "bytes", stats->stawidth);
	dm_json_end_object(&b);
	dm_out_json(out, DM_OUT_LENGTHS, dm_json_done(&b));
}

/* How old it is tells how wrong it may be. */
static void
put_errors(DmProfileOut *out, const Known *known, bool analyzed)
{
	DmJsonBuilder b = { NULL };

	dm_json_begin_object(&b, NULL);
	dm_json_add_bool(&b, "analyzed", analyzed);
	dm_json_add_int(&b, "changed_since", (int64) known->changed);
	dm_json_end_object(&b);
	dm_out_json(out, DM_OUT_ERRORS, dm_json_done(&b));
}

static void
put_column(FunctionCallInfo fcinfo, Oid relid, const DmProfiledColumn *column, const Known *known)
{
	HeapTuple tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(relid),
									  Int16GetDatum(column->attnum),
									  BoolGetDatum(known->inherited));
	DmProfileOut out;

	dm_out_init(&out, column);
	if (known->rows >= 0)
		dm_out_int(&out, DM_OUT_ROWS, (int64) rint(known->rows));
	if (HeapTupleIsValid(tuple))
	{
		put_numbers(&out, tuple, column, known->rows);
		if (known->inside || !is_guarded(relid, column->attnum))
		{
			dm_out_json(&out, DM_OUT_TOP, common_values(tuple, known->rows));
			dm_out_json(&out, DM_OUT_HISTOGRAM, bounds(tuple));
		}
	}
	put_errors(&out, known, HeapTupleIsValid(tuple));
	dm_out_put(fcinfo, &out);
	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
}

void
dm_profile_statistics(FunctionCallInfo fcinfo, DmProfile *profile)
{
	bool hidden = check_enable_rls(profile->relid, InvalidOid, true) == RLS_ENABLED ||
				  get_rel_relkind(profile->relid) == RELKIND_VIEW;
	Known known = { -1 };

	if (!hidden)
		find_rows(profile->relid, &known);
	known.inside = dm_is_insider(profile->relid, GetUserId());
	for (int i = 0; i < profile->ncolumns; i++)
	{
		DmProfileOut out;

		if (!hidden)
		{
			put_column(fcinfo, profile->relid, &profile->columns[i], &known);
			continue;
		}
		dm_out_init(&out, &profile->columns[i]);
		dm_out_put(fcinfo, &out);
	}
}
