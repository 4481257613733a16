/*
 * drift.h
 *		How a column has changed between two profiles.
 */
#ifndef DM_PROFILE_DRIFT_H
#define DM_PROFILE_DRIFT_H

#include "profile/effect.h"
#include "profile/profile.h"

typedef struct DmDrift
{
	DmDivergence divergence;
	DmDriftVerdict verdict;
	const char *reason; /* what decides, or why nothing can be said */
	double reference_nulls;
	double current_nulls;
} DmDrift;

extern void dm_drift_columns(DmSketch *reference, DmSketch *current, DmDrift *drift);

#endif /* DM_PROFILE_DRIFT_H */
