/*
 * tree.c
 *		The tree of a document while it is read.
 *
 * Members wait on one stack for their object or array to end.  Then they are copied into an
 * array of just their number, which the server's JsonbValueToJsonb() takes as it is: an
 * object's keys are sorted here, as jsonb wants them, since here a key that is there twice can
 * still be told from its namesake.
 */
#include "postgres.h"

#include <stdarg.h>

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/json.h"
#include "base/strings.h"
#include "format/document.h"
#include "format/encoding.h"
#include "format/number.h"
#include "format/tree.h"

/* Nobody reads more, and a hostile text could make millions */
#define MAX_FINDINGS 1000

/* What a value takes in jsonb beside its text: its entry, alignment, a small number */
#define NODE_BYTES 16

typedef struct DmTreeFrame
{
	bool object;
	bool has_key; /* the value of this key is expected */
	bool has_merge;
	bool merge; /* this key is a merge key */
	JsonbValue key;
	int key_line;
	int key_col;
	int first; /* its first item */
	int line;
	int col;
	int64 nodes; /* the totals when it began */
	int64 bytes;
	int depth; /* of the deepest child */
} DmTreeFrame;

typedef struct DmTreeItem
{
	JsonbValue key;
	JsonbValue value;
	DmPosition position;
	int key_line;
	int key_col;
	int order;
	int merged; /* 0 the object's own, else the number of the merge that it came by */
} DmTreeItem;

/*
 * Makes room for one more element of an array that grows.
 */
#define GROW(tree, array, count, size)                                                 \
	do                                                                                 \
	{                                                                                  \
		if ((count) >= (size))                                                         \
		{                                                                              \
			int newsize_ = (size) == 0 ? 64 : (size) *2;                               \
			(array) = (array) == NULL ?                                                \
						  MemoryContextAllocHuge((tree)->context,                      \
												 (Size) newsize_ * sizeof(*(array))) : \
						  repalloc_huge((array), (Size) newsize_ * sizeof(*(array)));  \
			(size) = newsize_;                                                         \
		}                                                                              \
	} while (0)

void
dm_tree_init(DmTree *tree, MemoryContext context, List **findings)
{
	memset(tree, 0, sizeof(*tree));
	tree->context = context;
	tree->caller = CurrentMemoryContext;
	tree->findings = findings;
}

/*
 * The pointer of the value that is expected next.
 */
static char *
next_pointer(DmTree *tree)
{
	StringInfoData pointer;
	int i;

	initStringInfo(&pointer);
	for (i = 0; i < tree->nframes; i++)
	{
		DmTreeFrame *frame = &tree->frames[i];
		int end = i + 1 < tree->nframes ? tree->frames[i + 1].first : tree->nitems;

		if (!frame->object)
			appendStringInfo(&pointer, "/%d", end - frame->first);
		else if (frame->has_key)
		{
			char *key = dm_json_scalar_text(&frame->key);
			char *segment = dm_pointer("", key);

			appendStringInfoString(&pointer, segment);
			pfree(segment);
			pfree(key);
		}
	}
	return pointer.data;
}

static void
add_finding(DmTree *tree, DmSeverity severity, const char *pointer, int line, int col,
			const char *message)
{
	MemoryContext old = MemoryContextSwitchTo(tree->caller);
	DmFinding *finding = dm_finding_add(tree->findings, "yaml", severity, pointer, "%s", message);

	finding->line = line;
	finding->col = col;
	if (severity == DM_ERROR)
		tree->errors++;
	if (list_length(*tree->findings) == MAX_FINDINGS)
	{
		dm_finding_add(tree->findings, "yaml", DM_ERROR, "",
					   "there are more mistakes than the %d listed", MAX_FINDINGS);
		tree->errors++;
		tree->stopped = true;
	}
	MemoryContextSwitchTo(old);
}

void
dm_tree_finding(DmTree *tree, DmSeverity severity, int line, int col, const char *fmt, ...)
{
	char *pointer;
	char *message;
	va_list args;

	if (tree->stopped)
		return;
	va_start(args, fmt);
	message = dm_vpsprintf(fmt, args);
	va_end(args);
	pointer = next_pointer(tree);
	add_finding(tree, severity, pointer, line, col, message);
	pfree(pointer);
	pfree(message);
}

void
dm_tree_stop(DmTree *tree, int line, int col, const char *fmt, ...)
{
	char *message;
	va_list args;

	if (tree->stopped)
		return;
	va_start(args, fmt);
	message = dm_vpsprintf(fmt, args);
	va_end(args);
	dm_tree_finding(tree, DM_ERROR, line, col, "%s", message);
	pfree(message);
	tree->stopped = true;
}

