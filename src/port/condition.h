/*
 * condition.h
 *		Conditions on rows that stand in a port's own text.
 *
 * The rows of a table are kept back by the server's row security.  Views, materialised views and
 * foreign tables cannot have it: what shall be kept back of them stands in the WHERE of the
 * ports that show them.
 */
#ifndef DM_PORT_CONDITION_H
#define DM_PORT_CONDITION_H

#include "nodes/pg_list.h"

/*
 * Conditions on the rows of a source, as SQL over its columns with all other names qualified; NIL
 * for none, and for sources that row security can be forced on.
 */
typedef List *(*DmConditionProvider)(Oid source);

extern void dm_port_provide_conditions(DmConditionProvider provider);

extern List *dm_port_conditions(Oid source);

#endif /* DM_PORT_CONDITION_H */
