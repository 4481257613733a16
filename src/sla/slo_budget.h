/*
 * slo_budget.h
 *		How much of what may go wrong has gone wrong, and how fast.
 */
#ifndef DM_SLA_SLO_BUDGET_H
#define DM_SLA_SLO_BUDGET_H

#include "sla/slo_track.h"

/* NaN where it cannot be told, 0 for times that there are not. */
typedef struct DmSloBudget
{
	double attained;			   /* share of good in the level's span */
	double left;				   /* of what may be bad; negative if overspent */
	double burn_short;			   /* how many times as fast as allowed: in the last hour, */
	double burn_long;			   /* in the last six hours */
	bool at_risk;				   /* good now, but not for long */
	TimestampTz forecast;		   /* when it will be breached, or its budget be spent */
	TimestampTz maintenance_until; /* end of the window that we are in */
} DmSloBudget;

extern void dm_slo_budget(DmSloTrack *track, TimestampTz at, DmSloBudget *budget);

/* The share that must be good: of time, of what is counted; NaN for a rate. */
extern double dm_slo_objective(const DmSlo *slo);

/* Fails for infinite times. */
extern void dm_check_finite(TimestampTz at, const char *argname);

#endif /* DM_SLA_SLO_BUDGET_H */
