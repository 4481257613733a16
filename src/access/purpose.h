/*
 * purpose.h
 *		Purposes: the declared reasons of use, a tree.
 */
#ifndef DM_ACCESS_PURPOSE_H
#define DM_ACCESS_PURPOSE_H

#include "nodes/pg_list.h"

#define Anum_dm_purpose_name		1
#define Anum_dm_purpose_parent		2
#define Anum_dm_purpose_description 3
#define Anum_dm_purpose_created_at	4
#define Anum_dm_purpose_created_by	5

/*
 * Fails, naming the nearest ones, unless the purpose is registered.  It cannot be dropped until
 * the end of the transaction, so this is for functions that write it into a row; readers use
 * dm_purpose_lineage.  Its lock comes before that of a domain.
 */
extern void dm_purpose_check(const char *name);

/*
 * The purpose and its ancestors, nearest first; NIL if it is not registered.  An
 * agreement serves a session whose purpose's lineage contains the agreed one.
 */
extern List *dm_purpose_lineage(const char *name);

#endif /* DM_ACCESS_PURPOSE_H */
