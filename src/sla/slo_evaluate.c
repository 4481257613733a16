/*
 * slo_evaluate.c
 *		From what happened to the states of a service level.
 *
 * For levels with a deadline that is exact whenever it is done: the counters remember the times in
 * which nobody wrote for long, so that a breach begins at its deadline and ends with the
 * commit that ended it, even if nobody looked meanwhile.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "activity/activity.h"
#include "registry/lifecycle.h"
#include "sla/slo_evaluate.h"

/* a time of day comes again after a day, which may be an hour or two short */
#define SHORTEST_DAY (INT64CONST(20) * USECS_PER_HOUR)

/* --- writes --- */

/* The shortest gap that can break the level. */
static int64
shortest_gap(const DmSlo *slo)
{
	if (slo->has_time_of_day)
		return SHORTEST_DAY;
	return (slo->length.month * INT64CONST(28) + slo->length.day) * USECS_PER_DAY +
		   slo->length.time - 1;
}

static List *
add_gap(List *gaps, TimestampTz from, TimestampTz to)
{
	DmSpan *gap;

	if (from >= to)
		return gaps;
	gap = palloc(sizeof(DmSpan));
	gap->from = from;
	gap->to = to;
	return lappend(gaps, gap);
}

/* The times in which nobody wrote to either of two: the parts that lists of them have in common. */
static List *
common_gaps(List *a, List *b)
{
	List *result = NIL;
	ListCell *la;

	foreach(la, a)
	{
		DmSpan *x = lfirst(la);
		ListCell *lb;

		foreach(lb, b)
		{
			DmSpan *y = lfirst(lb);

			result = add_gap(result, Max(x->from, y->from), Min(x->to, y->to));
		}
	}
	return result;
}

/* One table's times without a write, of those that end after what was evaluated. */
static List *
table_gaps(DmSloTrack *track, Oid relid, const DmActivity *activity, TimestampTz at,
		   TimestampTz *lost_until)
{
	DmGap gaps[DM_GAPS];
	TimestampTz lost;
	List *result = NIL;
	int count;

	dm_activity_watch(relid, Max(shortest_gap(track->slo), 1));
	count = dm_activity_gaps(relid, gaps, &lost);
	*lost_until = Max(*lost_until, lost);
	for (int i = 0; i < count; i++)
		if (gaps[i].to > track->evaluated_to)
			result = add_gap(result, gaps[i].from, Min(gaps[i].to, at));
	return add_gap(result,
				   activity->last_write != 0 ? activity->last_write : activity->counted_since,
				   at);
}

/* Times without a write to any of the level's tables; false if nobody counts. */
static bool
find_gaps(DmSloTrack *track, TimestampTz at, List **gaps, TimestampTz *lost_until)
{
	bool known = false;
	ListCell *lc;

	*gaps = NIL;
	*lost_until = 0;
	foreach(lc, track->slo->tables)
	{
		DmActivity activity;
		List *more;

		if (!dm_activity_get(lfirst_oid(lc), &activity))
			continue;
		more = table_gaps(track, lfirst_oid(lc), &activity, at, lost_until);
		*gaps = known ? common_gaps(*gaps, more) : more;
		known = true;
	}
	if (track->refreshed_at != 0)
	{
		List *more = add_gap(NIL, track->refreshed_at, at);

		*gaps = known ? common_gaps(*gaps, more) : more;
		known = true;
	}
	return known;
}

static void
follow_gap(DmSloTrack *track, const DmSpan *gap, TimestampTz at)
{
	TimestampTz deadline = dm_slo_deadline(track->slo, gap->from);
	bool goes_on = gap->to >= at;

	/* one that ends at its deadline is in time */
	if (goes_on ? deadline > at : deadline >= gap->to)
		dm_slo_track_change(track, gap->from, DM_STATE_OK);
	else
	{
		if (deadline > track->evaluated_to)
			dm_slo_track_change(track, gap->from, DM_STATE_OK);
		dm_slo_track_change(track, deadline, DM_STATE_BREACHED);
		if (!goes_on)
			dm_slo_track_change(track, gap->to, DM_STATE_OK);
	}
	if (goes_on)
	{
		track->deadline = deadline;
		track->has_measured = true;
		track->measured = (at - gap->from) / (double) USECS_PER_SEC;
	}
}

