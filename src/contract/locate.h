/*
 * locate.h
 *		What a contract speaks of: relations by their physical names, ports by theirs.
 */
#ifndef DM_CONTRACT_LOCATE_H
#define DM_CONTRACT_LOCATE_H

#include "nodes/pg_list.h"

#include "contract/model.h"
#include "registry/domain.h"
#include "registry/product.h"

typedef enum DmPlace
{
	DM_PLACE_MISSING,	/* there is none, yet */
	DM_PLACE_FOUND,		/* in a schema of the domain */
	DM_PLACE_OUTSIDE,	/* the contract names a schema that is not of the domain */
	DM_PLACE_AMBIGUOUS, /* several schemas of the domain have one */
	DM_PLACE_OTHER		/* no table or view has the name, but something else has */
} DmPlace;

typedef struct DmLocation
{
	DmPlace place;
	Oid relid;	  /* valid for DM_PLACE_FOUND only */
	char *schema; /* where it is, or was looked for; NULL for "in the domain's schemas" */
} DmLocation;

/*
 * The relation that a contract of the domain means by a physical name, "schema.relation" or
 * "relation", both in their exact case.  schema, which may be NULL, is where the contract's
 * server has the relations; binding tells that this server is the present database, so that
 * the contract means that schema and no other.  No privilege is asked for.
 */
extern void dm_contract_locate(DmDomain *domain, const char *physical_name, const char *schema,
							   bool binding, DmLocation *location);

/*
 * The same for an object of a contract, by its servers: the one that is the present database is
 * binding, else the schema of the first PostgreSQL server is tried.
 */
extern void dm_object_locate(DmDomain *domain, DmContract *contract, DmObject *object,
							 DmLocation *location);

/* Why a location is not DM_PLACE_FOUND, as a sentence. */
extern char *dm_location_problem(DmDomain *domain, const char *physical_name,
								 DmLocation *location);

/* Are the relations of all objects of the contract there? */
extern bool dm_contract_is_located(DmDomain *domain, DmContract *contract);

/* The same of the draft of a product's contract; true without one. */
extern bool dm_draft_is_located(DmProduct *product);

/* Name of the port that an object of that name gets. */
extern char *dm_contract_port_name(const char *object_name);

/* The product's live port for the object: the one of that very name, else of the name above. */
extern Oid dm_contract_port(int64 product_id, const char *object_name);

#endif /* DM_CONTRACT_LOCATE_H */
