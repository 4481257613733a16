/*
 * packing.c
 *		Writing and reading the bytes of stored sketches.
 *
 * Numbers are in the machine's own byte order; a mark at the beginning of a sketch tells which
 * one that was (sketch_store.c).
 */
#include "postgres.h"

#include <math.h>

#include "common/int.h"

#include "sketch/packing.h"

void
dm_unpack_fail(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			 errmsg("invalid sketch"),
			 errdetail("%s", detail)));
}

void
dm_pack_int(StringInfo out, int64 value)
{
	appendBinaryStringInfo(out, (const char *) &value, sizeof(value));
}

void
dm_pack_double(StringInfo out, double value)
{
	appendBinaryStringInfo(out, (const char *) &value, sizeof(value));
}

void
dm_pack_byte(StringInfo out, int value)
{
	appendStringInfoCharMacro(out, (char) value);
}

void
dm_pack_text(StringInfo out, const char *bytes, int len)
{
	uint16 size = (uint16) len;

	Assert(len >= 0 && len <= PG_UINT16_MAX);
	appendBinaryStringInfo(out, (const char *) &size, sizeof(size));
	appendBinaryStringInfo(out, bytes, len);
}

const char *
dm_unpack_bytes(DmUnpack *in, int len)
{
	const char *bytes = in->at;

	if (len < 0 || in->end - in->at < len)
		dm_unpack_fail("It ends too early.");
	in->at += len;
	return bytes;
}

uint64
dm_unpack_word(DmUnpack *in)
{
	uint64 value;

	memcpy(&value, dm_unpack_bytes(in, sizeof(value)), sizeof(value));
	return value;
}

int64
dm_unpack_int(DmUnpack *in, int64 least, int64 most)
{
	int64 value = (int64) dm_unpack_word(in);

	if (value < least || value > most)
		dm_unpack_fail("A number is out of its bounds.");
	return value;
}

double
dm_unpack_double(DmUnpack *in)
{
	double value;

	memcpy(&value, dm_unpack_bytes(in, sizeof(value)), sizeof(value));
	return value;
}

double
dm_unpack_finite(DmUnpack *in)
{
	double value = dm_unpack_double(in);

	if (!isfinite(value))
		dm_unpack_fail("A number is not finite.");
	return value;
}

int
dm_unpack_byte(DmUnpack *in, int most)
{
	int value = (unsigned char) *dm_unpack_bytes(in, 1);

	if (value > most)
		dm_unpack_fail("A code is unknown.");
	return value;
}

const char *
dm_unpack_text(DmUnpack *in, int most, int *len)
{
	uint16 size;

	memcpy(&size, dm_unpack_bytes(in, sizeof(size)), sizeof(size));
	if (size > most)
		dm_unpack_fail("A text is too long.");
	*len = size;
	return dm_unpack_bytes(in, size);
}

int64
dm_count_add(int64 a, int64 b)
{
	int64 sum;

	if (pg_add_s64_overflow(a, b, &sum))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("too many rows for a sketch")));
	return sum;
}
