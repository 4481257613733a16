/*
 * cascade.h
 *		DROP ... CASCADE below a port, and what takes the place of what was dropped.
 */
#ifndef DM_GATE_CASCADE_H
#define DM_GATE_CASCADE_H

#include "catalog/command.h"
#include "port/lift.h"

/* Lifts the ports that the command would take along. */
extern void dm_cascade_before(DmCommand *command);

/* Puts back what the command has not hit after all, and tells of what it has. */
extern void dm_cascade_after(DmCommand *command);

extern bool dm_cascade_is_pending(void);

/*
 * Puts all of them back, at the end of the transaction.  The reports (DmLiftReport of port/lift.h)
 * of what cannot be put back.
 */
extern List *dm_cascade_settle(void);

/* Fails with the reports; there is at least one. */
extern void dm_cascade_refuse(List *broken);

/* A line for a report. */
extern char *dm_cascade_line(DmLiftReport *report);

extern void dm_cascade_init(void);

#endif /* DM_GATE_CASCADE_H */
