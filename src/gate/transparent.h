/*
 * transparent.h
 *		ALTER TABLE of migration tools, with the ports out of the way.
 */
#ifndef DM_GATE_TRANSPARENT_H
#define DM_GATE_TRANSPARENT_H

#include "catalog/command.h"

/* Value of datamesh.transparent_evolution. */
extern bool dm_transparent_evolution;

/* Around a utility command: what dm_evolve does, for a plain ALTER TABLE of the table's owner. */
extern void dm_transparent_before(DmCommand *command);
extern void dm_transparent_after(DmCommand *command);

#endif /* DM_GATE_TRANSPARENT_H */
