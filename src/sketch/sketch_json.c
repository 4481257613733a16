/*
 * sketch_json.c
 *		What a sketch says, as JSON.
 */
#include "postgres.h"

#include <math.h>

#include "utils/float.h"

#include "base/json.h"
#include "sketch/sketch_json.h"

static void
add_double(DmJsonBuilder *b, const char *key, double value)
{
	if (isfinite(value))
		dm_json_add_number(b, key, float8out_internal(value));
	else
		dm_json_add_null(b, key);
}

Jsonb *
dm_sketch_quantiles_json(const DmSketch *sketch)
{
	static const struct
	{
		const char *name;
		double share;
	} wanted[] = { { "0.01", 0.01 }, { "0.05", 0.05 }, { "0.25", 0.25 }, { "0.5", 0.5 }, { "0.75", 0.75 }, { "0.95", 0.95 }, { "0.99", 0.99 } };
	DmJsonBuilder b = { NULL };
	DmKllView *view;

	if (!dm_sketch_is_measured(sketch) || sketch->kll.n == 0)
		return NULL;
	view = dm_kll_view(&sketch->kll);
	dm_json_begin_object(&b, NULL);
	for (int i = 0; i < lengthof(wanted); i++)
		dm_json_add_text(&b, wanted[i].name, dm_sketch_quantile(sketch, view, wanted[i].share));
	dm_json_end_object(&b);
	return dm_json_done(&b);
}

static void
add_item(DmJsonBuilder *b, const char *key, const char *text, const DmHeavy *heavy,
		 const DmHeavyItem *item, int64 n)
{
	dm_json_begin_object(b, NULL);
	dm_json_add_text(b, key, text);
	dm_json_add_int(b, "count", item->count);
	dm_json_add_int(b, "error", dm_heavy_error(heavy, item->count, n));
	dm_json_end_object(b);
}

/*
 * Of values that are all different, none is frequent: an item is told only if it is certain
 * to have come more than once.
 */
static bool
is_frequent(const DmHeavy *heavy, const DmHeavyItem *item, int64 n)
{
	return !heavy->full || item->count > dm_heavy_error(heavy, item->count, n);
}

Jsonb *
dm_sketch_top_json(const DmSketch *sketch, int limit)
{
	int64 values = sketch->rows - sketch->nulls;
	DmJsonBuilder b = { NULL };
	DmHeavyItem **items;
	int n;

	if (!sketch->has_distinct || values == 0)
		return NULL;
	items = dm_heavy_top(&sketch->heavy, limit, &n);
	dm_json_begin_array(&b, NULL);
	for (int i = 0; i < n; i++)
		if (is_frequent(&sketch->heavy, items[i], values))
			add_item(&b, "value", dm_sketch_value_text(sketch, items[i]), &sketch->heavy, items[i],
					 values);
	dm_json_end_array(&b);
	return dm_json_done(&b);
}

Jsonb *
dm_sketch_shapes_json(DmSketch *sketch, int limit)
{
	int64 values = sketch->rows - sketch->nulls;
	DmJsonBuilder b = { NULL };
	const DmHeavy *shapes;
	DmHeavyItem **items;
	int n;

	if (sketch->kind != DM_VALUE_TEXT || values == 0)
		return NULL;
	shapes = dm_sketch_shapes(sketch);
	items = dm_heavy_top(shapes, limit, &n);
	dm_json_begin_array(&b, NULL);
	for (int i = 0; i < n; i++)
	{
		DmHeavyText *text = items[i]->value.text;

		if (text != NULL && is_frequent(shapes, items[i], values))
			add_item(&b, "shape", pnstrdup(text->bytes, text->len), shapes, items[i], values);
	}
	dm_json_end_array(&b);
	return dm_json_done(&b);
}

Jsonb *
dm_sketch_lengths_json(const DmSketch *sketch)
{
	DmJsonBuilder b = { NULL };

	if (sketch->kind <= DM_VALUE_NUMERIC || !sketch->has_numbers || sketch->moments.n == 0)
		return NULL;
	dm_json_begin_object(&b, NULL);
	dm_json_add_int(&b, "min", (int64) sketch->moments.least);
	dm_json_add_int(&b, "max", (int64) sketch->moments.greatest);
	add_double(&b, "mean", sketch->moments.mean);
	dm_json_end_object(&b);
	return dm_json_done(&b);
}

/* The width of bins; whole numbers, dates and times have bins of whole width. */
static double
bin_width(const DmSketch *sketch, double low, double high)
{
	double width = high / DM_SKETCH_BINS - low / DM_SKETCH_BINS;

	return DM_VALUE_IS_WORD(sketch->kind) && sketch->kind != DM_VALUE_FLOAT ? ceil(width) : width;
}

/*
 * Bins of equal width from the first to the last of a hundred parts of the values; the first and
 * the last bin go on to the least and the greatest value, so that a single absurd one does not
 * put all others into one bin.
 */
Jsonb *
dm_sketch_histogram_json(const DmSketch *sketch)
{
	DmJsonBuilder b = { NULL };
	DmKllView *view;
	double low;
	double high;
	double width;
	double from = sketch->moments.least;
	double below = 0;
	bool last = false;

	if (!dm_sketch_is_measured(sketch) || sketch->kind == DM_VALUE_BOOLEAN || sketch->kll.n == 0)
		return NULL;
	view = dm_kll_view(&sketch->kll);
	low = dm_kll_quantile(view, 0.01);
	high = dm_kll_quantile(view, 0.99);
	width = bin_width(sketch, low, high);
	if (!(width > 0) || !isfinite(width))
		return NULL;
	dm_json_begin_array(&b, NULL);
	for (int i = 1; !last; i++)
	{
		double to = low + i * width;
		double upto = dm_kll_below(view, to);

		last = i == DM_SKETCH_BINS || to >= high;
		if (last)
		{
			to = sketch->moments.greatest;
			upto = 1;
		}
		dm_json_begin_object(&b, NULL);
		dm_json_add_text(&b, "from", dm_sketch_number_text(sketch, from));
		dm_json_add_text(&b, "to", dm_sketch_number_text(sketch, to));
		add_double(&b, "share", rint((upto - below) * 1e6) / 1e6);
		dm_json_end_object(&b);
		from = to;
		below = upto;
	}
	dm_json_end_array(&b);
	return dm_json_done(&b);
}

Jsonb *
dm_sketch_errors_json(const DmSketch *sketch)
{
	DmJsonBuilder b = { NULL };

	dm_json_begin_object(&b, NULL);
	if (sketch->has_distinct)
		add_double(&b, "distinct", dm_sketch_distinct_is_exact(sketch) ? 0 : DM_HLL_ERROR);
	if (dm_sketch_is_measured(sketch))
		add_double(&b, "rank", sketch->kll.n < DM_KLL_SIZE ? 0 : DM_KLL_ERROR);
	dm_json_end_object(&b);
	return dm_json_done(&b);
}
