/*
 * implied_value.c
 *		Comparing schemas: keywords about single values and counts.
 */
#include "postgres.h"

#include "utils/fmgrprotos.h"

#include "jsonschema/implied.h"

static int
compare_numbers(JsNode *a, JsNode *b)
{
	return DatumGetInt32(DirectFunctionCall2(numeric_cmp, NumericGetDatum(a->value.number),
											 NumericGetDatum(b->value.number)));
}

/* Whether a bound of a fact is at least as tight: upper is maximum, exclusive or not. */
static bool
bound_implied(List *facts, JsKeyword *bound, bool upper)
{
	const char *names[2];
	ListCell *lc;

	names[0] = upper ? "maximum" : "minimum";
	names[1] = upper ? "exclusiveMaximum" : "exclusiveMinimum";
	foreach(lc, facts)
		for (int i = 0; i < 2; i++)
		{
			JsKeyword *fact = dm_js_sibling(lfirst(lc), names[i]);
			int order = fact == NULL ? 0 : compare_numbers(fact->node, bound->node);

			if (fact == NULL)
				continue;
			if (upper ? order < 0 : order > 0)
				return true;
			if (order == 0 && (fact->exclusive || !bound->exclusive))
				return true;
		}
	return false;
}

static bool
multiple_implied(List *facts, JsKeyword *keyword)
{
	ListCell *lc;

	foreach(lc, facts)
	{
		JsKeyword *fact = dm_js_sibling(lfirst(lc), "multipleOf");
		Datum rest;

		if (fact == NULL)
			continue;
		rest = DirectFunctionCall2(numeric_mod, NumericGetDatum(fact->node->value.number),
								   NumericGetDatum(keyword->node->value.number));
		if (DatumGetBool(DirectFunctionCall2(numeric_eq, rest,
											 NumericGetDatum(int64_to_numeric(0)))))
			return true;
	}
	return false;
}

/* Whether the same keyword of a fact has a count that is at least as tight. */
static bool
count_implied(List *facts, JsKeyword *keyword, bool upper)
{
	ListCell *lc;

	if (!upper && keyword->count == 0)
		return true;
	foreach(lc, facts)
	{
		JsKeyword *fact = dm_js_sibling(lfirst(lc), keyword->def->name);

		if (fact != NULL &&
			(upper ? fact->count <= keyword->count : fact->count >= keyword->count))
			return true;
	}
	return false;
}

/* Whether a fact has the keyword with an equal value. */
static bool
same_implied(List *facts, const char *name, JsNode *value)
{
	ListCell *lc;

	foreach(lc, facts)
	{
		JsSchema *schema = lfirst(lc);
		JsNode *fact = schema->boolean ? NULL : dm_js_get(schema->node, name);

		if (fact != NULL && dm_js_equal(fact, value))
			return true;
	}
	return false;
}

static bool
required_implied(JsCompare *compare, List *facts, JsKeyword *keyword)
{
	bool implied = true;

	for (int i = 0; i < keyword->node->count; i++)
	{
		JsNode *name = &keyword->node->value.children[i];
		bool found = false;
		ListCell *lc;

		foreach(lc, facts)
		{
			JsKeyword *fact = dm_js_sibling(lfirst(lc), "required");

			for (int j = 0; fact != NULL && j < fact->node->count; j++)
				found |= dm_js_equal(&fact->node->value.children[j], name);
		}
		if (!found)
			implied = dm_js_obstacle(compare, name, "required");
	}
	return implied;
}

static bool
unique_implied(List *facts)
{
	ListCell *lc;

	foreach(lc, facts)
	{
		JsKeyword *most = dm_js_sibling(lfirst(lc), "maxItems");

		if (dm_js_sibling(lfirst(lc), "uniqueItems") != NULL || (most != NULL && most->count < 2))
			return true;
	}
	return false;
}

bool
dm_js_implied_value(JsCompare *compare, List *facts, JsKeyword *keyword, bool *known)
{
	const char *name = keyword->def->name;
	bool implied = false;

	*known = true;
	if (strcmp(name, "required") == 0)
		return required_implied(compare, facts, keyword);
	if (strcmp(name, "type") == 0)
	{
		int types = keyword->types;

		if ((types & JS_NUMBER) != 0)
			types |= JS_INTEGER;
		implied = (dm_js_fact_types(facts) & ~types) == 0;
	}
	else if (strcmp(name, "enum") == 0 || strcmp(name, "const") == 0)
		implied = false; /* the values have been tried, if there are finitely many */
	else if (strcmp(name, "maximum") == 0 || strcmp(name, "exclusiveMaximum") == 0)
		implied = bound_implied(facts, keyword, true);
	else if (strcmp(name, "minimum") == 0 || strcmp(name, "exclusiveMinimum") == 0)
		implied = bound_implied(facts, keyword, false);
	else if (strcmp(name, "multipleOf") == 0)
		implied = multiple_implied(facts, keyword);
	else if (strcmp(name, "pattern") == 0)
		implied = same_implied(facts, name, keyword->node);
	else if (strcmp(name, "format") == 0)
		return true; /* with those that are not known, in dm_js_implied_annotation */
	else if (strcmp(name, "uniqueItems") == 0)
		implied = unique_implied(facts);
	else if (strncmp(name, "max", 3) == 0)
		implied = count_implied(facts, keyword, true);
	else if (strncmp(name, "min", 3) == 0)
		implied = count_implied(facts, keyword, false);
	else
		*known = false;
	return implied || (*known && dm_js_obstacle(compare, keyword->node, name));
}

/*
 * Keywords that JSON Schema does not assert, and that say what readers may expect of a text all the
 * same.
 */
bool
dm_js_implied_annotation(JsCompare *compare, List *facts, JsSchema *target)
{
	static const char *const names[] = { "format", "contentEncoding", "contentMediaType" };
	bool only_ref = target->resource->draft < JS_2019 && dm_js_sibling(target, "$ref") != NULL;
	bool implied = true;

	if ((dm_js_fact_types(facts) & JS_STRING) == 0 || only_ref)
		return true;
	for (int i = 0; i < lengthof(names); i++)
	{
		JsNode *value = dm_js_get(target->node, names[i]);

		if (value != NULL && !same_implied(facts, names[i], value))
			implied = dm_js_obstacle(compare, value, names[i]);
	}
	return implied;
}
