/*
 * mask_jsonb.c
 *		dm_mask_jsonb: hides the values at given paths of a document.
 *
 * The document is copied once, in its stored form, which utils/jsonb.h
 * describes.  Only the containers on the way to a path's end are taken apart;
 * all else is copied as bytes.  (Taking the whole document apart and building
 * it anew with pushJsonbValue() costs as much as a jsonb_set().)  The result
 * has the very bytes that the server would have made.
 *
 * While a container is copied, the live segments are those that its keys or
 * elements are compared with: for each path that has led here, the first of
 * its segments that is still to match.  They are on a stack, those of the
 * container on top of its parent's.
 *
 * Arrays are unwrapped as in the lax mode of jsonpath: a key that meets an
 * array is looked for in each of its elements, and * matches a scalar where
 * it might have matched the elements of an array.  Otherwise a value would
 * come out in clear as soon as a writer puts a list where one object was.
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

#include "compat/pg_compat.h"
#include "mask/mask_path.h"

/* What stands for a string */
#define HIDDEN	   "***"
#define HIDDEN_LEN 3

/*
 * What is kept from call to call, in fn_extra: the paths, with what they were
 * parsed from, and the stack, so that it need not be allocated per row.
 */
typedef struct MaskCache
{
	MemoryContext context; /* holds all that follows */
	ArrayType *source;	   /* NULL if the paths are not valid */
	DmMaskPaths paths;
	int *live; /* stack of segments */
	int live_size;
} MaskCache;

/* A part of the stack */
typedef struct LiveSet
{
	int first;
	int end; /* one beyond the last */
} LiveSet;

/* One document on its way */
typedef struct MaskRun
{
	MaskCache *cache;
	StringInfoData out; /* the result, with its varlena header */
	bool changed;
} MaskRun;

PG_FUNCTION_INFO_V1(dm_mask_jsonb);

static void copy_container(MaskRun *run, const JsonbContainer *src,
						   const LiveSet *live);

/*
 * Returns the cache with the paths in the function's second argument.
 */
static MaskCache *
get_cache(FunctionCallInfo fcinfo)
{
	FmgrInfo *flinfo = fcinfo->flinfo;
	ArrayType *source = PG_GETARG_ARRAYTYPE_P(1);
	MaskCache *cache = (MaskCache *) flinfo->fn_extra;
	MemoryContext old;

	if (cache == NULL)
	{
		cache = (MaskCache *) MemoryContextAllocZero(flinfo->fn_mcxt,
													 sizeof(MaskCache));
		cache->context = AllocSetContextCreate(flinfo->fn_mcxt,
											   "datamesh jsonb mask",
											   ALLOCSET_SMALL_SIZES);
		flinfo->fn_extra = cache;
	}
	if (cache->source != NULL && VARSIZE(cache->source) == VARSIZE(source) &&
		memcmp(cache->source, source, VARSIZE(source)) == 0)
		return cache;

	cache->source = NULL;
	MemoryContextReset(cache->context);
	old = MemoryContextSwitchTo(cache->context);
	dm_mask_path_parse(source, &cache->paths);
	cache->live_size = 4 * cache->paths.nsegments;
	cache->live = (int *) palloc(cache->live_size * sizeof(int));
	source = (ArrayType *) memcpy(palloc(VARSIZE(source)), source, VARSIZE(source));
	MemoryContextSwitchTo(old);
	cache->source = source;
	return cache;
}

/*
 * Adds a segment to the set on top of the stack, unless it is in it.
 */
static void
add_live(MaskCache *cache, LiveSet *set, int segment)
{
	int i;

	for (i = set->first; i < set->end; i++)
	{
		if (cache->live[i] == segment)
			return;
	}
	if (set->end == cache->live_size)
	{
		cache->live = (int *) repalloc(cache->live,
									   2 * cache->live_size * sizeof(int));
		cache->live_size *= 2;
	}
	cache->live[set->end++] = segment;
}

/*
 * Compares the live segments of an object with one of its keys.  Returns true
 * if a path ends here; else next gets the segments that are live for the
 * value.
 */
static bool
match_key(MaskCache *cache, const LiveSet *live, const char *key, int len,
		  LiveSet *next)
{
	int i;

	next->first = next->end = live->end;
	for (i = live->first; i < live->end; i++)
	{
		int pos = cache->live[i];
		const DmMaskSegment *seg = &cache->paths.segments[pos];

		if (!seg->any &&
			(seg->len != len || memcmp(seg->key, key, len) != 0))
			continue;
		if (seg->last)
			return true;
		add_live(cache, next, pos + 1);
	}
	return false;
}

/*
 * Does the same for an element of an array.  A key stays live: it may be a
 * key of the element.
 */
