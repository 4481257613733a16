/*
 * producer.h
 *		The privileges of producers on the ports of their own domain.
 */
#ifndef DM_ACCESS_PRODUCER_H
#define DM_ACCESS_PRODUCER_H

#include "nodes/pg_list.h"

#include "registry/product.h"

/* The roles, beside the domain's owner, that read a product's ports without an agreement. */
extern List *dm_producer_roles(DmProduct *product);

extern void dm_producer_init(void);

#endif /* DM_ACCESS_PRODUCER_H */
