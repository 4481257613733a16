/*
 * retention.c
 *		How long events and incidents are kept.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/timestamp.h"

#include "catalog/data.h"
#include "event/event.h"
#include "event/incident.h"
#include "event/retention.h"
#include "event/subscription.h"
#include "event/viewer.h"

#define DAY (MINS_PER_HOUR * HOURS_PER_DAY)

int dm_event_retention_time = 7 * DAY;
int dm_event_retention_max = 30 * DAY;
int dm_incident_retention_time = 365 * DAY;

/* in one transaction; the rest is for the next time */
#define MOST_AT_ONCE 50000

/* How a subscriber stands to a product. */
typedef struct Reader
{
	DmSubscription *subscription;
	DmViewer viewer;
	DmCursor cursor;
	int64 lost; /* the last event that he loses now */
} Reader;

typedef struct Readers
{
	int64 product; /* hash key */
	List *readers;
} Readers;

/* Nobody can acknowledge what is being deleted: the cursors are locked, or left out of it. */
static bool
lock_cursors(List *subscriptions)
{
	ListCell *lc;

	foreach(lc, subscriptions)
		if (!dm_table_try_lock(DM_EVENT_CURSOR, ((DmSubscription *) lfirst(lc))->id))
			return false;
	return true;
}

static List *
readers_of(HTAB *cache, List *subscriptions, int64 product_id)
{
	bool found;
	Readers *entry = hash_search(cache, &product_id, HASH_ENTER, &found);
	DmProduct *product;
	ListCell *lc;

	if (found)
		return entry->readers;
	entry->readers = NIL;
	product = dm_product_find_by_id(product_id);
	foreach(lc, product != NULL ? subscriptions : NIL)
	{
		DmSubscription *subscription = lfirst(lc);
		Reader *reader;

		if (GetUserNameFromId(subscription->role, true) == NULL ||
			!dm_subscription_has_product(subscription, product))
			continue;
		reader = palloc0(sizeof(Reader));
		reader->subscription = subscription;
		reader->viewer = dm_event_viewer(product, subscription->role);
		reader->cursor = dm_cursor_get(subscription->id, product_id);
		entry->readers = lappend(entry->readers, reader);
	}
	return entry->readers;
}

static bool
waits_for(Reader *reader, int64 sequence, const char *type)
{
	return reader->cursor.acked < sequence && dm_viewer_sees(reader->viewer, type) &&
		   dm_subscription_has_type(reader->subscription, type);
}

/* Whether the event may go; those who lose it are noted. */
static bool
may_go(List *readers, int64 sequence, const char *type, bool whatever)
{
	bool may = true;
	ListCell *lc;

	foreach(lc, readers)
	{
		Reader *reader = lfirst(lc);

		if (!waits_for(reader, sequence, type))
			continue;
		may = whatever;
		if (whatever)
			reader->lost = Max(reader->lost, sequence);
	}
	return may;
}

static void
tell_losers(HTAB *cache)
{
	HASH_SEQ_STATUS status;
	Readers *entry;
	ListCell *lc;

	hash_seq_init(&status, cache);
	while ((entry = hash_seq_search(&status)) != NULL)
		foreach(lc, entry->readers)
		{
			Reader *reader = lfirst(lc);

			if (reader->lost == 0)
				continue;
			reader->cursor.lost = reader->lost;
			dm_cursor_set(reader->subscription->id, entry->product, &reader->cursor);
		}
}

static HTAB *
make_cache(void)
{
	HASHCTL ctl;

	ctl.keysize = sizeof(int64);
	ctl.entrysize = sizeof(Readers);
	ctl.hcxt = CurrentMemoryContext;
	return hash_create("readers of events", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

void
dm_event_retention(void)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz before = now - dm_event_retention_time * USECS_PER_MINUTE;
	TimestampTz at_last = now - dm_event_retention_max * USECS_PER_MINUTE;
	List *subscriptions = dm_subscription_list();
	bool locked = lock_cursors(subscriptions);
	HTAB *cache = make_cache();
	int deleted = 0;
	ScanKeyData key;
	DmScan scan;
	DmWriter writer;
	HeapTuple tuple;

	ScanKeyInit(&key, Anum_dm_event_at, BTLessStrategyNumber, F_TIMESTAMPTZ_LT,
				TimestampTzGetDatum(before));
	dm_data_begin(&writer, DM_EVENT);
	dm_scan_begin(&scan, DM_EVENT, "event_at_idx", 1, &key);
	while (deleted < MOST_AT_ONCE && HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		int64 product = dm_scan_int8(&scan, tuple, Anum_dm_event_product);
		bool too_old = DatumGetTimestampTz(dm_scan_get(&scan, tuple, Anum_dm_event_at, NULL)) <
					   at_last;

		CHECK_FOR_INTERRUPTS();
		if (!may_go(readers_of(cache, subscriptions, product),
					dm_scan_int8(&scan, tuple, Anum_dm_event_sequence),
					dm_scan_text(&scan, tuple, Anum_dm_event_type), too_old && locked))
			continue;
		dm_data_delete(&writer, tuple);
		deleted++;
	}
	dm_scan_end(&scan);
	dm_data_end(&writer);
	tell_losers(cache);
	hash_destroy(cache);
}

void
dm_incident_retention(void)
{
	TimestampTz before = GetCurrentTimestamp() - dm_incident_retention_time * USECS_PER_MINUTE;
	DmScan scan;
	DmWriter writer;
	HeapTuple tuple;

	dm_data_begin(&writer, DM_INCIDENT);
	dm_scan_begin(&scan, DM_INCIDENT, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		bool isnull;
		Datum closed_at = dm_scan_get(&scan, tuple, Anum_dm_incident_closed_at, &isnull);

		CHECK_FOR_INTERRUPTS();
		if (isnull || DatumGetTimestampTz(closed_at) >= before)
			continue;
		dm_incident_delete_causes(dm_scan_int8(&scan, tuple, Anum_dm_incident_id));
		dm_data_delete(&writer, tuple);
	}
	dm_scan_end(&scan);
	dm_data_end(&writer);
}
