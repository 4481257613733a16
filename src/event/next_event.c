/*
 * next_event.c
 *		Reading events as a subscriber, and acknowledging them.
 *
 * A subscriber gets of each product what follows the last event that he has acknowledged, in its
 * order.  Products whose first event has waited longest come first, and none takes more than its
 * share of the limit while others wait.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "base/args.h"
#include "base/errors.h"
#include "base/json.h"
#include "catalog/table.h"
#include "event/event.h"
#include "event/subscription.h"
#include "event/viewer.h"

PG_FUNCTION_INFO_V1(dm_next_events);
PG_FUNCTION_INFO_V1(dm_ack_events);
PG_FUNCTION_INFO_V1(dm_ack_event);

/* --- the stored events --- */

void
dm_event_each(int64 product_id, int64 after, int64 upto,
			  bool (*work)(const DmStored *, void *), void *arg)
{
	ScanKeyData keys[3];
	DmScan scan;
	HeapTuple tuple;
	bool go_on = true;

	dm_key_int8(&keys[0], Anum_dm_event_product, product_id);
	dm_key_int8_range(&keys[1], Anum_dm_event_sequence, after + 1, upto + 1);
	dm_scan_begin(&scan, DM_EVENT, "event_pkey", 3, keys);
	while (go_on && HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		DmStored stored;

		CHECK_FOR_INTERRUPTS();
		stored.sequence = dm_scan_int8(&scan, tuple, Anum_dm_event_sequence);
		stored.type = dm_scan_text(&scan, tuple, Anum_dm_event_type);
		stored.at = DatumGetTimestampTz(dm_scan_get(&scan, tuple, Anum_dm_event_at, NULL));
		stored.event = DatumGetJsonbP(dm_scan_get(&scan, tuple, Anum_dm_event_event, NULL));
		go_on = work(&stored, arg);
	}
	dm_scan_end(&scan);
}

/* --- products with something to read --- */

typedef struct Waiting
{
	DmSubscription *subscription;
	DmProduct *product;
	DmViewer viewer;
	int64 acked;
	int64 last;
	TimestampTz since; /* its first event; DT_NOEND for none */

	/* while its events are given out */
	ReturnSetInfo *rsinfo;
	int quota;
} Waiting;

static bool
is_for(Waiting *waiting, const DmStored *stored)
{
	return dm_viewer_sees(waiting->viewer, stored->type) &&
		   dm_subscription_has_type(waiting->subscription, stored->type);
}

static bool
first_event(const DmStored *stored, void *arg)
{
	Waiting *waiting = arg;

	if (!is_for(waiting, stored))
		return true;
	waiting->since = stored->at;
	return false;
}

static void
check_lost(DmSubscription *subscription, DmProduct *product, const DmCursor *cursor)
{
	if (cursor->lost <= cursor->acked)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DM_EVENTS_LOST),
			 errmsg("subscriber \"%s\" has lost events of product \"%s\"", subscription->name,
					product->label),
			 errdetail("Events up to number %lld were deleted before they were acknowledged.",
					   (long long) cursor->lost),
			 errhint("To go on with what follows them, use dm_ack_events('%s', '%s', %lld).",
					 subscription->name, product->label, (long long) cursor->lost)));
}

/* What the subscriber has of one product; NULL for nothing. */
static Waiting *
waiting_in(DmSubscription *subscription, int64 product_id, int64 last)
{
	DmCursor cursor = dm_cursor_get(subscription->id, product_id);
	DmProduct *product;
	Waiting *waiting;

	if (cursor.acked >= last && cursor.lost <= cursor.acked)
		return NULL;
	product = dm_product_find_by_id(product_id);
	if (product == NULL || !dm_subscription_has_product(subscription, product))
		return NULL;
	waiting = palloc0(sizeof(Waiting));
	waiting->subscription = subscription;
	waiting->product = product;
	waiting->viewer = dm_event_viewer(product, subscription->role);
	waiting->acked = cursor.acked;
	waiting->last = last;
	waiting->since = DT_NOEND;
	if (waiting->viewer == DM_VIEWER_NONE)
		return NULL;
	check_lost(subscription, product, &cursor);
	dm_event_each(product_id, cursor.acked, last, first_event, waiting);
	return waiting->since == DT_NOEND ? NULL : waiting;
}

static int
cmp_waiting(const ListCell *a, const ListCell *b)
{
	Waiting *wa = lfirst(a);
	Waiting *wb = lfirst(b);

	if (wa->since != wb->since)
		return wa->since < wb->since ? -1 : 1;
	return wa->product->id < wb->product->id ? -1 : 1;
}

