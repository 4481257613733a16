/*
 * drift.c
 *		How a column has changed between two profiles.
 *
 * Frequent values are compared one by one; numbers besides in the ten parts that the reference's
 * deciles make, texts by their shapes and their lengths.  Which of these are made depends on
 * the type and on shares alone, not on how many rows or values there are, so that a sample gives
 * the same answer.  One absurd value is in a bin with others, and moves the share of that bin by
 * one row: so it raises no alarm, however absurd it is.
 */
#include "postgres.h"

#include <math.h>

#include "profile/drift.h"
#include "sketch/shape.h"

/* A rest smaller than this is that of an addition. */
#define LEAST_REST 1e-9

/* With so few rows every value may be another one by chance. */
#define FEW_ROWS 30

#define PARTS 10

/* A frequent value is one with such a share on either side. */
#define FREQUENT_SHARE 0.02

/* From this share of different values on, a column is as good as a key. */
#define KEY_SHARE 0.95

static int64
values_of(const DmSketch *sketch)
{
	return sketch->rows - sketch->nulls;
}

static void
add_bin(DmBins *bins, double reference, double current)
{
	bins->reference[bins->n] = reference;
	bins->current[bins->n] = current;
	bins->n++;
}

static double
share_in(const DmHeavy *heavy, uint64 hash, double rows)
{
	DmHeavyItem *item = dm_heavy_find(heavy, hash);

	return item == NULL ? 0 : Min(1, item->count / rows);
}

/* Of one side's frequent values, those that are no bin yet. */
static void
add_frequent(DmBins *bins, const DmHeavy *one, const DmHeavy *other, bool swapped)
{
	double one_rows = swapped ? bins->current_rows : bins->reference_rows;
	double other_rows = swapped ? bins->reference_rows : bins->current_rows;
	int n;
	DmHeavyItem **items = dm_heavy_top(one, DM_BINS_MAX / 2 - 1, &n);

	for (int i = 0; i < n; i++)
	{
		double here = Min(1, items[i]->count / one_rows);
		double there = share_in(other, items[i]->hash, other_rows);

		if (here < FREQUENT_SHARE)
			break;
		/* the first side has made a bin of it */
		if (swapped && there >= FREQUENT_SHARE)
			continue;
		if (swapped)
			add_bin(bins, there, here);
		else
			add_bin(bins, here, there);
	}
}

/* One bin for each frequent value, and one for all others. */
static void
value_bins(DmBins *bins, const DmHeavy *reference, const DmHeavy *current)
{
	double rest = 1;
	double current_rest = 1;

	add_frequent(bins, reference, current, false);
	add_frequent(bins, current, reference, true);
	for (int i = 0; i < bins->n; i++)
	{
		rest -= bins->reference[i];
		current_rest -= bins->current[i];
	}
	if (rest > LEAST_REST || current_rest > LEAST_REST)
		add_bin(bins, Max(0, rest), Max(0, current_rest));
}

/* Bins between the deciles of the reference; equal deciles are one. */
static void
part_bins(DmBins *bins, const DmKll *reference, const DmKll *current)
{
	DmKllView *a = dm_kll_view(reference);
	DmKllView *b = dm_kll_view(current);
	double a_before = 0;
	double b_before = 0;
	double last = -INFINITY;

	for (int i = 1; i < PARTS; i++)
	{
		double bound = dm_kll_quantile(a, (double) i / PARTS);
		double a_share = dm_kll_upto(a, bound);
		double b_share = dm_kll_upto(b, bound);

		if (bound == last)
			continue;
		last = bound;
		add_bin(bins, a_share - a_before, b_share - b_before);
		a_before = a_share;
		b_before = b_share;
	}
	add_bin(bins, 1 - a_before, 1 - b_before);
}

/* The worse of two, measure by measure. */
static void
take_worse(DmDivergence *into, const DmDivergence *from)
{
	into->psi = fmax(into->psi, from->psi);
	into->js = fmax(into->js, from->js);
	into->ks = fmax(into->ks, from->ks);
	into->cramer = fmax(into->cramer, from->cramer);
}

