/*
 * calendar.c
 *		Maintenance windows: ranges of time, and times of the week in a time zone.
 *
 * A weekly window is two times of day on the clock of its zone.  Each of its days is turned into
 * moments by the server's own rules for that zone, so that it is an hour shorter or longer when
 * the clock changes within it.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "pgtime.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "base/args.h"
#include "catalog/table.h"
#include "compat/pg_compat.h"
#include "registry/product.h"
#include "sla/calendar.h"

#define ALL_PRODUCTS INT64CONST(0)
#define DAYS_A_WEEK	 7

/* a weekly window is unfolded day by day */
#define MAX_YEARS 20

PG_FUNCTION_INFO_V1(dm_add_maintenance);
PG_FUNCTION_INFO_V1(dm_add_weekly_maintenance);
PG_FUNCTION_INFO_V1(dm_drop_maintenance);

static void
add_span(List **spans, TimestampTz from, TimestampTz to, TimestampTz low, TimestampTz high)
{
	DmSpan *span;

	from = Max(from, low);
	to = Min(to, high);
	if (from >= to)
		return;
	span = palloc(sizeof(DmSpan));
	span->from = from;
	span->to = to;
	*spans = lappend(*spans, span);
}

static TimestampTz
at_zone(Datum zone, Timestamp local)
{
	return DatumGetTimestampTz(DirectFunctionCall2(timestamp_zone, zone,
												   TimestampGetDatum(local)));
}

/* The days on which a weekly window begins, from the one before the time, by its own clock. */
static void
unfold_week(DmScan *scan, HeapTuple tuple, List **spans, TimestampTz low, TimestampTz high)
{
	Datum zone = dm_scan_get(scan, tuple, Anum_dm_calendar_time_zone, NULL);
	TimeADT from = DatumGetTimeADT(dm_scan_get(scan, tuple, Anum_dm_calendar_from_time, NULL));
	TimeADT to = DatumGetTimeADT(dm_scan_get(scan, tuple, Anum_dm_calendar_to_time, NULL));
	int32 weekdays = dm_scan_int4(scan, tuple, Anum_dm_calendar_weekdays);
	Timestamp local = DatumGetTimestamp(DirectFunctionCall2(timestamptz_zone, zone,
															TimestampTzGetDatum(low)));
	int64 day = local / USECS_PER_DAY - (local % USECS_PER_DAY < 0 ? 1 : 0) - 1;

	for (;; day++)
	{
		TimestampTz start = at_zone(zone, day * USECS_PER_DAY + from);
		TimestampTz end = at_zone(zone, (day + (to <= from ? 1 : 0)) * USECS_PER_DAY + to);

		CHECK_FOR_INTERRUPTS();
		if (start >= high)
			return;
		/* 2000-01-01 was a Saturday; bit 0 is Sunday */
		if (weekdays & (1 << ((day % DAYS_A_WEEK + DAYS_A_WEEK + 6) % DAYS_A_WEEK)))
			add_span(spans, start, end, low, high);
	}
}

static int
span_cmp(const ListCell *a, const ListCell *b)
{
	const DmSpan *x = lfirst(a);
	const DmSpan *y = lfirst(b);

	return x->from < y->from ? -1 : x->from > y->from ? 1 :
														0;
}

static List *
merge_spans(List *spans)
{
	List *result = NIL;
	DmSpan *last = NULL;
	ListCell *lc;

	list_sort(spans, span_cmp);
	foreach(lc, spans)
	{
		DmSpan *span = lfirst(lc);

		if (last != NULL && span->from <= last->to)
			last->to = Max(last->to, span->to);
		else
		{
			last = span;
			result = lappend(result, span);
		}
	}
	return result;
}

List *
dm_calendar_windows(int64 product_id, TimestampTz from, TimestampTz to)
{
	DmScan scan;
	HeapTuple tuple;
	List *spans = NIL;

	dm_scan_begin(&scan, DM_CALENDAR, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		int64 product = dm_scan_int8(&scan, tuple, Anum_dm_calendar_product);
		TimestampTz starts;
		TimestampTz ends;

		if (product != ALL_PRODUCTS && product != product_id)
			continue;
		starts = DatumGetTimestampTz(dm_scan_get(&scan, tuple, Anum_dm_calendar_starts, NULL));
		ends = DatumGetTimestampTz(dm_scan_get(&scan, tuple, Anum_dm_calendar_ends, NULL));
		starts = Max(starts, from);
		ends = Min(ends, to);
		if (starts >= ends)
			continue;
		if (dm_scan_int4(&scan, tuple, Anum_dm_calendar_weekdays) == 0)
			add_span(&spans, starts, ends, from, to);
		else
			unfold_week(&scan, tuple, &spans, starts, ends);
	}
	dm_scan_end(&scan);
	return merge_spans(spans);
}

int64
dm_span_outside(List *spans, TimestampTz from, TimestampTz to)
{
	int64 result = Max(to - from, 0);
	ListCell *lc;

	foreach(lc, spans)
	{
		DmSpan *span = lfirst(lc);

		result -= Max(Min(span->to, to) - Max(span->from, from), 0);
	}
	return result;
}

TimestampTz
dm_span_around(List *spans, TimestampTz at)
{
	ListCell *lc;

	foreach(lc, spans)
	{
		DmSpan *span = lfirst(lc);

		if (span->from <= at && at < span->to)
			return span->to;
	}
	return 0;
}

