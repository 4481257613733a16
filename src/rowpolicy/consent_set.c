/*
 * consent_set.c
 *		Who has consented to a purpose, and who has refused, as sets of keys in chunks: writing.
 *
 * Two sessions that record in the same chunk write the same row, so each chunk has a lock that
 * is held to the end of the transaction; a caller that waited for it reads the row afterwards,
 * with a fresh snapshot.  Locks are taken in the order of their numbers.  Who records in many
 * chunks at once locks the set as a whole, because the lock table has room for only so many.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "catalog/data.h"
#include "catalog/table.h"
#include "compat/pg_compat.h"
#include "rowpolicy/consent_set.h"

/* so many chunks are locked one by one */
#define MAX_CHUNK_LOCKS 64

/* the second number of our locks on DM_CONSENT_SET: a set, a chunk of it */
#define LOCK_SET   0
#define LOCK_CHUNK 1

DmDigests
dm_digests_read(Datum value)
{
	bytea *bytes = DatumGetByteaPP(value);
	const char *data = VARDATA_ANY(bytes);
	DmDigests result;

	result.n = VARSIZE_ANY_EXHDR(bytes) / DM_DIGEST_BYTES;
	result.items = palloc(Max(result.n, 1) * sizeof(DmDigest));
	memcpy(result.items, data, result.n * DM_DIGEST_BYTES);
	for (int i = 0; i < result.n; i++)
	{
		result.items[i].hi = pg_ntoh64(result.items[i].hi);
		result.items[i].lo = pg_ntoh64(result.items[i].lo);
	}
	return result;
}

Datum
dm_digests_write(DmDigests digests)
{
	Size size = VARHDRSZ + digests.n * DM_DIGEST_BYTES;
	bytea *result = palloc(size);
	char *data = VARDATA(result);

	SET_VARSIZE(result, size);
	for (int i = 0; i < digests.n; i++)
	{
		uint64 words[2] = { pg_hton64(digests.items[i].hi), pg_hton64(digests.items[i].lo) };

		memcpy(data + i * DM_DIGEST_BYTES, words, DM_DIGEST_BYTES);
	}
	return PointerGetDatum(result);
}

static int
cmp_digests(const DmDigest *a, const DmDigest *b)
{
	if (a->hi != b->hi)
		return a->hi < b->hi ? -1 : 1;
	if (a->lo != b->lo)
		return a->lo < b->lo ? -1 : 1;
	return 0;
}

DmDigests
dm_digests_add(DmDigests a, DmDigests b)
{
	DmDigests result = { 0, palloc(Max(a.n + b.n, 1) * sizeof(DmDigest)) };
	int i = 0;
	int j = 0;

	while (i < a.n || j < b.n)
	{
		int cmp = i == a.n ? 1 : j == b.n ? -1 :
											cmp_digests(&a.items[i], &b.items[j]);

		result.items[result.n++] = cmp <= 0 ? a.items[i] : b.items[j];
		if (cmp <= 0)
			i++;
		if (cmp >= 0)
			j++;
	}
	return result;
}

DmDigests
dm_digests_remove(DmDigests a, DmDigests b)
{
	DmDigests result = { 0, palloc(Max(a.n, 1) * sizeof(DmDigest)) };
	int j = 0;

	for (int i = 0; i < a.n; i++)
	{
		while (j < b.n && cmp_digests(&b.items[j], &a.items[i]) < 0)
			j++;
		if (j == b.n || cmp_digests(&b.items[j], &a.items[i]) != 0)
			result.items[result.n++] = a.items[i];
	}
	return result;
}

void
dm_bits_read(Datum value, uint8 *bits)
{
	bytea *bytes = DatumGetByteaPP(value);

	memset(bits, 0, DM_CHUNK_BYTES);
	memcpy(bits, VARDATA_ANY(bytes), Min(VARSIZE_ANY_EXHDR(bytes), DM_CHUNK_BYTES));
}

static Datum
bits_write(const uint8 *bits)
{
	static const uint8 none[DM_CHUNK_BYTES] = { 0 };
	Size size = memcmp(bits, none, DM_CHUNK_BYTES) == 0 ? 0 : DM_CHUNK_BYTES;
	bytea *result = palloc(VARHDRSZ + size);

	SET_VARSIZE(result, VARHDRSZ + size);
	memcpy(VARDATA(result), bits, size);
	return PointerGetDatum(result);
}

