/*
 * column.h
 *		Columns by name.
 */
#ifndef DM_CATALOG_COLUMN_H
#define DM_CATALOG_COLUMN_H

#include "access/attnum.h"
#include "nodes/pg_list.h"

/* The user column of that name, or an error that tells the nearest ones. */
extern AttrNumber dm_column_find(Oid relid, const char *name);

/* How many columns a relation has, dropped ones included: the highest attribute number. */
extern int dm_column_count(Oid relid);

/* Names of all columns of a relation, in order. */
extern List *dm_column_names(Oid relid);

#endif /* DM_CATALOG_COLUMN_H */
