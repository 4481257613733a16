/*
 * sqlname.h
 *		Names of objects as SQL text, quoted and qualified.
 */
#ifndef DM_BASE_SQLNAME_H
#define DM_BASE_SQLNAME_H

/* schema.relation */
extern char *dm_relation_sql(Oid relid);

/* the schema; the role */
extern char *dm_schema_sql(Oid nspid);
extern char *dm_role_sql(Oid roleid);

#endif /* DM_BASE_SQLNAME_H */
