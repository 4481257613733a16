/*
 * implied.h
 *		The parts of comparing schemas: what is known of a value, and what is asked of it.
 *
 * Facts are schemas, all of which hold for the value.  A keyword of the target is implied if they
 * leave no value that it refuses.
 */
#ifndef DM_JSONSCHEMA_IMPLIED_H
#define DM_JSONSCHEMA_IMPLIED_H

#include "jsonschema/compat.h"

/* A set of types, in which a number is one without fraction or one with it. */
#define JS_ALL_TYPES \
	(JS_NULL | JS_BOOLEAN | JS_NUMBER | JS_STRING | JS_ARRAY | JS_OBJECT | JS_INTEGER)

typedef struct JsCompare
{
	List *obstacles;
	List *assumed;					 /* what is being found out: schemas refer to themselves */
	int lowest;						 /* the outermost assumption that has been relied on */
	int silent;						 /* obstacles are not noted: one of several ways is tried */
	struct js_answers_hash *answers; /* what has been found out */
	int64 steps;
} JsCompare;

/* Whether the facts imply the schema.  Notes why not. */
extern bool dm_js_implied(JsCompare *compare, List *facts, JsSchema *target);
/* The same without a note. */
extern bool dm_js_implied_silently(JsCompare *compare, List *facts, JsSchema *target);
/* Notes an obstacle; false. */
extern bool dm_js_obstacle(JsCompare *compare, JsNode *node, const char *kind);

/* The types that the facts leave. */
extern int dm_js_fact_types(List *facts);
/* Whether no value is left, as far as a schema "false" tells. */
extern bool dm_js_impossible(List *facts);

/* implied_value.c */
extern bool dm_js_implied_value(JsCompare *compare, List *facts, JsKeyword *keyword, bool *known);
extern bool dm_js_implied_annotation(JsCompare *compare, List *facts, JsSchema *target);

/* implied_nested.c */
extern bool dm_js_implied_object(JsCompare *compare, List *facts, JsKeyword *keyword, bool *known);
extern bool dm_js_implied_array(JsCompare *compare, List *facts, JsSchema *target);

#endif /* DM_JSONSCHEMA_IMPLIED_H */
