/*
 * sketch.c
 *		Taking values into a sketch.
 *
 * The cost of a value decides whether a profile of a big table is made at all, so work is done in
 * batches: a value is hashed, and its number kept in an array; when that is full, one loop after
 * the other digests it, each with all that it needs in the processor's nearest cache.
 *
 * Frequent values are counted exactly until there are more than DM_HEAVY_SIZE different ones.
 * From then on one value of each block is counted for the whole block; blocks grow with
 * the number of values, so that ever more of them cost ever less.
 */
#include "postgres.h"

#include <math.h>

#include "access/detoast.h"
#include "catalog/pg_collation.h"
#include "mb/pg_wchar.h"
#include "port/pg_bitutils.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datum.h"
#include "utils/float.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "compat/pg_compat.h"
#include "sketch/numericvalue.h"
#include "sketch/shape.h"
#include "sketch/valuehash.h"
#include "sketch/valuetype.h"

#define FIRST_BATCH 16
#define BATCH		256

/* Up to so many values, each one is looked at; then so many whenever their number doubles. */
#define SAMPLE_BITS 15

/*
 * Of texts and bytes longer than LONG_TEXT only the beginning is fetched: they are told apart by
 * it and by their lengths.  Other types need the whole value, up to LONG_VALUE.
 */
#define LONG_TEXT	(8 * 1024)
#define TEXT_BEGINS 2048
#define LONG_VALUE	(1024 * 1024)

DmSketch *
dm_sketch_create(MemoryContext context, Oid typid)
{
	DmSketch *sketch = MemoryContextAllocZero(context, sizeof(DmSketch));

	sketch->context = context;
	dm_value_type_init(sketch, typid);
	sketch->random = UINT64CONST(0x736b65746368);
	sketch->correlation = NAN;
	if (sketch->kind == DM_VALUE_OTHER && sketch->type->cmp == NULL)
		sketch->min.state = sketch->max.state = DM_BOUND_LOST;
	dm_heavy_init(&sketch->heavy, context, !DM_VALUE_IS_WORD(sketch->kind));
	dm_heavy_init(&sketch->shapes, context, true);
	dm_kll_init(&sketch->kll, context);
	return sketch;
}

static void
count_shape(DmSketch *sketch, const char *bytes, int len, bool cut, int64 weight)
{
	char shape[DM_SHAPE_SIZE];
	int size = cut ? 3 : dm_shape(bytes, len, shape);
	bool found;
	DmHeavyItem *item;

	/* what was cut is longer than any shape */
	if (cut)
		memcpy(shape, "...", 3);
	item = dm_heavy_add(&sketch->shapes, dm_hash_bytes(shape, size), weight, &found);
	if (!found)
		item->value.text = dm_heavy_text(sketch->context, shape, size, false);
}

void
dm_sketch_spill(DmSketch *sketch)
{
	if (sketch->spilled || !sketch->has_distinct)
		return;
	sketch->spilled = true;
	sketch->hll = MemoryContextAllocZero(sketch->context, sizeof(DmHll));
	for (int i = 0; i < sketch->heavy.nslots; i++)
	{
		DmHeavyItem *item = &sketch->heavy.slots[i];

		if (item->count == 0)
			continue;
		dm_hll_add(sketch->hll, &item->hash, 1);
		if (sketch->kind == DM_VALUE_TEXT && item->value.text != NULL)
			count_shape(sketch, item->value.text->bytes, item->value.text->len,
						item->value.text->cut, item->count);
	}
}

/* Chooses the value of the next block that will be looked at. */
static void
next_block(DmSketch *sketch)
{
	int64 n = sketch->rows - sketch->nulls;
	int level = n >> (SAMPLE_BITS + 1) == 0 ? 0 : pg_leftmost_one_pos64(n) - SAMPLE_BITS;
	int64 choice;

	sketch->weight = INT64CONST(1) << level;
	choice = dm_random_next(&sketch->random) & (sketch->weight - 1);
	sketch->skip = sketch->rest + choice;
	sketch->rest = sketch->weight - 1 - choice;
}

/*
 * Counts a value for itself or for its block.  NULL if that is done; else the new item that needs
 * its value.  *weight is the number of values that this one stands for.
 */
