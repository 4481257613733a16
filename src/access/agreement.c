/*
 * agreement.c
 *		Access agreements: their rows, and the privileges that go with them.
 *
 * Agreements of a product change only under the lock of its domain.  A row is
 * never deleted; it ends.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "access/agreement.h"
#include "access/privilege.h"
#include "access/request.h"
#include "base/args.h"
#include "base/errors.h"
#include "base/words.h"
#include "catalog/listen.h"
#include "catalog/table.h"
#include "classify/tag.h"
#include "registry/portrow.h"

static bool
role_exists(Oid roleid)
{
	return SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(roleid));
}

static Oid
read_consumer(DmScan *scan, HeapTuple tuple)
{
	return dm_scan_oid(scan, tuple, Anum_dm_agreement_consumer);
}

static TimestampTz
read_until(DmScan *scan, HeapTuple tuple)
{
	bool isnull;
	Datum until = dm_scan_get(scan, tuple, Anum_dm_agreement_valid_until, &isnull);

	return isnull ? DT_NOEND : DatumGetTimestampTz(until);
}

static DmAgreement *
read_agreement(DmScan *scan, HeapTuple tuple)
{
	DmAgreement *agreement = palloc0(sizeof(DmAgreement));

	agreement->id = dm_scan_int8(scan, tuple, Anum_dm_agreement_id);
	agreement->product =
		dm_scan_int8(scan, tuple, Anum_dm_agreement_product);
	agreement->consumer = read_consumer(scan, tuple);
	agreement->purpose = dm_scan_text(scan, tuple, Anum_dm_agreement_purpose);
	agreement->clearance =
		dm_text_array_list(dm_scan_get(scan, tuple, Anum_dm_agreement_clearance, NULL));
	agreement->valid_from =
		DatumGetTimestampTz(dm_scan_get(scan, tuple, Anum_dm_agreement_valid_from, NULL));
	agreement->valid_until = read_until(scan, tuple);
	agreement->copies = DatumGetBool(dm_scan_get(scan, tuple, Anum_dm_agreement_copies, NULL));
	agreement->state = dm_scan_text(scan, tuple, Anum_dm_agreement_state);
	agreement->active = strcmp(agreement->state, "active") == 0;
	return agreement;
}

/* The active ones by an index. */
static List *
find_active(const char *index_name, int nkeys, ScanKey keys)
{
	DmScan scan;
	HeapTuple tuple;
	List *result = NIL;

	dm_scan_begin(&scan, DM_AGREEMENT, index_name, nkeys, keys);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		DmAgreement *agreement = read_agreement(&scan, tuple);

		if (agreement->active)
			result = lappend(result, agreement);
	}
	dm_scan_end(&scan);
	return result;
}

List *
dm_agreement_list(int64 product_id, Oid consumer)
{
	ScanKeyData keys[2];

	dm_key_int8(&keys[0], Anum_dm_agreement_product, product_id);
	dm_key_oid(&keys[1], Anum_dm_agreement_consumer, consumer);
	return find_active("agreement_product_idx", OidIsValid(consumer) ? 2 : 1, keys);
}

List *
dm_agreement_list_of(Oid consumer)
{
	ScanKeyData key;

	dm_key_oid(&key, Anum_dm_agreement_consumer, consumer);
	return find_active("agreement_consumer_idx", 1, &key);
}

static bool
row_is_active(DmScan *scan, HeapTuple tuple)
{
	return strcmp(dm_scan_text(scan, tuple, Anum_dm_agreement_state), "active") == 0;
}

