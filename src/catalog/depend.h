/*
 * depend.h
 *		What the server's catalog says of who depends on whom.
 */
#ifndef DM_CATALOG_DEPEND_H
#define DM_CATALOG_DEPEND_H

#include "catalog/pg_depend.h"
#include "nodes/pg_list.h"

/*
 * Copies of rows of pg_depend (Form_pg_depend): of all that depends on an object, or on a part of
 * it, and of all that an object depends on.
 */
extern List *dm_depend_on(Oid classid, Oid objid, int32 objsubid);
extern List *dm_depend_of(Oid classid, Oid objid);

/* The relation that a rule, a policy or a trigger belongs to; InvalidOid if it is gone. */
extern Oid dm_relation_of(Oid classid, Oid objid);

#endif /* DM_CATALOG_DEPEND_H */
