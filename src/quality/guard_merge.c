/*
 * guard_merge.c
 *		A MERGE that could move rows past the rules that a statement has to keep.
 *
 * The server keeps rows that MERGE moves to another partition for the triggers of INSERT, and fires
 * those only if the command has an INSERT: else nobody would look at the rows.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/sysattr.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "quality/guard.h"

static bool
has_action(Query *query, CmdType type)
{
	ListCell *lc;

	foreach(lc, query->mergeActionList)
		if (lfirst_node(MergeAction, lc)->commandType == type)
			return true;
	return false;
}

/* Which columns of this relation it sets, by what they are called in the one that it names. */
static Bitmapset *
columns_set(Query *query, Oid named, Oid relid)
{
	Bitmapset *result = NULL;
	ListCell *lc;
	ListCell *lt;

	foreach(lc, query->mergeActionList)
	{
		MergeAction *action = lfirst(lc);

		if (action->commandType != CMD_UPDATE)
			continue;
		foreach(lt, action->targetList)
		{
			TargetEntry *target = lfirst(lt);
			char *column = target->resjunk ? NULL : get_attname(named, target->resno, true);
			AttrNumber attnum = column ? get_attnum(relid, column) : InvalidAttrNumber;

			if (attnum != InvalidAttrNumber)
				result = bms_add_member(result, attnum - FirstLowInvalidHeapAttributeNumber);
		}
	}
	return result;
}

/* Whether it says, or a trigger may say, that rows belong into other partitions. */
static bool
may_move(Query *query, Relation named)
{
	ListCell *lc;

	if (named->trigdesc->trig_update_before_row)
		return true;
	foreach(lc, find_all_inheritors(RelationGetRelid(named), NoLock, NULL))
	{
		Relation rel;
		bool moves;

		if (get_rel_relkind(lfirst_oid(lc)) != RELKIND_PARTITIONED_TABLE)
			continue;
		rel = relation_open(lfirst_oid(lc), AccessShareLock);
		moves = has_partition_attrs(
			rel, columns_set(query, RelationGetRelid(named), RelationGetRelid(rel)), NULL);
		relation_close(rel, NoLock);
		if (moves)
			return true;
	}
	return false;
}

static bool
has_statement_rules(Relation rel)
{
	TriggerDesc *triggers = rel->trigdesc;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
		if (strcmp(triggers->triggers[i].tgname, DM_STATEMENT_INSERT) == 0)
			return true;
	return false;
}

static void
check_merge(Query *query)
{
	RangeTblEntry *target = rt_fetch(query->resultRelation, query->rtable);
	Relation rel;
	bool unseen;

	if (target->relkind != RELKIND_PARTITIONED_TABLE || !has_action(query, CMD_UPDATE) ||
		has_action(query, CMD_INSERT))
		return;
	/* the statement has it locked */
	rel = relation_open(target->relid, NoLock);
	unseen = has_statement_rules(rel) && may_move(query, rel);
	relation_close(rel, NoLock);
	if (unseen)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot keep the quality rules of relation \"%s\" in a MERGE that moves rows between its partitions",
						get_rel_name(target->relid)),
				 errdetail("It has no INSERT, and the server tells only triggers of INSERT about rows that a MERGE moves."),
				 errhint("Use UPDATE ... FROM, or add WHEN NOT MATCHED AND false THEN INSERT DEFAULT VALUES.")));
}

void
dm_guard_check_merge(Query *query)
{
	ListCell *lc;

	if (query->commandType == CMD_MERGE)
		check_merge(query);
	if (!query->hasModifyingCTE)
		return;
	foreach(lc, query->cteList)
	{
		Query *inner = (Query *) lfirst_node(CommonTableExpr, lc)->ctequery;

		if (IsA(inner, Query))
			dm_guard_check_merge(inner);
	}
}