static DmHeavyItem *
count_value(DmSketch *sketch, uint64 hash, int64 *weight)
{
	DmHeavyItem *item;
	bool found;

	*weight = 1;
	if (sketch->heavy.full)
	{
		*weight = sketch->weight;
		if (*weight > 1)
			sketch->heavy.variance += (double) *weight * *weight;
		next_block(sketch);
	}
	else
	{
		/* as long as all are counted, most were there before */
		item = dm_heavy_find(&sketch->heavy, hash);
		if (item != NULL)
		{
			item->count++;
			return NULL;
		}
		if (sketch->heavy.used == DM_HEAVY_SIZE)
		{
			dm_sketch_spill(sketch);
			next_block(sketch);
		}
	}
	item = dm_heavy_add(&sketch->heavy, hash, *weight, &found);
	return found ? NULL : item;
}

/* Whether the value that comes now is not looked at. */
static inline bool
is_skipped(DmSketch *sketch)
{
	if (!sketch->heavy.full || sketch->skip == 0)
		return false;
	sketch->skip--;
	return true;
}

static void
count_word(DmSketch *sketch, uint64 hash, int64 word)
{
	int64 weight;
	DmHeavyItem *item = count_value(sketch, hash, &weight);

	if (item != NULL)
		item->value.number = word;
}

static void
count_words(DmSketch *sketch)
{
	int i = 0;

	while (i < sketch->filled)
	{
		if (sketch->heavy.full && sketch->skip > 0)
		{
			int64 part = Min(sketch->skip, sketch->filled - i);

			sketch->skip -= part;
			i += part;
			continue;
		}
		count_word(sketch, sketch->hashes[i], sketch->words[i]);
		i++;
	}
}

static void
count_text(DmSketch *sketch, uint64 hash, const char *bytes, int len, bool cut)
{
	int64 weight;
	DmHeavyItem *item;

	if (is_skipped(sketch))
		return;
	item = count_value(sketch, hash, &weight);
	if (item != NULL)
		item->value.text = dm_heavy_text(sketch->context, bytes, len, cut);
	if (sketch->spilled && sketch->kind == DM_VALUE_TEXT)
		count_shape(sketch, bytes, len, cut && len <= DM_SHAPE_SIZE, weight);
}

static void
digest_words(DmSketch *sketch)
{
	bool is_float = sketch->kind == DM_VALUE_FLOAT;
	int64 least = sketch->least;
	int64 greatest = sketch->greatest;

	for (int i = 0; i < sketch->filled; i++)
		sketch->hashes[i] = dm_hash_word((uint64) sketch->words[i]);
	count_words(sketch);
	if (is_float)
	{
		memcpy(sketch->numbers, sketch->words, sketch->filled * sizeof(double));
		return;
	}
	if (sketch->min.state == DM_BOUND_NONE)
		least = greatest = sketch->words[0];
	for (int i = 0; i < sketch->filled; i++)
	{
		least = Min(least, sketch->words[i]);
		greatest = Max(greatest, sketch->words[i]);
		sketch->numbers[i] = (double) sketch->words[i];
	}
	sketch->least = least;
	sketch->greatest = greatest;
	sketch->min.state = sketch->max.state = DM_BOUND_SET;
}

void
dm_sketch_flush(DmSketch *sketch)
{
	if (sketch->filled == 0)
		return;
	if (DM_VALUE_IS_WORD(sketch->kind))
		digest_words(sketch);
	if (sketch->spilled)
		dm_hll_add(sketch->hll, sketch->hashes, sketch->filled);
	if (sketch->has_numbers)
	{
		dm_moments_add(&sketch->moments, sketch->numbers, sketch->filled);
		dm_kll_add(&sketch->kll, sketch->numbers, sketch->filled);
	}
	sketch->filled = 0;
}

static void
make_room(DmSketch *sketch)
{
	int room = sketch->room == 0 ? FIRST_BATCH : BATCH;

	dm_sketch_flush(sketch);
	if (room == sketch->room)
		return;
	if (sketch->room > 0)
	{
		pfree(sketch->words);
		pfree(sketch->numbers);
		pfree(sketch->hashes);
	}
	sketch->room = room;
	sketch->words = MemoryContextAlloc(sketch->context, room * sizeof(int64));
	sketch->numbers = MemoryContextAlloc(sketch->context, room * sizeof(double));
	sketch->hashes = MemoryContextAlloc(sketch->context, room * sizeof(uint64));
}

