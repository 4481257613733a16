/*
 * activity_api.c
 *		The counters in SQL.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "access/producer.h"
#include "activity/activity_flush.h"
#include "activity/governed.h"
#include "compat/pg_compat.h"
#include "registry/portrow.h"
#include "registry/product.h"
#include "registry/schemalabel.h"

#define COUNTERS_ATTS 15

PG_FUNCTION_INFO_V1(dm_activity_counters);
PG_FUNCTION_INFO_V1(dm_flush_activity);

static void
refuse_without_preload(int elevel)
{
	ereport(elevel,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("this server does not count the activity of relations"),
			 errdetail("That needs shared memory, which only a library that is preloaded gets."),
			 errhint("Add datamesh to shared_preload_libraries and restart the server.")));
}

/* The domain of a relation that is counted, NULL for none. */
static DmDomain *
domain_of(Oid relid)
{
	DmProduct *product = dm_governed_port(relid) ? dm_product_of_port(relid) : NULL;

	if (product != NULL)
		return product->domain;
	if (OidIsValid(dm_governed_table(relid)))
	{
		char *name = dm_schema_domain(get_rel_namespace(relid));

		return name == NULL ? NULL : dm_domain_get(name, true);
	}
	return NULL;
}

/* The domain's own people see its counters, and who was granted the table. */
static bool
may_see(DmDomain *domain)
{
	return dm_domain_is_producer(domain, GetUserId()) ||
		   pg_class_aclcheck(dm_activity_table(), GetUserId(), ACL_SELECT) == ACLCHECK_OK;
}

static void
set_time(Datum *values, bool *nulls, int i, TimestampTz value)
{
	values[i] = TimestampTzGetDatum(value);
	nulls[i] = value == 0;
}

static void
put_row(ReturnSetInfo *rsinfo, Oid relid, const DmActivity *activity)
{
	DmDomain *domain = domain_of(relid);
	Datum values[COUNTERS_ATTS];
	bool nulls[COUNTERS_ATTS] = { false };
	int i = 0;

	if (domain == NULL || !may_see(domain))
		return;
	values[i++] = ObjectIdGetDatum(relid);
	values[i++] = CStringGetTextDatum(domain->name);
	values[i++] = CStringGetTextDatum(dm_governed_port(relid) ? "port" : "table");
	set_time(values, nulls, i++, activity->counted_since);
	set_time(values, nulls, i++, activity->last_write);
	set_time(values, nulls, i++, activity->last_read);
	values[i++] = Int64GetDatum(activity->commits);
	values[i++] = Int64GetDatum(activity->inserted);
	values[i++] = Int64GetDatum(activity->updated);
	values[i++] = Int64GetDatum(activity->deleted);
	values[i++] = Int64GetDatum(activity->failed_writes);
	values[i++] = Int64GetDatum(activity->reads);
	values[i++] = Int64GetDatum(activity->failed_reads);
	values[i++] = Int64GetDatum(activity->rows_read);
	values[i++] = Float8GetDatum(activity->read_ms);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* What shared memory has, and what it has not loaded yet. */
Datum
dm_activity_counters(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	DmActivity activity;
	DmScan scan;
	HeapTuple tuple;

	InitMaterializedSRF(fcinfo, 0);
	if (dm_counters_ready())
	{
		int count;
		DmCounted *counted = dm_counters_list(false, &count);

		for (int i = 0; i < count; i++)
			put_row(rsinfo, counted[i].relid, &counted[i].activity);
	}
	else
		refuse_without_preload(WARNING);

	dm_scan_begin(&scan, DM_ACTIVITY, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		Oid relid = dm_scan_oid(&scan, tuple, Anum_dm_activity_relation);

		if (dm_counters_ready() && dm_counters_read(relid, &activity))
			continue;
		dm_activity_read_row(&scan, tuple, &activity);
		put_row(rsinfo, relid, &activity);
	}
	dm_scan_end(&scan);
	PG_RETURN_VOID();
}

Datum
dm_flush_activity(PG_FUNCTION_ARGS)
{
	if (!dm_counters_ready())
		refuse_without_preload(ERROR);
	dm_activity_flush();
	PG_RETURN_VOID();
}
