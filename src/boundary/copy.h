/*
 * copy.h
 *		Labels follow data into the tables that are made from it.
 */
#ifndef DM_BOUNDARY_COPY_H
#define DM_BOUNDARY_COPY_H

#include "executor/execdesc.h"

#include "catalog/command.h"

/*
 * CREATE TABLE AS, SELECT INTO and CREATE MATERIALIZED VIEW, also under EXPLAIN ANALYZE: before it
 * runs, what it copies is found out; once the relation is there, it gets its labels.  The same
 * for ALTER TABLE ... NO INHERIT and DETACH PARTITION.
 */
extern void dm_copy_before(DmCommand *command);
extern void dm_copy_after(DmCommand *command);

/* The same for EXPLAIN, which fires no event triggers. */
extern void dm_copy_before_explain(DmCommand *command);
extern void dm_copy_after_explain(DmCommand *command);

/* True if the rows of a query that is about to be executed are stored, and not only read. */
extern bool dm_copy_is_made(QueryDesc *queryDesc, int eflags);

#endif /* DM_BOUNDARY_COPY_H */
