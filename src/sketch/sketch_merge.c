/*
 * sketch_merge.c
 *		Two sketches become that of all their values.
 */
#include "postgres.h"

#include <math.h>

#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "sketch/valuetype.h"

/* A bound that was a Datum becomes its text; one that is too long is cut, or lost. */
static void
freeze_bound(DmSketch *sketch, DmBound *bound)
{
	if (bound->state != DM_BOUND_SET || DM_VALUE_IS_WORD(sketch->kind))
		return;
	if (sketch->kind == DM_VALUE_NUMERIC || sketch->kind == DM_VALUE_OTHER)
	{
		Datum value = PointerGetDatum(bound->bytes);
		char *text;

		if (sketch->type->typbyval)
			memcpy(&value, bound->bytes, sizeof(value));
		text = dm_value_text(sketch->type, value);
		bound->len = strlen(text);
		bound->room = bound->len + 1;
		bound->bytes = MemoryContextStrdup(sketch->context, text);
		pfree(text);
	}
	if (bound->len <= DM_SKETCH_BOUND)
		return;
	/* a text can be compared by its beginning; others would be read wrongly */
	bound->cut = true;
	if (sketch->kind == DM_VALUE_OTHER)
		bound->state = DM_BOUND_LOST;
	else if (sketch->kind == DM_VALUE_BYTES)
		bound->len = DM_SKETCH_BOUND;
	else
		bound->len = pg_mbcliplen(bound->bytes, bound->len, DM_SKETCH_BOUND);
}

void
dm_sketch_freeze(DmSketch *sketch)
{
	if (sketch->type == NULL)
		return;
	dm_sketch_flush(sketch);
	freeze_bound(sketch, &sketch->min);
	freeze_bound(sketch, &sketch->max);
	sketch->type = NULL;
	if (sketch->room > 0)
	{
		pfree(sketch->words);
		pfree(sketch->numbers);
		pfree(sketch->hashes);
		sketch->room = 0;
	}
}

static void
take_bound(DmSketch *into, DmBound *bound, const DmBound *from)
{
	if (bound->bytes != NULL)
		pfree(bound->bytes);
	bound->state = from->state;
	bound->cut = from->cut;
	bound->len = from->len;
	bound->room = from->len + 1;
	bound->bytes = MemoryContextAllocZero(into->context, bound->room);
	memcpy(bound->bytes, from->bytes, from->len);
}

/* Less than zero if a comes before b.  False if nobody can tell. */
static bool
compare_bounds(const DmSketch *a, const DmBound *abound, const DmBound *bbound, int *result)
{
	int shared = Min(abound->len, bbound->len);

	switch (a->kind)
	{
		case DM_VALUE_TEXT:
		case DM_VALUE_BYTES:
		case DM_VALUE_UUID:
			*result = memcmp(abound->bytes, bbound->bytes, shared);
			if (*result == 0)
				*result = (abound->len > bbound->len) - (abound->len < bbound->len);
			return true;
		default:
			return dm_value_compare_texts(a->typname, abound->bytes, bbound->bytes, result);
	}
}

static void
merge_bound(DmSketch *into, DmBound *bound, const DmBound *from, int sign)
{
	int result;

	if (from->state == DM_BOUND_LOST)
		bound->state = DM_BOUND_LOST;
	if (from->state == DM_BOUND_NONE || bound->state == DM_BOUND_LOST)
		return;
	if (bound->state == DM_BOUND_NONE)
		take_bound(into, bound, from);
	else if (!compare_bounds(into, bound, from, &result))
		bound->state = DM_BOUND_LOST;
	else if (result * sign > 0)
		take_bound(into, bound, from);
}

static void
merge_bounds(DmSketch *into, const DmSketch *from)
{
	bool known = into->min.state == DM_BOUND_SET && from->min.state == DM_BOUND_SET;

	if (into->kind == DM_VALUE_NUMERIC && known)
	{
		/* moments have the numbers of both */
		if (from->moments.least < into->moments.least)
			take_bound(into, &into->min, &from->min);
		if (from->moments.greatest > into->moments.greatest)
			take_bound(into, &into->max, &from->max);
		return;
	}
	if (!DM_VALUE_IS_WORD(into->kind))
	{
		merge_bound(into, &into->min, &from->min, 1);
		merge_bound(into, &into->max, &from->max, -1);
		return;
	}
	if (from->min.state != DM_BOUND_SET)
		return;
	into->least = known ? Min(into->least, from->least) : from->least;
	into->greatest = known ? Max(into->greatest, from->greatest) : from->greatest;
	into->min.state = into->max.state = DM_BOUND_SET;
}

static void
merge_values(DmSketch *into, DmSketch *from)
{
	if (!into->has_distinct)
		return;
	if (into->spilled || from->spilled ||
		into->heavy.used + from->heavy.used > DM_HEAVY_SIZE)
	{
		dm_sketch_spill(into);
		dm_sketch_spill(from);
		dm_hll_merge(into->hll, from->hll);
		dm_heavy_merge(&into->shapes, &from->shapes);
	}
	dm_heavy_merge(&into->heavy, &from->heavy);
}

void
dm_sketch_merge(DmSketch *into, DmSketch *from)
{
	if (into->kind != from->kind || strcmp(into->typname, from->typname) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("sketches of different types cannot be merged"),
				 errdetail("One has values of type %s, the other of type %s.", into->typname,
						   from->typname)));
	dm_sketch_freeze(into);
	dm_sketch_freeze(from);
	into->has_distinct = into->has_distinct && from->has_distinct;
	into->has_numbers = into->has_numbers && from->has_numbers;
	/* before the moments, which tell whose bounds they are */
	merge_bounds(into, from);
	into->rows = dm_count_add(into->rows, from->rows);
	into->nulls = dm_count_add(into->nulls, from->nulls);
	into->nans = dm_count_add(into->nans, from->nans);
	into->infinite = dm_count_add(into->infinite, from->infinite);
	merge_values(into, from);
	dm_moments_merge(&into->moments, &from->moments);
	dm_kll_merge(&into->kll, &from->kll);
	into->correlation = NAN;
	if (into->blind || from->blind)
		dm_sketch_forget_values(into);
}

static void
forget_bound(DmBound *bound)
{
	if (bound->state == DM_BOUND_SET)
		bound->state = DM_BOUND_LOST;
}

void
dm_sketch_forget_values(DmSketch *sketch)
{
	dm_sketch_freeze(sketch);
	sketch->blind = true;
	dm_heavy_forget_values(&sketch->heavy);
	dm_heavy_forget_values(&sketch->shapes);
	forget_bound(&sketch->min);
	forget_bound(&sketch->max);
}
