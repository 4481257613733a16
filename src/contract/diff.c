/*
 * diff.c
 *		What changed between two contracts: the whole, and the objects of the schema.
 *
 * The rules are those of doc/reference/version.md.  Whatever no rule knows is compared as JSON and
 * describes, so that no difference is left out.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/json.h"
#include "contract/diff_rule.h"
#include "contract/locate.h"

/* keys of the document that rules compare, or that make no difference */
static const char *const root_keys[] = {
	"apiVersion", "kind", "id", "name", "version", "status", "tenant", "domain", "dataProduct",
	"schema", "slaProperties", "slaDefaultElement", "servers", "roles", "support", "price",
	"team", NULL
};

static const char *const object_keys[] = {
	"id", "name", "physicalName", "physicalType", "logicalType", "dataGranularityDescription",
	"properties", "relationships", "quality", NULL
};

static const char *const verdict_names[] = {
	[DM_PATCH] = "patch",
	[DM_MINOR] = "minor",
	[DM_MAJOR] = "major",
};

const char *
dm_bump_name(DmBump verdict)
{
	return verdict_names[verdict];
}

DmBump
dm_diff_bump(List *differences)
{
	DmBump result = DM_PATCH;
	ListCell *lc;

	foreach(lc, differences)
		result = Max(result, ((DmDifference *) lfirst(lc))->verdict);
	return result;
}

/* --- pairs of the whole schema, which references are compared by --- */

static const char *
object_id(const void *object)
{
	return ((const DmObject *) object)->id;
}

static const char *
object_name(const void *object)
{
	return ((const DmObject *) object)->name;
}

static const char *
property_id(const void *property)
{
	return ((const DmProperty *) property)->id;
}

static const char *
property_name(const void *property)
{
	return ((const DmProperty *) property)->name;
}

static void
note_counterpart(DmDiff *diff, void *old, void *new)
{
	void **entry = hash_search(diff->counterparts, &new, HASH_ENTER, NULL);

	entry[1] = old;
}

static void
pair_properties(DmDiff *diff, List *old_list, List *new_list)
{
	ListCell *lc;

	check_stack_depth();
	foreach(lc, dm_diff_match(old_list, new_list, property_id, property_name))
	{
		DmPair *pair = lfirst(lc);
		DmProperty *old = pair->old;
		DmProperty *new = pair->new;

		if (old == NULL || new == NULL)
			continue;
		note_counterpart(diff, old, new);
		pair_properties(diff, old->properties, new->properties);
		if (old->items != NULL && new->items != NULL)
			pair_properties(diff, old->items->properties, new->items->properties);
	}
}

static void
pair_schema(DmDiff *diff, List *objects)
{
	ListCell *lc;

	foreach(lc, objects)
	{
		DmPair *pair = lfirst(lc);

		if (pair->old == NULL || pair->new == NULL)
			continue;
		note_counterpart(diff, pair->old, pair->new);
		pair_properties(diff, ((DmObject *) pair->old)->properties,
						((DmObject *) pair->new)->properties);
	}
}

/* --- objects --- */

static char *
object_path(DmObject *object)
{
	return dm_pointer("/schema", object->name ? object->name : "");
}

/* Consumers read the port, whose name is made from the object's. */
static void
diff_object_name(DmDiff *diff, const char *path, DmObject *old, DmObject *new)
{
	char *old_port = old->name ? dm_contract_port_name(old->name) : NULL;
	char *new_port = new->name ? dm_contract_port_name(new->name) : NULL;
	bool same_port = old_port != NULL && dm_same_text(old_port, new_port);

	if (dm_same_text(old->name, new->name))
		return;
	dm_diff_note(diff, path, "renamed", old->name, new->name,
				 same_port ? DM_IMPACT_ADDS : DM_IMPACT_ALL, "%s",
				 same_port ?
					 "rename of an object; its port keeps its name" :
					 "rename of an object: its port has another name; a view of the old name would keep readers going");
}

