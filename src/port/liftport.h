/*
 * liftport.h
 *		A port before and after DDL on what it shows.
 */
#ifndef DM_PORT_LIFTPORT_H
#define DM_PORT_LIFTPORT_H

#include "port/lift.h"

typedef struct DmLiftedPort DmLiftedPort;

/* What the port shows, before it is lifted. */
extern DmLiftedPort *dm_lift_port_save(Oid view);

/* Are all columns that it showed still there? */
extern bool dm_lift_port_stands(DmLiftedPort *port);

/* What it showed, for people. */
extern char *dm_lift_port_source_name(DmLiftedPort *port);

/*
 * Writes the view's query anew, after the DDL.  Fails where that cannot be; *detail is what there
 * is to tell, or NULL.
 */
extern DmLiftVerdict dm_lift_port_put_back(DmLiftedPort *port, DmMayRetype may_retype,
										   char **detail);

#endif /* DM_PORT_LIFTPORT_H */
