/*
 * kll.c
 *		Quantiles of a stream of numbers, in little memory.
 *
 * The sketch of Karnin, Lang and Liberty (Optimal quantile approximation in streams, 2016).  An
 * item of level i stands for 1 << (base + i) numbers.  A level that is full is sorted, and every
 * second item of it moves to the next level.  Levels have room for fewer items the lower they
 * are; those that would be too small give way to a sampler, which takes one number of each block.
 * So a number costs next to nothing once there are many.
 *
 * Coins come from a generator with a fixed seed: the same numbers in the same order give the
 * same sketch.
 */
#include "postgres.h"

#include <math.h>

#include "sketch/kll.h"
#include "sketch/number_sort.h"
#include "sketch/valuehash.h"

#define GREATEST_BASE 50
#define BATCH		  256

/* How many items a level should have at most, by how far it is below the highest one. */
static const int rooms[DM_KLL_LEVELS] = { DM_KLL_SIZE, 267, 178, 119, 80, 53, 36, 24, 16 };

typedef struct Weighted
{
	double item;
	double weight;
} Weighted;

#define ST_SORT			 sort_weighted
#define ST_ELEMENT_TYPE	 Weighted
#define ST_COMPARE(a, b) ((a)->item < (b)->item ? -1 : (a)->item > (b)->item ? 1 : \
																			   0)
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

void
dm_kll_init(DmKll *kll, MemoryContext context)
{
	memset(kll, 0, sizeof(DmKll));
	kll->context = context;
	kll->random = UINT64CONST(0x6b6c6c);
	kll->nlevels = 1;
}

static int
level_room(const DmKll *kll, int level)
{
	return rooms[kll->nlevels - 1 - level];
}

static int
total_room(const DmKll *kll)
{
	int room = 0;

	for (int i = 0; i < kll->nlevels; i++)
		room += rooms[i];
	return room;
}

static int
total_size(const DmKll *kll)
{
	int size = 0;

	for (int i = 0; i < kll->nlevels; i++)
		size += kll->levels[i].size;
	return size;
}

static double
total_weight(const DmKll *kll)
{
	double weight = 0;

	for (int i = 0; i < kll->nlevels; i++)
		weight += ldexp(kll->levels[i].size, kll->base + i);
	return weight;
}

/*
 * What is read must satisfy this, and so must what is made of it, else it could not be read again:
 * see trim().
 */
static bool
has_weight(const DmKll *kll)
{
	double weight = total_weight(kll);

	return weight <= 2.0 * kll->n && (weight > 0 || kll->n == 0) &&
		   (kll->base == 0 || kll->n >> kll->base >= DM_KLL_SIZE);
}

static void
reserve(DmKll *kll, DmKllLevel *level, int more)
{
	int room = level->size + more;

	if (room <= level->room)
		return;
	room = Max(room, Min(2 * level->room, DM_KLL_SIZE));
	if (level->items == NULL)
		level->items = MemoryContextAlloc(kll->context, room * sizeof(double));
	else
		level->items = repalloc(level->items, room * sizeof(double));
	level->room = room;
}

static void
sort_level(DmKll *kll, DmKllLevel *level)
{
	if (level->size > kll->nspare)
	{
		if (kll->spare != NULL)
			pfree(kll->spare);
		kll->nspare = level->room;
		kll->spare = MemoryContextAlloc(kll->context, kll->nspare * sizeof(double));
	}
	dm_sort_numbers(level->items, kll->spare, level->size);
}

static void
move_up(DmKll *kll, int i, const double *run, int n)
{
	DmKllLevel *to = &kll->levels[i + 1];

	reserve(kll, to, n);
	dm_merge_numbers(to->items, to->size, run, n);
	to->size += n;
}

/* Half of a level's items move up; one that has no partner stays, or moves by a coin. */
static void
compact(DmKll *kll, int i, bool all)
{
	DmKllLevel *from = &kll->levels[i];
	uint64 coins = dm_random_next(&kll->random);
	int odd = from->size & 1;
	int n = 0;

	/* all other levels are always in order */
	if (i == 0)
		sort_level(kll, from);
	/* the one left over is the least or the greatest, so that neither end is favoured */
	if (odd && (coins & 2))
	{
		double greatest = from->items[from->size - 1];

		memmove(from->items + 1, from->items, (from->size - 1) * sizeof(double));
		from->items[0] = greatest;
	}
	for (int k = odd + (coins & 1); k < from->size; k += 2)
		from->items[odd + n++] = from->items[k];
	move_up(kll, i, from->items + odd, n);
	if (odd && all && (coins & 4))
		move_up(kll, i, from->items, 1);
	from->size = odd && !all ? 1 : 0;
}

