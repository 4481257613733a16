/*
 * slo_api.c
 *		Setting and dropping service levels, and telling of refreshes.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "access/producer.h"
#include "base/args.h"
#include "base/words.h"
#include "compat/pg_compat.h"
#include "event/incident.h"
#include "sla/slo_budget.h"
#include "sla/slo_evaluate.h"
#include "sla/slo_job.h"

PG_FUNCTION_INFO_V1(dm_set_slo);
PG_FUNCTION_INFO_V1(dm_drop_slo);
PG_FUNCTION_INFO_V1(dm_record_refresh);
PG_FUNCTION_INFO_V1(dm_slo_replay);

static const char *
arg_property(FunctionCallInfo fcinfo, int n)
{
	char *written = dm_arg_text(fcinfo, n, "property");
	const char *property = dm_slo_property(written);
	char *near;

	if (property != NULL)
		return property;
	near = dm_nearest(written, dm_slo_properties());
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("there is no service level \"%s\"", written),
			 near ? errhint("Did you mean %s?", near) :
					errhint("Use one of %s.", dm_quoted_list(dm_slo_properties()))));
}

static Interval
arg_span(FunctionCallInfo fcinfo, int n)
{
	Interval span;

	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null", "window")));
	span = *PG_GETARG_INTERVAL_P(n);
	if (span.month < 0 || span.day < 0 || span.time < 0 || span.month > 120 ||
		span.day > 3660 || span.time > 3660 * USECS_PER_DAY ||
		(span.month == 0 && span.day == 0 && span.time < USECS_PER_HOUR))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must be from one hour to ten years", "window")));
	return span;
}

static double
arg_objective(FunctionCallInfo fcinfo, int n)
{
	double percent;

	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null", "objective")));
	percent = PG_GETARG_FLOAT8(n);
	if (!(percent > 0 && percent <= 100))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must be more than 0 and at most 100 percent",
						"objective")));
	return percent / 100;
}

static char *
arg_driver(FunctionCallInfo fcinfo, int n)
{
	char *driver = dm_arg_text_or_null(fcinfo, n, "driver");

	if (driver != NULL && strcmp(driver, "regulatory") != 0 && strcmp(driver, "analytics") != 0 &&
		strcmp(driver, "operational") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" drives no service level", driver),
				 errhint("Use \"regulatory\", \"analytics\" or \"operational\".")));
	return driver;
}

static void
check_level(DmSlo *slo)
{
	char *problem = dm_slo_read_target(slo);

	if (problem == NULL && (*slo->element != '\0' || slo->kind == DM_SLO_ELEMENT))
		problem = ((DmSlo *) linitial(dm_slo_resolve(slo)))->problem;
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("service level \"%s\" cannot be measured", slo->property),
				 errdetail("Target \"%s\": %s.", slo->target, problem)));
}

/* The row of a level that was set; the scan is the caller's to end. */
static HeapTuple
find_row(DmScan *scan, int64 product_id, const char *property, const char *element)
{
	ScanKeyData keys[3];

	dm_key_int8(&keys[0], Anum_dm_slo_product, product_id);
	dm_key_text(&keys[1], Anum_dm_slo_property, property);
	dm_key_text(&keys[2], Anum_dm_slo_element, element);
	dm_scan_begin(scan, DM_SLO, "slo_product_property_element_key", 3, keys);
	return dm_scan_next(scan);
}

static void
write_level(const DmSlo *slo, const char *description)
{
	DmScan scan;
	HeapTuple tuple;
	DmRow row;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_slo_product, Int64GetDatum(slo->product->id));
	dm_row_set_text(&row, Anum_dm_slo_property, slo->property);
	dm_row_set_text(&row, Anum_dm_slo_element, slo->element);
	dm_row_set_text(&row, Anum_dm_slo_target, slo->target);
	dm_row_set_text(&row, Anum_dm_slo_unit, slo->unit);
	dm_row_set(&row, Anum_dm_slo_objective, Float8GetDatum(slo->objective));
	dm_row_set(&row, Anum_dm_slo_span, IntervalPGetDatum(unconstify(Interval *, &slo->span)));
	dm_row_set_text(&row, Anum_dm_slo_driver, slo->driver);
	dm_row_set_text(&row, Anum_dm_slo_description, description);
	dm_row_set(&row, Anum_dm_slo_created_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set(&row, Anum_dm_slo_created_by, ObjectIdGetDatum(GetUserId()));
	tuple = find_row(&scan, slo->product->id, slo->property, slo->element);
	if (HeapTupleIsValid(tuple))
		dm_table_update(&scan, tuple, &row);
	else
	{
		dm_row_set(&row, Anum_dm_slo_id, Int64GetDatum(dm_table_next_id(DM_SLO)));
		dm_table_insert(DM_SLO, &row);
	}
	dm_scan_end(&scan);
}

/* Follows the product's levels of a property up to now, be it from now on. */
static void
follow_levels(DmProduct *product, const char *property)
{
	ListCell *lc;

	foreach(lc, dm_slo_list(product))
	{
		DmSlo *slo = lfirst(lc);
		DmSloTrack *track;

		if (strcmp(slo->property, property) != 0)
			continue;
		track = dm_slo_track_read(slo);
		dm_slo_evaluate(track, GetCurrentTimestamp(), true);
		dm_slo_track_write(track);
	}
}

