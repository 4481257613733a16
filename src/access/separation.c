/*
 * separation.c
 *		Separation of duties: nobody lowers what stands between him and data.
 *
 * Roles are followed as in dm_terms_is_own, by membership alone: who could SET ROLE to the holder
 * of the agreement holds it.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "access/separation.h"
#include "access/terms.h"
#include "base/errors.h"

bool
dm_profits_by_tags(DmAgreement *agreement, void *tags)
{
	ListCell *lc;

	foreach(lc, (List *) tags)
		if (!dm_clearance_covers(agreement->clearance, lfirst(lc)))
			return true;
	return false;
}

void
dm_separation_check(int64 product_id, const char *change, DmProfits profits, void *arg)
{
	ListCell *lc;

	if (superuser())
		return;
	foreach(lc, dm_agreement_list(product_id, InvalidOid))
	{
		DmAgreement *agreement = lfirst(lc);

		if (agreement->valid_until <= GetCurrentTimestamp() ||
			!dm_terms_is_own(agreement->consumer) ||
			(profits != NULL && !profits(agreement, arg)))
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_DM_SEPARATION),
				 errmsg("role \"%s\" may not %s", GetUserNameFromId(GetUserId(), false), change),
				 errdetail("Access agreement " INT64_FORMAT " of role \"%s\" for product \"%s\" "
						   "would profit from it.",
						   agreement->id, GetUserNameFromId(agreement->consumer, true),
						   dm_product_get_by_id(product_id)->label),
				 errhint("Have it done by somebody who is not a member of that role, or use "
						 "dm_revoke_access(" INT64_FORMAT ") before.",
						 agreement->id)));
	}
}
