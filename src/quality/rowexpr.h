/*
 * rowexpr.h
 *		Expressions that rules have: over a row of a relation, or over two.
 */
#ifndef DM_QUALITY_ROWEXPR_H
#define DM_QUALITY_ROWEXPR_H

#include "nodes/nodes.h"

/*
 * The text as a Boolean expression over the relation's columns, which are of varno 1.  Fails unless
 * it is one expression, without queries, aggregates and volatile functions in it.  Names are looked
 * up in pg_catalog, the relation's schema and that of datamesh's functions, whatever the
 * search_path.  what is for messages: "argument \"where\"".
 */
extern Node *dm_row_expression(Oid relid, const char *text, const char *what);

/* The same over two rows of the relation, t1 (varno 1) and t2 (varno 2). */
extern Node *dm_pair_expression(Oid relid, const char *text, const char *what);

/*
 * The former as text that means the same under any search_path: all names are qualified.  The
 * latter can be put into a query as it is, in parentheses and with a line end before the second
 * one, where names are looked up in the path below.
 */
extern char *dm_row_expression_sql(Oid relid, Node *expression);

/*
 * An error context callback: positions in errors are those in the text, which is the argument,
 * not in the statement of the caller.
 */
extern void dm_point_into_rule(void *text);

/* The path in which the names of a relation's rules are looked up. */
extern char *dm_rule_search_path(Oid relid);

/*
 * What is read again at each check is looked up again in that path.  Who may create functions or
 * operators in one of its schemas must not have his called with the role's rights: this fails.
 */
extern void dm_refuse_planted(Node *node, Oid relid, Oid role);

#endif /* DM_QUALITY_ROWEXPR_H */
