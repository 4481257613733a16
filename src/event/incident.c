/*
 * incident.c
 *		Incidents: what went wrong with one relation, or one product, at one time.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "base/args.h"
#include "base/json.h"
#include "catalog/data.h"
#include "catalog/relation.h"
#include "event/event.h"
#include "event/incident.h"
#include "registry/product.h"

PG_FUNCTION_INFO_V1(dm_acknowledge_incident);
PG_FUNCTION_INFO_V1(dm_close_incident);

int dm_incident_window = 3600;

typedef struct Incident
{
	int64 id;
	int64 product;
	Oid relid;
	Oid owner;
	char *severity;
	char *title;
	char *state; /* open, acknowledged, closed */
	char *note;
	TimestampTz failed_at;
	TimestampTz closed_at; /* 0 while it is not closed */
	bool closed_by_hand;
} Incident;

/* --- reading --- */

static Incident *
read_incident(DmScan *scan, HeapTuple tuple)
{
	Incident *incident = palloc0(sizeof(Incident));
	bool isnull;
	Datum closed_at;

	incident->id = dm_scan_int8(scan, tuple, Anum_dm_incident_id);
	incident->product = dm_scan_int8(scan, tuple, Anum_dm_incident_product);
	incident->relid = dm_scan_oid(scan, tuple, Anum_dm_incident_relation);
	incident->owner = dm_scan_oid(scan, tuple, Anum_dm_incident_owner);
	incident->severity = dm_scan_text(scan, tuple, Anum_dm_incident_severity);
	incident->title = dm_scan_text(scan, tuple, Anum_dm_incident_title);
	incident->state = dm_scan_text(scan, tuple, Anum_dm_incident_state);
	incident->note = dm_scan_text(scan, tuple, Anum_dm_incident_note);
	incident->failed_at =
		DatumGetTimestampTz(dm_scan_get(scan, tuple, Anum_dm_incident_failed_at, NULL));
	closed_at = dm_scan_get(scan, tuple, Anum_dm_incident_closed_at, &isnull);
	incident->closed_at = isnull ? 0 : DatumGetTimestampTz(closed_at);
	incident->closed_by_hand = dm_scan_text(scan, tuple, Anum_dm_incident_closed_by) != NULL;
	return incident;
}

static List *
find_incidents(const char *index_name, int nkeys, ScanKey keys)
{
	DmScan scan;
	HeapTuple tuple;
	List *result = NIL;

	dm_scan_begin(&scan, DM_INCIDENT, index_name, nkeys, keys);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		result = lappend(result, read_incident(&scan, tuple));
	dm_scan_end(&scan);
	return result;
}

/* The incidents that are not closed, the oldest first. */
static List *
open_incidents(int64 product_id, Oid relid)
{
	ScanKeyData keys[2];

	dm_key_oid(&keys[0], Anum_dm_incident_open_relation, relid);
	dm_key_int8(&keys[1], Anum_dm_incident_product, product_id);
	return find_incidents("incident_open_idx", product_id == DM_ANY_PRODUCT ? 1 : 2, keys);
}

typedef enum CauseState
{
	CAUSE_ABSENT,
	CAUSE_HEALTHY,
	CAUSE_FAILING
} CauseState;

static void
cause_keys(ScanKeyData keys[2], int64 incident, const char *cause)
{
	dm_key_int8(&keys[0], Anum_dm_incident_cause_incident, incident);
	dm_key_text(&keys[1], Anum_dm_incident_cause_cause, cause);
}

static bool
is_healthy(DmScan *scan, HeapTuple tuple)
{
	bool isnull;

	(void) dm_scan_get(scan, tuple, Anum_dm_incident_cause_healthy_at, &isnull);
	return !isnull;
}

static CauseState
cause_state(Incident *incident, const char *cause)
{
	ScanKeyData keys[2];
	DmScan scan;
	HeapTuple tuple;
	CauseState result = CAUSE_ABSENT;

	cause_keys(keys, incident->id, cause);
	dm_scan_begin(&scan, DM_INCIDENT_CAUSE, "incident_cause_pkey", 2, keys);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
		result = is_healthy(&scan, tuple) ? CAUSE_HEALTHY : CAUSE_FAILING;
	dm_scan_end(&scan);
	return result;
}