static inline void
reserve_one(DmSketch *sketch)
{
	if (sketch->filled == sketch->room)
		make_room(sketch);
}

static inline void
add_word(DmSketch *sketch, int64 word)
{
	reserve_one(sketch);
	sketch->words[sketch->filled++] = word;
}

/* A value that is no number is counted among the distinct and the frequent ones only. */
static void
add_special(DmSketch *sketch, int64 word)
{
	uint64 hash = dm_hash_word((uint64) word);

	if (sketch->spilled)
		dm_hll_add(sketch->hll, &hash, 1);
	if (!is_skipped(sketch))
		count_word(sketch, hash, word);
}

static inline void
add_time(DmSketch *sketch, int64 word, bool is_infinite)
{
	if (is_infinite)
	{
		sketch->infinite++;
		add_special(sketch, word);
	}
	else
		add_word(sketch, word);
}

static void
add_float(DmSketch *sketch, double value)
{
	int64 word;

	/* one zero and one NaN */
	if (value == 0)
		value = 0;
	else if (isnan(value))
		value = get_float8_nan();
	memcpy(&word, &value, sizeof(word));
	if (isfinite(value))
	{
		add_word(sketch, word);
		return;
	}
	if (isnan(value))
		sketch->nans++;
	else
		sketch->infinite++;
	add_special(sketch, word);
}

static void
set_bound(DmSketch *sketch, DmBound *bound, const char *bytes, int len, uint64 prefix)
{
	if (len > bound->room)
	{
		if (bound->bytes != NULL)
			pfree(bound->bytes);
		bound->room = Max(64, len);
		bound->bytes = MemoryContextAlloc(sketch->context, bound->room);
	}
	memcpy(bound->bytes, bytes, len);
	bound->len = len;
	bound->prefix = prefix;
	bound->state = DM_BOUND_SET;
}

static int
compare_bytes(const char *a, int alen, const char *b, int blen)
{
	int result = memcmp(a, b, Min(alen, blen));

	return result != 0 ? result : (alen > blen) - (alen < blen);
}

static inline void
bound_bytes(DmSketch *sketch, const char *bytes, int len)
{
	uint64 prefix = dm_bytes_prefix(bytes, len);
	DmBound *min = &sketch->min;
	DmBound *max = &sketch->max;

	if (min->state == DM_BOUND_NONE)
	{
		set_bound(sketch, min, bytes, len, prefix);
		set_bound(sketch, max, bytes, len, prefix);
		return;
	}
	if (prefix < min->prefix ||
		(prefix == min->prefix && compare_bytes(bytes, len, min->bytes, min->len) < 0))
		set_bound(sketch, min, bytes, len, prefix);
	if (prefix > max->prefix ||
		(prefix == max->prefix && compare_bytes(bytes, len, max->bytes, max->len) > 0))
		set_bound(sketch, max, bytes, len, prefix);
}

static inline void
add_digest(DmSketch *sketch, uint64 hash, double number)
{
	reserve_one(sketch);
	sketch->hashes[sketch->filled] = hash;
	sketch->numbers[sketch->filled++] = number;
}

static int
hex_of(const char *bytes, int len, char *hex)
{
	return (int) hex_encode(bytes, Min(len, DM_HEAVY_TEXT / 2), hex);
}

/* size is that of the whole value, of which len bytes are there. */
static inline void
add_text(DmSketch *sketch, const char *bytes, int len, int64 size)
{
	uint64 hash = dm_hash_bytes(bytes, len);
	double number = size;

	if (size > len)
		hash = dm_hash_word(hash ^ (uint64) size);
	if (sketch->kind == DM_VALUE_TEXT)
	{
		number = dm_count_characters(bytes, len) + (size - len);
		count_text(sketch, hash, bytes, len, size > len);
	}
	else
	{
		char hex[DM_HEAVY_TEXT];

		count_text(sketch, hash, hex, hex_of(bytes, len, hex), len > DM_HEAVY_TEXT / 2);
	}
	bound_bytes(sketch, bytes, len);
	add_digest(sketch, hash, number);
}

static inline bool
is_plain(struct varlena *value)
{
	return VARATT_IS_4B_U(value) || (VARATT_IS_1B(value) && !VARATT_IS_1B_E(value));
}

static int
blanks_cut(const char *bytes, int len)
{
	while (len > 0 && bytes[len - 1] == ' ')
		len--;
	return len;
}

