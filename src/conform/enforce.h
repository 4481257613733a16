/*
 * enforce.h
 *		What it takes to have the server itself keep a promise of the data.
 */
#ifndef DM_CONFORM_ENFORCE_H
#define DM_CONFORM_ENFORCE_H

#include "conform/conform.h"

/* How one promise that nothing holds can be held. */
typedef struct DmEnforcement
{
	DmPromise *promise;
	Oid owner;		 /* of the relation, as whom all of it runs */
	char *problem;	 /* why it cannot be held; then all else is NULL */
	List *steps;	 /* char *: statements, which one transaction can execute */
	List *offer;	 /* char *: the same for a team, one by one, with short locks */
	char *offending; /* FROM and WHERE of the rows, aliased t, that stand in the way */
	List *shown;	 /* attribute numbers of what tells such a row, NIL for its place */
} DmEnforcement;

extern DmEnforcement *dm_enforcement_plan(DmPromise *promise);

/*
 * How many rows stand in the way, and some of them, with classified values hidden; NULL for none.
 * Reads the whole relation.
 */
extern char *dm_enforcement_violations(DmEnforcement *enforcement);

/* The condition on a column that an option of its property makes; NULL if there is none. */
extern char *dm_enforcement_check(DmPromise *promise, const char **problem);

#endif /* DM_CONFORM_ENFORCE_H */
