/*
 * explain_plan.h
 *		What EXPLAIN says of a governed plan.
 */
#ifndef DM_EXPLAIN_EXPLAIN_PLAN_H
#define DM_EXPLAIN_EXPLAIN_PLAN_H

#include "nodes/plannodes.h"

/* A line for each port that the plan reads: product, purpose, agreements, masked columns. */
extern List *dm_explain_plan_lines(PlannedStmt *stmt);

#endif /* DM_EXPLAIN_EXPLAIN_PLAN_H */
