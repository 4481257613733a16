/*
 * trial.h
 *		Running something that may fail, or do what it should not, without any consequence.
 */
#ifndef DM_DOCTOR_TRIAL_H
#define DM_DOCTOR_TRIAL_H

/*
 * Runs the body in a subtransaction that is rolled back: rights, settings and whatever it wrote
 * end with it.  Its memory comes from the caller's context.  Returns the error that ended it,
 * NULL for none; what cancels the statement is passed on.
 */
extern ErrorData *dm_trial(void (*body)(void *arg), void *arg);

#endif /* DM_DOCTOR_TRIAL_H */
