/*
 * neutral.h
 *		Settings that what a session reads and writes as text depends on.
 */
#ifndef DM_BASE_NEUTRAL_H
#define DM_BASE_NEUTRAL_H

/*
 * Fixes those that the forms of values and names depend on: the same for every session.  Ends with
 * AtEOXact_GUC(false, level) for the result, or with the transaction.
 */
extern int dm_neutral_settings(void);

#endif /* DM_BASE_NEUTRAL_H */
