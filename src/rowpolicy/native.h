/*
 * native.h
 *		Our policies among the server's row security policies of a table.
 *
 * They are restrictive and called datamesh_<name>.  The first one on a table switches row
 * security on and forces it, because a port reads its table as the owner of the port.  A table
 * with row security shows nothing that no permissive policy lets through, so another policy of
 * ours, datamesh_permit, keeps what was visible before; it is also the memory of the state
 * in which the table's team has row security:
 *
 *	not enabled					permits everybody
 *	enabled, not forced			permits the table's owner
 *	enabled and forced			there is none
 */
#ifndef DM_ROWPOLICY_NATIVE_H
#define DM_ROWPOLICY_NATIVE_H

#include "catalog/command.h"

/* Can relations of this kind have row security? */
extern bool dm_native_possible(Oid relid);

/*
 * Makes or replaces a policy of ours on a table and on its partitions and children.  using_sql
 * is over the table's columns, with all names of functions and operators qualified.
 */
extern void dm_native_policy_set(Oid relid, const char *name, const char *using_sql);

/* Drops it from all of them; the last one gives the table's team its state back. */
extern void dm_native_policy_drop(Oid relid, const char *name);

/* The same where a partition may have been detached with it; the name is used once in the mesh. */
extern void dm_native_policy_drop_everywhere(const char *name);

/* Is this the name of a policy of ours? */
extern bool dm_native_is_ours(const char *policy_name);

/* Has the relation a policy of ours? */
extern bool dm_native_has(Oid relid);

/*
 * True if row security is in force for the role because of our policies alone: the table's team
 * has it not enabled, or not forced on the role as one of the owner's.
 */
extern bool dm_native_only_ours(Oid relid, Oid role);

/* The names of our policies on a table, as these functions take them. */
extern List *dm_native_names(Oid relid);

/* Another expression for one that is there, on this table alone. */
extern void dm_native_policy_alter(Oid relid, const char *name, const char *using_sql);

/* The expression of our policy of that name over the relation's columns; NULL for none. */
extern Node *dm_native_policy_qual(Oid relid, const char *name);

/* Owners of tables have changed: what speaks of them follows. */
extern void dm_native_follow_owners(void);

/* An expression over one relation as SQL, with nothing left to the search path. */
extern char *dm_native_deparse(Oid relid, Node *expr);

/* A command may have given a table a parent, an owner, or its team another state. */
extern void dm_native_before(DmCommand *command);
extern void dm_native_follow(DmCommand *command);

/* After REASSIGN OWNED, which fires no event triggers. */
extern void dm_native_reassigned(DmCommand *command);

extern void dm_native_init(void);

#endif /* DM_ROWPOLICY_NATIVE_H */
