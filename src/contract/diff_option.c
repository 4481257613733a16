/*
 * diff_option.c
 *		The comparison of logicalTypeOptions and enumerations.
 *
 * Tighter promises are no break for those who read; rows from before may not keep them.  Looser
 * ones are a notice: only clients that count on every value there can be are hit.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "base/json.h"
#include "contract/diff_rule.h"
#include "contract/value.h"

static const char *const option_keys[] = {
	"minLength", "maxLength", "pattern", "format", "minimum", "maximum", "exclusiveMinimum",
	"exclusiveMaximum", "multipleOf", "precision", "scale", "timezone", "defaultTimezone",
	"minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "required", "enum",
	NULL
};

#define TIGHTER "readers get fewer values; old rows may have others"
#define LOOSER	"values may come that could not come before"

static void
note_tighter(DmDiff *diff, const char *path, const char *old, const char *new)
{
	dm_diff_note(diff, path, dm_diff_change(old, new), old, new, DM_IMPACT_ROWS, TIGHTER);
}

static void
note_looser(DmDiff *diff, const char *path, const char *old, const char *new)
{
	dm_diff_note(diff, path, dm_diff_change(old, new), old, new, DM_IMPACT_STRICT, LOOSER);
}

/* Neither of the two holds: values come that could not come before, and others do not. */
static void
note_other(DmDiff *diff, const char *path, const char *old, const char *new)
{
	dm_diff_note(diff, path, dm_diff_change(old, new), old, new, DM_IMPACT_ROWS,
				 "other values than before, which may be more or fewer");
}

/* A lower bound is tighter if it is higher. */
static void
diff_bound(DmDiff *diff, const char *path, const char *key, const char *old, const char *new,
		   bool lower)
{
	int order;

	if (dm_same_text(old, new))
		return;
	path = dm_pointer(path, key);
	if (old == NULL)
		note_tighter(diff, path, old, new);
	else if (new == NULL)
		note_looser(diff, path, old, new);
	else if (!dm_compare_bounds(old, new, &order))
		note_other(diff, path, old, new);
	else if (order == 0)
		dm_diff_note(diff, path, "changed", old, new, DM_IMPACT_NONE, "the same value");
	else if ((order < 0) == lower)
		note_tighter(diff, path, old, new);
	else
		note_looser(diff, path, old, new);
}

/* Lengths and counts, of which -1 is none. */
static void
diff_count(DmDiff *diff, const char *path, const char *key, int64 old, int64 new, bool lower)
{
	diff_bound(diff, path, key, old < 0 ? NULL : psprintf(INT64_FORMAT, old),
			   new < 0 ? NULL : psprintf(INT64_FORMAT, new), lower);
}

