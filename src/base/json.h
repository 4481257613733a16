/*
 * json.h
 *		Reading and building jsonb without its ceremony.
 *
 * A JsonbValue that these functions fill points into the container that it was read from, as
 * the server's own do: a string has no terminator, and a nested object or array is jbvBinary.
 */
#ifndef DM_BASE_JSON_H
#define DM_BASE_JSON_H

#include "utils/jsonb.h"

/* The value of the whole document; a scalar is unwrapped. */
extern void dm_json_root(Jsonb *document, JsonbValue *value);

/* The nested object or array, NULL if the value is not one. */
extern JsonbContainer *dm_json_as_object(const JsonbValue *value);
extern JsonbContainer *dm_json_as_array(const JsonbValue *value);

/* The text of a scalar, numbers and booleans as they are written; NULL for null and containers. */
extern char *dm_json_scalar_text(const JsonbValue *value);

/* "object", "array", "string", "number", "boolean", "null" */
extern const char *dm_json_type_name(const JsonbValue *value);

/*
 * Members of an object.  All take any container, NULL, too, and find nothing in one that is no
 * object.
 */
extern bool dm_json_find(JsonbContainer *object, const char *key, JsonbValue *value);
extern char *dm_json_text(JsonbContainer *object, const char *key);
extern bool dm_json_bool(JsonbContainer *object, const char *key, bool *value);
extern bool dm_json_int(JsonbContainer *object, const char *key, int *value);
extern bool dm_json_array(JsonbContainer *object, const char *key, JsonbContainer **array);
extern bool dm_json_object(JsonbContainer *object, const char *key, JsonbContainer **member);

/* The number of elements or of keys, and the elements of an array by number from 0. */
extern int dm_json_count(JsonbContainer *container);
extern bool dm_json_element(JsonbContainer *array, int i, JsonbValue *value);

/*
 * The members of an object or the elements of an array, one after the other:
 *
 *		dm_json_each(&each, container);
 *		while (dm_json_next(&each))
 *			... each.key (NULL in an array), each.index, each.value ...
 */
typedef struct DmJsonEach
{
	JsonbIterator *iterator;
	char *key; /* terminated */
	int index; /* from 0; in an object in the order of jsonb */
	JsonbValue value;
} DmJsonEach;

extern void dm_json_each(DmJsonEach *each, JsonbContainer *container);
extern bool dm_json_next(DmJsonEach *each);

/* Whether two values are the same JSON value; 1.0 and 1.00 are. */
extern bool dm_json_equal(const JsonbValue *a, const JsonbValue *b);

/* A value as a document of its own. */
extern Jsonb *dm_json_document(const JsonbValue *value);

/*
 * JSON pointers (RFC 6901).  The first two add a segment to one; dm_pointer_get finds what one
 * points to.
 */
extern char *dm_pointer(const char *parent, const char *key);
extern char *dm_pointer_i(const char *parent, int i);
extern bool dm_pointer_get(Jsonb *document, const char *pointer, JsonbValue *value);

/* The next segment of a pointer, unescaped, and the place behind it; NULL at the end. */
extern char *dm_pointer_next(const char **pointer);

/* The number that a segment is if it is an array's: digits without leading zeros; else -1. */
extern int dm_pointer_index(const char *segment);

/*
 * Building.  In an object each addition has a key, in an array NULL.  A NULL text adds nothing.
 * The outermost call begins the document.  Texts are not copied before dm_json_done():
 *
 *		DmJsonBuilder b = { NULL };
 *
 *		dm_json_begin_object(&b, NULL);
 *		dm_json_add_text(&b, "name", "x");
 *		dm_json_end_object(&b);
 *		return dm_json_done(&b);
 */
typedef struct DmJsonBuilder
{
	JsonbParseState *state;
	JsonbValue *result;
} DmJsonBuilder;

extern void dm_json_begin_object(DmJsonBuilder *builder, const char *key);
extern void dm_json_end_object(DmJsonBuilder *builder);
extern void dm_json_begin_array(DmJsonBuilder *builder, const char *key);
extern void dm_json_end_array(DmJsonBuilder *builder);
extern void dm_json_add_text(DmJsonBuilder *builder, const char *key, const char *value);
extern void dm_json_add_bool(DmJsonBuilder *builder, const char *key, bool value);
extern void dm_json_add_int(DmJsonBuilder *builder, const char *key, int64 value);
extern void dm_json_add_number(DmJsonBuilder *builder, const char *key, const char *number);
extern void dm_json_add_null(DmJsonBuilder *builder, const char *key);
extern void dm_json_add_value(DmJsonBuilder *builder, const char *key, const JsonbValue *value);
extern void dm_json_add_container(DmJsonBuilder *builder, const char *key, JsonbContainer *value);
extern Jsonb *dm_json_done(DmJsonBuilder *builder);

#endif /* DM_BASE_JSON_H */
