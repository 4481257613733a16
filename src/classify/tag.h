/*
 * tag.h
 *		Tags: the tree of classifications, their masks and token keys.
 */
#ifndef DM_CLASSIFY_TAG_H
#define DM_CLASSIFY_TAG_H

#include "nodes/pg_list.h"

#define Anum_dm_tag_name		1
#define Anum_dm_tag_description 2
#define Anum_dm_tag_mask		3
#define Anum_dm_tag_token_key	4
#define Anum_dm_tag_created_at	5
#define Anum_dm_tag_created_by	6

typedef struct DmTag
{
	char *name;
	char *description;
	char *mask;		 /* own mask, NULL if none */
	char *token_key; /* own key, NULL if none */
} DmTag;

/* The tag; NULL or an error naming the nearest ones. */
extern DmTag *dm_tag_get(const char *name, bool missing_ok);

/* Mask and key in force: its own, or those of the nearest ancestor that has one; NULL for none. */
extern char *dm_tag_mask(const char *name);
extern char *dm_tag_token_key(const char *name);

extern List *dm_tag_names(void);

/* A tag whose mask is the registered function; NULL if there is none, or it is no mask. */
extern char *dm_tag_with_mask(Oid funcid);

/*
 * Deletes a tag; refused while a column carries it or a tag lies below it.  The caller
 * holds the exclusive lock of DM_TAG.
 */
extern void dm_tag_drop(const char *name);

#endif /* DM_CLASSIFY_TAG_H */