/* The causes that are not healthy, of those whose names begin so. */
static List *
failing_causes(Incident *incident, const char *prefix)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	List *result = NIL;

	dm_key_int8(&key, Anum_dm_incident_cause_incident, incident->id);
	dm_scan_begin(&scan, DM_INCIDENT_CAUSE, "incident_cause_pkey", 1, &key);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		char *cause = dm_scan_text(&scan, tuple, Anum_dm_incident_cause_cause);
		DmFailing *failing;

		if (is_healthy(&scan, tuple) || strncmp(cause, prefix, strlen(prefix)) != 0)
			continue;
		failing = palloc(sizeof(DmFailing));
		failing->relid = incident->relid;
		failing->cause = cause;
		result = lappend(result, failing);
	}
	dm_scan_end(&scan);
	return result;
}

static bool
has_failing_cause(Incident *incident)
{
	return failing_causes(incident, "") != NIL;
}

/* --- writing --- */

static void
update_incident(int64 id, DmRow *row)
{
	ScanKeyData key;
	DmScan scan;
	DmWriter writer;
	HeapTuple tuple;

	dm_key_int8(&key, Anum_dm_incident_id, id);
	dm_data_begin(&writer, DM_INCIDENT);
	dm_scan_begin(&scan, DM_INCIDENT, "incident_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "no incident with id " INT64_FORMAT, id);
	dm_data_update(&writer, tuple, row);
	dm_scan_end(&scan);
	dm_data_end(&writer);
}

static const char *
relation_text(Oid relid)
{
	char *name = OidIsValid(relid) ? get_rel_name(relid) : NULL;

	return name == NULL ? NULL :
						  psprintf("%s.%s", get_namespace_name(get_rel_namespace(relid)), name);
}

static void
tell(Incident *incident, const char *type)
{
	DmJsonBuilder b = { NULL };

	dm_json_begin_object(&b, NULL);
	dm_json_add_int(&b, "incident", incident->id);
	dm_json_add_text(&b, "severity", incident->severity);
	dm_json_add_text(&b, "title", incident->title);
	dm_json_end_object(&b);
	dm_event_emit(incident->product, type, relation_text(incident->relid), dm_json_done(&b));
}

static Oid
owner_for(int64 product_id, Oid relid)
{
	DmProduct *product = product_id != 0 ? dm_product_find_by_id(product_id) : NULL;

	if (product != NULL)
		return product->owner;
	return OidIsValid(relid) ? dm_relation_owner(relid) : dm_extension_owner();
}

static Incident *
open_incident(int64 product_id, Oid relid, const char *severity, const char *title)
{
	Incident *incident = palloc0(sizeof(Incident));
	TimestampTz now = GetCurrentTimestamp();
	DmWriter writer;
	DmRow row;

	incident->id = dm_table_next_id(DM_INCIDENT);
	incident->product = product_id;
	incident->relid = relid;
	incident->severity = pstrdup(severity);
	incident->title = pstrdup(title);
	incident->failed_at = now;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_incident_id, Int64GetDatum(incident->id));
	dm_row_set(&row, Anum_dm_incident_product, Int64GetDatum(product_id));
	dm_row_set(&row, Anum_dm_incident_relation, ObjectIdGetDatum(relid));
	dm_row_set(&row, Anum_dm_incident_open_relation, ObjectIdGetDatum(relid));
	dm_row_set_text(&row, Anum_dm_incident_severity, severity);
	dm_row_set_text(&row, Anum_dm_incident_title, title);
	dm_row_set(&row, Anum_dm_incident_owner, ObjectIdGetDatum(owner_for(product_id, relid)));
	dm_row_set_text(&row, Anum_dm_incident_state, "open");
	dm_row_set(&row, Anum_dm_incident_opened_at, TimestampTzGetDatum(now));
	dm_row_set(&row, Anum_dm_incident_failed_at, TimestampTzGetDatum(now));
	dm_data_begin(&writer, DM_INCIDENT);
	dm_data_insert(&writer, &row);
	dm_data_end(&writer);
	tell(incident, "incident.opened");
	return incident;
}

static void
reopen_incident(Incident *incident)
{
	DmRow row;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_incident_open_relation, ObjectIdGetDatum(incident->relid));
	dm_row_set_text(&row, Anum_dm_incident_state, "open");
	dm_row_set_null(&row, Anum_dm_incident_closed_at);
	update_incident(incident->id, &row);
	tell(incident, "incident.reopened");
}

