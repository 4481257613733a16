/*
 * retype.h
 *		What else depends on views whose columns have got other types.
 */
#ifndef DM_PORT_RETYPE_H
#define DM_PORT_RETYPE_H

#include "nodes/pg_list.h"

/*
 * Rules and defaults of the views are made anew.  What cannot be, such as a function whose body
 * is a query tree, is reported as broken.  A list of DmLiftReport of port/lift.h.
 */
extern List *dm_retype_dependents(List *views);

#endif /* DM_PORT_RETYPE_H */
