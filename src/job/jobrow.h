/*
 * jobrow.h
 *		The table of jobs: what is to be done, and when.
 *
 * A job is named by its kind and its object ('check', 'sales.customers').  Its row says what
 * was asked for and is written by whoever asks; how it went is in datamesh.job_state, which only
 * the one who holds the job's lock writes.  So neither waits for the other.
 */
#ifndef DM_JOB_JOBROW_H
#define DM_JOB_JOBROW_H

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

#include "catalog/table.h"
#include "job/schedule.h"

#define Anum_dm_job_id		   1
#define Anum_dm_job_kind	   2
#define Anum_dm_job_object	   3
#define Anum_dm_job_product	   4
#define Anum_dm_job_relation   5
#define Anum_dm_job_schedule   6
#define Anum_dm_job_priority   7
#define Anum_dm_job_paused	   8
#define Anum_dm_job_due		   9
#define Anum_dm_job_requests   10
#define Anum_dm_job_changed_at 11
#define Anum_dm_job_changed_by 12

#define Anum_dm_job_state_job		 1
#define Anum_dm_job_state_schedule	 2
#define Anum_dm_job_state_next_run	 3
#define Anum_dm_job_state_served	 4
#define Anum_dm_job_state_state		 5
#define Anum_dm_job_state_started_at 6
#define Anum_dm_job_state_ended_at	 7
#define Anum_dm_job_state_failures	 8
#define Anum_dm_job_state_message	 9
#define Anum_dm_job_state_run		 10

#define Anum_dm_job_run_id		   1
#define Anum_dm_job_run_job		   2
#define Anum_dm_job_run_kind	   3
#define Anum_dm_job_run_object	   4
#define Anum_dm_job_run_product	   5
#define Anum_dm_job_run_relation   6
#define Anum_dm_job_run_started_at 7
#define Anum_dm_job_run_ended_at   8
#define Anum_dm_job_run_state	   9
#define Anum_dm_job_run_by		   10
#define Anum_dm_job_run_pid		   11
#define Anum_dm_job_run_sqlstate   12
#define Anum_dm_job_run_message	   13

typedef struct DmJob
{
	int64 id;
	char *kind;
	char *object;
	int64 product;	/* 0 for none */
	Oid relid;		/* InvalidOid for none; may be gone */
	Oid role;		/* whose rights it runs with: see dm_job_role; not in lists */
	char *schedule; /* NULL: when asked for */
	int priority;	/* the lowest number first */
	bool paused;
	int64 requests;			/* how often it was asked for beside its schedule */
	int64 served;			/* how many of these have been begun */
	TimestampTz next_run;	/* DT_NOEND: when asked for */
	TimestampTz started_at; /* of the last run; 0 for none */
	bool running;			/* or whoever ran it has died */
	int failures;			/* one after the other */

	/*
	 * For the run function: run again at this time, or earlier if the schedule says so.
	 * DT_NOEND, as it is at the start, says nothing.
	 */
	TimestampTz run_again;
} DmJob;

/*
 * There is to be a job of this kind for the object.  schedule is as in schedule.h; NULL has it
 * run once, now.  The product is 0 and relid InvalidOid where there is none.  Changes what is
 * there already, and does nothing if nothing is different.
 */
extern void dm_job_set(const char *kind, const char *object, int64 product, Oid relid,
					   const char *schedule, int priority);

/* There is to be none, which may be so already. */
extern void dm_job_drop(const char *kind, const char *object);

/* The job, which may have no schedule, is to run at this time, or earlier if it is due then. */
extern void dm_job_run_at(const char *kind, const char *object, TimestampTz at);

/* No jobs of a product, of a relation. */
extern void dm_job_drop_product(int64 product_id);
extern void dm_job_drop_relation(Oid relid);

/* A job by its number, by its name; all jobs.  NULL for none. */
extern DmJob *dm_job_get(int64 id);
extern DmJob *dm_job_find(const char *kind, const char *object);
extern List *dm_job_list(void);

/* Value of datamesh.job_jitter, in seconds. */
extern int dm_job_jitter_seconds;

/*
 * The time, and up to datamesh.job_jitter more, always the same for a job: so that what is due at
 * six o'clock does not begin all at once.
 */
extern TimestampTz dm_job_jitter(int64 id, const DmSchedule *schedule, TimestampTz at);

/* Stops and starts. */
extern void dm_job_set_paused(DmJob *job, bool paused);

/*
 * Whose rights the job has: those of the owner of its product or else of its relation; of
 * the extension for the mesh's own.
 */
extern Oid dm_job_role(int64 product_id, Oid relid);

/* Fails unless the current user may run, pause and see the job: who has the rights of its role. */
extern void dm_job_check_manage(DmJob *job);

/* Called after a transaction that has changed jobs has committed; set by worker/. */
extern void (*dm_job_wake_hook)(void);

extern void dm_job_init(void);

#endif /* DM_JOB_JOBROW_H */
