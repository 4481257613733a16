/*
 * keywords.h
 *		What the table of keywords is made of: compile, check and say of each one.
 *
 * compile reads the keyword's value; check looks at an instance, of a type that the keyword says
 * something about; say words the failure.
 */
#ifndef DM_JSONSCHEMA_KEYWORDS_H
#define DM_JSONSCHEMA_KEYWORDS_H

#include "jsonschema/keyword.h"

#define JS_COMPILE(name) \
	extern bool dm_js_compile_##name(JsCompile *compile, JsSchema *schema, JsKeyword *keyword)
#define JS_CHECK(name)                                                                           \
	extern bool dm_js_check_##name(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks, \
								   List **failures)
#define JS_SAY(name) extern char *dm_js_say_##name(JsKeyword *keyword, JsFailure *failure)

/* keyword_value.c */
JS_COMPILE(type);
JS_CHECK(type);
JS_SAY(type);
JS_COMPILE(enum);
JS_CHECK(enum);
JS_SAY(enum);
JS_CHECK(const);
JS_SAY(const);
JS_COMPILE(number);
JS_COMPILE(bound);
JS_COMPILE(divisor);
JS_CHECK(maximum);
JS_SAY(maximum);
JS_CHECK(minimum);
JS_SAY(minimum);
JS_CHECK(multiple);
JS_SAY(multiple);
JS_COMPILE(count);
JS_CHECK(max_length);
JS_CHECK(min_length);
JS_SAY(length);
JS_COMPILE(pattern);
JS_CHECK(pattern);
JS_SAY(pattern);
JS_COMPILE(format);
JS_CHECK(format);
JS_SAY(format);

/* keyword_array.c */
JS_CHECK(max_count);
JS_CHECK(min_count);
JS_SAY(count);
JS_COMPILE(boolean);
JS_CHECK(unique);
JS_SAY(unique);
JS_CHECK(prefix_items);
JS_COMPILE(items);
JS_CHECK(items);
JS_COMPILE(additional_items);
JS_SAY(items);
JS_COMPILE(contains);
JS_CHECK(contains);
JS_SAY(contains);
JS_CHECK(unevaluated_items);

/* keyword_object.c */
JS_COMPILE(names);
JS_CHECK(required);
JS_SAY(required);
JS_COMPILE(dependent);
JS_CHECK(dependent);
JS_SAY(dependent);
JS_CHECK(dependent_schemas);
JS_SAY(dependent_schemas);
JS_CHECK(property_names);
JS_SAY(property_names);
JS_CHECK(properties);
JS_COMPILE(pattern_properties);
JS_CHECK(pattern_properties);
JS_COMPILE(additional);
JS_CHECK(additional);
JS_SAY(additional);
JS_CHECK(unevaluated);

/* keyword_logic.c */
JS_COMPILE(ref);
JS_CHECK(ref);
JS_COMPILE(dynamic_ref);
JS_CHECK(dynamic_ref);
JS_COMPILE(recursive_ref);
JS_CHECK(recursive_ref);
JS_CHECK(all_of);
JS_CHECK(any_of);
JS_SAY(any_of);
JS_CHECK(one_of);
JS_SAY(one_of);
JS_CHECK(not );
JS_SAY(not );
JS_COMPILE(if);
JS_CHECK(if);

#endif /* DM_JSONSCHEMA_KEYWORDS_H */
