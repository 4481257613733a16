/*
 * hooks.h
 *		The server's hooks: saved, set and called on here alone.
 */
#ifndef DM_HOOKS_HOOKS_H
#define DM_HOOKS_HOOKS_H

extern void dm_hooks_init(void);

#endif /* DM_HOOKS_HOOKS_H */