static void
follow_writes(DmSloTrack *track, TimestampTz at)
{
	List *gaps;
	TimestampTz lost_until;
	ListCell *lc;

	if (!find_gaps(track, at, &gaps, &lost_until))
	{
		dm_slo_track_change(track, at, DM_STATE_UNKNOWN);
		track->detail = dm_activity_enabled() ?
							"none of its relations is a table of the domain" :
							"this server does not count the activity of relations";
		return;
	}
	if (lost_until > track->evaluated_to)
		dm_slo_track_change(track, track->evaluated_to, DM_STATE_UNKNOWN);
	foreach(lc, gaps)
		follow_gap(track, lfirst(lc), at);
	if (gaps == NIL)
		dm_slo_track_change(track, at, DM_STATE_OK);
}

void
dm_slo_refreshed(DmSloTrack *track, TimestampTz at)
{
	dm_slo_evaluate(track, at, false);
	if (at > track->refreshed_at)
		track->refreshed_at = at;
	track->is_changed = true;
	if (track->slo->kind == DM_SLO_DEADLINE)
	{
		dm_slo_track_change(track, at, DM_STATE_OK);
		track->deadline = dm_slo_deadline(track->slo, at);
	}
}

/* --- the age of a column's values --- */

/* Whether somebody has written since the column was read; the time of the last write, or 0. */
static bool
is_outdated(DmSloTrack *track, TimestampTz *last_write)
{
	bool counted = false;
	ListCell *lc;

	*last_write = 0;
	foreach(lc, track->slo->tables)
	{
		DmActivity activity;

		if (!dm_activity_get(lfirst_oid(lc), &activity))
			continue;
		counted = true;
		*last_write = Max(*last_write, activity.last_write);
	}
	return track->measured_at == 0 || !counted || *last_write >= track->measured_at;
}

static void
follow_old_value(DmSloTrack *track, TimestampTz to)
{
	TimestampTz deadline;

	if (track->event_time == 0)
		return;
	deadline = dm_slo_deadline(track->slo, track->event_time);
	if (deadline <= to)
		dm_slo_track_change(track, deadline, DM_STATE_BREACHED);
}

static void
follow_element(DmSloTrack *track, TimestampTz at, bool measure)
{
	bool oldest = strcmp(track->slo->property, "retention") == 0;
	TimestampTz last_write;
	TimestampTz value;
	TimestampTz from = at;
	char *problem = NULL;

	if (measure && is_outdated(track, &last_write))
	{
		bool found = dm_slo_measure(track->slo, oldest, &value, &problem);

		/* the new value is there since the last write, if that is known */
		if (last_write > track->evaluated_to && last_write < at)
			from = last_write;
		follow_old_value(track, from);
		track->measured_at = problem == NULL ? at : 0;
		track->is_changed = true;
		track->event_time = problem == NULL && found ? value : 0;
		track->detail = problem;
	}
	if (track->event_time == 0)
	{
		/* no row is older than it may be, but there may be one that is new enough */
		bool none_is_good = oldest && track->measured_at != 0;

		if (track->detail == NULL)
			track->detail = track->measured_at != 0 ? "there are no rows" :
													  "it has not been measured yet";
		dm_slo_track_change(track, from, none_is_good ? DM_STATE_OK : DM_STATE_UNKNOWN);
		track->has_measured = false;
		return;
	}
	track->deadline = dm_slo_deadline(track->slo, track->event_time);
	if (track->deadline > from)
		dm_slo_track_change(track, from, DM_STATE_OK);
	if (track->deadline <= at)
		dm_slo_track_change(track, Max(track->deadline, from), DM_STATE_BREACHED);
	track->has_measured = true;
	track->measured = (at - track->event_time) / (double) USECS_PER_SEC;
}

/* --- shares of what is counted --- */

static bool
count_reads(const DmSlo *slo, bool save, double *good, double *total)
{
	bool known = false;
	ListCell *lc;

	*good = 0;
	*total = 0;
	foreach(lc, slo->ports)
	{
		DmActivity activity;

		if (!(save ? dm_activity_save(lfirst_oid(lc), &activity) :
					 dm_activity_get(lfirst_oid(lc), &activity)))
			continue;
		known = true;
		if (strcmp(slo->property, "throughput") == 0)
		{
			*good += activity.rows_read;
			*total += activity.read_ms / 1000;
		}
		else
		{
			*good += activity.reads - activity.failed_reads;
			*total += activity.reads;
		}
	}
	return known;
}

