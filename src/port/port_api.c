/*
 * port_api.c
 *		SQL functions on ports, and the end of products.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"

#include "base/args.h"
#include "base/errors.h"
#include "base/words.h"
#include "catalog/listen.h"
#include "catalog/table.h"
#include "classify/label.h"
#include "contract/locate.h"
#include "port/port.h"
#include "port/viewtext.h"
#include "registry/lifecycle.h"
#include "registry/portrow.h"
#include "registry/product.h"

PG_FUNCTION_INFO_V1(dm_add_port);
PG_FUNCTION_INFO_V1(dm_drop_port);
PG_FUNCTION_INFO_V1(dm_retire);
PG_FUNCTION_INFO_V1(dm_port_column_list);

Datum
dm_add_port(PG_FUNCTION_ARGS)
{
	char *text = dm_arg_text(fcinfo, 0, "product");
	Oid source = dm_arg_relation(fcinfo, 1, "source");
	char *name = dm_arg_text_or_null(fcinfo, 2, "name");
	List *columns = dm_arg_list(fcinfo, 3, "columns");
	DmProduct *product;
	Oid view;

	if (!PG_ARGISNULL(3) && columns == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"columns\" must not be empty"),
				 errhint("Leave it out to show all columns.")));

	/* before the domain's lock, see table.h: no tag changes its mask meanwhile */
	dm_table_lock(DM_TAG, 0, ShareLock);
	dm_lineage_lock(dm_lineage(source), ShareLock);
	product = dm_product_get_for_update(text);
	if (product->status == DM_DEPRECATED || product->status == DM_RETIRED)
		ereport(ERROR,
				(errcode(ERRCODE_DM_PRODUCT_STATUS),
				 errmsg("product \"%s\" is %s and gets no new ports", product->label,
						dm_status_name(product->status)),
				 errhint("Register a new major version of the product.")));
	view = dm_port_create(product, source, name, columns);
	/* one whose contract came first waits for the rest of it */
	if (product->status == DM_PROPOSED && dm_draft_is_located(product))
		dm_lifecycle_step(product, DM_DRAFT, NULL);
	PG_RETURN_OID(view);
}

/* The product's port of that name, or an error that tells the nearest ones. */
static Oid
find_port(DmProduct *product, const char *name)
{
	List *names = NIL;
	ListCell *lc;
	char *nearest;

	foreach(lc, dm_port_views(product->id))
	{
		if (strcmp(get_rel_name(lfirst_oid(lc)), name) == 0)
			return lfirst_oid(lc);
		names = lappend(names, get_rel_name(lfirst_oid(lc)));
	}
	nearest = dm_nearest(name, names);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("product \"%s\" has no port \"%s\"", product->label, name),
			 nearest ? errhint("Perhaps you meant %s.", nearest) :
					   errhint("datamesh.ports lists the ports.")));
}

Datum
dm_drop_port(PG_FUNCTION_ARGS)
{
	DmProduct *product = dm_product_get_for_update(dm_arg_text(fcinfo, 0, "product"));
	char *name = dm_arg_text(fcinfo, 1, "name");
	bool cascade = !PG_ARGISNULL(2) && PG_GETARG_BOOL(2);
	Oid view = find_port(product, name);

	if (dm_product_is_served(product))
		ereport(ERROR,
				(errcode(ERRCODE_DM_PRODUCT_STATUS),
				 errmsg("port \"%s\" of product \"%s\" is published", name, product->label),
				 errhint("Its consumers rely on it: publish a new major version without it and deprecate this one.")));
	dm_port_drop(product, view, cascade);
	PG_RETURN_VOID();
}

Datum
dm_retire(PG_FUNCTION_ARGS)
{
	DmProduct *product = dm_product_get_for_update(dm_arg_text(fcinfo, 0, "product"));
	bool cascade = !PG_ARGISNULL(1) && PG_GETARG_BOOL(1);
	ListCell *lc;

	dm_lifecycle_check(product, DM_RETIRED);
	dm_announce(DM_EVENT_PRODUCT_RETIRING, product->id);
	foreach(lc, dm_port_views(product->id))
		dm_port_drop(product, lfirst_oid(lc), cascade);
	dm_lifecycle_step(product, DM_RETIRED, NULL);
	PG_RETURN_VOID();
}

/* datamesh.port_column_list(view): what the view datamesh.port_columns is made from. */
Datum
dm_port_column_list(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Oid view = PG_GETARG_OID(0);
	Oid source;
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	if (get_rel_relkind(view) != RELKIND_VIEW)
		PG_RETURN_NULL();
	foreach(lc, dm_port_columns(view, &source))
	{
		DmPortColumn *column = lfirst(lc);
		Datum values[4];
		bool nulls[4] = { false, false, false, false };

		CHECK_FOR_INTERRUPTS();
		values[0] = CStringGetTextDatum(column->name);
		values[1] = ObjectIdGetDatum(source);
		values[2] = CStringGetTextDatum(get_attname(source, column->attnum, false));
		values[3] = dm_text_array(dm_column_tags(source, column->attnum));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	PG_RETURN_NULL();
}
