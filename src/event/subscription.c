/*
 * subscription.c
 *		Subscribers of events, and how far each has come.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/args.h"
#include "base/words.h"
#include "catalog/data.h"
#include "event/event.h"
#include "event/subscription.h"

PG_FUNCTION_INFO_V1(dm_subscribe_events);
PG_FUNCTION_INFO_V1(dm_unsubscribe_events);

/* --- reading --- */

static List *
list_or_null(DmScan *scan, HeapTuple tuple, AttrNumber attno)
{
	bool isnull;
	Datum value = dm_scan_get(scan, tuple, attno, &isnull);

	return isnull ? NIL : dm_text_array_list(value);
}

static List *
find_subscriptions(const char *index_name, int nkeys, ScanKey keys)
{
	DmScan scan;
	HeapTuple tuple;
	List *result = NIL;

	dm_scan_begin(&scan, DM_EVENT_SUBSCRIPTION, index_name, nkeys, keys);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		DmSubscription *subscription = palloc0(sizeof(DmSubscription));

		subscription->id = dm_scan_int8(&scan, tuple, Anum_dm_event_subscription_id);
		subscription->name = dm_scan_text(&scan, tuple, Anum_dm_event_subscription_name);
		subscription->role = dm_scan_oid(&scan, tuple, Anum_dm_event_subscription_role);
		subscription->products =
			list_or_null(&scan, tuple, Anum_dm_event_subscription_products);
		subscription->types = list_or_null(&scan, tuple, Anum_dm_event_subscription_types);
		result = lappend(result, subscription);
	}
	dm_scan_end(&scan);
	return result;
}

List *
dm_subscription_list(void)
{
	return find_subscriptions(NULL, 0, NULL);
}

DmSubscription *
dm_subscription_find(const char *name)
{
	ScanKeyData key;
	List *found;

	dm_key_text(&key, Anum_dm_event_subscription_name, name);
	found = find_subscriptions("event_subscription_name_key", 1, &key);
	return found == NIL ? NULL : linitial(found);
}

DmSubscription *
dm_subscription_get(const char *name)
{
	DmSubscription *subscription = dm_subscription_find(name);

	/* of a subscriber of others it is not told that there is one */
	if (subscription == NULL || GetUserNameFromId(subscription->role, true) == NULL ||
		!has_privs_of_role(GetUserId(), subscription->role))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("subscriber \"%s\" does not exist, or is not yours", name),
				 errhint("datamesh.event_subscriptions lists your subscribers; dm_subscribe_events makes one.")));
	return subscription;
}

/* "a.b" is that, "a.*" whatever begins with "a." */
static bool
matches(const char *pattern, const char *text)
{
	size_t length = strlen(pattern);

	if (length >= 2 && strcmp(pattern + length - 2, ".*") == 0)
		return strncmp(pattern, text, length - 1) == 0;
	return strcmp(pattern, text) == 0;
}

static bool
any_matches(List *patterns, const char *text)
{
	ListCell *lc;

	foreach(lc, patterns)
		if (matches(lfirst(lc), text))
			return true;
	return patterns == NIL;
}

bool
dm_subscription_has_product(DmSubscription *subscription, DmProduct *product)
{
	return any_matches(subscription->products,
					   psprintf("%s.%s", product->domain->name, product->name));
}

bool
dm_subscription_has_type(DmSubscription *subscription, const char *type)
{
	return any_matches(subscription->types, type);
}

/* --- cursors --- */

static void
cursor_keys(ScanKeyData keys[2], int64 subscription, int64 product_id)
{
	dm_key_int8(&keys[0], Anum_dm_event_cursor_subscription, subscription);
	dm_key_int8(&keys[1], Anum_dm_event_cursor_product, product_id);
}

DmCursor
dm_cursor_get(int64 subscription, int64 product_id)
{
	DmCursor cursor = { 0, 0 };
	ScanKeyData keys[2];
	DmScan scan;
	HeapTuple tuple;

	cursor_keys(keys, subscription, product_id);
	dm_scan_begin(&scan, DM_EVENT_CURSOR, "event_cursor_pkey", 2, keys);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
	{
		cursor.acked = dm_scan_int8(&scan, tuple, Anum_dm_event_cursor_acked);
		cursor.lost = dm_scan_int8(&scan, tuple, Anum_dm_event_cursor_lost);
	}
	dm_scan_end(&scan);
	return cursor;
}

void
dm_cursor_set(int64 subscription, int64 product_id, const DmCursor *cursor)
{
	ScanKeyData keys[2];
	DmScan scan;
	DmWriter writer;
	HeapTuple tuple;
	DmRow row;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_event_cursor_subscription, Int64GetDatum(subscription));
	dm_row_set(&row, Anum_dm_event_cursor_product, Int64GetDatum(product_id));
	dm_row_set(&row, Anum_dm_event_cursor_acked, Int64GetDatum(cursor->acked));
	dm_row_set(&row, Anum_dm_event_cursor_lost, Int64GetDatum(cursor->lost));
	cursor_keys(keys, subscription, product_id);
	dm_data_begin(&writer, DM_EVENT_CURSOR);
	dm_scan_begin(&scan, DM_EVENT_CURSOR, "event_cursor_pkey", 2, keys);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
		dm_data_update(&writer, tuple, &row);
	else
		dm_data_insert(&writer, &row);
	dm_scan_end(&scan);
	dm_data_end(&writer);
}

