/*
 * transparent.c
 *		ALTER TABLE of migration tools, with the ports out of the way.
 *
 * Event triggers come too late or too early for this: the server looks for views that mention a
 * column while it executes the command.  So it works in sessions that have loaded the library.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"

#include "base/sqlname.h"
#include "compat/pg_compat.h"
#include "gate/evolve.h"
#include "gate/transparent.h"
#include "port/lift.h"

bool dm_transparent_evolution = false;

/* What the server refuses for a column that a view mentions. */
static bool
changes_columns(AlterTableStmt *stmt)
{
	ListCell *lc;

	foreach(lc, stmt->cmds)
	{
		AlterTableType subtype = ((AlterTableCmd *) lfirst(lc))->subtype;

		if (subtype == AT_AlterColumnType || subtype == AT_DropColumn)
			return true;
	}
	return false;
}

void
dm_transparent_before(DmCommand *command)
{
	AlterTableStmt *stmt = (AlterTableStmt *) command->parsetree;
	Oid relid;

	if (!dm_transparent_evolution || !IsA(stmt, AlterTableStmt) || stmt->objtype != OBJECT_TABLE ||
		XactReadOnly || !changes_columns(stmt) || dm_evolving())
		return;
	relid = RangeVarGetRelid(stmt->relation, NoLock, true);
	if (OidIsValid(relid) && dm_class_ownercheck(relid, GetUserId()) && dm_lift_concerns(relid))
		command->evolution = dm_evolution_begin(dm_lift_of_table(relid));
}

void
dm_transparent_after(DmCommand *command)
{
	AlterTableStmt *stmt = (AlterTableStmt *) command->parsetree;
	DmEvolution *evolution = command->evolution;
	List *reports;
	ListCell *lc;

	if (evolution == NULL)
		return;
	reports = dm_evolution_end(evolution);
	command->evolution = NULL;
	dm_evolution_check(reports,
					   psprintf("the change of table \"%s\"", stmt->relation->relname));
	foreach(lc, reports)
	{
		DmLiftReport *report = lfirst(lc);

		if (report->verdict != DM_LIFT_KEPT)
			ereport(NOTICE,
					(errmsg("%s, %s: %s", report->object, report->kind,
							dm_lift_verdict_name(report->verdict)),
					 report->detail ? errdetail_internal("%s", report->detail) : 0));
	}
}
