/*
 * utility.h
 *		The utility hook: what is asked before a utility command, and told after it.
 */
#ifndef DM_HOOKS_UTILITY_H
#define DM_HOOKS_UTILITY_H

extern void dm_utility_init(void);

#endif /* DM_HOOKS_UTILITY_H */
