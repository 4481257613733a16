/*
 * liftgraph.h
 *		The views over relations, in the order in which they can be stored.
 */
#ifndef DM_PORT_LIFTGRAPH_H
#define DM_PORT_LIFTGRAPH_H

#include "nodes/pg_list.h"

typedef struct DmLiftNode
{
	Oid relid;	/* a view or a materialised view */
	char *name; /* these four as they were before the DDL */
	char *kind;
	Oid owner;
	int64 product; /* that it is a port of; 0 for none */
	List *inputs;  /* OIDs of the relations of the graph that it reads */
	int depth;	   /* over the relations; more than that of its inputs */
	bool lifted;   /* directly over one of the relations */
	bool retyped;
	bool broken;
	bool replaced; /* by the DDL itself */
} DmLiftNode;

/* Views and materialised views over the relations, to any height, from the bottom. */
extern List *dm_lift_graph(List *relids);

/* A port that shows a relation, and the views over it, from the bottom; it alone is lifted. */
extern List *dm_lift_graph_of_port(Oid view, Oid source);

/* Does the node read one that has been retyped? */
extern bool dm_lift_input_retyped(List *nodes, DmLiftNode *node);

/*
 * The relation and what it reads, down to tables and their families, as far as it is in the
 * domain's own schemas: what a team changes when it changes what a port shows.
 */
extern List *dm_lift_below(Oid relid);

#endif /* DM_PORT_LIFTGRAPH_H */
