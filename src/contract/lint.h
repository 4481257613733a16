/*
 * lint.h
 *		What a schema cannot see in a contract: whether it makes sense.
 */
#ifndef DM_CONTRACT_LINT_H
#define DM_CONTRACT_LINT_H

#include "contract/model.h"

/* adds findings of source "semantic"; leaves to the reader and to the schema what is theirs */
extern void dm_contract_lint(DmContract *contract, List **findings);

#endif /* DM_CONTRACT_LINT_H */
