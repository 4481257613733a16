/*
 * reading.h
 *		What a reader gets from a relation: found by rewriting and folding the query
 *		that he would run, never by running it.
 */
#ifndef DM_EXPLAIN_READING_H
#define DM_EXPLAIN_READING_H

#include "access/attnum.h"
#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"

#include "access/decide.h"
#include "registry/product.h"

/* from best to worst: what is computed from several columns is as good as the worst of them */
typedef enum DmVerdict
{
	DM_SEEN_CLEAR,
	DM_SEEN_TOKEN,
	DM_SEEN_MASKED,
	DM_SEEN_HIDDEN,
	DM_SEEN_REFUSED
} DmVerdict;

/* A port that the query reads, be it the relation itself or below a view. */
typedef struct DmPortRead
{
	Oid view;
	DmProduct *product;
	DmAccess access; /* its clearance is a copy */
} DmPortRead;

/* A privilege that the server asks for and that is not there. */
typedef struct DmMissing
{
	Oid role;		  /* the reader, or the owner of a view that he reads through */
	Oid relid;		  /* InvalidOid where it is that on a schema */
	Oid nspid;		  /* or InvalidOid */
	AttrNumber attno; /* or 0 */
} DmMissing;

/* What lets only some rows of a relation pass. */
typedef struct DmCondition
{
	Oid relid;
	char *text; /* folded for the reader; NULL if it lets none pass */
} DmCondition;

/* A row policy that the query comes upon. */
typedef struct DmPolicyRead
{
	int64 id;
	Oid relid;
	const char *product; /* literal of the product whose port it is read through, or NULL */
	Node *predicate;	 /* over the relation, as it stands */
	char *text;			 /* folded for the reader; known if he is not refused */
} DmPolicyRead;

/* A column that names the subjects of its rows, whose consent may be needed. */
typedef struct DmConsentRead
{
	int64 subject; /* number of the registration */
	Oid relid;
	const char *product;
} DmConsentRead;

typedef struct DmReading
{
	DmReader reader;
	Oid relid;
	bool below_view;  /* his own privileges on the relation do not matter */
	List *ports;	  /* of DmPortRead, outermost first */
	List *missing;	  /* of DmMissing */
	List *policies;	  /* of DmPolicyRead */
	List *consents;	  /* of DmConsentRead */
	List *attributes; /* keys of dm_attribute in them */
	List *conditions; /* of DmCondition; known if he is not refused */
	bool refused;	  /* whatever the column */
	char *refusal;	  /* why, if it is neither a port nor a privilege */
	Query *query;	  /* folded unless he is refused */
} DmReading;

/*
 * The reading of a relation with all of its columns; below_view for one that he reads through a
 * view, whose owner needs the privileges.
 */
extern DmReading *dm_reading(DmReader reader, Oid relid, bool below_view);

/*
 * What the reader sees of a column of it.  *shown is SQL text of what stands for the value
 * where that is a token or a mask, else NULL.
 */
extern DmVerdict dm_reading_column(DmReading *reading, AttrNumber attnum, char **shown);

extern const char *dm_verdict_name(DmVerdict verdict);

/* "all", "some" or "none" of the rows; the latter also where he is refused. */
extern const char *dm_reading_rows(DmReading *reading);

#endif /* DM_EXPLAIN_READING_H */
