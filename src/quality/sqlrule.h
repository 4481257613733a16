/*
 * sqlrule.h
 *		Rules that are a query: one SELECT that gives one value.
 *
 * The query runs as a role (the product's owner, or the relation's), and is kept from doing
 * anything but reading:
 *
 *	- it is one SELECT without INTO, row locks, writes in WITH, and volatile functions;
 *	- it runs in a read-only subtransaction, which is undone in any case, and in which nobody can
 *	  make the transaction read-write again;
 *	- it runs in a security-restricted operation with a fixed search_path, for no longer than
 *	  datamesh.rule_timeout.
 */
#ifndef DM_QUALITY_SQLRULE_H
#define DM_QUALITY_SQLRULE_H

#include "quality/measure.h"
#include "quality/rule.h"

extern int dm_rule_timeout;

/* Fails unless the text is such a query for the rule's relation. */
extern void dm_sql_rule_check(const DmRule *rule, const char *query);

/* Runs the query as the role.  *classified tells whether its value is one of classified columns. */
extern void dm_sql_rule_measure(const DmRule *rule, Oid role, DmMeasured *measured,
								bool *classified);

#endif /* DM_QUALITY_SQLRULE_H */
