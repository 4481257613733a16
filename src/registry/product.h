/*
 * product.h
 *		Data products and the machine of their status.
 */
#ifndef DM_REGISTRY_PRODUCT_H
#define DM_REGISTRY_PRODUCT_H

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "utils/date.h"

#include "catalog/table.h"
#include "registry/domain.h"

#define Anum_dm_product_id				 1
#define Anum_dm_product_domain			 2
#define Anum_dm_product_name			 3
#define Anum_dm_product_major			 4
#define Anum_dm_product_description		 5
#define Anum_dm_product_owner			 6
#define Anum_dm_product_status			 7
#define Anum_dm_product_open_ended		 8
#define Anum_dm_product_deprecated_until 9
#define Anum_dm_product_successor		 10
#define Anum_dm_product_created_at		 11
#define Anum_dm_product_created_by		 12
#define Anum_dm_product_published_at	 13
#define Anum_dm_product_deprecated_at	 14
#define Anum_dm_product_retired_at		 15
#define Anum_dm_product_compatibility	 16
#define Anum_dm_product_contract_mode	 17

/* what a product promises of its changes unless it says otherwise; see contract/mode.h */
#define DM_COMPATIBILITY_DEFAULT "FORWARD"

typedef enum DmStatus
{
	DM_PROPOSED, /* declared; nothing to read yet, or not all that its contract has */
	DM_DRAFT,	 /* has ports, read by its producers only */
	DM_ACTIVE,
	DM_DEPRECATED, /* still served; readers are told the successor */
	DM_RETIRED
} DmStatus;

typedef struct DmProduct
{
	int64 id;
	DmDomain *domain;
	char *name; /* without the domain */
	int major;
	char *literal; /* in ports and labels: 'sales.customers', and 'sales.customers@2' */
	char *label;   /* for users, to whom no '@' is the version in use: may end in '@1' */
	char *description;
	Oid owner;
	DmStatus status;
	bool open_ended;		  /* agreements without an end are allowed */
	DateADT deprecated_until; /* 0 when has_until is false */
	bool has_until;
	char *successor;
	char *compatibility; /* see contract/mode.h */
	char *contract_mode; /* the same; NULL for the setting's */
} DmProduct;

/*
 * The product that a text names.  'sales.customers' is the version in use (active, else
 * deprecated, else the newest); 'sales.customers@2' is that major version.  An unknown name
 * is an error that tells the nearest ones, or NULL with missing_ok.
 */
extern DmProduct *dm_product_get(const char *text, bool missing_ok);

/* The product that a literal (see above) names, NULL for none. */
extern DmProduct *dm_product_get_by_literal(const char *literal);

/* The product of that number: an error, or NULL, if it is gone. */
extern DmProduct *dm_product_get_by_id(int64 id);
extern DmProduct *dm_product_find_by_id(int64 id);

/* Splits 'domain.name[@major]', or fails; *major is 0 where the text has none. */
extern void dm_product_parse(const char *text, char **domain, char **name, int *major);

/* Writes the changed columns of a product's row. */
extern void dm_product_update(DmProduct *product, DmRow *row);

/* All products of a domain, or of the mesh with domain id 0. */
extern List *dm_product_list(int64 domain_id);

/*
 * The product, with its domain locked against other changes until the end of the transaction,
 * after the check that the caller may manage it: members of the domain's owner and of the
 * product's owner may.
 */
extern DmProduct *dm_product_get_for_update(const char *text);

extern bool dm_product_may_manage(DmProduct *product, Oid roleid);
extern void dm_product_check_manage(DmProduct *product);

/*
 * Registers a product that is proposed.  The domain is locked, the name is one word, and the
 * major version is greater than those that there are (dm_product_last_major).
 */
extern DmProduct *dm_product_create(DmDomain *domain, const char *name, int major,
									const char *description, Oid owner, bool open_ended);

/* All major versions of a name, the oldest first. */
extern List *dm_product_majors(DmDomain *domain, const char *name);

/* The greatest major version of a name, 0 for none. */
extern int dm_product_last_major(DmDomain *domain, const char *name);

/* Fails unless the role may own products of the domain: its owner, or a role of the domain. */
extern void dm_product_check_owner(DmDomain *domain, Oid owner);

/* Gives the products that belong to the domain's old owner to the new one. */
extern void dm_product_transfer(DmDomain *domain, Oid new_owner);

/* Deletes a retired product and the history of its ports. */
extern void dm_product_forget(DmProduct *product);

extern const char *dm_status_name(DmStatus status);

/* True while consumers with an agreement read the product: active or deprecated. */
extern bool dm_product_is_served(DmProduct *product);

#endif /* DM_REGISTRY_PRODUCT_H */
