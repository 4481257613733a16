/*
 * slo_outlook.h
 *		Whether a level that is kept now will be broken, by how that stands which feeds it.
 */
#ifndef DM_SLA_SLO_OUTLOOK_H
#define DM_SLA_SLO_OUTLOOK_H

#include "sla/slo_track.h"

typedef enum DmRiskKind
{
	DM_RISK_NONE,
	DM_RISK_SOURCE, /* a product that feeds it does not keep a level of its own */
	DM_RISK_TABLE,	/* a table that feeds it is later than usual */
	DM_RISK_OWN,	/* so are its own */
	DM_RISK_RHYTHM	/* its own are written to so rarely that the deadline comes first */
} DmRiskKind;

typedef struct DmRisk
{
	DmRiskKind kind;
	DmProduct *source; /* of DM_RISK_SOURCE, and the key of its level */
	const char *level;
	Oid table;		   /* of DM_RISK_TABLE */
	TimestampTz since; /* when what is late was to be there; 0 for DM_RISK_RHYTHM */
	TimestampTz look;  /* nothing changes before that time but by a write; DT_NOEND for never */
} DmRisk;

/*
 * What was found out about products at one time, so that none is followed twice.  Lives in the
 * memory context in which it was made.
 */
typedef struct DmOutlook DmOutlook;

extern DmOutlook *dm_outlook_make(TimestampTz at);

/*
 * The risk of a level that has been followed up to that time.  Levels with a deadline that are kept
 * have one, others do not.
 */
extern void dm_outlook_risk(DmOutlook *outlook, DmSloTrack *track, DmRisk *risk);

#endif /* DM_SLA_SLO_OUTLOOK_H */
