/*
 * policy_api.h
 *		SQL functions on row policies.
 */
#ifndef DM_ROWPOLICY_POLICY_API_H
#define DM_ROWPOLICY_POLICY_API_H

#include "catalog/command.h"

/* Before a command: refuses to rename what the text of a policy names. */
extern void dm_row_policy_before(DmCommand *command);

/* After a DROP. */
extern void dm_row_policy_dropped(DmCommand *command);

extern void dm_row_policy_init(void);

#endif /* DM_ROWPOLICY_POLICY_API_H */
