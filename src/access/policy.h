/*
 * policy.h
 *		Row policies: whom they restrict.
 *
 * What a policy lets through is told by its predicate alone, which stands in the server's own
 * row security policy, beside a call of datamesh.restricts(id).  That call is folded while
 * planning like the questions of ports.
 */
#ifndef DM_ACCESS_POLICY_H
#define DM_ACCESS_POLICY_H

#include "nodes/pg_list.h"

#include "access/decide.h"

/* how the names of all our policies among the server's begin */
#define DM_NATIVE_PREFIX "datamesh_"

#define Anum_dm_row_policy_id		   1
#define Anum_dm_row_policy_relation	   2
#define Anum_dm_row_policy_name		   3
#define Anum_dm_row_policy_predicate   4
#define Anum_dm_row_policy_purposes	   5
#define Anum_dm_row_policy_tags		   6
#define Anum_dm_row_policy_roles	   7
#define Anum_dm_row_policy_description 8
#define Anum_dm_row_policy_created_at  9
#define Anum_dm_row_policy_created_by  10
#define Anum_dm_row_policy_changed_at  11
#define Anum_dm_row_policy_changed_by  12

/*
 * It restricts readers outside of the domain; of those, if purposes are named, readers for one of
 * these or below; if roles are named, members of one of these; if tags are named, readers who are
 * not cleared for all of these.
 */
typedef struct DmPolicy
{
	int64 id;
	Oid relation;
	char *name;
	char *predicate; /* as it was given or last altered; names of columns may have changed */
	List *purposes;
	List *tags;
	List *roles; /* a role that was dropped is 0 */
	char *description;
} DmPolicy;

/* The policy of that number; NULL for none. */
extern DmPolicy *dm_policy_get_by_id(int64 id);

/* The policies of a relation, by number. */
extern List *dm_policy_list(Oid relid);

/* All policies of the mesh. */
extern List *dm_policy_list_all(void);

/* The relation's policy of that name; NULL, or an error naming the nearest ones. */
extern DmPolicy *dm_policy_get(Oid relid, const char *name, bool missing_ok);

/*
 * Does the policy restrict the reader, when he reads through a port of the product?  product is
 * the literal; NULL where nothing is known of a port: a tag then counts as cleared only if each
 * product of the domain that admits him clears it.  A policy that does not exist restricts.
 */
extern bool dm_policy_restricts(DmReader reader, int64 id, const char *product_literal);

/* True for whom no policy of the relation restricts: who is inside of its domain. */
extern bool dm_policy_exempts(Oid role, Oid relid, const char *product_literal);

/* Owner and schema of a relation, on which that depends; invalid if there is none. */
extern void dm_policy_place(Oid relid, Oid *owner, Oid *schema);

/*
 * Fails if the table has policies of ours, of this kind or another, that do not bind the role as
 * whom it is read below a port, because the server's row security does not: it has become a
 * superuser, got BYPASSRLS, or owns a view on the way.  Those inside of the domain pass.
 */
extern void dm_policy_check_bound(Oid relid, Oid read_as, const char *product_literal);

/* The answer for the session's reader, with the fact that it was made from. */
extern bool dm_policy_fold(int64 id, const char *product_literal, List **facts);

/* The role, which is being dropped, is replaced by none. */
extern void dm_policy_role_dropped(Oid roleid);

/* How many policies name the purpose; the tag. */
extern int dm_policy_count_of_purpose(const char *purpose);
extern int dm_policy_count_of_tag(const char *tag);

#endif /* DM_ACCESS_POLICY_H */
