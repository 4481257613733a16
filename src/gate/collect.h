/*
 * collect.h
 *		What a transaction has changed that contracts may speak of.
 */
#ifndef DM_GATE_COLLECT_H
#define DM_GATE_COLLECT_H

#include "catalog/objectaccess.h"
#include "nodes/pg_list.h"

#include "catalog/command.h"

/*
 * From the object access hook: notes the object.  Asks as little as it can, for the change is
 * not visible yet and may be one of thousands.
 */
extern void dm_gate_object(ObjectAccessType access, Oid classid, Oid objid, int subid);

/* After a GRANT or REVOKE, which call no object access hook. */
extern void dm_gate_granted(DmCommand *command);

/* Notes a product itself: whoever takes its ports away for a while says so. */
extern void dm_gate_mark(int64 product_id);

/* True if anything was noted; costs nothing. */
extern bool dm_gate_noted(void);

/*
 * The numbers of the products (int64 *, sorted) whose ports show something that was noted.  What
 * was noted is kept until the transaction ends.
 */
extern List *dm_gate_products(void);

/* The products whose ports show the relation, or what it is a part of. */
extern List *dm_gate_products_of(Oid relid);

extern void dm_gate_collect_init(void);

#endif /* DM_GATE_COLLECT_H */