static void
add_varlena(DmSketch *sketch, Datum value)
{
	struct varlena *varlena = (struct varlena *) DatumGetPointer(value);
	bool plain = is_plain(varlena);
	int64 size = plain ? VARSIZE_ANY_EXHDR(varlena) : toast_raw_datum_size(value) - VARHDRSZ;
	const char *bytes;
	int len = (int) size;

	if (size > LONG_TEXT)
		len = TEXT_BEGINS;
	if (!plain)
		varlena = detoast_attr_slice(varlena, 0, len);
	bytes = VARDATA_ANY(varlena);
	if (sketch->type->blank_padded && size == len)
		size = len = blanks_cut(bytes, len);
	else if (size > len && sketch->kind == DM_VALUE_TEXT)
	{
		/* no half character at the end of what is looked at; the size makes it "cut" */
		len = pg_mbcliplen(bytes, len, len);
	}
	add_text(sketch, bytes, len, size);
	if (!plain)
		pfree(varlena);
}

static void
bound_numeric(DmSketch *sketch, const void *datum, double value)
{
	/* the batch's numbers are not in the moments yet: bounds have theirs as bits of the prefix */
	double least;
	double greatest;
	uint64 bits;

	memcpy(&least, &sketch->min.prefix, sizeof(least));
	memcpy(&greatest, &sketch->max.prefix, sizeof(greatest));
	memcpy(&bits, &value, sizeof(bits));
	if (sketch->min.state == DM_BOUND_NONE || value < least)
		set_bound(sketch, &sketch->min, datum, VARSIZE_ANY(datum), bits);
	if (sketch->max.state == DM_BOUND_NONE || value > greatest)
		set_bound(sketch, &sketch->max, datum, VARSIZE_ANY(datum), bits);
}

static void
count_printed(DmSketch *sketch, uint64 hash, Datum value)
{
	int64 weight;
	DmHeavyItem *item;
	char *text;

	if (is_skipped(sketch))
		return;
	item = count_value(sketch, hash, &weight);
	if (item == NULL)
		return;
	text = dm_value_text(sketch->type, value);
	item->value.text = dm_heavy_text(sketch->context, text, strlen(text), false);
	pfree(text);
}

static void
add_numeric(DmSketch *sketch, Datum value)
{
	struct varlena *datum = PG_DETOAST_DATUM_PACKED(value);
	double number;
	uint64 hash;
	DmNumericClass class = dm_numeric_read(datum, &number, &hash);

	count_printed(sketch, hash, PointerGetDatum(datum));
	if (class == DM_NUMERIC_FINITE)
	{
		bound_numeric(sketch, datum, number);
		add_digest(sketch, hash, number);
	}
	else
	{
		if (class == DM_NUMERIC_NAN)
			sketch->nans++;
		else
			sketch->infinite++;
		if (sketch->spilled)
			dm_hll_add(sketch->hll, &hash, 1);
	}
	if ((Pointer) datum != DatumGetPointer(value))
		pfree(datum);
}

static void
add_uuid(DmSketch *sketch, Datum value)
{
	const char *bytes = (const char *) DatumGetUUIDP(value)->data;
	uint64 hash = dm_hash_bytes(bytes, UUID_LEN);

	count_printed(sketch, hash, value);
	bound_bytes(sketch, bytes, UUID_LEN);
	add_digest(sketch, hash, 0);
}

static void
set_datum_bound(DmSketch *sketch, DmBound *bound, Datum value)
{
	DmValueType *type = sketch->type;

	if (type->typbyval)
		set_bound(sketch, bound, (const char *) &value, sizeof(value), 0);
	else
		set_bound(sketch, bound, DatumGetPointer(value),
				  (int) datumGetSize(value, false, type->typlen), 0);
}

static Datum
bound_datum(DmSketch *sketch, DmBound *bound)
{
	Datum value;

	if (!sketch->type->typbyval)
		return PointerGetDatum(bound->bytes);
	memcpy(&value, bound->bytes, sizeof(value));
	return value;
}

static inline int
compare_datums(FmgrInfo *cmp, Datum a, Datum b)
{
	return DatumGetInt32(FunctionCall2Coll(cmp, C_COLLATION_OID, a, b));
}

