/*
 * diff_rule.h
 *		What the rules of the comparison have in common.
 */
#ifndef DM_CONTRACT_DIFF_RULE_H
#define DM_CONTRACT_DIFF_RULE_H

#include "utils/hsearch.h"

#include "contract/diff.h"

/*
 * Whom a change breaks.  The mode makes the verdict of it: see dm_diff_note.
 */
typedef enum DmImpact
{
	DM_IMPACT_NONE,	   /* nobody: it describes */
	DM_IMPACT_ADDS,	   /* nobody: it promises more, or elsewhere */
	DM_IMPACT_STRICT,  /* clients that know the exact types, or all values that there can be */
	DM_IMPACT_READERS, /* queries of the old version on the new one */
	DM_IMPACT_ROWS,	   /* queries of the new version on rows of the old one */
	DM_IMPACT_ALL	   /* both, and promises that are withdrawn */
} DmImpact;

typedef struct DmDiff
{
	DmContract *old;
	DmContract *new;
	DmCompatibility mode;
	HTAB *counterparts; /* new DmObject or DmProperty -> the old one */
	List *result;
} DmDiff;

/* An old and a new element; one of them is NULL where the other has no counterpart. */
typedef struct DmPair
{
	void *old;
	void *new;
} DmPair;

typedef const char *(*DmKeyOf)(const void *element);

/* Adds a difference; the format is that of its reason. */
extern DmDifference *dm_diff_note(DmDiff *diff, const char *path, const char *change,
								  const char *old_value, const char *new_value, DmImpact impact,
								  const char *fmt, ...) pg_attribute_printf(7, 8);

/* The same for a key below the path, if the values differ; true if they do. */
extern bool dm_diff_text(DmDiff *diff, const char *path, const char *key, const char *old_value,
						 const char *new_value, DmImpact impact, const char *reason);

/* added, removed or changed, by which of the two is NULL */
extern const char *dm_diff_change(const void *old_value, const void *new_value);

/*
 * Pairs of the elements: by id where both have one, then by name; those of the old list in
 * their order, then the new ones.  Any key may be NULL; elements of one name pair up in their
 * order.
 */
extern List *dm_diff_match(List *old_list, List *new_list, DmKeyOf id, DmKeyOf name);

/* True if those elements of the old list that are still there follow each other otherwise. */
extern bool dm_diff_reordered(List *pairs, List *new_list);

extern bool dm_same_text(const char *a, const char *b);

/* A list of strings, or of DmValue, as JSON. */
extern char *dm_diff_texts(List *texts);
extern char *dm_diff_values(List *values);

/* -1, 0, 1 for numbers, dates and times as contracts write them; false if they do not compare */
extern bool dm_compare_bounds(const char *a, const char *b, int *order);

/* --- diff_json.c --- */

/*
 * Whatever else two nodes hold: every key that is not in skip (ends with NULL; may be NULL).
 * Lists of objects are matched by what names their elements.
 */
extern void dm_diff_json(DmDiff *diff, const char *path, JsonbContainer *old_node,
						 JsonbContainer *new_node, const char *const *skip, DmImpact impact,
						 const char *reason);

/* what describes and promises nothing */
extern void dm_diff_describe(DmDiff *diff, const char *path, JsonbContainer *old_node,
							 JsonbContainer *new_node, const char *const *skip);

/* --- the parts --- */

extern void dm_diff_objects(DmDiff *diff);
extern void dm_diff_properties(DmDiff *diff, const char *path, List *old_list, List *new_list,
							   bool columns);
extern void dm_diff_options(DmDiff *diff, const char *path, DmProperty *old_property,
							DmProperty *new_property);
extern void dm_diff_quality(DmDiff *diff, const char *path, List *old_list, List *new_list);
extern void dm_diff_relationships(DmDiff *diff, const char *path, DmObject *old_object,
								  DmObject *new_object);
extern void dm_diff_service_levels(DmDiff *diff);
extern void dm_diff_terms(DmDiff *diff);

#endif /* DM_CONTRACT_DIFF_RULE_H */
