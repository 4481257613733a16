/*
 * setaside.c
 *		The trigger that sets rows aside.
 *
 * The server has evaluated the trigger's WHEN condition, and calls only for a row that fails.
 * Which rules it breaks is found out by evaluating the arms of that condition one by one, in the
 * order of the trigger's arguments.  The row goes into the side table in the same transaction, and
 * the statement goes on without it.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "rewrite/prs2lock.h"
#include "rewrite/rewriteManip.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/timestamp.h"

#include "base/args.h"
#include "base/sqlname.h"
#include "compat/pg_compat.h"
#include "quality/guard.h"
#include "quality/quarantine.h"

PG_FUNCTION_INFO_V1(dm_set_aside);

/* One rule of the trigger. */
typedef struct Arm
{
	char *rule;
	char *reason;
	ExprState *bad;
} Arm;

/* What is kept for a relation as long as its statement runs. */
typedef struct SetAside
{
	Arm *arms;
	int narms;
	ExprContext *econtext;
	Oid side;
	Oid sequence;
	AttrNumber *from; /* for each column of the side table: where its value is, 0 for none */
} SetAside;

/* For dm_release_quarantine, which asks why the row that it has just put back is not there. */
static List *last_rules = NIL;
static char *last_reason = NULL;

void
dm_quarantine_forget_reason(void)
{
	list_free_deep(last_rules);
	if (last_reason != NULL)
		pfree(last_reason);
	last_rules = NIL;
	last_reason = NULL;
}

void
dm_quarantine_last_reason(List **rules, char **reason)
{
	*rules = last_rules;
	*reason = last_reason;
}

static void
keep_reason(List *rules, const char *reason)
{
	MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);
	ListCell *lc;

	dm_quarantine_forget_reason();
	foreach(lc, rules)
		last_rules = lappend(last_rules, pstrdup(lfirst(lc)));
	last_reason = pstrdup(reason);
	MemoryContextSwitchTo(old);
}

/* Preparing */

/* "(condition) IS FALSE" of NEW, as text about the table's columns. */
static char *
reason_text(Relation rel, Node *arm)
{
	Node *condition = IsA(arm, BooleanTest) ? (Node *) ((BooleanTest *) arm)->arg : arm;

	condition = copyObject(condition);
	ChangeVarNodes(condition, PRS2_NEW_VARNO, 1, 0);
	return dm_guard_condition_sql(RelationGetRelid(rel), condition, NULL);
}

static void
prepare_arms(SetAside *aside, TriggerData *trigdata)
{
	Trigger *trigger = trigdata->tg_trigger;
	Node *qual = trigger->tgqual == NULL ? NULL : stringToNode(trigger->tgqual);
	List *arms = is_orclause(qual) ? ((BoolExpr *) qual)->args : list_make1(qual);
	ListCell *lc;

	aside->narms = trigger->tgnargs;
	if (qual == NULL || list_length(arms) < aside->narms)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("trigger \"%s\" of relation \"%s\" is not as datamesh made it",
						trigger->tgname, RelationGetRelationName(trigdata->tg_relation)),
				 errhint("Use dm_alter_rule to set the mode of one of the rules again.")));
	/* the arms of a single rule are the arms of its own condition */
	if (aside->narms == 1)
		arms = list_make1(qual);
	aside->arms = palloc0(sizeof(Arm) * aside->narms);
	foreach(lc, arms)
	{
		Arm *arm = &aside->arms[foreach_current_index(lc)];
		Node *bad = lfirst(lc);

		arm->rule = pstrdup(trigger->tgargs[foreach_current_index(lc)]);
		arm->reason = reason_text(trigdata->tg_relation, bad);
		ChangeVarNodes(bad, PRS2_NEW_VARNO, OUTER_VAR, 0);
		arm->bad = ExecInitExpr(expression_planner((Expr *) bad), NULL);
	}
	aside->econtext = CreateStandaloneExprContext();
}

static AttrNumber
find_column(TupleDesc desc, Form_pg_attribute wanted)
{
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		if (!att->attisdropped && strcmp(NameStr(att->attname), NameStr(wanted->attname)) == 0)
			return att->atttypid == wanted->atttypid ? i + 1 : InvalidAttrNumber;
	}
	return InvalidAttrNumber;
}

/* Fails unless each column of the table has its place, so that no value is lost. */
static void
prepare_columns(SetAside *aside, Relation rel, Relation side)
{
	TupleDesc desc = RelationGetDescr(rel);
	TupleDesc to = RelationGetDescr(side);

	aside->from = palloc0(sizeof(AttrNumber) * to->natts);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		AttrNumber attnum;

		if (att->attisdropped)
			continue;
		attnum = find_column(to, att);
		if (attnum == InvalidAttrNumber)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("a row of relation \"%s\" cannot be set aside",
							RelationGetRelationName(rel)),
					 errdetail("%s has no column \"%s\" of the same type.",
							   dm_relation_sql(RelationGetRelid(side)), NameStr(att->attname)),
					 errhint("Use dm_alter_rule to set the mode of one of the rules again.")));
		aside->from[attnum - 1] = att->attgenerated == '\0' ? i + 1 : InvalidAttrNumber;
	}
}

static Relation
open_side(Relation rel, Oid side)
{
	Relation result = OidIsValid(side) ? try_table_open(side, RowExclusiveLock) : NULL;

	if (result == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("a row of relation \"%s\" cannot be set aside",
						RelationGetRelationName(rel)),
				 errdetail("The table for such rows is gone."),
				 errhint("Use dm_alter_rule to set the mode of one of the rules again.")));
	return result;
}

