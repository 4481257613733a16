/*
 * position_of.c
 *		Where a value stands in the order of its type, as far as a number of 64 bits tells.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "utils/date.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "compat/pg_compat.h"
#include "sketch/numericvalue.h"
#include "sketch/valuehash.h"
#include "sketch/valuetype.h"

/* Negative numbers come before the others: the sign bit is turned round. */
static inline uint64
word_position(int64 word)
{
	return (uint64) word ^ (UINT64CONST(1) << 63);
}

static uint64
double_position(double value)
{
	int64 word;

	value = value == 0 ? 0 : value;
	memcpy(&word, &value, sizeof(word));
	return word >= 0 ? word_position(word) : ~(uint64) word;
}

static bool
numeric_position(Datum value, uint64 *position)
{
	struct varlena *datum = PG_DETOAST_DATUM_PACKED(value);
	double number = 0;
	uint64 hash;

	if (dm_numeric_read(datum, &number, &hash) != DM_NUMERIC_FINITE)
		return false;
	*position = double_position(number);
	return true;
}

static uint64
bytes_position(Datum value, bool cstring)
{
	struct varlena *datum = (struct varlena *) DatumGetPointer(value);

	if (cstring)
		return dm_bytes_prefix(DatumGetCString(value), strlen(DatumGetCString(value)));
	datum = detoast_attr_slice(datum, 0, sizeof(uint64));
	return dm_bytes_prefix(VARDATA_ANY(datum), VARSIZE_ANY_EXHDR(datum));
}

bool
dm_sketch_position(DmSketch *sketch, Datum value, uint64 *position)
{
	switch (sketch->kind)
	{
		case DM_VALUE_BOOLEAN:
			*position = word_position(DatumGetBool(value));
			return true;
		case DM_VALUE_INTEGER:
			*position = word_position(sketch->type->typlen == 4 ? DatumGetInt32(value) :
									  sketch->type->typlen == 8 ? DatumGetInt64(value) :
																  DatumGetInt16(value));
			return true;
		case DM_VALUE_DATE:
			*position = word_position(DatumGetDateADT(value));
			return true;
		case DM_VALUE_TIME:
		case DM_VALUE_TIMESTAMP:
		case DM_VALUE_TIMESTAMPTZ:
			*position = word_position(DatumGetInt64(value));
			return true;
		case DM_VALUE_FLOAT:
			*position = double_position(sketch->type->typlen == 4 ? DatumGetFloat4(value) :
																	DatumGetFloat8(value));
			return true;
		case DM_VALUE_UUID:
			*position = dm_bytes_prefix((const char *) DatumGetUUIDP(value)->data, UUID_LEN);
			return true;
		case DM_VALUE_NUMERIC:
			return numeric_position(value, position);
		case DM_VALUE_TEXT:
		case DM_VALUE_BYTES:
			*position = bytes_position(value, sketch->type->cstring);
			return true;
		case DM_VALUE_OTHER:
			break;
	}
	return false;
}