List *
dm_agreement_list_over(TimestampTz now)
{
	DmScan scan;
	HeapTuple tuple;
	List *result = NIL;

	dm_scan_begin(&scan, DM_AGREEMENT, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		if (row_is_active(&scan, tuple) &&
			(read_until(&scan, tuple) <= now || !role_exists(read_consumer(&scan, tuple))))
			result = lappend(result, read_agreement(&scan, tuple));
	dm_scan_end(&scan);
	return result;
}

int
dm_agreement_count_of_purpose(const char *purpose)
{
	DmScan scan;
	HeapTuple tuple;
	int count = 0;

	dm_scan_begin(&scan, DM_AGREEMENT, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		if (row_is_active(&scan, tuple) &&
			strcmp(dm_scan_text(&scan, tuple, Anum_dm_agreement_purpose), purpose) == 0)
			count++;
	dm_scan_end(&scan);
	return count;
}

DmAgreement *
dm_agreement_get(int64 id)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	DmAgreement *agreement;

	dm_key_int8(&key, Anum_dm_agreement_id, id);
	dm_scan_begin(&scan, DM_AGREEMENT, "agreement_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("access agreement %lld does not exist", (long long) id),
				 errhint("datamesh.agreements lists the agreements.")));
	agreement = read_agreement(&scan, tuple);
	dm_scan_end(&scan);
	return agreement;
}

/* The consumers of a product that still exist, each once. */
static List *
consumers_of(int64 product_id)
{
	List *consumers = NIL;
	ListCell *lc;

	foreach(lc, dm_agreement_list(product_id, InvalidOid))
	{
		DmAgreement *agreement = lfirst(lc);

		/* the index gives them by consumer */
		if (role_exists(agreement->consumer) &&
			(consumers == NIL || llast_oid(consumers) != agreement->consumer))
			consumers = lappend_oid(consumers, agreement->consumer);
	}
	return consumers;
}

static void
check_room(DmProduct *product, Oid consumer)
{
	List *consumers = consumers_of(product->id);

	if (list_length(consumers) >= DM_MAX_CONSUMERS && !list_member_oid(consumers, consumer))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("product \"%s\" has too many consumers", product->label),
				 errdetail("At most %d roles can have agreements of their own for one product.",
						   DM_MAX_CONSUMERS),
				 errhint("Grant access to a group role: its agreement serves all members.")));
}

int64
dm_agreement_create(DmProduct *product, Oid consumer, const char *purpose, List *clearance,
					TimestampTz valid_from, TimestampTz valid_until, bool copies,
					int64 request)
{
	int64 id;
	DmRow row;

	check_room(product, consumer);

	id = dm_table_next_id(DM_AGREEMENT);
	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_agreement_id, Int64GetDatum(id));
	dm_row_set(&row, Anum_dm_agreement_product, Int64GetDatum(product->id));
	dm_row_set(&row, Anum_dm_agreement_consumer, ObjectIdGetDatum(consumer));
	dm_row_set_text(&row, Anum_dm_agreement_purpose, purpose);
	dm_row_set(&row, Anum_dm_agreement_clearance, dm_text_array(clearance));
	dm_row_set(&row, Anum_dm_agreement_valid_from, TimestampTzGetDatum(valid_from));
	if (valid_until != DT_NOEND)
		dm_row_set(&row, Anum_dm_agreement_valid_until, TimestampTzGetDatum(valid_until));
	dm_row_set_text(&row, Anum_dm_agreement_state, "active");
	dm_row_set(&row, Anum_dm_agreement_copies, BoolGetDatum(copies));
	if (request != 0)
		dm_row_set(&row, Anum_dm_agreement_request, Int64GetDatum(request));
	dm_row_set(&row, Anum_dm_agreement_created_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set(&row, Anum_dm_agreement_created_by, ObjectIdGetDatum(GetUserId()));
	dm_table_insert(DM_AGREEMENT, &row);

	if (dm_product_is_served(product))
		dm_privilege_grant(product, dm_port_views(product->id), list_make1_oid(consumer));
	dm_port_invalidate_product(product->id);
	dm_announce(DM_EVENT_AGREEMENT_MADE, id);
	return id;
}

