/*
 * acceptance.h
 *		Privileges of roles outside that governance has accepted by name.
 */
#ifndef DM_BOUNDARY_ACCEPTANCE_H
#define DM_BOUNDARY_ACCEPTANCE_H

#include "catalog/objectaddress.h"
#include "nodes/pg_list.h"

#define Anum_dm_accepted_grant_id		   1
#define Anum_dm_accepted_grant_relation	   2
#define Anum_dm_accepted_grant_schema_name 3
#define Anum_dm_accepted_grant_grantee	   4
#define Anum_dm_accepted_grant_privileges  5
#define Anum_dm_accepted_grant_reason	   6
#define Anum_dm_accepted_grant_accepted_at 7
#define Anum_dm_accepted_grant_accepted_by 8

/*
 * Only privileges on relations and schemas are accepted.  These are what has been accepted on
 * the object for the role, in the words of DmForeign.privileges.
 */
extern List *dm_acceptance(const ObjectAddress *object, Oid grantee);

/* True if all these privileges on the object were accepted for the role. */
extern bool dm_accepted(const ObjectAddress *object, Oid grantee, List *privileges);

extern void dm_acceptance_insert(const ObjectAddress *object, Oid grantee, List *privileges,
								 const char *reason);

/* False if nothing was accepted. */
extern bool dm_acceptance_delete(const ObjectAddress *object, Oid grantee);

/* The role is being dropped: what was accepted for it is forgotten. */
extern void dm_acceptance_role_dropped(Oid roleid);

#endif /* DM_BOUNDARY_ACCEPTANCE_H */
