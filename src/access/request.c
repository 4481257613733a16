/*
 * request.c
 *		Requests for access: their rows and their SQL functions.
 *
 * Anybody may ask for access, so asking must not hold up a domain's team: it does
 * not take the domain's lock.  Instead:
 *
 * - the requests of one role change under a lock on that role's requests
 *   (DM_ACCESS_REQUEST and the role's OID);
 * - a new request holds DM_PRODUCT and the product's id in RowShareLock, retiring
 *   the product in ExclusiveLock, so that no request outlives its product.
 *
 * They come after the locks of the purposes and of the domain, in the order
 * product, role; several roles in order of their OIDs.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "access/agreement.h"
#include "access/purpose.h"
#include "access/request.h"
#include "access/terms.h"
#include "base/args.h"
#include "base/words.h"
#include "catalog/listen.h"
#include "catalog/table.h"
#include "registry/product.h"

PG_FUNCTION_INFO_V1(dm_request_access);
PG_FUNCTION_INFO_V1(dm_approve_access);
PG_FUNCTION_INFO_V1(dm_deny_access);
PG_FUNCTION_INFO_V1(dm_withdraw_request);

static DmRequest *
read_request(DmScan *scan, HeapTuple tuple)
{
	DmRequest *request = palloc0(sizeof(DmRequest));
	bool isnull;
	Datum until;

	request->id = dm_scan_int8(scan, tuple, Anum_dm_access_request_id);
	request->product =
		dm_scan_int8(scan, tuple, Anum_dm_access_request_product);
	request->requester =
		dm_scan_oid(scan, tuple, Anum_dm_access_request_requester);
	request->purpose = dm_scan_text(scan, tuple, Anum_dm_access_request_purpose);
	request->clearance =
		dm_text_array_list(dm_scan_get(scan, tuple, Anum_dm_access_request_clearance, NULL));
	until = dm_scan_get(scan, tuple, Anum_dm_access_request_until, &isnull);
	request->until = isnull ? DT_NOEND : DatumGetTimestampTz(until);
	request->copies =
		DatumGetBool(dm_scan_get(scan, tuple, Anum_dm_access_request_copies, NULL));
	request->state = dm_scan_text(scan, tuple, Anum_dm_access_request_state);
	return request;
}

/* The pending ones by an index. */
static List *
find_pending(const char *index_name, int nkeys, ScanKey keys)
{
	DmScan scan;
	HeapTuple tuple;
	List *result = NIL;

	dm_scan_begin(&scan, DM_ACCESS_REQUEST, index_name, nkeys, keys);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		DmRequest *request = read_request(&scan, tuple);

		if (strcmp(request->state, "pending") == 0)
			result = lappend(result, request);
	}
	dm_scan_end(&scan);
	return result;
}

List *
dm_request_list_of(Oid requester)
{
	ScanKeyData key;

	dm_key_oid(&key, Anum_dm_access_request_requester, requester);
	return find_pending("access_request_requester_idx", 1, &key);
}

int
dm_request_count_of_purpose(const char *purpose)
{
	ListCell *lc;
	int count = 0;

	foreach(lc, find_pending(NULL, 0, NULL))
		if (strcmp(((DmRequest *) lfirst(lc))->purpose, purpose) == 0)
			count++;
	return count;
}

DmRequest *
dm_request_get(int64 id)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	DmRequest *request;

	dm_key_int8(&key, Anum_dm_access_request_id, id);
	dm_scan_begin(&scan, DM_ACCESS_REQUEST, "access_request_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("access request %lld does not exist", (long long) id),
				 errhint("datamesh.access_requests lists the requests.")));
	request = read_request(&scan, tuple);
	dm_scan_end(&scan);
	return request;
}

/* The request, which must not have been decided yet. */
static DmRequest *
get_pending(int64 id)
{
	DmRequest *request = dm_request_get(id);

	if (strcmp(request->state, "pending") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("access request %lld is %s already", (long long) id, request->state)));
	return request;
}

static void
lock_requests_of(Oid requester)
{
	dm_table_lock(DM_ACCESS_REQUEST, requester, ExclusiveLock);
}

