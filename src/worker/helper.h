/*
 * helper.h
 *		What the worker of a database knows of its helper, which runs the long jobs.
 */
#ifndef DM_WORKER_HELPER_H
#define DM_WORKER_HELPER_H

#include "datatype/timestamp.h"

/*
 * There are long jobs to run.  True if a helper does that, or will be started for it in a moment;
 * false if the server has no room for one, so that the worker has to.
 */
extern bool dm_helper_ensure(TimestampTz now);

/* Whether there is one; true once after it has ended; before which time none is started. */
extern bool dm_helper_works(void);
extern bool dm_helper_has_ended(void);
extern TimestampTz dm_helper_next_start(void);

#endif /* DM_WORKER_HELPER_H */
