/*
 * contract_text.h
 *		Contracts out of texts, and what their findings tell the user.
 */
#ifndef DM_EXCHANGE_CONTRACT_TEXT_H
#define DM_EXCHANGE_CONTRACT_TEXT_H

#include "base/finding.h"
#include "contract/model.h"
#include "format/document.h"

/*
 * The contract in a text, with the findings about it in the order of the document.  Fails,
 * with all errors in the detail, if it cannot be read or, for strict, if there is any error.
 */
extern DmContract *dm_contract_from_text(const char *text, bool strict, DmDocument **document,
										 List **findings);

/* One line for each finding that is at least as severe, at most so many, and how many are left. */
extern char *dm_findings_text(List *findings, DmSeverity least, int most);

/* How many findings are at least as severe. */
extern int dm_findings_count(List *findings, DmSeverity least);

#endif /* DM_EXCHANGE_CONTRACT_TEXT_H */
