/*
 * keytable.c
 *		How often each key occurs.
 *
 * A hash table of digests, until it has all the memory that it may have.  From then on, rows of
 * keys that are in it are still counted in it, and the others go to one of several temporary files
 * by bits of their digest, as in the server's own hash aggregation.  Each file is counted in the
 * same way when the scan is over, by the next bits, so that a key is only ever in one place.
 */
#include "postgres.h"

#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "storage/buffile.h"
#include "utils/memutils.h"

#include "quality/keytable.h"

#define PARTITION_BITS 5
#define PARTITIONS	   (1 << PARTITION_BITS)
#define START_ENTRIES  256

/* Above this many keys, workers do not send theirs: the leader would have to keep all of them. */
#define MAX_SENT (4 * 1024 * 1024)

typedef struct Entry
{
	DmDigest key;
	int64 count; /* 0: an empty place */
	DmPosition first;
} Entry;

struct DmKeyTable
{
	MemoryContext cxt;
	Size memory;
	DmRowSample *sample;
	int level; /* how many partitions of partitions deep */
	Entry *entries;
	uint64 places; /* a power of two */
	uint64 used;
	bool full; /* no new key gets in */
	BufFile *files[PARTITIONS];
	uint64 spilled;
};

static Entry *
new_entries(MemoryContext cxt, uint64 places)
{
	return MemoryContextAllocExtended(cxt, places * sizeof(Entry),
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

static DmKeyTable *
key_table(Size memory, DmRowSample *sample, int level)
{
	DmKeyTable *table = palloc0(sizeof(DmKeyTable));

	table->cxt = CurrentMemoryContext;
	table->memory = memory;
	table->sample = sample;
	table->level = level;
	table->places = START_ENTRIES;
	table->entries = new_entries(table->cxt, table->places);
	return table;
}

DmKeyTable *
dm_key_table(Size memory, DmRowSample *sample)
{
	return key_table(memory, sample, 0);
}

/* The place of a key, or the empty one where it belongs. */
static inline Entry *
find(Entry *entries, uint64 places, const DmDigest *key)
{
	/* the partitions are told by the high bits of hi */
	for (uint64 i = key->lo ^ key->hi;; i++)
	{
		Entry *entry = &entries[i & (places - 1)];

		if (entry->count == 0 || (entry->key.lo == key->lo && entry->key.hi == key->hi))
			return entry;
	}
}

/* Twice as many places, unless that is too much: while entries move, both are there. */
static void
grow(DmKeyTable *table)
{
	uint64 places = table->places * 2;
	Entry *entries;

	if ((places + table->places) * sizeof(Entry) > table->memory)
	{
		table->full = true;
		return;
	}
	entries = new_entries(table->cxt, places);
	for (uint64 i = 0; i < table->places; i++)
		if (table->entries[i].count > 0)
			*find(entries, places, &table->entries[i].key) = table->entries[i];
	pfree(table->entries);
	table->entries = entries;
	table->places = places;
}

static void
spill(DmKeyTable *table, const Entry *added)
{
	int n = (added->key.hi >> (64 - PARTITION_BITS * (table->level + 1))) & (PARTITIONS - 1);

	if (table->files[n] == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(table->cxt);

		table->files[n] = BufFileCreateTemp(false);
		MemoryContextSwitchTo(old);
	}
	BufFileWrite(table->files[n], unconstify(Entry *, added), sizeof(Entry));
	table->spilled++;
}

/* Rows of a key meet others of it: all of them are repeated now. */
static void
meet(DmKeyTable *table, Entry *entry, const Entry *added)
{
	if (entry->count == 1)
		dm_row_sample_add(table->sample, &entry->first);
	if (added->count == 1)
		dm_row_sample_add(table->sample, &added->first);
	entry->count += added->count;
}

static void
add(DmKeyTable *table, const Entry *added)
{
	Entry *entry = find(table->entries, table->places, &added->key);

	if (entry->count > 0)
		meet(table, entry, added);
	else if (table->full)
		spill(table, added);
	else
	{
		*entry = *added;
		if (++table->used > table->places / 4 * 3)
			grow(table);
	}
}

void
dm_key_table_add(DmKeyTable *table, const DmDigest *key, const DmPosition *row)
{
	Entry added;

	/* padding goes to files, too */
	memset(&added, 0, sizeof(added));
	added.key = *key;
	added.count = 1;
	added.first = *row;
	add(table, &added);
}

/* The next key of a file. */
static bool
next_spilled(BufFile *file, Entry *entry)
{
	size_t size = BufFileRead(file, entry, sizeof(Entry));

	if (size == 0)
		return false;
	if (size != sizeof(Entry))
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read from temporary file: read only %zu of %zu bytes", size,
						sizeof(Entry))));
	return true;
}

