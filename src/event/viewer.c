/*
 * viewer.c
 *		Who sees which events.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "access/agreement.h"
#include "event/event.h"
#include "event/viewer.h"

PG_FUNCTION_INFO_V1(dm_sees_event);

/* Any purpose does: what happened to a product is no data of it. */
static bool
has_agreement(DmProduct *product, Oid role)
{
	TimestampTz now = GetCurrentTimestamp();
	ListCell *lc;

	if (!dm_product_is_served(product))
		return false;
	foreach(lc, dm_agreement_list(product->id, InvalidOid))
	{
		DmAgreement *agreement = lfirst(lc);

		if (agreement->valid_from <= now && now < agreement->valid_until &&
			GetUserNameFromId(agreement->consumer, true) != NULL &&
			has_privs_of_role(role, agreement->consumer))
			return true;
	}
	return false;
}

DmViewer
dm_event_viewer(DmProduct *product, Oid role)
{
	if (dm_product_may_manage(product, role) || dm_domain_is_producer(product->domain, role))
		return DM_VIEWER_INSIDE;
	return has_agreement(product, role) ? DM_VIEWER_CONSUMER : DM_VIEWER_NONE;
}

bool
dm_viewer_sees(DmViewer viewer, const char *type)
{
	return viewer == DM_VIEWER_INSIDE ||
		   (viewer == DM_VIEWER_CONSUMER && dm_event_is_for_consumers(type));
}

/* datamesh.sees_event(product, type) */
Datum
dm_sees_event(PG_FUNCTION_ARGS)
{
	DmProduct *product = dm_product_find_by_id(PG_GETARG_INT64(0));

	PG_RETURN_BOOL(product != NULL &&
				   dm_viewer_sees(dm_event_viewer(product, GetUserId()),
								  text_to_cstring(PG_GETARG_TEXT_PP(1))));
}
