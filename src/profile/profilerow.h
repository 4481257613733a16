/*
 * profilerow.h
 *		Profiles that are kept, to be compared with later ones.
 */
#ifndef DM_PROFILE_PROFILEROW_H
#define DM_PROFILE_PROFILEROW_H

#include "datatype/timestamp.h"

#include "catalog/table.h"
#include "profile/profile.h"

#define Anum_dm_profile_id			1
#define Anum_dm_profile_relation	2
#define Anum_dm_profile_column_name 3
#define Anum_dm_profile_label		4
#define Anum_dm_profile_percent		5
#define Anum_dm_profile_stored_at	6
#define Anum_dm_profile_stored_by	7
#define Anum_dm_profile_sketch		8

/*
 * Keeps a profile; the label may be NULL.  Of classified columns no values are kept.
 * Returns its number.
 */
extern int64 dm_profile_keep(DmProfile *profile, const char *label);

/* The newest profile of that label, or the newest one up to a time; NULL if there is none. */
extern DmProfile *dm_profile_by_label(Oid relid, const char *label);
extern DmProfile *dm_profile_by_time(Oid relid, TimestampTz upto);

/* Drops those that were stored before; only of the label, if one is given.  Returns how many. */
extern int64 dm_profile_drop(Oid relid, const char *label, TimestampTz before);

#endif /* DM_PROFILE_PROFILEROW_H */
