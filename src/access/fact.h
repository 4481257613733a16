/*
 * fact.h
 *		Facts: what a plan was folded from, other than the text of its query.
 *
 * Whoever replaces a call by its answer while planning notes the fact that the answer
 * was made from.  The plan carries the facts, each with a stamp of what it was then, and
 * the executor start compares them with what holds at that moment, for whoever is
 * the current user then.
 */
#ifndef DM_ACCESS_FACT_H
#define DM_ACCESS_FACT_H

#include "nodes/plannodes.h"

#include "catalog/table.h"

/* Longest subject: a product's literal beside a number or two. */
#define DM_FACT_SUBJECT_SIZE 192

#define DM_FACT_MAX_TABLES 4

typedef struct DmFactKind
{
	/* what the session's reader is answered about the subject now, in 32 bits */
	uint32 (*stamp)(const char *subject);

	/* raises the error of a stale plan if there is a better one than "changed"; may be NULL */
	void (*refuse)(const char *subject);

	/* fails if the reader may not keep what he reads; NULL where that is no question */
	void (*check_copy)(const char *subject);

	/* "the access to product" and the like: what changed, before the subject */
	const char *what;

	/* a write to one of these drops cached plans that carry the fact */
	int ntables;
	DmTable tables[DM_FACT_MAX_TABLES];
} DmFactKind;

/* The plan's invalidation items with this fact among them, as it is now. */
extern List *dm_fact_add(List *items, const DmFactKind *kind, const char *subject);

/* The tables whose changes concern the facts among these items, for the plan's relationOids. */
extern List *dm_fact_tables(List *items);

/* Notes the facts in a plan that is being made by a support function of the planner. */
struct PlannerGlobal;
extern void dm_fact_note(struct PlannerGlobal *glob, List *items);

/* Has this session made a plan that carries facts? */
extern bool dm_fact_noted(void);

/*
 * At executor start: makes sure that what the plan was folded from still holds.  Costs a few
 * hash lookups for a governed plan; to be skipped for others.
 */
extern void dm_fact_recheck(PlannedStmt *stmt);

/* The same for a plan whose rows are stored: fails if the reader may not copy what it reads. */
extern void dm_fact_check_copy(PlannedStmt *stmt);

#endif /* DM_ACCESS_FACT_H */
