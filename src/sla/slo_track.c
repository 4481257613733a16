/*
 * slo_track.c
 *		What became of a service level: its states over time, and its counts.
 *
 * States are stored as intervals, from the moment at which the state changed and not from that
 * at which somebody looked: what is computed from them for a month is exact.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/timestamp.h"

#include "catalog/data.h"
#include "sla/slo_track.h"

static const char *const state_names[] = {
	[DM_STATE_UNKNOWN] = "unknown",
	[DM_STATE_OK] = "ok",
	[DM_STATE_BREACHED] = "breached",
};

const char *
dm_slo_state_name(DmSloState state)
{
	return state_names[state];
}

static DmSloState
state_of(const char *name)
{
	for (int i = 0; i < lengthof(state_names); i++)
		if (strcmp(name, state_names[i]) == 0)
			return (DmSloState) i;
	elog(ERROR, "unknown state \"%s\" of a service level", name);
}

static TimestampTz
get_time(DmScan *scan, HeapTuple tuple, AttrNumber attno)
{
	bool isnull;
	Datum value = dm_scan_get(scan, tuple, attno, &isnull);

	return isnull ? 0 : DatumGetTimestampTz(value);
}

static double
get_double(DmScan *scan, HeapTuple tuple, AttrNumber attno)
{
	return DatumGetFloat8(dm_scan_get(scan, tuple, attno, NULL));
}

static void
set_time(DmRow *row, AttrNumber attno, TimestampTz value)
{
	if (value == 0)
		dm_row_set_null(row, attno);
	else
		dm_row_set(row, attno, TimestampTzGetDatum(value));
}

/* The first two columns of all three tables. */
static void
set_keys(ScanKey keys, const DmSlo *slo)
{
	dm_key_int8(&keys[0], 1, slo->product->id);
	dm_key_text(&keys[1], 2, slo->key);
}

static void
read_intervals(DmSloTrack *track)
{
	ScanKeyData keys[2];
	DmScan scan;
	HeapTuple tuple;

	set_keys(keys, track->slo);
	dm_scan_begin(&scan, DM_SLO_INTERVAL, "slo_interval_pkey", 2, keys);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		DmSloInterval *interval = palloc0(sizeof(DmSloInterval));

		interval->since = get_time(&scan, tuple, Anum_dm_slo_interval_since);
		interval->until = get_time(&scan, tuple, Anum_dm_slo_interval_until);
		interval->state = state_of(dm_scan_text(&scan, tuple, Anum_dm_slo_interval_state));
		track->intervals = lappend(track->intervals, interval);
	}
	dm_scan_end(&scan);
}

/* A level that had ended begins anew, with nothing but its history. */
static void
begin_anew(DmSloTrack *track)
{
	track->is_changed = true;
	track->evaluated_to = track->stored_to = 0;
	track->refreshed_at = track->event_time = track->measured_at = 0;
	track->base_good = track->base_total = 0;
	track->has_measured = false;
	track->told = pstrdup("");
	track->detail = NULL;
}