/* The schema before a relation's name, NULL for none; *relation is what follows. */
static char *
split_schema(const char *physical_name, const char **relation)
{
	const char *dot = physical_name ? strchr(physical_name, '.') : NULL;

	*relation = dot ? dot + 1 : physical_name;
	return dot ? pnstrdup(physical_name, dot - physical_name) : NULL;
}

static void
diff_physical_name(DmDiff *diff, const char *path, DmObject *old, DmObject *new)
{
	char *key = dm_pointer(path, "physicalName");
	const char *old_relation;
	const char *new_relation;
	char *old_schema = split_schema(old->physical_name, &old_relation);
	char *new_schema = split_schema(new->physical_name, &new_relation);

	if (dm_same_text(old->physical_name, new->physical_name))
		return;
	/* where the contract does not say it, the name that changed has been told of */
	if (dm_same_text(old->physical_name, old->name) && dm_same_text(new->physical_name, new->name))
		return;
	if (old_schema != NULL && new_schema != NULL && strcmp(old_schema, new_schema) != 0)
		dm_diff_note(diff, key, "changed", old->physical_name, new->physical_name,
					 DM_IMPACT_ALL, "the object moved to another schema");
	else
		dm_diff_note(diff, key, "changed", old->physical_name, new->physical_name,
					 DM_IMPACT_ADDS, "another relation stands behind the port, which keeps its name");
}

static int
cmp_key_positions(const ListCell *a, const ListCell *b)
{
	return ((DmProperty *) lfirst(a))->primary_key_position -
		   ((DmProperty *) lfirst(b))->primary_key_position;
}

/* The columns of an object's primary key, in its order. */
static List *
primary_key(DmObject *object)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, object->properties)
		if (((DmProperty *) lfirst(lc))->primary_key)
			result = lappend(result, lfirst(lc));
	list_sort(result, cmp_key_positions);
	return result;
}

static char *
names_of(List *properties)
{
	List *names = NIL;
	ListCell *lc;

	foreach(lc, properties)
		names = lappend(names, ((DmProperty *) lfirst(lc))->name ?
								   ((DmProperty *) lfirst(lc))->name :
								   "");
	return dm_diff_texts(names);
}

static void *
counterpart(DmDiff *diff, void *new)
{
	void **entry = hash_search(diff->counterparts, &new, HASH_FIND, NULL);

	return entry ? entry[1] : NULL;
}

static void
diff_primary_key(DmDiff *diff, const char *path, DmObject *old, DmObject *new)
{
	List *old_key = primary_key(old);
	List *new_key = primary_key(new);
	List *translated = NIL;
	bool same_order;
	ListCell *lc;

	foreach(lc, new_key)
		translated = lappend(translated, counterpart(diff, lfirst(lc)));
	same_order = list_length(old_key) == list_length(translated);
	for (int i = 0; same_order && i < list_length(old_key); i++)
		same_order = list_nth(old_key, i) == list_nth(translated, i);
	if (same_order)
		return;
	path = dm_pointer(path, "primaryKey");
	if (old_key == NIL)
		dm_diff_note(diff, path, "added", NULL, names_of(new_key), DM_IMPACT_ROWS,
					 "rows have a key from now on");
	else if (new_key == NIL)
		dm_diff_note(diff, path, "removed", names_of(old_key), NULL, DM_IMPACT_READERS,
					 "without the key, joins may find several rows");
	else if (list_length(old_key) == list_length(translated) &&
			 list_difference_ptr(old_key, translated) == NIL)
		dm_diff_note(diff, path, "changed", names_of(old_key), names_of(new_key), DM_IMPACT_NONE,
					 "the same columns in another order");
	else
		dm_diff_note(diff, path, "changed", names_of(old_key), names_of(new_key), DM_IMPACT_ALL,
					 "other columns are the key: joins may find other numbers of rows");
}