/* Writes the end into the row.  What ends by the clock was ended by nobody, and then. */
static void
close_row(DmAgreement *agreement, const char *state, const char *reason)
{
	bool by_clock = strcmp(state, "expired") == 0;
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	DmRow row;

	dm_row_init(&row);
	dm_row_set_text(&row, Anum_dm_agreement_state, state);
	dm_row_set(&row, Anum_dm_agreement_ended_at,
			   TimestampTzGetDatum(by_clock ? agreement->valid_until : GetCurrentTimestamp()));
	if (!by_clock)
		dm_row_set(&row, Anum_dm_agreement_ended_by, ObjectIdGetDatum(GetUserId()));
	dm_row_set_text(&row, Anum_dm_agreement_end_reason, reason);

	dm_key_int8(&key, Anum_dm_agreement_id, agreement->id);
	dm_scan_begin(&scan, DM_AGREEMENT, "agreement_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "no access agreement with id " INT64_FORMAT, agreement->id);
	dm_table_update(&scan, tuple, &row);
	dm_scan_end(&scan);
	agreement->active = false;
	agreement->state = pstrdup(state);
}

void
dm_agreement_end(DmAgreement *agreement, const char *state, const char *reason)
{
	DmProduct *product = dm_product_get_by_id(agreement->product);

	close_row(agreement, state, reason);
	if (dm_agreement_list(product->id, agreement->consumer) == NIL)
		dm_privilege_revoke(product, list_make1_oid(agreement->consumer));
	dm_port_invalidate_product(product->id);
	dm_announce(DM_EVENT_AGREEMENT_ENDED, agreement->id);
}

/* Splits 'tag', 'tag:raw' or 'tag:token'; false if it is none of them. */
static bool
split_item(const char *item, char **tag, bool *token)
{
	const char *colon = strchr(item, ':');

	*tag = colon ? pnstrdup(item, colon - item) : pstrdup(item);
	*token = colon != NULL && strcmp(colon, ":token") == 0;
	return colon == NULL || *token || strcmp(colon, ":raw") == 0;
}

static bool
item_covers(const char *item, const char *other)
{
	char *tag;
	char *other_tag;
	bool token;
	bool other_token;

	split_item(item, &tag, &token);
	split_item(other, &other_tag, &other_token);
	return dm_dotted_covers(tag, other_tag) && (!token || other_token);
}

bool
dm_clearance_covers(List *clearance, const char *item)
{
	ListCell *lc;

	foreach(lc, clearance)
		if (item_covers(lfirst(lc), item))
			return true;
	return false;
}

/* One element in canonical form. */
static char *
check_item(const char *item)
{
	char *tag;
	bool token;

	if (!split_item(item, &tag, &token))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid clearance \"%s\"", item),
				 errhint("A clearance is a tag, as in \"pii.email\", or a tag and a form, "
						 "as in \"pii.email:token\".")));
	(void) dm_tag_get(tag, false);
	if (token && dm_tag_token_key(tag) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DM_CLASSIFICATION),
				 errmsg("clearance \"%s\" cannot be given", item),
				 errdetail("Neither tag \"%s\" nor one above it has a token key.", tag),
				 errhint("Ask for \"%s\" itself, or have the tag given a key.", tag)));
	return token ? psprintf("%s:token", tag) : tag;
}

