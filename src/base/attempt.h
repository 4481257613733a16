/*
 * attempt.h
 *		Work in a subtransaction, that may fail.
 */
#ifndef DM_BASE_ATTEMPT_H
#define DM_BASE_ATTEMPT_H

#include "utils/elog.h"

/*
 * Does the work in a subtransaction.  NULL if it was done; else it is undone, and the error is
 * returned.  What stops the session or the statement (a cancel, a shutdown) is no such error
 * and is thrown on.  Memory that the work allocates in the caller's context stays.
 */
extern ErrorData *dm_attempt(void (*work)(void *), void *arg);

#endif /* DM_BASE_ATTEMPT_H */
