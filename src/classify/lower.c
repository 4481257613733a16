/*
 * lower.c
 *		When a change of tags or masks shows readers more.
 *
 * A tag with a mask guards its column; one that only describes does not.  Taking a guard off lowers
 * the column, unless a tag above it stays: a clearance for that one covers this one as well.
 * A mask is weakened by any other mask but the one that hides everything.  Whether two masks
 * differ for the better cannot be told from their names, so the doubt counts as weaker.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/sqlname.h"
#include "base/strings.h"
#include "base/words.h"
#include "catalog/listen.h"
#include "catalog/table.h"
#include "classify/change.h"
#include "classify/label.h"
#include "classify/lower.h"
#include "classify/maskspec.h"
#include "classify/tag.h"

char *
dm_tag_guard(const char *tag)
{
	return dm_tag_get(tag, true) == NULL ? "dm_mask_null()" : dm_tag_mask(tag);
}

/* True if nothing can be seen behind the new mask that the old one, NULL for none, did not show. */
static bool
is_as_strict(const char *old_mask, const char *new_mask)
{
	if (old_mask == NULL)
		return true;
	return new_mask != NULL &&
		   (strcmp(old_mask, new_mask) == 0 || dm_mask_is_null(new_mask));
}

/*
 * True if, of these tags, one asks for a clearance that covers the tag's, and stands for it with
 * a mask that shows no more.
 */
static bool
stands_in(List *tags, const char *tag, bool hiding)
{
	char *mask = dm_tag_guard(tag);
	ListCell *lc;

	foreach(lc, tags)
	{
		char *other = dm_tag_guard(lfirst(lc));

		if (other != NULL && dm_dotted_covers(lfirst(lc), tag) && is_as_strict(mask, other) &&
			(!hiding || dm_mask_is_null(other)))
			return true;
	}
	return false;
}

/* Of the tags, those whose masks show something to some reader, in order. */
static List *
showing_guards(List *tags, List *hiding)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, tags)
	{
		char *mask = dm_tag_guard(lfirst(lc));

		if (mask != NULL && !stands_in(hiding, lfirst(lc), true))
			result = lappend(result, lfirst(lc));
	}
	return result;
}

/* A reader sees the first mask of those that he is not cleared for: false if it may change. */
static bool
first_masks_stay(List *before, List *after)
{
	List *now = showing_guards(after, after);
	ListCell *next = list_head(now);
	ListCell *lc;

	foreach(lc, showing_guards(before, after))
	{
		char *tag;

		/* a hiding one among those before has a hiding one in its place, and was not taken */
		if (next == NULL)
			return false;
		tag = lfirst(next);
		if (!dm_dotted_covers(tag, lfirst(lc)) ||
			strcmp(dm_tag_guard(tag), dm_tag_guard(lfirst(lc))) != 0)
			return false;
		next = lnext(now, next);
	}
	return true;
}

List *
dm_tags_weakened(List *before, List *after)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, before)
		if (dm_tag_guard(lfirst(lc)) != NULL && !stands_in(after, lfirst(lc), false))
			result = lappend(result, lfirst(lc));
	if (result == NIL && !first_masks_stay(before, after))
		result = showing_guards(before, NIL);
	return result;
}

/* "column "email" of relation sales.customer" */
static char *
column_title(Oid relid, AttrNumber attnum)
{
	return psprintf("column \"%s\" of relation \"%s\"", get_attname(relid, attnum, false),
					get_rel_name(relid));
}

void
dm_lower_column(Oid relid, AttrNumber attnum, List *after)
{
	List *before = dm_label_get(relid, attnum);
	List *weakened;

	/* also where there is no extension yet */
	if (before == NIL || !OidIsValid(dm_catalog_schema()))
		return;
	weakened = dm_tags_weakened(before, after);
	if (weakened == NIL)
		return;
	dm_announce_lowered(list_make1_oid(relid), weakened,
						psprintf("lower the classification of %s", column_title(relid, attnum)),
						true);
	dm_change_record_relation(relid, "classification",
							  psprintf("%s.%s", dm_relation_sql(relid),
									   quote_identifier(get_attname(relid, attnum, false))),
							  dm_label_text(before), dm_label_text(after), NULL);
}

DmMaskState *
dm_mask_state(const char *tag)
{
	DmMaskState *state = palloc0(sizeof(DmMaskState));
	ListCell *lc;

	state->tag = pstrdup(tag);
	state->mask = dm_tag_mask(tag);
	state->key = dm_tag_token_key(tag);
	foreach(lc, dm_label_find(tag))
	{
		DmLabelled *labelled = lfirst(lc);
		ListCell *lt;

		state->relids = list_append_unique_oid(state->relids, labelled->relid);
		foreach(lt, labelled->tags)
			if (dm_dotted_covers(tag, lfirst(lt)))
				state->carried = dm_string_append_unique(state->carried, lfirst(lt));
	}
	foreach(lc, state->carried)
		state->guarding = lappend(state->guarding, dm_tag_guard(lfirst(lc)));
	return state;
}

/* NULLs are equal. */
static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

void
dm_lower_mask(DmMaskState *before)
{
	char *mask = dm_tag_mask(before->tag);
	char *key = dm_tag_token_key(before->tag);
	List *weakened = NIL;
	ListCell *lt;
	ListCell *lm;

	forboth(lt, before->carried, lm, before->guarding)
		if (!is_as_strict(lfirst(lm), dm_tag_guard(lfirst(lt))))
			weakened = lappend(weakened, lfirst(lt));
	dm_announce_lowered(before->relids, weakened,
						psprintf("weaken the mask of tag \"%s\"", before->tag),
						false);
	if (!same(before->mask, mask))
		dm_change_record("mask", psprintf("tag %s", before->tag), before->mask, mask, NULL);
	if (!same(before->key, key))
		dm_change_record("key", psprintf("tag %s", before->tag), before->key, key, NULL);
}
