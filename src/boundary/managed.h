/*
 * managed.h
 *		Objects that change only through our functions.
 */
#ifndef DM_BOUNDARY_MANAGED_H
#define DM_BOUNDARY_MANAGED_H

#include "catalog/command.h"

/* Before a command: what could not be told any more when it is done. */
extern void dm_managed_before(DmCommand *command);

/* After a command: nothing that it touched may be managed. */
extern void dm_managed_after(DmCommand *command);

/* The same for REASSIGN OWNED, from the utility hook. */
extern void dm_managed_reassigned(DmCommand *command);

/* The same for what a command drops. */
extern void dm_managed_dropped(DmCommand *command);

/* A function is about to be dropped. */
extern void dm_managed_function_dropped(Oid funcid);

#endif /* DM_BOUNDARY_MANAGED_H */
