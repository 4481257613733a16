/*
 * sharingrow.h
 *		The rows that say to whom a copy may be handed.
 */
#ifndef DM_BOUNDARY_SHARINGROW_H
#define DM_BOUNDARY_SHARINGROW_H

#include "fmgr.h"

#define Anum_dm_copy_sharing_relation	1
#define Anum_dm_copy_sharing_product	2
#define Anum_dm_copy_sharing_role		3
#define Anum_dm_copy_sharing_reason		4
#define Anum_dm_copy_sharing_created_at 5
#define Anum_dm_copy_sharing_created_by 6

/* True if it has been allowed to the role, a group of the role, or everybody (0). */
extern bool dm_sharing_allowed(Oid copy, int64 product_id, Oid role);

/* The relation is being dropped. */
extern void dm_sharing_forget(Oid relid);

#endif /* DM_BOUNDARY_SHARINGROW_H */
