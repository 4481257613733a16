/*
 * standard.c
 *		The JSON schemas of contract standards.
 *
 * Compiling the schema of a standard takes longer than checking a contract with it, so a session
 * keeps what it has compiled until somebody changes the table.
 */
#include "postgres.h"

#include "utils/inval.h"
#include "utils/memutils.h"

#include "base/errors.h"
#include "base/finding.h"
#include "catalog/table.h"
#include "contract/standard.h"
#include "jsonschema/schema.h"

typedef struct Compiled
{
	char *standard;
	char *version;
	DmJsonSchema *schema;
} Compiled;

static MemoryContext cache_context = NULL;
static List *cache = NIL; /* of Compiled */
static uint64 cache_epoch = 0;
static Oid schema_table = InvalidOid;
static uint64 epoch = 1;

static void
relcache_changed(Datum arg, Oid relid)
{
	if (relid == InvalidOid || relid == schema_table)
		epoch++;
}

uint64
dm_contract_schema_epoch(void)
{
	Oid table = dm_table_oid(DM_CONTRACT_SCHEMA);

	/* nothing was kept before the first call, so nothing can have been missed */
	if (!OidIsValid(schema_table))
		CacheRegisterRelcacheCallback(relcache_changed, (Datum) 0);
	/* the extension may have been created anew */
	if (schema_table != table)
		epoch++;
	schema_table = table;
	return epoch;
}

/* The document of the scan's row that goes first: what governance added.  NULL for no row. */
static Jsonb *
first_document(DmScan *scan)
{
	Jsonb *result = NULL;
	HeapTuple tuple;

	while (HeapTupleIsValid(tuple = dm_scan_next(scan)))
	{
		Datum document = dm_scan_get(scan, tuple, Anum_dm_contract_schema_document, NULL);
		bool built_in = DatumGetBool(dm_scan_get(scan, tuple, Anum_dm_contract_schema_built_in,
												 NULL));

		if (result == NULL || !built_in)
			result = DatumGetJsonbPCopy(document);
		if (!built_in)
			break;
	}
	return result;
}

static Jsonb *
stored_schema(const char *standard, const char *version)
{
	ScanKeyData keys[2];
	DmScan scan;
	Jsonb *result;

	dm_key_text(&keys[0], Anum_dm_contract_schema_standard, standard);
	dm_key_text(&keys[1], Anum_dm_contract_schema_version, version);
	dm_scan_begin(&scan, DM_CONTRACT_SCHEMA, "contract_schema_pkey", 2, keys);
	result = first_document(&scan);
	dm_scan_end(&scan);
	return result;
}

Jsonb *
dm_contract_schema_resolve(const char *uri, void *arg)
{
	ScanKeyData key[1];
	DmScan scan;
	Jsonb *result;

	dm_key_text(&key[0], Anum_dm_contract_schema_uri, uri);
	dm_scan_begin(&scan, DM_CONTRACT_SCHEMA, "contract_schema_uri_idx", 1, key);
	result = first_document(&scan);
	dm_scan_end(&scan);
	return result;
}

/* Versions compare number by number; what is no number comes as text does. */
static int
compare_versions(const ListCell *a, const ListCell *b)
{
	const char *one = lfirst(a);
	const char *other = lfirst(b);

	while (*one != '\0' && *other != '\0')
	{
		if (isdigit((unsigned char) *one) && isdigit((unsigned char) *other))
		{
			unsigned long n = strtoul(one, (char **) &one, 10);
			unsigned long m = strtoul(other, (char **) &other, 10);

			if (n != m)
				return n < m ? -1 : 1;
		}
		else if (*one != *other)
			return (unsigned char) *one - (unsigned char) *other;
		else
		{
			one++;
			other++;
		}
	}
	return (unsigned char) *one - (unsigned char) *other;
}

List *
dm_contract_schema_versions(const char *standard)
{
	ScanKeyData key[1];
	DmScan scan;
	HeapTuple tuple;
	List *result = NIL;

	dm_key_text(&key[0], Anum_dm_contract_schema_standard, standard);
	dm_scan_begin(&scan, DM_CONTRACT_SCHEMA, "contract_schema_pkey", 1, key);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		char *version = dm_scan_text(&scan, tuple, Anum_dm_contract_schema_version);

		/* the stock row and governance's of one version lie side by side */
		if (result == NIL || strcmp(llast(result), version) != 0)
			result = lappend(result, version);
	}
	dm_scan_end(&scan);
	list_sort(result, compare_versions);
	return result;
}

/* A schema that was sound when it was stored is not any more: what it refers to is gone. */
static void
stored_schema_unsound(const char *standard, const char *version, List *findings)
{
	DmFinding *first = dm_finding_first_error(findings);

	ereport(ERROR,
			(errcode(ERRCODE_DM_DOCUMENT),
			 errmsg("the stored schema of %s %s cannot be used", standard, version),
			 first == NULL ? 0 : errdetail("%s: %s", first->pointer, first->message),
			 errhint("Use dm_add_contract_schema to store what it refers to.")));
}

/* The compiled schema, NULL if there is none stored. */
static DmJsonSchema *
compiled_schema(const char *standard, const char *version)
{
	uint64 now = dm_contract_schema_epoch();
	MemoryContext caller;
	Compiled *compiled;
	List *findings = NIL;
	Jsonb *stored;
	ListCell *lc;

	if (cache_context == NULL)
		cache_context = AllocSetContextCreate(TopMemoryContext, "datamesh contract schemas",
											  ALLOCSET_DEFAULT_SIZES);
	if (cache_epoch != now)
	{
		cache = NIL;
		MemoryContextReset(cache_context);
		cache_epoch = now;
	}
	foreach(lc, cache)
	{
		compiled = lfirst(lc);
		if (strcmp(compiled->standard, standard) == 0 && strcmp(compiled->version, version) == 0)
			return compiled->schema;
	}

	/* the compiled schema points into the stored one */
	caller = MemoryContextSwitchTo(cache_context);
	stored = stored_schema(standard, version);
	if (stored == NULL)
	{
		MemoryContextSwitchTo(caller);
		return NULL;
	}
	compiled = palloc0_object(Compiled);
	compiled->standard = pstrdup(standard);
	compiled->version = pstrdup(version);
	compiled->schema = dm_json_schema_compile(stored, NULL, &findings, dm_contract_schema_resolve,
											  NULL);
	if (compiled->schema == NULL)
		stored_schema_unsound(standard, version, findings);
	cache = lappend(cache, compiled);
	MemoryContextSwitchTo(caller);
	return compiled->schema;
}

bool
dm_contract_schema_check(const char *standard, const char *version, Jsonb *document,
						 List **findings)
{
	DmJsonSchema *schema = compiled_schema(standard, version);

	if (schema == NULL)
		schema = compiled_schema(standard,
								 version[0] == 'v' ? version + 1 : psprintf("v%s", version));
	if (schema == NULL)
		return false;
	dm_json_schema_check(schema, document, findings);
	return true;
}
