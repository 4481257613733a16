/*
 * implied_nested.c
 *		Comparing schemas: objects and arrays.
 *
 * What is known of a member is what each fact says of that name: by properties, by the patterns
 * that match it, or else by additionalProperties.  Names that nobody mentions are asked about as
 * one, and so are those that a pattern stands for.
 */
#include "postgres.h"

#include "jsonschema/implied.h"

/* Whether a schema's patternProperties match the name; adds their schemas. */
static bool
add_matching(JsSchema *schema, const char *key, int keylen, List **found)
{
	JsKeyword *patterns = dm_js_sibling(schema, "patternProperties");
	bool matches = false;

	for (int i = 0; patterns != NULL && i < patterns->node->count; i++)
	{
		if (!dm_pattern_search(patterns->patterns[i], key, keylen))
			continue;
		matches = true;
		if (found != NULL)
			*found = lappend(*found, patterns->schemas[i]);
	}
	return matches;
}

/* What the facts say of the member with this name. */
static List *
member_facts(List *facts, const char *key, int keylen)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, facts)
	{
		JsKeyword *properties = dm_js_sibling(lfirst(lc), "properties");
		JsKeyword *additional = dm_js_sibling(lfirst(lc), "additionalProperties");
		JsNode *named = properties == NULL ? NULL : dm_js_member(properties->node, key, keylen);
		bool matches = add_matching(lfirst(lc), key, keylen, &result);

		if (named != NULL)
			result = lappend(result, named->schema);
		else if (!matches && additional != NULL)
			result = lappend(result, additional->schema);
	}
	return result;
}

/*
 * What the facts say of members whose names are not mentioned: all of them (pattern NULL), or
 * those that the pattern stands for.
 */
static List *
other_facts(List *facts, JsNode *pattern)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, facts)
	{
		JsKeyword *patterns = dm_js_sibling(lfirst(lc), "patternProperties");
		JsKeyword *additional = dm_js_sibling(lfirst(lc), "additionalProperties");
		JsNode *same = patterns == NULL || pattern == NULL ?
						   NULL :
						   dm_js_member(patterns->node, pattern->key, pattern->keylen);

		if (same != NULL)
			result = lappend(result, same->schema);
		else if (additional != NULL && (patterns == NULL || pattern == NULL))
			result = lappend(result, additional->schema);
	}
	return result;
}

static bool
properties_implied(JsCompare *compare, List *facts, JsKeyword *keyword)
{
	bool implied = true;

	for (int i = 0; i < keyword->node->count; i++)
	{
		JsNode *member = &keyword->node->value.children[i];

		implied &= dm_js_implied(compare, member_facts(facts, member->key, member->keylen),
								 member->schema);
	}
	return implied;
}

/* Calls for each name that the facts' properties mention. */
typedef bool (*MemberCheck)(JsCompare *compare, List *facts, JsKeyword *keyword, JsNode *member);

static bool
for_mentioned(JsCompare *compare, List *facts, JsKeyword *keyword, MemberCheck check)
{
	bool implied = true;
	ListCell *lc;

	foreach(lc, facts)
	{
		JsKeyword *properties = dm_js_sibling(lfirst(lc), "properties");

		for (int i = 0; properties != NULL && i < properties->node->count; i++)
			implied &= check(compare, facts, keyword, &properties->node->value.children[i]);
	}
	return implied;
}

static bool
pattern_member_implied(JsCompare *compare, List *facts, JsKeyword *keyword, JsNode *member)
{
	bool implied = true;

	for (int i = 0; i < keyword->node->count; i++)
		if (dm_pattern_search(keyword->patterns[i], member->key, member->keylen))
			implied &= dm_js_implied(compare, member_facts(facts, member->key, member->keylen),
									 keyword->schemas[i]);
	return implied;
}

static bool
patterns_implied(JsCompare *compare, List *facts, JsKeyword *keyword)
{
	bool implied = for_mentioned(compare, facts, keyword, pattern_member_implied);

	for (int i = 0; i < keyword->node->count; i++)
		implied &= dm_js_implied(compare, other_facts(facts, &keyword->node->value.children[i]),
								 keyword->schemas[i]);
	return implied;
}

/* Names that the target does not know; where it refuses them, the obstacle is the name. */
static bool
unknown_implied(JsCompare *compare, List *known, JsKeyword *keyword, JsNode *place)
{
	if (keyword->schema->boolean && !keyword->schema->answer && !dm_js_impossible(known))
		return dm_js_obstacle(compare, place, keyword->def->name);
	return dm_js_implied(compare, known, keyword->schema);
}

