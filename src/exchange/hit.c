/*
 * hit.c
 *		Whom the changes of a contract hit.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/timestamp.h"

#include "access/agreement.h"
#include "base/words.h"
#include "catalog/table.h"
#include "exchange/hit.h"

bool
dm_may_see_consumer(DmProduct *product, Oid consumer)
{
	return dm_product_may_manage(product, GetUserId()) ||
		   pg_class_aclcheck(dm_table_oid(DM_AGREEMENT), GetUserId(), ACL_SELECT) == ACLCHECK_OK ||
		   has_privs_of_role(GetUserId(), consumer);
}

List *
dm_consumers_hit(DmProduct *product, DmDifference *difference)
{
	TimestampTz now = GetCurrentTimestamp();
	List *result = NIL;
	ListCell *lc;

	if (difference->verdict != DM_MAJOR)
		return NIL;
	foreach(lc, dm_agreement_list(product->id, InvalidOid))
	{
		DmAgreement *agreement = lfirst(lc);

		if (agreement->valid_until <= now)
			continue;
		if (difference->raised_to != NULL &&
			dm_clearance_covers(agreement->clearance, difference->raised_to))
			continue;
		if (dm_may_see_consumer(product, agreement->consumer))
			result = list_append_unique_oid(result, agreement->consumer);
	}
	return result;
}

char *
dm_consumer_names(List *roles)
{
	List *names = NIL;
	ListCell *lc;

	foreach(lc, roles)
	{
		char *name = GetUserNameFromId(lfirst_oid(lc), true);

		/* dropped, and its agreement not yet ended */
		names = lappend(names, name ? name : psprintf("%u", lfirst_oid(lc)));
	}
	return names == NIL ? NULL : dm_quoted_list(names);
}
