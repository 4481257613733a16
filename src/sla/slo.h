/*
 * slo.h
 *		Service levels: what is promised of a product, and over which time.
 */
#ifndef DM_SLA_SLO_H
#define DM_SLA_SLO_H

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

#include "registry/product.h"

#define Anum_dm_slo_id			1
#define Anum_dm_slo_product		2
#define Anum_dm_slo_property	3
#define Anum_dm_slo_element		4
#define Anum_dm_slo_target		5
#define Anum_dm_slo_unit		6
#define Anum_dm_slo_objective	7
#define Anum_dm_slo_span		8
#define Anum_dm_slo_driver		9
#define Anum_dm_slo_description 10
#define Anum_dm_slo_created_at	11
#define Anum_dm_slo_created_by	12

/* how a level is measured */
typedef enum DmSloKind
{
	DM_SLO_DEADLINE, /* a write must be followed by the next one in time */
	DM_SLO_ELEMENT,	 /* the newest or oldest value of a column must not be too old */
	DM_SLO_RATIO,	 /* enough of what is counted must be good */
	DM_SLO_SCORE,	 /* the last check must have a high enough score */
	DM_SLO_DATE,	 /* a date of the product's life */
	DM_SLO_INCIDENT	 /* incidents must take no longer */
} DmSloKind;

typedef struct DmSlo
{
	DmProduct *product;
	const char *property; /* as the standard writes it */
	char *element;		  /* a port, a port and a column, or "" */
	char *key;			  /* property, and element behind a colon */
	DmSloKind kind;
	char *target; /* as written */
	char *unit;	  /* as written, or NULL */
	char *driver;
	bool from_contract;
	char *problem; /* why it cannot be measured; NULL if it can */

	/* what the target comes to, by kind and property */
	Interval length;
	bool has_time_of_day;
	int64 time_of_day; /* microseconds since midnight, of UTC if there is no zone */
	char *zone;		   /* NULL: UTC */
	double limit;	   /* least share of good (0 to 1), or rows per second */
	TimestampTz date;

	double objective; /* share of time, or of incidents, that must be good: 0 to 1 */
	Interval span;	  /* over which it must be */

	/* what is measured */
	List *ports;  /* OIDs of views */
	Oid relid;	  /* what the one port shows; InvalidOid for several */
	List *tables; /* OIDs of the tables that are written to, for DM_SLO_DEADLINE and _ELEMENT */
	char *column; /* of relid */
} DmSlo;

/* The standard's spelling of a property, its kind: NULL for an unknown one. */
extern const char *dm_slo_property(const char *written);
extern List *dm_slo_properties(void);

/*
 * All levels of a product: those that were set, and those of its active contract that they do not
 * take the place of.  One that speaks of the product as a whole, but is measured relation by
 * relation, is there once for each port.
 */
extern List *dm_slo_list(DmProduct *product);

/* Reads a level's target and finds what it is measured on: itself, or one for each port. */
extern List *dm_slo_resolve(DmSlo *slo);

/*
 * Reads the target into the level, whose kind is set by its property; NULL, or what is wrong.
 */
extern char *dm_slo_read_target(DmSlo *slo);

/* The moment by which the next write has to come after one at the given time. */
extern TimestampTz dm_slo_deadline(const DmSlo *slo, TimestampTz after);

/* The same for a time and an interval, in UTC, whatever the session's time zone is. */
extern TimestampTz dm_slo_add(TimestampTz at, const Interval *length, int sign);

#endif /* DM_SLA_SLO_H */
