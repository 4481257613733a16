/*
 * run_as.h
 *		The one place where datamesh changes the current user.
 *
 * DDL on ports runs as the domain's owner, so that the views belong to it and
 * the server's own checks apply to it.
 */
#ifndef DM_BASE_RUN_AS_H
#define DM_BASE_RUN_AS_H

/*
 * Executes one SQL command as the given role, with search_path locked.  The
 * text is built by us with quoted identifiers and literals only.
 */
extern void dm_execute_as(Oid roleid, const char *sql);

/* The same for work in C: what it parses is read with that role's rights and the locked path. */
extern void dm_call_as(Oid roleid, void (*work)(void *), void *arg);

/*
 * What the role has written runs in between: with its rights, and leaving nothing behind, neither
 * what would run with other rights nor a setting.  An error ends it with the (sub)transaction.
 */
typedef struct DmRestriction
{
	Oid userid;
	int sec_context;
	int nestlevel;
} DmRestriction;

extern void dm_restrict_begin(DmRestriction *saved, Oid roleid);
extern void dm_restrict_end(const DmRestriction *saved);

/*
 * True while one of dm_execute_as and dm_call_as runs: what happens then is our own doing, and the
 * guards of managed objects let it pass.  An error ends it with the (sub)transaction.
 */
extern bool dm_in_internal(void);

extern void dm_run_as_init(void);

#endif /* DM_BASE_RUN_AS_H */
