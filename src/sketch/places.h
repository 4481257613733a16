/*
 * places.h
 *		How the order of values follows that of the rows in their table.
 */
#ifndef DM_SKETCH_PLACES_H
#define DM_SKETCH_PLACES_H

#include "storage/itemptr.h"

#include "sketch/packing.h"

/* A sample of rows: for each one its place, and the position of its values in their order. */
typedef struct DmPlaces
{
	MemoryContext context;
	int ncolumns;
	uint64 random;
	int level; /* one of 1 << level rows is in the sample */
	uint64 seen;
	uint64 next; /* the row that will be taken next */
	int used;
	uint64 *places;
	uint64 *positions; /* of the first row's columns, then of the second row's ... */
	bool *known;
} DmPlaces;

extern DmPlaces *dm_places_create(MemoryContext context, int ncolumns);

/* Whether the row that comes now is to be in the sample; then dm_places_take must be called. */
static inline bool
dm_places_wants(DmPlaces *places)
{
	return places->seen++ == places->next;
}

/* Takes a row; its values' positions are then to be set by the caller. */
extern void dm_places_take(DmPlaces *places, ItemPointer place, uint64 **positions, bool **known);

extern void dm_places_merge(DmPlaces *into, DmPlaces *from);

/* Spearman's correlation of a column's values with their places; NaN if there is none. */
extern double dm_places_correlation(const DmPlaces *places, int column);

extern void dm_places_pack(StringInfo out, const DmPlaces *places);
extern DmPlaces *dm_places_unpack(DmUnpack *in, MemoryContext context, int ncolumns);

#endif /* DM_SKETCH_PLACES_H */
