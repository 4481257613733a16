/*
 * schemalabel.h
 *		Which domain a schema belongs to, and whose ports it holds.
 *
 * Both are security labels on the schema: they follow a rename, go with the
 * schema, come back with a dump, and a schema can have only one.
 */
#ifndef DM_REGISTRY_SCHEMALABEL_H
#define DM_REGISTRY_SCHEMALABEL_H

#include "nodes/pg_list.h"

/* name of the domain that the schema belongs to, NULL for none */
extern char *dm_schema_domain(Oid nspid);

/* label of the product whose ports live in the schema, NULL for none */
extern char *dm_schema_product(Oid nspid);

/* give the schema to a domain or a product; NULL takes the label away */
extern void dm_schema_set_domain(Oid nspid, const char *domain);
extern void dm_schema_set_product(Oid nspid, const char *product_label);

/* OIDs of the schemas of a domain */
extern List *dm_schema_list(const char *domain);

/* fails unless the text has the form of a schema's label */
extern void dm_schema_label_check(const char *label);

#endif /* DM_REGISTRY_SCHEMALABEL_H */
