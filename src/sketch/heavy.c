/*
 * heavy.c
 *		The most frequent values of a stream.
 *
 * The counters of Misra and Gries (Finding repeated elements, 1982) in a hash table.  When all
 * are in use, the median of the counts is taken from each, and those that reach zero are free
 * again: so a purge costs little for each value (Anderson et al., A high-performance algorithm
 * for identifying frequent items in data streams, 2017).  What was taken is summed up: no count
 * is too small by more.  Two such tables merge with the sum of their errors (Agarwal et al.,
 * Mergeable summaries, 2012).
 */
#include "postgres.h"

#include <math.h>

#include "mb/pg_wchar.h"

#include "sketch/heavy.h"

#define FEWEST_SLOTS 16
#define MOST_SLOTS	 (2 * DM_HEAVY_SIZE)

#define ST_SORT			 sort_counts
#define ST_ELEMENT_TYPE	 int64
#define ST_COMPARE(a, b) (*(a) < *(b) ? -1 : *(a) > *(b) ? 1 : \
														   0)
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

typedef DmHeavyItem *ItemPtr;

/* Of equal counts the smaller hash comes first, so that the order is always the same. */
#define ST_SORT			sort_items
#define ST_ELEMENT_TYPE ItemPtr
#define ST_COMPARE(a, b)                  \
	((*(a))->count > (*(b))->count ? -1 : \
	 (*(a))->count < (*(b))->count ? 1 :  \
	 (*(a))->hash < (*(b))->hash   ? -1 : \
									 1)
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

void
dm_heavy_init(DmHeavy *heavy, MemoryContext context, bool texts)
{
	memset(heavy, 0, sizeof(DmHeavy));
	heavy->context = context;
	heavy->texts = texts;
}

/* Puts the items into a table of that size, without those whose count is not above the limit. */
static void
rebuild(DmHeavy *heavy, int nslots, int64 limit)
{
	DmHeavyItem *old = heavy->slots;
	int nold = heavy->nslots;

	heavy->slots = MemoryContextAllocZero(heavy->context, nslots * sizeof(DmHeavyItem));
	heavy->nslots = nslots;
	heavy->used = 0;
	for (int i = 0; i < nold; i++)
	{
		DmHeavyItem *item = &old[i];

		if (item->count > limit)
		{
			item->count -= limit;
			*dm_heavy_slot(heavy, item->hash) = *item;
			heavy->used++;
		}
		else if (item->count != 0 && heavy->texts && item->value.text != NULL)
			pfree(item->value.text);
	}
	if (old != NULL)
		pfree(old);
}

static void
purge(DmHeavy *heavy)
{
	int64 counts[DM_HEAVY_SIZE];
	int n = 0;
	int64 median;

	for (int i = 0; i < heavy->nslots; i++)
		if (heavy->slots[i].count != 0)
			counts[n++] = heavy->slots[i].count;
	sort_counts(counts, n);
	median = counts[n / 2];
	heavy->missed = dm_count_add(heavy->missed, median);
	heavy->full = true;
	rebuild(heavy, MOST_SLOTS, median);
}

DmHeavyItem *
dm_heavy_add(DmHeavy *heavy, uint64 hash, int64 count, bool *found)
{
	DmHeavyItem *item;

	if (heavy->nslots == 0)
		rebuild(heavy, FEWEST_SLOTS, 0);
	item = dm_heavy_slot(heavy, hash);
	*found = item->count != 0;
	if (*found)
	{
		item->count = dm_count_add(item->count, count);
		return item;
	}
	if (heavy->used >= heavy->nslots / 2)
	{
		if (heavy->nslots < MOST_SLOTS)
			rebuild(heavy, 2 * heavy->nslots, 0);
		else
			purge(heavy);
		item = dm_heavy_slot(heavy, hash);
	}
	item->hash = hash;
	item->count = count;
	item->value.number = 0;
	if (heavy->texts)
		item->value.text = NULL;
	heavy->used++;
	return item;
}

DmHeavyText *
dm_heavy_text(MemoryContext context, const char *bytes, int len, bool cut)
{
	int kept = len <= DM_HEAVY_TEXT ? len : pg_mbcliplen(bytes, len, DM_HEAVY_TEXT);
	DmHeavyText *text = MemoryContextAlloc(context, offsetof(DmHeavyText, bytes) + kept);

	text->len = (uint16) kept;
	text->cut = cut || kept < len;
	memcpy(text->bytes, bytes, kept);
	return text;
}

