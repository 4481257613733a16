/*
 * slo_budget.c
 *		How much of what may go wrong has gone wrong, and how fast.
 *
 * The budget is what the objective leaves: one percent of the span for an objective of 99.  A burn
 * rate of 1 spends it exactly at the span's end.
 */
#include "postgres.h"

#include <math.h>

#include "utils/float.h"
#include "utils/timestamp.h"

#include "sla/slo_budget.h"

#define SHORT_WINDOW (USECS_PER_HOUR)
#define LONG_WINDOW	 (6 * USECS_PER_HOUR)

/* the part of the way to its deadline from which a level is at risk */
#define NEAR_DEADLINE 0.9

double
dm_slo_objective(const DmSlo *slo)
{
	if (strcmp(slo->property, "throughput") == 0)
		return get_float8_nan();
	return slo->kind == DM_SLO_RATIO ? slo->limit : slo->objective;
}

void
dm_check_finite(TimestampTz at, const char *argname)
{
	if (TIMESTAMP_NOT_FINITE(at))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must be a finite time", argname)));
}

/* The share of bad in the last part of the span, in terms of what may be bad. */
static double
burn_rate(DmSloTrack *track, List *windows, TimestampTz at, int64 length, double allowed)
{
	double good;
	double known;

	dm_slo_track_sum(track, windows, at - length, at, &good, &known);
	if (known <= 0 || !(allowed > 0))
		return get_float8_nan();
	return (1 - good / known) / allowed;
}

/* Whether most of the time to the deadline is over. */
static bool
is_near_deadline(const DmSloTrack *track, TimestampTz at)
{
	double age = track->measured * USECS_PER_SEC;

	if (track->slo->kind != DM_SLO_DEADLINE && track->slo->kind != DM_SLO_ELEMENT)
		return false;
	return track->deadline != 0 && track->has_measured &&
		   age >= NEAR_DEADLINE * (age + (double) (track->deadline - at));
}

void
dm_slo_budget(DmSloTrack *track, TimestampTz at, DmSloBudget *budget)
{
	const DmSlo *slo = track->slo;
	double allowed = 1 - dm_slo_objective(slo);
	TimestampTz from = dm_slo_add(at, &slo->span, -1);
	List *windows = dm_calendar_windows(slo->product->id, Min(from, at - LONG_WINDOW), at + 1);
	DmSloInterval *last = dm_slo_track_last(track);
	double good;
	double known;

	memset(budget, 0, sizeof(*budget));
	if (slo->kind == DM_SLO_INCIDENT)
	{
		good = track->good;
		known = track->total;
	}
	else
		dm_slo_track_sum(track, windows, from, at, &good, &known);
	budget->attained = known > 0 && !isnan(allowed) ? good / known : get_float8_nan();
	budget->left = get_float8_nan();
	if (allowed > 0)
		budget->left = 1 - (1 - budget->attained) / allowed;
	else if (!isnan(budget->attained) && !isnan(allowed))
		budget->left = budget->attained < 1 ? 0 : 1;
	budget->burn_short = budget->burn_long = get_float8_nan();
	if (slo->kind != DM_SLO_INCIDENT && slo->kind != DM_SLO_DATE)
	{
		budget->burn_short = burn_rate(track, windows, at, SHORT_WINDOW, allowed);
		budget->burn_long = burn_rate(track, windows, at, LONG_WINDOW, allowed);
	}

	budget->maintenance_until = dm_span_around(windows, at);
	if (last->state == DM_STATE_OK && track->deadline > at)
		budget->forecast = track->deadline;
	else if (budget->left > 0 && budget->burn_long > 1)
		budget->forecast = at + (int64) (budget->left / budget->burn_long * (at - from));
	budget->at_risk = last->state == DM_STATE_OK &&
					  (is_near_deadline(track, at) || budget->left <= 0);
}
