/*
 * rule_check.h
 *		Whether a rule can be measured: metric, column and arguments fit each other.
 */
#ifndef DM_QUALITY_RULE_CHECK_H
#define DM_QUALITY_RULE_CHECK_H

#include "quality/rule.h"

/*
 * Fails, with the reason, unless the rule fits its relation as it is now.  Its expressions are read
 * with the rights of the relation's owner, and get the form in which the server understood them.
 */
extern void dm_rule_check(DmRule *rule);

/*
 * Whether what the rule says contains what its author has written in SQL, or names a relation, so
 * that measuring it does as the relation's owner what its author may not be allowed to.
 */
extern bool dm_rule_has_code(const DmRule *rule);

#endif /* DM_QUALITY_RULE_CHECK_H */
