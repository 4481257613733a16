/*
 * lint_reference.c
 *		Semantic checks of relationships, and of the elements that service levels name.
 */
#include "postgres.h"

#include "base/json.h"
#include "contract/lint_part.h"

/* a name that was nearly right: the physical one */
static const char *
meant_by_physical_name(DmContract *contract, const char *text)
{
	ListCell *lc;

	foreach(lc, contract->objects)
	{
		DmObject *object = lfirst(lc);
		size_t len = strlen(object->physical_name);

		if (object->physical_name != object->name &&
			strncmp(text, object->physical_name, len) == 0 && (text[len] == '.' || text[len] == 0))
			return psprintf("; references use names, and \"%s\" is the physical name of \"%s\"",
							object->physical_name, object->name);
	}
	return "";
}

/*
 * Finds what a reference of this contract means.  An object that is not in the
 * contract may be one that nobody wrote a contract for; a property that its
 * object does not have is a mistake.
 */
bool
dm_lint_reference(DmLint *lint, DmReference *reference, DmObject **object, DmProperty **property)
{
	if (!reference->valid)
		dm_lint_error(lint, reference->pointer,
					  "\"%s\" is no reference: write object.property, or schema/<id>/properties/<id>",
					  reference->text);
	else if (reference->contract != NULL)
		dm_lint_info(lint, reference->pointer, "\"%s\" is in another contract: \"%s\"",
					 reference->local, reference->contract);
	else if (dm_reference_resolve(lint->contract, reference, object, property))
		return true;
	else if (*object != NULL)
		dm_lint_error(lint, reference->pointer, "\"%s\" means nothing: \"%s\" has no such property",
					  reference->text, (*object)->name);
	else
		dm_lint_warning(lint, reference->pointer, "\"%s\" means nothing in this contract%s",
						reference->text,
						meant_by_physical_name(lint->contract, reference->local));
	return false;
}

/* a column that references another is of its type */
static void
check_types(DmLint *lint, DmProperty *from, DmReference *reference, DmProperty *to)
{
	if (from == NULL || to == NULL || from->logical_type == NULL || to->logical_type == NULL)
		return;
	if (strcmp(from->logical_type, to->logical_type) != 0)
		dm_lint_warning(lint, reference->pointer,
						"\"%s\" is of type %s, and \"%s\" that references it of type %s",
						reference->text, to->logical_type, from->name, from->logical_type);
}

/* whether the columns are a key of their object: a row finds one row there */
static bool
is_key(DmObject *object, List *columns)
{
	int hit = 0;
	ListCell *lc;

	foreach(lc, columns)
	{
		DmProperty *property = lfirst(lc);

		if (property->unique)
			return true;
		hit += property->primary_key;
	}
	return object->nkeys > 0 && hit == object->nkeys;
}

static void
check_target(DmLint *lint, DmRelationship *relationship, DmObject *object, List *columns)
{
	if (columns != NIL && !is_key(object, columns))
		dm_lint_info(lint, dm_pointer(relationship->pointer, "to"),
					 "what is referenced is neither unique nor the primary key of \"%s\"",
					 object->name);
}

static void
check_from(DmLint *lint, DmObject *object, DmReference *reference, DmProperty **column)
{
	DmObject *source;

	if (!dm_lint_reference(lint, reference, &source, column))
		*column = NULL;
	else if (source != object)
		dm_lint_error(lint, reference->pointer,
					  "a relationship of \"%s\" begins at its own properties, not at \"%s\"",
					  object->name, reference->text);
	else if (*column == NULL)
		dm_lint_error(lint, reference->pointer, "\"%s\" is no property", reference->text);
}

/* where a relationship goes to, column by column; all of it is one object */
static void
check_to(DmLint *lint, DmRelationship *relationship, List *sources)
{
	DmObject *target = NULL;
	List *columns = NIL;
	bool complete = true;
	ListCell *lc;

	foreach(lc, relationship->to)
	{
		DmReference *reference = lfirst(lc);
		int i = foreach_current_index(lc);
		DmObject *object;
		DmProperty *column;

		if (!dm_lint_reference(lint, reference, &object, &column))
		{
			complete = false;
			continue;
		}
		if (column == NULL)
		{
			dm_lint_error(lint, reference->pointer, "\"%s\" is no property", reference->text);
			complete = false;
			continue;
		}
		if (target != NULL && object != target)
			dm_lint_error(lint, reference->pointer, "\"%s\" is not in \"%s\" as those before it",
						  reference->text, target->name);
		target = object;
		columns = lappend(columns, column);
		if (i < list_length(sources))
			check_types(lint, list_nth(sources, i), reference, column);
	}
	if (complete && target != NULL)
		check_target(lint, relationship, target, columns);
}

static List *
check_sources(DmLint *lint, DmObject *object, DmProperty *property, DmRelationship *relationship)
{
	List *sources = NIL;
	ListCell *lc;

	if (property != NULL)
	{
		if (list_length(relationship->to) > 1)
			dm_lint_error(lint, dm_pointer(relationship->pointer, "to"),
						  "one property references one: several belong to the object");
		return list_make1(property);
	}
	foreach(lc, relationship->from)
	{
		DmProperty *column;

		check_from(lint, object, lfirst(lc), &column);
		sources = lappend(sources, column);
	}
	if (list_length(relationship->from) != list_length(relationship->to))
		dm_lint_error(lint, relationship->pointer, "%d properties reference %d",
					  list_length(relationship->from), list_length(relationship->to));
	return sources;
}

void
dm_lint_relationships(DmLint *lint, DmObject *object, DmProperty *property, List *relationships)
{
	ListCell *lc;

	foreach(lc, relationships)
	{
		DmRelationship *relationship = lfirst(lc);

		check_to(lint, relationship, check_sources(lint, object, property, relationship));
	}
}
