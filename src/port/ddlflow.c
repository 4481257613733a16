/*
 * ddlflow.c
 *		DDL of others below and on ports.
 *
 * Views, rules, generated columns and inheritance that change below a port change which tags
 * govern what it shows: it follows in the same command.  The ports themselves are neither
 * replaced nor dropped but by our functions, and the extension is not dropped from under them.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/acl.h"

#include "base/errors.h"
#include "catalog/table.h"
#include "classify/label.h"
#include "compat/pg_compat.h"
#include "port/ddlflow.h"
#include "port/port.h"
#include "registry/portrow.h"
#include "registry/product.h"

/* True if a DROP takes the extension with it. */
static bool
drops_extension(DropStmt *stmt)
{
	ListCell *lc;

	if (stmt->removeType != OBJECT_EXTENSION && stmt->removeType != OBJECT_SCHEMA)
		return false;
	foreach(lc, stmt->objects)
	{
		const char *name = strVal(lfirst(lc));

		if (stmt->removeType == OBJECT_EXTENSION && strcmp(name, "datamesh") == 0)
			return true;
		if (stmt->removeType == OBJECT_SCHEMA && stmt->behavior == DROP_CASCADE &&
			get_namespace_oid(name, true) == dm_api_schema())
			return true;
	}
	return false;
}

/* The same for DROP OWNED. */
static bool
drops_owned_extension(DropOwnedStmt *stmt)
{
	ListCell *lc;

	foreach(lc, stmt->roles)
		if (get_rolespec_oid(lfirst(lc), true) == dm_extension_owner())
			return true;
	return false;
}

/* True if an ALTER TABLE can change which tags govern a column. */
static bool
alters_flow(AlterTableStmt *stmt)
{
	ListCell *lc;

	foreach(lc, stmt->cmds)
	{
		switch (((AlterTableCmd *) lfirst(lc))->subtype)
		{
			case AT_AddInherit:
			case AT_DropInherit:
			case AT_AttachPartition:
			case AT_DetachPartition:
				return true;
			default:
				if (dm_alter_sets_expression(((AlterTableCmd *) lfirst(lc))->subtype))
					return true;
				break;
		}
	}
	return false;
}

/* A new child brings the tags of one parent to the others, and of the columns it generates from. */
static bool
child_changes_flow(CreateStmt *stmt)
{
	ListCell *lc;

	if (list_length(stmt->inhRelations) != 1)
		return stmt->inhRelations != NIL;
	foreach(lc, stmt->tableElts)
	{
		ColumnDef *def = lfirst(lc);
		ListCell *lk;

		if (!IsA(def, ColumnDef))
			continue;
		/* a constraint before the command, a property after it */
		if (def->generated != '\0')
			return true;
		foreach(lk, def->constraints)
			if (((Constraint *) lfirst(lk))->contype == CONSTR_GENERATED)
				return true;
	}
	return false;
}

/* True if a command can change which tags govern a column of something that was there before. */
static bool
changes_flow(Node *parsetree)
{
	ListCell *lc;

	switch (nodeTag(parsetree))
	{
		case T_ViewStmt:
			return ((ViewStmt *) parsetree)->replace;
		case T_RuleStmt:
			return ((RuleStmt *) parsetree)->event == CMD_SELECT;
		case T_CreateStmt:
			return child_changes_flow((CreateStmt *) parsetree);
		case T_CreateForeignTableStmt:
			return child_changes_flow(&((CreateForeignTableStmt *) parsetree)->base);
		case T_CreateSchemaStmt:
			/* its elements fire no event triggers of their own */
			foreach(lc, ((CreateSchemaStmt *) parsetree)->schemaElts)
				if (changes_flow(lfirst(lc)))
					return true;
			return false;
		case T_AlterTableStmt:
			return alters_flow((AlterTableStmt *) parsetree);
		default:
			return false;
	}
}

/* The relations that an ALTER TABLE names besides its own. */
static List *
other_relations(AlterTableStmt *stmt)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, stmt->cmds)
	{
		Node *def = ((AlterTableCmd *) lfirst(lc))->def;

		if (def != NULL && IsA(def, RangeVar))
			result = lappend(result, def);
		else if (def != NULL && IsA(def, PartitionCmd))
			result = lappend(result, ((PartitionCmd *) def)->name);
	}
	return result;
}

/* Takes the locks that following the change will need, before the command takes its own. */
static void
prepare_change(Node *parsetree)
{
	List *names = NIL;
	List *relids = NIL;
	ListCell *lc;

	switch (nodeTag(parsetree))
	{
		case T_ViewStmt:
			names = list_make1(((ViewStmt *) parsetree)->view);
			break;
		case T_RuleStmt:
			names = list_make1(((RuleStmt *) parsetree)->relation);
			break;
		case T_CreateStmt:
			names = ((CreateStmt *) parsetree)->inhRelations;
			break;
		case T_CreateForeignTableStmt:
			names = ((CreateForeignTableStmt *) parsetree)->base.inhRelations;
			break;
		case T_CreateSchemaStmt:
			foreach(lc, ((CreateSchemaStmt *) parsetree)->schemaElts)
				prepare_change(lfirst(lc));
			return;
		case T_AlterTableStmt:
			names = lcons(((AlterTableStmt *) parsetree)->relation,
						  other_relations((AlterTableStmt *) parsetree));
			break;
		default:
			break;
	}
	foreach(lc, names)
	{
		Oid relid = RangeVarGetRelid(lfirst(lc), NoLock, true);

		/* the command of somebody who may not change it fails, and shall not hold anybody up */
		if (OidIsValid(relid) && dm_class_ownercheck(relid, GetUserId()))
			relids = list_append_unique_oid(relids, relid);
	}
	dm_ports_prepare(relids);
}

