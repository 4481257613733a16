/*
 * exit_accept.h
 *		Side exits that governance has accepted by name.
 */
#ifndef DM_BOUNDARY_EXIT_ACCEPT_H
#define DM_BOUNDARY_EXIT_ACCEPT_H

#include "boundary/exit.h"

#define Anum_dm_accepted_exit_id		  1
#define Anum_dm_accepted_exit_domain	  2
#define Anum_dm_accepted_exit_kind		  3
#define Anum_dm_accepted_exit_object	  4
#define Anum_dm_accepted_exit_grantee	  5
#define Anum_dm_accepted_exit_reason	  6
#define Anum_dm_accepted_exit_accepted_at 7
#define Anum_dm_accepted_exit_accepted_by 8

extern bool dm_exit_is_accepted(DmOpenExit *open);

/* All open exits of the mesh, accepted ones included. */
extern List *dm_exits_all(void);

/* The exits without those that were accepted. */
extern List *dm_exits_unaccepted(List *open);

/* A role is being dropped: what was accepted for it is forgotten. */
extern void dm_exit_role_dropped(Oid roleid);

#endif /* DM_BOUNDARY_EXIT_ACCEPT_H */