DmSloTrack *
dm_slo_track_read(const DmSlo *slo)
{
	DmSloTrack *track = palloc0(sizeof(DmSloTrack));
	ScanKeyData keys[2];
	DmScan scan;
	HeapTuple tuple;

	track->slo = slo;
	track->told = pstrdup("");
	set_keys(keys, slo);
	dm_scan_begin(&scan, DM_SLO_STATE, "slo_state_pkey", 2, keys);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
	{
		Datum measured = dm_scan_get(&scan, tuple, Anum_dm_slo_state_measured,
									 &track->has_measured);

		track->is_stored = true;
		track->evaluated_to = get_time(&scan, tuple, Anum_dm_slo_state_evaluated_to);
		track->stored_to = track->evaluated_to;
		track->refreshed_at = get_time(&scan, tuple, Anum_dm_slo_state_refreshed_at);
		track->event_time = get_time(&scan, tuple, Anum_dm_slo_state_event_time);
		track->measured_at = get_time(&scan, tuple, Anum_dm_slo_state_measured_at);
		track->base_good = get_double(&scan, tuple, Anum_dm_slo_state_base_good);
		track->base_total = get_double(&scan, tuple, Anum_dm_slo_state_base_total);
		track->has_measured = !track->has_measured;
		track->measured = track->has_measured ? DatumGetFloat8(measured) : 0;
		track->told = dm_scan_text(&scan, tuple, Anum_dm_slo_state_told);
		track->detail = dm_scan_text(&scan, tuple, Anum_dm_slo_state_detail);
	}
	dm_scan_end(&scan);
	if (track->is_stored)
		read_intervals(track);
	if (strcmp(track->told, DM_TOLD_ENDED) == 0)
		begin_anew(track);
	return track;
}

DmSloInterval *
dm_slo_track_last(DmSloTrack *track)
{
	DmSloInterval *last = track->intervals == NIL ? NULL : llast(track->intervals);

	return last == NULL || last->until != 0 ? NULL : last;
}

void
dm_slo_track_change(DmSloTrack *track, TimestampTz when, DmSloState state)
{
	DmSloInterval *last = dm_slo_track_last(track);
	DmSloInterval *next;

	if (last != NULL && last->state == state)
		return;
	when = Max(when, track->evaluated_to);
	if (last != NULL && last->since >= when)
	{
		/* it has lasted no time at all */
		last->state = state;
		last->is_changed = true;
		return;
	}
	if (last != NULL)
	{
		last->until = when;
		last->is_changed = true;
	}
	next = palloc0(sizeof(DmSloInterval));
	next->since = when;
	next->state = state;
	next->is_new = true;
	track->intervals = lappend(track->intervals, next);
}

static void
write_interval(DmWriter *writer, DmSloTrack *track, DmSloInterval *interval)
{
	DmRow row;
	ScanKeyData keys[3];
	DmScan scan;
	HeapTuple tuple;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_slo_interval_product, Int64GetDatum(track->slo->product->id));
	dm_row_set_text(&row, Anum_dm_slo_interval_slo, track->slo->key);
	dm_row_set(&row, Anum_dm_slo_interval_since, TimestampTzGetDatum(interval->since));
	set_time(&row, Anum_dm_slo_interval_until, interval->until);
	dm_row_set_text(&row, Anum_dm_slo_interval_state, dm_slo_state_name(interval->state));
	if (interval->is_new)
	{
		dm_data_insert(writer, &row);
		return;
	}
	set_keys(keys, track->slo);
	ScanKeyInit(&keys[2], Anum_dm_slo_interval_since, BTEqualStrategyNumber, F_TIMESTAMPTZ_EQ,
				TimestampTzGetDatum(interval->since));
	dm_scan_begin(&scan, DM_SLO_INTERVAL, "slo_interval_pkey", 3, keys);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
		dm_data_update(writer, tuple, &row);
	dm_scan_end(&scan);
}

static bool
is_worth_writing(DmSloTrack *track)
{
	ListCell *lc;

	foreach(lc, track->intervals)
	{
		DmSloInterval *interval = lfirst(lc);

		if (interval->is_new || interval->is_changed)
			return true;
	}
	return !track->is_stored || track->is_changed ||
		   (track->counted_at != 0 && (track->total > 0 || track->good > 0)) ||
		   track->evaluated_to - track->stored_to >= USECS_PER_HOUR;
}

static void
write_intervals(DmSloTrack *track)
{
	DmWriter writer;
	ListCell *lc;

	dm_data_begin(&writer, DM_SLO_INTERVAL);
	foreach(lc, track->intervals)
	{
		DmSloInterval *interval = lfirst(lc);

		if (interval->is_new || interval->is_changed)
			write_interval(&writer, track, interval);
		interval->is_new = interval->is_changed = false;
	}
	dm_data_end(&writer);
}

