/*
 * guc.c
 *		Settings.
 */
#include "postgres.h"

#include "utils/guc.h"

#include "access/decide.h"
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

	MarkGUCPrefixReserved("datamesh");
}