static void
rewind_file(BufFile *file)
{
	if (BufFileSeek(file, 0, 0, SEEK_SET) != 0)
		ereport(ERROR,
				(errcode_for_file_access(), errmsg("could not rewind temporary file")));
}

/*
 * After so many levels all bits that tell partitions are used up.  A file that is still too large
 * for the memory cannot be there but for 2^60 keys.
 */
static void
count_file(DmKeyTable *parent, BufFile *file, DmKeyCounts *counts)
{
	MemoryContext cxt = AllocSetContextCreate(parent->cxt, "datamesh keys",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	DmKeyTable *table = key_table(parent->memory, parent->sample, parent->level + 1);
	Entry entry;

	check_stack_depth();
	if (PARTITION_BITS * (table->level + 1) > 60)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("too many keys to count")));
	rewind_file(file);
	while (next_spilled(file, &entry))
	{
		CHECK_FOR_INTERRUPTS();
		add(table, &entry);
	}
	BufFileClose(file);
	dm_key_table_count(table, counts);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
}

void
dm_key_table_count(DmKeyTable *table, DmKeyCounts *counts)
{
	for (uint64 i = 0; i < table->places; i++)
	{
		int64 count = table->entries[i].count;

		if (count == 0)
			continue;
		counts->rows += count;
		counts->distinct++;
		counts->most = Max(counts->most, count);
		if (count > 1)
		{
			counts->repeated++;
			counts->repeated_rows += count;
		}
	}
	/* its place is needed for the next ones */
	pfree(table->entries);
	table->entries = NULL;
	for (int n = 0; n < PARTITIONS; n++)
		if (table->files[n] != NULL)
			count_file(table, table->files[n], counts);
}

/* --- between processes --- */

static void
write_entry(StringInfo buf, const Entry *entry)
{
	pq_sendint64(buf, entry->key.hi);
	pq_sendint64(buf, entry->key.lo);
	pq_sendint64(buf, entry->count);
	dm_position_write(buf, &entry->first);
}

void
dm_key_table_write(StringInfo buf, DmKeyTable *table)
{
	Entry entry;

	if (table->used + table->spilled > MAX_SENT)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many keys for parallel workers"),
				 errdetail("A worker can send %d of them.", MAX_SENT),
				 errhint("Set max_parallel_workers_per_gather to 0.")));
	pq_sendint64(buf, table->used + table->spilled);
	for (uint64 i = 0; i < table->places; i++)
		if (table->entries[i].count > 0)
			write_entry(buf, &table->entries[i]);
	for (int n = 0; n < PARTITIONS; n++)
	{
		if (table->files[n] == NULL)
			continue;
		rewind_file(table->files[n]);
		while (next_spilled(table->files[n], &entry))
			write_entry(buf, &entry);
		BufFileClose(table->files[n]);
		table->files[n] = NULL;
	}
}

void
dm_key_table_read(StringInfo buf, DmKeyTable *into)
{
	uint64 count = pq_getmsgint64(buf);
	Entry entry;

	memset(&entry, 0, sizeof(entry));
	while (count-- > 0)
	{
		entry.key.hi = pq_getmsgint64(buf);
		entry.key.lo = pq_getmsgint64(buf);
		entry.count = pq_getmsgint64(buf);
		dm_position_read(buf, &entry.first);
		add(into, &entry);
	}
}
