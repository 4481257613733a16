/*
 * product_document.h
 *		Descriptions of products in the formats of others: ODPS 1.0 and DPDS 1.0.
 *
 * Like a contract, a document is kept as it was parsed, with all that it says; what the mesh
 * understands of it is read from it when it is needed.  Nothing that it refers to is fetched.
 */
#ifndef DM_EXCHANGE_PRODUCT_DOCUMENT_H
#define DM_EXCHANGE_PRODUCT_DOCUMENT_H

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "base/finding.h"
#include "registry/product.h"

#define Anum_dm_product_document_id			 1
#define Anum_dm_product_document_product	 2
#define Anum_dm_product_document_standard	 3
#define Anum_dm_product_document_version	 4
#define Anum_dm_product_document_document	 5
#define Anum_dm_product_document_source		 6
#define Anum_dm_product_document_format		 7
#define Anum_dm_product_document_imported_at 8
#define Anum_dm_product_document_imported_by 9

typedef enum DmProductStandard
{
	DM_ODPS,
	DM_DPDS
} DmProductStandard;

/* "odps", "dpds"; the other way round fails for anything else. */
extern const char *dm_product_standard_name(DmProductStandard standard);
extern DmProductStandard dm_product_standard(const char *name);

/* What all standards say of a port. */
typedef struct DmDeclaredPort
{
	char *pointer;
	const char *kind; /* input, output, discovery, observability, control, management */
	char *name;		  /* NULL where it stands in another document */
	char *version;
	char *description;
	char *contract_id;
} DmDeclaredPort;

/* What all standards say of a product.  Texts that are absent are NULL. */
typedef struct DmDeclaredProduct
{
	char *api_version;
	char *id;
	char *name;
	char *version;
	char *status;
	char *tenant;
	char *domain;
	char *description;
	char *owner;
	List *tags;	 /* char * */
	List *ports; /* DmDeclaredPort * */
} DmDeclaredProduct;

/* --- odps.c, dpds.c: findings are of source "import" --- */
extern DmDeclaredProduct *dm_odps_read(Jsonb *document, List **findings);
extern DmDeclaredProduct *dm_dpds_read(Jsonb *document, List **findings);
extern Jsonb *dm_odps_write(DmDeclaredProduct *product);
extern Jsonb *dm_dpds_write(DmDeclaredProduct *product);

/* Orders of keys for written documents; NULL at their ends. */
extern const char *const dm_odps_key_order[];
extern const char *const dm_dpds_key_order[];

/* Of two descriptors of a product: what the newer one breaks of the rules on versions. */
extern void dm_dpds_compare(DmDeclaredProduct *before, DmDeclaredProduct *after, List **findings);

/* findings may be NULL for a document that was read before. */
static inline DmDeclaredProduct *
dm_product_document_read(DmProductStandard standard, Jsonb *document, List **findings)
{
	List *unheard = NIL;

	if (findings == NULL)
		findings = &unheard;
	return standard == DM_ODPS ? dm_odps_read(document, findings) :
								 dm_dpds_read(document, findings);
}

/* --- product_document.c: the stored ones --- */
typedef struct DmProductDocument
{
	DmProductStandard standard;
	char *version;
	Jsonb *document;
	char *source;
	char *format; /* "yaml" or "json" */
} DmProductDocument;

/* The product's document of that standard; NULL for none. */
extern DmProductDocument *dm_product_document_get(int64 product_id, DmProductStandard standard);

/* Stores one in the place of the one that there was.  The product is locked. */
extern void dm_product_document_put(int64 product_id, const DmProductDocument *document);

extern void dm_product_document_init(void);

#endif /* DM_EXCHANGE_PRODUCT_DOCUMENT_H */