static void
bound_other(DmSketch *sketch, Datum value)
{
	FmgrInfo *cmp = sketch->type->cmp;
	DmBound *min = &sketch->min;
	DmBound *max = &sketch->max;

	if (cmp == NULL)
		return;
	if (min->state == DM_BOUND_NONE)
	{
		set_datum_bound(sketch, min, value);
		set_datum_bound(sketch, max, value);
	}
	else if (compare_datums(cmp, value, bound_datum(sketch, min)) < 0)
		set_datum_bound(sketch, min, value);
	else if (compare_datums(cmp, value, bound_datum(sketch, max)) > 0)
		set_datum_bound(sketch, max, value);
}

/* A value too long to be read whole has no place in the order; its beginning tells it apart. */
static void
add_long(DmSketch *sketch, Datum value, int64 size)
{
	struct varlena *varlena = (struct varlena *) DatumGetPointer(value);
	struct varlena *begin = detoast_attr_slice(varlena, 0, TEXT_BEGINS);
	uint64 hash = dm_hash_bytes(VARDATA_ANY(begin), VARSIZE_ANY_EXHDR(begin));

	hash = dm_hash_word(hash ^ (uint64) size);
	sketch->min.state = sketch->max.state = DM_BOUND_LOST;
	sketch->type->cmp = NULL;
	if (sketch->has_distinct)
		count_text(sketch, hash, "", 0, true);
	add_digest(sketch, hash, size);
	pfree(begin);
}

static void
add_other(DmSketch *sketch, Datum value)
{
	DmValueType *type = sketch->type;
	int64 size = type->typlen == -1 ? (int64) toast_raw_datum_size(value) - VARHDRSZ : 0;
	uint64 hash = 0;
	Datum plain = value;

	if (size > LONG_VALUE)
	{
		add_long(sketch, value, size);
		return;
	}
	if (type->hash != NULL || type->cmp != NULL)
	{
		if (type->typlen == -1)
			plain = PointerGetDatum(PG_DETOAST_DATUM(value));
		if (type->hash != NULL)
		{
			hash = dm_value_hash(type, plain);
			count_printed(sketch, hash, plain);
		}
		bound_other(sketch, plain);
	}
	add_digest(sketch, hash, size);
	if (type->typlen == -1 && DatumGetPointer(plain) != DatumGetPointer(value))
		pfree(DatumGetPointer(plain));
}

void
dm_sketch_add_null(DmSketch *sketch)
{
	sketch->rows++;
	sketch->nulls++;
}

void
dm_sketch_add(DmSketch *sketch, Datum value)
{
	Assert(sketch->type != NULL);
	sketch->rows++;
	switch (sketch->kind)
	{
		case DM_VALUE_BOOLEAN:
			add_word(sketch, DatumGetBool(value));
			break;
		case DM_VALUE_INTEGER:
			add_word(sketch, sketch->type->typlen == 4 ? DatumGetInt32(value) :
							 sketch->type->typlen == 8 ? DatumGetInt64(value) :
														 DatumGetInt16(value));
			break;
		case DM_VALUE_DATE:
			add_time(sketch, DatumGetDateADT(value), DATE_NOT_FINITE(DatumGetDateADT(value)));
			break;
		case DM_VALUE_TIME:
			add_word(sketch, DatumGetTimeADT(value));
			break;
		case DM_VALUE_TIMESTAMP:
		case DM_VALUE_TIMESTAMPTZ:
			add_time(sketch, DatumGetTimestamp(value),
					 TIMESTAMP_NOT_FINITE(DatumGetTimestamp(value)));
			break;
		case DM_VALUE_FLOAT:
			add_float(sketch, sketch->type->typlen == 4 ? DatumGetFloat4(value) :
														  DatumGetFloat8(value));
			break;
		case DM_VALUE_NUMERIC:
			add_numeric(sketch, value);
			break;
		case DM_VALUE_TEXT:
			if (sketch->type->cstring)
				add_text(sketch, DatumGetCString(value), strlen(DatumGetCString(value)),
						 strlen(DatumGetCString(value)));
			else
				add_varlena(sketch, value);
			break;
		case DM_VALUE_BYTES:
			add_varlena(sketch, value);
			break;
		case DM_VALUE_UUID:
			add_uuid(sketch, value);
			break;
		case DM_VALUE_OTHER:
			add_other(sketch, value);
			break;
	}
}