static int
cmp_lock_numbers(const void *a, const void *b)
{
	uint32 na = *(const uint32 *) a;
	uint32 nb = *(const uint32 *) b;

	return na < nb ? -1 : na > nb;
}

/* Locks the chunks that sorted positions are in, or the whole set if there are many. */
static void
lock_chunks(DmKind *kind, const char *purpose, const DmPosition *positions, int n)
{
	Oid table = dm_table_oid(DM_CONSENT_SET);
	uint32 set = hash_combine(hash_bytes((const unsigned char *) &kind->id, sizeof(kind->id)),
							  hash_bytes((const unsigned char *) purpose, strlen(purpose)));
	uint32 numbers[MAX_CHUNK_LOCKS];
	int nchunks = 0;

	for (int i = 0; i < n && nchunks <= MAX_CHUNK_LOCKS; i++)
	{
		if (i > 0 && positions[i].chunk == positions[i - 1].chunk)
			continue;
		if (nchunks < MAX_CHUNK_LOCKS)
			numbers[nchunks] =
				hash_combine(set, hash_bytes((const unsigned char *) &positions[i].chunk,
											 sizeof(positions[i].chunk)));
		nchunks++;
	}
	if (nchunks > MAX_CHUNK_LOCKS)
	{
		LockDatabaseObject(table, set, LOCK_SET, ShareRowExclusiveLock);
		return;
	}
	LockDatabaseObject(table, set, LOCK_SET, RowExclusiveLock);
	qsort(numbers, nchunks, sizeof(numbers[0]), cmp_lock_numbers);
	for (int i = 0; i < nchunks; i++)
		LockDatabaseObject(table, numbers[i], LOCK_CHUNK, ExclusiveLock);
}

/* The two columns of a chunk in which bits are set for positions of that chunk. */
static void
merge_bits(DmScan *scan, HeapTuple old, bool granted, const DmPosition *positions, int n,
		   DmRow *row)
{
	uint8 yes[DM_CHUNK_BYTES] = { 0 };
	uint8 no[DM_CHUNK_BYTES] = { 0 };
	uint8 *set = granted ? yes : no;
	uint8 *clear = granted ? no : yes;

	if (HeapTupleIsValid(old))
	{
		dm_bits_read(dm_scan_get(scan, old, Anum_dm_consent_set_granted, NULL), yes);
		dm_bits_read(dm_scan_get(scan, old, Anum_dm_consent_set_denied, NULL), no);
	}
	for (int i = 0; i < n; i++)
	{
		uint8 bit = 1 << (positions[i].lo & 7);

		set[positions[i].lo >> 3] |= bit;
		clear[positions[i].lo >> 3] &= ~bit;
	}
	dm_row_set(row, Anum_dm_consent_set_granted, bits_write(yes));
	dm_row_set(row, Anum_dm_consent_set_denied, bits_write(no));
}

/* The same for digests. */
static void
merge_digests(DmScan *scan, HeapTuple old, bool granted, const DmPosition *positions, int n,
			  DmRow *row)
{
	DmDigests added = { n, palloc(n * sizeof(DmDigest)) };
	DmDigests yes = { 0, NULL };
	DmDigests no = { 0, NULL };

	for (int i = 0; i < n; i++)
	{
		added.items[i].hi = positions[i].hi;
		added.items[i].lo = positions[i].lo;
	}
	if (HeapTupleIsValid(old))
	{
		yes = dm_digests_read(dm_scan_get(scan, old, Anum_dm_consent_set_granted, NULL));
		no = dm_digests_read(dm_scan_get(scan, old, Anum_dm_consent_set_denied, NULL));
	}
	yes = granted ? dm_digests_add(yes, added) : dm_digests_remove(yes, added);
	no = granted ? dm_digests_remove(no, added) : dm_digests_add(no, added);
	dm_row_set(row, Anum_dm_consent_set_granted, dm_digests_write(yes));
	dm_row_set(row, Anum_dm_consent_set_denied, dm_digests_write(no));
}

