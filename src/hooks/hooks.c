/*
 * hooks.c
 *		The server's hooks: saved, set and called on here alone.
 *
 * Each one decides in a few instructions whether the query concerns us at all.
 * They are set when the library is loaded, be that at server start or by the
 * first call of one of our functions in a session.
 */
#include "postgres.h"

#include "catalog/objectaccess.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_database.h"
#include "catalog/pg_proc.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "optimizer/planner.h"

#include "access/agreement.h"
#include "access/attribute.h"
#include "access/decide.h"
#include "access/fact.h"
#include "access/fold.h"
#include "access/policy.h"
#include "activity/activity.h"
#include "boundary/acceptance.h"
#include "boundary/copy.h"
#include "boundary/exit_accept.h"
#include "boundary/managed.h"
#include "boundary/sharingrow.h"
#include "catalog/command.h"
#include "compat/pg_compat.h"
#include "event/incident.h"
#include "gate/collect.h"
#include "hooks/hooks.h"
#include "hooks/utility.h"
#include "job/jobrow.h"
#include "port/port.h"
#include "quality/guard.h"
#include "registry/domain.h"
#include "rowpolicy/consent_probe.h"
#include "rowpolicy/statement.h"
#include "series/series.h"

static planner_hook_type prev_planner = NULL;
static ExecutorStart_hook_type prev_ExecutorStart = NULL;
static ExecutorRun_hook_type prev_ExecutorRun = NULL;
static object_access_hook_type prev_object_access = NULL;

static PlannedStmt *
dm_planner(DM_PLANNER_PARAMS)
{
	bool governed = false;
	List *stamps = NIL;
	PlannedStmt *result;

	dm_fold_set_hooked();
	if (parse->commandType != CMD_UTILITY)
	{
		dm_guard_check_merge(parse);
		governed = dm_port_fold(parse, &stamps);
	}

	if (prev_planner != NULL)
		result = prev_planner(DM_PLANNER_ARGS);
	else
		result = standard_planner(DM_PLANNER_ARGS);

	if (governed)
	{
		result->dependsOnRole = true;
		result->invalItems = list_concat(result->invalItems, stamps);
		result->relationOids = list_concat_unique_oid(result->relationOids,
													  dm_fact_tables(stamps));
	}
	return result;
}

/*
 * The planner hook has not looked at the query whose planning loaded the library, nor at SQL
 * functions that the planner has put in place of their calls.
 */
static void
check_escaped_query(PlannedStmt *stmt)
{
	ListCell *lc;

	foreach(lc, stmt->rtable)
	{
		RangeTblEntry *rte = lfirst(lc);

		if (rte->rtekind == RTE_RELATION && rte->relkind != RELKIND_VIEW &&
			OidIsValid(dm_rte_check_as_user(dm_plan_perminfos(stmt), rte)))
			dm_policy_check_bound(rte->relid, dm_rte_check_as_user(dm_plan_perminfos(stmt), rte),
								  NULL);
	}
}

static void
dm_ExecutorStart(QueryDesc *queryDesc, int eflags)
{
	dm_statement_number++;
	/* every governed plan depends on the role; others are none of ours */
	if (queryDesc->plannedstmt->dependsOnRole)
	{
		dm_fact_recheck(queryDesc->plannedstmt);
		check_escaped_query(queryDesc->plannedstmt);
		if (dm_copy_is_made(queryDesc, eflags))
			dm_fact_check_copy(queryDesc->plannedstmt);
	}

	if (prev_ExecutorStart != NULL)
		prev_ExecutorStart(queryDesc, eflags);
	else
		standard_ExecutorStart(queryDesc, eflags);
	dm_consent_executor_started(queryDesc);
	dm_activity_started(queryDesc, eflags);
}

static void
run_plan(DM_EXECUTOR_RUN_PARAMS)
{
	if (prev_ExecutorRun != NULL)
		prev_ExecutorRun(DM_EXECUTOR_RUN_ARGS);
	else
		standard_ExecutorRun(DM_EXECUTOR_RUN_ARGS);
}

static void
dm_ExecutorRun(DM_EXECUTOR_RUN_PARAMS)
{
	DmReading reading;

	/* every plan that reads a port is governed */
	if (!queryDesc->plannedstmt->dependsOnRole || !dm_activity_read_begin(queryDesc, &reading))
	{
		run_plan(DM_EXECUTOR_RUN_ARGS);
		return;
	}
	PG_TRY();
	{
		run_plan(DM_EXECUTOR_RUN_ARGS);
	}
	PG_CATCH();
	{
		dm_activity_read_end(queryDesc, &reading, true);
		PG_RE_THROW();
	}
	PG_END_TRY();
	dm_activity_read_end(queryDesc, &reading, false);
}

static void
dm_object_access(ObjectAccessType access, Oid classId, Oid objectId, int subId, void *arg)
{
	if (prev_object_access != NULL)
		prev_object_access(access, classId, objectId, subId, arg);

	dm_gate_object(access, classId, objectId, subId);
	dm_guard_object_access(access, classId, objectId, subId);
	if (access == OAT_POST_CREATE && !((ObjectAccessPostCreate *) arg)->is_internal)
		dm_command_touch(classId, objectId, subId, true);
	if (access == OAT_POST_ALTER && !((ObjectAccessPostAlter *) arg)->is_internal)
		dm_command_touch(classId, objectId, subId, false);

	/* while its label is still there */
	if (access == OAT_DROP && classId == ProcedureRelationId)
		dm_managed_function_dropped(objectId);
	if (access == OAT_DROP && classId == RelationRelationId && subId == 0)
	{
		dm_sharing_forget(objectId);
		dm_job_drop_relation(objectId);
		dm_incident_relation_dropped(objectId);
		dm_activity_forget(objectId);
	}
	if (access == OAT_DROP && classId == DatabaseRelationId)
		dm_activity_forget_database(objectId);
	if (access == OAT_DROP && classId == RelationRelationId)
		dm_series_dropped(objectId, subId);

	/* event triggers know nothing of roles */
	if (access == OAT_DROP && classId == AuthIdRelationId)
	{
		dm_domain_check_drop_role(objectId);
		dm_agreement_role_dropped(objectId);
		dm_exit_role_dropped(objectId);
		dm_policy_role_dropped(objectId);
		dm_attribute_role_dropped(objectId);
		dm_acceptance_role_dropped(objectId);
	}
}

void
dm_hooks_init(void)
{
	prev_planner = planner_hook;
	planner_hook = dm_planner;
	prev_ExecutorStart = ExecutorStart_hook;
	ExecutorStart_hook = dm_ExecutorStart;
	prev_ExecutorRun = ExecutorRun_hook;
	ExecutorRun_hook = dm_ExecutorRun;
	prev_object_access = object_access_hook;
	object_access_hook = dm_object_access;
	dm_utility_init();
	dm_explain_hook_init();
}
