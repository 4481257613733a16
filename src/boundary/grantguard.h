/*
 * grantguard.h
 *		Keeps privileges on what belongs to a domain inside of it.
 */
#ifndef DM_BOUNDARY_GRANTGUARD_H
#define DM_BOUNDARY_GRANTGUARD_H

#include "catalog/command.h"

/* After a DDL command of others, from the event trigger. */
extern void dm_grantguard_after(DmCommand *command);

/* After REASSIGN OWNED, which has no event triggers, from the utility hook. */
extern void dm_grantguard_reassigned(DmCommand *command);

/* Revokes what default privileges gave to roles outside on an object that was just made. */
extern void dm_grantguard_strip(Oid classid, Oid objid);

#endif /* DM_BOUNDARY_GRANTGUARD_H */
