/*
 * sketch_store.c
 *		The stored form of sketches.
 *
 * The first two bytes are the version of the form and the byte order of the machine.  A
 * sketch from a machine of the other order is refused: hashes of some types differ there, so that
 * merging it would be wrong without anybody seeing it.  Whatever else is read is checked, for
 * the bytes may come from a client: no sketch that was let in can make a later step fail, loop or
 * read what is not there.
 */
#include "postgres.h"

#include <math.h>

#include "mb/pg_wchar.h"
#include "utils/uuid.h"

#include "compat/pg_compat.h"
#include "sketch/sketch.h"

#define VERSION 2

#ifdef WORDS_BIGENDIAN
#define BYTE_ORDER_MARK 2
#else
#define BYTE_ORDER_MARK 1
#endif

#define FLAG_DISTINCT 1
#define FLAG_NUMBERS  2
#define FLAG_SPILLED  4
#define FLAG_BLIND	  8
#define FLAGS		  15

#define LONGEST_NAME (4 * NAMEDATALEN)

static void
pack_bound(StringInfo out, const DmSketch *sketch, const DmBound *bound)
{
	dm_pack_byte(out, bound->state);
	if (bound->state != DM_BOUND_SET || DM_VALUE_IS_WORD(sketch->kind))
		return;
	dm_pack_byte(out, bound->cut);
	dm_pack_text(out, bound->bytes, bound->len);
}

static void
pack_counts(StringInfo out, const DmSketch *sketch)
{
	dm_pack_int(out, sketch->rows);
	dm_pack_int(out, sketch->nulls);
	dm_pack_int(out, sketch->nans);
	dm_pack_int(out, sketch->infinite);
	dm_pack_int(out, sketch->least);
	dm_pack_int(out, sketch->greatest);
	dm_pack_double(out, sketch->correlation);
}

bytea *
dm_sketch_pack(DmSketch *sketch)
{
	StringInfoData out;

	dm_sketch_freeze(sketch);
	initStringInfo(&out);
	appendStringInfoSpaces(&out, VARHDRSZ);
	dm_pack_byte(&out, VERSION);
	dm_pack_byte(&out, BYTE_ORDER_MARK);
	dm_pack_byte(&out, sketch->kind);
	dm_pack_byte(&out, (sketch->has_distinct ? FLAG_DISTINCT : 0) |
						   (sketch->has_numbers ? FLAG_NUMBERS : 0) |
						   (sketch->spilled ? FLAG_SPILLED : 0) |
						   (sketch->blind ? FLAG_BLIND : 0));
	dm_pack_text(&out, sketch->typname, strlen(sketch->typname));
	pack_counts(&out, sketch);
	pack_bound(&out, sketch, &sketch->min);
	pack_bound(&out, sketch, &sketch->max);
	dm_moments_pack(&out, &sketch->moments);
	dm_kll_pack(&out, &sketch->kll);
	dm_heavy_pack(&out, &sketch->heavy);
	if (sketch->spilled)
	{
		dm_hll_pack(&out, sketch->hll);
		dm_heavy_pack(&out, &sketch->shapes);
	}
	SET_VARSIZE(out.data, out.len);
	return (bytea *) out.data;
}

static char *
unpack_name(DmUnpack *in, MemoryContext context)
{
	int len;
	const char *bytes = dm_unpack_text(in, LONGEST_NAME, &len);
	char *name = MemoryContextAllocZero(context, len + 1);

	memcpy(name, bytes, len);
	if (len == 0 || !pg_verifymbstr(name, len, true))
		dm_unpack_fail("The name of its type is none.");
	return name;
}

static void
unpack_bound(DmUnpack *in, DmSketch *sketch, DmBound *bound)
{
	const char *bytes;
	int len;

	bound->state = dm_unpack_byte(in, DM_BOUND_LOST);
	if (bound->state != DM_BOUND_SET || DM_VALUE_IS_WORD(sketch->kind))
		return;
	bound->cut = dm_unpack_byte(in, 1);
	bytes = dm_unpack_text(in, DM_SKETCH_BOUND, &len);
	if (sketch->kind == DM_VALUE_UUID && len != UUID_LEN)
		dm_unpack_fail("A bound of it is no value of its type.");
	if (sketch->kind != DM_VALUE_UUID && sketch->kind != DM_VALUE_BYTES &&
		!pg_verifymbstr(bytes, len, true))
		dm_unpack_fail("A bound of it is no value of its type.");
	bound->bytes = MemoryContextAllocZero(sketch->context, len + 1);
	bound->len = len;
	bound->room = len + 1;
	memcpy(bound->bytes, bytes, len);
}

