/*
 * reached.h
 *		The ports that a DROP ... CASCADE would take along.
 */
#ifndef DM_PORT_REACHED_H
#define DM_PORT_REACHED_H

#include "nodes/pg_list.h"

/*
 * The ports that depend on one of the objects (ObjectAddress *), directly or through other objects.
 * Rather one too many than one too few; not those that stand among the objects themselves.
 */
extern List *dm_cascade_ports(List *objects);

#endif /* DM_PORT_REACHED_H */