bool
dm_tree_in_object(DmTree *tree)
{
	return tree->nframes > 0 && tree->frames[tree->nframes - 1].object;
}

bool
dm_tree_wants_key(DmTree *tree)
{
	return dm_tree_in_object(tree) && !tree->frames[tree->nframes - 1].has_key;
}

/*
 * Counts what a value adds to the document; false if it is beyond the limits.
 */
static bool
count(DmTree *tree, int64 nodes, int64 bytes, int line, int col)
{
	int64 max_bytes = (int64) dm_document_max_size * 1024;

	if (tree->stopped)
		return false;
	tree->total_nodes += nodes;
	tree->total_bytes += bytes;
	if (tree->total_nodes > dm_document_max_nodes)
		dm_tree_stop(tree, line, col,
					 "the document has more than %d values, aliases expanded"
					 " (datamesh.document_max_nodes)",
					 dm_document_max_nodes);
	else if (tree->total_bytes > max_bytes)
		dm_tree_stop(tree, line, col,
					 "the document is larger than %d kB, aliases expanded"
					 " (datamesh.document_max_size)",
					 dm_document_max_size);
	else if (tree->total_bytes + NODE_BYTES * tree->total_nodes > JENTRY_OFFLENMASK)
		dm_tree_stop(tree, line, col, "the document is larger than jsonb can be");
	return !tree->stopped;
}

/*
 * A text as a jsonb string in the database's encoding.  One that cannot be is reported and
 * becomes empty.
 */
static JsonbValue
make_string(DmTree *tree, const char *text, int len, int line, int col)
{
	MemoryContext old = MemoryContextSwitchTo(tree->context);
	JsonbValue result;
	char *converted = NULL;
	int outlen = 0;
	int bad;

	if (memchr(text, '\0', len) != NULL)
		dm_tree_finding(tree, DM_ERROR, line, col,
						"a text has the character U+0000, which PostgreSQL cannot store");
	else
	{
		converted = dm_from_utf8(text, len, &outlen, &bad);
		if (converted == NULL)
			dm_tree_finding(tree, DM_ERROR, line, col,
							"a text has a character that has no equivalent in encoding \"%s\"",
							GetDatabaseEncodingName());
		else if (converted == text)
			converted = pnstrdup(text, len);
	}
	result.type = jbvString;
	result.val.string.val = converted != NULL ? converted : pstrdup("");
	result.val.string.len = converted != NULL ? outlen : 0;
	MemoryContextSwitchTo(old);
	return result;
}

/*
 * A value is complete: it goes to the object or array that is open, or is the root.
 */
static void
complete(DmTree *tree, const DmTreeValue *value)
{
	DmTreeFrame *frame;
	DmTreeItem *item;

	tree->last = *value;
	if (tree->nframes == 0)
	{
		tree->done = true;
		return;
	}
	frame = &tree->frames[tree->nframes - 1];
	Assert(!frame->object || frame->has_key);
	GROW(tree, tree->items, tree->nitems, tree->items_size);
	item = &tree->items[tree->nitems];
	item->value = value->value;
	item->position = value->position;
	item->order = tree->nitems - frame->first;
	item->merged = 0;
	if (frame->object)
	{
		item->key = frame->key;
		item->key_line = frame->key_line;
		item->key_col = frame->key_col;
		if (frame->merge)
			item->merged = item->order + 1;
		frame->has_key = false;
	}
	tree->nitems++;
	frame->depth = Max(frame->depth, value->depth);
}

static void
scalar(DmTree *tree, const JsonbValue *scalar, int64 bytes, int line, int col)
{
	DmTreeValue value;

	if (!count(tree, 1, bytes, line, col))
		return;
	value.value = *scalar;
	value.position.line = line;
	value.position.col = col;
	value.position.first = value.position.count = 0;
	value.nodes = 1;
	value.bytes = bytes;
	value.depth = 1;
	complete(tree, &value);
}

void
dm_tree_key(DmTree *tree, const char *key, int len, bool merge, int line, int col)
{
	DmTreeFrame *frame = &tree->frames[tree->nframes - 1];

	Assert(dm_tree_wants_key(tree));
	if (!count(tree, 0, len, line, col))
		return;
	frame->key = make_string(tree, key, len, line, col);
	frame->has_key = true;
	frame->merge = merge;
	frame->has_merge |= merge;
	frame->key_line = line;
	frame->key_col = col;

	/* should it have an anchor */
	memset(&tree->last, 0, sizeof(tree->last));
	tree->last.value = frame->key;
	tree->last.position.line = line;
	tree->last.position.col = col;
	tree->last.nodes = 1;
	tree->last.bytes = len;
	tree->last.depth = 1;
}