/* The same before a column is labelled. */
static void
prepare_label(SecLabelStmt *stmt)
{
	List *names;
	Oid relid;

	if (stmt->objtype != OBJECT_COLUMN || stmt->provider == NULL ||
		strcmp(stmt->provider, "datamesh") != 0 || list_length((List *) stmt->object) < 2)
		return;
	names = list_copy((List *) stmt->object);
	names = list_truncate(names, list_length(names) - 1);
	relid = RangeVarGetRelid(makeRangeVarFromNameList(names), NoLock, true);
	if (OidIsValid(relid) && dm_class_ownercheck(relid, GetUserId()))
		dm_ports_prepare_label(list_make1_oid(relid));
}

void
dm_flow_before(DmCommand *command)
{
	if (changes_flow(command->parsetree))
		prepare_change(command->parsetree);
	else if (IsA(command->parsetree, SecLabelStmt))
		prepare_label((SecLabelStmt *) command->parsetree);
}

/* Relations that the command made or changed, those of its rules included. */
static const char *const changed_relations =
	"SELECT coalesce(r.ev_class, c.objid) "
	"FROM pg_catalog.pg_event_trigger_ddl_commands() c "
	"LEFT JOIN pg_catalog.pg_rewrite r ON r.oid OPERATOR(pg_catalog.=) c.objid "
	"AND c.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass "
	"WHERE c.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass "
	"OR r.ev_class IS NOT NULL";

/* Views that the command dropped. */
static const char *const dropped_views =
	"SELECT objid FROM pg_catalog.pg_event_trigger_dropped_objects() "
	"WHERE object_type OPERATOR(pg_catalog.=) 'view'";

/*
 * OIDs of objects that the current command is about, as a query on the server's functions tells.
 * Every DROP in the database asks, so the plan is made once a session: planning would take more
 * than all the rest of it.
 */
static List *
objects_of_command(SPIPlanPtr *plan, const char *query)
{
	List *result = NIL;
	MemoryContext cxt = CurrentMemoryContext;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (*plan == NULL)
	{
		SPIPlanPtr prepared = SPI_prepare(query, 0, NULL);

		if (prepared == NULL || SPI_keepplan(prepared) != 0)
			elog(ERROR, "could not plan: %s", SPI_result_code_string(SPI_result));
		*plan = prepared;
	}
	if (SPI_execute_plan(*plan, NULL, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the objects of the command");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool isnull;
		Oid objid = DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[i],
												   SPI_tuptable->tupdesc, 1, &isnull));
		MemoryContext old = MemoryContextSwitchTo(cxt);

		result = list_append_unique_oid(result, objid);
		MemoryContextSwitchTo(old);
	}
	SPI_finish();
	return result;
}

static void
refuse(const char *verb, DmProduct *product, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_DM_MANAGED_OBJECT),
			 errmsg("cannot %s a port of product \"%s\"", verb, product->label),
			 errdetail("Its view is managed by datamesh."),
			 errhint("%s", hint)));
}

void
dm_flow_after(DmCommand *command)
{
	static SPIPlanPtr plan = NULL;
	List *changed;
	ListCell *lc;

	if (!changes_flow(command->parsetree))
		return;
	changed = objects_of_command(&plan, changed_relations);
	foreach(lc, changed)
	{
		DmProduct *product = dm_product_of_port(lfirst_oid(lc));

		if (product != NULL)
			refuse("replace", product,
				   "It changes with the classification of what it shows; use dm_classify.");
		/* what it reads now may be new to the ports, and being labelled at this moment */
		if (dm_ports_showing(lfirst_oid(lc)) != NIL)
			dm_lineage_lock(dm_lineage(lfirst_oid(lc)), ShareLock);
	}
	dm_ports_follow(changed);
}

void
dm_flow_dropped(DmCommand *command)
{
	static SPIPlanPtr plan = NULL;
	ListCell *lc;

	/* our own drops have closed the port's row before */
	foreach(lc, objects_of_command(&plan, dropped_views))
	{
		DmProduct *product = dm_product_of_port(lfirst_oid(lc));

		if (product != NULL)
			refuse("drop", product,
				   "Use dm_drop_port, or dm_deprecate and dm_retire once it is published.");
	}
}

void
dm_flow_keep_extension(DmCommand *command)
{
	Node *parsetree = command->parsetree;

	if (((IsA(parsetree, DropStmt) && drops_extension((DropStmt *) parsetree)) ||
		 (IsA(parsetree, DropOwnedStmt) && drops_owned_extension((DropOwnedStmt *) parsetree))) &&
		dm_port_views_all() != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg("cannot drop extension \"datamesh\" while ports exist"),
				 errdetail("There are %d ports.", list_length(dm_port_views_all())),
				 errhint("Use SELECT dm_remove_mesh() to see what takes the mesh off, and dm_remove_mesh(dry_run => false) to do it.")));
}
