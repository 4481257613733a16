/*
 * viewtext.h
 *		The SQL text of governed views.
 */
#ifndef DM_PORT_VIEWTEXT_H
#define DM_PORT_VIEWTEXT_H

#include "nodes/pg_list.h"

#include "registry/product.h"

/* One column of a port. */
typedef struct DmPortColumn
{
	char *name;		   /* in the view */
	AttrNumber attnum; /* in the source */
	Oid typid;		   /* the type that it keeps, though the source has another; or InvalidOid */
	int32 typmod;
	Oid collation;
} DmPortColumn;

/* The query of a port of the product over the source. */
extern char *dm_port_query_text(DmProduct *product, Oid source, List *columns);

/*
 * The options of its view.  With conditions on rows it is a security barrier, for sessions in
 * which our planner hook does not see to it that nothing looks behind them (queryfold.c).
 */
extern const char *dm_port_view_options(Oid source);

/* The columns of an existing port, read from its view's query. */
extern List *dm_port_columns(Oid view, Oid *source);

#endif /* DM_PORT_VIEWTEXT_H */
