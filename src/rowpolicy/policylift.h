/*
 * policylift.h
 *		Row policies out of the way of DDL on the columns that they mention, and back.
 */
#ifndef DM_ROWPOLICY_POLICYLIFT_H
#define DM_ROWPOLICY_POLICYLIFT_H

#include "nodes/pg_list.h"

/*
 * While they are lifted the policies let through whom they do not restrict; where that cannot be
 * told apart from the condition, reading the table is an error.
 */
extern List *dm_policies_lift(List *relids);

/* Puts them back; a list of DmLiftReport of port/lift.h. */
extern List *dm_policies_put_back(List *lifted);

#endif /* DM_ROWPOLICY_POLICYLIFT_H */
