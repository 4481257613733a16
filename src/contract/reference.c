/*
 * reference.c
 *		References to objects and properties.
 *
 * By names, object.property[.nested ...], to any depth (the schema of 3.1
 * knows two parts only: trap T5).  By ids, schema/<id>/properties/<id> ....
 * Behind a file's name or a URL and '#': the same in another contract.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "contract/names.h"

/* no other characters are in ids; names are free */
#define ID_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

static List *
split(const char *text, char separator)
{
	List *result = NIL;
	const char *end;

	while ((end = strchr(text, separator)) != NULL)
	{
		result = lappend(result, pnstrdup(text, end - text));
		text = end + 1;
	}
	return lappend(result, pstrdup(text));
}

static bool
has_empty(List *parts)
{
	ListCell *lc;

	foreach(lc, parts)
		if (*(char *) lfirst(lc) == '\0')
			return true;
	return false;
}

/* "schema/a/properties/b" as (a, b); NIL if it has another form */
static List *
id_path(const char *text)
{
	List *parts = split(*text == '/' ? text + 1 : text, '/');
	List *result = NIL;
	ListCell *lc;

	if (list_length(parts) % 2 != 0)
		return NIL;
	foreach(lc, parts)
	{
		char *part = lfirst(lc);
		int i = foreach_current_index(lc);

		if (i % 2 == 0)
		{
			if (strcmp(part, i == 0 ? "schema" : "properties") != 0)
				return NIL;
		}
		else if (*part == '\0' || part[strspn(part, ID_CHARACTERS)] != '\0')
			return NIL;
		else
			result = lappend(result, part);
	}
	return result;
}

DmReference *
dm_reference_parse(const char *text, const char *pointer)
{
	DmReference *reference = palloc0(sizeof(DmReference));
	const char *hash = strrchr(text, '#');
	const char *local = hash != NULL ? hash + 1 : text;

	reference->pointer = pstrdup(pointer);
	reference->text = pstrdup(text);
	if (hash != NULL)
		reference->contract = pnstrdup(text, hash - text);
	reference->local = pstrdup(local);
	reference->by_id = strchr(local, '/') != NULL;
	if (reference->by_id)
		reference->path = id_path(local);
	else
	{
		reference->path = split(local, '.');
		if (has_empty(reference->path))
			reference->path = NIL;
	}
	reference->valid = reference->path != NIL && !(hash != NULL && hash == text);
	return reference;
}

DmObject *
dm_contract_object(DmContract *contract, const char *name)
{
	ListCell *lc;

	foreach(lc, contract->objects)
	{
		DmObject *object = lfirst(lc);

		if (strcmp(object->name, name) == 0)
			return object;
	}
	return NULL;
}

static DmProperty *
named_property(List *properties, const char *name)
{
	ListCell *lc;

	foreach(lc, properties)
	{
		DmProperty *property = lfirst(lc);

		if (property->name != NULL && strcmp(property->name, name) == 0)
			return property;
	}
	return NULL;
}

DmProperty *
dm_object_property(DmObject *object, const char *name)
{
	return named_property(object->properties, name);
}

/* An element of a list whose name is the beginning of a reference, and the rest of that */
typedef struct Match
{
	int index;
	const char *rest;
} Match;

static int
compare_matches(const void *a, const void *b)
{
	int left = ((const Match *) a)->index;
	int right = ((const Match *) b)->index;

	return (left > right) - (left < right);
}

static Match *
add_match(Match *matches, int *count, int index, const char *rest)
{
	/* the room doubles whenever the count is a power of two */
	if (*count == 0)
		matches = palloc_array(Match, 1);
	else if ((*count & (*count - 1)) == 0)
		matches = repalloc_huge(matches, 2 * (Size) *count * sizeof(Match));
	matches[*count].index = index;
	matches[(*count)++].rest = rest;
	return matches;
}

/*
 * Who in a list may be meant by a reference, in the order of the list.  Names
 * may have dots in them, so each beginning of the text up to a dot may be one.
 */
static Match *
find_matches(DmContract *contract, List *list, const char *text, int *count)
{
	DmNameKey key = { list, text, 0, DM_NAME_HASH_START, false };
	Match *matches = NULL;

	*count = 0;
	for (const char *end = text;; end++)
	{
		if (*end == '.' || *end == '\0')
		{
			DmNamed *named;
			ListCell *lc;

			key.len = end - text;
			named = dm_named(contract, key);
			if (named != NULL && *end == '\0')
				matches = add_match(matches, count, named->first, end);
			else if (named != NULL)
				foreach(lc, named->parents)
					matches = add_match(matches, count, lfirst_int(lc), end + 1);
		}
		if (*end == '\0')
			break;
		key.hash = dm_name_hash(key.hash, *end);
	}
	if (*count > 1)
		qsort(matches, *count, sizeof(Match), compare_matches);
	return matches;
}

static DmProperty *
resolve_names(DmContract *contract, List *properties, const char *text)
{
	DmProperty *result = NULL;
	int count;
	Match *matches;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (properties == NIL)
		return NULL;
	matches = find_matches(contract, properties, text, &count);
	for (int i = 0; i < count && result == NULL; i++)
	{
		DmProperty *property = list_nth(properties, matches[i].index);

		if (*matches[i].rest == '\0')
			result = property;
		else
			result = resolve_names(contract, dm_nested_properties(property), matches[i].rest);
	}
	if (matches != NULL)
		pfree(matches);
	return result;
}

static bool
resolve_by_name(DmContract *contract, const char *text, DmObject **object, DmProperty **property)
{
	bool found = false;
	int count;
	Match *matches = find_matches(contract, contract->objects, text, &count);

	for (int i = 0; i < count && !found; i++)
	{
		const char *rest = matches[i].rest;

		*object = list_nth(contract->objects, matches[i].index);
		*property = *rest == '\0' ? NULL : resolve_names(contract, (*object)->properties, rest);
		found = *rest == '\0' || *property != NULL;
	}
	if (matches != NULL)
		pfree(matches);
	return found;
}

/* the first object of an id, and of the properties in it the last */
static bool
resolve_by_id(DmContract *contract, List *path, DmObject **object, DmProperty **property)
{
	DmNamed *named = dm_named_by_id(contract, contract->objects, linitial(path));
	List *properties;
	ListCell *lc;

	if (named == NULL)
		return false;
	*object = list_nth(contract->objects, named->first);
	properties = (*object)->properties;
	for_each_from(lc, path, 1)
	{
		*property = NULL;
		named = dm_named_by_id(contract, properties, lfirst(lc));
		if (named == NULL)
			return false;
		*property = list_nth(properties, named->last);
		properties = dm_nested_properties(*property);
	}
	return true;
}

bool
dm_reference_resolve(DmContract *contract, DmReference *reference, DmObject **object,
					 DmProperty **property)
{
	*object = NULL;
	*property = NULL;
	CHECK_FOR_INTERRUPTS();
	if (!reference->valid)
		return false;
	if (reference->by_id)
		return resolve_by_id(contract, reference->path, object, property);
	return resolve_by_name(contract, reference->local, object, property);
}
