/*
 * mask_hash.c
 *		dm_mask_hash: replaces a value by its SHA-256.
 *
 * What is hashed is the salt's bytes followed by the value's, both in the
 * database encoding, so that sha256() of the server gives the same answer.
 */
#include "postgres.h"

#include "common/sha2.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "compat/pg_compat.h"
#include "mask/mask_array.h"
#include "mask/mask_crypto.h"

PG_FUNCTION_INFO_V1(dm_mask_hash);
PG_FUNCTION_INFO_V1(dm_mask_hash_bytea);
PG_FUNCTION_INFO_V1(dm_mask_hash_array);

static void
compute_hash(text *salt, const char *data, int len, uint8 *digest)
{
	pg_cryptohash_ctx *ctx = dm_mask_sha256();

	if (pg_cryptohash_init(ctx) < 0 ||
		pg_cryptohash_update(ctx, (const uint8 *) VARDATA_ANY(salt),
							 VARSIZE_ANY_EXHDR(salt)) < 0 ||
		pg_cryptohash_update(ctx, (const uint8 *) data, len) < 0 ||
		pg_cryptohash_final(ctx, digest, PG_SHA256_DIGEST_LENGTH) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not compute SHA-256 hash: %s",
						pg_cryptohash_error(ctx))));
}

/*
 * Returns the hash of one value in hexadecimal digits; a DmMaskText whose
 * options are the salt.
 */
static text *
hash_text(const char *src, int len, const void *options)
{
	uint8 digest[PG_SHA256_DIGEST_LENGTH];
	text *result;

	compute_hash((text *) options, src, len, digest);
	result = (text *) palloc(VARHDRSZ + 2 * sizeof(digest));
	SET_VARSIZE(result, VARHDRSZ + 2 * sizeof(digest));
	hex_encode((const char *) digest, sizeof(digest), VARDATA(result));
	return result;
}

Datum
dm_mask_hash(PG_FUNCTION_ARGS)
{
	text *value = PG_GETARG_TEXT_PP(0);

	PG_RETURN_TEXT_P(hash_text(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value),
							   PG_GETARG_TEXT_PP(1)));
}

Datum
dm_mask_hash_bytea(PG_FUNCTION_ARGS)
{
	bytea *value = PG_GETARG_BYTEA_PP(0);
	bytea *result;

	result = (bytea *) palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	SET_VARSIZE(result, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	compute_hash(PG_GETARG_TEXT_PP(1), VARDATA_ANY(value),
				 VARSIZE_ANY_EXHDR(value), (uint8 *) VARDATA(result));
	PG_RETURN_BYTEA_P(result);
}

Datum
dm_mask_hash_array(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(0);

	PG_RETURN_ARRAYTYPE_P(dm_mask_array_apply(array, hash_text,
											  PG_GETARG_TEXT_PP(1)));
}
