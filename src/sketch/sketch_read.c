/*
 * sketch_read.c
 *		What a sketch says.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/float.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "compat/pg_compat.h"
#include "sketch/shape.h"
#include "sketch/sketch.h"
#include "sketch/valuehash.h"

double
dm_sketch_distinct(const DmSketch *sketch)
{
	if (!sketch->has_distinct)
		return NAN;
	return sketch->heavy.full ? dm_hll_estimate(sketch->hll) : sketch->heavy.used;
}

bool
dm_sketch_distinct_is_exact(const DmSketch *sketch)
{
	return sketch->has_distinct && !sketch->heavy.full;
}

bool
dm_sketch_is_measured(const DmSketch *sketch)
{
	return sketch->kind <= DM_VALUE_NUMERIC && !sketch->blind;
}

bool
dm_sketch_has_mean(const DmSketch *sketch)
{
	switch (sketch->kind)
	{
		case DM_VALUE_BOOLEAN:
		case DM_VALUE_INTEGER:
		case DM_VALUE_FLOAT:
		case DM_VALUE_NUMERIC:
			return !sketch->blind;
		default:
			return false;
	}
}

static char *
time_text(DmValueKind kind, int64 word)
{
	switch (kind)
	{
		case DM_VALUE_DATE:
			return DatumGetCString(DirectFunctionCall1(date_out, DateADTGetDatum((DateADT) word)));
		case DM_VALUE_TIME:
			return OidOutputFunctionCall(F_TIME_OUT, TimeADTGetDatum(word));
		case DM_VALUE_TIMESTAMP:
			return OidOutputFunctionCall(F_TIMESTAMP_OUT, TimestampGetDatum(word));
		default:
			return OidOutputFunctionCall(F_TIMESTAMPTZ_OUT, TimestampTzGetDatum(word));
	}
}

/* A word comes from a stored sketch, too: one that is no date or time is brought to the nearest. */
static int64
valid_word(DmValueKind kind, int64 word)
{
	switch (kind)
	{
		case DM_VALUE_DATE:
			if (word <= PG_INT32_MIN || word >= PG_INT32_MAX)
				return word < 0 ? PG_INT32_MIN : PG_INT32_MAX;
			if (IS_VALID_DATE(word))
				return word;
			return word < 0 ? -POSTGRES_EPOCH_JDATE : DATE_END_JULIAN - POSTGRES_EPOCH_JDATE - 1;
		case DM_VALUE_TIME:
			return Max(0, Min(word, USECS_PER_DAY));
		case DM_VALUE_TIMESTAMP:
		case DM_VALUE_TIMESTAMPTZ:
			if (TIMESTAMP_NOT_FINITE(word) || IS_VALID_TIMESTAMP(word))
				return word;
			return word < 0 ? MIN_TIMESTAMP : END_TIMESTAMP - 1;
		default:
			return word;
	}
}

static char *
word_text(DmValueKind kind, int64 word)
{
	double number;

	switch (kind)
	{
		case DM_VALUE_BOOLEAN:
			return pstrdup(word != 0 ? "true" : "false");
		case DM_VALUE_INTEGER:
			return psprintf(INT64_FORMAT, word);
		case DM_VALUE_FLOAT:
			memcpy(&number, &word, sizeof(number));
			return float8out_internal(number);
		default:
			return time_text(kind, valid_word(kind, word));
	}
}

char *
dm_sketch_number_text(const DmSketch *sketch, double number)
{
	int64 word;

	if (sketch->kind == DM_VALUE_FLOAT || !DM_VALUE_IS_WORD(sketch->kind))
		return float8out_internal(number);
	number = rint(number);
	if (number >= -(double) PG_INT64_MIN)
		word = PG_INT64_MAX;
	else
		word = number <= (double) PG_INT64_MIN ? PG_INT64_MIN : (int64) number;
	return word_text(sketch->kind, word);
}

