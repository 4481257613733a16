/*
 * rolegrant.h
 *		Roles that come into a domain, or leave it, by membership.
 */
#ifndef DM_BOUNDARY_ROLEGRANT_H
#define DM_BOUNDARY_ROLEGRANT_H

#include "catalog/command.h"
#include "registry/domain.h"

/* datamesh.role_grants */
typedef enum DmRoleGrants
{
	DM_ROLE_GRANTS_WARN,
	DM_ROLE_GRANTS_REFUSE
} DmRoleGrants;

extern int dm_role_grants;

/* Before and after a command, from the utility hook: roles have no event triggers. */
extern void dm_rolegrant_before(DmCommand *command);
extern void dm_rolegrant_after(DmCommand *command);

/*
 * Revokes what the role, and its members, were granted on the domain's objects while they belonged
 * to it.  Nothing happens to those who still do.
 */
extern void dm_rolegrant_evict(DmDomain *domain, Oid roleid);

#endif /* DM_BOUNDARY_ROLEGRANT_H */
