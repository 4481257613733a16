/*
 * position.c
 *		Where the key of a data subject is in the sets of its kind.
 */
#include "postgres.h"

#include "port/pg_bswap.h"
#include "utils/builtins.h"
#include "utils/uuid.h"

#include "compat/pg_compat.h"
#include "rowpolicy/position.h"
#include "rowpolicy/siphash.h"

int
dm_position_cmp(const void *a, const void *b)
{
	const DmPosition *pa = a;
	const DmPosition *pb = b;

	if (pa->chunk != pb->chunk)
		return pa->chunk < pb->chunk ? -1 : 1;
	if (pa->hi != pb->hi)
		return pa->hi < pb->hi ? -1 : 1;
	if (pa->lo != pb->lo)
		return pa->lo < pb->lo ? -1 : 1;
	return 0;
}

DmPosition
dm_position_bytes(const DmKind *kind, const void *key, Size len)
{
	DmPosition position;

	dm_siphash(kind->hash_key, key, len, &position.hi, &position.lo);
	position.chunk = position.hi >> (64 - DM_DIGEST_BITS);
	return position;
}

DmPosition
dm_position_int8(const DmKind *kind, int64 key)
{
	DmPosition position = { 0 };

	if (kind->hashed)
	{
		/* the same digest on every machine that a dump may get to */
		uint64 ordered = pg_hton64((uint64) key);

		return dm_position_bytes(kind, &ordered, sizeof(ordered));
	}
	/* rounds down for negative keys, too */
	position.chunk = key >> DM_CHUNK_BITS;
	position.lo = key & (DM_CHUNK_KEYS - 1);
	return position;
}

static pg_uuid_t *
uuid_of(const char *key)
{
	return DatumGetUUIDP(DirectFunctionCall1(uuid_in, CStringGetDatum(key)));
}

char *
dm_key_canonical(const DmKind *kind, const char *key)
{
	switch (kind->key_type)
	{
		case DM_KEY_INTEGER:
			return psprintf(INT64_FORMAT, pg_strtoint64(key));
		case DM_KEY_UUID:
			return DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(uuid_of(key))));
		case DM_KEY_TEXT:
			break;
	}
	return pstrdup(key);
}

DmPosition
dm_position_key(const DmKind *kind, const char *key)
{
	switch (kind->key_type)
	{
		case DM_KEY_INTEGER:
			return dm_position_int8(kind, pg_strtoint64(key));
		case DM_KEY_UUID:
			return dm_position_bytes(kind, uuid_of(key)->data, UUID_LEN);
		case DM_KEY_TEXT:
			break;
	}
	return dm_position_bytes(kind, key, strlen(key));
}
