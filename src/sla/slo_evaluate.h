/*
 * slo_evaluate.h
 *		From what happened to the states of a service level.
 */
#ifndef DM_SLA_SLO_EVALUATE_H
#define DM_SLA_SLO_EVALUATE_H

#include "sla/slo_track.h"

/*
 * Follows the level up to the time; nothing happens if it has been followed that far already.
 * With measure, columns are read where they may have changed (see slo_measure.h); without, only
 * counters are.  Nothing is written.
 */
extern void dm_slo_evaluate(DmSloTrack *track, TimestampTz at, bool measure);

/* Data were refreshed at that time by somebody whom the server does not see. */
extern void dm_slo_refreshed(DmSloTrack *track, TimestampTz at);

/*
 * The newest value, or with oldest the oldest one, of the level's column, in its own rights'
 * restriction; false if there is none.  *problem is set if it could not be read.
 */
extern bool dm_slo_measure(const DmSlo *slo, bool oldest, TimestampTz *value, char **problem);

/* The values of the last checks of a product (slo_score.c), and its incidents (slo_incident.c). */
extern void dm_slo_follow_checks(DmSloTrack *track, TimestampTz at);
extern void dm_slo_follow_incidents(DmSloTrack *track, TimestampTz at);

#endif /* DM_SLA_SLO_EVALUATE_H */
