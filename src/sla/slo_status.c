/*
 * slo_status.c
 *		How service levels stand: the view, and reports over a time.
 *
 * The view evaluates as it is read, from the counters, so that it shows a breach in the moment of
 * its deadline; it writes nothing.
 */
#include "postgres.h"

#include <math.h>

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "base/args.h"
#include "base/sqlname.h"
#include "catalog/table.h"
#include "compat/pg_compat.h"
#include "event/viewer.h"
#include "registry/schemalabel.h"
#include "sla/slo_budget.h"
#include "sla/slo_evaluate.h"
#include "sla/slo_outlook.h"

PG_FUNCTION_INFO_V1(dm_slo_states);
PG_FUNCTION_INFO_V1(dm_slo_report);

#define STATE_ATTS 20

typedef struct Values
{
	Datum values[STATE_ATTS];
	bool nulls[STATE_ATTS];
	int n;
} Values;

static void
put(Values *row, Datum value, bool isnull)
{
	Assert(row->n < STATE_ATTS);
	row->values[row->n] = value;
	row->nulls[row->n] = isnull;
	row->n++;
}

static void
put_text(Values *row, const char *text)
{
	put(row, text == NULL ? (Datum) 0 : CStringGetTextDatum(text), text == NULL);
}

static void
put_time(Values *row, TimestampTz at)
{
	put(row, TimestampTzGetDatum(at), at == 0);
}

/* As percent with four digits behind the point, so that what is printed is the same everywhere. */
static void
put_share(Values *row, double share)
{
	Datum percent;

	if (isnan(share))
	{
		put(row, (Datum) 0, true);
		return;
	}
	percent = DirectFunctionCall1(float8_numeric, Float8GetDatum(share * 100));
	put(row, DirectFunctionCall2(numeric_round, percent, Int32GetDatum(4)), false);
}

static void
put_length(Values *row, double microseconds)
{
	Interval *length = palloc0(sizeof(Interval));

	length->time = (int64) microseconds;
	put(row, IntervalPGetDatum(length), false);
}

/* Who sees how a product's levels stand: its people, its consumers, auditors. */
static bool
may_see(DmProduct *product)
{
	return dm_event_viewer(product, GetUserId()) != DM_VIEWER_NONE ||
		   pg_class_aclcheck(dm_table_oid(DM_SLO_INTERVAL), GetUserId(), ACL_SELECT) ==
			   ACLCHECK_OK;
}

/* What was measured, in a unit that everybody reads. */
static char *
measured_text(const DmSloTrack *track)
{
	if (!track->has_measured)
		return NULL;
	if (track->slo->kind == DM_SLO_DEADLINE || track->slo->kind == DM_SLO_ELEMENT)
		return psprintf("%.0f s", track->measured);
	if (strcmp(track->slo->property, "throughput") == 0)
		return psprintf("%.0f rows/s", track->measured);
	if (strcmp(track->slo->property, "errorRate") == 0)
		return psprintf("%.4f %%", (1 - track->measured) * 100);
	return psprintf("%.4f %%", track->measured * 100);
}

/* What is to come, as far as the reader may know of other products and their tables. */
static const char *
risk_text(const DmSlo *slo, const DmRisk *risk)
{
	const char *domain;

	switch (risk->kind)
	{
		case DM_RISK_NONE:
			break;
		case DM_RISK_SOURCE:
			return may_see(risk->source) ?
					   psprintf("level \"%s\" of its source %s is not kept", risk->level,
								risk->source->label) :
					   "one of its sources is late";
		case DM_RISK_TABLE:
			domain = dm_schema_domain(get_rel_namespace(risk->table));
			if (domain != NULL && strcmp(domain, slo->product->domain->name) == 0 &&
				dm_event_viewer(slo->product, GetUserId()) == DM_VIEWER_INSIDE)
				return psprintf("its source %s has not been written to for longer than usual",
								dm_relation_sql(risk->table));
			return "one of its sources has not been written to for longer than usual";
		case DM_RISK_OWN:
			return "it has not been written to for longer than usual";
		case DM_RISK_RHYTHM:
			return "by its usual rhythm it is written to after the deadline only";
	}
	return NULL;
}

