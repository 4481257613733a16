/*
 * incident.h
 *		Incidents: what went wrong with one relation, or one product, at one time.
 *
 * An incident has causes: rules, service levels, series.  What fails on a relation within
 * datamesh.incident_window of the last failure belongs to the incident that is open for it, so that
 * one root cause is one incident.  It closes by itself when all its causes are healthy.
 */
#ifndef DM_EVENT_INCIDENT_H
#define DM_EVENT_INCIDENT_H

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#define Anum_dm_incident_id				 1
#define Anum_dm_incident_product		 2
#define Anum_dm_incident_relation		 3
#define Anum_dm_incident_open_relation	 4
#define Anum_dm_incident_severity		 5
#define Anum_dm_incident_title			 6
#define Anum_dm_incident_owner			 7
#define Anum_dm_incident_state			 8
#define Anum_dm_incident_opened_at		 9
#define Anum_dm_incident_failed_at		 10
#define Anum_dm_incident_acknowledged_at 11
#define Anum_dm_incident_acknowledged_by 12
#define Anum_dm_incident_note			 13
#define Anum_dm_incident_closed_at		 14
#define Anum_dm_incident_closed_by		 15

#define Anum_dm_incident_cause_incident	   1
#define Anum_dm_incident_cause_cause	   2
#define Anum_dm_incident_cause_severity	   3
#define Anum_dm_incident_cause_title	   4
#define Anum_dm_incident_cause_detail	   5
#define Anum_dm_incident_cause_failed_at   6
#define Anum_dm_incident_cause_last_at	   7
#define Anum_dm_incident_cause_times	   8
#define Anum_dm_incident_cause_healthy_at  9
#define Anum_dm_incident_cause_wrong_since 10

/* Value of datamesh.incident_window, in seconds. */
extern int dm_incident_window;

/*
 * Locks the incidents of a relation (of the product, for InvalidOid) until the end of the
 * transaction: for who is about to take locks of his own and may tell of a cause afterwards.
 */
extern void dm_incident_lock(int64 product_id, Oid relid);

/*
 * A cause ('rule:email_valid', 'slo:freshness', 'series:rows') has failed.  Opens an incident or
 * joins the open one, and returns its number.  severity is 'error', 'warning' or 'info'; detail,
 * which may be NULL, must hold no value of a classified column.  A product of 0 is that of no
 * product, relid InvalidOid is the product as a whole.  since is when it has been wrong from, which
 * may be long before anybody saw it; 0 if that is not known.
 *
 * Locks the relation's incidents until the end of the transaction; who tells of several relations
 * goes by their OIDs.
 */
extern int64 dm_incident_failed(int64 product_id, Oid relid, const char *cause,
								const char *severity, const char *title, Jsonb *detail,
								TimestampTz since);

/* The cause is healthy, as it may have been before. */
extern void dm_incident_healthy(int64 product_id, Oid relid, const char *cause);

/*
 * What the cause was about is gone, a rule that was dropped, a level that is promised no more: it
 * is over, and an incident that closes by that has the reason in its note.  product_id
 * DM_ANY_PRODUCT is whichever product, for a relation.
 */
#define DM_ANY_PRODUCT INT64CONST(-1)

extern void dm_incident_gone(int64 product_id, Oid relid, const char *cause, const char *reason);

/* A cause that is not healthy, of an incident that is open. */
typedef struct DmFailing
{
	Oid relid;
	char *cause;
} DmFailing;

/* Those of a product whose names begin so: DmFailing *, by the OIDs of relations. */
extern List *dm_incident_failing(int64 product_id, const char *prefix);

/* The relation is being dropped, or the product retired, and with it what was wrong with it. */
extern void dm_incident_relation_dropped(Oid relid);
extern void dm_incident_product_retired(int64 product_id);

/* Deletes the causes of an incident that is about to go. */
extern void dm_incident_delete_causes(int64 incident);

/* Deletes all incidents of a product. */
extern void dm_incident_forget(int64 product_id);

#endif /* DM_EVENT_INCIDENT_H */
