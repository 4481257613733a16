/*
 * slo_incident.c
 *		Levels on how long incidents take.
 *
 * Time to notify is that from the opening of an incident, with which its event is sent, to
 * somebody's acknowledgement; time to repair is that to its end.  How long something was wrong
 * before it was noticed is not known of most causes, so time to detect is not measured.
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

/* When what the level is about was done; 0 if it is still to be done. */
static TimestampTz
done_at(const DmSlo *slo, DmScan *scan, HeapTuple tuple)
{
	TimestampTz closed = get_time(scan, tuple, Anum_dm_incident_closed_at);
	TimestampTz acknowledged = get_time(scan, tuple, Anum_dm_incident_acknowledged_at);

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
	if (strcmp(slo->property, "timeToDetect") == 0)
	{
		dm_slo_track_change(track, at, DM_STATE_UNKNOWN);
		track->detail = "how long something was wrong before it was noticed is not measured";
		return;
	}
	dm_key_int8(&key, Anum_dm_incident_product, slo->product->id);
	dm_scan_begin(&scan, DM_INCIDENT, "incident_product_idx", 1, &key);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		TimestampTz opened = get_time(&scan, tuple, Anum_dm_incident_opened_at);
		TimestampTz done = done_at(slo, &scan, tuple);
		TimestampTz deadline = dm_slo_add(opened, &slo->length, 1);

		if (opened < from || opened > at)
			continue;
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
		track->detail = "there have been no incidents";
	if (!track->has_measured || track->measured >= slo->objective)
		dm_slo_track_change(track, at, DM_STATE_OK);
	else
		dm_slo_track_change(track, at, DM_STATE_BREACHED);
}
