/*
 * keywords.c
 *		The table of keywords, in the order in which they are compiled and checked.
 *
 * References come first, what is cheap before what applies subschemas, a keyword after the
 * siblings that it looks at, and unevaluated... after everything that evaluates.
 */
#include "postgres.h"

#include "jsonschema/keywords.h"

#define ANY		 (JS_NULL | JS_BOOLEAN | JS_NUMBER | JS_STRING | JS_ARRAY | JS_OBJECT)
#define NESTING	 (JS_ARRAY | JS_OBJECT)
#define ALWAYS	 JS_DRAFT4, JS_2020
#define SINCE_7	 JS_DRAFT7, JS_2020
#define SINCE_19 JS_2019, JS_2020
#define UNTIL_7	 JS_DRAFT4, JS_DRAFT7
#define UNTIL_19 JS_DRAFT4, JS_2019

#define FN(kind, name) dm_js_##kind##_##name

const JsKeywordDef dm_js_keywords[] = {
	/* places for schemas that others refer to */
	{ "$defs", ALWAYS, false, 0, JS_SCHEMA_MAP, NULL, NULL, NULL },
	{ "definitions", ALWAYS, false, 0, JS_SCHEMA_MAP, NULL, NULL, NULL },

	/* references */
	{ "$ref", ALWAYS, false, ANY, JS_VALUE, FN(compile, ref), FN(check, ref), NULL },
	{ "$dynamicRef", JS_2020, JS_2020, false, ANY, JS_VALUE,
	  FN(compile, dynamic_ref), FN(check, dynamic_ref), NULL },
	{ "$recursiveRef", JS_2019, JS_2019, false, ANY, JS_VALUE,
	  FN(compile, recursive_ref), FN(check, recursive_ref), NULL },

	/* values */
	{ "type", ALWAYS, true, ANY, JS_VALUE, FN(compile, type), FN(check, type), FN(say, type) },
	{ "enum", ALWAYS, true, ANY, JS_VALUE, FN(compile, enum), FN(check, enum), FN(say, enum) },
	{ "const", SINCE_7, true, ANY, JS_VALUE, NULL, FN(check, const), FN(say, const) },
	{ "multipleOf", ALWAYS, true, JS_NUMBER, JS_VALUE,
	  FN(compile, divisor), FN(check, multiple), FN(say, multiple) },
	{ "maximum", ALWAYS, true, JS_NUMBER, JS_VALUE,
	  FN(compile, bound), FN(check, maximum), FN(say, maximum) },
	{ "exclusiveMaximum", SINCE_7, true, JS_NUMBER, JS_VALUE,
	  FN(compile, number), FN(check, maximum), FN(say, maximum) },
	{ "minimum", ALWAYS, true, JS_NUMBER, JS_VALUE,
	  FN(compile, bound), FN(check, minimum), FN(say, minimum) },
	{ "exclusiveMinimum", SINCE_7, true, JS_NUMBER, JS_VALUE,
	  FN(compile, number), FN(check, minimum), FN(say, minimum) },
	{ "maxLength", ALWAYS, true, JS_STRING, JS_VALUE,
	  FN(compile, count), FN(check, max_length), FN(say, length) },
	{ "minLength", ALWAYS, true, JS_STRING, JS_VALUE,
	  FN(compile, count), FN(check, min_length), FN(say, length) },
	{ "pattern", ALWAYS, true, JS_STRING, JS_VALUE,
	  FN(compile, pattern), FN(check, pattern), FN(say, pattern) },
	{ "format", ALWAYS, false, JS_STRING, JS_VALUE,
	  FN(compile, format), FN(check, format), FN(say, format) },

	/* counts and names */
	{ "maxItems", ALWAYS, true, JS_ARRAY, JS_VALUE,
	  FN(compile, count), FN(check, max_count), FN(say, count) },
	{ "minItems", ALWAYS, true, JS_ARRAY, JS_VALUE,
	  FN(compile, count), FN(check, min_count), FN(say, count) },
	{ "uniqueItems", ALWAYS, true, JS_ARRAY, JS_VALUE,
	  FN(compile, boolean), FN(check, unique), FN(say, unique) },
	{ "maxProperties", ALWAYS, true, JS_OBJECT, JS_VALUE,
	  FN(compile, count), FN(check, max_count), FN(say, count) },
	{ "minProperties", ALWAYS, true, JS_OBJECT, JS_VALUE,
	  FN(compile, count), FN(check, min_count), FN(say, count) },
	{ "required", ALWAYS, true, JS_OBJECT, JS_VALUE,
	  FN(compile, names), FN(check, required), FN(say, required) },
	{ "dependentRequired", SINCE_19, true, JS_OBJECT, JS_VALUE,
	  FN(compile, dependent), FN(check, dependent), FN(say, dependent) },

	/* schemas of what is within */
	{ "prefixItems", JS_2020, JS_2020, false, JS_ARRAY, JS_SCHEMA_LIST,
	  NULL, FN(check, prefix_items), NULL },
	{ "items", ALWAYS, false, JS_ARRAY, JS_SCHEMA_OR_LIST,
	  FN(compile, items), FN(check, items), FN(say, items) },
	{ "additionalItems", UNTIL_19, false, JS_ARRAY, JS_SCHEMA,
	  FN(compile, additional_items), FN(check, items), FN(say, items) },
	{ "contains", SINCE_7, false, JS_ARRAY, JS_SCHEMA,
	  FN(compile, contains), FN(check, contains), FN(say, contains) },
	{ "propertyNames", SINCE_7, false, JS_OBJECT, JS_SCHEMA,
	  NULL, FN(check, property_names), FN(say, property_names) },
	{ "properties", ALWAYS, false, JS_OBJECT, JS_SCHEMA_MAP,
	  NULL, FN(check, properties), NULL },
	{ "patternProperties", ALWAYS, false, JS_OBJECT, JS_SCHEMA_MAP,
	  FN(compile, pattern_properties), FN(check, pattern_properties), NULL },
	{ "additionalProperties", ALWAYS, false, JS_OBJECT, JS_SCHEMA,
	  FN(compile, additional), FN(check, additional), FN(say, additional) },

	/* several schemas for one value */
	{ "dependentSchemas", SINCE_19, false, JS_OBJECT, JS_SCHEMA_MAP,
	  NULL, FN(check, dependent_schemas), FN(say, dependent_schemas) },
	{ "dependencies", UNTIL_7, false, JS_OBJECT, JS_SCHEMA_OR_STRINGS,
	  FN(compile, dependent), FN(check, dependent), FN(say, dependent) },
	{ "allOf", ALWAYS, false, ANY, JS_SCHEMA_LIST, NULL, FN(check, all_of), NULL },
	{ "anyOf", ALWAYS, false, ANY, JS_SCHEMA_LIST, NULL, FN(check, any_of), FN(say, any_of) },
	{ "oneOf", ALWAYS, false, ANY, JS_SCHEMA_LIST, NULL, FN(check, one_of), FN(say, one_of) },
	{ "not", ALWAYS, false, ANY, JS_SCHEMA, NULL, FN(check, not ), FN(say, not ) },
	{ "if", SINCE_7, false, ANY, JS_SCHEMA, FN(compile, if), FN(check, if), NULL },
	{ "then", SINCE_7, false, 0, JS_SCHEMA, NULL, NULL, NULL },
	{ "else", SINCE_7, false, 0, JS_SCHEMA, NULL, NULL, NULL },

	/* what nobody else has looked at */
	{ "unevaluatedItems", SINCE_19, false, JS_ARRAY, JS_SCHEMA,
	  NULL, FN(check, unevaluated_items), FN(say, items) },
	{ "unevaluatedProperties", SINCE_19, false, JS_OBJECT, JS_SCHEMA,
	  NULL, FN(check, unevaluated), FN(say, additional) },
};

const int dm_js_nkeywords = lengthof(dm_js_keywords);
