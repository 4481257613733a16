/*
 * retention.h
 *		How long events and incidents are kept.
 */
#ifndef DM_EVENT_RETENTION_H
#define DM_EVENT_RETENTION_H

/* Values of settings, in minutes. */
extern int dm_event_retention_time; /* datamesh.event_retention */
extern int dm_event_retention_max;	/* datamesh.event_retention_max */
extern int dm_incident_retention_time;

/*
 * Deletes events that are older than datamesh.event_retention and that no subscriber has still to
 * acknowledge; those older than datamesh.event_retention_max whoever waits for them, and tells him.
 */
extern void dm_event_retention(void);

/* Deletes incidents that have been closed for datamesh.incident_retention. */
extern void dm_incident_retention(void);

#endif /* DM_EVENT_RETENTION_H */
