/*
 * statistics.h
 *		A profile without a scan: from what the server knows.
 */
#ifndef DM_PROFILE_STATISTICS_H
#define DM_PROFILE_STATISTICS_H

#include "fmgr.h"

#include "profile/profile.h"

/* Puts a row for each column into the result of dm_profile. */
extern void dm_profile_statistics(FunctionCallInfo fcinfo, DmProfile *profile);

#endif /* DM_PROFILE_STATISTICS_H */
