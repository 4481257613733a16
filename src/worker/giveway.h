/*
 * giveway.h
 *		Commands on databases and on the extension, as far as they concern workers.
 */
#ifndef DM_WORKER_GIVEWAY_H
#define DM_WORKER_GIVEWAY_H

#include "nodes/nodes.h"

/*
 * Called for every utility command, also where the extension is not created.  Before DROP
 * DATABASE and others that want a database without sessions, and before what changes the tables of
 * the extension, its workers end; after what may have made a database with the extension, the
 * launcher looks.
 */
extern void dm_giveway_before(Node *parsetree);
extern void dm_giveway_after(Node *parsetree);

/* The worker as a whole: its memory, its launcher, and these. */
extern void dm_worker_init(void);

#endif /* DM_WORKER_GIVEWAY_H */
