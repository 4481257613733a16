/*
 * ddlflow.h
 *		DDL of others below and on ports.
 */
#ifndef DM_PORT_DDLFLOW_H
#define DM_PORT_DDLFLOW_H

#include "catalog/command.h"

/* Before a command: the locks that following it will need, ahead of its own. */
extern void dm_flow_before(DmCommand *command);

/* After it: ports follow what changed below them, and were not replaced themselves. */
extern void dm_flow_after(DmCommand *command);

/* After a DROP: no port went with it. */
extern void dm_flow_dropped(DmCommand *command);

/* Before a command: refuses what would take the extension away while ports exist. */
extern void dm_flow_keep_extension(DmCommand *command);

#endif /* DM_PORT_DDLFLOW_H */