static void
close_incident(Incident *incident, const char *by, const char *note)
{
	DmRow row;

	dm_row_init(&row);
	dm_row_set_null(&row, Anum_dm_incident_open_relation);
	dm_row_set_text(&row, Anum_dm_incident_state, "closed");
	dm_row_set(&row, Anum_dm_incident_closed_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set_text(&row, Anum_dm_incident_closed_by, by);
	if (note != NULL)
		dm_row_set_text(&row, Anum_dm_incident_note, note);
	update_incident(incident->id, &row);
	tell(incident, "incident.closed");
}

/* The cause has failed, once more or for the first time. */
static void
write_cause(Incident *incident, const char *cause, const char *severity, const char *title,
			Jsonb *detail, TimestampTz since)
{
	Datum now = TimestampTzGetDatum(GetCurrentTimestamp());
	ScanKeyData keys[2];
	DmScan scan;
	DmWriter writer;
	HeapTuple tuple;
	DmRow row;

	dm_row_init(&row);
	dm_row_set_text(&row, Anum_dm_incident_cause_severity, severity);
	dm_row_set_text(&row, Anum_dm_incident_cause_title, title);
	if (detail != NULL)
		dm_row_set(&row, Anum_dm_incident_cause_detail, JsonbPGetDatum(detail));
	else
		dm_row_set_null(&row, Anum_dm_incident_cause_detail);
	dm_row_set(&row, Anum_dm_incident_cause_last_at, now);
	dm_row_set_null(&row, Anum_dm_incident_cause_healthy_at);

	cause_keys(keys, incident->id, cause);
	dm_data_begin(&writer, DM_INCIDENT_CAUSE);
	dm_scan_begin(&scan, DM_INCIDENT_CAUSE, "incident_cause_pkey", 2, keys);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
	{
		int64 times = dm_scan_int8(&scan, tuple, Anum_dm_incident_cause_times);

		dm_row_set(&row, Anum_dm_incident_cause_times, Int64GetDatum(times + 1));
		dm_data_update(&writer, tuple, &row);
	}
	else
	{
		dm_row_set(&row, Anum_dm_incident_cause_incident, Int64GetDatum(incident->id));
		dm_row_set_text(&row, Anum_dm_incident_cause_cause, cause);
		dm_row_set(&row, Anum_dm_incident_cause_failed_at, now);
		dm_row_set(&row, Anum_dm_incident_cause_times, Int64GetDatum(1));
		if (since != 0)
			dm_row_set(&row, Anum_dm_incident_cause_wrong_since, TimestampTzGetDatum(since));
		dm_data_insert(&writer, &row);
	}
	dm_scan_end(&scan);
	dm_data_end(&writer);
}

static int
rank_of(const char *severity)
{
	return strcmp(severity, "error") == 0 ? 2 : strcmp(severity, "warning") == 0 ? 1 :
																				   0;
}

/* The incident is as severe as the worst of its causes was. */
static void
touch_incident(Incident *incident, const char *severity)
{
	DmRow row;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_incident_failed_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	if (rank_of(severity) > rank_of(incident->severity))
		dm_row_set_text(&row, Anum_dm_incident_severity, severity);
	update_incident(incident->id, &row);
}

/* --- failing and healthy --- */

void
dm_incident_lock(int64 product_id, Oid relid)
{
	/* a product as a whole stands beyond all relations, so that the order is that of one number */
	dm_table_lock(DM_INCIDENT, OidIsValid(relid) ? (int64) relid : -product_id, ExclusiveLock);
}

static bool
within_window(TimestampTz since)
{
	return !TimestampDifferenceExceeds(since, GetCurrentTimestamp(), dm_incident_window * 1000);
}

/* The open incident that has the cause already, or else the newest that it can join. */
static Incident *
incident_for(List *incidents, const char *cause)
{
	Incident *result = NULL;
	ListCell *lc;

	foreach(lc, incidents)
	{
		Incident *incident = lfirst(lc);

		if (cause_state(incident, cause) != CAUSE_ABSENT)
			return incident;
		if (within_window(incident->failed_at) &&
			(result == NULL || incident->id > result->id))
			result = incident;
	}
	return result;
}

/* An incident that closed by itself a moment ago and had the cause: it was not over. */
static Incident *
closed_too_early(int64 product_id, Oid relid, const char *cause)
{
	ScanKeyData keys[3];
	ListCell *lc;

	dm_key_oid(&keys[0], Anum_dm_incident_relation, relid);
	dm_key_int8(&keys[1], Anum_dm_incident_product, product_id);
	ScanKeyInit(&keys[2], Anum_dm_incident_closed_at, BTGreaterStrategyNumber, F_TIMESTAMPTZ_GT,
				TimestampTzGetDatum(GetCurrentTimestamp() -
									dm_incident_window * USECS_PER_SEC));
	foreach(lc, find_incidents("incident_relation_idx", 3, keys))
	{
		Incident *incident = lfirst(lc);

		if (!incident->closed_by_hand && cause_state(incident, cause) != CAUSE_ABSENT)
			return incident;
	}
	return NULL;
}

int64
dm_incident_failed(int64 product_id, Oid relid, const char *cause, const char *severity,
				   const char *title, Jsonb *detail, TimestampTz since)
{
	Incident *incident;

	dm_incident_lock(product_id, relid);
	incident = incident_for(open_incidents(product_id, relid), cause);
	if (incident == NULL)
	{
		incident = closed_too_early(product_id, relid, cause);
		if (incident != NULL)
			reopen_incident(incident);
	}
	if (incident == NULL)
		incident = open_incident(product_id, relid, severity, title);
	else
		touch_incident(incident, severity);
	write_cause(incident, cause, severity, title, detail, since);
	return incident->id;
}

static void
heal_cause(Incident *incident, const char *cause)
{
	ScanKeyData keys[2];
	DmScan scan;
	DmWriter writer;
	HeapTuple tuple;
	DmRow row;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_incident_cause_healthy_at,
			   TimestampTzGetDatum(GetCurrentTimestamp()));
	cause_keys(keys, incident->id, cause);
	dm_data_begin(&writer, DM_INCIDENT_CAUSE);
	dm_scan_begin(&scan, DM_INCIDENT_CAUSE, "incident_cause_pkey", 2, keys);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
		dm_data_update(&writer, tuple, &row);
	dm_scan_end(&scan);
	dm_data_end(&writer);
}

