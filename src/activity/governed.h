/*
 * governed.h
 *		Which relations are counted: a cache of the session.
 */
#ifndef DM_ACTIVITY_GOVERNED_H
#define DM_ACTIVITY_GOVERNED_H

/*
 * The relation whose counters a write to relid goes to, InvalidOid for none: a table or
 * materialised view of a domain, for a partition the topmost of its ancestors that is in one.
 */
extern Oid dm_governed_table(Oid relid);

/* Whether the relation is a port. */
extern bool dm_governed_port(Oid relid);

extern void dm_governed_init(void);

#endif /* DM_ACTIVITY_GOVERNED_H */
