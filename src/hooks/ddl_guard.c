/*
 * ddl_guard.c
 *		Event triggers: what DDL by others means for the mesh.
 *
 * An event trigger, unlike a hook, loads the library by itself, so these
 * guards also stand in sessions that have not called any of our functions yet.
 *
 *	datamesh_ddl_start	SECURITY LABEL (being called is enough: the label provider is
 *						then loaded) and DROP EXTENSION
 *	datamesh_ddl_end	CREATE VIEW: a replaced view may show other columns than before
 *	datamesh_sql_drop	ports do not go by a DROP of somebody else
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/event_trigger.h"
#include "executor/spi.h"
#include "tcop/cmdtag.h"
#include "utils/lsyscache.h"

#include "base/errors.h"
#include "base/run_as.h"
#include "catalog/table.h"
#include "compat/pg_compat.h"
#include "port/port.h"
#include "registry/portrow.h"
#include "registry/product.h"
#include "registry/schemalabel.h"

PG_FUNCTION_INFO_V1(dm_ddl_start);
PG_FUNCTION_INFO_V1(dm_ddl_end);
PG_FUNCTION_INFO_V1(dm_sql_drop);

static EventTriggerData *
trigger_data(FunctionCallInfo fcinfo)
{
	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function was not called by an event trigger")));
	return (EventTriggerData *) fcinfo->context;
}

static void
check_drop_extension(DropStmt *stmt)
{
	ListCell *lc;

	foreach(lc, stmt->objects)
	{
		if (strcmp(strVal(lfirst(lc)), "datamesh") == 0 && dm_port_views_all() != NIL)
			ereport(ERROR,
					(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
					 errmsg("cannot drop extension \"datamesh\" while ports exist"),
					 errdetail("There are %d ports.", list_length(dm_port_views_all())),
					 errhint("Use SELECT dm_remove_mesh() to see what takes the mesh off, and dm_remove_mesh(dry_run => false) to do it.")));
	}
}

Datum
dm_ddl_start(PG_FUNCTION_ARGS)
{
	EventTriggerData *trigdata = trigger_data(fcinfo);

	if (IsA(trigdata->parsetree, DropStmt) &&
		((DropStmt *) trigdata->parsetree)->removeType == OBJECT_EXTENSION)
		check_drop_extension((DropStmt *) trigdata->parsetree);
	PG_RETURN_NULL();
}

Datum
dm_ddl_end(PG_FUNCTION_ARGS)
{
	EventTriggerData *trigdata = trigger_data(fcinfo);

	if (!dm_in_internal() && IsA(trigdata->parsetree, ViewStmt) &&
		((ViewStmt *) trigdata->parsetree)->replace)
	{
		Oid view = RangeVarGetRelid(((ViewStmt *) trigdata->parsetree)->view, NoLock, true);

		if (OidIsValid(view) && dm_schema_domain(get_rel_namespace(view)) != NULL)
			dm_ports_follow(view);
	}
	PG_RETURN_NULL();
}

/* The views among what the command dropped. */
static List *
dropped_views(void)
{
	List *result = NIL;
	MemoryContext cxt = CurrentMemoryContext;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute("SELECT objid FROM pg_catalog.pg_event_trigger_dropped_objects() "
					"WHERE object_type OPERATOR(pg_catalog.=) 'view'",
					false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the dropped objects");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool isnull;
		Oid view = DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[i],
												  SPI_tuptable->tupdesc, 1, &isnull));
		MemoryContext old = MemoryContextSwitchTo(cxt);

		result = lappend_oid(result, view);
		MemoryContextSwitchTo(old);
	}
	SPI_finish();
	return result;
}

Datum
dm_sql_drop(PG_FUNCTION_ARGS)
{
	ListCell *lc;

	(void) trigger_data(fcinfo);
	/* our own drops have closed the port's row before; without the tables there are no ports */
	if (dm_in_internal() || !OidIsValid(dm_catalog_schema()))
		PG_RETURN_NULL();
	foreach(lc, dropped_views())
	{
		int64 product = dm_port_product(lfirst_oid(lc));

		if (product != 0)
			ereport(ERROR,
					(errcode(ERRCODE_DM_MANAGED_OBJECT),
					 errmsg("cannot drop a port of product \"%s\"",
							dm_product_get_by_id(product)->label),
					 errdetail("Its view is managed by datamesh."),
					 errhint("Use dm_drop_port, or dm_deprecate and dm_retire once it is published.")));
	}
	PG_RETURN_NULL();
}
