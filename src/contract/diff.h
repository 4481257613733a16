/*
 * diff.h
 *		What changed between two contracts, and how large a step of the version that needs.
 */
#ifndef DM_CONTRACT_DIFF_H
#define DM_CONTRACT_DIFF_H

#include "contract/mode.h"
#include "contract/model.h"

/* the step of the version that a change needs; ordered */
typedef enum DmBump
{
	DM_PATCH,
	DM_MINOR,
	DM_MAJOR
} DmBump;

typedef struct DmDifference
{
	char *path;			/* by names, "/schema/customer/properties/email/physicalType" */
	const char *change; /* added, removed, renamed, changed or reordered */
	char *old_value;	/* NULL for none; scalars as text, the rest as JSON */
	char *new_value;
	DmBump verdict;
	char *reason;
	char *raised_to; /* a classification that hides the column from those not cleared for it */
} DmDifference;

/*
 * All differences, in the order of the old document with what is new behind.  Objects, properties,
 * rules and whatever else has an id are matched by it, else by name: what kept its id and
 * has another name is renamed.  Reads the catalog for what types mean.
 */
extern List *dm_contract_diff(DmContract *old, DmContract *new, DmCompatibility mode);

/* The highest verdict, DM_PATCH for no difference. */
extern DmBump dm_diff_bump(List *differences);

extern const char *dm_bump_name(DmBump verdict);

#endif /* DM_CONTRACT_DIFF_H */
