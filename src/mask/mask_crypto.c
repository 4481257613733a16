/*
 * mask_crypto.c
 *		Hash and HMAC contexts that live as long as the transaction.
 *
 * They belong to the transaction's resource owner, whatever the owner of the
 * moment is, and are freed by a transaction callback before that owner could
 * complain about them or free them itself.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "mask/mask_crypto.h"

static pg_cryptohash_ctx *hash_context = NULL;
static pg_hmac_ctx *hmac_context = NULL;

/* Frees the contexts at the end of the transaction, however it ends. */
static void
free_contexts(XactEvent event, void *arg)
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
			if (hmac_context != NULL)
				pg_hmac_free(hmac_context);
			hmac_context = NULL;
			break;
		default:
			break;
	}
}

/* Makes the context that is asked for. */
static void
make_context(bool hmac)
{
	static bool registered = false;
	ResourceOwner owner = CurrentResourceOwner;
	MemoryContext context;

	if (!registered)
		RegisterXactCallback(free_contexts, NULL);
	registered = true;

	/* after an error here, the (sub)transaction's abort resets both */
	CurrentResourceOwner = TopTransactionResourceOwner;
	context = MemoryContextSwitchTo(TopMemoryContext);
	if (hmac)
		hmac_context = pg_hmac_create(PG_SHA256);
	else
		hash_context = pg_cryptohash_create(PG_SHA256);
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;

	if (hmac ? hmac_context == NULL : hash_context == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
}

pg_cryptohash_ctx *
dm_mask_sha256(void)
{
	if (hash_context == NULL)
		make_context(false);
	return hash_context;
}

pg_hmac_ctx *
dm_mask_hmac_sha256(void)
{
	if (hmac_context == NULL)
		make_context(true);
	return hmac_context;
}
