/*
 * explain_change.h
 *		The rows of an explanation, and what would change the verdict.
 */
#ifndef DM_EXPLAIN_EXPLAIN_CHANGE_H
#define DM_EXPLAIN_EXPLAIN_CHANGE_H

#include "nodes/execnodes.h"

#include "explain/reading.h"

typedef struct DmExplanation
{
	ReturnSetInfo *rsinfo;
	DmReading *reading;
	List *attnums;	/* the columns that are explained */
	List *verdicts; /* and their verdicts */
	int step;
} DmExplanation;

/* Puts one row out; column, outcome and detail may be NULL. */
extern void dm_explain_row(DmExplanation *explanation, const char *column, const char *kind,
						   const char *outcome, const char *detail);

extern char *dm_explain_missing(DmMissing *missing);

/* Row policies and attributes, and what would show other rows. */
extern void dm_explain_rows(DmExplanation *explanation);
extern void dm_explain_row_changes(DmExplanation *explanation);

/* The calls that would lead to another verdict. */
extern void dm_explain_changes(DmExplanation *explanation);

#endif /* DM_EXPLAIN_EXPLAIN_CHANGE_H */
