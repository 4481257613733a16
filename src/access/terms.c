/*
 * terms.c
 *		What requests and grants have in common: the checks of their terms.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "access/terms.h"
#include "base/errors.h"
#include "contract/version.h"

TimestampTz
dm_terms_arg_until(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? DT_NOEND : PG_GETARG_TIMESTAMPTZ(n);
}

bool
dm_terms_arg_copies(FunctionCallInfo fcinfo, int n)
{
	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"copies\" must not be null")));
	return PG_GETARG_BOOL(n);
}

void
dm_terms_check_until(DmProduct *product, TimestampTz until)
{
	if (until == DT_NOEND && !product->open_ended)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("access to product \"%s\" must have an end", product->label),
				 errhint("Give argument \"until\", as in until => now() + interval '90 days'.")));
	if (until <= GetCurrentTimestamp())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"until\" must lie in the future")));
}

void
dm_terms_check_status(DmProduct *product, bool draft_too, const char *call)
{
	char *hint = NULL;

	switch (product->status)
	{
		case DM_ACTIVE:
			return;
		case DM_DRAFT:
			if (draft_too)
				return;
			/* FALLTHROUGH */
		case DM_PROPOSED:
			hint = !draft_too ? "Once its team has called dm_publish, access can be requested." :
				   dm_contract_draft(product->id) != NULL ?
								"Make what its contract has and is not there yet (dm_contract_findings), and import it again." :
								"Use dm_add_port first.";
			break;
		case DM_DEPRECATED:
		case DM_RETIRED:
			if (product->successor != NULL)
				hint = psprintf("Its successor is \"%s\": use %s('%s', ...).",
								product->successor, call, product->successor);
			break;
	}
	ereport(ERROR,
			(errcode(ERRCODE_DM_PRODUCT_STATUS),
			 errmsg("product \"%s\" is %s and takes no new consumers", product->label,
					dm_status_name(product->status)),
			 hint ? errhint("%s", hint) : 0));
}

void
dm_terms_check_consumer(DmProduct *product, Oid roleid)
{
	if (dm_domain_is_producer(product->domain, roleid) || dm_product_may_manage(product, roleid))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_GRANT_OPERATION),
				 errmsg("role \"%s\" reads product \"%s\" already",
						GetUserNameFromId(roleid, false), product->label),
				 superuser_arg(roleid) ? errdetail("It is a superuser.") : errdetail("It is a producer of domain \"%s\".", product->domain->name)));
}

bool
dm_terms_is_own(Oid roleid)
{
	return is_member_of_role_nosuper(GetUserId(), roleid) ||
		   is_member_of_role_nosuper(GetOuterUserId(), roleid) ||
		   is_member_of_role_nosuper(GetSessionUserId(), roleid);
}
