/*
 * version.h
 *		Stored versions of contracts.
 *
 * A version is the document as it was parsed, and the text that it came from, byte for byte.
 * A draft is replaced by the next one; what was published never changes.  The contract of a
 * product is that of one major version of it: the product's row.
 *
 * Document and text are large, so they are read when asked for, which needs an active snapshot.
 */
#ifndef DM_CONTRACT_VERSION_H
#define DM_CONTRACT_VERSION_H

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "registry/product.h"

#define Anum_dm_contract_id			  1
#define Anum_dm_contract_product	  2
#define Anum_dm_contract_version	  3
#define Anum_dm_contract_state		  4
#define Anum_dm_contract_api_version  5
#define Anum_dm_contract_contract_id  6
#define Anum_dm_contract_tenant		  7
#define Anum_dm_contract_document	  8
#define Anum_dm_contract_source		  9
#define Anum_dm_contract_format		  10
#define Anum_dm_contract_held		  11
#define Anum_dm_contract_author		  12
#define Anum_dm_contract_created_at	  13
#define Anum_dm_contract_published_at 14
#define Anum_dm_contract_published_by 15
#define Anum_dm_contract_note		  16

typedef enum DmContractState
{
	DM_CONTRACT_DRAFT,		/* at most one for each product */
	DM_CONTRACT_ACTIVE,		/* the same */
	DM_CONTRACT_SUPERSEDED, /* by a later version of the same product */
	DM_CONTRACT_RETIRED		/* with its product */
} DmContractState;

typedef struct DmContractVersion
{
	int64 id;
	int64 product;
	char *version;
	DmContractState state;
	char *api_version; /* NULL where the document has none, like contract_id and tenant */
	char *contract_id;
	char *tenant;
	char *format; /* of the text: "yaml" or "json" */
	List *held;	  /* promises that the server itself keeps: C strings, see conform */
	char *author;
	TimestampTz created_at;
	TimestampTz published_at; /* 0 for a draft */
	char *published_by;
	char *note;
} DmContractVersion;

/* What a draft is made of; api_version, contract_id, tenant and note may be NULL. */
typedef struct DmContractDraft
{
	const char *version;
	const char *api_version;
	const char *contract_id;
	const char *tenant;
	Jsonb *document;
	const char *source;
	const char *format;
	const char *note;
} DmContractDraft;

extern const char *dm_contract_state_name(DmContractState state);

/* The active contract of a product, its draft: NULL for none. */
extern DmContractVersion *dm_contract_active(int64 product_id);
extern DmContractVersion *dm_contract_draft(int64 product_id);

/* All versions of a product's contract, in the order in which they were written. */
extern List *dm_contract_list(int64 product_id);

/* The version of that text; NULL for none. */
extern DmContractVersion *dm_contract_get(int64 product_id, const char *version);

/* A version by its number; NULL for none. */
extern DmContractVersion *dm_contract_get_by_number(int64 id);

/*
 * The newest version, of whatever product, of the contract with that id and tenant (which may be
 * NULL, and is compared without regard to case); NULL if the mesh does not know the contract.
 */
extern DmContractVersion *dm_contract_by_id(const char *contract_id, const char *tenant);

/* Whether two tenants, NULL for none, are the same one: case does not count. */
extern bool dm_same_tenant(const char *a, const char *b);

extern Jsonb *dm_contract_document(DmContractVersion *version);
extern char *dm_contract_source(DmContractVersion *version);

/*
 * Stores the draft in the place of the one that there was.  The product is locked.  Fails if
 * that version has been published, or if the contract belongs to another product.
 */
extern DmContractVersion *dm_contract_store_draft(DmProduct *product,
												  const DmContractDraft *draft);

/* Publishes the draft; the version that was active is superseded.  The product is locked. */
extern void dm_contract_activate(DmContractVersion *draft, List *held);

/* Notes which promises the server keeps from now on.  The product is locked. */
extern void dm_contract_set_held(DmContractVersion *version, List *held);

/* Deletes the product's draft if there is one.  The product is locked. */
extern void dm_contract_discard_draft(int64 product_id);

/* Contracts retire and go with their products. */
extern void dm_contract_init(void);

#endif /* DM_CONTRACT_VERSION_H */