/* Writes the decision into the row; agreement is 0 where none came of it. */
static void
decide(DmRequest *request, const char *state, int64 agreement, const char *reason)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	DmRow row;

	dm_row_init(&row);
	dm_row_set_text(&row, Anum_dm_access_request_state, state);
	if (agreement != 0)
		dm_row_set(&row, Anum_dm_access_request_agreement, Int64GetDatum(agreement));
	dm_row_set(&row, Anum_dm_access_request_decided_at,
			   TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set(&row, Anum_dm_access_request_decided_by, ObjectIdGetDatum(GetUserId()));
	dm_row_set_text(&row, Anum_dm_access_request_decision_reason, reason);

	dm_key_int8(&key, Anum_dm_access_request_id, request->id);
	dm_scan_begin(&scan, DM_ACCESS_REQUEST, "access_request_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "no access request with id " INT64_FORMAT, request->id);
	dm_table_update(&scan, tuple, &row);
	dm_scan_end(&scan);
}

static int
cmp_requesters(const ListCell *a, const ListCell *b)
{
	Oid first = ((DmRequest *) lfirst(a))->requester;
	Oid second = ((DmRequest *) lfirst(b))->requester;

	return (first > second) - (first < second);
}

void
dm_request_deny_all(int64 product_id, const char *reason)
{
	ScanKeyData key;
	List *requests;
	ListCell *lc;

	dm_table_lock(DM_PRODUCT, product_id, ExclusiveLock);
	dm_key_int8(&key, Anum_dm_access_request_product, product_id);
	requests = find_pending("access_request_product_idx", 1, &key);
	list_sort(requests, cmp_requesters);
	foreach(lc, requests)
	{
		DmRequest *request = lfirst(lc);

		lock_requests_of(request->requester);
		/* it may have been withdrawn while we waited */
		if (strcmp(dm_request_get(request->id)->state, "pending") == 0)
			decide(request, "denied", 0, reason);
	}
}

int
dm_request_withdraw_all(Oid requester, const char *reason)
{
	List *requests;
	ListCell *lc;

	lock_requests_of(requester);
	requests = dm_request_list_of(requester);
	foreach(lc, requests)
		decide(lfirst(lc), "withdrawn", 0, reason);
	return list_length(requests);
}

/*
 * A second request of the same content is a mistake.  Its end is not compared, for it is
 * often given by now() and an interval.
 */
static void
check_not_asked(DmProduct *product, Oid requester, const char *purpose, List *clearance,
				bool copies)
{
	ListCell *lc;
	char *wanted = dm_quoted_list(clearance);

	foreach(lc, dm_request_list_of(requester))
	{
		DmRequest *request = lfirst(lc);

		if (request->product == product->id && request->copies == copies &&
			strcmp(request->purpose, purpose) == 0 &&
			strcmp(dm_quoted_list(request->clearance), wanted) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_OBJECT),
					 errmsg("access to product \"%s\" is already requested", product->label),
					 errdetail("Request %lld has the same purpose and clearance and is pending.",
							   (long long) request->id),
					 errhint("Use dm_withdraw_request(%lld) to change your mind.",
							 (long long) request->id)));
	}
}

static int64
insert_request(DmProduct *product, const char *purpose, List *clearance, TimestampTz until,
			   const char *reason, bool copies)
{
	int64 id = dm_table_next_id(DM_ACCESS_REQUEST);
	DmRow row;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_access_request_id, Int64GetDatum(id));
	dm_row_set(&row, Anum_dm_access_request_product, Int64GetDatum(product->id));
	dm_row_set(&row, Anum_dm_access_request_requester, ObjectIdGetDatum(GetUserId()));
	dm_row_set_text(&row, Anum_dm_access_request_purpose, purpose);
	dm_row_set(&row, Anum_dm_access_request_clearance, dm_text_array(clearance));
	if (until != DT_NOEND)
		dm_row_set(&row, Anum_dm_access_request_until, TimestampTzGetDatum(until));
	dm_row_set_text(&row, Anum_dm_access_request_reason, reason);
	dm_row_set_text(&row, Anum_dm_access_request_state, "pending");
	dm_row_set(&row, Anum_dm_access_request_copies, BoolGetDatum(copies));
	dm_row_set(&row, Anum_dm_access_request_created_at,
			   TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_table_insert(DM_ACCESS_REQUEST, &row);
	dm_announce(DM_EVENT_ACCESS_REQUESTED, id);
	return id;
}

Datum
dm_request_access(PG_FUNCTION_ARGS)
{
	char *text = dm_arg_text(fcinfo, 0, "product");
	char *purpose = dm_arg_text(fcinfo, 1, "purpose");
	List *clearance = dm_arg_list(fcinfo, 2, "clearance");
	TimestampTz until = dm_terms_arg_until(fcinfo, 3);
	char *reason = dm_arg_text_or_null(fcinfo, 4, "reason");
	bool copies = dm_terms_arg_copies(fcinfo, 5);
	DmProduct *product = dm_product_get(text, false);

	dm_clearance_lock(RowShareLock);
	dm_purpose_check(purpose);
	clearance = dm_clearance_check(clearance);
	dm_table_lock(DM_PRODUCT, product->id, RowShareLock);
	lock_requests_of(GetUserId());

	/* it may have changed while we waited */
	product = dm_product_get_by_id(product->id);
	dm_terms_check_status(product, false, "dm_request_access");
	dm_terms_check_consumer(product, GetUserId());
	dm_terms_check_until(product, until);
	check_not_asked(product, GetUserId(), purpose, clearance, copies);

	PG_RETURN_INT64(insert_request(product, purpose, clearance, until, reason, copies));
}