/* The lowest level gives way to the sampler. */
static void
raise_base(DmKll *kll)
{
	DmKllLevel lowest = kll->levels[0];

	if (kll->nlevels == 1)
		kll->nlevels = 2;
	compact(kll, 0, true);
	lowest.size = 0;
	lowest.items = kll->levels[0].items;
	lowest.room = kll->levels[0].room;
	memmove(&kll->levels[0], &kll->levels[1], (DM_KLL_LEVELS - 1) * sizeof(DmKllLevel));
	kll->levels[DM_KLL_LEVELS - 1] = lowest;
	kll->nlevels--;
	kll->base++;
	kll->seen = 0;
	kll->choice = dm_random_next(&kll->random) & ((UINT64CONST(1) << kll->base) - 1);
}

/* Makes room by compacting the lowest levels that have more than they should. */
static void
compress(DmKll *kll)
{
	while (total_size(kll) >= total_room(kll))
	{
		int i = 0;

		while (kll->levels[i].size < level_room(kll, i))
			i++;
		if (i < kll->nlevels - 1)
			compact(kll, i, false);
		else if (kll->nlevels < DM_KLL_LEVELS)
		{
			kll->nlevels++;
			compact(kll, i, false);
		}
		else
			raise_base(kll);
	}
}

/* One of each block of numbers goes to the lowest level. */
static void
take_samples(DmKll *kll, const double *values, int n)
{
	DmKllLevel *lowest = &kll->levels[0];
	uint64 block = UINT64CONST(1) << kll->base;

	reserve(kll, lowest, (n >> Min(kll->base, 31)) + 1);
	while (n > 0)
	{
		int part = (int) Min((uint64) n, block - kll->seen);

		if (kll->choice >= kll->seen && kll->choice < kll->seen + part)
			kll->chosen = values[kll->choice - kll->seen];
		kll->seen += part;
		values += part;
		n -= part;
		if (kll->seen < block)
			break;
		kll->seen = 0;
		kll->choice = dm_random_next(&kll->random) & (block - 1);
		lowest->items[lowest->size++] = kll->chosen;
	}
}

/* Batches are sorted at once, so the lowest level has more than its room for a moment. */
void
dm_kll_add(DmKll *kll, const double *values, int n)
{
	kll->n = dm_count_add(kll->n, n);
	while (n > 0)
	{
		int part = Min(n, BATCH);
		DmKllLevel *lowest = &kll->levels[0];

		if (kll->base > 0)
			take_samples(kll, values, part);
		else
		{
			reserve(kll, lowest, part);
			memcpy(lowest->items + lowest->size, values, part * sizeof(double));
			lowest->size += part;
		}
		values += part;
		n -= part;
		compress(kll);
	}
}

/*
 * When a base is raised, a coin decides whether one item is lost or counts twice.  Where somebody
 * has made up a sketch, with its coins, all may fall to one side; then the least items go.
 */
static void
trim(DmKll *kll)
{
	int i = 0;

	while (total_weight(kll) > 2.0 * kll->n)
	{
		while (kll->levels[i].size == 0)
			i++;
		kll->levels[i].size--;
	}
}

static void
copy_kll(DmKll *copy, const DmKll *kll)
{
	*copy = *kll;
	copy->context = CurrentMemoryContext;
	copy->spare = NULL;
	copy->nspare = 0;
	memset(copy->levels, 0, sizeof(copy->levels));
	for (int i = 0; i < kll->nlevels; i++)
	{
		DmKllLevel *level = &copy->levels[i];

		reserve(copy, level, kll->levels[i].size);
		if (kll->levels[i].size > 0)
			memcpy(level->items, kll->levels[i].items, kll->levels[i].size * sizeof(double));
		level->size = kll->levels[i].size;
	}
}