char *
dm_sketch_quantile(const DmSketch *sketch, const DmKllView *view, double share)
{
	double number;

	if (view->n == 0)
		return NULL;
	/* the ends are known exactly */
	if (share <= 0)
		number = sketch->moments.least;
	else if (share >= 1)
		number = sketch->moments.greatest;
	else
		number = dm_kll_quantile(view, share);
	return dm_sketch_number_text(sketch, number);
}

static char *
bytes_text(const char *bytes, int len)
{
	char *text = palloc(2 + 2 * len + 1);

	strcpy(text, "\\x");
	text[2 + hex_encode(bytes, len, text + 2)] = '\0';
	return text;
}

static char *
bound_text(const DmSketch *sketch, const DmBound *bound)
{
	char *text;

	if (bound->state != DM_BOUND_SET)
		return NULL;
	if (sketch->kind == DM_VALUE_UUID)
		return DatumGetCString(DirectFunctionCall1(uuid_out, PointerGetDatum(bound->bytes)));
	text = sketch->kind == DM_VALUE_BYTES ? bytes_text(bound->bytes, bound->len) :
											pnstrdup(bound->bytes, bound->len);
	return bound->cut ? psprintf("%s...", text) : text;
}

/* Floats have their bounds in the moments, which are empty where all were NaN or infinite. */
static char *
word_bound(const DmSketch *sketch, int64 word, double number)
{
	if (sketch->kind == DM_VALUE_FLOAT)
		return sketch->moments.n == 0 ? NULL : float8out_internal(number);
	return sketch->min.state == DM_BOUND_SET ? word_text(sketch->kind, word) : NULL;
}

char *
dm_sketch_min(const DmSketch *sketch)
{
	if (sketch->blind)
		return NULL;
	if (DM_VALUE_IS_WORD(sketch->kind))
		return word_bound(sketch, sketch->least, sketch->moments.least);
	return bound_text(sketch, &sketch->min);
}

char *
dm_sketch_max(const DmSketch *sketch)
{
	if (sketch->blind)
		return NULL;
	if (DM_VALUE_IS_WORD(sketch->kind))
		return word_bound(sketch, sketch->greatest, sketch->moments.greatest);
	return bound_text(sketch, &sketch->max);
}

char *
dm_sketch_value_text(const DmSketch *sketch, const DmHeavyItem *item)
{
	DmHeavyText *kept;

	if (sketch->blind)
		return NULL;
	if (DM_VALUE_IS_WORD(sketch->kind))
		return word_text(sketch->kind, item->value.number);
	kept = item->value.text;
	if (kept == NULL)
		return NULL;
	return psprintf("%s%.*s%s", sketch->kind == DM_VALUE_BYTES ? "\\x" : "", (int) kept->len,
					kept->bytes, kept->cut ? "..." : "");
}

static void
derive_shapes(const DmSketch *sketch, DmHeavy *shapes)
{
	for (int i = 0; i < sketch->heavy.nslots; i++)
	{
		DmHeavyItem *item = &sketch->heavy.slots[i];
		char shape[DM_SHAPE_SIZE];
		int len = 3;
		bool found;
		DmHeavyItem *new;

		if (item->count == 0 || item->value.text == NULL)
			continue;
		memcpy(shape, "...", 3);
		if (!item->value.text->cut)
			len = dm_shape(item->value.text->bytes, item->value.text->len, shape);
		new = dm_heavy_add(shapes, dm_hash_bytes(shape, len), item->count, &found);
		if (!found)
			new->value.text = dm_heavy_text(shapes->context, shape, len, false);
	}
}

const DmHeavy *
dm_sketch_shapes(DmSketch *sketch)
{
	DmHeavy *shapes;

	if (sketch->spilled)
		return &sketch->shapes;
	shapes = palloc(sizeof(DmHeavy));
	dm_heavy_init(shapes, CurrentMemoryContext, true);
	if (sketch->kind == DM_VALUE_TEXT)
		derive_shapes(sketch, shapes);
	return shapes;
}
