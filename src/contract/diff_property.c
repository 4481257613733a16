/*
 * diff_property.c
 *		The comparison of properties: names, types, and what is promised of their values.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/json.h"
#include "contract/diff_rule.h"
#include "contract/level.h"
#include "contract/typestep.h"

static const char *const property_keys[] = {
	"id", "name", "physicalName", "logicalType", "physicalType", "logicalTypeOptions", "enum",
	"required", "unique", "primaryKey", "primaryKeyPosition", "partitioned",
	"partitionKeyPosition", "classification", "encryptedName", "properties", "items", "map",
	"relationships", "quality", NULL
};

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

/* A column of the port has the physical name; what is nested in a value has the logical one. */
static void
diff_names(DmDiff *diff, const char *path, DmProperty *old, DmProperty *new, bool column)
{
	bool same_column = column && dm_same_text(old->physical_name, new->physical_name);

	if (!dm_same_text(old->name, new->name))
		dm_diff_note(diff, path, "renamed", old->name, new->name,
					 same_column ? DM_IMPACT_ADDS : DM_IMPACT_ALL, "%s",
					 same_column ?
						 "rename of a property; its column keeps its name" :
						 "rename of a property; a view of the old name would keep readers going");
	else if (!dm_same_text(old->physical_name, new->physical_name))
		dm_diff_note(diff, dm_pointer(path, "physicalName"), "renamed", old->physical_name,
					 new->physical_name, column ? DM_IMPACT_ALL : DM_IMPACT_ADDS, "%s",
					 column ?
						 "rename of a column; a view of the old name would keep readers going" :
						 "another name within the value");
}

static void
note_step(DmDiff *diff, const char *path, const char *old, const char *new, DmTypeStep step)
{
	switch (step)
	{
		case DM_TYPE_SAME:
			dm_diff_note(diff, path, "changed", old, new, DM_IMPACT_NONE,
						 "another spelling of the same type");
			break;
		case DM_TYPE_WIDER:
			dm_diff_note(diff, path, "changed", old, new, DM_IMPACT_STRICT,
						 "a wider type: all old values fit; clients that know the exact type may care");
			break;
		case DM_TYPE_NARROWER:
			dm_diff_note(diff, path, "changed", old, new, DM_IMPACT_ALL,
						 "a narrower type: not all old values fit");
			break;
		case DM_TYPE_OTHER:
			dm_diff_note(diff, path, "changed", old, new, DM_IMPACT_ALL,
						 "another type: values, their text or their order differ");
			break;
		case DM_TYPE_UNCLEAR:
			dm_diff_note(diff, path, "changed", old, new, DM_IMPACT_ALL,
						 "another type, and this database does not know both to compare them");
			break;
	}
}

static void
note_stated(DmDiff *diff, const char *path, const char *old, const char *new)
{
	if (old == NULL)
		dm_diff_note(diff, path, "added", NULL, new, DM_IMPACT_ADDS,
					 "the type is stated from now on");
	else
		dm_diff_note(diff, path, "removed", old, NULL, DM_IMPACT_ALL,
					 "the type is promised no longer");
}

static void
diff_types(DmDiff *diff, const char *path, DmProperty *old, DmProperty *new)
{
	char *physical = dm_pointer(path, "physicalType");
	char *logical = dm_pointer(path, "logicalType");
	bool both = old->physical_type != NULL && new->physical_type != NULL;

	if (both && strcmp(old->physical_type, new->physical_type) != 0)
		note_step(diff, physical, old->physical_type, new->physical_type,
				  dm_type_step(old->physical_type, new->physical_type));
	else if (!both && old->physical_type != new->physical_type)
		note_stated(diff, physical, old->physical_type, new->physical_type);

	if (dm_same_text(old->logical_type, new->logical_type))
		return;
	if (both)
		dm_diff_note(diff, logical, dm_diff_change(old->logical_type, new->logical_type),
					 old->logical_type, new->logical_type, DM_IMPACT_ADDS,
					 "physicalType says what readers get");
	else if (old->logical_type == NULL || new->logical_type == NULL)
		note_stated(diff, logical, old->logical_type, new->logical_type);
	else
		note_step(diff, logical, old->logical_type, new->logical_type,
				  dm_logical_type_step(old->logical_type, new->logical_type));
}

/* A key's columns are never NULL, so that its coming and going may change what is required. */
static bool
is_required(DmProperty *property)
{
	return property->required || property->primary_key;
}

static void
diff_flag(DmDiff *diff, const char *path, const char *key, bool old, bool new, DmImpact set,
		  const char *set_reason, DmImpact unset, const char *unset_reason)
{
	if (old != new)
		dm_diff_note(diff, dm_pointer(path, key), "changed", old ? "true" : "false",
					 new ? "true" : "false", new ? set : unset, "%s",
					 new ? set_reason : unset_reason);
}

