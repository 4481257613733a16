/*
 * grant.c
 *		SQL functions that make and end agreements without a request.
 *
 * Those that end agreements of several products take the locks of the domains in
 * order of their ids.
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
#include "base/strings.h"
#include "base/words.h"
#include "catalog/table.h"
#include "registry/product.h"

PG_FUNCTION_INFO_V1(dm_grant_access);
PG_FUNCTION_INFO_V1(dm_revoke_access);
PG_FUNCTION_INFO_V1(dm_forget_role);
PG_FUNCTION_INFO_V1(dm_expire_agreements);

/* An agreement begins now, where nothing is said, or later; it cannot have been in force before. */
static void
check_valid_from(TimestampTz from, TimestampTz until)
{
	if (from < GetCurrentTransactionStartTimestamp())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"valid_from\" must not lie in the past"),
				 errhint("Leave it out to begin now.")));
	if (from >= until)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"valid_from\" must lie before \"until\"")));
}

Datum
dm_grant_access(PG_FUNCTION_ARGS)
{
	char *text = dm_arg_text(fcinfo, 0, "product");
	Oid consumer = dm_arg_role(fcinfo, 1, "consumer");
	char *purpose = dm_arg_text(fcinfo, 2, "purpose");
	List *clearance = dm_arg_list(fcinfo, 3, "clearance");
	TimestampTz until = dm_terms_arg_until(fcinfo, 4);
	TimestampTz from = GetCurrentTransactionStartTimestamp();
	DmProduct *product;

	if (!PG_ARGISNULL(5))
		from = PG_GETARG_TIMESTAMPTZ(5);
	dm_clearance_lock(RowShareLock);
	dm_purpose_check(purpose);
	product = dm_product_get_for_update(text);
	dm_terms_check_status(product, true, "dm_grant_access");
	dm_terms_check_consumer(product, consumer);
	if (dm_terms_is_own(consumer))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("access cannot be granted to oneself"),
				 errdetail("The current user or the user of this session "
						   "is a member of role \"%s\".",
						   GetUserNameFromId(consumer, false)),
				 errhint("Another member of the owner's role can grant it.")));
	dm_terms_check_until(product, until);
	check_valid_from(from, until);
	clearance = dm_clearance_check(clearance);

	PG_RETURN_INT64(dm_agreement_create(product, consumer, purpose, clearance, from, until,
										dm_terms_arg_copies(fcinfo, 6), 0));
}

/* The agreement, which must not have ended yet. */
static DmAgreement *
get_active(int64 id)
{
	DmAgreement *agreement = dm_agreement_get(id);

	if (!agreement->active)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("access agreement %lld is %s already", (long long) id, agreement->state)));
	return agreement;
}

Datum
dm_revoke_access(PG_FUNCTION_ARGS)
{
	int64 id = dm_arg_id(fcinfo, 0, "agreement");
	char *reason = dm_arg_text_or_null(fcinfo, 1, "reason");
	DmAgreement *agreement = get_active(id);
	DmProduct *product = dm_product_get_by_id(agreement->product);

	/* a consumer may give back what he has */
	if (!has_privs_of_role(GetUserId(), agreement->consumer))
		dm_product_check_manage(product);
	dm_table_lock(DM_DOMAIN, product->domain->id, ExclusiveLock);
	dm_agreement_end(get_active(id), "revoked", reason);
	PG_RETURN_VOID();
}

typedef struct Ending
{
	int64 domain;
	int64 agreement;
} Ending;

static int
cmp_endings(const ListCell *a, const ListCell *b)
{
	int64 first = ((Ending *) lfirst(a))->domain;
	int64 second = ((Ending *) lfirst(b))->domain;

	return (first > second) - (first < second);
}

/* The agreements' numbers in the order in which their domains are to be locked. */
static List *
in_lock_order(List *agreements)
{
	List *endings = NIL;
	ListCell *lc;

	foreach(lc, agreements)
	{
		DmAgreement *agreement = lfirst(lc);
		Ending *ending = palloc(sizeof(Ending));

		ending->domain = dm_product_get_by_id(agreement->product)->domain->id;
		ending->agreement = agreement->id;
		endings = lappend(endings, ending);
	}
	list_sort(endings, cmp_endings);
	return endings;
}

/* The agreement with its domain locked; NULL if it ended in the meantime. */
static DmAgreement *
lock_agreement(Ending *ending)
{
	DmAgreement *agreement;

	dm_table_lock(DM_DOMAIN, ending->domain, ExclusiveLock);
	agreement = dm_agreement_get(ending->agreement);
	return agreement->active ? agreement : NULL;
}

/* Fails, naming the products, if the caller may not end all that the role has. */
static void
check_may_forget(Oid role, List *agreements, List *requests)
{
	List *products = NIL;
	List *refused = NIL;
	ListCell *lc;

	if (has_privs_of_role(GetUserId(), role))
		return;
	foreach(lc, agreements)
		products = lappend(products, dm_product_get_by_id(((DmAgreement *) lfirst(lc))->product));
	foreach(lc, requests)
		products = lappend(products, dm_product_get_by_id(((DmRequest *) lfirst(lc))->product));
	foreach(lc, products)
	{
		DmProduct *product = lfirst(lc);

		if (!dm_product_may_manage(product, GetUserId()))
			refused = dm_string_append_unique(refused, product->label);
	}
	if (refused != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to forget role \"%s\"", GetUserNameFromId(role, false)),
				 errdetail("It has agreements or requests for products "
						   "that you do not manage: %s.",
						   dm_quoted_list(refused)),
				 errhint("Their teams, a member of the role or a superuser can do it.")));
}

Datum
dm_forget_role(PG_FUNCTION_ARGS)
{
	Oid role = dm_arg_role(fcinfo, 0, "role");
	List *agreements = dm_agreement_list_of(role);
	ListCell *lc;
	int32 count = 0;

	check_may_forget(role, agreements, dm_request_list_of(role));
	foreach(lc, in_lock_order(agreements))
	{
		DmAgreement *agreement = lock_agreement(lfirst(lc));

		if (agreement == NULL)
			continue;
		dm_agreement_end(agreement, "ended", "the role was forgotten");
		count++;
	}
	count += dm_request_withdraw_all(role, "the role was forgotten");
	PG_RETURN_INT32(count);
}

int
dm_agreement_expire(void)
{
	TimestampTz now = GetCurrentTimestamp();
	ListCell *lc;
	int count = 0;

	foreach(lc, in_lock_order(dm_agreement_list_over(now)))
	{
		DmAgreement *agreement = lock_agreement(lfirst(lc));

		if (agreement == NULL)
			continue;
		if (agreement->valid_until <= now)
			dm_agreement_end(agreement, "expired", NULL);
		else
			dm_agreement_end(agreement, "ended", "the role was dropped");
		count++;
	}
	return count;
}

Datum
dm_expire_agreements(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(dm_agreement_expire());
}