static bool
match_element(MaskCache *cache, const LiveSet *live, int index, LiveSet *next)
{
	int i;

	next->first = next->end = live->end;
	for (i = live->first; i < live->end; i++)
	{
		int pos = cache->live[i];
		const DmMaskSegment *seg = &cache->paths.segments[pos];

		if (!seg->any)
			add_live(cache, next, pos);
		if (!seg->any && seg->index != index)
			continue;
		if (seg->last)
			return true;
		add_live(cache, next, pos + 1);
	}
	return false;
}

/*
 * Tells whether only * is to follow in one of the paths.
 */
static bool
any_rest_is_live(const MaskCache *cache, const LiveSet *live)
{
	int i;

	for (i = live->first; i < live->end; i++)
	{
		if (cache->paths.segments[cache->live[i]].any_rest)
			return true;
	}
	return false;
}

static void
append_padding(StringInfo out)
{
	while (out->len != (int) INTALIGN(out->len))
		appendStringInfoCharMacro(out, '\0');
}

/*
 * Appends one value, or its mask if a path ends at it.  The value is at
 * base[offset .. end); returns the type bits of its new entry.
 */
static JEntry
copy_value(MaskRun *run, JEntry entry, const char *base, uint32 offset,
		   uint32 end, bool hit, const LiveSet *live)
{
	JEntry type = entry & JENTRY_TYPEMASK;

	if (!hit && type != JENTRY_ISCONTAINER)
		hit = any_rest_is_live(run->cache, live);
	if (hit && type != JENTRY_ISNULL)
	{
		run->changed = true;
		if (type != JENTRY_ISSTRING)
			return JENTRY_ISNULL;
		appendBinaryStringInfo(&run->out, HIDDEN, HIDDEN_LEN);
		return JENTRY_ISSTRING;
	}

	if (type == JENTRY_ISNUMERIC || type == JENTRY_ISCONTAINER)
	{
		offset = INTALIGN(offset);
		append_padding(&run->out);
	}
	if (type == JENTRY_ISCONTAINER && live->end > live->first)
		copy_container(run, (const JsonbContainer *) (base + offset), live);
	else
		appendBinaryStringInfo(&run->out, base + offset, end - offset);
	return type;
}

/*
 * Sets the entry of a child whose data has just been appended.
 */
static void
set_entry(StringInfo out, int container, int child, JEntry type,
		  int data, int before)
{
	int len = out->len - before;

	if (out->len - data > JENTRY_OFFLENMASK)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("masked document is too long")));
	if (child % JB_OFFSET_STRIDE == 0)
	{
		type |= JENTRY_HAS_OFF;
		len = out->len - data;
	}
	((JsonbContainer *) (out->data + container))->children[child] = type | len;
}

/*
 * Appends a container with the masks put in.
 */
static void
copy_container(MaskRun *run, const JsonbContainer *src, const LiveSet *live)
{
	StringInfo out = &run->out;
	bool is_object = JsonContainerIsObject(src);
	int count = JsonContainerSize(src);
	int values = is_object ? count : 0; /* the first value's child */
	const char *base = (const char *) &src->children[values + count];
	uint32 key = 0; /* offsets from base */
	uint32 value = 0;
	int container = out->len;
	int data;
	int i;

	check_stack_depth();

	/* the header, the keys and their entries stay; the values' entries do not */
	for (i = 0; i < values; i++)
		JBE_ADVANCE_OFFSET(value, src->children[i]);
	appendBinaryStringInfo(out, (const char *) src, base - (const char *) src);
	data = out->len;
	appendBinaryStringInfo(out, base, value);

	for (i = 0; i < count; i++)
	{
		JEntry entry = src->children[values + i];
		uint32 key_start = key;
		uint32 value_start = value;
		int before = out->len;
		LiveSet next;
		bool hit;

		CHECK_FOR_INTERRUPTS();
		JBE_ADVANCE_OFFSET(value, entry);
		if (is_object)
		{
			JBE_ADVANCE_OFFSET(key, src->children[i]);
			hit = match_key(run->cache, live, base + key_start,
							key - key_start, &next);
		}
		else
			hit = match_element(run->cache, live, i, &next);
		set_entry(out, container, values + i,
				  copy_value(run, entry, base, value_start, value, hit, &next),
				  data, before);
	}
}

Datum
dm_mask_jsonb(PG_FUNCTION_ARGS)
{
	Jsonb *document = PG_GETARG_JSONB_P(0);
	MaskRun run;
	LiveSet live = { 0, 0 };
	int i;

	run.cache = get_cache(fcinfo);
	run.changed = false;
	for (i = 0; i < run.cache->paths.npaths; i++)
		add_live(run.cache, &live, run.cache->paths.starts[i]);

	initStringInfo(&run.out);
	enlargeStringInfo(&run.out, VARSIZE(document) + HIDDEN_LEN);
	run.out.len = VARHDRSZ;
	copy_container(&run, &document->root, &live);
	if (!run.changed)
	{
		pfree(run.out.data);
		PG_RETURN_JSONB_P(document);
	}

	SET_VARSIZE(run.out.data, run.out.len);
	PG_RETURN_JSONB_P((Jsonb *) run.out.data);
}
