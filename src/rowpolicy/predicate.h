/*
 * predicate.h
 *		Predicates of row policies: reading, checking, and what would speed them up.
 */
#ifndef DM_ROWPOLICY_PREDICATE_H
#define DM_ROWPOLICY_PREDICATE_H

#include "nodes/nodes.h"

/*
 * The predicate as an expression over the relation's columns.  Fails unless it is one Boolean
 * expression that a policy can stand on.  Names are looked up in the relation's schema and
 * that of datamesh's functions, whatever the search path.
 */
extern Node *dm_predicate_parse(Oid relid, const char *text);

/* Warns of each column that is compared in a way that an index could serve, and has none. */
extern void dm_predicate_warn(Oid relid, Node *predicate, const char *policy_name);

#endif /* DM_ROWPOLICY_PREDICATE_H */
