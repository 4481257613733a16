/*
 * rule_rename.h
 *		Rules follow when a column is renamed.
 */
#ifndef DM_QUALITY_RULE_RENAME_H
#define DM_QUALITY_RULE_RENAME_H

#include "catalog/command.h"

/* Before a column gets another name, rules are read; after it, they are written with that. */
extern void dm_rules_before_rename(DmCommand *command);
extern void dm_rules_after_rename(DmCommand *command);

#endif /* DM_QUALITY_RULE_RENAME_H */
