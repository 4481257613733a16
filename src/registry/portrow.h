/*
 * portrow.h
 *		The registry's rows of output ports.
 *
 * What a port shows is told by its view alone: source and columns are read from
 * the view's own query.  The row says which product the view belongs to and keeps
 * the names for history once the view is gone.
 */
#ifndef DM_REGISTRY_PORTROW_H
#define DM_REGISTRY_PORTROW_H

#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"
#include "utils/rel.h"

#include "registry/product.h"

#define Anum_dm_port_id			 1
#define Anum_dm_port_product	 2
#define Anum_dm_port_view		 3
#define Anum_dm_port_name		 4
#define Anum_dm_port_schema_name 5
#define Anum_dm_port_source_name 6
#define Anum_dm_port_columns	 7
#define Anum_dm_port_created_at	 8
#define Anum_dm_port_created_by	 9
#define Anum_dm_port_dropped_at	 10

/* OIDs of the views of a product's live ports, in order of their OIDs. */
extern List *dm_port_views(int64 product_id);

/* OIDs of the views of all live ports of the mesh. */
extern List *dm_port_views_all(void);

/* The relation that a port shows, InvalidOid if the view is no port. */
extern Oid dm_port_source(Oid view);

/* The query of a view or materialised view as the relcache holds it: copy before editing. */
extern Query *dm_view_query(Relation view);

/* The relation that a port's query reads, and its index; InvalidOid for any other query. */
extern Oid dm_port_query_source(Query *query, Index *varno);

/* Name of the schema of a product's ports; fails if it does not fit. */
extern char *dm_port_schema_name(const char *domain, const char *product, int major);

/* Makes every session plan its queries on these ports anew. */
extern void dm_port_invalidate_product(int64 product_id);
extern void dm_port_invalidate_domain(int64 domain_id);

/* The product that a view is a port of, 0 for none. */
extern int64 dm_port_product(Oid view);

/* The same with its row; NULL if the view is no port, or no longer: it needs no lock. */
extern DmProduct *dm_product_of_port(Oid view);

extern void dm_port_row_insert(int64 product_id, Oid view, const char *source_name, List *columns);

/* The port shows these columns of this relation from now on. */
extern void dm_port_row_change(Oid view, const char *source_name, List *columns);

/* Deletes the history of a product's ports. */
extern void dm_port_rows_forget(int64 product_id);

extern void dm_port_row_init(void);

/* Keeps the row for history; name and schema as they are now. */
extern void dm_port_row_close(Oid view);

#endif /* DM_REGISTRY_PORTROW_H */
