/*
 * command.c
 *		The utility command that is running, and the objects that it made or changed.
 *
 * The utility hook keeps a stack of frames.  In a session that has not loaded the library the
 * first command has none: the event trigger that loads it makes one, which lasts until that
 * command's last trigger or the end of the (sub)transaction.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_class.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "catalog/command.h"

/* the column "command" of pg_event_trigger_ddl_commands() */
#define ATTNO_COMMAND 9

static DmCommand *current = NULL;

DmCommand *
dm_command_current(void)
{
	return current;
}

void
dm_command_begin(DmCommand *command, Node *parsetree)
{
	command->parsetree = parsetree;
	command->touched = NIL;
	command->context = CurrentMemoryContext;
	command->nest_level = GetCurrentTransactionNestLevel();
	command->copy = NULL;
	command->evolution = NULL;
	command->unkept = NIL;
	command->renamed = NIL;
	command->unsecured = false;
	command->by_trigger = false;
	command->outer = current;
	current = command;
}

void
dm_command_end(DmCommand *command)
{
	current = command->outer;
}

DmCommand *
dm_command_trigger_begin(Node *parsetree)
{
	if (current == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(TopTransactionContext);

		dm_command_begin(palloc(sizeof(DmCommand)), parsetree);
		current->by_trigger = true;
		MemoryContextSwitchTo(old);
	}
	return current;
}

void
dm_command_trigger_end(void)
{
	if (current != NULL && current->by_trigger)
		current = NULL;
}

/* The frames of the hook have been taken off by now; one that a trigger made has not. */
static void
at_xact_end(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_ABORT || event == XACT_EVENT_COMMIT || event == XACT_EVENT_PREPARE)
		dm_command_trigger_end();
}

static void
at_subxact_end(SubXactEvent event, SubTransactionId mySubid, SubTransactionId parentSubid,
			   void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB && current != NULL &&
		current->nest_level >= GetCurrentTransactionNestLevel())
		dm_command_trigger_end();
}

void
dm_command_touch(Oid classid, Oid objid, int subid, bool created)
{
	MemoryContext old;
	DmTouched *touched;

	if (current == NULL)
		return;
	old = MemoryContextSwitchTo(current->context);
	touched = palloc0(sizeof(DmTouched));
	ObjectAddressSubSet(touched->address, classid, objid, subid);
	touched->created = created;
	/* the change is not visible yet, so this is the schema before it */
	if (!created && classid == RelationRelationId)
		touched->old_schema = get_rel_namespace(objid);
	current->touched = lappend(current->touched, touched);
	MemoryContextSwitchTo(old);
}

static List *
objects_of(DmCommand *command, Oid classid, bool created_only)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, command->touched)
	{
		DmTouched *touched = lfirst(lc);

		if (touched->address.classId == classid && (touched->created || !created_only))
			result = lappend_oid(result, touched->address.objectId);
	}
	list_sort(result, list_oid_cmp);
	list_deduplicate_oid(result);
	return result;
}

List *
dm_command_touched(DmCommand *command, Oid classid)
{
	return objects_of(command, classid, false);
}

List *
dm_command_created(DmCommand *command, Oid classid)
{
	return objects_of(command, classid, true);
}

List *
dm_command_collected(void)
{
	LOCAL_FCINFO(fcinfo, 0);
	FmgrInfo flinfo;
	ReturnSetInfo rsinfo = { .type = T_ReturnSetInfo };
	TupleTableSlot *slot;
	List *result = NIL;

	fmgr_info(F_PG_EVENT_TRIGGER_DDL_COMMANDS, &flinfo);
	rsinfo.econtext = CreateStandaloneExprContext();
	rsinfo.allowedModes = SFRM_Materialize;
	InitFunctionCallInfoData(*fcinfo, &flinfo, 0, InvalidOid, NULL, (fmNodePtr) &rsinfo);
	(void) FunctionCallInvoke(fcinfo);
	if (rsinfo.setResult == NULL)
		elog(ERROR, "could not read the parts of the command");

	slot = MakeSingleTupleTableSlot(rsinfo.setDesc, &TTSOpsMinimalTuple);
	while (tuplestore_gettupleslot(rsinfo.setResult, true, false, slot))
	{
		bool isnull;

		result = lappend(result, DatumGetPointer(slot_getattr(slot, ATTNO_COMMAND, &isnull)));
	}
	ExecDropSingleTupleTableSlot(slot);
	tuplestore_end(rsinfo.setResult);
	FreeExprContext(rsinfo.econtext, true);
	return result;
}

void
dm_command_init(void)
{
	RegisterXactCallback(at_xact_end, NULL);
	RegisterSubXactCallback(at_subxact_end, NULL);
}