static void
write_count(DmSloTrack *track)
{
	DmWriter writer;
	DmRow row;

	if (track->counted_at == 0 || (track->total == 0 && track->good == 0))
		return;
	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_slo_count_product, Int64GetDatum(track->slo->product->id));
	dm_row_set_text(&row, Anum_dm_slo_count_slo, track->slo->key);
	dm_row_set(&row, Anum_dm_slo_count_at, TimestampTzGetDatum(track->counted_at));
	dm_row_set(&row, Anum_dm_slo_count_good, Float8GetDatum(track->good));
	dm_row_set(&row, Anum_dm_slo_count_total, Float8GetDatum(track->total));
	dm_row_set(&row, Anum_dm_slo_count_since, TimestampTzGetDatum(track->counted_since));
	dm_data_begin(&writer, DM_SLO_COUNT);
	dm_data_insert(&writer, &row);
	dm_data_end(&writer);
	track->counted_at = 0;
}

void
dm_slo_track_write(DmSloTrack *track)
{
	DmWriter writer;
	DmRow row;
	ScanKeyData keys[2];
	DmScan scan;
	HeapTuple tuple;

	if (!is_worth_writing(track))
		return;
	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_slo_state_product, Int64GetDatum(track->slo->product->id));
	dm_row_set_text(&row, Anum_dm_slo_state_slo, track->slo->key);
	dm_row_set(&row, Anum_dm_slo_state_evaluated_to, TimestampTzGetDatum(track->evaluated_to));
	set_time(&row, Anum_dm_slo_state_refreshed_at, track->refreshed_at);
	set_time(&row, Anum_dm_slo_state_event_time, track->event_time);
	set_time(&row, Anum_dm_slo_state_measured_at, track->measured_at);
	dm_row_set(&row, Anum_dm_slo_state_base_good, Float8GetDatum(track->base_good));
	dm_row_set(&row, Anum_dm_slo_state_base_total, Float8GetDatum(track->base_total));
	if (track->has_measured)
		dm_row_set(&row, Anum_dm_slo_state_measured, Float8GetDatum(track->measured));
	else
		dm_row_set_null(&row, Anum_dm_slo_state_measured);
	dm_row_set_text(&row, Anum_dm_slo_state_told, track->told);
	dm_row_set_text(&row, Anum_dm_slo_state_detail, track->detail);

	set_keys(keys, track->slo);
	dm_data_begin(&writer, DM_SLO_STATE);
	dm_scan_begin(&scan, DM_SLO_STATE, "slo_state_pkey", 2, keys);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
		dm_data_update(&writer, tuple, &row);
	else
		dm_data_insert(&writer, &row);
	dm_scan_end(&scan);
	dm_data_end(&writer);
	write_intervals(track);
	write_count(track);
	track->is_stored = true;
	track->is_changed = false;
	track->stored_to = track->evaluated_to;
}

/*
 * Whether what was counted from one look to the next counts.  The looks at the edges of windows
 * come a little after them, so it lies on the side on which most of its time does.  The windows are
 * those from a time on.
 */
static bool
is_outside(const DmSlo *slo, List *windows, TimestampTz windows_from, TimestampTz since,
		   TimestampTz at)
{
	if (since < windows_from)
		windows = dm_calendar_windows(slo->product->id, since, at);
	return dm_span_outside(windows, since, at) >= (at - since) / 2;
}