static int
cmp_strings(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

void
dm_clearance_lock(LOCKMODE mode)
{
	dm_table_lock(DM_TAG, 1, mode);
}

List *
dm_clearance_check(List *clearance)
{
	List *items = NIL;
	List *result = NIL;
	ListCell *lc;

	foreach(lc, clearance)
		items = lappend(items, check_item(lfirst(lc)));

	for (int i = 0; i < list_length(items); i++)
	{
		char *item = list_nth(items, i);
		bool covered = false;

		/* of two that cover each other, which are equal, the first one stays */
		for (int j = 0; j < list_length(items) && !covered; j++)
			covered = j != i && item_covers(list_nth(items, j), item) &&
					  (j < i || !item_covers(item, list_nth(items, j)));
		if (!covered)
			result = lappend(result, item);
	}
	list_sort(result, cmp_strings);
	return result;
}

/* DM_EVENT_PORT_ADDED: those who may read the product may read its new port. */
static void
port_added(DmEvent event, int64 view)
{
	DmProduct *product = dm_product_get_by_id(dm_port_product((Oid) view));

	if (dm_product_is_served(product))
		dm_privilege_grant(product, list_make1_oid((Oid) view), consumers_of(product->id));
}

/* DM_EVENT_PRODUCT_STATUS: agreements made before publication come into effect. */
static void
product_status(DmEvent event, int64 id)
{
	DmProduct *product = dm_product_get_by_id(id);
	ListCell *lc;

	if (product->status != DM_ACTIVE)
		return;
	/* without privileges nothing kept these roles from being dropped */
	foreach(lc, dm_agreement_list(id, InvalidOid))
	{
		DmAgreement *agreement = lfirst(lc);

		if (!role_exists(agreement->consumer))
			close_row(agreement, "ended", "the role was dropped");
	}
	dm_privilege_grant(product, dm_port_views(id), consumers_of(id));
	dm_port_invalidate_product(id);
}

/* DM_EVENT_PRODUCT_RETIRING: everything that concerns the product's readers ends. */
static void
product_retiring(DmEvent event, int64 id)
{
	DmProduct *product = dm_product_get_by_id(id);
	List *consumers = consumers_of(id);
	ListCell *lc;

	foreach(lc, dm_agreement_list(id, InvalidOid))
		close_row(lfirst(lc), "ended", "the product was retired");
	dm_privilege_revoke(product, consumers);
	dm_request_deny_all(id, "the product was retired");
	dm_port_invalidate_product(id);
}

/* Rows of a table that name the role: it is replaced by none, and what is open is closed. */
static void
forget_in(DmTable table, const char *index_name, AttrNumber role_attno, AttrNumber state_attno,
		  const char *open_state, const char *closed_state, AttrNumber reason_attno,
		  AttrNumber time_attno, Oid roleid)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	char *reason = psprintf("role \"%s\" was dropped", GetUserNameFromId(roleid, false));

	dm_key_oid(&key, role_attno, roleid);
	dm_scan_begin(&scan, table, index_name, 1, &key);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		DmRow row;

		char *before = dm_scan_text(&scan, tuple, reason_attno);

		dm_row_init(&row);
		dm_row_set(&row, role_attno, ObjectIdGetDatum(InvalidOid));
		dm_row_set_text(&row, reason_attno,
						before ? psprintf("%s; %s", before, reason) : reason);
		if (strcmp(dm_scan_text(&scan, tuple, state_attno), open_state) == 0)
		{
			dm_row_set_text(&row, state_attno, closed_state);
			dm_row_set(&row, time_attno, TimestampTzGetDatum(GetCurrentTimestamp()));
		}
		dm_table_update(&scan, tuple, &row);
	}
	dm_scan_end(&scan);
}

void
dm_agreement_role_dropped(Oid roleid)
{
	if (!OidIsValid(dm_catalog_schema()))
		return;
	forget_in(DM_AGREEMENT, "agreement_consumer_idx", Anum_dm_agreement_consumer,
			  Anum_dm_agreement_state, "active", "ended", Anum_dm_agreement_end_reason,
			  Anum_dm_agreement_ended_at, roleid);
	forget_in(DM_ACCESS_REQUEST, "access_request_requester_idx", Anum_dm_access_request_requester,
			  Anum_dm_access_request_state, "pending", "withdrawn",
			  Anum_dm_access_request_decision_reason, Anum_dm_access_request_decided_at, roleid);
}

void
dm_agreement_init(void)
{
	dm_listen(DM_EVENT_PORT_ADDED, port_added);
	dm_listen(DM_EVENT_PRODUCT_STATUS, product_status);
	dm_listen(DM_EVENT_PRODUCT_RETIRING, product_retiring);
}
