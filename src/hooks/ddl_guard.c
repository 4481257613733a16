/*
 * ddl_guard.c
 *		Event triggers: what DDL by others means for the mesh.
 *
 * An event trigger, unlike a hook, loads the library by itself, so these
 * guards also stand in sessions that have not called any of our functions yet.
 * They fire for every DDL command: whoever is listed here leaves quickly by the
 * tag of the parse tree or by the objects that the command touched.
 */
#include "postgres.h"

#include "commands/event_trigger.h"

#include "base/run_as.h"
#include "boundary/copy.h"
#include "boundary/exit.h"
#include "boundary/grantguard.h"
#include "boundary/managed.h"
#include "boundary/sharing.h"
#include "catalog/command.h"
#include "catalog/table.h"
#include "gate/cascade.h"
#include "gate/collect.h"
#include "gate/commit.h"
#include "port/ddlflow.h"
#include "quality/guard.h"
#include "quality/rule_api.h"
#include "quality/rule_rename.h"
#include "rowpolicy/native.h"
#include "rowpolicy/policy_api.h"
#include "rowpolicy/rowcopy.h"
#include "rowpolicy/subject_api.h"
#include "series/series.h"

PG_FUNCTION_INFO_V1(dm_ddl_start);
PG_FUNCTION_INFO_V1(dm_ddl_end);
PG_FUNCTION_INFO_V1(dm_sql_drop);

/*
 * Who is asked before a command, and told after it, in this order: first refusals, then the
 * work that follows a change.  Not called for what we do ourselves, nor where the tables are not
 * there.  A DROP is told to after_drop while the names of what it took are known.
 */
static const DmCommandListener before_command[] = {
	dm_managed_before,
	dm_row_policy_before,
	dm_native_before,
	dm_flow_before,
	dm_cascade_before,
	dm_copy_before,
	dm_rowcopy_before,
	dm_gate_before,
	dm_rules_before_rename,
	NULL
};
static const DmCommandListener after_command[] = {
	dm_managed_after,
	dm_grantguard_after,
	dm_copy_after, /* before those who look at the tags of what it made */
	dm_sharing_after,
	dm_exit_after,
	dm_flow_after,
	dm_cascade_after,
	dm_native_follow,
	dm_rowcopy_after,
	dm_subject_after_command,
	dm_series_after_command,
	dm_rules_after_rename,
	dm_guard_after,
	dm_gate_granted,
	NULL
};
static const DmCommandListener after_drop[] = {
	dm_managed_dropped,
	dm_flow_dropped,
	dm_subject_after_drop,
	dm_row_policy_dropped,
	dm_rules_dropped,
	dm_guard_dropped,
	NULL
};

static DmCommand *
command_of(FunctionCallInfo fcinfo)
{
	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function was not called by an event trigger")));
	return dm_command_trigger_begin(((EventTriggerData *) fcinfo->context)->parsetree);
}

static void
call_each(const DmCommandListener *listeners, DmCommand *command)
{
	if (dm_in_internal() || !OidIsValid(dm_catalog_schema()))
		return;
	for (int i = 0; listeners[i] != NULL; i++)
		listeners[i](command);
}

Datum
dm_ddl_start(PG_FUNCTION_ARGS)
{
	DmCommand *command = command_of(fcinfo);

	dm_flow_keep_extension(command);
	call_each(before_command, command);
	PG_RETURN_NULL();
}

Datum
dm_ddl_end(PG_FUNCTION_ARGS)
{
	call_each(after_command, command_of(fcinfo));
	dm_command_trigger_end();
	PG_RETURN_NULL();
}

Datum
dm_sql_drop(PG_FUNCTION_ARGS)
{
	call_each(after_drop, command_of(fcinfo));
	PG_RETURN_NULL();
}