/* The approved clearance: what was requested, or less. */
static List *
narrow_clearance(DmRequest *request, List *clearance)
{
	ListCell *lc;

	foreach(lc, clearance)
		if (!dm_clearance_covers(request->clearance, lfirst(lc)))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("clearance \"%s\" goes beyond access request %lld",
							(char *) lfirst(lc), (long long) request->id),
					 request->clearance == NIL ? errdetail("It asks for no clearance.") : errdetail("It asks for %s.", dm_quoted_list(request->clearance)),
					 errhint("An approval gives at most what was requested; dm_grant_access gives more.")));
	return clearance;
}

/* The approved end: the requested one, or an earlier one. */
static TimestampTz
narrow_until(DmRequest *request, TimestampTz until)
{
	if (until > request->until)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"until\" goes beyond access request %lld",
						(long long) request->id),
				 errhint("An approval gives at most what was requested; dm_grant_access gives more.")));
	return until;
}

/* The approved copies: as requested, or none. */
static bool
narrow_copies(DmRequest *request, bool copies)
{
	if (copies && !request->copies)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"copies\" goes beyond access request %lld",
						(long long) request->id),
				 errhint("An approval gives at most what was requested; dm_grant_access gives more.")));
	return copies;
}

/* Fails if the request, as it was made, has been overtaken. */
static void
check_still_possible(DmRequest *request, DmProduct *product)
{
	if (GetUserNameFromId(request->requester, true) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("the role that made access request %lld does not exist any more",
						(long long) request->id),
				 errhint("Use dm_deny_access(%lld).", (long long) request->id)));
	dm_terms_check_status(product, false, "dm_request_access");
	dm_terms_check_consumer(product, request->requester);
	if (request->until <= GetCurrentTimestamp())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the end that access request %lld asks for has passed",
						(long long) request->id),
				 errhint("Use dm_deny_access(%lld); the requester can ask again.",
						 (long long) request->id)));
}

static void
check_not_own(DmRequest *request)
{
	if (dm_terms_is_own(request->requester))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("access request %lld cannot be approved by its own requester",
						(long long) request->id),
				 errdetail("Role \"%s\" made it, and the current user or the user of this session "
						   "is a member of that role.",
						   GetUserNameFromId(request->requester, true)),
				 errhint("Another member of the owner's role can approve it.")));
}

Datum
dm_approve_access(PG_FUNCTION_ARGS)
{
	int64 id = dm_arg_id(fcinfo, 0, "request");
	List *clearance = dm_arg_list(fcinfo, 1, "clearance");
	TimestampTz until = dm_terms_arg_until(fcinfo, 2);
	DmRequest *request = get_pending(id);
	DmProduct *product = dm_product_get_by_id(request->product);
	int64 agreement;

	dm_product_check_manage(product);
	check_not_own(request);
	dm_clearance_lock(RowShareLock);
	dm_purpose_check(request->purpose);
	dm_table_lock(DM_DOMAIN, product->domain->id, ExclusiveLock);
	lock_requests_of(request->requester);

	/* either may have changed while we waited */
	request = get_pending(id);
	product = dm_product_get_by_id(request->product);
	dm_product_check_manage(product);
	check_still_possible(request, product);

	/* tags may have gone since the request was made, so its own clearance is checked, too */
	clearance = dm_clearance_check(PG_ARGISNULL(1) ? request->clearance : clearance);
	clearance = narrow_clearance(request, clearance);
	until = PG_ARGISNULL(2) ? request->until : narrow_until(request, until);
	dm_terms_check_until(product, until);

	agreement = dm_agreement_create(product, request->requester, request->purpose, clearance,
									GetCurrentTransactionStartTimestamp(), until,
									PG_ARGISNULL(3) ? request->copies :
													  narrow_copies(request, PG_GETARG_BOOL(3)),
									id);
	decide(request, "approved", agreement, NULL);
	PG_RETURN_INT64(agreement);
}

Datum
dm_deny_access(PG_FUNCTION_ARGS)
{
	int64 id = dm_arg_id(fcinfo, 0, "request");
	char *reason = dm_arg_text_or_null(fcinfo, 1, "reason");
	DmRequest *request = get_pending(id);

	dm_product_check_manage(dm_product_get_by_id(request->product));
	lock_requests_of(request->requester);
	decide(get_pending(id), "denied", 0, reason);
	PG_RETURN_VOID();
}

Datum
dm_withdraw_request(PG_FUNCTION_ARGS)
{
	int64 id = dm_arg_id(fcinfo, 0, "request");
	DmRequest *request = get_pending(id);

	if (!has_privs_of_role(GetUserId(), request->requester))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for access request %lld", (long long) id),
				 errdetail("Only the role that made it may withdraw it.")));
	lock_requests_of(request->requester);
	decide(get_pending(id), "withdrawn", 0, NULL);
	PG_RETURN_VOID();
}
