/*
 * lifecycle.c
 *		The machine of a product's status.
 *
 *	proposed --add_port--> draft --publish--> active --deprecate--> deprecated --retire--> retired
 *
 * A product whose contract came first stays proposed, with the ports that can be made, until all
 * relations of the contract are there.
 *
 * A product that was never published has no readers to warn, so it may retire
 * without being deprecated first.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/errors.h"
#include "catalog/listen.h"
#include "registry/lifecycle.h"
#include "registry/portrow.h"

static const struct
{
	DmStatus from;
	DmStatus to;
	const char *call; /* what takes the step */
	AttrNumber stamp; /* column that keeps the time, 0 for none */
} steps[] = {
	{ DM_PROPOSED, DM_DRAFT, "dm_add_port", 0 },
	{ DM_PROPOSED, DM_RETIRED, "dm_retire", Anum_dm_product_retired_at },
	{ DM_DRAFT, DM_ACTIVE, "dm_publish", Anum_dm_product_published_at },
	{ DM_DRAFT, DM_RETIRED, "dm_retire", Anum_dm_product_retired_at },
	{ DM_ACTIVE, DM_DEPRECATED, "dm_deprecate", Anum_dm_product_deprecated_at },
	{ DM_DEPRECATED, DM_RETIRED, "dm_retire", Anum_dm_product_retired_at },
};

static int
find_step(DmStatus from, DmStatus to)
{
	for (int i = 0; i < lengthof(steps); i++)
		if (steps[i].from == from && steps[i].to == to)
			return i;
	return -1;
}

void
dm_lifecycle_check(DmProduct *product, DmStatus to)
{
	StringInfoData legal;

	if (find_step(product->status, to) >= 0)
		return;

	initStringInfo(&legal);
	for (int i = 0; i < lengthof(steps); i++)
		if (steps[i].from == product->status)
			appendStringInfo(&legal, "%s%s (%s)", legal.len > 0 ? " or " : "",
							 dm_status_name(steps[i].to), steps[i].call);
	ereport(ERROR,
			(errcode(ERRCODE_DM_PRODUCT_STATUS),
			 errmsg("product \"%s\" is %s and cannot become %s", product->label,
					dm_status_name(product->status), dm_status_name(to)),
			 legal.len > 0 ?
				 errhint("From here it can become %s.", legal.data) :
				 errhint("A retired product stays retired; register a new one or a new major version.")));
}

void
dm_lifecycle_step(DmProduct *product, DmStatus to, DmRow *row)
{
	DmRow own_row;
	int step;

	dm_lifecycle_check(product, to);
	step = find_step(product->status, to);
	if (row == NULL)
	{
		dm_row_init(&own_row);
		row = &own_row;
	}
	dm_row_set_text(row, Anum_dm_product_status, dm_status_name(to));
	if (steps[step].stamp != 0)
		dm_row_set(row, steps[step].stamp, TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_product_update(product, row);

	product->status = to;
	dm_announce(DM_EVENT_PRODUCT_STATUS, product->id);
	dm_port_invalidate_product(product->id);
}
