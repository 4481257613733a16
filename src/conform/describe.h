/*
 * describe.h
 *		A contract (ODCS v3.1.0) inferred from the live catalog.
 */
#ifndef DM_CONFORM_DESCRIBE_H
#define DM_CONFORM_DESCRIBE_H

#include "base/json.h"
#include "registry/product.h"

/* the version of the standard in which contracts are described */
#define DM_DESCRIBE_API_VERSION "v3.1.0"

/*
 * Name under which other machines reach this server (datamesh.host), for the server entries of
 * contracts.
 */
extern char *dm_host;

/*
 * The whole contract of a product, or of a relation as a product of its own would have it.  The
 * same catalog gives the same contract in every session.  With examples, values from the planner's
 * statistics are in it, as far as the caller may see them and they give nobody away.  Rights are
 * checked by the caller.
 */
extern Jsonb *dm_describe_product(DmProduct *product, bool examples);
extern Jsonb *dm_describe_relation(Oid relid, bool examples);

/* What a product of this name gets as the id of its contract: the same in every database. */
extern char *dm_describe_contract_id(const char *domain, const char *product);

#endif /* DM_CONFORM_DESCRIBE_H */
