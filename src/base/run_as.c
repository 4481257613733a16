/*
 * run_as.c
 *		The one place where datamesh changes the current user.
 *
 * The nesting level is reset when a transaction or the subtransaction that
 * raised it aborts, so that an error inside cannot leave the guards open.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/guc.h"

#include "base/run_as.h"

static int internal_level = 0;
static SubTransactionId internal_subid = InvalidSubTransactionId;

bool
dm_in_internal(void)
{
	return internal_level > 0;
}

static void
internal_begin(void)
{
	if (internal_level++ == 0)
		internal_subid = GetCurrentSubTransactionId();
}

static void
internal_end(void)
{
	Assert(internal_level > 0);
	internal_level--;
}

static void
at_xact_end(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_ABORT || event == XACT_EVENT_PARALLEL_ABORT)
		internal_level = 0;
}

static void
at_subxact_end(SubXactEvent event, SubTransactionId mySubid, SubTransactionId parentSubid,
			   void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB && internal_level > 0 && mySubid <= internal_subid)
		internal_level = 0;
}

void
dm_run_as_init(void)
{
	RegisterXactCallback(at_xact_end, NULL);
	RegisterSubXactCallback(at_subxact_end, NULL);
}

void
dm_execute_as(Oid roleid, const char *sql)
{
	Oid save_userid;
	int save_sec_context;
	int save_nestlevel;

	GetUserIdAndSecContext(&save_userid, &save_sec_context);
	SetUserIdAndSecContext(roleid, save_sec_context | SECURITY_LOCAL_USERID_CHANGE);
	save_nestlevel = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	internal_begin();

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute(sql, false, 0) < 0)
		elog(ERROR, "SPI_execute failed: %s", sql);
	SPI_finish();

	internal_end();
	AtEOXact_GUC(true, save_nestlevel);
	SetUserIdAndSecContext(save_userid, save_sec_context);
	CommandCounterIncrement();
}
