/*
 * slo_incident.c
 *		Levels on how long incidents take.
 *
 * Time to notify is that from the opening of an incident, with which its event is sent, to
 * somebody's acknowledgement; time to repair is that to its end.  Time to detect is that from the
 * first moment at which one of its causes was, or may have been, wrong to its opening: the
 * deadline of a level, the last check that a rule has passed, the time of a series' value.
 * Incidents of which that is not known do not count.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "catalog/table.h"
#include "event/incident.h"
#include "sla/slo_evaluate.h"

static TimestampTz
get_time(DmScan *scan, HeapTuple tuple, AttrNumber attno)
{
	bool isnull;
	Datum value = dm_scan_get(scan, tuple, attno, &isnull);

	return isnull ? 0 : DatumGetTimestampTz(value);
}

/* Since when one of the causes has been wrong; 0 if it is not known of any. */
static TimestampTz
wrong_since(int64 incident)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	TimestampTz result = 0;

	dm_key_int8(&key, Anum_dm_incident_cause_incident, incident);
	dm_scan_begin(&scan, DM_INCIDENT_CAUSE, "incident_cause_pkey", 1, &key);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		TimestampTz since = get_time(&scan, tuple, Anum_dm_incident_cause_wrong_since);

		if (since != 0 && (result == 0 || since < result))
			result = since;
	}
	dm_scan_end(&scan);
	return result;
}

static bool
is_detection(const DmSlo *slo)
{
	return strcmp(slo->property, "timeToDetect") == 0;
}

/* When what the level is about began; 0 if it is not known. */
static TimestampTz
begun_at(const DmSlo *slo, DmScan *scan, HeapTuple tuple)
{
	TimestampTz opened = get_time(scan, tuple, Anum_dm_incident_opened_at);
	TimestampTz since;

	if (!is_detection(slo))
		return opened;
	since = wrong_since(dm_scan_int8(scan, tuple, Anum_dm_incident_id));
	return Min(since, opened);
}

/* When it was done; 0 if it is still to be done. */
static TimestampTz
done_at(const DmSlo *slo, DmScan *scan, HeapTuple tuple)
{
	TimestampTz closed = get_time(scan, tuple, Anum_dm_incident_closed_at);
	TimestampTz acknowledged = get_time(scan, tuple, Anum_dm_incident_acknowledged_at);

	if (is_detection(slo))
		return get_time(scan, tuple, Anum_dm_incident_opened_at);
	if (strcmp(slo->property, "timeToRepair") == 0)
		return closed;
	if (acknowledged != 0 && closed != 0)
		return Min(acknowledged, closed);
	return acknowledged != 0 ? acknowledged : closed;
}

void
dm_slo_follow_incidents(DmSloTrack *track, TimestampTz at)
{
	const DmSlo *slo = track->slo;
	TimestampTz from = dm_slo_add(at, &slo->span, -1);
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;

	track->good = 0;
	track->total = 0;
	dm_key_int8(&key, Anum_dm_incident_product, slo->product->id);
	dm_scan_begin(&scan, DM_INCIDENT, "incident_product_idx", 1, &key);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		TimestampTz opened = get_time(&scan, tuple, Anum_dm_incident_opened_at);
		TimestampTz done = done_at(slo, &scan, tuple);
		TimestampTz begun;
		TimestampTz deadline;

		if (opened < from || opened > at)
			continue;
		begun = begun_at(slo, &scan, tuple);
		if (begun == 0)
			continue;
		deadline = dm_slo_add(begun, &slo->length, 1);
		/* one that is under way and still in time counts when it is done, or late */
		if (done == 0 && deadline > at)
		{
			if (track->deadline == 0 || deadline < track->deadline)
				track->deadline = deadline;
			continue;
		}
		track->total++;
		if (done != 0 && done <= deadline)
			track->good++;
	}
	dm_scan_end(&scan);
	track->has_measured = track->total > 0;
	track->measured = track->has_measured ? track->good / track->total : 0;
	if (!track->has_measured)
		track->detail = is_detection(slo) ?
							"there have been no incidents of which it is known since when" :
							"there have been no incidents";
	if (!track->has_measured || track->measured >= slo->objective)
		dm_slo_track_change(track, at, DM_STATE_OK);
	else
		dm_slo_track_change(track, at, DM_STATE_BREACHED);
}