/* What was counted outside of the windows; a row is what came up to its time. */
static void
sum_counts(DmSloTrack *track, List *windows, TimestampTz from, TimestampTz to, double *good,
		   double *known)
{
	ScanKeyData keys[4];
	DmScan scan;
	HeapTuple tuple;

	set_keys(keys, track->slo);
	ScanKeyInit(&keys[2], Anum_dm_slo_count_at, BTGreaterStrategyNumber, F_TIMESTAMPTZ_GT,
				TimestampTzGetDatum(from));
	ScanKeyInit(&keys[3], Anum_dm_slo_count_at, BTLessEqualStrategyNumber, F_TIMESTAMPTZ_LE,
				TimestampTzGetDatum(to));
	dm_scan_begin(&scan, DM_SLO_COUNT, "slo_count_pkey", 4, keys);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		if (!is_outside(track->slo, windows, from,
						get_time(&scan, tuple, Anum_dm_slo_count_since),
						get_time(&scan, tuple, Anum_dm_slo_count_at)))
			continue;
		*good += get_double(&scan, tuple, Anum_dm_slo_count_good);
		*known += get_double(&scan, tuple, Anum_dm_slo_count_total);
	}
	dm_scan_end(&scan);
	if (track->counted_at > from && track->counted_at <= to &&
		is_outside(track->slo, windows, from, track->counted_since, track->counted_at))
	{
		*good += track->good;
		*known += track->total;
	}
}

void
dm_slo_track_sum(DmSloTrack *track, List *windows, TimestampTz from, TimestampTz to,
				 double *good, double *known)
{
	ListCell *lc;

	*good = 0;
	*known = 0;
	if (track->slo->kind == DM_SLO_RATIO)
	{
		sum_counts(track, windows, from, to, good, known);
		return;
	}
	foreach(lc, track->intervals)
	{
		DmSloInterval *interval = lfirst(lc);
		TimestampTz since = Max(interval->since, from);
		TimestampTz until = interval->until != 0 ? interval->until : track->evaluated_to;
		int64 length;

		if (interval->state == DM_STATE_UNKNOWN || since >= Min(until, to))
			continue;
		length = dm_span_outside(windows, since, Min(until, to));
		*known += length;
		if (interval->state == DM_STATE_OK)
			*good += length;
	}
}

List *
dm_slo_track_keys(int64 product_id)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	List *result = NIL;

	dm_key_int8(&key, Anum_dm_slo_state_product, product_id);
	dm_scan_begin(&scan, DM_SLO_STATE, "slo_state_pkey", 1, &key);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		if (strcmp(dm_scan_text(&scan, tuple, Anum_dm_slo_state_told), DM_TOLD_ENDED) != 0)
			result = lappend(result, dm_scan_text(&scan, tuple, Anum_dm_slo_state_slo));
	dm_scan_end(&scan);
	return result;
}

void
dm_slo_track_end(const DmSlo *slo, TimestampTz at)
{
	DmSloTrack *track = dm_slo_track_read(slo);
	DmSloInterval *last = dm_slo_track_last(track);

	if (last != NULL)
	{
		last->until = Max(at, last->since);
		last->is_changed = true;
	}
	track->evaluated_to = Max(at, track->evaluated_to);
	track->told = pstrdup(DM_TOLD_ENDED);
	track->is_changed = true;
	dm_slo_track_write(track);
}

static void
delete_rows(DmTable table, const char *index_name, int64 product_id, const char *key)
{
	ScanKeyData keys[2];
	DmScan scan;
	DmWriter writer;
	HeapTuple tuple;

	dm_key_int8(&keys[0], 1, product_id);
	if (key != NULL)
		dm_key_text(&keys[1], 2, key);
	dm_data_begin(&writer, table);
	dm_scan_begin(&scan, table, index_name, key == NULL ? 1 : 2, keys);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		dm_data_delete(&writer, tuple);
	dm_scan_end(&scan);
	dm_data_end(&writer);
}

void
dm_slo_track_forget(int64 product_id, const char *key)
{
	delete_rows(DM_SLO_STATE, "slo_state_pkey", product_id, key);
	delete_rows(DM_SLO_INTERVAL, "slo_interval_pkey", product_id, key);
	delete_rows(DM_SLO_COUNT, "slo_count_pkey", product_id, key);
}