/* Whether a window began or ended since the last look. */
static bool
crosses_edge(List *windows, TimestampTz since, TimestampTz at)
{
	ListCell *lc;

	foreach(lc, windows)
	{
		DmSpan *window = lfirst(lc);

		if ((window->from > since && window->from <= at) ||
			(window->to > since && window->to <= at))
			return true;
	}
	return false;
}

static void
follow_counts(DmSloTrack *track, TimestampTz at, bool first)
{
	const DmSlo *slo = track->slo;
	TimestampTz from = dm_slo_add(at, &slo->span, -1);
	List *windows = dm_calendar_windows(slo->product->id, from, at + 1);
	double good;
	double total;

	if (!count_reads(slo, track->save, &good, &total))
	{
		dm_slo_track_change(track, at, DM_STATE_UNKNOWN);
		track->detail = "nobody counts reads of its ports";
		return;
	}
	/* after a crash the counters may stand lower than they did, unless they were saved */
	if (!first && total >= track->base_total && good >= track->base_good)
	{
		track->counted_since = track->evaluated_to;
		track->counted_at = at;
		track->good = good - track->base_good;
		track->total = total - track->base_total;
	}
	else
		track->is_changed = true;
	track->base_good = good;
	track->base_total = total;

	/* what comes is counted from the edge on, not from the last look that was written */
	if (crosses_edge(windows, track->evaluated_to, at))
		track->is_changed = true;
	dm_slo_track_sum(track, windows, from, at, &good, &total);
	track->has_measured = total > 0;
	track->measured = total > 0 ? good / total : 0;
	if (!track->has_measured)
		track->detail = "nobody has read it in its span";
	dm_slo_track_change(track, at,
						!track->has_measured		  ? DM_STATE_UNKNOWN :
						track->measured >= slo->limit ? DM_STATE_OK :
														DM_STATE_BREACHED);
}

/* --- dates --- */

static void
follow_date(DmSloTrack *track, TimestampTz at)
{
	const DmSlo *slo = track->slo;
	bool over = at >= slo->date;
	bool good;

	/* it is there in time, and it does not go too early */
	if (strcmp(slo->property, "generalAvailability") == 0)
		good = !over || dm_product_is_served(slo->product) || slo->product->status == DM_RETIRED;
	else
		good = over || slo->product->status != DM_RETIRED;
	/* one that has gone too early was gone until the date, though nobody looked before it */
	if (over && slo->product->status == DM_RETIRED && track->evaluated_to < slo->date &&
		strcmp(slo->property, "generalAvailability") != 0)
		dm_slo_track_change(track, track->evaluated_to, DM_STATE_BREACHED);
	dm_slo_track_change(track, over ? slo->date : at, good ? DM_STATE_OK : DM_STATE_BREACHED);
	if (!over)
		track->deadline = slo->date;
	track->has_measured = false;
}

void
dm_slo_evaluate(DmSloTrack *track, TimestampTz at, bool measure)
{
	bool first = track->evaluated_to == 0;

	/* what was read of a column tells of its values, which a tag may guard by now */
	if (track->slo->problem != NULL)
	{
		track->has_measured = false;
		track->measured_at = 0;
		track->event_time = 0;
	}
	if (first)
		track->evaluated_to = at;
	else if (at <= track->evaluated_to)
		return;
	/* why a column could not be read is known until it is tried again */
	if (measure || track->slo->kind != DM_SLO_ELEMENT)
		track->detail = NULL;
	if (track->slo->problem != NULL)
	{
		dm_slo_track_change(track, track->evaluated_to, DM_STATE_UNKNOWN);
		track->detail = track->slo->problem;
		track->evaluated_to = at;
		return;
	}
	switch (track->slo->kind)
	{
		case DM_SLO_DEADLINE:
			follow_writes(track, at);
			break;
		case DM_SLO_ELEMENT:
			follow_element(track, at, measure);
			break;
		case DM_SLO_RATIO:
			follow_counts(track, at, first);
			break;
		case DM_SLO_SCORE:
			dm_slo_follow_checks(track, at);
			break;
		case DM_SLO_DATE:
			follow_date(track, at);
			break;
		case DM_SLO_INCIDENT:
			dm_slo_follow_incidents(track, at);
			break;
	}
	track->evaluated_to = at;
}
