/*
 * cascade.c
 *		DROP ... CASCADE below a port, and what takes the place of what was dropped.
 *
 * A migration may drop a relation with what depends on it and make it anew.  A port would go with
 * it, and with the port its privileges and what consumers have built on it.  So the ports that a
 * CASCADE would reach are lifted before the command (port/lift.h): they stay, show nothing,
 * depend on nothing, and are locked until the transaction ends.  At COMMIT each one is written
 * anew over what then has the name of what it showed.  Where that cannot be, the transaction
 * does not commit, whatever the mode of the product's contract: a port does not vanish because
 * of a CASCADE.
 *
 * What was lifted in a subtransaction that is rolled back is as it was before, and forgotten here.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "base/errors.h"
#include "catalog/table.h"
#include "classify/label.h"
#include "classify/tag.h"
#include "compat/pg_compat.h"
#include "gate/cascade.h"
#include "gate/collect.h"
#include "gate/promise.h"
#include "port/port.h"
#include "port/reached.h"
#include "registry/product.h"

/* A port that is out of the way. */
typedef struct Pending
{
	DmLift *lift;
	SubTransactionId subid; /* in which it was lifted */
	bool fresh;				/* by the command that is running */
} Pending;

/* of the transaction, oldest first; goes with its memory */
static List *pending = NIL;

/* --- what a command drops --- */

static List *
add_object(List *objects, Oid classid, Oid objid, int subid)
{
	ObjectAddress *object = palloc(sizeof(ObjectAddress));

	ObjectAddressSubSet(*object, classid, objid, subid);
	return lappend(objects, object);
}

/* The command of somebody who may not drop it fails, and shall not hold anybody up. */
static List *
add_relation(List *objects, List *names)
{
	Oid relid = RangeVarGetRelid(makeRangeVarFromNameList(names), NoLock, true);

	if (!OidIsValid(relid) || (!dm_class_ownercheck(relid, GetUserId()) &&
							   !dm_namespace_ownercheck(get_rel_namespace(relid), GetUserId())))
		return objects;
	return add_object(objects, RelationRelationId, relid, 0);
}

static List *
add_schema(List *objects, const char *name)
{
	Oid nspid = get_namespace_oid(name, true);

	if (!OidIsValid(nspid) || !dm_namespace_ownercheck(nspid, GetUserId()))
		return objects;
	return add_object(objects, NamespaceRelationId, nspid, 0);
}

/* A type, a function, an extension: with the lock and the checks of DROP itself. */
static List *
add_other(List *objects, DropStmt *stmt, Node *name)
{
	Relation relation = NULL;
	ObjectAddress address = get_object_address(stmt->removeType, name, &relation,
											   AccessExclusiveLock, true);
	Oid nspid;

	if (relation != NULL)
		table_close(relation, NoLock);
	if (!OidIsValid(address.objectId))
		return objects;
	/* no port comes back without its mask: the DROP reaches it and is refused */
	if (address.classId == ProcedureRelationId && dm_tag_with_mask(address.objectId) != NULL)
		return objects;
	nspid = get_object_namespace(&address);
	if (!OidIsValid(nspid) || !dm_namespace_ownercheck(nspid, GetUserId()))
		check_object_ownership(GetUserId(), stmt->removeType, address, name, relation);
	return add_object(objects, address.classId, address.objectId, address.objectSubId);
}

static List *
dropped_objects(DropStmt *stmt)
{
	List *objects = NIL;
	ListCell *lc;

	foreach(lc, stmt->objects)
	{
		switch (stmt->removeType)
		{
			case OBJECT_TABLE:
			case OBJECT_FOREIGN_TABLE:
			case OBJECT_VIEW:
			case OBJECT_MATVIEW:
				objects = add_relation(objects, lfirst(lc));
				break;
			case OBJECT_SCHEMA:
				objects = add_schema(objects, strVal(lfirst(lc)));
				break;
			case OBJECT_TYPE:
			case OBJECT_DOMAIN:
			case OBJECT_FUNCTION:
			case OBJECT_PROCEDURE:
			case OBJECT_ROUTINE:
			case OBJECT_AGGREGATE:
			case OBJECT_OPERATOR:
			case OBJECT_COLLATION:
			case OBJECT_EXTENSION:
				objects = add_other(objects, stmt, lfirst(lc));
				break;
			default:
				break;
		}
	}
	return objects;
}

