/*
 * copymark.h
 *		The mark of a copy: a relation that was made from classified columns or from ports.
 */
#ifndef DM_CLASSIFY_COPYMARK_H
#define DM_CLASSIFY_COPYMARK_H

#include "nodes/pg_list.h"

/*
 * The mark is a security label on the relation: 'copy:' and the literals of the products whose
 * ports it was made from, or 'domain:' and the name of a domain that its maker belongs to.  It goes
 * with the relation, be that temporary, and comes back with a dump.
 */
extern bool dm_copy_is_marked(Oid relid);

/* The literals of the products, NIL for what is no copy of any. */
extern List *dm_copy_products(Oid relid);

/* True if there is any copy of a product.  Reads all labels: for who would ask many relations. */
extern bool dm_copy_exists(void);

/* The names of the domains whose own people made it from classified columns. */
extern List *dm_copy_domains(Oid relid);

extern void dm_copy_mark(Oid relid, List *literals, List *domains);

/* True if a label's text is such a mark. */
extern bool dm_copy_is_mark(const char *label);

#endif /* DM_CLASSIFY_COPYMARK_H */
