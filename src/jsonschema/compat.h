/*
 * compat.h
 *		Whether data of one schema are data of another one.
 */
#ifndef DM_JSONSCHEMA_COMPAT_H
#define DM_JSONSCHEMA_COMPAT_H

#include "jsonschema/keyword.h"

/* A place at which data of one schema need not be data of the other one. */
typedef struct JsObstacle
{
	char *pointer; /* into the schema that would refuse them */
	const char *kind;
} JsObstacle;

/*
 * Why data that are valid under the first schema need not be valid under the second: a List of
 * JsObstacle *, NIL if they are.  What cannot be told is an obstacle.
 */
extern List *dm_js_obstacles(DmJsonSchema *from, DmJsonSchema *to);

/* The same for Avro: what keeps a reader of one schema from what a writer of the other wrote. */
extern List *dm_avro_obstacles(Jsonb *writer, Jsonb *reader);

#endif /* DM_JSONSCHEMA_COMPAT_H */
