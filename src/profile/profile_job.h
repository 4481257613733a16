/*
 * profile_job.h
 *		What the worker does for profiles.
 */
#ifndef DM_PROFILE_PROFILE_JOB_H
#define DM_PROFILE_PROFILE_JOB_H

#include "job/jobrow.h"

#define DM_PROFILE_JOB "profile"

extern void dm_profile_job(DmJob *job);

#endif /* DM_PROFILE_PROFILE_JOB_H */
