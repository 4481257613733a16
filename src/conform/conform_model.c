/*
 * conform_model.c
 *		Models of stored contracts, kept by the session.
 *
 * The gate looks at the same few contracts in every transaction with DDL.  What was published does
 * not change, so an entry never goes stale; the table and the time of writing in its key tell
 * apart what a new installation of the extension numbers alike.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "catalog/table.h"
#include "conform/conform.h"

/* Models are some ten times as large as their documents. */
#define MAX_MODELS		  64
#define MAX_DOCUMENT_SIZE (1024 * 1024)

typedef struct ModelKey
{
	int64 id;
	TimestampTz created_at;
	Oid table;
	Oid database; /* fills the key up: it is hashed as a whole */
} ModelKey;

typedef struct ModelEntry
{
	ModelKey key;
	DmContract *contract;
} ModelEntry;

static HTAB *models = NULL;
static MemoryContext models_context = NULL;

static void
forget_models(void)
{
	if (models_context != NULL)
		MemoryContextReset(models_context);
	models = NULL;
}

static void
begin_models(void)
{
	HASHCTL ctl;

	if (models_context == NULL)
		models_context = AllocSetContextCreate(CacheMemoryContext, "datamesh contract models",
											   ALLOCSET_DEFAULT_SIZES);
	MemSet(&ctl, 0, sizeof(ctl));
	ctl.keysize = sizeof(ModelKey);
	ctl.entrysize = sizeof(ModelEntry);
	ctl.hcxt = models_context;
	models = hash_create("datamesh contract models", MAX_MODELS, &ctl,
						 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* A large document may lie in a toast table, which is not read without a snapshot. */
static Jsonb *
read_document(DmContractVersion *version)
{
	bool pushed = !ActiveSnapshotSet();
	Jsonb *result;

	if (pushed)
		PushActiveSnapshot(GetTransactionSnapshot());
	result = dm_contract_document(version);
	if (pushed)
		PopActiveSnapshot();
	return result;
}

static DmContract *
read_model(DmContractVersion *version, Jsonb *document)
{
	DmContract *contract = dm_contract_read(document, true, NULL);

	if (contract == NULL)
		elog(ERROR, "contract version " INT64_FORMAT " is no contract", version->id);
	return contract;
}

DmContract *
dm_conform_model(DmContractVersion *version)
{
	ModelKey key;
	ModelEntry *entry;
	Jsonb *document;
	Jsonb *copy;
	DmContract *contract;
	MemoryContext old;

	MemSet(&key, 0, sizeof(key));
	key.id = version->id;
	key.created_at = version->created_at;
	key.table = dm_table_oid(DM_CONTRACT);
	key.database = MyDatabaseId;
	if (models != NULL)
	{
		entry = hash_search(models, &key, HASH_FIND, NULL);
		if (entry != NULL)
			return entry->contract;
	}

	document = read_document(version);
	if (VARSIZE(document) > MAX_DOCUMENT_SIZE)
		return read_model(version, document);
	if (models != NULL && hash_get_num_entries(models) >= MAX_MODELS)
		forget_models();
	if (models == NULL)
		begin_models();
	/* the entry is made last: an error leaves nothing but some memory behind */
	old = MemoryContextSwitchTo(models_context);
	copy = palloc(VARSIZE(document));
	memcpy(copy, document, VARSIZE(document));
	contract = read_model(version, copy);
	MemoryContextSwitchTo(old);
	entry = hash_search(models, &key, HASH_ENTER, NULL);
	entry->contract = contract;
	pfree(document);
	return contract;
}