static SetAside *
prepare(FunctionCallInfo fcinfo, TriggerData *trigdata)
{
	SetAside *aside = fcinfo->flinfo->fn_extra;
	Relation rel = trigdata->tg_relation;
	MemoryContext old;
	Relation side;

	if (aside != NULL)
		return aside;
	old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	aside = palloc0(sizeof(SetAside));
	prepare_arms(aside, trigdata);
	aside->side = dm_quarantine_side_above(RelationGetRelid(rel));
	side = open_side(rel, aside->side);
	prepare_columns(aside, rel, side);
	aside->sequence = dm_identity_sequence(side,
										   get_attnum(aside->side, DM_QUARANTINE_ID));
	table_close(side, NoLock);
	MemoryContextSwitchTo(old);
	fcinfo->flinfo->fn_extra = aside;
	return aside;
}

/* Judging */

/* The names of the rules that the row breaks, and why. */
static List *
broken_rules(SetAside *aside, TupleTableSlot *row, char **reason)
{
	StringInfoData buf;
	List *result = NIL;

	initStringInfo(&buf);
	ResetExprContext(aside->econtext);
	aside->econtext->ecxt_outertuple = row;
	for (int i = 0; i < aside->narms; i++)
	{
		bool isnull;
		Datum bad = ExecEvalExprSwitchContext(aside->arms[i].bad, aside->econtext, &isnull);

		if (isnull || !DatumGetBool(bad))
			continue;
		result = lappend(result, aside->arms[i].rule);
		appendStringInfo(&buf, "%s%s: not %s", buf.len > 0 ? "; " : "", aside->arms[i].rule,
						 aside->arms[i].reason);
	}
	*reason = buf.data;
	return result;
}

/* A row cannot be half there: the old version stays, and the statement fails. */
static void
refuse_update(Relation rel, List *rules, const char *reason)
{
	ereport(ERROR,
			(errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg("new row for relation \"%s\" violates quality rule \"%s\"",
					RelationGetRelationName(rel), (char *) linitial(rules)),
			 errdetail("The row would have to be set aside (%s), which a row that is there cannot.",
					   reason),
			 errhint("Delete the row, and insert it anew."), errtable(rel)));
}

static Datum
own_value(SetAside *aside, const char *column, List *rules, const char *reason)
{
	if (strcmp(column, DM_QUARANTINE_ID) == 0)
		return Int64GetDatum(nextval_internal(aside->sequence, false));
	if (strcmp(column, DM_QUARANTINE_RULES) == 0)
		return dm_text_array(rules);
	if (strcmp(column, DM_QUARANTINE_REASON) == 0)
		return CStringGetTextDatum(reason);
	if (strcmp(column, DM_QUARANTINE_AT) == 0)
		return TimestampTzGetDatum(GetCurrentTimestamp());
	return DirectFunctionCall1(namein, CStringGetDatum(GetUserNameFromId(GetUserId(), false)));
}

static void
fill_slot(SetAside *aside, TupleTableSlot *slot, TupleTableSlot *row, List *rules,
		  const char *reason)
{
	TupleDesc desc = slot->tts_tupleDescriptor;

	slot_getallattrs(row);
	ExecClearTuple(slot);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		AttrNumber from = aside->from[i];

		slot->tts_isnull[i] = true;
		slot->tts_values[i] = (Datum) 0;
		if (from != InvalidAttrNumber)
		{
			slot->tts_values[i] = row->tts_values[from - 1];
			slot->tts_isnull[i] = row->tts_isnull[from - 1];
		}
		else if (!att->attisdropped && dm_quarantine_is_own_column(NameStr(att->attname)))
		{
			slot->tts_values[i] = own_value(aside, NameStr(att->attname), rules, reason);
			slot->tts_isnull[i] = false;
		}
	}
	ExecStoreVirtualTuple(slot);
}

/*
 * As the server writes a foreign key's follow-up: no privilege of the writer on the side table is
 * asked for.  Its indexes may be its owner's own.
 */
static void
write_row(SetAside *aside, Relation rel, TupleTableSlot *row, List *rules, const char *reason)
{
	Relation side = open_side(rel, aside->side);
	EState *estate = CreateExecutorState();
	ResultRelInfo *info = makeNode(ResultRelInfo);
	TupleTableSlot *slot = table_slot_create(side, NULL);

	InitResultRelInfo(info, side, 0, NULL, 0);
	ExecOpenIndices(info, false);
	fill_slot(aside, slot, row, rules, reason);
	table_tuple_insert(side, slot, GetCurrentCommandId(true), 0, NULL);
	if (info->ri_NumIndices > 0)
		dm_insert_index_tuples(info, slot, estate);
	ExecCloseIndices(info);
	ExecDropSingleTupleTableSlot(slot);
	FreeExecutorState(estate);
	table_close(side, NoLock);
}

Datum
dm_set_aside(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	bool update;
	SetAside *aside;
	TupleTableSlot *row;
	List *rules;
	char *reason;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigdata->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function was not called by a trigger before a row is written")));
	update = TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event);
	row = update ? trigdata->tg_newslot : trigdata->tg_trigslot;
	aside = prepare(fcinfo, trigdata);
	rules = broken_rules(aside, row, &reason);
	if (rules == NIL)
		return PointerGetDatum(update ? trigdata->tg_newtuple : trigdata->tg_trigtuple);
	if (update)
		refuse_update(trigdata->tg_relation, rules, reason);
	write_row(aside, trigdata->tg_relation, row, rules, reason);
	keep_reason(rules, reason);
	return PointerGetDatum(NULL);
}