static void
put_state(ReturnSetInfo *rsinfo, DmSloTrack *track, DmOutlook *outlook, TimestampTz at)
{
	const DmSlo *slo = track->slo;
	DmSloInterval *last = dm_slo_track_last(track);
	DmSloBudget budget;
	DmRisk risk;
	Values row = { .n = 0 };

	dm_slo_budget(track, at, &budget);
	dm_outlook_risk(outlook, track, &risk);
	put_text(&row, slo->product->label);
	put_text(&row, slo->property);
	put_text(&row, *slo->element == '\0' ? NULL : slo->element);
	put_text(&row, slo->target);
	put_text(&row, slo->unit);
	put_share(&row, dm_slo_objective(slo));
	put(&row, IntervalPGetDatum(unconstify(Interval *, &slo->span)), false);
	put_text(&row, slo->driver);
	put_text(&row, slo->from_contract ? "contract" : "set");
	put_text(&row, budget.at_risk || risk.kind != DM_RISK_NONE ? "at_risk" :
																 dm_slo_state_name(last->state));
	put_time(&row, last->since);
	put_text(&row, measured_text(track));
	put_share(&row, budget.attained);
	put_share(&row, budget.left);
	put(&row, Float8GetDatum(budget.burn_short), isnan(budget.burn_short));
	put(&row, Float8GetDatum(budget.burn_long), isnan(budget.burn_long));
	put_time(&row, track->deadline);
	put_time(&row, budget.forecast);
	put_time(&row, budget.maintenance_until);
	put_text(&row, risk.kind != DM_RISK_NONE ? risk_text(slo, &risk) : track->detail);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row.values, row.nulls);
}

/* datamesh.slo_states(at) */
Datum
dm_slo_states(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TimestampTz at = PG_ARGISNULL(0) ? GetCurrentTimestamp() : PG_GETARG_TIMESTAMPTZ(0);
	DmOutlook *outlook = dm_outlook_make(at);
	ListCell *lp;

	dm_check_finite(at, "at");
	InitMaterializedSRF(fcinfo, 0);
	foreach(lp, dm_product_list(0))
	{
		DmProduct *product = lfirst(lp);
		ListCell *lc;

		CHECK_FOR_INTERRUPTS();
		if (!may_see(product))
			continue;
		foreach(lc, dm_slo_list(product))
		{
			DmSloTrack *track = dm_slo_track_read(lfirst(lc));

			dm_slo_evaluate(track, at, false);
			put_state(rsinfo, track, outlook, at);
		}
	}
	PG_RETURN_NULL();
}

static int
count_breaches(DmSloTrack *track, TimestampTz from, TimestampTz to)
{
	int result = 0;
	ListCell *lc;

	foreach(lc, track->intervals)
	{
		DmSloInterval *interval = lfirst(lc);

		if (interval->state == DM_STATE_BREACHED && interval->since < to &&
			(interval->until == 0 || interval->until > from))
			result++;
	}
	return result;
}

static void
put_report(ReturnSetInfo *rsinfo, DmSloTrack *track, List *windows, TimestampTz from,
		   TimestampTz to)
{
	const DmSlo *slo = track->slo;
	bool counts = slo->kind == DM_SLO_RATIO;
	double outside = dm_span_outside(windows, from, to);
	double good;
	double known;
	double attained;
	Values row = { .n = 0 };

	dm_slo_track_sum(track, windows, from, to, &good, &known);
	attained = known > 0 ? good / known : get_float8_nan();
	put_text(&row, slo->property);
	put_text(&row, *slo->element == '\0' ? NULL : slo->element);
	put_text(&row, slo->target);
	put_text(&row, slo->unit);
	put_share(&row, dm_slo_objective(slo));
	if (strcmp(slo->property, "throughput") == 0)
	{
		/* a rate is no share */
		put_share(&row, get_float8_nan());
		put(&row, BoolGetDatum(attained >= slo->limit), isnan(attained));
	}
	else
	{
		put_share(&row, attained);
		put(&row, BoolGetDatum(attained >= dm_slo_objective(slo)), isnan(attained));
	}
	put_length(&row, counts ? 0 : good);
	put_length(&row, counts ? 0 : known - good);
	put_length(&row, to - from - outside);
	put_length(&row, counts ? 0 : outside - known);
	put(&row, Int32GetDatum(count_breaches(track, from, to)), false);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row.values, row.nulls);
}

Datum
dm_slo_report(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	DmProduct *product = dm_product_get(dm_arg_text(fcinfo, 0, "product"), false);
	TimestampTz from;
	TimestampTz to;
	List *windows;
	ListCell *lc;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null", PG_ARGISNULL(1) ? "from" : "to")));
	from = PG_GETARG_TIMESTAMPTZ(1);
	to = PG_GETARG_TIMESTAMPTZ(2);
	dm_check_finite(from, "from");
	dm_check_finite(to, "to");
	if (from >= to)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a report must end after it begins")));
	if (!may_see(product))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for the service levels of product \"%s\"",
						product->label),
				 errhint("They are shown to the domain and to consumers with an agreement.")));

	InitMaterializedSRF(fcinfo, 0);
	windows = dm_calendar_windows(product->id, from, to);
	foreach(lc, dm_slo_list(product))
	{
		DmSloTrack *track = dm_slo_track_read(lfirst(lc));

		dm_slo_evaluate(track, GetCurrentTimestamp(), false);
		put_report(rsinfo, track, windows, from, to);
	}
	PG_RETURN_NULL();
}
