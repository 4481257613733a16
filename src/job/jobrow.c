/*
 * jobrow.c
 *		The table of jobs: what is to be done, and when.
 *
 * Writers of one row take turns by a lock on the job's name (DM_JOB_RUN, a hash).  The lock of the
 * job itself (DM_JOB, its number) is for who runs it.
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "catalog/listen.h"
#include "catalog/relation.h"
#include "job/jobrow.h"
#include "registry/product.h"

int dm_job_jitter_seconds = 10;

void (*dm_job_wake_hook)(void) = NULL;

static bool jobs_changed = false;

/* --- reading --- */

Oid
dm_job_role(int64 product_id, Oid relid)
{
	DmProduct *product = product_id != 0 ? dm_product_find_by_id(product_id) : NULL;

	if (product != NULL)
		return product->owner;
	if (OidIsValid(relid) && get_rel_name(relid) != NULL)
		return dm_relation_owner(relid);
	return dm_extension_owner();
}

static TimestampTz
scan_time(DmScan *scan, HeapTuple tuple, AttrNumber attno, TimestampTz if_null)
{
	bool isnull;
	Datum value = dm_scan_get(scan, tuple, attno, &isnull);

	return isnull ? if_null : DatumGetTimestampTz(value);
}

TimestampTz
dm_job_jitter(int64 id, const DmSchedule *schedule, TimestampTz at)
{
	int64 most = dm_job_jitter_seconds * USECS_PER_SEC;

	if (schedule->interval > 0)
		most = Min(most, schedule->interval / 10);
	if (at == DT_NOEND || most == 0)
		return at;
	return at + hash_bytes((const unsigned char *) &id, sizeof(id)) % most;
}

/* When it runs by its schedule; what is no schedule any more never does. */
static TimestampTz
first_run(DmJob *job, TimestampTz since)
{
	DmSchedule schedule;

	if (job->schedule == NULL || dm_schedule_parse(job->schedule, &schedule) != NULL)
		return DT_NOEND;
	return dm_job_jitter(job->id, &schedule, dm_schedule_next(&schedule, since));
}

/* Adds how the job is doing; true if next_run is of the schedule that it has now. */
static bool
read_state(DmJob *job)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	bool known = false;

	dm_key_int8(&key, Anum_dm_job_state_job, job->id);
	dm_scan_begin(&scan, DM_JOB_STATE, "job_state_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
	{
		char *schedule = dm_scan_text(&scan, tuple, Anum_dm_job_state_schedule);

		job->served = dm_scan_int8(&scan, tuple, Anum_dm_job_state_served);
		job->next_run = scan_time(&scan, tuple, Anum_dm_job_state_next_run, DT_NOEND);
		job->started_at = scan_time(&scan, tuple, Anum_dm_job_state_started_at, 0);
		job->running = strcmp(dm_scan_text(&scan, tuple, Anum_dm_job_state_state), "running") == 0;
		job->failures = dm_scan_int4(&scan, tuple, Anum_dm_job_state_failures);
		known = schedule == NULL ? job->schedule == NULL :
								   job->schedule != NULL && strcmp(schedule, job->schedule) == 0;
	}
	dm_scan_end(&scan);
	return known;
}

static DmJob *
read_job(DmScan *scan, HeapTuple tuple)
{
	DmJob *job = palloc0(sizeof(DmJob));
	TimestampTz due = scan_time(scan, tuple, Anum_dm_job_due, DT_NOEND);
	TimestampTz changed_at = scan_time(scan, tuple, Anum_dm_job_changed_at, 0);

	job->id = dm_scan_int8(scan, tuple, Anum_dm_job_id);
	job->kind = dm_scan_text(scan, tuple, Anum_dm_job_kind);
	job->object = dm_scan_text(scan, tuple, Anum_dm_job_object);
	job->product = dm_scan_int8(scan, tuple, Anum_dm_job_product);
	job->relid = dm_scan_oid(scan, tuple, Anum_dm_job_relation);
	job->schedule = dm_scan_text(scan, tuple, Anum_dm_job_schedule);
	job->priority = dm_scan_int4(scan, tuple, Anum_dm_job_priority);
	job->paused = DatumGetBool(dm_scan_get(scan, tuple, Anum_dm_job_paused, NULL));
	job->requests = dm_scan_int8(scan, tuple, Anum_dm_job_requests);
	job->run_again = DT_NOEND;
	if (!read_state(job))
		job->next_run = first_run(job, changed_at);
	if (job->served < job->requests && due < job->next_run)
		job->next_run = due;
	return job;
}

