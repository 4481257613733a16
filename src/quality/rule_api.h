/*
 * rule_api.h
 *		SQL functions on quality rules.
 */
#ifndef DM_QUALITY_RULE_API_H
#define DM_QUALITY_RULE_API_H

#include "catalog/command.h"
#include "quality/rule.h"
#include "registry/domain.h"

/*
 * Fails unless the current user may say what a relation's data must be: members of the owner of
 * its domain, or without a domain, of its own.  Whose rule does more than compare values (it has
 * SQL, or changes writes) needs the rights of the relation's owner, too.
 */
extern void dm_rule_check_manage(Oid relid, bool as_owner);

/* Fails if a relation of that kind cannot have rules. */
extern void dm_rule_check_kind(Oid relid);

/* The domain of a relation; NULL for none. */
extern DmDomain *dm_rule_domain(Oid relid);

/* Rules of relations that a command has dropped go with them. */
extern void dm_rules_dropped(DmCommand *command);

#endif /* DM_QUALITY_RULE_API_H */
