/*
 * viewstore.h
 *		Another query for a view, in place.
 *
 * CREATE OR REPLACE VIEW cannot give a column of a view another type, and needs rights in its
 * schema that its owner may have lost.  Here the view keeps its OID, and with it its privileges,
 * comments, labels and whatever depends on it, whatever happens to its columns' types.
 */
#ifndef DM_PORT_VIEWSTORE_H
#define DM_PORT_VIEWSTORE_H

#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"

/*
 * Puts a query into a view or materialised view, which the caller has locked.  The text is read
 * with the rights of the view's owner, and without a search path.  True if types of its columns
 * changed; then what depends on the view has to be stored anew, too.
 */
extern bool dm_view_store(Oid view, const char *sql);

/*
 * In place of its query, a row of nulls that raises an error when it is read: it has the same
 * columns and depends on nothing.
 */
extern void dm_view_blank(Oid view);
extern bool dm_view_is_blank(Oid view);

/* The functions that a view's query calls, also by operators, but for the server's own. */
extern List *dm_view_functions(Oid view);

/* A query that was a view's, as text, with the names that its relations and columns have now. */
extern char *dm_view_text(Query *query);

#endif /* DM_PORT_VIEWSTORE_H */