/* A column goes in the children, too. */
static List *
add_column(List *objects, Oid relid, const char *column)
{
	ListCell *lc;

	foreach(lc, dm_relation_family(relid))
	{
		AttrNumber attnum = get_attnum(lfirst_oid(lc), column);

		if (attnum > 0)
			objects = add_object(objects, RelationRelationId, lfirst_oid(lc), attnum);
	}
	return objects;
}

/* Columns, and the keys that a view's GROUP BY may rest on. */
static List *
dropped_parts(AlterTableStmt *stmt)
{
	List *objects = NIL;
	Oid relid = InvalidOid;
	ListCell *lc;

	foreach(lc, stmt->cmds)
	{
		AlterTableCmd *cmd = lfirst(lc);

		if (cmd->behavior != DROP_CASCADE ||
			(cmd->subtype != AT_DropColumn && cmd->subtype != AT_DropConstraint))
			continue;
		if (!OidIsValid(relid))
			relid = RangeVarGetRelid(stmt->relation, NoLock, true);
		if (!OidIsValid(relid) || !dm_class_ownercheck(relid, GetUserId()))
			return NIL;
		if (cmd->subtype == AT_DropColumn)
			objects = add_column(objects, relid, cmd->name);
		else
			objects = add_object(objects, ConstraintRelationId,
								 get_relation_constraint_oid(relid, cmd->name, true), 0);
	}
	return objects;
}

/* --- out of the way --- */

void
dm_cascade_before(DmCommand *command)
{
	List *objects = NIL;
	List *ports;
	MemoryContext old;
	ListCell *lc;

	if (IsA(command->parsetree, DropStmt) &&
		((DropStmt *) command->parsetree)->behavior == DROP_CASCADE)
		objects = dropped_objects((DropStmt *) command->parsetree);
	else if (IsA(command->parsetree, AlterTableStmt))
		objects = dropped_parts((AlterTableStmt *) command->parsetree);
	if (objects == NIL)
		return;
	ports = dm_cascade_ports(objects);
	if (ports == NIL)
		return;
	old = MemoryContextSwitchTo(TopTransactionContext);
	foreach(lc, dm_lift_ports(ports))
	{
		Pending *port = palloc(sizeof(Pending));

		port->lift = lfirst(lc);
		port->subid = GetCurrentSubTransactionId();
		port->fresh = true;
		pending = lappend(pending, port);
		dm_gate_mark(dm_lift_product(port->lift));
	}
	MemoryContextSwitchTo(old);
}

/* The reports of what is broken. */
static List *
broken_reports(List *reports)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, reports)
		if (((DmLiftReport *) lfirst(lc))->verdict == DM_LIFT_BROKEN)
			result = lappend(result, lfirst(lc));
	return result;
}

/* The command has not taken along what the port shows: nothing has happened to it. */
static void
put_back_now(DmLift *lift)
{
	List *broken = broken_reports(dm_lift_put_back(lift, NULL));

	if (broken != NIL)
		dm_cascade_refuse(broken);
	dm_ports_follow(list_make1_oid(dm_lift_view(lift)));
}

