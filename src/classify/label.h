/*
 * label.h
 *		Classification of columns: security labels of provider "datamesh".
 */
#ifndef DM_CLASSIFY_LABEL_H
#define DM_CLASSIFY_LABEL_H

#include "access/attnum.h"
#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"
#include "storage/lockdefs.h"

/* The tags in a label's text, without blanks, in order, without duplicates. */
extern List *dm_label_split(const char *label);

/* And back; NULL for no tags. */
extern char *dm_label_text(List *tags);

/*
 * Gives a column of a new relation the tags of what it was computed from.  Whether their masks fit
 * does not matter: where not, they hide the column, as in a view.
 */
extern void dm_label_inherit(Oid relid, AttrNumber attnum, List *tags);

/* The tags on a column itself; NIL if there are none. */
extern List *dm_label_get(Oid relid, AttrNumber attnum);

/*
 * The tags that govern a column: its own, those of the same column of its
 * partitions, children and parents, and for a view those of every column that its value is
 * computed from.
 */
extern List *dm_column_tags(Oid relid, AttrNumber attnum);

typedef struct DmColumn
{
	Oid relid;
	AttrNumber attnum;
} DmColumn;

/* A tag that governs a column, and the columns from that one to the one that is labelled. */
typedef struct DmTagOrigin
{
	char *tag;
	List *trail; /* of DmColumn */
} DmTagOrigin;

/* Why the tags of dm_column_tags are there: a tag as often as there are labels that bring it. */
extern List *dm_column_tag_origins(Oid relid, AttrNumber attnum);

/* The column and all those that its value is computed from, as DmColumn. */
extern List *dm_column_sources(Oid relid, AttrNumber attnum);
/*
 * The same for each output column of a SELECT as it comes from the parser or the rewriter: a list
 * of lists of tags.
 */
extern List *dm_query_tags(Query *query);

/* The relation, its descendants in inheritance and partitioning, and the ancestors of all these. */
extern List *dm_relation_family(Oid relid);

/* The relation and all those whose labels govern something of it. */
extern List *dm_lineage(Oid relid);

/*
 * Locks the labels of relations until the end of the transaction: who reads them into a port
 * takes ShareLock, who writes one takes ExclusiveLock.  After DM_TAG, before DM_DOMAIN.
 */
extern void dm_lineage_lock(List *relids, LOCKMODE mode);

/*
 * Gives a column these tags in place of those it has, NIL for none, as SECURITY LABEL does: with
 * all of the server's checks of the current user.
 */
extern void dm_label_set(Oid relid, const char *column, List *tags);

/* One labelled column. */
typedef struct DmLabelled
{
	Oid relid;
	AttrNumber attnum;
	List *tags;
} DmLabelled;

/* All labelled columns that carry the tag or one below it. */
extern List *dm_label_find(const char *tag);

/* Fails unless the masks of the tags fit the column's type. */
extern void dm_label_check_masks(Oid relid, AttrNumber attnum, List *tags);

extern void dm_label_init(void);

#endif /* DM_CLASSIFY_LABEL_H */