void
dm_tree_begin(DmTree *tree, bool object, int line, int col)
{
	DmTreeFrame *frame;

	if (tree->nframes >= dm_document_max_depth)
		dm_tree_stop(tree, line, col,
					 "the document is nested deeper than %d levels (datamesh.document_max_depth)",
					 dm_document_max_depth);
	if (!count(tree, 1, 0, line, col))
		return;
	GROW(tree, tree->frames, tree->nframes, tree->frames_size);
	frame = &tree->frames[tree->nframes++];
	memset(frame, 0, sizeof(*frame));
	frame->object = object;
	frame->first = tree->nitems;
	frame->line = line;
	frame->col = col;
	frame->nodes = tree->total_nodes - 1;
	frame->bytes = tree->total_bytes;
}

static int
compare_keys(const JsonbValue *a, const JsonbValue *b)
{
	int by_length = a->val.string.len - b->val.string.len;

	/* jsonb's order: shorter ones first */
	return by_length != 0 ? by_length :
							memcmp(a->val.string.val, b->val.string.val, a->val.string.len);
}

static int
compare_items(const void *left, const void *right)
{
	const DmTreeItem *a = left;
	const DmTreeItem *b = right;
	int result = compare_keys(&a->key, &b->key);

	if (result == 0)
		result = a->merged - b->merged;
	if (result == 0)
		result = a->order - b->order;
	return result;
}

/*
 * Adds the members of one merged object to those of the open one.
 */
static void
merge_object(DmTree *tree, const DmTreeItem *source, const JsonbValue *value,
			 const DmPosition *position, int number)
{
	int i;

	if (value->type != jbvObject)
	{
		dm_tree_finding(tree, DM_ERROR, source->key_line, source->key_col,
						"a merge key takes an object or an array of objects");
		return;
	}
	for (i = 0; i < value->val.object.nPairs; i++)
	{
		DmTreeItem *item;

		CHECK_FOR_INTERRUPTS();
		GROW(tree, tree->items, tree->nitems, tree->items_size);
		item = &tree->items[tree->nitems++];
		item->key = value->val.object.pairs[i].key;
		item->value = value->val.object.pairs[i].value;
		item->position = tree->nodes[position->first + i];
		item->key_line = item->position.line;
		item->key_col = item->position.col;
		item->order = i;
		item->merged = number;
	}
}

/*
 * Replaces the merge keys of the open object with what they merge.  The object's own members
 * come first, then those of earlier merges.
 */
static void
expand_merges(DmTree *tree, int first)
{
	int end = tree->nitems;
	int number = 0;
	int kept = first;
	int i;

	for (i = first; i < end; i++)
	{
		DmTreeItem source = tree->items[i];
		int j;

		if (source.merged == 0)
			continue;
		if (source.value.type != jbvArray)
			merge_object(tree, &source, &source.value, &source.position, ++number);
		else
			for (j = 0; j < source.value.val.array.nElems; j++)
			{
				DmPosition position = tree->nodes[source.position.first + j];

				merge_object(tree, &source, &source.value.val.array.elems[j], &position, ++number);
			}
	}
	for (i = first; i < tree->nitems; i++)
		if (i >= end || tree->items[i].merged == 0)
			tree->items[kept++] = tree->items[i];
	tree->nitems = kept;
}

/*
 * Sorts the open object's members and leaves each key once: the first of its own namesakes,
 * which is reported, else what was merged first, which is how merging is meant.
 */
static void
unique_members(DmTree *tree, DmTreeFrame *frame)
{
	DmTreeItem *items = tree->items + frame->first;
	int nitems = tree->nitems - frame->first;
	int kept = 0;
	int i;

	qsort(items, nitems, sizeof(DmTreeItem), compare_items);
	for (i = 0; i < nitems; i++)
	{
		if (kept > 0 && compare_keys(&items[kept - 1].key, &items[i].key) == 0)
		{
			if (items[i].merged == 0)
			{
				char *key = dm_json_scalar_text(&items[i].key);

				/* what the pointer ends in, should a later reader look for it */
				frame->key = items[i].key;
				frame->has_key = true;
				dm_tree_finding(tree, DM_ERROR, items[i].key_line, items[i].key_col,
								"key \"%s\" is there twice; the first is in line %d",
								key, items[kept - 1].key_line);
				frame->has_key = false;
				pfree(key);
			}
			continue;
		}
		items[kept++] = items[i];
	}
	tree->nitems = frame->first + kept;
}

/*
 * Takes the open container's members off the stack, into an array of its own.
 */
