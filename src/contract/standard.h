/*
 * standard.h
 *		The JSON schemas of contract standards: rows of datamesh.contract_schema.
 */
#ifndef DM_CONTRACT_STANDARD_H
#define DM_CONTRACT_STANDARD_H

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "jsonschema/schema.h"

#define Anum_dm_contract_schema_standard 1
#define Anum_dm_contract_schema_version	 2
#define Anum_dm_contract_schema_built_in 3
#define Anum_dm_contract_schema_uri		 4
#define Anum_dm_contract_schema_document 5
#define Anum_dm_contract_schema_source	 6
#define Anum_dm_contract_schema_licence	 7
#define Anum_dm_contract_schema_added_at 8
#define Anum_dm_contract_schema_added_by 9

/*
 * Checks a document with the schema of its standard ("odcs", "odps", "dpds") and version, with
 * formats; the findings are of source "schema".  A version may be written with or without its "v".
 * False where there is no such schema.
 */
extern bool dm_contract_schema_check(const char *standard, const char *version, Jsonb *document,
									 List **findings);

/* The versions of a standard, as C strings, the oldest first. */
extern List *dm_contract_schema_versions(const char *standard);

/* A DmSchemaResolver: the stored schema whose $id the URI is. */
extern Jsonb *dm_contract_schema_resolve(const char *uri, void *arg);

/*
 * Compiles a schema, which may refer to stored ones, into the current memory context, or fails with
 * all that is wrong with it.
 */
extern DmJsonSchema *dm_contract_schema_compile(Jsonb *schema, const char *uri);

/* Changes whenever stored schemas change, as far as the session has heard. */
extern uint64 dm_contract_schema_epoch(void);

#endif /* DM_CONTRACT_STANDARD_H */
