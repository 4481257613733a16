/*
 * keydigest.h
 *		Digests of keys of one or more columns.
 *
 * A digest has 128 bits.  Integers of one column are their own digest, so that they cannot collide.
 * Other keys are digested by SipHash with a key that is chosen at random for each check: even
 * somebody who chooses all keys cannot aim at a collision, and the probability of one between n
 * different keys is about n^2 / 2^129: for 10^9 keys, 10^-21.
 *
 * Equal keys must have equal digests and only they, so only types are digested whose equality is
 * that of bytes that we know how to make.  dm_key_type_is_digested() tells which these are.
 */
#ifndef DM_QUALITY_KEYDIGEST_H
#define DM_QUALITY_KEYDIGEST_H

#include "quality/keytable.h"
#include "quality/scantype.h"

typedef struct DmKeyDigester DmKeyDigester;

extern bool dm_key_type_is_digested(Oid typid, Oid collation);

extern DmKeyDigester *dm_key_digester(DmScanType **types, int count, const uint64 secret[2]);

/* Digest of the values, which are detoasted; a NULL is a value like others. */
extern void dm_key_digest(DmKeyDigester *digester, const NullableDatum *values, DmDigest *digest);

#endif /* DM_QUALITY_KEYDIGEST_H */
