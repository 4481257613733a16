/*
 * keydigest.c
 *		Digests of keys of one or more columns.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"

#include "compat/pg_compat.h"
#include "quality/keydigest.h"
#include "rowpolicy/siphash.h"

/* what is kept of memory for keys when a very large one is done */
#define KEPT_BYTES (1024 * 1024)

/* where numeric_send has the display scale, which is no part of the value */
#define NUMERIC_SCALE_AT 6

struct DmKeyDigester
{
	DmScanType **types;
	int count;
	uint64 secret[2];
	StringInfoData bytes;
};

/* the finaliser of MurmurHash3: one to one */
static inline uint64
mixed(uint64 value)
{
	value ^= value >> 33;
	value *= UINT64CONST(0xff51afd7ed558ccd);
	value ^= value >> 33;
	value *= UINT64CONST(0xc4ceb9fe1a85ec53);
	return value ^ value >> 33;
}

bool
dm_key_type_is_digested(Oid typid, Oid collation)
{
	Oid base = getBaseType(typid);

	switch (base)
	{
		case BOOLOID:
		case CHAROID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case OIDOID:
		case DATEOID:
		case TIMEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case FLOAT4OID:
		case FLOAT8OID:
		case NUMERICOID:
		case UUIDOID:
		case BYTEAOID:
		case MACADDROID:
		case MACADDR8OID:
			return true;
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
			return get_collation_isdeterministic(OidIsValid(collation) ? collation :
																		 get_typcollation(base));
		default:
			return get_typtype(base) == TYPTYPE_ENUM;
	}
}

DmKeyDigester *
dm_key_digester(DmScanType **types, int count, const uint64 secret[2])
{
	DmKeyDigester *digester = palloc0(sizeof(DmKeyDigester));

	digester->types = types;
	digester->count = count;
	digester->secret[0] = secret[0];
	digester->secret[1] = secret[1];
	initStringInfo(&digester->bytes);
	return digester;
}

static void
append_float(StringInfo buf, float8 value)
{
	/* -0 equals 0, and one NaN the other */
	if (isnan(value))
		value = get_float8_nan();
	else if (value == 0)
		value = 0;
	appendBinaryStringInfo(buf, (char *) &value, sizeof(value));
}

static void
append_numeric(StringInfo buf, Datum value)
{
	bytea *sent = DatumGetByteaPP(DirectFunctionCall1(numeric_send, value));
	char *data = VARDATA_ANY(sent);

	memset(data + NUMERIC_SCALE_AT, 0, sizeof(uint16));
	appendBinaryStringInfo(buf, data, VARSIZE_ANY_EXHDR(sent));
	pfree(sent);
}

static void
append_varlena(StringInfo buf, const DmScanType *type, Datum value)
{
	struct varlena *data = (struct varlena *) DatumGetPointer(value);
	int len = VARSIZE_ANY_EXHDR(data);

	while (type->blank_padded && len > 0 && VARDATA_ANY(data)[len - 1] == ' ')
		len--;
	appendBinaryStringInfo(buf, VARDATA_ANY(data), len);
}

static void
append_value(StringInfo buf, const DmScanType *type, Datum value)
{
	int16 typlen;
	bool byval;

	get_typlenbyval(type->base, &typlen, &byval);
	if (type->kind == DM_SCAN_FLOAT4)
		append_float(buf, DatumGetFloat4(value));
	else if (type->kind == DM_SCAN_FLOAT8)
		append_float(buf, DatumGetFloat8(value));
	else if (type->kind == DM_SCAN_NUMERIC)
		append_numeric(buf, value);
	else if (typlen == -1)
		append_varlena(buf, type, value);
	else if (byval)
		appendBinaryStringInfo(buf, (char *) &value, sizeof(value));
	else
		appendBinaryStringInfo(buf, DatumGetPointer(value), typlen);
}

/* Of more than one column, the length is before each value, and none before a NULL. */
static void
append_column(StringInfo buf, const DmScanType *type, const NullableDatum *value)
{
	int start = buf->len;
	int32 len = -1;

	appendBinaryStringInfo(buf, (char *) &len, sizeof(len));
	if (value->isnull)
		return;
	append_value(buf, type, value->value);
	len = buf->len - start - (int) sizeof(len);
	memcpy(buf->data + start, &len, sizeof(len));
}

static void
start_bytes(DmKeyDigester *digester)
{
	if (digester->bytes.maxlen > KEPT_BYTES)
	{
		MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(digester));

		pfree(digester->bytes.data);
		initStringInfo(&digester->bytes);
		MemoryContextSwitchTo(old);
	}
	resetStringInfo(&digester->bytes);
}

static inline void
digest_bytes(DmKeyDigester *digester, const char *data, Size len, DmDigest *digest)
{
	dm_siphash(digester->secret, data, len, &digest->hi, &digest->lo);
}

static void
digest_one(DmKeyDigester *digester, const NullableDatum *value, DmDigest *digest)
{
	const DmScanType *type = digester->types[0];

	if (dm_scan_value_is_int(type))
	{
		digest->lo = dm_scan_value_int(type, value->value);
		digest->hi = mixed(digest->lo);
		return;
	}
	if (type->kind == DM_SCAN_TEXT && !type->blank_padded)
	{
		struct varlena *data = (struct varlena *) DatumGetPointer(value->value);

		digest_bytes(digester, VARDATA_ANY(data), VARSIZE_ANY_EXHDR(data), digest);
		return;
	}
	start_bytes(digester);
	append_value(&digester->bytes, type, value->value);
	digest_bytes(digester, digester->bytes.data, digester->bytes.len, digest);
}

void
dm_key_digest(DmKeyDigester *digester, const NullableDatum *values, DmDigest *digest)
{
	if (digester->count == 1 && values[0].isnull)
	{
		/* of no integer, as its two halves do not belong together */
		digest->lo = 0;
		digest->hi = ~mixed(0);
		return;
	}
	if (digester->count == 1)
	{
		digest_one(digester, values, digest);
		return;
	}
	start_bytes(digester);
	for (int i = 0; i < digester->count; i++)
		append_column(&digester->bytes, digester->types[i], &values[i]);
	digest_bytes(digester, digester->bytes.data, digester->bytes.len, digest);
}
