/*
 * tag.c
 *		Tags: reading them, and what they inherit.
 *
 * The dots in a tag's name are the tree, so the ancestors of a tag are known
 * without looking anything up.
 */
#include "postgres.h"

#include "access/htup_details.h"

#include "base/words.h"
#include "catalog/table.h"
#include "classify/maskspec.h"
#include "classify/tag.h"

static DmTag *
read_tag(DmScan *scan, HeapTuple tuple)
{
	DmTag *tag = palloc(sizeof(DmTag));

	tag->name = dm_scan_text(scan, tuple, Anum_dm_tag_name);
	tag->description = dm_scan_text(scan, tuple, Anum_dm_tag_description);
	tag->mask = dm_scan_text(scan, tuple, Anum_dm_tag_mask);
	tag->token_key = dm_scan_text(scan, tuple, Anum_dm_tag_token_key);
	return tag;
}

List *
dm_tag_names(void)
{
	DmScan scan;
	HeapTuple tuple;
	List *names = NIL;

	dm_scan_begin(&scan, DM_TAG, "tag_pkey", 0, NULL);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		names = lappend(names, dm_scan_text(&scan, tuple, Anum_dm_tag_name));
	dm_scan_end(&scan);
	return names;
}

DmTag *
dm_tag_get(const char *name, bool missing_ok)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	DmTag *tag = NULL;

	dm_key_text(&key, Anum_dm_tag_name, name);
	dm_scan_begin(&scan, DM_TAG, "tag_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
		tag = read_tag(&scan, tuple);
	dm_scan_end(&scan);

	if (tag == NULL && !missing_ok)
	{
		List *names = dm_tag_names();
		char *nearest = dm_nearest(name, names);

		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("tag \"%s\" does not exist", name),
				 nearest	  ? errhint("Perhaps you meant %s.", nearest) :
				 names != NIL ? errhint("datamesh.tags lists the tags.") :
								errhint("There are no tags yet; use dm_load_taxonomy or dm_create_tag.")));
	}
	return tag;
}

char *
dm_tag_mask(const char *name)
{
	for (; name != NULL; name = dm_dotted_parent(name))
	{
		DmTag *tag = dm_tag_get(name, true);

		if (tag != NULL && tag->mask != NULL)
			return tag->mask;
	}
	return NULL;
}

char *
dm_tag_token_key(const char *name)
{
	for (; name != NULL; name = dm_dotted_parent(name))
	{
		DmTag *tag = dm_tag_get(name, true);

		if (tag != NULL && tag->token_key != NULL)
			return tag->token_key;
	}
	return NULL;
}

char *
dm_tag_with_mask(Oid funcid)
{
	char *mask = dm_mask_registered_name(funcid);
	ListCell *lc;

	if (mask == NULL)
		return NULL;
	foreach(lc, dm_tag_names())
	{
		DmTag *tag = dm_tag_get(lfirst(lc), true);

		if (tag != NULL && tag->mask != NULL && dm_mask_uses(tag->mask, mask))
			return tag->name;
	}
	return NULL;
}
