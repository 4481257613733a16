/*
 * counters.c
 *		The counters in shared memory.
 *
 * One hash table for the server, keyed by database and relation, in NUM_PARTITIONS parts with a
 * lock each.  Whoever finds, reads or changes an entry holds its part's lock in shared mode and
 * the entry's spinlock for the counters themselves; entries come and go under the lock in
 * exclusive mode.  The counters are absolute: an entry begins with what datamesh.activity has, so
 * that writing them back needs no arithmetic and nobody counts twice.
 *
 * At a clean shutdown the postmaster writes the table to a file, which the next start reads
 * and removes: only a crash loses what was counted since the last flush.
 */
#include "postgres.h"

#include <unistd.h>

#include "access/xact.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "port/atomics.h"
#include "storage/fd.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "storage/spin.h"
#include "utils/hsearch.h"
#include "utils/timestamp.h"

#include "activity/counters.h"
#include "compat/pg_compat.h"

#define NUM_PARTITIONS 16
#define TRANCHE		   "datamesh activity"

#define FILE_NAME	 PGSTAT_STAT_PERMANENT_DIRECTORY "/datamesh_activity.stat"
#define FILE_VERSION 0x444D4102

typedef struct CounterKey
{
	Oid database;
	Oid relid;
} CounterKey;

/* The last times for which nobody wrote, longer than somebody wanted to know. */
typedef struct CounterGaps
{
	int64 longer_than;		/* microseconds; 0: nobody wants to know */
	TimestampTz lost_until; /* end of the latest one that had to make room */
	int count;
	DmGap items[DM_GAPS]; /* the oldest first */
} CounterGaps;

typedef struct CounterEntry
{
	CounterKey key;
	slock_t mutex;	/* for all that follows */
	uint64 version; /* moves on with each change; 0 is none */
	uint64 flushed; /* the version that datamesh.activity has */
	DmActivity activity;
	CounterGaps gaps;
} CounterEntry;

typedef struct CounterState
{
	LWLockPadded *locks;
	pg_atomic_uint64 removals;
	pg_atomic_flag full_told;
} CounterState;

int dm_activity_max = 10000;

static CounterState *state = NULL;
static HTAB *counters = NULL;

static shmem_request_hook_type prev_shmem_request = NULL;
static shmem_startup_hook_type prev_shmem_startup = NULL;

bool
dm_counters_ready(void)
{
	return counters != NULL;
}

static LWLock *
part_lock(uint32 hash)
{
	return &state->locks[hash % NUM_PARTITIONS].lock;
}

/* The entry with its part's lock held in the given mode, or NULL and no lock. */
static CounterEntry *
find_entry(Oid relid, LWLock **lock)
{
	CounterKey key = { MyDatabaseId, relid };
	uint32 hash = get_hash_value(counters, &key);
	CounterEntry *entry;

	*lock = part_lock(hash);
	LWLockAcquire(*lock, LW_SHARED);
	entry = hash_search_with_hash_value(counters, &key, hash, HASH_FIND, NULL);
	if (entry == NULL)
		LWLockRelease(*lock);
	return entry;
}

bool
dm_counters_read(Oid relid, DmActivity *activity)
{
	LWLock *lock;
	CounterEntry *entry = find_entry(relid, &lock);

	if (entry == NULL)
		return false;
	SpinLockAcquire(&entry->mutex);
	*activity = entry->activity;
	SpinLockRelease(&entry->mutex);
	LWLockRelease(lock);
	return true;
}

static bool
enter_entry(const CounterKey *key, const DmActivity *initial)
{
	uint32 hash = get_hash_value(counters, key);
	CounterEntry *entry;
	bool found;

	LWLockAcquire(part_lock(hash), LW_EXCLUSIVE);
	entry = hash_search_with_hash_value(counters, key, hash, HASH_ENTER_NULL, &found);
	if (entry != NULL && !found)
	{
		SpinLockInit(&entry->mutex);
		entry->version = 1;
		entry->flushed = 0;
		entry->activity = *initial;
		memset(&entry->gaps, 0, sizeof(entry->gaps));
	}
	LWLockRelease(part_lock(hash));
	return entry != NULL;
}