/* A name that facts mention, and that is additional to the target. */
static bool
additional_member_implied(JsCompare *compare, List *facts, JsKeyword *keyword, JsNode *member)
{
	if ((keyword->beside != NULL &&
		 dm_js_member(keyword->beside, member->key, member->keylen) != NULL) ||
		add_matching(keyword->owner, member->key, member->keylen, NULL))
		return true;
	return unknown_implied(compare, member_facts(facts, member->key, member->keylen), keyword,
						   member);
}

static bool
additional_implied(JsCompare *compare, List *facts, JsKeyword *keyword)
{
	bool implied = for_mentioned(compare, facts, keyword, additional_member_implied);
	ListCell *lc;

	/* names that a pattern of the facts stands for, and none of the target's */
	foreach(lc, facts)
	{
		JsKeyword *patterns = dm_js_sibling(lfirst(lc), "patternProperties");

		for (int i = 0; patterns != NULL && i < patterns->node->count; i++)
		{
			JsNode *pattern = &patterns->node->value.children[i];

			if (keyword->matching == NULL ||
				dm_js_member(keyword->matching->node, pattern->key, pattern->keylen) == NULL)
				implied &= unknown_implied(compare, other_facts(facts, pattern), keyword, pattern);
		}
	}
	/* a different place can have failed for the same reason: one obstacle is enough */
	return implied && unknown_implied(compare, other_facts(facts, NULL), keyword, keyword->node);
}

/* Whether the facts allow no members but those that they mention; counts them. */
static bool
is_closed(List *facts, int *count)
{
	ListCell *lc;

	foreach(lc, facts)
	{
		JsKeyword *additional = dm_js_sibling(lfirst(lc), "additionalProperties");
		JsKeyword *properties = dm_js_sibling(lfirst(lc), "properties");

		if (additional == NULL || !additional->schema->boolean || additional->schema->answer ||
			dm_js_sibling(lfirst(lc), "patternProperties") != NULL)
			continue;
		*count = properties == NULL ? 0 : properties->node->count;
		return true;
	}
	return false;
}

/* Names are texts: what the facts' propertyNames say has to imply it, or each name is tried. */
static bool
names_implied(JsCompare *compare, List *facts, JsKeyword *keyword)
{
	List *names = NIL;
	ListCell *lc;
	int count;

	foreach(lc, facts)
	{
		JsKeyword *fact = dm_js_sibling(lfirst(lc), "propertyNames");
		JsKeyword *properties = dm_js_sibling(lfirst(lc), "properties");
		bool taken = true;

		if (fact != NULL)
			names = lappend(names, fact->schema);
		if (!is_closed(list_make1(lfirst(lc)), &count))
			continue;
		for (int i = 0; i < count && taken; i++)
		{
			JsNode name = { .type = JS_STRING };

			name.value.string = properties->node->value.children[i].key;
			name.count = properties->node->value.children[i].keylen;
			taken = dm_js_takes(keyword->schema, &name);
		}
		if (taken)
			return true;
	}
	return dm_js_implied(compare, names, keyword->schema);
}

static bool
is_required(List *facts, const char *key, int keylen)
{
	ListCell *lc;

	foreach(lc, facts)
	{
		JsKeyword *required = dm_js_sibling(lfirst(lc), "required");

		for (int i = 0; required != NULL && i < required->node->count; i++)
		{
			JsNode *name = &required->node->value.children[i];

			if (name->count == keylen && memcmp(name->value.string, key, keylen) == 0)
				return true;
		}
	}
	return false;
}

/* The value that a fact's keyword has for the name, or NULL; schema beside it, where it is one. */
static JsNode *
dependent_fact(JsSchema *fact, const char *const *names, JsNode *key, JsSchema **schema)
{
	*schema = NULL;
	for (int i = 0; i < 2; i++)
	{
		JsKeyword *keyword = dm_js_sibling(fact, names[i]);
		JsNode *value = keyword == NULL ? NULL :
										  dm_js_member(keyword->node, key->key, key->keylen);

		if (value != NULL)
		{
			if (keyword->schemas != NULL)
				*schema = keyword->schemas[value->index];
			return value;
		}
	}
	return NULL;
}

/* Names that a member asks for: required in any case, or asked for by a fact as well. */
static bool
dependent_names_implied(JsCompare *compare, List *facts, JsNode *names)
{
	static const char *const keywords[] = { "dependentRequired", "dependencies" };

	for (int i = 0; i < names->count; i++)
	{
		JsNode *name = &names->value.children[i];
		bool implied = is_required(facts, name->value.string, name->count);
		ListCell *lc;

		foreach(lc, facts)
		{
			JsSchema *schema;
			JsNode *fact = dependent_fact(lfirst(lc), keywords, names, &schema);

			for (int j = 0; fact != NULL && fact->type == JS_ARRAY && j < fact->count; j++)
				implied |= dm_js_equal(&fact->value.children[j], name);
		}
		if (!implied)
			return dm_js_obstacle(compare, name, "dependentRequired");
	}
	return true;
}

