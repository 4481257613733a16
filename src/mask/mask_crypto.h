/*
 * mask_crypto.h
 *		Hash and HMAC contexts that live as long as the transaction.
 *
 * To make one takes nearly as long as to hash a short value, so each is made at its
 * first use in a transaction.  Callers start every value with init.
 */
#ifndef DM_MASK_MASK_CRYPTO_H
#define DM_MASK_MASK_CRYPTO_H

#include "common/cryptohash.h"
#include "common/hmac.h"

extern pg_cryptohash_ctx *dm_mask_sha256(void);
extern pg_hmac_ctx *dm_mask_hmac_sha256(void);

#endif /* DM_MASK_MASK_CRYPTO_H */
