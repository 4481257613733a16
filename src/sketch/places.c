/*
 * places.c
 *		How the order of values follows that of the rows in their table.
 *
 * That is a question to a sample: one row of each block is taken, and when the sample is full,
 * one of each two rows leaves it and blocks are twice as long.  Parallel workers see parts of a
 * table, and the place of a row is its place in the table: so their samples are put together.
 */
#include "postgres.h"

#include <math.h>

#include "sketch/places.h"
#include "sketch/valuehash.h"

#define SAMPLE		   1024
#define GREATEST_LEVEL 48

typedef struct Ranked
{
	uint64 key;
	int row;
	double rank;
} Ranked;

#define ST_SORT			sort_keys
#define ST_ELEMENT_TYPE Ranked
#define ST_COMPARE(a, b)                                   \
	((a)->key < (b)->key ? -1 : (a)->key > (b)->key ? 1 :  \
							(a)->row < (b)->row		? -1 : \
													  1)
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

DmPlaces *
dm_places_create(MemoryContext context, int ncolumns)
{
	DmPlaces *places = MemoryContextAllocZero(context, sizeof(DmPlaces));

	places->context = context;
	places->ncolumns = ncolumns;
	places->random = UINT64CONST(0x706c61636573);
	places->places = MemoryContextAlloc(context, SAMPLE * sizeof(uint64));
	places->positions = MemoryContextAlloc(context, SAMPLE * ncolumns * sizeof(uint64));
	places->known = MemoryContextAlloc(context, SAMPLE * ncolumns * sizeof(bool));
	return places;
}

/* Of each two rows one stays. */
static void
thin(DmPlaces *places)
{
	int n = places->ncolumns;
	int kept = 0;

	for (int i = 0; i + 1 < places->used; i += 2, kept++)
	{
		int from = i + (int) (dm_random_next(&places->random) & 1);

		places->places[kept] = places->places[from];
		memmove(places->positions + kept * n, places->positions + from * n, n * sizeof(uint64));
		memmove(places->known + kept * n, places->known + from * n, n * sizeof(bool));
	}
	places->used = kept;
	places->level++;
}

void
dm_places_take(DmPlaces *places, ItemPointer place, uint64 **positions, bool **known)
{
	uint64 block;
	int i;

	if (places->used == SAMPLE)
		thin(places);
	/* the next one is somewhere in the next block; seen counts this row already */
	block = UINT64CONST(1) << places->level;
	places->next = ((places->seen + block - 1) & ~(block - 1)) +
				   (dm_random_next(&places->random) & (block - 1));
	i = places->used++;
	places->places[i] = ((uint64) ItemPointerGetBlockNumber(place) << 16) |
						ItemPointerGetOffsetNumber(place);
	*positions = places->positions + i * places->ncolumns;
	*known = places->known + i * places->ncolumns;
}

void
dm_places_merge(DmPlaces *into, DmPlaces *from)
{
	int n = into->ncolumns;

	while (into->level < from->level)
		thin(into);
	while (from->level < into->level)
		thin(from);
	while (into->used + from->used > SAMPLE)
	{
		thin(into);
		thin(from);
	}
	memcpy(into->places + into->used, from->places, from->used * sizeof(uint64));
	memcpy(into->positions + into->used * n, from->positions, from->used * n * sizeof(uint64));
	memcpy(into->known + into->used * n, from->known, from->used * n * sizeof(bool));
	into->used += from->used;
	into->seen += from->seen;
}

/* Equal keys share the mean of their ranks. */
static void
set_ranks(Ranked *all, int n)
{
	sort_keys(all, n);
	for (int i = 0; i < n;)
	{
		int end = i + 1;

		while (end < n && all[end].key == all[i].key)
			end++;
		for (int k = i; k < end; k++)
			all[k].rank = (i + end - 1) / 2.0;
		i = end;
	}
}

static double
pearson(const double *a, const double *b, int n)
{
	double mean = (n - 1) / 2.0;
	double ab = 0;
	double aa = 0;
	double bb = 0;

	for (int i = 0; i < n; i++)
	{
		ab += (a[i] - mean) * (b[i] - mean);
		aa += (a[i] - mean) * (a[i] - mean);
		bb += (b[i] - mean) * (b[i] - mean);
	}
	return aa == 0 || bb == 0 ? NAN : Max(-1, Min(1, ab / sqrt(aa * bb)));
}

double
dm_places_correlation(const DmPlaces *places, int column)
{
	Ranked *values = palloc(places->used * sizeof(Ranked) + 1);
	Ranked *spots = palloc(places->used * sizeof(Ranked) + 1);
	double *value_ranks = palloc(places->used * sizeof(double) + 1);
	double *spot_ranks = palloc(places->used * sizeof(double) + 1);
	int n = 0;

	for (int i = 0; i < places->used; i++)
	{
		if (!places->known[i * places->ncolumns + column])
			continue;
		values[n].key = places->positions[i * places->ncolumns + column];
		spots[n].key = places->places[i];
		values[n].row = spots[n].row = n;
		n++;
	}
	set_ranks(values, n);
	set_ranks(spots, n);
	for (int i = 0; i < n; i++)
	{
		value_ranks[values[i].row] = values[i].rank;
		spot_ranks[spots[i].row] = spots[i].rank;
	}
	return n < 2 ? NAN : pearson(value_ranks, spot_ranks, n);
}

void
dm_places_pack(StringInfo out, const DmPlaces *places)
{
	dm_pack_byte(out, places->level);
	dm_pack_int(out, places->seen);
	dm_pack_int(out, places->used);
	for (int i = 0; i < places->used; i++)
	{
		dm_pack_int(out, (int64) places->places[i]);
		for (int k = i * places->ncolumns; k < (i + 1) * places->ncolumns; k++)
		{
			dm_pack_byte(out, places->known[k]);
			dm_pack_int(out, (int64) places->positions[k]);
		}
	}
}

DmPlaces *
dm_places_unpack(DmUnpack *in, MemoryContext context, int ncolumns)
{
	DmPlaces *places = dm_places_create(context, ncolumns);

	places->level = dm_unpack_byte(in, GREATEST_LEVEL);
	places->seen = dm_unpack_word(in);
	places->used = (int) dm_unpack_int(in, 0, SAMPLE);
	for (int i = 0; i < places->used; i++)
	{
		places->places[i] = dm_unpack_word(in);
		for (int k = i * ncolumns; k < (i + 1) * ncolumns; k++)
		{
			places->known[k] = dm_unpack_byte(in, 1);
			places->positions[k] = dm_unpack_word(in);
		}
	}
	return places;
}
