/*
 * explain.h
 *		What the functions that explain access have in common.
 */
#ifndef DM_EXPLAIN_EXPLAIN_H
#define DM_EXPLAIN_EXPLAIN_H

#include "fmgr.h"

#include "explain/reading.h"

/* schema.relation.column */
extern char *dm_column_text(Oid relid, AttrNumber attnum);

/* Fails unless it is a relation with columns that somebody could select. */
extern void dm_explain_check_relation(Oid relid);

/*
 * The argument that names a relation, as text: unlike regclass input it asks for no USAGE on the
 * schema, because the lack of that is what has to be explained.
 */
extern Oid dm_explain_relation(FunctionCallInfo fcinfo, int n);

/*
 * Whether the current user may be told who reads the relation: those who manage the product or
 * the domain, who own the relation, and auditors.
 */
extern bool dm_explain_may_audit(Oid relid);

/* The domain that a relation belongs to, as a table or a view but not as a port; NULL for none. */
extern DmDomain *dm_explain_domain(Oid relid);

/* Through which role a reader belongs to the domain of a product, in words. */
extern char *dm_explain_inside(Oid role, DmProduct *product);

/* The original text of a port's column can give a token. */
extern bool dm_explain_has_token(Oid view, AttrNumber attnum);

#endif /* DM_EXPLAIN_EXPLAIN_H */
