/*
 * position.h
 *		Where the key of a data subject is in the sets of its kind.
 *
 * A chunk of integers covers DM_CHUNK_KEYS keys, one bit each, and lo is the bit's number.
 * Digests go by their first bits into one of DM_DIGEST_CHUNKS chunks.
 */
#ifndef DM_ROWPOLICY_POSITION_H
#define DM_ROWPOLICY_POSITION_H

#include "access/subject.h"

typedef struct DmPosition
{
	int64 chunk;
	uint64 hi;
	uint64 lo;
} DmPosition;

#define DM_CHUNK_BITS	 12
#define DM_CHUNK_KEYS	 (1 << DM_CHUNK_BITS)
#define DM_CHUNK_BYTES	 (DM_CHUNK_KEYS / 8)
#define DM_DIGEST_BITS	 14
#define DM_DIGEST_CHUNKS (1 << DM_DIGEST_BITS)
#define DM_DIGEST_BYTES	 16

/* How a key that is written as text is always written; an error if it is no key of the kind. */
extern char *dm_key_canonical(const DmKind *kind, const char *key);

/* The position of a key that is written as text. */
extern DmPosition dm_position_key(const DmKind *kind, const char *key);

/* The same for what a column holds. */
extern DmPosition dm_position_int8(const DmKind *kind, int64 key);
extern DmPosition dm_position_bytes(const DmKind *kind, const void *key, Size len);

/* Negative, zero or positive as the first one is lower, equal or higher. */
extern int dm_position_cmp(const void *a, const void *b);

#endif /* DM_ROWPOLICY_POSITION_H */