static bool
dependent_implied(JsCompare *compare, List *facts, JsKeyword *keyword)
{
	static const char *const keywords[] = { "dependentSchemas", "dependencies" };
	bool implied = true;

	for (int i = 0; i < keyword->node->count; i++)
	{
		JsNode *member = &keyword->node->value.children[i];
		List *with = list_copy(facts);
		ListCell *lc;

		if (dm_js_impossible(member_facts(facts, member->key, member->keylen)))
			continue;
		if (keyword->schemas == NULL || keyword->schemas[i] == NULL)
		{
			implied &= dependent_names_implied(compare, facts, member);
			continue;
		}
		foreach(lc, facts)
		{
			JsSchema *schema;

			(void) dependent_fact(lfirst(lc), keywords, member, &schema);
			if (schema != NULL)
				with = lappend(with, schema);
		}
		implied &= dm_js_implied(compare, with, keyword->schemas[i]);
	}
	return implied;
}

bool
dm_js_implied_object(JsCompare *compare, List *facts, JsKeyword *keyword, bool *known)
{
	const char *name = keyword->def->name;

	*known = true;
	if (strcmp(name, "properties") == 0)
		return properties_implied(compare, facts, keyword);
	if (strcmp(name, "patternProperties") == 0)
		return patterns_implied(compare, facts, keyword);
	if (strcmp(name, "additionalProperties") == 0)
		return additional_implied(compare, facts, keyword);
	if (strcmp(name, "propertyNames") == 0)
		return names_implied(compare, facts, keyword);
	if (strcmp(name, "dependentRequired") == 0 || strcmp(name, "dependentSchemas") == 0 ||
		strcmp(name, "dependencies") == 0)
		return dependent_implied(compare, facts, keyword);
	*known = false;
	return false;
}

/* The list of schemas at the front of arrays; NULL if there is none. */
static JsKeyword *
front(JsSchema *schema)
{
	JsKeyword *list = dm_js_sibling(schema, "prefixItems");
	JsKeyword *items = dm_js_sibling(schema, "items");

	if (list == NULL && items != NULL && items->schemas != NULL)
		list = items;
	return list;
}

/* The schema of the element, NULL where the schema says nothing of it. */
static JsSchema *
element_schema(JsSchema *schema, int index)
{
	JsKeyword *list = front(schema);
	JsKeyword *items = dm_js_sibling(schema, "items");
	JsKeyword *additional = dm_js_sibling(schema, "additionalItems");

	if (list != NULL && index < list->node->count)
		return list->schemas[index];
	if (items != NULL && items->schema != NULL)
		return items->schema;
	return additional == NULL ? NULL : additional->schema;
}

static List *
element_facts(List *facts, int index)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, facts)
	{
		JsSchema *schema = element_schema(lfirst(lc), index);
		JsKeyword *most = dm_js_sibling(lfirst(lc), "maxItems");

		if (schema != NULL)
			result = lappend(result, schema);
		if (most != NULL && most->count <= index)
		{
			/* there is no such element, which is what a schema "false" says */
			JsSchema *none = palloc0_object(JsSchema);

			none->boolean = true;
			result = lappend(result, none);
		}
	}
	return result;
}

static bool
contains_implied(JsCompare *compare, List *facts, JsKeyword *keyword)
{
	ListCell *lc;

	if (keyword->count == 0 && keyword->most == PG_INT32_MAX)
		return true;
	foreach(lc, facts)
	{
		JsKeyword *fact = dm_js_sibling(lfirst(lc), "contains");

		if (fact == NULL || fact->count < keyword->count ||
			!dm_js_implied_silently(compare, list_make1(fact->schema), keyword->schema))
			continue;
		/* no more than allowed, if whatever counts here counted there */
		if (keyword->most == PG_INT32_MAX ||
			(fact->most <= keyword->most &&
			 dm_js_implied_silently(compare, list_make1(keyword->schema), fact->schema)))
			return true;
	}
	return dm_js_obstacle(compare, keyword->node, keyword->def->name);
}

bool
dm_js_implied_array(JsCompare *compare, List *facts, JsSchema *target)
{
	JsKeyword *contains = dm_js_sibling(target, "contains");
	bool implied = contains == NULL || contains_implied(compare, facts, contains);
	int last = front(target) == NULL ? 0 : front(target)->node->count;
	ListCell *lc;

	foreach(lc, facts)
		if (front(lfirst(lc)) != NULL)
			last = Max(last, front(lfirst(lc))->node->count);
	/* one beyond every list stands for all the rest */
	for (int i = 0; i <= last; i++)
	{
		JsSchema *schema = element_schema(target, i);
		List *known = element_facts(facts, i);

		if (dm_js_impossible(known))
			break;
		if (schema != NULL && !dm_js_implied(compare, known, schema))
			implied = false;
	}
	return implied;
}
