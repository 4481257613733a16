/*
 * lowering.h
 *		Who may lower what guards a relation that ports show.
 */
#ifndef DM_PORT_LOWERING_H
#define DM_PORT_LOWERING_H

#include "nodes/pg_list.h"

#include "access/separation.h"

/* dm_separation_check for every product whose ports show something of the relations. */
extern void dm_lowering_check(List *relids, const char *change, DmProfits profits, void *arg);

extern void dm_lowering_init(void);

#endif /* DM_PORT_LOWERING_H */
