/*
 * kll.h
 *		Quantiles of a stream of numbers, in little memory (KLL).
 */
#ifndef DM_SKETCH_KLL_H
#define DM_SKETCH_KLL_H

#include "sketch/packing.h"

#define DM_KLL_SIZE	  400
#define DM_KLL_LEVELS 9

/*
 * The rank of a quantile is off by at most this share of all values, in 99 of 100 sketches.
 * Up to DM_KLL_SIZE values it is exact.
 */
#define DM_KLL_ERROR 0.01

typedef struct DmKllLevel
{
	double *items;
	int size;
	int room;
} DmKllLevel;

typedef struct DmKll
{
	MemoryContext context;
	uint64 random;
	int64 n;  /* how many numbers it was given */
	int base; /* items of the lowest level stand for 1 << base numbers each */
	int nlevels;
	DmKllLevel levels[DM_KLL_LEVELS];
	/* where base > 0, one of each block of numbers is taken */
	uint64 seen;   /* of the current block */
	uint64 choice; /* which one of it */
	double chosen;
	/* for sorting */
	double *spare;
	int nspare;
} DmKll;

extern void dm_kll_init(DmKll *kll, MemoryContext context);
extern void dm_kll_add(DmKll *kll, const double *values, int n);
extern void dm_kll_merge(DmKll *into, const DmKll *from);

extern void dm_kll_pack(StringInfo out, const DmKll *kll);
extern void dm_kll_unpack(DmUnpack *in, DmKll *kll, MemoryContext context);

/* What it holds, in order: sums[i] is the weight of all items up to and with the i-th. */
typedef struct DmKllView
{
	int n;
	double *items;
	double *sums;
} DmKllView;

extern DmKllView *dm_kll_view(const DmKll *kll);

/* The number below which that share of all is; the view has items. */
extern double dm_kll_quantile(const DmKllView *view, double share);

/* The share of numbers that are less than this one; or not greater. */
extern double dm_kll_below(const DmKllView *view, double value);
extern double dm_kll_upto(const DmKllView *view, double value);

#endif /* DM_SKETCH_KLL_H */
