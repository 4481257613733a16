/*
 * schema.h
 *		JSON Schema, drafts 2019-09 and 2020-12: compile once, check documents.
 */
#ifndef DM_JSONSCHEMA_SCHEMA_H
#define DM_JSONSCHEMA_SCHEMA_H

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

typedef struct DmJsonSchema DmJsonSchema;

/*
 * The document that $ref or $schema names by an absolute URI without fragment; NULL where nobody
 * has registered one.  There is no other way to a document: no file, no network.
 */
typedef Jsonb *(*DmSchemaResolver)(const char *uri, void *arg);

/* One way in which a document is not what its schema asks for. */
typedef struct DmSchemaError
{
	char *pointer;		  /* into the document */
	const char *keyword;  /* of the schema */
	char *schema_pointer; /* to the keyword, within its schema document */
	char *message;
} DmSchemaError;

/*
 * Compiles a schema into a child of the current memory context; freed by dm_json_schema_free.
 * NULL, and errors among the findings (source "schema", pointers into the schema), if it is none.
 * The schema must stay where it is.  uri is what its references are relative to unless it has an
 * $id of its own; NULL for nothing.
 */
extern DmJsonSchema *dm_json_schema_compile(Jsonb *schema, const char *uri, List **findings,
											DmSchemaResolver resolver, void *arg);
extern void dm_json_schema_free(DmJsonSchema *schema);

/*
 * The errors of the document, at most so many, a List of DmSchemaError *.  formats: "format" is an assertion, and no
 * annotation.  The result is in the current memory context.
 */
extern List *dm_json_schema_errors(DmJsonSchema *schema, Jsonb *document, bool formats, int most);

/* The same with formats, as findings. */
extern void dm_json_schema_check(DmJsonSchema *schema, Jsonb *document, List **findings);

#endif /* DM_JSONSCHEMA_SCHEMA_H */