static bool
is_multiple(const char *number, const char *of)
{
	Datum left = DirectFunctionCall3(numeric_in, CStringGetDatum(number),
									 ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	Datum right = DirectFunctionCall3(numeric_in, CStringGetDatum(of),
									  ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	Datum zero = DirectFunctionCall1(int4_numeric, Int32GetDatum(0));

	/* no number is a multiple of nothing, and nothing is no step */
	if (DatumGetBool(DirectFunctionCall2(numeric_eq, right, zero)) ||
		DatumGetBool(DirectFunctionCall2(numeric_eq, left, zero)))
		return false;
	return DatumGetBool(DirectFunctionCall2(numeric_eq,
											DirectFunctionCall2(numeric_mod, left, right), zero));
}

static void
diff_multiple(DmDiff *diff, const char *path, const char *old, const char *new)
{
	if (dm_same_text(old, new))
		return;
	path = dm_pointer(path, "multipleOf");
	if (old == NULL)
		note_tighter(diff, path, old, new);
	else if (new == NULL)
		note_looser(diff, path, old, new);
	else if (!dm_number_text(old) || !dm_number_text(new))
		note_other(diff, path, old, new);
	else if (is_multiple(new, old))
		note_tighter(diff, path, old, new);
	else if (is_multiple(old, new))
		note_looser(diff, path, old, new);
	else
		note_other(diff, path, old, new);
}

static void
diff_pattern(DmDiff *diff, const char *path, const char *old, const char *new)
{
	if (dm_same_text(old, new))
		return;
	path = dm_pointer(path, "pattern");
	if (old == NULL)
		note_tighter(diff, path, old, new);
	else if (new == NULL)
		note_looser(diff, path, old, new);
	else
		note_other(diff, path, old, new);
}

/* --- format: a range of integers, a pattern of dates, a kind of text --- */

static const struct
{
	const char *name;
	int low;  /* bits of the negative values, 0 for none */
	int high; /* and of the others */
} integer_formats[] = {
	{ "i8", 7, 7 },
	{ "i16", 15, 15 },
	{ "i32", 31, 31 },
	{ "i64", 63, 63 },
	{ "i128", 127, 127 },
	{ "u8", 0, 8 },
	{ "u16", 0, 16 },
	{ "u32", 0, 32 },
	{ "u64", 0, 64 },
	{ "u128", 0, 128 },
	{ "f32", 128, 128 },
	{ "f64", 1024, 1024 },
};

static int
integer_format(const char *format)
{
	for (int i = 0; i < lengthof(integer_formats); i++)
		if (strcmp(integer_formats[i].name, format) == 0)
			return i;
	return -1;
}

static void
diff_number_format(DmDiff *diff, const char *path, const char *old, const char *new)
{
	int from = integer_format(old);
	int to = integer_format(new);

	if (from < 0 || to < 0 || (old[0] == 'f') != (new[0] == 'f'))
		dm_diff_note(diff, path, "changed", old, new, DM_IMPACT_ALL, "another range of numbers");
	else if (integer_formats[from].low <= integer_formats[to].low &&
			 integer_formats[from].high <= integer_formats[to].high)
		dm_diff_note(diff, path, "changed", old, new, DM_IMPACT_STRICT,
					 "a wider range: all old values fit; clients that know the exact type may care");
	else
		dm_diff_note(diff, path, "changed", old, new, DM_IMPACT_ALL,
					 "a narrower range: not all old values fit");
}

static bool
is_logical(DmProperty *property, const char *type)
{
	return property->logical_type != NULL && strcmp(property->logical_type, type) == 0;
}

static bool
is_clock(DmProperty *property)
{
	return is_logical(property, "date") || is_logical(property, "timestamp") ||
		   is_logical(property, "time");
}

static void
diff_format(DmDiff *diff, const char *path, DmProperty *old, DmProperty *new)
{
	const char *from = old->options.format;
	const char *to = new->options.format;
	bool number = is_logical(new, "integer") || is_logical(new, "number");

	if (dm_same_text(from, to))
		return;
	path = dm_pointer(path, "format");
	/* what an integer is without one, by the standard */
	if (number && from == NULL && is_logical(old, "integer") && strcmp(to, "i32") == 0)
		dm_diff_note(diff, path, "added", from, to, DM_IMPACT_NONE, "the default, written out");
	else if (number && to == NULL && is_logical(new, "integer") && strcmp(from, "i32") == 0)
		dm_diff_note(diff, path, "removed", from, to, DM_IMPACT_NONE, "the default, not written");
	else if (number && (from != NULL || is_logical(old, "integer")) &&
			 (to != NULL || is_logical(new, "integer")))
		diff_number_format(diff, path, from ? from : "i32", to ? to : "i32");
	else if (from == NULL)
		note_tighter(diff, path, from, to);
	else if (to == NULL)
		note_looser(diff, path, from, to);
	else if (is_clock(old) && is_clock(new))
		dm_diff_note(diff, path, "changed", from, to, DM_IMPACT_ALL,
					 "dates and times are written otherwise");
	else
		dm_diff_note(diff, path, "changed", from, to, DM_IMPACT_ALL, "texts have another form");
}

static void
diff_time_zone(DmDiff *diff, const char *path, DmProperty *old, DmProperty *new)
{
	bool stated = old->physical_type != NULL && new->physical_type != NULL;

	if (old->options.timezone != new->options.timezone)
		dm_diff_note(diff, dm_pointer(path, "timezone"), "changed",
					 old->options.timezone ? "true" : "false",
					 new->options.timezone ? "true" : "false",
					 stated ? DM_IMPACT_ADDS : DM_IMPACT_ALL, "%s",
					 stated ? "physicalType says what readers get" :
							  "times come with a zone, or without one, which they did not before");
	dm_diff_text(diff, path, "defaultTimezone", old->options.default_timezone,
				 new->options.default_timezone, DM_IMPACT_ALL,
				 "times without a zone mean other moments");
}

/* --- enumerations --- */

static const char *
enum_text(const void *value)
{
	return ((const DmEnumValue *) value)->value.text;
}

static void
diff_enum(DmDiff *diff, const char *path, List *old_list, List *new_list)
{
	ListCell *lc;

	if (old_list == NIL && new_list == NIL)
		return;
	path = dm_pointer(path, "enum");
	foreach(lc, dm_diff_match(old_list, new_list, NULL, enum_text))
	{
		DmPair *pair = lfirst(lc);
		DmEnumValue *old = pair->old;
		DmEnumValue *new = pair->new;
		const char *text = enum_text(old ? old : new);
		char *place = dm_pointer(path, text ? text : "null");

		if (old == NULL)
		{
			/* the first list of values that there is restricts them */
			if (old_list == NIL)
				note_tighter(diff, place, NULL, text);
			else
				dm_diff_note(diff, place, "added", NULL, text, DM_IMPACT_STRICT,
							 "a new value: clients that handle every value do not know it");
		}
		else if (new == NULL)
		{
			if (new_list == NIL)
				note_looser(diff, place, text, NULL);
			else
				note_tighter(diff, place, text, NULL);
		}
		else
		{
			dm_diff_text(diff, place, "label", old->label, new->label, DM_IMPACT_NONE, "describes");
			dm_diff_text(diff, place, "description", old->description, new->description,
						 DM_IMPACT_NONE, "describes");
		}
	}
}

/* --- all of them --- */

static const char *
itself(const void *text)
{
	return text;
}

static void
diff_required_keys(DmDiff *diff, const char *path, List *old_list, List *new_list)
{
	ListCell *lc;

	path = dm_pointer(path, "required");
	foreach(lc, dm_diff_match(old_list, new_list, NULL, itself))
	{
		DmPair *pair = lfirst(lc);

		if (pair->old == NULL)
			note_tighter(diff, dm_pointer(path, pair->new), NULL, pair->new);
		else if (pair->new == NULL)
			dm_diff_note(diff, dm_pointer(path, pair->old), "removed", pair->old, NULL,
						 DM_IMPACT_READERS, "readers may miss it from now on");
	}
}

/* The digits before the point; with another scale the values print otherwise. */
static void
diff_digits(DmDiff *diff, const char *path, DmProperty *old, DmProperty *new)
{
	bool stated = old->physical_type != NULL && new->physical_type != NULL;

	if (stated && (old->options.precision != new->options.precision ||
				   old->options.scale != new->options.scale))
		dm_diff_note(diff, path, "changed",
					 psprintf(INT64_FORMAT "," INT64_FORMAT, old->options.precision,
							  old->options.scale),
					 psprintf(INT64_FORMAT "," INT64_FORMAT, new->options.precision,
							  new->options.scale),
					 DM_IMPACT_ADDS, "precision and scale: physicalType says what readers get");
	if (stated)
		return;
	diff_count(diff, path, "precision", old->options.precision, new->options.precision, false);
	if (old->options.scale != new->options.scale)
		dm_diff_note(diff, dm_pointer(path, "scale"), "changed",
					 psprintf(INT64_FORMAT, old->options.scale),
					 psprintf(INT64_FORMAT, new->options.scale), DM_IMPACT_ALL,
					 "numbers come with another number of digits behind the point");
}

void
dm_diff_options(DmDiff *diff, const char *path, DmProperty *old, DmProperty *new)
{
	DmOptions *from = &old->options;
	DmOptions *to = &new->options;
	char *options = dm_pointer(path, "logicalTypeOptions");

	diff_count(diff, options, "minLength", from->min_length, to->min_length, true);
	diff_count(diff, options, "maxLength", from->max_length, to->max_length, false);
	diff_pattern(diff, options, from->pattern, to->pattern);
	diff_format(diff, options, old, new);
	diff_bound(diff, options, "minimum", from->minimum, to->minimum, true);
	diff_bound(diff, options, "exclusiveMinimum", from->exclusive_minimum, to->exclusive_minimum,
			   true);
	diff_bound(diff, options, "maximum", from->maximum, to->maximum, false);
	diff_bound(diff, options, "exclusiveMaximum", from->exclusive_maximum, to->exclusive_maximum,
			   false);
	diff_multiple(diff, options, from->multiple_of, to->multiple_of);
	diff_digits(diff, options, old, new);
	diff_time_zone(diff, options, old, new);
	diff_count(diff, options, "minItems", from->min_items, to->min_items, true);
	diff_count(diff, options, "maxItems", from->max_items, to->max_items, false);
	if (from->unique_items != to->unique_items)
	{
		if (to->unique_items)
			note_tighter(diff, dm_pointer(options, "uniqueItems"), "false", "true");
		else
			note_looser(diff, dm_pointer(options, "uniqueItems"), "true", "false");
	}
	diff_count(diff, options, "minProperties", from->min_properties, to->min_properties, true);
	diff_count(diff, options, "maxProperties", from->max_properties, to->max_properties, false);
	diff_required_keys(diff, options, from->required, to->required);
	diff_enum(diff, path, from->enumeration, to->enumeration);
	dm_diff_describe(diff, options, from->node, to->node, option_keys);
}
