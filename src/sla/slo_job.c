/*
 * slo_job.c
 *		The job that follows a product's service levels.
 *
 * It runs at the next deadline of them, so that incidents are opened then; that the view shows a
 * breach does not depend on it.  During maintenance nobody is told: who is still late afterwards is
 * reported at its end.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/timestamp.h"

#include "base/json.h"
#include "catalog/listen.h"
#include "catalog/table.h"
#include "event/event.h"
#include "event/incident.h"
#include "sla/slo_evaluate.h"
#include "sla/slo_job.h"
#include "sla/slo_outlook.h"

#define JOB_SCHEDULE "@every 15 min"
#define JOB_PRIORITY 8

/*
 * So soon somebody looks whether what is late has come, and the less often the longer it is late:
 * on a weekend without data the worker of a thousand products has little to do.
 */
#define RECOVERY_POLL  (10 * USECS_PER_SEC)
#define RECOVERY_SHARE 30

#define SLO_CAUSE "slo:"

#define TOLD_BREACHED "breached"
#define TOLD_AT_RISK  "at_risk"
#define TOLD_OK		  "ok"

void
dm_slo_lock(int64 product_id)
{
	dm_table_lock(DM_SLO_STATE, product_id, ExclusiveLock);
}

void
dm_slo_job_wanted(DmProduct *product)
{
	/* the job ends those that the contract does not have any more */
	if (dm_slo_list(product) == NIL && dm_slo_track_keys(product->id) == NIL)
		return;
	dm_job_set(DM_SLO_JOB, product->literal, product->id, InvalidOid, JOB_SCHEDULE, JOB_PRIORITY);
	dm_job_run_at(DM_SLO_JOB, product->literal, GetCurrentTimestamp());
}

/* RFC 3339, in UTC */
static char *
iso_time(TimestampTz at)
{
	char *text = palloc(MAXDATELEN + 1);
	int utc = 0;

	return JsonEncodeDateTime(text, TimestampTzGetDatum(at), TIMESTAMPTZOID, &utc);
}

static Jsonb *
details(DmSloTrack *track, TimestampTz since, const char *reason)
{
	const DmSlo *slo = track->slo;
	DmJsonBuilder builder = { NULL };

	dm_json_begin_object(&builder, NULL);
	dm_json_add_text(&builder, "property", slo->property);
	if (*slo->element != '\0')
		dm_json_add_text(&builder, "element", slo->element);
	dm_json_add_text(&builder, "target", slo->target);
	dm_json_add_text(&builder, "unit", slo->unit);
	dm_json_add_text(&builder, "driver", slo->driver);
	dm_json_add_text(&builder, "since", iso_time(since));
	if (reason != NULL)
	{
		dm_json_add_text(&builder, "deadline", iso_time(track->deadline));
		dm_json_add_text(&builder, "reason", reason);
	}
	dm_json_end_object(&builder);
	return dm_json_done(&builder);
}

static void
tell_breached(DmSloTrack *track, TimestampTz since)
{
	const DmSlo *slo = track->slo;
	Jsonb *data = details(track, since, NULL);

	dm_event_emit(slo->product->id, "slo.violated", slo->key, data);
	(void) dm_incident_failed(slo->product->id, slo->relid, psprintf(SLO_CAUSE "%s", slo->key), "error",
							  psprintf("service level %s is not kept", slo->key), data, since);
	track->told = TOLD_BREACHED;
	track->is_changed = true;
}

static void
tell_recovered(DmSloTrack *track, TimestampTz since)
{
	const DmSlo *slo = track->slo;

	dm_event_emit(slo->product->id, "slo.recovered", slo->key, details(track, since, NULL));
	dm_incident_healthy(slo->product->id, slo->relid, psprintf(SLO_CAUSE "%s", slo->key));
	track->told = TOLD_OK;
	track->is_changed = true;
}

/* Consumers are told, too, so nothing is said of other products or of tables. */
static void
tell_at_risk(DmSloTrack *track, DmRiskKind kind)
{
	static const char *const reasons[] = {
		[DM_RISK_SOURCE] = "a source is late",
		[DM_RISK_TABLE] = "a source is late",
		[DM_RISK_OWN] = "it is later than usual",
		[DM_RISK_RHYTHM] = "it is usually later than its deadline",
	};
	const DmSlo *slo = track->slo;

	dm_event_emit(slo->product->id, "slo.at_risk", slo->key,
				  details(track, dm_slo_track_last(track)->since, reasons[kind]));
	track->told = TOLD_AT_RISK;
	track->is_changed = true;
}

/* A breach that has come and gone since somebody looked last is told of, too. */
static void
tell(DmSloTrack *track, const DmRisk *risk)
{
	DmSloInterval *last = dm_slo_track_last(track);
	ListCell *lc;

	if (strcmp(track->told, TOLD_BREACHED) != 0)
		foreach(lc, track->intervals)
		{
			DmSloInterval *interval = lfirst(lc);

			if (interval->state == DM_STATE_BREACHED && (interval->is_new || interval == last))
			{
				tell_breached(track, interval->since);
				break;
			}
		}
	if (last->state != DM_STATE_OK)
		return;
	if (strcmp(track->told, TOLD_BREACHED) == 0 ||
		(strcmp(track->told, TOLD_AT_RISK) == 0 && risk->kind == DM_RISK_NONE))
		tell_recovered(track, last->since);
	if (strcmp(track->told, TOLD_AT_RISK) != 0 && risk->kind != DM_RISK_NONE)
		tell_at_risk(track, risk->kind);
}