static List *
find_jobs(const char *index_name, int nkeys, ScanKey keys)
{
	DmScan scan;
	HeapTuple tuple;
	List *result = NIL;

	dm_scan_begin(&scan, DM_JOB, index_name, nkeys, keys);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		result = lappend(result, read_job(&scan, tuple));
	dm_scan_end(&scan);
	return result;
}

/* The one job that was found, with its role. */
static DmJob *
only_job(List *jobs)
{
	DmJob *job = jobs == NIL ? NULL : linitial(jobs);

	if (job != NULL)
		job->role = dm_job_role(job->product, job->relid);
	return job;
}

DmJob *
dm_job_get(int64 id)
{
	ScanKeyData key;

	dm_key_int8(&key, Anum_dm_job_id, id);
	return only_job(find_jobs("job_pkey", 1, &key));
}

static void
name_keys(ScanKeyData keys[2], const char *kind, const char *object)
{
	dm_key_text(&keys[0], Anum_dm_job_kind, kind);
	dm_key_text(&keys[1], Anum_dm_job_object, object);
}

DmJob *
dm_job_find(const char *kind, const char *object)
{
	ScanKeyData keys[2];

	name_keys(keys, kind, object);
	return only_job(find_jobs("job_kind_object_key", 2, keys));
}

List *
dm_job_list(void)
{
	return find_jobs(NULL, 0, NULL);
}

/* --- writing --- */

static void
lock_name(const char *kind, const char *object)
{
	uint32 hash = hash_combine(hash_bytes((const unsigned char *) kind, strlen(kind)),
							   hash_bytes((const unsigned char *) object, strlen(object)));

	/* 0 is the worker's */
	dm_table_lock(DM_JOB_RUN, hash | 1, ExclusiveLock);
}

static void
insert_job(const char *kind, const char *object, int64 product, Oid relid, const char *schedule,
		   int priority, TimestampTz due)
{
	DmRow row;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_job_id, Int64GetDatum(dm_table_next_id(DM_JOB)));
	dm_row_set_text(&row, Anum_dm_job_kind, kind);
	dm_row_set_text(&row, Anum_dm_job_object, object);
	dm_row_set(&row, Anum_dm_job_product, Int64GetDatum(product));
	dm_row_set(&row, Anum_dm_job_relation, ObjectIdGetDatum(relid));
	dm_row_set_text(&row, Anum_dm_job_schedule, schedule);
	dm_row_set(&row, Anum_dm_job_priority, Int32GetDatum(priority));
	dm_row_set(&row, Anum_dm_job_paused, BoolGetDatum(false));
	if (due != DT_NOEND)
		dm_row_set(&row, Anum_dm_job_due, TimestampTzGetDatum(due));
	dm_row_set(&row, Anum_dm_job_requests, Int64GetDatum(due != DT_NOEND ? 1 : 0));
	dm_row_set(&row, Anum_dm_job_changed_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set_text(&row, Anum_dm_job_changed_by, GetUserNameFromId(GetUserId(), false));
	dm_table_insert(DM_JOB, &row);
	jobs_changed = true;
}

static void
update_job(const char *kind, const char *object, DmRow *row)
{
	ScanKeyData keys[2];
	DmScan scan;
	HeapTuple tuple;

	name_keys(keys, kind, object);
	dm_scan_begin(&scan, DM_JOB, "job_kind_object_key", 2, keys);
	tuple = dm_scan_next(&scan);
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "no job \"%s\" for \"%s\"", kind, object);
	dm_table_update(&scan, tuple, row);
	dm_scan_end(&scan);
	jobs_changed = true;
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void
ask_for(DmRow *row, DmJob *job, TimestampTz at)
{
	dm_row_set(row, Anum_dm_job_due, TimestampTzGetDatum(at));
	dm_row_set(row, Anum_dm_job_requests, Int64GetDatum(job->requests + 1));
}

