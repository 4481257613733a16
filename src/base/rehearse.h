/*
 * rehearse.h
 *		Doing something to see what comes of it, and taking it back.
 */
#ifndef DM_BASE_REHEARSE_H
#define DM_BASE_REHEARSE_H

/*
 * Calls work(arg) in a subtransaction and rolls that back.  What it allocates in the current
 * memory context stays; its locks are released.  An error in it is the caller's.
 */
extern void dm_rehearse(void (*work)(void *arg), void *arg);

#endif /* DM_BASE_REHEARSE_H */
