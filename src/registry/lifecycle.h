/*
 * lifecycle.h
 *		The machine of a product's status.
 */
#ifndef DM_REGISTRY_LIFECYCLE_H
#define DM_REGISTRY_LIFECYCLE_H

#include "registry/product.h"

/*
 * Fails, naming the legal steps, unless the product may take this one; changes
 * nothing.
 */
extern void dm_lifecycle_check(DmProduct *product, DmStatus to);

/*
 * Takes the step: writes the row with whatever else *row holds (NULL for
 * nothing), updates *product, announces DM_EVENT_PRODUCT_STATUS and has every session plan
 * anew.
 */
extern void dm_lifecycle_step(DmProduct *product, DmStatus to, DmRow *row);

#endif /* DM_REGISTRY_LIFECYCLE_H */
