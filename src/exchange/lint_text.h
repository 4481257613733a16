/*
 * lint_text.h
 *		Everything that is wrong with a contract's text.
 */
#ifndef DM_EXCHANGE_LINT_TEXT_H
#define DM_EXCHANGE_LINT_TEXT_H

#include "nodes/pg_list.h"

/* The findings of dm_lint_contract, of which the errors are what a strict import refuses. */
extern List *dm_contract_lint_text(const char *text);

#endif /* DM_EXCHANGE_LINT_TEXT_H */
