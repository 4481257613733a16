/*
 * rowpairs.c
 *		Pairs of rows for which a denial constraint holds.
 *
 * Counted without looking at the pairs, where that is possible:
 *
 * - Rows that differ in all of some columns: of all rows, less those that agree in one column, and
 *	 so on by inclusion and exclusion: 2^n sorts for n columns.
 * - One order among them is no more than a difference, as the two rows of a pair can be taken in
 *	 either order; and an order that equal values satisfy, too, is no condition at all.
 * - Two orders, such as "earns more and pays less": a sweep in one order over sums in the other, in
 *	 a binary indexed tree.
 *
 * What is left, more than two orders or two with differences, is compared kind by kind.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "quality/rowpairs.h"

#define MAX_INCLUSION 8 /* columns: 256 sorts */

static bool
is_order(DmPairOp op)
{
	return op != DM_PAIR_DIFFERS;
}

static bool
is_strict(DmPairOp op)
{
	return op == DM_PAIR_LESS || op == DM_PAIR_GREATER;
}

static int64
all_rows(const DmRowKinds *kinds)
{
	int64 result = 0;

	for (int i = 0; i < kinds->count; i++)
		result += kinds->rows[i];
	return result;
}

/* --- differences --- */

typedef struct Agreement
{
	const DmRowKinds *kinds;
	uint32 columns; /* a bit for each that must agree */
} Agreement;

static int
cmp_agreement(const void *a, const void *b, void *arg)
{
	const Agreement *agreement = arg;
	int one = *(const int *) a;
	int other = *(const int *) b;

	for (int op = 0; op < agreement->kinds->nops; op++)
	{
		const int *ranks = agreement->kinds->ranks[op];

		if ((agreement->columns & (1u << op)) != 0 && ranks[one] != ranks[other])
			return ranks[one] < ranks[other] ? -1 : 1;
	}
	return 0;
}

/* Adds the number of rows that agree with each kind in the columns, or takes it away. */
static void
add_agreeing(const DmRowKinds *kinds, uint32 columns, int *order, int64 *partners)
{
	Agreement agreement = { kinds, columns };
	int sign = __builtin_popcount(columns) % 2 == 0 ? 1 : -1;
	int start = 0;

	qsort_arg(order, kinds->count, sizeof(int), cmp_agreement, &agreement);
	while (start < kinds->count)
	{
		int end = start;
		int64 rows = 0;

		CHECK_FOR_INTERRUPTS();
		while (end < kinds->count && cmp_agreement(&order[start], &order[end], &agreement) == 0)
			rows += kinds->rows[order[end++]];
		while (start < end)
			partners[order[start++]] += sign * rows;
	}
}

static void
count_differing(const DmRowKinds *kinds, int64 *partners)
{
	int *order = palloc(kinds->count * sizeof(int));

	for (int i = 0; i < kinds->count; i++)
		order[i] = i;
	for (uint32 columns = 0; columns < (1u << kinds->nops); columns++)
		add_agreeing(kinds, columns, order, partners);
	pfree(order);
}

/* --- two orders --- */

/* Sums of rows by rank. */
static void
tree_add(int64 *tree, int size, int rank, int64 rows)
{
	for (int i = rank + 1; i <= size; i += i & -i)
		tree[i] += rows;
}

/* of ranks below the given one */
static int64
tree_below(const int64 *tree, int rank)
{
	int64 result = 0;

	for (int i = rank; i > 0; i -= i & -i)
		result += tree[i];
	return result;
}

static int
cmp_ranks(const void *a, const void *b, void *ranks)
{
	int one = ((int *) ranks)[*(const int *) a];
	int other = ((int *) ranks)[*(const int *) b];

	return one < other ? -1 : one > other;
}

/* The same order from the other end. */
static int *
reversed(const int *ranks, int count)
{
	int *result = palloc(count * sizeof(int));

	for (int i = 0; i < count; i++)
		result[i] = count - 1 - ranks[i];
	return result;
}

/*
 * Adds to each kind the rows that are below it in both orders; equal ones are where an order is not
 * strict.
 */
