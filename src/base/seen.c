/*
 * seen.c
 *		Names that come twice, and what has a name.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "utils/hsearch.h"

#include "base/seen.h"

typedef struct SeenEntry
{
	const char *name; /* the key */
	const void *what;
} SeenEntry;

struct DmSeen
{
	HTAB *names;
};

static uint32
seen_hash(const void *key, Size size)
{
	const char *name = *(const char *const *) key;

	return hash_bytes((const unsigned char *) name, strlen(name));
}

static int
seen_match(const void *a, const void *b, Size size)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

DmSeen *
dm_seen_create(void)
{
	DmSeen *seen = palloc(sizeof(DmSeen));
	HASHCTL ctl = {
		.keysize = sizeof(char *),
		.entrysize = sizeof(SeenEntry),
		.hash = seen_hash,
		.match = seen_match,
		.hcxt = CurrentMemoryContext,
	};

	seen->names = hash_create("datamesh names", 32, &ctl,
							  HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
	return seen;
}

void
dm_seen_free(DmSeen *seen)
{
	hash_destroy(seen->names);
	pfree(seen);
}

void *
dm_seen(DmSeen *seen, const char *name, const void *what)
{
	bool found;
	SeenEntry *entry = hash_search(seen->names, &name, HASH_ENTER, &found);

	if (found)
		return unconstify(void *, entry->what);
	entry->what = what;
	return NULL;
}

void *
dm_seen_find(DmSeen *seen, const char *name)
{
	SeenEntry *entry = hash_search(seen->names, &name, HASH_FIND, NULL);

	return entry != NULL ? unconstify(void *, entry->what) : NULL;
}