void
dm_calendar_forget(int64 product_id)
{
	DmScan scan;
	HeapTuple tuple;

	dm_scan_begin(&scan, DM_CALENDAR, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		if (dm_scan_int8(&scan, tuple, Anum_dm_calendar_product) == product_id)
			dm_table_delete(&scan, tuple);
	dm_scan_end(&scan);
}

/* What is not a product's own is for who has the rights of the extension's owner. */
static void
check_manage_all(void)
{
	if (!has_privs_of_role(GetUserId(), dm_extension_owner()))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to change maintenance windows of all products"),
				 errhint("Name a product of yours in argument \"product\".")));
}

static int64
arg_product(FunctionCallInfo fcinfo, int n)
{
	char *text = dm_arg_text_or_null(fcinfo, n, "product");

	if (text != NULL)
		return dm_product_get_for_update(text)->id;
	check_manage_all();
	return ALL_PRODUCTS;
}

static TimestampTz
arg_time(FunctionCallInfo fcinfo, int n, const char *name, TimestampTz absent)
{
	TimestampTz result;

	if (PG_ARGISNULL(n) && absent != 0)
		return absent;
	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null", name)));
	result = PG_GETARG_TIMESTAMPTZ(n);
	if (TIMESTAMP_NOT_FINITE(result))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must be a finite time", name)));
	return result;
}

static void
check_order(TimestampTz starts, TimestampTz ends)
{
	if (starts >= ends)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a maintenance window must end after it starts")));
}

static int64
insert_window(DmRow *row, int64 product, TimestampTz starts, TimestampTz ends, const char *reason)
{
	int64 id = dm_table_next_id(DM_CALENDAR);

	dm_row_set(row, Anum_dm_calendar_id, Int64GetDatum(id));
	dm_row_set(row, Anum_dm_calendar_product, Int64GetDatum(product));
	dm_row_set(row, Anum_dm_calendar_starts, TimestampTzGetDatum(starts));
	dm_row_set(row, Anum_dm_calendar_ends, TimestampTzGetDatum(ends));
	dm_row_set_text(row, Anum_dm_calendar_reason, reason);
	dm_row_set(row, Anum_dm_calendar_created_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set(row, Anum_dm_calendar_created_by, ObjectIdGetDatum(GetUserId()));
	dm_table_insert(DM_CALENDAR, row);
	return id;
}

Datum
dm_add_maintenance(PG_FUNCTION_ARGS)
{
	TimestampTz starts = arg_time(fcinfo, 0, "starts", 0);
	TimestampTz ends = arg_time(fcinfo, 1, "ends", 0);
	int64 product = arg_product(fcinfo, 2);
	char *reason = dm_arg_text_or_null(fcinfo, 3, "reason");
	DmRow row;

	check_order(starts, ends);
	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_calendar_weekdays, Int32GetDatum(0));
	PG_RETURN_INT64(insert_window(&row, product, starts, ends, reason));
}

static int32
read_weekdays(List *names)
{
	static const char *const days[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };
	int32 result = 0;
	ListCell *lc;

	foreach(lc, names)
	{
		int day;

		for (day = 0; day < DAYS_A_WEEK; day++)
			if (pg_strcasecmp(lfirst(lc), days[day]) == 0)
				break;
		if (day == DAYS_A_WEEK)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("\"%s\" is no day of the week", (char *) lfirst(lc)),
					 errhint("Days are sun, mon, tue, wed, thu, fri and sat.")));
		result |= 1 << day;
	}
	if (result == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"weekdays\" must name a day of the week")));
	return result;
}

static List *
arg_weekdays(FunctionCallInfo fcinfo, int n)
{
	dm_arg_check_given(fcinfo, n, "weekdays");
	return dm_arg_list(fcinfo, n, "weekdays");
}

Datum
dm_add_weekly_maintenance(PG_FUNCTION_ARGS)
{
	int32 weekdays = read_weekdays(arg_weekdays(fcinfo, 0));
	char *zone = dm_arg_text(fcinfo, 3, "time_zone");
	int64 product = arg_product(fcinfo, 4);
	TimestampTz starts = arg_time(fcinfo, 5, "valid_from", GetCurrentTimestamp());
	TimestampTz ends = arg_time(fcinfo, 6, "valid_until",
								starts + MAX_YEARS * INT64CONST(365) * USECS_PER_DAY);
	char *reason = dm_arg_text_or_null(fcinfo, 7, "reason");
	DmRow row;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null",
						PG_ARGISNULL(1) ? "starts" : "ends")));
	if (pg_tzset(zone) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" is not known", zone)));
	check_order(starts, ends);
	if (ends - starts > (MAX_YEARS + 1) * INT64CONST(366) * USECS_PER_DAY)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a weekly maintenance window is valid for at most %d years", MAX_YEARS)));

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_calendar_weekdays, Int32GetDatum(weekdays));
	dm_row_set(&row, Anum_dm_calendar_from_time, PG_GETARG_DATUM(1));
	dm_row_set(&row, Anum_dm_calendar_to_time, PG_GETARG_DATUM(2));
	dm_row_set_text(&row, Anum_dm_calendar_time_zone, zone);
	PG_RETURN_INT64(insert_window(&row, product, starts, ends, reason));
}

Datum
dm_drop_maintenance(PG_FUNCTION_ARGS)
{
	int64 id = dm_arg_id(fcinfo, 0, "window");
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	int64 product;

	dm_key_int8(&key, Anum_dm_calendar_id, id);
	dm_scan_begin(&scan, DM_CALENDAR, "calendar_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("maintenance window " INT64_FORMAT " does not exist", id)));
	product = dm_scan_int8(&scan, tuple, Anum_dm_calendar_product);
	if (product == ALL_PRODUCTS)
		check_manage_all();
	else
		dm_product_check_manage(dm_product_get_by_id(product));
	dm_table_delete(&scan, tuple);
	dm_scan_end(&scan);
	PG_RETURN_VOID();
}