static void
add_below(const DmRowKinds *kinds, int *first, int *second, bool first_strict, bool second_strict,
		  int64 *partners)
{
	int count = kinds->count;
	int *order = palloc(count * sizeof(int));
	int64 *tree = palloc0((count + 2) * sizeof(int64));
	int start = 0;

	for (int i = 0; i < count; i++)
		order[i] = i;
	qsort_arg(order, count, sizeof(int), cmp_ranks, first);
	while (start < count)
	{
		int end = start;
		int at = start;

		CHECK_FOR_INTERRUPTS();
		while (end < count && first[order[end]] == first[order[start]])
			end++;
		if (!first_strict)
			for (int i = start; i < end; i++)
				tree_add(tree, count, second[order[i]], kinds->rows[order[i]]);
		for (; at < end; at++)
			partners[order[at]] += tree_below(tree, second[order[at]] + (second_strict ? 0 : 1));
		if (first_strict)
			for (int i = start; i < end; i++)
				tree_add(tree, count, second[order[i]], kinds->rows[order[i]]);
		start = end;
	}
	pfree(order);
	pfree(tree);
}

/* Both orders turned so that one row is below the other: as one of a pair, and as the other. */
static void
count_two_orders(const DmRowKinds *kinds, int64 *partners)
{
	int *up[2];
	int *down[2];
	bool strict[2];

	for (int i = 0; i < 2; i++)
	{
		bool greater = kinds->ops[i] == DM_PAIR_GREATER || kinds->ops[i] == DM_PAIR_AT_LEAST;
		int *turned = reversed(kinds->ranks[i], kinds->count);

		up[i] = greater ? kinds->ranks[i] : turned;
		down[i] = greater ? turned : kinds->ranks[i];
		strict[i] = is_strict(kinds->ops[i]);
	}
	add_below(kinds, up[0], up[1], strict[0], strict[1], partners);
	add_below(kinds, down[0], down[1], strict[0], strict[1], partners);
}

/* --- anything --- */

static bool
satisfies(DmPairOp op, int one, int other)
{
	switch (op)
	{
		case DM_PAIR_LESS:
			return one < other;
		case DM_PAIR_AT_MOST:
			return one <= other;
		case DM_PAIR_AT_LEAST:
			return one >= other;
		case DM_PAIR_GREATER:
			return one > other;
		case DM_PAIR_DIFFERS:
			return one != other;
	}
	return false;
}

static bool
is_pair(const DmRowKinds *kinds, int one, int other)
{
	for (int op = 0; op < kinds->nops; op++)
		if (!satisfies(kinds->ops[op], kinds->ranks[op][one], kinds->ranks[op][other]))
			return false;
	return true;
}

static void
count_all(const DmRowKinds *kinds, int64 *partners)
{
	for (int one = 0; one < kinds->count; one++)
	{
		CHECK_FOR_INTERRUPTS();
		if (is_pair(kinds, one, one))
			partners[one] += kinds->rows[one] - 1;
		for (int other = one + 1; other < kinds->count; other++)
			if (is_pair(kinds, one, other) || is_pair(kinds, other, one))
			{
				partners[one] += kinds->rows[other];
				partners[other] += kinds->rows[one];
			}
	}
}

/* One order alone: a difference, or nothing. */
static void
simplify(DmRowKinds *kinds)
{
	int orders = 0;
	int last = 0;

	for (int op = 0; op < kinds->nops; op++)
		if (is_order(kinds->ops[op]))
		{
			orders++;
			last = op;
		}
	if (orders != 1)
		return;
	if (is_strict(kinds->ops[last]))
		kinds->ops[last] = DM_PAIR_DIFFERS;
	else
	{
		kinds->nops--;
		kinds->ops[last] = kinds->ops[kinds->nops];
		kinds->ranks[last] = kinds->ranks[kinds->nops];
	}
}

int64 *
dm_pair_partners(DmRowKinds *kinds)
{
	int64 *partners = palloc0((kinds->count + 1) * sizeof(int64));
	int orders = 0;
	bool strict = false;

	simplify(kinds);
	for (int op = 0; op < kinds->nops; op++)
	{
		orders += is_order(kinds->ops[op]);
		strict = strict || is_strict(kinds->ops[op]);
	}
	if (kinds->nops == 0)
		/* any other row */
		for (int i = 0; i < kinds->count; i++)
			partners[i] = all_rows(kinds) - 1;
	else if (orders == 0 && kinds->nops <= MAX_INCLUSION)
		count_differing(kinds, partners);
	else if (orders == 2 && kinds->nops == 2 && strict)
		count_two_orders(kinds, partners);
	else
		count_all(kinds, partners);
	return partners;
}