static JsonbValue
take_members(DmTree *tree, DmTreeFrame *frame)
{
	DmTreeItem *items = tree->items + frame->first;
	int nitems = tree->nitems - frame->first;
	JsonbValue value;
	int i;

	memset(&value, 0, sizeof(value));
	if (frame->object)
	{
		value.type = jbvObject;
		value.val.object.nPairs = nitems;
		value.val.object.pairs =
			MemoryContextAllocHuge(tree->context, sizeof(JsonbPair) * (Size) Max(nitems, 1));
	}
	else
	{
		value.type = jbvArray;
		value.val.array.nElems = nitems;
		value.val.array.elems =
			MemoryContextAllocHuge(tree->context, sizeof(JsonbValue) * (Size) Max(nitems, 1));
	}
	for (i = 0; i < nitems; i++)
	{
		if (frame->object)
		{
			value.val.object.pairs[i].key = items[i].key;
			value.val.object.pairs[i].value = items[i].value;
			value.val.object.pairs[i].order = i;
		}
		else
			value.val.array.elems[i] = items[i].value;
		GROW(tree, tree->nodes, tree->nnodes, tree->nodes_size);
		tree->nodes[tree->nnodes++] = items[i].position;
	}
	tree->nitems = frame->first;
	return value;
}

void
dm_tree_end(DmTree *tree)
{
	DmTreeFrame *frame = &tree->frames[tree->nframes - 1];
	DmTreeValue value;

	if (tree->stopped)
		return;
	if (frame->has_merge)
		expand_merges(tree, frame->first);
	if (frame->object)
		unique_members(tree, frame);
	if (tree->stopped)
		return;

	value.position.line = frame->line;
	value.position.col = frame->col;
	value.position.first = tree->nnodes;
	value.position.count = tree->nitems - frame->first;
	value.value = take_members(tree, frame);
	value.nodes = tree->total_nodes - frame->nodes;
	value.bytes = tree->total_bytes - frame->bytes;
	value.depth = frame->depth + 1;
	tree->nframes--;
	complete(tree, &value);
}

void
dm_tree_null(DmTree *tree, int line, int col)
{
	JsonbValue value;

	value.type = jbvNull;
	scalar(tree, &value, 0, line, col);
}

void
dm_tree_bool(DmTree *tree, bool boolean, int line, int col)
{
	JsonbValue value;

	value.type = jbvBool;
	value.val.boolean = boolean;
	scalar(tree, &value, 0, line, col);
}

void
dm_tree_text(DmTree *tree, const char *text, int len, int line, int col)
{
	JsonbValue value;

	if (tree->stopped)
		return;
	value = make_string(tree, text, len, line, col);
	scalar(tree, &value, value.val.string.len, line, col);
}

void
dm_tree_number(DmTree *tree, const char *text, int len, int line, int col)
{
	JsonbValue value;
	int digits;

	if (tree->stopped)
		return;
	if (!dm_number_fits(text, len, &digits))
	{
		dm_tree_finding(tree, DM_ERROR, line, col,
						"a number has more digits than PostgreSQL's numeric can hold");
		dm_tree_null(tree, line, col);
		return;
	}
	value.type = jbvNumeric;
	value.val.numeric = dm_number_read(text, len, tree->context);
	/* written out it may be far longer than here: 1e100000 */
	scalar(tree, &value, digits, line, col);
}

void
dm_tree_again(DmTree *tree, const DmTreeValue *again, int line, int col)
{
	DmTreeValue value = *again;

	if (tree->nframes + value.depth - 1 > dm_document_max_depth)
		dm_tree_stop(tree, line, col,
					 "the document is nested deeper than %d levels, aliases expanded"
					 " (datamesh.document_max_depth)",
					 dm_document_max_depth);
	if (!count(tree, value.nodes, value.bytes, line, col))
		return;
	value.position.line = line;
	value.position.col = col;
	complete(tree, &value);
}

Jsonb *
dm_tree_document(DmTree *tree, DmPositions **positions)
{
	Jsonb *document;

	*positions = NULL;
	if (tree->stopped || !tree->done)
		return NULL;
	*positions = MemoryContextAllocHuge(tree->caller, offsetof(DmPositions, nodes) +
														  (Size) tree->nnodes * sizeof(DmPosition));
	(*positions)->root = tree->last.position;
	(*positions)->count = tree->nnodes;
	if (tree->nnodes > 0)
		memcpy((*positions)->nodes, tree->nodes, (Size) tree->nnodes * sizeof(DmPosition));
	document = JsonbValueToJsonb(&tree->last.value);
	return document;
}
