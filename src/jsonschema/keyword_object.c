/*
 * keyword_object.c
 *		Keywords about objects.
 */
#include "postgres.h"

#include "jsonschema/keywords.h"

/* a key as text */
static char *
key_text(JsNode *node)
{
	return pnstrdup(node->key, node->keylen);
}

static bool
is_name_list(JsNode *node)
{
	if (node->type != JS_ARRAY)
		return false;
	for (int i = 0; i < node->count; i++)
		if (node->value.children[i].type != JS_STRING)
			return false;
	return true;
}

bool
dm_js_compile_names(JsCompile *compile, JsSchema *schema, JsKeyword *keyword)
{
	if (!is_name_list(keyword->node))
		return dm_js_complain(compile, keyword->node, "%s must be an array of strings",
							  keyword->def->name);
	return true;
}

/* The first name of the list, from *at on, that the object lacks, or NULL; *at is behind it. */
static JsNode *
next_missing(JsNode *names, JsNode *object, int *at)
{
	while (*at < names->count)
	{
		JsNode *name = &names->value.children[(*at)++];

		if (dm_js_member(object, name->value.string, name->count) == NULL)
			return name;
	}
	return NULL;
}

bool
dm_js_check_required(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks,
					 List **failures)
{
	bool valid = true;
	JsNode *missing;
	int at = 0;

	while ((missing = next_missing(keyword->node, node, &at)) != NULL)
	{
		valid = dm_js_fail(keyword, node, missing, 0, NIL, failures);
		if (failures == NULL)
			break;
	}
	return valid;
}

char *
dm_js_say_required(JsKeyword *keyword, JsFailure *failure)
{
	return psprintf("lacks the member %s", dm_js_show(failure->child));
}

/* dependentRequired; dependencies, whose values may be schemas, too */
bool
dm_js_compile_dependent(JsCompile *compile, JsSchema *schema, JsKeyword *keyword)
{
	JsNode *value = keyword->node;

	if (value->type != JS_OBJECT)
		return dm_js_complain(compile, value, "%s must be an object", keyword->def->name);
	for (int i = 0; i < value->count; i++)
		if ((keyword->schemas == NULL || keyword->schemas[i] == NULL) &&
			!is_name_list(&value->value.children[i]))
			return dm_js_complain(compile, &value->value.children[i],
								  "%s must have arrays of strings as members", keyword->def->name);
	return true;
}

bool
dm_js_check_dependent(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks,
					  List **failures)
{
	bool valid = true;

	for (int i = 0; i < keyword->node->count; i++)
	{
		JsNode *names = &keyword->node->value.children[i];
		JsNode *missing;
		int at = 0;

		if (dm_js_member(node, names->key, names->keylen) == NULL)
			continue;
		if (keyword->schemas != NULL && keyword->schemas[i] != NULL)
			valid &= dm_js_evaluate(run, keyword->schemas[i], node, marks, failures);
		else
			while ((missing = next_missing(names, node, &at)) != NULL)
				valid = dm_js_fail(keyword, node, missing, 0, NIL, failures);
	}
	return valid;
}

char *
dm_js_say_dependent(JsKeyword *keyword, JsFailure *failure)
{
	return psprintf("lacks the member %s, which \"%s\" asks for", dm_js_show(failure->child),
					key_text(failure->child->parent));
}

bool
dm_js_check_dependent_schemas(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks,
							  List **failures)
{
	bool valid = true;

	for (int i = 0; i < keyword->node->count; i++)
	{
		JsNode *key = &keyword->node->value.children[i];

		if (dm_js_member(node, key->key, key->keylen) != NULL)
			valid &= dm_js_evaluate(run, keyword->schemas[i], node, marks, failures);
	}
	return valid;
}

char *
dm_js_say_dependent_schemas(JsKeyword *keyword, JsFailure *failure)
{
	return psprintf("is not what the member \"%s\" asks for", key_text(failure->child));
}

/* A key is a value of its own, at the place of the member. */
bool
dm_js_check_property_names(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks,
						   List **failures)
{
	bool valid = true;

	for (int i = 0; i < node->count; i++)
	{
		JsNode *member = &node->value.children[i];
		JsNode *name = palloc0_object(JsNode);
		List *causes = NIL;

		name->type = JS_STRING;
		name->value.string = member->key;
		name->count = member->keylen;
		name->parent = node;
		name->key = member->key;
		name->keylen = member->keylen;
		if (!dm_js_evaluate(run, keyword->schema, name, NULL, failures == NULL ? NULL : &causes))
			valid = dm_js_fail(keyword, node, member, 0, causes, failures);
	}
	return valid;
}

