/*
 * words.h
 *		The names that the mesh itself gives: domains, products, tags, purposes, keys.
 */
#ifndef DM_BASE_WORDS_H
#define DM_BASE_WORDS_H

#include "nodes/pg_list.h"

/*
 * Fails unless the name is one word: lower-case letter, then letters, digits
 * and underscores, at most 63 bytes.  kind is for the message ("domain").
 */
extern void dm_check_word(const char *kind, const char *name);

/* The same for words separated by dots ("pii.email"). */
extern void dm_check_dotted(const char *kind, const char *name);

/* True if descendant equals ancestor or lies below it in the tree that dots make. */
extern bool dm_dotted_covers(const char *ancestor, const char *descendant);

/* The name without its last word, NULL for a root. */
extern char *dm_dotted_parent(const char *name);

/*
 * The candidates nearest to the misspelt name, quoted and separated by commas,
 * or NULL when none is near.
 */
extern char *dm_nearest(const char *name, List *candidates);

/*
 * The word nearest to any text: in lower case, with underscores for what a word cannot hold, and
 * a letter before a digit at the start.  NULL if nothing is left.
 */
extern char *dm_slug(const char *text);

/* The strings of a list, each in double quotes, separated by commas. */
extern char *dm_quoted_list(List *names);

#endif /* DM_BASE_WORDS_H */