void
dm_job_set(const char *kind, const char *object, int64 product, Oid relid, const char *schedule,
		   int priority)
{
	DmSchedule parsed;
	TimestampTz due = schedule == NULL ? GetCurrentTimestamp() : DT_NOEND;
	DmJob *job;
	DmRow row;

	if (schedule != NULL)
		dm_schedule_read(schedule, &parsed);
	lock_name(kind, object);
	job = dm_job_find(kind, object);
	if (job == NULL)
	{
		insert_job(kind, object, product, relid, schedule, priority, due);
		return;
	}
	if (schedule != NULL && same_text(schedule, job->schedule) && product == job->product &&
		relid == job->relid && priority == job->priority)
		return;
	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_job_product, Int64GetDatum(product));
	dm_row_set(&row, Anum_dm_job_relation, ObjectIdGetDatum(relid));
	dm_row_set_text(&row, Anum_dm_job_schedule, schedule);
	dm_row_set(&row, Anum_dm_job_priority, Int32GetDatum(priority));
	if (due != DT_NOEND)
		ask_for(&row, job, due);
	dm_row_set(&row, Anum_dm_job_changed_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set_text(&row, Anum_dm_job_changed_by, GetUserNameFromId(GetUserId(), false));
	update_job(kind, object, &row);
}

void
dm_job_run_at(const char *kind, const char *object, TimestampTz at)
{
	DmJob *job;
	DmRow row;

	lock_name(kind, object);
	job = dm_job_find(kind, object);
	if (job == NULL || job->next_run <= at)
		return;
	dm_row_init(&row);
	ask_for(&row, job, at);
	update_job(kind, object, &row);
}

void
dm_job_set_paused(DmJob *job, bool paused)
{
	DmRow row;

	lock_name(job->kind, job->object);
	if (dm_job_find(job->kind, job->object) == NULL)
		return;
	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_job_paused, BoolGetDatum(paused));
	update_job(job->kind, job->object, &row);
}

/* --- dropping --- */

/* How it went is deleted with the history: whoever runs the job may be writing it. */
static void
delete_jobs(const char *index_name, int nkeys, ScanKey keys)
{
	DmScan scan;
	HeapTuple tuple;

	dm_scan_begin(&scan, DM_JOB, index_name, nkeys, keys);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		dm_table_delete(&scan, tuple);
		jobs_changed = true;
	}
	dm_scan_end(&scan);
}

void
dm_job_drop(const char *kind, const char *object)
{
	ScanKeyData keys[2];

	lock_name(kind, object);
	name_keys(keys, kind, object);
	delete_jobs("job_kind_object_key", 2, keys);
}

static void
drop_all(List *jobs)
{
	ListCell *lc;

	foreach(lc, jobs)
		dm_job_drop(((DmJob *) lfirst(lc))->kind, ((DmJob *) lfirst(lc))->object);
}

void
dm_job_drop_product(int64 product_id)
{
	ScanKeyData key;

	dm_key_int8(&key, Anum_dm_job_product, product_id);
	drop_all(find_jobs("job_product_idx", 1, &key));
}

void
dm_job_drop_relation(Oid relid)
{
	Oid nspid = dm_catalog_schema();
	ScanKeyData key;

	/* with the extension, its indexes go before its tables, and TOAST tables in between */
	if (!OidIsValid(nspid) || !OidIsValid(get_relname_relid("job_relation_idx", nspid)) ||
		get_rel_namespace(relid) == nspid)
		return;
	dm_key_oid(&key, Anum_dm_job_relation, relid);
	drop_all(find_jobs("job_relation_idx", 1, &key));
}

/* --- who may --- */

void
dm_job_check_manage(DmJob *job)
{
	DmProduct *product = job->product != 0 ? dm_product_find_by_id(job->product) : NULL;

	if (product != NULL ? dm_product_may_manage(product, GetUserId()) :
						  has_privs_of_role(GetUserId(), job->role))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied for job %lld", (long long) job->id),
			 errdetail("It is for members of role \"%s\".", GetUserNameFromId(job->role, false))));
}

/* --- the end of transactions --- */

static void
at_xact_end(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT && jobs_changed && dm_job_wake_hook != NULL)
		dm_job_wake_hook();
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		jobs_changed = false;
}

/* What is retired needs no work any more. */
static void
product_retiring(DmEvent event, int64 product_id)
{
	dm_job_drop_product(product_id);
}

static void
domain_dropping(DmEvent event, int64 domain_id)
{
	ListCell *lc;

	foreach(lc, dm_product_list(domain_id))
		dm_job_drop_product(((DmProduct *) lfirst(lc))->id);
}

void
dm_job_init(void)
{
	dm_listen(DM_EVENT_PRODUCT_RETIRING, product_retiring);
	dm_listen(DM_EVENT_DOMAIN_DROPPING, domain_dropping);
	RegisterXactCallback(at_xact_end, NULL);
}
