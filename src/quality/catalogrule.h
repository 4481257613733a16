/*
 * catalogrule.h
 *		Rules that the server's catalog answers: columns that must be there, and their types.
 */
#ifndef DM_QUALITY_CATALOGRULE_H
#define DM_QUALITY_CATALOGRULE_H

#include "quality/measure.h"
#include "quality/rule.h"

/*
 * Counts what is not as the rule says; no value if this server cannot tell.  *note, if it is not
 * NULL then, tells what was found, or why something that is near counts as good.
 */
extern void dm_catalog_rule_measure(const DmRule *rule, DmMeasured *measured, char **note);

#endif /* DM_QUALITY_CATALOGRULE_H */
