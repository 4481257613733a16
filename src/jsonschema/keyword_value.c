/*
 * keyword_value.c
 *		Keywords about single values: type, enum, bounds, lengths, pattern, format.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/fmgrprotos.h"

#include "jsonschema/keywords.h"
#include "jsonschema/schema_format.h"

#define SHOWN_VALUES 10

static int
compare_numbers(JsNode *a, JsNode *b)
{
	return DatumGetInt32(DirectFunctionCall2(numeric_cmp, NumericGetDatum(a->value.number),
											 NumericGetDatum(b->value.number)));
}

/* The type that a string names, 0 for none. */
static int
named_type(JsNode *name)
{
	static const JsType types[] = { JS_NULL, JS_BOOLEAN, JS_NUMBER, JS_STRING, JS_ARRAY,
									JS_OBJECT, JS_INTEGER };

	if (name->type == JS_STRING)
		for (int i = 0; i < lengthof(types); i++)
			if (strcmp(dm_js_text(name), dm_js_type_name(types[i])) == 0)
				return types[i];
	return 0;
}

bool
dm_js_compile_type(JsCompile *compile, JsSchema *schema, JsKeyword *keyword)
{
	JsNode *value = keyword->node;
	JsNode *names = value->type == JS_ARRAY ? value->value.children : value;
	int count = value->type == JS_ARRAY ? value->count : 1;

	for (int i = 0; i < count; i++)
	{
		int type = named_type(&names[i]);

		if (type == 0)
			return dm_js_complain(compile, &names[i], "%s is no type", dm_js_show(&names[i]));
		keyword->types |= type;
	}
	return true;
}

bool
dm_js_check_type(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks, List **failures)
{
	if ((keyword->types & node->type) != 0 ||
		((keyword->types & JS_INTEGER) != 0 && dm_js_is_integer(node)))
		return true;
	return dm_js_fail(keyword, node, NULL, 0, NIL, failures);
}

char *
dm_js_say_type(JsKeyword *keyword, JsFailure *failure)
{
	StringInfoData out;
	bool first = true;

	initStringInfo(&out);
	appendStringInfo(&out, "is %s, and must be ", dm_js_show(failure->node));
	for (int type = JS_NULL; type <= JS_INTEGER; type <<= 1)
	{
		if ((keyword->types & type) == 0)
			continue;
		appendStringInfo(&out, "%s%s", first ? "" : " or ", dm_js_type_name(type));
		first = false;
	}
	return out.data;
}

static int
by_hash(const void *a, const void *b)
{
	uint32 one = dm_js_hash(*(JsNode *const *) a);
	uint32 other = dm_js_hash(*(JsNode *const *) b);

	return one < other ? -1 : one > other;
}

bool
dm_js_compile_enum(JsCompile *compile, JsSchema *schema, JsKeyword *keyword)
{
	JsNode *value = keyword->node;

	if (value->type != JS_ARRAY)
		return dm_js_complain(compile, value, "enum must be an array");
	keyword->sorted = palloc_array(JsNode *, Max(value->count, 1));
	for (int i = 0; i < value->count; i++)
		keyword->sorted[i] = &value->value.children[i];
	qsort(keyword->sorted, value->count, sizeof(JsNode *), by_hash);
	return true;
}

bool
dm_js_check_enum(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks, List **failures)
{
	uint32 hash = dm_js_hash(node);
	int low = 0;
	int high = keyword->node->count;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (dm_js_hash(keyword->sorted[middle]) < hash)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < keyword->node->count && dm_js_hash(keyword->sorted[low]) == hash; low++)
		if (dm_js_equal(keyword->sorted[low], node))
			return true;
	return dm_js_fail(keyword, node, NULL, 0, NIL, failures);
}

char *
dm_js_say_enum(JsKeyword *keyword, JsFailure *failure)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "is %s, and must be one of ", dm_js_show(failure->node));
	for (int i = 0; i < keyword->node->count && i < SHOWN_VALUES; i++)
		appendStringInfo(&out, "%s%s", i == 0 ? "" : ", ",
						 dm_js_show(&keyword->node->value.children[i]));
	if (keyword->node->count > SHOWN_VALUES)
		appendStringInfo(&out, " and %d more", keyword->node->count - SHOWN_VALUES);
	return out.data;
}

bool
dm_js_check_const(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks, List **failures)
{
	return dm_js_equal(keyword->node, node) ||
		   dm_js_fail(keyword, node, NULL, 0, NIL, failures);
}

char *
dm_js_say_const(JsKeyword *keyword, JsFailure *failure)
{
	return psprintf("is %s, and must be %s", dm_js_show(failure->node),
					dm_js_show(keyword->node));
}

bool
dm_js_compile_number(JsCompile *compile, JsSchema *schema, JsKeyword *keyword)
{
	/* draft 4 had a flag of that name, which stands in the schema for minimum or maximum */
	keyword->exclusive = true;
	if (keyword->node->type != JS_NUMBER)
		return dm_js_complain(compile, keyword->node, "%s must be a number", keyword->def->name);
	return true;
}

bool
dm_js_compile_bound(JsCompile *compile, JsSchema *schema, JsKeyword *keyword)
{
	JsNode *flag;

	if (!dm_js_compile_number(compile, schema, keyword))
		return false;
	flag = dm_js_get(schema->node, strcmp(keyword->def->name, "maximum") == 0 ? "exclusiveMaximum" :
																				"exclusiveMinimum");
	keyword->exclusive = schema->resource->draft == JS_DRAFT4 && flag != NULL &&
						 flag->type == JS_BOOLEAN && flag->value.boolean;
	return true;
}

