/*
 * change.h
 *		The record of changes that give readers more: who, when, why.
 */
#ifndef DM_CLASSIFY_CHANGE_H
#define DM_CLASSIFY_CHANGE_H

#include "fmgr.h"

#define Anum_dm_change_id	  1
#define Anum_dm_change_at	  2
#define Anum_dm_change_by	  3
#define Anum_dm_change_login  4
#define Anum_dm_change_kind	  5
#define Anum_dm_change_object 6
#define Anum_dm_change_domain 7
#define Anum_dm_change_old	  8
#define Anum_dm_change_new	  9
#define Anum_dm_change_reason 10

/* Value of datamesh.change_reason. */
extern char *dm_change_reason;

/*
 * Adds a record in the name of the current user and the session's login.  kind is one word
 * ("classification", "mask", "policy", ...), object what was changed, for people to read; old
 * and new may be NULL.  Without a reason the setting datamesh.change_reason is it.
 */
extern void dm_change_record(const char *kind, const char *object, const char *old_value,
							 const char *new_value, const char *reason);

/* The same, seen by the owner of the domain that the relation belongs to, if it belongs to one. */
extern void dm_change_record_relation(Oid relid, const char *kind, const char *object,
									  const char *old_value, const char *new_value,
									  const char *reason);

/* The same for a domain by its number; 0 for none. */
extern void dm_change_record_domain(int64 domain_id, const char *kind, const char *object,
									const char *old_value, const char *new_value,
									const char *reason);

#endif /* DM_CLASSIFY_CHANGE_H */