static void
unpack_counts(DmUnpack *in, DmSketch *sketch)
{
	int64 values;

	sketch->rows = dm_unpack_int(in, 0, PG_INT64_MAX);
	sketch->nulls = dm_unpack_int(in, 0, sketch->rows);
	values = sketch->rows - sketch->nulls;
	sketch->nans = dm_unpack_int(in, 0, values);
	sketch->infinite = dm_unpack_int(in, 0, values - sketch->nans);
	sketch->least = dm_unpack_int(in, PG_INT64_MIN, PG_INT64_MAX);
	sketch->greatest = dm_unpack_int(in, sketch->least, PG_INT64_MAX);
	sketch->correlation = dm_unpack_double(in);
	if (fabs(sketch->correlation) > 1)
		dm_unpack_fail("Its correlation is none.");
}

/* Each number belongs to a value. */
static void
check_counts(const DmSketch *sketch)
{
	int64 numbers = sketch->rows - sketch->nulls - sketch->nans - sketch->infinite;

	if (!sketch->has_numbers)
		numbers = 0;
	if (sketch->moments.n != numbers || sketch->kll.n != numbers)
		dm_unpack_fail("Its numbers are not as many as its values.");
	/* of all others they are lengths */
	if (sketch->kind > DM_VALUE_NUMERIC &&
		(sketch->moments.least < 0 || sketch->moments.greatest > MaxAllocSize))
		dm_unpack_fail("Its lengths are none that a value can have.");
	if (!sketch->has_distinct && (sketch->spilled || sketch->heavy.used > 0))
		dm_unpack_fail("It has frequent values of a type without a hash.");
	if (sketch->heavy.full && !sketch->spilled)
		dm_unpack_fail("It does not know how many distinct values it has.");
}

static void
unpack_parts(DmUnpack *in, DmSketch *sketch)
{
	dm_moments_unpack(in, &sketch->moments);
	dm_kll_unpack(in, &sketch->kll, sketch->context);
	dm_heavy_unpack(in, &sketch->heavy, sketch->context, !DM_VALUE_IS_WORD(sketch->kind));
	dm_heavy_init(&sketch->shapes, sketch->context, true);
	if (sketch->spilled)
	{
		sketch->hll = MemoryContextAllocZero(sketch->context, sizeof(DmHll));
		dm_hll_unpack(in, sketch->hll);
		dm_heavy_unpack(in, &sketch->shapes, sketch->context, true);
	}
}

DmSketch *
dm_sketch_unpack(const bytea *stored, MemoryContext context)
{
	DmSketch *sketch = MemoryContextAllocZero(context, sizeof(DmSketch));
	DmUnpack in = { VARDATA_ANY(stored), VARDATA_ANY(stored) + VARSIZE_ANY_EXHDR(stored) };
	int flags;

	if (dm_unpack_byte(&in, UCHAR_MAX) != VERSION)
		dm_unpack_fail("Its version is unknown to this library.");
	if (dm_unpack_byte(&in, UCHAR_MAX) != BYTE_ORDER_MARK)
		dm_unpack_fail("It was made on a machine of another byte order.");
	sketch->context = context;
	sketch->kind = dm_unpack_byte(&in, DM_VALUE_LAST);
	flags = dm_unpack_byte(&in, FLAGS);
	sketch->has_distinct = (flags & FLAG_DISTINCT) != 0;
	sketch->has_numbers = (flags & FLAG_NUMBERS) != 0;
	sketch->spilled = (flags & FLAG_SPILLED) != 0;
	sketch->blind = (flags & FLAG_BLIND) != 0;
	sketch->typname = unpack_name(&in, context);
	unpack_counts(&in, sketch);
	unpack_bound(&in, sketch, &sketch->min);
	unpack_bound(&in, sketch, &sketch->max);
	if ((sketch->min.state == DM_BOUND_NONE) != (sketch->max.state == DM_BOUND_NONE))
		dm_unpack_fail("It has one bound without the other.");
	unpack_parts(&in, sketch);
	if (in.at != in.end)
		dm_unpack_fail("There is something behind its end.");
	check_counts(sketch);
	return sketch;
}
