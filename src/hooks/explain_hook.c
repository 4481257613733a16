/*
 * explain_hook.c
 *		EXPLAIN of a governed query, where the server asks modules.
 */
#include "postgres.h"

#include "compat/pg_compat.h"
#include "explain/explain_plan.h"
#include "hooks/hooks.h"

#if DM_HAVE_EXPLAIN_HOOK
static explain_per_plan_hook_type prev_explain_per_plan = NULL;

static void
dm_explain_per_plan(PlannedStmt *plannedstmt, IntoClause *into, struct ExplainState *es,
					const char *queryString, ParamListInfo params, QueryEnvironment *queryEnv)
{
	List *lines;
	ListCell *lc;

	if (prev_explain_per_plan != NULL)
		prev_explain_per_plan(plannedstmt, into, es, queryString, params, queryEnv);

	/* COSTS OFF is for output that is to be compared, over time and between servers */
	if (!es->costs && !es->verbose)
		return;
	lines = dm_explain_plan_lines(plannedstmt);
	if (lines == NIL)
		return;
	if (es->format != EXPLAIN_FORMAT_TEXT)
		ExplainPropertyList("Datamesh", lines, es);
	else
		foreach(lc, lines)
			ExplainPropertyText("Datamesh", lfirst(lc), es);
}
#endif

void
dm_explain_hook_init(void)
{
#if DM_HAVE_EXPLAIN_HOOK
	prev_explain_per_plan = explain_per_plan_hook;
	explain_per_plan_hook = dm_explain_per_plan;
#endif
}
