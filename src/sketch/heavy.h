/*
 * heavy.h
 *		The most frequent values of a stream (Misra and Gries).
 *
 * Values are told apart by their hashes.  As long as there are no more than DM_HEAVY_SIZE of
 * them, all are there with their exact counts.
 */
#ifndef DM_SKETCH_HEAVY_H
#define DM_SKETCH_HEAVY_H

#include "sketch/packing.h"

#define DM_HEAVY_SIZE 512

/* Of a value, so many bytes are kept; a longer one is cut. */
#define DM_HEAVY_TEXT 128

typedef struct DmHeavyText
{
	uint16 len;
	bool cut;
	char bytes[FLEXIBLE_ARRAY_MEMBER];
} DmHeavyText;

typedef struct DmHeavyItem
{
	uint64 hash;
	int64 count; /* 0: the slot is free */
	union
	{
		int64 number;
		DmHeavyText *text; /* NULL if the value was not kept */
	} value;
} DmHeavyItem;

typedef struct DmHeavy
{
	MemoryContext context;
	bool texts; /* what the values are */
	bool full;	/* there were more values than there is room for */
	int nslots;
	int used;
	DmHeavyItem *slots;
	int64 missed;	 /* any count may be too small by so much */
	double variance; /* of a count, for each value and its complement; 0 if no sample was taken */
} DmHeavy;

extern void dm_heavy_init(DmHeavy *heavy, MemoryContext context, bool texts);

/* The slot of a hash, or the free one that it would get.  One is always free. */
static inline DmHeavyItem *
dm_heavy_slot(const DmHeavy *heavy, uint64 hash)
{
	uint32 mask = heavy->nslots - 1;
	uint32 i = (uint32) hash & mask;

	while (heavy->slots[i].count != 0 && heavy->slots[i].hash != hash)
		i = (i + 1) & mask;
	return &heavy->slots[i];
}

/* The item of a hash; NULL if it is not there. */
static inline DmHeavyItem *
dm_heavy_find(const DmHeavy *heavy, uint64 hash)
{
	DmHeavyItem *item;

	if (heavy->nslots == 0)
		return NULL;
	item = dm_heavy_slot(heavy, hash);
	return item->count == 0 ? NULL : item;
}

/* Adds to the count of a value; *found tells whether it was there.  A new one has no value yet. */
extern DmHeavyItem *dm_heavy_add(DmHeavy *heavy, uint64 hash, int64 count, bool *found);

/* A text as an item keeps it: without its end, if it is long. */
extern DmHeavyText *dm_heavy_text(MemoryContext context, const char *bytes, int len, bool cut);

extern void dm_heavy_merge(DmHeavy *into, const DmHeavy *from);

/* The items in order of their counts, the greatest first, at most so many; *n tells how many. */
extern DmHeavyItem **dm_heavy_top(const DmHeavy *heavy, int limit, int *n);

/* By how much a count may be wrong: what was missed, and three deviations of the sample. */
extern int64 dm_heavy_error(const DmHeavy *heavy, int64 count, int64 n);

extern void dm_heavy_forget_values(DmHeavy *heavy);

extern void dm_heavy_pack(StringInfo out, const DmHeavy *heavy);
extern void dm_heavy_unpack(DmUnpack *in, DmHeavy *heavy, MemoryContext context, bool texts);

#endif /* DM_SKETCH_HEAVY_H */
