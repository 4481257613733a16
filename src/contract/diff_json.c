/*
 * diff_json.c
 *		The comparison of what no rule knows: keys and values, whatever they mean.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/json.h"
#include "contract/diff_rule.h"

/* keys that name the elements of the standard's lists, besides id */
static const char *const naming_keys[] = {
	"property", "username", "channel", "url", "name", "role", "server", "synonym", "value",
	"question", "constraint", NULL
};

/* An element of a list of objects. */
typedef struct Element
{
	char *id;
	char *name; /* the value of the first of naming_keys that it has */
	JsonbValue value;
} Element;

static bool
is_one_of(const char *key, const char *const *keys)
{
	for (; keys != NULL && *keys != NULL; keys++)
		if (strcmp(*keys, key) == 0)
			return true;
	return false;
}

/* Scalars as they are, the rest as JSON; the word for null. */
static char *
value_text(const JsonbValue *value)
{
	char *text = dm_json_scalar_text(value);
	Jsonb *document;

	if (text != NULL)
		return text;
	if (value->type == jbvNull)
		return pstrdup("null");
	document = dm_json_document(value);
	return JsonbToCString(NULL, &document->root, VARSIZE(document));
}

static const char *
element_id(const void *element)
{
	return ((const Element *) element)->id;
}

static const char *
element_name(const void *element)
{
	return ((const Element *) element)->name;
}

/* The elements of a list; false unless all of them are objects that something names. */
static bool
read_elements(JsonbContainer *array, List **elements)
{
	DmJsonEach each;

	*elements = NIL;
	dm_json_each(&each, array);
	while (dm_json_next(&each))
	{
		JsonbContainer *object = dm_json_as_object(&each.value);
		Element *element = palloc0(sizeof(Element));

		element->id = object ? dm_json_text(object, "id") : NULL;
		for (int i = 0; object != NULL && element->name == NULL && naming_keys[i] != NULL; i++)
			element->name = dm_json_text(object, naming_keys[i]);
		if (element->id == NULL && element->name == NULL)
			return false;
		element->value = each.value;
		*elements = lappend(*elements, element);
	}
	return true;
}

static void diff_value(DmDiff *diff, const char *path, const JsonbValue *old,
					   const JsonbValue *new, DmImpact impact, const char *reason);

static void
diff_elements(DmDiff *diff, const char *path, List *old_list, List *new_list, DmImpact impact,
			  const char *reason)
{
	List *pairs = dm_diff_match(old_list, new_list, element_id, element_name);
	ListCell *lc;

	foreach(lc, pairs)
	{
		DmPair *pair = lfirst(lc);
		Element *old = pair->old;
		Element *new = pair->new;
		Element *any = old ? old : new;

		diff_value(diff, dm_pointer(path, any->name ? any->name : any->id),
				   old ? &old->value : NULL, new ? &new->value : NULL, impact, reason);
	}
	if (dm_diff_reordered(pairs, new_list))
		dm_diff_note(diff, path, "reordered", NULL, NULL, DM_IMPACT_NONE,
					 "the same entries in another order");
}

/* One of the two may be NULL: it is not there. */
static void
diff_value(DmDiff *diff, const char *path, const JsonbValue *old, const JsonbValue *new,
		   DmImpact impact, const char *reason)
{
	JsonbContainer *old_array = old ? dm_json_as_array(old) : NULL;
	JsonbContainer *new_array = new ? dm_json_as_array(new) : NULL;
	List *old_list;
	List *new_list;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (old != NULL && new != NULL && dm_json_equal(old, new))
		return;
	if (old != NULL && new != NULL && dm_json_as_object(old) && dm_json_as_object(new))
		dm_diff_json(diff, path, dm_json_as_object(old), dm_json_as_object(new), NULL, impact,
					 reason);
	else if (old_array != NULL && new_array != NULL && read_elements(old_array, &old_list) &&
			 read_elements(new_array, &new_list))
		diff_elements(diff, path, old_list, new_list, impact, reason);
	else
		dm_diff_note(diff, path, dm_diff_change(old, new), old ? value_text(old) : NULL,
					 new ? value_text(new) : NULL, impact, "%s", reason);
}

void
dm_diff_json(DmDiff *diff, const char *path, JsonbContainer *old_node, JsonbContainer *new_node,
			 const char *const *skip, DmImpact impact, const char *reason)
{
	DmJsonEach each;
	JsonbValue other;

	if (old_node != NULL)
	{
		dm_json_each(&each, old_node);
		while (dm_json_next(&each))
			if (!is_one_of(each.key, skip))
				diff_value(diff, dm_pointer(path, each.key), &each.value,
						   dm_json_find(new_node, each.key, &other) ? &other : NULL, impact,
						   reason);
	}
	if (new_node == NULL)
		return;
	dm_json_each(&each, new_node);
	while (dm_json_next(&each))
		if (!is_one_of(each.key, skip) && !dm_json_find(old_node, each.key, &other))
			diff_value(diff, dm_pointer(path, each.key), NULL, &each.value, impact, reason);
}

void
dm_diff_describe(DmDiff *diff, const char *path, JsonbContainer *old_node,
				 JsonbContainer *new_node, const char *const *skip)
{
	dm_diff_json(diff, path, old_node, new_node, skip, DM_IMPACT_NONE,
				 "describes, promises nothing");
}