static void
diff_flags(DmDiff *diff, const char *path, DmProperty *old, DmProperty *new)
{
	if (old->required != new->required && is_required(old) == is_required(new))
		dm_diff_note(diff, dm_pointer(path, "required"), "changed",
					 old->required ? "true" : "false", new->required ? "true" : "false",
					 DM_IMPACT_NONE, "the primary key requires it in either case");
	else
		diff_flag(diff, path, "required", is_required(old), is_required(new), DM_IMPACT_ROWS,
				  "readers get no NULL any more; old rows may have some", DM_IMPACT_READERS,
				  "readers get NULLs from now on");
	diff_flag(diff, path, "unique", old->unique, new->unique, DM_IMPACT_ROWS,
			  "values are unique from now on; old rows may repeat them", DM_IMPACT_READERS,
			  "joins by it may find several rows");
	diff_flag(diff, path, "partitioned", old->partitioned, new->partitioned, DM_IMPACT_ADDS,
			  "stored otherwise, read the same", DM_IMPACT_ADDS, "stored otherwise, read the same");
	if (old->partitioned && new->partitioned && old->partition_position != new->partition_position)
		dm_diff_note(diff, dm_pointer(path, "partitionKeyPosition"), "changed",
					 psprintf("%d", old->partition_position),
					 psprintf("%d", new->partition_position), DM_IMPACT_ADDS,
					 "stored otherwise, read the same");
}

static void
diff_classification(DmDiff *diff, const char *path, DmProperty *old, DmProperty *new)
{
	const char *change = dm_diff_change(old->classification, new->classification);
	DmImpact impact = DM_IMPACT_ALL;
	const char *reason = "another classification hides the column from who is not cleared for it";
	DmDifference *difference;
	int order;

	if (dm_same_text(old->classification, new->classification))
		return;
	if (dm_level_compare(old->classification, new->classification, &order))
	{
		impact = order < 0 ? DM_IMPACT_ALL : DM_IMPACT_ADDS;
		reason = order < 0 ?
					 "a higher classification hides the column from who is not cleared for it" :
				 order > 0 ? "a lower classification shows more: a review, no automatic step" :
							 "another word that hides as much";
	}
	difference = dm_diff_note(diff, dm_pointer(path, "classification"), change,
							  old->classification, new->classification, impact, "%s", reason);
	if (impact == DM_IMPACT_ALL)
		difference->raised_to = new->classification;
}

static void
diff_encryption(DmDiff *diff, const char *path, DmProperty *old, DmProperty *new)
{
	if (dm_same_text(old->encrypted_name, new->encrypted_name))
		return;
	dm_diff_note(diff, dm_pointer(path, "encryptedName"),
				 dm_diff_change(old->encrypted_name, new->encrypted_name), old->encrypted_name,
				 new->encrypted_name, new->encrypted_name ? DM_IMPACT_ALL : DM_IMPACT_ADDS, "%s",
				 new->encrypted_name ? "readers get another column in its place, encrypted" :
									   "readers get the clear column: a review, no automatic step");
}

static void diff_property(DmDiff *diff, const char *path, DmProperty *old, DmProperty *new,
						  bool column);

/* items, and the two sides of a map: properties without a name of their own */
static void
diff_inner(DmDiff *diff, const char *path, const char *key, DmProperty *old, DmProperty *new)
{
	path = dm_pointer(path, key);
	if (old != NULL && new != NULL)
		diff_property(diff, path, old, new, false);
	else if (old != NULL)
		dm_diff_note(diff, path, "removed", old->logical_type, NULL, DM_IMPACT_ALL,
					 "what is in the value is promised no longer");
	else if (new != NULL)
		dm_diff_note(diff, path, "added", NULL, new->logical_type, DM_IMPACT_ADDS,
					 "what is in the value is promised from now on");
}

static void
diff_property(DmDiff *diff, const char *path, DmProperty *old, DmProperty *new, bool column)
{
	check_stack_depth();
	diff_names(diff, path, old, new, column);
	diff_types(diff, path, old, new);
	diff_flags(diff, path, old, new);
	diff_classification(diff, path, old, new);
	diff_encryption(diff, path, old, new);
	dm_diff_options(diff, path, old, new);
	dm_diff_quality(diff, dm_pointer(path, "quality"), old->quality, new->quality);
	dm_diff_properties(diff, dm_pointer(path, "properties"), old->properties, new->properties,
					   false);
	diff_inner(diff, path, "items", old->items, new->items);
	diff_inner(diff, dm_pointer(path, "map"), "key", old->map_key, new->map_key);
	diff_inner(diff, dm_pointer(path, "map"), "value", old->map_value, new->map_value);
	dm_diff_describe(diff, path, old->node, new->node, property_keys);
}

void
dm_diff_properties(DmDiff *diff, const char *path, List *old_list, List *new_list, bool columns)
{
	List *pairs = dm_diff_match(old_list, new_list, property_id, property_name);
	ListCell *lc;

	foreach(lc, pairs)
	{
		DmPair *pair = lfirst(lc);
		DmProperty *old = pair->old;
		DmProperty *new = pair->new;
		DmProperty *any = old ? old : new;
		char *place = dm_pointer(path, any->name ? any->name : "");

		CHECK_FOR_INTERRUPTS();
		if (old == NULL)
			dm_diff_note(diff, place, "added", NULL, new->name,
						 is_required(new) ? DM_IMPACT_ROWS : DM_IMPACT_ADDS, "a new %s%s",
						 columns ? "column" : "part of the value",
						 is_required(new) ? "; old rows have no value for it" : "");
		else if (new == NULL)
			dm_diff_note(diff, place, "removed", old->name, NULL, DM_IMPACT_READERS, "%s",
						 columns ? "the column is gone" : "it is gone from the value");
		else
			diff_property(diff, place, old, new, columns);
	}
	if (dm_diff_reordered(pairs, new_list))
		dm_diff_note(diff, path, "reordered", NULL, NULL, columns ? DM_IMPACT_ADDS : DM_IMPACT_NONE,
					 "%s",
					 columns ? "another order of columns: SELECT * and COPY without a list notice" :
							   "another order within the value");
}