static void
copy_value(DmHeavy *into, DmHeavyItem *item, const DmHeavyItem *from)
{
	if (!into->texts)
		item->value.number = from->value.number;
	else if (from->value.text != NULL)
		item->value.text = dm_heavy_text(into->context, from->value.text->bytes,
										 from->value.text->len, from->value.text->cut);
}

void
dm_heavy_merge(DmHeavy *into, const DmHeavy *from)
{
	int n;
	DmHeavyItem **items = dm_heavy_top(from, DM_HEAVY_SIZE, &n);

	for (int i = 0; i < n; i++)
	{
		bool found;
		DmHeavyItem *item = dm_heavy_add(into, items[i]->hash, items[i]->count, &found);

		if (!found)
			copy_value(into, item, items[i]);
	}
	into->full = into->full || from->full;
	into->missed = dm_count_add(into->missed, from->missed);
	into->variance += from->variance;
	pfree(items);
}

DmHeavyItem **
dm_heavy_top(const DmHeavy *heavy, int limit, int *n)
{
	DmHeavyItem **items = palloc((heavy->used + 1) * sizeof(DmHeavyItem *));

	*n = 0;
	for (int i = 0; i < heavy->nslots; i++)
		if (heavy->slots[i].count != 0)
			items[(*n)++] = &heavy->slots[i];
	sort_items(items, *n);
	*n = Min(*n, limit);
	return items;
}

int64
dm_heavy_error(const DmHeavy *heavy, int64 count, int64 n)
{
	double share = n > 0 ? Min(1, (double) count / n) : 0;
	double error = heavy->missed + 3 * sqrt(heavy->variance * share * (1 - share));

	return error < (double) n ? (int64) ceil(error) : n;
}

void
dm_heavy_forget_values(DmHeavy *heavy)
{
	for (int i = 0; i < heavy->nslots; i++)
	{
		DmHeavyItem *item = &heavy->slots[i];

		if (item->count == 0)
			continue;
		if (heavy->texts && item->value.text != NULL)
			pfree(item->value.text);
		item->value.number = 0;
		if (heavy->texts)
			item->value.text = NULL;
	}
}

static void
pack_value(StringInfo out, const DmHeavy *heavy, const DmHeavyItem *item)
{
	if (!heavy->texts)
		dm_pack_int(out, item->value.number);
	else if (item->value.text == NULL)
		dm_pack_byte(out, 0);
	else
	{
		dm_pack_byte(out, item->value.text->cut ? 2 : 1);
		dm_pack_text(out, item->value.text->bytes, item->value.text->len);
	}
}

void
dm_heavy_pack(StringInfo out, const DmHeavy *heavy)
{
	dm_pack_byte(out, heavy->full);
	dm_pack_int(out, heavy->missed);
	dm_pack_double(out, heavy->variance);
	dm_pack_int(out, heavy->used);
	for (int i = 0; i < heavy->nslots; i++)
	{
		const DmHeavyItem *item = &heavy->slots[i];

		if (item->count == 0)
			continue;
		dm_pack_int(out, (int64) item->hash);
		dm_pack_int(out, item->count);
		pack_value(out, heavy, item);
	}
}

static DmHeavyText *
unpack_text(DmUnpack *in, MemoryContext context)
{
	int kept = dm_unpack_byte(in, 2);
	const char *bytes;
	int len;

	if (kept == 0)
		return NULL;
	bytes = dm_unpack_text(in, DM_HEAVY_TEXT, &len);
	if (!pg_verifymbstr(bytes, len, true))
		dm_unpack_fail("A value of it is no text in the database's encoding.");
	return dm_heavy_text(context, bytes, len, kept == 2);
}

void
dm_heavy_unpack(DmUnpack *in, DmHeavy *heavy, MemoryContext context, bool texts)
{
	int used;

	dm_heavy_init(heavy, context, texts);
	heavy->full = dm_unpack_byte(in, 1);
	heavy->missed = dm_unpack_int(in, 0, PG_INT64_MAX);
	heavy->variance = dm_unpack_finite(in);
	if (heavy->variance < 0 || (!heavy->full && (heavy->missed > 0 || heavy->variance > 0)))
		dm_unpack_fail("The error of its frequent values is none.");
	used = (int) dm_unpack_int(in, 0, DM_HEAVY_SIZE);
	for (int i = 0; i < used; i++)
	{
		uint64 hash = dm_unpack_word(in);
		int64 count = dm_unpack_int(in, 1, PG_INT64_MAX);
		bool found;
		DmHeavyItem *item = dm_heavy_add(heavy, hash, count, &found);

		if (found)
			dm_unpack_fail("It has a frequent value twice.");
		if (texts)
			item->value.text = unpack_text(in, context);
		else
			item->value.number = (int64) dm_unpack_word(in);
	}
}