static TimestampTz
next_poll(TimestampTz since, TimestampTz at)
{
	return at + Max(RECOVERY_POLL, (at - since) / RECOVERY_SHARE);
}

/* When the next thing happens to the level that a view could not find out by itself. */
static TimestampTz
next_look(DmSloTrack *track, const DmRisk *risk, TimestampTz at)
{
	DmSloInterval *last = dm_slo_track_last(track);
	TimestampTz next = Min(track->deadline > at ? track->deadline : DT_NOEND, risk->look);

	if (last->state == DM_STATE_BREACHED && track->slo->kind != DM_SLO_DATE)
		return next_poll(last->since, at);
	return risk->since != 0 ? Min(next, next_poll(risk->since, at)) : next;
}

/* Windows begin and end between two looks, so that what is counted lies on one side. */
static TimestampTz
next_boundary(List *windows, TimestampTz at)
{
	ListCell *lc;

	foreach(lc, windows)
	{
		DmSpan *span = lfirst(lc);

		if (span->from > at)
			return span->from;
		if (span->to > at)
			return span->to;
	}
	return DT_NOEND;
}

static int
by_relation(const ListCell *a, const ListCell *b)
{
	Oid x = ((DmSloTrack *) lfirst(a))->slo->relid;
	Oid y = ((DmSloTrack *) lfirst(b))->slo->relid;

	return x < y ? -1 : x > y ? 1 :
								0;
}

static bool
is_promised(List *levels, const char *key)
{
	ListCell *lc;

	foreach(lc, levels)
		if (strcmp(((DmSlo *) lfirst(lc))->key, key) == 0)
			return true;
	return false;
}

/*
 * Levels that are promised no more, by a new contract or for want of their port, end, and what was
 * wrong by them is over.  True if there were any.
 */
static bool
end_levels(DmProduct *product, List *levels, TimestampTz at)
{
	bool found = false;
	ListCell *lc;

	foreach(lc, dm_incident_failing(product->id, SLO_CAUSE))
	{
		DmFailing *failing = lfirst(lc);

		if (is_promised(levels, failing->cause + strlen(SLO_CAUSE)))
			continue;
		dm_incident_gone(product->id, failing->relid, failing->cause,
						 "the service level is not promised any more");
		found = true;
	}
	foreach(lc, dm_slo_track_keys(product->id))
	{
		DmSlo slo = { .product = product, .key = lfirst(lc) };

		if (is_promised(levels, slo.key))
			continue;
		dm_slo_track_end(&slo, at);
		found = true;
	}
	return found;
}

void
dm_slo_job(DmJob *job)
{
	DmProduct *product = dm_product_find_by_id(job->product);
	DmOutlook *outlook;
	TimestampTz at;
	List *windows;
	List *levels;
	List *tracks = NIL;
	ListCell *lc;

	if (product == NULL)
		return;
	dm_slo_lock(product->id);
	at = GetCurrentTimestamp();
	windows = dm_calendar_windows(product->id, at - 1, at + USECS_PER_DAY);
	levels = dm_slo_list(product);
	/* incidents are locked in the order of relations, once in a transaction */
	if (end_levels(product, levels, at))
	{
		job->run_again = at;
		return;
	}
	outlook = dm_outlook_make(at);
	foreach(lc, levels)
	{
		DmSloTrack *track = dm_slo_track_read(lfirst(lc));

		track->save = true;
		dm_slo_evaluate(track, at, true);
		tracks = lappend(tracks, track);
	}
	job->run_again = Min(job->run_again, next_boundary(windows, at));

	/* incidents of several relations are locked in the order of their OIDs */
	list_sort(tracks, by_relation);
	foreach(lc, tracks)
	{
		DmSloTrack *track = lfirst(lc);
		DmRisk risk;

		dm_outlook_risk(outlook, track, &risk);
		job->run_again = Min(job->run_again, next_look(track, &risk, at));
		if (dm_span_around(windows, at) == 0)
			tell(track, &risk);
		dm_slo_track_write(track);
	}
}

static void
contract_published(DmEvent event, int64 product_id)
{
	dm_slo_job_wanted(dm_product_get_by_id(product_id));
}

static void
delete_levels(int64 product_id)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;

	dm_key_int8(&key, Anum_dm_slo_product, product_id);
	dm_scan_begin(&scan, DM_SLO, "slo_product_property_element_key", 1, &key);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		dm_table_delete(&scan, tuple);
	dm_scan_end(&scan);
}

static void
domain_dropping(DmEvent event, int64 domain_id)
{
	ListCell *lc;

	foreach(lc, dm_product_list(domain_id))
	{
		int64 product_id = ((DmProduct *) lfirst(lc))->id;

		delete_levels(product_id);
		dm_slo_track_forget(product_id, NULL);
		dm_calendar_forget(product_id);
	}
}

void
dm_slo_init(void)
{
	dm_listen(DM_EVENT_CONTRACT_PUBLISHED, contract_published);
	dm_listen(DM_EVENT_DOMAIN_DROPPING, domain_dropping);
}
