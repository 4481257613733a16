/*
 * lower.h
 *		When a change of tags or masks shows readers more.
 */
#ifndef DM_CLASSIFY_LOWER_H
#define DM_CLASSIFY_LOWER_H

#include "access/attnum.h"
#include "nodes/pg_list.h"

/* The mask by which a tag guards, NULL if it only describes.  A tag that is not known hides. */
extern char *dm_tag_guard(const char *tag);

/*
 * The tags among those before that guard a column less once it has those after; NIL if nobody
 * comes to see more of it.
 */
extern List *dm_tags_weakened(List *before, List *after);

/*
 * The column is about to get these tags in place of those it has.  What lowers its classification
 * is recorded, and refused to who profits.  The locks for following it are held.
 */
extern void dm_lower_column(Oid relid, AttrNumber attnum, List *after);

/* What the tag and those below it do for the columns that carry them: to be compared later. */
typedef struct DmMaskState
{
	char *tag;
	char *mask;		/* in force for the tag itself, NULL for none */
	char *key;		/* the same for its key */
	List *relids;	/* of the columns that carry the tag or one below it */
	List *carried;	/* the tags in question on these columns */
	List *guarding; /* the masks in force for these, NULL where one only describes */
} DmMaskState;

extern DmMaskState *dm_mask_state(const char *tag);

/*
 * The tag has been changed, and the ports have followed.  A change of its mask or key is
 * recorded; what weakens a mask is refused to who profits.
 */
extern void dm_lower_mask(DmMaskState *before);

#endif /* DM_CLASSIFY_LOWER_H */
