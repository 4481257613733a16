/*
 * keyword_array.c
 *		Keywords about arrays, and the counts of children that objects have as well.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "jsonschema/keywords.h"

bool
dm_js_check_max_count(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks,
					  List **failures)
{
	return node->count <= keyword->count ||
		   dm_js_fail(keyword, node, NULL, node->count, NIL, failures);
}

bool
dm_js_check_min_count(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks,
					  List **failures)
{
	return node->count >= keyword->count ||
		   dm_js_fail(keyword, node, NULL, node->count, NIL, failures);
}

char *
dm_js_say_count(JsKeyword *keyword, JsFailure *failure)
{
	return psprintf("has " INT64_FORMAT " %s, and must have %s " INT64_FORMAT,
					failure->number, failure->node->type == JS_ARRAY ? "elements" : "members",
					failure->number > keyword->count ? "at most" : "at least", keyword->count);
}

/* Keywords that ask for something only where they are true. */
bool
dm_js_compile_boolean(JsCompile *compile, JsSchema *schema, JsKeyword *keyword)
{
	if (keyword->node->type != JS_BOOLEAN)
		return dm_js_complain(compile, keyword->node, "%s must be true or false",
							  keyword->def->name);
	return keyword->node->value.boolean;
}

static int
by_hash_and_place(const void *a, const void *b)
{
	JsNode *one = *(JsNode *const *) a;
	JsNode *other = *(JsNode *const *) b;

	if (dm_js_hash(one) != dm_js_hash(other))
		return dm_js_hash(one) < dm_js_hash(other) ? -1 : 1;
	return one->index - other->index;
}

bool
dm_js_check_unique(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks, List **failures)
{
	JsNode **sorted = palloc_array(JsNode *, Max(node->count, 1));
	bool valid = true;

	for (int i = 0; i < node->count; i++)
		sorted[i] = &node->value.children[i];
	qsort(sorted, node->count, sizeof(JsNode *), by_hash_and_place);
	for (int i = 0; i < node->count && (valid || failures != NULL); i++)
	{
		CHECK_FOR_INTERRUPTS();
		/* equal values lie side by side, but for values that share a hash by chance */
		for (int j = i - 1; j >= 0 && dm_js_hash(sorted[j]) == dm_js_hash(sorted[i]); j--)
		{
			if (!dm_js_equal(sorted[j], sorted[i]))
				continue;
			valid = dm_js_fail(keyword, node, sorted[i], sorted[j]->index, NIL, failures);
			break;
		}
	}
	pfree(sorted);
	return valid;
}

char *
dm_js_say_unique(JsKeyword *keyword, JsFailure *failure)
{
	return psprintf("element %d is equal to element " INT64_FORMAT ", and all must differ",
					failure->child->index, failure->number);
}

/* A subschema for one child.  True if it holds. */
static bool
check_child(JsRun *run, JsSchema *schema, JsNode *parent, int index, JsMarks *marks,
			List **failures)
{
	dm_js_mark(marks, index);
	return dm_js_evaluate(run, schema, &parent->value.children[index], NULL, failures);
}

/* A subschema for each child from a place on. */
static bool
check_rest(JsRun *run, JsKeyword *keyword, JsNode *node, int from, JsMarks *marks, List **failures)
{
	bool valid = true;

	/* one error for all that there should not be */
	if (keyword->schema->boolean && !keyword->schema->answer && from < node->count)
		return dm_js_fail(keyword, node, &node->value.children[from], from, NIL, failures);
	for (int i = from; i < node->count; i++)
		if (!check_child(run, keyword->schema, node, i, marks, failures))
		{
			valid = false;
			if (failures == NULL)
				return false;
		}
	return valid;
}

static bool
check_list(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks, List **failures)
{
	bool valid = true;

	for (int i = 0; i < node->count && i < keyword->node->count; i++)
		if (!check_child(run, keyword->schemas[i], node, i, marks, failures))
			valid = false;
	return valid;
}

bool
dm_js_check_prefix_items(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks,
						 List **failures)
{
	return check_list(run, keyword, node, marks, failures);
}

bool
dm_js_compile_items(JsCompile *compile, JsSchema *schema, JsKeyword *keyword)
{
	JsNode *prefix = dm_js_get(schema->node, "prefixItems");

	if (schema->resource->draft == JS_2020 && keyword->node->type == JS_ARRAY)
		return dm_js_complain(compile, keyword->node,
							  "items must be a schema; a list of them is called prefixItems");
	if (schema->resource->draft == JS_2020 && prefix != NULL && prefix->type == JS_ARRAY)
		keyword->count = prefix->count;
	return true;
}

bool
dm_js_check_items(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks, List **failures)
{
	if (keyword->schema == NULL)
		return check_list(run, keyword, node, marks, failures);
	return check_rest(run, keyword, node, keyword->count, marks, failures);
}

bool
dm_js_compile_additional_items(JsCompile *compile, JsSchema *schema, JsKeyword *keyword)
{
	JsNode *items = dm_js_get(schema->node, "items");

	/* without a list before it, it says nothing */
	if (items == NULL || items->type != JS_ARRAY)
		return false;
	keyword->count = items->count;
	return true;
}

char *
dm_js_say_items(JsKeyword *keyword, JsFailure *failure)
{
	return psprintf("has %d elements, and none is allowed from number " INT64_FORMAT " on",
					failure->node->count, failure->number);
}

bool
dm_js_compile_contains(JsCompile *compile, JsSchema *schema, JsKeyword *keyword)
{
	JsNode *least = dm_js_get(schema->node, "minContains");
	JsNode *most = dm_js_get(schema->node, "maxContains");

	keyword->count = 1;
	keyword->most = PG_INT32_MAX;
	if (schema->resource->draft < JS_2019 || !schema->resource->validates)
		return true;
	if (least != NULL && !dm_js_count(least, &keyword->count))
		return dm_js_complain(compile, least, "minContains must be a count");
	if (most != NULL && !dm_js_count(most, &keyword->most))
		return dm_js_complain(compile, most, "maxContains must be a count");
	return true;
}

bool
dm_js_check_contains(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks,
					 List **failures)
{
	int64 found = 0;

	for (int i = 0; i < node->count; i++)
	{
		if (!dm_js_evaluate(run, keyword->schema, &node->value.children[i], NULL, NULL))
			continue;
		found++;
		if (keyword->owner->resource->draft == JS_2020)
			dm_js_mark(marks, i);
	}
	return (found >= keyword->count && found <= keyword->most) ||
		   dm_js_fail(keyword, node, NULL, found, NIL, failures);
}

char *
dm_js_say_contains(JsKeyword *keyword, JsFailure *failure)
{
	bool few = failure->number < keyword->count;

	return psprintf(INT64_FORMAT " elements are what it must contain, %s " INT64_FORMAT " must be",
					failure->number, few ? "at least" : "at most",
					few ? keyword->count : keyword->most);
}

bool
dm_js_check_unevaluated_items(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks,
							  List **failures)
{
	bool valid = true;

	for (int i = 0; i < node->count; i++)
	{
		if (dm_js_marked(marks, i))
			continue;
		if (keyword->schema->boolean && !keyword->schema->answer)
			valid = dm_js_fail(keyword, node, &node->value.children[i], i, NIL, failures);
		else if (!check_child(run, keyword->schema, node, i, marks, failures))
			valid = false;
		dm_js_mark(marks, i);
		if (!valid && (failures == NULL || keyword->schema->boolean))
			return false;
	}
	return valid;
}