/* Deletes cursors by one of their columns. */
static void
delete_cursors(AttrNumber attno, int64 value)
{
	DmScan scan;
	DmWriter writer;
	HeapTuple tuple;

	dm_data_begin(&writer, DM_EVENT_CURSOR);
	dm_scan_begin(&scan, DM_EVENT_CURSOR, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		if (dm_scan_int8(&scan, tuple, attno) == value)
			dm_data_delete(&writer, tuple);
	dm_scan_end(&scan);
	dm_data_end(&writer);
}

void
dm_cursor_forget(int64 product_id)
{
	delete_cursors(Anum_dm_event_cursor_product, product_id);
}

/* --- SQL functions --- */

static void
check_types(List *types)
{
	ListCell *lc;

	foreach(lc, types)
	{
		char *type = lfirst(lc);
		size_t length = strlen(type);

		if (length > 2 && strcmp(type + length - 2, ".*") == 0)
			type = pnstrdup(type, length - 2);
		dm_check_dotted("event type", type);
	}
}

/* A product that is, or all of a domain that is. */
static void
check_products(List *products)
{
	ListCell *lc;

	foreach(lc, products)
	{
		char *name = lfirst(lc);
		size_t length = strlen(name);

		if (length > 2 && strcmp(name + length - 2, ".*") == 0)
			(void) dm_domain_get(pnstrdup(name, length - 2), false);
		else if (strchr(name, '@') != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a subscriber cannot be of one version of a product"),
					 errhint("Name the product without \"%s\": its events say which version they are of.",
							 strchr(name, '@'))));
		else
			(void) dm_product_get(name, false);
	}
}

/* The subscriber begins with what happens from now on. */
static void
skip_past(int64 subscription_id)
{
	DmScan scan;
	HeapTuple tuple;

	dm_scan_begin(&scan, DM_EVENT_POSITION, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		DmCursor cursor = { dm_scan_int8(&scan, tuple, Anum_dm_event_position_sequence), 0 };

		dm_cursor_set(subscription_id,
					  dm_scan_int8(&scan, tuple, Anum_dm_event_position_product), &cursor);
	}
	dm_scan_end(&scan);
}

static bool
arg_from_start(FunctionCallInfo fcinfo, int n)
{
	char *start = dm_arg_text(fcinfo, n, "start");

	if (strcmp(start, "now") != 0 && strcmp(start, "oldest") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid start \"%s\"", start),
				 errhint("It is \"now\" or \"oldest\".")));
	return strcmp(start, "oldest") == 0;
}

Datum
dm_subscribe_events(PG_FUNCTION_ARGS)
{
	char *name = dm_arg_text(fcinfo, 0, "subscriber");
	List *products = dm_arg_list(fcinfo, 1, "products");
	List *types = dm_arg_list(fcinfo, 2, "types");
	bool from_start = arg_from_start(fcinfo, 3);
	int64 id;
	DmRow row;

	dm_check_word("subscriber", name);
	check_products(products);
	check_types(types);
	dm_table_lock(DM_EVENT_SUBSCRIPTION, 0, ExclusiveLock);
	if (dm_subscription_find(name) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("subscriber \"%s\" already exists", name),
				 errhint("Use dm_unsubscribe_events('%s') first, or another name.", name)));
	id = dm_table_next_id(DM_EVENT_SUBSCRIPTION);
	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_event_subscription_id, Int64GetDatum(id));
	dm_row_set_text(&row, Anum_dm_event_subscription_name, name);
	dm_row_set(&row, Anum_dm_event_subscription_role, ObjectIdGetDatum(GetUserId()));
	if (products != NIL)
		dm_row_set(&row, Anum_dm_event_subscription_products, dm_text_array(products));
	if (types != NIL)
		dm_row_set(&row, Anum_dm_event_subscription_types, dm_text_array(types));
	dm_row_set(&row, Anum_dm_event_subscription_created_at,
			   TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set(&row, Anum_dm_event_subscription_created_by, ObjectIdGetDatum(GetUserId()));
	dm_table_insert(DM_EVENT_SUBSCRIPTION, &row);
	if (!from_start)
		skip_past(id);
	PG_RETURN_VOID();
}

Datum
dm_unsubscribe_events(PG_FUNCTION_ARGS)
{
	DmSubscription *subscription;
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	char *name = dm_arg_text(fcinfo, 0, "subscriber");

	dm_table_lock(DM_EVENT_SUBSCRIPTION, 0, ExclusiveLock);
	subscription = dm_subscription_get(name);
	dm_key_int8(&key, Anum_dm_event_subscription_id, subscription->id);
	dm_scan_begin(&scan, DM_EVENT_SUBSCRIPTION, "event_subscription_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
		dm_table_delete(&scan, tuple);
	dm_scan_end(&scan);
	delete_cursors(Anum_dm_event_cursor_subscription, subscription->id);
	PG_RETURN_VOID();
}