/* What somebody has noted stays. */
static const char *
note_with(Incident *incident, const char *reason)
{
	if (reason == NULL || incident->note == NULL)
		return reason;
	return psprintf("%s\n%s", incident->note, reason);
}

/* The cause is over, for a reason or because it is healthy. */
static void
end_cause(int64 product_id, Oid relid, const char *cause, const char *reason)
{
	ListCell *lc;

	/* nearly always there is nothing to do, and nobody to wait for */
	if (open_incidents(product_id, relid) == NIL)
		return;
	dm_incident_lock(product_id, relid);
	foreach(lc, open_incidents(product_id, relid))
	{
		Incident *incident = lfirst(lc);

		if (cause_state(incident, cause) != CAUSE_FAILING)
			continue;
		heal_cause(incident, cause);
		if (!has_failing_cause(incident))
			close_incident(incident, NULL, note_with(incident, reason));
	}
}

void
dm_incident_healthy(int64 product_id, Oid relid, const char *cause)
{
	end_cause(product_id, relid, cause, NULL);
}

void
dm_incident_gone(int64 product_id, Oid relid, const char *cause, const char *reason)
{
	end_cause(product_id, relid, cause, reason);
}

static int
by_relation(const ListCell *a, const ListCell *b)
{
	Oid left = ((Incident *) lfirst(a))->relid;
	Oid right = ((Incident *) lfirst(b))->relid;

	return left < right ? -1 : left > right;
}

List *
dm_incident_failing(int64 product_id, const char *prefix)
{
	ScanKeyData key;
	List *incidents;
	List *result = NIL;
	ListCell *lc;

	dm_key_int8(&key, Anum_dm_incident_product, product_id);
	incidents = find_incidents("incident_product_idx", 1, &key);
	list_sort(incidents, by_relation);
	foreach(lc, incidents)
		if (((Incident *) lfirst(lc))->closed_at == 0)
			result = list_concat(result, failing_causes(lfirst(lc), prefix));
	return result;
}

/* --- what goes --- */

void
dm_incident_relation_dropped(Oid relid)
{
	Oid nspid = dm_catalog_schema();
	ScanKeyData key;
	ListCell *lc;

	/* with the extension, its indexes go before its tables, and TOAST tables in between */
	if (!OidIsValid(nspid) || !OidIsValid(get_relname_relid("incident_open_idx", nspid)) ||
		get_rel_namespace(relid) == nspid)
		return;
	dm_key_oid(&key, Anum_dm_incident_open_relation, relid);
	foreach(lc, find_incidents("incident_open_idx", 1, &key))
		close_incident(lfirst(lc), GetUserNameFromId(GetUserId(), false),
					   note_with(lfirst(lc), "the relation was dropped"));
}

