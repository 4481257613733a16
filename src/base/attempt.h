/*
 * attempt.h
 *		Work in a subtransaction: that may fail, or that is to be seen and taken back.
 *
 * Memory that the work allocates in the caller's context stays in all cases.
 */
#ifndef DM_BASE_ATTEMPT_H
#define DM_BASE_ATTEMPT_H

#include "utils/elog.h"

/*
 * Does the work.  NULL if it was done; else it is undone, and the error is returned.  What stops
 * the session or the statement (a cancel, a shutdown) is no such error and is thrown on.
 */
extern ErrorData *dm_attempt(void (*work)(void *), void *arg);

/*
 * The same, but undoes the work in any case: its rights, its settings, what it wrote and the
 * locks that it took end with it.
 */
extern ErrorData *dm_try_out(void (*work)(void *), void *arg);

/*
 * The same for work that may take so many milliseconds, 0 for any time.  That they are over is an
 * error of the work.  Within such work a further limit does not count.
 */
extern ErrorData *dm_try_out_within(int milliseconds, void (*work)(void *), void *arg);

/* The same as dm_try_out, but an error in it is the caller's. */
extern void dm_rehearse(void (*work)(void *), void *arg);

/*
 * Work that makes attempts while the transaction commits.  The server lets a subtransaction begin
 * then, but its assertions allow to roll it back only within another one, which this provides.
 */
extern void dm_shelter(void (*work)(void *), void *arg);

#endif /* DM_BASE_ATTEMPT_H */