/* Records positions that are all in one chunk. */
static void
record_chunk(DmWriter *writer, DmKind *kind, const char *purpose, bool granted,
			 const DmPosition *positions, int n)
{
	ScanKeyData keys[3];
	DmScan scan;
	HeapTuple old;
	DmRow row;

	dm_key_int8(&keys[0], Anum_dm_consent_set_kind, kind->id);
	dm_key_text(&keys[1], Anum_dm_consent_set_purpose, purpose);
	dm_key_int8(&keys[2], Anum_dm_consent_set_chunk, positions[0].chunk);
	dm_scan_begin(&scan, DM_CONSENT_SET, "consent_set_pkey", 3, keys);
	old = dm_scan_next(&scan);
	dm_row_init(&row);
	if (kind->hashed)
		merge_digests(&scan, old, granted, positions, n, &row);
	else
		merge_bits(&scan, old, granted, positions, n, &row);
	if (HeapTupleIsValid(old))
		dm_data_update(writer, old, &row);
	else
	{
		dm_row_set(&row, Anum_dm_consent_set_kind, Int64GetDatum(kind->id));
		dm_row_set_text(&row, Anum_dm_consent_set_purpose, purpose);
		dm_row_set(&row, Anum_dm_consent_set_chunk, Int64GetDatum(positions[0].chunk));
		dm_data_insert(writer, &row);
	}
	dm_scan_end(&scan);
}

/* Sorted positions without those that are there twice; returns how many are left. */
static int
deduplicate(DmPosition *positions, int n)
{
	int kept = 0;

	for (int i = 0; i < n; i++)
		if (kept == 0 || dm_position_cmp(&positions[kept - 1], &positions[i]) != 0)
			positions[kept++] = positions[i];
	return kept;
}

void
dm_consent_set_record(DmKind *kind, const char *purpose, bool granted,
					  DmPosition *positions, int n)
{
	DmWriter writer;
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "datamesh consents",
											  ALLOCSET_DEFAULT_SIZES);
	int end;

	qsort(positions, n, sizeof(DmPosition), dm_position_cmp);
	n = deduplicate(positions, n);
	lock_chunks(kind, purpose, positions, n);
	dm_data_begin(&writer, DM_CONSENT_SET);
	for (int begin = 0; begin < n; begin = end)
	{
		MemoryContext old = MemoryContextSwitchTo(cxt);

		CHECK_FOR_INTERRUPTS();
		for (end = begin + 1; end < n && positions[end].chunk == positions[begin].chunk;)
			end++;
		record_chunk(&writer, kind, purpose, granted, positions + begin, end - begin);
		MemoryContextSwitchTo(old);
		MemoryContextReset(cxt);
	}
	dm_data_end(&writer);
	MemoryContextDelete(cxt);
}

/* Is the position in the set that a column of the table holds? */
static bool
is_in(DmKind *kind, Datum set, const DmPosition *position)
{
	uint8 bits[DM_CHUNK_BYTES];
	DmDigests digests;
	DmDigest digest = { position->hi, position->lo };

	if (!kind->hashed)
	{
		dm_bits_read(set, bits);
		return (bits[position->lo >> 3] >> (position->lo & 7)) & 1;
	}
	digests = dm_digests_read(set);
	for (int i = 0; i < digests.n; i++)
		if (cmp_digests(&digests.items[i], &digest) == 0)
			return true;
	return false;
}

DmConsent
dm_consent_set_get(DmKind *kind, const char *purpose, DmPosition position)
{
	ScanKeyData keys[3];
	DmScan scan;
	HeapTuple tuple;
	DmConsent result = DM_CONSENT_NONE;

	dm_key_int8(&keys[0], Anum_dm_consent_set_kind, kind->id);
	dm_key_text(&keys[1], Anum_dm_consent_set_purpose, purpose);
	dm_key_int8(&keys[2], Anum_dm_consent_set_chunk, position.chunk);
	dm_scan_begin_at(&scan, DM_CONSENT_SET, "consent_set_pkey", GetActiveSnapshot(), 3, keys);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
	{
		Datum granted = dm_scan_get(&scan, tuple, Anum_dm_consent_set_granted, NULL);
		Datum denied = dm_scan_get(&scan, tuple, Anum_dm_consent_set_denied, NULL);

		if (is_in(kind, granted, &position))
			result = DM_CONSENT_GRANTED;
		else if (is_in(kind, denied, &position))
			result = DM_CONSENT_DENIED;
	}
	dm_scan_end(&scan);
	return result;
}

void
dm_consent_set_forget(int64 kind_id)
{
	DmWriter writer;
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;

	dm_key_int8(&key, Anum_dm_consent_set_kind, kind_id);
	dm_data_begin(&writer, DM_CONSENT_SET);
	dm_scan_begin(&scan, DM_CONSENT_SET, "consent_set_pkey", 1, &key);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		CHECK_FOR_INTERRUPTS();
		dm_data_delete(&writer, tuple);
	}
	dm_scan_end(&scan);
	dm_data_end(&writer);
}