bool
dm_counters_enter(Oid relid, const DmActivity *initial)
{
	CounterKey key = { MyDatabaseId, relid };

	if (enter_entry(&key, initial))
		return true;
	if (pg_atomic_test_set_flag(&state->full_told))
		ereport(LOG,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("datamesh counts the activity of no more than %d relations",
						dm_activity_max),
				 errdetail("Relations beyond that have no activity and unknown service levels."),
				 errhint("Increase datamesh.activity_max and restart the server.")));
	return false;
}

/* A write ends a gap that began with the write before, or when counting began. */
static void
note_gap(CounterGaps *gaps, TimestampTz from, TimestampTz to)
{
	if (gaps->longer_than == 0 || from == 0 || to - from <= gaps->longer_than)
		return;
	if (gaps->count == DM_GAPS)
	{
		gaps->lost_until = gaps->items[0].to;
		memmove(gaps->items, gaps->items + 1, (DM_GAPS - 1) * sizeof(DmGap));
		gaps->count--;
	}
	gaps->items[gaps->count].from = from;
	gaps->items[gaps->count].to = to;
	gaps->count++;
}

void
dm_counters_watch(Oid relid, int64 gap)
{
	LWLock *lock;
	CounterEntry *entry = find_entry(relid, &lock);

	if (entry == NULL)
		return;
	SpinLockAcquire(&entry->mutex);
	if (entry->gaps.longer_than == 0 || gap < entry->gaps.longer_than)
		entry->gaps.longer_than = gap;
	SpinLockRelease(&entry->mutex);
	LWLockRelease(lock);
}

int
dm_counters_gaps(Oid relid, DmGap gaps[DM_GAPS], TimestampTz *lost_until)
{
	LWLock *lock;
	CounterEntry *entry = find_entry(relid, &lock);
	int count;

	*lost_until = 0;
	if (entry == NULL)
		return 0;
	SpinLockAcquire(&entry->mutex);
	count = entry->gaps.count;
	*lost_until = entry->gaps.lost_until;
	memcpy(gaps, entry->gaps.items, count * sizeof(DmGap));
	SpinLockRelease(&entry->mutex);
	LWLockRelease(lock);
	return count;
}

static void
add_counts(DmActivity *to, const DmActivity *add)
{
	to->last_write = Max(to->last_write, add->last_write);
	to->last_read = Max(to->last_read, add->last_read);
	to->commits += add->commits;
	to->inserted += add->inserted;
	to->updated += add->updated;
	to->deleted += add->deleted;
	to->failed_writes += add->failed_writes;
	to->reads += add->reads;
	to->failed_reads += add->failed_reads;
	to->rows_read += add->rows_read;
	to->read_ms += add->read_ms;
}

void
dm_counters_add(const DmActivityChange *change)
{
	LWLock *lock;
	CounterEntry *entry = find_entry(change->relid, &lock);

	if (entry == NULL)
	{
		/* a relation that was made in this transaction looks like one that is gone to others */
		CounterKey key = { MyDatabaseId, change->relid };
		DmActivity none;

		memset(&none, 0, sizeof(none));
		none.counted_since = GetCurrentTransactionStartTimestamp();
		if (!enter_entry(&key, &none))
			return;
		entry = find_entry(change->relid, &lock);
		if (entry == NULL)
			return;
	}
	SpinLockAcquire(&entry->mutex);
	if (change->add.last_write != 0)
		note_gap(&entry->gaps,
				 entry->activity.last_write != 0 ? entry->activity.last_write :
												   entry->activity.counted_since,
				 change->add.last_write);
	add_counts(&entry->activity, &change->add);
	entry->version++;
	SpinLockRelease(&entry->mutex);
	LWLockRelease(lock);
}

