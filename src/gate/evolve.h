/*
 * evolve.h
 *		Changing what ports show, with the ports out of the way.
 */
#ifndef DM_GATE_EVOLVE_H
#define DM_GATE_EVOLVE_H

#include "nodes/pg_list.h"

#include "port/lift.h"

/* Everything that stands in the way of DDL on some relations. */
typedef struct DmEvolution
{
	DmLift *views;
	List *policies;
} DmEvolution;

/* Takes it out of the way; not within another one, see dm_evolving. */
extern DmEvolution *dm_evolution_begin(List *relids);

/* Puts it back; the reports (of port/lift.h) of all that was touched. */
extern List *dm_evolution_end(DmEvolution *evolution);

/* Fails if a report tells of something that is broken; subject names the change. */
extern void dm_evolution_check(List *reports, const char *subject);

/*
 * Does what dm_evolve does, calls look(arg) when the ports are back, and undoes it all.  The
 * caller may manage the product.  Returns the reports.
 */
extern List *dm_evolve_rehearse(const char *product, const char *ddl, void (*look)(void *),
								void *arg);

/* True while DDL runs with ports out of the way. */
extern bool dm_evolving(void);

#endif /* DM_GATE_EVOLVE_H */