void
dm_kll_merge(DmKll *into, const DmKll *from)
{
	DmKll other;

	copy_kll(&other, from);
	while (into->base < other.base)
		raise_base(into);
	while (other.base < into->base)
		raise_base(&other);
	into->n = dm_count_add(into->n, other.n);
	into->nlevels = Max(into->nlevels, other.nlevels);
	for (int i = 0; i < other.nlevels; i++)
	{
		DmKllLevel *level = &into->levels[i];

		if (other.levels[i].size == 0)
			continue;
		reserve(into, level, other.levels[i].size);
		if (i == 0)
			memcpy(level->items + level->size, other.levels[i].items,
				   other.levels[i].size * sizeof(double));
		else
			dm_merge_numbers(level->items, level->size, other.levels[i].items,
							 other.levels[i].size);
		level->size += other.levels[i].size;
	}
	trim(into);
	compress(into);
	trim(into);
	for (int i = 0; i < DM_KLL_LEVELS; i++)
		if (other.levels[i].items != NULL)
			pfree(other.levels[i].items);
	if (other.spare != NULL)
		pfree(other.spare);
}

void
dm_kll_pack(StringInfo out, const DmKll *kll)
{
	dm_pack_int(out, kll->n);
	dm_pack_int(out, (int64) kll->random);
	dm_pack_byte(out, kll->base);
	dm_pack_byte(out, kll->nlevels);
	for (int i = 0; i < kll->nlevels; i++)
	{
		const DmKllLevel *level = &kll->levels[i];

		dm_pack_int(out, level->size);
		if (level->size > 0)
			appendBinaryStringInfo(out, (const char *) level->items, level->size * sizeof(double));
	}
}

/* A block that had begun is not kept: it would be less than one item. */
void
dm_kll_unpack(DmUnpack *in, DmKll *kll, MemoryContext context)
{
	dm_kll_init(kll, context);
	kll->n = dm_unpack_int(in, 0, PG_INT64_MAX);
	kll->random = dm_unpack_word(in);
	kll->base = dm_unpack_byte(in, GREATEST_BASE);
	kll->nlevels = dm_unpack_byte(in, DM_KLL_LEVELS);
	if (kll->nlevels < 1)
		dm_unpack_fail("It has no level of quantiles.");
	for (int i = 0; i < kll->nlevels; i++)
	{
		DmKllLevel *level = &kll->levels[i];
		int size = (int) dm_unpack_int(in, 0, 4 * DM_KLL_SIZE);

		reserve(kll, level, size);
		for (int k = 0; k < size; k++)
			level->items[level->size++] = dm_unpack_finite(in);
		if (size > 0)
			sort_level(kll, level);
	}
	if (!has_weight(kll))
		dm_unpack_fail("Its quantiles do not stand for its rows.");
	if (total_size(kll) >= total_room(kll))
		dm_unpack_fail("It has too many quantiles.");
}

DmKllView *
dm_kll_view(const DmKll *kll)
{
	DmKllView *view = palloc(sizeof(DmKllView));
	int n = total_size(kll);
	Weighted *all = palloc((n + 1) * sizeof(Weighted));
	double sum = 0;
	int k = 0;

	for (int i = 0; i < kll->nlevels; i++)
		for (int j = 0; j < kll->levels[i].size; j++, k++)
		{
			all[k].item = kll->levels[i].items[j];
			all[k].weight = ldexp(1, kll->base + i);
		}
	sort_weighted(all, n);
	view->n = n;
	view->items = palloc((n + 1) * sizeof(double));
	view->sums = palloc((n + 1) * sizeof(double));
	for (k = 0; k < n; k++)
	{
		sum += all[k].weight;
		view->items[k] = all[k].item;
		view->sums[k] = sum;
	}
	pfree(all);
	return view;
}

double
dm_kll_quantile(const DmKllView *view, double share)
{
	double wanted = share * view->sums[view->n - 1];
	int low = 0;
	int high = view->n - 1;

	while (low < high)
	{
		int middle = (low + high) / 2;

		if (view->sums[middle] < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return view->items[low];
}

/* How many items are less than the value, or not greater, if upto. */
static int
items_below(const DmKllView *view, double value, bool upto)
{
	int low = 0;
	int high = view->n;

	while (low < high)
	{
		int middle = (low + high) / 2;

		if (view->items[middle] < value || (upto && view->items[middle] == value))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static double
share_of(const DmKllView *view, int items)
{
	return items == 0 ? 0 : view->sums[items - 1] / view->sums[view->n - 1];
}

double
dm_kll_below(const DmKllView *view, double value)
{
	return share_of(view, items_below(view, value, false));
}

double
dm_kll_upto(const DmKllView *view, double value)
{
	return share_of(view, items_below(view, value, true));
}