static void
diff_object(DmDiff *diff, DmObject *old, DmObject *new)
{
	char *path = object_path(old);

	diff_object_name(diff, path, old, new);
	diff_physical_name(diff, path, old, new);
	dm_diff_text(diff, path, "physicalType", old->physical_type, new->physical_type,
				 DM_IMPACT_ADDS, "readers see the port, a view in either case");
	dm_diff_text(diff, path, "dataGranularityDescription", old->granularity, new->granularity,
				 DM_IMPACT_ADDS, "what a row means is described otherwise");
	diff_primary_key(diff, path, old, new);
	dm_diff_properties(diff, dm_pointer(path, "properties"), old->properties, new->properties,
					   true);
	dm_diff_relationships(diff, path, old, new);
	dm_diff_quality(diff, dm_pointer(path, "quality"), old->quality, new->quality);
	dm_diff_describe(diff, path, old->node, new->node, object_keys);
}

void
dm_diff_objects(DmDiff *diff)
{
	List *pairs = dm_diff_match(diff->old->objects, diff->new->objects, object_id, object_name);
	ListCell *lc;

	pair_schema(diff, pairs);
	foreach(lc, pairs)
	{
		DmPair *pair = lfirst(lc);
		DmObject *old = pair->old;
		DmObject *new = pair->new;

		CHECK_FOR_INTERRUPTS();
		if (old == NULL)
			dm_diff_note(diff, object_path(new), "added", NULL, new->name, DM_IMPACT_ADDS,
						 "a new object");
		else if (new == NULL)
			dm_diff_note(diff, object_path(old), "removed", old->name, NULL, DM_IMPACT_READERS,
						 "the object and its port are gone");
		else
			diff_object(diff, old, new);
	}
}

/* --- the whole --- */

static void
diff_status(DmDiff *diff)
{
	DmContract *old = diff->old;
	DmContract *new = diff->new;
	bool ends = new->lifecycle != NULL &&strcmp(new->lifecycle, "retired") == 0 &&
				!dm_same_text(old->lifecycle, new->lifecycle);

	dm_diff_text(diff, "", "status", old->status, new->status,
				 ends ? DM_IMPACT_ALL : DM_IMPACT_NONE,
				 ends ? "nothing is promised any more" : "describes where the contract stands");
}

static void
diff_fundamentals(DmDiff *diff)
{
	DmContract *old = diff->old;
	DmContract *new = diff->new;

	dm_diff_text(diff, "", "apiVersion", old->api_version, new->api_version, DM_IMPACT_NONE,
				 "written by another version of the standard");
	dm_diff_text(diff, "", "id", old->id, new->id, DM_IMPACT_ALL, "it is another contract");
	dm_diff_text(diff, "", "tenant", old->tenant, new->tenant, DM_IMPACT_ALL,
				 "it is another tenant's contract");
	dm_diff_text(diff, "", "name", old->name, new->name, DM_IMPACT_NONE, "describes");
	diff_status(diff);
	dm_diff_text(diff, "", "domain", old->domain, new->domain, DM_IMPACT_ADDS,
				 "the product keeps its name, and consumers their ports");
	dm_diff_text(diff, "", "dataProduct", old->data_product, new->data_product, DM_IMPACT_ADDS,
				 "the product keeps its name, and consumers their ports");
	dm_diff_text(diff, "", "slaDefaultElement", old->sla_default_element,
				 new->sla_default_element, DM_IMPACT_NONE,
				 "what it means is told with the service levels");
}

List *
dm_contract_diff(DmContract *old, DmContract *new, DmCompatibility mode)
{
	DmDiff diff = { .old = old, .new = new, .mode = mode };
	HASHCTL control = { .keysize = sizeof(void *), .entrysize = 2 * sizeof(void *) };

	control.hcxt = CurrentMemoryContext;
	diff.counterparts = hash_create("datamesh contract counterparts", 256, &control,
									HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	diff_fundamentals(&diff);
	dm_diff_objects(&diff);
	dm_diff_service_levels(&diff);
	dm_diff_terms(&diff);
	dm_diff_describe(&diff, "", &old->document->root, &new->document->root, root_keys);
	hash_destroy(diff.counterparts);
	return diff.result;
}
