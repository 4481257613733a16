/*
 * hooks.h
 *		The server's hooks: saved, set and called on here alone.
 */
#ifndef DM_HOOKS_HOOKS_H
#define DM_HOOKS_HOOKS_H

extern void dm_hooks_init(void);

/* EXPLAIN, in a file of its own; dm_hooks_init calls it */
extern void dm_explain_hook_init(void);

#endif /* DM_HOOKS_HOOKS_H */
