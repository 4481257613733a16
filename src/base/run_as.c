/*
 * run_as.c
 *		The one place where datamesh changes the current user.
 *
 * The nesting level is reset when a transaction or the subtransaction that
 * raised it aborts, so that an error inside cannot leave the guards open.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/syscache.h"

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

static needs_fmgr_hook_type prev_needs_fmgr = NULL;
static fmgr_hook_type prev_fmgr = NULL;

/*
 * Our commands may call functions that somebody has written: immutable ones in a predicate that the
 * planner folds, the check of a domain whose constant is read.  What they do is not our doing.
 */
static bool
needs_fmgr(Oid funcid)
{
	HeapTuple tuple;
	bool result = true;

	if (prev_needs_fmgr != NULL && prev_needs_fmgr(funcid))
		return true;
	if (internal_level == 0)
		return false;
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(funcid));
	if (HeapTupleIsValid(tuple))
	{
		Oid language = ((Form_pg_proc) GETSTRUCT(tuple))->prolang;

		result = language != INTERNALlanguageId && language != ClanguageId;
		ReleaseSysCache(tuple);
	}
	return result;
}

typedef struct CallState
{
	int depth; /* a function may get to call itself by way of the same lookup */
	int level;
	SubTransactionId subid;
	Datum prev_arg;
} CallState;

static void
at_call(FmgrHookEventType event, FmgrInfo *flinfo, Datum *arg)
{
	CallState *state = (CallState *) DatumGetPointer(*arg);

	if (state == NULL)
	{
		state = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(CallState));
		*arg = PointerGetDatum(state);
	}
	if (prev_fmgr != NULL)
		prev_fmgr(event, flinfo, &state->prev_arg);
	if (event == FHET_START)
	{
		if (state->depth++ == 0)
		{
			state->level = internal_level;
			state->subid = internal_subid;
		}
		internal_level = 0;
	}
	else if (--state->depth == 0)
	{
		internal_level = state->level;
		internal_subid = state->subid;
	}
}

void
dm_run_as_init(void)
{
	prev_needs_fmgr = needs_fmgr_hook;
	needs_fmgr_hook = needs_fmgr;
	prev_fmgr = fmgr_hook;
	fmgr_hook = at_call;
	RegisterXactCallback(at_xact_end, NULL);
	RegisterSubXactCallback(at_subxact_end, NULL);
}

void
dm_restrict_begin(DmRestriction *saved, Oid roleid)
{
	GetUserIdAndSecContext(&saved->userid, &saved->sec_context);
	SetUserIdAndSecContext(roleid, saved->sec_context | SECURITY_LOCAL_USERID_CHANGE |
									   SECURITY_RESTRICTED_OPERATION);
	saved->nestlevel = NewGUCNestLevel();
}

void
dm_restrict_end(const DmRestriction *saved)
{
	/* not as at a commit: what was set in between would stay, a search_path for example */
	AtEOXact_GUC(false, saved->nestlevel);
	SetUserIdAndSecContext(saved->userid, saved->sec_context);
}

void
dm_call_as(Oid roleid, void (*work)(void *), void *arg)
{
	DmRestriction saved;

	/*
	 * Commands run what that role has written, down to the checks of a domain in a constant.
	 * It must leave nothing behind that would run as the caller, as a deferred trigger does.
	 */
	dm_restrict_begin(&saved, roleid);
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	internal_begin();

	work(arg);

	internal_end();
	dm_restrict_end(&saved);
	CommandCounterIncrement();
}

static void
execute_sql(void *arg)
{
	const char *sql = arg;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute(sql, false, 0) < 0)
		elog(ERROR, "SPI_execute failed: %s", sql);
	SPI_finish();
}

void
dm_execute_as(Oid roleid, const char *sql)
{
	dm_call_as(roleid, execute_sql, unconstify(char *, sql));
}
