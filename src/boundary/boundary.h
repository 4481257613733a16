/*
 * boundary.h
 *		Where the boundary of a domain runs, and who is inside.
 *
 * Inside are the members of the domain's owner role and of its declared producers, and
 * superusers.  Everybody else is outside, PUBLIC too, and reads ports.
 */
#ifndef DM_BOUNDARY_BOUNDARY_H
#define DM_BOUNDARY_BOUNDARY_H

#include "nodes/pg_list.h"
#include "utils/acl.h"

#include "registry/product.h"

/* A schema as the boundary sees it. */
typedef struct DmGround
{
	Oid nspid;
	DmDomain *domain;	/* NULL: none, and nothing is guarded */
	DmProduct *product; /* whose ports the schema holds, NULL for a schema of data */
} DmGround;

/* What the schema is; *known keeps the answers for the next question. */
extern DmGround *dm_ground(List **known, Oid nspid);

/*
 * The same for a change of privileges in the schema: until the end of the transaction it is
 * neither given to a domain nor taken from one, and the domain's members stay the same.
 */
extern DmGround *dm_ground_locked(List **known, Oid nspid);

/* The schema of an object of pg_class, pg_proc or pg_namespace; InvalidOid if it is gone. */
extern Oid dm_namespace_of(Oid classid, Oid objid);

/* True if the role, or PUBLIC (InvalidOid), belongs to the domain of the ground. */
extern bool dm_ground_inside(DmGround *ground, Oid roleid);

/*
 * True if the role may hold these privileges on an object in the ground: everything if it is
 * inside; on a port and its schema also what an agreement gives.  classid and objid name the
 * object; privs are those with and without grant option, option only the former.
 */
extern bool dm_ground_allows(DmGround *ground, Oid roleid, Oid classid, Oid objid, AclMode privs,
							 AclMode option);

/* "role \"bob\"", "PUBLIC" */
extern char *dm_grantee_text(Oid roleid);

/* "SELECT, UPDATE" */
extern char *dm_privileges_text(AclMode privs);

#endif /* DM_BOUNDARY_BOUNDARY_H */
