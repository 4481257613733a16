/*
 * level.c
 *		The words that contracts classify with, in the order in which they hide.
 *
 * The field classification is free text.  The words below are those that contracts use; a tag of
 * the mesh has its place in the tree of tags.
 */
#include "postgres.h"

#include "base/words.h"
#include "contract/level.h"

static const struct
{
	const char *word;
	int level;
} levels[] = {
	{ "public", 0 },
	{ "open", 0 },
	{ "unclassified", 0 },
	{ "internal", 1 },
	{ "private", 2 },
	{ "confidential", 2 },
	{ "sensitive", 2 },
	{ "restricted", 3 },
	{ "highly restricted", 3 },
	{ "secret", 3 },
};

/* -1 for a word that has no place among them */
static int
level_of(const char *classification)
{
	if (classification == NULL)
		return 0;
	for (int i = 0; i < lengthof(levels); i++)
		if (pg_strcasecmp(levels[i].word, classification) == 0)
			return levels[i].level;
	return -1;
}

bool
dm_level_compare(const char *old, const char *new, int *order)
{
	int old_level = level_of(old);
	int new_level = level_of(new);

	if (old_level >= 0 && new_level >= 0)
		*order = old_level - new_level;
	/* whatever the word means, it hides something, and what lies below it the more so */
	else if (old_level == 0 || (old_level < 0 && new_level < 0 && dm_dotted_covers(old, new)))
		*order = -1;
	else if (new_level == 0 || (old_level < 0 && new_level < 0 && dm_dotted_covers(new, old)))
		*order = 1;
	else
		return false;
	return true;
}
