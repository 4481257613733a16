/*
 * consent_set.h
 *		Who has consented to a purpose, and who has refused, as sets of keys in chunks.
 *
 * A row of datamesh.consent_set is a chunk of the keys of one kind for one purpose.  granted
 * and denied hold either DM_CHUNK_BYTES of bits (nothing where no bit is set) or digests in
 * ascending order, DM_DIGEST_BYTES each, the high byte first.
 */
#ifndef DM_ROWPOLICY_CONSENT_SET_H
#define DM_ROWPOLICY_CONSENT_SET_H

#include "rowpolicy/position.h"

typedef struct DmDigest
{
	uint64 hi;
	uint64 lo;
} DmDigest;

typedef struct DmDigests
{
	int n;
	DmDigest *items;
} DmDigests;

/* What a column of the table holds, out of a datum and into one. */
extern DmDigests dm_digests_read(Datum value);
extern Datum dm_digests_write(DmDigests digests);

/* The union, and a without what is in b; the result is made anew. */
extern DmDigests dm_digests_add(DmDigests a, DmDigests b);
extern DmDigests dm_digests_remove(DmDigests a, DmDigests b);

/* Copies bits into a buffer of DM_CHUNK_BYTES. */
extern void dm_bits_read(Datum value, uint8 *bits);

/*
 * Records that the keys at these positions consent to the purpose, or refuse.  Waits for others
 * that record in the same chunks.  Sorts the positions.
 */
extern void dm_consent_set_record(DmKind *kind, const char *purpose, bool granted,
								  DmPosition *positions, int n);

typedef enum DmConsent
{
	DM_CONSENT_NONE, /* nothing is recorded */
	DM_CONSENT_GRANTED,
	DM_CONSENT_DENIED
} DmConsent;

/* What is recorded for one key and one purpose, as the active snapshot sees it. */
extern DmConsent dm_consent_set_get(DmKind *kind, const char *purpose, DmPosition position);

/* Deletes all sets of a kind. */
extern void dm_consent_set_forget(int64 kind_id);

#endif /* DM_ROWPOLICY_CONSENT_SET_H */
