/*
 * sharing.h
 *		Copies of a product stay where they are: handing one on takes the owner's word.
 */
#ifndef DM_BOUNDARY_SHARING_H
#define DM_BOUNDARY_SHARING_H

#include "catalog/command.h"

/*
 * Fails (MD007) if the relation holds data of a copy and somebody has been given it who neither
 * may read the product himself nor was named by dm_allow_sharing.
 */
extern void dm_sharing_check(Oid relid);

/* The same after a role, 0 for everybody, has lost what dm_allow_sharing gave: it may own it. */
extern void dm_sharing_check_revoked(Oid relid, Oid role);

/*
 * Looks at what a command left: privileges, owners, views, inheritance, publications.  Superusers
 * pass.
 */
extern void dm_sharing_after(DmCommand *command);

/* The same for what fires no event trigger. */
extern void dm_sharing_after_utility(DmCommand *command);

extern void dm_sharing_init(void);

#endif /* DM_BOUNDARY_SHARING_H */