bool
dm_js_compile_divisor(JsCompile *compile, JsSchema *schema, JsKeyword *keyword)
{
	if (!dm_js_compile_number(compile, schema, keyword))
		return false;
	if (DatumGetBool(DirectFunctionCall2(numeric_le, NumericGetDatum(keyword->node->value.number),
										 NumericGetDatum(int64_to_numeric(0)))))
		return dm_js_complain(compile, keyword->node, "multipleOf must be greater than 0");
	return true;
}

bool
dm_js_check_maximum(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks, List **failures)
{
	int order = compare_numbers(node, keyword->node);

	return order < 0 || (order == 0 && !keyword->exclusive) ||
		   dm_js_fail(keyword, node, NULL, 0, NIL, failures);
}

char *
dm_js_say_maximum(JsKeyword *keyword, JsFailure *failure)
{
	return psprintf("is %s, and must be %s %s", dm_js_show(failure->node),
					keyword->exclusive ? "less than" : "at most", dm_js_show(keyword->node));
}

bool
dm_js_check_minimum(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks, List **failures)
{
	int order = compare_numbers(node, keyword->node);

	return order > 0 || (order == 0 && !keyword->exclusive) ||
		   dm_js_fail(keyword, node, NULL, 0, NIL, failures);
}

char *
dm_js_say_minimum(JsKeyword *keyword, JsFailure *failure)
{
	return psprintf("is %s, and must be %s %s", dm_js_show(failure->node),
					keyword->exclusive ? "greater than" : "at least", dm_js_show(keyword->node));
}

bool
dm_js_check_multiple(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks, List **failures)
{
	Datum rest = DirectFunctionCall2(numeric_mod, NumericGetDatum(node->value.number),
									 NumericGetDatum(keyword->node->value.number));

	return DatumGetBool(DirectFunctionCall2(numeric_eq, rest,
											NumericGetDatum(int64_to_numeric(0)))) ||
		   dm_js_fail(keyword, node, NULL, 0, NIL, failures);
}

char *
dm_js_say_multiple(JsKeyword *keyword, JsFailure *failure)
{
	return psprintf("is %s, and must be a multiple of %s", dm_js_show(failure->node),
					dm_js_show(keyword->node));
}

bool
dm_js_compile_count(JsCompile *compile, JsSchema *schema, JsKeyword *keyword)
{
	if (!dm_js_count(keyword->node, &keyword->count))
		return dm_js_complain(compile, keyword->node, "%s must be a count, and is %s",
							  keyword->def->name, dm_js_show(keyword->node));
	return true;
}

bool
dm_js_check_max_length(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks,
					   List **failures)
{
	int length;

	/* no character is shorter than a byte */
	if (node->count <= keyword->count)
		return true;
	length = dm_js_characters(node);
	return length <= keyword->count || dm_js_fail(keyword, node, NULL, length, NIL, failures);
}

bool
dm_js_check_min_length(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks,
					   List **failures)
{
	int length = dm_js_characters(node);

	return length >= keyword->count || dm_js_fail(keyword, node, NULL, length, NIL, failures);
}

char *
dm_js_say_length(JsKeyword *keyword, JsFailure *failure)
{
	return psprintf("has " INT64_FORMAT " characters, and must have %s " INT64_FORMAT,
					failure->number, failure->number > keyword->count ? "at most" : "at least",
					keyword->count);
}

bool
dm_js_compile_pattern(JsCompile *compile, JsSchema *schema, JsKeyword *keyword)
{
	char *error;

	if (keyword->node->type != JS_STRING)
		return dm_js_complain(compile, keyword->node, "pattern must be a string");
	keyword->patterns = palloc_object(DmPattern *);
	keyword->patterns[0] = dm_pattern_compile(dm_js_text(keyword->node), &error);
	if (keyword->patterns[0] == NULL)
		return dm_js_complain(compile, keyword->node, "%s is no regular expression: %s",
							  dm_js_show(keyword->node), error);
	return true;
}

bool
dm_js_check_pattern(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks, List **failures)
{
	return dm_pattern_search(keyword->patterns[0], node->value.string, node->count) ||
		   dm_js_fail(keyword, node, NULL, 0, NIL, failures);
}

char *
dm_js_say_pattern(JsKeyword *keyword, JsFailure *failure)
{
	return psprintf("is %s, which does not match the pattern %s", dm_js_show(failure->node),
					dm_js_show(keyword->node));
}

bool
dm_js_compile_format(JsCompile *compile, JsSchema *schema, JsKeyword *keyword)
{
	if (keyword->node->type != JS_STRING)
		return dm_js_complain(compile, keyword->node, "format must be a string");
	keyword->count = dm_js_format_number(dm_js_text(keyword->node));
	/* an unknown format says nothing */
	return keyword->count >= 0;
}

bool
dm_js_check_format(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks, List **failures)
{
	return !dm_js_formats(run) ||
		   dm_js_format_check(keyword->count, node->value.string, node->count) ||
		   dm_js_fail(keyword, node, NULL, 0, NIL, failures);
}

char *
dm_js_say_format(JsKeyword *keyword, JsFailure *failure)
{
	return psprintf("is %s, which is no %s", dm_js_show(failure->node),
					dm_js_text(keyword->node));
}
