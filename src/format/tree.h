/*
 * tree.h
 *		The tree of a document while it is read.
 *
 * A reader tells it what it meets, in the order of the text: begin and end of objects and
 * arrays, keys, scalars.  The tree counts against the limits, finds keys that are there twice
 * and keeps where each value begins.  It has its own stack, so that the depth of a document
 * costs no stack of the server's.
 */
#ifndef DM_FORMAT_TREE_H
#define DM_FORMAT_TREE_H

#include "utils/jsonb.h"

#include "base/finding.h"

/* Where a value begins; the children's positions are in DmPositions, in the order of jsonb. */
typedef struct DmPosition
{
	int line;
	int col;
	int first;
	int count;
} DmPosition;

typedef struct DmPositions
{
	DmPosition root;
	int count;
	DmPosition nodes[FLEXIBLE_ARRAY_MEMBER];
} DmPositions;

/* A value that is complete, with what it counts; readers keep these behind anchors. */
typedef struct DmTreeValue
{
	JsonbValue value;
	DmPosition position;
	int64 nodes;
	int64 bytes;
	int depth; /* levels below it, itself included */
} DmTreeValue;

struct DmTreeFrame;
struct DmTreeItem;

typedef struct DmTree
{
	MemoryContext context; /* of all that is built */
	MemoryContext caller;  /* of the findings */
	List **findings;
	int errors;	  /* found here */
	bool stopped; /* what comes makes no sense any more */
	bool done;	  /* the root is complete */

	struct DmTreeFrame *frames; /* objects and arrays that are open */
	int nframes;
	int frames_size;
	struct DmTreeItem *items; /* their members so far */
	int nitems;
	int items_size;
	DmPosition *nodes;
	int nnodes;
	int nodes_size;

	int64 total_nodes;
	int64 total_bytes;
	DmTreeValue last; /* the value that was completed last; at the end the root */
} DmTree;

extern void dm_tree_init(DmTree *tree, MemoryContext context, List **findings);

/* Adds a finding at the value that is expected next. */
extern void dm_tree_finding(DmTree *tree, DmSeverity severity, int line, int col,
							const char *fmt, ...) pg_attribute_printf(5, 6);

/* Adds an error after which reading stops. */
extern void dm_tree_stop(DmTree *tree, int line, int col, const char *fmt, ...)
	pg_attribute_printf(4, 5);

/* Whether what comes next is a key of an object. */
extern bool dm_tree_wants_key(DmTree *tree);

/* Whether what is open is an object. */
extern bool dm_tree_in_object(DmTree *tree);

/* Texts are UTF-8 and are copied.  A merge key takes an object or an array of them. */
extern void dm_tree_key(DmTree *tree, const char *key, int len, bool merge, int line, int col);
extern void dm_tree_begin(DmTree *tree, bool object, int line, int col);
extern void dm_tree_end(DmTree *tree);
extern void dm_tree_null(DmTree *tree, int line, int col);
extern void dm_tree_bool(DmTree *tree, bool value, int line, int col);
extern void dm_tree_text(DmTree *tree, const char *text, int len, int line, int col);

/* A decimal number as JSON or YAML write it. */
extern void dm_tree_number(DmTree *tree, const char *text, int len, int line, int col);

/* A value from before, once more. */
extern void dm_tree_again(DmTree *tree, const DmTreeValue *value, int line, int col);

/* The document in the caller's memory, NULL if there is none. */
extern Jsonb *dm_tree_document(DmTree *tree, DmPositions **positions);

#endif /* DM_FORMAT_TREE_H */
