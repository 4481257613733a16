/*
 * privilege.h
 *		The privileges that agreements give: USAGE on the schema of a product's
 *		ports and SELECT on the ports.
 *
 * The caller holds the lock of the product's domain.
 */
#ifndef DM_ACCESS_PRIVILEGE_H
#define DM_ACCESS_PRIVILEGE_H

#include "nodes/pg_list.h"

#include "registry/product.h"

/*
 * Rows of pg_class cannot be toasted, so the ACL of a port must fit into one
 * page: 16 bytes for each direct consumer.
 */
#define DM_MAX_CONSUMERS 400

/* Gives the roles their privileges on these ports of the product; leaves out dropped roles. */
extern void dm_privilege_grant(DmProduct *product, List *views, List *roles);

/* Takes back what the roles have on all ports of the product. */
extern void dm_privilege_revoke(DmProduct *product, List *roles);

#endif /* DM_ACCESS_PRIVILEGE_H */