static void
compare_values(const DmHeavy *reference, double reference_rows, const DmHeavy *current,
			   double current_rows, DmDivergence *divergence)
{
	DmBins bins = { 0 };
	DmDivergence found = { NAN, NAN, NAN, NAN, 0 };

	bins.reference_rows = reference_rows;
	bins.current_rows = current_rows;
	value_bins(&bins, reference, current);
	dm_diverge_bins(&bins, &found);
	take_worse(divergence, &found);
}

static void
compare_numbers(const DmSketch *reference, const DmSketch *current, DmDivergence *divergence)
{
	DmBins bins = { 0 };
	DmDivergence found = { NAN, NAN, NAN, NAN, 0 };

	if (reference->kll.n == 0 || current->kll.n == 0)
		return;
	bins.reference_rows = reference->kll.n;
	bins.current_rows = current->kll.n;
	part_bins(&bins, &reference->kll, &current->kll);
	dm_diverge_bins(&bins, &found);
	found.ks = dm_diverge_ranks(&reference->kll, &current->kll);
	take_worse(divergence, &found);
}

/* Times go on, and the numbers of rows: that they are others than before says nothing. */
static const char *
not_comparable(const DmSketch *reference, const DmSketch *current)
{
	switch (reference->kind)
	{
		case DM_VALUE_DATE:
		case DM_VALUE_TIMESTAMP:
		case DM_VALUE_TIMESTAMPTZ:
			return "times go on";
		default:
			break;
	}
	if (!reference->has_distinct || !current->has_distinct)
		return reference->has_numbers ? NULL : "its type cannot be compared";
	if (reference->kind != DM_VALUE_FLOAT && reference->kind != DM_VALUE_NUMERIC &&
		reference->kind != DM_VALUE_TEXT && values_of(reference) > FEW_ROWS &&
		dm_sketch_distinct(reference) > KEY_SHARE * values_of(reference) &&
		dm_sketch_distinct(current) > KEY_SHARE * values_of(current))
		return "every row has another value";
	return NULL;
}

static void
compare_sketches(DmSketch *reference, DmSketch *current, DmDivergence *divergence)
{
	double a = values_of(reference);
	double b = values_of(current);

	compare_values(&reference->heavy, a, &current->heavy, b, divergence);
	if (reference->kind == DM_VALUE_TEXT)
		compare_values(dm_sketch_shapes(reference), a, dm_sketch_shapes(current), b, divergence);
	if (reference->has_numbers && current->has_numbers && reference->kind != DM_VALUE_BOOLEAN)
		compare_numbers(reference, current, divergence);
}

static bool
is_empty(const DmSketch *sketch)
{
	return sketch == NULL || sketch->rows == 0;
}

/* What can be said without a comparison.  A relation that has lost all its rows has drifted. */
static bool
decide(DmSketch *reference, DmSketch *current, DmDrift *drift)
{
	if (is_empty(reference) || is_empty(current))
	{
		drift->reason = "no rows";
		if (is_empty(reference) != is_empty(current))
			drift->verdict = DM_DRIFT_LARGE;
		return true;
	}
	drift->reference_nulls = (double) reference->nulls / reference->rows;
	drift->current_nulls = (double) current->nulls / current->rows;
	if (reference->kind == current->kind)
		return false;
	drift->reason = "its type has changed";
	drift->verdict = DM_DRIFT_LARGE;
	return true;
}

void
dm_drift_columns(DmSketch *reference, DmSketch *current, DmDrift *drift)
{
	DmDivergence *divergence = &drift->divergence;
	const char *measure;
	const char *obstacle;

	*drift = (DmDrift){ { NAN, NAN, NAN, NAN, NAN }, DM_DRIFT_NONE, NULL, NAN, NAN };
	if (decide(reference, current, drift))
		return;
	divergence->nulls = dm_diverge_shares(drift->reference_nulls, reference->rows,
										  drift->current_nulls, current->rows);
	obstacle = not_comparable(reference, current);
	if (obstacle == NULL && values_of(reference) > 0 && values_of(current) > 0)
		compare_sketches(reference, current, divergence);
	drift->verdict = dm_drift_verdict(divergence, &measure);
	drift->reason = measure != NULL ? measure : obstacle;
}
