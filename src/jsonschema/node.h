/*
 * node.h
 *		A JSON value as a tree: what schemas and the documents they are asked about are read from.
 *
 * jsonb is compact, and dear to look around in: it knows neither where a value stands nor the place
 * of a key.  Validation asks for both all the time, so the value is unfolded once.
 */
#ifndef DM_JSONSCHEMA_NODE_H
#define DM_JSONSCHEMA_NODE_H

#include "lib/stringinfo.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

struct JsSchema;

/* Types are bits, so that the keyword "type" is a set of them. */
typedef enum JsType
{
	JS_NULL = 1,
	JS_BOOLEAN = 2,
	JS_NUMBER = 4,
	JS_STRING = 8,
	JS_ARRAY = 16,
	JS_OBJECT = 32,
	JS_INTEGER = 64 /* in sets only: a number without fraction */
} JsType;

typedef struct JsNode
{
	JsType type;
	uint32 hash; /* of the value; 0 until it is asked for */
	struct JsNode *parent;
	const char *key; /* in an object, not terminated; else NULL */
	int keylen;
	int index; /* place among the parent's children */
	int count; /* of children; bytes of a string */
	union
	{
		bool boolean;
		Numeric number;
		const char *string;		 /* not terminated */
		struct JsNode *children; /* an object's in the order of jsonb: by length, then by bytes */
	} value;
	struct JsSchema *schema;	 /* what the node was compiled to */
	struct JsResource *resource; /* that it belongs to, where it is known to be a schema */
} JsNode;

/* The tree points into the jsonb. */
extern JsNode *dm_js_tree(Jsonb *jsonb);

/* number of values in a tree */
extern int64 dm_js_size(JsNode *node);

/* a member of an object, NULL where there is none or it is no object */
extern JsNode *dm_js_member(JsNode *node, const char *key, int keylen);
extern JsNode *dm_js_get(JsNode *node, const char *key);

extern bool dm_js_is_integer(JsNode *node);
extern bool dm_js_equal(JsNode *a, JsNode *b);
extern uint32 dm_js_hash(JsNode *node);

/* text of a string; its number of characters */
extern char *dm_js_text(JsNode *node);
extern int dm_js_characters(JsNode *node);

/* a count in *value; false for a number that is none */
extern bool dm_js_count(JsNode *node, int64 *value);

/* JSON pointer of the node within its tree */
extern char *dm_js_pointer(JsNode *node);

/* the node that a JSON pointer (decoded of %xx) names, or NULL */
extern JsNode *dm_js_find(JsNode *root, const char *pointer);

/* the value for a message, at most some 60 bytes */
extern char *dm_js_show(JsNode *node);

extern const char *dm_js_type_name(JsType type);

#endif /* DM_JSONSCHEMA_NODE_H */
