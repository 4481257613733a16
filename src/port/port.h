/*
 * port.h
 *		Output ports: making, following and dropping governed views.
 */
#ifndef DM_PORT_PORT_H
#define DM_PORT_PORT_H

#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"

#include "registry/product.h"

/*
 * Makes the governed view of a port.  columns names the source's columns to show, NIL
 * for all; name is the view's.  The product is locked.  Returns the view's OID.
 */
extern Oid dm_port_create(DmProduct *product, Oid source, const char *name, List *columns);

/*
 * Makes an existing port show these columns of this relation, in their order.  The view is kept,
 * with what others built on it, where it only gets more columns at its end; else it is dropped,
 * which is refused while others depend on it, and made anew.  Returns the view's OID.
 */
extern Oid dm_port_change(DmProduct *product, Oid view, Oid source, List *columns);

/*
 * The source's columns of these names, NIL for all, as DmPortColumn of viewtext.h; fails unless a
 * port of the product may show the relation, and the domain's owner read them.
 */
extern List *dm_port_resolve(DmProduct *product, Oid source, List *names);

/* Drops a port's view, and its schema when that was its last one; its row stays as history. */
extern void dm_port_drop(DmProduct *product, Oid view, bool cascade);

/* The schemas that hold nothing but these views of ports, and go with them. */
extern List *dm_port_schemas_going(List *views);

/* Writes a port's view anew from the classification as it is now. */
extern void dm_port_rebuild(Oid view);

/* The ports that show something of a relation, directly or through other views. */
extern List *dm_ports_showing(Oid relid);

/* Those that show the relation itself. */
extern List *dm_ports_of_source(Oid relid);

/* Views and materialised views whose query mentions the relation. */
extern List *dm_dependent_views(Oid relid);

/*
 * Before a command changes relations below ports: takes the locks that following it will
 * need, which must come before those of the command.
 */
extern void dm_ports_prepare(List *relids);

/* Of that, the domains of the ports that show something of the relations; returns the ports. */
extern List *dm_ports_lock_domains(List *relids);

/* The same before their labels change. */
extern void dm_ports_prepare_label(List *relids);

/* Rebuilds the ports that show something of the relations, in an order that cannot deadlock. */
extern void dm_ports_follow(List *relids);

/*
 * Folds all port queries inside a query, in place; true if there were any.  The stamps go into
 * the plan's invalidation items.
 */
extern bool dm_port_fold(Query *query, List **stamps);

extern void dm_port_init(void);

#endif /* DM_PORT_PORT_H */
