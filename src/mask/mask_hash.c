/*
 * mask_hash.c
 *		dm_mask_hash: replaces a value by its SHA-256.
 *
 * What is hashed is the salt's bytes followed by the value's, both in the
 * database encoding, so that sha256() of the server gives the same answer.
 *
 * To make a hash context takes nearly as long as to hash a short value.  So
 * one is kept for the transaction.  It belongs to the transaction's resource
 * owner, whatever the owner of the moment is, and is freed by a transaction
 * callback before that owner could complain about it.
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "compat/pg_compat.h"
#include "mask/mask_array.h"

PG_FUNCTION_INFO_V1(dm_mask_hash);
PG_FUNCTION_INFO_V1(dm_mask_hash_bytea);
PG_FUNCTION_INFO_V1(dm_mask_hash_array);

static pg_cryptohash_ctx *hash_context = NULL;

/*
 * Frees the context at the end of the transaction, however it ends.
 */
static void
free_context(XactEvent event, void *arg)
{
	(void) arg;
	switch (event)
	{
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_PARALLEL_COMMIT:
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PARALLEL_ABORT:
		case XACT_EVENT_PREPARE:
			if (hash_context != NULL)
				pg_cryptohash_free(hash_context);
			hash_context = NULL;
			break;
		default:
			break;
	}
}

/*
 * Returns the context, made at its first use in a transaction.
 */
static pg_cryptohash_ctx *
get_context(void)
{
	static bool registered = false;
	ResourceOwner owner = CurrentResourceOwner;
	MemoryContext context;

	if (hash_context != NULL)
		return hash_context;

	if (!registered)
		RegisterXactCallback(free_context, NULL);
	registered = true;

	/* after an error here, the (sub)transaction's abort resets both */
	CurrentResourceOwner = TopTransactionResourceOwner;
	context = MemoryContextSwitchTo(TopMemoryContext);
	hash_context = pg_cryptohash_create(PG_SHA256);
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;

	if (hash_context == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	return hash_context;
}

static void
compute_hash(text *salt, const char *data, int len, uint8 *digest)
{
	pg_cryptohash_ctx *ctx = get_context();

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
