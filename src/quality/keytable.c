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

/*
 * Keys go to files by so many bits of their digest.  The more there are, the more keys are written
 * only once, but each has a buffer.
 */
#define LEAST_BITS	  5
#define MOST_BITS	  10
#define ALL_BITS	  64
#define START_ENTRIES 256

/* Above this many keys, workers do not send theirs: the leader would have to keep all of them. */
#define MAX_SENT (4 * 1024 * 1024)

typedef struct Entry
{
	DmDigest key;
	int64 count; /* 0: an empty place */
	DmPosition first;
} Entry;

/* Keys that did not fit. */
typedef struct Spilled
{
	BufFile *file; /* NULL if there are none */
	uint64 keys;
} Spilled;

struct DmKeyTable
{
	MemoryContext cxt;
	Size memory;
	DmRowSample *sample;
	int used_bits; /* of digests, which all keys here have in common */
	int bits;	   /* the next ones tell the file */
	Entry *entries;
	uint64 places; /* a power of two */
	uint64 used;
	bool full;		/* no new key gets in */
	Spilled *files; /* NULL before the first key that does not fit */
	uint64 spilled;
};

static Entry *
new_entries(MemoryContext cxt, uint64 places)
{
	return MemoryContextAllocExtended(cxt, places * sizeof(Entry),
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

/* What their buffers may take of the memory. */
static inline Size
buffer_memory(Size memory)
{
	return memory / 4;
}

/* For a number of keys that is not known. */
static int
most_bits(Size memory)
{
	int bits = LEAST_BITS;

	while (bits < MOST_BITS && ((Size) BLCKSZ << (bits + 1)) <= buffer_memory(memory))
		bits++;
	return bits;
}

/* Whether a table may have twice as many places: while keys move, both are there. */
static inline bool
may_grow(Size memory, uint64 places)
{
	return (places + 2 * places) * sizeof(Entry) <= memory - buffer_memory(memory);
}

static inline uint64
full_at(uint64 places)
{
	return places / 4 * 3;
}

/* For at most so many keys: files that are too large are as bad as many small ones. */
static int
bits_for(Size memory, uint64 keys)
{
	uint64 places = START_ENTRIES;
	int bits = 1;

	while (may_grow(memory, places))
		places *= 2;
	while (bits < most_bits(memory) && keys >> bits > full_at(places))
		bits++;
	return bits;
}

static DmKeyTable *
key_table(Size memory, DmRowSample *sample, int used_bits, int bits)
{
	DmKeyTable *table = palloc0(sizeof(DmKeyTable));

	table->cxt = CurrentMemoryContext;
	table->memory = memory;
	table->sample = sample;
	table->used_bits = used_bits;
	table->bits = bits;
	table->places = START_ENTRIES;
	table->entries = new_entries(table->cxt, table->places);
	return table;
}

DmKeyTable *
dm_key_table(Size memory, DmRowSample *sample)
{
	return key_table(memory, sample, 0, most_bits(memory));
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

/* Twice as many places, unless that is too much. */
static void
grow(DmKeyTable *table)
{
	uint64 places = table->places * 2;
	Entry *entries;

	if (!may_grow(table->memory, table->places))
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
rewind_file(BufFile *file)
{
	if (BufFileSeek(file, 0, 0, SEEK_SET) != 0)
		ereport(ERROR,
				(errcode_for_file_access(), errmsg("could not rewind temporary file")));
}

static void
spill(DmKeyTable *table, const Entry *added)
{
	MemoryContext old;
	Spilled *part;
	int n;

	if (table->files == NULL)
	{
		/* not before so many keys have digests that are the same up to here */
		if (table->used_bits + table->bits > ALL_BITS)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("too many keys to count")));
		table->files = MemoryContextAllocZero(table->cxt, sizeof(Spilled) << table->bits);
	}
	n = added->key.hi << table->used_bits >> (ALL_BITS - table->bits);
	part = &table->files[n];
	if (part->file == NULL)
	{
		old = MemoryContextSwitchTo(table->cxt);
		part->file = BufFileCreateTemp(false);
		MemoryContextSwitchTo(old);
	}
	BufFileWrite(part->file, unconstify(Entry *, added), sizeof(Entry));
	part->keys++;
	table->spilled++;
}

/* The next of the files, which is the caller's then; false after the last one. */
static bool
take_file(DmKeyTable *table, int *n, Spilled *part)
{
	while (table->files != NULL && *n < 1 << table->bits)
	{
		*part = table->files[(*n)++];
		if (part->file != NULL)
		{
			table->files[*n - 1].file = NULL;
			rewind_file(part->file);
			return true;
		}
	}
	return false;
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
		if (++table->used > full_at(table->places))
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
count_file(DmKeyTable *parent, const Spilled *part, DmKeyCounts *counts)
{
	MemoryContext cxt = AllocSetContextCreate(parent->cxt, "datamesh keys",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	DmKeyTable *table = key_table(parent->memory, parent->sample,
								  parent->used_bits + parent->bits,
								  bits_for(parent->memory, part->keys));
	Entry entry;

	check_stack_depth();
	while (next_spilled(part->file, &entry))
	{
		CHECK_FOR_INTERRUPTS();
		add(table, &entry);
	}
	BufFileClose(part->file);
	dm_key_table_count(table, counts);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
}

void
dm_key_table_count(DmKeyTable *table, DmKeyCounts *counts)
{
	Spilled part;
	int n = 0;

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
	while (take_file(table, &n, &part))
		count_file(table, &part, counts);
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
	Spilled part;
	Entry entry;
	int n = 0;

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
	while (take_file(table, &n, &part))
	{
		while (next_spilled(part.file, &entry))
			write_entry(buf, &entry);
		BufFileClose(part.file);
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
