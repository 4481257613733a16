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

#include "contract/model.h"

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

/* what can be named below a property: through the elements of arrays and maps, too */
static List *
nested_properties(DmProperty *property)
{
	while (property->properties == NIL)
	{
		if (property->items != NULL)
			property = property->items;
		else if (property->map_value != NULL)
			property = property->map_value;
		else
			return NIL;
	}
	return property->properties;
}

/* the rest of a reference behind a name, NULL if it does not begin with it */
static const char *
behind(const char *text, const char *name)
{
	size_t len = strlen(name);

	if (strncmp(text, name, len) != 0)
		return NULL;
	if (text[len] == '.')
		return text + len + 1;
	return text[len] == '\0' ? text + len : NULL;
}

/* names may have dots in them, so they are tried one by one */
static DmProperty *
resolve_names(List *properties, const char *text)
{
	ListCell *lc;

	foreach(lc, properties)
	{
		DmProperty *property = lfirst(lc);
		const char *rest = property->name != NULL ? behind(text, property->name) : NULL;
		DmProperty *nested;

		if (rest == NULL)
			continue;
		if (*rest == '\0')
			return property;
		nested = resolve_names(nested_properties(property), rest);
		if (nested != NULL)
			return nested;
	}
	return NULL;
}

static bool
resolve_by_name(DmContract *contract, const char *text, DmObject **object, DmProperty **property)
{
	ListCell *lc;

	foreach(lc, contract->objects)
	{
		DmObject *candidate = lfirst(lc);
		const char *rest = behind(text, candidate->name);

		if (rest == NULL)
			continue;
		*object = candidate;
		*property = *rest == '\0' ? NULL : resolve_names(candidate->properties, rest);
		if (*rest == '\0' || *property != NULL)
			return true;
	}
	return false;
}

static bool
resolve_by_id(DmContract *contract, List *path, DmObject **object, DmProperty **property)
{
	List *properties = NIL;
	ListCell *lc;

	foreach(lc, contract->objects)
	{
		DmObject *candidate = lfirst(lc);

		if (candidate->id != NULL && strcmp(candidate->id, linitial(path)) == 0)
		{
			*object = candidate;
			properties = candidate->properties;
			break;
		}
	}
	if (*object == NULL)
		return false;
	for_each_from(lc, path, 1)
	{
		ListCell *lc2;

		*property = NULL;
		foreach(lc2, properties)
		{
			DmProperty *candidate = lfirst(lc2);

			if (candidate->id != NULL && strcmp(candidate->id, lfirst(lc)) == 0)
				*property = candidate;
		}
		if (*property == NULL)
			return false;
		properties = nested_properties(*property);
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
