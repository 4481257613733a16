/*
 * attribute.h
 *		Attributes of readers: keys with values that are set for roles.
 */
#ifndef DM_ACCESS_ATTRIBUTE_H
#define DM_ACCESS_ATTRIBUTE_H

#include "nodes/pg_list.h"

#define Anum_dm_role_attribute_role	  1
#define Anum_dm_role_attribute_key	  2
#define Anum_dm_role_attribute_vals	  3
#define Anum_dm_role_attribute_set_at 4
#define Anum_dm_role_attribute_set_by 5

/*
 * The values of an attribute that a role has: its own and those of all roles whose privileges it
 * has, sorted, without duplicates.
 */
extern List *dm_attribute_values(Oid role, const char *key);

/* The roles among these that give the role a value of the attribute. */
extern List *dm_attribute_sources(Oid role, const char *key);

/* The role is being dropped, and its attributes with it. */
extern void dm_attribute_role_dropped(Oid roleid);

#endif /* DM_ACCESS_ATTRIBUTE_H */