void
dm_cascade_after(DmCommand *command)
{
	List *kept = NIL;
	MemoryContext old;
	ListCell *lc;

	if (pending == NIL)
		return;
	old = MemoryContextSwitchTo(TopTransactionContext);
	foreach(lc, pending)
	{
		Pending *port = lfirst(lc);

		if (port->fresh && dm_lift_is_pending(port->lift) && dm_lift_source_stands(port->lift))
		{
			put_back_now(port->lift);
			continue;
		}
		if (port->fresh && dm_lift_is_pending(port->lift))
			ereport(NOTICE,
					(errmsg("a port of product \"%s\" shows nothing until %s is there again",
							dm_product_get_by_id(dm_lift_product(port->lift))->label,
							dm_lift_source_name(port->lift)),
					 errdetail("The transaction does not commit without it.")));
		port->fresh = false;
		kept = lappend(kept, port);
	}
	pending = kept;
	MemoryContextSwitchTo(old);
}

/* --- and back --- */

/* What happened to the others is told, unless nothing did. */
static void
tell_changed(List *reports)
{
	ListCell *lc;

	foreach(lc, reports)
	{
		DmLiftReport *report = lfirst(lc);

		if (report->verdict != DM_LIFT_KEPT && report->verdict != DM_LIFT_BROKEN)
			ereport(NOTICE,
					(errmsg("%s, %s: %s", report->object, report->kind,
							dm_lift_verdict_name(report->verdict)),
					 report->detail ? errdetail_internal("%s", report->detail) : 0));
	}
}

bool
dm_cascade_is_pending(void)
{
	return pending != NIL;
}

List *
dm_cascade_settle(void)
{
	List *broken = NIL;
	List *views = NIL;
	ListCell *lc;

	foreach(lc, pending)
	{
		Pending *port = lfirst(lc);
		List *reports;

		if (!dm_lift_is_pending(port->lift))
			continue;
		reports = dm_lift_put_back(port->lift, dm_promise_admits_type);
		/* one that has lost columns was made anew */
		if (dm_lift_stands(port->lift))
			views = lappend_oid(views, dm_lift_view(port->lift));
		broken = list_concat(broken, broken_reports(reports));
		tell_changed(reports);
	}
	/* ports over ports that showed nothing were guarded by what those showed */
	if (views != NIL && broken == NIL)
		dm_ports_follow(views);
	return broken;
}

char *
dm_cascade_line(DmLiftReport *report)
{
	return psprintf("%s, %s%s%s: %s.", report->object, report->kind,
					report->product == 0 && OidIsValid(report->owner) ? " owned by " : "",
					report->product == 0 && OidIsValid(report->owner) ?
						GetUserNameFromId(report->owner, true) :
						"",
					report->detail ? report->detail : "it cannot be put back");
}

void
dm_cascade_refuse(List *broken)
{
	StringInfoData detail;
	ListCell *lc;

	initStringInfo(&detail);
	foreach(lc, broken)
		appendStringInfo(&detail, "%s%s", detail.len > 0 ? "\n" : "",
						 dm_cascade_line(lfirst(lc)));
	ereport(ERROR,
			(errcode(ERRCODE_DM_MANAGED_OBJECT),
			 errmsg("the transaction would leave ports without what they show"),
			 errdetail_internal("%s", detail.data),
			 errhint("Make it again before COMMIT, or take the port off: with dm_drop_port, or with dm_deprecate and dm_retire once it is published.")));
}

/* --- transactions --- */

static void
at_xact_end(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_PREPARE || event == XACT_EVENT_ABORT)
		pending = NIL;
}

static void
at_subxact_end(SubXactEvent event, SubTransactionId mySubid, SubTransactionId parentSubid,
			   void *arg)
{
	ListCell *lc;

	if (event != SUBXACT_EVENT_ABORT_SUB && event != SUBXACT_EVENT_COMMIT_SUB)
		return;
	foreach(lc, pending)
	{
		Pending *port = lfirst(lc);

		if (port->subid != mySubid)
			continue;
		if (event == SUBXACT_EVENT_ABORT_SUB)
			pending = foreach_delete_current(pending, lc);
		else
			port->subid = parentSubid;
	}
}

void
dm_cascade_init(void)
{
	RegisterXactCallback(at_xact_end, NULL);
	RegisterSubXactCallback(at_subxact_end, NULL);
}
