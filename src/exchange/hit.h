/*
 * hit.h
 *		Whom the changes of a contract hit.
 */
#ifndef DM_EXCHANGE_HIT_H
#define DM_EXCHANGE_HIT_H

#include "contract/diff.h"
#include "registry/product.h"

/*
 * The consumers, as role OIDs, whose agreements with the product are in force and whom a major
 * change hits; each one once.  Whoever neither manages the product nor audits sees himself alone.
 */
extern List *dm_consumers_hit(DmProduct *product, DmDifference *difference);

/* Whether the current user may know of an agreement: as in the view datamesh.agreements. */
extern bool dm_may_see_consumer(DmProduct *product, Oid consumer);

/* Their names, quoted and separated by commas; NULL for nobody. */
extern char *dm_consumer_names(List *roles);

#endif /* DM_EXCHANGE_HIT_H */
