/*
 * lift.h
 *		Views out of the way of DDL on what they show, and back.
 *
 * The server refuses to change a column that a view mentions.  Views over the relations, ports
 * among them, are lifted: they stay where they are, with the same columns, and lose what they
 * depend on.  When the DDL is done their queries are put back; where types of their columns have
 * changed, what depends on them follows.
 */
#ifndef DM_PORT_LIFT_H
#define DM_PORT_LIFT_H

#include "nodes/pg_list.h"

#include "registry/product.h"

/* What became of a view, or of something that depends on one. */
typedef enum DmLiftVerdict
{
	DM_LIFT_KEPT,	  /* as it was */
	DM_LIFT_CAST,	  /* a port that casts to the types that it had */
	DM_LIFT_RETYPED,  /* columns have other types now */
	DM_LIFT_REPLACED, /* the DDL has replaced it itself */
	DM_LIFT_DROPPED,  /* the DDL has dropped it */
	DM_LIFT_NARROWED, /* a port nobody reads yet, made anew without columns that are gone */
	DM_LIFT_BROKEN	  /* cannot be put back */
} DmLiftVerdict;

typedef struct DmLiftReport
{
	char *object; /* its name, and its kind */
	char *kind;
	Oid owner;
	int64 product; /* of a port; else 0 */
	DmLiftVerdict verdict;
	char *detail; /* NULL for nothing */
} DmLiftReport;

typedef struct DmLift DmLift;

/*
 * May the column of a port have that type from now on?  If not, it is cast to the one it had.  home
 * is the schema of what it shows.
 */
typedef bool (*DmMayRetype)(DmProduct *product, Oid view, const char *column, Oid home, Oid typid,
							int32 typmod);

/* The relations of the product's domain that its ports show, directly or through others. */
extern List *dm_lift_relations(DmProduct *product);

/* The table, its partitions and children, and the parents of these. */
extern List *dm_lift_of_table(Oid relid);

/* Does a port show something of the relation? */
extern bool dm_lift_concerns(Oid relid);

/*
 * Lifts the views over the relations.  Takes all locks that this, the DDL, and putting back need,
 * in the order of doc/internals.md, but for those of the tables themselves.
 */
extern DmLift *dm_lift(List *relids);

/*
 * Lifts ports alone, each one for itself, and leaves the other views over the same relations where
 * they are.  The same locks are taken.  Those that others build on come first in the list.
 */
extern List *dm_lift_ports(List *views);

/* Of a port that was lifted for itself: is the view still there, and is it still lifted? */
extern bool dm_lift_stands(DmLift *lift);
extern bool dm_lift_is_pending(DmLift *lift);

/* Is everything that it showed still what it was? */
extern bool dm_lift_source_stands(DmLift *lift);

/* Its view, its product, and what it showed, as names for people. */
extern Oid dm_lift_view(DmLift *lift);
extern int64 dm_lift_product(DmLift *lift);
extern char *dm_lift_source_name(DmLift *lift);

/* Ports that are lifted at this moment in this transaction: what they show is not to be asked. */
extern List *dm_lifted_ports(void);

/* Fails if the port is one of them. */
extern void dm_lift_check_shown(Oid view);

/*
 * Puts them back; the reports, those that are broken included, are for the caller to judge.  May be
 * called again where the first attempt was rolled back.
 */
extern List *dm_lift_put_back(DmLift *lift, DmMayRetype may_retype);

extern void dm_lift_init(void);

extern const char *dm_lift_verdict_name(DmLiftVerdict verdict);

#endif /* DM_PORT_LIFT_H */
