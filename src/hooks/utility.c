/*
 * utility.c
 *		The utility hook: what is asked before a utility command, and told after it.
 *
 * It is for what event triggers do not see: commands on objects of the whole server (roles,
 * REASSIGN OWNED, databases), and commands that are not DDL (COPY, LOCK, EXPLAIN, ...).  Everything
 * else belongs into the lists of ddl_guard.c, which also stands in sessions that have not loaded
 * the library yet.  The hook is also where a command's frame begins and ends.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "tcop/utility.h"

#include "activity/activity.h"
#include "base/run_as.h"
#include "boundary/copy.h"
#include "boundary/exit.h"
#include "boundary/grantguard.h"
#include "boundary/managed.h"
#include "boundary/rolegrant.h"
#include "boundary/sharing.h"
#include "catalog/command.h"
#include "catalog/table.h"
#include "gate/transparent.h"
#include "hooks/utility.h"
#include "rowpolicy/native.h"
#include "rowpolicy/rowcopy.h"
#include "worker/giveway.h"

static ProcessUtility_hook_type prev_ProcessUtility = NULL;

/*
 * Who is asked before a command, and told after it.  They leave quickly by the node's tag; they
 * are not called for what we do ourselves, nor where the extension is not created.  The parse tree
 * may be in a plan that is used again: nobody changes it.
 */
static const DmCommandListener before_command[] = {
	dm_transparent_before,
	dm_copy_before_explain,
	dm_rolegrant_before,
	NULL
};
static const DmCommandListener after_command[] = {
	dm_transparent_after,
	dm_managed_reassigned,
	dm_grantguard_reassigned,
	dm_exit_reassigned,
	dm_copy_after_explain,
	dm_sharing_after_utility,
	dm_native_reassigned,
	dm_rolegrant_after,
	NULL
};

static void
call_each(const DmCommandListener *listeners, DmCommand *command)
{
	if (listeners[0] == NULL || dm_in_internal() || !IsTransactionState() ||
		!OidIsValid(MyDatabaseId) || !OidIsValid(dm_catalog_schema()))
		return;
	for (int i = 0; listeners[i] != NULL; i++)
		listeners[i](command);
}

static void
next_in_line(PlannedStmt *pstmt, const char *queryString, bool readOnlyTree,
			 ProcessUtilityContext context, ParamListInfo params, QueryEnvironment *queryEnv,
			 DestReceiver *dest, QueryCompletion *qc)
{
	if (prev_ProcessUtility != NULL)
		prev_ProcessUtility(pstmt, queryString, readOnlyTree, context, params, queryEnv, dest, qc);
	else
		standard_ProcessUtility(pstmt, queryString, readOnlyTree, context, params, queryEnv,
								dest, qc);
}

/* COPY by those inside of a domain; everything else is done by whoever is next. */
static void
run_command(PlannedStmt *pstmt, const char *queryString, bool readOnlyTree,
			ProcessUtilityContext context, ParamListInfo params, QueryEnvironment *queryEnv,
			DestReceiver *dest, QueryCompletion *qc)
{
	CopyStmt *stmt = (CopyStmt *) pstmt->utilityStmt;
	DmRowcopyWay way = DM_ROWCOPY_SERVER;
	Oid save_userid;
	int save_sec_context;

	if (IsA(stmt, CopyStmt) && !dm_in_internal() && OidIsValid(dm_catalog_schema()))
		way = dm_rowcopy_way(stmt);
	if (way == DM_ROWCOPY_OURS)
	{
		uint64 processed = dm_rowcopy_from(stmt, queryString);

		if (qc != NULL)
			SetQueryCompletion(qc, CMDTAG_COPY, processed);
		return;
	}
	/* an error takes it back with the (sub)transaction */
	GetUserIdAndSecContext(&save_userid, &save_sec_context);
	if (way == DM_ROWCOPY_NOFORCE)
		SetUserIdAndSecContext(save_userid, save_sec_context | SECURITY_NOFORCE_RLS);
	next_in_line(pstmt, queryString, readOnlyTree, context, params, queryEnv, dest, qc);
	if (way == DM_ROWCOPY_NOFORCE)
		SetUserIdAndSecContext(save_userid, save_sec_context);
}

static void
dm_ProcessUtility(PlannedStmt *pstmt, const char *queryString, bool readOnlyTree,
				  ProcessUtilityContext context, ParamListInfo params, QueryEnvironment *queryEnv,
				  DestReceiver *dest, QueryCompletion *qc)
{
	DmCommand command;

	/*
	 * An element of CREATE SCHEMA, an index of CREATE TABLE are parts of the command around
	 * them.  Within BEGIN, ROLLBACK and the like there is nothing that one could look at.
	 */
	if (context == PROCESS_UTILITY_SUBCOMMAND || IsA(pstmt->utilityStmt, TransactionStmt))
	{
		next_in_line(pstmt, queryString, readOnlyTree, context, params, queryEnv, dest, qc);
		dm_activity_after_command(pstmt->utilityStmt);
		return;
	}

	dm_command_begin(&command, pstmt->utilityStmt);
	PG_TRY();
	{
		call_each(before_command, &command);
		dm_activity_before_command(pstmt->utilityStmt);
		dm_giveway_before(pstmt->utilityStmt);
		run_command(pstmt, queryString, readOnlyTree, context, params, queryEnv, dest, qc);
		dm_activity_after_command(pstmt->utilityStmt);
		call_each(after_command, &command);
		dm_giveway_after(pstmt->utilityStmt);
	}
	PG_FINALLY();
	{
		dm_command_end(&command);
	}
	PG_END_TRY();
}

void
dm_utility_init(void)
{
	prev_ProcessUtility = ProcessUtility_hook;
	ProcessUtility_hook = dm_ProcessUtility;
}
