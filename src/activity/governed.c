/*
 * governed.c
 *		Which relations are counted: a cache of the session.
 *
 * Every statement that writes and every commit asks, so an answer is one probe of a hash table.
 * It depends on the relation's schema and ancestors, of which the relation's own invalidation
 * tells (attaching a partitioned table invalidates what is below it), on the labels of schemas,
 * whose changes invalidate the table of domains, and on the table of ports.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "activity/governed.h"
#include "catalog/table.h"
#include "registry/portrow.h"
#include "registry/schemalabel.h"

typedef struct GovernedEntry
{
	Oid relid; /* hash key */
	Oid table; /* see dm_governed_table() */
	bool port;
} GovernedEntry;

/* other relations are remembered, too; there is no end to them */
#define MAX_ENTRIES 65536

static HTAB *governed = NULL;
static Oid domain_table = InvalidOid;
static Oid port_table = InvalidOid;
static bool all_stale = true;
static uint64 epoch = 0;

/* A callback must not touch the caches; it may well look into a hash table of its own. */
static void
relation_changed(Datum arg, Oid relid)
{
	epoch++;
	if (relid == InvalidOid || relid == domain_table || relid == port_table)
		all_stale = true;
	else if (governed != NULL && !all_stale)
		hash_search(governed, &relid, HASH_REMOVE, NULL);
}

/* False where the extension is not, or only half, created. */
static bool
start_anew(void)
{
	Oid nspid = dm_catalog_schema();
	HASHCTL ctl;

	domain_table = get_relname_relid("domain", nspid);
	port_table = get_relname_relid("port", nspid);
	if (!OidIsValid(domain_table) || !OidIsValid(port_table))
		return false;
	if (governed != NULL)
		hash_destroy(governed);
	governed = NULL;
	memset(&ctl, 0, sizeof(ctl));
	ctl.keysize = sizeof(Oid);
	ctl.entrysize = sizeof(GovernedEntry);
	ctl.hcxt = CacheMemoryContext;
	governed = hash_create("datamesh governed relations", 256, &ctl,
						   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	all_stale = false;
	return true;
}

static bool
is_of_domain(Oid relid)
{
	char kind = get_rel_relkind(relid);

	if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE && kind != RELKIND_MATVIEW)
		return false;
	return dm_schema_domain(get_rel_namespace(relid)) != NULL;
}

static Oid
find_table(Oid relid)
{
	Oid result = InvalidOid;

	if (get_rel_relispartition(relid))
	{
		/* the parent first, the root last */
		List *ancestors = get_partition_ancestors(relid);
		ListCell *lc;

		foreach(lc, ancestors)
			if (is_of_domain(lfirst_oid(lc)))
				result = lfirst_oid(lc);
		list_free(ancestors);
	}
	if (!OidIsValid(result) && is_of_domain(relid))
		result = relid;
	return result;
}

/* The answer for a relation of users; the copy outlives invalidations. */
static GovernedEntry
look_up(Oid relid)
{
	GovernedEntry *entry;
	GovernedEntry result = { relid, InvalidOid, false };
	uint64 read_at;

	if (relid < FirstNormalObjectId)
		return result;
	if (governed != NULL && !all_stale)
	{
		entry = hash_search(governed, &relid, HASH_FIND, NULL);
		if (entry != NULL)
			return *entry;
	}
	if (!OidIsValid(dm_catalog_schema()))
		return result;
	if ((governed == NULL || all_stale || hash_get_num_entries(governed) >= MAX_ENTRIES) &&
		!start_anew())
		return result;

	read_at = epoch;
	if (get_rel_relkind(relid) == RELKIND_VIEW)
		result.port = dm_port_product(relid) != 0;
	else
		result.table = find_table(relid);
	/* what arrived meanwhile may concern the answer */
	if (read_at == epoch && !all_stale)
	{
		entry = hash_search(governed, &relid, HASH_ENTER, NULL);
		*entry = result;
	}
	return result;
}

Oid
dm_governed_table(Oid relid)
{
	return look_up(relid).table;
}

bool
dm_governed_port(Oid relid)
{
	return look_up(relid).port;
}

void
dm_governed_init(void)
{
	CacheRegisterRelcacheCallback(relation_changed, (Datum) 0);
}