static void
lock_all(LWLockMode mode)
{
	for (int i = 0; i < NUM_PARTITIONS; i++)
		LWLockAcquire(&state->locks[i].lock, mode);
}

static void
unlock_all(void)
{
	for (int i = NUM_PARTITIONS - 1; i >= 0; i--)
		LWLockRelease(&state->locks[i].lock);
}

DmCounted *
dm_counters_list(bool only_changed, int *count)
{
	HASH_SEQ_STATUS seq;
	CounterEntry *entry;
	DmCounted *result;
	int room = hash_get_num_entries(counters) + 64;

	/* no memory is asked for under the locks; who comes in meanwhile waits for the next flush */
	result = palloc(room * sizeof(DmCounted));
	*count = 0;
	lock_all(LW_SHARED);
	hash_seq_init(&seq, counters);
	while ((entry = hash_seq_search(&seq)) != NULL)
	{
		DmCounted *counted = &result[*count];

		if (entry->key.database != MyDatabaseId || *count >= room)
			continue;
		SpinLockAcquire(&entry->mutex);
		counted->relid = entry->key.relid;
		counted->version = entry->version;
		counted->activity = entry->activity;
		if (!only_changed || entry->version != entry->flushed)
			(*count)++;
		SpinLockRelease(&entry->mutex);
	}
	unlock_all();
	return result;
}

void
dm_counters_flushed(const DmCounted *counted)
{
	LWLock *lock;
	CounterEntry *entry = find_entry(counted->relid, &lock);

	if (entry == NULL)
		return;
	SpinLockAcquire(&entry->mutex);
	entry->flushed = Max(entry->flushed, counted->version);
	SpinLockRelease(&entry->mutex);
	LWLockRelease(lock);
}

void
dm_counters_remove(Oid relid)
{
	CounterKey key = { MyDatabaseId, relid };
	uint32 hash;

	if (counters == NULL)
		return;
	hash = get_hash_value(counters, &key);
	LWLockAcquire(part_lock(hash), LW_EXCLUSIVE);
	hash_search_with_hash_value(counters, &key, hash, HASH_REMOVE, NULL);
	LWLockRelease(part_lock(hash));
	pg_atomic_fetch_add_u64(&state->removals, 1);
	pg_atomic_clear_flag(&state->full_told);
}

void
dm_counters_remove_database(Oid database)
{
	HASH_SEQ_STATUS seq;
	CounterEntry *entry;

	if (counters == NULL)
		return;
	lock_all(LW_EXCLUSIVE);
	hash_seq_init(&seq, counters);
	while ((entry = hash_seq_search(&seq)) != NULL)
		if (entry->key.database == database)
			hash_search(counters, &entry->key, HASH_REMOVE, NULL);
	unlock_all();
	pg_atomic_clear_flag(&state->full_told);
}

uint64
dm_counters_removals(void)
{
	return pg_atomic_read_u64(&state->removals);
}

/* What the file has of each entry. */
typedef struct CounterRecord
{
	CounterKey key;
	uint64 unflushed;
	DmActivity activity;
	CounterGaps gaps;
} CounterRecord;

static bool
write_records(FILE *file)
{
	int32 version = FILE_VERSION;
	int32 count = hash_get_num_entries(counters);
	HASH_SEQ_STATUS seq;
	CounterEntry *entry;
	bool done = fwrite(&version, sizeof(version), 1, file) == 1 &&
				fwrite(&count, sizeof(count), 1, file) == 1;

	hash_seq_init(&seq, counters);
	while ((entry = hash_seq_search(&seq)) != NULL)
	{
		CounterRecord record;

		if (!done)
			continue;
		memset(&record, 0, sizeof(record));
		record.key = entry->key;
		record.unflushed = entry->version != entry->flushed;
		record.activity = entry->activity;
		record.gaps = entry->gaps;
		done = fwrite(&record, sizeof(record), 1, file) == 1;
	}
	return done;
}

