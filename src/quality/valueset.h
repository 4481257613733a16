/*
 * valueset.h
 *		Sets of values of one type: is a value of a row one of those that a rule lists?
 */
#ifndef DM_QUALITY_VALUESET_H
#define DM_QUALITY_VALUESET_H

#include "nodes/pg_list.h"

#include "quality/scantype.h"

typedef struct DmValueSet DmValueSet;

/*
 * The set of the values that the texts (char *) mean in the type.  The number of a value is its
 * place in the list, the first of equal ones.
 */
extern DmValueSet *dm_value_set(DmScanType *type, List *texts);

/*
 * Those texts of a list that can be values of the type, each value once: "n/a" stands for nothing
 * in a column of integers.  NULLs are left out.  Not for parallel workers.
 */
extern List *dm_value_texts(DmScanType *type, List *texts);

/* The number of a value, which is detoasted; -1 if it is not in the set. */
extern int dm_value_set_find(DmValueSet *set, Datum value);

#endif /* DM_QUALITY_VALUESET_H */
