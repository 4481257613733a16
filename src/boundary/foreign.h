/*
 * foreign.h
 *		Privileges of roles outside on what belongs to a domain.
 */
#ifndef DM_BOUNDARY_FOREIGN_H
#define DM_BOUNDARY_FOREIGN_H

#include "catalog/objectaddress.h"

#include "boundary/boundary.h"

/* What one role has been granted by one other on one object. */
typedef struct DmForeign
{
	ObjectAddress object; /* of pg_class, pg_proc, pg_namespace or pg_default_acl */
	DmGround *ground;
	Oid grantee; /* InvalidOid: PUBLIC */
	Oid grantor;
	bool owner;		  /* the grantee owns the object: nothing was granted */
	List *revocable;  /* in words: "SELECT", "UPDATE (email)" */
	List *privileges; /* the same with a star where he may grant it on; or "OWNER" */
} DmForeign;

/*
 * Of one relation, function or schema in the ground.  Those that were accepted (acceptance.h) are
 * among them.
 */
extern List *dm_foreign_of(DmGround *ground, Oid classid, Oid objid);

/* Of a schema and all that is in it, default privileges included. */
extern List *dm_foreign_of_schema(DmGround *ground);

/* Of all that belongs to a domain: its schemas and those of its ports. */
extern List *dm_foreign_of_domain(DmDomain *domain);

/* The same with the ports of one product only. */
extern List *dm_foreign_of_product(DmProduct *product);

/* The foreign privileges that have not been accepted. */
extern List *dm_foreign_unaccepted(List *foreign);

/* Privileges as strings, each with what comes after its name. */
extern List *dm_privilege_words(AclMode privs, const char *after);

/* The schema that default privileges are for; InvalidOid for all schemas. */
extern Oid dm_default_acl_schema(Oid defaclid);

/* The object's kind and name, as pg_identify_object gives them. */
extern char *dm_foreign_kind(DmForeign *foreign);
extern char *dm_foreign_name(DmForeign *foreign);

/* The command that takes the privilege away, or gives the object to the domain's owner. */
extern char *dm_foreign_remedy(DmForeign *foreign);

/* Takes it away, with what was granted on.  Must not be an owner's. */
extern void dm_foreign_revoke(DmForeign *foreign);

/* "SELECT on table sales.customer for role \"bob\"" */
extern char *dm_foreign_text(DmForeign *foreign);

#endif /* DM_BOUNDARY_FOREIGN_H */