static List *
all_waiting(DmSubscription *subscription)
{
	DmScan scan;
	HeapTuple tuple;
	List *result = NIL;

	dm_scan_begin(&scan, DM_EVENT_POSITION, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		Waiting *waiting =
			waiting_in(subscription, dm_scan_int8(&scan, tuple, Anum_dm_event_position_product),
					   dm_scan_int8(&scan, tuple, Anum_dm_event_position_sequence));

		if (waiting != NULL)
			result = lappend(result, waiting);
	}
	dm_scan_end(&scan);
	list_sort(result, cmp_waiting);
	return result;
}

static bool
give(const DmStored *stored, void *arg)
{
	Waiting *waiting = arg;
	Datum values[3];
	bool nulls[3] = { false, false, false };

	if (!is_for(waiting, stored))
		return true;
	values[0] = CStringGetTextDatum(waiting->product->label);
	values[1] = Int64GetDatum(stored->sequence);
	values[2] = JsonbPGetDatum(stored->event);
	tuplestore_putvalues(waiting->rsinfo->setResult, waiting->rsinfo->setDesc, values, nulls);
	return --waiting->quota > 0;
}

#define MAX_EVENTS 100000

Datum
dm_next_events(PG_FUNCTION_ARGS)
{
	DmSubscription *subscription = dm_subscription_get(dm_arg_text(fcinfo, 0, "subscriber"));
	int limit = PG_ARGISNULL(1) ? 100 : PG_GETARG_INT32(1);
	List *waiting;
	ListCell *lc;
	int left;

	if (limit < 1 || limit > MAX_EVENTS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"limit\" must be from 1 to %d", MAX_EVENTS)));
	waiting = all_waiting(subscription);
	left = list_length(waiting);
	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, waiting)
	{
		Waiting *w = lfirst(lc);
		int share = Max(limit / left, 1);

		w->rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
		w->quota = share;
		dm_event_each(w->product->id, w->acked, w->last, give, w);
		limit -= share - w->quota;
		left--;
		if (limit == 0)
			break;
	}
	PG_RETURN_NULL();
}

/* --- acknowledging --- */

static void
ack(DmSubscription *subscription, DmProduct *product, int64 upto)
{
	DmCursor cursor;
	int64 last = dm_event_last(product->id);

	if (upto < 0 || upto > last)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("product \"%s\" has no event %lld", product->label, (long long) upto),
				 /* how many there are is not told to who may see none of them */
				 dm_event_viewer(product, subscription->role) == DM_VIEWER_NONE ?
					 0 :
					 errdetail("Its last event is number %lld.", (long long) last)));
	dm_table_lock(DM_EVENT_CURSOR, subscription->id, ExclusiveLock);
	cursor = dm_cursor_get(subscription->id, product->id);
	/* two readers may do it in any order */
	if (upto <= cursor.acked)
		return;
	cursor.acked = upto;
	dm_cursor_set(subscription->id, product->id, &cursor);
}

Datum
dm_ack_events(PG_FUNCTION_ARGS)
{
	char *name = dm_arg_text(fcinfo, 0, "subscriber");
	char *product = dm_arg_text(fcinfo, 1, "product");
	int64 upto = dm_arg_id(fcinfo, 2, "upto");

	ack(dm_subscription_get(name), dm_product_get(product, false), upto);
	PG_RETURN_VOID();
}

/* The product and the number of an event that was given out. */
static DmProduct *
product_of_event(Jsonb *event, int64 *sequence)
{
	char *source = dm_json_text(&event->root, "source");
	char *number = dm_json_text(&event->root, "sequence");
	char *name = source ? strrchr(source, '/') : NULL;
	char *end = NULL;
	char *domain;
	DmProduct *product = NULL;

	if (name != NULL && number != NULL)
	{
		*name++ = '\0';
		domain = strrchr(source, '/');
		if (domain != NULL)
			product = dm_product_get_by_literal(psprintf("%s.%s", domain + 1, name));
		*sequence = strtoi64(number, &end, 10);
	}
	if (product == NULL || end == number || *end != '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"event\" is no event of a product of this mesh"),
				 errhint("Give what dm_next_events gave.")));
	return product;
}

Datum
dm_ack_event(PG_FUNCTION_ARGS)
{
	char *name = dm_arg_text(fcinfo, 0, "subscriber");
	DmSubscription *subscription;
	DmProduct *product;
	int64 sequence;

	if (PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"event\" must not be null")));
	subscription = dm_subscription_get(name);
	product = product_of_event(PG_GETARG_JSONB_P(1), &sequence);
	ack(subscription, product, sequence);
	PG_RETURN_VOID();
}