char *
dm_js_say_property_names(JsKeyword *keyword, JsFailure *failure)
{
	return psprintf("has a member \"%s\", whose name is not allowed", key_text(failure->child));
}

bool
dm_js_check_properties(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks,
					   List **failures)
{
	bool valid = true;

	for (int i = 0; i < node->count; i++)
	{
		JsNode *member = &node->value.children[i];
		JsNode *property = dm_js_member(keyword->node, member->key, member->keylen);

		if (property == NULL)
			continue;
		dm_js_mark(marks, i);
		if (!dm_js_evaluate(run, property->schema, member, NULL, failures))
		{
			valid = false;
			if (failures == NULL)
				break;
		}
	}
	return valid;
}

bool
dm_js_compile_pattern_properties(JsCompile *compile, JsSchema *schema, JsKeyword *keyword)
{
	JsNode *value = keyword->node;

	keyword->patterns = palloc0_array(DmPattern *, Max(value->count, 1));
	for (int i = 0; i < value->count; i++)
	{
		JsNode *member = &value->value.children[i];
		char *error;

		keyword->patterns[i] = dm_pattern_compile(key_text(member), &error);
		if (keyword->patterns[i] == NULL)
			return dm_js_complain(compile, member, "\"%s\" is no regular expression: %s",
								  key_text(member), error);
	}
	return true;
}

bool
dm_js_check_pattern_properties(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks,
							   List **failures)
{
	bool valid = true;

	for (int i = 0; i < node->count; i++)
	{
		JsNode *member = &node->value.children[i];

		for (int j = 0; j < keyword->node->count; j++)
		{
			if (!dm_js_search(run, keyword->patterns[j], member))
				continue;
			dm_js_mark(marks, i);
			valid &= dm_js_evaluate(run, keyword->schemas[j], member, NULL, failures);
		}
	}
	return valid;
}

bool
dm_js_compile_additional(JsCompile *compile, JsSchema *schema, JsKeyword *keyword)
{
	keyword->beside = dm_js_get(schema->node, "properties");
	keyword->matching = dm_js_sibling(schema, "patternProperties");
	return true;
}

/* Whether properties or patternProperties beside the keyword speak of the member. */
static bool
is_additional(JsRun *run, JsKeyword *keyword, JsNode *member)
{
	JsKeyword *matching = keyword->matching;
	JsNode *properties = keyword->beside;

	if (properties != NULL && dm_js_member(properties, member->key, member->keylen) != NULL)
		return false;
	for (int i = 0; matching != NULL && i < matching->node->count; i++)
		if (dm_js_search(run, matching->patterns[i], member))
			return false;
	return true;
}

/* A member that no other keyword has looked at. */
static bool
check_left_over(JsRun *run, JsKeyword *keyword, JsNode *member, List **failures)
{
	if (keyword->schema->boolean && !keyword->schema->answer)
		return dm_js_fail(keyword, member, member, 0, NIL, failures);
	return dm_js_evaluate(run, keyword->schema, member, NULL, failures);
}

bool
dm_js_check_additional(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks,
					   List **failures)
{
	bool valid = true;

	for (int i = 0; i < node->count; i++)
	{
		JsNode *member = &node->value.children[i];

		if (!is_additional(run, keyword, member))
			continue;
		dm_js_mark(marks, i);
		valid &= check_left_over(run, keyword, member, failures);
		if (!valid && failures == NULL)
			break;
	}
	return valid;
}

char *
dm_js_say_additional(JsKeyword *keyword, JsFailure *failure)
{
	return psprintf("unknown member \"%s\"", key_text(failure->child));
}

bool
dm_js_check_unevaluated(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks,
						List **failures)
{
	bool valid = true;

	for (int i = 0; i < node->count; i++)
	{
		if (dm_js_marked(marks, i))
			continue;
		dm_js_mark(marks, i);
		valid &= check_left_over(run, keyword, &node->value.children[i], failures);
		if (!valid && failures == NULL)
			break;
	}
	return valid;
}
