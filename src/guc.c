/*
 * guc.c
 *		Settings.
 */
#include "postgres.h"

#include "utils/guc.h"

#include "access/decide.h"
#include "classify/change.h"
#include "guc.h"

static void
assign_purpose(const char *newval, void *extra)
{
	const char *old = dm_purpose ? dm_purpose : "";

	if (strcmp(old, newval ? newval : "") != 0)
		dm_decide_purpose_changed();
}

void
dm_guc_init(void)
{
	/* the purpose for which this session reads data */
	DefineCustomStringVariable("datamesh.purpose",
							   "Purpose for which this session reads data products.",
							   "It must be agreed for a product, or lie below an agreed purpose.",
							   &dm_purpose,
							   "",
							   PGC_USERSET,
							   0,
							   NULL,
							   assign_purpose,
							   NULL);

	/* why governance changes what it changes */
	DefineCustomStringVariable("datamesh.change_reason",
							   "Reason of changes that lower a classification, a mask or a policy.",
							   "It goes into datamesh.governance_changes with each of them.",
							   &dm_change_reason,
							   "",
							   PGC_USERSET,
							   0,
							   NULL,
							   NULL,
							   NULL);

	MarkGUCPrefixReserved("datamesh");
}
