/*
 * classification.c
 *		What a contract says of the sensitivity of columns, as tags of the mesh.
 *
 * A contract is written by the domain's team, which may always classify higher.  To classify
 * lower is a decision with readers behind it, so no document does it in passing: that is
 * dm_classify, which asks who profits and keeps a record.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/finding.h"
#include "base/json.h"
#include "base/sqlname.h"
#include "base/strings.h"
#include "base/words.h"
#include "classify/label.h"
#include "classify/lower.h"
#include "classify/tag.h"
#include "exchange/classification.h"
#include "exchange/realise.h"

/* The tag that a word of a contract names, in whatever case; NULL if the mesh has none. */
static char *
tag_of(const char *word)
{
	char *lower = pstrdup(word);

	for (char *p = lower; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
	return dm_tag_get(lower, true) != NULL ? lower : NULL;
}

static void
collect_tags(DmProperty *property, List **tags)
{
	char *tag;
	ListCell *lc;

	if (property == NULL)
		return;
	check_stack_depth();
	tag = property->classification ? tag_of(property->classification) : NULL;
	if (tag != NULL)
		*tags = dm_string_append_unique(*tags, tag);
	foreach(lc, property->tags)
	{
		tag = tag_of(lfirst(lc));
		if (tag != NULL)
			*tags = dm_string_append_unique(*tags, tag);
	}
	/* a part that is sensitive makes the whole so */
	foreach(lc, property->properties)
		collect_tags(lfirst(lc), tags);
	collect_tags(property->items, tags);
	collect_tags(property->map_key, tags);
	collect_tags(property->map_value, tags);
}

List *
dm_property_tags(DmProperty *property)
{
	List *tags = NIL;

	collect_tags(property, &tags);
	return tags;
}

/* True if the tags have this one, or one below it, which says the same more closely. */
static bool
has_tag(List *tags, const char *tag)
{
	ListCell *lc;

	foreach(lc, tags)
		if (dm_dotted_covers(tag, lfirst(lc)))
			return true;
	return false;
}

/* True if the tag is one of those, or lies below one of them. */
static bool
is_named(List *named, const char *tag)
{
	ListCell *lc;

	foreach(lc, named)
		if (dm_dotted_covers(lfirst(lc), tag))
			return true;
	return false;
}

List *
dm_property_missing_tags(DmProperty *property, Oid relid)
{
	AttrNumber attnum = get_attnum(relid, property->physical_name);
	List *named = dm_property_tags(property);
	List *known;
	List *missing = NIL;
	ListCell *lc;

	if (attnum <= 0)
		return NIL;
	known = dm_column_tags(relid, attnum);
	foreach(lc, named)
	{
		List *others = list_delete_ptr(list_copy(named), lfirst(lc));

		if (!has_tag(known, lfirst(lc)) && !has_tag(others, lfirst(lc)))
			missing = lappend(missing, lfirst(lc));
	}
	return missing;
}

static void
tell_unknown(DmProperty *property, List **findings)
{
	if (property->classification != NULL && tag_of(property->classification) == NULL)
		dm_finding_add(findings, "import", DM_WARNING, dm_pointer(property->pointer, "classification"),
					   "\"%s\" is no tag of the mesh and guards nothing",
					   property->classification);
}

/* Tags that the column has and the contract does not name. */
static void
tell_others(DmProperty *property, Oid relid, List *named, List **findings)
{
	List *others = NIL;
	ListCell *lc;

	foreach(lc, dm_label_get(relid, get_attnum(relid, property->physical_name)))
		if (!is_named(named, lfirst(lc)))
			others = lappend(others, lfirst(lc));
	if (others != NIL)
		dm_finding_add(findings, "import", DM_INFO, property->pointer,
					   "column \"%s\" of %s keeps what the contract does not name: %s",
					   property->physical_name, dm_relation_sql(relid), dm_label_text(others));
}

void
dm_property_classify(DmProperty *property, Oid relid, List **steps, List **findings)
{
	List *missing = dm_property_missing_tags(property, relid);

	tell_unknown(property, findings);
	if (get_attnum(relid, property->physical_name) <= 0)
		return;
	tell_others(property, relid, dm_property_tags(property), findings);
	if (missing != NIL)
	{
		List *tags = dm_label_get(relid, get_attnum(relid, property->physical_name));

		dm_label_set(relid, property->physical_name, list_concat(tags, missing));
		dm_step_add(steps, "classify",
					psprintf("%s.%s", dm_relation_sql(relid),
							 quote_identifier(property->physical_name)),
					"%s", dm_label_text(missing));
	}
}

void
dm_property_survey(DmProperty *property, Oid relid, List **findings)
{
	List *missing = dm_property_missing_tags(property, relid);

	tell_unknown(property, findings);
	if (get_attnum(relid, property->physical_name) <= 0)
		return;
	tell_others(property, relid, dm_property_tags(property), findings);
	if (missing != NIL)
		dm_finding_add(findings, "import", DM_WARNING, property->pointer,
					   "column \"%s\" of %s is not classified as the contract says: %s",
					   property->physical_name, dm_relation_sql(relid), dm_label_text(missing));
}

bool
dm_property_is_guarded(DmProperty *property, Oid relid)
{
	List *tags = dm_property_tags(property);
	ListCell *lc;

	if (OidIsValid(relid) && get_attnum(relid, property->physical_name) > 0)
		tags = list_concat(tags, dm_column_tags(relid, get_attnum(relid, property->physical_name)));
	foreach(lc, tags)
		if (dm_tag_guard(lfirst(lc)) != NULL)
			return true;
	return false;
}
