/*
 * domain.h
 *		Domains: an owner role, its producers and its schemas.
 */
#ifndef DM_REGISTRY_DOMAIN_H
#define DM_REGISTRY_DOMAIN_H

#include "nodes/pg_list.h"

#define Anum_dm_domain_id		   1
#define Anum_dm_domain_name		   2
#define Anum_dm_domain_owner	   3
#define Anum_dm_domain_description 4
#define Anum_dm_domain_producers   5
#define Anum_dm_domain_created_at  6
#define Anum_dm_domain_created_by  7

typedef struct DmDomain
{
	int64 id;
	char *name;
	Oid owner;
	char *description;
	List *producers; /* role OIDs, without the owner */
} DmDomain;

/* The domain of that name; NULL or an error naming the nearest ones if there is none. */
extern DmDomain *dm_domain_get(const char *name, bool missing_ok);
extern DmDomain *dm_domain_get_by_id(int64 id);

/* All domains of the mesh. */
extern List *dm_domain_list(void);

/*
 * The same, locked against other changes until the end of the transaction, after
 * the check that the caller may manage it.
 */
extern DmDomain *dm_domain_get_for_update(const char *name);

/* Fails unless the current user has the rights of the domain's owner. */
extern void dm_domain_check_owner(DmDomain *domain);

/* True for the owner's members and the declared producers' members. */
extern bool dm_domain_is_producer(DmDomain *domain, Oid roleid);

/* Owner of the relation, or owner or producer of the domain that its schema belongs to. */
extern bool dm_is_insider(Oid relid, Oid roleid);

/* Fails if the role, which is about to be dropped, owns a domain of this database. */
extern void dm_domain_check_drop_role(Oid roleid);

#endif /* DM_REGISTRY_DOMAIN_H */
