/*
 * slo_track.h
 *		What became of a service level: its states over time, and its counts.
 */
#ifndef DM_SLA_SLO_TRACK_H
#define DM_SLA_SLO_TRACK_H

#include "sla/calendar.h"
#include "sla/slo.h"

#define Anum_dm_slo_state_product	   1
#define Anum_dm_slo_state_slo		   2
#define Anum_dm_slo_state_evaluated_to 3
#define Anum_dm_slo_state_refreshed_at 4
#define Anum_dm_slo_state_event_time   5
#define Anum_dm_slo_state_measured_at  6
#define Anum_dm_slo_state_base_good	   7
#define Anum_dm_slo_state_base_total   8
#define Anum_dm_slo_state_measured	   9
#define Anum_dm_slo_state_told		   10
#define Anum_dm_slo_state_detail	   11

#define Anum_dm_slo_interval_product 1
#define Anum_dm_slo_interval_slo	 2
#define Anum_dm_slo_interval_since	 3
#define Anum_dm_slo_interval_until	 4
#define Anum_dm_slo_interval_state	 5

#define Anum_dm_slo_count_product 1
#define Anum_dm_slo_count_slo	  2
#define Anum_dm_slo_count_at	  3
#define Anum_dm_slo_count_good	  4
#define Anum_dm_slo_count_total	  5
#define Anum_dm_slo_count_since	  6

typedef enum DmSloState
{
	DM_STATE_UNKNOWN,
	DM_STATE_OK,
	DM_STATE_BREACHED
} DmSloState;

typedef struct DmSloInterval
{
	TimestampTz since;
	TimestampTz until; /* 0: it goes on */
	DmSloState state;
	bool is_new;
	bool is_changed;
} DmSloInterval;

/* Times are 0 where there is none. */
typedef struct DmSloTrack
{
	const DmSlo *slo;
	bool is_stored;
	bool is_changed;	   /* otherwise than by intervals and counts */
	TimestampTz stored_to; /* evaluated_to, as it is stored */
	TimestampTz evaluated_to;
	TimestampTz refreshed_at; /* what dm_record_refresh was told last */
	TimestampTz event_time;	  /* newest or oldest value of the column ... */
	TimestampTz measured_at;  /* ... and when it was read */
	double base_good;		  /* what the counters were, of which slo_count has the differences */
	double base_total;
	bool has_measured;
	double measured; /* seconds, a share, or rows per second */
	char *told;		 /* the state that events were told of last */
	char *detail;	 /* why it is not known, or what else there is to say; or NULL */
	List *intervals; /* DmSloInterval *, in order */

	bool save; /* what it is computed from is to survive a crash together with it */

	/* what this evaluation adds */
	TimestampTz deadline; /* breached then, if nothing happens before */
	TimestampTz counted_since;
	TimestampTz counted_at;
	double good;
	double total;
} DmSloTrack;

extern const char *dm_slo_state_name(DmSloState state);

/* What stands in "told" of a level that is promised no more: its history is kept for a time. */
#define DM_TOLD_ENDED "ended"

/* Reads what is stored of a level. */
extern DmSloTrack *dm_slo_track_read(const DmSlo *slo);

/* The state that goes on; NULL before the first evaluation, and where the level has ended. */
extern DmSloInterval *dm_slo_track_last(DmSloTrack *track);

/* The level is in that state from then on, but not from before what was evaluated. */
extern void dm_slo_track_change(DmSloTrack *track, TimestampTz when, DmSloState state);

/*
 * Writes what is different.  That a level was followed further, and nothing was found, is
 * written once an hour: following it again from where it was written finds nothing again.
 */
extern void dm_slo_track_write(DmSloTrack *track);

/*
 * What was good in a time, outside of the windows: microseconds, or what is counted.  known is how
 * much could tell at all.
 */
extern void dm_slo_track_sum(DmSloTrack *track, List *windows, TimestampTz from, TimestampTz to,
							 double *good, double *known);

/* The keys of a product's levels that are followed, be they still promised or not. */
extern List *dm_slo_track_keys(int64 product_id);

/* The level is promised no more: its state ends now, and a level of that key begins anew. */
extern void dm_slo_track_end(const DmSlo *slo, TimestampTz at);

/* Deletes all that is stored of a product's levels; of one of them. */
extern void dm_slo_track_forget(int64 product_id, const char *key);

#endif /* DM_SLA_SLO_TRACK_H */
