/*
 * slo_retention.h
 *		How long it is kept what became of service levels.
 */
#ifndef DM_SLA_SLO_RETENTION_H
#define DM_SLA_SLO_RETENTION_H

/* Value of datamesh.slo_retention, in minutes. */
extern int dm_slo_retention_time;

/*
 * Deletes states that ended and counts from before that time.  What the window of a level looks
 * back at, and the last month and the one before, stay whatever the setting is.
 */
extern void dm_slo_retention(void);

#endif /* DM_SLA_SLO_RETENTION_H */