void
dm_incident_product_retired(int64 product_id)
{
	ScanKeyData key;
	ListCell *lc;

	dm_key_int8(&key, Anum_dm_incident_product, product_id);
	foreach(lc, find_incidents("incident_product_idx", 1, &key))
	{
		Incident *incident = lfirst(lc);

		if (incident->closed_at == 0)
			close_incident(incident, GetUserNameFromId(GetUserId(), false),
						   note_with(incident, "the product was retired"));
	}
}

void
dm_incident_delete_causes(int64 incident)
{
	ScanKeyData key;
	DmScan scan;
	DmWriter writer;
	HeapTuple tuple;

	dm_key_int8(&key, Anum_dm_incident_cause_incident, incident);
	dm_data_begin(&writer, DM_INCIDENT_CAUSE);
	dm_scan_begin(&scan, DM_INCIDENT_CAUSE, "incident_cause_pkey", 1, &key);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		dm_data_delete(&writer, tuple);
	dm_scan_end(&scan);
	dm_data_end(&writer);
}

void
dm_incident_forget(int64 product_id)
{
	ScanKeyData key;
	DmScan scan;
	DmWriter writer;
	HeapTuple tuple;

	dm_key_int8(&key, Anum_dm_incident_product, product_id);
	dm_data_begin(&writer, DM_INCIDENT);
	dm_scan_begin(&scan, DM_INCIDENT, "incident_product_idx", 1, &key);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		dm_incident_delete_causes(dm_scan_int8(&scan, tuple, Anum_dm_incident_id));
		dm_data_delete(&writer, tuple);
	}
	dm_scan_end(&scan);
	dm_data_end(&writer);
}

/* --- SQL functions --- */

static Incident *
get_incident(int64 id)
{
	ScanKeyData key;
	List *found;

	dm_key_int8(&key, Anum_dm_incident_id, id);
	found = find_incidents("incident_pkey", 1, &key);
	if (found == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("incident %lld does not exist", (long long) id),
				 errhint("datamesh.incidents lists the incidents.")));
	return linitial(found);
}

/* The incident, locked, which is not closed and which the current user may deal with. */
static Incident *
incident_for_update(int64 id)
{
	Incident *incident = get_incident(id);
	DmProduct *product = dm_product_find_by_id(incident->product);

	if (product != NULL ? !dm_product_may_manage(product, GetUserId()) :
						  !has_privs_of_role(GetUserId(), incident->owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for incident %lld", (long long) id),
				 errdetail("It is for members of the domain and of role \"%s\".",
						   GetUserNameFromId(incident->owner, true))));
	dm_incident_lock(incident->product, incident->relid);
	incident = get_incident(id);
	if (incident->closed_at != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("incident %lld is closed already", (long long) id)));
	return incident;
}

Datum
dm_acknowledge_incident(PG_FUNCTION_ARGS)
{
	int64 id = dm_arg_id(fcinfo, 0, "incident");
	char *note = dm_arg_text_or_null(fcinfo, 1, "note");
	Incident *incident = incident_for_update(id);
	DmRow row;

	dm_row_init(&row);
	dm_row_set_text(&row, Anum_dm_incident_state, "acknowledged");
	dm_row_set(&row, Anum_dm_incident_acknowledged_at,
			   TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set_text(&row, Anum_dm_incident_acknowledged_by,
					GetUserNameFromId(GetUserId(), false));
	if (note != NULL)
		dm_row_set_text(&row, Anum_dm_incident_note, note);
	update_incident(incident->id, &row);
	tell(incident, "incident.acknowledged");
	PG_RETURN_VOID();
}

Datum
dm_close_incident(PG_FUNCTION_ARGS)
{
	int64 id = dm_arg_id(fcinfo, 0, "incident");
	char *note = dm_arg_text_or_null(fcinfo, 1, "note");
	TimestampTz seen = get_incident(id)->failed_at;
	Incident *incident = incident_for_update(id);

	/* a failure that came in while we waited is not what the caller means to close */
	if (incident->failed_at != seen)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("incident %lld has failed again at this moment", (long long) id),
				 errhint("Look at its causes in datamesh.incident_causes, and close it again.")));
	close_incident(incident, GetUserNameFromId(GetUserId(), false), note);
	PG_RETURN_VOID();
}