/* The postmaster ends: nobody else is there any more. */
static void
save_counters(int code, Datum arg)
{
	FILE *file;
	bool done;

	/* after a crash of a process, shared memory is not to be trusted */
	if (code != 0 || counters == NULL)
		return;
	file = AllocateFile(FILE_NAME ".tmp", PG_BINARY_W);
	done = file != NULL && write_records(file);
	if (file != NULL && FreeFile(file) != 0)
		done = false;
	if (done)
	{
		(void) durable_rename(FILE_NAME ".tmp", FILE_NAME, LOG);
		return;
	}
	ereport(LOG,
			(errcode_for_file_access(),
			 errmsg("could not write file \"%s\": %m", FILE_NAME ".tmp")));
	unlink(FILE_NAME ".tmp");
}

static bool
read_records(FILE *file)
{
	int32 version;
	int32 count;

	if (fread(&version, sizeof(version), 1, file) != 1 || version != FILE_VERSION ||
		fread(&count, sizeof(count), 1, file) != 1)
		return false;
	for (int32 i = 0; i < count; i++)
	{
		CounterRecord record;
		CounterEntry *entry;

		if (fread(&record, sizeof(record), 1, file) != 1)
			return false;
		/* datamesh.activity_max may be smaller now */
		if (!enter_entry(&record.key, &record.activity))
			continue;
		entry = hash_search(counters, &record.key, HASH_FIND, NULL);
		entry->flushed = record.unflushed ? 0 : entry->version;
		entry->gaps = record.gaps;
	}
	return true;
}

static void
load_counters(void)
{
	FILE *file = AllocateFile(FILE_NAME, PG_BINARY_R);

	if (file == NULL)
	{
		if (errno != ENOENT)
			ereport(LOG,
					(errcode_for_file_access(),
					 errmsg("could not read file \"%s\": %m", FILE_NAME)));
		return;
	}
	if (!read_records(file))
		ereport(LOG,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("ignoring what is left of file \"%s\"", FILE_NAME),
				 errdetail("It ends too early, or is of another version."),
				 errhint("Counters continue from datamesh.activity.")));
	FreeFile(file);
	/* it is older than the first count from now on */
	unlink(FILE_NAME);
}

static Size
table_size(void)
{
	return hash_estimate_size(dm_activity_max, sizeof(CounterEntry));
}

static void
request_memory(void)
{
	if (prev_shmem_request != NULL)
		prev_shmem_request();
	RequestAddinShmemSpace(add_size(MAXALIGN(sizeof(CounterState)), table_size()));
	RequestNamedLWLockTranche(TRANCHE, NUM_PARTITIONS);
}

static void
start_memory(void)
{
	HASHCTL ctl;
	bool found;

	if (prev_shmem_startup != NULL)
		prev_shmem_startup();

	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	state = ShmemInitStruct("datamesh activity", sizeof(CounterState), &found);
	if (!found)
	{
		state->locks = GetNamedLWLockTranche(TRANCHE);
		pg_atomic_init_u64(&state->removals, 1);
		pg_atomic_init_flag(&state->full_told);
	}
	memset(&ctl, 0, sizeof(ctl));
	ctl.keysize = sizeof(CounterKey);
	ctl.entrysize = sizeof(CounterEntry);
	ctl.num_partitions = NUM_PARTITIONS;
	counters = ShmemInitHash("datamesh activity counters", dm_activity_max, dm_activity_max, &ctl,
							 HASH_ELEM | HASH_BLOBS | HASH_PARTITION | HASH_FIXED_SIZE);
	LWLockRelease(AddinShmemInitLock);

	if (!IsUnderPostmaster)
		on_shmem_exit(save_counters, (Datum) 0);
	if (!found && !IsUnderPostmaster)
		load_counters();
}

void
dm_counters_init(void)
{
	if (!process_shared_preload_libraries_in_progress)
		return;
	prev_shmem_request = shmem_request_hook;
	shmem_request_hook = request_memory;
	prev_shmem_startup = shmem_startup_hook;
	shmem_startup_hook = start_memory;
}
