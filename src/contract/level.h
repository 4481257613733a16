/*
 * level.h
 *		The words that contracts classify with, in the order in which they hide.
 */
#ifndef DM_CONTRACT_LEVEL_H
#define DM_CONTRACT_LEVEL_H

/*
 * *order is negative if the new classification hides more than the old one, positive if it hides
 * less, 0 if as much; false if that cannot be told.  NULL is no classification, which hides
 * nothing.
 */
extern bool dm_level_compare(const char *old, const char *new, int *order);

#endif /* DM_CONTRACT_LEVEL_H */
