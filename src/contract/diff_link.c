/*
 * diff_link.c
 *		The comparison of relationships.
 *
 * A relationship goes from columns of an object to columns of another one.  It may stand at the
 * property or at the object, refer by names or by ids, and its columns may have been renamed: it
 * is the same as long as it joins the same columns.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "base/json.h"
#include "contract/diff_rule.h"

static const char *const link_keys[] = { "id", "type", "from", "to", NULL };

typedef struct Link
{
	DmRelationship *relationship;
	char *path; /* without the target */
	char *from; /* what it joins, in terms of the old contract */
	char *to;
	char *key;	/* both */
	char *text; /* the target as it is written */
} Link;

/* The old contract's place of what a reference means; its text if that is not in the contract. */
static char *
meaning(DmDiff *diff, DmContract *contract, DmReference *reference)
{
	DmObject *object = NULL;
	DmProperty *property = NULL;
	void *target;
	void **old;

	if (reference->contract != NULL ||
		!dm_reference_resolve(contract, reference, &object, &property))
		return psprintf("?%s", reference->text);
	target = property ? (void *) property : (void *) object;
	if (contract == diff->old)
		return property ? property->pointer : object->pointer;
	old = hash_search(diff->counterparts, &target, HASH_FIND, NULL);
	if (old == NULL)
		return psprintf("+%s", property ? property->pointer : object->pointer);
	return property ? ((DmProperty *) old[1])->pointer : ((DmObject *) old[1])->pointer;
}

static char *
meanings(DmDiff *diff, DmContract *contract, List *references)
{
	StringInfoData text;
	ListCell *lc;

	initStringInfo(&text);
	foreach(lc, references)
		appendStringInfo(&text, "%s ", meaning(diff, contract, lfirst(lc)));
	return text.data;
}

static char *
texts(List *references)
{
	StringInfoData text;
	ListCell *lc;

	initStringInfo(&text);
	foreach(lc, references)
		appendStringInfo(&text, "%s%s", text.len > 0 ? "," : "",
						 ((DmReference *) lfirst(lc))->text);
	return text.data;
}

/* The property itself, in the old contract's terms. */
static char *
own_meaning(DmDiff *diff, DmContract *contract, DmProperty *property)
{
	void *key = property;
	void **old;

	if (contract == diff->old)
		return psprintf("%s ", property->pointer);
	old = hash_search(diff->counterparts, &key, HASH_FIND, NULL);
	return old ? psprintf("%s ", ((DmProperty *) old[1])->pointer) :
				 psprintf("+%s ", property->pointer);
}

static Link *
make_link(DmDiff *diff, DmContract *contract, DmRelationship *relationship, char *from,
		  const char *path)
{
	Link *link = palloc(sizeof(Link));

	link->relationship = relationship;
	link->path = dm_pointer(path, "relationships");
	link->from = from;
	link->to = meanings(diff, contract, relationship->to);
	link->key = psprintf("%s> %s", link->from, link->to);
	link->text = texts(relationship->to);
	return link;
}

/* All relationships of an object, those of its properties first. */
static List *
links_of(DmDiff *diff, DmContract *contract, DmObject *object, const char *path)
{
	List *result = NIL;
	ListCell *lc;
	ListCell *lr;

	foreach(lc, object->properties)
	{
		DmProperty *property = lfirst(lc);

		foreach(lr, property->relationships)
			result = lappend(result,
							 make_link(diff, contract, lfirst(lr),
									   own_meaning(diff, contract, property),
									   dm_pointer(dm_pointer(path, "properties"),
												  property->name ? property->name : "")));
	}
	foreach(lr, object->relationships)
	{
		DmRelationship *relationship = lfirst(lr);

		result = lappend(result,
						 make_link(diff, contract, relationship,
								   meanings(diff, contract, relationship->from), path));
	}
	return result;
}

static const char *
link_key(const void *link)
{
	return ((const Link *) link)->key;
}

static const char *
link_from(const void *link)
{
	return ((const Link *) link)->from;
}

static void
diff_link(DmDiff *diff, Link *old, Link *new)
{
	Link *any = old ? old : new;
	char *path = dm_pointer(any->path, any->text);

	if (old == NULL)
		dm_diff_note(diff, path, "added", NULL, new->text, DM_IMPACT_ROWS,
					 "rows find their counterpart from now on; old ones may not");
	else if (new == NULL)
		dm_diff_note(diff, path, "removed", old->text, NULL, DM_IMPACT_READERS,
					 "rows may lose their counterpart in joins");
	else
		dm_diff_note(diff, path, "changed", old->text, new->text, DM_IMPACT_ALL,
					 "the relationship leads elsewhere");
}

void
dm_diff_relationships(DmDiff *diff, const char *path, DmObject *old_object, DmObject *new_object)
{
	List *old_list = links_of(diff, diff->old, old_object, path);
	List *new_list = links_of(diff, diff->new, new_object, path);
	List *old_left = NIL;
	List *new_left = NIL;
	ListCell *lc;

	foreach(lc, dm_diff_match(old_list, new_list, NULL, link_key))
	{
		DmPair *pair = lfirst(lc);
		Link *old = pair->old;
		Link *new = pair->new;

		if (old != NULL && new != NULL)
			dm_diff_describe(diff, dm_pointer(old->path, old->text), old->relationship->node,
							 new->relationship->node, link_keys);
		else if (old != NULL)
			old_left = lappend(old_left, old);
		else
			new_left = lappend(new_left, new);
	}
	/* from the same columns to others: retargeted */
	foreach(lc, dm_diff_match(old_left, new_left, NULL, link_from))
	{
		DmPair *pair = lfirst(lc);

		diff_link(diff, pair->old, pair->new);
	}
}