Datum
dm_set_slo(PG_FUNCTION_ARGS)
{
	char *product = dm_arg_text(fcinfo, 0, "product");
	DmSlo *slo = palloc0(sizeof(DmSlo));
	char *element;
	char *description;

	slo->property = arg_property(fcinfo, 1);
	slo->target = dm_arg_text(fcinfo, 2, "target");
	slo->unit = dm_arg_text_or_null(fcinfo, 3, "unit");
	slo->span = arg_span(fcinfo, 4);
	element = dm_arg_text_or_null(fcinfo, 5, "element");
	slo->element = element ? element : pstrdup("");
	slo->driver = arg_driver(fcinfo, 6);
	slo->objective = arg_objective(fcinfo, 7);
	description = dm_arg_text_or_null(fcinfo, 8, "description");
	slo->product = dm_product_get_for_update(product);
	if (slo->product->status == DM_RETIRED)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("product \"%s\" is retired", slo->product->label)));
	check_level(slo);
	dm_slo_lock(slo->product->id);
	/* what was promised before holds for what has happened before */
	follow_levels(slo->product, slo->property);
	write_level(slo, description);
	follow_levels(slo->product, slo->property);
	dm_slo_job_wanted(slo->product);
	PG_RETURN_VOID();
}

/* What is over for good: states and counts, and what an incident was open for. */
static void
forget_level(DmSlo *slo)
{
	DmSloTrack *track = dm_slo_track_read(slo);

	if (strcmp(track->told, "breached") == 0)
		dm_incident_gone(slo->product->id, slo->relid, psprintf("slo:%s", slo->key),
						 "the service level was dropped");
	dm_slo_track_forget(slo->product->id, slo->key);
}

static bool
has_key(List *levels, const char *key)
{
	ListCell *lc;

	foreach(lc, levels)
		if (strcmp(((DmSlo *) lfirst(lc))->key, key) == 0)
			return true;
	return false;
}

Datum
dm_drop_slo(PG_FUNCTION_ARGS)
{
	DmProduct *product;
	const char *property = arg_property(fcinfo, 1);
	char *element = dm_arg_text_or_null(fcinfo, 2, "element");
	List *before;
	List *after;
	DmScan scan;
	HeapTuple tuple;
	ListCell *lc;

	product = dm_product_get_for_update(dm_arg_text(fcinfo, 0, "product"));
	before = dm_slo_list(product);
	tuple = find_row(&scan, product->id, property, element ? element : "");
	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("product \"%s\" has no service level \"%s\" that was set",
						product->label, property),
				 errhint("Service levels of a contract go with it. The view datamesh.slo_status lists all.")));
	dm_table_delete(&scan, tuple);
	dm_scan_end(&scan);

	/* a level of the contract may take its place, and goes on from there */
	dm_slo_lock(product->id);
	after = dm_slo_list(product);
	foreach(lc, before)
		if (!has_key(after, ((DmSlo *) lfirst(lc))->key))
			forget_level(lfirst(lc));
	if (after == NIL)
		dm_job_drop(DM_SLO_JOB, product->literal);
	PG_RETURN_VOID();
}

static void
check_producer(DmProduct *product)
{
	if (!dm_domain_is_producer(product->domain, GetUserId()) &&
		!dm_product_may_manage(product, GetUserId()))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for product \"%s\"", product->label),
				 errdetail("Only producers of its domain may tell when it was refreshed.")));
}

/* Tells the levels of a product, or of one of its elements, of a refresh; how many there are. */
static int
record_refresh(DmProduct *product, const char *element, TimestampTz at)
{
	int count = 0;
	ListCell *lc;

	foreach(lc, dm_slo_list(product))
	{
		DmSlo *slo = lfirst(lc);
		DmSloTrack *track;

		if (slo->kind != DM_SLO_DEADLINE || slo->problem != NULL ||
			(element != NULL && strcmp(slo->element, element) != 0))
			continue;
		track = dm_slo_track_read(slo);
		dm_slo_refreshed(track, at);
		dm_slo_track_write(track);
		count++;
	}
	return count;
}

Datum
dm_record_refresh(PG_FUNCTION_ARGS)
{
	DmProduct *product = dm_product_get(dm_arg_text(fcinfo, 0, "product"), false);
	TimestampTz at = PG_ARGISNULL(1) ? GetCurrentTimestamp() : PG_GETARG_TIMESTAMPTZ(1);
	char *element = dm_arg_text_or_null(fcinfo, 2, "element");

	check_producer(product);
	dm_check_finite(at, "at");
	dm_slo_lock(product->id);
	if (at > GetCurrentTimestamp())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a refresh cannot be recorded before it has happened")));
	if (record_refresh(product, element, at) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("product \"%s\" has no service level that a refresh would keep",
						product->label),
				 errhint("These are latency, frequency and timeOfAvailability; set one with dm_set_slo.")));
	dm_job_run_at(DM_SLO_JOB, product->literal, GetCurrentTimestamp());
	PG_RETURN_VOID();
}

/*
 * datamesh.slo_replay(product, refreshes, until): what dm_record_refresh and the job would have
 * done if these refreshes had come, and nobody had looked in between.
 */
Datum
dm_slo_replay(PG_FUNCTION_ARGS)
{
	DmProduct *product = dm_product_get(dm_arg_text(fcinfo, 0, "product"), false);
	TimestampTz until = PG_GETARG_TIMESTAMPTZ(2);
	Datum *times;
	bool *nulls;
	int count;
	ListCell *lc;

	dm_check_finite(until, "until");
	dm_slo_lock(product->id);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), TIMESTAMPTZOID, sizeof(TimestampTz),
					  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &times, &nulls, &count);
	for (int i = 0; i < count; i++)
		if (!nulls[i])
		{
			dm_check_finite(DatumGetTimestampTz(times[i]), "refreshes");
			(void) record_refresh(product, NULL, DatumGetTimestampTz(times[i]));
		}
	foreach(lc, dm_slo_list(product))
	{
		DmSloTrack *track = dm_slo_track_read(lfirst(lc));

		dm_slo_evaluate(track, until, false);
		dm_slo_track_write(track);
	}
	PG_RETURN_VOID();
}
