/*
 * visible.h
 *		Who sees what of a contract.
 *
 * A published contract is a promise to whoever may want the product: everybody reads it, as
 * everybody reads names, columns and descriptions in the catalog.  Two things are not for
 * everybody: drafts, and in the text of a contract what are values of columns that only
 * cleared readers see.
 */
#ifndef DM_EXCHANGE_VISIBLE_H
#define DM_EXCHANGE_VISIBLE_H

#include "contract/version.h"

/* True for who may see all of the product's contracts: its managers, the domain's producers. */
extern bool dm_contract_is_inside(DmProduct *product);

/* The document as the current user may see it; NULL for a draft of others. */
extern Jsonb *dm_contract_visible(DmProduct *product, DmContractVersion *version);

#endif /* DM_EXCHANGE_VISIBLE_H */
